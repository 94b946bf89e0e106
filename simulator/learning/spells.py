"""Read a history as stays in stages: how long, to where, and what could not be seen of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.clock import WORKING_WEEK, Clock, operational_clock
from simulator.history import UNKNOWN, WON, History
from simulator.learning.evidence import quarter_of
from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

STILL: Final = -1
"""Stands for the target of a stay that has not ended."""
BLUEBIRD_DAYS: Final = 3
"""Calendar days from creation to won within which a deal is a bluebird (MODEL 5)."""
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Spells:
    """Stays of deals in open stages, in order of deal and time, one value each.

    Attributes:
        stages: S, how many open stages there are; S stands for won, S + 1 for lost.
        segments: names.
        known: end of this day is the as-of time, ordinal.
        segment: index into `segments`.
        deal: index into the deals of the history.
        stage: of the stay.
        target: stage entered next, `STILL` where the deal is still there.
        length: whole operational days of the stay; of one that goes on, the whole days that are over.
        entry: whole operational days that were over when the log began to see it, −1 if it saw all of it.
        age: operational days until `known`, of stays that go on; else 0.
        began: day, ordinal.
        until: day of its end, or `known`.
        quarter: calendar quarter of the deal's arrival, or in which the log first saw it.
    """

    stages: int
    segments: tuple[str, ...]
    known: int
    segment: Integers
    deal: Integers
    stage: Integers
    target: Integers
    length: Integers
    entry: Integers
    age: Floats
    began: Integers
    until: Integers
    quarter: Integers

    def __len__(self) -> int:
        return len(self.deal)

    def only(self, some: NDArray[Any]) -> Spells:
        """Return some of the stays."""
        columns = {f.name: getattr(self, f.name) for f in fields(self)}
        return Spells(**{k: v[some] if isinstance(v, np.ndarray) else v for k, v in columns.items()})

    def at(self, segment: int, stage: int) -> Spells:
        """Return those in one stage of one segment."""
        return self.only((self.segment == segment) & (self.stage == stage))

    @property
    def first(self) -> NDArray[np.bool_]:
        """Which stays are the first of their deals, bools[stay]."""
        return np.asarray(np.diff(self.deal, prepend=-1) != 0)

    @property
    def last(self) -> NDArray[np.bool_]:
        """Which stays are the last of their deals, bools[stay]."""
        return np.asarray(np.diff(self.deal, append=-1) != 0)


def segment_clocks(
    history: History,
    country: str | None = None,
    quarter_end_weight: float = 1.0,
    weekdays: tuple[float, ...] = WORKING_WEEK,
    months: tuple[float, ...] = (1.0, 1.0, 1.0),
) -> tuple[Clock, ...]:
    """Return one clock for each segment of a history, all with the same weights (see `operational_clock`)."""
    days = history.moves.day[history.moves.day > UNKNOWN]
    first = int(days.min()) - history.known if len(days) else 0
    known, begin = date.fromordinal(history.known), min(first - 1, 0)
    clock = operational_clock(known, begin, 1, country, quarter_end_weight, weekdays, months)
    return (clock,) * len(history.segments)


def spells_of(history: History, clocks: Sequence[Clock] | None = None) -> Spells:
    """Return the stays that a history tells, without those of bluebirds.

    A stay from day D to day E lasts ⌊W(E) − W(D)⌋ whole operational days. Deals older than the log are known
    only because they were still open when it began: their stays that ended before are left out, and the one
    that went on counts from then (left truncation, MODEL 8).

    Args:
        history: as known at its day.
        clocks: W by segment, day 0 the day known; weekends rest unless given.
    """
    moves, size, known = history.moves, len(history.stages), history.known
    clocks = clocks or segment_clocks(history)
    ends = np.append(moves.deal[1:] != moves.deal[:-1], True) if len(moves) else np.zeros(0, dtype=bool)
    target = np.where(ends, STILL, np.append(moves.stage[1:], STILL)[: len(moves)])
    until = np.where(ends, known, np.append(moves.day[1:], known)[: len(moves)])
    birds = bluebirds_of(history)
    # A deal that closed stays closed: an outcome is no stay, and what follows it is for the loader to judge.
    # Since when a deal is in the stage in which it was first seen may not be known: that stay is unused.
    kept = (moves.stage < size) & ~birds[moves.deal] & (moves.day > UNKNOWN)
    older = moves.day < history.since
    kept &= ~(older & (until < history.since))
    segment = history.deals.segment[moves.deal]
    worked = np.zeros((3, len(moves)))  # W at the beginning, at the end, and before the log began
    for s, clock in enumerate(clocks):
        its = segment == s
        worked[0, its] = clock.at_end_of(moves.day[its] - known)
        worked[1, its] = clock.at_end_of(until[its] - known)
        worked[2, its] = clock.at_end_of(history.since - 1 - known)
    age = np.maximum(worked[1] - worked[0], 0.0)
    before = np.floor(np.maximum(worked[2] - worked[0], 0.0) + _ROUNDING).astype(np.int64)
    seen = np.full(len(history.deals), np.iinfo(np.int64).max)
    np.minimum.at(seen, moves.deal[kept], np.maximum(moves.day, history.since)[kept])
    spells = Spells(
        stages=size,
        segments=history.segments,
        known=known,
        segment=segment,
        deal=moves.deal,
        stage=moves.stage,
        target=target,
        length=np.floor(age + _ROUNDING).astype(np.int64),
        entry=np.where(older, before, -1),
        age=np.where(target == STILL, age, 0.0),
        began=moves.day,
        until=until,
        quarter=quarter_of(np.minimum(seen, known))[moves.deal],
    )
    # What ended on a day of rest right after the log began was over before it could be seen to go on.
    kept &= (spells.target == STILL) | (spells.length > spells.entry)
    return spells.only(kept)


def bluebirds_of(history: History) -> NDArray[np.bool_]:
    """Tell which deals were first seen when won, at most three days after creation, bools[deal].

    They leave stays, win rates and arrivals. Without a stage log it is not known when a deal was first seen:
    then all that were won so soon are bluebirds.
    """
    deals, moves = history.deals, history.moves
    soon = (deals.outcome == WON) & (deals.created != UNKNOWN)
    soon &= deals.closed - deals.created <= BLUEBIRD_DAYS
    if not history.logged or not len(moves):
        return np.asarray(soon)
    first = np.full(len(deals), np.iinfo(np.int64).max)
    np.minimum.at(first, moves.deal, moves.recorded)
    return np.asarray(soon & (first >= deals.closed))
