"""Say what payment terms hold back, and what deposits would bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from simulator.report.explain_concentration import label
from simulator.report.layout import NOTHING, WIDTH, Grid, wrapped
from simulator.words import Scale, cut, day, plain

ROWS: Final = 6
"""Kinds of terms that are shown."""
Change = Mapping[str, Any]


def lines(payload: Mapping[str, Any], scale: Scale) -> list[str]:
    """Return what a person reads of it.

    Args:
        payload: explain.json.
        scale: in which amounts are written.
    """
    shown = grids(payload, scale)
    if not shown:
        return []
    return [
        title(payload),
        *("  " + line for grid in shown for line in grid.lines(WIDTH - 2)),
        *wrapped(note(payload, scale), first="  ", then="  "),
    ]


def title(payload: Mapping[str, Any]) -> str:
    """Say what is asked."""
    until = f"until {day(payload['terms_priced']['by'])}"
    return f"What the payment terms of today's deals hold back {until}, against all due at signature"


def grids(payload: Mapping[str, Any], scale: Scale) -> list[Grid]:
    """Return what terms hold back by kind, and of single deals; nothing where they hold back nothing."""
    found = payload["terms_priced"]
    rows = [row for row in found["terms"] if row["held_back"]["mean"]]
    if not rows:
        return []
    head = ["held back", "low end", "deposit", "low end"]
    fits = [scale.showing(abs(some[0]["held_back"]["mean"]), 2) for some in (rows, found["deals"])]
    terms = [
        [cut(plain(row["terms"]), 60), f"{row['deals']:,}", *_cells(row, fits[0])] for row in rows[:ROWS]
    ]
    deals = [[cut(label(row), 60), *_cells(row, fits[1])] for row in found["deals"]]
    deals = [row for row in deals if set(row[1:]) - {"0", NOTHING}]
    return [Grid(["terms", "deals", *head], terms), Grid(["of single deals", *head], deals)]


def note(payload: Mapping[str, Any], scale: Scale) -> str:
    """Say what the columns are."""
    found = payload["terms_priced"]
    low, deposit = scale.number(found["low"]), f"{100 * found['deposit']:.0f} %"
    return (
        f"Of receipts: on average, and at their low end (90 % chance of more), which is {low}. Deposit: what "
        f"{deposit} at signature would bring; {NOTHING}: in advance, in instalments, or as much already."
    )


def _cells(row: Mapping[str, Any], scale: Scale) -> list[str]:
    return [cell for key in ("held_back", "deposit") for cell in _cell(row[key], scale)]


def _cell(change: Change | None, scale: Scale) -> list[str]:
    """Write the average and the low end as finely as the table, but no finer than they are known."""
    if change is None:
        return [NOTHING, NOTHING]
    found = []
    for end in ("mean", "low"):
        size, error = abs(float(change[end])), change["error"][end]
        known = scale.fitting({"p50": size, "p90": size, "error": {"mean": error}}).decimals
        found.append(replace(scale, decimals=min(known, scale.decimals)).said(change[end]))
    return found
