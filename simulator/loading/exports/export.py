"""Open an export of another program: what it is, whose columns are which, how it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final

from simulator.errors import Problem
from simulator.history import LOST, OPEN, WON
from simulator.loading.cells import Cells
from simulator.loading.company_currency import CompanyCurrency, company_currency
from simulator.loading.currency_columns import has_marks, money_column, titled_currency
from simulator.loading.history_columns import nearest
from simulator.loading.history_files import Recognised, open_source, recognise
from simulator.loading.history_frame import HistoryFrame, Kind
from simulator.loading.history_rows import NO, YES, ending
from simulator.loading.presets import Preset
from simulator.loading.presets.preset import squashed
from simulator.loading.problems import LoadError, Problems
from simulator.loading.sources import Read, read_table
from simulator.loading.tables import Table
from simulator.records import dataclass

DATES: Final[Mapping[Kind, tuple[str, ...]]] = {
    "events": ("entered_at", "recorded_at"),
    "deals": ("created", "entered_stage", "closed"),
    "invoices": ("invoice_date", "paid_date"),
}
"""Days on which something happened, which no file knows in advance."""
_FLAGS: Final = YES | NO


@dataclass(frozen=True)
class Export:
    """A file of another program.

    Attributes:
        path: where it is.
        kind: what it tells of.
        columns: ours: theirs.
        preset: of the system that wrote it; None where only common names were found.
        cells: its cells by our columns, as a scenario would read them.
        frame: what is said of how it is written.
        header: titles of its columns, as they stand there.
        found: what it was recognised as.
        log: of stages, where it lies across the columns; None without one.
        unclear: what has to be said before it can be read, such as an order of dates.
    """

    path: Path
    kind: Kind
    columns: dict[str, str]
    preset: Preset | None
    cells: Cells
    frame: HistoryFrame
    header: tuple[str, ...]
    found: Recognised
    log: Cells | None = None
    unclear: tuple[Problem, ...] = ()

    @property
    def table(self) -> Table:
        """The texts, with what the system that wrote them needs mended."""
        return self.cells.table

    @property
    def titled_currency(self) -> str | None:
        """The currency that the title of the amounts names."""
        money = money_column(self.cells.columns)
        return None if money is None else titled_currency(self.table.header[money])

    @cached_property
    def outcomes(self) -> tuple[int, ...]:
        """What each row says of its deal: `OPEN`, `WON` or `LOST`."""
        return tuple(_outcome(self.cells, row, self.frame) for row in range(len(self.cells)))

    @cached_property
    def days(self) -> tuple[date, ...]:
        """The days on which the file says that something happened, in order."""
        past = [name for name in DATES[self.kind] if self.cells.has(name)]
        found = {
            day
            for name in past
            for row in self.cells.rows()
            if (name != "closed" or self.outcomes[row] != OPEN) and (day := self.cells.day(row, name))
        }
        return tuple(sorted(found))

    @cached_property
    def company(self) -> CompanyCurrency:
        """The currency of the company, as far as the file tells, and those of its amounts."""
        return company_currency(self.frame, [self.found])

    @property
    def currency(self) -> str:
        """The currency of the company, as far as the file tells."""
        return self.company.code

    def says(self, outcome: int) -> list[str]:
        """Return the names, of stages and of outcomes, of the rows that end so, in the file's order."""
        of_rows = [row for row in self.cells.rows() if self.outcomes[row] == outcome]
        found = [self.cells.text(row, column) for column in ("stage", "outcome") for row in of_rows]
        return [name for name in dict.fromkeys(found) if name and ending(name, self.frame.ends) == outcome]


def open_export(path: Path, frame: HistoryFrame, read: Read = read_table) -> Export:
    """Return what a file is.

    Args:
        path: of the file.
        frame: what is said of how it is written; all else is found out.
        read: reads it.

    Raises:
        LoadError: it tells of no deals, stages or invoices.
        InputError: it is no table.
        PlaceError: it cannot be read.
    """
    raw = read(path, frame.reading)
    found = recognise(raw, frame)
    if found is None:
        raise LoadError([_strange(raw, frame)])
    frame = found.frame
    columns = found.match.columns
    if found.preset is None and found.match.kind == "deals":
        _settle(columns, found.table, frame)
    problems = Problems()
    if (code := _titled(found)) is not None:
        frame = replace(frame, currencies={**frame.currencies, found.match.kind: code})
        found = replace(found, frame=frame)
    currency = company_currency(frame, [found]).code
    source = open_source(found, currency, problems)
    titles = {ours: found.table.header[at] for ours, at in columns.items()}
    log = None if found.log is None else open_source(found.log, currency, Problems()).cells
    return Export(
        path, found.match.kind, titles, found.preset, source.cells, frame, raw.header, found, log,
        tuple(problems.found),
    )  # fmt: skip


def is_annual(export: Export) -> bool:
    """Tell whether the title of the amounts says that they are of a year, as ACV does."""
    return squashed(export.columns.get("amount", "")) in ("acv", "annualcontractvalue")


def _settle(columns: dict[str, int], table: Table, frame: HistoryFrame) -> None:
    """Let columns be those that a scenario can read.

    A flag of yes and no is no outcome to a scenario, and stages tell it as well. One column of days of
    closing holds, of open deals, the day on which that is expected.
    """
    at = columns.get("outcome")
    if at is not None and {row[at].strip().casefold() for row in table.rows} <= {*_FLAGS, ""}:
        del columns["outcome"]
    if "closed" in columns and "expected_close" not in columns and _has_open_dates(columns, table, frame):
        columns["expected_close"] = columns["closed"]


def _has_open_dates(columns: Mapping[str, int], table: Table, frame: HistoryFrame) -> bool:
    """Tell whether open deals have a day in the column of days of closing."""
    names = [columns[name] for name in ("stage", "outcome") if name in columns]
    return any(
        row[columns["closed"]].strip()
        and any(row[at].strip() for at in names)
        and all(ending(row[at].strip(), frame.ends) == OPEN for at in names)
        for row in table.rows
    )


def _titled(found: Recognised) -> str | None:
    """Return the currency that the title of the amounts names, where nothing else tells or says one."""
    columns, kind = found.match.columns, found.match.kind
    money = money_column(columns)
    if money is None or "currency" in columns or kind in found.frame.currencies or kind == "events":
        return None
    code = titled_currency(found.table.header[money])
    return None if code is None or has_marks(found.table, money) else code


def _outcome(cells: Cells, row: int, frame: HistoryFrame) -> int:
    stage = ending(cells.text(row, "stage"), frame.ends)
    said = ending(cells.text(row, "outcome"), frame.ends)
    if stage == OPEN and said == OPEN and not cells.has("stage") and cells.text(row, "closed"):
        return WON
    return said if said in (WON, LOST) else stage


def _strange(table: Table, frame: HistoryFrame) -> Problem:
    """Return what is wrong with a table that is no export: what it lacks for what it tells most of."""
    remedy = (
        "name its columns in --map FILE, such as deals: {id: …, stage: …, amount: …}; deals need an id, "
        "a stage and an amount, invoices a number, an amount, a date and a due date"
    )
    if (found := nearest(table, frame)) is not None:
        match, lacking = found
        known = ", ".join(f"{ours} = {table.header[at]}" for ours, at in match.columns.items())
        asked = ", ".join(f"{name}: TITLE" for name in lacking)
        remedy = (
            f"for {match.kind} it lacks {' and '.join(lacking)}: name what is meant in --map FILE, "
            f"{match.kind}: {{{asked}}} (found: {known})"
        )
    return Problem("D085", "the file tells neither of deals nor of stages nor of invoices", table.name, 1,
                   value=", ".join(table.header), remedy=remedy)  # fmt: skip
