"""Collect what has already come in, the one place that knows: forecasts add it to what is simulated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.forecast.groups import INVOICES
from simulator.scenario import Scenario
from simulator.targets import Series

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Happened:
    """What a series has brought up to the as-of day, one row an amount.

    Attributes:
        day: of each amount, ≤ 0, integers[amount].
        segment: index, −1 where none is known, integers[amount].
        amount: minor units of the company's currency, floats[amount].
        group: value of the column that the run is grouped by.
    """

    day: Integers
    segment: Integers
    amount: Floats
    group: tuple[str, ...]

    def total(
        self, first_day: int, last_day: int = 0, segment: int | None = None, group: str | None = None
    ) -> float:
        """Return the sum from a day to another, of one segment or group or of all."""
        chosen = (self.day >= first_day) & (self.day <= last_day)
        if segment is not None:
            chosen &= self.segment == segment
        if group is not None:
            chosen &= np.array([g == group for g in self.group], dtype=bool)
        return float(self.amount[chosen].sum())


def happened(scenario: Scenario, by: str | None = None) -> Mapping[Series, Happened]:
    """Return what each series has brought, as far as deals and invoices tell.

    Bookings are won deals on their close day, billings invoices on their own day (gross, as they are
    written), receipts paid invoices on the day of payment; each at that day's rate. A table of invoices that
    begins late adds no more than it holds.

    Args:
        scenario: with its wins and invoices, paid ones too.
        by: column of the deals by which the run is grouped.
    """
    wins, invoices = scenario.wins, scenario.receivables
    whose = np.array(scenario.invoice_segment or (-1,) * len(invoices), dtype=np.int64)
    codes = [invoices.currencies[i] for i in invoices.currency_index.tolist()]
    groups = wins.extra.get(by, ("",) * len(wins)) if by else ("",) * len(wins)
    sent = (INVOICES,) * len(invoices)
    amount = invoices.amount_minor
    return {
        "bookings": _known(scenario, wins.day, wins.segment, wins.amount, wins.currency, groups),
        "billings": _known(scenario, invoices.invoice_day, whose, amount, codes, sent),
        "receipts": _known(scenario, invoices.paid_day, whose, amount, codes, sent),
    }


def _known(
    scenario: Scenario, day: Integers, segment: Integers, amount: Integers, currencies: Sequence[str],
    groups: Sequence[str],
) -> Happened:  # fmt: skip
    """Keep what is known at the end of the as-of day, in the company's currency."""
    kept = np.flatnonzero(day <= 0)
    ours = np.zeros(len(kept))
    codes = np.array([currencies[i] for i in kept.tolist()], dtype=str)
    for code in set(codes.tolist()):
        rows = codes == code
        ours[rows] = scenario.rates.convert(amount[kept[rows]], code, day[kept[rows]])
    return Happened(day[kept], segment[kept], ours, tuple(groups[i] for i in kept.tolist()))
