"""Say how exact a simulated figure is, and how well past forecasts did: intervals, scores, calibration."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

Z95: Final = 1.959963984540054
"""Φ⁻¹(.975)"""
MOST_BITS: Final = 12
"""Of the number of a bin in which values are counted, so that few of them need to be sorted."""
FEW: Final = 1 << 14
"""Values up to which all are sorted: to count them in bins would take longer."""
TILE: Final = 1 << 13
"""Values that are looked at together."""


def quantile(ordered: Floats, q: float) -> float:
    """Return the q-quantile of rising values, linear between neighbours (Hyndman & Fan 1996, type 7)."""
    place = q * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return float(ordered[low] + (place - low) * (ordered[high] - ordered[low]))


class Ordered:
    """Values in rising order, of which only those that are asked for are put in their places.

    Few values are sorted. Many are counted in bins, and only bins that hold what is asked for are sorted: to
    sort all of 100,000 values takes some five times as long where a processor sorts slowly.

    Args:
        values: floats[n], n ≥ 1, in any order.
    """

    def __init__(self, values: Floats) -> None:
        self._values, self._low = values, float(values.min())
        width = float(values.max()) - self._low
        # As whole numbers the bits of floats rise like their logarithms, so that no tail is too long.
        self._small = width * 2.0**-MOST_BITS or 1.0
        self._lowest, highest = np.array((self._small, width + self._small)).view(np.int64).tolist()
        self._shift = max((highest - self._lowest).bit_length() - MOST_BITS, 0)
        self._sorted = np.sort(values) if len(values) <= FEW else None
        if self._sorted is not None:
            return
        self._bin = np.empty(len(values), dtype=np.int16)
        self._counts = np.zeros(((highest - self._lowest) >> self._shift) + 2, dtype=np.int64)
        for some in tiles(len(values)):
            numbers = self._numbers(values[some])
            self._bin[some] = numbers
            self._counts += np.bincount(numbers, minlength=len(self._counts))
        self._until = np.cumsum(self._counts)

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, ranks: slice) -> Floats:
        """Return the values of some neighbouring ranks."""
        if self._sorted is not None:
            return self._sorted[ranks]
        first, last, _ = ranks.indices(len(self))
        if first >= last:
            return np.zeros(0)
        begin, end = self._bins(np.array([first, last - 1])).tolist()
        lowest = np.full(max(min(last, int(self._counts[0])) - first, 0), self._low)
        some = self._values[(self._bin >= max(begin, 1)) & (self._bin <= end)]
        some.sort()
        before = int(self._until[max(begin, 1) - 1])
        return np.concatenate((lowest, some[max(first - before, 0) : max(last - before, 0)]))

    def at(self, ranks: Integers) -> Floats:
        """Return the values of some ranks, floats[rank]."""
        if self._sorted is not None:
            return self._sorted[ranks]
        bins = self._bins(ranks)
        wanted = np.zeros(len(self._counts), dtype=np.bool_)
        wanted[bins] = True
        wanted[0] = False
        some = self._values[wanted.take(self._bin)]
        some.sort()
        # Rank by rank: its place in its bin, behind all that stands in the bins before that are wanted too.
        place = (np.cumsum(self._counts * wanted) - self._until)[bins] + ranks
        result, above = np.full(len(ranks), self._low), bins > 0
        result[above] = some[place[above]]
        return result

    def quantiles(self, chances: Sequence[float]) -> Floats:
        """Return quantiles as `quantile`, floats[chance]."""
        place = np.asarray(chances, dtype=np.float64) * (len(self) - 1)
        low = place.astype(np.int64)
        ranks = np.concatenate((low, np.minimum(low + 1, len(self) - 1)))
        below, above = self.at(ranks).reshape(2, -1)
        return np.asarray(below + (place - low) * (above - below))

    def mean_of_lowest(self, count: int) -> float:
        """Return the mean of the lowest values.

        Whole bins are summed in the order in which the values came, however many there are.
        """
        if self._sorted is None:
            below = self._bin < self._bins(np.array([count - 1]))
        else:
            below = self._numbers(self._values) < self._numbers(self._sorted[count - 1 : count])
        rest = self[int(np.count_nonzero(below)) : count]
        return float((self._values[below].sum() + rest.sum()) / count)

    def _numbers(self, values: Floats) -> Integers:
        """Return the bin of each of some values."""
        numbers = (values - self._low + self._small).view(np.int64)
        numbers -= self._lowest
        numbers >>= self._shift
        numbers += 1
        numbers[values == self._low] = 0  # a bin of its own, which may be large and needs no sorting
        return numbers

    def _bins(self, ranks: Integers) -> Integers:
        return np.asarray(np.searchsorted(self._until, ranks, side="right"))


def deviation(values: Floats) -> float:
    """Return the standard deviation of a sample of two values or more."""
    mean, squares = float(values.mean()), 0.0
    for some in tiles(len(values)):
        off = values[some] - mean
        squares += float(np.square(off, out=off).sum())
    return float(np.sqrt(squares / (len(values) - 1)))


def tiles(count: int) -> Iterator[slice]:
    """Yield pieces of a long array that stay in cache, and whose copies take no new memory."""
    yield from (slice(begin, begin + TILE) for begin in range(0, count, TILE))


def quantile_interval(ordered: Floats | Ordered, q: float, effect: float = 1.0) -> tuple[float, float, bool]:
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
    spread = Z95 * math.sqrt(n * q * (1 - q) * effect)
    low = min(max(math.floor(n * q - spread) - 1, 0), n - 1)
    high = min(max(math.ceil(n * q + spread), 0), n - 1)
    inside = ordered[low : high + 1]
    steps = int(np.count_nonzero(inside[1:] != inside[:-1]))
    return float(inside[0]), float(inside[-1]), steps < (high - low) / 2


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


def crps(values: Floats, outcome: float) -> float:
    """Return the continuous ranked probability score of an ensemble, exact, in the unit of its values.

    E|X − y| − ½·E|X − X'|, X and X' drawn from the ensemble (Gneiting & Raftery 2007); the second mean is
    2/n²·Σ (2i − n − 1)·x_(i) of the values in order. Of one value it is the absolute error.

    Args:
        values: floats[member], in any order, equally likely.
        outcome: what came.
    """
    ordered, n = np.sort(np.asarray(values, dtype=np.float64)), len(values)
    # Centred, so that large amounts of small spread keep their digits.
    centred = ordered - ordered[n // 2]
    apart = 2 * float(np.dot(2 * np.arange(1, n + 1) - n - 1, centred)) / n**2
    return max(float(np.abs(ordered - outcome).mean()) - apart / 2, 0.0)


def crps_of_quantiles(levels: Floats, values: Floats, outcome: float) -> float:
    """Return ∫ (F(x) − 1{x ≥ y})² dx of a law that is known by quantiles.

    F is linear from one quantile to the next; what lies outside of them is put on the first and the last.

    Args:
        levels: chances of less, rising, inside 0–1.
        values: not falling.
        outcome: y.
    """
    outside = max(values[0] - outcome, outcome - values[-1], 0.0)
    x = np.sort(np.append(values, np.clip(outcome, values[0], values[-1])))
    # On each side of a jump its own end of F: quantiles that are equal make one.
    middle, width = (x[1:] + x[:-1]) / 2, np.diff(x)
    piece = np.clip(np.searchsorted(values, middle, side="right") - 1, 0, len(values) - 2)
    rise = np.diff(levels)[piece] / np.where(np.diff(values)[piece] > 0, np.diff(values)[piece], 1.0)
    a = levels[piece] + (x[:-1] - values[piece]) * rise - (middle >= outcome)
    b = levels[piece] + (x[1:] - values[piece]) * rise - (middle >= outcome)
    return float(outside + np.sum(width * (a * a + a * b + b * b) / 3))


def interval_score(low: float, high: float, outcome: float, level: float) -> float:
    """Return the width of an interval and 2/α for each unit by which the outcome lies outside (Winkler 1972).

    Args:
        low: lower end, the quantile α/2.
        high: upper end, the quantile 1 − α/2.
        outcome: what came.
        level: 1 − α, such as .8.
    """
    missed = max(low - outcome, outcome - high, 0.0)
    return high - low + 2 / (1 - level) * missed


def rank_place(values: Floats, outcome: float, u: float) -> float:
    """Return the probability integral transform of an outcome in an ensemble, uniform if both are alike.

    (number below + u·(number equal + 1)) / (n + 1): the place of the outcome among the members, ties broken
    by chance (Czado, Gneiting & Held 2009).

    Args:
        values: floats[member].
        outcome: what came.
        u: a uniform of its own.
    """
    below, equal = int(np.count_nonzero(values < outcome)), int(np.count_nonzero(values == outcome))
    return (below + u * (equal + 1)) / (len(values) + 1)


def brier(chances: ArrayLike, happened: ArrayLike) -> float:
    """Return the mean of (chance − outcome)², outcomes 0 or 1 (Brier 1950)."""
    p, y = np.asarray(chances, dtype=np.float64), np.asarray(happened, dtype=np.float64)
    return float(np.mean((p - y) ** 2))


def log_score(chances: ArrayLike, happened: ArrayLike) -> float:
    """Return the mean of −ln of the chance that was given to what came; infinite where that was 0."""
    p, y = np.asarray(chances, dtype=np.float64), np.asarray(happened, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return float(np.mean(-np.log(np.where(y > 0, p, 1 - p))))


def skill(score: float, baseline: float) -> float | None:
    """Return 1 − score/score of a baseline: 1 is perfect, 0 no better; None where the baseline is perfect."""
    return 1 - score / baseline if baseline > 0 else None


@dataclass(frozen=True)
class Bin:
    """Chances near to each other, and how often what they speak of came true.

    Attributes:
        chance: their mean.
        share: how often it came.
        low: 95 % interval of the share.
        high: likewise.
        count: how many.
    """

    chance: float
    share: float
    low: float
    high: float
    count: int


def reliability(chances: Floats, happened: NDArray[np.bool_], most: int = 10) -> tuple[Bin, ...]:
    """Return bins of about equally many chances, rising; equal chances stand in one bin.

    Args:
        chances: floats[n], 0–1.
        happened: whether each came.
        most: bins.
    """
    order = np.argsort(chances, kind="stable")
    p, y = np.asarray(chances, dtype=np.float64)[order], np.asarray(happened, dtype=np.bool_)[order]
    number = np.searchsorted(p, p, side="left") * most // max(len(p), 1)
    found = []
    for part in np.split(np.arange(len(p)), np.flatnonzero(np.diff(number)) + 1):
        if len(part):
            hits = int(y[part].sum())
            found.append(Bin(float(p[part].mean()), hits / len(part), *wilson(hits, len(part)), len(part)))
    return tuple(found)


def isotonic(values: Floats, weights: Floats | None = None) -> Floats:
    """Return the nearest values that never fall: pool adjacent violators (Ayer et al. 1955).

    Args:
        values: floats[n], in the order in which they ought to rise.
        weights: of each, > 0.
    """
    heights: list[float] = []
    sizes: list[float] = []
    counts: list[int] = []
    each = np.ones(len(values)) if weights is None else weights
    for value, weight in zip(values.tolist(), each.tolist(), strict=True):
        heights.append(value)
        sizes.append(weight)
        counts.append(1)
        while len(heights) > 1 and heights[-2] >= heights[-1]:
            size, count, height = sizes.pop(), counts.pop(), heights.pop()
            heights[-1] = (heights[-1] * sizes[-1] + height * size) / (sizes[-1] + size)
            sizes[-1] += size
            counts[-1] += count
    return np.repeat(heights, counts)


def chance_of_fewer(hits: int, trials: int, chance: float) -> float:
    """Return P(N ≤ hits) of a binomial count: how often a calibrated forecast holds no more often."""
    return float(special.bdtr(hits, trials, chance)) if trials else 1.0


def chance_of_more(hits: int, trials: int, chance: float) -> float:
    """Return P(N ≥ hits) of a binomial count."""
    return float(special.bdtrc(hits - 1, trials, chance)) if trials and hits else 1.0
