"""Hold one forecast of the past against what came."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simulator.backtest.measures import Measure
from simulator.backtest.origins import Window
from simulator.hit_rates import LEVELS
from simulator.records import dataclass
from simulator.scores import crps, interval_score, quantile, rank_place

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scored:
    """A forecast's scores, in the unit of what it forecast.

    Attributes:
        mean: of the forecast.
        crps: continuous ranked probability score.
        intervals: (low, high) by level.
        winkler: interval score by level.
    """

    mean: float
    crps: float
    intervals: tuple[tuple[float, float], ...]
    winkler: tuple[float, ...]


@dataclass(frozen=True)
class Row:
    """One measure in one window: what was forecast, and what came.

    Attributes:
        window: days that were forecast.
        measure: what of them.
        came: what came, minor units or a count.
        middle: of the forecast.
        scored: the forecast's scores.
        place: of what came among the trials, 0–1; uniform over many rows of a calibrated forecast.
        baselines: scores of those that could say something.
        members: number of values that each of those gave; one is a point.
    """

    window: Window
    measure: Measure
    came: float
    middle: float
    scored: Scored
    place: float
    baselines: Mapping[str, Scored]
    members: Mapping[str, int]

    def held(self, level: float) -> bool:
        """Tell whether an interval held what came; its ends belong to it."""
        low, high = self.scored.intervals[LEVELS.index(level)]
        return low <= self.came <= high

    @property
    def rarity(self) -> float:
        """Chance that a calibrated forecast would see what came so far out, on either side."""
        return min(2 * min(self.place, 1 - self.place), 1.0)


@dataclass(frozen=True)
class DealRow:
    """An open deal: its chance to be won inside a window, and what became of it.

    Attributes:
        window: days that were forecast.
        segment: name.
        chance: that it is won inside.
        won: whether it was.
        rate: chance of the baseline, won/(won + lost) of its stage and the share that closes in time.
        close: of a won deal: days by which it closed later than the middle of its forecast, and whether the
            80 % interval of the day held it; None where it was not won.
    """

    window: Window
    segment: str
    chance: float
    won: bool
    rate: float
    close: tuple[int, bool] | None


def scored(values: Floats, came: float) -> Scored:
    """Score an ensemble; of one value, all intervals are that value."""
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    intervals = tuple(
        (quantile(ordered, (1 - level) / 2), quantile(ordered, (1 + level) / 2)) for level in LEVELS
    )
    winkler = tuple(
        interval_score(low, high, came, level) for (low, high), level in zip(intervals, LEVELS, strict=True)
    )
    return Scored(float(ordered.mean()), crps(ordered, came), intervals, winkler)


def row_of(
    window: Window, measure: Measure, values: Floats, came: float, u: float, baselines: Mapping[str, Floats]
) -> Row:
    """Return the row of one forecast.

    Args:
        window: that was forecast.
        measure: what of it.
        values: floats[trial].
        came: what came.
        u: a uniform, which breaks ties of what came with trials.
        baselines: what the others forecast.
    """
    place = rank_place(values, came, u)
    others = {name: scored(told, came) for name, told in baselines.items()}
    members = {name: len(told) for name, told in baselines.items()}
    middle = quantile(np.sort(values), 0.5)
    return Row(window, measure, came, middle, scored(values, came), place, others, members)


def close_row(counts: NDArray[np.integer], day: int) -> tuple[int, bool] | None:
    """Hold the day on which a deal was won against the law of its close days, given a win in the window.

    Args:
        counts: trials that close it on each day from as-of, the window's last day being the last.
        day: on which it was won.

    Returns:
        Days later than the middle, and whether the 80 % interval held it; None where no trial closes it.
    """
    running = np.cumsum(counts)
    if not running[-1]:
        return None
    low, middle, high = (int(np.searchsorted(running, q * running[-1])) for q in (0.1, 0.5, 0.9))
    return day - middle, low <= day <= high
