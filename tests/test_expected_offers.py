"""What offers cost and bring: by hand, and against plain draws of every payment."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from factory import make_pipeline, make_product, make_renewals
from test_expected_money import sure
from test_expected_played import Played, segments, whole

from simulator.arrivals import Bluebirds, PipelineGeneration
from simulator.currency import RateCurve
from simulator.distributions import Empirical, Fixed
from simulator.expected import expected, offer_effects
from simulator.offers import Offer
from simulator.payments import PaymentBehaviour
from simulator.products import Line
from simulator.terms import parse_terms


def offer(terms, discount=Fraction(1, 50), taken_by=0.5, **more):
    return Offer("offer", discount, parse_terms(terms), taken_by, **more)


def test_cash_in_advance_comes_a_month_sooner():
    (effect,) = offer_effects(sure(product=make_product(terms="net 30"), offers=(offer("CIA"),)))
    assert effect.name == "offer"
    assert effect.cost == pytest.approx(0.5 * 0.02 * 1.2e6)
    assert effect.days == pytest.approx(30)
    assert effect.yearly_rate == pytest.approx(0.02 / 0.98 * 365 / 30)


def test_an_offer_that_brings_nothing_sooner_has_no_rate():
    for terms in ("net 30", "net 60"):
        (effect,) = offer_effects(sure(product=make_product(terms="net 30"), offers=(offer(terms),)))
        assert effect.days == pytest.approx(30 - int(terms[4:]))
        assert effect.yearly_rate is None
    (never,) = offer_effects(sure(offers=(offer("CIA", segment=7),)))
    assert (never.cost, never.days, never.yearly_rate) == (0, 0, None)
    assert offer_effects(sure()) == ()


def test_days_are_weighed_by_the_money_that_comes():
    terms = "25% on signature net 10; balance on delivery net 30"
    product = make_product(terms=terms, delivery=Empirical((20.0, 60.0)), tax=Fraction(1, 5), invoice_lag=3)
    line = Line(0, delivery_day=80)
    (effect,) = offer_effects(sure(line, product=product, offers=(offer("net 5", discount=Fraction(1, 10)),)))
    # Signed on day 50; delivered on day 80 (70 is too early) or 110; paid on the due day.
    own = 0.25 * 13 + 0.75 * (3 + 30 + (30 + 60) / 2)
    assert effect.days == pytest.approx(own - 8)
    # Horizons cut the bookings that count, never the payments of those that do.
    short = sure(line, product=product, offers=(offer("net 5"),), months=2)
    assert offer_effects(short)[0].days == pytest.approx(own - 8)


def test_bad_debt_discounts_and_acceptance_count_with_what_they_bring():
    pmf = np.zeros(21)
    pmf[0], pmf[20] = 0.5, 0.3
    payment = PaymentBehaviour(0, pmf, bad_debt=0.2, recovery=0.5, discount_taken=0.5, insolvency=0.4)
    product = make_product(terms="100% on acceptance 10/5 net 30", delivery=Fixed(10), acceptance=Fixed(4))
    scenario = sure(product=product, segment={"payment": {"default": payment}}, offers=(offer("CIA"),))
    paid = np.array([0.5 * 0.9, 0.5 * 0.5, 0.5 * 0.3, 0.5 * 0.2 * 0.5])
    days = 14 + np.array([5, 30, 50, 50])
    assert offer_effects(scenario)[0].days == pytest.approx(paid @ days / paid.sum())


def test_an_offer_counts_for_those_that_took_none_before():
    offers = (
        replace(offer("CIA", taken_by=0.25), name="a", applies_to="open"),
        replace(offer("net 10", taken_by=0.4), name="b", first_day=40),
        replace(offer("net 10", taken_by=1.0), name="c", first_day=51),
    )
    rates = RateCurve.of("EUR", {"USD": [(0, 9.0), (50, 0.5)]})
    pipeline = make_pipeline(1, amount=1_200_000, currency="USD", lines=[(Line(0),)])
    scenario = sure(product=make_product(terms="net 30"), offers=offers, pipeline=pipeline, rates=rates)
    a, b, c = offer_effects(scenario)
    assert a.cost == pytest.approx(0.25 * 0.02 * 0.6e6)
    assert b.cost == pytest.approx(0.75 * 0.4 * 0.02 * 0.6e6)
    assert (b.days, c.cost, c.days) == (pytest.approx(20), 0, 0)


def test_open_and_new_deals_count_by_their_bookings():
    generation = PipelineGeneration(
        0.0, Fixed(1), np.array([1.0, 0.0]), bluebirds=Bluebirds(3.0, Fixed(1000))
    )
    segment = {"generation": generation, "mix": (Line(1),)}
    products = (make_product("a", terms="net 30"), make_product("b", terms="net 90"))
    scenario = sure(products=products, segment=segment, offers=(offer("net 10"),), months=2)
    (effect,) = offer_effects(scenario)
    old, new = 1_200_000, 2 * 3 * 1000_00
    assert effect.days == pytest.approx((old * 20 + new * 80) / (old + new))
    assert effect.cost == pytest.approx(0.5 * 0.02 * (old + new))


class Timed(Played):
    """Adds up what is received, and money × days since signature, wherever it falls: sums[trial, 2]."""

    def __init__(self, scenario, trials, seed):
        self.sums = np.zeros((trials, 2))
        super().__init__(scenario, trials, seed)

    def renew(self, *given):
        """Leave renewals out: offers do not touch them."""

    def settle(self, source, rules, trial, day, events, amount, gone):
        self.signed = dict(zip(trial.tolist(), day.tolist(), strict=True))
        super().settle(source, rules, trial, day, events, amount, gone)

    def payment(self, *given):
        self.paid = super().payment(*given)
        return self.paid

    def invoice(self, source, rules, part, trial, written, net, gone, known=False):
        super().invoice(source, rules, part, trial, written, net, gone, known)
        day, share = self.paid
        tax = self.scenario.segments[rules["index"]].tax
        gross = net * (1 + float(tax if rules["product"].tax is None else rules["product"].tax)) * share
        signed = np.array([self.signed[t] for t in trial.tolist()])
        inside = signed <= self.scenario.horizon.last_day
        rate = self.rate(rules["currency"], signed)
        counted = np.stack((gross * rate, gross * rate * (day - signed)), axis=1)
        np.add.at(self.sums, trial[inside], counted[inside])


@pytest.mark.slow
def test_days_agree_with_plain_draws_of_every_payment():
    plain = tuple(
        replace(
            segment, generation=None,
            payment={name: replace(rule, insolvency=0.0) for name, rule in segment.payment.items()},
        )
        for segment in segments()
    )  # fmt: skip
    common = {"segments": plain, "renewals": make_renewals(due_day=[])}
    one = Offer("one", Fraction(1, 10), parse_terms("2/10 net 30 then EOM"), 0.5)
    (effect,) = offer_effects(whole(offers=(one,), **common))
    means, errors = [], []
    for offers in ((), (replace(one, taken_by=1.0, discount=Fraction(0)),)):
        money, waited = Timed(whole(offers=offers, **common), 12_000, 2).sums.T
        means.append(waited.sum() / money.sum())
        errors.append((waited - means[-1] * money).std() / money.mean() / np.sqrt(len(money)))
    assert abs(effect.days - (means[0] - means[1])) < 4 * np.hypot(*errors)
    assert effect.cost == pytest.approx(0.5 * 0.1 * expected(whole(offers=(), **common)).bookings[1].sum())
