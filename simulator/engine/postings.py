"""Gather what moves, in the company's currency, before it is added to the cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.engine.billing import Flow, Invoices
from simulator.engine.block import Block
from simulator.engine.cells import Entry
from simulator.engine.contracts import DayRates
from simulator.products import NO_PRODUCT
from simulator.targets import Posted, Series

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


MANY: Final = 1 << 21
"""Movements that may wait at once: thousands of open invoices would fill the memory."""


@dataclass(frozen=True)
class Account:
    """Where the movements of some contracts go.

    Attributes:
        rates: of the contracts' currency.
        rows: slice of each contract.
        trial: of each, within the block.
        rate_day: day of signature, at whose rate revenue is converted.
        ruled: whether revenue is counted for them, so that billings defer it.
        product: index of their product, −1 for none.
    """

    rates: DayRates
    rows: Integers
    trial: Integers
    rate_day: Integers
    ruled: bool
    product: int = NO_PRODUCT


@dataclass
class Postings:
    """Movements of a block that wait to be added to its cells.

    Attributes:
        block: under way.
    """

    block: Block
    _waiting: dict[Posted, list[Entry]] = field(default_factory=dict)
    _size: int = 0

    def post(self, series: Posted, row: Integers, day: Integers, trial: Integers, money: Floats) -> None:
        """Post company money to a series; days lie inside the horizon."""
        if len(day):
            cell = self.block.plan.cell_of_day[day]
            self._waiting.setdefault(series, []).append((row, cell, trial, money))
            self._size += len(day)
            if self._size > MANY:
                self.flush()

    def of_product(self, series: Series, product: int, trial: Integers, money: Floats) -> None:
        """Add company money to the total of a product, where such totals are kept."""
        if product != NO_PRODUCT and series in self.block.by_product:
            total = self.block.by_product[series][product]
            total += np.bincount(trial, weights=money, minlength=len(total))

    def invoices(self, account: Account, written: Invoices) -> None:
        """Post the invoices of an instalment, their tax and what is paid of them."""
        entry, last_day = written.entry, self.block.plan.last_day
        rows, trial = account.rows[entry], account.trial[entry]
        net = account.rates.convert(written.net, written.day, trial)
        self.post("billings", rows, written.day, trial, net)
        if account.ruled:
            self._deferred(written.day, trial, net)
        if self.block.plan.taxed and written.tax.any():
            due = self.block.plan.tax_due[written.day]
            some = np.flatnonzero(due <= last_day)
            tax = account.rates.convert(written.tax[some], written.day[some], trial[some])
            self.post("tax", np.zeros(len(some), dtype=np.int64), due[some], trial[some], tax)
        self.paid(account, written)

    def paid(self, account: Account, written: Invoices) -> None:
        """Post what is paid of invoices after the as-of day."""
        for flow in written.receipts():
            some = np.flatnonzero((flow.day > 0) & (flow.day <= self.block.plan.last_day))
            entry, day, amount = flow.entry[some], flow.day[some], flow.amount[some]
            rows, trial = account.rows[entry], account.trial[entry]
            self.post("receipts", rows, day, trial, account.rates.convert(amount, day, trial))

    def revenue(self, account: Account, flow: Flow) -> None:
        """Post what is recognised inside the horizon, at the rate of the day of signature."""
        some = np.flatnonzero((flow.day <= self.block.plan.last_day) & (flow.day > 0))
        entry, day = flow.entry[some], flow.day[some]
        trial = account.trial[entry]
        money = account.rates.convert(flow.amount[some], account.rate_day[entry], trial)
        self.post("revenue", account.rows[entry], day, trial, money)
        self.of_product("revenue", account.product, trial, money)
        self._deferred(day, trial, -money)

    def _deferred(self, day: Integers, trial: Integers, money: Floats) -> None:
        self.post("deferred", np.zeros(len(day), dtype=np.int64), day, trial, money)

    def flush(self) -> None:
        """Add everything to the cells."""
        for series, entries in self._waiting.items():
            self.block.cells.add(series, entries)
        self._waiting.clear()
        self._size = 0
