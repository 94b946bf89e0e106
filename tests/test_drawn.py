"""Runs by posterior draws: trial n of a run of D draws is trial n of a run with draw n mod D set."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from factory import make_clock, make_pipeline, make_scenario, make_segment
from family import MID_MONTH, run
from posteriors import posterior
from scipy import special

from simulator.arrivals import Bluebirds, PipelineGeneration
from simulator.close_dates import CloseDateRule
from simulator.currency import RateCurve
from simulator.distributions import Empirical, LogNormal
from simulator.engine import compile_plan, play
from simulator.engine.chances import SetChances
from simulator.market import SHARED_SHARE, Market
from simulator.scenario import Recycling, Soberness

DRAWS = 5
NAMES = ("first", "second")


def deals(count=36, seed=5):
    """Deals of two segments with known ages, some older than any stay, stated dates, pushes."""
    rng = np.random.default_rng(seed)
    stated = rng.normal(50, 60, count).round(1)
    stated[::4] = np.nan
    age = np.round(rng.exponential(30, count), 1)
    age[0] = 90_000.0
    return make_pipeline(
        count, segment=np.arange(count) % 2, stage=rng.integers(0, 3, count), age=age, stated_days=stated,
        amount=rng.integers(0, 90_000_00, count), currency=["EUR", "USD", "JPY"] * (count // 3),
        pushes=rng.integers(-1, 5, count),
    )  # fmt: skip


def learned_scenario(learned, funnels=None, **more):
    """Two segments whose plug-in nouns are the means of what is learned."""
    segments = tuple(
        make_segment(
            name=name, funnel=learned.segments[name].funnel.mean, soberness=Soberness(0.8 + n / 2, 0.9),
            close_date=CloseDateRule("blend", 1.3, 2), clock=make_clock(MID_MONTH),
            recycling=Recycling(0.6, LogNormal.from_median(20, 40), 3),
            generation=PipelineGeneration(1.0, LogNormal.from_median(100, 200), np.array([1.0, 0, 0]),
                                          bluebirds=Bluebirds(1.0, LogNormal.from_median(100, 200))),
        )
        for n, name in enumerate(NAMES)
    )  # fmt: skip
    rates = RateCurve.of("EUR", {"USD": [(0, 0.9), (60, 1.2)], "JPY": 0.006})
    return make_scenario(**{
        "segments": segments, "pipeline": deals(), "as_of": MID_MONTH, "months": 8, "market": Market(),
        "posterior": learned, "rates": rates,
    } | more)  # fmt: skip


@dataclass(frozen=True, eq=False)
class PlainChances(SetChances):
    """Chances of one draw, by the equation: logit p* = shift + slope·logit h + effects + ln soberness."""

    odds: object = None
    draw: int = 0

    by_amount = True

    def star(self, h, **known):
        if not 0 < h < 1:
            return h
        odds, d = self.odds, self.draw
        logit = odds.shift[d] + odds.slope[d] * np.log(h / (1 - h)) + np.log(self.segment.soberness.odds)
        return special.expit(logit + sum(odds.effects[name][d] * x for name, x in known.items()))

    def entering(self, stage, draw, log_amount):
        pairs = zip(stage, log_amount, strict=True)
        chances = [self.star(self.segment.funnel.ladder[s], log_amount=x) for s, x in pairs]
        return special.ndtri(np.array(chances))

    def log_amounts(self, amount):
        return np.array([np.log(x / 100 / self.odds.reference) if x else 0.0 for x in amount])


def plain_plan(scenario, draw, seed):
    """The plan of a run with one draw set, without any posterior."""
    learned = scenario.posterior
    segments = []
    for segment in scenario.segments:
        part = learned.segments[segment.name]
        made, sober = part.generation, segment.soberness
        grown = made.amounts * np.exp(made.amount_shift[draw])
        found = made.bluebird_amounts * np.exp(made.amount_shift[draw])
        generation = PipelineGeneration(
            made.per_month[draw], Empirical(tuple(grown)), made.entry[draw],
            {m + 1: s for m, s in enumerate(made.season[draw])}, made.trend[draw], made.dispersion[draw],
            Bluebirds(made.bluebirds[draw], Empirical(tuple(found)), made.dispersion[draw]),
        )  # fmt: skip
        sober = replace(sober, amount=sober.amount * np.exp(part.amount_shift[draw]))
        funnel = part.funnel.funnel(draw)
        segments.append(replace(segment, funnel=funnel, soberness=sober, generation=generation))
    rho = learned.rho[draw]
    market = Market(SHARED_SHARE * rho, (1 - SHARED_SHARE) * rho, scenario.market.phi)
    plain = replace(scenario, segments=tuple(segments), market=market, posterior=None)
    plan, whole = compile_plan(plain, seed), compile_plan(scenario, seed)
    parts = []
    for own, learned_plan in zip(plan.segments, whole.segments, strict=True):
        odds = learned.segments[own.segment.name].odds
        chances = PlainChances(own.segment, own.chances.score.copy(), own.chances.entry, odds, draw)
        for i in np.flatnonzero(plain.pipeline.segment == own.index):
            deal = plain.pipeline[int(i)]
            h = float(own.segment.funnel.close_chance(deal.stage, deal.age))
            worth = float(plain.rates.convert(deal.amount, deal.currency, 0))
            chances.score[i] = special.ndtri(chances.star(
                h, pushes=np.log(1 + max(deal.pushes, 0)), overdue=float(deal.stated_days <= 0),
                log_amount=float(chances.log_amounts([worth])[0]),
            ))  # fmt: skip
        # The stated date is weighed at the mean funnel, whatever the draw.
        moments = {"log_mean": learned_plan.log_mean, "log_sd": learned_plan.log_sd}
        parts.append(replace(own, chances=chances, **moments))
    return replace(plan, segments=tuple(parts))


@cache
def whole():
    """A posterior of everything, and its scenario."""
    return learned_scenario(posterior(DRAWS, NAMES))


def same(one, other):
    """Whether two outcomes agree in every cent, deal and day."""
    assert one.money.keys() == other.money.keys()
    return (
        all(np.array_equal(one.money[s], other.money[s]) for s in one.money)
        and np.array_equal(one.closes, other.closes)
        and np.array_equal(one.landed_parts, other.landed_parts)
        and np.array_equal(one.wins, other.wins)
    )


def played_apart(scenario, trials, seed=4):
    """Each trial of the drawn run beside that of the run with its draw set."""
    plan = compile_plan(scenario, seed)
    for draw in range(scenario.posterior.draws):
        plain = plain_plan(scenario, draw, seed)
        for trial in range(draw, trials, scenario.posterior.draws):
            yield play(plan, trial, 1), play(plain, trial, 1)


def test_each_trial_is_that_of_a_run_with_its_draw_set():
    won = np.zeros(2)
    for drawn, plain in played_apart(whole(), 120):
        assert same(drawn, plain)
        won += drawn.closes.sum(), drawn.wins.sum()
    assert won[0] > 300 and won[1] > 3_000


def test_blocks_and_workers_change_no_byte():
    scenario = whole()
    first = run(scenario, 400, 9)
    for options in ({"block": 7}, {"block": 133}, {"workers": 2, "block": 50}):
        assert same(first, run(scenario, 400, 9, **options))
    assert same(run(scenario, 150, 9).and_then(run(scenario, 250, 9, first=150)), first)
