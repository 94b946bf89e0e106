"""Say the columns that many sheets share: what is spoken of, from when to when, and how sure an amount is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from simulator.money import minor_digits
from simulator.report.workbook.sheet import Cell, Column, Kind, Value
from simulator.words import Scale, has_interval, is_certain, period_name, plain

TEXT: Final = Kind(width=18)
LONG: Final = Kind(width=60, wraps=True)
DAY: Final = Kind("d mmm yyyy", 12)
COUNT: Final = Kind("#,##0", 10)
NUMBER: Final = Kind("0.0", 10)
SHARE: Final = Kind("0 %", 10)
CHANCE: Final = Kind('[<0.01]"<1 %";[>0.99]">99 %";0 %', 10)
"""A chance that trials tell: what only ever or never happened by luck is not 0 or 100."""
POINTS: Final = Kind("+0.0 %;-0.0 %;0 %", 10)
"""By how much a chance differs."""
SERIES: Final[Mapping[str, str]] = {
    "bookings": "bookings",
    "billings": "billings",
    "revenue": "revenue",
    "receipts": "receipts",
    "arr": "recurring revenue a year",
    "balance": "balance at the end",
    "deferred_revenue": "deferred revenue at the end",
}
"""What people call the series, in the order in which sheets tell them."""
QUANTILES: Final[Mapping[str, str]] = {
    "p2.5": "97.5 % chance of more",
    "p10": "low (90 % chance of more)",
    "p25": "75 % chance of more",
    "p50": "middle (as likely more as less)",
    "p75": "25 % chance of more",
    "p90": "high (10 % chance of more)",
    "p97.5": "2.5 % chance of more",
}
ENDS: Final = ("p10", "p50", "p90")
"""Low, middle and high."""


def money(currency: str) -> Kind:
    """Return how amounts in a currency are shown: in full, with its own decimals."""
    return Kind("#,##0" + _decimals(minor_digits(currency)), 16)


def change(currency: str) -> Kind:
    """Return how a change of an amount is shown, with its sign."""
    form = "#,##0" + _decimals(minor_digits(currency))
    return Kind(f"+{form};-{form};{form}", 16)


def in_unit(scale: Scale) -> Kind:
    """Return how an amount is shown in a forecast's unit, to its decimals; its cell has all of it."""
    thousands = {1.0: "", 1e3: ",", 1e6: ",,", 1e9: ",,,", 1e12: ",,,,"}[scale.unit]
    return Kind(f"#,##0{_decimals(max(scale.decimals, 0))}{thousands}", 12)


def columns(kind: Kind, *heads: str) -> list[Column]:
    """Return columns of one kind."""
    return [Column(head, kind) for head in heads]


def span_columns() -> list[Column]:
    """Return the columns of a period: its name, its first and its last day."""
    return [*columns(Kind(width=16), "period"), *columns(DAY, "from", "until")]


def span_cells(period: Mapping[str, Any]) -> list[Value]:
    """Return a period's cells."""
    named = period_name(period.get("name", ""), period["start"], period["end"], period.get("whole", True))
    name = plain(period.get("name", "")) if "FY" in str(period.get("name", "")) else named
    return [name, as_day(period["start"]), as_day(period["end"])]


def statistic_columns(currency: str, keys: Sequence[str] = tuple(QUANTILES)) -> list[Column]:
    """Return the columns of an amount's average, its noise, and where it lies with which chance."""
    heads = ("average", "simulation noise of the average, ±", *(QUANTILES[key] for key in keys))
    return columns(money(currency), *heads)


def statistic_cells(stats: Mapping[str, Any], keys: Sequence[str] = tuple(QUANTILES)) -> list[Value]:
    """Return an amount's cells; where few trials tell no chances, only its average and its middle."""
    told = has_interval(stats)
    ends = [stats[key] if told or key == "p50" else None for key in keys]
    return [stats["mean"], (stats.get("error") or {}).get("mean"), *ends]


def plan_columns(currency: str) -> list[Column]:
    """Return the columns of a plan: its amount, by how much the middle is off, the chance to reach it."""
    return [
        Column("plan", money(currency)),
        Column("middle less plan", change(currency)),
        Column("chance of the plan", CHANCE),
    ]


def plan_cells(plan: Mapping[str, Any] | None) -> list[Value | Cell]:
    """Return a plan's cells, empty where there is none."""
    return [None] * 3 if not plan else [plan["amount"], plan.get("difference"), chance_cell(plan)]


def chance_cell(target: Mapping[str, Any]) -> Cell:
    """Return a chance, as surely as it is known: one that is exact may be 0 or 100 %."""
    return Cell(target["chance"], SHARE if is_certain(target) else CHANCE)


def whose(segment: str) -> str:
    """Name a segment, or the company where all of them are meant."""
    return "the company" if segment == "all" else plain(segment)


def as_day(text: str | None) -> Value:
    """Return a date; a text that is none, or that a spreadsheet has no number for, stays a text."""
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return plain(text)
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return text
    return found if found.year >= 1901 else text


def as_number(text: str | None) -> Value:
    """Return a number of a CSV file, None where there is none."""
    return float(text) if text else None


def _decimals(count: int) -> str:
    return "." + "0" * count if count else ""
