"""Put rows aside that are no records: totals, lines of text below a table, its header once more."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Final

from simulator.loading.tables import Table
from simulator.money import MARKS, AmountError, Mark, parse_amount
from simulator.records import dataclass

TOTALS: Final = "W055"
OTHER_TOTALS: Final = "W056"
BELOW: Final = "W057"
HEADER_AGAIN: Final = "W058"

_WORDS: Final = (
    r"(?:grand |sub[- ]?|general )?totals?|sum(?:me|a)?|(?:gesamt|zwischen|end)summe|gesamt|insgesamt"
    r"|(?:gesamt|teil)?ergebnis|(?:sous-)?total général|somme|totale"
    r"|итого|всего|сумма|(?:общий |промежуточный )?итог"
)
_LABEL = re.compile(rf"\s*(?:(?:{_WORDS})\b.*|.*\s(?:{_WORDS}))\s*:?\s*", re.IGNORECASE | re.DOTALL)
_PIECES: Final = ("tot", "sum", "som", "gesamt", "ergebnis", "итог", "всего", "сумма")
"""One of them stands in each of these words; most columns have none, which is soon seen."""
_LONGEST: Final = 200
"""Characters of a word for a total, with what it is a total of."""
_FINEST: Final = 4
"""Decimals of the amounts that are added."""
_FEWEST: Final = 3
"""Columns of a table below which a line of text can be told from a record."""

Row = Sequence[str]


def put_aside(table: Table) -> Table:
    """Return a table without its totals, the lines of text below it, and its header where it stands again.

    A total is a row with a word such as `Total` before nothing but numbers; or the last row, where it holds
    nothing but numbers, the first column is empty, and the rows above add up to it.
    """
    aside = dict(table.aside)
    rows, header = table.rows, [title.strip() for title in table.header]
    last = _below(table, aside)
    sums = _Sums(table, aside)
    labels = "\n".join([row[0] for row in rows]).casefold()
    some_word = any(piece in labels for piece in _PIECES)
    for at, row in enumerate(rows[:last]):
        first = row[0].strip()
        if (first and not some_word and first != header[0]) or at in aside:
            continue
        if first == header[0] and [cell.strip() for cell in row] == header:
            aside[at] = HEADER_AGAIN
        elif "" not in row or (first and not _LABEL.fullmatch(row[0])):
            continue  # what most rows are
        elif (labelled := _is_total(row)) or (at == last - 1 and _is_bare(row)):
            adds_up = sums.add_up_to(at)
            if adds_up or labelled:
                aside[at] = OTHER_TOTALS if adds_up is False else TOTALS
                sums.begin = at + 1
    return table if len(aside) == len(table.aside) else replace(table, aside=dict(sorted(aside.items())))


def _below(table: Table, aside: dict[int, str]) -> int:
    """Put the lines of text at the end aside, and return the number of rows before them."""
    last = len(table.rows)
    if len(table.header) < _FEWEST:
        return last
    while last > 1:
        cells = [cell.strip() for cell in table.rows[last - 1] if cell.strip()]
        if len(cells) != 1 or " " not in cells[0] or _is_number(cells[0]):
            break
        last -= 1
        aside.setdefault(last, BELOW)
    return last


def _is_total(row: Row) -> bool:
    """Tell whether a word for a total stands before nothing but numbers, one at least."""
    label = next((cell for cell in row if cell and not cell.isspace()), "")
    if len(label) > _LONGEST or not _LABEL.fullmatch(label):
        return False
    numbers = [cell for cell in row if cell.strip()][1:]
    return bool(numbers) and all(_is_number(cell) for cell in numbers)


def _is_bare(row: Row) -> bool:
    cells = [cell for cell in row if cell.strip()]
    return not row[0].strip() and bool(cells) and all(_is_number(cell) for cell in cells)


def _is_number(cell: str) -> bool:
    bare = cell.strip().removesuffix("%")
    return any(_amount(bare, mark) is not None for mark in MARKS)


@dataclass
class _Sum:
    """What one column adds up to, in all and before the last total; `odd` are cells that are no amounts."""

    until: int = 0
    all: int = 0
    odd: int = 0
    all_before: int = 0
    odd_before: int = 0
    filled: bool = False


@dataclass
class _Sums:
    """What the columns of a table add up to, each cell read once at most.

    Attributes:
        table: whose.
        aside: rows that do not count.
        begin: the row after the last total.
    """

    table: Table
    aside: Mapping[int, str]
    begin: int = 0
    _found: dict[tuple[int, Mark], _Sum] = field(default_factory=dict)

    def add_up_to(self, total: int) -> bool | None:
        """Tell whether the rows above, all or since the last total, add up to one; None where none can."""
        found = None
        for at, cell in enumerate(self.table.rows[total]):
            for mark in MARKS if cell.strip() else ():
                if (at in self.table.typed and mark == ",") or (said := _amount(cell, mark)) is None:
                    continue
                one = self._sum(at, mark, total)
                if not one.filled or one.odd > one.odd_before:
                    continue
                if said == one.all - one.all_before or (said == one.all and not one.odd):
                    return True
                found = False
        return found

    def _sum(self, at: int, mark: Mark, total: int) -> _Sum:
        one = self._found.setdefault((at, mark), _Sum())
        for row in range(one.until, total):
            if row == self.begin:
                one.all_before, one.odd_before = one.all, one.odd
            if row not in self.aside and (text := self.table.rows[row][at].strip()):
                amount = _amount(text, mark)
                one.all += amount or 0
                one.odd += amount is None
                one.filled = True
        if self.begin >= total:
            one.all_before, one.odd_before = one.all, one.odd
        one.until = total
        return one


def _amount(text: str, mark: Mark) -> int | None:
    try:
        return parse_amount(text, _FINEST, mark, allow_negative=True)
    except AmountError:
        return None
