"""Mend an export of invoices row by row: rows put aside, cells set under our names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from simulator.loading.history_frame import COLUMNS
from simulator.loading.presets.mending import currency_code, put_aside, texts_of, texts_under, with_texts
from simulator.loading.presets.preset import Names, Titles, first_of
from simulator.loading.tables import THEIRS, Table

REPEATED, NO_DOCUMENT, VOID, OTHER = "W070", "W071", "W072", "W075"
"""Why rows are put aside: a total again, no document, not or no longer valid, none that is read."""
_TOTAL = re.compile(r"\W*(?:grand |sub)?(?:total|gesamt|summe|итого|всего)\b.*", re.IGNORECASE | re.DOTALL)


class Sheet:
    """A table of invoices on its way from a system to us.

    Args:
        table: as it was read.
        columns: ours: theirs.
        roles: of further columns that are looked at: the titles under which each may stand.
    """

    def __init__(self, table: Table, columns: Titles, roles: Names) -> None:
        self.table, self.columns = table, columns
        places = {role: first_of(names, table) for role, names in roles.items()}
        self._texts = {role: texts_under(table, title) for role, title in places.items() if title is not None}
        self._texts |= {ours: texts_of(table, columns, ours) for ours in columns}
        self._aside: dict[str, list[int]] = {}
        self._written: dict[str, dict[int, str]] = {}

    def has(self, role: str) -> bool:
        """Tell whether the table has a column, ours or a role."""
        return role in self._texts

    def text(self, row: int, role: str) -> str:
        """Return a cell as it was read, "" where there is no such column."""
        return self._texts[role][row] if role in self._texts else ""

    def put_aside(self, row: int, rule: str) -> None:
        """Leave a row out."""
        self._aside.setdefault(rule, []).append(row)

    def write(self, row: int, ours: str, text: str) -> None:
        """Set the cell of a row in one of our columns; where the table has none, it is added."""
        self._written.setdefault(ours, {})[row] = text

    def documents(self, is_document: Callable[[int], bool]) -> Iterator[tuple[int, str]]:
        """Yield the rows that are documents, each with the heading above it; put all others aside.

        A heading is what stands first in a row that is none. Totals, which have figures behind a word for
        them, are none; a customer may have a name such as Total Energies.
        """
        heading = ""
        for row, cells in enumerate(self.table.rows):
            if row in self.table.aside:
                continue
            if is_document(row):
                yield row, heading
                continue
            self.put_aside(row, NO_DOCUMENT)
            first, *others = [cell.strip() for cell in cells if cell.strip()] or [""]
            if not (others and _TOTAL.fullmatch(first)):
                heading = first

    def done(self) -> Table:
        """Return the table as it is to be read, with codes for names of currencies.

        What is called like one of ours and is another is renamed.
        """
        known = {theirs.casefold() for theirs in self.columns.values()}
        ours_of_all = {name.casefold() for name in COLUMNS["invoices"]}
        header = (
            f"{title}{THEIRS}" if title.casefold() in ours_of_all - known else title
            for title in self.table.header
        )
        table = replace(self.table, header=tuple(header))
        if self.has("currency"):
            codes = [currency_code(text) for text in texts_of(table, self.columns, "currency")]
            table = with_texts(table, self.columns["currency"], codes)
        for rule, rows in self._aside.items():
            table = put_aside(table, rule, rows)
        for ours, cells in self._written.items():
            texts = texts_of(table, self.columns, ours)
            for row, text in cells.items():
                texts[row] = text
            table = with_texts(table, self.columns.get(ours, ours), texts)
        return table


def is_negative(amount: str) -> bool:
    """Tell whether an amount is written as a negative one: with a minus, or in brackets."""
    amount = amount.strip().replace("\u2212", "-")
    return amount.startswith(("-", "(")) or amount.endswith("-")
