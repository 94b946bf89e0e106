"""Say which deals swing it, and what to have by when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from simulator.report import explain_good_years, explain_swings, explain_terms, explain_tripwires
from simulator.report.blocks import Block, Fold, Picture, Section, Text
from simulator.report.explain import explanation_scale
from simulator.report.explain_concentration import label
from simulator.report.page.grids import table_of
from simulator.report.page.rows import Row, ranked
from simulator.report.results import Results
from simulator.words import Scale, percent

DRAWN: Final = 6
"""Deals that are drawn, those of most swing; the table has ten."""
PRINTED: Final = 6
"""Deals of the table that stand on paper."""


def section(results: Results) -> Section | None:
    """Return the deals that matter most and the amounts at which the chance turns, None if not asked for."""
    if (payload := results.answer("explain")) is None:
        return None
    scale = explanation_scale(payload)
    blocks = [*_swings(payload, scale), *_tripwires(payload, scale), *_more(payload, scale)]
    return Section("swings", "The deals that swing it", blocks) if blocks else None


def _swings(payload: Mapping[str, Any], scale: Scale) -> list[Block]:
    found = payload.get("swings") or {"open_deals": 0, "deals": []}
    if not found["deals"]:
        return [Text(f"{explain_swings.nothing(payload, scale)}.")] if found["open_deals"] else []
    chance = found["of"] == "chance"
    now = payload["aim"]["chance"] if chance else payload["amount"]["p50"]
    grid, what = explain_swings.grid(payload, scale), explain_swings.what_swings(payload, scale)
    rows = [
        Row(label(deal), cells[3], [(deal["if_lost"], deal["if_won"], "likely")], deal["if_won"])
        for deal, cells in zip(found["deals"][:DRAWN], grid.rows, strict=False)
    ]
    text = percent(now) if chance else scale.fitting(payload["amount"]).said(now)
    unit = "in points of 100" if chance else f"in {scale.name}"
    picture = Picture(
        ranked(rows, [(now, f"now {text}", "level")], zero=False),
        f"What becomes of {what} if each deal is lost and if it is won; the table below has the numbers.",
        f"What becomes of {what} if a deal is won (dot) or lost, the swing {unit}",
    )
    heads = {0: "deal"} if chance else {0: "deal", 4: f"worth, {scale.name}"}
    table = table_of(grid, f"Amounts in {scale.name}", heads, PRINTED)
    return [Text(explain_swings.said(payload, scale)), picture, table,
            Text(explain_swings.note(payload, scale), quiet=True)]  # fmt: skip


def _tripwires(payload: Mapping[str, Any], scale: Scale) -> list[Block]:
    found = payload.get("tripwires") or {"dates": []}
    if payload["aim"]["amount"] is None or not found["dates"]:
        return []
    grid = explain_tripwires.grid(payload, scale)
    table = table_of(grid, f"{explain_tripwires.title(payload, scale)}, {scale.name}")
    note = explain_tripwires.note(grid)
    return [Text(explain_tripwires.said(payload, scale)), table, *([Text(note, quiet=True)] if note else [])]


def _more(payload: Mapping[str, Any], scale: Scale) -> list[Block]:
    """Return what is shown when one asks: what good years share, and what terms hold back."""
    folds = list[Block]()
    if (payload.get("good_years") or {}).get("looked_at"):
        grid = explain_good_years.grid(payload, scale)
        if grid.rows:
            note = Text(explain_good_years.note(payload), quiet=True)
            folds.append(Fold(grid.header[0], [table_of(grid), note]))
    if payload.get("terms_priced") and (grids := explain_terms.grids(payload, scale)):
        note = Text(explain_terms.note(payload, scale), quiet=True)
        tables = [table_of(grid, f"{scale.name}") for grid in grids]
        folds.append(Fold(explain_terms.title(payload), [*tables, note]))
    return folds
