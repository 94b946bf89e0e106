"""Tell where the uncertainty comes from, what each assumption does, and how much hangs on a few."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.report import explain_concentration, explain_one_at_a_time, explain_shares
from simulator.report.blocks import Block, Fold, Picture, Section, Text
from simulator.report.explain import explanation_scale, what_is_asked
from simulator.report.page.grids import table_of
from simulator.report.page.rows import Row, bars, ranked
from simulator.report.results import Results
from simulator.words import Scale


def section(results: Results) -> Section | None:
    """Return the shares of the uncertainty and what moves the forecast, None if it was not asked for."""
    if (payload := results.answer("explain")) is None:
        return None
    scale = explanation_scale(payload)
    blocks = [*_shares(payload), *_one_at_a_time(payload, scale), *_concentration(payload, scale)]
    return Section("uncertainty", "Where the uncertainty comes from", blocks) if blocks else None


def _shares(payload: Mapping[str, Any]) -> list[Block]:
    if "uncertainty" not in payload:
        return []
    parts, note = explain_shares.parts(payload["uncertainty"]), explain_shares.meaning(payload["uncertainty"])
    if not parts:
        return [Text(note)]
    told = ", ".join(f"{name} {share} %" for name, share in parts)
    what = what_is_asked(payload)
    title = f"{what}: shares of the uncertainty"
    return [
        Picture(
            bars([(name, share, f"{share} %") for name, share in parts]),
            f"{title}: {told}.",
            title,
            note,
            half=True,
        )
    ]


def _one_at_a_time(payload: Mapping[str, Any], scale: Scale) -> list[Block]:
    if "one_at_a_time" not in payload:
        return []
    blocks, shown = list[Block](), explain_one_at_a_time.touching(payload, scale)
    title = explain_one_at_a_time.title(payload, scale)
    if shown:
        fit = explain_one_at_a_time.moved_scale(payload, scale)
        rows = [_moved(row, fit) for row in shown]
        says = f"{title}; the table below has all numbers."
        note = (
            f"By how much the middle changes, {scale.name}: orange if an assumption is lower, blue and the "
            "number if it is higher."
        )
        blocks.append(Picture(ranked(rows), says, title.partition(", and")[0], note, half=True))
        heads = {0: "assumption", 1: "lower", 2: "higher", 3: "middle if lower", 4: "if higher",
                 5: "chance if lower", 6: "if higher"}  # fmt: skip
        table = table_of(explain_one_at_a_time.grid(payload, scale), f"The middle in {scale.name}", heads)
        blocks.append(Fold("One assumption at a time, in numbers", [table]))
    texts = explain_one_at_a_time.idle(payload, scale), explain_one_at_a_time.how(payload, scale)
    return [*blocks, *(Text(text, quiet=True) for text in texts if text)]


def _moved(row: Mapping[str, Any], scale: Scale) -> Row:
    """Return the bar of an assumption: what it changes downwards and upwards."""
    low, high = (row[end]["p50"] for end in explain_one_at_a_time.ENDS)
    text = scale.number(high, sign=True)
    return Row(explain_one_at_a_time.name(row), text, [(0.0, low, "plan"), (0.0, high, "core")])


def _concentration(payload: Mapping[str, Any], scale: Scale) -> list[Block]:
    if "concentration" not in payload:
        return []
    blocks: list[Block] = [Text(explain_concentration.said(payload, scale))]
    if payload["concentration"]["open_deals"]["likely"]:
        grid = explain_concentration.grid(payload, scale)
        blocks.append(table_of(grid, f"How much hangs on a few, {scale.name}", {0: "kind", 1: "name"}))
        blocks.append(Text(explain_concentration.without_first(payload, scale)))
    return blocks
