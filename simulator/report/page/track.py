"""Say whether past forecasts were as sure as they said: their ranges against what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from simulator.report.blocks import Block, Fold, Picture, Section, Text
from simulator.report.page.grids import table_of
from simulator.report.page.rows import Row, ranked
from simulator.report.past_runs import HELD, LEVELS, hit_grid, miss_grid, money_grids, named_period, what_of
from simulator.report.results import Results
from simulator.words import plain, scale_for

WINDOWS: Final = 12
"""Windows that are drawn, the latest."""


def section(results: Results) -> Section | None:
    """Return how often past ranges held, None where nobody has tried."""
    blocks = list[Block]()
    if (track := results.answer("track")) is not None:
        blocks += [*_verdict(track), *_reliability(track["track_record"]), *_windows(track), *_numbers(track)]
    if found := results.forecast.get("track_record"):
        if blocks:
            blocks.append(Text("Forecast again on past days, with what was known then:"))
        blocks += [*_verdict(found), *_reliability(found)]
    return Section("track", "How past forecasts did", blocks) if blocks else None


def _verdict(found: Mapping[str, Any]) -> list[Block]:
    first, *more = found["verdict"]
    notes = [Text(f"{plain(n)[0].upper()}{plain(n)[1:]}.", quiet=True) for n in found.get("notes") or []]
    return [Text(plain(first)), *([Text(plain(" ".join(more)))] if more else []), *notes]


def _reliability(found: Mapping[str, Any]) -> list[Block]:
    """Draw how often ranges held against how often they should, with what so few windows leave open."""
    if "hits" not in found:
        return []
    rows = []
    for level in LEVELS:
        hits = found["hits"][level]
        asked, held = float(level) / 100, hits["held"] / hits["of"]
        spans = [(hits["low_apart"], hits["high_apart"], "likely"), (asked, asked, "plan")]
        rows.append(Row(f"{level} % ranges", f"{hits['held']} of {hits['of']}", spans, held))
    title = f"How often ranges of {plain(found['what'], 60)} held"
    told = ", ".join(f"{row.name} {row.text}" for row in rows)
    note = (
        "Dot: the share that held; upright mark: the share that should; bar: where the true share lies, 19 "
        "chances in 20, by windows that share no day."
    )
    return [Picture(ranked(rows), f"{title}: {told}.", title, note, half=True)]


def _windows(track: Mapping[str, Any]) -> list[Block]:
    """Draw the latest windows of the first series: what was forecast of each, and what came."""
    shown = _last_before(track["windows"])[-WINDOWS:]
    scale = scale_for(max(max(w["came"], w["ranges"]["80"][1]) for w in shown), track["currency"])
    rows = [
        Row(
            named_period(w),
            scale.number(w["came"]) + ("" if w["held"]["80"] else " missed"),
            [(*w["ranges"]["80"], "likely" if w["held"]["80"] else "down")],
            w["came"],
        )
        for w in shown
    ]
    title = f"80 % ranges of {what_of(shown[0])} and what came, {scale.name}"
    told = ", ".join(f"{row.name}: {row.text}" for row in rows)
    note = "Bar: the range, as the last run before forecast it; dot and number: what came."
    return [Picture(ranked(rows, zero=False), f"{title}: {told}.", title, note, half=True)]


def _last_before(windows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the windows of the most common length, each of the last run before it began, or of the first."""
    kinds = [w["period"] for w in windows]
    kind = max(dict.fromkeys(kinds), key=kinds.count)
    found = dict[str, Mapping[str, Any]]()
    for window in sorted((w for w in windows if w["period"] == kind), key=lambda w: str(w["as_of"])):
        if window["end"] not in found or window["as_of"] < window["start"]:
            found[window["end"]] = window
    return sorted(found.values(), key=lambda w: str(w["end"]))


def _numbers(track: Mapping[str, Any]) -> list[Block]:
    grids = [(HELD, hit_grid(track)), *money_grids(track), ("Ranges that missed", miss_grid(track))]
    heads = {0: "of", 5: "80 %: true share"}
    tables = [
        table_of(grid, title, heads if title == HELD else {0: "of"}) for title, grid in grids if grid.rows
    ]
    return [Fold("In numbers", tables)]
