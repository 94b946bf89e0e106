"""Read the table of an Excel workbook."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from simulator.errors import InputError, Problem, did_you_mean
from simulator.loading.sources.archive import Archive, opened
from simulator.loading.sources.book import Book, read_book
from simulator.loading.sources.sheet_layout import holds_table, lay_out
from simulator.loading.sources.sheets import read_sheet
from simulator.loading.tables import Table

SIGNATURE: Final = b"PK\x03\x04"
OLD_SIGNATURE: Final = b"\xd0\xcf\x11\xe0"
"""Of compound files: old workbooks, and new ones with a password."""
IN_A_MAP: Final = 'sheets: {deals: "NAME"} in --map FILE'
IN_THE_SCENARIO: Final = 'data: {sheets: {deals: "NAME"}} in the scenario'
"""The setting that names a sheet called NAME, by where it is said how files are read."""
_LOCKED: Final = "EncryptedPackage".encode("utf-16-le")
_LOOKED_AT: Final = 1 << 22
_FIRST_ROWS: Final = 60
"""Rows of a sheet that show whether it holds a table."""
_SAVE: Final = "save it as XLSX, or as CSV UTF-8"
_STRANGE: Final = {
    "xl/workbook.bin": ("a binary workbook (XLSB)", _SAVE),
    "content.xml": ("a sheet of OpenDocument", _SAVE),
    "word/document.xml": ("a document of Word", "save its table as XLSX, or as CSV UTF-8"),
    "Index/Document.iwa": ("a sheet of Numbers", "export it as Excel, or as CSV"),
}


def read_workbook(path: Path, sheet: str | None = None, setting: str = IN_A_MAP) -> Table:
    """Return the table on a sheet: the one that is named, else the one visible sheet that holds a table.

    Args:
        path: of the workbook.
        sheet: name of a sheet, which may be a hidden one.
        setting: that would name a sheet called NAME, for remedies.

    Raises:
        InputError: it is no workbook, a bomb, or locked; it is not clear which sheet is meant; every cell
            without a value.
        PlaceError: it cannot be read.
    """
    with _opened(path) as book:
        if sheet is not None:
            title = _chosen(book, sheet)
            return lay_out(book, title, read_sheet(book, title))
        holding = _holding(book)
        title = _only(book, holding, setting)
        return _with_hidden(lay_out(book, title, read_sheet(book, title)), book, holding)


def read_all_sheets(path: Path, setting: str = IN_A_MAP) -> tuple[Table, ...]:
    """Return the tables on all visible sheets that hold one, each named after its sheet where there are more.

    Raises:
        InputError: as for `read_workbook`, but that several tables are meant.
        PlaceError: it cannot be read.
    """
    with _opened(path) as book:
        holding = _holding(book)
        titles = [title for title in holding if title not in book.hidden] or [_only(book, holding, setting)]
        tables = [lay_out(book, title, read_sheet(book, title)) for title in titles]
        tables[0] = _with_hidden(tables[0], book, holding)
    if len(tables) == 1:
        return tuple(tables)
    return tuple(replace(t, name=f"{t.name}, sheet {n}") for t, n in zip(tables, titles, strict=True))


def refuse_old(path: Path) -> InputError:
    """Return the error of an old workbook, or of one with a password, which looks like one."""
    with path.open("rb") as file:
        locked = _LOCKED in file.read(_LOOKED_AT)
    message = "the workbook is locked with a password" if locked else "the file is an old Excel workbook"
    remedy = "save it without a password" if locked else _SAVE
    return InputError([Problem("D060", message, path.name, remedy=remedy)])


@contextmanager
def _opened(path: Path) -> Iterator[Book]:
    with opened(path, path.name) as archive:
        _check_kind(archive)
        yield read_book(archive)


def _check_kind(archive: Archive) -> None:
    for part, (what, remedy) in _STRANGE.items():
        if part in archive.parts:
            raise archive.refusal("D060", f"the file is {what}", remedy)
    if "[Content_Types].xml" not in archive.parts:
        raise archive.refusal("D060", "the file is a zip and no workbook", "unpack it, and name a file in it")


def _chosen(book: Book, sheet: str) -> str:
    """Return the name of the sheet that was named, capitals aside."""
    folded = {name.casefold(): name for name in book.sheets}
    if (found := folded.get(sheet.strip().casefold())) is not None:
        return sheet if sheet in book.sheets else found
    remedy = did_you_mean(sheet, list(book.sheets), f"the sheets are {_listed(list(book.sheets))}")
    problem = Problem("D061", "there is no such sheet", book.archive.name, value=sheet, remedy=remedy)
    raise InputError([problem])


def _holding(book: Book) -> list[str]:
    return [name for name in book.sheets if holds_table(read_sheet(book, name, _FIRST_ROWS))]


def _with_hidden(table: Table, book: Book, holding: list[str]) -> Table:
    """Return a table that tells which hidden sheets hold tables too, which nobody reads."""
    if not (hidden := [title for title in holding if title in book.hidden]):
        return table
    one = f"a hidden sheet {hidden[0]} holds a table too, not read"
    told = one if len(hidden) == 1 else f"hidden sheets {_listed(hidden)} hold tables too, not read"
    return replace(table, told=(*table.told, told))


def _only(book: Book, holding: list[str], setting: str) -> str:
    """Return the one visible sheet among those that hold a table."""
    visible = [name for name in holding if name not in book.hidden]
    if len(visible) == 1:
        return visible[0]
    named = visible or holding
    if not named:
        raise book.archive.refusal("D061", "no sheet holds a table", "name the columns in one row above them")
    message = f"{len(visible)} sheets hold a table" if visible else "only hidden sheets hold a table"
    remedy = f"say which: {_listed(named)}, such as {setting.replace('NAME', named[0])}"
    raise book.archive.refusal("D061", f"{message}: {_listed(named)}", remedy)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10:,} more" if len(names) > 10 else "")
