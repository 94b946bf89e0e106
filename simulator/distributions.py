"""Say how long things take: laws of times in days, whole or continuous, also given an age."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

Z90: Final = 1.2815515655446004
"""Φ⁻¹(.9)"""
LONGEST: Final = 4096
"""Whole days of a law's table; its last cell holds what takes longer (eleven years and more)."""
MOMENT: Final = 1e-9
"""What is over in 0 days takes this long, so that R(0) is 1: entering a stage, nothing has passed yet."""
TIE: Final = MOMENT / 2
"""Times so near to each other are equal: ages are sums of clock weights, and 36.5 may be 36.4999999999."""

BINS: Final = 4096
"""Bins of chances, to which times are known within bounds."""
MANY: Final = 1000
"""Draws for which these are worth while."""
ROUNDING: Final = 1e-6
"""Far above the relative errors of laws' inverses, and far below a day."""


class Distribution(Protocol):
    """A law of a positive time in days."""

    def cdf(self, days: ArrayLike) -> Floats:
        """Return P(T ≤ days)."""
        ...

    def sf(self, days: ArrayLike) -> Floats:
        """Return P(T > days), accurate in the tail."""
        ...

    def isf(self, q: ArrayLike) -> Floats:
        """Return the days that T exceeds with chance q."""
        ...

    def mean(self) -> float:
        """Return E[T] in days."""
        ...


@dataclass(frozen=True)
class LogNormal:
    """T = exp(mu + sigma·Z); sigma 0 is a fixed time."""

    mu: float
    sigma: float

    @staticmethod
    def from_median(median: float, p90: float) -> LogNormal:
        """Return the log-normal law with this median and this 90 % point, both in days or money."""
        return LogNormal(math.log(median), math.log(p90 / median) / Z90)

    @staticmethod
    def from_mean(mean: float, sd: float) -> LogNormal:
        """Return the log-normal law with this mean and standard deviation."""
        ratio = min(sd / mean, 1e150)  # its square is still a number
        variance = math.log1p(ratio * ratio)
        return LogNormal(math.log(mean) - variance / 2, math.sqrt(variance))

    def scores(self, days: ArrayLike) -> Floats:
        """Return (ln days − mu)/sigma, −∞ where days ≤ 0."""
        x = np.asarray(days, dtype=np.float64)
        if not self.sigma:
            return np.where(x >= self._only - TIE, np.inf, -np.inf)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = (np.log(x) - self.mu) / self.sigma
        return np.where(x > 0, z, -np.inf)

    def cdf(self, days: ArrayLike) -> Floats:
        """Return P(T ≤ days)."""
        return np.asarray(special.ndtr(self.scores(days)))

    def sf(self, days: ArrayLike) -> Floats:
        """Return P(T > days)."""
        return np.asarray(special.ndtr(-self.scores(days)))

    def isf(self, q: ArrayLike) -> Floats:
        """Return the time that T exceeds with chance q."""
        if not self.sigma:
            return np.full(np.shape(q), self._only)
        return np.asarray(np.exp(self.mu - self.sigma * special.ndtri(np.asarray(q, dtype=np.float64))))

    def mean(self) -> float:
        """Return E[T] = exp(mu + sigma²/2)."""
        return math.exp(self.mu + self.sigma**2 / 2)

    @property
    def _only(self) -> float:
        """The one time of a law without spread, as it was meant before its logarithm was taken."""
        return round(math.exp(self.mu), 9)


@dataclass(frozen=True)
class Weibull:
    """P(T > t) = exp(−(t/scale)^shape)."""

    shape: float
    scale: float

    def cdf(self, days: ArrayLike) -> Floats:
        """Return P(T ≤ days)."""
        return np.asarray(-np.expm1(-((np.maximum(days, 0) / self.scale) ** self.shape)))

    def sf(self, days: ArrayLike) -> Floats:
        """Return P(T > days)."""
        return np.asarray(np.exp(-((np.maximum(days, 0) / self.scale) ** self.shape)))

    def isf(self, q: ArrayLike) -> Floats:
        """Return the days that T exceeds with chance q."""
        q = np.asarray(q, dtype=np.float64)
        return np.asarray(self.scale * (-np.log(q)) ** (1 / self.shape))

    def mean(self) -> float:
        """Return E[T] = scale·Γ(1 + 1/shape)."""
        return self.scale * math.gamma(1 + 1 / self.shape)


@dataclass(frozen=True)
class Gamma:
    """The gamma law of shape and scale (days)."""

    shape: float
    scale: float

    def cdf(self, days: ArrayLike) -> Floats:
        """Return P(T ≤ days)."""
        return np.asarray(special.gammainc(self.shape, np.maximum(days, 0) / self.scale))

    def sf(self, days: ArrayLike) -> Floats:
        """Return P(T > days)."""
        return np.asarray(special.gammaincc(self.shape, np.maximum(days, 0) / self.scale))

    def isf(self, q: ArrayLike) -> Floats:
        """Return the days that T exceeds with chance q."""
        return np.asarray(special.gammainccinv(self.shape, np.asarray(q, dtype=np.float64)) * self.scale)

    def mean(self) -> float:
        """Return E[T] = shape·scale."""
        return self.shape * self.scale


@dataclass(frozen=True)
class LogLogistic:
    """P(T > t) = 1/(1 + (t/median)^shape)."""

    median: float
    shape: float

    def _odds(self, days: ArrayLike) -> Floats:
        return np.asarray((np.maximum(days, 0) / self.median) ** self.shape)

    def cdf(self, days: ArrayLike) -> Floats:
        """Return P(T ≤ days)."""
        odds = self._odds(days)
        return np.asarray(odds / (1 + odds))

    def sf(self, days: ArrayLike) -> Floats:
        """Return P(T > days)."""
        return np.asarray(1 / (1 + self._odds(days)))

    def isf(self, q: ArrayLike) -> Floats:
        """Return the days that T exceeds with chance q."""
        q = np.asarray(q, dtype=np.float64)
        return np.asarray(self.median * ((1 - q) / q) ** (1 / self.shape))

    def mean(self) -> float:
        """Return E[T], infinite where shape ≤ 1."""
        if self.shape <= 1:
            return math.inf
        angle = math.pi / self.shape
        return self.median * angle / math.sin(angle)


@dataclass(frozen=True)
class Fixed:
    """Always the same number of days."""

    days: float

    def cdf(self, days: ArrayLike) -> Floats:
        """Return P(T ≤ days)."""
        return np.where(np.asarray(days) >= max(self.days, MOMENT) - TIE, 1.0, 0.0)

    def sf(self, days: ArrayLike) -> Floats:
        """Return P(T > days)."""
        return np.where(np.asarray(days) >= max(self.days, MOMENT) - TIE, 0.0, 1.0)

    def isf(self, q: ArrayLike) -> Floats:
        """Return the days, whatever q."""
        return np.full(np.shape(q), float(self.days))

    def mean(self) -> float:
        """Return the days."""
        return float(self.days)


@dataclass(frozen=True)
class Hazard:
    """Piecewise-constant hazard: `rates[i]` a day from `edges[i]` to `edges[i+1]`, the last one for ever.

    Attributes:
        edges: rising, the first is 0.
        rates: as many, not negative, the last above 0.
    """

    edges: tuple[float, ...]
    rates: tuple[float, ...]

    def _cumulative(self) -> Floats:
        return np.concatenate(([0.0], np.cumsum(np.diff(self.edges) * np.array(self.rates[:-1]))))

    def _integral(self, days: ArrayLike) -> Floats:
        x = np.maximum(np.asarray(days, dtype=np.float64), 0)
        i = np.searchsorted(self.edges, x, side="right") - 1
        return np.asarray(self._cumulative()[i] + (x - np.array(self.edges)[i]) * np.array(self.rates)[i])

    def cdf(self, days: ArrayLike) -> Floats:
        """Return P(T ≤ days)."""
        return np.asarray(-np.expm1(-self._integral(days)))

    def sf(self, days: ArrayLike) -> Floats:
        """Return P(T > days)."""
        return np.asarray(np.exp(-self._integral(days)))

    def isf(self, q: ArrayLike) -> Floats:
        """Return the days that T exceeds with chance q."""
        target = -np.log(np.asarray(q, dtype=np.float64))
        # The last edge at which the integral is still below the target starts the piece that meets it.
        i = np.maximum(np.searchsorted(self._cumulative(), target, side="left") - 1, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            within = (target - self._cumulative()[i]) / np.array(self.rates)[i]
        return np.asarray(np.array(self.edges)[i] + np.nan_to_num(within, nan=0.0))

    def mean(self) -> float:
        """Return E[T] = ∫ P(T > t) dt, piece by piece."""
        survivors = np.exp(-self._cumulative())
        widths = np.append(np.diff(self.edges), np.inf)
        rates = np.array(self.rates)
        with np.errstate(divide="ignore", invalid="ignore"):
            pieces = np.where(rates > 0, -np.expm1(-rates * widths) / rates, widths)
        return float(np.sum(survivors * pieces))


@dataclass(frozen=True)
class Empirical:
    """Each of the observed times equally likely.

    Attributes:
        values: rising, in days.
    """

    values: tuple[float, ...]

    def _counts(self, days: ArrayLike) -> Integers:
        return np.asarray(np.searchsorted(np.maximum(self.values, MOMENT) - TIE, days, side="right"))

    def cdf(self, days: ArrayLike) -> Floats:
        """Return P(T ≤ days)."""
        return np.asarray(self._counts(days) / len(self.values))

    def sf(self, days: ArrayLike) -> Floats:
        """Return P(T > days)."""
        return np.asarray((len(self.values) - self._counts(days)) / len(self.values))

    def isf(self, q: ArrayLike) -> Floats:
        """Return the smallest value whose survivors are fewer than q."""
        n = len(self.values)
        # n − ⌈n·q⌉ of the values are at most as rare as q; the small shift undoes rounding of n·q.
        i = np.clip(n - np.ceil(n * np.asarray(q, dtype=np.float64) - 1e-9), 0, n - 1).astype(np.int64)
        return np.asarray(np.array(self.values)[i])

    def mean(self) -> float:
        """Return the average of the values."""
        return float(np.mean(self.values))


def stretched(law: Distribution, factor: float) -> Distribution:
    """Return the law of a time, or an amount, that is so many times as large.

    Raises:
        TypeError: it is no law of this module.
    """
    match law:
        case LogNormal(mu, sigma):
            return LogNormal(mu + math.log(factor), sigma)
        case Weibull(shape, scale):
            return Weibull(shape, scale * factor)
        case Gamma(shape, scale):
            return Gamma(shape, scale * factor)
        case LogLogistic(median, shape):
            return LogLogistic(median * factor, shape)
        case Fixed(days):
            return Fixed(days * factor)
        case Hazard(edges, rates):
            return Hazard(tuple(e * factor for e in edges), tuple(r / factor for r in rates))
        case Empirical(values):
            return Empirical(tuple(v * factor for v in values))
    raise TypeError(f"{type(law).__name__} is no law of times")


def whole_days(law: Distribution, age: float = 0.0, size: int = LONGEST) -> Floats:
    """Return the law of the remaining whole days, given that the time exceeds the age.

    P(j) = (F(age + j + ½) − F(age + j − ½)) / R(age), j ≥ 1, and P(0) = (F(age + ½) − F(age)) / R(age)
    (MODEL 2). Where R(age) is 0, one day is left.

    Args:
        law: of the whole stay.
        age: days already spent, ≥ 0.
        size: length of the result; its last cell holds the rest.

    Returns:
        floats[size], adding to 1.
    """
    alive = float(law.sf(age))
    if alive <= 0.0:
        result = np.zeros(size)
        result[1] = 1.0
        return result
    survivors = law.sf(age + np.arange(size) + 0.5) / alive
    survivors[-1] = 0.0
    return np.asarray(-np.diff(survivors, prepend=1.0))


def remaining_days(
    law: Distribution, u: Floats, age: Floats | float = 0.0, which: Integers | None = None
) -> Integers:
    """Return whole days drawn from `whole_days(law, age)` by inversion: R(T) = u·R(age), ⌈T − age − ½⌉.

    Args:
        law: of the whole stay.
        u: uniforms[n]; a small one is a long stay.
        age: days already spent, the same for all, or floats[m] of which
        which: says the age of each draw, integers[n].

    Returns:
        integers[n], at most `LONGEST` − 1.
    """
    ages = np.atleast_1d(np.asarray(age, dtype=np.float64))
    each: Integers | int = 0 if which is None else which
    if len(u) < MANY:
        return _inverted(law, u, ages, each)
    soonest, latest = _times(law)  # type: ignore[arg-type]
    cell = (u * np.asarray(law.sf(ages))[each] * BINS).astype(np.int64)
    spent = (ages + (0.5 + TIE))[each]
    days = np.ceil(latest[cell] - spent)
    # What one day is not certain of is worked out.
    open_ = np.flatnonzero(days != np.ceil(soonest[cell] - spent))
    result = np.clip(days, 0, LONGEST - 1, out=days).astype(np.int64)
    if len(open_):
        result[open_] = _inverted(law, u[open_], ages, each if isinstance(each, int) else each[open_])
    return result


@lru_cache(maxsize=256)
def _times(law: Distribution) -> tuple[Floats, Floats]:
    """Return the least and the longest time that is exceeded with the chances of each of `BINS` bins.

    Chances and times may be wrong by `ROUNDING` and more, so that they hold whatever rounding does.
    """
    first, last = (np.arange(BINS) + at for at in (-ROUNDING, 1 + ROUNDING))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        soonest, latest = (law.isf(np.clip(at / BINS, 0.0, 1.0)) for at in (last, first))
    latest[0] = np.inf  # chances next to 0, and 0 itself, where nothing is left of a time
    return soonest * (1 - ROUNDING), latest * (1 + ROUNDING)


def _inverted(law: Distribution, u: Floats, ages: Floats, each: Integers | int) -> Integers:
    """Return `remaining_days` of uniforms one by one."""
    alive = np.asarray(law.sf(ages))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        if isinstance(law, LogNormal) and law.sigma:
            times = np.log(u)
            times += special.log_ndtr(-law.scores(ages))[each]
            special.ndtri_exp(times, out=times)
            times *= -law.sigma
            times += law.mu
            np.exp(times, out=times)
        else:
            times = np.array(law.isf(u * alive[each]))
    times -= (ages + (0.5 + TIE))[each]
    days = np.clip(np.ceil(times, out=times), 0, LONGEST - 1, out=times)
    if not alive.all():
        days = np.where(alive[each] > 0, days, 1.0)
    return np.asarray(days).astype(np.int64)
