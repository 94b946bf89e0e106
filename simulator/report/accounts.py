"""Add up a table: what is used of its money and what is left out are the file's total, in each currency."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from simulator.forecast.quality import quality
from simulator.money import minor_digits
from simulator.report.layout import WIDTH, table, wrapped
from simulator.scenario import Scenario
from simulator.scenario.scenario import TO_BE_SET
from simulator.words import plain

Value = TypeVar("Value")
_SHORTEST: Final = 24
"""Columns that a text keeps, however many currencies stand beside it."""


def accounts_of(scenario: Scenario) -> dict[str, Mapping[str, Any]]:
    """Return what is used and what is left out of each table that a scenario reads."""
    return {one["table"]: one for one in quality(scenario)["tables"]}


def account_lines(money: Mapping[str, Any], currency: str) -> list[str]:
    """Lay out what is used and what is left out of a table.

    Args:
        money: as `accounts_of` has it.
        currency: is shown where no amount is known.
    """
    codes = sorted(money["read"]["amounts"] or {currency: 0})
    rows = [[f"  {_short(one['what'])}", *_sums(one, codes)] for one in money["used"]]
    for one in money["left_out"]:
        noun = "rows" if one["rows"] else "parts of rows"
        rows.append([f"  left out: {noun} {one['what']}", *_sums(one, codes)])
    used, left = _total(money["used"], codes), _total(money["left_out"], codes)
    whole = [["used", *used], ["left out", *left], ["the file's total", *_sums(money["read"], codes)]]
    header = ["what becomes of the rows", "rows", *codes]
    numbers = zip(*(row[1:] for row in (header, *rows, *whole)), strict=True)
    room = max(WIDTH - sum(2 + max(map(len, column)) for column in numbers), _SHORTEST)
    return table(header, [line for row in (*rows, *whole) for line in _wrapped(row, room)])


def _wrapped(row: Sequence[str], columns: int) -> Iterator[list[str]]:
    """Yield a row on as many lines as its text needs, the numbers on the last."""
    indent = " " * (len(row[0]) - len(row[0].lstrip()))
    *above, last = wrapped(row[0], columns, indent, f"{indent}  ")
    yield from ([text, *([""] * len(row[1:]))] for text in above)
    yield [last, *row[1:]]


def by_origin(
    segments: Mapping[str, Value], told: Callable[[Value], str]
) -> list[tuple[str, str]]:  # fmt: skip
    """Return each origin that something of the segments has, and where there are two, whose each is.

    Args:
        segments: something of each.
        told: gives its origin.
    """
    found: dict[str, list[str]] = {}
    for name, value in segments.items():
        found.setdefault(told(value), []).append(plain(name, 40))
    if len(found) < 2:
        return [("", origin) for origin in found]
    return [(f" of {', '.join(names)}", origin) for origin, names in found.items()]


def guess_told(source: str) -> str:
    """Return a source in words: what is to be set is a guess."""
    told = source.removeprefix(f"{TO_BE_SET}: ")
    return told if told == source else f"a guess, {told}"


def _short(text: str) -> str:
    """Return what rows are used as without its particulars: `won before 1 Jan 2026: the rest is forecast`."""
    return re.sub(r", [^:]*:", ":", text)


def _sums(one: Mapping[str, Any], codes: Sequence[str]) -> list[str]:
    return [f"{one['rows']:,}", *(_amount((one["amounts"] or {}).get(code, 0), code) for code in codes)]


def _total(parts: Sequence[Mapping[str, Any]], codes: Sequence[str]) -> list[str]:
    amounts = {code: sum((one["amounts"] or {}).get(code, 0) for one in parts) for code in codes}
    return _sums({"rows": sum(one["rows"] for one in parts), "amounts": amounts}, codes)


def _amount(value: float, code: str) -> str:
    return f"{value:,.{minor_digits(code)}f}"
