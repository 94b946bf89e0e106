"""List the deals that most of the money hangs on, for whoever wants to sort and to search them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from simulator.report.blocks import Cell, Section, Table, Text
from simulator.report.layout import NOTHING
from simulator.report.results import Results
from simulator.words import Scale, chance_cells, has_interval, headline_period, plain, scale_for

MOST: Final = 150
"""Deals in the page; the others stand in deals.csv."""
PRINTED: Final = 12
LONGEST: Final = 40
"""Columns that a name may take."""
_HEADER: Final = ("deal", "name", "segment", "stage", "amount", "chance", "average", "late by")


def section(results: Results) -> Section | None:
    """Return the deals that bring most on average; None where none is open."""
    if not results.deals:
        return None
    chosen = sorted(results.deals, key=lambda deal: (-float(deal["mean"] or 0), deal["id"]))[:MOST]
    scale = scale_for(max(float(deal["amount"] or 0) for deal in chosen), results.forecast["currency"])
    told = has_interval(headline_period(results.forecast).get("bookings") or {})
    table = Table(
        _HEADER, [_row(deal, scale, told) for deal in chosen], left=(0, 1, 2, 3),
        caption=f"Open deals by what they bring on average within the forecast, {scale.name}",
        sorts=True, filters=True, chosen=(2, 3), shown=PRINTED,
    )  # fmt: skip
    return Section("deals", "Deals", [table, Text(_note(len(results.deals), told), quiet=True)])


def _row(deal: Mapping[str, str], scale: Scale, told: bool) -> list[Cell | str]:
    name, customer = plain(deal["name"], LONGEST), plain(deal["customer"], LONGEST)
    names = " · ".join(dict.fromkeys(filter(None, (name, customer))))
    chance, amount, mean = (float(deal[key] or 0) for key in ("chance", "amount", "mean"))
    number, _ = chance_cells({"chance": chance})
    late = deal["slip_months"]
    return [
        plain(deal["id"], LONGEST),
        names,
        plain(deal["segment"], 30),
        plain(deal["stage"], 30),
        Cell(scale.exact(amount), amount),
        Cell(number, round(chance, 4)),
        Cell(scale.number(mean), round(mean, 2)),
        Cell(f"{float(late):.1f} months".replace("-", "−"), float(late)) if told and late else NOTHING,
    ]


def _note(count: int, told: bool) -> str:
    more = (
        f"The {MOST} of {count:,} open deals that bring most; all stand in deals.csv. "
        if count > MOST
        else ""
    )
    late = " Late by: how long after its stated date it is signed on average, if it is won." if told else ""
    return f"{more}Chance: that it is won in the end. Average: what it brings within the forecast.{late}"
