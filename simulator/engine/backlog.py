"""Roll what the past has left through its schedules: won deals, opening invoices, contracts that end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulator.engine.billing import (
    Billed,
    Events,
    followed,
    invoices,
    pending_days,
    settled,
)
from simulator.engine.block import Block
from simulator.engine.identity import Entities
from simulator.engine.lateness import Written, late_days, waiting
from simulator.engine.plan import Backlog, DueRenewals, Invoices
from simulator.engine.postings import Account, Postings
from simulator.engine.recognition import revenue
from simulator.engine.settle import Signed, decided, insolvency, sign, slipped
from simulator.engine.walk import Walkers
from simulator.money import LIMIT
from simulator.payments import NEVER
from simulator.records import dataclass
from simulator.terms import EVENTS

Integers = NDArray[np.int64]

TILE = 1 << 15
"""Pairs of contract and trial that are played at once: few enough to stay in the processor's cache."""


def play_known(block: Block) -> None:
    """Play in every trial what is known already: backlog, contracts that end, opening invoices and tax."""
    postings = Postings(block)
    for due in block.plan.renewals:
        for tile in _tiles(block, len(due.number)):
            _renew(postings, due, tile)
    if block.plan.bookings_only:
        return
    for backlog in block.plan.backlog:
        for tile in _tiles(block, len(backlog.win)):
            _roll(postings, backlog, tile)
    for written in block.plan.invoices:
        for tile in _tiles(block, len(written.number)):
            _collect(postings, written, tile)
    for day, tax in block.plan.known_tax:
        postings.tax(day, tax)


@dataclass(frozen=True)
class _Tile:
    """Some contracts in every trial.

    Attributes:
        block: under way.
        which: contract of each pair.
        trial: of each pair, within the block.
    """

    block: Block
    which: Integers
    trial: Integers

    def walkers(self, entities: Entities, number: Integers) -> Walkers:
        """Return the contracts as those that draw, given the number of each among its entities."""
        return Walkers(entities, number[self.which], self.block.offsets[self.trial])


def _tiles(block: Block, contracts: int) -> Iterator[_Tile]:
    """Yield contracts in every trial, as many at once as make a tile."""
    most = max(TILE // block.trials, 1)
    everyone = np.arange(block.trials)
    for first in range(0, contracts, most):
        some = np.arange(first, min(first + most, contracts))
        yield _Tile(block, np.repeat(some, block.trials), np.tile(everyone, len(some)))


def _roll(postings: Postings, backlog: Backlog, tile: _Tile) -> None:
    plan, line, which = tile.block.plan, backlog.line, tile.which
    terms = line.conditions
    walkers = tile.walkers(plan.win_entities, backlog.win)
    customer = backlog.customer[which]
    failed = insolvency(terms.payment, plan.customers, customer, walkers)
    billed = Billed(walkers, plan.customers, customer, backlog.amount[which], failed)
    rates, ruled = tile.block.rates(terms.currency), terms.recognise is not None
    account = Account(walkers, rates, backlog.row, tile.trial, which, ruled, terms.line.product)
    events = _events(backlog, tile, walkers)
    _write(postings, account, backlog, tile, billed, events)
    if not ruled:
        return
    # What is recognised is converted at the rate of the day of signature, of each contract its own.
    account = replace(account, rates=replace(rates, path=None, by_day=backlog.rate))
    known = backlog.event_days["start"][which] != NEVER
    end = np.where(known, backlog.term_end[which], line.term_end[np.clip(events["start"], 0, plan.last_day)])
    for flow in revenue(line, billed, events, plan.edges, end):
        postings.revenue(account, flow)


def _events(backlog: Backlog, tile: _Tile, walkers: Walkers) -> Events:
    """Return the day of each event in every trial: as recorded, or drawn given that it has not come."""
    terms = backlog.line.conditions
    laws = {"start": terms.start, "delivery": terms.delivery, "acceptance": terms.acceptance}
    days: Events = {}
    for event in EVENTS:
        known = backlog.event_days[event]
        days[event] = known[tile.which]
        if event == "signature" or (known < NEVER).all():
            continue
        base = days["delivery"] if event == "acceptance" else days["signature"]
        some = np.flatnonzero(days[event] == NEVER)
        days[event][some] = pending_days(laws[event], event, backlog.line, walkers.only(some), base[some])
    return days


def _write(
    postings: Postings, account: Account, backlog: Backlog, tile: _Tile, billed: Billed, events: Events
) -> None:
    """Write the invoices that are still to be written, and pay those that are taken to be written."""
    line, which, last_day = backlog.line, tile.which, postings.block.plan.last_day
    mine = np.unique(which)
    for n, installment in enumerate(line.conditions.installments):
        if backlog.unbilled[mine, n].any():
            event = events[installment.event]
            day = line.invoice_days[n][np.clip(event, 0, last_day)]
            known = backlog.event_days[installment.event][which] != NEVER
            day = np.where(known, backlog.invoice_days[which, n], np.where(event <= last_day, day, NEVER))
            part = backlog.unbilled[which, n]
            postings.invoices(account, invoices(line, n, billed, np.maximum(day, 1), part))
        if backlog.presumed[mine, n].any():
            entry = np.flatnonzero(backlog.presumed[which, n])
            day = backlog.invoice_days[which[entry], n]
            due = line.conditions.due_days(n, backlog.invoice_days[:, n])[which[entry]]
            part = backlog.presumed[which[entry], n]
            postings.paid(account, followed(line, n, billed, entry, day, due, part))


def _collect(postings: Postings, opened: Invoices, tile: _Tile) -> None:
    """Pay opening invoices by their residual life table."""
    plan, payment, which = tile.block.plan, opened.payment, tile.which
    walkers = tile.walkers(plan.invoice_entities, opened.number)
    customer, gross = opened.customer[which], opened.amount[which]
    day, due = opened.invoice_day[which], opened.due_day[which]
    failed = insolvency(payment, plan.customers, customer, walkers)
    origin = np.datetime64(plan.scenario.horizon.as_of, "D")
    written = Written(day, due, gross, origin, failed=failed, last_day=plan.last_day)
    joint = Billed(walkers, plan.customers, customer, gross, failed).joint(payment)
    known = None if joint is None else plan.customers.known[customer]
    draw, idle = waiting(payment, written, walkers.draw, joint, known)
    late = np.maximum(late_days(payment, written, draw, joint, -due - idle, known), 1 - due)
    everyone = np.arange(len(which))
    disputed = None if opened.disputed is None else everyone if opened.disputed else everyone[:0]
    paid = settled(payment, written, everyone, gross, np.zeros_like(gross), late, draw, disputed, -due)
    rates = tile.block.rates(opened.currency)
    postings.paid(Account(walkers, rates, opened.row, tile.trial, everyone, ruled=False), paid)


def _renew(postings: Postings, due: DueRenewals, tile: _Tile) -> None:
    """Decide contracts that are known to end, and sign those that are renewed."""
    plan, table = tile.block.plan, tile.block.plan.scenario.renewals
    number = due.number[tile.which]
    walkers = tile.walkers(plan.renewal_entities, due.number)
    day, before = table.due_day[number], np.full(len(number), -1)
    again = decided(tile.block, due.segment, walkers, tile.trial, day, before, table.chance[number])
    walkers, close_day = walkers.only(again), day[again]
    if due.line.renewal is not None:
        close_day = close_day + slipped(due.line, walkers)
    inside = np.flatnonzero(close_day <= plan.last_day)
    if not len(inside):
        return
    again, walkers, number = again[inside], walkers.only(inside), number[again[inside]]
    customer = due.customer[tile.which[again]]
    amount = np.minimum(np.rint(table.amount[number] * (1 + table.uplift[number])), LIMIT).astype(np.int64)
    failed = insolvency(due.line.conditions.payment, plan.customers, customer, walkers)
    billed = Billed(walkers, plan.customers, customer, amount, failed)
    signed = Signed(
        due.segment, due.line.conditions.currency, due.row, tile.trial[again], close_day[inside],
        plan.quarter_of_day[day[again]], billed,
    )  # fmt: skip
    sign(postings, due.line, signed, is_renewal=True)
