"""Show the funnel of each segment: how far deals get, where it leaks, and what that is worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from simulator.report.blocks import Block, Fold, Picture, Section, Table, Text
from simulator.report.page.grids import table_of
from simulator.report.page.rows import Row, bars, ranked
from simulator.report.results import Results
from simulator.report.segments import (
    LEAKING,
    NO_LEAK,
    leak_grid,
    leak_texts,
    legend,
    more_than_elsewhere,
    reasons_text,
)
from simulator.report.segments_tables import (
    STANDING,
    amount_scale,
    percent_text,
    stages,
    stages_title,
    standing,
    worth_scale,
)
from simulator.words import Scale, plain, scale_for

PICTURES: Final = 6
"""Funnels that are drawn."""


def section(results: Results) -> Section | None:
    """Return the funnels, None where no deal stands in one and nobody asked about them."""
    payload, title = results.answer("segments"), "The funnel"
    if payload is None:
        blocks = _open(results)
    else:
        blocks = _answered(payload)
        title += "s by segment" if len(payload["segments"]) > 1 else ""
    return Section("funnel", title, blocks) if blocks else None


def _answered(payload: Mapping[str, Any]) -> list[Block]:
    scale, rows = amount_scale(payload), payload["segments"]
    grid, unit = leak_grid(payload), worth_scale(payload).name
    leaks: list[Block] = [Text(NO_LEAK)] if len(rows) > 1 else []
    how = "Of the deals that enter, the share that reaches each stage."
    if grid.rows:
        table = table_of(grid, f"{LEAKING}, {unit}")
        leaks = [Text(f"The worst leak: {leak_texts(payload)[0]}"), table]
        how += f" Orange: how many more would as elsewhere, with what that is worth, {unit}."
    pictures = [_reached(payload, row) for row in rows[:PICTURES]]
    folds = [
        Fold(stages_title(row), [table_of(stages(payload, row), heads={0: "stage"}), *_reasons(row)])
        for row in rows
    ]
    tables = [table_of(standing(payload, scale), f"The funnels side by side, {scale.name}", {0: "segment"})]
    notes = [Text(STANDING, quiet=True)]
    return [
        *leaks,
        Text(how, quiet=True),
        *pictures,
        *tables,
        *notes,
        *folds,
        Fold("What the columns of stages mean", [Text(legend(payload))]),
    ]


def _reached(payload: Mapping[str, Any], row: Mapping[str, Any]) -> Picture:
    """Draw what share of entering deals reach each stage, and how many more would get there as elsewhere."""
    drawn, scale, above = list[Row](), worth_scale(payload), None
    for stage in row["stages"]:
        drawn.append(_stage(stage["stage"], stage["reached"], above, scale))
        above = stage
    drawn.append(_stage("won", row["win_rate"]["mean"], above, scale, strong=True))
    told = ", ".join(f"{plain(one.name, 40)} {one.text}" for one in drawn)
    name = plain(row["name"], 40)
    return Picture(ranked(drawn), f"Of deals that enter {name} reach: {told}.", name, half=True)


def _stage(
    name: str, reached: float, above: Mapping[str, Any] | None, scale: Scale, strong: bool = False
) -> Row:
    more = 0.0 if above is None else above["reached"] * more_than_elsewhere(above)
    spans, text = [(0.0, reached, "middle" if strong else "likely")], percent_text(reached)
    if above is not None and more:
        spans.append((reached, reached + more, "plan"))
        worth = scale.said(above["worth"]["amount"])
        text += f" (+{worth})" if worth != "0" else ""
    return Row(plain(name, 40), text, spans, strong=strong)


def _reasons(row: Mapping[str, Any]) -> list[Block]:
    text = reasons_text(row)
    return [Text(text[0].upper() + text[1:], quiet=True)] if text else []


def _open(results: Results) -> list[Block]:
    """Return how many deals stand at each stage, where nobody has asked about segments."""
    found = [row for row in results.forecast.get("funnel") or [] if any(s["count"] for s in row["stages"])]
    if not found:
        return []
    values = [stage["value"] for row in found for stage in row["stages"]]
    scale = scale_for(max(values), str(results.forecast.get("currency", "")))
    pictures = [_standing(row, scale) for row in found[:PICTURES]]
    rows = [
        [plain(row["segment"], 30), plain(s["stage"], 40), f"{s['count']:,}", scale.exact(s["value"]),
         scale.exact(s["weighted"]), _days(s)]
        for row in found for s in row["stages"]
    ]  # fmt: skip
    header = ["segment", "stage", "deals", "value", "× chance", "days there so far"]
    table = Table(header, rows, (0, 1), f"Open deals by stage, {scale.name}")
    more = f"Where the funnel leaks, and what that is worth: {results.command('segments')}."
    folded = Fold("The stages in numbers", [table])
    return [*pictures, folded, Text(more, quiet=True)]


def _standing(row: Mapping[str, Any], scale: Scale) -> Picture:
    drawn = [
        (s["stage"], s["value"], f"{scale.exact(s['value'], 2)} · {s['count']:,}") for s in row["stages"]
    ]
    name = plain(row["segment"], 40)
    told = ", ".join(f"{plain(stage, 40)} {text}" for stage, _, text in drawn)
    title = f"{name}: open deals, {scale.name} · how many"
    return Picture(bars(drawn), f"{title}: {told}.", title, half=True)


def _days(stage: Mapping[str, Any]) -> str:
    return f"{stage['mean_age']:,.0f}" if stage["count"] and stage["mean_age"] is not None else "–"
