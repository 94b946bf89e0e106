"""Say what payment terms hold back, and what deposits would bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from simulator.report.explain_words import deal_name
from simulator.report.layout import NOTHING, WIDTH, table, wrapped
from simulator.words import Scale, cut, day, plain

ROWS = 6
"""Kinds of terms that are shown."""
Change = Mapping[str, Any]


def terms_lines(payload: Mapping[str, Any], scale: Scale) -> list[str]:
    """Return what a person reads of the price of payment terms.

    Args:
        payload: explain.json.
        scale: in which amounts are written.
    """
    found = payload["terms_priced"]
    rows = [row for row in found["terms"] if any(_moves(row[key]) for key in ("held_back", "deposit"))]
    if not rows:
        return []
    until, deposit = f"until {day(found['by'])}", f"{100 * found['deposit']:.0f} %"
    lines = wrapped(
        f"What the terms of today's deals hold back of receipts {until}, against all of it due at signature, "
        f"and what a deposit of {deposit} would bring: on average, and at the low end of receipts",
        then="",
    )
    head = ["held back", "low end", "", "deposit", "low end", ""]
    terms = [[cut(plain(row["terms"]), 44), f"{row['deals']:,}", *_cells(row, scale)] for row in rows[:ROWS]]
    deals = [[deal_name(row, 44), *_cells(row, scale)] for row in found["deals"]]
    lines += ["  " + line for line in table(["terms", "deals", *head], terms, columns=WIDTH - 2)]
    lines += [
        "  " + line
        for line in table(["the deals of which most is held back", *head], deals, columns=WIDTH - 2)
    ]
    note = (
        f"The low end of receipts {until} is {scale.number(found['low'])} (90 % chance of more). "
        f"{NOTHING} no deposit: paid in advance, in instalments, or at signature already."
    )
    return [*lines, *wrapped(note, first="  ", then="  ")]


def _moves(change: Change | None) -> bool:
    return change is not None and bool(change["mean"])


def _cells(row: Mapping[str, Any], scale: Scale) -> list[str]:
    return [cell for key in ("held_back", "deposit") for cell in _cell(row[key], scale)]


def _cell(change: Change | None, scale: Scale) -> tuple[str, str, str]:
    """Write the average, no finer than it is known, the low end as finely as its margin, and that."""
    if change is None:
        return NOTHING, NOTHING, ""
    amount, error, size = float(change["mean"]), change["error"], abs(float(change["mean"]))
    average = scale.fitting({"p50": size, "p90": size, "error": {"mean": error["mean"]}}).said(amount)
    if not error["low"]:
        return average, scale.exact(float(change["low"]), 2), ""
    margin = scale.margin(error["low"])
    fine = replace(scale, decimals=len(margin.partition(".")[2]))
    return average, fine.said(float(change["low"])), margin
