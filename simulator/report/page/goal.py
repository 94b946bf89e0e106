"""Say what it would take to reach an amount, and what would endanger it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.report.blocks import Block, Section, Table, Text
from simulator.report.goal import Lever, aim_scale, now_text
from simulator.report.goal_words import (
    by_segment,
    lever_name,
    limit_text,
    near_text,
    range_text,
    what_it_takes,
    why_not,
)
from simulator.report.results import Results
from simulator.words import month, percent


def section(results: Results) -> Section | None:
    """Return what it would take, None if it was not asked for."""
    if (payload := results.answer("goal")) is None:
        return None
    blocks: list[Block] = [Text(now_text(payload, aim_scale(payload)))]
    played = payload["trials"], results.forecast["trials"]
    if played[0] != played[1]:
        how = "Played anew in {:,} trials, the forecast in {:,}: chances differ by luck of the simulation."
        blocks.append(Text(how.format(*played), quiet=True))
    if goal := payload.get("goal"):
        blocks += _goal(goal)
    if danger := payload.get("danger"):
        blocks += _danger(danger)
    return Section("goal", "What it would take", blocks)


def _goal(goal: Mapping[str, Any]) -> list[Block]:
    wanted, levers = percent(goal["chance"]), goal["levers"]
    if any(lever["status"] == "nothing needed" for lever in levers):
        return [Text(f"For a chance of {wanted} nothing is needed.")]
    return _pulled(
        f"For a chance of {wanted}, one of these, everything else as it is", levers, goal["chance"]
    )


def _danger(danger: Mapping[str, Any]) -> list[Block]:
    below, shocks = percent(danger["below"]), danger["shocks"]
    if any(shock["status"] == "nothing needed" for shock in shocks):
        return [Text(f"The chance is below {below} already.")]
    return _pulled(f"What would take the chance below {below}, one of these", shocks, danger["below"])


def _pulled(caption: str, levers: Sequence[Lever], wanted: float) -> list[Block]:
    """Lay out what each lever takes; of those that are not enough, how far they get."""
    header = ["lever", "what it takes", "19 times in 20", "by segment", "at the latest from"]
    rows = [
        [lever_name(x), what_it_takes(x), range_text(x), by_segment(x), _latest(x)]
        for x in levers if x["status"] == "reached"
    ]  # fmt: skip
    kept = [i for i in range(len(header)) if i < 3 or any(row[i] for row in rows)]
    blocks = list[Block]()
    if rows:
        shown = [[row[i] for i in kept] for row in rows]
        blocks.append(Table([header[i] for i in kept], shown, tuple(range(len(kept))), caption))
    short = [
        f"{lever_name(x)}, {limit_text(x)}: {near_text(x['curve'][-1], wanted)}"
        for x in levers if x["status"] == "out of reach"
    ]  # fmt: skip
    idle = [f"{lever_name(x)} ({why_not(x)})" for x in levers if x["status"] == "no effect"]
    blocks += [Text(f"Not enough by itself: {'; '.join(short)}.")] if short else []
    return blocks + ([Text(f"Makes no difference: {'; '.join(idle)}.", quiet=True)] if idle else [])


def _latest(lever: Lever) -> str:
    """Say when pulling a lever is still in time, where that was asked."""
    if not (last := lever.get("latest_start")):
        return ""
    return month(last) if lever["starts"] else "now"
