"""Say on which calendar days money moves: payment runs by weekday, holidays, ends of months."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.clock import business_holidays
from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_EPOCH: Final = 719163
"""1 January 1970."""
_CERTAIN: Final = 50.0
"""−ln of the chance to be passed over on a day of weight 1; no uniform is so small that it reaches it."""


@dataclass(frozen=True)
class PaymentDays:
    """How likely a payment that is ready goes out on a calendar day; else it waits for the next one.

    A payment that is ready on day n goes out on the first day d ≥ n that takes it, each with its weight:
    P(d) = w(d)·Π_{n ≤ j < d} (1 − w(j)). Some wait for the end of the month: for them w is 1 on its last
    business day, 1/2 on the one before, 1/3 on that before it and so on for some days, and 0 on all others.

    Attributes:
        weekdays: weight of each weekday, Monday first, 0 to 1.
        month_end: share of the payments that wait for the end of the month.
        holiday: weight of public holidays.
        country: ISO code whose holidays count, or None.
        end_days: business days over which those go out, in even parts.
    """

    weekdays: tuple[float, ...]
    month_end: float = 0.0
    holiday: float = 0.0
    country: str | None = None
    end_days: int = 1

    def __post_init__(self) -> None:
        weights = (*self.weekdays, self.month_end, self.holiday)
        if len(self.weekdays) != 7 or not all(0 <= w <= 1 for w in weights):
            raise ValueError(f"weights of payment days are {weights}; each of the seven is from 0 to 1")
        if max(self.weekdays) < 1 / 64:
            raise ValueError("no weekday has a weight that lets payments out")

    def weights(self, first: int, last: int) -> Floats:
        """Return the weight of each day, floats[day first … last], proleptic ordinals."""
        return np.array((*self.weekdays, self.holiday))[day_kinds(first, last, self.country)]

    def ends(self, first: int, last: int) -> Floats:
        """Return likewise the weights for those that wait for the end of the month."""
        return month_ends(first, last, self.country, self.end_days)

    def idle(self, day: int) -> int:
        """Return how many days before an ordinal day most payments that were ready last went out, at most 7.

        What is unpaid at its end may have been ready since then.
        """
        busy = np.flatnonzero(self.weights(day - 7, day)[::-1] >= max(self.weekdays) / 2)
        return int(busy[0]) if len(busy) else 0

    def idle_at_end(self, day: int) -> int:
        """Return likewise how many days before it payments went out that wait for the end of a month."""
        return int(np.flatnonzero(self.ends(day - 40, day)[::-1] == 1)[0])

    def waiting(self, alive: Floats, alive_at_end: Floats) -> Floats:
        """Return the chance that an unpaid invoice is one that waits for the end of the month.

        Args:
            alive: chance that it is not ready by the last day on which ordinary payments went out.
            alive_at_end: by the last on which those went out that wait.
        """
        ends = self.month_end * alive_at_end
        total = ends + (1 - self.month_end) * alive
        return np.asarray(np.where(total > 0, ends / np.where(total > 0, total, 1.0), 0.0))

    def moved(self, day: Integers, u: Floats, origin: int, last_day: int) -> Integers:
        """Return the days on which payments go out that are ready on some days.

        Args:
            day: days from the as-of day; those before day 1 and beyond the last stay.
            u: uniforms, one a payment; those below `month_end` wait for the end of the month.
            origin: ordinal of the as-of day.
            last_day: of the horizon.
        """
        result, inside = day.copy(), (day >= 1) & (day <= last_day)
        share = self.month_end
        for at_end, own, part in ((True, u < share, u / max(share, 1e-300)),
                                  (False, u >= share, (u - share) / max(1 - share, 1e-300))):  # fmt: skip
            some = np.flatnonzero(inside & own)
            passed = _passed(self, origin, last_day, at_end)
            target = passed[day[some] - 1] - np.log(np.maximum(part[some], 1e-20))
            result[some] = np.searchsorted(passed, target)
        return result


@lru_cache(maxsize=64)
def _passed(days: PaymentDays, origin: int, last_day: int, at_end: bool) -> Floats:
    """Return Σ −ln(1 − w) over day 1 … d, floats[day 0 … last]."""
    first, last = origin + 1, origin + last_day
    weights = days.ends(first, last) if at_end else days.weights(first, last)
    with np.errstate(divide="ignore"):
        steps = np.minimum(-np.log1p(-weights), _CERTAIN)
    return np.concatenate(([0.0], np.cumsum(steps)))


@lru_cache(maxsize=64)
def day_kinds(first: int, last: int, country: str | None) -> Integers:
    """Return what each day is: 0–6 its weekday, 7 a public holiday.

    Args:
        first: proleptic ordinal.
        last: likewise.
        country: ISO code whose holidays count, or None.
    """
    days = np.arange(first - _EPOCH, last - _EPOCH + 1)
    kinds = (days + 3) % 7
    kinds[np.isin(days.astype("datetime64[D]"), _holidays(first, last, country))] = 7
    kinds.setflags(write=False)
    return kinds


@lru_cache(maxsize=64)
def month_ends(first: int, last: int, country: str | None, count: int) -> Floats:
    """Return the weight of each day for payments that wait for the end of the month.

    1 on its last business day, 1/2 on the one before, 1/3 on that before it …: an even part of them goes out
    on each of `count` days; else 0.
    """
    start, until = np.datetime64(first - _EPOCH, "D"), np.datetime64(last - _EPOCH, "D")
    after = np.arange(start.astype("datetime64[M]"), until.astype("datetime64[M]") + 1) + 1
    holidays, weights = _holidays(first, last, country), np.zeros(last - first + 1)
    for back in range(1, count + 1):
        ends = np.busday_offset(after.astype("datetime64[D]"), -back, roll="forward", holidays=holidays)
        place = (ends - start).astype(np.int64)
        weights[place[(place >= 0) & (place < len(weights))]] = 1 / back
    weights.setflags(write=False)
    return weights


def _holidays(first: int, last: int, country: str | None) -> NDArray[np.datetime64]:
    return business_holidays(country, range(date.fromordinal(first).year, date.fromordinal(last).year + 2))
