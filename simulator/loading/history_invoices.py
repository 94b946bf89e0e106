"""Read invoices, paid and open, as a company has recorded them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simulator.history import NEVER, PastInvoices
from simulator.loading.history_files import Source
from simulator.loading.history_findings import Findings
from simulator.loading.invoices import DEFAULT_CLASS, is_disputed, tax_in


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice; the same names as in `PastInvoices`."""

    id: str
    deal: str
    customer: str
    customer_class: str
    amount: int
    tax: int
    currency: str
    invoice_day: int
    due_day: int
    paid_day: int
    disputed: int


def read_past_invoices(sources: Sequence[Source], findings: Findings) -> PastInvoices:
    """Return the invoices of files, sorted by id; exports are compared in the order of their days.

    An invoice is as it was first told, paid on the day that any file tells. An open one that stands in no
    later export was paid by then.
    """
    found: dict[str, Invoice] = {}
    seen: dict[str, int] = {}
    exports = [source for source in sources if source.day is not None]
    for source in sources:
        for invoice in _invoices(source, findings):
            first = found.setdefault(invoice.id, invoice)
            if invoice.paid_day != NEVER and first.paid_day == NEVER:
                found[invoice.id] = replace(first, paid_day=invoice.paid_day, disputed=invoice.disputed)
            elif first is not invoice and source.day is None:
                findings.count("H029", f"{source.name}: invoice {invoice.id}")
            if source.day is not None:
                seen[invoice.id] = source.day
    days = sorted({source.day for source in exports if source.day is not None})
    for identity, day in seen.items():
        later = next((d for d in days if d > day), None)
        if later is not None and found[identity].paid_day == NEVER:
            findings.count("H053", f"invoice {identity}")
            found[identity] = replace(found[identity], paid_day=later)
    return _columns(sorted(found.values(), key=lambda invoice: invoice.id))


def _columns(found: Sequence[Invoice]) -> PastInvoices:
    numbers = ("amount", "tax", "invoice_day", "due_day", "paid_day", "disputed")
    texts = ("id", "deal", "customer", "customer_class", "currency")
    columns: dict[str, Any] = {name: tuple(getattr(invoice, name) for invoice in found) for name in texts}
    columns |= {name: np.array([getattr(i, name) for i in found], dtype=np.int64) for name in numbers}
    return PastInvoices(**columns)


def _invoices(source: Source, findings: Findings) -> list[Invoice]:
    """Return the invoices of a file, each once; rows of one id with other amounts are parts of an invoice."""
    found: dict[str, list[Invoice]] = {}
    for row in range(len(source.cells)):
        identity = source.cells.text(row, "id")
        if not identity:
            findings.count("H010", source.place(row))
        elif (invoice := _invoice(source, row, identity, findings)) is not None:
            parts = found.setdefault(identity, [])
            if not parts:
                parts.append(invoice)
            elif all(part.amount != invoice.amount for part in parts):
                findings.count("H069", source.place(row, f"invoice {identity}"))
                parts.append(replace(invoice, id=f"{identity}/{len(parts) + 1}"))
            else:
                findings.count("H029", source.place(row, f"invoice {identity}"))
    return [part for parts in found.values() for part in parts]


def _invoice(source: Source, row: int, identity: str, findings: Findings) -> Invoice | None:
    cells, where = source.cells, source.place(row, f"invoice {identity}")
    money = cells.money(row)
    written, due, paid = (cells.day(row, name) for name in ("invoice_date", "due_date", "paid_date"))
    if written is None or due is None:
        findings.count("H052", where)
        return None
    if money is None or (cells.text(row, "paid_date") and paid is None):
        return None  # told with the cell
    if due < written:
        findings.count("H050", where)
        due = written
    if paid is not None and paid < written:
        findings.count("H051", where)
        paid = written
    return Invoice(
        identity,
        cells.text(row, "deal"),
        cells.text(row, "customer") or f"invoice {identity}",
        cells.text(row, "class") or DEFAULT_CLASS,
        money[0],
        tax_in(cells, row, *money),
        money[1],
        written.toordinal(),
        due.toordinal(),
        NEVER if paid is None else paid.toordinal(),
        int(is_disputed(cells, row)) if cells.has("disputed") else -1,
    )
