"""Say when invoices are paid, and how much of them: life table, discount, dispute, recovery, insolvency."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simulator.expected.events import chances
from simulator.payments import PaymentBehaviour
from simulator.scenario import Scenario
from simulator.terms import Discount

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def paid_after(
    behaviour: PaymentBehaviour, gap: int, discount: Discount | None, certain: bool, size: int
) -> Floats:
    """Return the expected share of an invoice that is paid each day after it is written, floats[size].

    Days max(0, gap + late). A customer who takes a discount pays at the latest on its last day; whoever pays
    by then pays so much less. The recovered part of a bad debt comes with the table's last day. A contested
    invoice is paid a drawn number of days later, less the credited share, and without the discount unless
    that is still in time; bad debt stays bad debt. Insolvency is left aside.

    Args:
        behaviour: of the customer's class, towards invoices due on that weekday.
        gap: days from invoice to due date.
        discount: on offer, or None.
        certain: paid in full on the due day for certain.
        size: of the result.
    """
    paid = np.zeros(size + 1)
    if certain:
        paid[min(max(gap, 0), size)] = 1.0
        return paid[:size]
    late, table, bad_debt = behaviour.late_law()
    offsets = np.minimum(np.maximum(gap + late, 0), size)
    taken = behaviour.discount_taken if discount else 0.0
    np.add.at(paid, offsets, (1 - taken) * table)
    less = np.zeros(size + 1)
    if discount:
        np.add.at(paid, np.minimum(offsets, discount.days), taken * table)
        paid[min(discount.days, size)] += taken * bad_debt
        less[: discount.days + 1] = float(discount.share)
    result = paid * (1 - less)
    if behaviour.dispute:
        contested, credited = behaviour.dispute.chance, float(behaviour.dispute.credited)
        later = np.convolve(paid[:size], chances(behaviour.dispute.delay)[:size])[:size]
        result *= 1 - contested
        result[:size] += contested * later * np.maximum(1 - credited - less[:size], 0.0)
    result[min(max(gap + behaviour.last_day, 0), size)] += (1 - taken) * bad_debt * behaviour.recovery
    return result[:size]


def opening_receipts(
    scenario: Scenario, weekday: Callable[[int], int], receive: Callable[[int, str, Floats], None]
) -> None:
    """Hand over what opening invoices bring, given that they are unpaid at the end of day 0.

    P(late = j | late > −due), paid on day due + j ≥ 1; a bad debt's recovery on due + the table's last day.
    Contested ones are paid the dispute's delay later, less the credited share; where the file does not say
    which they are, each is with its class's chance. Invoices of no known segment count in the first one.

    Args:
        scenario: whose receivables are paid.
        weekday: of a day from as-of.
        receive: takes the segment, the currency, and minor units of it by day, floats[day 0 … last].
    """
    invoices, last = scenario.receivables, scenario.horizon.last_day
    amounts: dict[tuple[int, PaymentBehaviour, int, int, float], float] = {}
    for row in np.flatnonzero(invoices.open).tolist():
        segment = max(scenario.invoice_segment[row], 0) if scenario.invoice_segment else 0
        behaviour = scenario.invoice_payment(row)
        contested = behaviour.dispute.chance if behaviour.dispute else 0.0
        if behaviour.dispute and scenario.disputes_known:
            contested = float(invoices.disputed[row])
        due = int(invoices.due_day[row])
        key = (segment, behaviour, int(invoices.currency_index[row]), due, contested)
        amounts[key] = amounts.get(key, 0.0) + float(invoices.amount_minor[row])
    paid: dict[tuple[int, int], Floats] = {}
    for (segment, behaviour, currency, due, contested), amount in amounts.items():
        money = paid.setdefault((segment, currency), np.zeros(last + 1))
        law = residual(behaviour.by_weekday[weekday(due)], due, contested, last + 1)
        money += amount * law * behaviour.solvent(np.arange(last + 1))
    for (segment, currency), money in paid.items():
        receive(segment, invoices.currencies[currency], money)


def residual(behaviour: PaymentBehaviour, due: int, contested: float, size: int) -> Floats:
    """Return the expected share of an opening invoice that is paid each day from as-of, floats[size]."""
    paid = np.zeros(size + 1)
    late, table, bad_debt = behaviour.late_law()
    later = late > -due
    left = float(table[later].sum()) + bad_debt
    if left <= 1e-12:
        paid[min(1, size)], left, bad_debt = 1.0, 1.0, 0.0
    else:
        np.add.at(paid, np.minimum(due + late[later], size), table[later] / left)
    result = paid
    if behaviour.dispute and contested:
        put_off = np.convolve(paid[:size], chances(behaviour.dispute.delay)[:size])[:size]
        result = (1 - contested) * paid
        result[:size] += contested * (1 - float(behaviour.dispute.credited)) * put_off
    result[min(max(due + behaviour.last_day, 1), size)] += bad_debt / left * behaviour.recovery
    return result[:size]
