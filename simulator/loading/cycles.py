"""Turn a typical cycle into stage times: one factor, so that the median winning path takes that long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.distributions import LONGEST
from simulator.funnel import Funnel, winning_times
from simulator.roots import root

Floats = NDArray[np.float64]

_ROOM: Final = 16
"""Days of the table for each day of the median: fewer than 1e-9 of log-normal stays lie beyond."""


def factor_of_cycle(funnel_at: Callable[[float], Funnel], stages: int, median: float) -> float:
    """Return the factor at which the median winning path from the first stage takes so many days.

    Args:
        funnel_at: the funnel with this median days in each stage.
        stages: number of stages.
        median: operational days, ≥ 1.
    """
    size = min(LONGEST, max(256, 2 ** int(np.ceil(np.log2(_ROOM * median)))))

    def excess(factor: float) -> float:
        return median_of(winning_times(funnel_at(factor), size)[0]) - median

    low = high = median / stages
    while excess(low) > 0 and low > 1e-3:
        low /= 2
    while excess(high) < 0 and high < LONGEST:
        high *= 2
    if low <= 1e-3 or high >= LONGEST:  # a path of whole days cannot be that short, or that long
        return low if low <= 1e-3 else high
    return root(excess, low, high, 1e-9)


def median_of(law: Floats) -> float:
    """Return the median of a law of whole days, its distribution function linear between half days."""
    cumulative = np.concatenate(([0.0], np.cumsum(law)))
    return float(np.interp(0.5, cumulative, np.arange(len(cumulative)) - 0.5))
