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


def quantile_interval(ordered: Floats, q: float, effect: float = 1.0) -> tuple[float, float, bool]:
    """Return the 95 % interval of a quantile by order statistics, and whether it is lumpy.

    The number of values below the true quantile is binomial; the interval lies between the values of ranks
    n·q ± 1.96·sqrt(n·q·(1−q)). It is lumpy where fewer than half of the values between them differ: the
    quantile straddles an atom, and more trials would not narrow it.

    Args:
        ordered: rising values.
        q: 0–1.
        effect: `design_effect` of the values below, by which the binomial variance grows.
    """
    n = len(ordered)
    spread = Z95 * np.sqrt(n * q * (1 - q) * effect)
    low = int(np.clip(np.floor(n * q - spread) - 1, 0, n - 1))
    high = int(np.clip(np.ceil(n * q + spread), 0, n - 1))
    inside = ordered[low : high + 1]
    return float(inside[0]), float(inside[-1]), bool(np.count_nonzero(np.diff(inside)) < (high - low) / 2)


def clustered_variance(values: Floats, draws: int) -> float:
    """Return the variance of a mean of trials of which trial n belongs to draw n modulo `draws`.

    D/(D − 1) · Σ_d (S_d − n_d·m)² / n², the linearised variance of a mean of clusters, whose draws are the
    sample (MODEL 8).

    Args:
        values: of the trials, floats[trial].
        draws: D, two or more.
    """
    off = values - values.mean()
    sums = np.bincount(np.arange(len(off)) % draws, weights=off)
    return float(len(sums) / (len(sums) - 1) * (sums @ sums) / len(off) ** 2)


def design_effect(hits: NDArray[np.bool_], draws: int | None) -> float:
    """Return by what the variance of a share is larger because trials share draws, at least 1.

    Args:
        hits: bools[trial].
        draws: D, None where no two trials share one.
    """
    share = float(hits.mean())
    if draws is None or draws < 2 or share in (0.0, 1.0):
        return 1.0
    return max(clustered_variance(hits.astype(np.float64), draws) * len(hits) / (share * (1 - share)), 1.0)


def share_interval(hits: NDArray[np.bool_], draws: int | None = None) -> tuple[float, float, float]:
    """Return in what share of the trials something came true, and the 95 % interval of its chance.

    Args:
        hits: bools[trial].
        draws: as in `design_effect`.
    """
    count, trials = int(np.count_nonzero(hits)), len(hits)
    return count / trials, *wilson(count, trials, design_effect(hits, draws))


def wilson(hits: int, trials: int, effect: float = 1.0) -> tuple[float, float]:
    """Return the 95 % interval of a chance that came true so often (Wilson 1927).

    Args:
        hits: how often.
        trials: of so many.
        effect: `design_effect` of the hits; so much less are the trials worth.
    """
    if trials == 0:
        return 0.0, 1.0
    share, z2, worth = hits / trials, Z95**2, trials / effect
    centre = (share + z2 / (2 * worth)) / (1 + z2 / worth)
    half = Z95 * np.sqrt(share * (1 - share) / worth + z2 / (4 * worth**2)) / (1 + z2 / worth)
    # At the ends the interval touches 0 or 1, which rounding would miss.
    return (0.0 if hits == 0 else float(centre - half)), (1.0 if hits == trials else float(centre + half))
