"""Say what payment terms hold back, and what deposits would bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from simulator.report.explain_concentration import label
from simulator.report.layout import NOTHING, WIDTH, table, wrapped
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
    found = payload["terms_priced"]
    rows = [row for row in found["terms"] if row["held_back"]["mean"]]
    if not rows:
        return []
    until, deposit = f"until {day(found['by'])}", f"{100 * found['deposit']:.0f} %"
    head = ["held back", "at the low end", "", "a deposit", "at the low end", ""]
    terms = [[cut(plain(row["terms"]), 36), f"{row['deals']:,}", *_cells(row, scale)] for row in rows[:ROWS]]
    deals = [[cut(label(row), 36), *_cells(row, scale)] for row in found["deals"]]
    note = (
        "On average, and at the low end of receipts (90 % chance of more), which is "
        f"{scale.number(found['low'])}. {NOTHING}: in advance, in instalments, or as much at signature already."
    )
    return [
        f"What today's deals' payment terms hold back of receipts {until}, against all due at signature,",
        f"and what a deposit of {deposit} would bring",
        *("  " + line for line in table(["terms", "deals", *head], terms, columns=WIDTH - 2)),
        *("  " + line for line in table(["of single deals", *head], deals, columns=WIDTH - 2)),
        *wrapped(note, first="  ", then="  "),
    ]


def _cells(row: Mapping[str, Any], scale: Scale) -> list[str]:
    return [cell for key in ("held_back", "deposit") for cell in _cell(row[key], scale)]


def _cell(change: Change | None, scale: Scale) -> tuple[str, str, str]:
    """Write the average, no finer than it is known; the low end as finely as its margin; and that."""
    if change is None:
        return NOTHING, NOTHING, ""
    size, error = abs(float(change["mean"])), change["error"]
    fit = scale.fitting({"p50": size, "p90": size, "error": {"mean": error["mean"]}})
    average, low = fit.said(change["mean"]), float(change["low"])
    if not error["low"]:
        return average, scale.exact(low, 2), ""
    margin = scale.margin(error["low"])
    return average, replace(scale, decimals=len(margin.partition(".")[2])).said(low), margin
