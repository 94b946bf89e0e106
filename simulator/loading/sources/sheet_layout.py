"""Find the table that lies on a sheet: titles above it, heads of several rows, columns and their kinds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from typing import Final

from simulator.errors import InputError, Problem
from simulator.loading.sources.book import Book
from simulator.loading.sources.sheets import Cell, Kind, Sheet, Span, letters
from simulator.loading.tables import SORTED, Table, names_twice, not_read
from simulator.money import MARKS, AmountError, parse_amount
from simulator.records import dataclass

_LOOKED_AT: Final = 50
"""Rows among which the header is sought."""
_WIDE: Final = 0.8
"""So much of the widest row a header fills."""
_HALF: Final = 0.5
_FEW: Final = 1_000_000
_SPARSEST: Final = 50
"""Of more cells than a few, one in so many is filled in anything that is a table."""
_DEEPEST: Final = 3
"""Rows that a header has at most."""
_OPEN_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?:[ T].*)?", re.DOTALL)
"""A day that can be read in two orders, or is of a place where the spreadsheet was not."""
_CURRENCY = re.compile(r"curr|währ|waehr|devise|moneda|valut|валют|\biso\b", re.IGNORECASE)

_ALIKE: Final = frozenset[Kind](("number", "day"))

Row = Mapping[int, Cell]


@dataclass(frozen=True)
class Header:
    """The header of a table.

    Attributes:
        top: its first row, from 0.
        bottom: its last row.
        titles: by column.
        above: rows with something in them that stand above it.
    """

    top: int
    bottom: int
    titles: Mapping[int, str]
    above: int


def find_header(sheet: Sheet) -> Header | None:
    """Return the header of a sheet's table, None where it holds none.

    It is the first row of texts that is about as wide as any; merged cells count for all that they cover.
    """
    rows = list(sheet.rows)[:_LOOKED_AT]
    spans = _spans_by_row(sheet)
    filled = {at: _filled(sheet.rows[at], spans.get(at, ())) for at in rows}
    widest = max((len(row) for row in filled.values()), default=0)
    if widest < 2:
        return None
    fitting = [at for at in rows if _is_header(filled[at], widest)]
    top = fitting[0] if fitting else next(at for at in rows if len(filled[at]) >= 2)
    bottom = _bottom(sheet, top, spans)
    parts = [_filled(sheet.rows.get(at, {}), spans.get(at, ())) for at in range(top, bottom + 1)]
    titles: dict[int, str] = {}
    for column in sorted({column for row in parts for column in row}):
        words = dict.fromkeys(" ".join(row[column].text.split()) for row in parts if column in row)
        titles[column] = " ".join(words)
    for span in spans.get(top, ()) if bottom == top else ():
        if SORTED.search(titles.get(span.left, "")):
            # A report's group has a second column without a title, in which sums say what they are of.
            for column in range(span.left + 1, span.right + 1):
                titles.pop(column, None)
    return Header(top, bottom, titles, rows.index(top))


def holds_table(sheet: Sheet) -> bool:
    """Tell whether there is a header with rows below it."""
    header = find_header(sheet)
    return header is not None and any(at > header.bottom for at in sheet.rows)


def lay_out(book: Book, title: str, sheet: Sheet) -> Table:
    """Return the table on a sheet; a column that lacks values, or may be read in two ways, has a flaw.

    Raises:
        InputError: there is none, or one of which nobody can tell what its rows and columns are.
    """
    name = book.archive.name
    header = find_header(sheet)
    if header is None:
        raise book.archive.refusal("D061", f"the sheet {title} holds no table")
    body = {at: row for at, row in sheet.rows.items() if at > header.bottom}
    columns = sorted({c for c in header.titles} | {c for row in body.values() for c in row})
    titles = [header.titles.get(column) or f"column {letters(column)}" for column in columns]
    if len(body) * len(columns) > max(_FEW, _SPARSEST * sum(map(len, body.values()))):
        message = f"the sheet {title} has {len(body):,} rows of {len(columns):,} columns, nearly all empty"
        raise book.archive.refusal("D064", message, "leave nothing but the table on it")
    if problems := _unfit_merges(name, sheet, header):
        raise InputError(problems)
    typed: set[int] = set()
    flaws = names_twice(name, titles, header.bottom + 1)
    for at, column in enumerate(columns):
        kinds = {row[column].kind for row in body.values() if column in row}
        if not kinds <= _ALIKE and not kinds <= {"text"}:
            cells = [(n, line, row[column]) for n, (line, row) in enumerate(body.items()) if column in row]
            place = _Place(name, titles[at], letters(column))
            if found := (*_lacking(place, cells), *_mixed(place, cells, kinds)):
                flaws[at] = flaws.get(at, ()) + found
        if kinds & _ALIKE:
            typed.add(at)
    shows_units = not any(_CURRENCY.search(one) for one in titles)
    rows = tuple(
        tuple(_text(row[column], shows_units) if column in row else "" for column in columns)
        for row in body.values()
    )
    told = _told(book, title, sheet, header, body, columns, titles, shows_units)
    told += not_read(titles, flaws)
    lines = tuple(at + 1 for at in body)
    return Table(name, tuple(titles), rows, lines, told, frozenset(typed), flaws=flaws)


@dataclass(frozen=True)
class _Place:
    """Where the cells of a column are."""

    file: str
    title: str
    letters: str

    def problem(self, code: str, message: str, found: list[tuple[int, int, str]], remedy: str) -> Problem:
        """Return one problem for all cells of a kind; it names the first."""
        number, row, value = found[0]
        message = f"cell {self.letters}{row + 1} {message}"
        shown, more = value[:100] or None, len(found) - 1
        return Problem(code, message, self.file, row + 1, number + 1, self.title, None, shown, remedy, more)


def _spans_by_row(sheet: Sheet) -> dict[int, list[Span]]:
    found: dict[int, list[Span]] = {}
    for span in sheet.merged:
        for at in range(span.top, min(span.bottom, span.top + _LOOKED_AT) + 1):
            found.setdefault(at, []).append(span)
    return found


def _filled(row: Row, spans: list[Span] | tuple[()]) -> dict[int, Cell]:
    """Return a row whose merged cells stand in all the columns that they cover."""
    filled = dict(row)
    for span in spans:
        if (cell := row.get(span.left)) is not None:
            filled |= dict.fromkeys(range(span.left, span.right + 1), cell)
    return filled


def _is_header(row: Row, widest: int) -> bool:
    texts = [cell.text for cell in row.values() if cell.kind == "text"]
    return len(row) >= max(2.0, _WIDE * widest) and len(set(texts)) >= 2 and len(texts) >= _HALF * len(row)


def _bottom(sheet: Sheet, top: int, spans: Mapping[int, list[Span]]) -> int:
    """Return the last row of a header: merged cells reach down, or stand over titles of their own."""
    mine = [span for span in spans.get(top, ()) if span.top == top]
    bottom = max([top, *(span.bottom for span in mine)])
    below = sheet.rows.get(top + 1, {})
    if bottom == top and any(span.right > span.left for span in mine):
        over = {c for span in mine if span.right > span.left for c in range(span.left, span.right + 1)}
        if below and all(cell.kind == "text" for cell in below.values()) and over <= set(below):
            return top + 1
    return bottom


def _unfit_merges(name: str, sheet: Sheet, header: Header) -> list[Problem]:
    """Refuse merged cells of which nobody can tell what rows they are meant for."""
    found = [span for span in sheet.merged if span.bottom > max(span.top, header.bottom)]
    deep = header.bottom - header.top >= _DEEPEST
    twice = len(set(header.titles.values())) < len(header.titles)
    problems = []
    if found:
        span = found[0]
        where = f"{letters(span.left)}{span.top + 1}:{letters(span.right)}{span.bottom + 1}"
        message = f"the cells {where} are merged over several rows"
        remedy, more = "split the cells, and fill each row in", len(found) - 1
        problems.append(Problem("D063", message, name, span.top + 1, remedy=remedy, count=more))
    if deep or (twice and any(s.top == header.top and s.right > s.left for s in sheet.merged)):
        message = "the header is merged in a way that does not name each column"
        problems.append(Problem("D063", message, name, header.top + 1, remedy="give each column one title"))
    return problems


def _lacking(place: _Place, cells: list[tuple[int, int, Cell]]) -> list[Problem]:
    """Refuse cells that hold no value."""
    errors = [(number, row, cell.text) for number, row, cell in cells if cell.kind == "error"]
    idle = [(number, row, "") for number, row, cell in cells if cell.kind == "formula"]
    problems = []
    if errors:
        remedy = "mend its formula, or delete the column if nobody needs it"
        problems.append(place.problem("D062", f"holds the error {errors[0][2]}", errors, remedy))
    if idle:
        remedy = "open the workbook in a spreadsheet program and save it: then its formulas have values"
        problems.append(place.problem("D062", "holds a formula that was never calculated", idle, remedy))
    return problems


def _mixed(place: _Place, cells: list[tuple[int, int, Cell]], kinds: Set[Kind]) -> list[Problem]:
    """Refuse texts among numbers or days that the spreadsheet did not take for such.

    It took those that fit its own customs, perhaps with day and month exchanged, or grouped thousands as
    decimals: the texts that are left show that the customs did not fit.
    """
    texts = [(number, row, cell.text.strip()) for number, row, cell in cells if cell.kind == "text"]
    dates = [one for one in texts if _OPEN_DATE.fullmatch(one[2])] if "day" in kinds else []
    if dates:
        remedy = (
            "the spreadsheet took only some for days, perhaps with day and month exchanged: import the file "
            "again with this column as text, or export it with days such as 2026-10-31"
        )
        return [place.problem("D063", "is a text, others of the column are days", dates, remedy)]
    amounts = [one for one in texts if not _reads_one_way(one[2])] if "number" in kinds else []
    if amounts:
        remedy = "make the column numbers (Data, Text to columns), or export it again"
        return [place.problem("D063", "is a text, others of the column are numbers", amounts, remedy)]
    return []


def _reads_one_way(text: str) -> bool:
    """Tell whether a text is no amount, or can only be read with a decimal point."""
    found: list[int | None] = []
    for mark in MARKS:
        try:
            found.append(parse_amount(text, 4, mark, allow_negative=True))
        except AmountError:
            found.append(None)
    return found[1] is None or found[0] == found[1]


def _text(cell: Cell, shows_units: bool) -> str:
    if not (cell.unit and shows_units):
        return cell.text
    return f"{cell.text} {cell.unit}" if cell.unit.isalpha() else f"{cell.unit}{cell.text}"


def _told(
    book: Book,
    title: str,
    sheet: Sheet,
    header: Header,
    body: Mapping[int, Row],
    columns: list[int],
    titles: list[str],
    shows_units: bool,
) -> tuple[str, ...]:
    """Say in words how the table was read, and what is not seen at a glance."""
    told = ["Excel workbook", f"sheet {title}" + (" (hidden)" if title in book.hidden else "")]
    if header.above:
        told.append(f"{_counted(header.above, 'row')} above the header")
    if header.bottom > header.top:
        told.append(f"a header of {header.bottom - header.top + 1} rows")
    if hidden := len(sheet.hidden_rows & body.keys()):
        told.append(f"{_counted(hidden, 'hidden row')} read too")
    if away := [name for c, name in zip(columns, titles, strict=True) if c in sheet.hidden_columns]:
        told.append(f"hidden columns read too: {', '.join(away)}")
    cells = [cell for row in body.values() for cell in row.values()]
    if units := sorted({cell.unit for cell in cells if cell.unit}):
        told.append(f"{', '.join(units)} by the format of cells" + ("" if shows_units else ", not used"))
    if rounded := sum(cell.rounded for cell in cells):
        told.append(f"{_counted(rounded, 'number')} read to the decimals that are shown")
    if sheet.formulas:
        told.append(f"{_counted(sheet.formulas, 'formula')} by value")
    return (*told, "days count from 1904") if book.since_1904 else tuple(told)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
