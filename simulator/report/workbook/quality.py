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
    tables = [table for table in (_rows(payload, currency), _warnings(warnings, currency)) if table.rows]
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
    for one in (payload.get("open_deals") or {}).get("doubtful") or []:
        told = [plain(one["what"]), plain(one["then"])]
        rows.append(["open deals", "forecast, doubtful", *told, one["deals"], None, one["amount"]])
    return Table("Rows", head, rows, "What became of the rows of the tables", strong, rest="quality.json")


def _fates(table: Mapping[str, Any]) -> Iterator[list[Value]]:
    name = plain(table["table"])
    yield [name, "read", f"from {plain(table['file'])}" if table["file"] else "", "", *_sums(table["read"])]
    for fate, key in (("used", "used"), ("repaired and used", "repaired"), ("left out", "left_out")):
        for row in table[key]:
            yield [name, fate, plain(row["what"]), plain(row.get("then") or ""), *_sums(row)]


def _sums(row: Mapping[str, Any]) -> list[Value]:
    return [row["rows"], row["without_amount"], row["amount"]]


def _warnings(warnings: list[Mapping[str, Any]], currency: str) -> Table:
    head = [*columns(TEXT, "code"), *columns(money(currency), "amount"), *columns(LONG, "what")]
    rows = [[plain(w.get("code") or ""), w.get("amount"), plain(w["text"])] for w in warnings]
    return Table("Warnings", head, rows, "What to look at")
