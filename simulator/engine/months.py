"""Lay out the calendar months over which deals arrive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from simulator.arrivals import count_cdf
from simulator.periods import add_months
from simulator.scenario import Scenario, Segment

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Month:
    """One calendar month of arrivals.

    Attributes:
        name: `2026-11`, in the keys of its draws.
        quarter: calendar quarters after the as-of day's.
        counts: P(N ≤ n) of the deals that arrive.
        bluebirds: likewise of those first seen when won.
        start: clock value at which the month, or what is left of it, begins.
        end: clock value at which it ends.
    """

    name: str
    quarter: int
    counts: Floats
    bluebirds: Floats
    start: float
    end: float


def months_of(scenario: Scenario, segment: Segment) -> tuple[Month, ...]:
    """Return the months of arrivals from the as-of day to the horizon's end."""
    generation, horizon = segment.generation, scenario.horizon
    if generation is None:
        return ()
    months, first = [], horizon.as_of.replace(day=1)
    while first <= horizon.end:
        following = add_months(first, 1)
        whole_start, end = (float(segment.clock.at_end_of(horizon.day_of(d) - 1)) for d in (first, following))
        start = max(whole_start, 0.0)
        share = (end - start) / (end - whole_start) if end > start else 0.0
        months.append(
            Month(
                f"{first:%Y-%m}",
                quarter_index(first, horizon.as_of),
                count_cdf(generation.rate(first, horizon.as_of) * share, generation.dispersion),
                count_cdf(
                    generation.bluebird_rate(first, horizon.as_of) * share,
                    generation.bluebirds.dispersion if generation.bluebirds else 1.0,
                ),
                start,
                end,
            )
        )
        first = following
    return tuple(months)


def quarter_index(when: date, as_of: date) -> int:
    """Return the calendar quarters from the as-of day's to a date's."""
    return (when.year - as_of.year) * 4 + (when.month - 1) // 3 - (as_of.month - 1) // 3
