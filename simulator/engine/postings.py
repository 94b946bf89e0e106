"""Add what moves to the cells, in the company's currency."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.engine.billing import Flow, Invoices
from simulator.engine.block import Block
from simulator.engine.contracts import DayRates
from simulator.engine.populations import ALL, Places
from simulator.engine.walk import Walkers
from simulator.products import NO_PRODUCT
from simulator.records import dataclass
from simulator.targets import Posted, Series

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Account:
    """Where the movements of some contracts go.

    Attributes:
        walkers: whose contracts they are.
        rates: of the contracts' currency.
        rows: slice of each contract, or of all.
        trial: of each, within the block.
        rate_day: day of signature, at whose rate revenue is converted.
        ruled: whether revenue is counted for them, so that billings defer it.
        product: index of their product, −1 for none.
    """

    walkers: Walkers
    rates: DayRates
    rows: Integers | int
    trial: Integers
    rate_day: Integers
    ruled: bool
    product: int = NO_PRODUCT

    def slices(self, series: Posted, entry: Places) -> Integers | int:
        """Return the slices of some contracts in a series; what is the company's has one."""
        if series in ("tax", "deferred"):
            return 0
        return self.rows if isinstance(self.rows, int) else self.rows[entry]


@dataclass(frozen=True)
class Postings:
    """Adds what moves to the cells of a block.

    Attributes:
        block: under way.
    """

    block: Block

    def post(
        self, series: Posted, account: Account, day: Integers, money: Floats, entry: Places = ALL
    ) -> None:
        """Post company money of some contracts to a series; days beyond the horizon do not count."""
        if not len(day):
            return
        trial = account.trial[entry]
        self.block.cells.add(series, account.slices(series, entry), day, trial, money)
        if self.block.recorder is not None:
            self.block.recorder.moved(series, account.walkers.only(entry), trial, day, money)

    def of_product(
        self, series: Series, account: Account, day: Integers, money: Floats, entry: Places = ALL
    ) -> None:
        """Add company money inside the horizon to the total of a product, where such totals are kept."""
        if account.product != NO_PRODUCT and series in self.block.by_product:
            inside = (day > 0) & (day <= self.block.plan.last_day)
            total = self.block.by_product[series][account.product]
            np.add.at(total, account.trial[entry], money * inside)

    def tax(self, day: int, money: float) -> None:
        """Post tax that is passed on in every trial, whose invoices are of the past."""
        trial = np.arange(self.block.trials)
        days, each = np.full(len(trial), day), np.full(len(trial), money)
        self.block.cells.add("tax", 0, days, trial, each)
        if self.block.recorder is not None:
            self.block.recorder.moved("tax", None, trial, days, each)

    def invoices(self, account: Account, written: Invoices) -> None:
        """Post the invoices of an instalment, their tax and what is paid of them."""
        entry, day = written.entry, written.day
        trial = account.trial[entry]
        net = account.rates.convert(written.net, day, trial)
        self.post("billings", account, day, net, entry)
        if not account.ruled and self.block.plan.defers:
            self.post("deferred", account, day, -net, entry)  # billings that nothing will be recognised of
        if written.taxed:
            due = self.block.plan.tax_due.take(day, mode="clip")
            self.post("tax", account, due, account.rates.convert(written.tax, day, trial), entry)
        self.paid(account, written)

    def paid(self, account: Account, written: Invoices) -> None:
        """Post what is paid of invoices after the as-of day."""
        if self.block.recorder is not None:
            entry = written.entry
            walkers, trial = account.walkers.only(entry), account.trial[entry]
            self.block.recorder.invoiced(walkers, trial, account.rates, account.product, written)
        for flow in written.receipts():
            money = account.rates.convert(flow.amount, flow.day, account.trial[flow.entry])
            self.post("receipts", account, flow.day, money, flow.entry)

    def revenue(self, account: Account, flow: Flow) -> None:
        """Post what is recognised inside the horizon, at the rate of the day of signature."""
        entry = flow.entry
        money = account.rates.convert(flow.amount, account.rate_day[entry], account.trial[entry])
        self.post("revenue", account, flow.day, money, entry)
        self.of_product("revenue", account, flow.day, money, entry)
