"""Show each past deal once as it stood on some day, and what has become of it since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.clock import Clock
from simulator.funnel import Funnel
from simulator.history import UNKNOWN, History
from simulator.learning.evidence import quarter_of
from simulator.learning.market import chances_at
from simulator.learning.spells import Spells
from simulator.records import dataclass
from simulator.streams import UniformRow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_MOST_DAYS: Final = 24
_LEAST_STEP: Final = 7
_TAKEN: Final = 0.35
"""Chance that a deal open on a day of snapshots is shown on that day, if it was not before."""


@dataclass(frozen=True, eq=False)
class Snapshots:
    """Deals as they stood on a day of the past, at most one snapshot each.

    Attributes:
        deal: index into the deals of the history, integers[n].
        segment: index, integers[n].
        stage: in which it stood, integers[n].
        quarter: of the day, integers[n].
        before: h_s(a) on that day, floats[n].
        after: chance as known now: 1 won, 0 lost, h_s(a) while open, floats[n].
        pushes: how often its stated date had been moved later, integers[n].
        overdue: whether that date had passed, bools[n].
        amount: minor units as known then, −1 where not, integers[n].
    """

    deal: Integers
    segment: Integers
    stage: Integers
    quarter: Integers
    before: Floats
    after: Floats
    pushes: Integers
    overdue: NDArray[np.bool_]
    amount: Integers

    def __len__(self) -> int:
        return len(self.deal)

    @property
    def closed(self) -> int:
        """How many have closed since."""
        return int(((self.after == 0) | (self.after == 1)).sum())

    @staticmethod
    def together(parts: Sequence[Snapshots]) -> Snapshots:
        """Return several as one."""
        columns = [f.name for f in fields(Snapshots)]
        return Snapshots(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in columns})

    def only(self, some: NDArray[Any]) -> Snapshots:
        """Return some of them."""
        return Snapshots(**{f.name: getattr(self, f.name)[some] for f in fields(self)})


def snapshot_days(spells: Spells) -> Integers:
    """Return the days on which past deals are shown, a week or more apart, ordinals."""
    if not len(spells):
        return np.zeros(0, dtype=np.int64)
    first = int(spells.began.min())
    step = max(_LEAST_STEP, (spells.known - first) // _MOST_DAYS)
    return np.arange(first + step, spells.known, step)


def take_snapshots(
    history: History,
    spells: Spells,
    clocks: Sequence[Clock],
    funnels: Mapping[str, Funnel],
    days: Integers,
    row: UniformRow,
) -> Snapshots:
    """Return one snapshot of each deal that was open on some of the days.

    On the first day on which a deal is open it is shown with chance .35, else perhaps on the next: a rule
    that does not look ahead. Choosing among all days of its life would show deals that live long less often
    on each, and those are not won as often as the others.

    Args:
        history: as known.
        spells: of some of its deals.
        clocks: by segment.
        funnels: by segment, learned from other deals.
        days: ordinals, rising, before the day known.
        row: of the uniforms.
    """
    shown = np.zeros(len(history.deals), dtype=bool)
    parts = []
    for day in days.tolist():
        coin = row.uniforms(len(history.deals)) < _TAKEN
        there = (spells.began <= day) & (spells.until > day) & (day >= history.since)
        chosen = np.flatnonzero(there & coin[spells.deal] & ~shown[spells.deal])
        shown[spells.deal[chosen]] = True
        parts.append(_shown(history, spells, clocks, funnels, day, chosen))
    return Snapshots.together(parts) if parts else _none()


def _none() -> Snapshots:
    whole, real = np.zeros(0, dtype=np.int64), np.zeros(0)
    return Snapshots(whole, whole, whole, whole, real, real, whole, np.zeros(0, dtype=bool), whole)


def _shown(
    history: History,
    spells: Spells,
    clocks: Sequence[Clock],
    funnels: Mapping[str, Funnel],
    day: int,
    chosen: Integers,
) -> Snapshots:
    age = np.zeros(len(chosen))
    for g, clock in enumerate(clocks):
        its = spells.segment[chosen] == g
        begun = clock.at_end_of(spells.began[chosen[its]] - spells.known)
        age[its] = clock.at_end_of(day - spells.known) - begun
    deal = spells.deal[chosen]
    last_of = np.zeros(len(history.deals), dtype=np.int64)
    last_of[spells.deal] = np.arange(len(spells))
    last = last_of[deal]
    after = chances_at(spells, last, spells.age[last], funnels)
    after = np.where(spells.target[last] == spells.stages, 1.0, after)
    after = np.where(spells.target[last] == spells.stages + 1, 0.0, after)
    then = _told_by(history, day)
    return Snapshots(
        deal=deal,
        segment=spells.segment[chosen],
        stage=spells.stage[chosen],
        quarter=np.full(len(chosen), int(quarter_of(day))),
        before=chances_at(spells, chosen, np.maximum(age, 0.0), funnels),
        after=after,
        pushes=then.pushes[deal],
        overdue=(then.stated[deal] != UNKNOWN) & (then.stated[deal] <= day),
        amount=then.amount[deal],
    )


@dataclass(frozen=True, eq=False)
class _Told:
    """What the log told of every deal by a day."""

    stated: Integers
    pushes: Integers
    amount: Integers


def _told_by(history: History, day: int) -> _Told:
    """Return the last stated date and amount of each deal by a day, and how often the date moved later."""
    moves = history.moves
    known = (moves.recorded <= day) & (moves.day <= day)
    stated = np.full(len(history.deals), UNKNOWN)
    dated = np.flatnonzero(known & (moves.stated != UNKNOWN))
    stated[moves.deal[dated]] = moves.stated[dated]
    same = np.diff(moves.deal[dated]) == 0
    later = np.flatnonzero(same & (np.diff(moves.stated[dated]) > 0)) + 1
    pushes = np.bincount(moves.deal[dated[later]], minlength=len(history.deals))
    amount = history.deals.amount.copy()
    valued = np.flatnonzero(known & (moves.amount >= 0))
    amount[moves.deal[valued]] = moves.amount[valued]
    return _Told(stated, pushes, amount)
