"""Turn expected bookings by day into expected invoices and receipts by cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from simulator.distributions import whole_days
from simulator.expected.walks import convolved
from simulator.money import minor_digits
from simulator.payments import PaymentBehaviour
from simulator.periods import Horizon
from simulator.scenario import Scenario
from simulator.terms import Discount, Installment, due_dates, invoice_dates, parse_terms, roll_dates

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Rule = TypeVar("Rule")


@dataclass(frozen=True)
class Contract:
    """What decides how a deal is billed and paid.

    Attributes:
        segment: index.
        customer_class: "" for the default one.
        currency: ISO code.
        terms: the deal's own, or "".
        service_months: 0 where not given.
    """

    segment: int
    customer_class: str
    currency: str
    terms: str
    service_months: int


@dataclass(frozen=True)
class _Payer:
    """Invoices that are paid by one law, in one currency."""

    source: int
    segment: int
    customer_class: str
    currency: str
    gap: int
    discount: Discount | None
    certain: bool


@dataclass
class Ledger:
    """Collects invoices, then says when they are paid.

    Attributes:
        scenario: whose terms, behaviour and rates hold.
        billings: floats[source, segment, cell], minor units of the company's currency.
        receipts: likewise.
    """

    scenario: Scenario
    billings: Floats
    receipts: Floats
    _unpaid: dict[_Payer, Floats] = field(default_factory=dict)

    def add(self, source: int, contract: Contract, money: Floats) -> None:
        """Bill a series of bookings.

        Args:
            source: index.
            contract: of all of them.
            money: by the day of closing, minor units of the contract's currency, floats[day 0 … last].
        """
        segment = self.scenario.segments[contract.segment]
        terms = of_class(segment.terms, contract.customer_class)
        if contract.terms:
            terms = parse_terms(contract.terms)
        events = {"signature": money, "start": money}
        for installment in terms.installments(contract.service_months or None):
            if installment.event not in events:
                events["delivery"] = convolved(money, whole_days(segment.delivery))
                events["acceptance"] = convolved(events["delivery"], whole_days(segment.acceptance))
            self._invoice(source, contract, installment, events[installment.event])

    def _invoice(self, source: int, contract: Contract, installment: Installment, money: Floats) -> None:
        """Write one instalment's invoices: their days follow from the event's day."""
        horizon, segment = self.scenario.horizon, self.scenario.segments[contract.segment]
        when = np.datetime64(horizon.as_of, "D") + np.arange(len(money))
        written = invoice_dates(installment, when, segment.invoice_lag)
        due = roll_dates(due_dates(installment.due, written), segment.roll, segment.holidays)
        days = (written - np.datetime64(horizon.as_of, "D")).astype(np.int64)
        gaps = (due - written).astype(np.int64)
        inside = (days <= horizon.last_day) & (money != 0)
        days, gaps, amounts = days[inside], gaps[inside], money[inside] * float(installment.share)
        billed = np.bincount(days, amounts, horizon.last_day + 1)
        by_cell(
            self.billings[source, contract.segment], billed * rates(self.scenario, contract.currency), horizon
        )
        for gap in np.unique(gaps):
            payer = _Payer(
                source, contract.segment, contract.customer_class, contract.currency,
                int(gap), installment.discount, installment.certain,
            )  # fmt: skip
            unpaid = self._unpaid.setdefault(payer, np.zeros(horizon.last_day + 1))
            unpaid += np.bincount(days[gaps == gap], amounts[gaps == gap], horizon.last_day + 1)

    def pay(self) -> None:
        """Let all invoices so far be paid."""
        horizon = self.scenario.horizon
        paid: dict[tuple[int, int, str], Floats] = {}
        for payer, money in self._unpaid.items():
            behaviour = of_class(self.scenario.segments[payer.segment].payment, payer.customer_class)
            law = paid_after(behaviour, payer.gap, payer.discount, payer.certain, len(money))
            key = (payer.source, payer.segment, payer.currency)
            paid.setdefault(key, np.zeros(len(money)))
            paid[key] += np.convolve(money, law)[: len(money)]
        for (source, segment, currency), money in paid.items():
            by_cell(self.receipts[source, segment], money * rates(self.scenario, currency), horizon)
        self._unpaid.clear()


def paid_after(
    behaviour: PaymentBehaviour, gap: int, discount: Discount | None, certain: bool, size: int
) -> Floats:
    """Return the expected share of an invoice that is paid each day after it is written, floats[size].

    Days max(0, gap + late). A customer who takes a discount pays at the latest on its last day; whoever pays
    by then pays so much less. The recovered part of a bad debt comes with the table's last day.

    Args:
        behaviour: of the customer's class.
        gap: days from invoice to due date.
        discount: on offer, or None.
        certain: paid on the due day for certain.
        size: of the result.
    """
    result = np.zeros(size + 1)
    late, chances, bad_debt = behaviour.late_law()
    if certain:
        late, chances, bad_debt = np.zeros(1, dtype=np.int64), np.ones(1), 0.0
    offsets = np.maximum(gap + late, 0)
    recovered = max(gap + behaviour.last_day, 0)
    taken = behaviour.discount_taken if discount and not certain else 0.0
    less = 1 - float(discount.share) if discount else 1.0
    limit = discount.days if discount else -1
    np.add.at(
        result, np.minimum(offsets, size), (1 - taken) * chances * np.where(offsets <= limit, less, 1.0)
    )
    result[min(recovered, size)] += (1 - taken) * bad_debt * behaviour.recovery
    if taken:
        np.add.at(result, np.minimum(np.minimum(offsets, limit), size), taken * chances * less)
        result[min(limit, size)] += taken * bad_debt * less
    return result[:size]


def receipts_of_opening(scenario: Scenario, receipts: Floats) -> None:
    """Add what opening invoices bring, given that they are unpaid at the end of day 0.

    P(late = j | late > −due), paid on day due + j ≥ 1; a bad debt's recovery on due + the table's last day.
    Invoices of no known segment are counted in the first one.

    Args:
        scenario: whose receivables are paid.
        receipts: floats[segment, cell], minor units of the company's currency.
    """
    horizon, invoices = scenario.horizon, scenario.receivables
    rows = np.flatnonzero(invoices.open)
    amounts: dict[tuple[int, PaymentBehaviour, int, int], float] = {}
    for row in rows.tolist():
        segment = max(scenario.invoice_segment[row], 0) if scenario.invoice_segment else 0
        behaviour = scenario.invoice_payment(row)
        key = (segment, behaviour, int(invoices.currency_index[row]), int(invoices.due_day[row]))
        amounts[key] = amounts.get(key, 0.0) + float(invoices.amount_minor[row])
    paid: dict[tuple[int, int], Floats] = {}
    for (segment, behaviour, currency, due), amount in amounts.items():
        money = paid.setdefault((segment, currency), np.zeros(horizon.last_day + 2))
        days, chances = _residual(behaviour, due)
        np.add.at(money, np.minimum(days, horizon.last_day + 1), amount * chances)
    for (segment, currency), money in paid.items():
        rate = rates(scenario, invoices.currencies[currency])
        by_cell(receipts[segment], money[:-1] * rate, horizon)


def _residual(behaviour: PaymentBehaviour, due: int) -> tuple[Integers, Floats]:
    """Return days from as-of and the expected share of an opening invoice that is paid on each."""
    late, chances, bad_debt = behaviour.late_law()
    later = late > -due
    left = chances[later].sum() + bad_debt
    if left <= 1e-12:
        return np.ones(1, dtype=np.int64), np.ones(1)
    recovered = max(due + behaviour.last_day, 1)
    days = np.append(due + late[later], recovered)
    return days, np.append(chances[later], bad_debt * behaviour.recovery) / left


def of_class(rules: Mapping[str, Rule], customer_class: str) -> Rule:
    """Return the rule of a customer class, the default one where it has none."""
    return rules[customer_class] if customer_class in rules else rules["default"]


def rates(scenario: Scenario, currency: str) -> Floats:
    """Return minor units of the company's currency for one of another, floats[day 0 … last]."""
    days = np.arange(scenario.horizon.last_day + 1)
    shift = minor_digits(scenario.currency) - minor_digits(currency)
    return np.asarray(scenario.rates.rate(currency, days) * 10.0**shift)


def by_cell(cells: Floats, money: Floats, horizon: Horizon) -> None:
    """Add money by day 0 … last to the elementary cells, floats[cell]; day 0 is over and holds nothing."""
    cells += np.bincount(horizon.cell_of_day()[1:-1], money[1:], len(cells))
