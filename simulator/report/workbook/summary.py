"""Say first what the forecast says, in words, in numbers and in charts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from simulator.report.blocks import Numbers, Text
from simulator.report.colours import PALETTES
from simulator.report.page import headline
from simulator.report.results import Results
from simulator.report.screen import WARNINGS, fiscal_rows, title
from simulator.report.walk import walk_steps, walk_title
from simulator.report.workbook.charts import fan, ladder, waterfall
from simulator.report.workbook.columns import columns, in_unit
from simulator.report.workbook.sheet import Block, Cell, Chart, Charts, Kind, Sheet, Table, Value
from simulator.words import (
    Scale,
    chance_cells,
    happened_text,
    has_interval,
    interval_texts,
    plain,
    self_check_text,
)

SERIES: Final = ("bookings", "revenue", "receipts")
ROWS: Final = 3
"""Quarters and years of each series; all of them have a sheet."""


def summary(results: Results, lacking: str) -> Sheet:
    """Return the first sheet.

    Args:
        results: of the run.
        lacking: what the workbook lacks, and the commands that bring it; "" if nothing.
    """
    forecast, scale = results.forecast, results.scale
    walk = [(step.name, step.amount, step.text, step.total) for step in walk_steps(forecast, scale)]
    named, colour = f"{walk_title(forecast)}, {scale.name}", PALETTES["bookings"].line
    way = waterfall("Walk", named, walk, scale, str(forecast["currency"]), colour) if walk else None
    blocks: list[Block] = [
        Text(title(forecast, scale), quiet=True),
        *_headline(results),
        *_periods(forecast, scale),
    ]
    blocks += [*_pair(way, fan(forecast, "bookings"))]
    blocks += [Text(text, quiet=True) for text in _foot(results, lacking)]
    return Sheet(plain(forecast["scenario"], 80), blocks, whole=True)


def charts(results: Results) -> Sheet | None:
    """Return further charts on one page: the money, and what months are made of."""
    forecast = results.forecast
    fans = ("revenue", "balance" if forecast.get("balance") else "receipts")
    blocks = [
        *_pair(*(fan(forecast, s) for s in fans)),
        *_pair(*(ladder(forecast, s) for s in ("bookings", "receipts"))),
    ]
    return Sheet("What comes in, and of what it is made", blocks, whole=True) if blocks else None


def _headline(results: Results) -> Iterator[Text | Numbers]:
    """Yield what the page begins with."""
    yield from (block for block in headline.section(results).blocks if isinstance(block, Text | Numbers))


def _periods(forecast: Mapping[str, Any], scale: Scale) -> list[Table]:
    """Return the quarters and years of the books: low, middle, high, and the chance of the plan."""
    amounts = ("happened already", "low", "middle", "high", "plan")
    head = [
        *columns(Kind(width=34), "series"), *columns(Kind(width=16), "period"),
        *columns(in_unit(scale), *amounts), *columns(Kind(width=12, right=True), "chance of the plan"),
        *columns(Kind(width=24), "which is"),
    ]  # fmt: skip
    rows = [_row(p, s, scale) for s in SERIES for p in fiscal_rows(forecast, ROWS, s)]
    when = f"Quarters and years, {scale.name}; the cells hold every digit"
    return [Table("Summary", head, rows, when, filters=False)] if rows else []


def _row(period: Mapping[str, Any], series: str, scale: Scale) -> list[Value | Cell]:
    stats, plan = period[series], (period.get("plan") or {}).get(series)
    told, already = has_interval(stats), stats.get("already")
    ends = zip(("p10", "p50", "p90"), interval_texts(stats, scale), strict=True)
    cells = [
        series,
        plain(period["name"], 20),
        _printed(already, happened_text(stats, scale), scale) if already else None,
        *(_printed(stats[q], text, scale) if told or q == "p50" else None for q, text in ends),
    ]
    if not plan:
        return [*cells, None, None, None]
    reached = already and already >= plan["amount"]
    amount = _printed(plan["amount"], scale.fitting(stats).exact(plan["amount"]), scale)
    return [*cells, amount, *(("100 %", "reached") if reached else chance_cells(plan))]


def _printed(amount: float, text: str, scale: Scale) -> Cell:
    """Return an amount in full, which shows as many decimals as words give it."""
    return Cell(amount, in_unit(replace(scale, decimals=len(text.partition(".")[2]))))


def _pair(*charts: Chart | None) -> Iterator[Charts]:
    """Yield charts side by side, those that there is something to show in."""
    if found := [chart for chart in charts if chart is not None]:
        yield Charts(found)


def _foot(results: Results, lacking: str) -> Iterator[str]:
    warnings: Sequence[Mapping[str, Any]] = results.forecast.get("warnings") or []
    order = sorted(warnings, key=lambda w: -abs(w.get("amount") or 0.0))
    for warning in order[:WARNINGS]:
        money = f" ({results.scale.exact(warning['amount'], 2)})" if warning.get("amount") else ""
        yield f"! {plain(warning['text'])}{money}"
    if len(order) > WARNINGS:
        yield f"{len(order) - WARNINGS} more to look at: sheet Data quality"
    if (passed := (results.forecast.get("self_check") or {}).get("passed")) is not None:
        yield self_check_text(passed)
    if lacking:
        yield lacking
