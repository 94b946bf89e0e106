"""Hold numbers of which each trial has its own, in memory or elsewhere, and read a few of them at a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.records import dataclass

Floats = NDArray[np.float64]
Places = tuple[int, ...]


class Part(Protocol):
    """Some trials, one after the other."""

    @property
    def trials(self) -> int:
        """Number of trials."""
        ...

    def add_to(self, total: Floats, name: str, places: Places) -> None:
        """Add some rows of an array to floats[trial]."""
        ...


@dataclass(frozen=True)
class InMemory:
    """Trials whose numbers lie in memory.

    Attributes:
        arrays: floats[..., trial] by name; a row is what stands at one place of all axes but the last.
        trials: number of trials.
    """

    arrays: Mapping[str, Floats]
    trials: int

    def add_to(self, total: Floats, name: str, places: Places) -> None:
        """Add some rows of an array to floats[trial]."""
        rows = self.arrays[name].reshape(-1, self.trials)
        for place in places:
            total += rows[place]


@dataclass(frozen=True, eq=False)
class Rows:
    """Numbers of all trials by the name of an array and the place of a row in it.

    Attributes:
        parts: the trials, in order.
        shapes: of the arrays by name, without the axis of trials.
        remembered: bytes of answers that are kept, since questions come again; None for all.
        source: what the parts lie in, if that must last as long as they are read.
    """

    parts: Sequence[Part]
    shapes: Mapping[str, tuple[int, ...]]
    remembered: int | None = None
    source: object = field(default=None, repr=False)
    _known: OrderedDict[tuple[str, Places], Floats] = field(default_factory=OrderedDict, repr=False)

    @staticmethod
    def of(arrays: Mapping[str, Floats]) -> Rows:
        """Return rows of arrays in memory, floats[..., trial]."""
        trials = next((array.shape[-1] for array in arrays.values()), 0)
        return Rows((InMemory(arrays, trials),), {name: a.shape[:-1] for name, a in arrays.items()})

    @property
    def trials(self) -> int:
        """Number of trials."""
        return sum(part.trials for part in self.parts)

    def total(self, name: str, places: Places) -> Floats:
        """Return the sum of some rows, floats[trial], not to be written to."""
        key = name, places
        found = self._known.pop(key, None)
        if found is None:
            while self._known and not self._has_room():
                self._known.popitem(last=False)
            found = self._read(name, places)
            found.flags.writeable = False
        if self._has_room():
            self._known[key] = found
        return found

    def _has_room(self) -> bool:
        """Tell whether another answer may be remembered beside those that are."""
        return self.remembered is None or 8 * self.trials * (len(self._known) + 1) <= self.remembered

    def _read(self, name: str, places: Places) -> Floats:
        total, begin = np.zeros(self.trials), 0
        for part in self.parts:
            part.add_to(total[begin : begin + part.trials], name, places)
            begin += part.trials
        return total


def product_rows(series: str) -> str:
    """Return the name of the array that holds what a series brings by product."""
    return f"{series} by product"


ENDS = "ends"
"""Name of the array that holds how first attempts end."""
