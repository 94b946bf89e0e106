"""The engine plays what the oracle computes: means, counts, whole laws and second moments, over a family."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from factory import (
    NEVER_CHANGED,
    article_funnel,
    causes_funnel,
    make_funnel,
    make_pipeline,
    make_product,
    make_renewals,
    make_scenario,
    make_segment,
    make_wins,
    plain_clock,
)
from family import (
    FAMILY,
    FIXED_MARKET,
    binomial_z,
    columns,
    eventful,
    limit,
    mean_z,
    merged,
    of_one_cent,
    one,
    row_of,
    run,
    self_check,
    trials_of,
    variance_z,
)
from plain_walk import Plain
from plain_walk import play as plain_play
from scipy import special, stats

from benchmarks.jobs import full_job
from simulator.amounts import AmountChange
from simulator.close_dates import CloseDateRule
from simulator.distributions import Empirical, Fixed, Gamma, LogNormal, Weibull
from simulator.engine import compile_plan, play
from simulator.expected import expected
from simulator.expected.totals import Bets, bookings_law, moments, number_law
from simulator.market import Market
from simulator.payments import Dispute, PaymentBehaviour
from simulator.periods import horizon
from simulator.products import Line, Renewal
from simulator.scenario import Recycling, Soberness
from simulator.self_check import check_means
from simulator.simulation import simulate
from simulator.terms import parse_terms

TRIALS = 10_000


@cache
def played(name):
    scenario = FAMILY[name]()
    return scenario, run(scenario, TRIALS, 20), expected(scenario)


# ---- means of every cell, deal by deal, and in counts


@pytest.mark.parametrize("name", FAMILY)
def test_means_agree_in_every_cell(name):
    scenario, outcome, exact = played(name)
    check = self_check(scenario, outcome, exact)
    assert check.passed, check.failures
    assert check.cells >= 6
    assert check.threshold == pytest.approx(limit(check.cells))
    assert not exact.exempt_returns
    assert outcome.guarded == 0


@pytest.mark.parametrize("name", [n for n in FAMILY if n not in ("arrivals", "opening")])
def test_each_deal_closes_as_often_as_it_should(name):
    _, outcome, exact = played(name)
    assert not outcome.closes[:, 0].any()
    z = binomial_z(outcome.closes.sum(axis=1), TRIALS, exact.deal_in_horizon)
    assert len(z) >= 7 - 2 * (name == "probability")
    assert np.abs(z).max() < limit(len(z))


@pytest.mark.parametrize("name", [n for n in FAMILY if n != "opening"])
def test_winners_are_counted_as_expected(name):
    scenario, outcome, exact = played(name)
    plan = of_one_cent(scenario)
    counted = run(plan, TRIALS, 20)
    # The draws do not depend on the amounts: each win is one booking of one cent.
    assert np.array_equal(counted.money["bookings"].sum(axis=2), outcome.wins)
    zs = []
    for source in ("open", "new"):
        i = exact.sources.index(source)
        for segment in range(len(scenario.segments)):
            rows = [r for r, s in enumerate(_slices(scenario)) if (s.segment, s.source) == (segment, source)]
            counts = counted.money["bookings"][rows].sum(axis=0)
            groups = merged(counts, exact.winners[i, segment] * TRIALS, 200)
            if groups:
                zs += mean_z(groups[0], groups[1] / TRIALS).tolist()
    assert len(zs) >= 2
    assert np.abs(zs).max() < limit(len(zs))


def _slices(scenario):
    return compile_plan(scenario, 1).slices


def test_the_bookings_of_each_deal_land_as_expected():
    scenario, outcome, exact = played("currencies")
    # Grouped by deal, the same trials show what each of them brings.
    extra = {"deal": scenario.pipeline.id}
    plan = compile_plan(replace(scenario, pipeline=replace(scenario.pipeline, extra=extra)), 20, by="deal")
    money = play(plan, 0, TRIALS).money["bookings"].sum(axis=1)
    for i, deal in enumerate(scenario.pipeline.id):
        own = money[row_of(plan, 0, "open", deal)]
        assert own.sum() == outcome.landed[i]
    own = money[[row_of(plan, 0, "open", deal) for deal in scenario.pipeline.id]]
    z = mean_z(own, exact.deal_bookings)
    assert np.abs(z).max() < limit(len(z))


@pytest.mark.slow
def test_the_whole_job_agrees_in_every_cell_with_many_trials():
    scenario = full_job(60)
    exact = expected(scenario)
    outcome = run(scenario, 60_000, 4)
    check = self_check(scenario, outcome, exact)
    assert check.passed, check.failures
    assert check.cells > 300
    z = binomial_z(outcome.closes.sum(axis=1), 60_000, exact.deal_in_horizon)
    assert np.abs(z).max() < limit(len(z))


# ---- the law of the close day


def lonely_deals():
    """Deals of every kind, each alone in its segment, so that the oracle's days are its own."""
    kinds = [
        (make_funnel((0.2, 0.5, 0.8), stay=Gamma(2.0, 8.0)), {"stage": 0}),
        (article_funnel(stay=Weibull(1.4, 16.0)), {"stage": 3, "age": 5.5}),
        (causes_funnel(), {"stage": 1, "age": 30.0}),
        (causes_funnel(), {"stage": 1, "age": np.nan}),
        (causes_funnel(), {"stage": 0, "age": 12.0, "stated_days": 44.5}),
        (causes_funnel(), {"stage": 2, "age": np.nan, "stated_days": 20.0}),
        (make_funnel((0.4, 0.6), [0, 0.2], [Empirical((0.0, 1.0, 9.0, 9.0, 31.0)), LogNormal(2.0, 0.7)]),
         {"stage": 0, "age": 1.0}),
        (make_funnel((0.6,), stay=LogNormal.from_median(40, 90)), {"stage": 0, "age": 300.0}),
    ]  # fmt: skip
    segments = [
        make_segment(
            name=f"s{i}", funnel=funnel, amount_change=NEVER_CHANGED, doubt=np.full(len(funnel.stages), 0.1)
        )
        for i, (funnel, _) in enumerate(kinds)
    ]
    merge = {}
    for i, (_, deal) in enumerate(kinds):
        for name, value in ({"segment": i, "age": 0.0, "stated_days": np.nan} | deal).items():
            merge.setdefault(name, []).append(value)
    return make_scenario(
        segments=tuple(segments), pipeline=make_pipeline(**merge), market=Market(), months=10
    )


def chi_square(counts, chances, trials, least=25):
    """p-value of counts of days (the rest is no close) against their chances, in bins of at least so many."""
    groups = merged(counts[:, None].astype(float), chances * trials, least)
    seen, hoped = groups[0][:, 0], groups[1]
    seen, hoped = np.append(seen, trials - seen.sum()), np.append(hoped, trials - hoped.sum())
    kept = hoped > least
    assert kept.sum() > 10
    return stats.chi2.sf((((seen - hoped) ** 2)[kept] / hoped[kept]).sum(), kept.sum() - 1)


def test_days_of_closing_follow_the_exact_law():
    scenario = lonely_deals()
    outcome, exact = run(scenario, 40_000, 5), expected(scenario)
    laws = exact.daily.first / scenario.pipeline.amount[:, None]
    values = [chi_square(c, law, 40_000) for c, law in zip(outcome.closes, laws, strict=True)]
    assert min(values) > 5e-5 / len(values), values


def test_days_of_closing_follow_the_plain_walk_of_fresh_bernoulli_draws():
    scenario = lonely_deals()
    trials = 40_000
    outcome, rng = run(scenario, trials, 6, market=Market.independent()), np.random.default_rng(2)
    plain_scenario = [0, 2]  # the plain walk alone: no doubt, no stated date
    values = []
    for deal in plain_scenario:
        segment = scenario.segments[deal]
        h = float(
            segment.funnel.close_chance(int(scenario.pipeline.stage[deal]), scenario.pipeline.age[deal])
        )
        won, days = plain_play(
            segment.funnel, int(scenario.pipeline.stage[deal]), float(scenario.pipeline.age[deal]),
            np.ones(200_000), rng,
        )  # fmt: skip
        assert abs(won.mean() - h) < 4 * np.sqrt(h * (1 - h) / 200_000)
        day = segment.clock.day_of(days[won].astype(float))
        last = scenario.horizon.last_day
        both = np.stack((
            np.bincount(np.minimum(day, last + 1), minlength=last + 2)[: last + 1], outcome.closes[deal],
        ))  # fmt: skip
        both = np.hstack((both, [[200_000 - both[0].sum()], [trials - both[1].sum()]]))
        bins = np.minimum(np.cumsum(both[1]) // 60, both[1].sum() // 60 - 1)
        table = np.stack([np.bincount(bins, weights=row) for row in both])
        values.append(stats.chi2_contingency(table[:, table.sum(axis=0) > 0]).pvalue)
    assert min(values) > 5e-5 / len(values), values


# ---- the plain walk of everything: means, second moments, and how things move together


@pytest.mark.parametrize(
    ("market", "doubt"),
    [
        pytest.param(Market.independent(), 0.0, marks=pytest.mark.slow),
        pytest.param(FIXED_MARKET, 0.06, marks=pytest.mark.slow),
        pytest.param(Market(), 0.05, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_the_engine_and_plain_trials_have_the_same_moments(market, doubt):
    scenario = eventful(market, doubt)
    plain, outcome = Plain(scenario, 5_000, 17), run(scenario, 20_000, 9)
    counted = run(of_one_cent(scenario), 20_000, 9)
    zs = []
    for name in ("winners", "bookings", "billings", "receipts"):
        money = counted.money["bookings"] if name == "winners" else outcome.money[name]
        ours, theirs = list(_views(scenario, money)), list(_views_of_plain(getattr(plain, name)))
        # Second moments about the same centre, and how the two segments move together.
        centres = [t.mean() for t in theirs]
        for some in (ours, theirs):
            off = [x - c for x, c in zip(some, centres, strict=True)]
            some += [x**2 for x in off] + [off[0] * off[len(off) // 2]]
        zs += [_two_samples(o, t) for o, t in zip(ours, theirs, strict=True)]
    assert len(zs) >= 4 * (8 + 8 + 1)
    assert np.abs(zs).max() < limit(len(zs))


def _views(scenario, money):
    """Quarters of each segment, and totals, [trial] each; opening invoices aside."""
    slices = _slices(scenario)
    for segment in (0, 1):
        rows = [i for i, s in enumerate(slices) if s.segment == segment and s.source != "receivables"]
        yield from _quarters(money[rows].sum(axis=0))


def _views_of_plain(money):
    for segment in (0, 1):
        yield from _quarters(money[:, 1:3, segment].sum(axis=1).T)


def _quarters(cells):
    total = cells.sum(axis=0)
    yield total
    for first in range(0, len(cells) - 2, 3):
        yield cells[first : first + 3].sum(axis=0)


def _two_samples(ours, theirs):
    """z of the difference of two means."""
    error = np.sqrt(ours.var() / len(ours) + theirs.var() / len(theirs))
    return (ours.mean() - theirs.mean()) / error


# ---- whole laws of totals


def bets(market, change=NEVER_CHANGED, count=8, doubt=0.0, months=3):
    """Deals with amounts of a few hundred minor units, in two segments, within a short horizon."""
    rng = np.random.default_rng(5)
    segments = [
        make_segment(name=name, amount_change=change, soberness=Soberness(0.8, 0.9), doubt=np.full(3, doubt))
        for name in "ab"
    ]
    pipeline = make_pipeline(
        count, segment=rng.integers(0, 2, count), stage=rng.integers(0, 3, count),
        amount=rng.integers(20, 90, count) * 10, age=rng.integers(0, 30, count).astype(float),
    )  # fmt: skip
    return make_scenario(segments=tuple(segments), pipeline=pipeline, market=market, months=months)


@pytest.mark.parametrize(
    ("market", "doubt", "change"),
    [
        (Market.independent(), 0.0, NEVER_CHANGED),
        (Market.independent(), 0.0, AmountChange(0.3, -0.1, 0.2)),
        (Market(0.06, 0.1), 0.1, NEVER_CHANGED),
        (Market.strong(), 0.0, AmountChange(0.5, -0.05, 0.15)),
    ],
    ids=["alone", "alone, amounts change", "market and doubt", "strong, amounts change"],
)
def test_total_bookings_have_the_exact_law(market, doubt, change):
    scenario, trials = bets(market, change, doubt=doubt), 60_000
    law = bookings_law(Bets.of(scenario), 1.0, 1 << 15, 12 if market.shared else 1)
    cdf = np.cumsum(law)
    total = run(scenario, trials, 12).money["bookings"].sum(axis=(0, 1))
    assert total.max() < len(law) / 2
    points = np.unique(np.searchsorted(cdf, [0.02, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.98, 0.995]))
    hits = (total[:, None] <= points).sum(axis=0)
    z = binomial_z(hits, trials, cdf[points])
    assert len(z) >= 6
    assert np.abs(z).max() < limit(len(z))


@pytest.mark.parametrize(
    ("market", "doubt"),
    [(Market.independent(), 0.0), (Market(0.06, 0.1), 0.1), (Market(), 0.08), (Market(0.0, 0.2), 0.0),
     (Market(0.2, 0.0), 0.0), (Market.independent(), 0.2)],
    ids=str,
)  # fmt: skip
def test_the_number_won_varies_as_two_normals_say(market, doubt):
    scenario, trials = bets(market, count=30, doubt=doubt, months=10), 30_000
    some = Bets.of(scenario)
    outcome = run(scenario, trials, 31)
    number = run(of_one_cent(scenario), trials, 31).money["bookings"].sum(axis=(0, 1))
    money = outcome.money["bookings"].sum(axis=(0, 1))
    (mean, variance), (total, spread) = moments(some)
    zs = [
        mean_z(number, mean), variance_z(number, variance), mean_z(money, total), variance_z(money, spread),
    ]  # fmt: skip
    law = number_law(some, 16)
    points = np.searchsorted(np.cumsum(law), [0.1, 0.5, 0.9])
    zs += binomial_z((number[:, None] <= points).sum(axis=0), trials, np.cumsum(law)[points]).tolist()
    assert np.abs(zs).max() < limit(len(zs))


# ---- limits that are arithmetic


def test_sure_deals_are_lines_of_a_spreadsheet():
    funnel = make_funnel(
        transitions=[[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]], stay=[Fixed(20), Fixed(30)]
    )
    segment = make_segment(
        funnel=funnel, amount_change=NEVER_CHANGED, soberness=Soberness(1.0, 0.9),
        close_date=CloseDateRule(delay_days=2), delivery=Fixed(0),
    )  # fmt: skip
    own = ["", "50% on delivery CIA; balance on signature CIA"]
    pipeline = make_pipeline(2, age=[4.0, 20.0], stage=[0, 1], amount=[100_001, 33_333], terms=own)
    scenario = one(segment, pipeline, market=Market())
    outcome, exact = run(scenario, 3), expected(scenario)
    closes = segment.clock.day_of(np.array([46.0, 10.0])) + 2
    expected_closes = np.zeros_like(outcome.closes)
    expected_closes[[0, 1], closes] = 3
    assert np.array_equal(outcome.closes, expected_closes)
    assert set(outcome.money["bookings"].sum(axis=(0, 1))) == {90_001 + 30_000}
    cell = scenario.horizon.cell_of_day()
    paid = np.zeros(len(scenario.horizon.cuts))
    np.add.at(paid, cell[[closes[1] + 3, closes[1] + 3]], [15_000, 15_000])
    assert np.array_equal(
        outcome.money["receipts"][0, : cell[closes[0]]].sum(axis=1) / 3, paid[: cell[closes[0]]]
    )
    assert (
        np.abs(exact.bookings.sum(axis=(0, 1)) - outcome.money["bookings"].sum(axis=0).mean(axis=1)).max() < 1
    )


def test_stays_of_no_day_take_no_day_in_engine_and_oracle():
    """An observed stay of 0 days, a fixed one, and a delivery on the day of signature."""
    laws = [Empirical((0.0, 0.0, 3.0)), Fixed(0)]
    funnel = make_funnel((0.4, 0.6), [0, 0.2], laws)
    segment = make_segment(
        funnel=funnel, recycling=Recycling(0.5, Fixed(0)), delivery=Fixed(0), acceptance=Fixed(2.5)
    )
    own = "50% on delivery CIA; balance on acceptance CIA"
    scenario = one(segment, columns(6, ages=(0, 0.1), stages=1, terms=own), days=21)
    outcome = run(scenario, TRIALS, 3)
    check = self_check(scenario, outcome)
    assert check.passed, check.failures


@pytest.mark.parametrize("days", [1, 7, 31, 90])
def test_a_fixed_stay_of_unknown_age_ends_evenly_over_its_days(days):
    """Ages are even over 0 … 89 of 90 days, so that each of the days to come sees a ninetieth of the ends."""
    funnel = make_funnel(transitions=[[0.0, 1.0, 0.0]], stay=Fixed(90))
    scenario = one(make_segment(funnel=funnel, clock=plain_clock()), make_pipeline(1, age=np.nan), days=days)
    assert expected(scenario).deal_in_horizon == pytest.approx(days / 90, abs=1e-12)
    closes = run(scenario, 50_000).closes.sum(axis=1)
    assert np.abs(binomial_z(closes, 50_000, np.array([days / 90]))).max(initial=0) < limit(1)


@pytest.mark.parametrize(
    "stay", [Fixed(75), LogNormal(np.log(90), 0.02), Empirical((66.0, 70.0, 71.0, 140.0, 300.0))]
)
def test_rough_stays_of_unknown_age_agree_week_by_week(stay):
    segment = make_segment(funnel=make_funnel((0.4, 0.7), stay=stay), recycling=Recycling(0.5, Fixed(3)))
    as_of = date(2026, 10, 30)
    scenario = one(
        segment, columns(12, stages=2, ages=(0, 0)), as_of=as_of,
        horizon=horizon(as_of, as_of + timedelta(days=84), kind="week"),
    )  # fmt: skip
    scenario = replace(scenario, pipeline=replace(scenario.pipeline, age=np.full(12, np.nan)))
    outcome = run(scenario, 40_000)
    assert self_check(scenario, outcome).passed
    chances = expected(scenario).deal_in_horizon
    assert np.abs(binomial_z(outcome.closes.sum(axis=1), 40_000, chances)).max() < limit(12)


def sure(*lines, **more):
    """A deal that is won on day 5 for certain, of some lines."""
    funnel = make_funnel(transitions=[[0.0, 1.0, 0.0]], stay=Fixed(5))
    segment = make_segment(funnel=funnel, clock=plain_clock(), amount_change=NEVER_CHANGED)
    deal = make_pipeline(1, amount=1_200_000, lines=lines) if lines else make_pipeline()
    return one(segment, deal, **more)


def agree(scenario, trials=2_000):
    """Play a scenario, hold every series to its exact mean, and return what was played."""
    plan = compile_plan(scenario, 3)
    outcome = play(plan, 0, trials)
    check = check_means(trials_of(scenario, outcome, 3), expected(scenario), plan.most_parts)
    assert check.passed, check.failures
    return outcome


def test_a_line_is_renewed_for_as_long_as_it_was_signed():
    """Six months instead of the product's twelve: paid monthly, the next term has six invoices again."""
    product = make_product(
        recurring=True, renewal=Renewal(1.0), service_months=12, terms="monthly in advance",
        recognise="over-term",
    )  # fmt: skip
    outcome = agree(sure(Line(0, months=6), products=(product,), months=20))
    names = ("bookings", "billings", "revenue")
    money = {series: outcome.money[series].sum(axis=0)[:, 0] for series in names}
    assert np.flatnonzero(money["bookings"]).tolist() == [0, 6, 12, 18]
    assert (money["billings"][1:19] == 200_000).all() and money["revenue"][12] > 190_000


def test_terms_shorter_than_three_months_are_renewed_after_three():
    product = make_product(recurring=True, renewal=Renewal(0.9), service_months=1)
    outcome = agree(sure(Line(0), products=(product,), months=12))
    booked = outcome.money["bookings"].sum(axis=(0, 2))
    assert np.flatnonzero(booked).tolist() == [0, 3, 6, 9]


def test_renewals_that_fall_due_behind_a_shorter_horizon_do_not_exist():
    product = make_product(recurring=True, renewal=Renewal(0.5))
    renewals = make_renewals(due_day=[30, 450])
    scenario = sure(products=(product,), renewals=renewals, months=18)
    assert simulate(scenario, 300).check.passed  # its other markets are played to the end of the year only
    agree(replace(scenario, horizon=horizon(scenario.horizon.as_of, date(2027, 1, 31))))


def test_the_tax_of_invoices_taken_to_be_written_is_passed_on():
    """Signed and billed at the end of October, without any invoice on record: 19 % are due in November."""
    product = make_product(tax=Fraction(19, 100), invoice_lag=0)
    wins = make_wins(day=[-2], amount=[1_000_00], lines=(Line(0),))
    outcome = agree(sure(products=(product,), wins=wins))
    assert outcome.money["tax"][0, :, 0].tolist() == [19_000.0, *[0.0] * 11]
    free = agree(sure(products=(replace(product, tax=Fraction(0)),), wins=wins))
    assert "tax" not in free.money


def test_what_is_credited_and_discounted_is_never_more_than_the_invoice():
    contested = Dispute(1.0, Fixed(0), Fraction(1))
    behaviour = replace(PaymentBehaviour(0, np.ones(1), discount_taken=1.0), dispute=contested)
    scenario = sure(Line(), months=3)
    (segment,) = scenario.segments
    segment = replace(segment, payment={"default": behaviour}, terms={"default": parse_terms("2/10 net 30")})
    outcome = agree(replace(scenario, segments=(segment,)))
    assert not outcome.money["receipts"].any()


def test_the_guard_is_never_reached_by_ordinary_funnels():
    ladder = make_funnel((0.2, 0.5, 0.8), [0, 0.3, 0.2]).ladder
    assert np.all(np.diff(ladder) > 0)
    scenario = one(make_segment(funnel=make_funnel((0.2, 0.5, 0.8), [0, 0.3, 0.2])), columns(20), months=60)
    assert run(scenario, 20_000).guarded == 0


def test_the_limit_is_the_one_of_the_model():
    assert special.ndtr(-limit(7)) == pytest.approx(5e-5 / 7)
