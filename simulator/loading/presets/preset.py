"""Say how a system writes an export: how it is known, what its columns are called, what has to be mended."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field

from simulator.loading.history_frame import Kind
from simulator.loading.tables import Table
from simulator.records import dataclass

Titles = Mapping[str, str]
"""Ours: theirs, of the columns of one table."""
Marks = tuple[tuple[str, ...], ...]
"""Each a set of titles of which one has to be there."""
Names = Mapping[str, tuple[str, ...]]
"""Ours: the titles under which it may stand, likeliest first."""
Prepare = Callable[[Table, Titles], Table]


@dataclass(frozen=True)
class Preset:
    """One export of one system.

    Attributes:
        name: under `data.systems`, such as `hubspot`.
        title: for people, such as `HubSpot`.
        report: which export of the system, for people, such as `all deals`.
        kind: what it tells of.
        marks: each a set of titles of which one has to be there: all of them together are this export.
        columns: ours: the titles under which it may stand, in the languages of the system, likeliest first.
        shared: ours: another of ours, in whose column it stands too, where it has none of its own.
        segments: titles of columns that may tell the segment of a deal, likeliest first.
        ends_by_chance: whether stages of 100 % are all that mean won, and of 0 % all that mean lost.
        amounts_vary: whether amounts may be of a year or a month, so that somebody has to say which.
        prepare: mends what renaming cannot, such as rows that repeat a total; rows that are not to be read
            are put aside, none is taken away.
        log: derives the log of stages that lies across the columns, and the deals without these columns; None
            without a log.
        unlocks: by a column of ours that is missing, what to export so that it is told, and what for.
        company_amounts: titles of columns of the same amounts in the company's currency.
        company_codes: titles of columns that say which that is.
        foreign: titles that the system never writes, of others that share its marks.
    """

    name: str
    title: str
    report: str
    kind: Kind
    marks: Marks
    columns: Names
    shared: Titles = field(default_factory=dict)
    segments: tuple[str, ...] = ()
    ends_by_chance: bool = False
    amounts_vary: bool = False
    prepare: Prepare | None = None
    log: Callable[[Table, Titles], tuple[Table, Table] | None] | None = None
    unlocks: Mapping[str, str] = field(default_factory=dict)
    company_amounts: tuple[str, ...] = ()
    company_codes: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()

    def titles(self, table: Table) -> dict[str, str]:
        """Return ours: theirs, for the columns that a table has."""
        there = {squashed(title): title for title in reversed(table.header)}
        found: dict[str, str] = {}
        for ours, names in self.columns.items():
            for name in names:
                if (theirs := there.get(squashed(name))) is not None and theirs not in found.values():
                    found[ours] = theirs
                    break
        for ours, other in self.shared.items():
            if ours not in found and other in found:
                found[ours] = found[other]
        return found

    def fits(self, table: Table) -> bool:
        """Tell whether a table is such an export."""
        there = {squashed(title) for title in table.header}
        marked = all(any(squashed(title) in there for title in mark) for mark in self.marks)
        return marked and not any(squashed(title) in there for title in self.foreign)


@dataclass(frozen=True)
class Recognised:
    """What a table was recognised as.

    Attributes:
        kind: what it tells of.
        columns: ours: theirs.
        preset: of the system that wrote it; None where only common names were found.
    """

    kind: Kind
    columns: Titles = field(default_factory=dict)
    preset: Preset | None = None


def titles(text: str) -> tuple[str, ...]:
    """Return the titles of a text such as `Stage | StageName`, one line a language."""
    return tuple(title.strip() for line in text.splitlines() for title in line.split(" | ") if title.strip())


def first_of(names: Sequence[str], table: Table) -> str | None:
    """Return the first of some titles that a table has, as it has it."""
    there = {squashed(title): title for title in reversed(table.header)}
    return next((there[key] for name in names if (key := squashed(name)) in there), None)


def squashed(title: str) -> str:
    """Return a title's letters and digits only, without capitals."""
    return re.sub(r"[\W_]", "", title.casefold())
