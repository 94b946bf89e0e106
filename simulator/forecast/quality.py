"""Write what became of the rows of the tables as the fields of quality.json, with the money in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.money import minor_digits
from simulator.scenario import Scenario
from simulator.scenario.quality import (
    CREDITED,
    DUE,
    EARLIER,
    IN_PART,
    LEFT_OUT,
    LOST,
    OPEN,
    PAID,
    PAYMENT,
    WON,
    Integers,
    TableRows,
)
from simulator.words import day

BACKLOG: Final = "backlog"
_USES: Final[Mapping[str, Mapping[str, str]]] = {
    "deals": {
        OPEN: "open: forecast",
        WON: "won since {first}: already booked",
        BACKLOG: "won before {first}, not all invoiced, recognised or paid: the rest is forecast",
        EARLIER: "won before {first}, nothing left to come",
        LOST: "lost: the past only",
    },
    "invoices": {
        OPEN: "open: what they bring is forecast",
        IN_PART: "paid in part: what the rest brings is forecast",
        PAID: "paid: counted on the day of payment",
        CREDITED: "credit notes, taken off their invoices, and invoices of which nothing is left",
        PAYMENT: "payments, counted on their invoices",
    },
    "lines": {OPEN: "of open deals", WON: "of won deals", LOST: "of lost deals: the past only"},
    "renewals": {DUE: "due within the forecast"},
    "outflows": {PAID: "paid within the forecast"},
}
"""What rows of each table are used as, in the order in which that is told; figures are, by their series."""


def quality(scenario: Scenario) -> dict[str, Any]:
    """Return the fields of quality.json: what was used and what was left out add up to what was read.

    Amounts are exact by currency; in the company's each row is rounded, at the rate of the as-of day.
    """
    unit = 10.0 ** minor_digits(scenario.currency)
    worth = scenario.rates.worth(scenario.pipeline.amount, scenario.pipeline.currency)
    return {
        "schema_version": 1,
        "scenario": scenario.name,
        "as_of": scenario.horizon.as_of.isoformat(),
        "currency": scenario.currency,
        "tables": [_Table(scenario, key).told() for key in scenario.quality.tables],
        "open_deals": {
            "deals": len(scenario.pipeline),
            "amount": float(worth.sum()) / unit,
            "doubtful": [
                {
                    "kind": kind.name,
                    "deals": kind.deals,
                    "amount": kind.minor / unit,
                    "what": kind.text,
                    "then": kind.then,
                }
                for kind in scenario.quality.doubtful
            ],
        },
    }


class _Table:
    """One table on its way into the file."""

    def __init__(self, scenario: Scenario, key: str) -> None:
        self.scenario, self.key, self.rows = scenario, key, scenario.quality.tables[key]
        self.fate = np.array(_fates(scenario, key, self.rows), dtype=np.str_)
        self.currency = np.array(self.rows.currency, dtype=np.str_)
        self.series = np.array(self.rows.series or [""] * len(self.fate), dtype=np.str_)
        self.known = self.currency != ""
        self.read = self.money(self.rows.minor)
        self.rest = {key: self.money(_at(rest, len(self.fate))) for key, rest in self.rows.rest.items()}
        self.used = self.read - sum(self.rest.values(), start=np.zeros_like(self.read))

    def money(self, minor: Integers) -> Integers:
        """Return minor units of each row, `[0]` as they are and `[1]` in the company's currency."""
        worth = np.zeros(len(self.fate), dtype=np.int64)
        worth[self.known] = self.scenario.rates.worth(minor[self.known], self.currency[self.known].tolist())
        return np.stack((minor, worth))

    def told(self) -> dict[str, Any]:
        """Return the table's entry."""
        rules = self.scenario.quality.rules
        left_out = np.isin(self.fate, [key for key, rule in rules.items() if rule.leaves_out])
        return {
            "table": self.key,
            "file": self.rows.file,
            "read": self.sums(np.ones(len(self.fate), dtype=np.bool_), self.read),
            "used": [
                {"as": use, "what": what} | self.sums(self.fate == use)
                for use, what in self.uses(np.unique(self.fate[~left_out]).tolist())
            ],
            "repaired": list(self.by_rule(self.repaired(left_out))),
            "left_out": [
                *self.by_rule({key: self.fate == key for key in sorted({*self.fate[left_out]})}),
                *self.parts(),
            ],
        }

    def uses(self, found: list[str]) -> Iterator[tuple[str, str]]:
        """Yield what rows are used as, of that which is found, with its words."""
        first = day(self.scenario.horizon.date_of(self.scenario.quality.first_win_day))
        texts = _USES.get(self.key) or {series: series for series in found}
        for use, text in texts.items():
            if use in found:
                yield use, text.format(first=first)

    def repaired(self, left_out: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
        """Return rows by rule: those that are used by it."""
        found = {}
        for key in sorted(self.rows.repaired.keys() - self.rest.keys()):
            mask = np.zeros(len(self.fate), dtype=np.bool_)
            mask[list(self.rows.repaired[key])] = True
            if (mask & ~left_out).any():
                found[key] = mask & ~left_out
        return found

    def by_rule(self, masks: Mapping[str, NDArray[np.bool_]]) -> Iterator[dict[str, Any]]:
        """Yield what was done by each rule; figures series by series, so that each entry has its sum."""
        for key, mask in masks.items():
            rule = self.scenario.quality.rules[key]
            for series in dict.fromkeys(self.series[mask].tolist()):
                what = f"{series} {rule.what}".strip()
                own = mask & (self.series == series)
                yield {"rule": str(key), "what": what, "then": rule.then} | self.sums(own)

    def parts(self) -> Iterator[dict[str, Any]]:
        """Yield what is left out of rows that are used, rule by rule: money, and no rows."""
        for key, rest in self.rest.items():
            what = self.scenario.quality.rules[key].what
            sums = self.sums(rest[0] != 0, rest) | {"rows": 0}
            yield {"rule": key, "what": what, "then": LEFT_OUT} | sums

    def sums(self, mask: NDArray[np.bool_], money: Integers | None = None) -> dict[str, Any]:
        """Return the number of some rows and the money in them, which those of several series have not.

        Args:
            mask: which rows.
            money: as `money` returns it, by default what is used of rows that are used.
        """
        minor, worth = self.used if money is None else money
        counts = {"rows": int(mask.sum()), "without_amount": int((mask & ~self.known).sum())}
        if len(np.unique(self.series[mask])) > 1:
            return counts | {"amount": None, "amounts": None}
        codes, minor, worth = self.currency[mask], minor[mask], worth[mask]
        return counts | {
            "amount": int(worth.sum()) / 10 ** minor_digits(self.scenario.currency),
            "amounts": {
                code: int(minor[codes == code].sum()) / 10 ** minor_digits(code)
                for code in np.unique(codes).tolist()
                if code
            },
        }


def _at(rest: Mapping[int, int], rows: int) -> Integers:
    """Return minor units by row, 0 where nothing is told."""
    found = np.zeros(rows, dtype=np.int64)
    found[list(rest)] = list(rest.values())
    return found


def _fates(scenario: Scenario, key: str, rows: TableRows) -> tuple[str, ...]:
    """Return what became of each row; of deals won long ago also whether anything is left of them."""
    if key != "deals" or EARLIER not in rows.fate:
        return rows.fate
    unfinished = {scenario.wins.id[rest.win] for rest in scenario.rests if not rest.finished}
    return tuple(
        BACKLOG if fate == EARLIER and deal in unfinished else fate
        for deal, fate in zip(rows.id, rows.fate, strict=True)
    )
