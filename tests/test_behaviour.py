"""What must happen when something is changed: directions trial by trial, limits, and what must not matter."""

from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from factory import (
    ARTICLE_LADDER,
    NEVER_CHANGED,
    make_clock,
    make_funnel,
    make_pipeline,
    make_receivables,
    make_scenario,
    make_segment,
    plain_clock,
)
from family import (
    FAMILY,
    FIXED_MARKET,
    PARTS,
    SPREAD,
    binomial_z,
    columns,
    eventful,
    limit,
    of_one_cent,
    one,
    pick,
    row_of,
    run,
    segment_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from benchmarks.jobs import full_job
from simulator.amounts import AmountChange
from simulator.arrivals import Bluebirds, PipelineGeneration
from simulator.close_dates import CloseDateRule
from simulator.currency import RateCurve
from simulator.distributions import Fixed, Gamma, LogNormal
from simulator.engine import compile_plan, play
from simulator.engine import run as engine_run
from simulator.expected import expected
from simulator.expected.walks import Walk
from simulator.market import Market
from simulator.payments import PaymentBehaviour
from simulator.receivables import Receivables
from simulator.scenario import Recycling, Soberness
from simulator.simulation import simulate
from simulator.terms import parse_terms

SERIES = ("bookings", "billings", "receipts")

TRIALS = 1_500


def same(a, b):
    """Whether two outcomes are the same bytes."""
    return all(a.money[s].tobytes() == b.money[s].tobytes() for s in SERIES) and all(
        np.array_equal(getattr(a, name), getattr(b, name)) for name in ("wins", "closes", "landed", "guarded")
    )


def by_deal(scenario, trials=TRIALS, seed=1, group_seeds=None):
    """Bookings of each open deal, floats[deal, cell, trial]."""
    pipeline = replace(scenario.pipeline, extra={"deal": scenario.pipeline.id})
    plan = compile_plan(replace(scenario, pipeline=pipeline), seed, None, "deal", group_seeds)
    money = play(plan, 0, trials).money["bookings"]
    rows = [row_of(plan, int(s), "open", i) for s, i in zip(pipeline.segment, pipeline.id, strict=True)]
    return money[rows]


# ---- what must not matter


@pytest.fixture(scope="module")
def whole():
    plan = compile_plan(full_job(60), 5)
    return plan, play(plan, 0, 700)


@pytest.mark.parametrize("block", [pytest.param(1, marks=pytest.mark.slow), 64, 4096])
def test_the_size_of_a_block_does_not_matter(whole, block):
    plan, outcome = whole
    count = 40 * block if block < 10 else 700
    part = play(plan, 0, count, block=block)
    for series in SERIES:
        assert part.money[series].tobytes() == outcome.money[series][:, :, :count].tobytes()
    if count == 700:
        assert same(part, outcome)


def test_blocks_do_not_matter_to_sums_beyond_what_a_float_holds_exactly():
    deals = make_pipeline(3, stage=[2, 1, 2], amount=[9 * 10**12 + 1, 10**13 + 7, 2**53 - 1])
    plan = compile_plan(one(make_segment(amount_change=NEVER_CHANGED), deals), 5)
    outcome = play(plan, 0, 4_000)
    exact = [int(amount) * int(n) for amount, n in zip(deals.amount, outcome.closes.sum(axis=1), strict=True)]
    assert outcome.landed.tolist() == [float(e) for e in exact]
    assert same(play(plan, 0, 4_000, block=37), outcome)
    assert same(play(plan, 0, 1_234).and_then(play(plan, 1_234, 2_766)), outcome)


@pytest.mark.parametrize("workers", [2, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 5))])
def test_the_number_of_workers_does_not_matter(workers, monkeypatch):
    monkeypatch.setattr(engine_run, "WORTHWHILE", 0)
    scenario = full_job(60)
    shared = simulate(scenario, trials=700, workers=workers, block=60)
    assert shared.to_json() == simulate(scenario, trials=700).to_json()


def test_more_trials_begin_with_the_same_ones():
    plan = compile_plan(eventful(), 5)
    many, few, rest = play(plan, 0, 20_000), play(plan, 0, 10_000), play(plan, 10_000, 10_000)
    for series in SERIES:
        assert many.money[series][:, :, :10_000].tobytes() == few.money[series].tobytes()
    assert same(few.and_then(rest), many)


def test_another_seed_is_another_future(whole):
    plan, outcome = whole
    assert not same(play(compile_plan(plan.scenario, 6), 0, 700), outcome)


@pytest.mark.parametrize("name", ["eventful", "terms", "currencies"])
def test_the_order_of_rows_does_not_matter(name):
    scenario = FAMILY[name]()
    rows = np.random.default_rng(1).permutation(len(scenario.pipeline))
    others = np.random.default_rng(2).permutation(len(scenario.receivables))
    shuffled = replace(
        scenario, pipeline=pick(scenario.pipeline, rows), receivables=pick(scenario.receivables, others)
    )
    a, b = run(scenario, TRIALS), run(shuffled, TRIALS)
    for series in SERIES:
        assert a.money[series].tobytes() == b.money[series].tobytes()
    assert np.array_equal(a.closes[rows], b.closes)
    assert np.array_equal(a.landed[rows], b.landed)


def test_a_deal_without_a_chance_changes_nothing():
    scenario = FAMILY["probability"]()
    sure = np.flatnonzero(scenario.pipeline.probability == 0)
    assert len(sure) == 4
    without = replace(scenario, pipeline=pick(scenario.pipeline, np.setdiff1d(np.arange(24), sure)))
    a, b = run(scenario, TRIALS), run(without, TRIALS)
    for series in SERIES:
        assert a.money[series].tobytes() == b.money[series].tobytes()
    assert not a.closes[sure].any()


def test_a_deal_more_changes_no_other():
    scenario = eventful()
    for gone in range(len(scenario.pipeline)):
        kept = np.setdiff1d(np.arange(len(scenario.pipeline)), [gone])
        fewer = replace(scenario, pipeline=pick(scenario.pipeline, kept))
        a, b = by_deal(scenario, 300), by_deal(fewer, 300)
        assert a[kept].tobytes() == b.tobytes()
    alone = replace(scenario, pipeline=pick(scenario.pipeline, np.array([], dtype=np.int64)))
    a, b = run(scenario, 300), run(alone, 300)
    for source in ("new", "receivables"):
        rows, others = (
            [i for i, s in enumerate(compile_plan(x, 1).slices) if s.source == source]
            for x in (scenario, alone)
        )
        for series in SERIES:
            assert a.money[series][rows].tobytes() == b.money[series][others].tobytes()


def test_a_segment_more_changes_no_other():
    scenario = eventful()
    first = replace(
        scenario, segments=scenario.segments[:1],
        pipeline=pick(scenario.pipeline, np.flatnonzero(scenario.pipeline.segment == 0)),
    )  # fmt: skip
    a, b = run(scenario, 500), run(first, 500)
    rows, others = (
        [i for i, s in enumerate(compile_plan(x, 1).slices) if s.segment == 0] for x in (scenario, first)
    )
    for series in SERIES:
        assert a.money[series][rows].tobytes() == b.money[series][others].tobytes()


def test_names_of_customers_and_classes_do_not_matter_to_who_wins():
    scenario = FAMILY["terms"]()
    renamed = replace(scenario.pipeline, customer=tuple(f"X{c}" for c in scenario.pipeline.customer))
    a, b = run(scenario, 300), run(replace(scenario, pipeline=renamed), 300)
    for series in ("bookings", "billings"):
        assert a.money[series].tobytes() == b.money[series].tobytes()
    assert a.money["receipts"].tobytes() != b.money["receipts"].tobytes()


def test_a_longer_horizon_changes_no_month_of_the_shorter():
    short, long = full_job(40, 12), full_job(40, 24)
    clocks = [s.clock for s in long.segments]
    short = replace(
        short, segments=tuple(replace(s, clock=c) for s, c in zip(short.segments, clocks, strict=True))
    )
    a, b = run(short, 300), run(long, 300)
    for series in SERIES:
        assert a.money[series].tobytes() == b.money[series][:, : a.money[series].shape[1]].tobytes()


# ---- another seed for one group of purposes


def changed(scenario, group, trials=400):
    """(series that change, whether closes change) if one group takes another seed."""
    a, b = run(scenario, trials), run(scenario, trials, group_seeds={group: 99})
    series = {s for s in SERIES if a.money[s].tobytes() != b.money[s].tobytes()}
    return series, not np.array_equal(a.closes, b.closes), (a, b)


def test_each_group_of_draws_moves_only_what_is_its_own():
    scenario = eventful()
    scenario = segment_of(scenario, delivery=Fixed(20), acceptance=Fixed(5))
    everything = set(SERIES)
    assert changed(scenario, "payments")[:2] == ({"receipts"}, False)
    assert changed(scenario, "amount")[:2] == (everything, False)
    assert changed(scenario, "outcome")[:2] == (everything, True)
    assert changed(scenario, "timing")[:2] == (everything, True)
    assert changed(scenario, "market")[:2] == (everything, True)
    assert changed(scenario, "parameters")[:2] == (everything, True)
    series, closes, (a, b) = changed(scenario, "arrivals")
    assert (series, closes) == (everything, False)
    rows = [i for i, s in enumerate(compile_plan(scenario, 1).slices) if s.source != "new"]
    assert all(np.array_equal(a.money[s][rows], b.money[s][rows]) for s in SERIES)


def test_parameters_do_nothing_where_they_are_certain():
    sure = segment_of(eventful(FIXED_MARKET, 0.0))
    assert changed(sure, "parameters")[:2] == (set(), False)
    assert changed(segment_of(eventful(Market.independent(), 0.0)), "market")[:2] == (set(), False)
    assert changed(eventful(Market(), 0.0), "parameters")[:2] == (set(SERIES), True)


def test_timing_does_not_decide_who_wins():
    funnel = make_funnel((0.3, 0.6), [0, 0.2], Gamma(2.0, 10.0))
    scenario = one(make_segment(funnel=funnel), columns(20, stages=2), market=FIXED_MARKET, months=60)
    other = {"timing": 7, "amount": 8, "payments": 9}
    before, after = (by_deal(of_one_cent(scenario), group_seeds=g) for g in (None, other))
    assert np.array_equal(before.sum(axis=1), after.sum(axis=1))
    assert not np.array_equal(before, after)


# ---- directions, trial by trial


def decided(ladder, back=None, **more):
    """Deals that are all decided within a horizon of many years, one cent each."""
    size = len(ladder)
    funnel = make_funnel(ladder, back, Gamma(2.0, 8.0))
    pipeline = make_pipeline(
        5 * size, stage=list(range(size)) * 5, amount=1, age=[0.0, 9.0, np.nan, 30.0, 2.5] * size
    )
    market = more.pop("market", Market())
    segment = make_segment(funnel=funnel, amount_change=NEVER_CHANGED, doubt=np.full(size, 0.05), **more)
    return one(segment, pipeline, market=market, months=72)


@pytest.mark.parametrize("stage", range(7))
def test_raising_a_chance_never_takes_a_win_away(stage):
    back = (0, 0.05, 0.05, 0.05, 0.05, 0.03, 0.05)
    higher = list(ARTICLE_LADDER)
    higher[stage] += 0.03
    before, after = (by_deal(decided(x, back), 400).sum(axis=1) for x in (ARTICLE_LADDER, higher))
    assert (after >= before).all()
    own = np.arange(35) % 7 == stage
    assert after[own].sum() > before[own].sum()
    # The ladder is what decides: deals in other stages win in the very same trials.
    assert np.array_equal(after[~own], before[~own])


@pytest.mark.parametrize("odds", [1.05, 2.0, 30.0])
def test_better_odds_never_take_a_win_away(odds):
    before = by_deal(decided((0.2, 0.5, 0.8))).sum(axis=1)
    after = by_deal(decided((0.2, 0.5, 0.8), soberness=Soberness(odds))).sum(axis=1)
    assert (after >= before).all()
    assert after.sum() > before.sum()


def test_a_deals_own_chance_never_takes_a_win_away():
    base = decided((0.2, 0.5, 0.8), use_probability=True)
    won = []
    for p in (0.0, 0.1, 0.4, 0.41, 0.9, 1.0):
        pipeline = replace(base.pipeline, probability=np.full(15, p))
        won.append(by_deal(replace(base, pipeline=pipeline)).sum(axis=1))
    assert not won[0].any()
    assert won[-1].all()
    for before, after in pairwise(won):
        assert (after >= before).all()
        assert after.sum() > before.sum()


def test_a_deal_that_is_decided_ends_so_in_every_trial_and_no_other_notices():
    base = decided((0.2, 0.5, 0.8))
    said = {base.pipeline.id[0]: True, base.pipeline.id[3]: False, base.pipeline.id[7]: True}
    before, after = (
        by_deal(replace(base, pipeline=replace(base.pipeline, decided=ends)), 600) for ends in ({}, said)
    )
    assert after[[0, 7]].sum(axis=1).all() and not after[3].any()
    others = np.setdiff1d(np.arange(15), [0, 3, 7])
    assert after[others].tobytes() == before[others].tobytes()
    # Where luck would have let them win, they close when they would have closed.
    for deal in (0, 7):
        lucky = before[deal].sum(axis=0) > 0
        assert lucky.any() and np.array_equal(after[deal][:, lucky], before[deal][:, lucky])


def come(rate, birds=1.0, season=None):
    generation = PipelineGeneration(
        rate, SPREAD, np.array([0.6, 0.4, 0.0]), season or {}, 0.1, 2.0, Bluebirds(birds, SPREAD, 2.0)
    )
    segment = make_segment(generation=generation, recycling=Recycling(0.4, Fixed(20)))
    return run(make_scenario(segments=(segment,), market=FIXED_MARKET), TRIALS)


@pytest.mark.parametrize(
    "more",
    [{"rate": 5.5}, {"rate": 15.0}, {"rate": 5.0, "birds": 1.3}, {"rate": 5.0, "season": {12: 1.2}}],
    ids=str,
)
def test_more_pipeline_contains_less_pipeline(more):
    less, much = come(5.0), come(**more)
    for series in SERIES:
        assert (much.money[series] >= less.money[series]).all()
    assert much.money["bookings"].sum() > less.money["bookings"].sum()


def test_a_longer_slip_closes_later():
    stated = columns(20, stated_days=60.0)
    booked = []
    for slip in (0.5, 1.0, 1.25, 2.0):
        segment = make_segment(close_date=CloseDateRule("blend", slip))
        booked.append(by_deal(of_one_cent(one(segment, stated, months=18))).cumsum(axis=1))
    for sooner, later in pairwise(booked):
        assert (later <= sooner).all()
        assert later.sum() < sooner.sum()


@pytest.mark.parametrize("key", ["overdue", "pushes"])
def test_dates_that_were_missed_or_moved_close_later_the_larger_their_factor(key):
    stated, booked = columns(20, stated_days=[60.0, -20.0] * 10, pushes=[2, 0] * 10), []
    for value in {"overdue": (0.4, 1.0, 2.0), "pushes": (-0.5, 0.0, 0.5)}[key]:
        rule = CloseDateRule("blend", **{key: value})
        deals = of_one_cent(one(make_segment(close_date=rule), stated, months=18))
        booked.append(by_deal(deals).cumsum(axis=1))
    for sooner, later in pairwise(booked):
        assert (later <= sooner).all()
        assert later.sum() < sooner.sum()


@pytest.mark.parametrize("delay", [1, 30])
def test_a_delay_closes_later(delay):
    a, b = (
        by_deal(of_one_cent(one(make_segment(close_date=CloseDateRule(delay_days=d)), columns(20)))).cumsum(
            axis=1
        )
        for d in (0, delay)
    )
    assert (b <= a).all()
    assert b.sum() < a.sum()


def test_a_later_stated_date_closes_later_and_an_overdue_one_is_as_good_as_none():
    scenarios = [one(make_segment(), columns(20, stated_days=d)) for d in (20.0, 90.0, np.nan, -5.0)]
    early, late, none, overdue = (by_deal(of_one_cent(s)).cumsum(axis=1) for s in scenarios)
    assert (late <= early).all()
    assert late.sum() < early.sum()
    assert np.array_equal(none, overdue)


@pytest.mark.parametrize(
    "texts", [("net 15", "net 30", "net 60"), ("receipt", "EOM+30d", "EOM+1m", "net 90 then EOM")]
)
def test_later_terms_bring_the_money_later(texts):
    paid = []
    for text in texts:
        segment = make_segment(terms={"default": parse_terms(text)})
        outcome = run(one(segment, columns(20)), TRIALS)
        paid.append(outcome.money["receipts"].sum(axis=0).cumsum(axis=0))
    sooner, later = paid[0], paid[-1]
    assert (later <= sooner).all()
    assert later.sum() < sooner.sum()


def test_a_deposit_brings_money_sooner_and_lags_bring_it_later():
    def paid(text, **more):
        segment = make_segment(terms={"default": parse_terms(text)}, **more)
        return run(one(segment, columns(20)), TRIALS).money["receipts"].sum(axis=0).cumsum(axis=0)

    plain = paid("100% on delivery net 30", delivery=Fixed(30))
    assert (paid("100% on delivery net 30", delivery=Fixed(60)) <= plain).all()
    assert (paid("100% on delivery net 30", delivery=Fixed(30), invoice_lag=20) <= plain).all()
    deposit = paid("30% on signature CIA; balance on delivery net 30", delivery=Fixed(30))
    assert deposit.sum() > plain.sum()


def test_slower_payers_pay_later_and_bad_debt_is_money_lost():
    def paid(behaviour):
        outcome = run(one(make_segment(payment={"default": behaviour}), columns(20), months=30), TRIALS)
        return outcome.money["receipts"].sum(axis=0).cumsum(axis=0)

    quick, slow = (paid(PaymentBehaviour.from_table({d: 1.0})) for d in (5, 40))
    assert (slow <= quick).all()
    assert slow.sum() < quick.sum()
    good, bad = (paid(PaymentBehaviour.from_table({5: 1.0 - b})) for b in (0.0, 0.1))
    assert bad[-1].sum() < good[-1].sum()


def spread(scenario, market, trials=12_000):
    total = run(scenario, trials, market=market).money["bookings"].sum(axis=(0, 1))
    return total.mean(), total.std(), np.quantile(total, 0.9) - np.quantile(total, 0.1)


def test_the_market_widens_and_moves_no_mean():
    scenario = one(make_segment(), columns(60, amount=1_000_000))
    rows = [
        spread(scenario, m) for m in (Market.independent(), Market(0.02, 0.03), Market(), Market.strong())
    ]
    means, widths, bands = zip(*rows, strict=True)
    assert widths[0] < widths[1] < widths[2] < widths[3]
    assert bands[3] > 1.5 * bands[0]
    errors = np.array(widths) / np.sqrt(12_000)
    for i in range(3):
        assert abs(means[3] - means[i]) < limit(3) * np.hypot(errors[3], errors[i])


def test_doubt_widens_and_so_does_what_customers_share():
    pipeline = columns(60, amount=1_000_000)
    narrow, wide = (
        spread(one(make_segment(doubt=np.full(3, d)), pipeline), Market.independent()) for d in (0.0, 0.12)
    )
    assert wide[1] > 1.3 * narrow[1]
    assert abs(wide[0] - narrow[0]) < limit(1) * np.hypot(wide[1], narrow[1]) / np.sqrt(12_000)
    received = []
    for shared in (0.0, 0.8):
        behaviour = PaymentBehaviour.from_table({5: 0.5, 200: 1.0}, shared=shared)
        receivables = make_receivables(due_day=[0] * 30, customer=["A"] * 30)
        scenario = make_scenario(
            segments=(make_segment(payment={"default": behaviour}),), receivables=receivables
        )
        received.append(run(scenario, 4_000).money["receipts"][:, 0].sum(axis=0).std())
    assert received[1] > 2 * received[0]


def test_busy_quarter_ends_draw_closes_to_them():
    deals = columns(20, ages=(0, 5))
    ordinary, busy = (
        run(one(make_segment(clock=make_clock(quarter_end_weight=w)), deals), TRIALS).closes.sum(axis=0)
        for w in (1.0, 5.0)
    )
    last_week = slice(55, 62)  # 25 to 31 December 2026
    assert busy[last_week].sum() / busy.sum() > 1.5 * ordinary[last_week].sum() / ordinary.sum()


def test_nothing_closes_on_days_of_rest():
    clock = make_clock(country="DE")
    closes = run(one(make_segment(clock=clock), columns(20)), TRIALS).closes.sum(axis=0)
    weight = np.diff(clock.at_end_of(np.arange(-1, len(closes))))
    assert not closes[weight == 0].any()
    assert closes[weight > 0].sum() == closes.sum() > 1_000


# ---- scaling


def test_amounts_scale_results():
    segment = make_segment(
        amount_change=NEVER_CHANGED, payment={"default": PaymentBehaviour.stretched(3, 0.0)}
    )
    deals = columns(20, terms=[PARTS, "", "2/10 net 30", "net 45"] * 5)
    amounts = np.round(deals.amount, -4)
    a, b = (
        run(one(segment, replace(deals, amount=amounts * k), market=FIXED_MARKET), TRIALS) for k in (1, 7)
    )
    for series in SERIES:
        assert np.array_equal(7 * a.money[series], b.money[series])
    assert np.array_equal(a.closes, b.closes)


def test_amounts_beyond_whole_numbers_stop_at_their_limit():
    segment = make_segment(
        funnel=make_funnel(transitions=[[0.0, 1.0, 0.0]], stay=Fixed(3)), soberness=Soberness(1.0, 1e4),
        generation=PipelineGeneration(
            3.0, LogNormal(60.0, 9.0), np.ones(1), bluebirds=Bluebirds(3.0, LogNormal(60.0, 9.0))
        ),
    )  # fmt: skip
    money = run(one(segment, make_pipeline(2, amount=2**53 - 1), months=3), 50).money
    assert all(money[series].min() >= 0 for series in SERIES)
    assert money["bookings"][0].sum(axis=0).max() == 2 * 2.0**53


def test_rates_and_arrivals_scale_results():
    def played(rate, size):
        generation = PipelineGeneration(
            3.0, Fixed(size), np.array([1.0, 0.0, 0.0]), bluebirds=Bluebirds(1.0, Fixed(size))
        )
        segment = make_segment(amount_change=NEVER_CHANGED, generation=generation)
        rates = RateCurve.of("EUR", {"USD": [(0, rate), (60, 2 * rate)]})
        deals = columns(20, currency=["USD"] * 20)
        return run(one(segment, replace(deals, amount=deals.amount * 4), rates=rates), TRIALS)

    a, b = played(0.5, 1_000), played(1.5, 3_000)
    for series in SERIES:
        assert np.array_equal(3 * a.money[series], b.money[series])


def test_changed_amounts_scale_up_to_rounding():
    segment = make_segment(amount_change=AmountChange(0.2, -0.1, 0.3))
    deals = columns(20)
    a, b = (run(one(segment, replace(deals, amount=deals.amount * k)), TRIALS) for k in (1, 100))
    gap = np.abs(100 * a.money["bookings"] - b.money["bookings"])
    assert 0 < gap.max() <= 100 * 20


def test_currency_and_reference_scale_amounts_that_lean_by_their_size():
    law, deals = AmountChange(0.2, -0.1, 0.3, -0.2, 40_000.0), columns(20)
    rows = ((law, deals), (replace(law, reference=4e6), replace(deals, amount=deals.amount * 100)))
    a, b = (run(one(make_segment(amount_change=some), each), TRIALS) for some, each in rows)
    gap = np.abs(100 * a.money["bookings"] - b.money["bookings"])
    assert 0 < gap.max() <= 100 * 20


def test_large_deals_shrink_and_small_ones_grow_where_amounts_lean_so():
    deals = columns(40)
    booked = [
        by_deal(one(make_segment(amount_change=AmountChange(0.2, -0.1, 0.3, lean, 40_000.0)), deals)).sum(
            axis=1
        )
        for lean in (-0.2, 0.0, 0.2)
    ]
    large = deals.amount > 40_000_00
    for less, more in pairwise(booked):
        assert (less[large] <= more[large]).all() and (less[~large] >= more[~large]).all()
        assert less[large].sum() < more[large].sum() and less[~large].sum() > more[~large].sum()


# ---- extremes


@pytest.mark.parametrize("trials", [1, 2, 300])
@pytest.mark.parametrize("count", [0, 1, 5])
def test_few_deals_and_few_trials_are_forecasts_too(count, trials):
    scenario = one(make_segment(), columns(count) if count else make_pipeline())
    forecast = simulate(scenario, trials)
    assert forecast.trials == trials
    assert forecast.check.passed
    assert (forecast.mean("bookings", "month") >= 0).all()
    if not count:
        assert not forecast.mean("receipts").any()


@pytest.mark.parametrize(
    "as_of", [date(2026, 10, 31), date(2026, 11, 13), date(2026, 12, 31), date(2028, 2, 28)], ids=str
)
def test_a_horizon_of_one_day(as_of):
    generation = PipelineGeneration(
        90.0, SPREAD, np.array([0.2, 0.4, 0.4]), bluebirds=Bluebirds(50.0, SPREAD)
    )
    segment = make_segment(
        clock=make_clock(as_of), generation=generation, funnel=make_funnel(stay=Gamma(0.5, 2.0))
    )
    scenario = one(segment, columns(9, ages=(0, 2)), as_of=as_of, days=1)
    outcome = run(scenario, 4_000)
    assert outcome.closes.shape[1] == 2
    business = np.is_busday(np.datetime64(as_of) + 1)
    assert bool(outcome.money["bookings"].any()) == bool(business)
    forecast = simulate(scenario, 500)
    assert forecast.check.passed


def test_sure_and_hopeless_deals_meet_no_market():
    segment = make_segment(use_probability=True, doubt=np.full(3, 0.1), amount_change=NEVER_CHANGED)
    deals = columns(10, probability=[0.0, 1.0] * 5)
    outcome = run(one(segment, deals, market=Market.strong(), months=120), TRIALS)
    assert outcome.closes.sum(axis=1).tolist() == [0, TRIALS] * 5
    total = deals.amount[1::2].sum()
    assert set(outcome.money["bookings"].sum(axis=(0, 1))) == {total}


WAYS_ABOUT = [
    [0.0, 0.5, 0.3, 0.0, 0.2, 0.0],
    [0.2, 0.0, 0.3, 0.3, 0.2, 0.0],
    [0.1, 0.3, 0.0, 0.3, 0.3, 0.0],
    [0.3, 0.1, 0.3, 0.0, 0.3, 0.0],
]
"""Moves back and forth of a funnel that loses no deal."""


@settings(max_examples=50)
@given(arrays(np.float64, (4, 5), elements=st.floats(0.01, 1.0)))
def test_a_funnel_that_loses_nothing_is_sure_whatever_the_rounding(weights):
    """Solved in floats, its ladder is 1.0000000000000002 here and there, a chance without odds."""
    weights[np.arange(4), np.arange(4)] = 0.0
    transitions = np.column_stack((weights / weights.sum(axis=1, keepdims=True), np.zeros(4)))
    funnel = make_funnel(transitions=transitions, stay=Fixed(1))
    assert funnel.ladder.tolist() == [1.0] * 4 and not funnel.losing.any()
    assert funnel.close_chance(1, np.arange(3.0)).tolist() == [1.0] * 3
    assert Walk(funnel).ladder.tolist() == [1.0] * 5 + [0.0]
    hopeless = transitions[:, [0, 1, 2, 3, 5, 4]]
    assert make_funnel(transitions=hopeless, stay=Fixed(1)).ladder.tolist() == [0.0] * 4


def test_a_funnel_that_loses_nothing_wins_all():
    segment = make_segment(
        funnel=make_funnel(transitions=WAYS_ABOUT, stay=Fixed(1)), doubt=np.full(4, 0.1),
        recycling=Recycling(0.9, Fixed(2)),
    )  # fmt: skip
    scenario = one(segment, make_pipeline(8, stage=[0, 1, 2, 3] * 2), market=Market.strong(), months=24)
    assert run(scenario, 300).closes.sum(axis=1).tolist() == [300] * 8
    assert simulate(scenario, 300).check.passed


@pytest.mark.parametrize("age", [3.0, np.nan])
def test_no_evidence_moves_a_stage_that_leads_one_way_only(age):
    """From the first stage there is no way to won, from the last none to lost, and no time that it takes."""
    transitions = [[0.0, 0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.5, 0.0, 0.5], [0.0, 0.0, 0.0, 1.0, 0.0]]
    segment = make_segment(
        funnel=make_funnel(transitions=transitions, stay=Fixed(5)), use_probability=True,
        recycling=Recycling(0.5, Fixed(1)),
    )  # fmt: skip
    deals = make_pipeline(6, stage=[0, 1, 2] * 2, probability=[0.3] * 6, age=age)
    scenario = one(segment, deals)
    closes = run(scenario, TRIALS).closes.sum(axis=1)
    assert closes[[0, 3]].tolist() == [0, 0] and closes[[2, 5]].tolist() == [TRIALS] * 2
    assert expected(scenario).deal_chance.tolist() == [0.0, 0.3, 1.0] * 2
    assert simulate(scenario, 3_000).check.passed


def test_a_deals_own_chance_holds_at_the_ages_at_which_both_ends_can_come():
    """Winners leave within 10 days, losers within 30: older deals are lost, whatever their owner says."""
    stays = [[None, Fixed(10), Fixed(30)]]
    funnel = make_funnel(transitions=[[0.0, 0.5, 0.5]], stays=stays)
    segment = make_segment(funnel=funnel, use_probability=True, clock=plain_clock())
    scenario = one(segment, make_pipeline(3, probability=[0.8, 0.8, np.nan], age=[20.0, np.nan, np.nan]))
    # Half of those that sit there are younger than 10 days, and half of these are won.
    chances = expected(scenario).deal_chance
    assert chances == pytest.approx([0.0, 0.4, 0.25], abs=1e-12)
    closes = run(scenario, 40_000).closes.sum(axis=1)
    assert np.abs(binomial_z(closes, 40_000, chances)).max() < limit(2)


def test_what_comes_back_at_once_before_a_weekend_waits_for_its_end():
    """As of a Friday, a deal lost at once and back at once has no day of work left in a horizon of a day."""
    as_of = date(2026, 10, 30)
    segment = make_segment(
        funnel=make_funnel((0.2, 0.5), stay=Fixed(0)), clock=make_clock(as_of),
        recycling=Recycling(0.9, Fixed(0)),
    )  # fmt: skip
    for days, some in ((1, False), (2, False), (3, True)):
        scenario = one(segment, make_pipeline(5), as_of=as_of, days=days)
        assert bool(run(scenario, 200).wins.any()) == some == bool(expected(scenario).winners.any())


def test_fixed_times_and_sure_wins_are_arithmetic_by_hand():
    """A deal 4 days into 20, then 30 more; 900 of 1,000 billed three days later, paid 35 days after that."""
    transitions = [[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    segment = make_segment(
        funnel=make_funnel(transitions=transitions, stay=[Fixed(20), Fixed(30)]), clock=plain_clock(),
        amount_change=NEVER_CHANGED, soberness=Soberness(3.0, 0.9),
        payment={"default": PaymentBehaviour(5, np.ones(1))},
    )  # fmt: skip
    scenario = one(segment, make_pipeline(1, age=4.0, amount=1_000_00), market=Market.strong())
    outcome, cell = run(scenario, 50), scenario.horizon.cell_of_day()
    for series, day in (("bookings", 46), ("billings", 49), ("receipts", 84)):
        by_hand = np.zeros(len(scenario.horizon.cuts))
        by_hand[cell[day]] = 900_00
        assert (outcome.money[series].sum(axis=0) == by_hand[:, None]).all()
    assert outcome.closes[0, 46] == outcome.closes.sum() == 50
    assert outcome.landed[0] == 50 * 900_00


def test_ties_of_rates_are_rounded_as_everywhere_else():
    """1.30 EUR at 165 is 214.5 JPY: a booking, an invoice and an opening invoice all count 214."""
    transitions = [[0.0, 1.0, 0.0]]
    behaviour = PaymentBehaviour(0, np.ones(1))
    segment = make_segment(
        funnel=make_funnel(transitions=transitions, stay=Fixed(5)), amount_change=NEVER_CHANGED,
        payment={"default": behaviour},
    )  # fmt: skip
    rates = RateCurve.of("JPY", {"EUR": 165.0})
    receivables = make_receivables(due_day=[3], amount_minor=[130])
    scenario = one(
        segment, make_pipeline(1, amount=130), currency="JPY", rates=rates, receivables=receivables
    )
    money = run(scenario, 3).money
    sums = {series: money[series].sum(axis=(0, 1)).tolist() for series in money}
    assert sums == {"bookings": [214.0] * 3, "billings": [214.0] * 3, "receipts": [428.0] * 3}
    assert rates.convert(130, "EUR", 0) == 214


def test_a_stay_longer_than_the_age_has_one_day_left():
    segment = make_segment(
        funnel=make_funnel(transitions=[[0.0, 1.0, 0.0]], stay=Fixed(20)), clock=plain_clock()
    )
    outcome = run(one(segment, make_pipeline(3, age=[19.0, 20.0, 900.0])), 20)
    assert outcome.closes.argmax(axis=1).tolist() == [1, 1, 1]


def test_no_arrivals_at_a_rate_of_zero():
    assert not come(0.0, 0.0).money["bookings"].any()


def test_only_open_invoices_are_collected():
    receivables = make_receivables(
        due_day=[10, 10, 10], invoice_day=[-5, -5, 3], paid_day=[2**62, -1, 2**62], amount_minor=[1, 10, 100]
    )
    behaviour = PaymentBehaviour.from_table({5: 1.0})
    segment = make_segment(payment={"default": behaviour})
    outcome = run(make_scenario(segments=(segment,), receivables=receivables), 30)
    assert set(outcome.money["receipts"].sum(axis=(0, 1))) == {1}
    assert (
        not run(make_scenario(segments=(segment,), receivables=Receivables.empty()), 3)
        .money["receipts"]
        .any()
    )


def test_a_third_attempt_is_one_chance_more():
    def won(attempts, chance=0.9):
        segment = make_segment(
            funnel=make_funnel((0.3,), stay=Gamma(2.0, 5.0)),
            recycling=Recycling(chance, LogNormal.from_median(9, 20), attempts),
        )
        return (
            run(of_one_cent(one(segment, columns(20, stages=1), months=48)), 300)
            .money["bookings"]
            .sum(axis=(0, 1))
        )

    first, second, third = won(1), won(2), won(3)
    assert np.array_equal(first, won(2, 0.0))
    assert (second >= first).all()
    assert (third >= second).all()
    assert first.sum() < second.sum() < third.sum()
