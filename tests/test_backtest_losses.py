"""Wins and losses in a window agree with the engine, losses by way of a funnel in a mirror."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from factory import causes_funnel, make_clock, make_funnel, make_pipeline, make_scenario, make_segment
from scipy import stats

from simulator.amounts import AmountChange
from simulator.arrivals import Bluebirds, PipelineGeneration
from simulator.backtest.chances import draw_luck
from simulator.backtest.kernels import drawn_kernel, fixed_kernel
from simulator.backtest.losses import count_outcomes
from simulator.close_dates import CloseDateRule
from simulator.distributions import Fixed, Hazard, remaining_days
from simulator.funnel import Funnel
from simulator.market import Market
from simulator.posterior import FunnelDraws, LuckDraws, OddsDraws, Posterior, SegmentDraws, StayDraws
from simulator.simulation import simulate

TRIALS = 2000
Z = 4.2  # |z| above it comes by chance once in 37,000 comparisons; there are 40 here


def counting_segment(**overrides):
    """Every deal is worth one unit, so that the engine's bookings count wins."""
    return make_segment(
        **{"amount_change": AmountChange(1.0, 0.0, 0.0), "close_date": CloseDateRule("stages")} | overrides
    )


def counting_scenario(segment, ages, stages, **overrides):
    n = len(ages)
    pipeline = make_pipeline(
        n, amount=100, age=ages, stage=stages, stated_days=overrides.pop("stated", [np.nan] * n),
        pushes=overrides.pop("pushes", -1),
    )  # fmt: skip
    return make_scenario(
        segments=(segment,), pipeline=pipeline, days=120, as_of=date(2026, 10, 15), **overrides
    )


def mirrored(funnel):
    """Won is lost and lost is won."""
    size = len(funnel.stages)
    order = [*range(size), size + 1, size]
    stays = tuple(tuple(row[k] for k in order) for row in funnel.stays)
    return Funnel(funnel.stages, funnel.transitions[:, order], stays)


def engine_counts(scenario, source, *last_days):
    forecast = simulate(scenario, trials=TRIALS, seed=7)
    return [forecast.amounts("bookings", 1, last, source=source) / 100 for last in last_days]


def compare(ours, theirs, what):
    """Mean by z, and the whole law by the chi-square of a table of counts in tenths."""
    spread = np.sqrt(ours.var() / len(ours) + theirs.var() / len(theirs))
    z = (ours.mean() - theirs.mean()) / spread if spread else float(ours.mean() != theirs.mean()) * 99
    assert abs(z) < Z, (what, z, ours.mean(), theirs.mean())
    edges = np.unique(np.quantile(np.concatenate((ours, theirs)), np.arange(1, 10) / 10))
    table = np.array(
        [np.bincount(np.searchsorted(edges, x), minlength=len(edges) + 1) for x in (ours, theirs)]
    )
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] > 1:
        assert stats.chi2_contingency(table).pvalue > 1e-5, (what, table)


@pytest.mark.parametrize("kind", ["article", "causes"])
def test_open_deals_agree_with_the_engine(kind):
    funnel = make_funnel() if kind == "article" else causes_funnel()
    size = len(funnel.stages)
    ages = [float(a) for a in np.linspace(0, 60, 80)]
    stages = [0 if n % 4 else n // 4 % size for n in range(80)]
    market = Market(0.1, 0.2, 0.5)
    segment = counting_segment(funnel=funnel, doubt=np.full(size, 0.08))
    scenario = counting_scenario(segment, ages, stages, market=market)
    other = replace(scenario, segments=(replace(segment, funnel=mirrored(funnel)),))
    counts = count_outcomes(scenario, (16, 46), TRIALS, 3)
    for outcome, played in ((1, scenario), (0, other)):
        for last, theirs in zip((16, 46), engine_counts(played, "open", 16, 46), strict=True):
            compare(counts.of(last, outcome, "open"), theirs, (outcome, last))


def test_stated_dates_and_unknown_ages_agree_with_the_engine():
    rule = CloseDateRule(delay_days=2, overdue=0.5, pushes=0.4)
    segment = counting_segment(funnel=causes_funnel(), close_date=rule)
    n = 60
    ages = [float("nan") if i % 3 else 20.0 for i in range(n)]
    stated = [float("nan") if i % 4 == 0 else float(10 * (i % 9) - 20) for i in range(n)]
    pushes = [i % 5 - 1 for i in range(n)]
    scenario = counting_scenario(segment, ages, [i % 3 for i in range(n)], stated=stated, pushes=pushes)
    ours = count_outcomes(scenario, (46,), TRIALS, 3).of(46, 1, "open")
    compare(ours, *engine_counts(scenario, "open", 46), "wins")
    plain = replace(scenario, segments=(replace(segment, close_date=CloseDateRule(delay_days=2)),))
    assert abs(count_outcomes(plain, (46,), TRIALS, 3).of(46, 1, "open").mean() - ours.mean()) > 0.3


def test_deals_to_come_agree_with_the_engine():
    birds = Bluebirds(1.5, Fixed(1.0), 3.0)
    generation = PipelineGeneration(
        9.0, Fixed(1.0), np.array([0.7, 0.3, 0.0]), {11: 1.3}, 0.2, 2.5, birds
    )  # fmt: skip
    funnel, market = causes_funnel(), Market(0.06, 0.1, 0.5)
    segment = counting_segment(funnel=funnel, generation=generation, clock=make_clock())
    scenario = counting_scenario(segment, [1.0], [0], market=market)
    counts = count_outcomes(scenario, (108,), TRIALS, 3)
    compare(counts.of(108, 1, "new"), *engine_counts(scenario, "new", 108), "wins")
    quiet = replace(generation, bluebirds=None)
    other = replace(segment, funnel=mirrored(funnel), generation=quiet)
    losses = engine_counts(replace(scenario, segments=(other,)), "new", 108)
    compare(counts.of(108, 0, "new"), *losses, "losses")
    assert (counts.of(108, 1, "all") == counts.of(108, 1, "new") + counts.of(108, 1, "open")).all()


def some_draws(count=3):
    edges = np.array([0.0, 0.5, 1.5, 6.5, 30.5, 90.0])
    rng = np.random.default_rng(2)
    rates = rng.gamma(2.0, 0.03, (count, 4, len(edges)))
    rates[..., 0] = 0.0
    p = np.array([[0.0, 0.5, 0.1, 0.4], [0.1, 0.0, 0.6, 0.3]])[None] + rng.uniform(0, 0.2, (count, 2, 4))
    p[1, :, 2] += 0.4
    p[:, [0, 1], [0, 1]] = 0.0
    p /= p.sum(axis=2, keepdims=True)
    return FunnelDraws(("a", "b"), p, (StayDraws(edges, rates), StayDraws(edges, rates[::-1])))


def test_drawn_kernels_are_those_of_their_draws():
    draws = some_draws()
    kernel = drawn_kernel(draws)
    u, ages = np.linspace(0.0005, 0.9995, 500), np.tile([0.0, 0.3, 1.0, 7.0, 40.0], 100)
    for d in range(3):
        funnel = draws.funnel(d)
        alone = fixed_kernel(funnel)
        assert kernel.h[d] == pytest.approx(funnel.target_chances)
        assert kernel.first_moves(1, ages[:5])[d] == pytest.approx(funnel.first_moves(1, ages[:5]))
        assert kernel.moves[1, d] == pytest.approx(alone.moves[1, 0])
        for stage, target in ((0, 1), (1, 3)):
            law = funnel.stays[stage][target]
            assert isinstance(law, Hazard)
            where = (np.full(500, stage), np.full(500, target), np.full(500, d))
            wanted = remaining_days(law, u, ages, np.arange(500))
            assert (kernel.stay(*where, u, ages) == wanted).all()
            assert (alone.stay(*where[:2], np.zeros(500, int), u, ages) == wanted).all()


def test_under_a_posterior_trials_take_its_draws():
    draws = some_draws(2)
    segment = counting_segment(funnel=draws.mean, generation=None)
    scenario = counting_scenario(segment, [3.0] * 40, [n % 2 for n in range(40)], market=Market(0.02, 0.03))
    posterior = Posterior(2, {"smb": SegmentDraws(funnel=draws)})
    drawn = count_outcomes(replace(scenario, posterior=posterior), (60,), TRIALS, 3)
    for d in range(2):
        fixed = replace(scenario, segments=(replace(segment, funnel=draws.funnel(d)),))
        alone = count_outcomes(fixed, (60,), TRIALS, 11)
        for outcome in (0, 1):
            compare(drawn.of(60, outcome, "open")[d::2], alone.of(60, outcome, "open"), (d, outcome))
    wins = drawn.of(60, 1, "open")
    assert abs(wins[::2].mean() - wins[1::2].mean()) > 0.2  # the draws differ, so that the test can fail


def test_luck_moves_no_chance_on_average():
    """E[p'] = p* (MODEL 4), to four standard errors of 200,000 trials."""
    scenario = counting_scenario(counting_segment(), [1.0], [0], market=Market(0.1, 0.2, 0.5))
    luck, trials = draw_luck(scenario, 100, 200_000, 3), np.arange(200_000)
    for chance in (0.05, 0.4):
        p = luck.chances(np.array(stats.norm.ppf(chance)), 0, 1, trials, np.array(0.08))
        assert abs(p.mean() - chance) < 4 * p.std() / np.sqrt(len(p))


def test_what_the_record_tells_of_the_market_counts_here_as_in_the_engine():
    draws = some_draws(2)
    segment = counting_segment(funnel=draws.mean, generation=None)
    scenario = counting_scenario(segment, [3.0] * 60, [n % 2 for n in range(60)], market=Market(None, None))
    lucky = LuckDraws(np.array([0.3, 0.5]), 0.2)
    counts = {}
    for luck in (None, lucky):
        learned = {"smb": SegmentDraws(funnel=draws, luck=luck)}
        posterior = Posterior(2, learned, rho=np.array([0.1, 0.15]))
        drawn = replace(scenario, posterior=posterior)
        counts[luck] = count_outcomes(drawn, (77,), TRIALS, 3).of(77, 1, "open")
        compare(counts[luck], engine_counts(drawn, "open", 77)[0], luck)
    assert counts[lucky].mean() > counts[None].mean() + 1  # it matters, so that the test can fail


def test_the_calibrator_of_stages_counts_here_as_in_the_engine():
    """On open deals alone: those that arrive are won as without it."""
    draws = some_draws(2)
    generation = PipelineGeneration(9.0, Fixed(1.0), np.array([0.7, 0.3]))
    segment = counting_segment(funnel=draws.mean, generation=generation)
    scenario = counting_scenario(segment, [3.0] * 60, [n % 2 for n in range(60)], market=Market(0.0, 0.0))
    odds = OddsDraws(np.zeros(2), np.ones(2), by_stage=np.array([[1.0, -1.5], [0.8, -2.0]]))
    counts = {}
    for some in (None, odds):
        drawn = replace(scenario, posterior=Posterior(2, {"smb": SegmentDraws(funnel=draws, odds=some)}))
        counts[some] = count_outcomes(drawn, (77,), TRIALS, 3)
        for source in ("open", "new"):
            compare(counts[some].of(77, 1, source), engine_counts(drawn, source, 77)[0], (some, source))
    assert abs(counts[odds].of(77, 1, "open").mean() - counts[None].of(77, 1, "open").mean()) > 1
