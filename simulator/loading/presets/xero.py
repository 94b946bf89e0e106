"""Know Xero's exports of sales invoices: the list with a row a line item, and the reports of receivables."""

from __future__ import annotations

from typing import Final

from simulator.loading.presets.preset import Preset, Titles
from simulator.loading.presets.sheet import OTHER, REPEATED, VOID, Sheet
from simulator.loading.tables import Table

_ROLES: Final = {
    "type": ("Type", "Source", "Transaction Type"),
    "status": ("Status", "Invoice Status"),
    "reference": ("Reference", "Invoice Reference"),
    "line": ("Unit Price", "Unit Price (ex)", "Unit Price (Source)", "Quantity"),
}
_VOID: Final = ("draft", "awaiting approval", "submitted", "voided", "deleted", "declined")
_KINDS: Final = (
    *(("credit note", "credit note"), ("accreccredit", "credit note")),
    *(("overpayment", ""), ("prepayment", ""), ("quote", ""), ("bill", ""), ("accpay", "")),
)
"""What is found in a type, and what it is to us; "" is read nowhere."""
_REPORT: Final = {
    "id": ("Invoice Number", "Number"),
    "customer": ("Contact", "Contact Name", "To"),
    "deal": ("Reference", "Invoice Reference"),
    "invoice_date": ("Invoice Date", "Date"),
    "due_date": ("Due Date",),
    "paid_date": ("Last Payment Date", "Fully Paid Date", "Paid Date", "Date Paid"),
}
_PAID_DATE: Final = (
    "Xero's invoices tell no day of payment, so nothing is learned of how late customers pay: export the "
    "report Receivable Invoice Summary with its column Last Payment Date, paid invoices too"
)


def _prepare(table: Table, columns: Titles) -> Table:
    sheet = Sheet(table, columns, _ROLES)
    numbers = {sheet.text(row, "id") for row in range(len(table.rows))}
    by_line = sheet.has("line") and columns.get("amount", "").startswith("Gross")
    seen: set[tuple[str, ...]] = set()
    for row, heading in sheet.documents(lambda row: bool(sheet.text(row, "id") or sheet.text(row, "amount"))):
        kind, status = sheet.text(row, "type").casefold(), sheet.text(row, "status").casefold()
        ours = next((ours for theirs, ours in _KINDS if theirs in kind), "invoice")
        head = tuple(sheet.text(row, name) for name in ("id", "type", "customer", "amount", "invoice_date"))
        if status in _VOID:
            sheet.put_aside(row, VOID)
        elif not ours:
            sheet.put_aside(row, OTHER)
        elif by_line and ours == "invoice":
            sheet.write(row, "kind", "part")
        elif head[0] and head in seen and not by_line:
            sheet.put_aside(row, REPEATED)
        elif ours == "credit note":
            sheet.write(row, "kind", ours)
            if (aim := sheet.text(row, "reference")) in numbers and aim != head[0]:
                sheet.write(row, "id", aim)
        if heading and not sheet.has("customer"):
            sheet.write(row, "customer", heading)
        if ours and status == "paid" and not sheet.has("open_amount"):
            sheet.write(row, "open_amount", "0")
        seen.add(head)
    return sheet.done()


XERO: Final = (
    Preset(
        name="xero",
        title="Xero",
        report="Invoices, exported from the list of sales invoices",
        kind="invoices",
        marks=(("ContactName",), ("InvoiceNumber",), ("Total",), ("InvoiceAmountDue",), ("InvoiceDate",)),
        columns={
            "id": ("InvoiceNumber",),
            "customer": ("ContactName",),
            "deal": ("Reference",),
            "amount": ("Total",),
            "tax": ("TaxTotal",),
            "paid_amount": ("InvoiceAmountPaid",),
            "open_amount": ("InvoiceAmountDue",),
            "currency": ("Currency",),
            "invoice_date": ("InvoiceDate",),
            "due_date": ("DueDate",),
        },
        prepare=_prepare,
        unlocks={"paid_date": _PAID_DATE},
    ),
    Preset(
        name="xero",
        title="Xero",
        report="Receivable Invoice Summary or Detail",
        kind="invoices",
        marks=(
            *(("Invoice Number",), ("Contact",), ("Invoice Date",)),
            *(("Gross", "Invoice Total"), ("Balance", "Status")),
        ),
        columns={
            **_REPORT,
            "amount": ("Invoice Total", "Gross"),
            "tax": ("Tax",),
            "open_amount": ("Balance",),
        },
        prepare=_prepare,
        unlocks={"paid_date": _PAID_DATE},
    ),
    Preset(
        name="xero",
        title="Xero",
        report="Receivable Invoice Summary in the currencies of the invoices",
        kind="invoices",
        marks=(
            *(("Invoice Number",), ("Contact",), ("Invoice Date",)),
            *(("Gross (Source)", "Source Gross"), ("Balance (Source)", "Source Balance"), ("Currency",)),
        ),
        columns={
            **_REPORT,
            "amount": ("Gross (Source)", "Source Gross"),
            "tax": ("Tax (Source)", "Source Tax"),
            "open_amount": ("Balance (Source)", "Source Balance"),
            "currency": ("Currency",),
        },
        prepare=_prepare,
        unlocks={"paid_date": _PAID_DATE},
    ),
    Preset(
        name="xero",
        title="Xero",
        report="Aged Receivables Detail",
        kind="invoices",
        marks=(("Invoice Number",), ("Invoice Date",), ("Due Date",), ("Older",), ("Total",), ("Current",)),
        columns={**_REPORT, "amount": ("Total",)},
        prepare=_prepare,
        unlocks={"paid_date": _PAID_DATE},
    ),
)
