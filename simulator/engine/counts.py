"""Draw how many deals arrive in a month, by inversion of the negative binomial of each trial."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.arrivals import count_cdf
from simulator.engine.identity import inverse

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_CELLS = 1 << 17
"""Chances that are worked out at once."""


class Counts(Protocol):
    """The law of a number of arrivals."""

    @property
    def most(self) -> int:
        """One more than the largest number that can be drawn."""
        ...

    def numbers(self, u: Floats, draw: Integers) -> Integers:
        """Return the smallest n with P(N ≤ n) ≥ u of each trial, integers[trial].

        Args:
            u: uniforms[trial].
            draw: posterior draw of each trial.
        """
        ...


@dataclass(frozen=True, eq=False)
class SetCounts:
    """One law for all trials.

    Attributes:
        cdf: P(N ≤ n).
    """

    cdf: Floats

    @property
    def most(self) -> int:
        """Length of the table."""
        return len(self.cdf)

    def numbers(self, u: Floats, draw: Integers) -> Integers:
        """Return the smallest n with P(N ≤ n) ≥ u of each trial."""
        return inverse(self.cdf, u)


@dataclass(frozen=True, eq=False)
class DrawnCounts:
    """A negative binomial law a draw: mean λ, variance λ + λ²/κ; an infinite κ is Poisson.

    Attributes:
        mean: λ, floats[draw].
        dispersion: κ, floats[draw].
    """

    mean: Floats
    dispersion: Floats

    @cached_property
    def most(self) -> int:
        """One more than the largest number of any draw, by the law of largest λ and smallest κ.

        Its tail is the heaviest; beyond it no uniform comes near enough to 1.
        """
        mean, dispersion = float(self.mean.max(initial=0.0)), float(self.dispersion.min(initial=np.inf))
        return len(count_cdf(mean, dispersion)) + 1

    def numbers(self, u: Floats, draw: Integers) -> Integers:
        """Return the smallest n with P(N ≤ n) ≥ u of each trial."""
        widths = _width(self.mean, self.dispersion)[draw]
        order = np.argsort(widths, kind="stable")  # tables of like length together
        most = self.most - 1  # room for numbers ends there, as in a table of `count_cdf`
        result, begin = np.zeros(len(u), dtype=np.int64), 0
        while begin < len(order):
            some = order[begin : begin + max(_CELLS // int(widths[order[begin]]), 1)]
            result[some] = self._numbers(u[some], draw[some], int(widths[some[-1]]))
            begin += len(some)
        return np.minimum(result, most)

    def _numbers(self, u: Floats, draw: Integers, width: int) -> Integers:
        distinct, of = np.unique(draw, return_inverse=True)
        mean, dispersion = self.mean[distinct], self.dispersion[distinct]
        while True:
            cdf = _cdf(mean, dispersion, width)[of]
            if (cdf[:, -1] >= u).all() or width > _bound(mean, dispersion).max():
                return np.asarray((cdf < u[:, None]).sum(axis=1))
            width *= 2


def _cdf(mean: Floats, dispersion: Floats, width: int) -> Floats:
    """Return P(N ≤ n), n = 0 … width − 1, floats[law, n].

    P(0) = (κ/(κ+λ))^κ and P(n+1) = P(n)·(κ+n)/(κ+λ)·λ/(n+1), in logarithms.
    """
    n = np.arange(width - 1)
    lam, kappa = mean[:, None], dispersion[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        first = np.where(np.isinf(kappa), -lam, -kappa * np.log1p(lam / kappa))
        steps = np.where(np.isinf(kappa), 0.0, np.log((n + kappa) / (kappa + lam))) + np.log(lam / (n + 1.0))
    return np.cumsum(np.exp(np.cumsum(np.concatenate((first, steps), axis=1), axis=1)), axis=1)


def _width(mean: Floats, dispersion: Floats) -> Integers:
    """Return a length of table that nearly always is enough."""
    return np.asarray(mean + 5 * np.sqrt(mean + mean**2 / dispersion) + 12).astype(np.int64)


def _bound(mean: Floats, dispersion: Floats) -> Floats:
    """Return a number that is hardly ever reached."""
    spread = np.sqrt(mean + mean**2 / dispersion)
    return np.asarray(mean + 12 * spread + 40 * np.maximum(1.0, mean / dispersion) + 50)
