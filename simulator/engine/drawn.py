"""Walk deals by the posterior draw of their trial: semi-Markov kernels with piecewise-constant hazards."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulator.distributions import LONGEST, TIE
from simulator.engine.walk import Walkers
from simulator.posterior import FunnelDraws
from simulator.records import dataclass
from simulator.streams import Words, as_uniforms

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class DrawnStays:
    """Whole-day stays of every draw, stage and next move, by inversion of the cumulative hazard.

    Rows are draw by draw, stage by stage, one a target. Bins are padded to a power of two.

    Attributes:
        edges: operational days, floats[stage, bin].
        reached: integral of the hazard up to each edge, infinite where there is none, floats[row, bin].
        rates: hazard a day from each edge on, floats[row, bin].
        targets: T, rows a stage has.
    """

    edges: Floats
    reached: Floats
    rates: Floats
    targets: int

    def days(
        self, row: Integers, stage: Integers | int, level: Floats, age: Floats | float = 0.0
    ) -> Integers:
        """Return whole days left until the integral of the hazard reaches a level: ⌈T − age − ½⌉ (MODEL 2).

        Args:
            row: law of each.
            stage: of each law.
            level: −ln of the survivors at the end, above 0.
            age: days already spent.
        """
        bins = self.reached.shape[1]
        reached, place = self.reached.ravel(), row * bins
        # The last edge at which the integral is still below the level starts the piece that meets it.
        half = bins >> 1
        while half:
            place += (reached[half:].take(place, mode="clip") < level) * half
            half >>= 1
        with np.errstate(over="ignore"):
            times = (level - reached[place]) / self.rates.ravel()[place]
        times += self.edges.ravel()[stage * bins + (place & (bins - 1))]
        times -= age + (0.5 + TIE)
        np.ceil(times, out=times)
        return np.asarray(np.clip(times, 0, LONGEST - 1, out=times)).astype(np.int64)


@dataclass(frozen=True, eq=False)
class DrawnPath:
    """The walk of one outcome; a slot is one possible next move.

    Attributes:
        moves: cumulative chances, floats[slot][draw · S + stage].
        target: stage that the move leads to, integers[slot, stage].
        row: place of the stay's law among those of the stage, integers[slot, stage].
    """

    moves: tuple[Floats, ...]
    target: Integers
    row: Integers


@dataclass(frozen=True, eq=False)
class DrawnSteps:
    """Steps of some walkers, each by its own draw.

    Attributes:
        path: moves given the outcome.
        stays: of all draws.
        first: draw · S of each walker.
    """

    path: DrawnPath
    stays: DrawnStays
    first: Integers

    @property
    def size(self) -> int:
        """Number of open stages."""
        return int(self.path.target.shape[1])

    @property
    def single(self) -> bool:
        """Whether every stage has one move only."""
        return len(self.path.moves) == 1

    def only(self, some: Integers | slice) -> DrawnSteps:
        """Return the steps of some of the walkers."""
        return replace(self, first=self.first[some])

    def take(self, stage: Integers, moves: Floats, stays: Words) -> tuple[Integers, Integers]:
        """Return the stage that each walker enters next, and the days until then."""
        place, slot = self.first + stage, stage
        for cumulative in self.path.moves[:-1]:
            slot = slot + (moves > cumulative[place]) * self.size
        row = place * self.stays.targets + self.path.row.ravel()[slot]
        return self.path.target.ravel()[slot], self.stays.days(row, stage, -np.log(as_uniforms(stays)))

    def take_only(self, stage: int, stays: Words) -> tuple[int, Integers]:
        """Return the stage that all enter next from one that has one move only, and the days until then."""
        row = (self.first + stage) * self.stays.targets + self.path.row[0, stage]
        return int(self.path.target[0, stage]), self.stays.days(row, stage, -np.log(as_uniforms(stays)))


@dataclass(frozen=True, eq=False)
class DrawnKernel:
    """The walk of a segment's deals, by draw.

    Attributes:
        funnel: the noun.
        stays: of its moves.
        winning: walk of the deals that are won.
        losing: walk of those that are lost.
    """

    funnel: FunnelDraws
    stays: DrawnStays
    winning: DrawnPath
    losing: DrawnPath

    @staticmethod
    def of(funnel: FunnelDraws) -> DrawnKernel:
        """Return the tables of all draws."""
        won = funnel.target_chances
        return DrawnKernel(funnel, _stays(funnel), _path(funnel, won), _path(funnel, 1 - won))

    @property
    def size(self) -> int:
        """Number of open stages."""
        return len(self.funnel.stages)

    def steps(self, won: bool, draw: Integers) -> DrawnSteps:
        """Return how walkers go on from the entry of a stage."""
        return DrawnSteps(self.winning if won else self.losing, self.stays, draw * self.size)

    def first_move(
        self, walkers: Walkers, draw: Integers, stage: int, label: Integers, label_ages: Floats, won: bool
    ) -> tuple[Integers, Integers]:
        """Return the stage that open deals enter next, and the days until then."""
        age = label_ages[label]
        moves = self.funnel.moves[stage]
        weights, hazards = self.funnel.first_moves(stage, draw, age)
        total, sums = np.zeros(len(draw)), []
        for k, weight in zip(moves, weights, strict=True):
            end = self.funnel.target_chances[draw, k]
            total = total + weight * (end if won else 1 - end)
            sums.append(total)
        slot = np.zeros(len(draw), dtype=np.int64)
        if len(sums) > 1:
            u = walkers.entities.draw("moves", walkers.which, walkers.offsets)
            for below in sums[:-1]:
                slot += u * total > below
        passed = np.stack(hazards)[slot, np.arange(len(slot))]
        row = (draw * self.size + stage) * self.stays.targets + slot
        u = walkers.entities.draw("stays", walkers.which, walkers.offsets)
        days = self.stays.days(row, stage, passed - np.log(u), age)
        # A stay that no longer lasts with any chance that a number can hold is over the next day.
        return moves[slot], np.where(np.exp(-passed) > 0, days, 1)


def _path(funnel: FunnelDraws, ends: Floats) -> DrawnPath:
    """Return the tables of a conditional walk, given the chance of its end from each column."""
    draws, size = len(funnel), len(funnel.stages)
    joint = [funnel.transitions[:, s, moves] * ends[:, moves] for s, moves in enumerate(funnel.moves)]
    used = [np.flatnonzero(part.any(axis=0)) for part in joint]
    slots = max(max(map(len, used)), 1)
    cumulative = np.ones((slots, draws, size))
    target, row = np.full((slots, size), size + 1), np.zeros((slots, size), dtype=np.int64)
    for s, moves in enumerate(funnel.moves):
        places = used[s]
        if not len(places):
            continue
        sums = np.cumsum(joint[s][:, places], axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = np.nan_to_num(sums / sums[:, -1:], nan=1.0)
        # Behind the last move that a draw can make nothing is left, whatever rounding says.
        shares[sums == sums[:, -1:]] = 1.0
        cumulative[: len(places), :, s] = shares.T
        target[: len(places), s], row[: len(places), s] = moves[places], places
    return DrawnPath(tuple(m.ravel() for m in cumulative), target, row)


def _stays(funnel: FunnelDraws) -> DrawnStays:
    """Lay the hazards of all stages out on one number of bins."""
    draws, size, count = len(funnel), len(funnel.stages), max(map(len, funnel.moves))
    bins = 1 << (max(len(stay.edges) for stay in funnel.stays) - 1).bit_length()
    edges = np.full((size, bins), np.inf)
    reached, rates = np.full((draws, size, count, bins), np.inf), np.ones((draws, size, count, bins))
    for s, moves in enumerate(funnel.moves):
        stay, n = funnel.stays[s], len(funnel.stays[s].edges)
        edges[s, :n] = stay.edges
        reached[:, s, : len(moves), :n] = stay.cumulative[:, moves]
        rates[:, s, : len(moves), :n] = stay.rates[:, moves]
    flat = (draws * size * count, bins)
    return DrawnStays(edges, reached.reshape(flat), rates.reshape(flat), count)
