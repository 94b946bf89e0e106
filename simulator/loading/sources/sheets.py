"""Read the sheets of an Excel workbook, each cell as text with what it was."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from simulator.loading.sources.archive import Archive
from simulator.loading.sources.markup import Attributes, Enough, attribute, read_markup
from simulator.loading.sources.number_formats import (
    BUILT_IN,
    NumberFormat,
    iso_moment,
    number_format,
    written,
)

LAST_COLUMN: Final = 16_384
LAST_ROW: Final = 1_048_576
LONGEST_TEXT: Final = 32_767
"""What a spreadsheet itself can hold."""
MOST_TEXT: Final = 1 << 29
"""Characters of all cells: a text that many cells share counts in each of them."""
_ROOT: Final = "_rels/.rels"
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_REMEMBERED: Final = 100_000
_LARGEST: Final = 1e300

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


@dataclass(frozen=True)
class Book:
    """What a workbook says of its sheets.

    Attributes:
        archive: its parts.
        sheets: part of each sheet, by name.
        hidden: names of sheets that are not shown.
        formats: of cells, by number of their style.
        since_1904: whether days count from 1904.
        uncalculated: whether formulas wait to be calculated.
        texts: that cells share.
    """

    archive: Archive
    sheets: dict[str, str]
    hidden: frozenset[str]
    formats: tuple[NumberFormat, ...]
    since_1904: bool
    uncalculated: bool
    texts: tuple[str, ...]

    def sheet(self, name: str, most_rows: int = LAST_ROW) -> Sheet:
        """Return a sheet, or its first rows.

        Raises:
            InputError: it is damaged, or larger than a sheet can be.
        """
        return _SheetReader(self, self.sheets[name], most_rows).read()


def read_book(archive: Archive) -> Book:
    """Return what a workbook says of its sheets.

    Raises:
        InputError: it is no workbook, or damaged.
    """
    root = dict(_relations(archive, "", _ROOT))
    main = next((part for kind, part in root.values() if kind == "officeDocument"), "xl/workbook.xml")
    folder, file = posixpath.split(main)
    relations = dict(_relations(archive, folder, f"{folder}/_rels/{file}.rels"))
    sheets: dict[str, str] = {}
    hidden: set[str] = set()
    flags = {"date1904": False, "fullCalcOnLoad": False}

    def begun(name: str, attributes: Attributes) -> None:
        if name in ("workbookPr", "calcPr"):
            for flag in flags:
                flags[flag] |= attributes.get(flag) in ("1", "true")
        kind, part = (
            relations.get(attribute(attributes, "id") or "", ("", "")) if name == "sheet" else ("", "")
        )
        if kind == "worksheet":
            title = attributes.get("name", "")
            sheets[title] = part
            if attributes.get("state", "visible") != "visible":
                hidden.add(title)

    read_markup(archive, main, begun)
    parts = {kind: part for kind, part in relations.values()}
    return Book(
        archive,
        sheets,
        frozenset(hidden),
        _formats(archive, parts.get("styles")),
        flags["date1904"],
        flags["fullCalcOnLoad"],
        _texts(archive, parts.get("sharedStrings")),
    )


def letters(column: int) -> str:
    """Return the name of a column: A for 0, AA for 26."""
    name, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        name = chr(65 + letter) + name
    return name


def _relations(archive: Archive, folder: str, part: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the parts that one refers to: id, kind and name; what lies outside the file is passed over."""
    found: list[tuple[str, tuple[str, str]]] = []

    def begun(name: str, attributes: Attributes) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            whole = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
            kind = attributes.get("Type", "").rpartition("/")[2]
            found.append((attributes.get("Id", ""), (kind, posixpath.normpath(whole))))

    if part in archive.parts:
        read_markup(archive, part, begun)
    yield from found


def _formats(archive: Archive, part: str | None) -> tuple[NumberFormat, ...]:
    codes: dict[int, str] = dict(BUILT_IN)
    found: list[NumberFormat] = []
    inside = False

    def begun(name: str, attributes: Attributes) -> None:
        nonlocal inside
        if name == "numFmt":
            codes[_number(archive, attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            inside = True
        elif name == "xf" and inside:
            found.append(number_format(codes.get(_number(archive, attributes.get("numFmtId", "0")), "")))

    def ended(name: str) -> None:
        nonlocal inside
        inside = inside and name != "cellXfs"

    if part is not None:
        read_markup(archive, part, begun, ended)
    return tuple(found)


def _texts(archive: Archive, part: str | None) -> tuple[str, ...]:
    """Return the texts that cells share: pieces of rich text joined, how they are spoken left out."""
    found: list[str] = []
    pieces: list[str] = []
    spoken = reading = False

    def begun(name: str, attributes: Attributes) -> None:
        nonlocal spoken, reading
        if name == "si":
            pieces.clear()
        spoken = spoken or name == "rPh"
        reading = name == "t" and not spoken

    def ended(name: str) -> None:
        nonlocal spoken, reading
        reading = False
        if name == "rPh":
            spoken = False
        elif name == "si":
            found.append(_unescaped(archive, "".join(pieces)))

    def said(text: str) -> None:
        if reading:
            pieces.append(text)

    if part is not None:
        read_markup(archive, part, begun, ended, said)
    return tuple(found)


def _unescaped(archive: Archive, text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise archive.refusal("D064", f"a cell has more than {LONGEST_TEXT:,} characters")
    return _ESCAPED.sub(_unescape, text) if "_x" in text else text


def _unescape(match: re.Match[str]) -> str:
    """Return the character that is meant, unless no text may hold it."""
    code = int(match[1], 16)
    return match[0] if code == 0 or 0xD800 <= code < 0xE000 else chr(code)


def _number(archive: Archive, text: str | None) -> int:
    try:
        return int(text or "")
    except ValueError:
        raise archive.refusal(
            "D060", f"the workbook is damaged: {(text or '')[:20]!r} is no number"
        ) from None


class _SheetReader:
    """Follow the elements of a sheet's part."""

    def __init__(self, book: Book, part: str, most_rows: int) -> None:
        self._book, self._part, self._most_rows = book, part, most_rows
        self._sheet = Sheet()
        self._row: dict[int, Cell] = {}
        self._at = -1
        self._column = -1
        self._kind, self._style = "n", 0
        self._value: list[str] = []
        self._has_value = self._has_formula = self._reading = self._spoken = False
        self._known: dict[tuple[str, int, str], Cell] = {}
        self._characters = 0

    def read(self) -> Sheet:
        read_markup(self._book.archive, self._part, self._begun, self._ended, self._said)
        self._sheet.rows = {at: row for at, row in sorted(self._sheet.rows.items()) if row}
        return self._sheet

    def _begun(self, name: str, attributes: Attributes) -> None:
        if name == "c":
            self._begin_cell(attributes)
        elif name == "v" or name == "t":
            self._has_value = True
            self._reading = not self._spoken
        elif name == "f":
            self._has_formula = True
        elif name == "row":
            self._begin_row(attributes)
        elif name == "rPh":
            self._spoken = True
        elif name == "mergeCell":
            self._merge(attributes.get("ref", ""))
        elif name == "col" and attributes.get("hidden") in ("1", "true"):
            first, last = (_number(self._book.archive, attributes.get(key)) for key in ("min", "max"))
            self._sheet.hidden_columns |= set(range(max(first, 1) - 1, min(last, LAST_COLUMN)))

    def _ended(self, name: str) -> None:
        if name == "v" or name == "t":
            self._reading = False
        elif name == "c":
            self._end_cell()
        elif name == "rPh":
            self._spoken = False

    def _said(self, text: str) -> None:
        if self._reading:
            self._value.append(text)

    def _begin_row(self, attributes: Attributes) -> None:
        if len(self._sheet.rows) >= self._most_rows and self._row:
            raise Enough
        given = attributes.get("r")
        self._at = self._at + 1 if given is None else _number(self._book.archive, given) - 1
        if not 0 <= self._at < LAST_ROW:
            raise self._book.archive.refusal("D064", f"the sheet has more than {LAST_ROW:,} rows")
        self._row = self._sheet.rows.setdefault(self._at, {})
        self._column = -1
        if attributes.get("hidden") in ("1", "true"):
            self._sheet.hidden_rows.add(self._at)

    def _begin_cell(self, attributes: Attributes) -> None:
        place = attributes.get("r")
        self._column = self._column + 1 if place is None else self._place(place)[1]
        if self._column >= LAST_COLUMN:
            raise self._book.archive.refusal("D064", f"the sheet has more than {LAST_COLUMN:,} columns")
        self._kind = attributes.get("t", "n")
        style = attributes.get("s")
        self._style = 0 if style is None else _number(self._book.archive, style)
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
                at = _number(archive, raw) if raw else -1
                if not raw:
                    return Cell("", "text")
                if not 0 <= at < len(self._book.texts):
                    raise archive.refusal("D060", f"the workbook is damaged: it has no text number {at}")
                return Cell(self._book.texts[at], "text")
            case "str" | "inlineStr":
                return Cell(_unescaped(archive, raw), "text")
            case "e":
                return Cell(raw or "#N/A", "error")
            case "b":
                return Cell("true" if raw.strip() in ("1", "true") else "false", "number")
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

    def _merge(self, text: str) -> None:
        first, _, last = text.partition(":")
        (top, left), (bottom, right) = self._place(first), self._place(last or first)
        self._sheet.merged.append(Span(top, left, bottom, right))

    def _place(self, text: str) -> tuple[int, int]:
        match = _REFERENCE.fullmatch(text)
        if match is None:
            raise self._book.archive.refusal("D060", f"the workbook is damaged: {text[:20]!r} is no cell")
        return int(match[2]) - 1, _column(match[1])


def _column(name: str) -> int:
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - 64
    return number - 1
