"""What the compiled loops over signed contracts read and write, and where they work things out."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.engine.fast.closing import Laws
from simulator.streams import Words

SIGNATURE, START, DELIVERY, ACCEPTANCE = range(4)
"""Events by number."""
OVER_TERM, AT_DELIVERY, AT_MILESTONE = 1, 2, 3
"""Rules of revenue; 0 is none."""
FAR: Final = 1 << 30
"""A day that never comes."""
TILE: Final = 1 << 20
"""Deal-trials that are decided at once: enough to hide the cost of a call."""
PIECE: Final = 512
"""Contracts that are worked out at once, so that what is known of them stays in cache."""


class Ledger(NamedTuple):
    """Where money goes: the cells of a block, laid flat.

    Attributes:
        bookings: series, floats[slice · cell · trial]; one not posted to is empty, as are the others.
        arr: likewise.
        billings: likewise.
        deferred: likewise.
        tax: likewise.
        receipts: likewise.
        revenue: likewise.
        booked_of: bookings of each product, floats[product, trial].
        revenue_of: likewise its revenue.
        place: of each day's cell in a slice.
        slice: places of a slice.
        edges: day 0 and the last day of each cell.
        cell: of each day.
        tax_due: day on which the tax on invoices of each day is passed on.
    """

    bookings: Any
    arr: Any
    billings: Any
    deferred: Any
    tax: Any
    receipts: Any
    revenue: Any
    booked_of: Any
    revenue_of: Any
    place: Any
    slice: int
    edges: Any
    cell: Any
    tax_due: Any


class Track(NamedTuple):
    """What is counted of open deals, as in `Block`, and of all won deals.

    Attributes:
        wins: floats[slice, cell].
        closes: integers[deal, day].
        closings: floats[2, deal].
        landed: floats[part, deal].
    """

    wins: Any
    closes: Any
    closings: Any
    landed: Any


class Rates(NamedTuple):
    """The rates of a currency, as `DayRates`.

    Attributes:
        own: whether it is the company's.
        by_day: floats[day].
        path: floats[month, trial]; empty where rates do not vary.
        month: index of each day's month.
        up: by which amounts are multiplied for their minor units,
        down: and divided.
    """

    own: bool
    by_day: Any
    path: Any
    month: Any
    up: float
    down: float


class Terms(NamedTuple):
    """A contract's conditions by number: first what its instalments have, then what its lines have.

    Attributes:
        event: that each instalment waits for.
        top: numerator of its share of the line.
        bottom: denominator.
        certain: whether it is paid on the due day for certain.
        milestone: event at which it is recognised.
        draw: number of its draws of lateness and discount, one more.
        off_days: within which a discount is on offer, −1 without one.
        off_top: numerator of the share that it takes off.
        off_bottom: denominator.
        invoice_day: by instalment and event day.
        due_day: by instalment and invoice day.
        first: instalment of each line, and their number.
        part_top: numerator of each line's share of the contract.
        part_bottom: denominator.
        lag: days from signature to start and delivery, from there to acceptance, where they are fixed; else
            `LEFT`; integers[line, event], as all that follows.
        law: of the lag.
        stated: earliest day.
        waits: whether anything waits for the event.
        laws: of the lags.
        term_end: by line and start day.
        rule: of revenue.
        ruled: whether revenue is counted, so that billings defer nothing more.
        months: of service, for the yearly amount of what recurs; 0 where it does not.
        product: index, −1 for none.
        tax_top: numerator of the tax.
        tax_bottom: denominator.
    """

    event: Any
    top: Any
    bottom: Any
    certain: Any
    milestone: Any
    draw: Any
    off_days: Any
    off_top: Any
    off_bottom: Any
    invoice_day: Any
    due_day: Any
    first: Any
    part_top: Any
    part_bottom: Any
    lag: Any
    law: Any
    stated: Any
    waits: Any
    laws: Laws
    term_end: Any
    rule: Any
    ruled: Any
    months: Any
    product: Any
    tax_top: Any
    tax_bottom: Any


class Lateness(NamedTuple):
    """How late a class pays, as `LateTables`.

    Attributes:
        shared: square root of the share that a customer's invoices have in common.
        common: square root of that which all invoices of a trial have in common.
        own: square root of what is left.
        days: past due, by step; `FAR` for bad debt.
        cdf: steps by uniform.
        guide: first step of each bin,
        bins: so many.
        scores: steps by normal score.
        score_guide: first step of each bin,
        score_bins: so many a unit,
        farthest: from minus so far on.
        normal: Φ⁻¹(n / `BINS`),
        wrong: by how much a line between neighbours may be wrong.
        taken: chance that a discount is taken.
        recovery: share of a bad debt that is recovered,
        last_day: so many days past due.
    """

    shared: float
    common: float
    own: float
    days: Any
    cdf: Any
    guide: Any
    bins: float
    scores: Any
    score_guide: Any
    score_bins: float
    farthest: float
    normal: Any
    wrong: Any
    taken: float
    recovery: float
    last_day: int


class Keys(NamedTuple):
    """Keys of the draws of lines.

    Attributes:
        lags: of each event but signature, line and deal.
        lateness: of each line and deal,
        discount: likewise.
        customer: of each deal's customer.
        common: of all.
        mean: of each customer's score,
        sd: its standard deviation.
    """

    lags: Any
    lateness: Any
    discount: Any
    customer: Any
    common: Any
    mean: Any
    sd: Any


class Room(NamedTuple):
    """A piece of contracts, as many as `PIECE`, and what is worked out of them before anything is posted.

    Attributes:
        place: of each among all.
        row: of its deal.
        trial: of each,
        offset: and what it adds to keys.
        signed: day of signature.
        amount: of each,
        rest: and what is left of it, or of a line.
        base: where a line's trial begins in a series, but for the day.
        state: of the draws of a line's invoices, key + offset of the trial.
        joint: part of its scores of lateness that its customer's invoices share,
        slack: and by how much that may be wrong.
        u: uniforms of an instalment,
        score: about what they mean,
        wrong: and by how much that may be wrong;
        late: days past due.
        doubt: whether rounding might decide anything.
        booked: bookings, company minor units.
        line: amounts of the lines, integers[line, n].
        event: days of the events, integers[line, event, n].
        net: amounts of the instalments, integers[instalment, n], as what follows.
        day: on which each is invoiced, `FAR` beyond the horizon.
        due: on which it is due.
        pay: on which it is paid, `FAR` for bad debt.
    """

    place: Any
    row: Any
    trial: Any
    offset: Any
    signed: Any
    amount: Any
    rest: Any
    base: Any
    state: Any
    joint: Any
    slack: Any
    u: Any
    score: Any
    wrong: Any
    late: Any
    doubt: Any
    booked: Any
    line: Any
    event: Any
    net: Any
    day: Any
    due: Any
    pay: Any


def room_of(terms: Terms) -> Room:
    """Return room to work a piece of contracts out."""
    n, lines, parts = PIECE, len(terms.rule), len(terms.event)
    place, row, trial = np.zeros((3, n + 1), dtype=np.uint32)
    signed, late = np.zeros((2, n + 1), dtype=np.int32)
    offset, state = np.zeros((2, n + 1), dtype=np.uint64)
    amount, rest, base = np.zeros((3, n + 1), dtype=np.int64)
    joint, slack, u, score, wrong, booked = np.zeros((6, n + 1))
    day, due, pay = np.zeros((3, parts, n), dtype=np.int32)
    return Room(
        place, row, trial, offset, signed, amount, rest, base, state, joint, slack, u, score, wrong, late,
        np.zeros(n + 1, dtype=np.bool_), booked,
        np.zeros((lines, n), dtype=np.int64), np.zeros((lines, ACCEPTANCE + 1, n), dtype=np.int32),
        np.zeros((parts, n), dtype=np.int64), day, due, pay,
    )  # fmt: skip


def short(values: NDArray[np.integer]) -> NDArray[np.int32]:
    """Return whole numbers in half the room; they are days, places and the like."""
    return np.ascontiguousarray(values, dtype=np.int32)


def positions(values: NDArray[np.integer]) -> NDArray[np.uint32]:
    """Return places without a sign, which spares a look at whether they are counted from the end."""
    return np.ascontiguousarray(values, dtype=np.uint32)


def words(values: NDArray[np.integer]) -> Words:
    """Return places that are reckoned with, likewise."""
    return np.ascontiguousarray(values, dtype=np.uint64)


def numbers(count: int) -> NDArray[np.uint32]:
    """Return 0 … count − 1, to be read only."""
    return _numbers()[:count] if count <= TILE else np.arange(count, dtype=np.uint32)


@cache
def _numbers() -> NDArray[np.uint32]:
    # Numba compiles loops anew for arrays that cannot be written, so nothing here forbids it.
    return np.arange(TILE, dtype=np.uint32)
