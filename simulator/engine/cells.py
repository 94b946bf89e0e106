"""Add up money by slice, cell and trial, in whole minor units, so that order cannot matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.records import dataclass
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
EXACT: Final = 2.0**53
"""Whole numbers below this are floats, and so are their sums below it."""


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
        money: of the whole run, floats[slice, cell, trial] of each series, contiguous; the last cell takes
            what lies outside the horizon, which is cheaper than to leave it out.
        numbers: of the block's trials within them.
        cell_of_day: cell of each day 0 … last day + 1.

    Attributes:
        money: of the block's trials, without the last cell.
        flat: of the run, floats[slice · cell · trial] of each series.
        place_of_day: where the trials of each day's cell begin in a slice of that,
        slice: of so many places.
        wins: won deals, floats[slice, cell].
    """

    def __init__(self, money: Mapping[Posted, Floats], numbers: slice, cell_of_day: Integers) -> None:
        self.money = {series: whole[:, :-1, numbers] for series, whole in money.items()}
        self.flat = {series: whole.reshape(-1) for series, whole in money.items()}
        self._first = numbers.start
        slices, self._cells, stride = money["bookings"].shape
        self.slice = self._cells * stride
        self._cell_of_day = cell_of_day.copy()
        self._cell_of_day[0] = self._cells - 1
        self.place_of_day = self._cell_of_day * stride + self._first
        self.wins = np.zeros((slices, self._cells - 1))

    def add(self, series: Posted, row: Integers | int, day: Integers, trial: Integers, money: Floats) -> None:
        """Add movements to a series; those on day 0 or beyond the horizon do not count.

        Args:
            series: posted to.
            row: slice of each.
            day: calendar day from as-of.
            trial: within the block.
            money: whole minor units of the company's currency.
        """
        place = self.place_of_day.take(day, mode="clip")
        place += trial
        if not isinstance(row, int) or row:
            place += row * self.slice
        np.add.at(self.flat[series], place, money)

    def count_wins(self, row: Integers | int, cell: Integers) -> None:
        """Count won deals by slice and cell, over all trials of the block."""
        flat = np.asarray(row) * (self._cells - 1) + cell
        self.wins += np.bincount(flat, minlength=self.wins.size).reshape(self.wins.shape)
