"""Gather decided attempts and walk them to their end, many at once."""

from __future__ import annotations

from dataclasses import field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.close_dates import retimed
from simulator.distributions import remaining_days
from simulator.engine.block import Block
from simulator.engine.ends import LOST, NEW, OPEN, WON
from simulator.engine.plan import SegmentPlan
from simulator.engine.populations import Population
from simulator.engine.settle import close
from simulator.engine.walk import Trail, Walkers, walk
from simulator.funnel import tilted
from simulator.records import dataclass
from simulator.streams import Words

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FULL = 1 << 15
"""Attempts that are walked at once: enough to hide the cost of a call, few enough to stay in cache."""


@dataclass(frozen=True)
class Decided:
    """Attempts whose outcome is decided, in the stage that they enter next; arrays of equal length.

    Attributes:
        which: entity of each.
        offsets: `trial_offsets` of each one's trial.
        trial: within the block.
        begin: clock value at the attempt's start: 0 for open deals.
        stage: entered next; beyond the last stage where the end is reached.
        days: operational days since the start.
        until: days of the walk after which it no longer matters.
        factor: of the line that evidence of the close moves the days by (`CloseDateRule.line`), and
        power: of that line; None where there is none.
    """

    which: Integers
    offsets: Words
    trial: Integers
    begin: Floats
    stage: Integers
    days: Integers
    until: Floats
    factor: Floats | None = None
    power: Floats | None = None


@dataclass
class Road:
    """Attempts of one population, outcome and number, waiting to be walked.

    Attributes:
        population: what they are.
        attempt: 0 for the deal itself, 1 for its first return.
        won: the outcome.
        move: moves already made.
        waiting: what has gathered.
        size: how many.
    """

    population: Population
    attempt: int
    won: bool
    move: int
    waiting: list[Decided] = field(default_factory=list)
    size: int = 0


class Roads:
    """All roads of a segment in a block.

    Args:
        block: under way.
        plan: of the segment.
    """

    def __init__(self, block: Block, plan: SegmentPlan) -> None:
        self._block, self._plan = block, plan
        self._roads: dict[tuple[int, int, bool, int], Road] = {}

    def send(self, population: Population, attempt: int, won: bool, move: int, some: Decided) -> None:
        """Send decided attempts on their way; losers only where some of them come back."""
        if not len(some.which):
            return
        place = (id(population), attempt, won, move)
        road = self._roads.setdefault(place, Road(population, attempt, won, move))
        road.waiting.append(some)
        road.size += len(some.which)
        del some  # which would be held beside what becomes of it
        if road.size >= FULL:
            self._clear(road)

    def clear(self) -> None:
        """Walk all that still wait, and those that come back from it."""
        while waiting := [r for r in self._roads.values() if r.size]:
            self._clear(min(waiting, key=lambda r: (r.attempt, not r.won)))

    def _clear(self, road: Road) -> None:
        some = _joined(road.waiting)
        road.waiting, road.size = [], 0
        walkers = Walkers(road.population.entities, some.which, some.offsets, road.attempt)
        plan, steps = self._plan, self._plan.kernel.steps(road.won, self._block.draws_of(some.trial))
        trail, until = _trail(self._block, some)
        days, guarded = walk(walkers, steps, some.stage, some.days, until, road.move, trail)
        self._block.guarded += guarded
        if road.won:
            closing = _with_stated_date(some, days)
            day = plan.segment.clock.day_of(some.begin + closing) + plan.segment.close_date.delay_days
            self._reach(road, some.trial, day)
            self._tell(walkers, some, trail, days, closing, day)
            close(self._block, plan, road.population, walkers, some.trial, day, some.begin)
            return
        trial, clock = some.trial, some.begin + days
        if self._block.follows(road.attempt):  # then all losers were walked
            day = plan.segment.clock.day_of(clock)
            self._reach(road, trial, day)
            self._tell(walkers, some, trail, days, None, day)
            back = coming_back(plan, walkers)
            walkers, trial, clock = walkers.only(back), trial[back], clock[back]
        self._come_back(road.population, walkers, trial, clock)

    def _reach(self, road: Road, trial: Integers, day: Integers) -> None:
        """Count attempts that end on days, where they are followed."""
        ends, source = self._block.ends, NEW if road.population.is_new else OPEN
        if ends.follows(road.attempt):
            ends.reach(source, self._plan.index, WON if road.won else LOST, trial, day)

    def _tell(
        self, walkers: Walkers, some: Decided, trail: Trail | None, days: Integers, closing: Floats | None,
        day: Integers,
    ) -> None:  # fmt: skip
        """Tell the recorder of attempts that were walked; the stages of won ones move with their close."""
        recorder = self._block.recorder
        if recorder is None or trail is None:
            return
        moves = []
        for who, stage, after in trail:
            passed = after.astype(np.float64)
            if closing is not None:  # MODEL 2: by T'/T, or all at T' where T is 0
                whole = days[who]
                passed = np.where(whole > 0, passed / np.maximum(whole, 1), 1.0) * closing[who]
            moves.append((who, stage, self._plan.segment.clock.day_of(some.begin[who] + passed)))
        recorder.walked(self._plan, walkers, some.trial, closing is not None, moves, day)

    def _come_back(self, population: Population, walkers: Walkers, trial: Integers, clock: Floats) -> None:
        """Play the returns of lost deals: each at the first stage, with draws of its own."""
        block, plan = self._block, self._plan
        u = walkers.entities.draw("delay", walkers.which, walkers.offsets, 0, walkers.attempt)
        clock = clock + remaining_days(plan.segment.recycling.delay, u)
        day = plan.segment.clock.day_of(clock)
        # Where only days of rest lie ahead the clock stands still, and what is due at once comes after them.
        inside = np.flatnonzero(day <= block.plan.last_day)
        again, trial, clock = walkers.only(inside).again(), trial[inside], clock[inside]
        quarter = block.plan.quarter_of_day[day[inside]]
        enter(
            self, block, plan, population, again, trial, clock, np.zeros(len(trial), dtype=np.int64), quarter
        )


def enter(
    roads: Roads, block: Block, plan: SegmentPlan, population: Population, walkers: Walkers, trial: Integers,
    begin: Floats | None, stage: Integers, quarter: Integers | int, month: int = 0,
) -> None:  # fmt: skip
    """Decide attempts that enter a stage, and send them on their way.

    Args:
        roads: of the segment.
        block: under way.
        plan: of the segment.
        population: what the deals are.
        walkers: who enters.
        trial: of each.
        begin: clock value at entry; None for arrivals of a month, which spread over it.
        stage: entered.
        quarter: whose market each meets.
        month: of the arrivals.
    """
    u = walkers.entities.draw("outcome", walkers.which, walkers.offsets, 0, walkers.attempt)
    chance = _entry_chances(block, plan, population, walkers, trial, stage, quarter)
    won = u < chance
    if block.recorder is not None and block.recorder.follows:
        clock = arrival_clock(plan, walkers, month) if begin is None else begin
        before = special.ndtr(_entry_scores(block, plan, population, walkers, trial, stage))
        block.recorder.entered(plan, walkers, trial, stage, plan.segment.clock.day_of(clock), before, chance)
    if block.ends.counted and population.is_new and not walkers.attempt:
        lost, wins = (np.bincount(trial[some], minlength=block.trials) for some in (~won, won))
        block.ends.decide(NEW, plan.index, lost, wins)
    for outcome in outcomes(block, plan, walkers.attempt):
        some = np.flatnonzero(won if outcome else ~won)
        if not outcome:
            some = some[followed(block, plan, walkers.only(some))]
        who = walkers.only(some)
        start = arrival_clock(plan, who, month) if begin is None else begin[some]
        days = np.zeros(len(some), dtype=np.int64)
        decided = Decided(who.which, who.offsets, trial[some], start, stage[some], days, plan.end - start)
        roads.send(population, walkers.attempt, outcome, 0, decided)


def _entry_chances(
    block: Block, plan: SegmentPlan, population: Population, walkers: Walkers, trial: Integers,
    stage: Integers, quarter: Integers | int,
) -> Floats:  # fmt: skip
    """Return p' of attempts that enter a stage."""
    if not plan.chances.by_amount and not (population.is_new and plan.odds_differ):
        return np.asarray(block.entry_chances(plan)[stage, quarter, trial])
    score = _entry_scores(block, plan, population, walkers, trial, stage)
    return block.luck.moved(score, plan.index, quarter, trial, plan.segment.doubt[stage])


def _entry_scores(
    block: Block, plan: SegmentPlan, population: Population, walkers: Walkers, trial: Integers,
    stage: Integers,
) -> Floats:  # fmt: skip
    """Return Φ⁻¹(p*) of attempts that enter a stage."""
    if plan.chances.by_amount:
        amount = population.worth(walkers.which, population.amounts(walkers.which, walkers.offsets))
        score = plan.chances.entering(stage, block.draws[trial], plan.chances.log_amounts(amount))
    else:
        scores = plan.chances.entry_scores(block.draws)
        score = np.broadcast_to(scores, (len(scores), block.trials))[stage, trial]
    if plan.arrivals is not None and population.is_new and plan.odds_differ:
        odds = np.array([month.odds for month in plan.months])[walkers.which // plan.arrivals.most]
        score = special.ndtri(tilted(special.ndtr(score), odds))
    return np.asarray(score)


def outcomes(block: Block, plan: SegmentPlan, attempt: int) -> tuple[bool, ...]:
    """Return which outcomes of an attempt are walked: losers only where they count or some come back."""
    return (True, False) if block.follows(attempt) or plan.returns(attempt) else (True,)


def followed(block: Block, plan: SegmentPlan, walkers: Walkers) -> Integers:
    """Return which lost attempts are walked: all where their ends count, else those that come back."""
    if block.follows(walkers.attempt):
        return np.arange(len(walkers.which))
    return coming_back(plan, walkers)


def coming_back(plan: SegmentPlan, walkers: Walkers) -> Integers:
    """Return which lost attempts come back."""
    if not plan.returns(walkers.attempt):
        return np.arange(0)
    u = walkers.entities.draw("return", walkers.which, walkers.offsets, 0, walkers.attempt)
    return np.flatnonzero(u < plan.segment.recycling.chance)


def arrival_clock(plan: SegmentPlan, walkers: Walkers, month: int) -> Floats:
    """Return the clock value of each arrival, even over what is left of its month."""
    start, end = plan.months[month].start, plan.months[month].end
    return start + (end - start) * walkers.entities.draw("date", walkers.which, walkers.offsets)


def _trail(block: Block, some: Decided) -> tuple[Trail | None, Floats]:
    """Return where moves are taken down, the ones made already first, and how far attempts are walked.

    Where a recorder follows them it is to their end, however far beyond the horizon.
    """
    if block.recorder is None or not block.recorder.follows:
        return None, some.until
    everyone = np.arange(len(some.which))
    return [(everyone, some.stage, some.days)], np.full(len(everyone), np.inf)


def _with_stated_date(some: Decided, days: Integers) -> Floats:
    """Return the operational days to close after the stated date has been weighed in."""
    if some.factor is None or some.power is None:
        return days.astype(np.float64)
    return retimed(days, some.factor, some.power)


def _joined(pieces: list[Decided]) -> Decided:
    """Return all pieces as one; those of a road have the same columns."""
    if len(pieces) == 1:
        return pieces[0]
    columns: dict[str, list[Any]] = {f.name: [getattr(p, f.name) for p in pieces] for f in fields(Decided)}
    joined: dict[str, Any] = {n: None if c[0] is None else np.concatenate(c) for n, c in columns.items()}
    return Decided(**joined)
