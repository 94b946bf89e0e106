"""Write and read tables as CSV, of which no spreadsheet takes a text for a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

_ROWS: Final = 1_000
_FORMULA: Final = re.compile(r"'*(\s*[=+\-@＝＋－＠]|[\t\r\n])")
"""How a text begins that some spreadsheet computes; apostrophes before it are ours, or look like ours."""
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


def csv_bytes(rows: Iterable[Iterable[Any]], verbatim: bool = False) -> bytes:
    """Return a table as CSV: commas, quotes where needed, a line feed at the end, nothing for None.

    Args:
        rows: of cells.
        verbatim: whether every text stays as it is, for a table that is itself an input; else an apostrophe
            stands before what a spreadsheet would compute, and `csv_rows` takes it off.
    """
    return b"".join(csv_pieces(rows, verbatim))


def csv_pieces(rows: Iterable[Iterable[Any]], verbatim: bool = False) -> Iterator[bytes]:
    """Yield a table as `csv_bytes`, some rows at a time, so that a long one need not lie in memory."""
    rows = iter(rows)
    while some := list(islice(rows, _ROWS)):
        lines = _Lines()
        # A line's own end is \r\n, so that texts with either of the two are quoted.
        csv.writer(lines, lineterminator="\r\n").writerows(some if verbatim else map(_harmless, some))
        yield "".join(f"{line[:-2]}\n" for line in lines).encode("utf-8", "replace")


def csv_rows(path: Path) -> list[Mapping[str, str]]:
    """Return the rows of a table that `csv_bytes` wrote, as they were.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not CSV in UTF-8.
    """
    with path.open(encoding="utf-8", newline="") as file:
        try:
            header, *rows = list(csv.reader(file)) or [[]]
        except csv.Error as error:
            raise ValueError(str(error)) from None
    names = [_as_it_was(name) for name in header]
    return [dict(zip(names, map(_as_it_was, row), strict=True)) for row in rows]


class _Lines(list[str]):
    """Takes what a csv.writer writes, line by line."""

    write = list[str].append


def _harmless(row: Iterable[Any]) -> list[Any]:
    return [f"'{cell}" if isinstance(cell, str) and _computes(cell) else cell for cell in row]


def _as_it_was(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and _computes(cell) else cell


def _computes(text: str) -> bool:
    return bool(_FORMULA.match(text)) and not _NUMBER.fullmatch(text)
