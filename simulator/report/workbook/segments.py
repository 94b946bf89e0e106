"""Tell what each segment, source and product brings, and where deals get stuck in its funnel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from simulator.report.blocks import Text
from simulator.report.colours import PALETTES
from simulator.report.results import Results
from simulator.report.tables import SOURCES
from simulator.report.walk import weighted_by
from simulator.report.workbook.columns import (
    COUNT,
    NUMBER,
    SERIES,
    SHARE,
    TEXT,
    as_day,
    change,
    columns,
    money,
    span_cells,
    span_columns,
    statistic_cells,
    statistic_columns,
)
from simulator.report.workbook.sheet import Chart, Charts, Column, Layer, Sheet, Table, Value
from simulator.words import day, plain, scale_for

BARS: Final = 24
"""Stages that a chart of funnels has room for."""
Stages = list[tuple[str, Mapping[str, Any]]]


def segments(results: Results) -> Sheet | None:
    """Return what each segment, source, product and group brings: over the whole forecast and by period."""
    forecast = results.forecast
    currency = str(forecast["currency"])
    rows = [row for what, name, found, periods in _parts(forecast)
            for row in _rows(forecast, what, name, found, periods)]  # fmt: skip
    if not rows:
        return None
    head = [
        *columns(TEXT, "by", "name", "series", "span"), *span_columns(),
        *columns(money(currency), "happened already"), *statistic_columns(currency),
    ]  # fmt: skip
    title = f"What segments, sources and products bring, {currency}"
    return Sheet(title, [Table("Segments", head, rows, keeps=3, rest="forecast.csv")])


def funnels(results: Results) -> Sheet | None:
    """Return each funnel stage by stage: what stands there, and, where that was asked, where it leaks."""
    forecast = results.forecast
    stages = [(one["segment"], stage) for one in forecast.get("funnel") or [] for stage in one["stages"]]
    if not any(stage["count"] for _, stage in stages):
        return None
    answer = results.answer("segments") or {}
    asked = {(s["name"], t["stage"]): t for s in answer.get("segments") or [] for t in s["stages"]}
    currency = str(forecast["currency"])
    amounts = money(currency)
    head = [
        *columns(TEXT, "segment", "stage"), *columns(COUNT, "open deals"),
        *columns(amounts, "value", weighted_by(forecast)),
        *columns(NUMBER, "days in the stage, average"),
        *(_asked_columns(answer, currency) if asked else []),
    ]  # fmt: skip
    rows = []
    for segment, stage in stages:
        row: list[Value] = [plain(segment), plain(stage["stage"]), stage["count"], stage["value"],
                            stage["weighted"], stage["mean_age"]]  # fmt: skip
        rows.append([*row, *(_asked_cells(asked.get((segment, stage["stage"]))) if asked else [])])
    table = Table("Funnels", head, rows, keeps=2)
    return Sheet(
        f"What stands in the funnels, {currency}",
        [*_legend(asked), table, Charts([_chart(forecast, stages)])],
    )


def _parts(forecast: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any], list[Any]]]:
    """Yield what the forecast is told by: kind, name, totals and periods."""
    for name, found in (forecast.get("segments") or {}).items():
        yield "segment", plain(name), found.get("totals") or {}, found.get("periods") or []
    for name, found in (forecast.get("sources") or {}).items():
        yield "source", SOURCES.get(name, plain(name)), found or {}, []
    for name, found in (forecast.get("products") or {}).items():
        yield "product", plain(name), found.get("totals") or {}, []
    groups = forecast.get("groups") or {}
    for row in groups.get("rows") or []:
        yield plain(groups.get("by", "group")), plain(row["group"]) or "(none)", row, []


def _rows(
    forecast: Mapping[str, Any], what: str, name: str, totals: Mapping[str, Any], periods: list[Any]
) -> Iterator[list[Value]]:
    end = forecast["periods"][-1]["end"]
    for series in SERIES:
        named = (what, name, SERIES[series])
        if stats := totals.get(series):
            span: tuple[Value, ...] = ("in all", "until the end", None, as_day(end))
            yield [*named, *span, stats.get("already"), *statistic_cells(stats)]
        for period in periods:
            if stats := period.get(series):
                yield [*named, "period", *span_cells(period), stats.get("already"), *statistic_cells(stats)]


def _asked_columns(answer: Mapping[str, Any], currency: str) -> list[Column]:
    by = day(answer["end"])
    return [
        *columns(SHARE, "get on to the next stage", "low", "high", "are lost here", "go back"),
        *columns(NUMBER, "days until they move, average", "days until won, middle"),
        *columns(COUNT, "deals standing longer than usual"),
        *columns(money(currency), "their value"),
        *columns(SHARE, "get on elsewhere", "chance that the difference is real"),
        *columns(
            change(currency), f"as elsewhere it would bring, by {by}", "as elsewhere, by the forecast's end"
        ),
    ]


def _asked_cells(stage: Mapping[str, Any] | None) -> list[Value]:
    if stage is None:
        return [None] * 13
    rate, other = stage["conversion"], stage["elsewhere"] or {}
    return [
        rate["mean"], rate["p10"], rate["p90"], stage["lost"], stage["back"], stage["days"],
        stage["days_to_won"], stage["stalled"]["deals"], stage["stalled"]["value"],
        (other.get("conversion") or {}).get("mean"), other.get("real"),
        (stage["worth"] or {}).get("amount"), (stage["worth_to_end"] or {}).get("amount"),
    ]  # fmt: skip


def _legend(asked: Mapping[Any, Any]) -> list[Text]:
    if not asked:
        return []
    return [
        Text("As elsewhere: if as many deals got on from this stage as do in the other segments.", quiet=True)
    ]


def _chart(forecast: Mapping[str, Any], stages: Stages) -> Chart:
    shown, currency = stages[:BARS], str(forecast["currency"])
    left = f", the first {len(shown)} of {len(stages)} stages" if len(shown) < len(stages) else ""
    scale = scale_for(max(stage["value"] for _, stage in shown), currency)
    title = f"What stands in the funnels, {scale.name}{left}"
    # A segment is named once, beside its first stage.
    rows = [
        [plain(segment, 24) if not i or shown[i - 1][0] != segment else "", plain(stage["stage"], 32),
         stage["weighted"], stage["value"] - stage["weighted"]]
        for i, (segment, stage) in enumerate(shown)
    ]  # fmt: skip
    palette = PALETTES["bookings"]
    heads = (weighted_by(forecast), "rest of the value")
    head = [*columns(TEXT, "segment", "stage"), *columns(money(currency), *heads)]
    layers = [Layer(2, palette.line), Layer(3, palette.likely)]
    return Chart(title, Table("Funnel_chart", head, rows, title), "bar", layers, scale, labels=2)
