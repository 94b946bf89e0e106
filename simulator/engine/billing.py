"""Turn won deals into invoices and receipts: schedules by day, lateness by draw (MODEL 7)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.currency import RateCurve
from simulator.distributions import Distribution, Fixed, remaining_days
from simulator.engine.identity import Entities
from simulator.engine.walk import Walkers
from simulator.money import split
from simulator.payments import NEVER, PaymentBehaviour, pay_days, shared_uniform
from simulator.periods import Horizon
from simulator.scenario import Segment
from simulator.terms import Installment, PaymentTerms, due_dates, invoice_dates, roll_dates

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Schedule:
    """One instalment of a contract, dated for every day on which its event may happen.

    Attributes:
        installment: what it is.
        invoice_day: by event day 0 … last day of the horizon.
        due_day: likewise.
    """

    installment: Installment
    invoice_day: Integers
    due_day: Integers


@dataclass(frozen=True)
class Contract:
    """What deals of equal terms, currency and class share.

    Attributes:
        segment: index.
        currency: ISO code.
        schedules: the instalments, in order.
        payment: behaviour of the customer class.
        delivery: law of the days from signature to delivery.
        acceptance: law of the days from delivery to acceptance.
        rates: company currency for one unit of the contract's, floats[day 0 … last day].
    """

    segment: int
    currency: str
    schedules: tuple[Schedule, ...]
    payment: PaymentBehaviour
    delivery: Distribution
    acceptance: Distribution
    rates: Floats

    @property
    def shares(self) -> tuple[Fraction, ...]:
        """Exact shares of the instalments."""
        return tuple(s.installment.share for s in self.schedules)


@dataclass(frozen=True)
class Flow:
    """Money that moves: one entry a movement, in contract minor units.

    Attributes:
        entry: index into the won deals that were billed.
        day: calendar day, inside the horizon.
        amount: whole minor units of the contract's currency.
    """

    entry: Integers
    day: Integers
    amount: Integers


def contract(
    segment: Segment, index: int, terms: PaymentTerms, customer_class: str, currency: str,
    service_months: int, horizon: Horizon, rates: RateCurve,
) -> Contract:  # fmt: skip
    """Return the contract of deals of a segment with these terms, class, currency and service months."""
    days = np.arange(horizon.last_day + 1)
    dates = np.datetime64(horizon.as_of) + days
    schedules = []
    for installment in terms.installments(service_months or None):
        invoices = invoice_dates(installment, dates, segment.invoice_lag)
        due = roll_dates(due_dates(installment.due, invoices), segment.roll, segment.holidays)
        origin = np.datetime64(horizon.as_of)
        schedules.append(
            Schedule(installment, (invoices - origin).astype(np.int64), (due - origin).astype(np.int64))
        )
    return Contract(
        index, currency, tuple(schedules),
        segment.payment.get(customer_class, segment.payment["default"]),
        segment.delivery, segment.acceptance, rates.rate(currency, days),
    )  # fmt: skip


def bill(
    contract: Contract, walkers: Walkers, close_day: Integers, amount: Integers, customers: Entities,
    customer: Integers,
) -> tuple[Flow, Flow]:  # fmt: skip
    """Return the invoices and the receipts of won deals inside the horizon.

    Args:
        contract: of all of them.
        walkers: the deals, whose draws are taken.
        close_day: calendar day of signature, inside the horizon.
        amount: booking, contract minor units.
        customers: entities whose luck in paying their invoices share.
        customer: index of each deal's customer.
    """
    last_day = len(contract.rates) - 1
    event_days = _event_days(contract, walkers, close_day)
    parts = split(amount, contract.shares) if len(contract.schedules) > 1 else amount[:, None]
    factor = _customer_factor(contract, customers, customer, walkers)
    invoices, receipts = [], []
    for n, schedule in enumerate(contract.schedules):
        event = event_days[
            "signature" if schedule.installment.event == "start" else schedule.installment.event
        ]
        invoice_day = np.where(event <= last_day, schedule.invoice_day[np.minimum(event, last_day)], NEVER)
        entry = np.flatnonzero(invoice_day <= last_day)
        invoice = Flow(entry, invoice_day[entry], parts[entry, n])
        invoices.append(invoice)
        due_day = schedule.due_day[event[entry]]
        chosen = None if factor is None else factor[entry]
        receipts += _collect(contract, schedule.installment, n, walkers, invoice, due_day, chosen)
    return _joined(invoices, last_day), _joined(receipts, last_day)


def _event_days(contract: Contract, walkers: Walkers, close_day: Integers) -> dict[str, Integers]:
    """Return the calendar day of each event that some instalment waits for."""
    days = {"signature": close_day, "start": close_day}
    events = {s.installment.event for s in contract.schedules}
    if events & {"delivery", "acceptance"}:
        days["delivery"] = close_day + _lag(contract.delivery, "delivery", walkers)
    if "acceptance" in events:
        days["acceptance"] = days["delivery"] + _lag(contract.acceptance, "acceptance", walkers)
    return days


def _lag(law: Distribution, purpose: str, walkers: Walkers) -> Integers:
    """Return whole days of a lag, drawn unless it is fixed."""
    if isinstance(law, Fixed):
        return remaining_days(law, np.full(len(walkers.which), 0.5))
    u = walkers.entities.draw(purpose, walkers.which, walkers.offsets, 0, walkers.attempt)
    return remaining_days(law, u)


def _customer_factor(
    contract: Contract, customers: Entities, customer: Integers, walkers: Walkers
) -> Floats | None:
    """Return the standard normal that all invoices of a customer share in a trial, if they share any."""
    if contract.payment.shared == 0 or all(s.installment.certain for s in contract.schedules):
        return None
    return np.asarray(special.ndtri(customers.draw("customer", customer, walkers.offsets)))


def _collect(
    contract: Contract, installment: Installment, n: int, walkers: Walkers, invoice: Flow,
    due_day: Integers, factor: Floats | None,
) -> list[Flow]:  # fmt: skip
    """Return the receipts of one instalment's invoices, a recovery of bad debt as a flow of its own."""
    if installment.certain:
        return [Flow(invoice.entry, np.maximum(invoice.day, due_day), invoice.amount)]
    which, offsets = walkers.which[invoice.entry], walkers.offsets[invoice.entry]
    u = walkers.entities.draw("lateness", which, offsets, n, walkers.attempt)
    if factor is not None:
        u = shared_uniform(u, factor, contract.payment.shared)
    late = contract.payment.late_days(u)
    day = pay_days(invoice.day, due_day, late)
    amount = invoice.amount
    if installment.discount is not None:
        deadline = invoice.day + installment.discount.days
        takes = walkers.entities.draw("discount", which, offsets, n, walkers.attempt)
        day = np.where(takes < contract.payment.discount_taken, np.minimum(day, deadline), day)
        off = split(amount, (installment.discount.share, 1 - installment.discount.share))[:, 0]
        amount = np.where(day <= deadline, amount - off, amount)
    flows = [Flow(invoice.entry, day, amount)]
    if contract.payment.recovery > 0:
        bad = np.flatnonzero(day == NEVER)
        last = pay_days(invoice.day[bad], due_day[bad], contract.payment.last_day)
        recovered = np.rint(amount[bad] * contract.payment.recovery).astype(np.int64)
        flows.append(Flow(invoice.entry[bad], last, recovered))
    return flows


def _joined(flows: list[Flow], last_day: int) -> Flow:
    """Return all movements inside the horizon."""
    entry, day, amount = (
        column[0] if len(column) == 1 else np.concatenate(column)
        for column in zip(*((f.entry, f.day, f.amount) for f in flows), strict=True)
    )
    inside = np.flatnonzero(day <= last_day)
    return Flow(entry[inside], day[inside], amount[inside])
