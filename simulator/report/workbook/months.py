"""Tell each month, each quarter and year, and the plan beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from simulator.report.blocks import Text
from simulator.report.months import PARTS
from simulator.report.results import Results
from simulator.report.tables import period_noun
from simulator.report.workbook.columns import (
    CHANCE,
    ENDS,
    QUANTILES,
    SERIES,
    TEXT,
    chance_cell,
    change,
    columns,
    money,
    plan_cells,
    plan_columns,
    span_cells,
    span_columns,
    statistic_cells,
    statistic_columns,
    whose,
)
from simulator.report.workbook.sheet import Cell, Sheet, Table, Value
from simulator.words import complete_periods

HOW: Final = (
    "Averages add up, over sources and over months; low and high do not: months are not all bad at once."
)


def months(results: Results) -> Sheet | None:
    """Return each of the forecast's own periods: what it brings, of what that is made, the plan."""
    noun = period_noun(results.forecast)
    title = f"What each {noun} brings, {results.forecast['currency']}"
    return _sheet(results, "Months", title, results.forecast.get("periods") or [])


def years(results: Results) -> Sheet | None:
    """Return the quarters and years of the books that the forecast covers to their end."""
    title = f"What quarters and years of the books bring, {results.forecast['currency']}"
    return _sheet(results, "Years", title, complete_periods(results.forecast))


def plans(results: Results) -> Sheet | None:
    """Return the plan beside what came and will come: months, quarters and years, by segment."""
    rows, currency = results.forecast.get("plan") or [], str(results.forecast["currency"])
    if not rows:
        return None
    amounts = money(currency)
    head = [
        *columns(TEXT, "series", "segment", "span"), *span_columns(),
        *columns(amounts, "came", *(QUANTILES[q] for q in ENDS), "plan"),
        *columns(change(currency), "came or middle, less plan"), *columns(CHANCE, "chance of the plan"),
    ]  # fmt: skip
    cells = [
        [SERIES[r["series"]], whose(r["segment"]), r["period"], *span_cells(r), r["actual"],
         *(r[q] for q in ENDS), r["plan"], r["difference"], chance_cell(r)]
        for r in rows
    ]  # fmt: skip
    return Sheet(
        f"The plan beside what came and will come, {currency}", [Table("Plan", head, cells, keeps=4)]
    )


def _sheet(results: Results, name: str, title: str, periods: Sequence[Mapping[str, Any]]) -> Sheet | None:
    currency = str(results.forecast["currency"])
    shown = [series for series in SERIES if any(p.get(series) for p in periods)]
    if not shown:
        return None
    sources = [
        s for s in PARTS if any(s in found for p in periods for found in (p.get("parts") or {}).values())
    ]
    already = any(p[series].get("already") for series in shown for p in periods if p.get(series))
    amounts = ["happened already"] if already else []
    amounts += [f"average: {PARTS[s]}" for s in sources]
    head = [
        *columns(TEXT, "series"), *span_columns(), *columns(money(currency), *amounts),
        *statistic_columns(currency), *plan_columns(currency),
    ]  # fmt: skip
    rows = [_row(p, series, sources, already) for series in shown for p in periods if p.get(series)]
    return Sheet(title, [Text(HOW, quiet=True), Table(name, head, rows, keeps=2)])


def _row(period: Mapping[str, Any], series: str, sources: Sequence[str], already: bool) -> list[Value | Cell]:
    parts = (period.get("parts") or {}).get(series) or {}
    plan = (period.get("plan") or {}).get(series)
    stats = period[series]
    happened = [stats.get("already")] if already else []
    return [
        SERIES[series], *span_cells(period), *happened, *(parts.get(s) for s in sources),
        *statistic_cells(stats), *plan_cells(plan),
    ]  # fmt: skip
