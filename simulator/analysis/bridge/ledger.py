"""Keep account of a total on its way from one forecast to another: what each step adds, to the minor unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.records import dataclass
from simulator.scores import quantile

Floats = NDArray[np.float64]

DIGITS: Final = 12
"""Digits of a chance that are kept: what lies behind is how numbers are rounded."""


@dataclass(frozen=True)
class Level:
    """Where a forecast stands.

    Attributes:
        mean: minor units.
        middle: minor units.
        chance: of what is to be reached, None where nothing is.
    """

    mean: int
    middle: int
    chance: float | None

    @staticmethod
    def of(total: Floats, least: int | None) -> Level:
        """Return that of some trials, floats[trial]."""
        place = 0.5 * (len(total) - 1)
        ranks = sorted({int(place), min(int(place) + 1, len(total) - 1)})
        some = np.partition(total, ranks)[ranks[0] : ranks[-1] + 1]
        middle = quantile(some, 0.5) if len(some) > 1 and place % 1 else float(some[0])
        chance = None if least is None else float(np.count_nonzero(total >= least) / len(total))
        return Level(round(float(total.mean())), round(middle), chance)

    def since(self, before: Level) -> Change:
        """Return by how much it lies above another."""
        chance = None if self.chance is None or before.chance is None else self.chance - before.chance
        chance = chance if chance is None else round(chance, DIGITS) + 0.0
        return Change(self.mean - before.mean, self.middle - before.middle, chance)


@dataclass(frozen=True)
class Change:
    """By how much a forecast moves: mean and middle in minor units, and the chance."""

    mean: int
    middle: int
    chance: float | None

    @property
    def is_nothing(self) -> bool:
        """Whether nothing moves."""
        return not self.mean and not self.middle and not self.chance


@dataclass(frozen=True)
class Item:
    """One thing that happened, and what it moves: a deal, by what is told of it, or another cause."""

    about: Mapping[str, Any]
    change: Change


@dataclass(frozen=True)
class Step:
    """What happened of one kind.

    Attributes:
        name: which kind.
        change: of all of it.
        items: the single things.
    """

    name: str
    change: Change
    items: tuple[Item, ...]


@dataclass
class Ledger:
    """The total, trial by trial, and the steps so far.

    Attributes:
        total: floats[trial], minor units.
        least: amount whose chance is asked for, None for none.
        steps: in their order.
    """

    total: Floats
    least: int | None
    steps: list[Step] = field(default_factory=list)
    _step: str = ""
    _begin: Level = field(init=False)
    _items: list[Item] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = self.level = self._begin = Level.of(self.total, self.least)

    def open(self, name: str) -> None:
        """Begin a step."""
        self.close()
        self._step, self._begin = name, self.level

    def add(self, difference: Floats | float, about: Mapping[str, Any]) -> None:
        """Take one thing into the step.

        Args:
            difference: what it adds, floats[trial], minor units.
            about: what is told of it.
        """
        self.total = self.total + difference
        before, self.level = self.level, Level.of(self.total, self.least)
        self._items.append(Item(about, self.level.since(before)))

    def close(self) -> None:
        """End the step; one in which nothing happened leaves no trace."""
        change = self.level.since(self._begin)
        if self._items and not (change.is_nothing and all(item.change.is_nothing for item in self._items)):
            self.steps.append(Step(self._step, change, tuple(self._items)))
        self._items = []
