"""Know NetSuite's searches of transactions: main and item lines, credits and payments with their aims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from simulator.loading.presets.preset import Preset, Titles, titles
from simulator.loading.presets.sheet import OTHER, REPEATED, VOID, Sheet
from simulator.loading.tables import Table

_NUMBER: Final = titles("""Document Number | Document Number/ID | Number | Tran ID | Transaction Number
    Belegnummer | Dokumentnummer
    Номер документа""")
_TYPE: Final = titles("""Type | Transaction Type
    Typ | Transaktionstyp
    Тип | Тип транзакции""")
_DATE: Final = titles("""Date | Transaction Date
    Datum | Transaktionsdatum
    Дата""")
_DUE: Final = titles("""Due Date/Receive By | Due Date
    Fälligkeitsdatum | Fällig am
    Срок оплаты | Дата оплаты""")
_STATUS: Final = titles("""Status | Document Status
    Dokumentstatus
    Статус""")
_AMOUNT: Final = titles("""Amount (Transaction Total) | Transaction Total | Amount | Total
    Betrag | Gesamtbetrag
    Сумма""")
_OPEN: Final = titles("""Amount Remaining | Amount Due
    Restbetrag | Verbleibender Betrag
    Оставшаяся сумма""")
_FOREIGN: Final = titles("""Amount (Foreign Currency) | Foreign Amount
    Betrag (Fremdwährung)
    Сумма (иностранная валюта)""")
_FOREIGN_OPEN: Final = titles("""Amount Remaining (Foreign Currency) | Foreign Amount Remaining
    Restbetrag (Fremdwährung)
    Оставшаяся сумма (иностранная валюта)""")
_CURRENCY: Final = titles("""Currency
    Währung
    Валюта""")
_ROLES: Final = {
    "type": _TYPE,
    "status": _STATUS,
    "main": (*titles("Main Line | Hauptzeile | Основная строка"), "*"),
    "item": titles("""Item
        Artikel
        Товар"""),
    "aim": titles("""Applied To Transaction | Applied To | Created From
        Angewendet auf Transaktion
        Применено к транзакции"""),
    "applying": titles("Applying Transaction | Anwendende Transaktion | Применяемая транзакция"),
    "line_tax": titles("""Amount (Tax) | Tax Amount
        Betrag (Steuer)
        Сумма (налог)"""),
}
_KINDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(titles("invoice | rechnung | счет | счёт | счет-фактура | custinvc"), "invoice"),
    **dict.fromkeys(
        titles("credit memo | gutschrift | кредит-нота | кредитовое авизо | custcred"), "credit note"
    ),
    **dict.fromkeys(
        titles("payment | customer payment | zahlung | kundenzahlung | платеж | платёж"), "payment"
    ),
    "custpymt": "payment",
}
_VOID: Final = (
    "void",
    "pending approval",
    "rejected",
    "draft",
    "storniert",
    "genehmigung",
    "entwurf",
    "аннулир",
)
_PAID: Final = ("paid in full", "vollständig bezahlt", "оплачено полностью", "полностью оплачен")
_UNAPPLIED: Final = ("open", "offen", "открыт")
_YES: Final = ("*", "yes", "true", "t", "ja", "да", "y")
_COLUMNS: Final = {
    "id": _NUMBER,
    "customer": titles("""Customer | Name | Company Name | Entity
        Kunde
        Клиент | Имя"""),
    "deal": titles("Opportunity | Verkaufschance | Возможность"),
    "invoice_date": _DATE,
    "due_date": _DUE,
    "terms": titles("""Terms
        Zahlungsbedingungen
        Условия"""),
    "paid_date": titles("""Date Closed | Closed Date
        Abschlussdatum
        Дата закрытия"""),
}
_PAID_DATE: Final = (
    "the search tells no day of payment, so nothing is learned of how late customers pay: add the column "
    "Date Closed to its results, and search paid invoices too"
)


def _prepare(table: Table, columns: Titles) -> Table:
    sheet = Sheet(table, columns, _ROLES)
    rows = [
        row for row, _ in sheet.documents(lambda row: bool(sheet.text(row, "id") or sheet.text(row, "type")))
    ]
    mains: dict[tuple[str, str], int] = {}
    for row in rows:
        if _is_main(sheet, row):
            mains.setdefault(_key(sheet, row), row)
    lined = any(sheet.has(role) for role in ("main", "item", "applying"))
    for row in rows:
        kind = _KINDS.get(sheet.text(row, "type").casefold())
        status = sheet.text(row, "status").rsplit(":", 1)[-1].strip().casefold()
        if any(word in status for word in _VOID):
            sheet.put_aside(row, VOID)
        elif kind is None:
            sheet.put_aside(row, OTHER)
        elif lined and _repeats(sheet, row, mains.get(_key(sheet, row), row)):
            sheet.put_aside(row, REPEATED)
        elif kind != "invoice":
            sheet.write(row, "kind", kind)
            sheet.write(row, "id", sheet.text(row, "aim").rsplit("#", 1)[-1].strip())
            if not sheet.text(row, "open_amount") and not _is_unapplied(sheet, row, kind, status):
                sheet.write(row, "open_amount", "0")
        else:
            if lined and not _is_main(sheet, row):
                _write_line(sheet, row)
            if not sheet.has("open_amount") and status in _PAID:
                sheet.write(row, "open_amount", "0")
    return sheet.done()


def _is_unapplied(sheet: Sheet, row: int, kind: str, status: str) -> bool:
    """Tell whether a credit memo of which no amount remaining is told has been applied to nothing."""
    is_open = kind == "credit note" and status.startswith(_UNAPPLIED)
    return is_open and not sheet.text(row, "aim") and not sheet.has("open_amount")


def _key(sheet: Sheet, row: int) -> tuple[str, str]:
    return sheet.text(row, "type"), sheet.text(row, "id")


def _repeats(sheet: Sheet, row: int, main: int) -> bool:
    """Tell whether a row is an item of a main line, or the main line again: once for each of its payments."""
    return row != main and (
        not _is_main(sheet, row) or sheet.text(row, "amount") == sheet.text(main, "amount")
    )


def _is_main(sheet: Sheet, row: int) -> bool:
    """Tell whether a row is a whole transaction, and not one of its items."""
    if sheet.has("main"):
        return sheet.text(row, "main").casefold() in _YES
    return not sheet.text(row, "item")


def _write_line(sheet: Sheet, row: int) -> None:
    """Make an item line of an invoice without a main line a part; where its tax is told, it is without."""
    sheet.write(row, "kind", "part")
    if tax := sheet.text(row, "line_tax"):
        sheet.write(row, "net", sheet.text(row, "amount"))
        sheet.write(row, "tax", tax)
        sheet.write(row, "amount", "")


_OF_NETSUITE: Final = (
    *(*_OPEN, *_DUE[:1], *_COLUMNS["paid_date"], *_ROLES["main"][:-1], *_ROLES["aim"]),
    *titles("Internal ID | Interne ID | Внутренний идентификатор | Paid Amount | Amount Paid"),
)
"""Of which a search of NetSuite's shows at least one."""
_TELLS_PAID: Final = (*_STATUS, *_OPEN, *_FOREIGN_OPEN, *_COLUMNS["paid_date"])
"""Of which one tells what is paid."""
NETSUITE: Final = (
    Preset(
        name="netsuite",
        title="NetSuite",
        report="a search of transactions with Type, Document Number, Date, Status, Amount, Amount Remaining",
        kind="invoices",
        marks=(_NUMBER, _TYPE, _DATE, _TELLS_PAID, _AMOUNT, _OF_NETSUITE),
        columns={**_COLUMNS, "amount": _AMOUNT, "open_amount": _OPEN},
        prepare=_prepare,
        unlocks={"paid_date": _PAID_DATE},
    ),
    Preset(
        name="netsuite",
        title="NetSuite",
        report="a search of transactions in their own currencies",
        kind="invoices",
        marks=(_NUMBER, _TYPE, _DATE, _TELLS_PAID, _FOREIGN, _CURRENCY, _OF_NETSUITE),
        columns={**_COLUMNS, "amount": _FOREIGN, "open_amount": _FOREIGN_OPEN, "currency": _CURRENCY},
        prepare=_prepare,
        unlocks={"paid_date": _PAID_DATE},
        company_amounts=_AMOUNT,
    ),
)
