"""Collect what became of each row of the tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from simulator.loading.cash import NEVER
from simulator.loading.cells import Cells
from simulator.loading.documents import gross
from simulator.loading.figures import EARLY, LATE
from simulator.loading.given import Given
from simulator.loading.notes import RULES, dated
from simulator.loading.problems import Problems
from simulator.scenario.quality import EARLIER, LEFT_OUT, LOST, OPEN, WON, Doubtful, Quality, Rule, TableRows

DROPPED: Final = "W044"
OF_LEFT_OUT: Final = "deal"
_RULES: Final = RULES | {
    "W030": Rule("line", "of deals that they do not add up to", "counted with their share of the deal"),
    DROPPED: Rule("deal", "that the scenario drops", LEFT_OUT),
    OF_LEFT_OUT: Rule("line", "of deals that are left out", LEFT_OUT),
    EARLY: Rule("figure", "of months before the first that is told", LEFT_OUT),
    LATE: Rule("figure", "of months whose end the forecast does not reach", LEFT_OUT),
    NEVER: Rule("outflow", "on no day of the forecast", LEFT_OUT),
}
_LINES: Final = {OPEN: OPEN, WON: WON, EARLIER: WON, LOST: LOST}
"""What lines are used as, by what becomes of their deal."""
Money = tuple[int, str] | None


def quality(
    given: Given, still_open: Sequence[str], doubtful: Sequence[Doubtful], first_win_day: int
) -> Quality:
    """Return what became of the rows of tables that hold no problem.

    Args:
        given: the tables, as they have been read.
        still_open: ids of the deals that are forecast, without those that the scenario drops.
        doubtful: kinds of open deals.
        first_win_day: of wins that count as booked.
    """
    tables = {key: _rows(given, key) for key in given.read if key != "lines"}
    if (deals := tables.get("deals")) is not None:
        kept = frozenset(still_open)
        fates = (
            DROPPED if fate == OPEN and deal not in kept else fate
            for deal, fate in zip(deals.id, deals.fate, strict=True)
        )  # fmt: skip
        tables["deals"] = deals = replace(deals, fate=tuple(fates))
        if "lines" in given.read:
            tables["lines"] = _lines(given, deals)
    met = {key for table in tables.values() for key in (*table.repaired, *table.fate)}
    rules = {key: dated(rule, given.file.as_of) for key, rule in _RULES.items() if key in met}
    in_order = {key: tables[key] for key in given.tables if key in tables}
    return Quality(in_order, rules, tuple(doubtful), first_win_day)


def _rows(given: Given, key: str) -> TableRows:
    cells = given.read[key]
    company = cells.customs.rates.company
    read: Mapping[str, Callable[[Cells, int], Money]] = {
        "actuals": lambda quiet, row: _signed(quiet, row, company),
        "plan": lambda quiet, row: _signed(quiet, row, company),
        "outflows": lambda quiet, row: _in(quiet, row, company),
        "invoices": lambda quiet, row: gross(quiet, row, needed=False),
    }
    of_its_own: Callable[[Cells, int], Money] = lambda quiet, row: quiet.money(row, needed=False)  # noqa: E731
    return _table(given, key, [cells.fates[row] for row in range(len(cells))], read.get(key, of_its_own))


def _lines(given: Given, deals: TableRows) -> TableRows:
    """Return the rows of lines: they share the fate of their deal, and its currency."""
    cells, company = given.read["lines"], given.customs.rates.company
    place = {deal: row for row, deal in enumerate(deals.id)}
    whose = [place[cells.text(row, "deal")] for row in range(len(cells))]
    fates = [_LINES.get(deals.fate[deal], OF_LEFT_OUT) for deal in whose]
    codes = [deals.currency[deal] or company for deal in whose]
    return _table(given, "lines", fates, lambda quiet, row: _in(quiet, row, codes[row]))


def _table(
    given: Given, key: str, fates: Sequence[str], money_of: Callable[[Cells, int], Money]
) -> TableRows:
    cells = given.read[key]
    # Amounts that nobody needed were not read, and nobody is told now that one of them cannot be.
    quiet = replace(cells, problems=Problems())
    sums = {code for code, rule in _RULES.items() if rule.is_sum}
    money = [(None if fate in sums else money_of(quiet, row)) or (0, "") for row, fate in enumerate(fates)]
    return TableRows(
        file=given.file_of(key),
        id=tuple(cells.texts("id")),
        fate=tuple(fates),
        minor=np.array([minor for minor, _ in money], dtype=np.int64),
        currency=tuple(code for _, code in money),
        series=tuple(text.casefold() for text in cells.texts("series")) if cells.has("series") else (),
        repaired={code: tuple(rows) for code, rows in cells.repaired.items()},
        rest=cells.rest,
    )


def _in(quiet: Cells, row: int, code: str, signed: bool = False) -> Money:
    minor = quiet.minor(row, "amount", code, signed)
    return None if minor is None else (minor, code)


def _signed(quiet: Cells, row: int, code: str) -> Money:
    return _in(quiet, row, code, signed=True)
