"""Walk deals whose outcome is decided through their stages: the semi-Markov walk given the end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.distributions import Distribution
from simulator.engine.identity import Entities
from simulator.engine.stays import StayTables
from simulator.funnel import Funnel
from simulator.streams import Words

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_MOVES: Final = 60
"""After so many moves an attempt takes its decided outcome (MODEL 1, guard)."""


@dataclass(frozen=True)
class Path:
    """The walk of one outcome, as tables over (stage, slot); a slot is one possible next move.

    Attributes:
        moves: cumulative chances, floats[stage, slot].
        target: stage that the move leads to, the number of stages or more for the end, integers[stage, slot].
        law: index of the stay's law, integers[stage, slot].
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
    return Path(moves, target.astype(np.int64), law, (chances > 0).sum(axis=1) <= 1)


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

    def only(self, some: Integers) -> Walkers:
        """Return some of them."""
        return replace(self, which=self.which[some], offsets=self.offsets[some])

    def again(self) -> Walkers:
        """Return the same deals in their next attempt."""
        return replace(self, attempt=self.attempt + 1)


def walk(
    walkers: Walkers, path: Path, tables: StayTables, stage: Integers, days: Integers, first_move: int = 0
) -> tuple[Integers, int]:
    """Return the operational days at which each walker ends, and how many the guard stopped.

    Args:
        walkers: who walks.
        path: moves given the outcome.
        tables: of the stays.
        stage: where each stands, having just entered; the end where it is beyond the last stage.
        days: operational days so far.
        first_move: number of moves already made.
    """
    size = len(path.moves)
    days = days.copy()
    active = np.flatnonzero(stage < size)
    stage = stage[active]
    move = first_move
    while len(active) and move < MOST_MOVES:
        which, offsets = walkers.which[active], walkers.offsets[active]
        slot = _slots(walkers, path, stage, which, offsets, move)
        u = walkers.entities.draw("stays", which, offsets, move, walkers.attempt)
        days[active] += tables.draw(path.law[stage, slot], u)
        stage = path.target[stage, slot]
        going = stage < size
        active, stage = active[going], stage[going]
        move += 1
    return days, len(active)


def _slots(
    walkers: Walkers, path: Path, stage: Integers, which: Integers, offsets: Words, move: int
) -> Integers:
    """Return the slot that each walker takes from its stage."""
    slot = np.zeros(len(stage), dtype=np.int64)
    choice = np.flatnonzero(~path.single[stage])
    if len(choice):
        u = walkers.entities.draw("moves", which[choice], offsets[choice], move, walkers.attempt)
        slot[choice] = choose(path.moves[stage[choice]], u)
    return slot


def choose(cumulative: Floats, u: Floats) -> Integers:
    """Return which of the cumulative chances, floats[n, slot], each uniform falls in."""
    slot = np.zeros(len(u), dtype=np.int64)
    for column in range(cumulative.shape[1] - 1):
        slot += u > cumulative[:, column]
    return slot
