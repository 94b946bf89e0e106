"""Cut time into periods: dates outside, days since the as-of day inside."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.fiscal import CALENDAR_YEAR, FiscalCalendar, Period
from simulator.records import dataclass

__all__ = [
    "Horizon",
    "Period",
    "PeriodKind",
    "add_months",
    "horizon",
    "length_days",
    "length_end",
    "missing_day",
    "month_of",
    "named_period",
]

PeriodKind = Literal["month", "quarter", "week"]

_YEAR: Final = r"((?:19|20|21)\d\d)"
_FISCAL_MONTH: Final = rf"P(0?[1-9]|1[0-2]) FY{_YEAR}"


@dataclass(frozen=True)
class Horizon:
    """The days that a forecast covers, cut where any question may begin or end.

    Attributes:
        as_of: day 0; the forecast starts on the next day.
        last_day: last forecast day, relative to as-of.
        fiscal: the company's fiscal years, quarters and months.
        kind: what the periods of the result are.
        cuts: last days of the elementary cells, rising, the last is `last_day`.
    """

    as_of: date
    last_day: int
    fiscal: FiscalCalendar
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
        return _pieces(self.as_of + timedelta(days=1), self.end, self.kind, self.fiscal)

    @property
    def fiscal_years(self) -> tuple[Period, ...]:
        """The fiscal years that the forecast touches, whole."""
        return self.fiscal.years_between(self.as_of + timedelta(days=1), self.end)

    @property
    def fiscal_quarters(self) -> tuple[Period, ...]:
        """The fiscal quarters that the forecast touches, whole."""
        return self.fiscal.quarters_between(self.as_of + timedelta(days=1), self.end)

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
    as_of: date,
    end: date,
    fiscal: FiscalCalendar = CALENDAR_YEAR,
    kind: PeriodKind = "month",
    further: Iterable[date] = (),
) -> Horizon:
    """Return the horizon from the day after as_of to end, cut wherever a question may begin or end.

    It is cut at the ends of the result's periods, of fiscal months, quarters and years, of calendar months,
    in which plans and targets may be written whatever the fiscal calendar, and at further dates.

    Args:
        as_of: its whole day is known.
        end: last day.
        fiscal: the company's fiscal years.
        kind: of the result's periods.
        further: last days of windows that will be asked for, such as targets'.
    """
    first = as_of + timedelta(days=1)
    ends = {end}
    for periods in (
        _pieces(first, end, kind, fiscal),
        fiscal.months_between(first, end),  # quarters and years end with one of their months
        CALENDAR_YEAR.months_between(first, end),
    ):
        ends.update(p.end for p in periods if p.end <= end)
    ends.update(d for d in further if first <= d <= end)
    days = sorted(d.toordinal() - as_of.toordinal() for d in ends)
    return Horizon(as_of, days[-1], fiscal, kind, tuple(days))


def add_months(when: date, months: int) -> date:
    """Return the date so many months later, at most the month's last day."""
    index = when.year * 12 + when.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(when.day, calendar.monthrange(year, month + 1)[1]))


def missing_day(year: int, month: int, day: int) -> tuple[str, str]:
    """Say why a day does not exist, and which one may be meant; that one is "" where nobody can tell."""
    if not (date.min.year <= year <= date.max.year and day >= 1):
        return "does not exist", ""
    if not 1 <= month <= 12:
        swapped = 1 <= day <= 12 and 1 <= month <= calendar.monthrange(year, day)[1]
        meant = f"{year:04}-{day:02}-{month:02}" if swapped else ""
        return f"does not exist: there is no month {month}", meant
    last = calendar.monthrange(year, month)[1]
    why = f"{calendar.month_name[month]} has {last} days"
    if month == 2:
        why = f"{year} is {'a' if last == 29 else 'no'} leap year, its {why}"
    return f"does not exist: {why}", f"{year:04}-{month:02}-{last:02}"


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


def named_period(text: str, fiscal: FiscalCalendar) -> Period:
    """Return the period of a name.

    The company's: `FY2027`, `Q1 FY2027`, `P03 FY2027` (the year's third month), `W05 FY2027`. Everybody's:
    `2027`, `2027-Q1`, `2027-03`, `2027-W05` (an ISO week).

    Raises:
        ValueError: the text names no period.
    """
    text = text.strip()
    if match := re.fullmatch(rf"FY{_YEAR}", text):
        return fiscal.year(int(match[1]))
    if match := re.fullmatch(rf"Q([1-4]) FY{_YEAR}", text):
        return fiscal.quarters(int(match[2]))[int(match[1]) - 1]
    if match := re.fullmatch(_FISCAL_MONTH, text):
        return fiscal.months(int(match[2]))[int(match[1]) - 1]
    if match := re.fullmatch(rf"W(\d\d?) FY{_YEAR}", text):
        return fiscal.week(int(match[2]), int(match[1]))
    if match := re.fullmatch(_YEAR, text):
        return Period(text, date(int(text), 1, 1), date(int(text), 12, 31))
    if match := re.fullmatch(rf"{_YEAR}-Q([1-4])", text):
        whole = CALENDAR_YEAR.quarters(int(match[1]))[int(match[2]) - 1]
        return Period(text, whole.start, whole.end)
    if match := re.fullmatch(rf"{_YEAR}-(0[1-9]|1[0-2])", text):
        return CALENDAR_YEAR.months(int(match[1]))[int(match[2]) - 1]
    if match := re.fullmatch(rf"{_YEAR}-W(0[1-9]|[1-5]\d)", text):
        try:
            monday = date.fromisocalendar(int(match[1]), int(match[2]), 1)
        except ValueError:
            raise ValueError(f"{match[1]} has 52 weeks: there is no {text}") from None
        return Period(text, monday, monday + timedelta(days=6))
    raise ValueError(f"{text!r} is not a period; write for example FY2027, Q1 FY2027, 2027-Q1 or 2027-03")


def month_of(meant: str | date, fiscal: FiscalCalendar) -> Period:
    """Return the month of the books that a row of a table is about.

    `P03 FY2027` is that month; a date, also as text, the month that holds it; and `2026-10` the month that
    holds the 15th of October: with fiscal years of calendar months October itself.

    Raises:
        ValueError: the text names no month.
    """
    if isinstance(meant, date):
        return fiscal.month_of(meant)
    text = meant.strip()
    if re.fullmatch(_FISCAL_MONTH, text):
        return named_period(text, fiscal)
    if match := re.fullmatch(rf"{_YEAR}-(0[1-9]|1[0-2])", text):
        return fiscal.month_of(date(int(match[1]), int(match[2]), 15))
    if re.fullmatch(rf"{_YEAR}-\d\d-\d\d", text):
        try:
            return fiscal.month_of(date.fromisoformat(text))
        except ValueError:
            raise ValueError(f"{text} is a day that does not exist") from None
    raise ValueError(f"{text!r} is not a month; write for example 2026-10, 2026-10-31 or P03 FY2027")


def _pieces(first: date, last: date, kind: PeriodKind, fiscal: FiscalCalendar) -> tuple[Period, ...]:
    """Return the fiscal months, fiscal quarters or weeks from first to last, cut short at both ends."""
    whole = {
        "month": fiscal.months_between,
        "quarter": fiscal.quarters_between,
        "week": fiscal.weeks_between,
    }[kind]
    return tuple(period.within(first, last) for period in whole(first, last))
