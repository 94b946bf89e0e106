"""Workbooks: sheets, layouts, cells that are no values, and files that are meant to do harm."""

import io
import re
import zipfile
from datetime import date

import xlsxwriter
from written import SCENARIO

from corpus.case import Case

HEAD = ("id", "stage", "amount", "expected_close")
DAY = date(2026, 12, 15)
ROWS = (HEAD, ("D1", "Proposal", 1234.5, DAY), ("D2", "Contract", 7, DAY))


def book(*sheets, finish=None, **options):
    """A workbook of sheets: rows of cells each, or a function that writes one."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, **options}) as file:
        days = file.add_format({"num_format": "yyyy-mm-dd"})
        for rows in sheets or [ROWS]:
            sheet = file.add_worksheet()
            if callable(rows):
                rows(file, sheet)
                continue
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(r, c, cell, days)
                    elif cell != "":
                        sheet.write(r, c, cell)
        if finish:
            finish(file)
    return target.getvalue()


def repacked(content, part, change, extra=()):
    """The same with one part changed, and further parts."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if re.fullmatch(part, name) else data)
        for name, data in extra:
            new.writestr(name, data)
    return target.getvalue()


def zipped(**parts):
    """A zip that is no workbook."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return target.getvalue()


def case(odd, rule, content, refused=None, said="", **reads):
    """Deals from a workbook."""
    scenario = SCENARIO.replace("deals.csv}", f"deals.csv{said}}}")
    return Case(odd, rule, {"deals": content, "scenario": scenario}, refused, reads)


def with_formula(value):
    def write(file, sheet):
        for c, title in enumerate(HEAD):
            sheet.write(0, c, title)
        sheet.write_row(1, 0, ("D1", "Proposal"))
        sheet.write_formula(1, 2, "=10*5", None, value)

    return write


def noughts(file, sheet):
    sheet.write_row(0, 0, HEAD[:3])
    sheet.write_row(1, 0, (7, "Proposal", 5))
    sheet.write_number(1, 0, 7, file.add_format({"num_format": "0000"}))


def merged(file, sheet):
    sheet.merge_range(0, 0, 0, 1, "Deal")
    sheet.merge_range(0, 2, 0, 3, "Money")
    for r, row in enumerate((HEAD, ("D1", "Proposal", 5, "2026-12-15")), 1):
        sheet.write_row(r, 0, row)


def hide_first(file):
    file.worksheets()[1].activate()
    file.worksheets()[1].set_first_sheet()
    file.worksheets()[0].hide()


MERGED = (
    ', columns: {deals: {id: "Deal id", stage: "Deal stage", amount: "Money amount", '
    'expected_close: "Money expected_close"}}'
)
OTHER = (HEAD, ("E1", "Proposal", 9, DAY))
BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<worksheet>&b;</worksheet>"""
SHEET = r"xl/worksheets/sheet1\.xml"

WORKBOOKS = [
    # ---- cells
    case(
        "numbers and days as a workbook has them",
        "serials",
        lambda: book(),
        None,
        D1="123450 EUR 2026-12-15",
    ),
    case(
        "the same, though the scenario says comma and day first",
        "types need no customs",
        lambda: book(),
        None,
        ', decimal: ",", date_order: mdy',
        D1="123450 EUR 2026-12-15",
    ),
    case(
        "a number of many decimals",
        "decimals",
        lambda: book((HEAD, ("D1", "Proposal", 1.23456, DAY))),
        "D014:2 has more decimals",
    ),
    case(
        "a sum of floats",
        "digits of a workbook",
        lambda: book((HEAD, ("D1", "Proposal", 0.1 + 0.2, DAY))),
        None,
        D1="30 EUR 2026-12-15",
    ),
    case(
        "an id that is a number shown with noughts",
        "noughts in front",
        lambda: book(noughts),
        None,
        ids="0007",
    ),
    case(
        "days from 1904 on", "both calendars", lambda: book(date_1904=True), None, D1="123450 EUR 2026-12-15"
    ),
    case("a formula by its value", "values of formulas", lambda: book(with_formula(50)), None, D1="5000 EUR"),
    case(
        "a formula that was never calculated",
        "formulas have values",
        lambda: book(with_formula("")),
        "D062:2 holds a formula that was never calculated",
    ),
    case(
        "a cell that holds an error",
        "no errors in cells",
        lambda: book(with_formula("#REF!")),
        "D062:2 holds the error #REF!",
    ),
    case(
        "a word among numbers",
        "a number",
        lambda: book((*ROWS, ("D3", "Proposal", "tbd", DAY))),
        "D014:4 is not a number",
    ),
    case(
        "a text of a number among numbers",
        "one kind a column",
        lambda: book((*ROWS, ("D3", "Proposal", "1.234", DAY))),
        "D063:4 is a text, others of the column are numbers",
    ),
    case(
        "a word among days",
        "no part of a date",
        lambda: book((*ROWS, ("D3", "Proposal", 5, "soon"))),
        "D013:4 is not a date",
    ),
    case(
        "a text of a day among days",
        "one kind a column",
        lambda: book((*ROWS, ("D3", "Proposal", 5, "03/04/2027"))),
        "D063:4 is a text, others of the column are days",
    ),
    case(
        "amounts as texts",
        "mark of a column",
        lambda: book((HEAD, ("D1", "Proposal", "1.234,50", DAY))),
        None,
        D1="123450 EUR 2026-12-15",
    ),
    # ---- layout
    case(
        "lines of title above",
        "the header is found",
        lambda: book((("Pipeline 2026",), ("as of today",), (), *ROWS)),
        None,
        ids="D1 D2",
    ),
    case(
        "a fault below lines of title",
        "rows of a sheet",
        lambda: book((("Pipeline 2026",), (), *ROWS, ("D1", "Proposal", 5, DAY))),
        "D009:6",
    ),
    case("a row of totals", "totals", lambda: book((*ROWS, ("Total", "", 1241.5, ""))), None, ids="D1 D2"),
    case("text below", "text below", lambda: book((*ROWS, (), ("Exported by Ann",))), None, ids="D1 D2"),
    case(
        "the header again",
        "header again",
        lambda: book((*ROWS, HEAD, ("D3", "Proposal", 5, DAY))),
        None,
        ids="D1 D2 D3",
    ),
    case(
        "blank columns before",
        "blank columns",
        lambda: book(tuple(("", "", *row) for row in ROWS)),
        None,
        ids="D1 D2",
    ),
    case(
        "a title over two columns",
        "merged titles",
        lambda: book(merged),
        None,
        MERGED,
        D1="500 EUR 2026-12-15",
    ),
    case(
        "a title twice",
        "titles differ",
        lambda: book((("id", "stage", "amount", "stage"), ("D1", "Proposal", 5, "x"))),
        "D004:1",
    ),
    # ---- sheets
    case("two sheets with tables", "one sheet", lambda: book(ROWS, OTHER), "D061:"),
    case(
        "two sheets, one of them hidden",
        "hidden sheets",
        lambda: book(OTHER, ROWS, finish=hide_first),
        None,
        ids="D1 D2",
    ),
    case(
        "two sheets, one of them named",
        "named sheet",
        lambda: book(ROWS, OTHER),
        None,
        ", sheets: {deals: Sheet2}",
        ids="E1",
    ),
    case(
        "a sheet that is not there",
        "named sheet",
        lambda: book(),
        "D061: there is no such sheet",
        ", sheets: {deals: Sheet9}",
    ),
    case("sheets without any table", "some table", lambda: book(()), "D061: no sheet holds a table"),
    # ---- files
    case(
        "a zip of a table",
        "a workbook's parts",
        lambda: zipped(**{"deals.csv": "id,stage\n"}),
        "D060: a zip and no workbook",
    ),
    case("half a workbook", "whole files", lambda: book()[:3000], "D060: its end is missing"),
    case(
        "a workbook with a damaged sheet",
        "sound parts",
        lambda: repacked(book(), SHEET, lambda data: data[: len(data) // 2]),
        "D060: is damaged",
    ),
    case(
        "a sheet in an encoding that nobody knows",
        "sound parts",
        lambda: repacked(book(), SHEET, lambda data: data.replace(b"UTF-8", b"nobody")),
        "D060: is damaged",
    ),
    case(
        "a sheet with entities",
        "no entities",
        lambda: repacked(book(), SHEET, lambda data: BOMB),
        "D060: defines entities of its own",
    ),
    case(
        "a sheet that unpacks to a thousand times its size",
        "bounds of a zip",
        lambda: repacked(book(), SHEET, lambda data: data + b" " * 9_000_000),
        "D064: times its size",
    ),
    case(
        "a text that no table of texts has",
        "texts of a workbook",
        lambda: repacked(book(), SHEET, lambda data: data.replace(b"<v>0</v>", b"<v>999</v>", 1)),
        "D060: no text number 999",
    ),
    case(
        "a row beyond the last",
        "bounds of a sheet",
        lambda: repacked(book(), SHEET, lambda data: data.replace(b'<row r="3"', b'<row r="2000000"')),
        "D064:",
    ),
    case(
        "a sheet nested too deeply",
        "depth of a part",
        lambda: repacked(
            book(), SHEET, lambda data: data.replace(b"<sheetData>", b"<a>" * 500 + b"<sheetData>")
        ),
        "D064: nested too deeply",
    ),
    case(
        "ten thousand parts",
        "bounds of a zip",
        lambda: repacked(book(), "none", bytes, [(f"xl/media/{n}", b"") for n in range(10_001)]),
        "D064: parts",
    ),
]
