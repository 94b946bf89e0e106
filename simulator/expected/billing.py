"""Turn expected instalments into expected invoices, tax and receipts by cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulator.expected.events import NOISE, Calendar
from simulator.expected.paying import UNKNOWN, Part, Payer, gone_out, of_payer, opening_receipts, paid_after
from simulator.expected.walks import fast_length
from simulator.money import minor_digits
from simulator.payment_days import PaymentDays
from simulator.payments import PaymentBehaviour
from simulator.periods import Horizon
from simulator.records import dataclass
from simulator.scenario import Scenario
from simulator.scenario.conditions import Conditions
from simulator.terms import Discount, DueRule, Event, Installment

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Spectrum = NDArray[np.complex128]
Route = tuple[int, int, str, PaymentDays | None, Part, float]
"""Source, segment and currency of money; days on which it goes out, which part, and insolvency until then."""


@dataclass(frozen=True)
class Invoices:
    """What decides how invoices of one day are taxed, due, paid and counted.

    Attributes:
        source: index.
        segment: index.
        currency: ISO code.
        tax: share of the net price.
        payment: behaviour of the customers.
        due: rule of the due date.
        discount: on offer, or None.
        certain: paid on the due day for certain.
        deferred: there is a rule of revenue, so that they count towards deferred revenue.
        payer: mean and standard deviation of the customer's lateness score.
    """

    source: int
    segment: int
    currency: str
    tax: Fraction
    payment: PaymentBehaviour
    due: DueRule
    discount: Discount | None
    certain: bool
    deferred: bool
    payer: Payer

    @property
    def route(self) -> Route:
        """Where their money goes, and how."""
        days = None if self.certain else self.payment.days
        return self.source, self.segment, self.currency, days, "all", self.payment.insolvency

    @staticmethod
    def of(source: int, terms: Conditions, part: Installment, payer: Payer) -> Invoices:
        """Return what decides about the invoices of an instalment."""
        return Invoices(
            source, terms.segment, terms.currency, terms.tax, terms.payment, part.due, part.discount,
            part.certain, terms.recognise is not None, payer,
        )  # fmt: skip


@dataclass
class Ledger:
    """Collects invoices by their day, then says what they bring.

    Attributes:
        scenario: whose rules hold.
        calendar: of the days asked for.
        billings: net, floats[source, segment, cell], minor units of the company's currency.
        receipts: floats[source, segment, cell], likewise.
        tax: passed on, floats[cell].
        deferred: change of deferred revenue, floats[cell].
    """

    scenario: Scenario
    calendar: Calendar
    billings: Floats
    receipts: Floats
    tax: Floats
    deferred: Floats
    _written: dict[Invoices, Floats] = field(default_factory=dict)
    _presumed: dict[Invoices, Floats] = field(default_factory=dict)
    _laws: dict[tuple[object, ...], Spectrum] = field(default_factory=dict)

    def write(self, kind: Invoices) -> Floats:
        """Return the net amounts of invoices by their day, to be added to, floats[day 0 … last].

        They are what is expected of solvent customers: minor units of the contract's currency.
        """
        return self._written.setdefault(kind, np.zeros(self.calendar.last + 1))

    def presume(self, kind: Invoices) -> Floats:
        """Return likewise what is taken to have been invoiced by now, floats[day first … 0]."""
        return self._presumed.setdefault(kind, np.zeros(1 - self.calendar.first))

    def bill(
        self, source: int, terms: Conditions, events: Mapping[Event, Floats], payer: Payer = UNKNOWN
    ) -> None:
        """Write the invoices of lines under one set of conditions.

        Args:
            source: index.
            terms: the conditions.
            events: solvent customers' money by the day of each event, floats[day 0 … last].
            payer: mean and standard deviation of the customers' lateness score.
        """
        last = self.calendar.last
        today = -self.calendar.first
        kept = terms.payment.solvent(np.arange(last + 1))
        for number, part in enumerate(terms.installments):
            money = events[part.event]
            days = self.calendar.invoiced(terms, number)[today:]
            inside = np.flatnonzero((days <= last) & (money != 0))
            amounts = money[inside] * kept[days[inside] - inside] * float(part.share)
            self.write(Invoices.of(source, terms, part, payer))[:] += np.bincount(
                days[inside], amounts, last + 1
            )

    def close(self) -> None:
        """Bill, tax and pay all invoices so far, and pay what was opened before."""
        horizon, first = self.scenario.horizon, self.calendar.first
        taxed = np.zeros(horizon.last_day + 1 - first)
        totals: dict[Route, Spectrum] = {}
        for kind, net in self._written.items():
            converted = net * self._rates(kind.currency)[-first:]
            by_cell(self.billings[kind.source, kind.segment], converted, horizon)
            if kind.deferred:
                by_cell(self.deferred, converted, horizon)
            taxed[-first:] += converted * float(kind.tax)
            totals[kind.route] = totals.get(kind.route, 0) + self._paid(kind, net)
        for kind, net in self._presumed.items():
            taxed[: 1 - first] += net * self._rates(kind.currency)[: 1 - first] * float(kind.tax)
            self._receive(kind.route, self._paid_of_presumed(kind, net))
        for route, spectrum in totals.items():
            self._receive(route, self._back(spectrum))
        self._pass_on(taxed)

    def open(self, source: int) -> None:
        """Let the opening invoices be paid, and pass on the tax of all that are known."""
        weekday = lambda day: int(self.calendar.weekday(np.array(day)))  # noqa: E731
        receive = lambda route, money: self._receive((source, *route), money)  # noqa: E731
        opening_receipts(self.scenario, weekday, receive)
        invoices, horizon, rule = self.scenario.receivables, self.scenario.horizon, self.scenario.cash.tax
        for row in np.flatnonzero((invoices.invoice_day <= 0) & (invoices.tax_minor != 0)).tolist():
            day, code = int(invoices.invoice_day[row]), invoices.currencies[invoices.currency_index[row]]
            due = horizon.day_of(rule.due(horizon.date_of(day)))
            if 0 < due <= horizon.last_day:
                rate = float(rates_on(self.scenario, code, np.array(day)))
                self.tax[horizon.cell_of_day()[due]] += float(invoices.tax_minor[row]) * rate

    @cached_property
    def _length(self) -> int:
        return fast_length(2 * (self.calendar.last + 1))

    def _rates(self, currency: str) -> Floats:
        return rates_on(self.scenario, currency, self.calendar.days)

    def _paid(self, kind: Invoices, net: Floats) -> Spectrum:
        """Transform what invoices bring in by day: each time to pay and due weekday has a law of its own."""
        written = np.flatnonzero(net)
        due = self.calendar.due(kind.segment, kind.due)[written - self.calendar.first]
        groups = (due - written) * 7 + self._weekday(kind, due)
        result: Spectrum = np.zeros(self._length // 2 + 1, dtype=np.complex128)
        for group in np.unique(groups).tolist():
            gap, weekday = divmod(group, 7)
            chosen = written[groups == group]
            series = np.bincount(chosen, net[chosen], self.calendar.last + 1)
            result += np.fft.rfft(series, self._length) * self._law(kind, gap, weekday)
        return result * (1 + float(kind.tax))

    def _law(self, kind: Invoices, gap: int, weekday: int) -> Spectrum:
        """Transform the law of payment of solvent customers."""
        key = kind.payment, kind.payer, gap, weekday, kind.discount, kind.certain
        if key not in self._laws:
            size = self.calendar.last + 1
            behaviour = of_payer(kind.payment.by_weekday[weekday], kind.payer)
            law = paid_after(behaviour, gap, kind.discount, kind.certain, size)
            self._laws[key] = np.fft.rfft(law * kind.payment.solvent(np.arange(size)), self._length)
        return self._laws[key]

    def _paid_of_presumed(self, kind: Invoices, net: Floats) -> Floats:
        """Return what presumed invoices bring after the as-of day, floats[day 0 … last]."""
        first, last = self.calendar.first, self.calendar.last
        written = np.flatnonzero(net) + first
        due = self.calendar.due(kind.segment, kind.due)[written - first]
        groups = (due - written) * 7 + self._weekday(kind, due)
        money = np.zeros(last + 1)
        for group in np.unique(groups).tolist():
            gap, weekday = divmod(group, 7)
            chosen = written[groups == group]
            behaviour = of_payer(kind.payment.by_weekday[weekday], kind.payer)
            size = last + 1 - int(chosen.min(initial=0))
            law = paid_after(behaviour, gap, kind.discount, kind.certain, size)
            for day in chosen.tolist():
                money += net[day - first] * law[-day : last + 1 - day]
        money[0] = 0.0
        return money * (1 + float(kind.tax)) * kind.payment.solvent(np.arange(last + 1))

    def _weekday(self, kind: Invoices, due: Integers) -> Integers:
        """Return the weekday of due days where it matters, else Monday."""
        return self.calendar.weekday(due) if kind.payment.run_days else np.zeros_like(due)

    def _back(self, spectrum: Spectrum) -> Floats:
        money = np.fft.irfft(spectrum, self._length)[: self.calendar.last + 1]
        return np.where(money > NOISE * np.abs(spectrum[0]), money, 0.0)

    def _receive(self, route: Route, money: Floats) -> None:
        source, segment, currency, days, part, insolvency = route
        if days is not None:
            money = gone_out(days, part, insolvency, self.scenario.horizon.as_of.toordinal(), money)
        converted = money * rates(self.scenario, currency)
        by_cell(self.receipts[source, segment], converted, self.scenario.horizon)

    def _pass_on(self, taxed: Floats) -> None:
        """Add the tax of invoices by their day to the cells of its due days; what was due by now is past."""
        if not taxed.any():
            return
        horizon = self.scenario.horizon
        due = self.scenario.cash.tax.due_days(horizon, self.calendar.first, self.calendar.last)
        inside = (due > 0) & (due <= horizon.last_day)
        cells = horizon.cell_of_day()[due[inside]]
        self.tax += np.bincount(cells, taxed[inside], len(self.tax))


def rates(scenario: Scenario, currency: str) -> Floats:
    """Return minor units of the company's currency for one of another, floats[day 0 … last]."""
    return rates_on(scenario, currency, np.arange(scenario.horizon.last_day + 1))


def rates_on(scenario: Scenario, currency: str, days: Integers) -> Floats:
    """Return minor units of the company's currency for one of another on each day, floats[...]."""
    shift = minor_digits(scenario.currency) - minor_digits(currency)
    return np.asarray(scenario.rates.rate(currency, days) * 10.0**shift)


def by_cell(cells: Floats, money: Floats, horizon: Horizon) -> None:
    """Add money by day 0 … last to the elementary cells, floats[cell]; day 0 is over and holds nothing."""
    cells += np.bincount(horizon.cell_of_day()[1:-1], money[1:], len(cells))
