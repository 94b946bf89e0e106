"""Decide under which conditions a line of a deal is billed, paid and recognised: names meet here."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.distributions import Distribution
from simulator.money import split
from simulator.payments import PaymentBehaviour
from simulator.periods import Horizon
from simulator.products import NO_PRODUCT, Line, Product, Recognition
from simulator.records import dataclass
from simulator.scenario.segment import Segment
from simulator.terms import (
    DEFAULT_SERVICE_MONTHS,
    Event,
    Installment,
    PaymentTerms,
    add_months,
    due_dates,
    invoice_dates,
    parse_terms,
    roll_dates,
    tightened,
)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
_NOTHING = Product("")


class Names(Protocol):
    """What the names of a scenario mean, as far as conditions need it."""

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Segments in order."""
        ...

    @property
    def products(self) -> tuple[Product, ...]:
        """Products in order."""
        ...

    @property
    def horizon(self) -> Horizon:
        """As-of day and horizon."""
        ...


@dataclass(frozen=True, eq=False)
class Conditions:
    """What decides how one line of a contract is billed, paid and recognised.

    Attributes:
        segment: index into the scenario's segments.
        currency: ISO code of the contract.
        line: the part of the deal.
        product: what is sold; a nameless one where the deal names none.
        installments: the invoices, in order; their shares are of the line's value and add to 1.
        invoice_lag: calendar days from an event to its invoice.
        delivery: law of the days from signature to delivery.
        acceptance: law of the days from delivery to acceptance.
        months: length of the service.
        tax: share of the net price that an invoice adds.
        payment: behaviour of the customer's class.
        roll: what becomes of due dates on days of rest.
        holidays: datetime64[D], rising.
        origin: the as-of day.
    """

    segment: int
    currency: str
    line: Line
    product: Product
    installments: tuple[Installment, ...]
    invoice_lag: int
    delivery: Distribution
    acceptance: Distribution
    months: int
    tax: Fraction
    payment: PaymentBehaviour
    roll: str
    holidays: NDArray[np.datetime64]
    origin: np.datetime64

    @property
    def start(self) -> Distribution:
        """Law of the days from signature to the start of service."""
        return self.product.start

    @property
    def recognise(self) -> Recognition | None:
        """Rule of revenue."""
        return self.product.recognise

    @property
    def milestones(self) -> tuple[Event, ...]:
        """The event at which each instalment's share is recognised, where that is at milestones.

        Its own event; what is billed at signature, which is no performance, comes with the first other event
        among the instalments, with delivery where there is none.
        """
        events = [i.event for i in self.installments]
        first: Event = next((e for e in events if e != "signature"), "delivery")
        return tuple(first if e == "signature" else e for e in events)

    @property
    def events(self) -> frozenset[Event]:
        """The events besides signature that an invoice, the revenue or a renewal waits for."""
        found: set[Event] = {i.event for i in self.installments}
        if self.recognise == "at-delivery":
            found.add("delivery")
        elif self.recognise == "at-milestone":
            found.update(self.milestones)
        if self.recognise == "over-term" or self.product.renewal is not None:
            found.add("start")
        if "acceptance" in found:
            found.add("delivery")
        return frozenset(found - {"signature"})

    def parts(self, amount: Integers) -> Integers:
        """Split amounts of the line over its instalments, integers[..., installment]."""
        return split(np.asarray(amount, dtype=np.int64), [i.share for i in self.installments])

    def invoice_days(self, installment: int, event_day: Integers) -> Integers:
        """Return the days on which an instalment is invoiced, days from as-of as all days here.

        Args:
            installment: its number.
            event_day: day of the instalment's own event, integers[...].
        """
        dates = self.origin + np.asarray(event_day, dtype="timedelta64[D]")
        return self._days(invoice_dates(self.installments[installment], dates, self.invoice_lag))

    def due_days(self, installment: int, invoice_day: Integers) -> Integers:
        """Return the days on which invoices of an instalment are due, rolled to business days."""
        dates = self.origin + np.asarray(invoice_day, dtype="timedelta64[D]")
        due = due_dates(self.installments[installment].due, dates)
        return self._days(roll_dates(due, self.roll, self.holidays))  # type: ignore[arg-type]

    def term_end_days(self, start_day: Integers) -> Integers:
        """Return the first day that a service no longer covers: its start and so many months."""
        dates = self.origin + np.asarray(start_day, dtype="timedelta64[D]")
        return self._days(add_months(dates, self.months))

    def tax_on(self, net: Integers) -> Integers:
        """Return the tax that invoices add, whole minor units, halves up; integers[...]."""
        top, bottom = self.tax.numerator, self.tax.denominator
        return np.asarray((np.asarray(net) * (2 * top) + bottom) // (2 * bottom))

    def _days(self, dates: NDArray[np.datetime64]) -> Integers:
        return (dates - self.origin).astype(np.int64)


def served_shares(
    amount: Integers, start_day: Integers, end_day: Integers
) -> Callable[[Floats | float], Floats | Integers]:
    """Return what tells how much is recognised by the end of a day, whole minor units, rounded down.

    amount × days served by then ÷ days of the service.

    Args:
        amount: of each contract, integers[n].
        start_day: first day of each service, days from as-of.
        end_day: first day after it.
    """
    length = end_day - start_day
    if not amount.size or int(amount.max()) * int(length.max()) >= 2**53:
        rest, each = amount % length, amount // length

        def served_by(day: Floats | float) -> Integers:
            served = np.clip(np.asarray(day, dtype=np.int64) + 1 - start_day, 0, length)
            return np.asarray(each * served + rest * served // length)

        return served_by
    # The product is exact, and its quotient lies too far from the next whole number to be rounded to it.
    money, before, days = (x.astype(np.float64) for x in (amount, start_day - 1, length))

    def served_until(day: Floats | float) -> Floats:
        served = np.asarray(day - before)
        np.clip(served, 0, days, out=served)
        served *= money
        served /= days
        return np.floor(served, out=served)

    return served_until


def conditions(
    scenario: Names, segment: int, customer_class: str, currency: str, own_terms: str, line: Line,
    agreed: bool = False,
) -> Conditions:  # fmt: skip
    """Return the conditions of a line of a deal.

    Terms: the deal's own, then the product's, then those of the customer class in the segment, then the
    segment's default. Everything else: the product's, then the segment's.

    Args:
        scenario: the nouns.
        segment: index.
        customer_class: "" for the default one.
        currency: ISO code of the contract.
        own_terms: the deal's, or "".
        line: of the deal.
        agreed: whether the terms stand already, so that the segment's levers do not touch them: of contracts
            signed before those hold, and of renewals.
    """
    terms = agreed_terms(scenario, segment, customer_class, own_terms, line)
    return _conditions(scenario, segment, customer_class, currency, terms, line, agreed)


def agreed_terms(
    scenario: Names, segment: int, customer_class: str, own_terms: str, line: Line
) -> PaymentTerms:
    """Return the terms of a line of a deal; arguments as in `conditions`."""
    if own_terms:
        return parse_terms(own_terms)
    own, by_class = _product(scenario, line).terms, scenario.segments[segment].terms
    return own or by_class.get(customer_class or "default", by_class["default"])


def offered_conditions(
    scenario: Names, segment: int, customer_class: str, currency: str, terms: PaymentTerms, line: Line,
    agreed: bool = False,
) -> Conditions:  # fmt: skip
    """Return the conditions of a line of a deal that has taken an offer, whose terms replace all others."""
    return _conditions(scenario, segment, customer_class, currency, terms, line, agreed)


def _product(scenario: Names, line: Line) -> Product:
    return _NOTHING if line.product == NO_PRODUCT else scenario.products[line.product]


def _conditions(
    scenario: Names, index: int, customer_class: str, currency: str, terms: PaymentTerms, line: Line,
    agreed: bool = False,
) -> Conditions:  # fmt: skip
    segment: Segment = scenario.segments[index]
    product = _product(scenario, line)
    months = line.months or product.service_months or DEFAULT_SERVICE_MONTHS
    group = customer_class or "default"
    installments = terms.installments(months)
    if segment.levers.tighten and not agreed:
        installments = tightened(installments, segment.levers.deposit, segment.levers.due_sooner)
    return Conditions(
        segment=index,
        currency=currency,
        line=line,
        product=product,
        installments=installments,
        invoice_lag=segment.invoice_lag if product.invoice_lag is None else product.invoice_lag,
        delivery=segment.delivery if product.delivery is None else product.delivery,
        acceptance=segment.acceptance if product.acceptance is None else product.acceptance,
        months=months,
        tax=segment.tax if product.tax is None else product.tax,
        payment=segment.payment.get(group, segment.payment["default"]),
        roll=segment.roll,
        holidays=segment.holidays,
        origin=np.datetime64(scenario.horizon.as_of, "D"),
    )
