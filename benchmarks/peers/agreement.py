"""Hold a peer against the exact means of the same scenario, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.peers.job import Result
from simulator.expected import Expected
from simulator.expected.open_deals import mean_factor
from simulator.scenario import Scenario
from simulator.self_check import ENOUGH_WINNERS, standard_errors

BOUND = 4.0
"""No figure may lie so many standard errors off; of 49 figures one does in 320 runs by chance."""


@dataclass(frozen=True)
class Agreement:
    """How far figures lie off the exact ones.

    Attributes:
        largest: |z| of all figures.
        cells: that were compared, each a figure; one more is the variance of bookings.
    """

    largest: float
    cells: int

    @property
    def holds(self) -> bool:
        """Whether every cell is near enough; not where there was none."""
        return self.cells > 0 and self.largest < BOUND


def agreement(result: Result, scenario: Scenario, exact: Expected) -> Agreement:
    """Compare bookings and receipts of each month in which the exact answer expects 100 winners.

    Receipts count as many winners as their money is worth at the average booking. Each deal is rounded to a
    minor unit, so half of one a winner is no difference. The variance of a trial's bookings is compared too:
    trials or deals that share their luck have the right means.
    """
    winners, bookings = exact.winners.sum(axis=(0, 1)), exact.bookings.sum(axis=(0, 1))
    receipts = exact.receipts.sum(axis=(0, 1))
    off = result.bookings.sum(axis=1) - bookings.sum()
    found = [abs(standard_errors(off * off, _variance(scenario, exact)))]
    for sample, means, count in (
        (result.bookings, bookings, winners),
        (result.receipts, receipts, receipts * (winners.sum() / bookings.sum())),
    ):
        for month in np.flatnonzero(count * len(sample) >= ENOUGH_WINNERS):
            slack = 0.5 * float(count[month])
            found.append(abs(standard_errors(sample[:, month], float(means[month]), slack)))
    return Agreement(max(found), len(found) - 1)


def _variance(scenario: Scenario, exact: Expected) -> float:
    """Return the variance of a trial's bookings: Σ p·E[A²] − (p·E[A])² over independent deals."""
    (segment,) = scenario.segments
    once, twice = (mean_factor(segment.amount_change, power) for power in (1, 2))
    squares = exact.deal_bookings**2
    return float((squares / exact.deal_in_horizon * (twice / once**2) - squares).sum())
