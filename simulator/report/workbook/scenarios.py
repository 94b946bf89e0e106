"""Tell scenarios side by side, and by how much each differs from the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simulator.report.blocks import Text
from simulator.report.colours import PALETTES
from simulator.report.compare_tables import (
    at_place,
    comparison_scale,
    exact_first,
    exactness,
    main_place,
    when_of,
)
from simulator.report.results import Results
from simulator.report.workbook.columns import (
    CHANCE,
    DAY,
    ENDS,
    POINTS,
    SERIES,
    SHARE,
    TEXT,
    as_day,
    chance_cell,
    change,
    columns,
    money,
    span_cells,
    span_columns,
    statistic_cells,
    statistic_columns,
    whose,
)
from simulator.report.workbook.sheet import Cell, Chart, Charts, Kind, Layer, Sheet, Table, Value
from simulator.words import has_interval, plain

Payload = Mapping[str, Any]


def scenarios(results: Results) -> Sheet | None:
    """Return what scenarios bring, the chances of targets in each, and in what they differ."""
    payload = results.answer("compare")
    if payload is None:
        return None
    says = "All play the same luck, so that a difference is known better than what it is a difference of."
    says = f"{says} {exactness(payload)}".strip()
    found = [_amounts(payload), _targets(payload), _settings(payload)]
    tables = [table for table in found if table.rows]
    chart = _chart(payload)
    title = f"Scenarios side by side, {payload['currency']}"
    return Sheet(title, [Text(says, quiet=True), *([Charts([chart])] if chart else []), *tables])


def _amounts(payload: Payload) -> Table:
    currency = payload["currency"]
    apart = change(currency)
    head = [
        *columns(TEXT, "scenario", "series"), *span_columns(), *statistic_columns(currency, ENDS),
        *columns(apart, "differs on average by"), *columns(money(currency), "noise of the difference, ±"),
        *columns(apart, "middle differs by"), *columns(SHARE, "futures with less", "futures with more"),
    ]  # fmt: skip
    rows = [row for one in _variants(payload) for row in _rows(payload, one)]
    return Table("Scenarios", head, rows, "Quarters, years, and until the end", keeps=2)


def _rows(payload: Payload, one: Payload) -> Iterator[list[Value]]:
    base = payload["base"]
    places = [("fiscal", i) for i in range(len(base["fiscal"]))]
    for series in SERIES:
        for place in (*places, ("totals",)):
            at: Any = at_place(one, place)
            if series not in at:
                continue
            period = at_place(base, place)
            whole: list[Value] = ["until the end", as_day(payload["start"]), as_day(payload["end"])]
            span = span_cells(period) if period.get("name") else whole
            yield [plain(one["name"]), SERIES[series], *span, *statistic_cells(exact_first(at[series]), ENDS),
                   *_difference(one, place, series)]  # fmt: skip


def _difference(one: Payload, place: tuple[Any, ...], series: str) -> list[Value]:
    if not one.get("difference"):
        return [None] * 5
    apart = at_place(one["difference"], place)[series]
    return [apart["mean"], apart["error"]["mean"], apart["p50"], apart["less"], apart["more"]]


def _targets(payload: Payload) -> Table:
    currency = payload["currency"]
    head = [
        *columns(TEXT, "scenario", "target"), *columns(DAY, "from", "until"), *columns(TEXT, "segment"),
        *columns(money(currency), "amount"), *columns(CHANCE, "chance"),
        *columns(POINTS, "differs by"), *columns(Kind("0.0 %", 10), "noise, ±"),
    ]  # fmt: skip
    rows: list[list[Value | Cell]] = []
    for one in _variants(payload):
        for place, target in enumerate(one["targets"]):
            apart = one["difference"]["targets"][place] if one.get("difference") else {}
            rows.append(
                [plain(one["name"]), plain(target["name"]), as_day(target["from"]), as_day(target["until"]),
                 whose(target["segment"]), target["amount"], chance_cell(target), apart.get("chance"),
                 apart.get("error")]
            )  # fmt: skip
    return Table("Chances", head, rows, "Chances of targets and plans")


def _settings(payload: Payload) -> Table:
    head = columns(TEXT, "scenario", "differs in", "there", "here")
    rows = [
        [plain(one["name"]), plain(d["what"]), plain(d["other"]), plain(d["base"])]
        for one in payload["others"] for d in one.get("differs") or []
    ]  # fmt: skip
    return Table("Settings", head, rows, "In what they differ")


def _chart(payload: Payload) -> Chart | None:
    """Return low, middle and high of each scenario, of the period in which most differs."""
    series, place = main_place(payload)
    stats = [(one, at_place(one, place)[series]) for one in _variants(payload)]
    if not all(has_interval(found) for _, found in stats):
        return None
    scale = comparison_scale(payload)
    when = when_of(at_place(payload["base"], place))
    title = f"{series.capitalize()} {when}, low, middle and high, {scale.name}"
    rows = [
        [plain(one["name"], 32), s["p10"], s["p50"] - s["p10"], s["p90"] - s["p50"]] for one, s in stats
    ]  # fmt: skip
    palette, heads = PALETTES["bookings"], ("low", "low to middle", "middle to high")
    head = [*columns(TEXT, "scenario"), *columns(money(payload["currency"]), *heads)]
    layers = [Layer(1, told=False), Layer(2, palette.likely, told=False), Layer(3, palette.core, told=False)]
    return Chart(title, Table("Scenarios_chart", head, rows, title), "bar", layers, scale)


def _variants(payload: Payload) -> list[Payload]:
    return [payload["base"], *payload["others"]]
