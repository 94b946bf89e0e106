"""Say what a learned figure rests on: observations, what they are worth, quarters, and an interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from simulator.market import both_below
from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_EPOCH = 719163
"""Ordinal of 1970-01-01."""
_SURE = 1e-6
"""Chances nearer to 0 or 1 share no luck that could be told."""


@dataclass(frozen=True)
class Figure:
    """A learned figure with its evidence.

    Attributes:
        value: posterior mean.
        low: lower end of the 80 % interval.
        high: its upper end.
        n: observations.
        n_eff: what they are worth, since deals of a quarter share luck.
        quarters: in how many calendar quarters.
        source: for people.
    """

    value: float
    low: float
    high: float
    n: int
    n_eff: float
    quarters: int
    source: str = ""

    @staticmethod
    def of(draws: Floats, n: int = 0, n_eff: float = 0.0, quarters: int = 0, source: str = "") -> Figure:
        """Return the figure that posterior draws tell, floats[draw]."""
        low, high = np.quantile(draws, (0.1, 0.9))
        return Figure(float(np.mean(draws)), float(low), float(high), n, n_eff, quarters, source)


def quarter_of(days: ArrayLike) -> Integers:
    """Return the calendar quarters of ordinals, numbered one after the other."""
    since = np.asarray(days, dtype=np.int64) - _EPOCH
    months = since.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(months // 3)


def shared_luck(p: float, rho: float, phi: float, lag: ArrayLike = 0) -> Floats:
    """Return π_k, the correlation of two deals' outcomes whose quarters lie k apart.

    π_k = (Φ2(c, c; ρφ^k) − p²) / (p(1−p)), c = Φ⁻¹(p) (MODEL 8).
    """
    lags = np.asarray(lag, dtype=np.float64)
    if rho <= 0 or not _SURE < p < 1 - _SURE:
        return np.zeros(lags.shape)
    c = float(special.ndtri(p))
    return np.asarray((both_below(c, c, rho * phi**lags) - p * p) / (p * (1 - p)))


def effective_number(quarters: Integers, p: float, rho: float, phi: float = 0.5) -> float:
    """Return how many independent deals these are worth.

    n_eff = 1 / ((1−π₀)/n + Σ_{q,q'} (n_q n_q'/n²)·π_|q−q'|) (MODEL 8).

    Args:
        quarters: of each deal, integers[deal].
        p: their chance.
        rho: total correlation of deals' luck; 0 leaves n.
        phi: of the market from quarter to quarter.
    """
    n = len(quarters)
    if n == 0 or rho <= 0:
        return float(n)
    which, counts = np.unique(quarters, return_counts=True)
    share = counts / n
    together = shared_luck(p, rho, phi, np.abs(which[:, None] - which[None, :]))
    alone = float(shared_luck(p, rho, phi))
    common = float(share @ together @ share)
    return float(min(1 / ((1 - alone) / n + common), n))
