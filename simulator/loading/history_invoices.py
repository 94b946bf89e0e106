"""Read invoices, paid and open, as a company has recorded them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from simulator.history import NEVER, PastInvoices
from simulator.loading.documents import Document, check_signs, kind_of, read_document
from simulator.loading.history_files import Source
from simulator.loading.history_findings import Findings
from simulator.loading.notes import RULES
from simulator.loading.settling import EARLY, EVER, Part, settle
from simulator.records import dataclass


@dataclass(frozen=True)
class _Invoice:
    """An invoice as one file tells of it.

    Attributes:
        parts: what is open of it, and what was paid on each day.
        disputed: 1, 0, or −1 where the file does not say.
        is_timed: whether the file tells days of payment at all.
    """

    parts: tuple[Part, ...]
    disputed: int
    is_timed: bool

    @property
    def still_open(self) -> tuple[int, int]:
        """What is still to be paid, minor units, and in how many parts."""
        amounts = [part.amount for part in self.parts if part.paid is None]
        return sum(amounts), len(amounts)

    def since(self, first: _Invoice, day: int | None) -> _Invoice:
        """Return the invoice as an earlier file told of it, paid as this one tells.

        What is paid on no told day was paid by the day of the file.
        """
        parts = [part if part.is_told or day is None else replace(part, paid=day) for part in self.parts]
        if len(parts) == len(first.parts) == 1:  # the amount may have been mended since
            parts = [replace(first.parts[0], paid=parts[0].paid, is_told=parts[0].is_told)]
        told = first.parts[0].of
        parts = [replace(part, of=told, is_told=part.is_told or day is not None) for part in parts]
        return replace(self, parts=tuple(parts), is_timed=self.is_timed or day is not None)

    def paid_by(self, day: int) -> _Invoice:
        """Return the invoice with all that is open paid on a day."""
        return replace(self, parts=tuple(p if p.paid else replace(p, paid=day) for p in self.parts))


def read_past_invoices(sources: Sequence[Source], findings: Findings) -> PastInvoices:
    """Return the invoices of files, sorted by id; exports are compared in the order of their days.

    An invoice is as it was first told, paid on the day that any file tells. An open one that stands in no
    later export was paid by then.
    """
    found: dict[str, _Invoice] = {}
    seen: dict[str, int] = {}
    for source in sources:
        for identity, invoice in _invoices(source, findings).items():
            first = found.setdefault(identity, invoice)
            if invoice.still_open < first.still_open:
                found[identity] = invoice.since(first, source.day)
            elif first is not invoice and source.day is None:
                findings.count("H029", f"{source.name}: invoice {identity}")
            if source.day is not None:
                seen[identity] = source.day
    days = sorted({source.day for source in sources if source.day is not None})
    for identity, day in seen.items():
        later = next((d for d in days if d > day), None)
        if later is not None and any(part.paid is None for part in found[identity].parts):
            findings.count("H053", f"invoice {identity}")
            found[identity] = found[identity].paid_by(later)
    every = [(part, invoice) for invoice in found.values() for part in invoice.parts]
    return _columns(sorted(every, key=lambda pair: pair[0].id))


def _columns(every: Sequence[tuple[Part, _Invoice]]) -> PastInvoices:
    columns: dict[str, Any] = {
        "id": tuple(part.id for part, _ in every),
        "deal": tuple(part.of.deal for part, _ in every),
        "customer": tuple(part.of.customer for part, _ in every),
        "customer_class": tuple(part.of.group for part, _ in every),
        "currency": tuple(part.of.currency for part, _ in every),
    }
    numbers = {
        "amount": [part.amount for part, _ in every],
        "tax": [part.tax for part, _ in every],
        "invoice_day": [part.of.written for part, _ in every],
        "due_day": [part.of.due for part, _ in every],
        "paid_day": [NEVER if part.paid is None else part.paid for part, _ in every],
        "disputed": [invoice.disputed for _, invoice in every],
        "untimed": [not (invoice.is_timed and part.is_told) for part, invoice in every],
    }
    columns |= {name: np.array(values, dtype=np.int64) for name, values in numbers.items()}
    return PastInvoices(**columns)


def _invoices(source: Source, findings: Findings) -> dict[str, _Invoice]:
    """Return the invoices of a file by id; rows of one id with other amounts are parts of an invoice."""
    cells = source.cells
    documents = [one for row in cells.rows() if (one := _document(source, row, findings)) is not None]
    check_signs(cells, documents)
    amounts: dict[str, set[int]] = {}

    def is_part(first: Document, other: Document) -> bool:
        before = amounts.setdefault(first.id, {first.amount})
        code = "H029" if other.amount in before else "H069"
        findings.count(code, source.place(other.row, f"invoice {other.id}"))
        before.add(other.amount)
        return code == "H069"

    days = [day for one in documents for day in (one.written, one.paid) if day is not None]
    known = source.frame.known
    today = source.day or (known.toordinal() if known else max(days, default=0))
    settled = settle(documents, is_part, today, EVER)
    for row, fate in settled.fates.items():
        if fate in RULES:
            findings.count(fate, source.place(row, cells.text(row, "id")))
    for rule, row, _ in settled.rules:
        code = "H051" if rule == EARLY else rule
        findings.count(code, source.place(row, f"invoice {cells.text(row, 'id')}"))
    paid = [part for part in settled.parts if part.paid is not None]
    is_timed = not paid or any(part.is_told for part in paid)
    result: dict[str, _Invoice] = {}
    for part in settled.parts:
        before = result.get(part.of.id)
        disputed = int(part.of.disputed) if cells.has("disputed") else -1
        parts = (*(before.parts if before else ()), part)
        result[part.of.id] = _Invoice(parts, disputed, is_timed)
    return result


def _document(source: Source, row: int, findings: Findings) -> Document | None:
    """Return one row, None where it is left out; days that cannot be are mended."""
    cells = source.cells
    identity = cells.text(row, "id")
    if not identity and kind_of(cells, row) in ("invoice", "part"):
        findings.count("H010", source.place(row))
        return None
    one = read_document(cells, row)
    if one is None or one.settles:
        return one
    where = source.place(row, f"invoice {identity}")
    if one.written is None or one.due is None:
        findings.count("H052", where)
        return None
    if cells.text(row, "paid_date") and one.paid is None:
        return None  # told with the cell
    if one.due < one.written:
        findings.count("H050", where)
    if one.paid is not None and one.paid < one.written:
        findings.count("H051", where)
    paid = None if one.paid is None else max(one.paid, one.written)
    return replace(one, due=max(one.due, one.written), paid=paid)
