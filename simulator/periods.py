"""Cut time into periods: dates outside, days since the as-of day inside."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

PeriodKind = Literal["month", "quarter", "week"]


@dataclass(frozen=True)
class Period:
    """A named stretch of days, both ends inside.

    Attributes:
        name: `2026-11`, `2026-Q4`, `FY2026`, `Q4 FY2026`, `2026-W48`.
        start: first day; the first period of a forecast is cut short by the as-of day.
        end: last day.
    """

    name: str
    start: date
    end: date


@dataclass(frozen=True)
class Horizon:
    """The days that a forecast covers, cut where any question may begin or end.

    Attributes:
        as_of: day 0; the forecast starts on the next day.
        last_day: last forecast day, relative to as-of.
        fiscal_start: month in which the fiscal year starts, 1–12.
        kind: what the periods of the result are.
        cuts: last days of the elementary cells, rising, the last is `last_day`.
    """

    as_of: date
    last_day: int
    fiscal_start: int
    kind: PeriodKind
    cuts: tuple[int, ...]

    @property
    def end(self) -> date:
        """The last forecast day as a date."""
        return self.date_of(self.last_day)

    def day_of(self, when: date) -> int:
        """Return the days from the as-of day to a date."""
        return when.toordinal() - self.as_of.toordinal()

    def date_of(self, day: int) -> date:
        """Return the date of a day."""
        return self.as_of + timedelta(days=day)

    @property
    def periods(self) -> tuple[Period, ...]:
        """The periods of the forecast; the first and the last may be cut short."""
        return tuple(_pieces(self.as_of + timedelta(days=1), self.end, self.kind, self.fiscal_start))

    @property
    def fiscal_years(self) -> tuple[Period, ...]:
        """The fiscal years that the forecast touches, whole."""
        return tuple(_whole(self.as_of + timedelta(days=1), self.end, self.fiscal_start, 12))

    @property
    def fiscal_quarters(self) -> tuple[Period, ...]:
        """The fiscal quarters that the forecast touches, whole."""
        return tuple(_whole(self.as_of + timedelta(days=1), self.end, self.fiscal_start, 3))

    def cell_of_day(self) -> NDArray[np.int64]:
        """Return the elementary cell of each day 0 … last_day + 1; past the end it is the number of cells."""
        return np.searchsorted(np.array(self.cuts), np.arange(self.last_day + 2)).astype(np.int64)

    def cells_between(self, first_day: int, last_day: int) -> tuple[int, int]:
        """Return the range of cells [a, b) that make up the days of a window inside the horizon.

        Days at or before the as-of day hold no forecast and are passed over.

        Raises:
            ValueError: the window begins or ends inside a cell.
        """
        edges = (0, *self.cuts)
        before = max(first_day - 1, 0)
        if before not in edges or last_day not in edges:
            known = ", ".join(self.date_of(c).isoformat() for c in self.cuts)
            raise ValueError(f"the forecast can be asked only from and to these dates: {known}")
        return edges.index(before), edges.index(last_day)


def horizon(
    as_of: date, end: date, fiscal_start: int = 1, kind: PeriodKind = "month", further: Iterable[date] = ()
) -> Horizon:
    """Return the horizon from the day after as_of to end, cut at months, quarters, years and further dates.

    Args:
        as_of: its whole day is known.
        end: last day.
        fiscal_start: month in which the fiscal year starts.
        kind: of the result's periods.
        further: last days of windows that will be asked for, such as targets'.
    """
    first = as_of + timedelta(days=1)
    ends = {end}
    for pieces in (
        _pieces(first, end, kind, fiscal_start),
        _pieces(first, end, "month", fiscal_start),
        _whole(first, end, fiscal_start, 3),
    ):
        ends.update(p.end for p in pieces if p.end <= end)
    ends.update(d for d in further if first <= d <= end)
    days = sorted(d.toordinal() - as_of.toordinal() for d in ends)
    return Horizon(as_of, days[-1], fiscal_start, kind, tuple(days))


def add_months(when: date, months: int) -> date:
    """Return the date so many months later, at most the month's last day."""
    index = when.year * 12 + when.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(when.day, calendar.monthrange(year, month + 1)[1]))


def length_end(as_of: date, text: str) -> date:
    """Return the last day of a length such as `18m`, `90d`, `13w`, `2q`, `2y` after the as-of day.

    Months, quarters and years of an as-of day that ends a month end on month ends.

    Raises:
        ValueError: the text is not a length.
    """
    match = re.fullmatch(r"\s*(\d{1,4})\s*([dwmqy])\s*", text)
    if not match or not int(match[1]):
        raise ValueError(f"{text!r} is not a length; write for example 18m, 90d, 13w, 2q or 2y")
    count, unit = int(match[1]), match[2]
    if unit in "dw":
        return as_of + timedelta(days=count * (7 if unit == "w" else 1))
    ends_month = (as_of + timedelta(days=1)).day == 1
    end = add_months(as_of, count * {"m": 1, "q": 3, "y": 12}[unit])
    return end.replace(day=calendar.monthrange(end.year, end.month)[1]) if ends_month else end


def length_days(text: str) -> int:
    """Return the days of a length: a month counts 30.4375, a quarter and a year three and twelve of them.

    Raises:
        ValueError: the text is not a length.
    """
    match = re.fullmatch(r"\s*(\d{1,4})\s*([dwmqy])\s*", text)
    if not match:
        raise ValueError(f"{text!r} is not a length; write for example 30d, 2w or 1m")
    return round(int(match[1]) * {"d": 1, "w": 7, "m": 30.4375, "q": 91.3125, "y": 365.25}[match[2]])


def named_period(text: str, fiscal_start: int) -> Period:
    """Return the period of a name: `FY2027`, `2027-Q1` (calendar quarter), `2027-03`, `2027`.

    A fiscal year is named after the calendar year in which it ends.

    Raises:
        ValueError: the text names no period.
    """
    text = text.strip()
    if match := re.fullmatch(r"FY(\d{4})", text):
        start = date(int(match[1]) - (fiscal_start > 1), fiscal_start, 1)
        return Period(text, start, add_months(start, 12) - timedelta(days=1))
    if match := re.fullmatch(r"Q([1-4]) FY(\d{4})", text):
        start = add_months(date(int(match[2]) - (fiscal_start > 1), fiscal_start, 1), 3 * (int(match[1]) - 1))
        return Period(text, start, add_months(start, 3) - timedelta(days=1))
    if match := re.fullmatch(r"(\d{4})-Q([1-4])", text):
        start = date(int(match[1]), 3 * int(match[2]) - 2, 1)
        return Period(text, start, add_months(start, 3) - timedelta(days=1))
    if match := re.fullmatch(r"(\d{4})-(\d{2})", text):
        start = date(int(match[1]), int(match[2]), 1)
        return Period(text, start, add_months(start, 1) - timedelta(days=1))
    if match := re.fullmatch(r"(\d{4})", text):
        return Period(text, date(int(match[1]), 1, 1), date(int(match[1]), 12, 31))
    raise ValueError(f"{text!r} is not a period; write for example FY2027, 2027-Q1 or 2027-03")


def fiscal_year_of(when: date, fiscal_start: int) -> Period:
    """Return the fiscal year that holds a date."""
    year = when.year + (fiscal_start > 1 and when.month >= fiscal_start)
    return named_period(f"FY{year}", fiscal_start)


def _whole(first: date, last: date, fiscal_start: int, months: int) -> Iterable[Period]:
    """Yield the fiscal years or quarters that touch first … last."""
    start = fiscal_year_of(first, fiscal_start).start
    while start <= last:
        end = add_months(start, months) - timedelta(days=1)
        if end >= first:
            year = fiscal_year_of(start, fiscal_start)
            quarter = ((start.year - year.start.year) * 12 + start.month - year.start.month) // 3 + 1
            yield Period(year.name if months == 12 else f"Q{quarter} {year.name}", start, end)
        start = end + timedelta(days=1)


def _pieces(first: date, last: date, kind: PeriodKind, fiscal_start: int) -> Iterable[Period]:
    """Yield the months, fiscal quarters or ISO weeks from first to last, cut short at both ends."""
    start = first
    while start <= last:
        if kind == "month":
            name, end = f"{start:%Y-%m}", add_months(start.replace(day=1), 1) - timedelta(days=1)
        elif kind == "quarter":
            whole = next(iter(_whole(start, start, fiscal_start, 3)))
            name, end = whole.name, whole.end
        else:
            iso = start.isocalendar()
            name, end = f"{iso.year}-W{iso.week:02d}", start + timedelta(days=7 - iso.weekday)
        yield Period(name, start, min(end, last))
        start = end + timedelta(days=1)
