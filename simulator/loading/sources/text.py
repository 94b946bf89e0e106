"""Read CSV as it comes from other programs."""

from __future__ import annotations

import csv
import io
from typing import Final

from simulator.errors import InputError, Problem
from simulator.loading.tables import Table

DELIMITERS: Final = (",", ";", "\t")
_SIGNATURES: Final = {
    b"PK\x03\x04": "an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    **dict.fromkeys((b"<!", b"<html", b"<HTML", b"<?xml"), "a web page"),
}
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")


def parse_table(content: bytes, name: str) -> Table:
    """Read the bytes of a CSV file.

    Raises:
        InputError: it is no table; every row that does not fit.
    """
    text = _decoded(content, name)
    if not text.strip():
        raise InputError([Problem("D001", "the file is empty", name)])
    if text[:200].count("\0") > len(text[:200]) // 3:
        raise InputError([Problem("D002", "the file is UTF-16, it seems", name)])
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise InputError([Problem("D003", "the file holds NUL bytes", name, line)])
    found: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    before = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((before + 1, cells))
            before = reader.line_num
    except csv.Error as error:
        raise InputError([Problem("D003", f"not CSV: {error}", name, before + 1)]) from None
    if not found:
        raise InputError([Problem("D001", "the file is empty", name)])
    return _table(name, found)


def _decoded(content: bytes, name: str) -> str:
    for signature, what in _SIGNATURES.items():
        if content.startswith(signature):
            raise InputError([Problem("D003", f"the file is {what}", name, remedy="save it as CSV UTF-8")])
    wide = content.startswith(_WIDE)  # "Unicode text" of a spreadsheet
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        if wide:
            raise InputError([Problem("D002", "the file begins as UTF-16 and is not", name)]) from None
        line = content[: error.start].count(b"\n") + 1
        value = content[max(error.start - 10, 0) : error.start + 10].decode("cp1252", "replace")
        problem = Problem("D002", "the file is not UTF-8", name, line, value=value.splitlines()[-1].strip())
        raise InputError([problem]) from None


def _delimiter(text: str) -> str:
    """Return the delimiter that stands most often in the header, outside quotes."""
    counts = dict.fromkeys(DELIMITERS, 0)
    quoted = False
    for character in text.lstrip("\r\n"):
        if character == '"':
            quoted = not quoted
        elif not quoted and character in "\r\n":
            break
        elif not quoted and character in counts:
            counts[character] += 1
    return max(DELIMITERS, key=lambda d: counts[d])


def _table(name: str, found: list[tuple[int, list[str]]]) -> Table:
    (first, titles), *rest = found
    while (
        len(titles) > 1
        and not titles[-1].strip()
        and all(
            len(cells) < len(titles) or not any(c.strip() for c in cells[len(titles) - 1 :])
            for _, cells in rest
        )
    ):
        titles = titles[:-1]
    header = tuple(title.strip() or f"column {i + 1}" for i, title in enumerate(titles))
    problems = [
        Problem("D004", "a column name stands twice", name, first, value=title)
        for title in dict.fromkeys(header)
        if header.count(title) > 1
    ]
    rows, lines = [], []
    for number, (line, cells) in enumerate(rest, 1):
        while len(cells) > len(header) and not cells[-1].strip():
            cells = cells[:-1]
        if len(cells) != len(header):
            message = f"the row has {len(cells)} cells, the header {len(header)}"
            problems.append(Problem("D005", message, name, line, number, value=",".join(cells)[:60]))
        rows.append(tuple(cells))
        lines.append(line)
    if problems:
        raise InputError(problems)
    return Table(name, header, tuple(rows), tuple(lines))
