"""Divide time the way a company's books do: fiscal years, quarters and months, and weeks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import date, timedelta
from itertools import accumulate, pairwise
from typing import Final, Literal

from simulator.records import dataclass

Pattern = Literal["4-4-5", "4-5-4", "5-4-4"]

_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True)
class Period:
    """A named stretch of days, both ends inside.

    Attributes:
        name: `2026-11`, `2026-Q4`, `FY2026`, `Q4 FY2026`, `2026-W48`; or, where years have
            whole weeks, `P10 FY2026` and `W40 FY2026`.
        start: first day; the first period of a forecast is cut short by the as-of day.
        end: last day.
        whole: whether it lasts as long as its name says.
    """

    name: str
    start: date
    end: date
    whole: bool = True

    def within(self, first: date, last: date) -> Period:
        """Return what lies in first … last, which it touches."""
        start, end = max(self.start, first), min(self.end, last)
        return Period(self.name, start, end, self.whole and (start, end) == (self.start, self.end))


class FiscalCalendar(ABC):
    """Fiscal years of four quarters and twelve months, numbered by calendar years and without gaps."""

    @abstractmethod
    def number_of(self, when: date) -> int:
        """Return the number of the fiscal year that holds a date: 2027 of `FY2027`."""

    @abstractmethod
    def months(self, number: int) -> tuple[Period, ...]:
        """Return the twelve months of a fiscal year."""

    @abstractmethod
    def week(self, number: int, week: int) -> Period:
        """Return a week of a fiscal year, counted from 1.

        Raises:
            ValueError: the year has no such week.
        """

    @abstractmethod
    def weeks_between(self, first: date, last: date) -> tuple[Period, ...]:
        """Return the weeks that touch first … last, whole."""

    def year(self, number: int) -> Period:
        """Return a fiscal year."""
        months = self.months(number)
        return Period(f"FY{number}", months[0].start, months[-1].end)

    def quarters(self, number: int) -> tuple[Period, ...]:
        """Return the four quarters of a fiscal year."""
        months = self.months(number)
        return tuple(
            Period(f"Q{q} FY{number}", months[3 * q - 3].start, months[3 * q - 1].end) for q in range(1, 5)
        )

    def year_of(self, when: date) -> Period:
        """Return the fiscal year that holds a date."""
        return self.year(self.number_of(when))

    def month_of(self, when: date) -> Period:
        """Return the month that holds a date."""
        return self.months_between(when, when)[0]

    def years_between(self, first: date, last: date) -> tuple[Period, ...]:
        """Return the fiscal years that touch first … last, whole."""
        return self._between(first, last, lambda number: (self.year(number),))

    def quarters_between(self, first: date, last: date) -> tuple[Period, ...]:
        """Return the fiscal quarters that touch first … last, whole."""
        return self._between(first, last, self.quarters)

    def months_between(self, first: date, last: date) -> tuple[Period, ...]:
        """Return the months that touch first … last, whole."""
        return self._between(first, last, self.months)

    def _between(
        self, first: date, last: date, parts: Callable[[int], tuple[Period, ...]]
    ) -> tuple[Period, ...]:
        numbers = range(self.number_of(first), self.number_of(last) + 1)
        return tuple(p for n in numbers for p in parts(n) if p.end >= first and p.start <= last)


@dataclass(frozen=True)
class MonthCalendar(FiscalCalendar):
    """Fiscal years of calendar months, named after the calendar year in which they end; weeks are ISO's.

    Attributes:
        first_month: month in which the fiscal year starts, 1–12.
    """

    first_month: int = 1

    def number_of(self, when: date) -> int:
        """Return the number of the fiscal year that holds a date."""
        return when.year + (self.first_month > 1 and when.month >= self.first_month)

    def months(self, number: int) -> tuple[Period, ...]:
        """Return the twelve calendar months of a fiscal year, such as `2026-11`."""
        index = (number - (self.first_month > 1)) * 12 + self.first_month - 1
        starts = [date(i // 12, i % 12 + 1, 1) for i in range(index, index + 13)]
        return tuple(Period(f"{start:%Y-%m}", start, end - _DAY) for start, end in pairwise(starts))

    def week(self, number: int, week: int) -> Period:
        """Refuse: weeks belong to no fiscal year here.

        Raises:
            ValueError: always.
        """
        raise ValueError(
            f"W{week:02d} FY{number} belongs to fiscal years of whole weeks, such as 4-4-5; these are of"
            f" calendar months: write an ISO week such as {number}-W{week:02d}"
        )

    def weeks_between(self, first: date, last: date) -> tuple[Period, ...]:
        """Return the ISO weeks that touch first … last, whole, such as `2026-W53`."""
        monday, weeks = first - timedelta(days=first.weekday()), []
        while monday <= last:
            iso = monday.isocalendar()
            weeks.append(Period(f"{iso.year}-W{iso.week:02d}", monday, monday + _WEEK - _DAY))
            monday += _WEEK
        return tuple(weeks)


CALENDAR_YEAR: Final = MonthCalendar()
"""Fiscal years that are calendar years."""


@dataclass(frozen=True)
class WeekCalendar(FiscalCalendar):
    """Fiscal years of 52 or 53 whole weeks, in quarters of 13, in months of 4 and 5.

    Each fiscal year begins on the weekday of `start`, on the one nearest to start's day and month. The 53rd
    week belongs to the last month. A year is named after the calendar year that holds the day 14 days before
    its end; so that no name comes twice, that day is counted as if the next year began on start's day itself.

    Attributes:
        pattern: weeks of the months of each quarter.
        start: first day of one of the fiscal years.
    """

    pattern: Pattern
    start: date

    def number_of(self, when: date) -> int:
        """Return the number of the fiscal year that holds a date."""
        number = when.year + self._ahead
        if when < self._begin(number):
            return number - 1
        return number + (when >= self._begin(number + 1))

    def months(self, number: int) -> tuple[Period, ...]:
        """Return the twelve months of a fiscal year, `P01 FY2027` … `P12 FY2027`."""
        start, end = self._begin(number), self._begin(number + 1)
        weeks = [int(count) for count in self.pattern.split("-")] * 4
        starts = [*(start + count * _WEEK for count in accumulate(weeks[:-1], initial=0)), end]
        return tuple(
            Period(f"P{i:02d} FY{number}", start, following - _DAY)
            for i, (start, following) in enumerate(pairwise(starts), 1)
        )

    def weeks(self, number: int) -> tuple[Period, ...]:
        """Return the 52 or 53 weeks of a fiscal year, `W01 FY2027` and so on."""
        start, end = self._begin(number), self._begin(number + 1)
        starts = [start + i * _WEEK for i in range((end - start) // _WEEK)]
        return tuple(Period(f"W{i:02d} FY{number}", s, s + _WEEK - _DAY) for i, s in enumerate(starts, 1))

    def week(self, number: int, week: int) -> Period:
        """Return a week of a fiscal year.

        Raises:
            ValueError: the year has no such week.
        """
        weeks = self.weeks(number)
        if not 1 <= week <= len(weeks):
            raise ValueError(f"FY{number} has {len(weeks)} weeks: there is no W{week:02d} FY{number}")
        return weeks[week - 1]

    def weeks_between(self, first: date, last: date) -> tuple[Period, ...]:
        """Return the weeks that touch first … last, whole."""
        return self._between(first, last, self.weeks)

    @property
    def _ahead(self) -> int:
        """Calendar years from that of a fiscal year's start to that of its name."""
        return int((self.start.month, self.start.day) > (1, 15))

    def _begin(self, number: int) -> date:
        """Return the first day of a fiscal year: start's weekday within three days of its day and month."""
        year, month, day = number - self._ahead, self.start.month, self.start.day
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        nearest = date(year, month, day if leap or (month, day) != (2, 29) else 28)
        off = (self.start.weekday() - nearest.weekday() + 3) % 7 - 3
        return nearest + timedelta(days=off)
