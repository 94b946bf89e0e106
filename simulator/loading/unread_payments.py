"""Refuse invoices of which a column that nobody reads says that some are paid: all would count as open."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from simulator.errors import Problem
from simulator.loading.currency_columns import Setting
from simulator.loading.outcome_words import is_yes
from simulator.loading.tables import THEIRS, Table

_TELL: Final = ("open_amount", "paid_amount", "paid_date", "kind")
"""One of our columns that is read tells what is paid; rows of a kind may be payments."""
_PAID: Final = r"paid|payment|settled|cleared|received|bezahl|gezahlt|zahlung|beglichen|оплач|оплат|погаш"
_OPEN: Final = r"balance|outstanding|remain|unpaid|\bopen|amount due|\boffen|\brest|saldo|остат|долг|задолж"
_PAID_TITLE: Final = re.compile(_PAID, re.IGNORECASE)
_OPEN_TITLE: Final = re.compile(_OPEN, re.IGNORECASE)
_STATE_TITLE: Final = re.compile(r"stat(?:us|e\b)|zustand|статус|состояни", re.IGNORECASE)
_OF_OTHERS: Final = re.compile(
    r"term|method|expect|plan|promis|\bvia\b|reference|link|bedingung|ziel\b|weise|\bart\b|erwart|zweck"
    r"|срок|способ|услови|назначени|ожида",
    re.IGNORECASE,
)
"""Titles of how and until when is to be paid."""
_IS_PAID: Final = re.compile(
    r"\W*(?:fully |in full |voll(?:ständig)? )?"
    r"(?:paid|settled|cleared|closed|bezahlt|beglichen|ausgeglichen|erledigt|оплачен\w*|погашен\w*|закрыт\w*)\b",
    re.IGNORECASE,
)
_NONE_OF_OURS: Final = "export what is open of each invoice too, or the day on which it was paid"
_LONGEST: Final = 60
"""Longer cells are neither amounts nor days nor states, and patterns are slow on some of them."""
_AMOUNT: Final = re.compile(r"\W*[A-Za-z]{0,4}\W*\d[\d\s.,'’]*\W*[^\W\d]{0,4}\W*")
_DATE: Final = re.compile(r"\s*(?:\d{1,4}[-./]\d{1,2}[-./]\d{1,4}.*|\d{1,2}\W+[^\W\d]+\W+\d{2,4})", re.DOTALL)


def unread_payments(
    table: Table, kind: str, columns: Mapping[str, int], setting: Setting
) -> Problem | None:  # fmt: skip
    """Return a problem where invoices are said to be paid in a column that nobody reads, and in no other.

    Args:
        table: that nothing says to be of a known system.
        kind: the table's key; only invoices are looked at.
        columns: index of each of our columns.
        setting: says where a column has to be named.
    """
    if kind != "invoices" or "amount" not in columns:
        return None
    if any(name in columns for name in _TELL):
        return _blank_balance(table, columns)
    read, found = set(columns.values()), dict[str, Problem]()
    for at, title in enumerate(table.header):
        about = any(words.search(title) for words in (_OPEN_TITLE, _PAID_TITLE, _STATE_TITLE))
        if at in read or not about or title.endswith(THEIRS) or _OF_OTHERS.search(title):
            continue
        for row, cells in enumerate(table.rows):
            ours = _told(title, cells[at].strip(), cells[columns["amount"]].strip())
            if ours is not None:
                named = setting(("columns", kind, ours), f'"{title}"')
                found.setdefault(ours, Problem(
                    "D092", f"column {title}, which is not read, tells what is paid",
                    table.name, table.lines[row] or None, row=row + 1, column=title, value=cells[at].strip(),
                    remedy=f"name it: {named}" if ours else _NONE_OF_OURS,
                ))  # fmt: skip
                break
    return next(
        (found[ours] for ours in ("open_amount", "paid_amount", "paid_date", "") if ours in found), None
    )


def _blank_balance(table: Table, columns: Mapping[str, int]) -> Problem | None:
    """Return a problem where some invoices have no balance, and those that are open in full have theirs.

    A blank there is nothing open in all likelihood, and would count as the whole amount.
    """
    if {*columns} & {"paid_amount", "paid_date", "kind"}:
        return None
    at, money = columns["open_amount"], columns["amount"]
    texts = [(row[at].strip(), row[money].strip()) for row in table.rows]
    blank = [
        row for row, (left, amount) in enumerate(texts) if amount and not left and row not in table.aside
    ]
    if not blank or not any(left and left == amount for left, amount in texts):
        return None
    return Problem(
        "D092", "the open amount is missing, and of invoices that are open in full it is there",
        table.name, table.lines[blank[0]] or None, row=blank[0] + 1, column=table.header[at],
        remedy="write 0 where nothing is open", count=len(blank) - 1,
    )  # fmt: skip


def _told(title: str, cell: str, amount: str) -> str | None:
    """Return which of our columns a cell belongs to that says that something is paid, "" for none of them."""
    if len(cell) > _LONGEST:
        return None
    is_amount, has_digits = bool(_AMOUNT.fullmatch(cell)), any(char in "123456789" for char in cell)
    if _OPEN_TITLE.search(title) and not _STATE_TITLE.search(title):
        return "open_amount" if is_amount and cell != amount else None
    if _PAID_TITLE.search(title):
        if _DATE.fullmatch(cell):
            return "paid_date"
        if is_yes(cell) or _IS_PAID.match(cell):
            return ""
        return "paid_amount" if is_amount and has_digits else None
    return "" if _STATE_TITLE.search(title) and _IS_PAID.match(cell) else None
