"""Say how a system writes an export: how it is known, what its columns are called, what has to be mended."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from simulator.loading.history_frame import Kind
from simulator.loading.tables import Table

Titles = Mapping[str, str]
"""Ours: theirs, of the columns of one table."""


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
        won: names of stages that mean won, besides `won`.
        lost: names of stages that mean lost, besides what begins with `lost`.
        prepare: mends what renaming cannot, such as rows that repeat a total; rows that are not to be read
            are put aside, none is taken away.
        log: derives the log of stages that lies across the columns; None without one.
        unlocks: by a column of ours that is missing, what to export so that it is told, and what for.
    """

    name: str
    title: str
    report: str
    kind: Kind
    marks: tuple[tuple[str, ...], ...]
    columns: Mapping[str, tuple[str, ...]]
    won: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    prepare: Callable[[Table, Titles], Table] | None = None
    log: Callable[[Table, Titles], Table | None] | None = None
    unlocks: Mapping[str, str] = field(default_factory=dict)

    def titles(self, table: Table) -> dict[str, str]:
        """Return ours: theirs, for the columns that a table has."""
        there = {squashed(title): title for title in reversed(table.header)}
        found: dict[str, str] = {}
        for ours, names in self.columns.items():
            for name in names:
                if (theirs := there.get(squashed(name))) is not None and theirs not in found.values():
                    found[ours] = theirs
                    break
        return found

    def fits(self, table: Table) -> bool:
        """Tell whether a table is such an export."""
        there = {squashed(title) for title in table.header}
        return all(any(squashed(title) in there for title in mark) for mark in self.marks)


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


def squashed(title: str) -> str:
    """Return a title's letters and digits only, without capitals."""
    return re.sub(r"[\W_]", "", title.casefold())
