"""Book, bill, recognise, collect and renew what was won in a block of trials."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from simulator.distributions import remaining_days
from simulator.engine.billing import Billed, Events, bill, event_days
from simulator.engine.block import Block
from simulator.engine.cells import EXACT, parted
from simulator.engine.contracts import LINE_DRAWS, Contract, LinePlan
from simulator.engine.identity import Entities
from simulator.engine.plan import SegmentPlan
from simulator.engine.populations import ALL, Places, Population
from simulator.engine.postings import Account, Postings
from simulator.engine.recognition import revenue
from simulator.engine.walk import Walkers
from simulator.money import LIMIT, minor_digits, split
from simulator.offers import Offer
from simulator.payments import PaymentBehaviour
from simulator.records import dataclass
from simulator.streams import DRAWS_PER_TRIAL

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
GENERATION = 1 << 8
"""Attempts after which the draws of a contract's next term stand."""


@dataclass(frozen=True)
class Won:
    """Attempts that are won.

    Attributes:
        population: what they are.
        walkers: who they are.
        trial: of each, within the block.
        close_day: calendar day of signature, inside the horizon.
        amount: booking, contract minor units.
        quarter: calendar quarters after the as-of day's, of the market that each met.
    """

    population: Population
    walkers: Walkers
    trial: Integers
    close_day: Integers
    amount: Integers
    quarter: Integers


@dataclass(frozen=True)
class Signed:
    """One line of contracts that are signed, new or renewed; arrays of equal length.

    Attributes:
        segment: index.
        currency: ISO code.
        rows: slice of each, or of all.
        trial: within the block.
        close_day: calendar day of signature.
        quarter: of the market at the last decision, −1 where there was none.
        billed: the contracts, as they are billed.
    """

    segment: int
    currency: str
    rows: Integers | int
    trial: Integers
    close_day: Integers
    quarter: Integers
    billed: Billed


def close(
    block: Block, plan: SegmentPlan, population: Population, walkers: Walkers, trial: Integers, day: Integers,
    begin: Floats,
) -> None:  # fmt: skip
    """Sample the amounts of won attempts, and settle those inside the horizon.

    Args:
        block: under way.
        plan: of the segment.
        population: what the deals are.
        walkers: who won.
        trial: of each.
        day: calendar day on which each is signed.
        begin: clock value at which each attempt began.
    """
    segment = plan.segment
    inside = np.flatnonzero(day <= block.plan.last_day)
    if not len(inside):
        return
    walkers, trial, day = walkers.only(inside), trial[inside], day[inside]
    law, lean = segment.amount_change, None
    open_amount = population.amounts(walkers.which, walkers.offsets)
    if law.by_size:
        worth = population.worth(walkers.which, open_amount)
        lean = law.lean(worth / 10 ** minor_digits(block.plan.scenario.currency))
    change = law.factors(
        walkers.entities.draw("amount", walkers.which, walkers.offsets, 0, walkers.attempt), lean
    )
    amount = open_amount * change * block.price(plan, trial, day)
    # No law of amounts reaches the limit but by a slip; past it, whole numbers would wrap around.
    booked = np.minimum(np.rint(amount), LIMIT).astype(np.int64)
    quarter = np.broadcast_to(np.int64(0), day.shape)
    if block.plan.renews:
        start = begin[inside]
        quarter = np.where(start > 0, block.plan.quarter_of_day[segment.clock.day_of(start)], 0)
    settle(block, plan, Won(population, walkers, trial, day, booked, quarter))


def settle(block: Block, plan: SegmentPlan, won: Won) -> None:
    """Add everything that follows from won deals to the block's cells."""
    if not len(won.trial):
        return
    postings, booked = Postings(block), np.zeros(len(won.trial))
    for contract, offer, places in _agreed(won):
        amount = won.amount[places] if offer is None else _reduced(won.amount[places], offer)
        parts = split(amount, contract.shares)
        walkers = won.walkers.only(places)
        if offer is not None and block.recorder is not None:
            block.recorder.took(walkers, won.trial[places], offer)
        customers, customer = won.population.customers, won.population.customer(walkers.which)
        close_day = won.close_day[places]
        for line in contract.lines:
            payment = line.conditions.payment
            failed = insolvency(payment, customers, customer, walkers)
            if failed is not None and won.population.is_new:
                failed = failed + close_day
            rows = won.population.rows(walkers.which, line.group)
            billed = Billed(walkers, customers, customer, parts[:, line.number], failed)
            signed = Signed(
                plan.index, contract.currency, rows, won.trial[places], close_day, won.quarter[places], billed
            )
            booked[places] += sign(postings, line, signed)
    rows = won.population.rows(won.walkers.which, "")
    block.cells.count_wins(rows, block.plan.cell_of_day[won.close_day])
    if won.population is block.plan.open_deals and won.walkers.attempt == 0:
        _track(block, plan, won.walkers.which, won.close_day, booked)


def insolvency(
    payment: PaymentBehaviour, customers: Entities, customer: Integers, walkers: Walkers
) -> Integers | None:
    """Return the days after which each customer is insolvent, None where nobody can be."""
    if payment.insolvency == 0:
        return None
    return payment.insolvent_after(customers.draw("insolvency", customer, walkers.offsets))


def sign(postings: Postings, line: LinePlan, signed: Signed, is_renewal: bool = False) -> Floats:
    """Post all that follows from lines that are signed, their renewals too, and return their bookings."""
    block, terms, billed = postings.block, line.conditions, signed.billed
    rates = block.rates(signed.currency)
    account = Account(
        billed.walkers, rates, signed.rows, signed.trial, signed.close_day, terms.recognise is not None,
        terms.line.product,
    )  # fmt: skip
    if block.recorder is not None:
        block.recorder.signed(line, billed, signed.trial, signed.close_day)
    booked = rates.convert(billed.amount, signed.close_day, signed.trial)
    postings.post("bookings", account, signed.close_day, booked)
    postings.of_product("bookings", account, signed.close_day, booked)
    if terms.product.recurring and not is_renewal and not block.plan.bookings_only:
        yearly = rates.convert(np.rint(billed.amount * 12 / terms.months), signed.close_day, signed.trial)
        postings.post("arr", account, signed.close_day, yearly)
    if is_renewal:
        block.cells.count_wins(signed.rows, block.plan.cell_of_day[signed.close_day])
    if block.plan.bookings_only and line.renewal is None:
        return booked
    events = event_days(line, billed.walkers, signed.close_day)
    if not block.plan.bookings_only:
        _perform(postings, account, line, billed, events)
    if line.renewal is not None:
        start = events["start"]
        some = np.flatnonzero(start <= block.plan.last_day)
        renew(postings, line, signed, some, line.renewal_due[start[some]])
    return booked


def _perform(postings: Postings, account: Account, line: LinePlan, billed: Billed, events: Events) -> None:
    """Bill, collect and recognise lines that are signed."""
    for written in bill(line, billed, events):
        postings.invoices(account, written)
    if account.ruled:
        for flow in revenue(line, billed, events, postings.block.plan.edges):
            postings.revenue(account, flow)


def renew(postings: Postings, line: LinePlan, signed: Signed, some: Integers, due_day: Integers) -> None:
    """Decide the renewal of lines whose term ends inside the horizon, and sign those that are renewed.

    Args:
        postings: of the block.
        line: as it was signed.
        signed: the contracts.
        some: which of them come to their end.
        due_day: on which each is decided, the first day after its term.
    """
    plan, renewal = postings.block.plan, line.renewal
    assert renewal is not None
    inside = np.flatnonzero(due_day <= plan.last_day)
    some, due_day = some[inside], due_day[inside]
    if not len(some):
        return
    walkers = signed.billed.walkers.only(some).again(GENERATION)
    again = decided(postings.block, signed.segment, walkers, signed.trial[some], due_day,
                    signed.quarter[some], np.full(len(some), renewal.chance), line.number)  # fmt: skip
    some, due_day, walkers = some[again], due_day[again], walkers.only(again)
    close_day = due_day + slipped(line, walkers)
    inside = np.flatnonzero(close_day <= plan.last_day)
    some, walkers, billed = some[inside], walkers.only(inside), signed.billed
    uplifted = np.rint(billed.amount[some] * (1 + renewal.uplift))
    amount = np.minimum(uplifted, LIMIT).astype(np.int64)
    failed = None if billed.failed is None else billed.failed[some]
    following = line.renewed
    row = plan.renewal_row(signed.segment, following.group)
    following_billed = Billed(walkers, billed.customers, billed.customer[some], amount, failed)
    sign(
        postings,
        following,
        Signed(
            signed.segment, signed.currency, row, signed.trial[some], close_day[inside],
            plan.quarter_of_day[due_day[inside]], following_billed,
        ),
        is_renewal=True,
    )  # fmt: skip


def decided(
    block: Block, segment: int, walkers: Walkers, trial: Integers, due_day: Integers, quarter: Integers,
    chance: Floats, number: int = 0,
) -> Integers:  # fmt: skip
    """Return which contracts are renewed on the day that their term ends.

    Args:
        block: under way.
        segment: index.
        walkers: who decides.
        trial: of each.
        due_day: inside the horizon.
        quarter: of the market at the last decision, −1 where there was none.
        chance: to renew.
        number: of the line.
    """
    now = block.plan.quarter_of_day[due_day]
    chance = block.luck.renewal_chances(segment, chance, quarter, now, trial, block.plan.market.phi)
    u = walkers.entities.draw("renewal", walkers.which, walkers.offsets, number * LINE_DRAWS, walkers.attempt)
    if block.recorder is not None:
        block.recorder.ended(walkers, trial, number, due_day, u < chance)
    return np.flatnonzero(u < chance)


def slipped(line: LinePlan, walkers: Walkers) -> Integers:
    """Return the whole days from the end of each term to the signature of the next."""
    assert line.renewal is not None
    n = line.number * LINE_DRAWS
    u = walkers.entities.draw("slip", walkers.which, walkers.offsets, n, walkers.attempt)
    return remaining_days(line.renewal.slip, u)


def _agreed(won: Won) -> Iterator[tuple[Contract, Offer | None, Places]]:
    """Yield each contract among won deals with the offer that was taken and the places of its deals."""
    for contract, offer, found in _chosen(won):
        if contract.before is None:
            yield contract, offer, found
            continue
        places = np.arange(len(won.trial))[found]
        early = won.close_day[places] < contract.first_day
        for kind, some in ((contract.before, places[early]), (contract, places[~early])):
            if len(some):
                yield kind, offer, some


def _chosen(won: Won) -> Iterator[tuple[Contract, Offer | None, Places]]:
    """Yield them by the offer that was taken, whenever they are signed."""
    for contract, found in won.population.contracts(won.walkers.which):
        if not contract.offers:
            yield contract, None, found
            continue
        places = np.arange(len(won.trial))[found]
        for offer, agreed in contract.offers:
            walkers = won.walkers.only(places)
            u = walkers.entities.draw(
                "offer", walkers.which, walkers.offsets, _place_of(offer.name), walkers.attempt
            )
            takes = (u < offer.taken_by) & (won.close_day[places] >= offer.first_day)
            if takes.any():
                yield agreed, offer, places[takes]
            places = places[~takes]
        if len(places):
            yield contract, None, places


def _place_of(name: str) -> int:
    """Return the number of an offer's draw, which no other offer of the scenario can move."""
    return DRAWS_PER_TRIAL * int.from_bytes(blake2b(name.encode(), digest_size=5).digest(), "little")


def _reduced(amount: Integers, offer: Offer) -> Integers:
    return np.asarray(amount - split(amount, (offer.discount, 1 - offer.discount))[:, 0])


def _track(block: Block, plan: SegmentPlan, deal: Integers, day: Integers, money: Floats) -> None:
    """Count close days and bookings of the open deals' first attempts."""
    everyone = len(block.closes) == len(plan.place)
    followed = ALL if everyone else np.flatnonzero(deal < len(block.closes))
    flat = deal[followed] * block.closes.shape[1] + day[followed]
    np.add.at(block.closes.reshape(-1), flat, block.closes.dtype.type(1))
    # Most often the wins of a deal stand one after the other: first those are added up.
    begins = np.flatnonzero(np.diff(deal, prepend=-1))
    place = plan.place[deal[begins]]
    first, last = int(place.min()), int(place.max()) + 1
    here = plan.deals[first:last]

    def total(each: Floats | Integers) -> Floats:
        sums = np.add.reduceat(each, begins)
        return np.bincount(place - first, weights=sums, minlength=last - first).astype(np.float64)

    if float(money.max()) * block.trials < EXACT:
        block.landed_parts[:, here] += parted(total(money))
    else:
        block.landed_parts[:, here] += [total(part) for part in parted(money)]
    block.closings[:, here] += total(np.ones(len(day))), total(day)
