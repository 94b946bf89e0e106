"""Runs by posterior draws: trial n of a run of D draws is trial n of a run with draw n mod D set."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from factory import make_clock, make_pipeline, make_scenario, make_segment
from family import MID_MONTH, run, self_check
from posteriors import funnel_draws, generation_draws, odds_draws, posterior
from scipy import special

from benchmarks.jobs import learned_job
from simulator.amounts import AmountChange
from simulator.arrivals import Bluebirds, PipelineGeneration, count_cdf
from simulator.close_dates import CloseDateRule
from simulator.currency import RateCurve
from simulator.distributions import Empirical, LogNormal
from simulator.engine import attempts, chances, compile_plan, drawn, luck, play, populations
from simulator.engine.chances import LearnedChances, SetChances
from simulator.engine.counts import DrawnCounts, SetCounts
from simulator.engine.drawn import DrawnStays
from simulator.engine.plan import first_draw
from simulator.expected import expected, won_ever
from simulator.market import SHARED_SHARE, Market
from simulator.posterior import FunnelDraws, GenerationDraws, Posterior, StayDraws
from simulator.records import dataclass
from simulator.scenario import Recycling, Soberness
from simulator.self_check import compare_wins
from simulator.simulation import simulate

DRAWS = 3
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


def learned_scenario(learned, attempts=3, **more):
    """Two segments whose plug-in nouns are the means of what is learned."""
    segments = tuple(
        make_segment(
            name=name, funnel=learned.segments[name].funnel.mean, soberness=Soberness(0.8 + n / 2, 0.9),
            close_date=CloseDateRule("blend", 1.3, 2, overdue=0.7, pushes=0.2), clock=make_clock(MID_MONTH),
            recycling=Recycling(0.6, LogNormal.from_median(20, 40), attempts),
            amount_change=AmountChange(0.4, -0.05, 0.15, -0.1, 20_000.0),
            generation=learned.segments[name].generation.mean,
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
    """Chances of one draw: logit p* = shift + by_stage + slope·logit h + effects + ln soberness."""

    odds: object = None
    draw: int = 0

    by_amount = True

    def star(self, h, stage=None, **known):
        if not 0 < h < 1:
            return h
        odds, d = self.odds, self.draw
        logit = odds.shift[d] + odds.slope[d] * np.log(h / (1 - h)) + np.log(self.segment.soberness.odds)
        logit += 0.0 if stage is None else odds.by_stage[d, stage]
        return special.expit(logit + sum(odds.effects[name][d] * x for name, x in known.items()))

    def entering(self, stage, draw, log_amount):
        pairs = zip(stage, log_amount, strict=True)
        chances = [self.star(self.segment.funnel.ladder[s], log_amount=x) for s, x in pairs]
        return special.ndtri(np.array(chances))

    def log_amounts(self, amount):
        return np.array([np.log(x / 100 / self.odds.reference) if x else 0.0 for x in amount])


def plain_plan(scenario, draw, seed, **options):
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
    plan, whole = compile_plan(plain, seed, **options), compile_plan(scenario, seed)
    parts = []
    for own, learned_plan in zip(plan.segments, whole.segments, strict=True):
        odds = learned.segments[own.segment.name].odds
        chances = PlainChances(own.segment, own.chances.score.copy(), own.chances.entry, odds, draw)
        for i in np.flatnonzero(plain.pipeline.segment == own.index):
            deal = plain.pipeline[int(i)]
            h = float(own.segment.funnel.close_chance(deal.stage, deal.age))
            worth = float(plain.rates.convert(deal.amount, deal.currency, 0))
            chances.score[i] = special.ndtri(chances.star(
                h, deal.stage, pushes=np.log(1 + max(deal.pushes, 0)), overdue=float(deal.stated_days <= 0),
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
        and np.array_equal(one.landed, other.landed)
        and np.array_equal(one.wins, other.wins)
        and (not other.ends.shape[3] or np.array_equal(one.ends, other.ends))
    )


def played_apart(scenario, trials, seed=4):
    """Each trial of the drawn run beside that of the run with its draw set, followed to all ends."""
    plan = compile_plan(scenario, seed, follow_ends=True)
    for draw in range(scenario.posterior.draws):
        plain = plain_plan(scenario, draw, seed, follow_ends=True)
        for trial in range(draw, trials, scenario.posterior.draws):
            yield play(plan, trial, 1), play(plain, trial, 1)


@pytest.mark.slow
def test_each_trial_is_that_of_a_run_with_its_draw_set():
    won = np.zeros(2)
    for of_draws, plain in played_apart(whole(), 36):
        assert same(of_draws, plain)
        won += of_draws.closes.sum(), of_draws.wins.sum()
    assert won[0] > 90 and won[1] > 900


def test_another_seed_of_the_parameters_takes_other_draws():
    """All else being equal, trial 0 is that of another draw, so that the variance can be split."""
    scenario = whole()
    plan = compile_plan(scenario, 4, group_seeds={"parameters": 99})
    draw = first_draw(scenario, plan.streams)
    assert 0 < draw < DRAWS
    assert same(play(plan, 0, 1), play(plain_plan(scenario, draw, 4), 0, 1))
    assert not same(play(plan, 0, 1), play(compile_plan(scenario, 4), 0, 1))


@pytest.mark.slow
def test_blocks_change_no_byte():
    scenario = whole()
    first = run(scenario, 120, 9)
    for block in (37, 50, 133):
        assert same(first, run(scenario, 120, 9, block=block))
    assert same(run(scenario, 70, 9).and_then(run(scenario, 50, 9, first=70)), first)


def test_a_run_at_the_one_draw_of_its_nouns_is_the_run_of_its_nouns():
    """Tables and draws are two ways of the same law, unknown ages and stated dates among it."""
    learned = posterior(1, NAMES, odds=None, amount_shift=None, rho=False)
    scenario = learned_scenario(learned)
    age = np.where(np.arange(len(scenario.pipeline)) % 3 == 1, np.nan, scenario.pipeline.age)
    scenario = replace(scenario, pipeline=replace(scenario.pipeline, age=age))
    assert same(run(scenario, 300, 2), run(replace(scenario, posterior=None), 300, 2))


def test_a_calibrator_alone_moves_the_set_funnel():
    """With slope 1 and one shift it is the soberness of that odds factor."""
    odds = odds_draws(1, slope=0.0, names=(), stages=0)
    learned = posterior(1, NAMES, rho=False, funnel=None, generation=None, amount_shift=None, odds=odds)
    scenario = replace(learned_scenario(posterior(1, NAMES)), posterior=learned)
    sober = [replace(s.soberness, odds=s.soberness.odds * np.exp(odds.shift[0])) for s in scenario.segments]
    segments = (replace(s, soberness=x) for s, x in zip(scenario.segments, sober, strict=True))
    plain = replace(scenario, segments=tuple(segments), posterior=None)
    assert same(run(scenario, 200, 3), run(plain, 200, 3))


def test_a_learned_rho_is_that_of_a_set_market():
    learned = Posterior(4, {}, np.array([0.0, 0.05, 0.2, 0.4]))
    scenario = replace(learned_scenario(posterior(1, NAMES)), posterior=learned)
    plan = compile_plan(scenario, 6)
    for trial in range(12):
        parts = Market.split(learned.rho[trial % 4])
        plain = replace(scenario, posterior=None, market=Market(*parts, scenario.market.phi))
        assert same(play(plan, trial, 1), play(compile_plan(plain, 6), trial, 1))
    fixed = replace(scenario, market=Market(0.02, 0.03))
    assert same(run(fixed, 20, 6), run(replace(fixed, posterior=None), 20, 6))


def test_a_better_calibrator_takes_no_win_away():
    """One uniform drives a deal: what was won stays won, whatever its draw, and some more is."""
    scenario = whole()
    learned = {
        name: replace(part, odds=replace(part.odds, shift=part.odds.shift + 0.4))
        for name, part in scenario.posterior.segments.items()
    }
    better = replace(scenario, posterior=replace(scenario.posterior, segments=learned))
    before, after = run(scenario, 200, 7).ever, run(better, 200, 7).ever
    assert (after >= before).all() and after.sum() > 1.05 * before.sum()


def test_a_deals_own_probability_counts_where_the_scenario_asks_for_it():
    scenario = whole()
    own = np.where(np.arange(36) < 18, 0.7, np.nan)
    segments = tuple(replace(s, use_probability=True) for s in scenario.segments)
    pipeline = replace(scenario.pipeline, probability=own, stage=np.zeros(36, dtype=np.int64))
    asked = replace(scenario, segments=segments, pipeline=replace(pipeline, age=np.full(36, 2.0)))
    for plan in compile_plan(asked, 1).segments:
        score = plan.chances.open_scores(0, plan.deals, np.arange(DRAWS), None, np.full(len(plan.deals), 2.0))
        odds = plan.segment.soberness.odds * 0.7 / 0.3
        score_of_own = special.ndtri(odds / (1 + odds))
        given = ~np.isnan(own[plan.deals])
        assert np.allclose(score[given], score_of_own, atol=1e-12)
        assert np.ptp(score[~given], axis=1).min() > 0.01


@pytest.mark.parametrize("dispersion", [0.3, 4.0, 1e7, np.inf])
def test_numbers_are_those_of_the_table_of_their_law(dispersion):
    u = np.random.default_rng(1).random(4_000)
    for mean in (0.0, 0.01, 3.0, 900.0):
        drawn_counts = DrawnCounts(np.array([5.0, mean]), np.array([1.0, dispersion]))
        table = SetCounts(count_cdf(mean, dispersion))
        draw = np.ones(len(u), dtype=np.int64)
        assert np.array_equal(drawn_counts.numbers(u, draw), table.numbers(u, draw))
        highest = np.array([1 - 2.0**-53])
        assert drawn_counts.numbers(highest, draw[:1])[0] < drawn_counts.most


def test_deals_to_come_are_counted_by_their_average():
    u, draw = (np.arange(20_000) + 0.5) / 20_000, np.zeros(20_000, dtype=np.int64)
    for counts in (DrawnCounts(np.array([7.0]), np.array([0.5])), SetCounts(count_cdf(7.0, 0.5))):
        assert counts.average == pytest.approx(counts.numbers(u, draw).mean(), rel=2e-3)
    scenario = learned_job(50)
    arrived = compile_plan(scenario, 1).contracts - 50 - len(scenario.receivables)
    rates = [s.generation.per_month + s.generation.bluebirds.per_month for s in scenario.segments]
    assert 1.0 < arrived / (sum(rates) * 24) < 1.2  # a growth of 5 % a year, and Decembers


def test_more_pipeline_contains_less():
    u, draw = np.random.default_rng(2).random(3_000), np.arange(3_000) % 50
    rng = np.random.default_rng(3)
    mean, dispersion = rng.gamma(3, 2, 50), rng.gamma(4, 1, 50)
    less = DrawnCounts(mean, dispersion).numbers(u, draw)
    more = DrawnCounts(mean * 1.3, dispersion).numbers(u, draw)
    assert (more >= less).all() and more.sum() > 1.2 * less.sum()


def test_a_funnel_is_its_own_only_draw():
    draws = funnel_draws(4)
    funnel = draws.funnel(2)
    again = FunnelDraws.of(funnel).funnel(0)
    assert again.stays == funnel.stays and np.array_equal(again.transitions, funnel.transitions)
    assert FunnelDraws.of(make_segment().funnel) is None


def test_deals_to_come_are_their_own_only_draw():
    noun = generation_draws(4).generation(1)
    again = GenerationDraws.of(noun).generation(0)
    assert again.entry.tolist() == noun.entry.tolist()
    assert replace(again, entry=noun.entry) == noun
    assert GenerationDraws.of(PipelineGeneration(1.0, LogNormal(1.0, 1.0), np.ones(1))) is None


@pytest.mark.parametrize(("names", "attempts"), [(("pushes", "overdue"), 2), (("log_amount",), 1)])
def test_exact_means_know_what_is_learned(names, attempts):
    """With one draw there is nothing to average: every cell agrees."""
    learned = posterior(1, NAMES, rho=False, odds=odds_draws(1, names=names), amount_shift=np.array([-0.4]))
    scenario = learned_scenario(learned, attempts)
    check = self_check(scenario, run(scenario, 3_000, 5))
    assert check.passed, check.failures
    assert check.cells > 50


def test_the_exact_chance_of_a_deal_is_the_average_of_its_draws():
    scenario = learned_scenario(posterior(40, NAMES))
    summed = np.bincount(scenario.pipeline.segment, weights=expected(scenario).deal_chance)
    assert summed == pytest.approx(won_ever(scenario, 40)[0].mean(axis=1), rel=1e-12)


# ---- the self-check, and faults planted


def checked(trials=1_500, seed=3):
    """The self-check of a run under draws; some ages are not known."""
    scenario = learned_scenario(posterior(60, NAMES), attempts=2)
    age = np.where(np.arange(36) % 5 == 1, np.nan, np.minimum(scenario.pipeline.age, 200.0))
    scenario = replace(scenario, pipeline=replace(scenario.pipeline, age=age))
    return simulate(scenario, trials, seed).check


def won_in(ever):
    """What `compare_wins` asks of an outcome."""
    return lambda source, segment: ever[source, segment]


def test_a_run_under_draws_checks_itself():
    check = checked()
    assert check.passed, check.failures
    assert check.cells > 60


@pytest.mark.slow
def test_wins_differ_from_their_draws_by_chance_alone():
    """48 z of four groups; none beyond 4.7 (1 in 8,000 by chance), spread within .75 to 1.25 (1 in 70)."""
    scenario = learned_scenario(posterior(40, NAMES))
    sums, found = won_ever(scenario, 40), []
    for seed in range(12):
        found += [z for *_, z in compare_wins(scenario, won_in(run(scenario, 600, seed).ever), sums)]
    assert len(found) == 48
    assert max(abs(z) for z in found) < 4.7
    assert 0.75 < np.std(found) < 1.25


def last_draw_for_all(patch):
    real = FunnelDraws.close_chance
    patch.setattr(
        FunnelDraws, "close_chance", lambda self, stage, draw, age: real(self, stage, draw * 0, age)
    )


def age_ignored(patch):
    real = FunnelDraws.close_chance
    patch.setattr(
        FunnelDraws, "close_chance", lambda self, stage, draw, age: real(self, stage, draw, age * 0)
    )


def calibrator_left_out(patch):
    real = LearnedChances._moved
    patch.setattr(LearnedChances, "_moved", lambda self, *some: real(replace(self, odds=None), *some))


def effects_forgotten(patch):
    real = LearnedChances._moved
    patch.setattr(LearnedChances, "_moved", lambda self, h, draw, evidence: real(self, h, draw, 0.0))


def stages_forgotten(patch):
    real = LearnedChances._weighed
    patch.setattr(LearnedChances, "_weighed", lambda self, draw, known, stage=None: real(self, draw, known))


def stages_of_another(patch):
    real = LearnedChances._weighed
    patch.setattr(
        LearnedChances, "_weighed",
        lambda self, draw, known, stage=None: real(self, draw, known, stage and (stage + 1) % 3),
    )  # fmt: skip


def stages_for_those_that_arrive(patch):
    real = LearnedChances._entry

    def entry(self, stage, draw):
        more = self.odds.by_stage[draw, stage] if self.odds else 0.0
        return special.expit(special.logit(real(self, stage, draw)) + more)

    patch.setattr(LearnedChances, "_entry", entry)


def amounts_in_minor_units(patch):
    real = chances._logs
    patch.setattr(chances, "_logs", lambda amount, reference: real(amount * 100, reference))


def market_not_taken_off(patch):
    patch.setattr(
        luck.Luck, "moved",
        lambda self, score, segment, quarter, trial, rho: special.ndtr(
            score + self.market[segment, quarter, trial]
        ),
    )  # fmt: skip


def counts_of_another_draw(patch):
    real = DrawnCounts.numbers
    patch.setattr(DrawnCounts, "numbers", lambda self, u, draw: real(self, u, draw * 0))


def a_day_more(patch):
    real = DrawnStays.days
    patch.setattr(DrawnStays, "days", lambda self, *some: real(self, *some) + 1)


def age_ignored_in_the_stay(patch):
    real = StayDraws.hazards
    patch.setattr(StayDraws, "hazards", lambda self, draw, targets, age: real(self, draw, targets, age * 0))


def always_the_first_move(patch):
    real = drawn.DrawnSteps.take
    patch.setattr(drawn.DrawnSteps, "take", lambda self, s, moves, stays: real(self, s, moves * 0, stays))


def entry_by_one_draw(patch):
    real = attempts._entered
    patch.setattr(attempts, "_entered", lambda plan, walkers, draw: real(plan, walkers, draw * 0))


def amounts_of_one_draw(patch):
    patch.setattr(populations, "trial_numbers", lambda offsets: np.zeros(len(offsets), np.int64))


def amount_ignored_on_entry(patch):
    patch.setattr(LearnedChances, "by_amount", False)


FAULTS = [
    last_draw_for_all, age_ignored, calibrator_left_out, effects_forgotten, stages_forgotten,
    stages_of_another, amounts_in_minor_units,
    counts_of_another_draw, a_day_more, age_ignored_in_the_stay, always_the_first_move,
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("plant", FAULTS, ids=lambda f: f.__name__)
def test_the_self_check_sees_a_fault(monkeypatch, plant):
    plant(monkeypatch)
    assert not checked().passed


UNSEEN = [
    stages_for_those_that_arrive,
    market_not_taken_off,
    entry_by_one_draw,
    amounts_of_one_draw,
    amount_ignored_on_entry,
]
"""What hardly moves the mean number of wins, or only their money."""


@pytest.mark.slow
@pytest.mark.parametrize("plant", [*FAULTS, *UNSEEN], ids=lambda f: f.__name__)
def test_playing_each_draw_apart_sees_it(monkeypatch, plant):
    scenario = whole()
    plain = [plain_plan(scenario, draw, 4) for draw in range(2)]
    apart = [play(plan, draw, 1) for draw, plan in enumerate(plain)]
    plant(monkeypatch)
    plan = compile_plan(scenario, 4)
    assert not all(same(play(plan, draw, 1), outcome) for draw, outcome in enumerate(apart))
