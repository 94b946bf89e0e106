"""Name what the company wants to reach, by when."""

from __future__ import annotations

from typing import Literal

from simulator.records import dataclass

Series = Literal["bookings", "billings", "revenue", "receipts", "arr"]
SERIES: tuple[Series, ...] = ("bookings", "billings", "revenue", "receipts", "arr")
"""What flows. Revenue is there where a product has a rule of it, `arr` where one recurs."""

Asked = Series | Literal["balance"]
"""What may be asked for; a balance stands at a day's end, where a scenario gives what it takes."""

Posted = Series | Literal["tax", "deferred"]
"""What movements are posted to; the last two are the company's, in one slice."""


OF_PRODUCTS: tuple[Series, ...] = ("bookings", "revenue")
"""What is told of each product in any case; a run grouped by product tells all series."""


@dataclass(frozen=True)
class Target:
    """An amount that a series should reach in a period.

    Attributes:
        name: as in the scenario.
        series: which one.
        amount: minor units of the scenario's currency.
        first_day: first day of the period, relative to as-of; ≤ 0 where part of it has passed.
        last_day: last day, ≥ 1 and inside the horizon.
        segment: index of one segment, or None for all.
        period: name of the period as given, e.g. `FY2027`, or "".
    """

    name: str
    series: Asked
    amount: int
    first_day: int
    last_day: int
    segment: int | None = None
    period: str = ""
