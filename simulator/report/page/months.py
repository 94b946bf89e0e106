"""Show month by month what comes from where, with low, high and the plan's chance of quarters and years."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from simulator.report.blocks import Block, Fold, Picture, Section, Table, Text
from simulator.report.colours import SOURCES
from simulator.report.layout import NOTHING
from simulator.report.months import PARTS, Made, made, made_totals, printed, short_name, sources
from simulator.report.page.columns import Column, columns
from simulator.report.results import Results
from simulator.report.screen import NOT_ADDING
from simulator.words import Scale, chance_cells, interval_texts, period_name, plain

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
    how = "Averages by source, which add up from left to right; columns may miss a last digit."
    blocks.append(Text(f"{how} {NOT_ADDING}", quiet=True))
    for place, (series, every) in enumerate(found):
        table = _table(series, every, made_totals(results.forecast, series), results.scale)
        blocks.append(Fold(f"The same for {series}", [table]) if place else table)
    return Section("months", "Month by month", blocks)


def _picture(series: str, every: Sequence[Made], scale: Scale) -> Picture:
    bring = sources(every)
    names = {source: PARTS[source] for source in SOURCES if source in bring}
    drawn = [
        Column(
            short_name(one.period),
            [(source, one.parts[source]) for source in names if source in one.parts],
            one.ends,
            float(one.plan["amount"]) if one.plan else None,
        )
        for one in every
    ]
    title, note = f"What {series} are made of", f"{scale.name[0].upper()}{scale.name[1:]}, averages."
    return Picture(columns(drawn, names, scale), f"{title}, by period. {note}", title, note, half=True)


def _table(series: str, every: Sequence[Made], totals: Sequence[Made], scale: Scale) -> Table:
    """Lay out periods, and quarters and years behind the last that lies in them."""
    spans = {(one.period["start"], one.period["end"]) for one in totals}
    rows = [*totals, *(one for one in every if (one.period["start"], one.period["end"]) not in spans)]
    rows.sort(key=lambda one: (one.period["end"], -date.fromisoformat(one.period["start"]).toordinal()))
    shown, fine = sources(rows), _fine(every, scale)
    told = any(one.total and one.ends for one in rows)
    plans = any(one.plan for one in rows)
    header = ["", *(PARTS[source] for source in shown), "average"]
    header += [
        *(["low", "middle", "high"] if told else []),
        *(["plan", "chance of the plan"] if plans else []),
    ]
    cells = []
    for one in rows:
        ends = _ends(one, scale) if told else ()
        cells.append([*_averages(one, shown, fine), *ends, *(_plan(one, fine) if plans else ())])
    strong = [place for place, one in enumerate(rows) if one.total]
    caption = f"{series.capitalize()}, {scale.name}"
    return Table(header, cells, (0,), caption, strong, shown=_SHOWN if len(rows) > _SHOWN else None)


def _fine(every: Sequence[Made], scale: Scale) -> Scale:
    """Return the scale that shows three digits of a usual period, at most two decimals more than usual."""
    sizes = sorted(abs(one.average) for one in every if one.average)
    fine = scale.showing(sizes[len(sizes) // 2] if sizes else 0.0, 3)
    return replace(fine, decimals=max(min(fine.decimals, scale.decimals + 2), 0))


def _averages(one: Made, shown: Sequence[str], fine: Scale) -> Iterator[str]:
    period, texts = one.period, printed(one.parts, one.average, fine)
    name, whole = str(period.get("name", "")), bool(period.get("whole", True))
    yield plain(name, 20) if one.total else period_name(name, period["start"], period["end"], whole)
    yield from (texts.get(source, NOTHING) for source in shown)
    yield fine.number(one.average)


def _ends(one: Made, scale: Scale) -> tuple[str, ...]:
    """Return low, middle and high of a total; those of months would not add up to them."""
    return interval_texts(one.stats, scale, 1) if one.total and one.stats else ("", "", "")


def _plan(one: Made, fine: Scale) -> tuple[str, str]:
    """Return the plan and, of totals, its chance."""
    if not one.plan:
        return ("", "")
    amount = float(one.plan["amount"])
    if not one.total or one.stats is None:
        return fine.number(amount), ""
    reached = float(one.stats.get("already") or 0.0) >= amount
    return fine.number(amount), "reached" if reached else chance_cells(one.plan)[0]
