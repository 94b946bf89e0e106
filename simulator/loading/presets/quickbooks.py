"""Know QuickBooks' reports of invoices: grouped, with totals, payments and credit memos among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from simulator.errors import InputError, Problem
from simulator.loading.presets.preset import Preset, Titles
from simulator.loading.presets.sheet import OTHER, VOID, Sheet
from simulator.loading.tables import Table

_TYPE: Final = ("Transaction Type", "Type")
_NUMBER: Final = ("Num", "No.", "Invoice No.", "Transaction number")
_ROLES: Final = {
    "type": _TYPE,
    "memo": ("Memo/Description", "Memo", "Description"),
    "status": ("Status",),
}
_KINDS: Final[Mapping[str, str]] = {
    "invoice": "invoice",
    "credit memo": "credit note",
    "payment": "payment",
    "unapplied cash payment": "payment",
}
"""What a type of transaction is to us; all others are read nowhere."""
_COLUMNS: Final = {
    "id": _NUMBER,
    "customer": ("Customer", "Customer full name", "Name", "Customer/Project", "Customer:Job"),
    "invoice_date": ("Date", "Transaction Date", "Invoice Date"),
    "due_date": ("Due Date",),
    "terms": ("Terms", "Term"),
    "tax": ("Tax Amount", "Sales Tax", "Tax"),
}
_BY_MONTH: Final = (
    "keep each month's Invoice List in one folder, and fit learns from what was paid between two of them"
)
_PAID_DATE: Final = (
    "QuickBooks' reports of invoices tell no day of payment, so nothing is learned of how late customers "
    f"pay: {_BY_MONTH}"
)


def _prepare(table: Table, columns: Titles) -> Table:
    sheet = Sheet(table, columns, _ROLES)
    for row, heading in sheet.documents(lambda row: bool(sheet.text(row, "type"))):
        kind = _KINDS.get(sheet.text(row, "type").casefold())
        if (
            sheet.text(row, "memo").casefold().startswith("void")
            or "void" in sheet.text(row, "status").casefold()
        ):
            sheet.put_aside(row, VOID)
        elif kind is None:
            sheet.put_aside(row, OTHER)
        elif kind != "invoice":
            sheet.write(row, "kind", kind)
            sheet.write(row, "id", "")  # its own number, which may be that of an invoice: no report names one
        if heading and not sheet.has("customer"):
            sheet.write(row, "customer", heading)
    return sheet.done()


def _refuse(table: Table, columns: Titles) -> Table:
    """Refuse a list of transactions.

    Raises:
        InputError: nobody can tell from it what is paid.
    """
    remedy = "export the Invoice List, or add the columns Due Date and Open Balance to this report"
    message = "the report tells payments, and neither which invoices they are on nor what is still open"
    if "customer" not in columns:  # it stands above: Invoices and Received Payments
        message = "the report tells what customers paid, and neither of which invoices nor when these are due"
        remedy = f"export the Invoice List, with its columns Due Date and Open Balance; {_BY_MONTH}"
    raise InputError(
        [Problem("D083", message, table.name, 1, value=", ".join(table.header)[:100], remedy=remedy)]
    )


QUICKBOOKS: Final = (
    Preset(
        name="quickbooks",
        title="QuickBooks",
        report="Invoice List, Open Invoices or A/R Aging Detail",
        kind="invoices",
        marks=(_TYPE, _NUMBER, ("Date", "Transaction Date"), ("Due Date",), ("Open Balance",)),
        columns={
            **_COLUMNS,
            "amount": ("Amount", "Total Amount", "Open Balance"),
            "open_amount": ("Open Balance",),
        },
        prepare=_prepare,
        unlocks={"paid_date": _PAID_DATE},
    ),
    Preset(
        name="quickbooks",
        title="QuickBooks",
        report="Invoice List in the currencies of the invoices",
        kind="invoices",
        marks=(
            *(_TYPE, _NUMBER, ("Date", "Transaction Date"), ("Due Date",), ("Currency",)),
            *(("Foreign Amount", "Amount (Foreign)"), ("Foreign Open Balance", "Open Balance (Foreign)")),
        ),
        columns={
            **_COLUMNS,
            "amount": ("Foreign Amount", "Amount (Foreign)"),
            "open_amount": ("Foreign Open Balance", "Open Balance (Foreign)"),
            "currency": ("Currency",),
        },
        prepare=_prepare,
        unlocks={"paid_date": _PAID_DATE},
    ),
    Preset(
        name="quickbooks",
        title="QuickBooks",
        report="a report of transactions with the columns Due Date and Open Balance",
        kind="invoices",
        marks=(("Transaction Type",), _NUMBER, ("Date", "Transaction Date"), ("Amount",)),
        columns={**_COLUMNS, "amount": ("Amount",)},
        prepare=_refuse,
    ),
)
