"""Turn won lines into invoices and receipts: dates by look-up, lateness by draw (MODEL 7)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.distributions import Distribution, Fixed, remaining_days
from simulator.engine.contracts import LINE_DRAWS, LinePlan
from simulator.engine.identity import Entities
from simulator.engine.lateness import Draw, Written, late_days
from simulator.engine.populations import ALL, Places
from simulator.engine.walk import Walkers
from simulator.money import split
from simulator.payments import NEVER, PaymentBehaviour, pay_days
from simulator.records import dataclass
from simulator.terms import Event

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Events = dict[Event, Integers]

MOST: Final = 0.75
"""Share of the lines from which on all are billed, those of nothing too."""


@dataclass(frozen=True)
class Flow:
    """Money that moves: one entry a movement, in contract minor units.

    Attributes:
        entry: index into what was billed, or the slice of all.
        day: calendar day from as-of.
        amount: whole minor units of the contract's currency.
    """

    entry: Places
    day: Integers
    amount: Integers


@dataclass(frozen=True)
class Invoices:
    """Invoices of one instalment, and what becomes of them; arrays of equal length.

    Gross = net + tax = paid + discount + credited + recovered + lost.

    Attributes:
        entry: index into what was billed, or the slice of all.
        day: on which each is written.
        due_day: on which it is due.
        net: contract minor units.
        tax: likewise.
        pay_day: on which it is paid and credited, `NEVER` for what is lost.
        paid: what is paid then.
        discount: what is taken off for paying early.
        credited: what a dispute takes off.
        end_day: on which a lost one is written off, and its recovered share comes in.
        recovered: that share.
    """

    entry: Places
    day: Integers
    due_day: Integers
    net: Integers
    tax: Integers
    pay_day: Integers
    paid: Integers
    discount: Integers
    credited: Integers
    end_day: Integers
    recovered: Integers

    @property
    def taxed(self) -> bool:
        """Whether any of them bears tax."""
        return _is_something(self.tax)

    @property
    def lost(self) -> Integers:
        """What is written off of each."""
        return self.net + self.tax - self.paid - self.discount - self.credited - self.recovered

    def receipts(self) -> Iterator[Flow]:
        """Yield the payments, and the recoveries where there are any."""
        yield Flow(self.entry, self.pay_day, self.paid)
        if _is_something(self.recovered):
            yield Flow(self.entry, self.end_day, self.recovered)


@dataclass(frozen=True)
class Billed:
    """Lines of won deals, as they are billed.

    Attributes:
        walkers: the deals, whose draws are taken.
        customers: entities whose luck in paying their invoices share.
        customer: of each deal, index into those.
        amount: of the line, net, contract minor units.
        failed: day from which the customer neither is billed nor pays, `NEVER` for one that lasts.
    """

    walkers: Walkers
    customers: Entities
    customer: Integers
    amount: Integers
    failed: Integers | None

    @cached_property
    def factor(self) -> Floats:
        """The normal score that all invoices of each deal's customer share in a trial."""
        return self.customers.lateness(self.customer, self.walkers.offsets)

    def joint(self, payment: PaymentBehaviour) -> Floats | None:
        """Return the part of each invoice's score that is not its own, None where all of it is.

        sqrt(shared)·z of the customer + sqrt(common)·g of the trial.
        """
        if payment.common == 0:
            return math.sqrt(payment.shared) * self.factor if payment.shared else None
        everyone = math.sqrt(payment.common) * self.customers.everyone(self.walkers.offsets)
        return np.asarray(math.sqrt(payment.shared) * self.factor + everyone)


def event_days(line: LinePlan, walkers: Walkers, close_day: Integers) -> Events:
    """Return the calendar day of each event that something waits for, by event."""
    terms = line.conditions
    days: Events = {"signature": close_day}
    if "start" in terms.events:
        start = close_day + _lag(terms.start, "start", line, walkers)
        days["start"] = _not_before(start, terms.line.start_day)
    if "delivery" in terms.events:
        delivery = close_day + _lag(terms.delivery, "delivery", line, walkers)
        days["delivery"] = _not_before(delivery, terms.line.delivery_day)
    if "acceptance" in terms.events:
        days["acceptance"] = days["delivery"] + _lag(terms.acceptance, "acceptance", line, walkers)
    return days


def pending_days(
    law: Distribution, purpose: str, line: LinePlan, walkers: Walkers, base: Integers
) -> Integers:
    """Return the days of an event that has not come by the end of day 0, its law running from a base day."""
    n = line.number * LINE_DRAWS
    u = walkers.entities.draw(purpose, walkers.which, walkers.offsets, n, walkers.attempt)
    ages, which = np.unique(np.maximum(-base, 0), return_inverse=True)
    left = remaining_days(law, u, ages.astype(np.float64), which)
    return np.maximum(np.maximum(base, 0) + left, 1)


def bill(line: LinePlan, billed: Billed, events: Events) -> Iterator[Invoices]:
    """Yield the invoices of each instalment that are written inside the horizon, and what becomes of them.

    Args:
        line: of all deals.
        billed: the deals.
        events: days by event.
    """
    terms, last_day = line.conditions, len(line.term_end) - 1
    parts = terms.parts(billed.amount) if len(terms.installments) > 1 else billed.amount[:, None]
    for n, installment in enumerate(terms.installments):
        event = events[installment.event]
        if installment.event == "signature":
            day = line.invoice_days[n][event]
        else:
            day = np.where(event <= last_day, line.invoice_days[n][np.minimum(event, last_day)], NEVER)
        yield invoices(line, n, billed, day, parts[:, n])


def invoices(line: LinePlan, n: int, billed: Billed, day: Integers, part: Integers) -> Invoices:
    """Return the invoices of an instalment that are written inside the horizon.

    Args:
        line: of all deals.
        n: number of the instalment.
        billed: the deals.
        day: on which each would be written, at least 1.
        part: its net amount.
    """
    last_day = len(line.term_end) - 1
    entry: Places = ALL
    is_written = day <= last_day
    if billed.failed is not None:
        is_written &= day < billed.failed
    count = np.count_nonzero(is_written)
    if count < MOST * len(day):
        entry = np.flatnonzero(is_written)
        day, part = day[entry], part[entry]
    elif count < len(day):  # to write the others too, of nothing, is cheaper than to leave them out
        day, part = np.minimum(day, last_day), part * is_written
    return followed(line, n, billed, entry, day, line.due_days[n][day], part)


def followed(
    line: LinePlan, n: int, billed: Billed, entry: Places, day: Integers, due: Integers, net: Integers
) -> Invoices:
    """Return invoices of an instalment that are written, and what becomes of them.

    Args:
        line: of all deals.
        n: number of the instalment.
        billed: the deals.
        entry: index of each invoice's deal.
        day: on which each is written.
        due: on which each is due.
        net: of each.
    """
    terms, installment = line.conditions, line.conditions.installments[n]
    tax = terms.tax_on(net) if terms.tax else _all(0, net)
    failed = None if billed.failed is None else billed.failed[entry]
    some, number = billed.walkers.only(entry), line.number * LINE_DRAWS + n

    def draw(purpose: str) -> Floats:
        return some.entities.draw(purpose, some.which, some.offsets, number, some.attempt)

    last_day = len(line.term_end) - 1
    written = Written(
        day, due, net + tax if terms.tax else net, terms.origin, installment.discount, failed, last_day
    )
    late = None
    if not installment.certain:
        joint = billed.joint(terms.payment)
        late = late_days(terms.payment, written, draw, None if joint is None else joint[entry])
    return settled(terms.payment, written, entry, net, tax, late, draw)


def settled(
    payment: PaymentBehaviour, written: Written, entry: Places, net: Integers, tax: Integers,
    late: Integers | None, draw: Draw, disputed: Integers | None = None, so_far: Integers | None = None,
) -> Invoices:  # fmt: skip
    """Return what becomes of invoices, given how late they are paid.

    Args:
        payment: behaviour of the class.
        written: the invoices.
        entry: index of each.
        net: their net amounts.
        tax: their tax.
        late: days past due, None where they are paid on the due day for certain.
        draw: uniforms by purpose.
        disputed: which ones are contested, None to draw it.
        so_far: days past due by which each is known to be unpaid, or None for new ones.
    """
    nothing, end_day = _all(0, net), _all(NEVER, net)
    discount, credited, recovered, lost = nothing, nothing, nothing, False
    if late is None:
        day = np.maximum(written.day, written.due_day)
    else:
        day = pay_days(written.day, written.due_day, late)
        if written.discount is not None:
            deadline = written.day + written.discount.days
            day = np.where(draw("discount") < payment.discount_taken, np.minimum(day, deadline), day)
        if payment.dispute is not None:
            day, credited = _disputed(payment, written, day, draw, disputed)
        if written.discount is not None:
            off = split(written.gross, (written.discount.share, 1 - written.discount.share))[:, 0]
            in_time = day <= written.day + written.discount.days
            discount = np.where(in_time, np.minimum(off, written.gross - credited), 0)
        bad = np.flatnonzero(day == NEVER)
        if len(bad):
            lost = True
            credited, discount = _without(credited, bad), _without(discount, bad)
            last = payment.last_day if so_far is None else payment.recovery_days(so_far[bad])
            end_day = _with(end_day, bad, pay_days(written.day[bad], written.due_day[bad], last))
            if payment.recovery > 0:
                recovered = np.zeros_like(net)
                recovered[bad] = np.rint(written.gross[bad] * payment.recovery)
    if payment.days is not None and late is not None:
        u, origin, until = draw("run"), written.origin_day, written.last_day
        day = payment.days.moved(day, u, origin, until)
        end_day = payment.days.moved(end_day, u, origin, until) if lost else end_day
    if written.failed is not None:
        stopped = np.flatnonzero(np.where(day == NEVER, end_day, day) >= written.failed)
        if len(stopped):
            lost = True
            day = _with(day, stopped, NEVER)
            end_day = _with(end_day, stopped, written.failed[stopped])
            credited, discount = _without(credited, stopped), _without(discount, stopped)
            recovered = _without(recovered, stopped)
    paid = written.gross
    if discount is not nothing or credited is not nothing:
        paid = paid - discount - credited
    paid = _without(paid, np.flatnonzero(day == NEVER)) if lost else paid
    return Invoices(
        entry, written.day, written.due_day, net, tax, day, paid, discount, credited, end_day, recovered
    )


def _disputed(
    payment: PaymentBehaviour, written: Written, day: Integers, draw: Draw, disputed: Integers | None
) -> tuple[Integers, Integers]:
    """Return the days of payment and the credited amounts once disputes are settled."""
    dispute = payment.dispute
    assert dispute is not None
    which = np.flatnonzero(draw("dispute") < dispute.chance) if disputed is None else disputed
    which = which[day[which] < NEVER]
    credited = np.zeros_like(written.gross)
    if not len(which):
        return day, credited
    later = remaining_days(dispute.delay, draw("settlement")[which])
    credited[which] = split(written.gross[which], (dispute.credited, 1 - dispute.credited))[:, 0]
    return _with(day, which, day[which] + later), credited


def _lag(law: Distribution, purpose: str, line: LinePlan, walkers: Walkers) -> Integers:
    """Return whole days of a lag, drawn unless it is fixed."""
    if isinstance(law, Fixed):
        return remaining_days(law, np.full(len(walkers.which), 0.5))
    n = line.number * LINE_DRAWS
    return remaining_days(
        law, walkers.entities.draw(purpose, walkers.which, walkers.offsets, n, walkers.attempt)
    )


def _not_before(day: Integers, stated: int | None) -> Integers:
    return day if stated is None else np.maximum(day, stated)


def _with(column: Integers, which: Integers, value: Integers | int) -> Integers:
    column = column.copy()
    column[which] = value
    return column


def _without(column: Integers, which: Integers) -> Integers:
    return _with(column, which, 0) if _is_something(column) else column


def _all(value: int, like: Integers) -> Integers:
    """Return a column of one value, which takes no room."""
    return np.broadcast_to(np.int64(value), like.shape)


def _is_something(column: Integers) -> bool:
    """Tell whether a column has any amount; that of `_all` is looked at once."""
    return bool(column[:1].any() if column.strides == (0,) else column.any())
