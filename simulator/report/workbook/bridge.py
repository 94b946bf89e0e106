"""Tell step by step why the forecast changed since the run before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.report.blocks import Text
from simulator.report.bridge import bridge_scale, step_text, what_of
from simulator.report.colours import PALETTES
from simulator.report.results import Results
from simulator.report.workbook.charts import waterfall
from simulator.report.workbook.columns import LONG, POINTS, SHARE, TEXT, change, columns, money
from simulator.report.workbook.sheet import Cell, Charts, Sheet, Table, Value
from simulator.words import day, plain, since

Payload = Mapping[str, Any]


def bridge(results: Results) -> Sheet | None:
    """Return the way from the last forecast to this one: each step, and the deals behind it."""
    payload = results.answer("bridge")
    if payload is None:
        return None
    currency = payload["currency"]
    head = [
        *columns(LONG, "step"), *columns(TEXT, "deal", "name"),
        *columns(change(currency), "middle", "average"), *columns(POINTS, "chance"),
    ]  # fmt: skip
    rows: list[list[Value | Cell]] = [_level(payload, "from", "before")]
    strong = [0]
    for step in payload["steps"]:
        strong.append(len(rows))
        rows.append([step_text(step), None, None, step["middle"], step["mean"], step["chance"]])
        rows += [_item(item) for item in step["items"] if item.get("deal") is not None]
    strong.append(len(rows))
    rows.append(_level(payload, "to", "after"))
    says = [Text(since(payload, bridge_scale(payload), paired=True))]
    says += [Text(plain(note), quiet=True) for note in payload["notes"]]
    what = what_of(payload)
    title = f"Why {what} changed, {currency}"
    return Sheet(title, [*says, Table("Bridge", head, rows, strong=strong), Charts([_chart(payload)])])


def _level(payload: Payload, run: str, level: str) -> list[Value | Cell]:
    stands, kind = payload[level], money(payload["currency"])
    chance = None if stands["chance"] is None else Cell(stands["chance"], SHARE)
    when = f"as of {day(payload[run]['as_of'])}"
    return [when, None, None, Cell(stands["middle"], kind), Cell(stands["mean"], kind), chance]


def _item(item: Payload) -> list[Value | Cell]:
    deal, name = plain(item["deal"]), plain(item.get("name") or "")
    return [f"   {plain(item['what'])}", deal, name, item["middle"], item["mean"], item["chance"]]


def _chart(payload: Payload) -> Any:
    scale = bridge_scale(payload)
    ends = [(f"as of {day(payload[run]['as_of'])}", payload[level]["middle"])
            for run, level in (("from", "before"), ("to", "after"))]  # fmt: skip
    (first, before), (last, after) = ends
    steps = [(first, before, scale.number(before), True)]
    for step in payload["steps"]:
        text = scale.number(step["middle"], sign=True)
        steps.append((step_text(step), step["middle"], "" if text == scale.number(0.0) else text, False))
    steps.append((last, after, scale.number(after), True))
    title = f"The middle of {what_of(payload)}, step by step, {scale.name}"
    colour = PALETTES["bookings"].line
    return waterfall("Bridge_chart", title, steps, scale, payload["currency"], colour)
