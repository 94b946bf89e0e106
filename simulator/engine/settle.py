"""Book, bill and collect what was won in a block of trials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.engine.billing import Contract, Flow, bill
from simulator.engine.block import Block
from simulator.engine.cells import Entry, parted
from simulator.engine.compile import Invoice, SegmentPlan
from simulator.engine.populations import Population
from simulator.engine.walk import Walkers
from simulator.money import LIMIT
from simulator.payments import NEVER, pay_days, shared_uniform
from simulator.targets import SERIES, Series

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Won:
    """Attempts that are won.

    Attributes:
        population: what they are.
        walkers: who they are.
        trial: of each, within the block.
        close_day: calendar day of signature, inside the horizon.
        amount: booking, contract minor units.
    """

    population: Population
    walkers: Walkers
    trial: Integers
    close_day: Integers
    amount: Integers


def close(
    block: Block, plan: SegmentPlan, population: Population, walkers: Walkers, trial: Integers, clock: Floats
) -> None:
    """Date the signature of won attempts, sample their amounts, and settle those inside the horizon.

    Args:
        block: under way.
        plan: of the segment.
        population: what the deals are.
        walkers: who won.
        trial: of each.
        clock: clock value at which each closes.
    """
    segment = plan.segment
    day = segment.clock.day_of(clock) + segment.close_date.delay_days
    inside = np.flatnonzero(day <= block.plan.last_day)
    if not len(inside):
        return
    walkers, trial, day = walkers.only(inside), trial[inside], day[inside]
    change = segment.amount_change.factors(
        walkers.entities.draw("amount", walkers.which, walkers.offsets, 0, walkers.attempt)
    )
    amount = population.amounts(walkers.which, walkers.offsets) * change * segment.soberness.amount
    # No law of amounts reaches the limit but by a slip; past it, whole numbers would wrap around.
    booked = np.minimum(np.rint(amount), LIMIT).astype(np.int64)
    settle(block, plan, Won(population, walkers, trial, day, booked))


def settle(block: Block, plan: SegmentPlan, won: Won) -> None:
    """Add bookings, billings and receipts of won deals to the block's cells."""
    if not len(won.trial):
        return
    rows = won.population.rows(won.walkers.which)
    block.cells.count_wins(rows, block.plan.cell_of_day[won.close_day])
    entries: dict[Series, list[Entry]] = {series: [] for series in SERIES}
    booking = np.empty(len(won.trial))
    for contract, places in won.population.contracts(won.walkers.which):
        walkers, trial = won.walkers.only(places), won.trial[places]
        day, amount = won.close_day[places], won.amount[places]
        row = rows[places] if isinstance(rows, np.ndarray) else np.full(len(places), rows)
        booked = _entry(block, contract, row, trial, Flow(np.arange(len(places)), day, amount))
        booking[places] = booked[-1]
        customer = won.population.customer(walkers.which)
        invoices, receipts = bill(contract, walkers, day, amount, won.population.customers, customer)
        entries["bookings"].append(booked)
        entries["billings"].append(_entry(block, contract, row, trial, invoices))
        entries["receipts"].append(_entry(block, contract, row, trial, receipts))
    if won.population is block.plan.open_deals and won.walkers.attempt == 0:
        _track(block, plan, won.walkers.which, won.close_day, booking)
    for series in SERIES:
        block.cells.add(series, entries[series])


def _entry(block: Block, contract: Contract, row: Integers, trial: Integers, flow: Flow) -> Entry:
    """Return a flow as an entry, converted at its days' rates."""
    scenario = block.plan.scenario
    money = flow.amount.astype(np.float64)
    if contract.currency != scenario.currency:
        money = scenario.rates.exchange(money, contract.currency, contract.rates[flow.day])
    return row[flow.entry], block.plan.cell_of_day[flow.day], trial[flow.entry], money


def _track(block: Block, plan: SegmentPlan, deal: Integers, day: Integers, money: Floats) -> None:
    """Count close days and bookings of the open deals' first attempts."""
    place, days = plan.place[deal], block.plan.last_day + 1
    first, last = int(place.min()), int(place.max()) + 1
    counts = np.bincount((place - first) * days + day, minlength=(last - first) * days)
    block.closes[plan.deals[first:last]] += counts.reshape(-1, days).astype(np.int32)
    for landed, part in zip(block.landed_parts, parted(money), strict=True):
        landed[plan.deals[first:last]] += np.bincount(place - first, weights=part, minlength=last - first)


def collect_receivables(block: Block) -> None:
    """Pay the opening invoices by their residual life tables."""
    plan, entries = block.plan, list[Entry]()
    for i, invoice in enumerate(plan.invoices):
        day, amount = _payment(block, i, invoice)
        paid = np.flatnonzero(day <= plan.last_day)
        day = day[paid]
        money = plan.scenario.rates.exchange(amount[paid], invoice.currency, invoice.rates[day])
        entries.append((np.full(len(paid), invoice.row), plan.cell_of_day[day], paid, money))
    block.cells.add("receipts", entries)


def _payment(block: Block, i: int, invoice: Invoice) -> tuple[Integers, Floats]:
    """Return the day on which an opening invoice is paid, and what is paid, both by trial."""
    plan, payment = block.plan, invoice.payment
    u = plan.invoice_entities.draw("lateness", np.array([i]), block.offsets)
    if payment.shared > 0:
        factor = special.ndtri(plan.customers.draw("customer", np.array([invoice.customer]), block.offsets))
        u = shared_uniform(u, factor, payment.shared)
    late = payment.residual_late_days(u, -invoice.due_day)
    day = pay_days(invoice.invoice_day, invoice.due_day, late)
    amount = np.full(block.trials, float(invoice.amount))
    if payment.recovery > 0:
        bad = day == NEVER
        day = np.where(bad, invoice.due_day + payment.recovery_days(-invoice.due_day), day)
        amount = np.where(bad, np.rint(amount * payment.recovery), amount)
    return day, amount
