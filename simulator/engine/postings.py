"""Add what moves to the cells, in the company's currency."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.engine.billing import Flow, Invoices
from simulator.engine.block import Block
from simulator.engine.contracts import DayRates
from simulator.engine.populations import Places
from simulator.products import NO_PRODUCT
from simulator.targets import Posted, Series

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Account:
    """Where the movements of some contracts go.

    Attributes:
        rates: of the contracts' currency.
        rows: slice of each contract, or of all.
        trial: of each, within the block.
        rate_day: day of signature, at whose rate revenue is converted.
        ruled: whether revenue is counted for them, so that billings defer it.
        product: index of their product, −1 for none.
    """

    rates: DayRates
    rows: Integers | int
    trial: Integers
    rate_day: Integers
    ruled: bool
    product: int = NO_PRODUCT

    def of(self, entry: Places) -> Integers | int:
        """Return the slices of some contracts."""
        return self.rows if isinstance(self.rows, int) else self.rows[entry]


@dataclass(frozen=True)
class Postings:
    """Adds what moves to the cells of a block.

    Attributes:
        block: under way.
    """

    block: Block

    def post(
        self, series: Posted, row: Integers | int, day: Integers, trial: Integers, money: Floats
    ) -> None:
        """Post company money to a series; days beyond the horizon do not count."""
        if len(day):
            self.block.cells.add(series, row, day, trial, money)

    def of_product(self, series: Series, product: int, day: Integers, trial: Integers, money: Floats) -> None:
        """Add company money inside the horizon to the total of a product, where such totals are kept."""
        if product != NO_PRODUCT and series in self.block.by_product:
            inside = (day > 0) & (day <= self.block.plan.last_day)
            np.add.at(self.block.by_product[series][product], trial, money * inside)

    def invoices(self, account: Account, written: Invoices) -> None:
        """Post the invoices of an instalment, their tax and what is paid of them."""
        rows, trial, day = account.of(written.entry), account.trial[written.entry], written.day
        net = account.rates.convert(written.net, day, trial)
        self.post("billings", rows, day, trial, net)
        if not account.ruled and self.block.plan.defers:
            self.post("deferred", 0, day, trial, -net)  # billings that nothing will be recognised of
        if written.taxed:
            due = self.block.plan.tax_due.take(day, mode="clip")
            self.post("tax", 0, due, trial, account.rates.convert(written.tax, day, trial))
        self.paid(account, written)

    def paid(self, account: Account, written: Invoices) -> None:
        """Post what is paid of invoices after the as-of day."""
        for flow in written.receipts():
            rows, trial, day = account.of(flow.entry), account.trial[flow.entry], flow.day
            self.post("receipts", rows, day, trial, account.rates.convert(flow.amount, day, trial))

    def revenue(self, account: Account, flow: Flow) -> None:
        """Post what is recognised inside the horizon, at the rate of the day of signature."""
        rows, trial, day = account.of(flow.entry), account.trial[flow.entry], flow.day
        money = account.rates.convert(flow.amount, account.rate_day[flow.entry], trial)
        self.post("revenue", rows, day, trial, money)
        self.of_product("revenue", account.product, day, trial, money)
