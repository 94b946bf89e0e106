"""Say what is measured inside a window, and what came of it, by rules that need no forecast."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulator.history import LOST, NEVER, UNKNOWN, WON, History
from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Marks = NDArray[np.bool_]
Convert = Callable[[Integers, str, Integers], Floats]

Quantity = Literal["wins", "losses", "bookings", "receipts"]
Source = Literal["open", "new", "all"]


@dataclass(frozen=True, order=True)
class Measure:
    """What is forecast of a window.

    Attributes:
        quantity: deals won, deals lost, the amount of those won, or what invoices bring.
        source: `open` deals or invoices at the origin, deals that were `new` after it, or `all`.
        segment: name, "" for the company.
    """

    quantity: Quantity
    source: Source
    segment: str = ""

    @property
    def is_money(self) -> bool:
        """Whether it is in minor units rather than a count."""
        return self.quantity in ("bookings", "receipts")


@dataclass(frozen=True, eq=False)
class Record:
    """The deals and invoices of a history as columns of days: what came in any window can be read off.

    Attributes:
        history: as known at its end.
        convert: minor units of a currency on ordinals to the company's; as they stand where none is given.
    """

    history: History
    convert: Convert | None = None

    @cached_property
    def seen(self) -> Integers:
        """First day on which each deal was known, ordinal; one that stands in no log, when it was closed."""
        history = self.history
        first = np.full(len(history.deals), NEVER, dtype=np.int64)
        np.minimum.at(first, history.moves.deal, np.maximum(history.moves.recorded, history.moves.day))
        return np.where(first == NEVER, np.minimum(history.deals.closed, history.known), first)

    @cached_property
    def begin(self) -> int:
        """Day before the first of which the record tells."""
        days = [int(x[x > UNKNOWN].min()) for x in (self.seen, self.history.invoices.invoice_day) if len(x)]
        return max(min(days, default=self.history.known), self._since) - 1

    @property
    def _since(self) -> int:
        return self.history.since if len(self.history.deals) else UNKNOWN

    @cached_property
    def amount(self) -> Floats:
        """Amount of each deal, minor units; 0 where it is not known."""
        return np.maximum(self.history.deals.amount, 0).astype(np.float64)

    @cached_property
    def gross(self) -> Floats:
        """Amount of each invoice, minor units of the company's currency, at the rate of its payment."""
        invoices, paid = self.history.invoices, np.minimum(self.history.invoices.paid_day, self.history.known)
        result = invoices.amount.astype(np.float64)
        codes = np.array(invoices.currency, dtype=object)
        for code in set(invoices.currency) - {self.history.currency}:
            if self.convert is not None:
                some = codes == code
                result[some] = self.convert(invoices.amount[some], code, paid[some])
        return result

    @cached_property
    def told(self) -> Integers:
        """Day from which the outcome of each deal was known, ordinal; `NEVER` while it is open."""
        deals, moves = self.history.deals, self.history.moves
        told = deals.closed.copy()
        ends = moves.stage >= self.history.won
        told[moves.deal[ends]] = np.maximum(moves.recorded, moves.day)[ends]  # in order: the last one stays
        return np.where(deals.closed == NEVER, NEVER, np.maximum(told, deals.closed))

    def came(self, measure: Measure, first: int, last: int) -> float:
        """Return what came after one day until the end of another, both ordinals.

        A deal counts on the day of its outcome, by the outcome that the newest record knows; one that was
        dated back, and was not known on the first day, counts on the next: then it came as news. Open are
        those known on the first day without an outcome, new those that nobody knew then. Receipts are
        invoices paid.
        """
        some, weights = self._some(measure, first, last)
        return float(weights[some].sum()) if weights is not None else float(np.count_nonzero(some))

    def day_of(self, first: int) -> Integers:
        """Return the day on which each outcome counts, seen from the end of a day."""
        closed = self.history.deals.closed
        return np.where((closed <= first) & (self.told > first), first + 1, closed)

    def stock(self, measure: Measure, day: int) -> float:
        """Return what stands open at the end of a day: deals, their amount, or invoices' amount."""
        if measure.quantity == "receipts":
            invoices = self.history.invoices
            return float(self.gross[(invoices.invoice_day <= day) & (invoices.paid_day > day)].sum())
        standing = (self.seen <= day) & (self.told > day) & self.of(measure.segment)
        return float(self.amount[standing].sum() if measure.is_money else np.count_nonzero(standing))

    def of(self, segment: str) -> Marks:
        """Mark the deals of a segment, all for the company."""
        deals = self.history.deals
        if not segment:
            return np.ones(len(deals), dtype=np.bool_)
        return np.asarray(deals.segment == self.history.segments.index(segment))

    def _some(self, measure: Measure, first: int, last: int) -> tuple[Marks, Floats | None]:
        if measure.quantity == "receipts":
            invoices = self.history.invoices
            paid = (invoices.paid_day > first) & (invoices.paid_day <= last)
            return paid & _from(measure.source, invoices.invoice_day <= first), self.gross
        day, outcome = self.day_of(first), LOST if measure.quantity == "losses" else WON
        some = (self.history.deals.outcome == outcome) & (day > first) & (day <= last)
        some &= self.of(measure.segment) & _from(measure.source, self.seen <= first)
        return some, self.amount if measure.is_money else None


def _from(source: Source, known: Marks) -> Marks:
    """Mark what belongs to a source, given what was known at the origin."""
    return known if source == "open" else ~known if source == "new" else np.ones_like(known)


def measures(record: Record, comes: bool) -> tuple[Measure, ...]:
    """Return what can be measured of a history: the company first, then its segments.

    Args:
        record: as known at an origin.
        comes: whether deals that are still to come are forecast.
    """
    history, found = record.history, list[Measure]()
    segments = history.segments if len(history.segments) > 1 else ()
    for segment in ("", *segments) if len(history.deals) else ():
        for quantity in ("wins", "losses", "bookings") if record.amount.any() else ("wins", "losses"):
            sources: tuple[Source, ...] = (
                ("open", "new", "all") if quantity == "bookings" else ("open", "all")
            )
            found += [Measure(quantity, source, segment) for source in sources if comes or source == "open"]
    if len(history.invoices):
        found.append(Measure("receipts", "open"))
        # Receipts of deals to come are forecast where invoices come from the deals of the history.
        if comes and any(history.invoices.deal):
            found.append(Measure("receipts", "all"))
    return tuple(found)
