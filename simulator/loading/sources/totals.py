"""Put rows aside that are no records: totals, lines of text below a table, its header once more."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from simulator.loading.tables import Table
from simulator.money import MARKS, AmountError, Mark, parse_amount

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
    begin = 0
    for at, row in enumerate(rows[:last]):
        first = row[0].strip()
        if at in aside:
            continue
        if first == header[0] and [cell.strip() for cell in row] == header:
            aside[at] = HEADER_AGAIN
        elif "" not in row or (first and not _LABEL.fullmatch(row[0])):
            continue  # what most rows are
        elif _is_total(row) or (at == last - 1 and _is_bare(row)):
            adds_up = _adds_up(table, at, (0, begin), aside)
            if adds_up or _is_total(row):
                aside[at] = OTHER_TOTALS if adds_up is False else TOTALS
                begin = at + 1
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
    if not _LABEL.fullmatch(label):
        return False
    numbers = [cell for cell in row if cell.strip()][1:]
    return bool(numbers) and all(_is_number(cell) for cell in numbers)


def _is_bare(row: Row) -> bool:
    cells = [cell for cell in row if cell.strip()]
    return not row[0].strip() and bool(cells) and all(_is_number(cell) for cell in cells)


def _is_number(cell: str) -> bool:
    bare = cell.strip().removesuffix("%")
    return any(_amount(bare, mark) is not None for mark in MARKS)


def _adds_up(table: Table, total: int, begins: tuple[int, int], aside: dict[int, str]) -> bool | None:
    """Tell whether the rows above, all or since the total before, add up to a total; None where none can."""
    found = None
    for at, cell in enumerate(table.rows[total]):
        for mark in MARKS if cell.strip() else ():
            if (at in table.typed and mark == ",") or (said := _amount(cell, mark)) is None:
                continue
            for begin in begins:
                column = [table.rows[r][at] for r in range(begin, total) if r not in aside]
                amounts = [_amount(text, mark) for text in column if text.strip()]
                if not amounts or None in amounts:
                    continue
                if sum(amount for amount in amounts if amount is not None) == said:
                    return True
                found = False
    return found


def _amount(text: str, mark: Mark) -> int | None:
    try:
        return parse_amount(text, _FINEST, mark, allow_negative=True)
    except AmountError:
        return None
