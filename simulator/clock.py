"""Turn operational days into calendar days: nothing moves on weekends and holidays."""

from __future__ import annotations

from dataclasses import field
from datetime import date
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

QUARTER_END_DAYS: Final = 5
"""Business days at the end of a calendar quarter that `quarter_end_weight` makes heavier."""

WORKING_WEEK: Final = (1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0)
"""Weights of the weekdays where none are set, Monday first."""

_PARTS: Final = 8
"""Parts of an operational day, by which the calendar day of a clock value is looked up."""
_AT_ONCE: Final = 1e-9
"""Clock value of what happens as soon as it can."""


@dataclass(frozen=True)
class Clock:
    """The operational clock W of a segment, in days since the end of the as-of day (day 0).

    Attributes:
        first_day: the first calendar day that is covered (0 or negative), relative to the as-of day.
        elapsed: W at the **end** of each covered day, `elapsed[-first_day]` = 0; it never falls.
    """

    first_day: int
    elapsed: Floats
    _future: Floats = field(init=False, repr=False)
    _ends: Floats = field(init=False, repr=False)
    _first_of: Integers = field(init=False, repr=False)

    def __post_init__(self) -> None:
        future = np.ascontiguousarray(self.elapsed[-self.first_day + 1 :])
        object.__setattr__(self, "_future", future)
        # By day: before day 1 nothing, past the last day no end.
        object.__setattr__(self, "_ends", np.concatenate(([-np.inf], future, [np.inf])))
        parts = np.arange((int(future[-1]) + 1) * _PARTS + 1) / _PARTS if len(future) else np.zeros(1)
        object.__setattr__(self, "_first_of", np.searchsorted(future, parts).astype(np.int64) + 1)

    @property
    def last_day(self) -> int:
        """The last calendar day that is covered."""
        return self.first_day + len(self.elapsed) - 1

    @property
    def tables(self) -> tuple[Integers, Floats]:
        """The first day that may be that of each whole clock value, and W at the end of days 0, 1, ….

        Before day 1 there is nothing, past the last day no end.
        """
        return self._first_of[::_PARTS].copy(), self._ends

    def at_end_of(self, days: ArrayLike) -> Floats:
        """Return W at the end of calendar days; outside what is covered, one operational day a day."""
        day = np.asarray(days)
        inside = self.elapsed[np.clip(day - self.first_day, 0, len(self.elapsed) - 1)]
        beyond = np.maximum(day - self.last_day, 0) + np.minimum(day - self.first_day, 0)
        return np.asarray(inside + beyond, dtype=np.float64)

    def faster(self, factor: float, since: int = 1) -> Clock:
        """Return a clock on which so many times as much happens a day, from a day on.

        From day 1 on it is as if it had always been so, since clocks count from there.
        """
        if since <= 1:
            return Clock(self.first_day, self.elapsed * factor)
        before = self.at_end_of(since - 1)
        further = np.maximum(self.elapsed - before, 0.0)
        return Clock(self.first_day, np.minimum(self.elapsed, before) + factor * further)

    def day_at(self, values: ArrayLike) -> Integers:
        """Return the first calendar day at whose end so much of W has passed, of values ≤ 0."""
        v = np.asarray(values, dtype=np.float64) - _AT_ONCE
        inside = self.first_day + np.searchsorted(self.elapsed, v)
        before = self.first_day + np.ceil(v - self.elapsed[0])  # one operational day a day, as `at_end_of`
        return np.where(v < self.elapsed[0], before, inside).astype(np.int64)

    def until(self, days: ArrayLike) -> Floats:
        """Return the operational days to the ends of calendar days: above 0 for those ahead, else not.

        A day on the weekend that follows the as-of day is still ahead.
        """
        operational = self.at_end_of(days)
        ahead = np.maximum(operational, 0.5)
        return np.asarray(np.where(np.asarray(days) > 0, ahead, np.minimum(operational, 0.0)))

    def day_of(self, values: ArrayLike) -> Integers:
        """Return the calendar day on which a clock value falls: W(start) < v ≤ W(end), never before day 1.

        What is due at once, v ≤ 0, falls on the first day that is not of rest. A value beyond the covered
        days gives `last_day` + 1.
        """
        v = np.maximum(np.asarray(values, dtype=np.float64), _AT_ONCE)
        day = self._first_of[np.minimum(v * _PARTS, len(self._first_of) - 1).astype(np.int64)]
        # The table finds the day, or one that ends shortly before it.
        behind = np.flatnonzero(self._ends[day] < v)
        while len(behind):
            day[behind] += 1
            behind = behind[self._ends[day[behind]] < v[behind]]
        return np.asarray(day)


def operational_clock(
    as_of: date, first_day: int, last_day: int, country: str | None = None, quarter_end_weight: float = 1.0,
    weekdays: tuple[float, ...] = WORKING_WEEK, months: tuple[float, ...] = (1.0, 1.0, 1.0),
) -> Clock:  # fmt: skip
    """Return the clock of a country from one calendar day to another, both relative to the as-of day.

    W(t) = ∫ w: 0 on public holidays, else the weight of the weekday times that of the month in its quarter,
    times `quarter_end_weight` on the last five business days of a calendar quarter; scaled to a mean of 1
    over each calendar year (MODEL 2).

    Args:
        as_of: day 0.
        first_day: ≤ 0, where ages begin.
        last_day: ≥ 1, where the horizon and its invoices end.
        country: ISO code whose public holidays rest, or None for weekends only.
        quarter_end_weight: > 0.
        weekdays: weight of each weekday, Monday first, ≥ 0; weekends rest where it is not set.
        months: weight of the first, second and third month of a quarter, > 0.
    """
    origin = as_of.toordinal()
    years = range(
        date.fromordinal(max(origin + first_day, 1)).year, date.fromordinal(origin + last_day).year + 1
    )
    weights = np.concatenate(
        [_year_weights(year, country, quarter_end_weight, weekdays, months) for year in years]
    )
    start = date(years[0], 1, 1).toordinal() - origin
    elapsed = np.cumsum(weights[first_day - start : last_day - start + 1])
    return Clock(first_day, elapsed - elapsed[-first_day])


def business_holidays(country: str | None, years: range) -> NDArray[np.datetime64]:
    """Return the public holidays of a country in these years, rising; none without a country.

    Raises:
        ValueError: the country is not known.
    """
    if country is None:
        return np.array([], dtype="datetime64[D]")
    import holidays

    try:
        days = holidays.country_holidays(country, years=list(years))
    except NotImplementedError:
        raise ValueError(f"no public holidays are known for country {country!r}") from None
    return np.array(sorted(days), dtype="datetime64[D]")


@lru_cache(maxsize=256)
def _year_weights(
    year: int, country: str | None, quarter_end_weight: float, weekdays: tuple[float, ...],
    months: tuple[float, ...],
) -> Floats:  # fmt: skip
    """Return the weight of each day of a year, with mean 1."""
    days = np.arange(f"{year}-01-01", f"{year + 1}-01-01", dtype="datetime64[D]")
    holidays = business_holidays(country, range(year, year + 1))
    business = np.is_busday(days, holidays=holidays)
    weights = np.array(weekdays)[(days.astype(np.int64) + 3) % 7] * ~np.isin(days, holidays)
    weights *= np.array(months)[days.astype("datetime64[M]").astype(np.int64) % 3]
    for month in (3, 6, 9, 12):
        until = np.searchsorted(days.astype("datetime64[M]"), np.datetime64(f"{year}-{month:02d}"), "right")
        weights[np.flatnonzero(business[:until])[-QUARTER_END_DAYS:]] *= quarter_end_weight
    result: Floats = weights * (len(days) / weights.sum())
    result.setflags(write=False)
    return result
