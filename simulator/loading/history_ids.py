"""Let files meet whose ids of deals have two lengths: Salesforce writes 15 characters here, 18 there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from simulator.loading.history_files import Recognised
from simulator.loading.history_frame import Kind

SHORT: Final = 15
LONG: Final = 18
_WHERE: Final[Mapping[Kind, str]] = {"deals": "id", "events": "deal", "invoices": "deal"}


def with_one_form(found: Sequence[Recognised]) -> list[Recognised]:
    """Return tables in which an id is long where another table, or another row, has it so."""
    ids = {text for one in found for text in _ids(one)}
    long = {text[:SHORT]: text for text in ids if len(text) == LONG and text.isalnum()}
    if not any(text in long for text in ids):
        return list(found)
    return [_renamed(one, long) for one in found]


def _ids(one: Recognised) -> Iterable[str]:
    at = one.match.columns.get(_WHERE[one.match.kind])
    return () if at is None else (row[at].strip() for row in one.table.rows)


def _renamed(one: Recognised, long: Mapping[str, str]) -> Recognised:
    at = one.match.columns.get(_WHERE[one.match.kind])
    if at is None:
        return one
    rows = tuple((*row[:at], long.get(row[at].strip(), row[at]), *row[at + 1 :]) for row in one.table.rows)
    return replace(one, table=replace(one.table, rows=rows))
