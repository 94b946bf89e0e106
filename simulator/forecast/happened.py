"""Collect what has already come in, the one place that knows: forecasts add it to what is simulated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.figures import COMPANY, Figures
from simulator.forecast.groups import FIGURES, INVOICES, PRODUCT
from simulator.periods import add_months
from simulator.records import dataclass
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

    def without(self, first_day: int, last_day: int, segment: int) -> Happened:
        """Leave a segment's amounts of some days out."""
        keep = np.flatnonzero((self.day < first_day) | (self.day > last_day) | (self.segment != segment))
        groups = tuple(self.group[i] for i in keep.tolist())
        return Happened(self.day[keep], self.segment[keep], self.amount[keep], groups)

    def plus(self, day: int, segment: int, amount: float) -> Happened:
        """Add an amount that belongs to no group."""
        return Happened(
            np.append(self.day, day),
            np.append(self.segment, segment),
            np.append(self.amount, float(amount)),
            (*self.group, FIGURES),
        )


def happened(scenario: Scenario, by: str | None = None) -> Mapping[Series, Happened]:
    """Return what each series has brought, as deals and invoices tell and actual figures correct.

    Bookings are won deals on their close day, billings invoices on their own day, net of tax, receipts paid
    invoices on the day of payment, each at that day's rate; revenue and yearly recurring revenue follow from
    won deals by the rules of their products, at the rate of their signature. A table of invoices that begins
    late adds no more than it holds. Where a month has an actual figure, that counts instead.

    Args:
        scenario: with its wins and invoices, paid ones too.
        by: column of the deals by which the run is grouped.
    """
    wins, invoices = scenario.wins, scenario.receivables
    whose = np.array(scenario.invoice_segment or (-1,) * len(invoices), dtype=np.int64)
    codes = [invoices.currencies[i] for i in invoices.currency_index.tolist()]
    groups = wins.extra.get(by, ("",) * len(wins)) if by else ("",) * len(wins)
    sent = (INVOICES,) * len(invoices)
    gross, net = invoices.amount_minor, invoices.amount_minor - invoices.tax_minor
    found: dict[Series, Happened] = {
        "bookings": _booked(scenario, groups, by),
        "billings": _known(scenario, invoices.invoice_day, whose, net, codes, sent),
        "revenue": _recognised(scenario, groups, by),
        "receipts": _known(scenario, invoices.paid_day, whose, gross, codes, sent),
        "arr": _recurring(scenario, groups, by),
    }
    return {series: _corrected(scenario.actuals, series, known) for series, known in found.items()}


def opening_deferred(scenario: Scenario) -> float:
    """Return what is billed and not yet recognised at the as-of day, company minor units.

    Of lines of won deals whose product has a rule of revenue, each at the rate of its signature.
    """
    total = 0.0
    for rest in scenario.rests:
        if rest.conditions.recognise is not None:
            amount = rest.billed - rest.recognised_by(0)
            day = int(scenario.wins.day[rest.win])
            total += float(scenario.rates.convert(amount, rest.conditions.currency, day))
    return total


def _booked(scenario: Scenario, groups: Sequence[str], by: str | None) -> Happened:
    """Return won deals on their close day; line by line where the run is grouped by product."""
    wins = scenario.wins
    if by != PRODUCT:
        return _known(scenario, wins.day, wins.segment, wins.amount, wins.currency, groups)
    rows = []
    for rest in scenario.rests:
        terms, day = rest.conditions, int(wins.day[rest.win])
        rows.append((day, terms.segment, rest.amount, terms.currency, rest.win, terms.product.name))
    return _by_signature(scenario, rows)


def _recognised(scenario: Scenario, groups: Sequence[str], by: str | None) -> Happened:
    """Return revenue so far of the last years: one row a line and calendar month in which some came."""
    ends = _month_ends(scenario)
    rows: list[tuple[int, int, int, str, int, str]] = []
    for rest in scenario.rests:
        if rest.conditions.recognise is None:
            continue
        before = rest.recognised_by(ends[0])
        for end in ends[1:]:
            now = rest.recognised_by(end)
            if now > before:
                terms, win = rest.conditions, rest.win
                group = terms.product.name if by == PRODUCT else groups[win]
                rows.append((end, terms.segment, now - before, terms.currency, win, group))
            before = now
    return _by_signature(scenario, rows)


def _recurring(scenario: Scenario, groups: Sequence[str], by: str | None) -> Happened:
    """Return the yearly recurring revenue that won deals have added, on the day of signature."""
    rows = []
    for rest in scenario.rests:
        terms, win = rest.conditions, rest.win
        if terms.product.recurring:
            yearly = round(rest.amount * 12 / terms.months)
            day, group = int(scenario.wins.day[win]), groups[win]
            group = terms.product.name if by == PRODUCT else group
            rows.append((day, terms.segment, yearly, terms.currency, win, group))
    return _by_signature(scenario, rows)


def _by_signature(scenario: Scenario, rows: Sequence[tuple[int, int, int, str, int, str]]) -> Happened:
    """Convert rows of day, segment, minor units, currency, win and group at the rate of the signature."""
    ours = [
        float(scenario.rates.convert(amount, code, int(scenario.wins.day[win])))
        for _, _, amount, code, win, _ in rows
    ]
    return Happened(
        np.array([r[0] for r in rows], dtype=np.int64),
        np.array([r[1] for r in rows], dtype=np.int64),
        np.array(ours, dtype=np.float64),
        tuple(r[5] for r in rows),
    )


def _month_ends(scenario: Scenario) -> list[int]:
    """Return the last days of the months up to the as-of day, from before the last two fiscal years."""
    horizon = scenario.horizon
    months = horizon.fiscal.months_between(add_months(horizon.as_of, -24), horizon.as_of)
    days = [horizon.day_of(months[0].start) - 1, *(min(horizon.day_of(m.end), 0) for m in months)]
    return list(dict.fromkeys(days))


def _corrected(actuals: Figures, series: Series, known: Happened) -> Happened:
    """Put actual figures in the place of what deals and invoices say of the same months.

    A segment's figure takes the place of its rows; where the company's own figure differs from the sum, the
    difference belongs to no segment.
    """
    for (first, last), by_segment in actuals.months(series).items():
        end = min(last, 0)
        for segment in (s for s in sorted(by_segment) if s != COMPANY):
            known = known.without(first, last, segment).plus(end, segment, by_segment[segment])
        if COMPANY in by_segment:
            rest = by_segment[COMPANY] - known.total(first, end)
            known = known.plus(end, COMPANY, rest) if rest else known
    return known


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
