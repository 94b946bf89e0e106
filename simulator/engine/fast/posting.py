"""The compiled loops over signed contracts: bookings, invoices, receipts and revenue, each into its cell."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simulator.distributions import TIE
from simulator.engine.cells import PART
from simulator.engine.fast.arithmetic import GAMMA, NEAR, loop, normal, part, uniform
from simulator.engine.fast.closing import BINS, LEFT, remaining
from simulator.engine.fast.columns import (
    ACCEPTANCE,
    AT_DELIVERY,
    DELIVERY,
    FAR,
    OVER_TERM,
    PIECE,
    SIGNATURE,
    START,
    Keys,
    Lateness,
    Ledger,
    Rates,
    Room,
    Terms,
    Track,
)

_SMALL, _FEW = 1 << 33, 1 << 20
"""Products of numbers below these are exact floats."""


@loop
def settle(
    places: Any, row: Any, trial: Any, close: Any, booked: Any, offsets: Any, deals: Any, rows: Any,
    last: int, terms: Terms, by: Lateness, rates: Rates, keys: Keys, ledger: Ledger, track: Track,
    room: Room, left: Any,
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
    skipped, begin = 0, 0
    while begin < len(places):
        count = 0
        while begin < len(places) and count < PIECE:
            place = places[begin]
            room.place[count] = place
            room.row[count] = row[place]
            room.trial[count] = trial[place]
            room.signed[count] = close[place]
            room.amount[count] = booked[place]
            room.rest[count] = booked[place]
            room.doubt[count] = False
            room.booked[count] = 0.0
            count += 0 <= close[place] <= last
            begin += 1
        if by.own < 1.0:
            _draw_joint(count, offsets, by, keys, room)
        for line in range(len(terms.rule)):
            _divide(line, count, terms, room)
        for line in range(len(terms.rule)):
            _date_events(line, count, offsets, terms, keys, room)
            if terms.first[line] < terms.first[line + 1]:
                _date_invoices(line, count, offsets, last, terms, by, keys, room)
        for line in range(len(terms.rule)):
            _book(line, count, rows, terms, rates, ledger, room)
            for n in range(terms.first[line], terms.first[line + 1]):
                _bill(line, n, count, rows, last, terms, by, rates, ledger, room)
            if terms.rule[line]:
                _recognise(line, count, rows, last, terms, rates, ledger, room)
        skipped = _count(count, deals, rows, ledger, track, room, left, skipped)
    return skipped


@loop
def _draw_joint(count: int, offsets: Any, by: Lateness, keys: Keys, room: Room) -> None:
    """Draw what the scores of lateness of a customer's invoices share."""
    for i in range(count):
        room.joint[i], room.slack[i] = _joint(room.row[i], offsets[room.trial[i]], by, keys, False)


@loop
def _divide(line: int, count: int, terms: Terms, room: Room) -> None:
    """Give a line its part of the contracts, the last one what is left."""
    final, top, bottom = line == len(terms.rule) - 1, terms.part_top[line], terms.part_bottom[line]
    for i in range(count):
        amount = room.rest[i] if final else _share(room.amount[i], top, bottom)
        room.line[line, i] = amount
        room.rest[i] -= amount
        room.event[line, SIGNATURE, i] = room.signed[i]


@loop
def _date_events(line: int, count: int, offsets: Any, terms: Terms, keys: Keys, room: Room) -> None:
    """Date the events that something of a line waits for."""
    for event in range(START, ACCEPTANCE + 1):
        if not terms.waits[line, event]:
            continue
        before = DELIVERY if event == ACCEPTANCE else SIGNATURE
        lag, law, stated = terms.lag[line, event], terms.law[line, event], terms.stated[line, event]
        for i in range(count):
            days = lag
            if lag == LEFT:
                u = uniform(keys.lags[event - 1, line, room.row[i]] + offsets[room.trial[i]] + GAMMA)
                days = remaining(u, 1.0, 0.0, 0.5 + TIE, law, terms.laws)
                room.doubt[i] |= days == LEFT
            room.event[line, event, i] = max(room.event[line, before, i] + days, stated)


@loop
def _date_invoices(
    line: int, count: int, offsets: Any, last: int, terms: Terms, by: Lateness, keys: Keys, room: Room
) -> None:
    """Divide a line into invoices, and say when each is written, due and paid."""
    for i in range(count):
        room.rest[i] = room.line[line, i]
    for n in range(terms.first[line], terms.first[line + 1]):
        final, top, bottom = n == terms.first[line + 1] - 1, terms.top[n], terms.bottom[n]
        event = terms.event[n]
        for i in range(count):
            net = room.rest[i] if final else _share(room.line[line, i], top, bottom)
            room.rest[i] -= net
            room.net[n, i] = net
            on = room.event[line, event, i]
            day = terms.invoice_day[n, on] if on <= last else FAR
            room.day[n, i] = day
            room.due[n, i] = terms.due_day[n, min(day, last)]
            room.late[i] = 0
        if not terms.certain[n]:
            _draw_lateness(line, n, count, offsets, last, terms, by, keys, room)
        for i in range(count):
            late = room.late[i]
            room.pay[n, i] = FAR if late == FAR else max(room.day[n, i], room.due[n, i] + late)
        if terms.off_days[n] >= 0 and not terms.certain[n]:
            _take_discounts(line, n, count, offsets, last, terms, by, keys, room)


@loop
def _draw_lateness(
    line: int, n: int, count: int, offsets: Any, last: int, terms: Terms, by: Lateness, keys: Keys, room: Room
) -> None:
    """Draw how many days past due the invoices of an instalment are paid."""
    step = GAMMA * terms.draw[n]
    for i in range(count):
        room.u[i] = uniform(keys.lateness[line, room.row[i]] + offsets[room.trial[i]] + step)
    if by.own == 1.0:
        for i in range(count):
            room.late[i] = by.days[_step_of(room.u[i], by)]
        return
    for i in range(count):
        z, wrong = _near_normal(room.u[i], by)
        room.score[i], room.wrong[i] = room.joint[i] + by.own * z, room.slack[i] + by.own * wrong
    for i in range(count):
        if room.day[n, i] <= last:
            at = _step(room.score[i], room.wrong[i], by)
            if at == LEFT:
                joint, _ = _joint(room.row[i], offsets[room.trial[i]], by, keys, True)
                at = _step(joint + by.own * normal(room.u[i], 1.0 - room.u[i]), NEAR, by)
            room.doubt[i] |= at == LEFT
            room.late[i] = by.days[max(at, 0)]


@loop
def _take_discounts(
    line: int, n: int, count: int, offsets: Any, last: int, terms: Terms, by: Lateness, keys: Keys, room: Room
) -> None:
    """Let some pay within the days of the discount at the latest."""
    step, days = GAMMA * terms.draw[n], terms.off_days[n]
    for i in range(count):
        u = uniform(keys.discount[line, room.row[i]] + offsets[room.trial[i]] + step)
        if u < by.taken and room.day[n, i] <= last:
            room.pay[n, i] = min(room.pay[n, i], room.day[n, i] + days)


@part
def _joint(r: Any, offset: Any, by: Any, keys: Any, exactly: Any) -> Any:
    """Return what the scores of a customer's invoices share, and by how much it may be wrong."""
    u = uniform(keys.customer[r] + offset + GAMMA)
    z, slack = (normal(u, 1.0 - u), 0.0) if exactly else _near_normal(u, by)
    joint = by.shared * (keys.mean[r] + keys.sd[r] * z)
    slack *= by.shared * keys.sd[r]
    if by.common > 0.0:
        u = uniform(keys.common + offset + GAMMA)
        z, more = (normal(u, 1.0 - u), 0.0) if exactly else _near_normal(u, by)
        joint += by.common * z
        slack += by.common * more
    return joint, slack


@part
def _near_normal(u: Any, by: Any) -> Any:
    """Return about Φ⁻¹(u), and by how much it may be wrong."""
    place = u * BINS
    piece = np.int64(place)
    z = by.normal[piece] + (place - piece) * (by.normal[piece + 1] - by.normal[piece])
    return z, by.wrong[piece]


@part
def _step_of(u: Any, by: Any) -> Any:
    """Return the first step above a uniform."""
    at = np.int64(by.guide[np.int64(u * by.bins)])
    at += by.cdf[at] <= u
    while by.cdf[at] <= u:
        at += 1
    return at


@part
def _step(score: Any, slack: Any, by: Any) -> Any:
    """Return the first step above a score; `LEFT` where a difference so large might decide it."""
    if not abs(score) + slack < by.farthest:
        return LEFT
    at = np.int64(by.score_guide[np.int64((score + by.farthest) * by.score_bins)])
    at += by.scores[at] <= score
    while by.scores[at] <= score:
        at += 1
    if by.scores[at] - score <= slack or (at > 0 and score - by.scores[at - 1] <= slack):
        return LEFT
    return at


@loop
def _book(line: int, count: int, rows: Any, terms: Terms, rates: Rates, ledger: Ledger, room: Room) -> None:
    """Post the bookings of a line."""
    product, months = terms.product[line], terms.months[line]
    totalled, yearly = product >= 0 and len(ledger.booked_of) > 0, months > 0 and len(ledger.arr) > 0
    for i in range(count):
        if room.doubt[i]:
            continue
        t, signed, amount = room.trial[i], room.signed[i], room.line[line, i]
        at = rows[line + 1, room.row[i]] * ledger.slice + t + ledger.place[signed]
        money = _convert(amount, signed, t, rates)
        room.booked[i] += money
        ledger.bookings[at] += money
        if totalled:
            ledger.booked_of[product, t] += money
        if yearly:
            ledger.arr[at] += _convert(
                np.rint(np.float64(amount * 12) / np.float64(months)), signed, t, rates
            )


@loop
def _bill(
    line: int, n: int, count: int, rows: Any, last: int, terms: Terms, by: Lateness, rates: Rates,
    ledger: Ledger, room: Room,
) -> None:  # fmt: skip
    """Post the invoices of an instalment, their tax and what is paid of them."""
    deferred = not terms.ruled[line] and len(ledger.deferred) > 0
    top, bottom = 2 * terms.tax_top[line], 2 * terms.tax_bottom[line]
    within = -1 if terms.certain[n] else terms.off_days[n]
    for i in range(count):
        day, gross, on, t = room.day[n, i], room.net[n, i], room.pay[n, i], room.trial[i]
        if day > last or room.doubt[i]:
            continue
        base = rows[line + 1, room.row[i]] * ledger.slice + t
        money = _convert(gross, day, t, rates)
        ledger.billings[base + ledger.place[day]] += money
        if deferred:
            ledger.deferred[t + ledger.place[day]] -= money
        if top:
            tax = (gross * top + bottom // 2) // bottom
            gross += tax
            passed = ledger.tax_due[day]
            if passed <= last:
                ledger.tax[t + ledger.place[passed]] += _convert(tax, day, t, rates)
        if within >= 0 and on <= day + within:
            gross -= _share(gross, terms.off_top[n], terms.off_bottom[n])
        if on == FAR:
            gross = np.int64(np.rint(np.float64(gross) * by.recovery))
            on = max(day, room.due[n, i] + by.last_day)
        if on <= last:
            ledger.receipts[base + ledger.place[on]] += _convert(gross, on, t, rates)


@loop
def _recognise(
    line: int, count: int, rows: Any, last: int, terms: Terms, rates: Rates, ledger: Ledger, room: Room
) -> None:
    """Post the revenue of a line by its rule."""
    rule, product = terms.rule[line], terms.product[line]
    totalled = product >= 0 and len(ledger.revenue_of) > 0
    for i in range(count):
        if room.doubt[i]:
            continue
        t, signed, total = room.trial[i], room.signed[i], 0.0
        base = rows[line + 1, room.row[i]] * ledger.slice + t
        if rule == OVER_TERM:
            start = room.event[line, START, i]
            if start <= last:
                total = _over_term(room.line[line, i], start, terms.term_end[line, start], signed, t, base,
                                   rates, ledger)  # fmt: skip
        elif rule == AT_DELIVERY:
            day = room.event[line, DELIVERY, i]
            if day <= last:
                total = _convert(room.line[line, i], signed, t, rates)
                ledger.revenue[base + ledger.place[day]] += total
        else:
            for n in range(terms.first[line], terms.first[line + 1]):
                day = room.event[line, terms.milestone[n], i]
                if day <= last:
                    money = _convert(room.net[n, i], signed, t, rates)
                    ledger.revenue[base + ledger.place[day]] += money
                    total += money
        if totalled:
            ledger.revenue_of[product, t] += total


@part
def _over_term(
    amount: Any, start: Any, end: Any, signed: Any, t: Any, base: Any, rates: Any, ledger: Any
) -> Any:
    """Post what is recognised day by day of a service, at the ends of cells, and return it."""
    total, before, cell, length = 0.0, np.int64(0), ledger.cell[start], np.int64(end - start)
    while cell < len(ledger.edges) - 1:
        edge = ledger.edges[cell + 1]
        now = _share(amount, np.int64(min(edge + 1, end) - start), length)
        if now > before:
            money = _convert(now - before, signed, t, rates)
            ledger.revenue[base + ledger.place[edge]] += money
            total += money
            before = now
        cell += 1
        if edge + 1 >= end:
            break
    return total


@loop
def _count(
    count: int, deals: Any, rows: Any, ledger: Ledger, track: Track, room: Room, left: Any, skipped: int
) -> int:
    """Count those that were signed, list those that were not, and return how many are listed by now."""
    for i in range(count):
        if room.doubt[i]:
            left[skipped] = room.place[i]
            skipped += 1
            continue
        r, signed, money = room.row[i], room.signed[i], room.booked[i]
        who = deals[r]
        track.wins[rows[0, r], ledger.cell[signed]] += 1.0
        track.closings[0, who] += 1.0
        track.closings[1, who] += signed
        if who < len(track.closes):
            track.closes[who, signed] += 1
        high = math.floor(money / PART)
        track.landed[0, who] += high
        track.landed[1, who] += money - high * PART
    return skipped


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
    """Return ⌊amount · top / bottom⌋; of an exact product the quotient is exact as far as it is whole."""
    if amount < _SMALL and top < _FEW:
        return np.int64(np.float64(amount * top) / np.float64(bottom))
    return amount // bottom * top + amount % bottom * top // bottom
