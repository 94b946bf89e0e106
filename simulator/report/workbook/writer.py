"""Write sheets into a file of spreadsheets: only here is known how that is done."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any, Final

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_range
from xlsxwriter.worksheet import Worksheet

from simulator.report.blocks import Numbers, Text
from simulator.report.colours import GREY, HEAD, INK, RULE
from simulator.report.workbook.drawing import SIZE, draw
from simulator.report.workbook.sheet import Block, Cell, Chart, Charts, Column, Kind, Sheet, Table, Value
from simulator.words import plain

ROWS: Final = 10_000
"""Rows of a table that a sheet shows; where there are more, it says where they are."""
LONGEST: Final = 32_767
"""Units of UTF-16 that a cell holds."""
DATA: Final = "Chart data"
"""The sheet on which the cells stand that charts are made of."""
LINE: Final = 15.0
"""Height of a row of one line, in points."""
_PROSE: Final = 130.0
"""Characters in a line of prose, where its sheet is as wide."""
_HEADS: Final = 5
"""Most lines that the heads of a table take."""


class _Exact(float):
    """A number that is written with every digit it has, which a spreadsheet reads as the same number."""

    def __format__(self, form: str) -> str:
        return repr(float(self))


class Writer:
    """A file of spreadsheets on its way."""

    def __init__(self, properties: Mapping[str, Any], footer: str) -> None:
        """Begin a file.

        Args:
            properties: of the document.
            footer: on each printed page, beside the sheet's name and the page's number.
        """
        self._file = BytesIO()
        self._book = Workbook(self._file, {"in_memory": True, "strings_to_urls": False})
        self._book.set_properties(dict(properties))
        self._book.set_size(2200, 1400)
        self._footer = "&L&8" + footer.replace("&", "&&") + "&C&8&A&R&8&P of &N"
        self._formats: dict[Any, Format] = {}
        self._looks: dict[tuple[Kind, bool, bool], Format] = {}
        self._data: list[Table] = []
        self._data_row = 1

    def add(self, name: str, sheet: Sheet) -> None:
        """Write a sheet.

        Args:
            name: of its tab.
            sheet: what stands on it.
        """
        page = _Page(self, self._book.add_worksheet(name), sheet)
        page.write()

    def chart(self, chart: Chart) -> Any:
        """Return a chart, whose data will stand on the sheet of chart data."""
        first = self._data_row + 2
        self._data.append(chart.table)
        self._data_row = first + len(chart.table.rows) + 1
        return draw(self._book, DATA, first, chart)

    def style(self, **more: Any) -> Format:
        """Return a format, made once."""
        key = tuple(sorted(more.items()))
        if key not in self._formats:
            base = {"font_name": "Calibri", "font_size": 10, "font_color": INK, "valign": "top"}
            self._formats[key] = self._book.add_format(base | more)
        return self._formats[key]

    def look(self, kind: Kind, strong: bool, first: bool) -> Format:
        """Return the format of a cell of a table, one that is `strong`, or in the `first` column."""
        key = kind, strong, first
        if key not in self._looks:
            look: dict[str, Any] = {"bottom": 1, "bottom_color": RULE, "bold": strong}
            if kind.form:
                look["num_format"] = kind.form
            else:  # a text stays one, even where somebody edits its cell
                look |= {"quote_prefix": True, **_side(kind, first)}
                look["text_wrap"] = kind.wraps
            self._looks[key] = self.style(**look)
        return self._looks[key]

    def finish(self) -> bytes:
        """Return the file."""
        if self._data:
            title = "What the charts are made of; every number stands on the other sheets, or is a difference"
            self.add(DATA, Sheet(title, [replace(table, filters=False) for table in self._data]))
        self._book.close()
        return self._file.getvalue()

    @property
    def footer(self) -> str:
        """What stands below each printed page."""
        return self._footer


class _Page:
    """A sheet on its way: blocks go below one another."""

    def __init__(self, writer: Writer, sheet: Worksheet, content: Sheet) -> None:
        self.writer, self.sheet, self.content = writer, sheet, content
        self.tables = [block for block in content.blocks if isinstance(block, Table)]
        self.widths = _widths(self.tables)
        self.row = 0
        self.heads = 0

    def write(self) -> None:
        for place, width in enumerate(self.widths):
            self.sheet.set_column(place, place, width)
        self.sheet.hide_gridlines(2)
        self.sheet.write_string(0, 0, fitting(self.content.title), self.writer.style(bold=True, font_size=14))
        self.sheet.set_row(0, 22)
        self.row = 1
        for block in self.content.blocks:
            self.block(block)
        self.freeze()
        self.print()

    def block(self, block: Block) -> None:
        if isinstance(block, Text):
            self.text(block)
        elif isinstance(block, Numbers):
            self.numbers(block)
        elif isinstance(block, Table):
            self.table(block)
        else:
            self.charts(block)

    def text(self, text: Text) -> None:
        """Write a paragraph across the columns, as high as its words need."""
        size = 12 if text.loud else 9 if text.quiet else 10
        style = self.writer.style(
            text_wrap=True, font_size=size, bold=text.loud, font_color=GREY if text.quiet else INK
        )
        last, room = self.span()
        self.sheet.set_row(self.row, LINE * _lines(text.says, room, size / 10) * size / 10)
        self.sheet.merge_range(self.row, 0, self.row, last, "", style)
        self.sheet.write_string(self.row, 0, fitting(text.says), style)
        self.row += 1

    def numbers(self, numbers: Numbers) -> None:
        """Write numbers below one another: what it is, the number, a few words on it."""
        last = max(self.span()[0], 4)
        self.row += 1
        for number in numbers.of:
            rule: dict[str, Any] = {"bottom": 1, "bottom_color": RULE, "valign": "vcenter"}
            cells = (
                (0, 0, number.label, rule),
                (1, 2, number.value, rule | {"bold": True, "font_size": 12, "align": "center"}),
                (3, last, number.note, rule | {"font_color": GREY, "text_wrap": True}),
            )
            for begin, end, says, look in cells:
                style = self.writer.style(**look)
                if end > begin:
                    self.sheet.merge_range(self.row, begin, self.row, end, "", style)
                self.sheet.write_string(self.row, begin, fitting(says), style)
            self.sheet.set_row(self.row, 1.4 * LINE)
            self.row += 1

    def table(self, table: Table) -> None:
        """Write a table below its title: sums of what a filter leaves, heads, rows."""
        if table.title or table is not self.tables[0]:
            self.row += 1
            self.sheet.write_string(
                self.row, 0, fitting(table.title or table.name), self.writer.style(bold=True, font_size=12)
            )
            self.sheet.set_row(self.row, 18)
            self.row += 1
        shown = table.rows[:ROWS]
        if len(shown) < len(table.rows):
            more = f"The first {len(shown):,} of {len(table.rows):,} rows; all are in {table.rest}."
            self.text(Text(more, quiet=True))
        if any(column.sums for column in table.columns):
            self.sums(table, shown)
        self.heads = self.row
        self.head(table)
        for number, row in enumerate(shown):
            self.cells(table, row, number in table.strong)
        if table.filters and shown:
            self.sheet.add_table(
                self.heads, 0, self.row - 1, len(table.columns) - 1,
                {
                    "name": table.name,
                    "style": None,
                    "columns": [
                        {"header": column.head, "header_format": self.head_style(column, not place)}
                        for place, column in enumerate(table.columns)
                    ],
                },
            )  # fmt: skip

    def sums(self, table: Table, rows: Sequence[Sequence[Value | Cell]]) -> None:
        """Write the sum of the rows that a filter leaves above each column that has one."""
        look: dict[str, Any] = {"bold": True, "bottom": 1, "bottom_color": RULE}
        self.sheet.write_string(self.row, 0, "in all, of the rows shown", self.writer.style(**look))
        for place, column in enumerate(table.columns):
            if place and not column.sums:
                self.sheet.write_blank(self.row, place, None, self.writer.style(**look))
            elif column.sums:
                values = (row[place] for row in rows)
                total = math.fsum(value for value in values if isinstance(value, float | int))
                cells = xl_range(self.row + 2, place, self.row + 1 + max(len(rows), 1), place)
                style = self.writer.style(**look, num_format=column.kind.form)
                self.sheet.write_formula(self.row, place, f"=SUBTOTAL(109,{cells})", style, total)
        self.row += 1

    def head(self, table: Table) -> None:
        lines = max(
            _lines(column.head, width, 1.15)
            for column, width in zip(table.columns, self.widths, strict=False)
        )
        self.sheet.set_row(self.row, LINE * min(lines, _HEADS))
        for place, column in enumerate(table.columns):
            self.sheet.write_string(self.row, place, column.head, self.head_style(column, not place))
        self.row += 1

    def head_style(self, column: Column, first: bool) -> Format:
        return self.writer.style(
            bold=True, font_color="#ffffff", bg_color=HEAD, text_wrap=True, valign="vcenter", right=1,
            right_color="#ffffff", **_side(column.kind, first),
        )  # fmt: skip

    def cells(self, table: Table, row: Sequence[Value | Cell], strong: bool) -> None:
        """Write a row, as high as its wrapped texts need."""
        texts = zip(table.columns, row, self.widths, strict=False)
        lines = max(_lines(str(value), width) if column.kind.wraps else 1 for column, value, width in texts)
        if lines > 1:
            self.sheet.set_row(self.row, min(LINE * lines, 400.0))
        for place, (column, found) in enumerate(zip(table.columns, row, strict=True)):
            value, kind = (found.value, found.kind) if isinstance(found, Cell) else (found, column.kind)
            self.cell(place, value, self.writer.look(kind, strong, place == 0))
        self.row += 1

    def cell(self, place: int, value: Value, style: Format) -> None:
        """Write a value: text never as anything but text."""
        if isinstance(value, str) and (text := fitting(value)):
            self.sheet.write_string(self.row, place, text, style)
        elif isinstance(value, date):
            self.sheet.write_datetime(self.row, place, value, style)
        elif value is None or isinstance(value, str) or not math.isfinite(value):
            self.sheet.write_blank(self.row, place, None, style)
        else:
            self.sheet.write_number(self.row, place, _Exact(value), style)

    def charts(self, charts: Charts) -> None:
        width, height = SIZE
        self.row += 1
        for place, chart in enumerate(charts.of):
            where = {"x_offset": 4 + place * (width + 16), "object_position": 2, "description": chart.title}
            self.sheet.insert_chart(self.row, 0, self.writer.chart(chart), where)
        self.row += math.ceil(height / 20) + 1

    def span(self) -> tuple[int, float]:
        """Return the last column of prose, and how many characters a line of it has."""
        room = 0.0
        for place, width in enumerate(self.widths):
            room += width
            if place and room >= _PROSE:
                return place, room
        return max(len(self.widths) - 1, 1), room

    def freeze(self) -> None:
        """Keep in sight the heads of the only table, else the title."""
        alone = len(self.tables) == 1 and isinstance(self.content.blocks[-1], Table)
        self.sheet.freeze_panes(*((self.heads + 1, self.tables[0].keeps) if alone else (1, 0)))
        if alone:
            self.sheet.repeat_rows(self.heads)

    def print(self) -> None:
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        self.sheet.set_footer(self.writer.footer)
        self.sheet.fit_to_pages(1, 1 if self.content.whole else 0)


def fitting(text: str) -> str:
    """Return a text as a cell takes it: one line without control characters, cut where it is too long."""
    found = plain(text)
    units = found.encode("utf-16-le", "replace")
    if len(units) <= 2 * LONGEST:
        return found
    return units[: 2 * (LONGEST - 1)].decode("utf-16-le", "ignore") + "…"


def _widths(tables: Sequence[Table]) -> list[float]:
    """Return the width of each column of a sheet: what the widest of its tables needs."""
    found: list[float] = []
    for table in tables:
        for place, column in enumerate(table.columns):
            values = [row[place] for row in table.rows[:ROWS]]
            longest = max((len(word) for word in column.head.split()), default=0)
            need = max(_width(column.kind, values), longest + 1.5)
            if place == len(found):
                found.append(need)
            found[place] = max(found[place], need)
    return found or [20.0] * 6


def _width(kind: Kind, values: Sequence[Value | Cell]) -> float:
    """Return the width of a column: its own, or what its texts or its amounts in full need."""
    if kind.wraps:
        return kind.width
    if _is_text(kind):
        return min(max(kind.width, *(len(v) + 2.0 for v in values if isinstance(v, str)), 0.0), 44.0)
    if kind.form.startswith(("#", "+#")) and not kind.form.endswith(","):
        size = max((abs(v) for v in values if isinstance(v, float | int)), default=0.0)
        decimals = len(kind.form.partition(";")[0].partition(".")[2])
        return max(len(f"{size:,.{decimals}f}") + 3.0, 9.0)
    return kind.width


def _lines(text: str, width: float, size: float = 1.0) -> int:
    """Return how many lines a text takes in a width, at a size beside that of tables."""
    return max(math.ceil(len(text) * size / (1.1 * width)), 1)


def _side(kind: Kind, first: bool) -> dict[str, Any]:
    """Return on which side of its column something stands; texts keep clear of the numbers before them."""
    if kind.right or not _is_text(kind):
        return {"align": "right"}
    return {"align": "left", "indent": 0 if first else 1}


def _is_text(kind: Kind) -> bool:
    return not kind.form
