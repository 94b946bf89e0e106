"""Read tables wherever they come from, as texts with the place of each row; one module a kind of source."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import field
from pathlib import Path

from simulator.errors import InputError, PlaceError, Problem
from simulator.loading.problems import with_remedy
from simulator.loading.sources import parquet, workbook
from simulator.loading.sources.sql import SUFFIX, VARIABLE, Database, read_sql
from simulator.loading.sources.text import parse_table, read_text
from simulator.loading.sources.totals import put_aside
from simulator.loading.sources.workbook import IN_A_MAP, IN_THE_SCENARIO
from simulator.loading.tables import Table, undisturbed
from simulator.records import dataclass

__all__ = [
    "IN_A_MAP",
    "IN_THE_SCENARIO",
    "VARIABLE",
    "Database",
    "Once",
    "Read",
    "Reading",
    "parse_table",
    "read_table",
    "read_tables",
]


@dataclass(frozen=True)
class Reading:
    """What is said of how a source is to be read; what is not said is found out.

    Attributes:
        encoding: of a text file.
        sheet: of a workbook.
        database: that a query is put to.
        setting: that names a sheet called NAME where all this is said, for remedies.
    """

    encoding: str | None = None
    sheet: str | None = None
    database: Database = field(default_factory=Database)
    setting: str = IN_A_MAP


AS_FOUND = Reading()
Read = Callable[[Path, Reading], Table]
"""Reads a table from a file, as `read_table` does."""


def read_table(path: Path, reading: Reading = AS_FOUND) -> Table:
    """Read a table from a file: which kind it is, its first bytes tell; totals and the like are put aside.

    A file whose name ends in `.sql` holds a query, which yields the table.

    Raises:
        InputError: it is no table; every row that does not fit.
        PlaceError: it cannot be read.
    """
    (table,) = _tables(path, reading, every=False)
    return table


@dataclass(frozen=True)
class Once:
    """Read each file once, however often one command looks at it."""

    known: dict[tuple[str, str | None, str | None], Table] = field(default_factory=dict)

    def __call__(self, path: Path, reading: Reading = AS_FOUND) -> Table:
        """Return what `read_table` does."""
        key = os.path.realpath(path), reading.encoding, reading.sheet
        if key not in self.known:
            self.known[key] = read_table(path, reading)
        return self.known[key]


def read_tables(path: Path, reading: Reading = AS_FOUND) -> tuple[Table, ...]:
    """Read all tables of a file, as `read_table` does: a workbook may hold several, one on a sheet.

    Raises:
        InputError: it is no table; every row that does not fit.
        PlaceError: it cannot be read.
    """
    return _tables(path, reading, every=reading.sheet is None)


def _tables(path: Path, reading: Reading, every: bool) -> tuple[Table, ...]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError([Problem("D055", "is no ordinary file", path.name)])
        with path.open("rb") as file:
            first = file.read(8)
        with undisturbed():
            if every and first.startswith(workbook.SIGNATURE) and path.suffix.lower() != SUFFIX:
                return tuple(map(put_aside, workbook.read_all_sheets(path, reading.setting)))
            return (put_aside(_read(path, first, reading)),)
    except InputError as error:
        raise InputError([with_remedy(problem) for problem in error.problems]) from None
    except OSError as error:
        raise PlaceError(
            f"cannot read {path}: {(error.strerror or str(error)).lower()}", code="P003"
        ) from None


def _read(path: Path, first: bytes, reading: Reading) -> Table:
    if path.suffix.lower() == SUFFIX:
        return read_sql(path, reading.database)
    if first.startswith(workbook.SIGNATURE):
        return workbook.read_workbook(path, reading.sheet, reading.setting)
    if first.startswith(workbook.OLD_SIGNATURE):
        raise workbook.refuse_old(path)
    if first.startswith(parquet.SIGNATURE):
        return parquet.read_parquet(path)
    return read_text(path, reading.encoding)
