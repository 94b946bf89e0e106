"""Draw whole-day stays of many laws at once, from tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.distributions import LONGEST, Distribution
from simulator.records import dataclass
from simulator.streams import Words, as_uniforms

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

BINS: Final = 2048
"""Bins of uniforms that a law's table has, a power of two."""
_BIN_SHIFT: Final = np.uint64(64 - (BINS - 1).bit_length())
"""Bits of a word behind those that say its bin."""


@dataclass(frozen=True)
class StayTables:
    """Inverse tables of whole-day laws: the draw is the number of days j with R(j + ½) > u.

    Attributes:
        survivors: R(j + ½) of every law, one after the other; each ends with a 0.
        start: where each law begins in `survivors`, integers[law].
        low: fewest days that a u of each bin can mean, int16[law · bins]; −1 − days where it can be more,
        width: by so many days.
    """

    survivors: Floats
    start: Integers
    low: NDArray[np.int16]
    width: NDArray[np.int16]

    def draw(self, law: Integers | int, words: Words) -> Integers:
        """Return whole days[n] of the uniforms that words mean; a small one is a long stay.

        Args:
            law: index of each draw's law, broadcast against the words.
            words: of the uniforms, which only those take the form of that no bin decides.
        """
        cell = (words >> _BIN_SHIFT).view(np.int64)
        cell += np.asarray(law) * BINS
        days = self.low[cell].astype(np.int64)
        # Most bins mean one day only, and most of the others one of two.
        open_ = np.flatnonzero(days < 0)
        if len(open_):
            low, cell, value = -1 - days[open_], cell[open_], as_uniforms(words[open_])
            which = cell // BINS
            days[open_] = low + (self.survivors[self.start[which] + low] > value)
            wide = np.flatnonzero(self.width[cell] > 1)
            days[open_[wide]] = self._searched(which[wide], value[wide])
        return days

    def _searched(self, law: Integers, u: Floats) -> Integers:
        """Return the whole days of some uniforms without the help of bins."""
        ends, days = np.append(self.start[1:], len(self.survivors)), np.empty(len(u), dtype=np.int64)
        for each in np.unique(law).tolist():
            rising, some = self.survivors[self.start[each] : ends[each]][::-1], law == each
            days[some] = len(rising) - np.searchsorted(rising, u[some], side="right")
        return days


def stay_tables(laws: Sequence[Distribution]) -> StayTables:
    """Return the tables of some laws, each cut at `LONGEST` days."""
    days = np.arange(LONGEST) + 0.5
    edges = np.arange(BINS + 1) / BINS
    survivors, start, low, width = [], [0], [], []
    for law in laws:
        alive = np.asarray(law.sf(days), dtype=np.float64)
        alive[-1] = 0.0
        # Draws are never below 2^-53, so what is rarer cannot happen.
        alive = np.append(alive[: int(np.searchsorted(-alive, -(2.0**-53)))], 0.0)
        counts = np.searchsorted(-alive, -edges, side="left")  # survivors above each edge
        fewest = np.searchsorted(-alive, -edges[1:], side="left")
        survivors.append(alive)
        start.append(start[-1] + len(alive))
        low.append(fewest)
        width.append(counts[:-1] - fewest)
    flat = np.concatenate(survivors) if survivors else np.zeros(1)
    fewest, further = (np.concatenate(x) if x else np.zeros(0, dtype=np.int64) for x in (low, width))
    coded = np.where(further > 0, -1 - fewest, fewest)
    return StayTables(flat, np.array(start[:-1]), coded.astype(np.int16), further.astype(np.int16))
