"""Read a sheet of an Excel workbook, each cell as text with what it was."""

from __future__ import annotations

import re
from dataclasses import field
from typing import Final, Literal, NamedTuple

from simulator.loading.sources.archive import Archive
from simulator.loading.sources.book import TRUE, Book, unescaped, whole_number
from simulator.loading.sources.markup import Attributes, Enough, read_markup
from simulator.loading.sources.number_formats import NumberFormat, iso_moment, written
from simulator.loading.sources.typed import plain
from simulator.records import dataclass

LAST_COLUMN: Final = 16_384
LAST_ROW: Final = 1_048_576
"""What a sheet itself can hold."""
MOST_TEXT: Final = 1 << 29
"""Characters of all cells: a text that many cells share counts in each of them."""
MOST_MERGED: Final = 100_000
MOST_COVERED: Final = 1_000_000
"""Columns that merged cells cover, all together."""
_LETTERS = re.compile(r"[A-Z]{1,3}")
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_REMEMBERED: Final = 100_000
_LARGEST: Final = 1e300
_DIGITS: Final = "0123456789"

Kind = Literal["text", "number", "day", "error", "formula"]


class Cell(NamedTuple):
    """A cell.

    Attributes:
        text: what it holds.
        kind: what it was; `formula` is one that was never calculated.
        unit: currency that its format shows.
        rounded: whether decimals that are not shown were rounded away.
    """

    text: str
    kind: Kind
    unit: str = ""
    rounded: bool = False


class Span(NamedTuple):
    """Merged cells, from 0 to the last."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass
class Sheet:
    """A sheet; rows and columns count from 0, empty cells are left out.

    Attributes:
        rows: cells by column, by row.
        hidden_rows: those that are not shown.
        hidden_columns: likewise.
        merged: cells that are one.
        formulas: how many values are those of formulas.
    """

    rows: dict[int, dict[int, Cell]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[Span] = field(default_factory=list)
    formulas: int = 0


def read_sheet(book: Book, title: str, most_rows: int = LAST_ROW) -> Sheet:
    """Return a sheet, or its first rows.

    Raises:
        InputError: it is damaged, or larger than a sheet can be.
    """
    return _SheetReader(book, book.sheets[title], most_rows).read()


def letters(column: int) -> str:
    """Return the name of a column: A for 0, AA for 26."""
    name, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        name = chr(65 + letter) + name
    return name


class _SheetReader:
    """Follow the elements of a sheet's part."""

    def __init__(self, book: Book, part: str, most_rows: int) -> None:
        self._book, self._part, self._most_rows = book, part, most_rows
        self._sheet = Sheet()
        self._row: dict[int, Cell] = {}
        self._at = -1
        self._column = -1
        self._columns_until = 0
        self._covered = 0
        self._kind, self._style = "n", 0
        self._value: list[str] = []
        self._has_value = self._has_formula = self._reading = self._spoken = False
        self._known: dict[tuple[str, int, str], Cell] = {}
        self._characters = 0
        self._columns = _Columns(book.archive)

    def read(self) -> Sheet:
        read_markup(
            self._book.archive,
            self._part,
            {
                "row": self._begin_row,
                "c": self._begin_cell,
                "v": self._begin_value,
                "t": self._begin_value,
                "f": self._begin_formula,
                "rPh": self._begin_spoken,
                "mergeCell": self._merge,
                "col": self._begin_columns,
            },
            {"c": self._end_cell, "v": self._end_value, "t": self._end_value, "rPh": self._end_spoken},
            self._said,
        )
        self._sheet.rows = {at: row for at, row in sorted(self._sheet.rows.items()) if row}
        return self._sheet

    def _begin_columns(self, attributes: Attributes) -> None:
        first, last = (whole_number(self._book.archive, attributes.get(key)) for key in ("min", "max"))
        first, last = max(first, self._columns_until + 1), min(last, LAST_COLUMN)
        self._columns_until = max(last, self._columns_until)
        if attributes.get("hidden") in TRUE:
            self._sheet.hidden_columns |= set(range(first - 1, last))

    def _begin_value(self, _: Attributes) -> None:
        self._has_value = True
        self._reading = not self._spoken

    def _end_value(self) -> None:
        self._reading = False

    def _begin_formula(self, _: Attributes) -> None:
        self._has_formula = True

    def _begin_spoken(self, _: Attributes) -> None:
        self._spoken = True

    def _end_spoken(self) -> None:
        self._spoken = False

    def _said(self, text: str) -> None:
        if self._reading:
            self._value.append(text)

    def _begin_row(self, attributes: Attributes) -> None:
        if len(self._sheet.rows) >= self._most_rows and self._row:
            raise Enough
        given = attributes.get("r")
        self._at = self._at + 1 if given is None else whole_number(self._book.archive, given) - 1
        if not 0 <= self._at < LAST_ROW:
            raise self._book.archive.refusal("D064", f"the sheet has more than {LAST_ROW:,} rows")
        self._row = self._sheet.rows.setdefault(self._at, {})
        self._column = -1
        if attributes.get("hidden") in TRUE:
            self._sheet.hidden_rows.add(self._at)

    def _begin_cell(self, attributes: Attributes) -> None:
        place = attributes.get("r")
        self._column = self._column + 1 if place is None else self._columns[place.rstrip(_DIGITS)]
        if self._column >= LAST_COLUMN:
            raise self._book.archive.refusal("D064", f"the sheet has more than {LAST_COLUMN:,} columns")
        self._kind = attributes.get("t", "n")
        style = attributes.get("s")
        self._style = 0 if style is None else whole_number(self._book.archive, style)
        self._value.clear()
        self._has_value = self._has_formula = False

    def _end_cell(self) -> None:
        raw = "".join(self._value)
        if self._has_formula:
            self._sheet.formulas += 1
            idle = self._book.uncalculated and raw in ("", "0")
            if idle or not self._has_value:
                self._row[self._column] = Cell("", "formula")
                return
        key = (self._kind, self._style, raw)
        if (cell := self._known.get(key)) is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            cell = self._known[key] = self._cell(raw)
        self._characters += len(cell.text)
        if self._characters > MOST_TEXT:
            raise self._book.archive.refusal("D064", f"the sheet has more than {MOST_TEXT >> 20} MB of text")
        if cell.text.strip():
            self._row[self._column] = cell

    def _cell(self, raw: str) -> Cell:
        archive = self._book.archive
        match self._kind:
            case "s":
                at = whole_number(archive, raw) if raw else -1
                if not raw:
                    return Cell("", "text")
                if not 0 <= at < len(self._book.texts):
                    raise archive.refusal("D060", f"the workbook is damaged: it has no text number {at}")
                return Cell(self._book.texts[at], "text")
            case "str" | "inlineStr":
                return Cell(unescaped(archive, raw), "text")
            case "e":
                return Cell(raw or "#N/A", "error")
            case "b":
                return Cell(plain(raw.strip() in TRUE), "number")
            case "d":
                return Cell(iso_moment(raw.strip()), "day")
        return self._number_cell(raw)

    def _number_cell(self, raw: str) -> Cell:
        if not raw.strip():
            return Cell("", "number")
        formats, archive = self._book.formats, self._book.archive
        form = formats[self._style] if 0 <= self._style < len(formats) else NumberFormat()
        try:
            number = float(raw)
        except ValueError:
            raise archive.refusal("D060", f"the workbook is damaged: {raw[:20]!r} is no number") from None
        if not abs(number) < _LARGEST or "_" in raw:
            raise archive.refusal("D060", f"the workbook is damaged: {raw[:20]!r} is no number")
        text, rounded = written(number, form, self._book.since_1904)
        return Cell(text, "day" if form.meaning == "day" else "number", form.unit, rounded)

    def _merge(self, attributes: Attributes) -> None:
        first, _, last = attributes.get("ref", "").partition(":")
        (top, left), (bottom, right) = self._place(first), self._place(last or first)
        self._covered += right - left + 1
        if len(self._sheet.merged) >= MOST_MERGED or self._covered > MOST_COVERED:
            raise self._book.archive.refusal("D064", f"the sheet has more than {MOST_MERGED:,} merged cells")
        self._sheet.merged.append(Span(top, left, bottom, right))

    def _place(self, text: str) -> tuple[int, int]:
        match = _REFERENCE.fullmatch(text)
        if match is None:
            raise self._book.archive.refusal("D060", f"the workbook is damaged: {text[:20]!r} is no cell")
        return int(match[2]) - 1, self._columns[match[1]]


class _Columns(dict[str, int]):
    """Columns by their letters, as far as they were asked for."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def __missing__(self, name: str) -> int:
        number = 0
        for letter in name:
            number = number * 26 + ord(letter) - 64
        if not _LETTERS.fullmatch(name):
            raise self._archive.refusal("D060", f"the workbook is damaged: {name[:20]!r} is no column")
        self[name] = number - 1
        return number - 1
