"""Refuse a table in which a column that nobody reads tells the currencies of the amounts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from simulator.errors import Problem
from simulator.loading.tables import THEIRS, Table
from simulator.money import currency_in, is_currency

_TITLE = re.compile(
    r"curr|\bccy\b|\biso\b|währ|waehr|devis|divis|moned|moeda|monnaie|val[uú]t|walut|валют|döviz",
    re.IGNORECASE,
)
"""What currencies are called in titles."""
_WORDS: Final = frozenset(
    (
        *("ALL", "ANG", "BAM", "BOB", "COP", "CUP", "GEL", "LAK"),
        *("MKD", "MOP", "PEN", "PHP", "RON", "SOS", "TOP", "TRY"),
    )
)
"""Codes that are words, names and countries too: by themselves they tell no currency."""
_MOST: Final = 5


def unread_currencies(
    table: Table, columns: Mapping[str, int], company: str, setting: Callable[[str], str]
) -> Problem | None:
    """Return a problem where amounts may be in other currencies than the company's, as an unread column says.

    Such a column holds ISO 4217 codes and nothing else. It is harmless where all are the company's, where
    each amount has its currency beside it, and where the title of the amounts names the company's.

    Args:
        table: whose currency is told by no column that is read.
        columns: index of each of our columns.
        company: ISO code of the company's currency.
        setting: says of a title what has to be set, and where, so that the column is read.
    """
    if "currency" in columns or (money := columns.get("amount", columns.get("net"))) is None:
        return None
    read = {*columns.values(), *(at for at, title in enumerate(table.header) if title.endswith(THEIRS))}
    found = {at: codes for at in range(len(table.header)) if at not in read and (codes := _codes(table, at))}
    foreign = [at for at, codes in found.items() if {*codes} != {company}]
    if not foreign or company in re.findall(r"[A-Z]{3,}", table.header[money].upper()):
        return None
    kept = (row[money] for number, row in enumerate(table.rows) if number not in table.aside)
    if all(currency_in(amount) for amount in kept if amount.strip()):
        return None
    title, codes = table.header[foreign[0]], found[foreign[0]]
    held = ", ".join(codes[:_MOST]) + (", …" if len(codes) > _MOST else "")
    names = [table.header[at] for at in found]
    what = f"{'column' if len(names) == 1 else 'columns'} {' and '.join(names)}"
    verb = "holds" if len(names) == 1 else "hold"
    message = f"no column is said to tell the currency, and {what} {verb} currencies that are not read"
    remedy = f"say which it is: {setting(title)}; if none is, leave it out of the file"
    return Problem("D087", message, table.name, 1, column=title, value=held, remedy=remedy)


def _codes(table: Table, at: int) -> tuple[str, ...]:
    """Return the codes that a column holds, () where it is no column of currencies.

    Small letters, and codes that are words, need a title that says so.
    """
    titled = _TITLE.search(table.header[at]) is not None
    found: dict[str, None] = {}
    for number, row in enumerate(table.rows):
        if number in table.aside or not (cell := row[at].strip()) or cell in found:
            continue
        if at in table.flaws and cell.startswith("#"):
            continue  # an error of the spreadsheet
        code = cell.upper() if titled else cell
        if not is_currency(code):
            return ()
        found[code] = None
    return tuple(found) if titled or not _WORDS.issuperset(found) else ()
