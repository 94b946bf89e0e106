"""Draw how many deals arrive in a month, by inversion of the negative binomial of each trial."""

from __future__ import annotations

from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.arrivals import count_cdf
from simulator.engine.identity import inverse
from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_STEPS = 8
"""Numbers that are tried before a look at whose is found."""
_FAR = 9
"""Standard deviations below the mean at which the first number is tried."""


class Counts(Protocol):
    """The law of a number of arrivals."""

    @property
    def most(self) -> int:
        """One more than the largest number that can be drawn."""
        ...

    @property
    def average(self) -> float:
        """Average number, over all draws."""
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

    @property
    def average(self) -> float:
        """Σ P(N > n)."""
        return float((1 - self.cdf).sum())

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

    @property
    def average(self) -> float:
        """Average of λ."""
        return float(self.mean.mean())

    def numbers(self, u: Floats, draw: Integers) -> Integers:
        """Return the smallest n with P(N ≤ n) ≥ u of each trial: chances are added up until they reach it."""
        base, slope, n, chance = (column[draw] for column in self._chances)
        # Room for numbers ends there, as in a table of `count_cdf`.
        result, most = n.astype(np.int64), self.most - 1
        below, waiting = chance.copy(), np.arange(len(u))
        while len(waiting):
            number = result[waiting]
            for _ in range(_STEPS):
                number += below < u
                chance *= (base + slope * n) / (n + 1)
                n += 1
                below += chance
            result[waiting] = number
            some = np.flatnonzero((below < u) & (number < most))
            waiting, u, below, chance, n = waiting[some], u[some], below[some], chance[some], n[some]
            base, slope = base[some], slope[some]
        return np.minimum(result, most)

    @cached_property
    def _chances(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return a, b, m and P(m) of each draw: P(n+1) = P(n)·(a + b·n)/(n+1), and P(N < m) is as good as 0.

        P(0) = (κ/(κ+λ))^κ, a = κ·λ/(κ+λ), b = λ/(κ+λ).
        """
        lam, kappa = self.mean, self.dispersion
        poisson = np.isinf(kappa)
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(poisson, 0.0, lam / (kappa + lam))
            base = np.where(poisson, lam, kappa * slope)
            log = np.where(poisson, -lam, -kappa * np.log1p(lam / kappa))
        # The tail on this side is lighter than the normal one: below 1e-18, which no uniform is.
        first = np.maximum(np.floor(lam - _FAR * np.sqrt(lam + lam**2 / kappa)), 0.0)
        for n in range(int(first.max(initial=0.0))):
            log = np.where(n < first, log + np.log((base + slope * n) / (n + 1)), log)
        return base, slope, first, np.exp(log)
