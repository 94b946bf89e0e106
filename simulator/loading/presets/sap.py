"""Know SAP's line items of customers: document types, clearings, signs behind amounts, two currencies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from simulator.loading.presets.preset import Preset, Titles, titles
from simulator.loading.presets.sheet import OTHER, VOID, Sheet, is_negative
from simulator.loading.tables import Table

_NUMBER: Final = titles("""Document Number | Document No. | DocumentNo | Doc. No. | Journal Entry
    Belegnummer | Belegnr | Buchungsbeleg
    Номер документа | № документа""")
_TYPE: Final = titles("""Document Type | Doc. Type | Journal Entry Type | Type | Ty
    Belegart | Art
    Вид документа | Тип документа""")
_WRITTEN: Final = titles("""Document Date | Doc. Date | Journal Entry Date | Posting Date | Pstng Date
    Belegdatum | Buchungsdatum
    Дата документа | Дата проводки""")
_DUE: Final = titles("""Net Due Date | Net due dt | Due Net | Due Date
    Nettofälligkeit | Nettofälligkeitsdatum | Nettofällig
    Срок оплаты нетто | Срок платежа нетто | Дата платежа нетто""")
_CLEARED: Final = titles("""Clearing Date | Clearing | Clrng date
    Ausgleichsdatum | Ausgleich
    Дата выравнивания""")
_CLEARING: Final = titles("""Clearing Document | Clrng doc. | Clearing Doc. | Clearing Journal Entry
    Ausgleichsbeleg | Ausgl.beleg
    Документ выравнивания""")
_AMOUNT: Final = titles("""Amount in Doc. Curr. | Amount in Document Currency | Amount in DC
    Document Currency Value | Amount in foreign cur.
    Amount in Transaction Currency
    Betrag in Belegwährung | Betrag in Belegwähr. | Betrag in BW
    Сумма в валюте документа""")
_CURRENCY: Final = titles("""Document Currency | Doc. Currency | Curr. | Crcy | Currency
    Transaction Currency
    Belegwährung | Währung | Währg
    Валюта документа | Валюта""")
_LOCAL: Final = titles("""Amount in Local Currency | Amount in Local Curr. | Amount in LC | LC Amount
    Amt in loc.cur. | Amount in local cur. | Amount in Company Code Currency
    Betrag in Hauswährung | Betrag in Hauswähr. | Betrag in HW
    Сумма во внутренней валюте | Сумма в ВВ""")
_LOCAL_CURRENCY: Final = titles("""Local Currency | LCurr | LCRcy | Local Curr. | Company Code Currency
    Hauswährung | Hauswähr
    Внутренняя валюта""")
_ROLES: Final = {
    "type": _TYPE,
    "clearing": _CLEARING,
    "posted": titles("""Posting Date | Pstng Date
        Buchungsdatum
        Дата проводки"""),
    "aim": titles("""Invoice Reference | Invoice Ref. | Inv. Ref.
        Rechnungsbezug | Rechnungsbez.
        Ссылка на счет | Ссылка на счет-фактуру"""),
    "side": titles("""Debit/Credit Ind. | Debit/Credit Indicator | Debit/Credit | D/C
        Soll/Haben-Kennz. | Soll/Haben-Kennzeichen | Soll/Haben | S/H | S/H-Kennz. | S/H-Kennzeichen
        Индикатор дебета/кредита | Дебет/кредит"""),
    "special": titles("""Special G/L Ind. | Special G/L Indicator | Sp. G/L Ind. | SG
        Sonderhauptbuch-Kennz. | Sonderhauptbuchkennzeichen | Sonderhauptbuch-Kz
        SHB-Kennz. | Sonderhauptb.Kz
        Признак особой главной книги | Код особой главной книги"""),
    "reversed": titles("""Reversed With | Reversal Document | Reverse Document | Reversing Document
        Stornobeleg | Storno mit | Storniert mit
        Документ сторно | Сторнировано"""),
    "block": titles("""Dunning Block | Dunn. Block | Dunning Block Reason | Dunning blk
        Mahnsperre | Mahnsperrgrund
        Блокирование предупреждения | Блокировка предупреждений"""),
    "dispute": titles("""Dispute Case | Dispute | Case ID | Disputed Item
        Klärungsfall | Klärungsfall-ID
        Спорный случай"""),
    "company": titles("""Company Code | CoCd | CoCode
        Buchungskreis | BuKr
        Балансовая единица"""),
    "year": titles("""Fiscal Year | Year
        Geschäftsjahr
        Финансовый год"""),
}
_KINDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("rv", "dr", "rf"), "invoice"),
    "dg": "credit note",
    **dict.fromkeys(("dz", "zv", "zp"), "payment"),
}
_CREDIT: Final = ("h", "haben", "credit", "c", "кредит", "к")
_COLUMNS: Final = {
    "id": _NUMBER,
    "customer": titles("""Customer Name | Name 1 | Name | Customer | Account
        Name des Debitors | Debitor | Kunde | Konto
        Имя | Имя 1 | Дебитор | Счет"""),
    "deal": titles("""Sales Document | Sales Order
        Verkaufsbeleg | Kundenauftrag
        Торговый документ"""),
    "invoice_date": _WRITTEN,
    "due_date": _DUE,
    "paid_date": _CLEARED,
}
_PAID_DATE: Final = (
    "the line items tell no day of clearing, so nothing is learned of how late customers pay: list all items "
    "of FBL5N, cleared ones too, in a layout with clearing date and clearing document"
)


def _prepare(table: Table, columns: Titles) -> Table:
    sheet = Sheet(table, columns, _ROLES)
    items = sheet.documents(lambda row: bool(sheet.text(row, "id") and sheet.text(row, "type")))
    rows = [row for row, _ in items]
    signed = sheet.has("side") or any(is_negative(sheet.text(row, "amount")) for row in rows)
    kinds = {row: _kind(sheet, row, signed) for row in rows}
    names = _names(sheet, rows)
    cleared: dict[str, set[str]] = defaultdict(set)
    numbers: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if kinds[row] == "invoice":
            numbers[names[row]].append(row)
            cleared[sheet.text(row, "clearing")].add(names[row])
    for row in rows:
        if (kind := kinds[row]) is None:
            sheet.put_aside(row, VOID if sheet.text(row, "reversed") else OTHER)
            continue
        sheet.write(row, "id", names[row] if kind == "invoice" else _aim(sheet, row, cleared, numbers))
        if kind != "invoice":
            sheet.write(row, "kind", kind)
            is_cleared = bool(sheet.text(row, "clearing") or sheet.text(row, "paid_date"))
            if is_cleared:  # with several invoices, or with some that are not listed
                sheet.write(row, "open_amount", "0")
            if sheet.has("paid_date") and (
                is_cleared or kind == "payment"
            ):  # its own day, not its clearing's
                sheet.write(row, "paid_date", sheet.text(row, "posted") or sheet.text(row, "invoice_date"))
        elif len(numbers[names[row]]) > 1:  # instalments, or items, of one document
            sheet.write(row, "kind", "part")
        if sheet.text(row, "block") or sheet.text(row, "dispute"):
            sheet.write(row, "disputed", "yes")
        if sheet.text(row, "side").casefold() in _CREDIT and not is_negative(sheet.text(row, "amount")):
            sheet.write(row, "amount", f"-{sheet.text(row, 'amount')}")
    return sheet.done()


def _kind(sheet: Sheet, row: int, signed: bool) -> str | None:
    """Return what an item is to us; what was reversed, and what is on special accounts, is none.

    An open debit of a payment is what is left of an invoice, or a payment that came back: it is owed.
    """
    if sheet.text(row, "special") or sheet.text(row, "reversed"):
        return None
    kind = _KINDS.get(sheet.text(row, "type").split(" ")[0].casefold())
    amount = sheet.text(row, "amount")
    owed = not is_negative(amount) and sheet.text(row, "side").casefold() not in _CREDIT
    if kind == "invoice":
        return "invoice" if owed else "credit note"
    if kind is not None and owed and signed:
        return None if sheet.text(row, "paid_date") else "invoice"
    return kind


def _names(sheet: Sheet, rows: list[int]) -> dict[int, str]:
    """Return the id of each item: its number, with company code and year where several documents have it."""
    whose = {row: (sheet.text(row, "company"), sheet.text(row, "year")) for row in rows}
    owners: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in rows:
        owners[sheet.text(row, "id")].add(whose[row])
    found = {}
    for row in rows:
        number = sheet.text(row, "id")
        more = [part for part in whose[row] if part] if len(owners[number]) > 1 else []
        found[row] = "/".join((number, *more))
    return found


def _aim(sheet: Sheet, row: int, cleared: Mapping[str, set[str]], numbers: Mapping[str, list[int]]) -> str:
    """Return the invoice that an item settles: the one it names, or the only one cleared with it; else ""."""
    if (named := sheet.text(row, "aim")) in numbers:
        return named
    with_it = cleared.get(sheet.text(row, "clearing"), set()) if sheet.text(row, "clearing") else set()
    return next(iter(with_it)) if len(with_it) == 1 else ""


_MARKS: Final = (_NUMBER, _TYPE, (*_DUE, *_CLEARED, *_CLEARING))
SAP: Final = (
    Preset(
        name="sap",
        title="SAP",
        report="customer line items (FBL5N) with the amount in document currency",
        kind="invoices",
        marks=(*_MARKS, _AMOUNT, _CURRENCY),
        columns={**_COLUMNS, "amount": _AMOUNT, "currency": _CURRENCY},
        prepare=_prepare,
        unlocks={"paid_date": _PAID_DATE},
        company_amounts=_LOCAL,
        company_codes=_LOCAL_CURRENCY,
    ),
    Preset(
        name="sap",
        title="SAP",
        report="customer line items (FBL5N) with the amount in local currency",
        kind="invoices",
        marks=(*_MARKS, _LOCAL),
        columns={**_COLUMNS, "amount": _LOCAL, "currency": _LOCAL_CURRENCY},
        prepare=_prepare,
        unlocks={"paid_date": _PAID_DATE},
    ),
)
