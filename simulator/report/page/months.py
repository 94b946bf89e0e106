"""Show month by month what comes from where, with low, high and the plan's chance of quarters and years."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from simulator.report.blocks import Block, Fold, Picture, Section, Table, Text
from simulator.report.layout import NOTHING
from simulator.report.months import PARTS, Made, made, made_totals, printed, short_name, sources
from simulator.report.page.columns import Column, columns
from simulator.report.results import Results
from simulator.report.screen import NOT_ADDING
from simulator.words import Scale, chance_cells, has_interval, interval_texts, period_name, plain

SERIES: Final = ("bookings", "receipts")
_SHOWN: Final = 45
"""Rows of a table before one asks for more."""


def section(results: Results) -> Section | None:
    """Return the ladder of bookings and of receipts, None where neither brings anything."""
    found = [(series, made(results.forecast, series)) for series in SERIES]
    found = [(series, every) for series, every in found if sources(every)]
    if not found:
        return None
    blocks: list[Block] = [_picture(series, every, results.scale) for series, every in found]
    how = "Averages from sure to unsure, which add up from left to right; columns may miss a last digit."
    blocks.append(Text(f"{how} {NOT_ADDING}", quiet=True))
    for place, (series, every) in enumerate(found):
        table = _table(series, every, made_totals(results.forecast, series), results.scale)
        blocks.append(Fold(f"The same for {series}", [table]) if place else table)
    return Section("months", "Month by month", blocks)


def _picture(series: str, every: Sequence[Made], scale: Scale) -> Picture:
    names = {source: PARTS[source] for source in sources(every)}
    drawn = [
        Column(
            short_name(one.period),
            [*one.parts.items()],
            one.ends,
            None if one.plan is None else float(one.plan["amount"]),
        )
        for one in every
    ]
    title = f"What {series} are made of"
    note = f"{scale.name[0].upper()}{scale.name[1:]}, averages."
    return Picture(columns(drawn, names, scale), f"{title}, by period. {note}", title, note, half=True)


def _table(series: str, every: Sequence[Made], totals: Sequence[Made], scale: Scale) -> Table:
    """Lay out periods, and quarters and years behind the last that lies in them."""
    rows = sorted([*every, *totals], key=lambda one: (one.period["end"], one.total, _negative(one)))
    shown = sources(rows)
    plans = any(one.plan for one in rows)
    sizes = sorted(abs(one.average) for one in every if one.average)
    fine = scale.showing(sizes[len(sizes) // 2] if sizes else 0.0, 3)
    fine = replace(fine, decimals=max(fine.decimals, 0))
    header = ["", *(PARTS[source] for source in shown), "average", "low", "middle", "high"]
    header += ["plan", "chance of it"] if plans else []
    cells = [[*_cells(one, shown, fine, scale), *(_plan(one, fine) if plans else ())] for one in rows]
    strong = [place for place, one in enumerate(rows) if one.total]
    caption = f"{series.capitalize()}, {scale.name}"
    return Table(header, cells, (0,), caption, strong, shown=_SHOWN if len(rows) > _SHOWN else None)


def _negative(one: Made) -> Any:
    """Order what ends on one day: quarters before years, which began earlier."""
    return [-int(part) for part in str(one.period["start"]).split("-")]


def _cells(one: Made, shown: Sequence[str], fine: Scale, scale: Scale) -> Iterator[str]:
    period, texts = one.period, printed(one.parts, one.average, fine)
    whole = period.get("whole", True)
    yield (
        plain(period["name"], 20)
        if one.total
        else period_name(str(period.get("name", "")), period["start"], period["end"], whole)
    )
    yield from (texts.get(source, NOTHING) for source in shown)
    yield fine.number(one.average)
    if one.total and one.stats and has_interval(one.stats):
        yield from interval_texts(one.stats, scale, 1)
    else:
        yield from ("", "", "")


def _plan(one: Made, fine: Scale) -> tuple[str, str]:
    """Return the plan and, of totals, its chance."""
    if not one.plan:
        return ("", "")
    reached = one.stats is not None and float(one.stats.get("already") or 0.0) >= float(one.plan["amount"])
    chance = ("reached" if reached else " ".join(chance_cells(one.plan)[:1])) if one.total else ""
    return fine.number(float(one.plan["amount"])), chance
