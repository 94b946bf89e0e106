"""Turn rows of an invoice export into receivables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

import numpy as np

from simulator.loading.cells import Cells
from simulator.loading.documents import DEFAULT_CLASS, Document, check_signs, gross, kind_of, read_document
from simulator.loading.notes import RULES, Notes
from simulator.loading.settling import Part, settle
from simulator.receivables import UNPAID, Receivables

NEEDED: Final = ("id", "amount", "invoice_date", "due_date")


def read_invoices(
    cells: Cells, as_of: date, segment_of: Mapping[str, int], notes: Notes
) -> tuple[Receivables, tuple[int, ...]]:
    """Return the invoices written by the as-of day, sorted by id, and the segment of each, −1 if unknown.

    What is open of an invoice, and what was paid of it on each day, are receivables of their own.

    Args:
        cells: the table.
        as_of: day 0.
        segment_of: segment of each deal, by its id.
        notes: takes what is left out.
    """
    today = as_of.toordinal()
    documents = [one for row in cells.rows() if (one := _document(cells, row, today, notes)) is not None]
    check_signs(cells, documents)
    seen: dict[str, int] = {}

    def is_part(first: Document, other: Document) -> bool:
        seen.setdefault(first.id, first.row)
        return not cells.is_twice(other.row, other.id, seen)

    settled = settle(documents, is_part, today, today)
    for row, fate in settled.fates.items():
        if fate in RULES:
            notes.count(fate, cells, row, gross(cells, row))
        else:
            cells.fates[row] = fate
    for rule, row, minor in settled.rules:
        notes.count(rule, cells, row, (minor, _currency(cells, row)))
    for rule, rest in settled.rest.items():
        cells.rest[rule] = {row: minor * _sign(cells, row) for row, minor in rest.items()}
    parts = sorted(settled.parts, key=lambda part: part.id)
    return _receivables(parts, today), tuple(segment_of.get(part.of.deal, -1) for part in parts)


def _document(cells: Cells, row: int, today: int, notes: Notes) -> Document | None:
    """Return one row, None where it is left out or wrong."""
    if not cells.text(row, "id") and kind_of(cells, row) in ("invoice", "part"):
        cells.complain("D008", "the row has no id", row, "id")
        return None
    one = read_document(cells, row)
    if one is None or one.settles:
        return one
    by_terms = bool(cells.text(row, "terms")) and not cells.text(row, "due_date")
    for column, day in (("invoice_date", one.written), ("due_date", one.due)):
        if day is None and not cells.text(row, column) and not (column == "due_date" and by_terms):
            cells.complain("D024", f"the {column.replace('_', ' ')} is missing", row, column)
    if one.written is None or one.due is None:
        return None
    if one.due < one.written:
        cells.complain(
            "D022", "the invoice is due before it is written", row, "due_date", cells.text(row, "due_date")
        )
        return None
    if one.written > today:
        notes.count("W006", cells, row, (one.amount, one.currency))
        return None
    if by_terms:
        notes.count("W078", cells, row, (one.amount, one.currency))
    return one


def _currency(cells: Cells, row: int) -> str:
    money = gross(cells, row)
    return cells.customs.rates.company if money is None else money[1]


def _sign(cells: Cells, row: int) -> int:
    """Return how what settles is written in its row; of an invoice's parts it is what is below zero."""
    money = gross(cells, row)
    return -1 if kind_of(cells, row) == "part" or (money is not None and money[0] < 0) else 1


def _receivables(parts: list[Part], today: int) -> Receivables:
    documents = [part.of for part in parts]
    classes = (DEFAULT_CLASS, *sorted({one.group for one in documents} - {DEFAULT_CLASS}))
    currencies = tuple(sorted({one.currency for one in documents}))
    paid = [UNPAID if part.paid is None else part.paid - today for part in parts]
    return Receivables(
        id=np.array([part.id for part in parts], dtype=str),
        deal=np.array([one.deal for one in documents], dtype=str),
        customer=np.array([one.customer for one in documents], dtype=str),
        class_index=np.array([classes.index(one.group) for one in documents], dtype=np.int64),
        amount_minor=np.array([part.amount for part in parts], dtype=np.int64),
        currency_index=np.array([currencies.index(one.currency) for one in documents], dtype=np.int64),
        invoice_day=np.array([(one.written or today) - today for one in documents], dtype=np.int64),
        due_day=np.array([(one.due or today) - today for one in documents], dtype=np.int64),
        paid_day=np.array(paid, dtype=np.int64),
        tax_minor=np.array([part.tax for part in parts], dtype=np.int64),
        disputed=np.array([one.disputed for one in documents], dtype=np.bool_),
        class_names=classes,
        currencies=currencies,
    )
