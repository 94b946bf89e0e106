"""Simulate a scenario: engine, stop rule, other markets, and the check against the exact means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.deals import Wins
from simulator.engine import Outcome, Plan, compile_plan, empty_outcome, is_worth_dividing, play
from simulator.errors import UsageError
from simulator.executors import side_by_side
from simulator.expected import Expected, draws_looked_at, expected, offer_effects, walk, won_ever
from simulator.forecast import (
    Check,
    ExactMeans,
    Forecast,
    Happened,
    OfferEffect,
    Slice,
    Trials,
    grouped,
    happened,
    statistics,
    whole_asked,
)
from simulator.forecast.statistics import converged
from simulator.market import Market
from simulator.periods import Period, horizon
from simulator.posterior import FunnelDraws, GenerationDraws, Posterior, SegmentDraws
from simulator.receivables import Receivables
from simulator.scenario import Scenario
from simulator.scenario.model import MOST_TRIALS as LIMIT
from simulator.scores import design_effect
from simulator.self_check import check_means, compare_wins
from simulator.targets import Series

FIRST_TRIALS: Final = 1_000
MOST_TRIALS: Final = 256_000
MOST_SEED: Final = 2**63 - 1
TRIALS_PER_DRAW: Final = 32
"""More trials of the same posterior draws would tell nothing more: what is left is the draws' own error."""
FIXED_TRIALS: Final = 10_000
"""Most trials of the pass at fixed figures, by which runs under draws are checked."""
TARGET_ERROR: Final = 0.005
"""Standard error of a target's chance at which the stop rule is content."""

Floats = NDArray[np.float64]
Known = Mapping[Series, Happened]


def simulate(
    scenario: Scenario,
    trials: int | Literal["auto"] | None = None,
    seed: int | None = None,
    workers: int = 1,
    by: str | None = None,
    progress: Callable[[int], None] | None = None,
    block: int | None = None,
) -> Forecast:
    """Return the forecast of a scenario.

    Args:
        scenario: from `load`.
        trials: how many, or `auto`: as many as the stop rule asks; by default what the scenario says.
        seed: by default the scenario's.
        workers: how many blocks of trials are played at once; the result does not depend on them.
        by: column of the deals by which bookings and receipts are grouped too.
        progress: called with the trials finished so far.
        block: trials that are played at once; the result does not depend on it.

    Raises:
        UsageError: an argument that is no such number, or no such column.
    """
    if not isinstance(scenario, Scenario):
        raise UsageError(f"simulate takes what load returns, not {type(scenario).__name__}")
    trials = _trials_asked(scenario.trials if trials is None else trials)
    seed = whole_asked("seed", scenario.seed if seed is None else seed, 0, MOST_SEED)
    block = None if block is None else whole_asked("block", block, 1)
    runner = _Runner(whole_asked("workers", workers, 1), progress, block)
    scenario = grouped(scenario, by)
    plan = compile_plan(scenario, seed, by=by)
    known = happened(scenario, by)
    if trials:
        outcome = runner.play(plan, empty_outcome(plan), trials)
    else:
        outcome = _until_content(plan, runner, known)
    main = _forecast(_bare(plan, outcome, known), plan, outcome, runner, seed, by)
    return replace(main, sensitivity=_other_markets(main, plan, runner))


@dataclass(frozen=True)
class _Runner:
    workers: int
    progress: Callable[[int], None] | None
    block: int | None

    def play(self, plan: Plan, outcome: Outcome, until: int) -> Outcome:
        """Return the outcome with further trials, until there are so many."""
        more = {} if self.block is None else {"block": self.block}
        count = until - outcome.trials
        return outcome.and_then(play(plan, outcome.trials, count, self.workers, self.progress, **more))


def _trials_asked(trials: object) -> int | None:
    """Return a number of trials, None for as many as the stop rule asks."""
    if trials is None or trials == "auto":
        return None
    if isinstance(trials, str):
        raise UsageError(f"trials is {trials!r}; it must be a number of trials or auto")
    return whole_asked("trials", trials, 1, LIMIT)


def _until_content(plan: Plan, runner: _Runner, known: Known) -> Outcome:
    """Double the trials until the totals are known well enough (MODEL 9, stop rule)."""
    outcome, count, most = empty_outcome(plan), FIRST_TRIALS, MOST_TRIALS
    if plan.scenario.posterior:
        most = min(max(TRIALS_PER_DRAW * plan.scenario.posterior.draws, count), most)
    while True:
        outcome = runner.play(plan, outcome, count)
        if count >= most or _content(_bare(plan, outcome, known)):
            return outcome
        count = min(2 * count, most)


def _content(totals: Trials) -> bool:
    """Return whether fiscal and cumulative totals, balances and targets are known well enough."""
    scenario = totals.scenario
    for target in scenario.targets:
        reached = totals.reached(target)
        chance, effect = float(reached.mean()), design_effect(reached, totals.draws)
        if np.sqrt(chance * (1 - chance) / totals.trials * effect) > TARGET_ERROR:
            return False
    flows = (totals.window(series, period)[0] for series in scenario.series for period in _totals(scenario))
    balances = (totals.balance_at(day) for day in _balance_days(scenario))
    amounts = chain(flows, balances)
    return all(converged(statistics(a, totals.unit, draws=totals.draws)) for a in amounts)


def _balance_days(scenario: Scenario) -> list[int]:
    """Return the ends of fiscal quarters and years, where a balance is forecast.

    Tax and receipts enter it with opposite signs, so that its width is that of neither.
    """
    span = scenario.horizon
    ends = {min(p.end, span.end) for p in (*span.fiscal_quarters, *span.fiscal_years)}
    return [span.day_of(end) for end in sorted(ends)] if scenario.cash.has_balance else []


def _totals(scenario: Scenario) -> Iterator[Period]:
    """Yield the fiscal quarters and years, and the time from the as-of day to each period's end."""
    span = scenario.horizon
    yield from span.fiscal_quarters
    yield from span.fiscal_years
    for period in span.periods:
        yield Period("", span.date_of(1), period.end)


def _bare(plan: Plan, outcome: Outcome, known: Known | None = None) -> Trials:
    """Return the trials alone, to ask for totals."""
    slices = tuple(Slice(s.segment, s.source, s.group) for s in plan.slices)
    return Trials(
        plan.scenario, outcome.trials, 0, slices, outcome.money, outcome.closes, outcome.landed,
        np.zeros(len(plan.scenario.pipeline)), Check(0.0, 0, 0.0), known=known,
    )  # fmt: skip


def _forecast(
    bare: Trials, plan: Plan, outcome: Outcome, runner: _Runner, seed: int, by: str | None
) -> Forecast:
    exact = expected(plan.scenario)
    span, period = plan.scenario.horizon, bare.headline_period
    first = span.day_of(period.start) if period else bare.year_start
    last = span.day_of(period.end) if period else span.last_day
    if plan.scenario.posterior is None:
        check = check_means(bare, exact, plan.most_parts)
    else:
        check = _check_draws(plan, outcome, runner, seed)
    check = replace(check, guarded=min(outcome.guarded / outcome.trials, 1.0))
    # Actual figures take the place of won deals, in the walk as everywhere.
    bridge = walk(plan.scenario, first, last, exact, already=bare.already("bookings", first, last_day=last))
    steps = tuple((step, round(amount)) for step, amount in bridge)
    return Forecast(
        plan.scenario, outcome.trials, seed, bare.slices, outcome.money, outcome.closes, outcome.landed,
        exact.deal_chance, check, steps, (), by, _exact_means(plan.scenario, exact), _offers(plan.scenario),
        outcome.by_product, bare.known,
    )  # fmt: skip


def _check_draws(plan: Plan, outcome: Outcome, runner: _Runner, seed: int) -> Check:
    """Check a run under posterior draws: wins draw by draw, everything else at fixed figures (MODEL 11)."""
    scenario = plan.scenario
    wins = compare_wins(scenario, outcome.ever, won_ever(scenario, draws_looked_at(scenario)))
    fixed = compile_plan(replace(scenario, posterior=_fixed(scenario)), seed)
    trials = min(outcome.trials, FIXED_TRIALS)
    played = replace(runner, progress=None).play(fixed, empty_outcome(fixed), trials)
    exact = expected(replace(scenario, posterior=None))
    return check_means(_bare(fixed, played), exact, fixed.most_parts, list(wins))


def _fixed(scenario: Scenario) -> Posterior:
    """Return the plug-in figures of what is learned as the only draw, so that the same engine plays them."""
    assert scenario.posterior is not None
    segments = {}
    for segment in scenario.segments:
        learned = scenario.posterior.segments.get(segment.name, SegmentDraws())
        generation = segment.generation if learned.generation else None
        segments[segment.name] = SegmentDraws(
            FunnelDraws.of(segment.funnel) if learned.funnel else None,
            generation=GenerationDraws.of(generation) if generation else None,
        )
    return Posterior(1, segments)


def _offers(scenario: Scenario) -> tuple[OfferEffect, ...]:
    """Return what each offer costs and brings."""
    effects = offer_effects(scenario) if scenario.offers else ()
    return tuple(OfferEffect(e.name, e.cost, e.days, e.yearly_rate) for e in effects)


def _exact_means(scenario: Scenario, exact: Expected) -> ExactMeans | None:
    """Return the means of all sources together, None where those of returns are not among them."""
    if exact.exempt_returns:
        return None
    return ExactMeans({s: getattr(exact, s).sum(axis=0) for s in scenario.series}, exact.winners.sum(axis=0))


def _other_markets(main: Trials, plan: Plan, runner: _Runner) -> tuple[tuple[str, Floats], ...]:
    """Return the headline bookings if deals were independent, as assumed, and if they moved together.

    The same draws under another market; what lies beyond the headline's period, or follows the signature, is
    not played.
    """
    period, alone = main.headline_period, _Runner(1, None, runner.block)
    asked = _bookings_until(plan.scenario, period) if period else plan.scenario
    whole, past = main.window("bookings", period) if period else main.total("bookings")
    signed = replace(compile_plan(asked, main.seed), bookings_only=True)
    markets = Market.independent(plan.market.phi), Market.strong(plan.market.phi)

    def played(number: int, _: int) -> Floats:
        other = replace(signed, market=markets[number])
        trials = _bare(other, alone.play(other, empty_outcome(other), main.trials))
        return trials.amounts("bookings") + past

    workers = min(runner.workers, 2) if is_worth_dividing(signed, main.trials) else 1
    independent, strong = side_by_side(played, [(0, 1), (1, 2)], workers)
    return ("independent", independent), ("as assumed", whole), ("strong", strong)


def _bookings_until(scenario: Scenario, period: Period) -> Scenario:
    """Return the scenario up to a period's end, without what does not touch its bookings."""
    old = scenario.horizon
    short = horizon(old.as_of, period.end, old.fiscal, old.kind)
    return replace(
        scenario, horizon=short, targets=(), receivables=Receivables.empty(), invoice_segment=(),
        wins=Wins.empty(),
    )  # fmt: skip
