"""Add up what past forecasts were worth: hit rates, calibration, skill, by measure and horizon."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.backtest.measures import Measure
from simulator.backtest.origins import disjoint
from simulator.backtest.rows import DealRow, Row
from simulator.hit_rates import LEVELS, Hits, counted
from simulator.records import dataclass
from simulator.scores import Bin, brier, isotonic, log_score, reliability, skill

BINS = 10


@dataclass(frozen=True)
class Against:
    """A forecast beside a baseline, over the windows in which it could say something.

    Attributes:
        name: of the baseline.
        windows: how many.
        skill: 1 − CRPS/CRPS of the baseline; None where the baseline is always right.
        interval_skill: likewise of the 80 % interval score, None of a baseline that gives points.
    """

    name: str
    windows: int
    skill: float | None
    interval_skill: float | None


@dataclass(frozen=True)
class Summary:
    """What the forecasts of one measure were worth at one horizon.

    Attributes:
        measure: which.
        horizon: length of the windows.
        hits: by level.
        places: windows by the tenth of the forecast in which came what came; a U is too narrow.
        mean: of the forecasts.
        came: mean of what came.
        crps: mean score.
        winkler: mean interval score by level.
        against: baselines.
    """

    measure: Measure
    horizon: str
    hits: tuple[Hits, ...]
    places: tuple[int, ...]
    mean: float
    came: float
    crps: float
    winkler: tuple[float, ...]
    against: tuple[Against, ...]


@dataclass(frozen=True)
class DealSummary:
    """What the chances of single deals, to be won inside a window, were worth.

    Attributes:
        segment: name, "" for the company.
        horizon: length of the windows.
        count: open deals, once an origin.
        expected: sum of their chances.
        won: how many were won.
        brier: mean squared error of the chances.
        brier_rate: that of one chance for all, the share won.
        brier_table: that of the stage table.
        log_score: mean −ln of the chance of what came.
        bins: reliability.
        isotonic: share by chance as it never falls, one a bin.
        closes: won deals whose day could be held against a forecast of it.
        days_late: mean of days later than the middle.
        days_off: mean of their absolute values.
        close_hits: of 80 % intervals of the day.
    """

    segment: str
    horizon: str
    count: int
    expected: float
    won: int
    brier: float
    brier_rate: float
    brier_table: float
    log_score: float
    bins: tuple[Bin, ...]
    isotonic: tuple[float, ...]
    closes: int
    days_late: float
    days_off: float
    close_hits: Hits


def summaries(rows: Sequence[Row]) -> tuple[Summary, ...]:
    """Return one summary a measure and horizon, in the order in which they first stand."""
    groups: dict[tuple[str, Measure], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.window.horizon, row.measure), []).append(row)
    return tuple(_summary(some) for some in groups.values())


def hits(rows: Sequence[Row], level: float) -> Hits:
    """Return how often the intervals of some rows held."""
    apart = 0
    for horizon in {row.window.horizon for row in rows}:
        some = [row for row in rows if row.window.horizon == horizon]
        windows = tuple(dict.fromkeys(row.window for row in some))
        apart += round(disjoint(windows) * len(some) / len(windows))
    return counted(level, sum(row.held(level) for row in rows), len(rows), apart)


def deal_summaries(rows: Sequence[DealRow]) -> tuple[DealSummary, ...]:
    """Return the summaries of deals by horizon, of all and of each segment where there are several."""
    groups: dict[tuple[str, str], list[DealRow]] = {}
    several = len({row.segment for row in rows}) > 1
    for row in rows:
        for segment in ("", row.segment) if several else ("",):
            groups.setdefault((row.window.horizon, segment), []).append(row)
    return tuple(_deal_summary(horizon, segment, some) for (horizon, segment), some in groups.items())


def _summary(rows: Sequence[Row]) -> Summary:
    places = np.bincount([min(int(row.place * BINS), BINS - 1) for row in rows], minlength=BINS)
    names = dict.fromkeys(name for row in rows for name in row.baselines)
    return Summary(
        rows[0].measure,
        rows[0].window.horizon,
        tuple(hits(rows, level) for level in LEVELS),
        tuple(places.tolist()),
        float(np.mean([row.scored.mean for row in rows])),
        float(np.mean([row.came for row in rows])),
        float(np.mean([row.scored.crps for row in rows])),
        tuple(np.mean([row.scored.winkler for row in rows], axis=0).tolist()),
        tuple(_against(name, [row for row in rows if name in row.baselines]) for name in names),
    )


def _against(name: str, rows: Sequence[Row]) -> Against:
    level = LEVELS.index(0.8)
    mine, other = (
        np.mean([(s.crps, s.winkler[level]) for s in scores], axis=0)
        for scores in ([row.scored for row in rows], [row.baselines[name] for row in rows])
    )
    has_interval = all(row.members[name] > 1 for row in rows)
    interval = skill(float(mine[1]), float(other[1])) if has_interval else None
    return Against(name, len(rows), skill(float(mine[0]), float(other[0])), interval)


def _deal_summary(horizon: str, segment: str, rows: Sequence[DealRow]) -> DealSummary:
    chances, won = np.array([row.chance for row in rows]), np.array([row.won for row in rows])
    bins = reliability(chances, won, BINS)
    rising = isotonic(np.array([b.share for b in bins]), np.array([float(b.count) for b in bins]))
    closes = [row.close for row in rows if row.close is not None]
    late = np.array([days for days, _ in closes]) if closes else np.zeros(1)
    held = sum(inside for _, inside in closes)
    return DealSummary(
        segment, horizon, len(rows), float(chances.sum()), int(won.sum()), brier(chances, won),
        brier(np.full(len(won), won.mean()), won), brier([row.rate for row in rows], won),
        log_score(chances, won), bins, tuple(rising.tolist()), len(closes), float(late.mean()),
        float(np.abs(late).mean()), counted(0.8, held, len(closes), len(closes)),
    )  # fmt: skip
