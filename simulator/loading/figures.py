"""Read figures by month, of what really came or of what was planned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from simulator.errors import did_you_mean
from simulator.figures import COMPANY, Figures
from simulator.loading.cells import Cells
from simulator.loading.dates import DateError, parse_day
from simulator.periods import Horizon, Period, month_of
from simulator.targets import SERIES

NEEDED: Final = ("month", "series", "amount")
KNOWN: Final = (*SERIES, "balance")
EARLY: Final = "early"
LATE: Final = "late"
"""Fates of figures to which no period of the forecast comes."""
NEVER: Final = -(10**6)


def read_figures(
    cells: Cells, segments: Sequence[str], horizon: Horizon, have_begun: bool, since: int = NEVER
) -> Figures:
    """Return the figures in the order of months; what cannot be read becomes problems.

    Args:
        cells: the table.
        segments: names, in the scenario's order.
        horizon: whose calendar names the months.
        have_begun: whether months must have begun by the as-of day, as those of a run's actual figures have.
        since: first day of what is asked for, from as-of; months that end before it change nothing.
    """
    rows: list[tuple[int, int, str, int, int]] = []
    seen: dict[tuple[int, str, int], int] = {}
    for row in cells.rows():
        month, series = _month(cells, row, horizon), _series(cells, row)
        segment = _segment(cells, row, segments, series)
        amount = cells.minor(row, "amount", cells.customs.rates.company, signed=series == "balance")
        if month is None or series is None or segment is None or amount is None:
            continue
        first, last = horizon.day_of(month.start), horizon.day_of(month.end)
        if have_begun and first > 0:
            message = f"{month.name} begins after the as-of day, so it has no actual figure yet"
            cells.complain("D038", message, row, "month", cells.text(row, "month"))
        elif (first, series, segment) in seen:
            message = f"{series} of {month.name} stands in row {seen[first, series, segment] + 1} already"
            cells.complain("D034", message, row, "month", cells.text(row, "month"))
        else:
            seen[first, series, segment] = row
            beyond = last > horizon.last_day and not have_begun
            cells.fates[row] = EARLY if last < since else LATE if beyond else series
            rows.append((first, last, series, segment, amount))
    rows.sort()
    return Figures(
        first_day=np.array([r[0] for r in rows], dtype=np.int64),
        last_day=np.array([r[1] for r in rows], dtype=np.int64),
        series=tuple(r[2] for r in rows),
        segment=np.array([r[3] for r in rows], dtype=np.int64),
        amount=np.array([r[4] for r in rows], dtype=np.int64),
    )


def _month(cells: Cells, row: int, horizon: Horizon) -> Period | None:
    text = cells.text(row, "month")
    try:
        return month_of(text, horizon.fiscal)
    except ValueError as error:
        reason = str(error)
    if (order := cells.order("month")) is None:
        return None
    try:
        return month_of(parse_day(text, order, cells.customs.zone), horizon.fiscal)
    except DateError:
        what = reason.removeprefix(repr(text)).strip().partition(";")[0]
        message = f"the month {what}" if text else "the month is missing"
        cells.complain("D033", message, row, "month", text)
        return None


def _series(cells: Cells, row: int) -> str | None:
    text = cells.text(row, "series")
    if text.casefold() in KNOWN:
        return text.casefold()
    remedy = did_you_mean(text, KNOWN, "series: " + ", ".join(KNOWN))
    cells.complain("D032", "there is no such series", row, "series", text, remedy)
    return None


def _segment(cells: Cells, row: int, segments: Sequence[str], series: str | None) -> int | None:
    """Return the index of a row's segment, `COMPANY` where it names none."""
    text = cells.text(row, "segment").casefold()
    if text in ("", "all"):
        return COMPANY
    found = {name.casefold(): i for i, name in enumerate(segments)}.get(text)
    if found is None:
        text = cells.text(row, "segment")
        known = ("all", *segments)
        remedy = did_you_mean(text, known, "segments: " + ", ".join(known))
        cells.complain("D011", "there is no such segment", row, "segment", text, remedy)
    elif series == "balance":
        message, remedy = "a balance is the company's, no segment has one", "leave the segment empty"
        cells.complain("D039", message, row, "segment", cells.text(row, "segment"), remedy)
        return None
    return found
