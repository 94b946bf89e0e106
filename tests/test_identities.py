"""No money is made or lost: the booked is billed, and the billed is paid, given away, written off or open."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from factory import make_clock, make_funnel, make_receivables, make_segment
from family import PARTS, SPREAD, columns, eventful, one, run
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.arrivals import Bluebirds, PipelineGeneration
from simulator.clock import business_holidays
from simulator.currency import RateCurve
from simulator.distributions import Empirical, Fixed, Gamma
from simulator.engine import billing
from simulator.engine.billing import bill, contract
from simulator.engine.identity import Entities
from simulator.engine.walk import Walkers
from simulator.market import Market
from simulator.money import split
from simulator.payments import NEVER, PaymentBehaviour
from simulator.periods import horizon
from simulator.scenario import Recycling
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
    return PaymentBehaviour.stretched(
        draw(st.sampled_from([None, 1, 20])), bad, recovery=draw(st.sampled_from([0.0, 0.333, 1.0])),
        discount_taken=draw(st.sampled_from([0.0, 0.5, 1.0])), shared=draw(st.sampled_from([0.0, 0.3, 1.0])),
    )  # fmt: skip


@st.composite
def deals(draw):
    count = draw(st.integers(1, 30))
    amounts = draw(st.lists(st.integers(0, 10**12), min_size=count, max_size=count))
    closes = draw(st.lists(st.integers(1, 200), min_size=count, max_size=count))
    return np.array(amounts, dtype=np.int64), np.array(closes, dtype=np.int64)


@contextmanager
def recorded():
    """Every instalment's invoices with what was collected of them."""
    real, seen = billing._collect, []

    def spy(*some):
        flows = real(*some)
        seen.append((some[1], some[4], flows))
        return flows

    billing._collect = spy
    try:
        yield seen
    finally:
        billing._collect = real


def billed(text, behaviour, some, last_day, lag=3):
    """(contract, invoices, receipts, each instalment's collection) of deals within a horizon."""
    amounts, closes = some
    segment = make_segment(
        payment={"default": behaviour}, delivery=Gamma(2.0, 9.0), acceptance=Fixed(4), invoice_lag=lag,
        roll="modified-following", holidays=business_holidays("DE", range(2026, 2030)),
    )  # fmt: skip
    end = horizon(AS_OF, AS_OF + timedelta(days=last_day))
    made = contract(segment, 0, parse_terms(text), "", "EUR", 18, end, RateCurve.of("EUR", {}))
    streams, count = Streams(5), len(amounts)
    walkers = Walkers(Entities(streams, "deal", [f"D{i}" for i in range(count)]), np.arange(count),
                      np.repeat(trial_offsets(3, 1), count))  # fmt: skip
    customers = Entities(streams, "customer", ["A", "B"])
    with recorded() as seen:
        invoices, receipts = bill(made, walkers, closes, amounts, customers, np.arange(count) % 2)
    return made, invoices, receipts, seen


def by_deal(flow, count):
    result = np.zeros(count, dtype=np.int64)
    np.add.at(result, flow.entry, flow.amount)
    return result


@settings(max_examples=60)
@given(texts, behaviours(), deals(), st.sampled_from([0, 3, 40]))
def test_what_is_booked_is_billed_to_the_minor_unit(text, behaviour, some, lag):
    made, invoices, _, _ = billed(text, behaviour, some, LONG, lag)
    assert np.array_equal(by_deal(invoices, len(some[0])), some[0])
    assert (invoices.day >= 1).all()
    assert (invoices.day <= LONG).all()
    assert sum(made.shares) == 1


@settings(max_examples=60)
@given(texts, behaviours(), deals())
def test_what_is_billed_is_paid_given_away_lost_or_open(text, behaviour, some):
    for last_day in (60, 400, LONG):
        inside = tuple(column[some[1] <= last_day] for column in some)
        count = len(inside[0])
        if not count:
            continue
        _, invoices, receipts, seen = billed(text, behaviour, inside, last_day)
        discounts, lost, unpaid = (np.zeros(count, dtype=np.int64) for _ in range(3))
        for part, invoice, flows in seen:
            paid = flows[0]
            assert np.array_equal(paid.entry, invoice.entry)
            never, late = paid.day == NEVER, paid.day > last_day
            off = invoice.amount - paid.amount
            np.add.at(discounts, invoice.entry[~late], off[~late])
            np.add.at(unpaid, invoice.entry[late & ~never], invoice.amount[late & ~never])
            recovered = np.zeros(len(never), dtype=np.int64)
            until = np.full(len(never), last_day + 1)
            for flow in flows[1:]:
                place = np.searchsorted(invoice.entry, flow.entry)
                recovered[place], until[place] = flow.amount, flow.day
            written_off = never & (until <= last_day)
            np.add.at(lost, invoice.entry[written_off], (invoice.amount - recovered)[written_off])
            np.add.at(unpaid, invoice.entry[never & ~written_off], invoice.amount[never & ~written_off])
            # A discount is exactly its share, and only of what is paid by its last day.
            if part.discount is None:
                assert not off.any()
            else:
                share = split(invoice.amount, (part.discount.share, 1 - part.discount.share))[:, 0]
                soon = paid.day <= invoice.day + part.discount.days
                assert np.array_equal(off, np.where(soon, share, 0))
            assert (paid.day >= invoice.day).all()
        gross = by_deal(invoices, count)
        assert np.array_equal(by_deal(receipts, count) + discounts + lost + unpaid, gross)
        assert (gross <= inside[0]).all()
        assert min(discounts.min(), lost.min(), unpaid.min()) >= 0


@settings(max_examples=30)
@given(texts, behaviours(), deals(), st.integers(1, 500))
def test_a_short_horizon_is_the_beginning_of_a_long_one(text, behaviour, some, last_day):
    inside = tuple(column[some[1] <= last_day] for column in some)
    if not len(inside[0]):
        return
    long, short = billed(text, behaviour, inside, LONG), billed(text, behaviour, inside, last_day)
    for which in (1, 2):
        flow = long[which]
        kept = flow.day <= last_day
        assert _rows(flow.entry[kept], flow.day[kept], flow.amount[kept]) == _rows(
            short[which].entry, short[which].day, short[which].amount
        )


def _rows(*columns):
    return sorted(zip(*(c.tolist() for c in columns), strict=True))


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
