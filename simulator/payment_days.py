"""Say on which calendar days money moves: payment runs by weekday, holidays, ends of months."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.clock import business_holidays

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PERIOD_END_DAYS: Final = 3
"""Business days at the end of a month that `period_end` weighs."""

_CERTAIN: Final = 50.0
"""−ln of the chance to be passed over on a day of weight 1; no uniform is so small that it reaches it."""


@dataclass(frozen=True)
class PaymentDays:
    """How likely a payment that is ready goes out on a calendar day; else it waits for the next one.

    A payment that is ready on day n goes out on the first day d ≥ n that takes it, each with its weight:
    P(d) = w(d)·Π_{n ≤ j < d} (1 − w(j)).

    Attributes:
        weekdays: weight of each weekday, Monday first, 0 to 1.
        period_end: weight of the last three business days of a month, None for that of their weekday.
        holiday: weight of public holidays.
        country: ISO code whose holidays count, or None.
    """

    weekdays: tuple[float, ...]
    period_end: float | None = None
    holiday: float = 0.0
    country: str | None = None

    def __post_init__(self) -> None:
        weights = (*self.weekdays, self.period_end or 0.0, self.holiday)
        if len(self.weekdays) != 7 or not all(0 <= w <= 1 for w in weights):
            raise ValueError(f"weights of payment days are {weights}; each of the seven is from 0 to 1")
        if max(self.weekdays) < 1 / 64:
            raise ValueError("no weekday has a weight that lets payments out")

    def weights(self, first: int, last: int) -> Floats:
        """Return the weight of each day, floats[day first … last], proleptic ordinals."""
        kinds = day_kinds(first, last, self.country)
        end = np.array(self.weekdays) if self.period_end is None else np.full(7, self.period_end)
        return np.concatenate((self.weekdays, end, [self.holiday]))[kinds]

    def idle(self, day: int) -> int:
        """Return how many days before an ordinal day most payments that were ready last went out, at most 7.

        What is unpaid at its end may have been ready since then.
        """
        busy = np.flatnonzero(self.weights(day - 7, day)[::-1] >= max(self.weekdays) / 2)
        return int(busy[0]) if len(busy) else 0

    def moved(self, day: Integers, u: Floats, origin: int, last_day: int) -> Integers:
        """Return the days on which payments go out that are ready on some days.

        Args:
            day: days from the as-of day; those before day 1 and beyond the last stay.
            u: uniforms, one a payment.
            origin: ordinal of the as-of day.
            last_day: of the horizon.
        """
        passed = _passed(self, origin, last_day)
        inside = np.flatnonzero((day >= 1) & (day <= last_day))
        result = day.copy()
        target = passed[day[inside] - 1] - np.log(u[inside])
        result[inside] = np.searchsorted(passed, target)
        return result


@lru_cache(maxsize=64)
def _passed(days: PaymentDays, origin: int, last_day: int) -> Floats:
    """Return Σ −ln(1 − w) over day 1 … d, floats[day 0 … last]."""
    weights = days.weights(origin + 1, origin + last_day)
    with np.errstate(divide="ignore"):
        steps = np.minimum(-np.log1p(-weights), _CERTAIN)
    return np.concatenate(([0.0], np.cumsum(steps)))


@lru_cache(maxsize=64)
def day_kinds(first: int, last: int, country: str | None) -> Integers:
    """Return what each day is: 0–6 its weekday, 7–13 likewise at a month's end, 14 a public holiday.

    Args:
        first: proleptic ordinal.
        last: likewise.
        country: ISO code whose holidays count, or None.
    """
    epoch = 719163  # 1 January 1970
    start, until = np.datetime64(first - epoch, "D"), np.datetime64(last - epoch, "D")
    months = np.arange(start.astype("datetime64[M]"), until.astype("datetime64[M]") + 2)
    years = range(int(str(start)[:4]), int(str(until)[:4]) + 2)
    holidays = business_holidays(country, years)
    days = np.arange(start, until + 1)
    kinds = (days.astype(np.int64) + 3) % 7
    after = months[1:].astype("datetime64[D]")
    for back in range(1, PERIOD_END_DAYS + 1):
        ends = np.busday_offset(after, -back, roll="forward", holidays=holidays)
        place = (ends - start).astype(np.int64)
        place = place[(place >= 0) & (place < len(days))]
        kinds[place] += 7
    kinds[np.isin(days, holidays)] = 14
    kinds.setflags(write=False)
    return np.asarray(kinds, dtype=np.int64)
