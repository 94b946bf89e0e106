"""Write the workbooks of docs/recipes.md: the deals of scenarios/exports/sdelki.csv as people keep them.

Run it as `python docs/spreadsheets.py` where the repository is; it writes the same bytes each time.
"""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import xlsxwriter

EXPORTS = Path(__file__).resolve().parent.parent / "scenarios" / "exports"
WRITTEN = datetime(2026, 11, 1)
STAGES = {
    "Этап": ("Stage", "Phase"),
    "1. Квалификация": ("1. Qualification", "1. Qualifizierung"),
    "2. Предложение": ("2. Proposal", "2. Angebot"),
    "3. Оценка": ("3. Evaluation", "3. Prüfung"),
    "4. Договор": ("4. Contract", "4. Vertrag"),
    "Выиграна": ("Won", "Gewonnen"),
    "Проиграна": ("Lost", "Verloren"),
}
ENGLISH = ("Deal ID", "Customer", "Stage", "Amount", "Created", "Expected close", "Closed", "Owner")
GERMAN = (
    *("Vorgangsnummer", "Kunde", "Phase", "Betrag", "Angelegt am", "Abschluss geplant", "Abgeschlossen am"),
    "Verantwortlich",
)
RUSSIAN = ("Номер", "Клиент", "Этап", "Сумма", "Создана", "Плановая дата", "Закрыта", "Ответственный")
LOST = STAGES["Проиграна"]


class Ways(NamedTuple):
    """How a country writes its sheets."""

    titles: tuple[str, ...]
    sheet: str
    above: str
    total: str
    day: str
    money: str


WAYS = {
    "pipeline": Ways(ENGLISH, "Deals", "Pipeline, October 31, 2026", "Total", "m/d/yyyy", "[$$-409]#,##0.00"),
    "vertrieb": Ways(GERMAN, "Vorgänge", "Stand 31.10.2026", "Summe", "dd.mm.yyyy", "#,##0.00 [$€-407]"),
    "sdelki": Ways(RUSSIAN, "Сделки", "На 31.10.2026", "Итого", "dd.mm.yyyy", "#,##0.00 [$₽-419]"),
}


def main() -> None:
    """Write them."""
    text = (EXPORTS / "sdelki.csv").read_text("cp1251")
    deals = [list(map(value, row)) for row in list(csv.reader(text.splitlines(), delimiter=";"))[1:]]
    for at, (name, ways) in enumerate(WAYS.items()):
        said = [[*row[:2], (*STAGES[str(row[2])], row[2])[at], *row[3:]] for row in deals]
        write(EXPORTS / f"{name}.xlsx", said, ways)


def value(text: str) -> str | float | date:
    """Return what a cell of the table means."""
    try:
        return datetime.strptime(text, "%d.%m.%Y").date()
    except ValueError:
        amount = text.replace("\xa0", "").replace(" ", "").replace(",", ".")
    try:
        return float(amount)
    except ValueError:
        return text


def write(path: Path, deals: list[list[str | float | date]], ways: Ways) -> None:
    """Write one workbook: a title, the header, the deals, those that were lost hidden, and their sum."""
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": WRITTEN})
        bold, days = book.add_format({"bold": True}), book.add_format({"num_format": ways.day})
        amounts = book.add_format({"num_format": ways.money})
        sheet = book.add_worksheet(ways.sheet)
        sheet.set_column(0, len(ways.titles) - 1, 16)
        sheet.merge_range(0, 0, 0, len(ways.titles) - 1, ways.above, bold)
        sheet.write_row(2, 0, ways.titles, bold)
        for at, deal in enumerate(deals, 3):
            for column, cell in enumerate(deal):
                if isinstance(cell, date):
                    sheet.write_datetime(at, column, datetime(cell.year, cell.month, cell.day), days)
                else:
                    sheet.write(at, column, cell, amounts if isinstance(cell, float) else None)
            if deal[2] in (*LOST, "Проиграна"):
                sheet.set_row(at, None, None, {"hidden": True})
        last = len(deals) + 3
        sheet.write(last, 0, ways.total, bold)
        sums = sum(deal[3] for deal in deals if isinstance(deal[3], float))
        sheet.write_formula(last, 3, f"=SUM(D4:D{last})", amounts, sums)


if __name__ == "__main__":
    main()
