"""Count the deals that are won and lost inside windows, trial by trial, by a walk of its own.

The engine follows losers only where they come back; whoever is to be held against past losses needs them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.backtest.chances import Luck, SegmentChances, draw_luck, segment_chances
from simulator.backtest.kernels import Kernel, choose
from simulator.close_dates import AGE_GRID, latest, retimed
from simulator.engine.moments import log_time_moments
from simulator.periods import add_months
from simulator.scenario import Scenario, Segment
from simulator.streams import UniformRow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Marks = NDArray[np.bool_]

TILE = 1 << 17
"""Walkers that are followed at once."""
MOST_MOVES = 60
QUANTILES = 64
OPEN, NEW = 0, 1


@dataclass(frozen=True, eq=False)
class Counts:
    """How many deals are lost and won in each trial.

    Attributes:
        last_days: of the windows, days from as-of.
        counts: floats[window, segment, source, outcome, trial]; sources open and new, outcomes lost and won.
    """

    last_days: tuple[int, ...]
    counts: Floats

    def of(self, last_day: int, outcome: int, source: str, segment: int | None = None) -> Floats:
        """Return a count, floats[trial].

        Args:
            last_day: of the window.
            outcome: 0 lost, 1 won.
            source: `open`, `new` or `all`.
            segment: index, None for all.
        """
        chosen = self.counts[self.last_days.index(last_day), :, :, outcome]
        chosen = chosen.sum(axis=0) if segment is None else chosen[segment]
        return np.asarray(
            chosen.sum(axis=0) if source == "all" else chosen[OPEN if source == "open" else NEW]
        )


def count_outcomes(scenario: Scenario, last_days: Sequence[int], trials: int, seed: int) -> Counts:
    """Return how many deals are won and lost inside windows, in the law of the engine (MODEL 1, 2, 4, 5).

    Open deals in their first attempt, and deals still to come. Those that come back after they were lost are
    not counted again.

    Args:
        scenario: what is forecast.
        last_days: of the windows, days from as-of, inside the horizon.
        trials: how many.
        seed: of the run.
    """
    luck = draw_luck(scenario, max(last_days), trials, seed)
    counts = np.zeros((len(last_days), len(scenario.segments), 2, 2, trials))
    for index, segment in enumerate(scenario.segments):
        row = UniformRow(seed, f"backtest/{segment.name}")
        chances = segment_chances(scenario, index, luck)
        tally = _Tally(tuple(last_days), counts[:, index], segment)
        _open_deals(scenario, index, chances, row, tally)
        if segment.generation is not None:
            _to_come(scenario, index, chances, row, tally)
    return Counts(tuple(last_days), counts)


@dataclass(frozen=True)
class _Tally:
    last_days: tuple[int, ...]
    counts: Floats
    segment: Segment

    @property
    def last(self) -> int:
        return max(self.last_days)

    @property
    def end(self) -> float:
        """Clock value after which nothing matters."""
        return float(self.segment.clock.at_end_of(self.last))

    def add(self, source: int, won: bool, trial: Integers, clock: Floats) -> None:
        """Count what ends at clock values."""
        day = self.segment.clock.day_of(clock)
        if won:
            day = day + self.segment.close_date.delay_days
        self.add_days(source, won, trial, day)

    def add_days(self, source: int, won: bool, trial: Integers, day: Integers) -> None:
        for window, last in enumerate(self.last_days):
            inside = trial[day <= last]
            self.counts[window, source, int(won)] += np.bincount(inside, minlength=self.counts.shape[-1])


def _open_deals(
    scenario: Scenario, index: int, chances: SegmentChances, row: UniformRow, tally: _Tally
) -> None:
    pipeline, segment, trials = scenario.pipeline, scenario.segments[index], chances.trials
    own = np.flatnonzero(pipeline.segment == index)
    dated = segment.close_date.rule == "blend" and bool(np.any(pipeline.stated_days[own] > 0))
    moments = log_time_moments(segment.funnel) if dated else None
    most = max(TILE // trials, 1)
    for stage in np.unique(pipeline.stage[own]).tolist():
        group = own[pipeline.stage[own] == stage]
        for first in range(0, len(group), most):
            deals = group[first : first + most]
            ages, label = _ages(chances, stage, pipeline.age[deals], row)
            first_moves = chances.kernel.first_moves(stage, ages)
            p = chances.open_deals(scenario, deals, stage, first_moves, label)
            won = row.uniforms(trials, len(deals)) < p
            for outcome in (False, True):
                trial, column = np.nonzero(won if outcome else ~won)
                which = label[trial, column]
                some = _Some(trial, deals[column], which, ages[which])
                _follow(scenario, segment, stage, some, first_moves, chances, moments, row, tally, outcome)


@dataclass(frozen=True)
class _Some:
    """Open deals of one outcome: trial, place in the pipeline, label of the age, age."""

    trial: Integers
    deal: Integers
    label: Integers
    age: Floats


def _follow(
    scenario: Scenario, segment: Segment, stage: int, some: _Some, first_moves: Floats,
    chances: SegmentChances, moments: tuple[Floats, Floats] | None, row: UniformRow, tally: _Tally, won: bool,
) -> None:  # fmt: skip
    """Walk open deals of one outcome to their end, and count those that reach it in time."""
    kernel, draw = chances.kernel, chances.draw[some.trial]
    ends = kernel.h if won else 1 - kernel.h
    cumulative = np.cumsum(first_moves[draw, some.label] * ends[draw], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        cumulative = np.nan_to_num(cumulative / cumulative[:, -1:], nan=1.0)
    target = choose(cumulative, row.uniforms(len(draw)))
    days = kernel.stay(np.full(len(draw), stage), target, draw, row.uniforms(len(draw)), some.age)
    until, line = np.full(len(draw), tally.end), (np.ones(len(draw)), np.ones(len(draw)))
    if won:
        mean, sd = np.zeros(len(draw)), np.zeros(len(draw))
        if moments is not None:
            grid = AGE_GRID[: moments[0].shape[1]]
            mean, sd = (np.interp(some.age, grid, table[stage]) for table in moments)
        stated, pushes = (a[some.deal] for a in (scenario.pipeline.stated_days, scenario.pipeline.pushes))
        line = segment.close_date.line(stated, pushes, mean, sd)
        until = latest(until, *line)
    days = _walk(kernel, won, draw, target, days, until, row)
    tally.add(OPEN, won, some.trial, retimed(days, *line))


def _to_come(scenario: Scenario, index: int, chances: SegmentChances, row: UniformRow, tally: _Tally) -> None:
    """Let deals arrive, month by month, decide each, and walk it to its end."""
    segment = scenario.segments[index]
    for month in _months(scenario, segment, tally.last):
        share = (month.end - month.start) / (month.end - month.whole_start)
        rate, kappa = chances.arrival_rate(month.number)
        counts = _counts(rate * share, kappa, row, chances.trials)
        for trial in _tiles(counts):
            draw = chances.draw[trial]
            stage = choose(chances.entry(trial), row.uniforms(len(trial)))
            begin = month.start + (month.end - month.start) * row.uniforms(len(trial))
            won = row.uniforms(len(trial)) < chances.arrivals(scenario, trial, stage, month.quarter, row)
            for outcome in (False, True):
                some = np.flatnonzero((won == outcome) & (begin <= tally.end))
                days = np.zeros(len(some), dtype=np.int64)
                latest = tally.end - begin[some]
                days = _walk(chances.kernel, outcome, draw[some], stage[some], days, latest, row)
                tally.add(NEW, outcome, trial[some], begin[some] + days)
        birds = _counts(chances.bluebird_rate(month.number) * share, kappa, row, chances.trials)
        for trial in _tiles(birds):
            begin = month.start + (month.end - month.start) * row.uniforms(len(trial))
            tally.add_days(NEW, True, trial, segment.clock.day_of(begin))


@dataclass(frozen=True)
class _Month:
    """A calendar month of arrivals: months after the as-of day's, market quarter, clock values."""

    number: int
    quarter: int
    whole_start: float
    start: float
    end: float


def _months(scenario: Scenario, segment: Segment, last: int) -> Iterator[_Month]:
    horizon, first, number = scenario.horizon, scenario.horizon.as_of.replace(day=1), 0
    while horizon.day_of(first) <= last:
        following = add_months(first, 1)
        whole, end = (float(segment.clock.at_end_of(horizon.day_of(d) - 1)) for d in (first, following))
        if end > max(whole, 0.0):
            yield _Month(number, Luck.quarter(first, horizon.as_of), whole, max(whole, 0.0), end)
        first, number = following, number + 1


def _walk(
    kernel: Kernel, won: bool, draw: Integers, stage: Integers, days: Integers, latest: Floats,
    row: UniformRow,
) -> Integers:  # fmt: skip
    """Return the days at which walkers of one outcome end; those that no longer matter stop short."""
    days, stage = days.copy(), stage.copy()
    moves = kernel.moves[int(won)]
    active = np.flatnonzero((stage < kernel.stages) & (days <= latest))
    for _ in range(MOST_MOVES):
        if not len(active):
            break
        target = choose(moves[draw[active], stage[active]], row.uniforms(len(active)))
        days[active] += kernel.stay(stage[active], target, draw[active], row.uniforms(len(active)))
        stage[active] = target
        active = active[(target < kernel.stages) & (days[active] <= latest[active])]
    return days


def _ages(
    chances: SegmentChances, stage: int, known: Floats, row: UniformRow
) -> tuple[Floats, Integers]:  # fmt: skip
    """Return ages, and which of them each deal has in each trial, integers[trial, deal].

    Ages that are not known are drawn from the equilibrium law, of many kernels by its quantiles.
    """
    shape, missing = (chances.trials, len(known)), np.flatnonzero(np.isnan(known))
    label = np.broadcast_to(np.arange(len(known)), shape).copy()
    if not len(missing):
        return known, label
    law = np.cumsum(chances.segment.funnel.resting_ages(stage))
    law[-1] = 1.0
    if chances.kernel.draws > 1:
        drawn = np.searchsorted(law, (np.arange(QUANTILES) + 0.5) / QUANTILES)
        at = (row.uniforms(shape[0], len(missing)) * QUANTILES).astype(np.int64)
    else:
        drawn, at = np.arange(len(law)), np.searchsorted(law, row.uniforms(shape[0], len(missing)))
    label[:, missing] = len(known) + at
    return np.concatenate((np.nan_to_num(known), drawn.astype(np.float64))), label


def _counts(rate: Floats, kappa: Floats, row: UniformRow, trials: int) -> Integers:
    """Draw negative binomial counts, integers[trial]: Poisson of a gamma rate with shape κ."""
    u, v = row.uniforms(trials), row.uniforms(trials)
    with np.errstate(invalid="ignore"):
        factor = np.where(np.isinf(kappa), 1.0, special.gammaincinv(np.minimum(kappa, 1e8), u) / kappa)
    mean = np.maximum(rate * factor, 0.0)
    count = np.where(mean > 0, np.ceil(np.nan_to_num(special.pdtrik(v, np.maximum(mean, 1e-12)))), 0.0)
    count = np.maximum(count, 0.0)
    # The inverse is exact to rounding only: one step up or down mends it.
    count += special.pdtr(count, mean) < v
    count -= (count > 0) & (special.pdtr(np.maximum(count - 1, 0), mean) >= v)
    return np.asarray(count).astype(np.int64)


def _tiles(counts: Integers) -> Iterator[Integers]:
    """Yield the trial of each arrival, at most about a tile at once."""
    step = max(int(TILE // max(counts.mean(), 0.5)), 1)
    for first in range(0, len(counts), step):
        some = counts[first : first + step]
        if some.any():
            yield np.repeat(np.arange(first, first + len(some)), some)
