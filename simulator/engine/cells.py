"""Add up money by slice, cell and trial, in whole minor units, so that order cannot matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.targets import Posted

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SOURCES = ("backlog", "open", "new", "renewals", "receivables")


@dataclass(frozen=True)
class Slice:
    """What one row of the cells holds.

    Attributes:
        segment: index, or −1 for what belongs to no segment.
        source: one of `SOURCES`.
        group: value of the column that the run is grouped by, else "".
    """

    segment: int
    source: str
    group: str = ""


PART: Final = 2.0**26


def parted(money: Floats) -> tuple[Floats, Floats]:
    """Return amounts as (a, b) with money = a·`PART` + b, so that the sums of both over trials stay exact.

    A sum over all trials outgrows the 2^53 below which floats hold whole numbers exactly, and would then
    depend on where blocks end.
    """
    high = np.floor(money / PART)
    return high, money - high * PART


class Cells:
    """Money of a block of trials, in the run's floats[series][slice, cell, trial] of whole minor units.

    Floats hold whole numbers exactly to 2^53 minor units, and add faster than integers.

    Args:
        money: of the whole run, floats[slice, cell, trial] of each series, contiguous.
        first: number of the block's first trial within them.
    """

    def __init__(self, money: Mapping[Posted, Floats], first: int) -> None:
        self._first = first
        self._flat = {series: whole.reshape(-1) for series, whole in money.items()}
        slices, self.cells, self._stride = money["bookings"].shape
        self.wins = np.zeros((slices, self.cells))

    def add(
        self, series: Posted, row: Integers | int, cell: Integers | int, trial: Integers, money: Floats
    ) -> None:
        """Add movements to a series: slice, cell and trial within the block of each, and its money."""
        place = (np.asarray(row) * self.cells + cell) * self._stride + self._first + trial
        np.add.at(self._flat[series], place, money)

    def count_wins(self, row: Integers | int, cell: Integers) -> None:
        """Count won deals by slice and cell, over all trials of the block."""
        flat = np.asarray(row) * self.cells + cell
        self.wins += np.bincount(flat, minlength=self.wins.size).reshape(self.wins.shape)
