"""Know DATEV's list of open items of customers, by items: debits are invoices, credits settle them."""

from __future__ import annotations

from typing import Final

from simulator.loading.presets.preset import Preset, Titles, titles
from simulator.loading.presets.sheet import Sheet, is_negative
from simulator.loading.tables import Table

_NUMBER: Final = titles("Rechnungsnummer | Rechnungs-Nr. | Rechnungsnr.")
_DUE: Final = titles("Fälligkeit | Fälligkeitsdatum | Fällig am")
_DEBIT: Final = titles("Sollbetrag | Betrag Soll | Soll")
_CREDIT: Final = titles("Habenbetrag | Betrag Haben | Haben")
_PAID_DATE: Final = (
    "open items tell no payments in full, so nothing is learned of how late customers pay: export all items "
    "(Postenumfang: alle Posten, ungerafft), paid ones too"
)


def _prepare(table: Table, columns: Titles) -> Table:
    sheet = Sheet(table, columns, {"credit": _CREDIT, "number": titles("Konto")})
    for row, heading in sheet.documents(
        lambda row: bool(sheet.text(row, "id") and sheet.text(row, "number"))
    ):
        debit, credit = sheet.text(row, "amount"), sheet.text(row, "credit")
        if not any(digit in debit for digit in "123456789") and credit:
            sheet.write(row, "kind", "payment")
            sheet.write(row, "amount", credit.lstrip("-") if is_negative(credit) else f"-{credit}")
            sheet.write(row, "paid_date", sheet.text(row, "invoice_date"))
        if heading and not sheet.has("customer"):
            sheet.write(row, "customer", heading)
    return sheet.done()


DATEV: Final = (
    Preset(
        name="datev",
        title="DATEV",
        report="the list of open items of customers (OPOS), by items",
        kind="invoices",
        marks=(
            titles("Konto"),
            _NUMBER,
            titles("Fälligkeit | Fälligkeitsdatum | Fällig am"),
            _DEBIT,
            _CREDIT,
        ),
        columns={
            "id": _NUMBER,
            "customer": titles("Kontobezeichnung | Beschriftung | Kontobeschriftung | Name | Konto"),
            "amount": _DEBIT,
            "invoice_date": titles("Datum | Rechnungsdatum | Belegdatum"),
            "due_date": _DUE,
            "currency": titles("Währung | WKZ"),
        },
        prepare=_prepare,
        unlocks={"paid_date": _PAID_DATE},
    ),
)
