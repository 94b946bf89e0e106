"""Make deals share their luck: one-factor Gaussian copula with exact marginals (MODEL 4)."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from simulator.records import dataclass
from simulator.roots import root

Floats = NDArray[np.float64]

PRIOR: Final = (1.5, 18.0)
"""Total ρ ~ Beta(1.5, 18) where the scenario sets none; mean .077."""
SHARED_SHARE: Final = 3 / 8
"""Part of the total ρ that all segments share (3:5)."""
LARGEST_RHO: Final = 0.5
"""The prior is cut here (1.4e-5 of its mass lies beyond), so that ρ and doubt together stay below 1."""
LARGEST_DOUBT: Final = 0.45
"""No stage's doubt may take more; `worth` of five closed deals or more never does."""


@dataclass(frozen=True)
class Market:
    """Correlation of deals' luck.

    Attributes:
        shared: ρ0, the part that all deals share, or None where the total is drawn per trial.
        segment: ρg, the part that deals of one segment share, or None likewise.
        phi: AR(1) coefficient from one calendar quarter to the next.
    """

    shared: float | None = None
    segment: float | None = None
    phi: float = 0.5

    @property
    def drawn(self) -> bool:
        """Whether ρ is drawn per trial."""
        return self.shared is None

    def correlations(self, u: Floats) -> tuple[Floats, Floats]:
        """Return (ρ0[trial], ρg[trial]) from one uniform a trial, by inversion of the cut prior."""
        if self.shared is not None and self.segment is not None:
            return np.full(u.shape, self.shared), np.full(u.shape, self.segment)
        return self.split(np.asarray(special.betaincinv(*PRIOR, u * special.betainc(*PRIOR, LARGEST_RHO))))

    @staticmethod
    def split(total: Floats) -> tuple[Floats, Floats]:
        """Return the parts (ρ0, ρg) of total correlations."""
        return SHARED_SHARE * total, (1 - SHARED_SHARE) * total

    @staticmethod
    def independent(phi: float = 0.5) -> Market:
        """Return the market in which deals share no luck."""
        return Market(0.0, 0.0, phi)

    @staticmethod
    def strong(phi: float = 0.5) -> Market:
        """Return the market in which deals move together strongly: total ρ .2, split 3:5."""
        return Market(0.2 * SHARED_SHARE, 0.2 * (1 - SHARED_SHARE), phi)


def both_below(a: ArrayLike, b: ArrayLike, rho: ArrayLike) -> Floats:
    """Return Φ2(a, b; ρ), the chance that two standard normals of correlation ρ lie below a and b.

    By Owen's T (Owen 1956). a, b and rho broadcast; |ρ| < 1.
    """
    a, b, rho = (np.asarray(x, dtype=np.float64) for x in (a, b, rho))
    a, b, rho = np.broadcast_arrays(a, b, rho)
    root = np.sqrt((1 - rho) * (1 + rho))
    with np.errstate(divide="ignore", invalid="ignore"):
        t_a = special.owens_t(a, np.where(a == 0, np.inf, (b / a - rho) / root))
        t_b = special.owens_t(b, np.where(b == 0, np.inf, (a / b - rho) / root))
    # T(0, x) = atan(x)/2π; at a = 0 the slope is ±∞ by the sign of b.
    t_a = np.where(a == 0, np.sign(b) * 0.25, t_a)
    t_b = np.where(b == 0, np.sign(a) * 0.25, t_b)
    opposite = (a * b < 0) | ((a * b == 0) & (a + b < 0))
    result = (special.ndtr(a) + special.ndtr(b)) / 2 - t_a - t_b - 0.5 * opposite
    both_zero = (a == 0) & (b == 0)
    return np.asarray(np.where(both_zero, 0.25 + np.arcsin(rho) / (2 * math.pi), result))


def doubt_correlation(close: float, worth: float) -> float:
    """Return ρd of a stage whose set close chance is worth so many closed deals.

    Solves Φ2(c, c; ρd) = h² + h(1−h)/(n+1), c = Φ⁻¹(h) (MODEL 4): the variance of a chance known from n
    closed deals. 0 for chances of 0 or 1 and for an infinite worth.
    """
    if not 0 < close < 1 or math.isinf(worth):
        return 0.0
    h = min(close, 1 - close)  # the law is symmetric, and small chances keep their digits
    c = float(special.ndtri(h))
    target = h**2 + h * (1 - h) / (worth + 1)

    def excess(rho: float) -> float:
        return float(both_below(c, c, rho)) - target

    if excess(0.0) >= 0:  # a doubt smaller than rounding
        return 0.0
    return min(root(excess, 0.0, 0.999999, 1e-14), LARGEST_DOUBT)


def worth_of_doubt(close: float, rho: float) -> float:
    """Return how many closed deals a set close chance is worth whose doubt is ρd: `doubt_correlation` undone.

    Infinite without doubt, and for chances of 0 or 1.
    """
    if not 0 < close < 1 or rho <= 0:
        return math.inf
    h = min(close, 1 - close)
    c = float(special.ndtri(h))
    return h * (1 - h) / (float(both_below(c, c, rho)) - h**2) - 1
