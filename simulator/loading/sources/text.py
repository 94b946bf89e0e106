"""Read CSV as it comes from other programs, piece by piece, so that no file can fill the memory."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import accumulate, compress, islice
from pathlib import Path
from typing import Final, TextIO

from simulator.errors import InputError, Problem
from simulator.loading.sources.encodings import Source, find_encoding
from simulator.loading.sources.text_layout import Layout, find_layout, unframed
from simulator.loading.tables import Table, names_twice, not_read

LARGEST: Final = 2**28
"""Bytes of a file, 256 MB."""
LONGEST: Final = 2**20
"""Characters of a line."""
MOST_COLUMNS: Final = 5_000
MOST_ROWS: Final = 2_000_000
MOST_CELLS: Final = 40_000_000
_SAMPLE: Final = 2**16
"""Characters that tell the delimiter."""
_BLOCK: Final = 20_000
_MOST_DISTINCT: Final = 0.5
"""A column of so many different cells in its first rows is kept as it is."""
_MOST_RAGGED: Final = 1_000
_FAULTS: Final = {"unexpected end of data": "not CSV: a quote that opens here never closes"}
"""What faults are called that the library tells otherwise."""
_END = re.compile(r"\r\n?|\n")
"""The end of a line, in a cell with quotes."""
_SIGNATURES: Final = {
    b"PK\x03\x04": "an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    **dict.fromkeys((b"<!", b"<html", b"<HTML", b"<?xml"), "a web page"),
}


def read_text(path: Path, encoding: str | None = None) -> Table:
    """Read a CSV file.

    Args:
        path: of the file.
        encoding: where it cannot be told.

    Raises:
        InputError: it is no table, or too large; every row that does not fit.
    """
    if (size := path.stat().st_size) > LARGEST:
        message = f"the file has {size / 2**20:,.0f} MB, and at most {LARGEST // 2**20} are read"
        raise InputError([Problem("D054", message, path.name)])
    return _read(lambda: path.open("rb"), path.name, encoding)


def parse_table(content: bytes, name: str, encoding: str | None = None) -> Table:
    """Read the bytes of a CSV file, as `read_text` does."""
    return _read(lambda: io.BytesIO(content), name, encoding)


def _read(source: Source, name: str, encoding: str | None) -> Table:
    with source() as file:
        head = file.read(8)
    for signature, what in _SIGNATURES.items():
        if head.startswith(signature):
            raise InputError([Problem("D003", f"the file is {what}", name, remedy="save it as CSV UTF-8")])
    codec, told = find_encoding(source, name, encoding)
    with source() as file, io.TextIOWrapper(file, codec, newline="") as text:
        sample = text.read(_SAMPLE)
        layout = find_layout(sample, len(sample) < _SAMPLE, name)
    with source() as file, io.TextIOWrapper(file, codec, newline="") as text:
        return _Reader(name, layout, (told, *layout.told)).table(text)


class _Reader:
    """Build a table from the lines of a file."""

    def __init__(self, name: str, layout: Layout, told: tuple[str, ...]) -> None:
        self.name, self.layout, self.told = name, layout, told
        self.header: tuple[str, ...] = ()
        self.rows: list[tuple[str, ...]] = []
        self.lines: list[int] = []
        self.problems: list[Problem] = []
        self.flaws: dict[int, tuple[Problem, ...]] = {}
        self.below: list[Problem] = []
        self.seen: list[dict[str, str] | None] = []

    def table(self, text: TextIO) -> Table:
        blocks = self._blocks(text)
        cells: list[list[str]] = []
        lines: list[int] = []
        while len(cells) <= self.layout.titles and (block := next(blocks, None)):
            cells, lines = cells + block[0], lines + block[1]
        if len(cells) <= self.layout.titles:
            raise InputError([Problem("D001", "the file is empty", self.name)])
        titles, rest = cells[self.layout.titles], cells[self.layout.titles + 1 :]
        self._head(titles, lines[self.layout.titles], rest)
        self._add(rest, lines[self.layout.titles + 1 :])
        for cells, lines in blocks:
            self._add(cells, lines)
        self._check_below()
        if self.problems:
            raise InputError(self.problems)
        told = (*self.told, *not_read(self.header, self.flaws))
        rows = tuple(self.rows)
        return Table(self.name, self.header, rows, tuple(self.lines), told, flaws=self.flaws)

    def _blocks(self, text: TextIO) -> Iterator[tuple[list[list[str]], list[int]]]:
        """Yield the records that are not blank, with the lines on which they begin."""
        begin = 1
        if self.layout.said:
            begin += len(text.readline(LONGEST)) and 1
        reader = csv.reader(self._bounded(text), delimiter=self.layout.delimiter, strict=True)
        before = 0
        while True:
            records: list[list[str]] = []
            try:
                records.extend(islice(reader, _BLOCK))  # what stands above an error is kept
            except csv.Error as error:
                line = begin + sum(map(_lines_of, records))
                problem = Problem("D003", _FAULTS.get(str(error), f"not CSV: {error}"), self.name, line)
                raise InputError([*self.problems, problem]) from None
            if not records:
                return
            lines = _begins(records, begin, reader.line_num - before)
            begin, before = begin + reader.line_num - before, reader.line_num
            if self.layout.framed:
                records = list(map(unframed, records))
            filled = [bool(cells and (cells[0].strip() or any(map(str.strip, cells)))) for cells in records]
            yield list(compress(records, filled)), list(compress(lines, filled))

    def _bounded(self, text: TextIO) -> Iterator[str]:
        """Yield the lines of a file, none of which may be endless."""
        for number, line in enumerate(iter(partial(text.readline, LONGEST), ""), start=1):
            if len(line) == LONGEST:
                message = f"the line has more than {LONGEST:,} characters"
                raise InputError([Problem("D054", message, self.name, number)])
            yield line

    def _head(self, titles: list[str], line: int, rest: Sequence[list[str]]) -> None:
        """Take the header; columns at its end that are empty in the first rows too are no columns."""
        width = len(titles)
        while width > 1 and not titles[width - 1].strip():
            if any(any(cell.strip() for cell in cells[width - 1 :]) for cells in rest):
                break
            width -= 1
        if width > MOST_COLUMNS:
            message = f"the header has {width:,} columns, and at most {MOST_COLUMNS:,} are read"
            raise InputError([Problem("D054", message, self.name, line)])
        self.header = tuple(
            " ".join(title.replace("\ufeff", "").split()) or f"column {i + 1}"
            for i, title in enumerate(titles[:width])
        )
        self.seen = [{} for _ in self.header]
        self.flaws = names_twice(self.name, self.header, line)

    def _add(self, cells: list[list[str]], lines: list[int]) -> None:
        """Take a block of rows; equal cells of a column become one text."""
        width = len(self.header)
        if set(map(len, cells)) - {width}:
            first = len(self.rows) + 1
            cells = [self._fitted(*one, first + n) for n, one in enumerate(zip(cells, lines, strict=True))]
            if len(self.problems) > _MOST_RAGGED:
                raise InputError(self.problems)
        columns = list(zip(*cells, strict=True))
        for at, column in enumerate(columns):
            if (seen := self.seen[at]) is not None:
                columns[at] = tuple(map(seen.setdefault, column, column))
                if len(seen) > _MOST_DISTINCT * (len(self.rows) + len(cells)):
                    self.seen[at] = None
        self.rows.extend(zip(*columns, strict=True))
        self.lines.extend(lines)
        if len(self.rows) > MOST_ROWS or len(self.rows) * width > MOST_CELLS:
            message = f"the file has more than {MOST_ROWS:,} rows or {MOST_CELLS:,} cells"
            raise InputError([Problem("D054", message, self.name)])

    def _fitted(self, record: list[str], line: int, row: int) -> list[str]:
        """Return a row with as many cells as the header; another number is a problem."""
        width = len(self.header)
        while len(record) > width and not record[-1].strip():
            record = record[:-1]
        if len(record) != width:
            noun = "cell" if len(record) == 1 else "cells"
            message = f"the row has {len(record)} {noun}, the header {width}"
            value = self.layout.delimiter.join(record)[:60]
            line_of_text = len(record) == 1 and " " in record[0].strip()
            problems = self.below if line_of_text else self.problems
            problems.append(Problem("D005", message, self.name, line, row, value=value))
        return (record + [""] * width)[:width]

    def _check_below(self) -> None:
        """Refuse lines of text among the rows; below them they are notes of a report, which are no rows."""
        last = len(self.rows)
        while self.below and self.below[-1].row == last:
            self.below.pop()
            last -= 1
        self.problems.extend(self.below)


def _begins(records: Sequence[list[str]], begin: int, lines: int) -> Sequence[int]:
    """Return the line on which each record begins; the first begins on one, and all take so many."""
    if lines == len(records):
        return range(begin, begin + lines)
    return list(accumulate(map(_lines_of, records[:-1]), initial=begin))


def _lines_of(record: list[str]) -> int:
    return 1 + sum(len(_END.findall(cell)) for cell in record)
