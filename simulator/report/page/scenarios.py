"""Lay scenarios side by side: where each lands, by how much it differs, and how surely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from simulator.report.blocks import Block, Fold, Picture, Points, Section, Table, Text
from simulator.report.compare import FIGURES
from simulator.report.compare_sentences import often, sentences
from simulator.report.compare_tables import (
    DETAILED,
    at_place,
    change_texts,
    comparison_scale,
    exactness,
    main_place,
    numbered,
    side_by_side,
    side_title,
)
from simulator.report.layout import NOTHING, Grid
from simulator.report.page.grids import table_of, with_column, without_empty
from simulator.report.page.rows import Row, ranked
from simulator.report.results import Results
from simulator.words import Scale, has_interval, plain

ROWS: Final = 10


def section(results: Results) -> Section | None:
    """Return the scenarios, None where none were compared."""
    if (payload := results.answer("compare")) is None or not payload["others"]:
        return None
    scale = comparison_scale(payload)
    blocks = [_picture(payload, scale), _table(payload, scale)]
    blocks += [Text(exact, quiet=True)] if (exact := exactness(payload)) else []
    blocks.append(_differs(payload))
    shown = [other for other in payload["others"] if other["kind"] != "grid"][:DETAILED]
    blocks += [_told(payload, other, scale) for other in shown]
    blocks += [Points([plain(note) for note in payload["notes"]])] if payload["notes"] else []
    return Section("scenarios", "Scenarios compared", blocks)


def _picture(payload: Mapping[str, Any], scale: Scale) -> Block:
    base, (series, place) = payload["base"], main_place(payload)
    rows = []
    for one in (base, *payload["others"])[: ROWS + 1]:
        stats = at_place(one, place)[series]
        span = [(stats["p10"], stats["p90"], "likely")] if has_interval(stats) else []
        change = at_place(one["difference"], place)[series] if one is not base else None
        text = scale.fitting(stats).said(stats["p50"])
        text += f" ({change_texts(change, scale)[0]})" if change else ""
        rows.append(Row(numbered(payload, one), text, span, stats["p50"], strong=one is base))
    middle = at_place(base, place)[series]["p50"]
    title = side_title(payload).partition(", and")[0]
    return Picture(
        ranked(rows, [(middle, plain(base["name"], 24), "level")], zero=False),
        f"{title}: low, middle and high of each scenario; the table below has the numbers.",
        f"{title}, {scale.name}",
        "Dot: the middle; bar: from low to high, 8 chances in 10; behind it the middle, and by how much "
        "averages differ.",
    )


def _table(payload: Mapping[str, Any], scale: Scale) -> Table:
    """Return the scenarios in numbers, with the share of futures in which each brings more."""
    series, place = main_place(payload)
    grid = side_by_side(payload, scale)
    grid = replace(grid, header=["scenario", *grid.header[1:6], "give or take", *grid.header[7:]])
    more = [often(at_place(o["difference"], place)[series]["more"]) for o in payload["others"]]
    grid = with_column(grid, "brings more in", [NOTHING, *(f"{text} futures" for text in more)])
    grid = Grid(grid.header, grid.rows[: ROWS + 1], grid.left, strong=(0,))
    return table_of(without_empty(grid), f"{side_title(payload)}, {scale.name}")


def _differs(payload: Mapping[str, Any]) -> Fold:
    """Return what each scenario sets otherwise."""
    rows = [
        [numbered(payload, other), plain(row["what"], 80), plain(row["base"], 80), plain(row["other"], 80)]
        for other in payload["others"][:ROWS]
        for row in other["differs"][:FIGURES]
    ]
    base = plain(payload["base"]["name"], 40)
    nothing = Text("They differ in nothing.")
    table = Table(["scenario", "what", base, "there"], rows, (0, 1, 2, 3))
    return Fold(f"What differs from {base}", [table if rows else nothing])


def _told(payload: Mapping[str, Any], other: Mapping[str, Any], scale: Scale) -> Block:
    base = payload["base"]
    title = f"{numbered(payload, other)}, in place of {plain(base['name'], 40)}"
    return Fold(title, [Points(list(sentences(base, other, scale)))])
