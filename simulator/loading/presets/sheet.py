"""Mend a system's export: rows put aside, cells changed, columns added under our names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from simulator.loading.history_frame import COLUMNS, Kind
from simulator.loading.presets.preset import Titles, squashed
from simulator.loading.tables import Table

REPEATED, TOTALS, VOID, OTHER = "W070", "W071", "W072", "W075"
"""Why rows of invoices are put aside: a total again, no document, no valid one, none that is read."""
_TOTAL = re.compile(r"\W*(?:grand |sub)?(?:total|gesamt|summe|итого|всего)\b.*", re.IGNORECASE)


class Sheet:
    """A table on its way from a system to us.

    Args:
        table: as it was read.
        kind: what it tells of.
        columns: ours: theirs.
        roles: of further columns that are looked at: the titles under which each may stand.
    """

    def __init__(
        self, table: Table, kind: Kind, columns: Titles, roles: Mapping[str, tuple[str, ...]]
    ) -> None:
        self.table, self.columns = table, columns
        self._aside = dict(table.aside)
        self._ours = COLUMNS[kind]
        there = {squashed(title): at for at, title in reversed(list(enumerate(table.header)))}
        self._at = {
            role: there[squashed(title)]
            for role, titles in roles.items()
            for title in reversed(titles)
            if squashed(title) in there
        }
        self._at |= {ours: at for ours, theirs in columns.items() if (at := table.column(theirs)) is not None}
        self._written: dict[str, dict[int, str]] = {}

    def has(self, role: str) -> bool:
        """Tell whether the table has a column."""
        return role in self._at

    def rows(self) -> list[int]:
        """Return the rows that were not put aside."""
        return [row for row in range(len(self.table.rows)) if row not in self._aside]

    def text(self, row: int, role: str) -> str:
        """Return a cell as it was, "" where there is no such column."""
        at = self._at.get(role)
        return "" if at is None else self.table.rows[row][at].strip()

    def put_aside(self, row: int, rule: str) -> None:
        """Leave a row out."""
        self._aside.setdefault(row, rule)

    def write(self, row: int, ours: str, text: str) -> None:
        """Set the cell of a row in one of our columns; where the table has none, it is added."""
        self._written.setdefault(ours, {})[row] = text

    def documents(self, is_document: Callable[[int], bool]) -> Iterator[tuple[int, str]]:
        """Yield the rows that are documents, each with the heading above it; put all others aside.

        A heading stands alone in the first cell that is filled; totals begin with a word for one.
        """
        heading = ""
        for row in self.rows():
            if is_document(row):
                yield row, heading
                continue
            self.put_aside(row, TOTALS)
            first = next((cell.strip() for cell in self.table.rows[row] if cell.strip()), "")
            if not is_total(first):
                heading = first

    def done(self) -> Table:
        """Return the table as it is to be read."""
        header, rows = list(self.table.header), [list(row) for row in self.table.rows]
        taken = {theirs.casefold() for theirs in self.columns.values()}
        for at, title in enumerate(header):
            if title.casefold() in self._ours and title.casefold() not in taken:
                header[at] = f"{title} (theirs)"  # means something else there
        for ours, cells in self._written.items():
            at = self._at[ours] if ours in self.columns else len(header)
            if at == len(header):
                header.append(ours)
                for row in rows:
                    row.append("")
            for number, text in cells.items():
                rows[number][at] = text
        return replace(
            self.table,
            header=tuple(header),
            rows=tuple(map(tuple, rows)),
            aside=dict(sorted(self._aside.items())),
        )


def is_total(text: str) -> bool:
    """Tell whether a cell begins a row of totals."""
    return _TOTAL.fullmatch(text) is not None


def is_negative(text: str) -> bool:
    """Tell whether an amount is written as a negative one."""
    text = text.strip().translate(_MINUS)
    return text.startswith(("-", "(")) or text.endswith("-") or bool(re.match(r"[^\d(]{1,4}-", text))


def negative(text: str) -> str:
    """Write an amount as a negative one."""
    return text if is_negative(text) or not text else f"-{text.strip()}"


_MINUS: Final = str.maketrans({"\u2212": "-", "\u2013": "-"})
