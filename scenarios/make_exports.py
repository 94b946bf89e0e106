"""Write exports as other programs write them: of the deals and invoices of an invented company.

It sells to small customers as the company of scenarios/history does. Its CRM is HubSpot in English,
Salesforce in German or a spreadsheet in Russian, its books are kept in Xero: each file as its program would
write it. Nobody in it exists.

Run it as `python scenarios/make_exports.py [FOLDER]`.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from company import Company, Kind, Luck, Row, Stage, exported, played, working

SEED = 8
FIRST, OCTOBER, NOVEMBER = date(2025, 1, 1), date(2026, 10, 31), date(2026, 11, 30)
KIND = Kind(
    (
        Stage("Qualified", 0.52, 20),
        Stage("Proposal sent", 0.60, 25),
        Stage("Evaluation", 0.70, 25),
        Stage("Contract sent", 0.85, 12),
    ),
    *(13.0, 0.15, 14_000, 0.6, 100, 0.0),
    (),
    (),
    ("starter",),
    80,
)
COMPANY = Company(
    {"smb": KIND},
    {"smb": ("Bakeries", "Cinemas", "Joiners", "Mills", "Opticians", "Printers")},
    {"smb": ("Jonas Weber", "Lea Blum", "Pia Roth")},
    FIRST,
    NOVEMBER,
)
CHANCES = {"Qualified": 0.2, "Proposal sent": 0.4, "Evaluation": 0.6, "Contract sent": 0.8}
GERMAN = {
    "Qualified": "Qualifiziert", "Proposal sent": "Angebot", "Evaluation": "Prüfung",
    "Contract sent": "Vertrag", "Closed": "Geschlossen und gewonnen", "Lost": "Geschlossen und verloren",
}  # fmt: skip
RUSSIAN = {
    "Qualified": "1. Квалификация", "Proposal sent": "2. Предложение", "Evaluation": "3. Оценка",
    "Contract sent": "4. Договор", "Closed": "Выиграна", "Lost": "Проиграна",
}  # fmt: skip


def main() -> None:
    """Write the exports of two months."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    deals = exported(played(COMPANY, Luck(SEED)), FIRST)
    october = [seen for row in deals if (seen := as_seen(row, OCTOBER)) is not None]
    hubspot(folder / "hubspot.csv", october)
    hubspot(folder / "hubspot-november.csv", deals)
    salesforce(folder / "salesforce.csv", october)
    spreadsheet(folder / "sdelki.csv", october)
    xero(folder / "xero.csv", deals, OCTOBER)
    xero(folder / "xero-november.csv", deals, NOVEMBER)


def as_seen(row: Row, day: date) -> Row | None:
    """Return a deal as its CRM showed it at the end of an earlier day, None where it was not there yet."""
    moves = [move for move in row.moves if move[1] <= day]
    if not moves:
        return None
    if row.closed is None or row.closed <= day:
        return replace(row, moves=moves) if row.closed else still_open(row, moves, row.expected)
    return still_open(row, moves, working(row.closed + timedelta(days=10)))


def still_open(row: Row, moves: list[tuple[str, date]], expected: date | None) -> Row:
    """Return a deal that is open in the last of its stages."""
    stage, entered = moves[-1]
    return replace(
        row, stage=stage, entered=entered, expected=expected, closed=None, outcome="", reason="", moves=moves
    )


def hubspot(path: Path, deals: list[Row]) -> None:
    """Write all deals as HubSpot does in English, with the days on which stages were entered."""
    stages = [*CHANCES, "Closed won", "Closed lost"]
    names = {"Closed": "Closed won", "Lost": "Closed lost"}
    header = [
        *("Record ID", "Deal Name", "Associated Company", "Pipeline", "Deal Stage", "Amount", "Currency"),
        *("Create Date", "Close Date", "Deal owner", "Closed Lost Reason"),
        *(f'Date entered "{stage} (Sales Pipeline)"' for stage in stages),
    ]
    rows = []
    for row in deals:
        entered = {names.get(stage, stage): day for stage, day in row.moves}
        rows.append(
            (
                *(number(row), f"{row.customer}: {row.product}", row.customer, "Sales Pipeline"),
                *(names.get(row.stage, row.stage), row.amount, row.currency, moment(row.created)),
                *(moment(row.closed or row.expected), row.owner, row.reason),
                *(moment(entered.get(stage)) for stage in stages),
            )
        )
    write(path, header, rows, ",", "utf-8")


def salesforce(path: Path, deals: list[Row]) -> None:
    """Write a report of opportunities as Salesforce does in German."""
    header = [
        *("Opportunity-ID", "Opportunity-Name", "Accountname", "Phase", "Wahrscheinlichkeit (%)"),
        *(
            "Betrag (Währung)",
            "Betrag",
            "Erstelldatum",
            "Schlusstermin",
            "Opportunity-Inhaber",
            "Verlustgrund",
        ),
    ]
    chance = {**{stage: round(100 * share) for stage, share in CHANCES.items()}, "Closed": 100, "Lost": 0}
    rows = [
        (
            *(f"006Dn00000{number(row):05d}", f"{row.customer}: {row.product}", row.customer),
            *(GERMAN[row.stage], chance[row.stage], row.currency, german(row.amount), points(row.created)),
            *(points(row.closed or row.expected or OCTOBER), row.owner, row.reason),
        )
        for row in deals
    ]
    write(path, header, rows, ";", "utf-8-sig")


def spreadsheet(path: Path, deals: list[Row]) -> None:
    """Write what somebody keeps by hand in Russian, as Excel saves it there."""
    header = [
        "Номер",
        "Клиент",
        "Этап",
        "Сумма, руб.",
        "Создана",
        "Плановая дата",
        "Закрыта",
        "Ответственный",
    ]
    rows = [
        (
            *(row.id, row.customer, RUSSIAN[row.stage], russian(90 * row.amount), points(row.created)),
            *(points(row.expected), points(row.closed), row.owner),
        )
        for row in deals
    ]
    write(path, header, rows, ";", "cp1251")


def xero(path: Path, deals: list[Row], day: date) -> None:
    """Write the sales invoices as Xero does: a row a line item, each with the total of its invoice."""
    header = [
        *("ContactName", "InvoiceNumber", "Reference", "InvoiceDate", "DueDate", "Total", "TaxTotal"),
        *("InvoiceAmountPaid", "InvoiceAmountDue", "Description", "Quantity", "UnitAmount", "LineAmount"),
        *("AccountCode", "TaxType", "TaxAmount", "Currency", "Type", "Sent", "Status"),
    ]
    luck, rows = Luck(SEED + 1), []
    won = sorted(
        (row for row in deals if row.outcome == "won" and row.closed), key=lambda r: (r.closed, r.id)
    )
    for count, row in enumerate(won, 1):
        written = working((row.closed or day) + timedelta(days=3))
        due, late = written + timedelta(days=30), round(luck.lognormal(7, 0.8))
        if written > day or written < date(2026, 1, 1):
            continue
        paid = due + timedelta(days=late) <= day
        net, tax = row.amount, round(row.amount * 0.2)
        parts = [("Licence", net - net // 4), ("Onboarding", net // 4)]
        for what, amount in parts:
            rows.append(
                (
                    *(
                        row.customer,
                        f"INV-{count:04d}",
                        number(row),
                        slashes(written),
                        slashes(due),
                        f"{net + tax:.2f}",
                    ),
                    *(
                        f"{tax:.2f}",
                        f"{net + tax if paid else 0:.2f}",
                        f"{0 if paid else net + tax:.2f}",
                        what,
                    ),
                    *("1.00", f"{amount:.2f}", f"{amount:.2f}", "200", "20% (VAT on Income)"),
                    *(f"{amount * 0.2:.2f}", row.currency, "Sales invoice", "Sent"),
                    "Paid" if paid else "Awaiting Payment",
                )
            )
    write(path, header, rows, ",", "utf-8")


def number(row: Row) -> int:
    """Return the number of a deal."""
    return 10_000 + int(row.id[1:])


def moment(day: date | None) -> str:
    """Write a day as HubSpot does."""
    return "" if day is None else f"{day.isoformat()} 10:00"


def points(day: date | None) -> str:
    """Write a day as German and Russian programs do."""
    return "" if day is None else f"{day:%d.%m.%Y}"


def slashes(day: date) -> str:
    """Write a day as Xero does in Britain."""
    return f"{day:%d/%m/%Y}"


def german(amount: int) -> str:
    """Write an amount with points between thousands and a decimal comma."""
    return f"{amount:,}".replace(",", ".") + ",00"


def russian(amount: int) -> str:
    """Write an amount with blanks between thousands and a decimal comma."""
    return f"{amount:,}".replace(",", " ") + ",00"


def write(
    path: Path, header: list[str], rows: Iterable[tuple[object, ...]], delimiter: str, encoding: str
) -> None:
    """Write a table as programs on Windows do."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
