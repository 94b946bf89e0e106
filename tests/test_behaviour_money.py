"""What must happen to money when something on its way is changed: paired on the same seed, trial by trial."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from factory import (
    make_clock,
    make_funnel,
    make_product,
    make_receivables,
    make_renewals,
    make_scenario,
    make_segment,
    make_wins,
)
from family import FIXED_MARKET, SPREAD, columns, limit, pick, run, run_with_plan, segment_of, trials_of
from test_expected_played import OPENING, WON, whole

from simulator.arrivals import PipelineGeneration
from simulator.cash import Cash, Outflow
from simulator.currency import RateCurve
from simulator.distributions import Fixed, Gamma, LogNormal
from simulator.engine import compile_plan, play
from simulator.figures import COMPANY, Figures
from simulator.forecast import sections
from simulator.market import Market
from simulator.offers import Offer
from simulator.payments import Dispute, PaymentBehaviour
from simulator.products import Line, Renewal
from simulator.terms import parse_terms

TRIALS = 150
SERIES = ("bookings", "billings", "revenue", "receipts", "arr")
LICENCE, GOODS, PROJECT = range(3)
PRODUCTS = (
    make_product("licence", terms="quarterly in advance net 20", start=LogNormal.from_median(12, 30),
                 recognise="over-term", recurring=True, renewal=Renewal(0.7, 0.05, Gamma(2.0, 6.0))),
    make_product("goods", delivery=Gamma(3.0, 9.0), recognise="at-delivery"),
    make_product("project", recognise="at-milestone", delivery=Gamma(3.0, 9.0), acceptance=Gamma(2.0, 5.0),
                 terms="30% on signature net 15; 40% on delivery net 30; balance on acceptance net 45"),
)  # fmt: skip
MIX = (Line(LICENCE, Fraction(1, 2)), Line(GOODS, Fraction(1, 4)), Line(PROJECT, Fraction(1, 4)))
LATE = PaymentBehaviour.stretched(9, 0.03, recovery=0.3)
SURE = PaymentBehaviour.stretched(9, 0.0)


def company(products=PRODUCTS, months=14, **overrides):
    """Deals open, to come and won, contracts that end, invoices; every rule of revenue, two currencies."""
    segment = {
        "funnel": make_funnel((0.4, 0.7), [0, 0.1], Gamma(2.0, 8.0)), "clock": make_clock(), "mix": MIX,
        "generation": PipelineGeneration(2.0, SPREAD, np.array([0.6, 0.4])), "payment": {"default": LATE},
        "doubt": np.full(2, 0.05), "tax": Fraction(1, 10),
    }  # fmt: skip
    own = {k: overrides.pop(k) for k in [*overrides] if k in segment or k in ("invoice_lag", "terms")}
    fields = {
        "segments": (make_segment(**segment | own),), "products": tuple(products), "months": months,
        "market": FIXED_MARKET, "rates": RateCurve.of("EUR", {"USD": 0.9}),
        "pipeline": columns(
            18, stages=2, ages=(0, 20), lines=[MIX, (Line(LICENCE),), (Line(PROJECT),)] * 6,
            currency=["EUR", "EUR", "USD"] * 6, customer=[f"C{i % 7}" for i in range(18)],
        ),
        "wins": make_wins(day=[-40, -5, -200], amount=[900_000, 400_000, 1_200_000],
                          lines=[MIX, (Line(PROJECT),), (Line(LICENCE),)], customer=["C1", "C2", "W"]),
        "receivables": make_receivables(due_day=[-40, -3, 10, 25, 60], amount_minor=[110_000] * 5),
        "renewals": make_renewals(due_day=[20, 150], product=[LICENCE] * 2, chance=[0.6, 0.9]),
    }  # fmt: skip
    return make_scenario(**fields | overrides)


def with_product(which, **changes):
    return tuple(replace(p, **changes) if i == which else p for i, p in enumerate(PRODUCTS))


def so_far(scenario, *series, trials=TRIALS, source=None):
    """Running sums of the company, floats[cell, trial], one a series."""
    plan, outcome = run_with_plan(scenario, trials)
    rows = [i for i, s in enumerate(plan.slices) if source in (None, s.source)]
    found = [(m if len(m := outcome.money[s]) == 1 else m[rows]).sum(axis=0).cumsum(axis=0) for s in series]
    return found[0] if len(found) == 1 else found


def same(a, b):
    """Whether two outcomes are the same bytes."""
    return a.money.keys() == b.money.keys() and all(
        a.money[s].tobytes() == b.money[s].tobytes() for s in a.money
    )


def only_falls(scenarios, falling, staying=(), **options):
    """From one scenario to the next, some series never rise and do fall, others keep their bytes."""
    played = [so_far(s, *falling, *staying, "bookings", **options)[:-1] for s in scenarios]
    for before, after in pairwise(played):
        for series, a, b in zip((*falling, *staying), before, after, strict=True):
            if series in falling:
                assert (b <= a).all(), series
                assert b.sum() < a.sum(), series
            else:
                assert a.tobytes() == b.tobytes(), series


# ---- tax, delivery, terms, lags


def test_tax_raises_receipts_and_nothing_else():
    taxes = [company(tax=Fraction(t, 100)) for t in (25, 19, 1)]
    only_falls(taxes, ("receipts", "tax"), ("bookings", "billings", "revenue", "arr", "deferred"))
    free = so_far(company(tax=Fraction(0)), "receipts")
    assert (free <= so_far(taxes[-1], "receipts")).all()


def test_tax_passes_through_the_bank():
    """Where everybody pays, receipts less tax are the same in the end, to half a unit an invoice."""
    fields = {
        **paying(), "generation": None, "months": 60, "renewals": make_renewals(due_day=[]),
        "products": with_product(LICENCE, renewal=None), "receivables": make_receivables(),
        "wins": make_wins(), "pipeline": replace(company().pipeline, currency=("EUR",) * 18),
    }  # fmt: skip
    receipts, tax = so_far(company(**fields), "receipts", "tax")
    free = so_far(company(**fields | {"tax": Fraction(0)}), "receipts")
    assert np.array_equal((receipts - tax)[-1], free[-1])
    assert (receipts[-1] > free[-1]).any()


@pytest.mark.parametrize(
    ("which", "field", "laws"),
    [
        (GOODS, "delivery", [Gamma(3.0, 9.0), Gamma(3.0, 12.0), Gamma(3.0, 40.0)]),
        (PROJECT, "delivery", [Fixed(0), Gamma(3.0, 12.0), Gamma(3.0, 40.0)]),
        (PROJECT, "acceptance", [Fixed(0), Gamma(2.0, 5.0), Gamma(2.0, 30.0)]),
        (LICENCE, "start", [Fixed(0), Gamma(1.0, 12.0), Gamma(1.0, 80.0)]),
    ],
)
def test_what_comes_later_is_recognised_and_billed_later_never_more(which, field, laws):
    # Where a start is later, so is the renewal, which may then meet another market.
    products = [
        with_product(which, **{field: law} | ({"renewal": None} if which == LICENCE else {})) for law in laws
    ]
    fields = {"wins": make_wins(), "market": Market.independent()}
    scenarios = [company(p, **fields) for p in products]
    if which == GOODS:  # billed at signature, whenever it comes
        only_falls(scenarios, ("revenue",), ("bookings", "billings", "receipts", "tax", "arr"))
    else:
        only_falls(scenarios, ("revenue", "billings", "receipts"), ("bookings", "arr"))


def test_a_stated_day_only_delays():
    none, early, late = (
        company(pipeline=replace(company().pipeline, lines=((Line(GOODS, delivery_day=d),),) * 18))
        for d in (None, -5, 120)
    )
    only_falls([none, late], ("revenue",), ("bookings", "billings", "receipts"), source="open")
    assert same(run(none, 50), run(early, 50))


@pytest.mark.parametrize(
    "texts",
    [("receipt", "net 14", "net 30", "net 60"), ("net 30", "net 30 then EOM", "net 45 then EOM"),
     ("quarterly in advance", "quarterly in arrears"), ("CIA", "net 30")],
)  # fmt: skip
def test_longer_terms_bring_receipts_later_never_more(texts):
    scenarios = [
        company(with_product(GOODS, terms=parse_terms(text)), wins=make_wins(), market=FIXED_MARKET)
        for text in texts
    ]
    falling = ("billings", "receipts") if "arrears" in texts[-1] else ("receipts",)
    only_falls(scenarios, falling, ("bookings", "revenue", "arr"))


def test_an_invoice_lag_delays_billing_and_receipts():
    scenarios = [company(invoice_lag=lag, wins=make_wins()) for lag in (0, 3, 30)]
    only_falls(scenarios, ("billings", "receipts"), ("bookings", "revenue", "arr"))
    own = [company(with_product(GOODS, invoice_lag=lag), wins=make_wins()) for lag in (0, 30)]
    only_falls(own, ("billings", "receipts"), ("bookings", "revenue", "arr"))


# ---- how customers pay


def paying(**fields):
    behaviour = fields.pop("behaviour", SURE)
    known = {"recovery": behaviour.recovery, "shared": behaviour.shared, "buckets": behaviour.buckets}
    behaviour = PaymentBehaviour(behaviour.first_day, behaviour.pmf, behaviour.bad_debt, **known | fields)
    return {"payment": {"default": behaviour}}


EARLY = {"products": with_product(GOODS, terms=parse_terms("2/10 net 60"))}


def test_a_discount_that_is_taken_costs_money_and_brings_it_sooner():
    never, some, always = (
        so_far(company(**EARLY, months=30, wins=make_wins(), **paying(discount_taken=t)), "receipts")
        for t in (0.0, 0.4, 1.0)
    )
    # Up to the last day of early payment more has come in, in the end less: by the discount.
    quarter = [x[2].sum() for x in (never, some, always)]
    assert quarter[0] < quarter[1] < quarter[2]
    one_deal = company(
        **EARLY, months=30, wins=make_wins(), generation=None, renewals=make_renewals(due_day=[]),
        pipeline=columns(18, stages=2, lines=(Line(GOODS),)), **paying(discount_taken=1.0),
    )  # fmt: skip
    full = replace(one_deal, products=with_product(GOODS, terms=parse_terms("net 60")))
    assert (so_far(one_deal, "receipts")[-1] <= so_far(full, "receipts")[-1]).all()
    billed = so_far(one_deal, "billings", source="open")[-1]
    taken = so_far(full, "receipts")[-1] - so_far(one_deal, "receipts")[-1]
    assert np.abs(taken - 0.02 * 1.1 * billed).max() <= 2 * 18  # each rounded down


@pytest.mark.parametrize(
    "disputes",
    [
        [None, *(Dispute(c, Gamma(2.0, 20.0), Fraction(1, 5)) for c in (0.0, 0.2, 0.9))],
        [Dispute(0.3, Gamma(2.0, 20.0), Fraction(c, 10)) for c in (0, 3, 10)],
        [Dispute(0.3, Gamma(2.0, g), Fraction(1, 5)) for g in (1.0, 20.0, 60.0)],
    ],
    ids=["chance", "credited", "delay"],
)
def test_disputes_bring_less_and_later(disputes):
    scenarios = [company(**paying(behaviour=LATE, dispute=d)) for d in disputes]
    staying = ("bookings", "billings", "revenue", "tax", "deferred")
    if disputes[0] is None:
        assert same(run(scenarios[0], 60), run(scenarios[1], 60)), "a chance of 0 is none"
    only_falls(scenarios[-3:], ("receipts",), staying)


def test_insolvency_takes_what_follows_and_no_booking():
    scenarios = [company(**paying(behaviour=LATE, insolvency=p)) for p in (0.0, 0.05, 0.3, 0.9)]
    only_falls(scenarios, ("billings", "revenue", "receipts", "tax"), ("bookings", "arr"))


@pytest.mark.parametrize("which", [LICENCE, GOODS, PROJECT])
def test_whoever_fails_earns_us_nothing_more_by_any_rule(which):
    fields = {"pipeline": columns(18, stages=2, lines=(Line(which),)), "mix": (Line(which),)}
    scenarios = [company(**fields, **paying(insolvency=p)) for p in (0.0, 0.4)]
    only_falls(scenarios, ("revenue",), ("bookings",), source="open")


def test_a_class_has_an_insolvency_of_its_own():
    behaviours = {"default": SURE, "Gold": paying(insolvency=0.9)["payment"]["default"]}
    quiet = {"wins": make_wins(), "generation": None, "renewals": make_renewals(due_day=[])}
    silver = company(**quiet, payment=behaviours)
    gold = replace(silver, pipeline=replace(silver.pipeline, customer_class=("Gold",) * 18))
    only_falls([silver, gold], ("billings", "receipts"), ("bookings",))


@pytest.mark.parametrize("field", ["bad_debt", "recovery"])
def test_bad_debt_costs_and_recovery_brings(field):
    if field == "bad_debt":
        pmf = SURE.pmf
        rows = [PaymentBehaviour(SURE.first_day, pmf * (1 - b), b) for b in (0.0, 0.02, 0.2)]
    else:
        rows = [replace(LATE, recovery=r) for r in (1.0, 0.4, 0.0)]
    scenarios = [company(payment={"default": b}, months=36) for b in rows]
    before, middle, after = (so_far(s, "receipts")[-1] for s in scenarios)
    assert before.mean() > middle.mean() > after.mean()
    if field == "recovery":
        only_falls(scenarios, ("receipts",), ("bookings", "billings", "revenue", "tax"))


@pytest.mark.parametrize("days", [(1,), (0, 3), (4, 5, 6)])
def test_payment_runs_move_days_inside_their_bucket_only(days):
    plain = PaymentBehaviour.from_table({-1: 0.1, 2: 0.4, 9: 0.7, 30: 0.9, 60: 0.97})
    runs = replace(plain, run_days=days)
    u = (np.arange(5_000) + 0.5) / 5_000
    for weekday, behaviour in enumerate(runs.by_weekday):
        moved, before = behaviour.late_days(u), plain.late_days(u)
        ends = np.array(plain.buckets)
        assert np.array_equal(np.searchsorted(ends, moved), np.searchsorted(ends, before))
        bucket = np.searchsorted(ends, moved)
        on_run = np.isin((weekday + moved) % 7, days)
        wide = np.isin(bucket, (0, 2, 3, 4))  # a week and more: each holds every weekday
        assert on_run[wide].all()
    every = company(**paying(behaviour=plain, run_days=(0, 1, 2, 3, 4, 5, 6)))
    assert same(run(every, 60), run(company(payment={"default": plain}), 60)), "runs on all days are none"
    only = ("bookings", "billings", "revenue", "tax")
    some = company(payment={"default": runs})
    for a, b in zip(so_far(every, *only), so_far(some, *only), strict=True):
        assert np.array_equal(a, b)


# ---- offers


def offer(discount=0, taken_by=0.5, terms="prepaid", **more):
    return Offer("early", Fraction(discount, 100), parse_terms(terms), taken_by, **more)


def test_an_offer_that_nobody_takes_is_none():
    without = run(company(), 100)
    for made in (offer(10, 0.0), offer(10, 1.0, first_day=10_000)):
        assert same(run(company(offers=(made,)), 100), without)
    # It does not change who takes the next one either.
    second = Offer("second", Fraction(1, 10), parse_terms("CIA"), 0.4)
    assert same(run(company(offers=(offer(5, 0.0), second)), 100), run(company(offers=(second,)), 100))


def test_a_discount_cuts_bookings_and_more_takers_cut_more():
    quiet = {"renewals": make_renewals(due_day=[]), "products": with_product(LICENCE, renewal=None)}
    cuts = [company(offers=(offer(d),), **quiet) for d in (0, 5, 40)]
    only_falls(cuts, ("bookings", "billings", "revenue"))
    only_falls([company(offers=(offer(5, t),), **quiet) for t in (0.0, 0.3, 1.0)], ("bookings", "arr"))
    everybody = so_far(company(offers=(offer(5, 1.0),), **quiet), "bookings")[-1]
    assert everybody.sum() == pytest.approx(0.95 * so_far(company(**quiet), "bookings")[-1].sum(), rel=1e-6)


def test_who_refuses_one_offer_is_free_to_take_the_next():
    """Half take the first, half of the others the second; 0.5 · 0.75 + 0.25 of the money is left."""
    both = (offer(50, 0.5), Offer("second", Fraction(1, 2), parse_terms("CIA"), 0.5))
    quiet = {"renewals": make_renewals(due_day=[]), "products": with_product(LICENCE, renewal=None)}
    paid, full = (so_far(company(offers=o, **quiet), "bookings")[-1] for o in (both, ()))
    assert 0.60 < paid.sum() / full.sum() < 0.65


def test_an_offer_without_discount_moves_the_cash_only():
    slow = with_product(GOODS, terms=parse_terms("net 60"))
    fields = {"products": slow, "mix": (Line(GOODS),), "wins": make_wins(), **paying()}
    fields["pipeline"] = columns(18, stages=2, lines=(Line(GOODS),))
    scenarios = [company(offers=(offer(0, t, "CIA"),), **fields) for t in (1.0, 0.5, 0.0)]
    only_falls(scenarios, ("receipts",), ("bookings", "billings", "revenue"))


@pytest.mark.parametrize("to", ["open", "new"])
def test_an_offer_reaches_only_those_to_whom_it_is_made(to):
    outcome, without = run(company(offers=(offer(10, 1.0, applies_to=to),)), 100), run(company(), 100)
    for i, part in enumerate(compile_plan(company(), 1).slices):
        a, b = outcome.money["bookings"][i], without.money["bookings"][i]
        if part.source == to:
            assert a.sum() < b.sum()
        elif part.source != "renewals":  # what is renewed at a lower price is lower too
            assert np.array_equal(a, b), part


# ---- renewals, services, mixes


def renewing(renewal, listed=0.6, **more):
    uplift = more.pop("uplift", 0.0)
    due = make_renewals(due_day=[20, 150], product=[LICENCE] * 2, chance=[listed] * 2, uplift=[uplift] * 2)
    return company(with_product(LICENCE, renewal=renewal, service_months=4), renewals=due, months=18, **more)


@pytest.mark.slow
def test_higher_chances_and_prices_of_renewals_never_bring_less():
    for scenarios in (
        [renewing(Renewal(c, 0.05, Fixed(9))) for c in (1.0, 0.8, 0.3, 0.0)],
        [renewing(Renewal(0.7, u, Fixed(9))) for u in (0.2, 0.05, 0.0, -0.1)],
        [renewing(Renewal(0.7, 0.0, Fixed(9)), listed=p) for p in (1.0, 0.6, 0.1)],
        [renewing(Renewal(0.7, 0.0, Fixed(9)), uplift=u) for u in (0.2, 0.0, -0.1)],
    ):
        only_falls(scenarios, ("bookings", "billings", "revenue"), source="renewals", trials=100)
        only_falls([scenarios[0], scenarios[-1]], ("bookings",), ("arr",), trials=60)
        a, b = (run(scenarios[i], 60).money["bookings"] for i in (0, -1))
        others = [i for i, s in enumerate(compile_plan(scenarios[0], 1).slices) if s.source != "renewals"]
        assert np.array_equal(a[others], b[others])
    none = renewing(Renewal(0.0), listed=0.0)
    assert not so_far(none, "bookings", source="renewals").any()


def test_a_longer_slip_signs_renewals_later():
    slips = [renewing(Renewal(0.7, 0.0, s), market=Market.independent()) for s in
             (Fixed(0), Gamma(2.0, 6.0), Gamma(2.0, 20.0))]  # fmt: skip
    only_falls(slips, ("bookings", "billings", "revenue"), ("arr",), source="renewals")
    chained = [renewing(Renewal(0.7, 0.0, s), listed=0.0, market=Market.independent())
               for s in (Fixed(0), Gamma(2.0, 20.0))]  # fmt: skip
    only_falls(chained, ("bookings", "billings", "revenue"), source="renewals")


def test_a_chain_that_never_breaks_books_term_after_term():
    """Four months each: a deal signed on day d is booked again on d + 4, 8, 12 months."""
    product = with_product(LICENCE, renewal=Renewal(1.0), service_months=4, start=Fixed(0))
    quiet = {"generation": None, "renewals": make_renewals(due_day=[]), "wins": make_wins(), "months": 18}
    scenario = company(
        product, **quiet, pipeline=columns(6, stages=2, lines=(Line(LICENCE),)), market=Market.independent()
    )
    outcome = run(scenario, 200)
    plan = compile_plan(scenario, 1)
    by_source = {
        s.source: outcome.money["bookings"][i] for i, s in enumerate(plan.slices) if s.source != "receivables"
    }
    signed, renewed = by_source["open"], by_source["renewals"]
    again = sum(np.vstack((np.zeros((k, 200)), signed[:-k])) for k in (4, 8, 12, 16))
    # The 31st of a month is the 30th of another, so that months are compared by sums of neighbours.
    assert np.abs(again.cumsum(axis=0) - renewed.cumsum(axis=0)).mean() < 0.02 * signed.sum() / 200
    assert renewed[:4].sum() == 0 and (renewed.sum(axis=0) <= 4 * signed.sum(axis=0)).all()


def test_only_what_recurs_adds_to_the_yearly_recurring_revenue():
    recurs, once = company(), company(with_product(LICENCE, recurring=False, renewal=None))
    assert "arr" not in run(once, 5).money
    both = company(tuple(replace(p, recurring=True) for p in PRODUCTS))
    only_falls([both, recurs], ("arr",), ("bookings", "billings", "revenue"))


def test_longer_services_earn_less_a_month_and_as_much_in_the_end():
    quiet = {"renewals": make_renewals(due_day=[]), "wins": make_wins(), "generation": None, "months": 60}
    scenarios = [company(with_product(LICENCE, renewal=None, service_months=m), **quiet) for m in (6, 12, 24)]
    only_falls(scenarios, ("revenue",), ("bookings",))
    ends = [so_far(s, "revenue", "bookings") for s in scenarios]
    # Those that are signed early enough: all revenue of all lines is there in the end, to a unit a line.
    for revenue, bookings in ends:
        assert np.abs(revenue[-1] - bookings[-1]).max() <= 60
    # Yearly recurring revenue is the price of twelve months.
    six, twelve, _ = (so_far(s, "arr")[-1] for s in scenarios)
    assert np.abs(six - 2 * twelve).max() <= 36


def test_a_mix_moves_revenue_and_no_booking():
    plain = make_product("plain")
    mixes = [(Line(GOODS),), (Line(GOODS, Fraction(2, 3)), Line(3, Fraction(1, 3))), (Line(3),)]
    scenarios = [
        company((*with_product(LICENCE, renewal=None), plain), mix=m, renewals=make_renewals(due_day=[]))
        for m in mixes
    ]
    only_falls(scenarios, ("revenue",), ("bookings",), source="new")
    only_falls([scenarios[0], scenarios[1]], ("revenue",), ("bookings",))
    open_deals = [so_far(s, "revenue", source="open") for s in scenarios]
    assert all(np.array_equal(open_deals[0], other) for other in open_deals)


# ---- rates


def test_a_volatility_of_zero_is_none_and_others_move_foreign_money_only():
    steps = {"USD": [(0, 0.9), (100, 1.1)]}
    still, set_ = (company(rates=RateCurve.of("EUR", steps, *v)) for v in ((0.0,), ()))
    assert same(run(still, 100), run(set_, 100))
    moving = company(rates=RateCurve.of("EUR", steps, 0.2))
    at_home = replace(moving.pipeline, currency=("EUR",) * 18)
    assert same(run(replace(moving, pipeline=at_home), 60), run(replace(still, pipeline=at_home), 60))
    a, b = run(still, 1_500), run(moving, 1_500)
    assert np.array_equal(a.closes, b.closes)
    for series in ("bookings", "receipts", "revenue"):
        before, after = (x.money[series].sum(axis=(0, 1)) for x in (a, b))
        assert not np.array_equal(before, after)
        off = after - before
        assert abs(off.mean()) < limit(3) * off.std() / np.sqrt(len(off)), "the mean of each rate is set"


def test_all_money_scales_with_the_rate():
    """From cents to a currency worth a hundredth: every movement is rounded to whole units before."""

    def played(rate):
        scenario = company(rates=RateCurve.of("EUR", {"USD": rate}), generation=None)
        foreign = replace(scenario.receivables, currencies=("USD",))
        return run(replace(
            scenario, receivables=foreign, pipeline=replace(scenario.pipeline, currency=("USD",) * 18),
            wins=replace(scenario.wins, currency=("USD",) * 3),
            renewals=replace(scenario.renewals, currency=("USD",) * 2),
        ), 150)  # fmt: skip

    a, b = played(1.0), played(100.0)
    for series in a.money:
        assert a.money[series].any()
        assert np.array_equal(100 * a.money[series], b.money[series]), series


# ---- the bank, the plan, what really came


def bank(opening=5_000_000, floor=None, outflows=((30, 900_000), (90, 2_500_000), (200, 900_000))):
    paid = tuple(Outflow("wages", day, amount) for day, amount in outflows)
    return company(cash=Cash(opening, floor, paid))


def balances(scenario):
    trials = trials_of(scenario, run(scenario, TRIALS))
    days = [scenario.horizon.day_of(p.end) for p in scenario.horizon.periods]
    return np.array([trials.balance_at(day) for day in days])


def test_an_opening_balance_shifts_the_balance_one_for_one():
    low, high = balances(bank(-300)), balances(bank(12_345_678))
    assert (high - low == 12_345_978).all()


def test_an_outflow_lowers_the_balance_from_its_day_on():
    before = balances(bank())
    after = balances(bank(outflows=((30, 900_000), (90, 2_500_000), (93, 77), (200, 900_000))))
    ends = [company().horizon.day_of(p.end) for p in company().horizon.periods]
    assert [set((b - a).tolist()) for a, b in zip(after, before, strict=True)] == [
        {77.0 if end >= 93 else 0.0} for end in ends
    ]


def test_the_balance_is_what_comes_in_less_what_leaves():
    scenario = bank()
    receipts, tax = so_far(scenario, "receipts", "tax")
    ends = [scenario.horizon.day_of(p.end) for p in scenario.horizon.periods]
    paid = np.array([sum(o.amount for o in scenario.cash.outflows if o.day <= end) for end in ends])
    assert np.array_equal(balances(scenario), 5_000_000 + receipts - tax - paid[:, None])


def test_a_higher_floor_is_never_safer():
    outcome, known = run(bank(), TRIALS), []
    for floor in (-(10**12), 0, 3_000_000, 4_500_000, 6_000_000, 10**12):
        known.append(sections.balance(trials_of(bank(floor=floor), outcome)))
    chances = [k["chance_below_floor"] for k in known]
    assert chances == sorted(chances)
    assert chances[0] == 0 and chances[-1] == 1 and len({*chances}) > 3
    assert known[0]["first_month_below"] is None and known[-1]["first_month_below"] == "2026-11"
    assert all(k["trough"] == known[0]["trough"] for k in known)


def figures(*rows):
    """(first day, last day, series, segment, amount) each."""
    first, last, series, segment, amount = zip(*rows, strict=True)
    whole_ = [np.array(c, dtype=np.int64) for c in (first, last, segment, amount)]
    return Figures(whole_[0], whole_[1], series, whole_[2], whole_[3])


OCTOBER = (-30, 0)


def test_an_actual_figure_takes_the_place_of_what_deals_say():
    outcome = run(company(), 2)
    told = trials_of(company(), outcome)
    assert told.already("bookings", -30) == 400_000
    for segment in (0, COMPANY):
        scenario = company(actuals=figures((*OCTOBER, "bookings", segment, 1_234)))
        known = trials_of(scenario, run(scenario, 2))
        assert known.already("bookings", -30) == 1_234
        assert known.already("bookings", -60) == told.already("bookings", -60) - 400_000 + 1_234
        assert known.already("billings", -60) == told.already("billings", -60)
        assert same(run(scenario, 2), outcome), "what is to come stays"


def test_a_higher_plan_is_never_likelier():
    november, outcome = (1, 30), run(company(), TRIALS)
    chances = []
    for amount in (0, 900_000, 4_000_000, 9_000_000, 10**12):
        forecast = trials_of(company(plan=figures((*november, "bookings", COMPANY, amount))), outcome)
        (row,) = sections.plan(forecast)
        assert (row["period"], row["name"], row["plan"]) == ("month", "2026-11", amount / 100)
        assert row["difference"] == pytest.approx(row["p50"] - row["plan"])
        chances.append(row["chance"])
    assert chances[0] == 1 and chances[-1] == 0
    assert all(a >= b for a, b in pairwise(chances)) and len({*chances}) > 3


# ---- what must not matter


EVERYTHING = {
    "wins": make_wins(**WON),
    "receivables": make_receivables(**OPENING | {"deal": ["A", "B", "F", "", "", "A", "", "C"]}),
    "invoice_segment": (0, 0, 0, -1, 1, 0, 1, 1),
    "disputes_known": True,
}


def everything(**overrides):
    return whole(**EVERYTHING | overrides)


def test_the_order_of_rows_of_no_table_matters():
    scenario = everything(cash=Cash(10**9, 0, tuple(Outflow(f"o{i}", 9 * i + 1, 10**6) for i in range(9))))
    rng = np.random.default_rng(3)
    orders = {t: rng.permutation(len(getattr(scenario, t)))
              for t in ("pipeline", "wins", "receivables", "renewals")}  # fmt: skip
    shuffled = replace(
        scenario,
        **{table: pick(getattr(scenario, table), order) for table, order in orders.items()},
        invoice_segment=tuple(scenario.invoice_segment[i] for i in orders["receivables"]),
        cash=replace(scenario.cash, outflows=scenario.cash.outflows[::-1]),
    )
    a, b = run(scenario, TRIALS), run(shuffled, TRIALS)
    assert same(a, b) and all(a.money[s].any() for s in a.money)
    assert np.array_equal(a.closes[orders["pipeline"]], b.closes)
    tables = [sections.balance(trials_of(s, o)) for s, o in ((scenario, a), (shuffled, b))]
    assert tables[0] == tables[1]


def test_a_deal_less_changes_no_other_whatever_happens_to_it():
    scenario = everything()

    def by_deal(pipeline):
        tagged = replace(scenario, pipeline=replace(pipeline, extra={"deal": pipeline.id}))
        plan = compile_plan(tagged, 1, by="deal")
        money = play(plan, 0, 60).money
        rows = {(s.source, s.group): i for i, s in enumerate(plan.slices) if s.source == "open"}
        return {g: [money[x][i] for x in SERIES] for (_, g), i in rows.items()}

    kept = np.arange(len(scenario.pipeline))
    every = by_deal(scenario.pipeline)
    for gone in (0, 3, 6):
        fewer = by_deal(pick(scenario.pipeline, np.delete(kept, gone)))
        assert len(fewer) == len(every) - 1
        for deal, money in fewer.items():
            assert all(np.array_equal(a, b) for a, b in zip(money, every[deal], strict=True)), deal


@pytest.mark.parametrize("table", ["wins", "renewals", "receivables"])
def test_a_row_less_takes_no_more_than_its_own(table):
    """What a row brings is the same whether others stand beside it or none."""
    scenario = company(
        receivables=make_receivables(due_day=[-40, -3, 10, 25], amount_minor=[70] * 4, customer=["C1"] * 4),
        renewals=make_renewals(due_day=[20, 150, 40], product=[LICENCE] * 3, customer=["C1", "C1", "R"]),
    )  # fmt: skip
    if table == "receivables":  # they tell what of won deals is billed
        scenario = replace(scenario, wins=make_wins())
    rows = getattr(scenario, table)
    everyone = np.arange(len(rows))
    picks = (everyone, np.delete(everyone, 1), everyone[1:2], everyone[:0])
    whole_, less, alone, none = (
        so_far(replace(scenario, **{table: pick(rows, some)}), *SERIES, "tax", trials=100) for some in picks
    )
    for all_, fewer, one, nothing in zip(whole_, less, alone, none, strict=True):
        assert np.array_equal(all_ - fewer, one - nothing)
    assert not np.array_equal(whole_[3], less[3])


def test_a_product_that_nobody_buys_changes_nothing():
    scenario = everything()
    spare = make_product("spare", terms="CIA", tax=Fraction(1, 2), recurring=True, recognise="at-delivery",
                         renewal=Renewal(1.0), delivery=Fixed(9))  # fmt: skip
    assert same(run(scenario, 100), run(replace(scenario, products=(*scenario.products, spare)), 100))
    # Where no product has a rule, one that nobody buys makes a series of nothing.
    plain = company((make_product(),), pipeline=columns(9, stages=2), wins=make_wins(), mix=(Line(),),
                    renewals=make_renewals(due_day=[]))  # fmt: skip
    a, b = run(plain, 100), run(replace(plain, products=(make_product(), spare)), 100)
    for series in ("bookings", "billings", "receipts"):
        assert np.array_equal(a.money[series].sum(axis=0), b.money[series].sum(axis=0))
    assert not b.money["revenue"].any() and not b.money["arr"].any()


@pytest.mark.slow
def test_a_group_of_draws_moves_only_what_is_its_own():
    """Whether an offer is taken, how long customers last and when they pay are draws of payments."""
    offered = everything(rates=RateCurve.of("EUR", {"USD": 0.9, "JPY": 0.006}, 0.1))
    failing = replace(offered, offers=())
    lasting = segment_of(failing, payment={"default": LATE, "Gold": LATE})
    moved = []
    for scenario in (offered, failing, lasting):
        a, b = run(scenario, 100), run(scenario, 100, group_seeds={"payments": 9})
        assert np.array_equal(a.closes, b.closes)
        moved.append({s for s in a.money if not np.array_equal(a.money[s], b.money[s])})
    assert moved == [
        {*SERIES, "tax", "deferred"}, {"receipts", "billings", "revenue", "tax", "deferred"}, {"receipts"}
    ]  # fmt: skip
