"""Let tables meet whose ids of deals have two lengths: Salesforce writes 15 characters here, 18 there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from simulator.loading.tables import Table

SHORT: Final = 15
LONG: Final = 18
"""Three more characters say again which of the others are capitals."""


def ids_in(table: Table, at: int | None) -> set[str]:
    """Return the texts of a column of ids."""
    return set() if at is None else {row[at].strip() for row in table.rows}


def with_known_ids(table: Table, at: int | None, known: Iterable[str]) -> Table:
    """Return a table in which an id has the length that it has among those that are known.

    Args:
        table: of deals, or of what belongs to them.
        at: index of its column of ids of deals, None without one.
        known: ids, as another table has them.
    """
    if at is None:
        return table
    known = set(known)
    by_start = {text[:SHORT]: text for text in known if len(text) in (SHORT, LONG) and text.isalnum()}
    meant = {
        text: by_start[text[:SHORT]]
        for text in ids_in(table, at) - known
        if text[:SHORT] in by_start and len(text) + len(by_start[text[:SHORT]]) == SHORT + LONG
    }
    if not meant:
        return table
    rows = ((*row[:at], meant.get(row[at].strip(), row[at]), *row[at + 1 :]) for row in table.rows)
    return replace(table, rows=tuple(rows))
