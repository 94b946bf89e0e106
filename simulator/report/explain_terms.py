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
    head = ["held back", "low end", "deposit", "low end"]
    fits = [scale.showing(abs(some[0]["held_back"]["mean"]), 2) for some in (rows, found["deals"])]
    terms = [
        [cut(plain(row["terms"]), 60), f"{row['deals']:,}", *_cells(row, fits[0])] for row in rows[:ROWS]
    ]
    deals = [[cut(label(row), 60), *_cells(row, fits[1])] for row in found["deals"]]
    deals = [row for row in deals if set(row[1:]) - {"0", NOTHING}]
    low = scale.number(found["low"])
    note = (
        f"Of receipts: on average, and at their low end (90 % chance of more), which is {low}. Deposit: what "
        f"{deposit} at signature would bring; {NOTHING}: in advance, in instalments, or as much already."
    )
    return [
        f"What the payment terms of today's deals hold back {until}, against all due at signature",
        *("  " + line for line in table(["terms", "deals", *head], terms, columns=WIDTH - 2)),
        *("  " + line for line in table(["of single deals", *head], deals, columns=WIDTH - 2)),
        *wrapped(note, first="  ", then="  "),
    ]


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
