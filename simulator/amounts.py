"""Say how a deal's amount changes until it is signed."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.records import dataclass

Floats = NDArray[np.float64]

LIMIT: Final = 1.5
"""|Y| is conditioned on at most this: without it the mean of exp(Y) is infinite (MODEL 3)."""
DEGREES: Final = 5
"""Degrees of freedom of Student's t."""
MOST_BY_SIZE: Final = 0.3
MOST_LEAN: Final = 0.5
"""What the size of a deal adds to Y at most."""
_NODES: Final = 4097
_BINS: Final = 1 << 16


@dataclass(frozen=True)
class ChangeTable:
    """The inverse of a truncated law, by linear pieces.

    Attributes:
        nodes: of Y.
        cdf: P(Y ≤ node).
        slope: to the next node.
        guide: first node of each bin of uniforms,
        bins: so many of them.
    """

    nodes: Floats
    cdf: Floats
    slope: Floats
    guide: NDArray[np.int16]
    bins: int


@dataclass(frozen=True)
class AmountChange:
    """Closed amount = open amount · exp(Y).

    Y = 0 with chance `unchanged`, else `location` + `scale`·t₅ conditioned on |Y| ≤ 1.5, and what the size of
    the deal adds to that (MODEL 3).

    Attributes:
        unchanged: chance that the deal is signed as quoted, 0–1.
        location: centre of Y otherwise.
        scale: spread of Y otherwise, ≥ 0; with 0, Y is `location`.
        by_size: added to Y where the amount is e times `reference`; it counts up to `MOST_LEAN` either way.
        reference: amount at which nothing is added, major units of the company's currency.
    """

    unchanged: float = 0.5
    location: float = -0.05
    scale: float = 0.15
    by_size: float = 0.0
    reference: float = 1.0

    def lean(self, amount: Floats) -> Floats:
        """Return what the size of deals adds to Y: amounts in major units of the company's currency."""
        ratio = np.where(amount > 0, amount / self.reference, 1.0)
        return np.clip(self.by_size * np.log(ratio), -MOST_LEAN, MOST_LEAN)

    def factors(self, u: Floats, lean: Floats | None = None) -> Floats:
        """Return exp(Y) drawn by inversion from uniforms[...]; rising in u above `unchanged`.

        Args:
            u: the uniforms.
            lean: what the sizes of the deals add to Y; None for nothing.
        """
        result = self._at_reference(u)
        if lean is not None:
            changed = u >= self.unchanged
            result[changed] *= np.exp(lean[changed])
        return result

    @property
    def inverse(self) -> ChangeTable:
        """The inverse of the law of Y, given that it is not 0; where `scale` is 0 there is none."""
        return _truncated(self.location, self.scale)

    def _at_reference(self, u: Floats) -> Floats:
        result = np.ones(u.shape)
        changed = np.flatnonzero(u >= self.unchanged)
        if not len(changed):
            return result
        if self.scale == 0:
            result[changed] = np.exp(self.location)
            return result
        law = self.inverse
        again = (u[changed] - self.unchanged) / (1 - self.unchanged)
        at = law.guide[(again * law.bins).astype(np.int64)].astype(np.int64)
        behind = np.flatnonzero(law.cdf[at + 1] < again)
        at[behind] = np.searchsorted(law.cdf, again[behind]) - 1
        result[changed] = np.exp(law.nodes[at] + (again - law.cdf[at]) * law.slope[at])
        return result


def change_cdf(y: Floats, location: float, scale: float) -> Floats:
    """Return P(Y ≤ y | Y is not 0), the law conditioned on |Y| ≤ 1.5."""
    low, high = (special.stdtr(DEGREES, (b - location) / scale) for b in (-LIMIT, LIMIT))
    inside = special.stdtr(DEGREES, (np.clip(y, -LIMIT, LIMIT) - location) / scale)
    return np.asarray((inside - low) / (high - low))


@lru_cache(maxsize=64)
def _truncated(location: float, scale: float) -> ChangeTable:
    """Return the inverse of the law of Y, given that it is not 0, by linear pieces.

    Nodes even in asinh of the standardised value keep the error of the inverse below 1e-6.
    """
    bounds = np.arcsinh((np.array([-LIMIT, LIMIT]) - location) / scale)
    nodes = location + scale * np.sinh(np.linspace(bounds[0], bounds[1], _NODES))
    nodes[[0, -1]] = -LIMIT, LIMIT
    cdf = change_cdf(nodes, location, scale)
    # Where the law has no mass to the last digit, no draw falls, and the slope does not matter.
    slope = np.diff(nodes) / np.maximum(np.diff(cdf), 1e-300)
    # One bin more: (u − π0)/(1 − π0) may round up to 1.
    first = np.clip(np.searchsorted(cdf, np.arange(_BINS + 1) / _BINS, side="right") - 1, 0, _NODES - 2)
    return ChangeTable(nodes, cdf, slope, first.astype(np.int16), _BINS)
