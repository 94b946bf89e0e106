"""Sample many chains at once by elliptical slices around a normal law that is near to what is sought."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.records import dataclass
from simulator.streams import UniformRow

Floats = NDArray[np.float64]
Target = Callable[[Floats, NDArray[np.int64]], Floats]
"""(points[chain, d], which chains they are of) → log density[chain], up to a constant."""

_FREEDOM: Final = 6.0
"""Degrees of freedom of the t law that stands in for the normal one, so that no tail is too heavy for it."""
_MOST_TRIES: Final = 60
_RIDGE: Final = 1e-4


@dataclass(frozen=True, eq=False)
class Nearby:
    """A t law near to the one that is sought.

    Attributes:
        centre: floats[d].
        root: Cholesky factor of its scale, floats[d, d].
    """

    centre: Floats
    root: Floats

    @staticmethod
    def of_spread(centre: Floats, covariance: Floats) -> Nearby:
        """Return the law with this centre and scale."""
        size = len(centre)
        ridge = _RIDGE * np.diag(np.diag(covariance)) + 1e-10 * np.eye(size)
        return Nearby(centre, np.asarray(np.linalg.cholesky(covariance + ridge), dtype=np.float64))

    @staticmethod
    def of_points(points: Floats) -> Nearby:
        """Return the law with the mean and covariance of points[chain, d]."""
        covariance = np.atleast_2d(np.cov(points, rowvar=False))
        return Nearby.of_spread(points.mean(axis=0), covariance)

    def scores(self, points: Floats) -> Floats:
        """Return root⁻¹·(x − centre), floats[chain, d]."""
        inverse = np.linalg.inv(self.root)
        return np.asarray((points - self.centre) @ inverse.T)


def normals(row: UniformRow, *shape: int) -> Floats:
    """Return standard normals of a row."""
    return np.asarray(special.ndtri(row.uniforms(*shape)))


def slice_step(points: Floats, target: Target, nearby: Nearby, row: UniformRow) -> Floats:
    """Move each chain once and leave its target law as it is.

    Elliptical slice sampling (Murray, Adams & MacKay 2010) with a t law in place of the prior (Nishihara,
    Murray & Adams 2014): the nearer that law, the nearer are successive states to independent ones.

    Args:
        points: states, floats[chain, d].
        target: log density.
        nearby: the t law.
        row: of the uniforms.
    """
    count, size = points.shape
    x = nearby.scores(points)
    far = (x**2).sum(axis=1)
    shape = (size + _FREEDOM) / 2
    scale = (_FREEDOM + far) / 2 / special.gammaincinv(shape, row.uniforms(count))
    other = np.sqrt(scale)[:, None] * normals(row, count, size)

    def log_ratio(scores: Floats, chains: NDArray[np.int64]) -> Floats:
        distance = (scores**2).sum(axis=1)
        here = nearby.centre + scores @ nearby.root.T
        return np.asarray(target(here, chains) + shape * np.log1p(distance / _FREEDOM))

    everyone = np.arange(count)
    level = log_ratio(x, everyone) + np.log(row.uniforms(count))
    angle = 2 * np.pi * row.uniforms(count)
    low, high = angle - 2 * np.pi, angle.copy()
    result, open_ = x.copy(), everyone
    for _ in range(_MOST_TRIES):
        turn = angle[open_, None]
        tried = x[open_] * np.cos(turn) + other[open_] * np.sin(turn)
        taken = log_ratio(tried, open_) > level[open_]
        result[open_[taken]] = tried[taken]
        open_ = open_[~taken]
        if not len(open_):
            break
        negative = angle[open_] < 0
        low[open_] = np.where(negative, angle[open_], low[open_])
        high[open_] = np.where(negative, high[open_], angle[open_])
        angle[open_] = low[open_] + (high[open_] - low[open_]) * row.uniforms(len(open_))
    return np.asarray(nearby.centre + result @ nearby.root.T)
