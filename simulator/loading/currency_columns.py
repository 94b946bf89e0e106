"""Refuse a table in which a column that nobody reads, or a title, tells the currencies of the amounts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from simulator.errors import Problem
from simulator.loading.tables import THEIRS, Table
from simulator.money import currency_in, is_currency, mark_of

Setting = Callable[[tuple[str, ...], str], str]
"""Says where a value has to be set that stands under keys of the data, for remedies."""
_TITLE = re.compile(
    r"curr|\bccy\b|\biso\b|währ|waehr|devis|divis|moned|moeda|monnaie|val[uú]t|walut|валют|döviz",
    re.IGNORECASE,
)
"""What currencies are called in titles."""
WORDS: Final = frozenset(
    (
        *("ALL", "ANG", "BAM", "BOB", "COP", "CUP", "GEL", "LAK"),
        *("MKD", "MOP", "PEN", "PHP", "RON", "SOS", "TOP", "TRY"),
    )
)
"""Codes that are words, names and countries too: by themselves they tell no currency."""
Mark = tuple[str, tuple[str, ...]]
"""The sign of an amount, "" where a code or something else names its currency, and what that may be."""
Column = TypeVar("Column", int, str)
NO_MARK: Final[Mark] = ("", ())
_PARTS: Final = re.compile(r"[\s()\[\]{},;:/_|-]+")
_IN: Final = ("in", "в")
_MOST: Final = 5


def unread_currencies(
    table: Table, kind: str, columns: Mapping[str, int], company: str, said: str | None, setting: Setting
) -> Problem | None:
    """Return a problem where amounts may be in other currencies than the company's, and nobody says so.

    An unread column of ISO 4217 codes may tell them, and so may the title of the amounts. The column is
    harmless where all are the company's, and where the title of the amounts names the company's. Nothing is
    open where each amount has its currency beside it.

    Args:
        table: whose currency is told by no column that is read.
        kind: the table's key.
        columns: index of each of our columns.
        company: ISO code of the company's currency.
        said: the currency in which the amounts are said to be; None where nobody has said one.
        setting: says where that, or the column, has to be said.
    """
    if said is not None or "currency" in columns or (money := money_column(columns)) is None:
        return None
    sign, meant = titled_mark(table.header[money])
    usual = meant[0] if meant and company not in meant else None
    found = code_columns(table, columns) if meant != (company,) else {}
    foreign = [title for title, codes in found.items() if {*codes} != {company}]
    if not (foreign or usual) or has_marks(table, money):
        return None
    column, one = ("columns", kind, "currency"), ("currencies", kind)
    if foreign:
        codes = found[foreign[0]]
        held = ", ".join(codes[:_MOST]) + (", …" if len(codes) > _MOST else "")
        what = f"{'column' if len(found) == 1 else 'columns'} {' and '.join(found)}"
        verb = "holds" if len(found) == 1 else "hold"
        message = f"no column is said to tell the currency, and {what} {verb} currencies that are not read"
        named, alone = setting(column, f'"{foreign[0]}"'), setting(one, usual or company)
        remedy = f"say which it is: {named}; if none is, say in what all amounts are: {alone}"
        return Problem("D087", message, table.name, 1, column=foreign[0], value=held, remedy=remedy)
    assert usual is not None
    value = usual if len(meant) == 1 else sign
    message = f"the title of the amounts names {value}, and the company's currency is {company}"
    remedy = f"say in what the amounts are, {usual} or {company}: {setting(one, usual)}"
    return Problem("D087", message, table.name, 1, column=table.header[money], value=value, remedy=remedy)


def money_column(columns: Mapping[str, Column]) -> Column | None:
    """Return the column of the amounts of those by our names, None without one."""
    return columns.get("amount", columns.get("net"))


def code_columns(table: Table, columns: Mapping[str, int]) -> dict[str, tuple[str, ...]]:
    """Return the columns that nobody reads and that hold currencies and nothing else: title and codes."""
    read = {*columns.values(), *(at for at, title in enumerate(table.header) if title.endswith(THEIRS))}
    return {
        title: codes
        for at, title in enumerate(table.header)
        if at not in read and (codes := _codes(table, at))
    }  # fmt: skip


def titled_mark(title: str) -> Mark:
    """Return the one mark of a currency in a title such as `Amount (USD)` or `Value, £`, as `mark_in` does.

    Of several the only one that is beyond doubt counts.
    """
    found = {meant: sign for word in _PARTS.split(title) for sign, meant in (_named(word),) if meant}
    sure = {meant: sign for meant, sign in found.items() if len(meant) == 1} or found
    if len(sure) != 1:
        return NO_MARK
    ((meant, sign),) = sure.items()
    return sign, meant


def titled_currency(title: str) -> str | None:
    """Return the one currency that a title such as `Amount (USD)` or `Сумма, руб.` names, else None."""
    _, meant = titled_mark(title)
    return meant[0] if len(meant) == 1 else None


def without_currency(title: str) -> str:
    """Return a title without the one currency that it names: `Amount (USD)`, `Amount in USD` are amounts."""
    if titled_mark(title) == NO_MARK:
        return title
    words = [word for word in _PARTS.split(title) if not _named(word)[1]]
    return " ".join(word for word in words if word.casefold() not in _IN)


def has_marks(table: Table, money: int) -> bool:
    """Tell whether each amount has its currency beside it."""
    return all(currency_in(amount) for amount in table.cells(money) if amount.strip())


def _named(word: str) -> Mark:
    sign, meant = mark_of(word)
    return NO_MARK if not sign and {*meant} & WORDS else (sign, meant)


def _codes(table: Table, at: int) -> tuple[str, ...]:
    """Return the codes that a column holds, () where it is no column of currencies.

    Small letters, and codes that are words, need a title that says so.
    """
    titled = _TITLE.search(table.header[at]) is not None
    found: dict[str, None] = {}
    for cell in map(str.strip, table.cells(at)):
        if not cell or cell in found:
            continue
        if at in table.flaws and cell.startswith("#"):
            continue  # an error of the spreadsheet
        code = cell.upper() if titled else cell
        if not is_currency(code):
            return ()
        found[code] = None
    return tuple(found) if titled or not WORDS.issuperset(found) else ()
