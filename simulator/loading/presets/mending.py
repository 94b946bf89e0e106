"""Mend in exports of deals what renaming columns cannot: rows that are no deals, markup, ids, currencies."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from simulator.errors import InputError
from simulator.loading.outcome_words import is_yes
from simulator.loading.presets.preset import Titles, squashed
from simulator.loading.tables import UNNAMED, Table

GROUP: Final = "W060"
CONTINUED: Final = "W061"
DEAL_AGAIN: Final = "W062"
DELETED: Final = "W063"
NO_STAGE: Final = "W064"
CLOSED_AT: Final = "W065"
BY_NAME: Final = "W066"
LEAD: Final = "W068"
ARCHIVED: Final = "W069"

_DELETED: Final = ("isdeleted", "deleted", "gelöscht", "удалено", "удален", "dealdeleted")
_OF_PEOPLE: Final = ("name", "customer", "stage", "owner", "lost_reason", "category", "segment")
_IN_A_RECORD: Final = ("id", "name", "customer", "owner", "created", "expected_close", "closed", "outcome")
_GROUP = re.compile(
    r".*\(\d[\d., ]*( records?| datensätze?| datensatz| запис\w+)?\)|((record )?count|anzahl|количество)\b.*"
)
"""What stands in a row above or below a group of a report: `Negotiation (5)`, `Count`."""
_TOTAL = re.compile(
    r"(grand |sub[- ]?)?totals?:?|(gesamt|zwischen|end)summe:?|gesamt:?|insgesamt:?|итого:?|всего:?"
    r"|(общий |промежуточный )итог:?"
)
_OF_WHAT = re.compile(r"sum|summe|сумма|(record )?count|anzahl|количество")
_OF_WHAT_ELSE = re.compile(r"avg|average|min|max|median|durchschnitt|mittelwert|среднее|минимум|максимум")
"""What a sum of a report is of; names of people too, so that the latter count beside others only."""
_NUMBER = re.compile(r"([A-Z]{3}|[^\w\s])?\s*-?\d[\d.,\s'’]*%?\s*([A-Z]{3}|[^\w\s])?")
_TAG = re.compile(r"<[^<>]*>")
_CONVERTED = re.compile(r"(?<=[\d.,])\s*\([A-Z]{3}\s*[-\d.,\s]+\)$")
_CODE_AND_NAME = re.compile(r"([A-Z]{3})\s+-\s+.+")
_CURRENCIES: Final = {
    "EUR": "euro евро", "USD": "usdollar usdollars unitedstatesdollar dollar долларсша доллар",
    "GBP": "poundsterling britishpound britischespfund pfundsterling фунтстерлингов",
    "CHF": "swissfranc schweizerfranken швейцарскийфранк", "RUB": "russianruble rubel российскийрубль рубль",
    "JPY": "japaneseyen yen", "CAD": "canadiandollar kanadischerdollar", "SEK": "swedishkrona",
    "AUD": "australiandollar australischerdollar", "PLN": "polishzloty zloty", "CZK": "czechkoruna",
    "DKK": "danishkrone", "NOK": "norwegiankrone", "INR": "indianrupee", "CNY": "chineseyuan yuanrenminbi",
}  # fmt: skip
_BY_CURRENCY: Final = {name: code for code, names in _CURRENCIES.items() for name in names.split()}


def mended(table: Table, columns: Titles) -> Table:
    """Return an export of deals with what all systems need: plain cells, rows that are no deals put aside.

    Left out are rows of groups of a report, rows with further values of the deal above, deleted deals, and
    rows that tell a deal again for another of its products or contacts, whose amount would be counted twice.
    """
    table = _with_plain_cells(table, columns)
    table = put_aside(table, GROUP, _groups(table, columns))
    known = [at for title in columns.values() if (at := table.column(title)) is not None]
    nothing = rows_where(table, lambda row: not any(row[at].strip() for at in known))
    table = put_aside(table, CONTINUED, nothing)
    flags = [texts_under(table, title) for title in table.header if squashed(title) in _DELETED]
    deleted = [row for row, told in enumerate(zip(*flags, strict=True)) if any(map(is_yes, told))]
    table = put_aside(table, DELETED, deleted)
    table = _with_ids(table, columns)
    return put_aside(table, DEAL_AGAIN, _repeats(table, columns))


def rows_where(table: Table, holds: Callable[[Sequence[str]], bool]) -> list[int]:
    """Return the rows of which something holds."""
    return [number for number, row in enumerate(table.rows) if holds(row)]


def put_aside(table: Table, code: str, rows: Sequence[int]) -> Table:
    """Return a table in which rows are left out by a rule, unless another one leaves them out already."""
    return replace(table, aside={**dict.fromkeys(rows, code), **table.aside}) if rows else table


def used_by(table: Table, code: str, rows: Sequence[int]) -> Table:
    """Return a table of which rows are used by a rule."""
    kept = tuple(row for row in rows if row not in table.aside)
    return replace(table, mended={**table.mended, code: kept}) if kept else table


def texts_of(table: Table, columns: Titles, ours: str) -> list[str]:
    """Return the cells of one of our columns, without blanks around them, "" where there is none."""
    return _texts(table, table.column(columns.get(ours, ours)))


def texts_under(table: Table, title: str | None) -> list[str]:
    """Return the cells of a column that is none of ours, as `texts_of` does.

    Raises:
        InputError: the column cannot be read.
    """
    at = None if title is None else table.column(title)
    if at is not None and (flaws := table.flaws_of([at])):
        raise InputError(flaws)
    return _texts(table, at)


def with_texts(table: Table, title: str, texts: Sequence[str]) -> Table:
    """Return a table with the cells of a column replaced, which is added where it is not there."""
    at = table.column(title)
    if at is None:
        rows = tuple((*row, text) for row, text in zip(table.rows, texts, strict=True))
        return replace(table, header=(*table.header, title), rows=rows)
    rows = tuple((*row[:at], text, *row[at + 1 :]) for row, text in zip(table.rows, texts, strict=True))
    return replace(table, rows=rows)


def currency_code(text: str) -> str:
    """Return the ISO code of a currency that is written as `Euro` or `EUR - Euro`, all else as it stands."""
    named = _CODE_AND_NAME.fullmatch(text)
    return named[1] if named else _BY_CURRENCY.get(squashed(text), text)


def _texts(table: Table, at: int | None) -> list[str]:
    return [""] * len(table.rows) if at is None else [row[at].strip() for row in table.rows]


def _with_plain_cells(table: Table, columns: Titles) -> Table:
    """Return a table without tags, with ISO codes of currencies, and amounts in one currency each."""
    mend: dict[str, Callable[[str], str]] = dict.fromkeys(_OF_PEOPLE, _plain)
    mend |= {"currency": currency_code, "amount": lambda text: _CONVERTED.sub("", text)}
    for ours, mending in mend.items():
        title = columns.get(ours, ours)
        texts = texts_of(table, columns, ours)
        changed = {text: new for text in set(texts) if (new := mending(text)) != text}
        if changed:
            table = with_texts(table, title, [changed.get(text, text) for text in texts])
    return table


def _plain(text: str) -> str:
    if "<" in text:
        text = _TAG.sub("", text)
    return html.unescape(text).strip() if "&" in text else text


def _groups(table: Table, columns: Titles) -> list[int]:
    """Return the rows of groups, counts and totals.

    In those of groups and counts what every deal has is missing, and a cell says what they are; in a total
    nothing but numbers stands behind the word for it.
    """
    places = {ours: table.column(columns.get(ours, ours)) for ours in (*_IN_A_RECORD, "stage")}
    stage = places.pop("stage")
    keys = [at for at in places.values() if at is not None]

    def is_none(row: Sequence[str]) -> bool:
        if is_summary(table, row):
            return True
        if stage is not None and row[stage].strip():
            return False
        says = [
            at for at, cell in enumerate(row) if cell.strip() and _GROUP.fullmatch(cell.strip().casefold())
        ]
        return bool(says) and not any(row[at].strip() for at in keys if at not in says)

    return rows_where(table, is_none)


def is_summary(table: Table, row: Sequence[str]) -> bool:
    """Tell whether nothing but numbers, and what they are of, stands behind a word for a total."""
    at = next((at for at, cell in enumerate(row) if cell and not cell.isspace()), None)
    if at is None:
        return False
    label = row[at].strip().casefold()
    beside = UNNAMED.fullmatch(table.header[at]) and _OF_WHAT_ELSE.fullmatch(label)
    counts = beside or _OF_WHAT.fullmatch(label)
    if not counts and not _TOTAL.fullmatch(label):
        return False  # what most rows are
    others = [cell.strip() for cell in row[at + 1 :] if cell.strip()]
    return bool(others or not counts) and all(
        _NUMBER.fullmatch(cell) or _OF_WHAT.fullmatch(folded) or _OF_WHAT_ELSE.fullmatch(folded)
        for cell in others
        for folded in (cell.casefold(),)
    )


def _with_ids(table: Table, columns: Titles) -> Table:
    """Return a table with ids: where the export has none, deals are known by their name, and customer.

    Raises:
        InputError: names do not tell the deals apart.
    """
    if table.column(columns.get("id", "id")) is not None:
        return table
    names, customers = (texts_of(table, columns, ours) for ours in ("name", "customer"))
    kept = [row for row in range(len(names)) if row not in table.aside]
    often = Counter(names[row] for row in kept)
    ids = [
        f"{name} ({customer})" if often[name] > 1 and customer else name
        for name, customer in zip(names, customers, strict=True)
    ]
    seen = Counter(ids[row] for row in kept)
    problems = [
        table.problem(
            "D076",
            "deals have no id, and this name stands twice",
            row,
            columns.get("name"),
            ids[row],
            "export the ids of the deals too, such as Opportunity ID, Record ID or External ID",
        )
        for row in kept
        if seen[ids[row]] > 1
    ]
    if problems:
        raise InputError(problems)
    return used_by(with_texts(table, "id", ids), BY_NAME, kept)


def _repeats(table: Table, columns: Titles) -> list[int]:
    """Return the rows that tell of a deal what an earlier row tells; others are for a reader to refuse."""
    told = ("id", "stage", "amount", "outcome")
    keys = list(zip(*(texts_of(table, columns, ours) for ours in told), strict=True))
    if len(set(keys)) == len(keys):
        return []
    first: dict[tuple[str, ...], int] = {}
    kept = (row for row, key in enumerate(keys) if key[0] and row not in table.aside)
    return [row for row in kept if first.setdefault(keys[row], row) != row]
