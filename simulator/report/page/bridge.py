"""Tell why the forecast changed since the run before, step by step."""

from __future__ import annotations

from simulator.report.blocks import Block, Picture, Points, Section, Text
from simulator.report.bridge import bridge_grid, bridge_scale, bridge_steps, what_of, without_effect
from simulator.report.page.grids import table_of
from simulator.report.page.rows import waterfall
from simulator.report.results import Results
from simulator.words import day, plain


def section(results: Results) -> Section | None:
    """Return the way from the last run to this one, None without a run before."""
    if (payload := results.answer("bridge")) is None:
        return None
    scale, steps = bridge_scale(payload), bridge_steps(payload)
    blocks = list[Block]()
    if len(steps) > 2:
        title = f"The middle of {what_of(payload).removeprefix('the ')}, {scale.name}"
        told = ", ".join(f"{step.name} {step.text}" for step in steps)
        blocks.append(Picture(waterfall(steps), f"{title}: {told}.", title))
    grid, unit = bridge_grid(payload, scale), scale.name
    chances = "; chances in points of 100" if "chance" in grid.header else ""
    blocks.append(table_of(grid, f"{unit[0].upper()}{unit[1:]}{chances}"))
    blocks += [Text(text, quiet=True) for text in [without_effect(payload, scale)] if text]
    blocks += [Points([plain(note) for note in payload["notes"]])] if payload["notes"] else []
    return Section("bridge", f"What changed since {day(payload['from']['as_of'])}", blocks)
