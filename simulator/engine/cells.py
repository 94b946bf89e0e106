"""Add up money by slice, cell and trial, in whole minor units, so that order cannot matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.targets import Posted

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SOURCES = ("backlog", "open", "new", "renewals", "receivables")

Entry = tuple[Integers, Integers, Integers, Floats]
"""Slice, cell, trial within the block, and whole minor units of the company's currency of some movements."""


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
    """Money of a block of trials: floats[series][slice, cell, trial], whole minor units.

    Floats hold whole numbers exactly to 2^53 minor units, and add faster than integers.

    Args:
        money: where the block's trials stand, floats[slice, cell, trial] of each series, all zero; a part of
            the run's arrays, so that nothing need be copied.
    """

    def __init__(self, money: Mapping[Posted, Floats]) -> None:
        self.money = money
        slices, self.cells, self.trials = money["bookings"].shape
        self.wins = np.zeros((slices, self.cells))

    def add(self, series: Posted, entries: Sequence[Entry]) -> None:
        """Add movements to a series, all at once: a sum takes as long as the cells are many."""
        if not any(len(cell) for _, cell, _, _ in entries):
            return
        row, cell, trial, money = (np.concatenate(column) for column in zip(*entries, strict=True))
        first = int(np.min(row))
        count = int(np.max(row)) - first + 1
        flat = ((row - first) * self.cells + cell) * self.trials + trial
        total = np.bincount(flat, weights=money, minlength=count * self.cells * self.trials)
        self.money[series][first : first + count] += total.reshape(count, self.cells, self.trials)

    def count_wins(self, row: Integers | int, cell: Integers) -> None:
        """Count won deals by slice and cell, over all trials of the block."""
        flat = np.asarray(row) * self.cells + cell
        self.wins += np.bincount(flat, minlength=self.wins.size).reshape(self.wins.shape)
