"""Learn the deals still to come: rate, trend, season, entry, amounts, and deals first seen when won."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.clock import Clock
from simulator.history import UNKNOWN, History
from simulator.learning.counts import AHEAD, FEWEST_FOR_SEASON, Path, follow
from simulator.learning.evidence import Figure
from simulator.learning.spells import bluebirds_of
from simulator.money import minor_digits
from simulator.posterior import GenerationDraws
from simulator.records import dataclass
from simulator.streams import UniformRow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MONTHS: Final = 48
"""Whole months before the as-of day's that are looked at."""
MOST_AMOUNTS: Final = 1000

_NEAR: Final = 5.0
"""Months over which the weight of the path to come falls to 1/e where a line is laid through it."""
_STEEPEST: Final = 1.5
"""Bounds the logarithm of a year's growth: the line goes on where the damped path does not."""
_FEWEST_AMOUNTS: Final = 20
_CALENDAR: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, eq=False)
class ArrivalFit:
    """What was learned of the deals to come to a segment.

    Attributes:
        draws: for the engine.
        figures: with their evidence, by path such as `new_pipeline.per_month`.
        notes: what could not be learned, for people.
    """

    draws: GenerationDraws
    figures: Mapping[str, Figure] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Arrived:
    """Deals by creation: day, segment, stage of entry, amount in major units (NaN), whether a bluebird."""

    day: Integers
    segment: Integers
    stage: Integers
    amount: Floats
    bluebird: NDArray[np.bool_]

    def only(self, some: NDArray[np.bool_]) -> _Arrived:
        return _Arrived(*(column[some] for column in vars(self).values()))


def fit_arrivals(
    history: History, clock: Clock, draws: int, uniforms: UniformRow,
    clocks: Mapping[str, Clock] | None = None,
) -> dict[str, ArrivalFit]:  # fmt: skip
    """Learn the deals to come to each segment, none where it has seen no deal.

    The level is that of the as-of day, not an average of the past: it moves by the month, and its damped
    growth is laid into rate and trend by a line through each draw of the path, near months first. The season
    is that of all segments together. First and last month count as far as they were seen, on the clock. A
    high draw of one segment tends to go with high ones of the others (correlation ½): what moves new deals
    is partly common, and independent segments would make the company's total too sure.

    Args:
        history: as it was known.
        clock: operational, day 0 that of `history.known`.
        draws: D.
        uniforms: a row of its own.
        clocks: of segments that have another.
    """
    arrived = _arrived(history)
    if not len(arrived.day):
        return {}
    ordinary = arrived.only(~arrived.bluebird)
    months = _Months.of(history, arrived.day)
    season = np.zeros((draws, 12))
    if len(months.starts) >= FEWEST_FOR_SEASON and len(ordinary.day):
        counts = months.counts(ordinary.day)
        season = follow(counts, months.seen(clock), months.calendar, draws, uniforms).season
    found, together = {}, special.ndtri(uniforms.uniforms(draws))
    for s, name in enumerate(history.segments):
        own = arrived.only(arrived.segment == s)
        if len(own.day):
            own_clock = (clocks or {}).get(name, clock)
            high = together + special.ndtri(uniforms.uniforms(draws))
            found[name] = _fit(history, own, arrived, months, own_clock, season, high, uniforms)
    return found


def _arrived(history: History) -> _Arrived:
    """Return deals by creation, since the record sees all of them."""
    deals, moves = history.deals, history.moves
    stage, amount = np.zeros(len(deals), dtype=np.int64), deals.amount.copy()
    # The last of a deal's rows to be written is its first move, and its first amount that was told.
    back = np.arange(len(moves))[::-1]
    stage[moves.deal[back]] = moves.stage[back]
    told = back[moves.amount[back] >= 0]
    amount[moves.deal[told]] = moves.amount[told]
    unit = 10.0 ** minor_digits(history.currency)
    kept = (deals.created != UNKNOWN) & (deals.created <= history.known) & (deals.created >= history.since)
    bluebird = bluebirds_of(history)
    return _Arrived(
        deals.created[kept], deals.segment[kept], np.where(stage < len(history.stages), stage, 0)[kept],
        np.where(amount > 0, amount / unit, np.nan)[kept], bluebird[kept],
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Months:
    """The calendar months of a record, the as-of day's last.

    Attributes:
        starts: first day of each, ordinals, and of the month after.
        first: first day of the record.
        known: the as-of day.
    """

    starts: Integers
    first: int
    known: int

    @staticmethod
    def of(history: History, day: Integers) -> _Months:
        """Return the months since the record begins, 48 whole ones at most."""
        last = date.fromordinal(history.known)
        first = max(int(day.min()), history.since)
        begin = date.fromordinal(first)
        count = min((last.year - begin.year) * 12 + last.month - begin.month + 1, MONTHS + 1)
        ends = [divmod(last.year * 12 + last.month - back, 12) for back in range(count, -1, -1)]
        starts = np.array([date(year, month + 1, 1).toordinal() for year, month in ends])
        return _Months(starts, max(first, int(starts[0])), history.known)

    @property
    def calendar(self) -> Integers:
        """The calendar month of each, 0 for January."""
        return np.array([date.fromordinal(int(day)).month - 1 for day in self.starts[:-1]])

    def counts(self, day: Integers) -> Integers:
        """Return how many days fall into each."""
        at = np.searchsorted(self.starts, day, side="right") - 1
        return np.bincount(at[at >= 0], minlength=len(self.starts) - 1)[: len(self.starts) - 1]

    def seen(self, clock: Clock) -> Floats:
        """Return the share of each month's clock that lies in the record, at least a hundredth."""
        low = np.maximum(self.starts[:-1], self.first)
        high = np.minimum(self.starts[1:] - 1, self.known)
        inside = clock.at_end_of(high - self.known) - clock.at_end_of(low - 1 - self.known)
        edges = clock.at_end_of(self.starts - 1 - self.known)
        return np.maximum(inside / np.maximum(np.diff(edges), 1e-9), 0.01)


def _fit(
    history: History, own: _Arrived, everyone: _Arrived, months: _Months, clock: Clock, season: Floats,
    high: Floats, uniforms: UniformRow,
) -> ArrivalFit:  # fmt: skip
    ordinary, birds, draws = own.only(~own.bluebird), own.only(own.bluebird), len(high)
    seen = months.seen(clock)
    usual = np.exp(season).mean(axis=0)[months.calendar]
    counts = months.counts(ordinary.day)
    path = follow(counts, seen * usual, months.calendar, draws, uniforms, seasonal=False).ordered(high)
    level, growth = _line(path)
    factors = np.exp(season)
    recent = months.starts[max(len(months.starts) - 13, 0)]
    amounts = _amounts(ordinary, everyone.only(~everyone.bluebird), int(recent))
    logs = np.log(amounts) if len(amounts) else np.zeros(1)
    error = logs.std() / np.sqrt(len(logs)) if len(logs) > 1 else 1.0
    shift = error * special.ndtri(uniforms.uniforms(draws))
    last_year = seen[-12:].sum()
    came = int((birds.day >= months.starts[-min(13, len(months.starts))]).sum())
    rate = special.gammaincinv(came + 0.5, uniforms.uniforms(draws)) / last_year if len(birds.day) else None
    made = GenerationDraws(
        per_month=np.exp(level),
        season=factors,
        trend=np.expm1(growth),
        dispersion=path.dispersion,
        entry=_entry(ordinary.stage[ordinary.day >= recent], len(history.stages), draws, uniforms),
        amounts=amounts,
        amount_shift=shift,
        bluebirds=np.zeros(draws) if rate is None else rate,
        bluebird_amounts=_amounts(birds, birds, int(recent)),
    )
    return ArrivalFit(made, _figures(history, made, ordinary, birds, months), _notes(months))


def _line(path: Path) -> tuple[Floats, Floats]:
    """Return level at the as-of month and growth a year of the line through each path, near months first.

    The growth is bounded, since the line goes on for as long as the forecast; the level follows it, so that
    the near months keep their average.
    """
    ahead = np.arange(AHEAD, dtype=np.float64)
    weight = np.exp(-ahead / _NEAR)
    weight /= weight.sum()
    middle, average = float(weight @ ahead), path.level @ weight
    off = ahead - middle
    slope = ((path.level - average[:, None]) * off) @ weight / float(weight @ off**2)
    growth = np.clip(12 * slope, -_STEEPEST, _STEEPEST)
    return average - growth / 12 * middle, growth


def _amounts(own: _Arrived, everyone: _Arrived, recent: int) -> Floats:
    """Return amounts of the last year, rising, at most a thousand even quantiles; few: all there are."""
    some = (own.only(own.day >= recent), own, everyone.only(everyone.day >= recent), everyone)
    told = [np.sort(part.amount[np.isfinite(part.amount)]) for part in some]
    enough = (amounts for amounts in told if len(amounts) >= _FEWEST_AMOUNTS)
    amounts = next(enough, told[1] if len(told[1]) else told[3])
    if len(amounts) > MOST_AMOUNTS:
        amounts = np.quantile(amounts, (np.arange(MOST_AMOUNTS) + 0.5) / MOST_AMOUNTS)
    return np.asarray(amounts)


def _entry(stage: Integers, stages: int, draws: int, uniforms: UniformRow) -> Floats:
    """Draw the shares of the stages of entry, Dirichlet(counts + 1 at the first), floats[draw, stage].

    A stage in which nothing entered has no share.
    """
    counts = np.bincount(stage, minlength=stages).astype(np.float64)
    counts[0] += 1.0
    result, some = np.zeros((draws, stages)), np.flatnonzero(counts)
    result[:, some] = special.gammaincinv(counts[some], uniforms.uniforms(draws, len(some)))
    return np.asarray(result / result.sum(axis=1, keepdims=True))


def _figures(
    history: History, made: GenerationDraws, ordinary: _Arrived, birds: _Arrived, months: _Months
) -> dict[str, Figure]:
    within = ordinary.day >= months.starts[0]
    n, source = int(within.sum()), "deals by their creation"
    quarters = len(np.unique(_quarter(ordinary.day[within])))

    def told(values: Floats, count: int = n, worth: float | None = None) -> Figure:
        low, high = (float(q) for q in np.quantile(values, (0.1, 0.9)))
        return Figure(float(values.mean()), low, high, count, worth or float(count), quarters, source)

    # A month's count of mean λ and dispersion κ is worth λκ/(λ + κ) of independent deals.
    mean, kappa = n / max(len(months.starts) - 1, 1), float(np.median(made.dispersion))
    worth = n * kappa / (mean + kappa)
    dispersion = told(made.dispersion, len(months.starts) - 1)
    # 1/κ is what adds to the variance, so the middle is that of 1/κ.
    dispersion = replace(dispersion, value=float(1 / np.mean(1 / made.dispersion)))
    found = {
        "new_pipeline.per_month": told(made.per_month, n, worth),
        "new_pipeline.trend": told(made.trend, n, worth),
        "new_pipeline.dispersion": dispersion,
    }
    if (made.season != 1).any():
        names = zip(_CALENDAR, made.season.T, strict=True)
        found |= {f"new_pipeline.season.{name}": told(values, n, worth) for name, values in names}
    for stage in np.flatnonzero(made.entry.any(axis=0)).tolist():
        found[f"new_pipeline.entry.{history.stages[stage]}"] = told(made.entry[:, stage])
    if len(made.amounts):
        middle = np.median(made.amounts) * np.exp(made.amount_shift)
        found["new_pipeline.amount.median"] = told(middle, len(made.amounts))
    if len(birds.day):
        found["new_pipeline.bluebirds"] = told(made.bluebirds, len(birds.day))
    return found


def _notes(months: _Months) -> tuple[str, ...]:
    count = len(months.starts) - 1
    if count >= FEWEST_FOR_SEASON:
        return ()
    return (f"a season of new deals needs more than 12 months of record; there are {count}",)


def _quarter(day: Sequence[int] | Integers) -> Integers:
    months = (np.asarray(day) - 719163).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(months // 3)
