"""Hold a table as it comes from other programs, each cell as text, each row with its line."""

from __future__ import annotations

import gc
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from typing import Final

from simulator.errors import Problem
from simulator.records import dataclass

AS_WRITTEN: Final = ("UTF-8", "commas")
"""How the tables are written that this program keeps."""
THEIRS: Final = " (theirs)"
"""What is put behind a title that is called like one of ours, and is known to be another."""

SORTED: Final = re.compile(r"[↑↓]\s*$")
"""How reports mark the title of a column by which they are sorted, or grouped."""
UNNAMED: Final = re.compile(r"column (?:\d+|[A-Z]{1,3})")
"""What a column without a title is called."""


@dataclass(frozen=True)
class Table:
    """A table of texts.

    Attributes:
        name: of the file.
        header: names of the columns, without blanks around them.
        rows: cells, as many in each row as there are columns.
        lines: physical line on which each row begins; 0 where its source has none.
        told: how it was read, in words for people, such as `UTF-8` and `semicolons`.
        typed: columns whose cells were numbers or days in their source, and not texts: numbers have a decimal
            point and days are ISO there, whatever the file's customs.
        aside: rows that are left out before any is read, with the code of the rule that leaves them out.
        mended: rows that are used by a rule, by its code.
        flaws: by column, what forbids to read it, such as cells that hold an error; it forbids nothing else.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    told: tuple[str, ...] = ()
    typed: frozenset[int] = frozenset()
    aside: Mapping[int, str] = field(default_factory=dict)
    mended: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    flaws: Mapping[int, tuple[Problem, ...]] = field(default_factory=dict)

    def column(self, name: str) -> int | None:
        """Return the index of a column, capitals aside where only one fits."""
        if name in self.header:
            return self.header.index(name)
        alike = [i for i, title in enumerate(self.header) if title.casefold() == name.casefold()]
        return alike[0] if len(alike) == 1 else None

    def cells(self, at: int) -> Iterable[str]:
        """Return the cells of a column, without those of rows that are put aside."""
        if not self.aside:
            return (row[at] for row in self.rows)
        return (row[at] for number, row in enumerate(self.rows) if number not in self.aside)

    def with_typed(self, titles: Iterable[str]) -> Table:
        """Return the same with further columns of numbers or days, by their names."""
        known = {at for title in titles if (at := self.column(title)) is not None}
        return replace(self, typed=self.typed | known)

    def flaws_of(self, columns: Iterable[int]) -> list[Problem]:
        """Return what forbids to read some columns, in their order."""
        return [problem for at in sorted({*columns}) for problem in self.flaws.get(at, ())]

    def problem(
        self,
        code: str,
        message: str,
        row: int,
        column: str | None = None,
        value: str | None = None,
        remedy: str | None = None,
        entity: str | None = None,
    ) -> Problem:
        """Return a problem of a row, counted from 0."""
        shown = None if value is None else value[:100]
        return Problem(
            code, message, self.name, self.lines[row] or None, row + 1, column, entity or None, shown, remedy
        )


def names_twice(name: str, header: Sequence[str], line: int) -> dict[int, tuple[Problem, ...]]:
    """Return, by column, that its name stands in a header again: nobody knows which of them is meant.

    Args:
        name: of the file.
        header: names of all columns.
        line: of the header.
    """
    counts = Counter(header)
    return {
        at: (Problem("D004", "a column name stands twice", name, line, value=title),)
        for at, title in enumerate(header)
        if counts[title] > 1
    }


def not_read(header: Sequence[str], flaws: Mapping[int, Sequence[Problem]]) -> tuple[str, ...]:
    """Say of each column with a flaw that it is not to be read, in words for people."""
    told = (f"column {header[at]} not to be read: {found[0].message}" for at, found in sorted(flaws.items()))
    return tuple(dict.fromkeys(told))


@contextmanager
def undisturbed() -> Iterator[None]:
    """Hold the collection of garbage back: rows make no cycles, and looking through all takes its time."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()
