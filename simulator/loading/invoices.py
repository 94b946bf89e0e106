"""Turn rows of an invoice export into receivables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

import numpy as np

from simulator.loading.cells import Cells
from simulator.loading.notes import Notes
from simulator.receivables import UNPAID, Receivables
from simulator.scenario.quality import OPEN, PAID

NEEDED: Final = ("id", "amount", "invoice_date", "due_date")
DEFAULT_CLASS: Final = "default"
_YES: Final = ("yes", "y", "true", "1", "x")
_NO: Final = ("", "no", "n", "false", "0")


def read_invoices(
    cells: Cells, as_of: date, segment_of: Mapping[str, int], notes: Notes
) -> tuple[Receivables, tuple[int, ...]]:
    """Return the invoices written by the as-of day, sorted by id, and the segment of each, −1 if unknown.

    Args:
        cells: the table.
        as_of: day 0.
        segment_of: segment of each deal, by its id.
        notes: takes what is left out.
    """
    found = [invoice for row in cells.rows() if (invoice := _invoice(cells, row, as_of, notes))]
    seen: dict[str, int] = {}
    found = sorted((i for i in found if not cells.is_twice(i[0], i[1], seen)), key=lambda invoice: invoice[1])
    classes = (DEFAULT_CLASS, *sorted({i[4] for i in found} - {DEFAULT_CLASS}))
    currencies = tuple(sorted({i[6] for i in found}))
    receivables = Receivables(
        id=np.array([i[1] for i in found], dtype=str),
        deal=np.array([i[2] for i in found], dtype=str),
        customer=np.array([i[3] for i in found], dtype=str),
        class_index=np.array([classes.index(i[4]) for i in found], dtype=np.int64),
        amount_minor=np.array([i[5] for i in found], dtype=np.int64),
        currency_index=np.array([currencies.index(i[6]) for i in found], dtype=np.int64),
        invoice_day=np.array([i[7] for i in found], dtype=np.int64),
        due_day=np.array([i[8] for i in found], dtype=np.int64),
        paid_day=np.array([i[9] for i in found], dtype=np.int64),
        tax_minor=np.array([i[10] for i in found], dtype=np.int64),
        disputed=np.array([i[11] for i in found], dtype=np.bool_),
        class_names=classes,
        currencies=currencies,
    )
    return receivables, tuple(segment_of.get(i[2], -1) for i in found)


def tax_in(cells: Cells, row: int, gross: int, currency: str) -> int:
    """Return the tax in an invoice's amount, 0 where none is given."""
    text = cells.text(row, "tax")
    tax = cells.minor(row, "tax", currency) if text else 0
    if tax is not None and tax > gross:
        cells.complain("D037", "the tax is more than the amount, which includes it", row, "tax", text)
    return min(tax or 0, gross)


def is_disputed(cells: Cells, row: int) -> bool:
    """Tell whether the customer contests an invoice."""
    text = cells.text(row, "disputed")
    if text.casefold() in _YES:
        return True
    if text.casefold() not in _NO:
        cells.complain("D041", "disputed is neither yes nor no", row, "disputed", text)
    return False


_Invoice = tuple[int, str, str, str, str, int, str, int, int, int, int, bool]


def _invoice(cells: Cells, row: int, as_of: date, notes: Notes) -> _Invoice | None:
    """Return one row as numbers, None where it is left out or wrong."""
    identity, deal = cells.text(row, "id"), cells.text(row, "deal")
    if not identity:
        cells.complain("D008", "the row has no id", row, "id")
        return None
    money = cells.money(row)
    days = []
    for column in ("invoice_date", "due_date"):
        day = cells.day(row, column)
        if day is None and not cells.text(row, column):
            cells.complain("D024", f"the {column.replace('_', ' ')} is missing", row, column)
        days.append(None if day is None else day.toordinal() - as_of.toordinal())
    paid, disputed = cells.day(row, "paid_date"), is_disputed(cells, row)
    written, due = days
    if written is None or due is None or money is None:
        return None
    if due < written:
        cells.complain(
            "D022", "the invoice is due before it is written", row, "due_date", cells.text(row, "due_date")
        )
        return None
    if written > 0:
        notes.count("W006", cells, row, money)
        return None
    if paid is not None and paid > as_of:
        notes.count("W022", cells, row, money)
    elif paid is not None and paid.toordinal() - as_of.toordinal() < written:
        notes.count("W021", cells, row, money)
    cells.fates[row] = OPEN if paid is None or paid > as_of else PAID
    paid_day = UNPAID if paid is None else paid.toordinal() - as_of.toordinal()
    customer = cells.text(row, "customer") or f"invoice {identity}"
    group = cells.text(row, "class") or DEFAULT_CLASS
    tax = tax_in(cells, row, *money)
    return row, identity, deal, customer, group, *money, written, due, paid_day, tax, disputed
