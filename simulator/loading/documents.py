"""Read the documents of invoices row by row: invoices and their parts, credit notes, payments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, Literal

import numpy as np

from simulator.loading.cells import Cells
from simulator.records import dataclass
from simulator.terms import TermsError, due_dates, parse_terms

Kind = Literal["invoice", "part", "credit note", "payment"]
KINDS: Final[Mapping[str, Kind]] = {
    **{"": "invoice", "invoice": "invoice", "part": "part"},
    **{"credit note": "credit note", "credit": "credit note", "payment": "payment"},
}
"""What a row may be; each settles, or is part of, the invoice whose id it has."""
INSTEAD: Final[Mapping[str, str]] = {"amount": "net", "due_date": "terms"}
"""Columns that tell as much as one that is needed."""
DEFAULT_CLASS: Final = "default"
_YES: Final = ("yes", "y", "true", "1", "x")
_NO: Final = ("", "no", "n", "false", "0")
_WITH_DISCOUNT = re.compile(r"\s*[\d.]+\s*%\s*\d+,?\s*(net\s+\d+)\s*", re.IGNORECASE)
"""How accounting systems write `2/10 net 30`; the discount moves no due date."""
_EPOCH: Final = 719163
"""Ordinal of 1970-01-01, from which numpy counts."""


@dataclass(frozen=True, slots=True)
class Document:
    """One row of a table of invoices; days are ordinals, money is in minor units.

    Attributes:
        row: of the table.
        id: of the invoice that it is, is part of, or settles; "" for one that settles none.
        kind: what it is.
        amount: with tax; of credit notes and payments what they take off, without sign.
        currency: ISO code.
        tax: in the amount.
        paid_amount: what was paid of it, None where not told.
        open_amount: what is still to be paid, None where not told.
        written: its day, None where not told.
        due: likewise.
        paid: the day of payment, None where not told, or not paid.
        deal: whose it is.
        customer: who pays.
        group: class of the customer.
        disputed: whether the customer contests it.
    """

    row: int
    id: str
    kind: Kind
    amount: int
    currency: str
    tax: int
    paid_amount: int | None
    open_amount: int | None
    written: int | None
    due: int | None
    paid: int | None
    deal: str
    customer: str
    group: str
    disputed: bool

    @property
    def settles(self) -> bool:
        """Whether it takes something off an invoice."""
        return self.kind in ("credit note", "payment")


def kind_of(cells: Cells, row: int) -> Kind:
    """Return what a row is; what is negative and said to be nothing else is a credit note."""
    text = cells.text(row, "kind").casefold()
    if (kind := KINDS.get(text)) is None:
        names = ", ".join(dict.fromkeys(KINDS.values()))
        message = "the kind is none of " + names
        cells.complain("D081", message, row, "kind", text, f"write one of {names}, or leave it empty")
        return "invoice"
    if kind == "invoice":
        money = gross(cells, row, needed=False)
        return "credit note" if money is not None and money[0] < 0 else kind
    return kind


def gross(cells: Cells, row: int, needed: bool = True) -> tuple[int, str] | None:
    """Return the amount with tax as it is written, with its sign, and its currency.

    Where no amount with tax is given, it is the sum of what is given without and of the tax.
    """
    if cells.text(row, "amount") or not cells.text(row, "net"):
        return cells.money(row, needed=needed, signed=True)
    net = cells.money(row, "net", signed=True)
    if net is None or not cells.text(row, "tax"):
        return net
    tax = cells.minor(row, "tax", net[1], signed=True)
    return None if tax is None else (net[0] + tax, net[1])


def read_document(cells: Cells, row: int) -> Document | None:
    """Return a row as a document, None where its money cannot be read."""
    kind, money = kind_of(cells, row), gross(cells, row)
    written, due, paid = (_ordinal(cells, row, name) for name in ("invoice_date", "due_date", "paid_date"))
    disputed = _is_disputed(cells, row)
    if money is None:
        return None
    identity, group, (amount, currency) = cells.text(row, "id"), cells.text(row, "class"), money
    if due is None and written is not None and not cells.text(row, "due_date"):
        due = _due_by_terms(cells, row, written)
    return Document(
        row, identity, kind, amount if kind == "part" else abs(amount), currency,
        _tax_in(cells, row, *money), _of_it(cells, row, "paid_amount", kind, *money),
        _of_it(cells, row, "open_amount", kind, *money), written, due, paid, cells.text(row, "deal"),
        cells.text(row, "customer") or f"invoice {identity}", group or DEFAULT_CLASS, disputed,
    )  # fmt: skip


def check_signs(cells: Cells, documents: Iterable[Document]) -> None:
    """Complain where some credit notes, or payments, are written with a minus, and others are not."""
    first: dict[tuple[str, bool], int] = {}
    for document in documents:
        if document.settles and document.amount:
            money = gross(cells, document.row)
            first.setdefault((document.kind, money is not None and money[0] < 0), document.row)
    for kind in ("credit note", "payment"):
        if (kind, True) in first and (kind, False) in first:
            row, line = first[kind, False], cells.table.lines[first[kind, True]]
            message = f"{kind}s are written with a minus elsewhere (line {line})"
            cells.complain("D082", message, row, "amount", cells.text(row, "amount"))


def _ordinal(cells: Cells, row: int, column: str) -> int | None:
    day = cells.day(row, column)
    return None if day is None else day.toordinal()


def _tax_in(cells: Cells, row: int, amount: int, currency: str) -> int:
    """Return the tax in an amount, 0 where none is given; it has the amount's sign."""
    text = cells.text(row, "tax")
    tax = cells.minor(row, "tax", currency, signed=amount < 0) if text else 0
    if tax is not None and abs(tax) > abs(amount):
        cells.complain("D037", "the tax is more than the amount, which includes it", row, "tax", text)
    return min(abs(tax or 0), abs(amount)) * (1 if amount >= 0 else -1)


def _of_it(cells: Cells, row: int, column: str, kind: Kind, amount: int, currency: str) -> int | None:
    """Return what is paid or open of an amount, None where it is not told; a part tells it of its invoice."""
    if not (text := cells.text(row, column)):
        return None
    value = cells.minor(row, column, currency, signed=True)
    if kind == "invoice" and value is not None and not 0 <= value <= amount:
        message = f"the {column.replace('_', ' ')} is not from 0 to the invoice's amount"
        cells.complain("D084", message, row, column, text)
    return None if value is None else abs(value)


def _is_disputed(cells: Cells, row: int) -> bool:
    text = cells.text(row, "disputed")
    if text.casefold() in _YES:
        return True
    if text.casefold() not in _NO:
        cells.complain("D041", "disputed is neither yes nor no", row, "disputed", text)
    return False


def _due_by_terms(cells: Cells, row: int, written: int) -> int | None:
    if not (text := cells.text(row, "terms")):
        return None
    try:
        due = _due(_WITH_DISCOUNT.sub(r"\1", text), written)
    except TermsError as error:
        message = f"terms cannot be read: {error.reason} (character {error.position + 1})"
        cells.complain("D019", message, row, "terms", text, error.remedy)
        return None
    if due is None:
        remedy = "write one rule such as net 30, or the due date"
        cells.complain("D019", "the terms are those of several invoices", row, "terms", text, remedy)
    return due


@lru_cache(maxsize=4096)
def _due(text: str, written: int) -> int | None:
    """Return the day on which an invoice is due by its terms, None where they are those of several."""
    terms = parse_terms(text)
    if len(terms.clauses) != 1 or terms.recurrence is not None:
        return None
    day = np.datetime64(written - _EPOCH, "D")
    return int(due_dates(terms.clauses[0].due, day).astype(np.int64)) + _EPOCH
