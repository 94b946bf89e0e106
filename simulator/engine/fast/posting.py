"""The compiled loop over signed contracts: bookings, invoices, receipts and revenue, each into its cell."""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np

from simulator.distributions import TIE
from simulator.engine.cells import PART
from simulator.engine.fast.arithmetic import GAMMA, NEAR, loop, normal, part, uniform
from simulator.engine.fast.closing import LEFT, Laws, remaining
from simulator.payments import NEVER as _NEVER

NEVER: Final = np.int64(_NEVER)
SIGNATURE, START, DELIVERY, ACCEPTANCE = range(4)
"""Events by number."""
OVER_TERM, AT_DELIVERY, AT_MILESTONE = 1, 2, 3
"""Rules of revenue; 0 is none."""


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
        draw: number of its draw of lateness, one more.
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
        days: past due, by step.
        cdf: steps by uniform.
        guide: first step of each bin,
        bins: so many.
        scores: steps by normal score.
        score_guide: first step of each bin,
        score_bins: so many a unit,
        farthest: from minus so far on.
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
    recovery: float
    last_day: int


class Keys(NamedTuple):
    """Keys of the draws of lines.

    Attributes:
        lags: of each event but signature, line and deal.
        lateness: of each line and deal.
        customer: of each deal's customer.
        common: of all.
        mean: of each customer's score,
        sd: its standard deviation.
    """

    lags: Any
    lateness: Any
    customer: Any
    common: Any
    mean: Any
    sd: Any


class Room(NamedTuple):
    """What is worked out of one contract before anything is posted.

    Attributes:
        event: day of each event of each line, integers[line, event].
        amount: of each line.
        net: of each instalment.
        day: on which it is invoiced.
        due: on which it is due.
        pay: on which it is paid.
    """

    event: Any
    amount: Any
    net: Any
    day: Any
    due: Any
    pay: Any


@part
def _convert(minor: Any, day: Any, trial: Any, rates: Any) -> Any:
    """Return whole company minor units, as `DayRates.convert`."""
    if rates.own:
        return np.float64(minor)
    at = min(max(day, 0), len(rates.by_day) - 1)
    rate = rates.by_day[at]
    if len(rates.path):
        rate = rate * rates.path[rates.month[at], trial]
    return np.rint(np.float64(minor) * rate * rates.up / rates.down)


@part
def _share(amount: Any, top: Any, bottom: Any) -> Any:
    """Return ⌊amount · top / bottom⌋."""
    return amount // bottom * top + amount % bottom * top // bottom


@part
def _late(u: Any, joint: Any, by: Any) -> Any:
    """Return the place of the days past due; `LEFT` where rounding might decide it."""
    if by.own == 1.0:
        at = by.guide[np.int64(u * by.bins)]
        while by.cdf[at] <= u:
            at += 1
        return at
    score = joint + by.own * normal(u, 1.0 - u)
    at = by.score_guide[np.int64((score + by.farthest) * by.score_bins)]
    while by.scores[at] <= score:
        at += 1
    if by.scores[at] - score <= NEAR or (at > 0 and score - by.scores[at - 1] <= NEAR):
        return LEFT
    return at


@loop
def settle(
    places: Any, row: Any, trial: Any, close: Any, booked: Any, offsets: Any, deals: Any, rows: Any,
    last: int, terms: Terms, by: Lateness, rates: Rates, keys: Keys, ledger: Ledger,
    track: Track, room: Room, left: Any,
) -> int:  # fmt: skip
    """Post all that follows from contracts that are signed, but for those that rounding might decide.

    Args:
        places: of the contracts' deals among
        row: of the deals, of each that is won.
        trial: of each.
        close: day of signature; below 0 or beyond the horizon nothing is done.
        booked: contract minor units.
        offsets: of the trials.
        deals: places in the pipeline, of each row.
        rows: slice of each deal, and of each line and deal.
        last: day of the horizon.
        terms: of the contracts.
        by: how late is paid.
        rates: of their currency.
        keys: of their draws.
        ledger: posted to.
        track: of the deals.
        room: to work in.
        left: receives the places of those that nothing was done about.

    Returns:
        How many are left.
    """
    skipped = 0
    for place in places:
        signed = close[place]
        if signed < 0 or signed > last:
            continue
        r, t = row[place], trial[place]
        if _worked_out(r, offsets[t], signed, booked[place], last, terms, by, keys, room):
            left[skipped] = place
            skipped += 1
            continue
        total = 0.0
        for line in range(len(terms.rule)):
            base = rows[line + 1, r] * ledger.slice + t
            total += _book(line, base, t, signed, terms, rates, ledger, room)
            _bill(line, base, t, last, terms, by, rates, ledger, room)
            _recognise(line, base, t, signed, last, terms, rates, ledger, room)
        who = deals[r]
        track.wins[rows[0, r], ledger.cell[signed]] += 1.0
        track.closings[0, who] += 1.0
        track.closings[1, who] += signed
        if who < len(track.closes):
            track.closes[who, signed] += 1
        high = math.floor(total / PART)
        track.landed[0, who] += high
        track.landed[1, who] += total - high * PART
    return skipped


@part
def _worked_out(
    r: Any, offset: Any, signed: Any, amount: Any, last: Any, terms: Any, by: Any, keys: Any, room: Any
) -> Any:
    """Work out amounts and days of a contract, and tell whether rounding might decide some."""
    joint, drawn, rest = 0.0, by.own == 1.0, amount
    for line in range(len(terms.rule)):
        part_ = rest
        if line < len(terms.rule) - 1:
            part_ = _share(amount, terms.part_top[line], terms.part_bottom[line])
        rest -= part_
        room.amount[line] = part_
        room.event[line, SIGNATURE] = signed
        for event in range(START, ACCEPTANCE + 1):
            if not terms.waits[line, event]:
                continue
            days = terms.lag[line, event]
            if days == LEFT:
                u = uniform(keys.lags[event - 1, line, r] + offset + GAMMA)
                days = remaining(u, 1.0, 0.0, 0.5 + TIE, terms.law[line, event], terms.laws)
                if days == LEFT:
                    return True
            begin = room.event[line, DELIVERY] if event == ACCEPTANCE else signed
            room.event[line, event] = max(begin + days, terms.stated[line, event])
        tail = part_
        for n in range(terms.first[line], terms.first[line + 1]):
            net = tail
            if n < terms.first[line + 1] - 1:
                net = _share(part_, terms.top[n], terms.bottom[n])
            tail -= net
            on = room.event[line, terms.event[n]]
            day = terms.invoice_day[n, on] if on <= last else NEVER
            room.net[n], room.day[n] = net, day
            if day > last:
                continue
            due = terms.due_day[n, day]
            room.due[n] = due
            if terms.certain[n]:
                room.pay[n] = max(day, due)
                continue
            if not drawn:
                drawn = True
                joint = _joint(r, offset, by, keys)
            at = _late(uniform(keys.lateness[line, r] + offset + GAMMA * terms.draw[n]), joint, by)
            if at == LEFT:
                return True
            late = by.days[at]
            room.pay[n] = NEVER if late == NEVER else max(day, due + late)
    return False


@part
def _joint(r: Any, offset: Any, by: Any, keys: Any) -> Any:
    """Return the part of the scores of a customer's invoices that they share."""
    u = uniform(keys.customer[r] + offset + GAMMA)
    joint = by.shared * (keys.mean[r] + keys.sd[r] * normal(u, 1.0 - u))
    if by.common > 0.0:
        u = uniform(keys.common + offset + GAMMA)
        joint += by.common * normal(u, 1.0 - u)
    return joint


@part
def _book(
    line: Any, base: Any, t: Any, signed: Any, terms: Any, rates: Any, ledger: Any, room: Any
) -> Any:
    """Post the booking of a line, and return it."""
    amount, product = room.amount[line], terms.product[line]
    money = _convert(amount, signed, t, rates)
    ledger.bookings[base + ledger.place[signed]] += money
    if product >= 0 and len(ledger.booked_of):
        ledger.booked_of[product, t] += money
    if terms.months[line] and len(ledger.arr):
        yearly = np.rint(np.float64(amount * 12) / np.float64(terms.months[line]))
        ledger.arr[base + ledger.place[signed]] += _convert(yearly, signed, t, rates)
    return money


@part
def _bill(
    line: Any, base: Any, t: Any, last: Any, terms: Any, by: Any, rates: Any, ledger: Any, room: Any
) -> None:
    """Post the invoices of a line, their tax and what is paid of them."""
    for n in range(terms.first[line], terms.first[line + 1]):
        day, gross, on = room.day[n], room.net[n], room.pay[n]
        if day > last:
            continue
        money = _convert(gross, day, t, rates)
        ledger.billings[base + ledger.place[day]] += money
        if not terms.ruled[line] and len(ledger.deferred):
            ledger.deferred[t + ledger.place[day]] -= money
        if terms.tax_top[line]:
            bottom = terms.tax_bottom[line]
            tax = (gross * (2 * terms.tax_top[line]) + bottom) // (2 * bottom)
            gross += tax
            passed = ledger.tax_due[day]
            if passed <= last:
                ledger.tax[t + ledger.place[passed]] += _convert(tax, day, t, rates)
        if on == NEVER:
            gross = np.int64(np.rint(np.float64(gross) * by.recovery))
            on = max(day, room.due[n] + by.last_day)
        if on <= last:
            ledger.receipts[base + ledger.place[on]] += _convert(gross, on, t, rates)


@part
def _recognise(
    line: Any, base: Any, t: Any, signed: Any, last: Any, terms: Any, rates: Any, ledger: Any, room: Any
) -> None:
    """Post the revenue of a line by its rule."""
    rule, total = terms.rule[line], 0.0
    if rule == OVER_TERM:
        start = room.event[line, START]
        if start <= last:
            end, before, amount = terms.term_end[line, start], np.int64(0), room.amount[line]
            length = end - start
            for cell in range(ledger.cell[start], len(ledger.edges) - 1):
                edge = ledger.edges[cell + 1]
                now = _share(amount, min(edge + 1, end) - start, length)
                if now > before:
                    money = _convert(now - before, signed, t, rates)
                    ledger.revenue[base + ledger.place[edge]] += money
                    total += money
                    before = now
                if edge + 1 >= end:
                    break
    elif rule == AT_DELIVERY:
        day = room.event[line, DELIVERY]
        if day <= last:
            total = _convert(room.amount[line], signed, t, rates)
            ledger.revenue[base + ledger.place[day]] += total
    elif rule == AT_MILESTONE:
        for n in range(terms.first[line], terms.first[line + 1]):
            day = room.event[line, terms.milestone[n]]
            if day <= last:
                money = _convert(room.net[n], signed, t, rates)
                ledger.revenue[base + ledger.place[day]] += money
                total += money
    if terms.product[line] >= 0 and len(ledger.revenue_of):
        ledger.revenue_of[terms.product[line], t] += total
