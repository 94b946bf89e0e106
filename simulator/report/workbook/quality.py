"""Tell what became of the rows of the tables, which open deals are doubtful, and what to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simulator.report.results import Results
from simulator.report.workbook.columns import COUNT, LONG, TEXT, columns, money
from simulator.report.workbook.sheet import Sheet, Table, Value
from simulator.words import day, plain


def quality(results: Results) -> Sheet | None:
    """Return rows used, repaired and left out with the money in them, doubtful deals, and warnings."""
    payload, warnings = results.answer("quality") or {}, results.forecast.get("warnings") or []
    currency = str(results.forecast["currency"])
    found = [_rows(payload, currency), _doubtful(payload, currency), _warnings(warnings, currency)]
    tables = [table for table in found if table.rows]
    if not tables:
        return None
    title = f"The data behind the forecast, {currency} at the rates of {day(results.forecast['as_of'])}"
    return Sheet(title, tables)


def _rows(payload: Mapping[str, Any], currency: str) -> Table:
    head = [
        *columns(TEXT, "table", "became"), *columns(LONG, "what", "then"),
        *columns(COUNT, "rows", "of them without an amount"), *columns(money(currency), "amount"),
    ]  # fmt: skip
    rows: list[list[Value]] = []
    strong = []
    for table in payload.get("tables") or []:
        strong.append(len(rows))
        rows += list(_fates(table))
    return Table("Rows", head, rows, "Rows of the tables", strong, rest="quality.json")


def _fates(table: Mapping[str, Any]) -> Iterator[list[Value]]:
    name = plain(table["table"])
    yield [name, "read", f"from {plain(table['file'])}" if table["file"] else "", "", *_sums(table["read"])]
    for fate, key in (("used", "used"), ("repaired and used", "repaired"), ("left out", "left_out")):
        for row in table[key]:
            yield [name, fate, plain(row["what"]), plain(row.get("then") or ""), *_sums(row)]


def _sums(row: Mapping[str, Any]) -> list[Value]:
    return [row["rows"], row["without_amount"], row["amount"]]


def _doubtful(payload: Mapping[str, Any], currency: str) -> Table:
    head = [*columns(TEXT, "kind"), *columns(COUNT, "deals"), *columns(LONG, "what", "then"),
            *columns(money(currency), "amount")]  # fmt: skip
    rows = [
        [plain(one["kind"]), one["deals"], plain(one["what"]), plain(one["then"]), one["amount"]]
        for one in (payload.get("open_deals") or {}).get("doubtful") or []
    ]
    return Table("Doubtful", head, rows, "Open deals that one may doubt", rest="quality.json")


def _warnings(warnings: list[Mapping[str, Any]], currency: str) -> Table:
    head = [*columns(TEXT, "code"), *columns(LONG, "what"), *columns(money(currency), "amount")]
    rows = [[plain(w.get("code") or ""), plain(w["text"]), w.get("amount")] for w in warnings]
    return Table("Warnings", head, rows, "What to look at")
