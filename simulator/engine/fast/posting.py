"""The compiled loops over signed contracts: bookings, invoices, receipts and revenue, each into its cell."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.engine.cells import PART
from simulator.engine.fast.arithmetic import loop, part
from simulator.engine.fast.billing import date_events, date_invoices, divide, draw_joint, share
from simulator.engine.fast.columns import (
    AT_DELIVERY,
    DELIVERY,
    FAR,
    OVER_TERM,
    PIECE,
    START,
    Keys,
    Lateness,
    Ledger,
    Rates,
    Room,
    Terms,
    Track,
)


@loop
def group(row: Any, kinds: Any, ends: Any, places: Any) -> None:
    """List the places of rows kind by kind.

    Args:
        row: of each place.
        kinds: of each row.
        ends: receives where each kind's places begin, and their number.
        places: receives them.
    """
    ends[:] = 0
    for i in range(len(row)):
        ends[kinds[row[i]] + 1] += 1
    for kind in range(1, len(ends)):
        ends[kind] += ends[kind - 1]
    for i in range(len(row)):
        kind = kinds[row[i]]
        places[ends[kind]] = i
        ends[kind] += 1
    for kind in range(len(ends) - 1, 0, -1):
        ends[kind] = ends[kind - 1]
    ends[0] = 0


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
            count += 0 <= close[place] <= last
            begin += 1
        _take(count, row, trial, close, booked, offsets, room)
        if by.own < 1.0:
            draw_joint(count, by, keys, room)
        for line in range(len(terms.rule)):
            divide(line, count, terms, room)
        for line in range(len(terms.rule)):
            date_events(line, count, terms, keys, room)
            if terms.first[line] < terms.first[line + 1]:
                date_invoices(line, count, last, terms, by, keys, room)
        for line in range(len(terms.rule)):
            for i in range(count):
                room.base[i] = rows[line + 1, room.row[i]] * ledger.slice + room.trial[i]
            _book(line, count, terms, rates, ledger, room)
            for n in range(terms.first[line], terms.first[line + 1]):
                _bill(line, n, count, last, terms, by, rates, ledger, room)
            if terms.rule[line]:
                _recognise(line, count, last, terms, rates, ledger, room)
        skipped = _count(count, deals, rows, ledger, track, room, left, skipped)
    return skipped


@loop
def _take(count: int, row: Any, trial: Any, close: Any, booked: Any, offsets: Any, room: Room) -> None:
    """Put what is known of contracts in the room."""
    for i in range(count):
        place = room.place[i]
        room.row[i], room.trial[i], room.offset[i] = row[place], trial[place], offsets[trial[place]]
        room.signed[i], room.amount[i], room.rest[i] = close[place], booked[place], booked[place]
        room.doubt[i], room.booked[i] = False, 0.0


@loop
def _book(line: int, count: int, terms: Terms, rates: Rates, ledger: Ledger, room: Room) -> None:
    """Post the bookings of a line."""
    product, months = terms.product[line], terms.months[line]
    totalled, yearly = product >= 0 and len(ledger.booked_of) > 0, months > 0 and len(ledger.arr) > 0
    for i in range(count):
        if room.doubt[i]:
            continue
        t, signed, amount = room.trial[i], room.signed[i], room.line[line, i]
        at = np.uint64(room.base[i] + ledger.place[np.uint64(signed)])
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
    line: int, n: int, count: int, last: int, terms: Terms, by: Lateness, rates: Rates, ledger: Ledger,
    room: Room,
) -> None:  # fmt: skip
    """Post the invoices of an instalment, their tax and what is paid of them."""
    deferred = not terms.ruled[line] and len(ledger.deferred) > 0
    top, bottom = 2 * terms.tax_top[line], 2 * terms.tax_bottom[line]
    within = -1 if terms.certain[n] else terms.off_days[n]
    for i in range(count):
        day, gross, on, t = room.day[n, i], room.net[n, i], room.pay[n, i], room.trial[i]
        if day > last or room.doubt[i]:
            continue
        base, money = room.base[i], _convert(gross, day, t, rates)
        place = ledger.place[np.uint64(max(day, 0))]
        ledger.billings[np.uint64(base + place)] += money
        if deferred:
            ledger.deferred[np.uint64(t + place)] -= money
        if top:
            tax = (gross * top + bottom // 2) // bottom
            gross += tax
            passed = ledger.tax_due[day]
            if passed <= last:
                ledger.tax[t + ledger.place[passed]] += _convert(tax, day, t, rates)
        if within >= 0 and on <= day + within:
            gross -= share(gross, terms.off_top[n], terms.off_bottom[n])
        if on == FAR:
            gross = np.int64(np.rint(np.float64(gross) * by.recovery))
            on = max(day, room.due[n, i] + by.last_day)
        if on <= last:
            ledger.receipts[np.uint64(base + ledger.place[np.uint64(max(on, 0))])] += _convert(
                gross, on, t, rates
            )


@loop
def _recognise(
    line: int, count: int, last: int, terms: Terms, rates: Rates, ledger: Ledger, room: Room
) -> None:
    """Post the revenue of a line by its rule."""
    rule, product = terms.rule[line], terms.product[line]
    totalled = product >= 0 and len(ledger.revenue_of) > 0
    for i in range(count):
        if room.doubt[i]:
            continue
        t, signed, total, base = room.trial[i], room.signed[i], 0.0, room.base[i]
        if rule == OVER_TERM:
            start = room.event[line, START, i]
            if start <= last:
                end = terms.term_end[line, np.uint64(start)]
                total = _over_term(room.line[line, i], start, end, signed, t, base, rates, ledger)
        elif rule == AT_DELIVERY:
            day = room.event[line, DELIVERY, i]
            if day <= last:
                total = _convert(room.line[line, i], signed, t, rates)
                ledger.revenue[np.uint64(base + ledger.place[np.uint64(day)])] += total
        else:
            for n in range(terms.first[line], terms.first[line + 1]):
                day = room.event[line, terms.milestone[n], i]
                if day <= last:
                    money = _convert(room.net[n, i], signed, t, rates)
                    ledger.revenue[np.uint64(base + ledger.place[np.uint64(day)])] += money
                    total += money
        if totalled:
            ledger.revenue_of[product, t] += total


@part
def _over_term(
    amount: Any, start: Any, end: Any, signed: Any, t: Any, base: Any, rates: Any, ledger: Any
) -> Any:
    """Post what is recognised day by day of a service, at the ends of cells, and return it."""
    total, before, cell, length = 0.0, np.int64(0), ledger.cell[np.uint64(start)], np.int64(end - start)
    while cell < len(ledger.edges) - 1:
        edge = ledger.edges[np.uint64(cell + 1)]
        now = share(amount, np.int64(min(edge + 1, end) - start), length)
        if now > before:
            money = _convert(now - before, signed, t, rates)
            ledger.revenue[np.uint64(base + ledger.place[np.uint64(edge)])] += money
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
    followed, r = np.uint64(len(track.closes)), room.row[0]
    number, days, high, low = 0, np.int64(0), np.int64(0), np.int64(0)
    for i in range(count):
        if room.doubt[i]:
            left[skipped] = room.place[i]
            skipped += 1
            continue
        if room.row[i] != r:  # most often the trials of a deal follow each other
            _close(deals[r], number, days, high, low, track)
            r, number, days, high, low = room.row[i], 0, np.int64(0), np.int64(0), np.int64(0)
        who, signed = np.uint64(deals[r]), np.uint64(room.signed[i])
        track.wins[np.uint64(rows[0, r]), np.uint64(ledger.cell[signed])] += 1.0
        if who < followed:
            track.closes[who, signed] += 1
        part = np.int64(np.floor(room.booked[i] / PART))
        number += 1
        days += room.signed[i]
        high += part
        low += np.int64(room.booked[i]) - part * np.int64(PART)
    if number:
        _close(deals[r], number, days, high, low, track)
    return skipped


@part
def _close(deal: Any, number: Any, days: Any, high: Any, low: Any, track: Any) -> None:
    """Count some trials in which a deal is signed."""
    track.closings[0, deal] += number
    track.closings[1, deal] += days
    track.landed[0, deal] += high
    track.landed[1, deal] += low


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
