"""The money in the bank besides receipts: what there is, what is paid out, and the tax passed on."""

from __future__ import annotations

import calendar
from dataclasses import field
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.periods import Horizon, add_months
from simulator.records import dataclass

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Outflow:
    """Money paid out on a day.

    Attributes:
        label: what for.
        day: calendar day from as-of, ≥ 1.
        amount: minor units of the company's currency.
    """

    label: str
    day: int
    amount: int


@dataclass(frozen=True)
class TaxCalendar:
    """When the tax on invoices is passed on: that of whole months, on a day of the month after them.

    Attributes:
        months: length of a tax period, 1, 3 or 12; periods begin with the calendar year.
        due_day: day of the month after the period; its last day where the month is shorter.
    """

    months: int = 1
    due_day: int = 10

    def due(self, invoiced: date) -> date:
        """Return the day on which the tax of an invoice is passed on."""
        return _passed_on(self, invoiced.year, (invoiced.month - 1) // self.months * self.months + 1)

    def due_days(self, horizon: Horizon, first: int, last: int) -> Integers:
        """Return the day from as-of on which the tax of invoices of each day first … last is passed on."""
        dates = (horizon.as_of + timedelta(days=day) for day in range(first, last + 1))
        return np.array([horizon.day_of(self.due(d)) for d in dates], dtype=np.int64)


@dataclass(frozen=True)
class Cash:
    """The bank account (MODEL 7, balance).

    Attributes:
        opening_balance: at the end of the as-of day, minor units of the company's currency, or None.
        floor: below which the balance should not fall, or None.
        outflows: inside the horizon, in the order of their days, or None where they are not known.
        tax: when tax is passed on.
    """

    opening_balance: int | None = None
    floor: int | None = None
    outflows: tuple[Outflow, ...] | None = None
    tax: TaxCalendar = field(default_factory=TaxCalendar)

    @property
    def has_balance(self) -> bool:
        """Whether there is enough to speak of a balance: what is in the bank, and what leaves it."""
        return self.opening_balance is not None and self.outflows is not None


@lru_cache(1024)
def _passed_on(tax: TaxCalendar, year: int, first: int) -> date:
    """Return when the tax of the period is passed on that begins with a month."""
    month = add_months(date(year, first, 1), tax.months)
    return month.replace(day=min(tax.due_day, calendar.monthrange(month.year, month.month)[1]))
