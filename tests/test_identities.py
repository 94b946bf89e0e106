"""No money is made or lost: the booked is billed, and the billed is paid, given away, written off or open."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pytest
from factory import make_clock, make_funnel, make_product, make_receivables, make_segment
from family import PARTS, SPREAD, columns, eventful, one, run
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.arrivals import Bluebirds, PipelineGeneration
from simulator.clock import business_holidays
from simulator.distributions import Empirical, Fixed, Gamma
from simulator.engine.billing import Billed, bill, event_days
from simulator.engine.contracts import line_plan
from simulator.engine.identity import Entities
from simulator.engine.recognition import revenue
from simulator.engine.settle import insolvency
from simulator.engine.walk import Walkers
from simulator.market import Market
from simulator.payments import NEVER, Dispute, PaymentBehaviour
from simulator.periods import horizon
from simulator.products import Line
from simulator.scenario import Recycling, conditions
from simulator.streams import Streams, trial_offsets
from simulator.terms import parse_terms

AS_OF = date(2026, 11, 13)
LONG = 4_000

days = st.integers(0, 90)
due = st.one_of(
    days.map(lambda d: f"net {d}"),
    st.tuples(st.integers(1, 5), st.integers(1, 20), st.integers(21, 60)).map(
        lambda t: "{}/{} net {}".format(*t)
    ),
    st.sampled_from(["EOM+30d", "net 30 then EOM", "EOM+1m", "prox(15,1)", "15 MFI", "receipt", "CIA"]),
)  # fmt: skip
event = st.sampled_from(["signature", "delivery", "acceptance"])


@st.composite
def instalments(draw):
    """Shares that leave a balance, each with an event and a due rule of its own."""
    shares = draw(st.lists(st.sampled_from(["10%", "12.5%", "33.3%", "7%"]), min_size=1, max_size=4))
    if sum(float(s[:-1]) for s in shares) >= 100:
        shares = shares[:1]
    parts = [f"{share} on {draw(event)} {draw(due)}" for share in shares]
    return "; ".join([*parts, f"balance on {draw(event)} {draw(due)}"])


recurring = st.tuples(
    st.sampled_from(["monthly", "quarterly", "annual"]), st.sampled_from(["advance", "arrears"]), days
).map(lambda t: f"{t[0]} in {t[1]} net {t[2]}")
uplifted = st.tuples(st.integers(1, 6), st.integers(1, 4), st.integers(0, 9)).map(
    lambda t: f"every {t[0]}m advance for {t[0] * t[1]}m net 30 uplift {t[2]}%"
)
texts = st.one_of(due, instalments(), recurring, uplifted)


@st.composite
def behaviours(draw):
    bad = draw(st.sampled_from([0.0, 0.05, 0.4]))
    plain = PaymentBehaviour.stretched(
        draw(st.sampled_from([None, 1, 20])), bad, recovery=draw(st.sampled_from([0.0, 0.333, 1.0])),
        discount_taken=draw(st.sampled_from([0.0, 0.5, 1.0])), shared=draw(st.sampled_from([0.0, 0.3, 1.0])),
    )  # fmt: skip
    credited = draw(st.sampled_from([Fraction(0), Fraction(1, 7), Fraction(1)]))
    dispute = Dispute(0.3, Gamma(2.0, 20.0), credited)
    return replace(
        plain, insolvency=draw(st.sampled_from([0.0, 0.0, 0.3])),
        dispute=draw(st.sampled_from([None, dispute])), run_days=draw(st.sampled_from([(), (1, 4)])),
    )  # fmt: skip


@st.composite
def products(draw):
    rule = draw(st.sampled_from([None, "at-delivery", "over-term", "at-milestone"]))
    return make_product(
        terms=draw(texts), delivery=Gamma(2.0, 9.0), acceptance=Fixed(4), start=Gamma(1.0, 12.0),
        service_months=draw(st.sampled_from([1, 3, 12, 18])), recognise=rule,
        tax=draw(st.sampled_from([Fraction(0), Fraction(19, 100), Fraction(77, 1000)])),
    )  # fmt: skip


CONTRACTS, TRIALS = 34, 200
"""Of each example; 60 examples make 2,040 contracts, each in 200 trials."""


def billed(product, behaviour, amounts, last_day=LONG, lag=3):
    """(line, what is billed, events, close days) of contracts in 200 trials each within a horizon."""
    segment = make_segment(
        payment={"default": behaviour}, invoice_lag=lag, clock=make_clock(AS_OF),
        roll="modified-following", holidays=business_holidays("DE", range(2026, 2040)),
    )  # fmt: skip
    scenario = one(segment, columns(1, amount=0), as_of=AS_OF, days=last_day, products=(product,))
    line = line_plan(conditions(scenario, 0, "", "EUR", "", Line(0)), last_day, 0)
    streams, count = Streams(5), len(amounts)
    which, trial = np.repeat(np.arange(count), TRIALS), np.tile(np.arange(TRIALS), count)
    walkers = Walkers(Entities(streams, "deal", [f"D{i}" for i in range(count)]), which,
                      trial_offsets(3, TRIALS)[trial])  # fmt: skip
    customers = Entities(streams, "customer", ["A", "B"])
    closes = 1 + which % 45
    failed = insolvency(behaviour, customers, which % 2, walkers)
    some = Billed(walkers, customers, which % 2, np.array(amounts, dtype=np.int64)[which], failed)
    return line, some, event_days(line, walkers, closes), closes


amounts = st.lists(st.sampled_from([0, 1, 2, 99, 100, 12_345]) | st.integers(0, 10**12),
                   min_size=CONTRACTS, max_size=CONTRACTS)  # fmt: skip
CUTS = (20, 60, 200, 500, LONG)


def summed(count, *flows):
    """Minor units by contract and trial."""
    result = np.zeros(count, dtype=np.int64)
    for entry, amount in flows:
        np.add.at(result, entry, amount)
    return result


def entries(flow, count):
    """Index of each movement's contract, also where all have one."""
    return np.arange(count)[flow.entry]


@settings(max_examples=60, deadline=None)
@given(products(), behaviours(), amounts, st.sampled_from([0, 3, 40]))
@pytest.mark.slow
def test_money_is_neither_made_nor_lost_on_its_way(product, behaviour, some_amounts, lag):
    line, some, events, _ = billed(product, behaviour, some_amounts, lag=lag)
    count, parts = len(some.amount), line.conditions.parts(some.amount)
    written = list(bill(line, some, events))
    assert np.array_equal(parts.sum(axis=1), some.amount)
    for cut in CUTS:
        # Σ net billings + unbilled + cancelled = booking
        net = summed(count, *((entries(w, count)[w.day <= cut], w.net[w.day <= cut]) for w in written))
        cancelled, unbilled = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
        for n, part in enumerate(line.conditions.installments):
            event = np.minimum(events[part.event], LONG)
            day = np.where(events[part.event] <= LONG, line.invoice_days[n][event], NEVER)
            gone = np.zeros(count, dtype=np.bool_)
            if some.failed is not None:
                gone = (some.failed <= day) & (some.failed <= cut)
            cancelled += np.where(gone, parts[:, n], 0)
            unbilled += np.where(~gone & (day > cut), parts[:, n], 0)
        assert np.array_equal(net + unbilled + cancelled, some.amount)
        for w in written:
            # receipts + discounts + credit notes + net write-offs + open = gross billings
            gross, seen = w.net + w.tax, w.day <= cut
            paid, ended = (w.pay_day <= cut) & seen, (w.pay_day == NEVER) & (w.end_day <= cut) & seen
            receipts = np.where(paid, w.paid, 0) + np.where(ended, w.recovered, 0)
            given_up = np.where(paid, w.discount + w.credited, 0) + np.where(ended, w.lost, 0)
            still_open = np.where(seen & ~paid & ~ended, gross, 0)
            assert np.array_equal(receipts + given_up + still_open, np.where(seen, gross, 0))
            assert min(x.min(initial=0) for x in (w.paid, w.discount, w.credited, w.recovered, w.lost)) >= 0
    for w in written:
        top, bottom = line.conditions.tax.numerator, line.conditions.tax.denominator
        assert np.array_equal(w.tax, (2 * w.net * top + bottom) // (2 * bottom))
        assert (w.pay_day >= w.day).all()
        assert (np.minimum(w.pay_day, w.end_day) < NEVER).all(), "nothing stays open for ever"
        if some.failed is not None:
            assert (np.where(w.pay_day < NEVER, w.pay_day, -1) < some.failed[w.entry]).all()


@settings(max_examples=60, deadline=None)
@given(products(), behaviours(), amounts)
def test_revenue_is_the_booking_and_never_more(product, behaviour, some_amounts):
    line, some, events, closes = billed(product, behaviour, some_amounts)
    count, edges = len(some.amount), np.array((0, *CUTS))
    flows = list(revenue(line, some, events, edges))
    before = np.zeros(count, dtype=np.int64)
    for cut in CUTS:
        now = summed(count, *((entries(f, count)[f.day <= cut], f.amount[f.day <= cut]) for f in flows))
        assert (now >= before).all()
        assert (now <= some.amount).all()
        before = now
    for flow in flows:
        assert (flow.amount >= 0).all()
        assert (flow.day >= closes[flow.entry]).all()
    if line.conditions.recognise is None:
        assert not flows
    elif some.failed is None:
        assert np.array_equal(before, some.amount)


# ---- the whole engine, trial by trial


def settled(terms, behaviour, **more):
    """Deals that are all decided early in a horizon of nine years."""
    segment = make_segment(
        funnel=make_funnel((0.4, 0.7), [0, 0.1], Gamma(2.0, 8.0)),
        terms={"default": parse_terms(terms), "Gold": parse_terms(PARTS)}, payment={"default": behaviour},
        delivery=Empirical((0.0, 3.0, 50.0)), acceptance=Fixed(7), recycling=Recycling(0.5, Fixed(20)),
    )  # fmt: skip
    pipeline = columns(25, stages=2, ages=(0, 20), customer_class=["", "Gold", "", "", ""] * 5)
    return one(segment, pipeline, market=Market(), months=110, **more)


def totals(outcome):
    return [outcome.money[s].sum(axis=(0, 1)) for s in ("bookings", "billings", "receipts")]


@pytest.mark.parametrize(
    "terms", ["net 30", "quarterly in arrears net 20", "every 1m advance for 24m uplift 3%"]
)
def test_in_the_end_all_is_billed_and_paid_where_nobody_defaults(terms):
    behaviour = PaymentBehaviour.stretched(9, 0.0)
    bookings, billings, receipts = totals(run(settled(terms, behaviour), 300))
    assert bookings.min() > 0
    assert np.array_equal(billings, bookings)
    assert np.array_equal(receipts, bookings)


def test_in_the_end_bad_debt_alone_is_missing():
    behaviour = PaymentBehaviour.stretched(9, 0.1, recovery=0.0)
    bookings, billings, receipts = totals(run(settled("net 30", behaviour), 3_000))
    assert np.array_equal(billings, bookings)
    assert (receipts <= billings).all()
    lost = 1 - receipts.sum() / billings.sum()
    assert 0.09 < lost < 0.11
    # Half of it recovered: what is missing halves, up to half a cent an invoice.
    half = totals(run(settled("net 30", PaymentBehaviour.stretched(9, 0.1, recovery=0.5)), 3_000))[2]
    assert np.abs((billings - half) * 2 - (billings - receipts)).max() <= 100


def test_money_never_runs_ahead_of_what_it_is_for():
    """Running sums trial by trial: receipts ≤ billings ≤ bookings, whatever comes and returns."""
    scenario = eventful()
    ones = replace(scenario.pipeline, currency=("EUR",) * len(scenario.pipeline))
    outcome = run(replace(scenario, pipeline=ones, receivables=make_receivables()), 2_000)
    running = {s: m.sum(axis=0).cumsum(axis=0) for s, m in outcome.money.items()}
    assert (running["billings"] <= running["bookings"]).all()
    assert (running["receipts"] <= running["billings"]).all()
    assert all((m == np.rint(m)).all() and (m >= 0).all() for m in outcome.money.values())
    assert all((np.diff(m, axis=0) >= 0).all() for m in running.values())


def test_opening_invoices_bring_their_amount_once():
    behaviour = PaymentBehaviour.stretched(9, 0.0)
    receivables = make_receivables(due_day=[-300, -5, 0, 40], amount_minor=[100, 2_000, 30_000, 400_000])
    scenario = one(
        make_segment(payment={"default": behaviour}), columns(1, amount=0), receivables=receivables, months=24
    )
    receipts = run(scenario, 500).money["receipts"].sum(axis=(0, 1))
    assert set(receipts) == {432_100}


@settings(max_examples=15)
@given(st.integers(0, 2**63), texts, behaviours())
def test_whole_runs_lose_no_cent(seed, text, behaviour):
    generation = PipelineGeneration(1.0, SPREAD, np.array([0.5, 0.5]), bluebirds=Bluebirds(1.0, SPREAD))
    segment = make_segment(
        funnel=make_funnel((0.5, 0.8), stay=Gamma(2.0, 8.0)), terms={"default": parse_terms(text)},
        payment={"default": behaviour}, generation=generation, clock=make_clock(AS_OF), delivery=Fixed(9),
    )  # fmt: skip
    scenario = one(segment, columns(5, stages=2), as_of=AS_OF, days=100)
    outcome = run(scenario, 20, seed)
    longer = run(replace(scenario, horizon=horizon(AS_OF, AS_OF + timedelta(days=180))), 20, seed)
    # The same futures, seen longer: no whole month of the shorter run changes.
    months = [i for i, c in enumerate(scenario.horizon.cuts) if scenario.horizon.date_of(c + 1).day == 1]
    for series, money in outcome.money.items():
        assert np.array_equal(money[:, months], longer.money[series][:, months])
    running = {s: m.sum(axis=0).cumsum(axis=0) for s, m in outcome.money.items()}
    assert (running["billings"] <= running["bookings"]).all()
    assert (running["receipts"] <= running["billings"]).all()
