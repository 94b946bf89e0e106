"""What a scenario file says about the fiscal calendar: a month, or weeks."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Discriminator, Field, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from simulator.fiscal import FiscalCalendar, MonthCalendar, Pattern, WeekCalendar
from simulator.scenario.laws import Strict
from simulator.scenario.values import Day, refuse, whole


class WeeksFile(Strict):
    """Fiscal years of 52 or 53 whole weeks, in quarters of 13; a 53rd week belongs to the last month."""

    calendar: Pattern = Field(description="weeks of the three months of each quarter")
    start: Day = Field(
        description="first day of a fiscal year; the others begin on its weekday, on the one nearest to its"
        " day and month"
    )


def _month(given: Any) -> int:
    try:
        month = whole(given)
    except PydanticCustomError:
        month = 0
    if not 1 <= month <= 12:
        rule = "write the month in which it starts, 1 to 12, or {calendar: 4-4-5, start: 2026-02-01}"
        refuse("S013", "is not a month", rule)
    return month


def _weeks_or_month(given: Any) -> str:
    return "weeks" if isinstance(given, dict | BaseModel) else "month"


FiscalStart = Annotated[
    Annotated[WeeksFile, Tag("weeks")]
    | Annotated[
        int,
        BeforeValidator(_month),
        WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 12}),
        Tag("month"),
    ],
    Discriminator(_weeks_or_month),
]


def fiscal_calendar(start: FiscalStart) -> FiscalCalendar:
    """Return the calendar that a scenario file describes."""
    if isinstance(start, WeeksFile):
        return WeekCalendar(start.calendar, start.start)
    return MonthCalendar(start)
