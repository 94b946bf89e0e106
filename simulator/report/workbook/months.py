"""Tell each month, each quarter and year, and the plan beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from simulator.report.blocks import Text
from simulator.report.results import Results
from simulator.report.screen import PARTS
from simulator.report.tables import period_noun
from simulator.report.workbook.columns import (
    CHANCE,
    ENDS,
    QUANTILES,
    SERIES,
    TEXT,
    chance_cell,
    change,
    money,
    plan_cells,
    plan_columns,
    span_cells,
    span_columns,
    statistic_cells,
    statistic_columns,
)
from simulator.report.workbook.sheet import Cell, Column, Sheet, Table, Value
from simulator.words import complete_periods, plain

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
    columns = [
        Column("series", TEXT), Column("segment", TEXT), Column("span"), *span_columns(),
        Column("came", money(currency)), *(Column(QUANTILES[q], money(currency)) for q in ENDS),
        Column("plan", money(currency)), Column("came or middle, less plan", change(currency)),
        Column("chance of the plan", CHANCE),
    ]  # fmt: skip
    cells = [
        [SERIES[r["series"]], _whose(r["segment"]), r["period"], *span_cells(r), r["actual"],
         *(r[q] for q in ENDS), r["plan"], r["difference"], chance_cell(r)]
        for r in rows
    ]  # fmt: skip
    return Sheet(
        f"The plan beside what came and will come, {currency}", [Table("Plan", columns, cells, keeps=4)]
    )


def _sheet(results: Results, name: str, title: str, periods: Sequence[Mapping[str, Any]]) -> Sheet | None:
    currency = str(results.forecast["currency"])
    shown = [series for series in SERIES if any(p.get(series) for p in periods)]
    if not shown:
        return None
    sources = [
        s for s in PARTS if any(s in parts for p in periods for parts in (p.get("parts") or {}).values())
    ]
    columns = [
        Column("series", TEXT), *span_columns(), Column("happened already", money(currency)),
        *(Column(f"average: {PARTS[s]}", money(currency)) for s in sources),
        *statistic_columns(currency), *plan_columns(currency),
    ]  # fmt: skip
    rows = [_row(period, series, sources) for series in shown for period in periods if period.get(series)]
    return Sheet(title, [Text(HOW, quiet=True), Table(name, columns, rows, keeps=2)])


def _row(period: Mapping[str, Any], series: str, sources: Sequence[str]) -> list[Value | Cell]:
    parts = (period.get("parts") or {}).get(series) or {}
    plan = (period.get("plan") or {}).get(series)
    stats = period[series]
    return [
        SERIES[series], *span_cells(period), stats.get("already"), *(parts.get(s) for s in sources),
        *statistic_cells(stats), *plan_cells(plan),
    ]  # fmt: skip


def _whose(segment: str) -> str:
    return "the company" if segment == "all" else plain(segment)
