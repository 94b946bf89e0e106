"""Roll what the past has left through its schedules: won deals, opening invoices, contracts that end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulator.engine.billing import (
    Billed,
    Events,
    Flow,
    Invoices,
    Written,
    followed,
    invoices,
    late_days,
    pending_days,
    settled,
    shared_factor,
    weekday,
)
from simulator.engine.block import Block
from simulator.engine.contracts import LinePlan
from simulator.engine.plan import Backlog, DueRenewal, Invoice
from simulator.engine.postings import Account, Postings
from simulator.engine.recognition import over_term, revenue
from simulator.engine.settle import Signed, decided, insolvency, sign, slipped
from simulator.engine.walk import Walkers
from simulator.payments import NEVER
from simulator.scenario import Rest

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def play_known(block: Block) -> None:
    """Play in every trial what is known already: backlog, contracts that end, opening invoices and tax."""
    postings = Postings(block)
    for line in block.plan.backlog:
        _roll(postings, line)
    for due in block.plan.renewals:
        _renew(postings, due)
    for i, invoice in enumerate(block.plan.invoices):
        _collect(postings, i, invoice)
    postings.flush()
    for day, tax in block.plan.known_tax:
        block.cells.money["tax"][0, block.plan.cell_of_day[day]] += tax


def _roll(postings: Postings, backlog: Backlog) -> None:
    block, rest, line = postings.block, backlog.rest, backlog.line
    trial = np.arange(block.trials)
    walkers = Walkers(block.plan.win_entities, np.full(block.trials, rest.win), block.offsets)
    customer = np.full(block.trials, backlog.customer)
    failed = insolvency(line.conditions.payment, block.plan.customers, customer, walkers)
    amount = np.full(block.trials, rest.amount)
    billed = Billed(walkers, block.plan.customers, customer, amount, failed)
    signed_at = np.zeros(block.trials, dtype=np.int64)
    rates = block.rates(line.conditions.currency)
    booked_at = replace(rates, path=None, by_day=np.array([backlog.rate]))
    rows = np.full(block.trials, backlog.row)
    ruled = line.conditions.recognise is not None
    account = Account(rates, rows, trial, signed_at, ruled, line.conditions.line.product)
    events = _events(backlog, walkers)
    _write(postings, account, rest, line, billed, events)
    for flow in _revenue(rest, line, billed, events, block.plan.edges) if ruled else ():
        postings.revenue(replace(account, rates=booked_at), flow)


def _events(backlog: Backlog, walkers: Walkers) -> Events:
    """Return the day of each event in every trial: as recorded, or drawn given that it has not come."""
    rest, line = backlog.rest, backlog.line
    terms, everyone = line.conditions, len(walkers.which)
    laws = {"start": terms.start, "delivery": terms.delivery, "acceptance": terms.acceptance}
    signature = rest.days["signature"]
    assert signature is not None
    days: Events = {"signature": np.full(everyone, signature)}
    for event in ("start", "delivery", "acceptance"):
        known = rest.days[event]
        if known is not None:
            days[event] = np.full(everyone, known)
        else:
            base = days["delivery"] if event == "acceptance" else days["signature"]
            days[event] = pending_days(laws[event], event, line, walkers, base)
    return days


def _write(
    postings: Postings, account: Account, rest: Rest, line: LinePlan, billed: Billed, events: Events
) -> None:
    """Write the invoices that are still to be written, and pay those that are taken to be written."""
    terms, last_day = line.conditions, postings.block.plan.last_day
    for n, installment in enumerate(terms.installments):
        if not rest.unbilled[n] and not rest.presumed[n]:
            continue
        event = events[installment.event]
        if rest.unbilled[n]:
            day = _invoice_days(line, n, event, rest.days[installment.event], last_day)
            part = np.full(len(event), rest.unbilled[n])
            postings.invoices(account, invoices(line, n, billed, np.maximum(day, 1), part))
        else:
            postings.paid(account, _presumed(line, n, billed, int(event[0]), rest.presumed[n]))


def _invoice_days(line: LinePlan, n: int, event: Integers, known: int | None, last_day: int) -> Integers:
    if known is not None:
        return np.full(len(event), int(line.conditions.invoice_days(n, np.array([known]))[0]))
    return np.where(event <= last_day, line.invoice_days[n][np.clip(event, 0, last_day)], NEVER)


def _presumed(line: LinePlan, n: int, billed: Billed, event_day: int, part: int) -> Invoices:
    """Return an invoice that is taken to be written on schedule, of which nobody knows whether it is paid."""
    count = len(billed.amount)
    day = line.conditions.invoice_days(n, np.full(count, event_day))
    due = line.conditions.due_days(n, day)
    return followed(line, n, billed, np.arange(count), day, due, np.full(count, part))


def _revenue(rest: Rest, line: LinePlan, billed: Billed, events: Events, edges: Integers) -> Iterator[Flow]:
    """Yield what is still to be recognised of a line, by its rule."""
    if line.conditions.recognise != "over-term":
        yield from revenue(line, billed, events, edges)
        return
    known = rest.days["start"]
    if known is None:
        yield from revenue(line, billed, events, edges)
    else:
        end = line.conditions.term_end_days(events["start"][:1])
        ends = np.repeat(end, len(billed.amount))
        yield from over_term(billed.amount, events["start"], ends, billed.failed, edges)


def _collect(postings: Postings, i: int, invoice: Invoice) -> None:
    """Pay an opening invoice by its residual life table."""
    block = postings.block
    trial = np.arange(block.trials)
    rows = np.full(block.trials, invoice.row)
    account = Account(block.rates(invoice.currency), rows, trial, trial, ruled=False)
    postings.paid(account, _outstanding(block, i, invoice))


def _outstanding(block: Block, i: int, invoice: Invoice) -> Invoices:
    """Return an opening invoice, and what becomes of it in every trial."""
    plan, payment, count = block.plan, invoice.payment, block.trials
    customer = np.full(count, invoice.customer)
    walkers = Walkers(plan.invoice_entities, np.full(count, i), block.offsets)

    def draw(purpose: str) -> Floats:
        return plan.invoice_entities.draw(purpose, walkers.which, walkers.offsets)

    due = np.full(count, invoice.due_day)
    gross = np.full(count, invoice.amount)
    failed = insolvency(payment, plan.customers, customer, walkers)
    origin = np.datetime64(plan.scenario.horizon.as_of, "D")
    written = Written(np.full(count, invoice.invoice_day), due, gross, weekday(origin, due), failed=failed)
    billed = Billed(walkers, plan.customers, customer, gross, failed)
    everyone = np.arange(count)
    late = late_days(payment, written, draw, shared_factor(payment, billed, everyone), -due)
    disputed = None if invoice.disputed is None else everyone if invoice.disputed else everyone[:0]
    return settled(payment, written, everyone, gross, np.zeros_like(gross), late, draw, disputed, -due)


def _renew(postings: Postings, due: DueRenewal) -> None:
    """Decide a contract that is known to end, and sign it where it is renewed."""
    block, table = postings.block, postings.block.plan.scenario.renewals
    plan, everyone = block.plan, np.arange(block.trials)
    walkers = Walkers(plan.renewal_entities, np.full(block.trials, due.number), block.offsets)
    day: Integers = np.full(block.trials, table.due_day[due.number], dtype=np.int64)
    none, chance = np.full(block.trials, -1), np.full(block.trials, table.chance[due.number])
    again = decided(block, due.segment, walkers, everyone, day, none, chance)
    walkers, trial = walkers.only(again), everyone[again]
    close_day: Integers = day[again]
    if due.line.renewal is not None:
        close_day = close_day + slipped(due.line, walkers)
    inside = np.flatnonzero(close_day <= plan.last_day)
    walkers, trial, close_day = walkers.only(inside), trial[inside], close_day[inside]
    if not len(trial):
        return
    customer = np.full(len(trial), due.customer)
    amount = round(float(table.amount[due.number]) * (1 + float(table.uplift[due.number])))
    billed = Billed(
        walkers, plan.customers, customer, np.full(len(trial), amount),
        insolvency(due.line.conditions.payment, plan.customers, customer, walkers),
    )  # fmt: skip
    sign(
        postings,
        due.line,
        Signed(
            due.segment, due.line.conditions.currency, np.full(len(trial), due.row), trial, close_day,
            plan.quarter_of_day[day[again][inside]], billed,
        ),
        is_renewal=True,
    )  # fmt: skip
