"""Walk deals by the posterior draw of their trial: semi-Markov kernels with piecewise-constant hazards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulator.distributions import LONGEST, TIE
from simulator.engine.walk import Walkers
from simulator.funnel import close_chances
from simulator.posterior import FunnelDraws, StayDraws

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

    def hazards(self, first: Integers, targets: int, stage: int, age: Floats) -> list[Floats]:
        """Return the integrals of the hazards up to an age, −ln R[s,k](age), one a target.

        Args:
            first: row of each one's first target; it broadcasts with the age.
            targets: how many follow.
            stage: of them.
            age: operational days.
        """
        days, bins = np.maximum(age, 0.0), self.reached.shape[1]
        at = np.searchsorted(self.edges[stage], days, side="right") - 1
        into, place = days - self.edges[stage][at], first * bins + at
        reached, rates = self.reached.ravel(), self.rates.ravel()
        cells = (place + i * bins for i in range(targets))
        return [np.asarray(reached[cell] + into * rates[cell]) for cell in cells]

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

    def only(self, some: Integers) -> DrawnSteps:
        """Return the steps of some of the walkers."""
        return replace(self, first=self.first[some])

    def take(self, stage: Integers, moves: Floats | None, stays: Floats) -> tuple[Integers, Integers]:
        """Return the stage that each walker enters next, and the days until then."""
        place, slot = self.first + stage, stage
        if moves is not None:
            for cumulative in self.path.moves[:-1]:
                slot = slot + (moves > cumulative[place]) * self.size
        row = place * self.stays.targets + self.path.row.ravel()[slot]
        return self.path.target.ravel()[slot], self.stays.days(row, stage, -np.log(stays))


@dataclass(frozen=True, eq=False)
class DrawnKernel:
    """The walk of a segment's deals, by draw.

    Attributes:
        ladder: h of every column of the transitions (won 1, lost 0), floats[draw, S + 2].
        targets: columns that a stage can move to, padded with lost, integers[stage, target].
        chances: of those moves, 0 where padded, floats[draw, stage, target].
        stays: of them.
        winning: walk of the deals that are won.
        losing: walk of those that are lost.
    """

    ladder: Floats
    targets: Integers
    chances: Floats
    stays: DrawnStays
    winning: DrawnPath
    losing: DrawnPath

    @staticmethod
    def of(funnel: FunnelDraws) -> DrawnKernel:
        """Return the tables of all draws."""
        draws, size = len(funnel), len(funnel.stages)
        h = close_chances(funnel.transitions)
        ladder = np.concatenate((h, np.ones((draws, 1)), np.zeros((draws, 1))), axis=1)
        possible = np.asarray((funnel.transitions > 0).any(axis=0))
        count = int(possible.sum(axis=1).max())
        targets = np.full((size, count), size + 1)
        chances = np.zeros((draws, size, count))
        for s in range(size):
            columns = np.flatnonzero(possible[s])
            targets[s, : len(columns)] = columns
            chances[:, s, : len(columns)] = funnel.transitions[:, s, columns]
        won = chances * ladder[:, targets]
        lost = chances * (1 - ladder[:, targets])
        paths = (_path(part, targets, size) for part in (won, lost))
        return DrawnKernel(ladder, targets, chances, _stays(funnel, targets, possible), *paths)

    @cached_property
    def used(self) -> tuple[int, ...]:
        """How many targets each stage has."""
        return tuple(np.count_nonzero(self.chances.any(axis=0), axis=1).tolist())

    @property
    def size(self) -> int:
        """Number of open stages."""
        return len(self.targets)

    def steps(self, won: bool, draw: Integers) -> DrawnSteps:
        """Return how walkers go on from the entry of a stage."""
        return DrawnSteps(self.winning if won else self.losing, self.stays, draw * self.size)

    def close_chance(self, stage: int, draw: Integers, age: Floats) -> Floats:
        """Return h_s(a) = Σ_k w_k·h_k with w_k ∝ p[s,k]·R[s,k](a); draw and age broadcast."""
        weights, _ = self._first_moves(stage, draw, age)
        won = lost = np.zeros(())
        for i, weight in enumerate(weights):
            end = self.ladder[draw, self.targets[stage, i]]
            won, lost = won + weight * end, lost + weight * (1 - end)
        return np.asarray(won / (won + lost))

    def first_move(
        self, walkers: Walkers, draw: Integers, stage: int, label: Integers, label_ages: Floats, won: bool
    ) -> tuple[Integers, Integers]:
        """Return the stage that open deals enter next, and the days until then."""
        age = label_ages[label]
        weights, hazards = self._first_moves(stage, draw, age)
        total, sums = np.zeros(len(draw)), []
        for i, weight in enumerate(weights):
            end = self.ladder[draw, self.targets[stage, i]]
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
        return self.targets[stage][slot], np.where(np.exp(-passed) > 0, days, 1)

    def _first_moves(self, stage: int, draw: Integers, age: Floats) -> tuple[list[Floats], list[Floats]]:
        """Return p[s,k]·R[s,k](age) of each target, p[s,k] where every R is 0, and −ln R[s,k](age)."""
        first = (draw * self.size + stage) * self.stays.targets
        chances = self.chances.ravel()
        hazards = self.stays.hazards(first, self.used[stage], stage, age)
        plain = [chances[first + i] for i in range(self.used[stage])]
        weights = [p * np.exp(-hazard) for p, hazard in zip(plain, hazards, strict=True)]
        alive = sum(weights) > 0
        if not np.all(alive):
            weights = [np.where(alive, w, p) for w, p in zip(weights, plain, strict=True)]
        return weights, hazards


def _path(joint: Floats, targets: Integers, size: int) -> DrawnPath:
    """Return the tables of a conditional walk from p[s,k] times the chance of the end from k."""
    used = np.asarray(joint.any(axis=0))
    slots = max(int(used.sum(axis=1).max()), 1)
    moves = np.ones((slots, len(joint), size))
    target, row = np.full((slots, size), size + 1), np.zeros((slots, size), dtype=np.int64)
    for s in range(size):
        places = np.flatnonzero(used[s])
        if not len(places):
            continue
        part = joint[:, s, places]
        sums = np.cumsum(part, axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = np.nan_to_num(sums / sums[:, -1:], nan=1.0)
        # Behind the last move that a draw can make nothing is left, whatever rounding says.
        shares[sums == sums[:, -1:]] = 1.0
        moves[: len(places), :, s] = shares.T
        target[: len(places), s], row[: len(places), s] = targets[s, places], places
    return DrawnPath(tuple(m.ravel() for m in moves), target, row)


def _stays(funnel: FunnelDraws, targets: Integers, possible: NDArray[np.bool_]) -> DrawnStays:
    """Lay the hazards of all stages out on one number of bins."""
    draws, (size, count) = len(funnel), targets.shape
    bins = 1 << (max(len(stay.edges) for stay in funnel.stays) - 1).bit_length()
    edges = np.full((size, bins), np.inf)
    reached, rates = np.full((draws, size, count, bins), np.inf), np.ones((draws, size, count, bins))
    for s, stay in enumerate(funnel.stays):
        columns, n = np.flatnonzero(possible[s]), len(stay.edges)
        used = StayDraws(stay.edges, stay.rates[:, columns])
        edges[s, :n] = stay.edges
        reached[:, s, : len(columns), :n] = used.cumulative
        rates[:, s, : len(columns), :n] = used.rates
    flat = (draws * size * count, bins)
    return DrawnStays(edges, reached.reshape(flat), rates.reshape(flat), count)
