"""Refuse columns of money whose titles say that they are in thousands or millions: nothing scales them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from simulator.errors import Problem
from simulator.loading.currency_columns import WORDS
from simulator.loading.tables import Table
from simulator.money import CURRENCIES

_MONEY: Final = ("amount", "net", "tax", "paid_amount", "open_amount")
# Codes of any currency count in capitals only: small letters are words, such as French `mars`.
_CODES: Final = f"(?:eur|usd|gbp|chf|rub|(?-i:{'|'.join(code for code in CURRENCIES if code not in WORDS)}))"
_SIGNS: Final = "[€$£₽¥₹]"
_SCALED = re.compile(
    rf"\b[ktm]\s?{_CODES}\b|\b[ktm]\s?{_SIGNS}|(?:\b{_CODES}|{_SIGNS})\s?(?:[km]|mm|mn)\b"
    r"|(?:[(\[,]|\bin)\s*[kmt]\s*(?:[)\]]|$)|\bk$"
    r"|\b(?:thousands?|millions?|billions?|tsd|tausend|mio|mill|mrd|mln|mn|bn|lakhs?|crores?|milliers)\b"
    r"|\b000s?\b|(?:\b|x)1000s?\b|\bт\.?\s?р(?:уб)?\b"
    r"|\b(?:тыс(?:яч(?:а|и|ах)?)?|млн|млрд|миллион(?:ы|ов|ах)?|миллиард(?:ы|ов|ах)?)\b",
    re.IGNORECASE,
)
"""What people write into titles: `kEUR`, `T€`, `US$ m`, `in k`, `in thousands`, `'000`, `тыс. руб.`."""


def scaled_titles(table: Table, columns: Mapping[str, int]) -> Iterator[Problem]:
    """Yield a problem for each column of money whose title says that its amounts are not whole.

    Args:
        table: whose titles are looked at.
        columns: index of each of our columns.
    """
    for at in sorted({columns[ours] for ours in _MONEY if ours in columns}):
        title = table.header[at]
        if (match := _SCALED.search(title.replace("_", " "))) is not None:
            message = "the title says that the amounts are in thousands or more, and none are multiplied"
            remedy = "write the amounts in full, or as 12.5k, under a title that says so"
            yield Problem("D091", message, table.name, 1, column=title, value=match[0], remedy=remedy)
