"""Figures by month that a company has written down: what really came, and what was planned."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.records import dataclass

Integers = NDArray[np.int64]
COMPANY = -1
"""Segment of a figure that is about the whole company."""


@dataclass(frozen=True, eq=False)
class Figures:
    """Amounts by month, series and segment; one value of each column a row of the file.

    Attributes:
        first_day: first day of the month, from as-of.
        last_day: its last day, likewise.
        series: bookings, billings, revenue, receipts, arr or balance (at the month's end).
        segment: index, or `COMPANY`.
        amount: minor units of the company's currency.
    """

    first_day: Integers
    last_day: Integers
    series: tuple[str, ...]
    segment: Integers
    amount: Integers

    @classmethod
    def empty(cls) -> Figures:
        """Give a table without figures."""
        numbers = np.empty(0, dtype=np.int64)
        return cls(numbers, numbers, (), numbers, numbers)

    def __len__(self) -> int:
        return len(self.series)

    def months(self, series: str) -> dict[tuple[int, int], dict[int, int]]:
        """Return the months that have a figure of a series: (first, last day) to amount by segment."""
        found: dict[tuple[int, int], dict[int, int]] = {}
        for i in np.flatnonzero(np.array([s == series for s in self.series], dtype=np.bool_)).tolist():
            month = found.setdefault((int(self.first_day[i]), int(self.last_day[i])), {})
            segment = int(self.segment[i])
            month[segment] = month.get(segment, 0) + int(self.amount[i])
        return found

    def total(self, series: str, first: int, last: int, segment: int | None) -> int | None:
        """Return the sum over the months that make up the days first … last, None if one is missing.

        Args:
            series: which one.
            first: first day, from as-of.
            last: last day.
            segment: index, or None for the company: its own figure, else the sum of the segments'.
        """
        amount, covered = 0, first
        for (begin, end), by_segment in sorted(self.months(series).items()):
            if begin != covered or end > last:
                continue
            value = figure(by_segment, segment)
            if value is None:
                return None
            amount, covered = amount + value, end + 1
        return amount if covered == last + 1 else None


def figure(by_segment: dict[int, int], segment: int | None) -> int | None:
    """Return one month's figure of a segment, or of the company; None where there is none."""
    if segment is not None:
        return by_segment.get(segment)
    return by_segment.get(COMPANY, sum(by_segment.values()) if by_segment else None)
