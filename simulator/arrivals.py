"""Say which deals are still to come: new pipeline by calendar month, and deals first seen when won."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.distributions import Distribution
from simulator.records import dataclass

Floats = NDArray[np.float64]

DISPERSION: Final = 4.0
"""κ where none is set: a month's rate varies by half of itself."""
_NEARLY_POISSON: Final = 1e6


@dataclass(frozen=True)
class Bluebirds:
    """Deals first seen when they are won: a compound stream of its own.

    Attributes:
        per_month: expected number a month.
        amount: law of the amount, major units of the scenario's currency; never changed afterwards.
        dispersion: κ of the negative binomial count.
    """

    per_month: float
    amount: Distribution
    dispersion: float = DISPERSION


@dataclass(frozen=True)
class PipelineGeneration:
    """Deals still to come to a segment.

    N a month is negative binomial with mean λ and variance λ + λ²/κ (MODEL 5).

    Attributes:
        per_month: expected number in an average month.
        amount: law of the open amount, major units of the scenario's currency.
        entry: chance to enter at each stage, floats[stage], adding to 1.
        season: factor of a month by its number 1–12, 1 where not named.
        trend: growth of the rate over a year, 0.1 for 10 %.
        dispersion: κ.
        bluebirds: deals first seen when won, or None.
        estimated: whether the rate was estimated from created dates rather than set.
        raised: further factor on the rate, but not on that of bluebirds,
        since: from the month of this day on, None for all.
    """

    per_month: float
    amount: Distribution
    entry: Floats
    season: Mapping[int, float] = field(default_factory=dict)
    trend: float = 0.0
    dispersion: float = DISPERSION
    bluebirds: Bluebirds | None = None
    estimated: bool = False
    raised: float = 1.0
    since: date | None = None

    def rate(self, month: date, as_of: date) -> float:
        """Return the factor-adjusted mean of a calendar month, in deals.

        λ = per_month · season · (1 + trend)^(months from the as-of month / 12) · raised.
        """
        return self.per_month * self._factor(month, as_of) * self.raise_of(month)

    def raise_of(self, month: date) -> float:
        """Return the factor by which the rate of a calendar month is raised."""
        return self.raised if self.since is None or self.since.replace(day=1) <= month else 1.0

    def bluebird_rate(self, month: date, as_of: date) -> float:
        """Return the mean number of bluebirds of a calendar month, under the same season and trend."""
        return self.bluebirds.per_month * self._factor(month, as_of) if self.bluebirds else 0.0

    def _factor(self, month: date, as_of: date) -> float:
        months = (month.year - as_of.year) * 12 + month.month - as_of.month
        return float(self.season.get(month.month, 1.0) * (1 + self.trend) ** (months / 12))


def count_cdf(mean: float, dispersion: float) -> Floats:
    """Return P(N ≤ n), n = 0, 1, …, of a negative binomial count until it is 1 to 1e-15.

    A gamma-mixed Poisson with shape κ: mean λ, variance λ + λ²/κ. An infinite κ is Poisson.
    """
    if mean <= 0:
        return np.ones(1)
    size = int(mean + 12 * np.sqrt(mean + mean**2 / dispersion) + 40 * max(1.0, mean / dispersion)) + 50
    n = np.arange(size)
    if np.isinf(dispersion):
        cdf = special.pdtr(n, mean)
    elif dispersion > _NEARLY_POISSON:
        # κ/(κ+λ) keeps few digits of how far it is below 1; the complement, slower, needs none of them.
        cdf = special.betaincc(n + 1.0, dispersion, mean / (dispersion + mean))
    else:
        cdf = special.betainc(dispersion, n + 1.0, dispersion / (dispersion + mean))
    return np.asarray(cdf[: int(np.searchsorted(cdf, 1 - 1e-15)) + 1])
