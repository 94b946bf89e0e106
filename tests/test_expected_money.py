"""Each rule from booking to the bank by hand: sums that a spreadsheet can check."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from factory import (
    NEVER_CHANGED,
    make_funnel,
    make_pipeline,
    make_product,
    make_receivables,
    make_renewals,
    make_scenario,
    make_segment,
    make_wins,
    plain_clock,
)
from scipy import special

from simulator.arrivals import Bluebirds, PipelineGeneration
from simulator.cash import Cash, TaxCalendar
from simulator.currency import RateCurve
from simulator.distributions import Empirical, Fixed, Gamma, LogNormal
from simulator.expected import SOURCES, expected, walk
from simulator.expected.events import pending
from simulator.expected.paying import paid_after
from simulator.market import Market
from simulator.offers import Offer
from simulator.payments import Dispute, PaymentBehaviour
from simulator.periods import horizon
from simulator.products import Line, Renewal
from simulator.terms import add_months, parse_terms

BACKLOG, OPEN, NEW, RENEWALS, RECEIVABLES = range(len(SOURCES))
AT_ONCE = PaymentBehaviour(0, np.ones(1))
SIGNED = 50


def sure(line=Line(0), product=None, segment=(), amount=1_200_000, **overrides):  # noqa: B008
    """One deal that is signed on day 50 for certain; 31 October 2026 is day 0, so that is 20 December."""
    transitions = [[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    values = {
        "funnel": make_funnel(transitions=transitions, stay=[Fixed(20), Fixed(30)]), "clock": plain_clock(),
        "amount_change": NEVER_CHANGED, "payment": {"default": AT_ONCE}, "invoice_lag": 0,
    }  # fmt: skip
    lines = line if isinstance(line, tuple) else (line,)
    fields = {
        "segments": (make_segment(**values | dict(segment)),), "products": (product or make_product(),),
        "pipeline": make_pipeline(1, amount=amount, lines=[lines]), "months": 24,
    }  # fmt: skip
    return make_scenario(**fields | overrides)


def cells(scenario, *entries):
    """Amounts on days, by cell."""
    result, cell = np.zeros(len(scenario.horizon.cuts)), scenario.horizon.cell_of_day()
    for day, amount in entries:
        result[cell[day]] += amount
    return result


def day_of(scenario, *when):
    return scenario.horizon.day_of(date(*when))


# ---- lines, tax, revenue


def test_lines_have_terms_and_taxes_of_their_own():
    scenario = sure(
        (Line(0, Fraction(2, 3)), Line(1, Fraction(1, 3))),
        products=(
            make_product("a", tax=Fraction(19, 100)),
            make_product("b", terms="CIA", invoice_lag=5),
        ),
        segment={"tax": Fraction(1, 10)},
    )
    result = expected(scenario)
    assert result.billings[OPEN, 0] == pytest.approx(cells(scenario, (50, 800_000), (55, 400_000)))
    paid = cells(scenario, (80, 800_000 * 1.19), (55, 400_000 * 1.1))
    assert result.receipts[OPEN, 0] == pytest.approx(paid)
    # Invoices of December: due on 10 January.
    due = day_of(scenario, 2027, 1, 10)
    assert result.tax == pytest.approx(cells(scenario, (due, 800_000 * 0.19 + 400_000 * 0.1)))
    assert result.bookings.sum() == pytest.approx(1_200_000)
    assert not result.revenue.any()
    assert not result.deferred.any()


@pytest.mark.parametrize(
    ("months", "due_day", "when"),
    [(1, 31, (2027, 1, 31)), (3, 31, (2027, 1, 31)), (12, 30, (2027, 1, 30)), (1, 5, (2027, 1, 5))],
)
def test_tax_is_passed_on_after_its_period(months, due_day, when):
    scenario = sure(
        product=make_product(tax=Fraction(1, 5)), cash=Cash(tax=TaxCalendar(months, due_day)),
        rates=RateCurve.of("EUR", {"USD": [(0, 2.0), (51, 5.0)]}),
        pipeline=make_pipeline(1, amount=1000, lines=[(Line(0),)], currency="USD"),
    )  # fmt: skip
    assert expected(scenario).tax == pytest.approx(cells(scenario, (day_of(scenario, *when), 2 * 200)))
    short = sure(product=make_product(tax=Fraction(1, 5)), months=2)
    assert not expected(short).tax.any()


def test_a_service_earns_by_the_day_and_defers_the_rest():
    product = make_product(terms="annual in advance net 30", recognise="over-term", service_months=12)
    scenario = sure(Line(0, start_day=62), product=product)  # 1 January 2027, 365 days
    result = expected(scenario)
    days = np.diff((0, *scenario.horizon.cuts))
    inside = (np.array(scenario.horizon.cuts) > 61) & (np.array(scenario.horizon.cuts) <= 61 + 365)
    assert result.revenue[OPEN, 0] == pytest.approx(np.where(inside, days * 1_200_000 / 365, 0.0))
    billed = cells(scenario, (62, 1_200_000))
    assert result.billings[OPEN, 0] == pytest.approx(billed)
    assert result.deferred == pytest.approx(billed - result.revenue[OPEN, 0])
    assert result.deferred.sum() == pytest.approx(0, abs=1e-6)


def test_a_stated_day_is_the_earliest():
    law = Empirical((10.0, 20.0, 60.0))
    product = make_product(delivery=law, recognise="at-delivery")
    for stated, on in ((None, (60, 70, 110)), (65, (65, 70, 110)), (90, (90, 90, 110)), (-3, (60, 70, 110))):
        scenario = sure(Line(0, delivery_day=stated), product=product)
        assert expected(scenario).revenue[OPEN, 0] == pytest.approx(cells(scenario, *((d, 4e5) for d in on)))
    late = sure(Line(0, delivery_day=5000), product=product)
    assert not expected(late).revenue.any()
    assert expected(late).deferred.sum() == pytest.approx(1_200_000)


def test_milestones_are_earned_with_their_events_and_signature_with_the_first_of_them():
    terms = "30% on signature net 15; 40% on acceptance net 30; balance on delivery net 45"
    product = make_product(
        terms=terms, recognise="at-milestone", delivery=Fixed(40), acceptance=Fixed(10), invoice_lag=7
    )
    scenario = sure(product=product)
    result = expected(scenario)
    assert result.revenue[OPEN, 0] == pytest.approx(cells(scenario, (100, 0.7 * 1.2e6), (90, 0.3 * 1.2e6)))
    billed = ((57, 0.3 * 1.2e6), (107, 0.4 * 1.2e6), (97, 0.3 * 1.2e6))
    assert result.billings[OPEN, 0] == pytest.approx(cells(scenario, *billed))
    signed = make_product(terms="net 30", recognise="at-milestone", delivery=Fixed(40))
    assert expected(sure(product=signed)).revenue[OPEN, 0] == pytest.approx(cells(scenario, (90, 1.2e6)))


def test_revenue_keeps_the_rate_of_the_day_of_signature():
    rates = RateCurve.of("EUR", {"USD": [(0, 0.5), (51, 2.0), (80, 4.0)]})
    product = make_product(recognise="at-delivery", delivery=Fixed(100), recurring=True, terms="CIA")
    scenario = sure(
        product=product, rates=rates,
        pipeline=make_pipeline(1, amount=1000, currency="USD", lines=[(Line(0, months=6),)]),
        segment={"invoice_lag": 5},
    )  # fmt: skip
    result = expected(scenario)
    assert result.revenue[OPEN, 0] == pytest.approx(cells(scenario, (150, 500)))
    assert result.arr[OPEN, 0] == pytest.approx(cells(scenario, (50, 2 * 500)))
    assert result.billings[OPEN, 0] == pytest.approx(cells(scenario, (55, 2000)))
    assert result.deferred == pytest.approx(cells(scenario, (55, 2000), (150, -500)))


def test_new_deals_are_made_of_the_mix_of_their_segment():
    generation = PipelineGeneration(
        0.0, Fixed(1), np.array([1.0, 0.0]), bluebirds=Bluebirds(2.0, Fixed(1000))
    )
    products = (
        make_product("a", recognise="at-delivery", recurring=True),
        make_product("b", delivery=Fixed(400)),
    )
    mix = (Line(0, Fraction(1, 4), months=3), Line(1, Fraction(3, 4)))
    scenario = sure(
        segment={"generation": generation, "mix": mix}, products=products, pipeline=make_pipeline(), months=3
    )
    result = expected(scenario)
    assert result.bookings[NEW, 0] == pytest.approx(2 * 1000_00)
    assert result.revenue[NEW, 0] == pytest.approx(2 * 1000_00 / 4)
    assert result.arr[NEW, 0] == pytest.approx(2 * 1000_00 / 4 * 4)
    assert not result.winners[OPEN].any()


# ---- customers


def test_insolvency_counts_from_as_of_for_known_customers_and_from_signature_for_others():
    behaviour = PaymentBehaviour(0, np.ones(1), insolvency=0.4)
    left = lambda days: 0.6 ** (days / 365.25)  # noqa: E731
    product = make_product(delivery=Fixed(70), recognise="at-delivery", tax=Fraction(1, 4))
    scenario = sure(product=product, segment={"payment": {"default": behaviour}})
    result = expected(scenario)
    assert result.bookings.sum() == pytest.approx(1.2e6)
    assert result.billings[OPEN, 0] == pytest.approx(cells(scenario, (50, 1.2e6 * left(50))))
    assert result.receipts[OPEN, 0] == pytest.approx(cells(scenario, (80, 1.5e6 * left(80))))
    assert result.revenue[OPEN, 0] == pytest.approx(cells(scenario, (120, 1.2e6 * left(120))))
    assert result.tax.sum() == pytest.approx(0.3e6 * left(50))

    generation = PipelineGeneration(
        0.0, Fixed(1), np.array([1.0, 0.0]), bluebirds=Bluebirds(2.0, Fixed(1000))
    )
    segment = {"payment": {"default": behaviour}, "generation": generation, "mix": (Line(0),)}
    new = expected(sure(product=product, segment=segment, pipeline=make_pipeline()))
    assert new.billings[NEW, 0] == pytest.approx(2 * 1000_00)
    assert new.receipts[NEW, 0, 4:] == pytest.approx(2 * 1250_00 * left(30), rel=0.1)
    assert new.receipts.sum() == pytest.approx(
        1.25 * left(30) * new.bookings.sum() * (730 - 30) / 730, rel=1e-3
    )
    assert new.revenue.sum() == pytest.approx(left(70) * new.bookings.sum() * (730 - 70) / 730, rel=1e-3)


def test_customers_may_fail_during_every_wait():
    behaviour = PaymentBehaviour(0, np.ones(1), insolvency=0.4)
    left = lambda days: 0.6 ** (np.asarray(days) / 365.25)  # noqa: E731
    product = make_product(
        terms="50% on acceptance net 30; balance on start net 10", delivery=Fixed(20), acceptance=Fixed(30),
        start=Fixed(5), recognise="over-term", service_months=6, invoice_lag=7, recurring=True,
        renewal=Renewal(1.0, 0.0, Fixed(40)),
    )  # fmt: skip
    line = Line(0, start_day=80, delivery_day=90)
    segment = {"payment": {"default": behaviour}}
    scenario = sure(line, product=product, segment=segment, months=11)
    result, again = expected(scenario), day_of(scenario, 2027, 7, 19) + 40
    billed = (127, 6e5 * left(127)), (87, 6e5 * left(87)), (again + 7, 12e5 * left(again + 7))
    assert result.billings.sum(axis=(0, 1)) == pytest.approx(cells(scenario, *billed))
    assert result.bookings[RENEWALS].sum() == pytest.approx(1.2e6)
    paid = cells(scenario, (157, 6e5 * left(157)), (97, 6e5 * left(97)))
    assert result.receipts[OPEN, 0] == pytest.approx(paid)
    days = np.arange(80, day_of(scenario, 2027, 7, 19))
    earned = cells(scenario, *zip(days, 12e5 / len(days) * left(days), strict=True))
    assert result.revenue[OPEN, 0] == pytest.approx(earned)

    wins = make_wins(day=[-100, -20], amount=[1e6, 1e6], lines=[(Line(1),), (Line(0, start_day=-30),)])
    known = sure(
        products=(product, make_product(terms="net 120", tax=Fraction(1, 5))), segment=segment, months=4,
        pipeline=make_pipeline(), wins=wins,
    )  # fmt: skip
    result = expected(known)
    # Presumed on day −100, and a week after the start, long paid; the acceptance is to come on day 30.
    paid = (20, 12e5 * left(20)), (67, 5e5 * left(67))
    assert result.receipts[BACKLOG, 0] == pytest.approx(cells(known, *paid))
    assert result.billings[BACKLOG, 0] == pytest.approx(cells(known, (37, 5e5 * left(37))))


def test_insolvency_by_drawing_the_day():
    behaviour = PaymentBehaviour(0, np.ones(1), insolvency=0.7)
    days = behaviour.insolvent_after((np.arange(100_000) + 0.5) / 100_000)
    for day in (1, 2, 40, 365, 800):
        assert float(behaviour.solvent(day)) == pytest.approx(np.mean(days > day), abs=1e-5)


def test_a_disputed_invoice_is_late_and_credited_in_part():
    pmf = np.zeros(31)
    pmf[0], pmf[30] = 0.2, 0.7
    dispute = Dispute(0.3, Fixed(8), Fraction(1, 5))
    terms = {"bad_debt": 0.1, "recovery": 0.5, "discount_taken": 0.5, "dispute": dispute}
    behaviour = PaymentBehaviour(-30, pmf, **terms)
    (part,) = parse_terms("2/10 net 30").clauses
    law = paid_after(behaviour, 30, part.discount, False, 60)
    by_hand = np.zeros(60)
    by_hand[0] = 0.7 * 0.2 * 0.98  # on the invoice day
    by_hand[8] = 0.3 * 0.2 * (1 - 0.2 - 0.02)  # eight days later, still in time for the discount
    by_hand[10] = 0.7 * 0.5 * 0.8 * 0.98  # the discount taken on its last day
    by_hand[18] = 0.3 * 0.5 * 0.8 * 0.8  # and lost in a dispute
    by_hand[30] = 0.7 * 0.5 * 0.7 + 0.5 * 0.1 * 0.5  # bad debt stays bad debt
    by_hand[38] = 0.3 * 0.5 * 0.7 * 0.8
    assert law == pytest.approx(by_hand)
    sure_payer = paid_after(behaviour, 0, None, True, 60)
    assert sure_payer[0] == sure_payer.sum() == 1  # cash in advance


def test_payment_runs_are_seen_from_the_due_day():
    pmf = np.full(10, 0.1)
    behaviour = PaymentBehaviour(0, pmf, run_days=(1,), buckets=(0, 1, 9))
    # Invoiced on Sunday 20 December and due on Tuesday 19 January, or on Wednesday after 31 days.
    for terms, day, share in (
        ("net 30", 80, {0: 0.1, 1: 0.1, 7: 0.8}),
        ("net 31", 81, {0: 0.1, 1: 0.1, 6: 0.8}),
    ):
        scenario = sure(product=make_product(terms=terms), segment={"payment": {"default": behaviour}})
        by_hand = cells(scenario, *((day + late, part * 1.2e6) for late, part in share.items()))
        assert expected(scenario).receipts[OPEN, 0] == pytest.approx(by_hand)
        assert scenario.horizon.date_of(day).weekday() == (1 if terms == "net 30" else 2)


# ---- what is there already


def test_an_event_that_has_not_come_is_pending_for_a_day_at_least():
    law = Empirical((2.0, 5.0, 9.0, 9.4, 20.0))
    left = pending(law, -5, 30)  # five days have passed, and so have two of the times
    assert left[[4, 15]] == pytest.approx([2 / 3, 1 / 3])
    assert left.sum() == pytest.approx(1)
    assert pending(law, -9, 30)[[1, 11]] == pytest.approx([1 / 2, 1 / 2])  # 9.4 days would be over today
    assert pending(law, -40, 30)[1] == 1  # beyond the law: tomorrow
    assert pending(law, 3, 30)[[5, 8, 12, 23]] == pytest.approx([0.2, 0.2, 0.4, 0.2])


def won(invoices=(), **columns):
    """One deal won in the past, of a product with milestones, or what columns say."""
    product = make_product(
        terms="50% on signature net 30; balance on delivery net 30", delivery=Fixed(60),
        recognise="at-milestone", tax=Fraction(1, 10),
    )  # fmt: skip
    own = {"day": [-20], "amount": [1_000_000], "lines": [(Line(0),)]} | columns
    return sure(
        product=product, pipeline=make_pipeline(), wins=make_wins(**own),
        receivables=make_receivables(**dict(invoices)),
    )  # fmt: skip


def test_a_won_deal_goes_on_from_where_it_stands():
    scenario = won()  # without invoices: the first one was written on day −20, due on day 10
    result = expected(scenario)
    assert result.billings[BACKLOG, 0] == pytest.approx(cells(scenario, (40, 500_000)))
    assert result.receipts[BACKLOG, 0] == pytest.approx(cells(scenario, (10, 550_000), (70, 550_000)))
    assert result.revenue[BACKLOG, 0] == pytest.approx(cells(scenario, (40, 1_000_000)))
    # The tax of October is due on 10 November, that of December in January.
    taxes = (10, 50_000), (day_of(scenario, 2027, 1, 10), 50_000)
    assert result.tax == pytest.approx(cells(scenario, *taxes))
    assert not result.bookings.any()


def test_what_has_been_invoiced_is_not_invoiced_again():
    written = {"deal": ["W0000"], "amount_minor": [550_000], "tax_minor": [50_000], "invoice_day": [-20]}
    bills = written | {"due_day": [10]}
    open_ones = won(bills)
    result = expected(open_ones)
    assert result.billings[BACKLOG, 0] == pytest.approx(cells(open_ones, (40, 500_000)))
    assert result.receipts[BACKLOG, 0] == pytest.approx(cells(open_ones, (70, 550_000)))
    assert result.receipts[RECEIVABLES, 0] == pytest.approx(cells(open_ones, (10, 550_000)))
    full = won(bills | {"deal": [""], "paid_day": [-20]})
    # The file is complete since the day of the first instalment, and does not hold it: written tomorrow.
    result = expected(full)
    assert result.billings[BACKLOG, 0] == pytest.approx(cells(full, (1, 500_000), (40, 500_000)))
    assert not result.receipts[RECEIVABLES].any()
    # Paid invoices bring no money, but their tax is due: 10 November.
    taxes = (10, 50_000), (day_of(full, 2026, 12, 10), 50_000), (day_of(full, 2027, 1, 10), 50_000)
    assert result.tax == pytest.approx(cells(full, *taxes))


def test_a_service_under_way_earns_what_is_left_of_its_days():
    product = make_product(recognise="over-term", service_months=12)
    for start, first, last in ((-100, 1, 264), (-400, 1, 0), (10, 10, 374)):
        wins = make_wins(day=[-420], amount=[365_000], lines=[(Line(0, start_day=start),)])
        scenario = sure(product=product, pipeline=make_pipeline(), wins=wins)
        by_hand = cells(scenario, *((day, 1000) for day in range(first, last + 1)))
        assert expected(scenario).revenue[BACKLOG, 0] == pytest.approx(by_hand)


def test_an_instalment_whose_event_is_pending_is_invoiced_tomorrow_at_the_earliest():
    product = make_product(terms="100% on delivery net 0", delivery=Empirical((9.0, 9.4, 30.0, 31.0)))
    wins = make_wins(day=[-9], amount=[1_000_000], lines=[(Line(0),)])
    scenario = sure(product=product, pipeline=make_pipeline(), wins=wins, months=1)
    short = replace(
        scenario, horizon=horizon(scenario.horizon.as_of, date(2026, 11, 30), further=[date(2026, 11, 1)])
    )
    assert expected(short).billings[BACKLOG, 0] == pytest.approx([1e6 / 3, 2e6 / 3])


# ---- offers


def test_the_first_offer_that_is_taken_counts():
    offers = (
        Offer("early", Fraction(1, 10), parse_terms("CIA"), 0.5, first_day=51),
        Offer("new only", Fraction(1, 2), parse_terms("CIA"), 1.0, applies_to="new"),
        Offer("elsewhere", Fraction(1, 2), parse_terms("CIA"), 1.0, segment=1),
        Offer("a", Fraction(1, 10), parse_terms("CIA"), 0.25),
        Offer("b", Fraction(1, 5), parse_terms("net 10"), 0.5),
    )
    scenario = sure(product=make_product(terms="net 60"), offers=offers)
    result = expected(scenario)
    price = 1 - 0.25 * 0.1 - 0.375 * 0.2
    assert result.bookings.sum() == pytest.approx(price * 1.2e6)
    assert result.deal_bookings[0] == pytest.approx(price * 1.2e6)
    paid = (50, 0.25 * 0.9 * 1.2e6), (60, 0.375 * 0.8 * 1.2e6), (110, 0.375 * 1.2e6)
    assert result.receipts[OPEN, 0] == pytest.approx(cells(scenario, *paid))
    steps = dict(walk(scenario, 1, 60, result))
    assert steps["price"] == pytest.approx((price - 1) * 1.2e6)
    assert steps["our average"] == pytest.approx(price * 1.2e6)


# ---- renewals


def test_a_renewed_term_is_renewed_again():
    product = make_product(
        service_months=6, recurring=True, start=Fixed(12), renewal=Renewal(0.8, 0.1, Fixed(4)),
        recognise="over-term", tax=Fraction(1, 10), terms="net 30",
    )  # fmt: skip
    scenario = sure(product=product)
    result = expected(scenario)
    # Signed on 20 December, served from 1 January to 30 June; signed again on 5 July, and so on.
    first, second = day_of(scenario, 2027, 7, 5), day_of(scenario, 2028, 1, 9)
    third = day_of(scenario, 2028, 7, 13)
    worth = [(0.8 * 1.1) ** n * 1.2e6 for n in range(4)]
    signed = (first, worth[1]), (second, worth[2]), (third, worth[3])
    assert result.bookings[RENEWALS, 0] == pytest.approx(cells(scenario, *signed))
    assert result.winners[RENEWALS, 0] == pytest.approx(
        cells(scenario, (first, 0.8), (second, 0.64), (third, 0.512))
    )
    assert result.billings[RENEWALS, 0] == pytest.approx(cells(scenario, *signed))
    paid = ((day + 30, 1.1 * money) for day, money in signed)
    assert result.receipts[RENEWALS, 0] == pytest.approx(cells(scenario, *paid))
    ends = day_of(scenario, 2028, 1, 5), day_of(scenario, 2028, 7, 9), day_of(scenario, 2029, 1, 13)
    served = (
        (day, money / (end - start))
        for (start, money), end in zip(signed, ends, strict=True)
        for day in range(start, min(end, scenario.horizon.last_day + 1))
    )
    assert result.revenue[RENEWALS, 0] == pytest.approx(cells(scenario, *served))
    assert result.arr.sum() == result.arr[OPEN].sum() == pytest.approx(2.4e6)
    steps = walk(scenario, 1, scenario.horizon.last_day, result)
    assert steps[-2] == ("renewals", pytest.approx(sum(worth[1:]), abs=2))
    assert steps[-1][1] == sum(value for _, value in steps[:-1]) == pytest.approx(sum(worth), abs=1)


def test_a_listed_renewal_has_a_chance_of_its_own_and_then_that_of_its_product():
    product = make_product(service_months=12, recurring=True, renewal=Renewal(0.5, 0.0, Fixed(10)))
    table = make_renewals(due_day=[20, 5000], chance=[0.9, 1.0], uplift=[0.2, 0.0], amount=[1000, 1000])
    scenario = sure(product=product, pipeline=make_pipeline(), renewals=table)
    result = expected(scenario)
    again = day_of(scenario, 2027, 11, 30) + 10
    by_hand = cells(scenario, (30, 0.9 * 1200), (again, 0.5 * 0.9 * 1200))
    assert result.bookings[RENEWALS, 0] == pytest.approx(by_hand)
    assert [name for name, _ in walk(scenario, 1, 100, result)][-2:] == ["renewals", "our average"]
    assert "renewals" not in dict(walk(sure(), 1, 100))


def test_terms_shorter_than_three_months_are_renewed_after_three():
    product = make_product(service_months=1, recurring=True, renewal=Renewal(1.0))
    scenario = sure(product=product, months=12)
    days = day_of(scenario, 2027, 3, 20), day_of(scenario, 2027, 6, 20), day_of(scenario, 2027, 9, 20)
    by_hand = cells(scenario, *((day, 1.2e6) for day in days))
    assert expected(scenario).bookings[RENEWALS, 0] == pytest.approx(by_hand)


def test_renewals_take_insolvency_but_their_bookings_stay():
    behaviour = PaymentBehaviour(0, np.ones(1), insolvency=0.4)
    product = make_product(service_months=6, recurring=True, renewal=Renewal(1.0), terms="net 30")
    scenario = sure(product=product, segment={"payment": {"default": behaviour}}, months=12)
    result, day = expected(scenario), day_of(scenario, 2027, 6, 20)
    assert result.bookings[RENEWALS].sum() == pytest.approx(1.2e6)
    assert result.billings[RENEWALS].sum() == pytest.approx(1.2e6 * 0.6 ** (day / 365.25))
    assert result.receipts[RENEWALS].sum() == pytest.approx(1.2e6 * 0.6 ** ((day + 30) / 365.25))


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
def test_a_chain_multiplies_in_any_market(phi):
    """A deal and two renewals, each in the market of its quarter less what the last decision knew."""
    rng, count, (shared, own), doubt = np.random.default_rng(4), 400_000, (0.1, 0.15), 0.2
    chances, quarters = (0.3, 0.7, 0.6), (0, 2, 3)
    path = rng.standard_normal((2, 4, count))
    for q in range(1, 4):
        path[:, q] = phi * path[:, q - 1] + np.sqrt(1 - phi**2) * path[:, q]
    won, before = np.ones(count, dtype=bool), None
    for chance, quarter in zip(chances, quarters, strict=True):
        g, z = path[:, quarter]
        left, d = 1 - shared - own, 0.0
        if before is None:
            left, d = left - doubt, np.sqrt(doubt) * rng.standard_normal(count)
        else:
            k = quarter - before
            g, z = (path[:, quarter] - phi**k * path[:, before]) / np.sqrt(1 - phi ** (2 * k))
        x = np.sqrt(shared) * g + np.sqrt(own) * z + d
        won &= rng.random(count) < special.ndtr((special.ndtri(chance) + x) / np.sqrt(left))
        before = quarter
    exact = float(np.prod(chances))
    assert abs(won.mean() - exact) < 4 * np.sqrt(exact * (1 - exact) / count)

    funnel = make_funnel(transitions=[[0.0, 0.3, 0.7]], stay=Fixed(50))
    product = make_product(service_months=6, recurring=True, renewal=Renewal(0.7))
    segment = {"funnel": funnel, "doubt": np.array([0.2])}
    scenario = sure(product=product, segment=segment, market=Market(shared, own, phi), months=12)
    assert expected(scenario).winners.sum() == pytest.approx(0.3 + 0.3 * 0.7)


# ---- identities


def test_nothing_is_lost_on_the_way():
    product = make_product(
        terms="20% on signature 2/10 net 30; 50% on delivery net 30; balance on acceptance net 45",
        recognise="at-milestone", delivery=LogNormal.from_median(30, 60), acceptance=Gamma(2.0, 10.0),
        tax=Fraction(19, 100),
    )  # fmt: skip
    behaviour = PaymentBehaviour.from_table({0: 0.5, 30: 0.96}, recovery=1.0, discount_taken=0.0)
    scenario = sure(product=product, segment={"payment": {"default": behaviour}}, months=60)
    result = expected(scenario)
    assert result.billings.sum() == pytest.approx(result.bookings.sum(), rel=1e-6)
    assert result.revenue.sum() == pytest.approx(result.bookings.sum(), rel=1e-6)
    assert result.tax.sum() == pytest.approx(0.19 * result.bookings.sum(), rel=1e-6)
    discount = 0.2 * 1.19 * 0.02 * float(behaviour.cdf(-20))
    assert result.receipts.sum() == pytest.approx((1.19 - discount) * result.bookings.sum(), rel=1e-6)
    assert result.deferred.sum() == pytest.approx(0, abs=1)


def test_months_end_where_the_calendar_says():
    ends = add_months(np.datetime64("2026-11-30") + np.arange(3), 3)
    assert ends.astype(str).tolist() == ["2027-02-28", "2027-03-01", "2027-03-02"]
