"""Walk deals whose outcome is decided through their stages: the semi-Markov walk given the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from simulator.distributions import Distribution
from simulator.engine.identity import Entities
from simulator.engine.stays import StayTables
from simulator.funnel import Funnel
from simulator.records import dataclass
from simulator.streams import Words, uniforms, words

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

Trail = list[tuple[Integers, Integers, Integers]]
"""Moves of some walkers: which of them, the stage that each enters, and the days of its walk until then."""

MOST_MOVES: Final = 60
"""After so many moves an attempt takes its decided outcome (MODEL 1, guard)."""


class Steps(Protocol):
    """How some walkers go on, given the outcome."""

    @property
    def size(self) -> int:
        """Number of open stages."""
        ...

    @property
    def single(self) -> bool:
        """Whether every stage has one move only, so that none is drawn."""
        ...

    def only(self, some: Integers | slice) -> Self:
        """Return the steps of some of the walkers."""
        ...

    def take(self, stage: Integers, moves: Floats, stays: Words) -> tuple[Integers, Integers]:
        """Return the stage that each walker enters next, beyond the last at its end, and the days until then.

        Args:
            stage: where each stands.
            moves: uniforms that decide where it goes.
            stays: words of the uniforms that decide when.
        """
        ...

    def take_only(self, stage: int, stays: Words) -> tuple[int, Integers]:
        """Return likewise where all go who stand in a stage that has one move only, and when each does."""
        ...


@dataclass(frozen=True)
class Path:
    """The walk of one outcome, as tables over (slot, stage); a slot is one possible next move.

    Attributes:
        moves: cumulative chances, floats[slot, stage].
        target: stage that the move leads to, the number of stages or more for the end, integers[slot, stage].
        law: index of the stay's law, integers[slot, stage].
        single: whether a stage has one move only, so that none is drawn, bools[stage].
    """

    moves: Floats
    target: Integers
    law: Integers
    single: NDArray[np.bool_]


def path_tables(funnel: Funnel, chances: Floats, laws: list[Distribution]) -> Path:
    """Return the tables of a conditional walk.

    Args:
        funnel: with the laws of the stays.
        chances: `funnel.winning` or `funnel.losing`.
        laws: of all stays so far; laws not yet in it are appended.
    """
    size = len(funnel.stages)
    slots = max(int((chances > 0).sum(axis=1).max(initial=1)), 1)
    moves, target = np.ones((size, slots)), np.full((size, slots), funnel.lost)
    law = np.zeros((size, slots), dtype=np.int64)
    for s in range(size):
        for slot, k in enumerate(np.flatnonzero(chances[s])):
            target[s, slot], moves[s, slot] = k, chances[s, : k + 1].sum()
            stay = funnel.stays[s][k]
            assert stay is not None
            if stay not in laws:
                laws.append(stay)
            law[s, slot] = laws.index(stay)
        moves[s, max(int((chances[s] > 0).sum()) - 1, 0) :] = 1.0
    single = (chances > 0).sum(axis=1) <= 1
    return Path(moves.T.copy(), target.T.astype(np.int64), law.T.copy(), single)


@dataclass(frozen=True)
class TableSteps:
    """Steps by tables that all trials share.

    Attributes:
        path: moves given the outcome.
        tables: of the stays.
    """

    path: Path
    tables: StayTables

    @property
    def size(self) -> int:
        """Number of open stages."""
        return len(self.path.single)

    @property
    def single(self) -> bool:
        """Whether every stage has one move only."""
        return bool(self.path.single.all())

    def only(self, some: Integers | slice) -> TableSteps:
        """Return the same steps: they are those of all walkers."""
        return self

    def take(self, stage: Integers, moves: Floats, stays: Words) -> tuple[Integers, Integers]:
        """Return the stage that each walker enters next, and the days until then."""
        law, target = _taken(self.path, stage, moves)
        return target, self.tables.draw(law, stays)

    def take_only(self, stage: int, stays: Words) -> tuple[int, Integers]:
        """Return the stage that all enter next from one that has one move only, and the days until then."""
        law, target = self.path.law[0, stage], self.path.target[0, stage]
        return int(target), self.tables.draw(int(law), stays)


@dataclass(frozen=True)
class Walkers:
    """Deals on their way, one attempt of one trial each.

    Attributes:
        entities: whose draws they take.
        which: entity of each.
        offsets: `trial_offsets` of each one's trial.
        attempt: 0 for the deal itself, 1 for its first return.
    """

    entities: Entities
    which: Integers
    offsets: Words
    attempt: int = 0

    def only(self, some: Integers | slice) -> Walkers:
        """Return some of them."""
        return replace(self, which=self.which[some], offsets=self.offsets[some])

    def draw(self, purpose: str, n: int = 0) -> Floats:
        """Return the n-th uniform of a purpose of each."""
        return self.entities.draw(purpose, self.which, self.offsets, n, self.attempt)

    def again(self, step: int = 1) -> Walkers:
        """Return the same deals in their next attempt."""
        return replace(self, attempt=self.attempt + step)


def walk(
    walkers: Walkers, steps: Steps, stage: Integers, days: Integers, latest: Floats, first_move: int = 0,
    trail: Trail | None = None,
) -> tuple[Integers, int]:  # fmt: skip
    """Return the operational days at which each walker ends, and how many the guard stopped.

    Args:
        walkers: who walks.
        steps: moves and stays given the outcome.
        stage: where each stands, having just entered; the end where it is beyond the last stage.
        days: operational days so far.
        latest: days after which the end of a walk no longer matters, so that it may stop short, floats[n].
        first_move: number of moves already made.
        trail: takes each move as it is made, where somebody follows.
    """
    days = days.copy()
    if not steps.single:
        return days, _walk_apart(walkers, steps, stage, days, latest, first_move, trail)
    guarded = 0
    for at, some in _by_stage(stage):
        guarded += _walk_together(walkers, steps, at, days, latest, first_move, trail, some)
    return days, guarded


def _by_stage(stage: Integers) -> Iterator[tuple[int, Integers | slice]]:
    """Yield each stage among some with the places of those who stand in it, a slice where all do."""
    if len(stage) and stage.min() == stage.max():
        yield int(stage[0]), slice(None)
        return
    for each in np.flatnonzero(np.bincount(stage)).tolist():
        yield each, np.flatnonzero(stage == each)


def _walk_together(
    walkers: Walkers, steps: Steps, stage: int, days: Integers, latest: Floats, move: int,
    trail: Trail | None, some: Integers | slice,
) -> int:  # fmt: skip
    """Walk some from one stage to the end, where no move is drawn: they stay together, none is looked up.

    The arguments are those of `walk`; days are written in place. Returns how many the guard stopped.
    """
    walkers, steps, spent = walkers.only(some), steps.only(some), days[some]
    states = walkers.entities.states("stays", walkers.which, walkers.offsets, walkers.attempt)
    while stage < steps.size and move < MOST_MOVES:
        stage, stay = steps.take_only(stage, words(states, move))
        spent = spent + stay
        move += 1
        if trail is not None:
            trail.append((np.arange(len(days))[some], np.full(len(spent), stage), spent))
    days[some] = spent
    return int(np.count_nonzero(spent <= latest[some])) if stage < steps.size else 0


def _walk_apart(
    walkers: Walkers, steps: Steps, stage: Integers, days: Integers, latest: Floats, move: int,
    trail: Trail | None,
) -> int:  # fmt: skip
    """Walk those whose moves are drawn, each its own way; as `_walk_together`."""
    size = steps.size
    active = np.flatnonzero((stage < size) & (days <= latest))
    stage, steps = stage[active], steps.only(active)
    which, offsets, entities = walkers.which[active], walkers.offsets[active], walkers.entities
    stays, moves = (entities.states(p, which, offsets, walkers.attempt) for p in ("stays", "moves"))
    while len(active) and move < MOST_MOVES:
        target, stay = steps.take(stage, uniforms(moves, move), words(stays, move))
        spent = days[active] + stay
        days[active] = spent
        if trail is not None:
            trail.append((active, target, spent))
        going = np.flatnonzero((target < size) & (spent <= latest[active]))
        active, stage, steps = active[going], target[going], steps.only(going)
        stays, moves = stays[going], moves[going]
        move += 1
    return len(active)


def _taken(path: Path, stage: Integers, u: Floats) -> tuple[Integers, Integers]:
    """Return law and target of the move that each walker takes from its stage."""
    flat = stage
    for moves in path.moves[:-1]:
        flat = flat + (u > moves[stage]) * len(path.single)
    return path.law.ravel()[flat], path.target.ravel()[flat]


def choose(cumulative: Floats, u: Floats) -> Integers:
    """Return which of the cumulative chances, floats[n, slot], each uniform falls in."""
    slot = np.zeros(len(u), dtype=np.int64)
    for column in range(cumulative.shape[1] - 1):
        slot += u > cumulative[:, column]
    return slot
