"""Hold a peer against the exact means of the same scenario, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.peers.job import Result
from simulator.expected import Expected
from simulator.self_check import ENOUGH_WINNERS, standard_errors

BOUND = 4.0
"""No cell may lie so many standard errors off; of 48 cells one does in 330 runs by chance."""


@dataclass(frozen=True)
class Agreement:
    """How far means lie off the exact ones.

    Attributes:
        largest: |z| of all cells.
        cells: that were compared.
    """

    largest: float
    cells: int

    @property
    def holds(self) -> bool:
        """Whether every cell is near enough; not where there was none."""
        return self.cells > 0 and self.largest < BOUND


def agreement(result: Result, exact: Expected) -> Agreement:
    """Compare bookings and receipts of each month in which the exact answer expects 100 winners.

    Receipts count as many winners as their money is worth at the average booking. Each deal is rounded to a
    minor unit, so half of one a winner is no difference.
    """
    winners, bookings = exact.winners.sum(axis=(0, 1)), exact.bookings.sum(axis=(0, 1))
    receipts = exact.receipts.sum(axis=(0, 1))
    found = []
    for sample, means, count in (
        (result.bookings, bookings, winners),
        (result.receipts, receipts, receipts * (winners.sum() / bookings.sum())),
    ):
        for month in np.flatnonzero(count * len(sample) >= ENOUGH_WINNERS):
            slack = 0.5 * float(count[month])
            found.append(abs(standard_errors(sample[:, month], float(means[month]), slack)))
    return Agreement(max(found, default=0.0), len(found))
