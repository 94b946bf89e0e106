"""Lay out the exact averages of a scenario: by period, by source, and what they leave in the bank."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulator.expected import Expected
from simulator.money import minor_digits
from simulator.records import dataclass
from simulator.report.layout import NOTHING, WIDTH, rounded_to_sum, table
from simulator.report.tables import SOURCES
from simulator.scenario import Scenario
from simulator.words import Scale, cut, day, days, period_name, plain

Floats = NDArray[np.float64]
LABELS = 12
"""Outflows that are named one by one, the largest."""


@dataclass(frozen=True)
class Averages:
    """The exact averages of a scenario, in major units.

    Attributes:
        scenario: whose.
        exact: its means.
    """

    scenario: Scenario
    exact: Expected

    @property
    def series(self) -> list[str]:
        """What flows, in the order in which it does: bookings, billings, revenue, receipts."""
        return [s for s in self.scenario.series if s != "arr"]

    @cached_property
    def unit(self) -> float:
        """Minor units of one major unit."""
        return 10.0 ** minor_digits(self.scenario.currency)

    @cached_property
    def cells(self) -> list[tuple[int, int]]:
        """Return the range of cells of each period."""
        horizon = self.scenario.horizon
        ends = ((horizon.day_of(p.start), horizon.day_of(p.end)) for p in horizon.periods)
        return [horizon.cells_between(first, last) for first, last in ends]

    def by_period(self, amounts: Floats) -> Floats:
        """Add up what stands by cell on the last axis; floats[period]."""
        flat = amounts.reshape(-1, amounts.shape[-1]).sum(axis=0)
        return np.array([flat[a:b].sum() for a, b in self.cells]) / self.unit

    def by_source(self, series: str) -> Floats:
        """Add up a series over segments and cells; floats[source]."""
        return np.asarray(getattr(self.exact, series).sum(axis=(1, 2)) / self.unit)

    @cached_property
    def paid_out(self) -> Floats:
        """What leaves the bank, tax passed on included; floats[period]."""
        horizon, outflows = self.scenario.horizon, self.scenario.cash.outflows or ()
        found = self.by_period(self.exact.tax)
        for place, period in enumerate(horizon.periods):
            first, last = horizon.day_of(period.start), horizon.day_of(period.end)
            found[place] += sum(o.amount for o in outflows if first <= o.day <= last) / self.unit
        return found

    @cached_property
    def balance(self) -> Floats:
        """The average balance at the end of each period; floats[period]."""
        opening = (self.scenario.cash.opening_balance or 0) / self.unit
        return np.asarray(opening + np.cumsum(self.by_period(self.exact.receipts) - self.paid_out))

    @cached_property
    def largest(self) -> float:
        """The largest sum over all periods."""
        return max((float(self.by_source(s).sum()) for s in self.series), default=0.0)

    def fine(self, scale: Scale) -> Scale:
        """Return the scale that shows three digits of the largest period: no simulation blurs averages."""
        every = [self.by_period(getattr(self.exact, s)) for s in self.series]
        return scale.showing(max((float(found.max(initial=0.0)) for found in every), default=0.0), 3)


def period_table(averages: Averages, scale: Scale) -> list[str]:
    """Lay out bookings, billings, revenue and receipts by period, and the balance where there is one."""
    scenario, fine = averages.scenario, averages.fine(scale)
    columns = [averages.by_period(getattr(averages.exact, s)) for s in averages.series]
    header = ["period", *averages.series]
    if scenario.cash.has_balance:
        header += ["paid out", "balance at its end"]
        columns.append(averages.paid_out)
    cells = [_adding_up(column, fine) for column in columns]
    rows = []
    for place, period in enumerate(scenario.horizon.periods):
        name = period_name(period.name, period.start, period.end, period.whole)
        level = [fine.number(float(averages.balance[place]))] if scenario.cash.has_balance else []
        rows.append([name, *(column[place] for column in cells), *level])
    last = [""] if scenario.cash.has_balance else []
    rows.append(["in all", *(column[-1] for column in cells), *last])
    heading = f"What to expect on average, {scale.name}"
    return [heading, *("  " + line for line in table(header, rows))]


def source_table(averages: Averages, scale: Scale) -> list[str]:
    """Lay out what the averages are made of, from the as-of day to the end."""
    fine, exact = averages.fine(scale), averages.exact
    columns = [averages.by_source(s) for s in averages.series]
    shown = [i for i in range(len(exact.sources)) if any(column[i] for column in columns)]
    if len(shown) < 2:
        return []
    cells = [_adding_up(column[shown], fine) for column in columns]
    rows = [[SOURCES.get(exact.sources[i], exact.sources[i]), *(c[place] for c in cells)]
            for place, i in enumerate(shown)]  # fmt: skip
    rows.append(["in all", *(column[-1] for column in cells)])
    periods = averages.scenario.horizon.periods
    when = days(periods[0].start, periods[-1].end)
    heading = f"Where it comes from, {when}, averages, {scale.name}"
    return [heading, *("  " + line for line in table(["source", *averages.series], rows))]


def bank(averages: Averages, scale: Scale) -> list[str]:
    """Lay out how the balance comes about: what is there, what comes, what leaves, and the floor."""
    scenario, fine = averages.scenario, averages.fine(scale)
    cash, horizon = scenario.cash, scenario.horizon
    if not cash.has_balance:
        return []
    rows = [(f"balance on {day(horizon.as_of)}", (cash.opening_balance or 0) / averages.unit)]
    rows.append(("receipts, tax included", float(averages.by_source("receipts").sum())))
    paid: dict[str, float] = {}
    for outflow in cash.outflows or ():
        paid[outflow.label] = paid.get(outflow.label, 0.0) - outflow.amount / averages.unit
    order = sorted(paid.items(), key=lambda item: item[1])
    rest = sum(amount for _, amount in order[LABELS:])
    rows += [(plain(label, 40), amount) for label, amount in order[:LABELS]]
    rows += [(f"{len(order) - LABELS} other outflows", rest)] if len(order) > LABELS else []
    rows.append(("tax passed on", -float(averages.exact.tax.sum()) / averages.unit))
    total = sum(amount for _, amount in rows)
    amounts = rounded_to_sum([amount for _, amount in rows], total, fine)
    first, *more = zip((name for name, _ in rows), amounts, strict=True)
    lines = [[first[0], fine.number(first[1])]]
    lines += [[name, fine.number(amount, sign=True)] for name, amount in more if amount]
    lines.append([f"balance on {day(horizon.end)}", fine.number(total)])
    if len(order) > 1:
        lines.append(["outflows in all", fine.number(sum(paid.values()))])
    lowest = int(averages.balance.argmin())
    where = day(horizon.periods[lowest].end)
    lines.append([f"lowest at a period's end: {where}", fine.number(float(averages.balance[lowest]))])
    floor = NOTHING if cash.floor is None else fine.number(cash.floor / averages.unit)
    lines.append(["floor", floor])
    found = table(["", ""], lines)[1:]
    return [f"The balance in the bank, averages, {scale.name}", *(cut("  " + line, WIDTH) for line in found)]


def _adding_up(column: Sequence[float] | Floats, scale: Scale) -> list[str]:
    """Write a column and its sum, which what is shown adds up to; nothing at all as a dash."""
    amounts = [float(amount) for amount in column]
    total = sum(amounts)
    shown = rounded_to_sum(amounts, total, scale)
    cells = [scale.number(s) if a else NOTHING for a, s in zip(amounts, shown, strict=True)]
    return [*cells, scale.number(total) if total else NOTHING]
