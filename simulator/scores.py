"""Say how exact a simulated figure is: order-statistic intervals, Wilson's interval."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Z95: Final = 1.959963984540054
"""Φ⁻¹(.975)"""


def quantile(ordered: Floats, q: float) -> float:
    """Return the q-quantile of rising values, linear between neighbours (Hyndman & Fan 1996, type 7)."""
    place = q * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return float(ordered[low] + (place - low) * (ordered[high] - ordered[low]))


def quantile_interval(ordered: Floats, q: float) -> tuple[float, float, bool]:
    """Return the 95 % interval of a quantile by order statistics, and whether it is lumpy.

    The number of values below the true quantile is binomial; the interval lies between the values of ranks
    n·q ± 1.96·sqrt(n·q·(1−q)). It is lumpy where fewer than half of the values between them differ: the
    quantile straddles an atom, and more trials would not narrow it.

    Args:
        ordered: rising values.
        q: 0–1.
    """
    n = len(ordered)
    spread = Z95 * np.sqrt(n * q * (1 - q))
    low = int(np.clip(np.floor(n * q - spread) - 1, 0, n - 1))
    high = int(np.clip(np.ceil(n * q + spread), 0, n - 1))
    inside = ordered[low : high + 1]
    return float(inside[0]), float(inside[-1]), bool(np.count_nonzero(np.diff(inside)) < (high - low) / 2)


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a chance that came true so often (Wilson 1927)."""
    if trials == 0:
        return 0.0, 1.0
    share, z2 = hits / trials, Z95**2
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z95 * np.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
    # At the ends the interval touches 0 or 1, which rounding would miss.
    return (0.0 if hits == 0 else float(centre - half)), (1.0 if hits == trials else float(centre + half))
