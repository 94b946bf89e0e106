"""Average over the market: the chance that one deal is lost and another one won."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.market import LARGEST_RHO, PRIOR, SHARED_SHARE, Market, both_below
from simulator.records import dataclass

Floats = NDArray[np.float64]

_NODES: Final = 24
_POINTS: Final = 41
_LAST: Final = _POINTS - 1


@dataclass(frozen=True)
class Luck:
    """The market's correlations with their chances.

    Attributes:
        shared: ρ0 at each node, floats[node].
        segment: ρg at each node, floats[node].
        weights: of the nodes, adding to 1.
        phi: correlation from one quarter to the next.
    """

    shared: Floats
    segment: Floats
    weights: Floats
    phi: float

    @staticmethod
    def of(market: Market) -> Luck:
        """Return the nodes of a market: one where it is set, Gauss–Legendre over the prior where it is drawn.

        With t = sqrt(ρ) the density of the cut Beta(a, b) is t^(2a−1)·(1−t²)^(b−1), smooth everywhere.
        """
        if market.shared is not None and market.segment is not None:
            one = np.ones(1)
            return Luck(market.shared * one, market.segment * one, one, market.phi)
        nodes, weights = np.polynomial.legendre.leggauss(_NODES)
        t = (nodes + 1) / 2 * np.sqrt(LARGEST_RHO)
        a, b = PRIOR
        density = weights * t ** (2 * a - 1) * (1 - t**2) ** (b - 1)
        return Luck(SHARED_SHARE * t**2, (1 - SHARED_SHARE) * t**2, density / density.sum(), market.phi)

    @property
    def none(self) -> bool:
        """Whether the market moves nothing."""
        return not (self.shared + self.segment).any()

    def lost_then_won(
        self, first: Floats, second: float, quarters: int, doubts: tuple[float, float]
    ) -> Floats:
        """Return P(first lost, second won) of two attempts in one segment, floats[first].

        p₂ − Φ2(c₁, c₂; (ρ0+ρg)·φ^k + sqrt(ρd₁·ρd₂)), averaged over ρ (MODEL 1, lost deals that come back).
        A chance of 0 or 1 meets no market.

        Args:
            first: p* of first attempts.
            second: p* of the second.
            quarters: k, calendar quarters between the two.
            doubts: ρd of the two.
        """
        rho = (self.shared + self.segment) * self.phi**quarters + np.sqrt(doubts[0] * doubts[1])
        if not rho.any() or not 0 < second < 1:
            return (1 - first) * second
        inside = (first > 0) & (first < 1)
        result = (1 - first) * second
        if inside.any():
            result[inside] = second - self._both(
                special.ndtri(first[inside]), float(special.ndtri(second)), rho
            )
        return result

    def _both(self, a: Floats, b: float, rho: Floats) -> Floats:
        """Average Φ2(a, b; ρ) over the nodes; many a by interpolation at Chebyshev points (it is smooth)."""
        low, high = float(a.min()), float(a.max())
        few = len(a) <= _POINTS or high - low < 1e-9
        points = (
            a if few else (low + high) / 2 - (high - low) / 2 * np.cos(np.pi * np.arange(_POINTS) / _LAST)
        )
        known = np.asarray(both_below(points[:, None], b, rho) @ self.weights)
        return known if few else _between(points, known, a)


def _between(points: Floats, known: Floats, a: Floats) -> Floats:
    """Interpolate by the barycentric formula at Chebyshev points (Berrut & Trefethen 2004)."""
    signs = np.where(np.arange(_POINTS) % 2, -1.0, 1.0)
    signs[[0, _LAST]] /= 2
    distance = a[:, None] - points
    met = distance == 0
    ratios = signs / np.where(met, 1.0, distance)
    result = (ratios @ known) / ratios.sum(axis=1)
    return np.asarray(np.where(met.any(axis=1), known[met.argmax(axis=1)], result))
