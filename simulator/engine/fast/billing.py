"""The compiled loops that work contracts out before anything is posted: events, invoices, days of payment."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.distributions import TIE
from simulator.engine.fast.arithmetic import GAMMA, NEAR, loop, normal, part, uniform
from simulator.engine.fast.closing import BINS, LEFT, about, exactly
from simulator.engine.fast.columns import (
    ACCEPTANCE,
    DELIVERY,
    FAR,
    SIGNATURE,
    START,
    Keys,
    Lateness,
    Room,
    Terms,
)

_NONE, _ONE = np.uint64(0), np.uint64(1)
_UNSURE = -FAR
"""Stands for days that are to be worked out more exactly."""
_SMALL, _FEW = 1 << 33, 1 << 20
"""Products of numbers below these are exact floats."""


@loop
def draw_joint(count: int, by: Lateness, keys: Keys, room: Room) -> None:
    """Draw what the scores of lateness of a customer's invoices share."""
    for i in range(count):
        room.joint[i], room.slack[i] = _joint(room.row[i], room.offset[i], by, keys, False)


@loop
def divide(line: int, count: int, terms: Terms, room: Room) -> None:
    """Give a line its part of the contracts, the last one what is left."""
    if line == len(terms.rule) - 1:
        for i in range(count):
            room.line[line, i] = room.rest[i]
    else:
        _share_all(room.amount[:count], terms.part_top[line], terms.part_bottom[line], room.line[line])
    for i in range(count):
        room.rest[i] -= room.line[line, i]
        room.event[line, SIGNATURE, i] = room.signed[i]


@loop
def date_events(line: int, count: int, terms: Terms, keys: Keys, room: Room) -> None:
    """Date the events that something of a line waits for."""
    for event in range(START, ACCEPTANCE + 1):
        if not terms.waits[line, event]:
            continue
        before = DELIVERY if event == ACCEPTANCE else SIGNATURE
        lag, stated = terms.lag[line, event], terms.stated[line, event]
        if lag == LEFT:
            _draw_lags(line, event, count, terms, keys, room)
        for i in range(count):
            days = lag if lag != LEFT else room.late[i]
            room.event[line, event, i] = max(room.event[line, before, i] + days, stated)


@loop
def _draw_lags(line: int, event: int, count: int, terms: Terms, keys: Keys, room: Room) -> None:
    """Draw the days until an event."""
    law = terms.law[line, event]
    for i in range(count):
        room.u[i] = uniform(keys.lags[event - 1, line, room.row[i]] + room.offset[i] + GAMMA)
        room.late[i] = about(room.u[i], 0.5 + TIE, law, terms.laws)
    for i in range(count):
        if room.late[i] == LEFT:
            room.late[i] = exactly(room.u[i], 1.0, 0.0, 0.5 + TIE, law, terms.laws)
            room.doubt[i] |= room.late[i] == LEFT


@loop
def date_invoices(
    line: int, count: int, last: int, terms: Terms, by: Lateness, keys: Keys, room: Room
) -> None:
    """Divide a line into invoices, and say when each is written, due and paid."""
    for i in range(count):
        room.rest[i] = room.line[line, i]
        room.state[i] = keys.lateness[line, room.row[i]] + room.offset[i]
    for n in range(terms.first[line], terms.first[line + 1]):
        event = terms.event[n]
        if n == terms.first[line + 1] - 1:
            for i in range(count):
                room.net[n, i] = room.rest[i]
        else:
            _share_all(room.line[line, :count], terms.top[n], terms.bottom[n], room.net[n])
        for i in range(count):
            room.rest[i] -= room.net[n, i]
        for i in range(count):
            on = room.event[line, event, i]
            day = terms.invoice_day[n, np.uint64(min(on, last))]
            room.day[n, i] = day if on <= last else FAR
            room.due[n, i] = terms.due_day[n, np.uint64(min(room.day[n, i], last))]
            room.late[i] = 0
        if not terms.certain[n]:
            _draw_lateness(n, count, last, terms, by, keys, room)
        for i in range(count):
            late = room.late[i]
            room.pay[n, i] = FAR if late == FAR else max(room.day[n, i], room.due[n, i] + late)
        if terms.off_days[n] >= 0 and not terms.certain[n]:
            _take_discounts(line, n, count, last, terms, by, keys, room)


@loop
def _draw_lateness(n: int, count: int, last: int, terms: Terms, by: Lateness, keys: Keys, room: Room) -> None:
    """Draw how many days past due the invoices of an instalment are paid."""
    step = GAMMA * terms.draw[n]
    for i in range(count):
        room.u[i] = uniform(room.state[i] + step)
    if by.own == 1.0:
        for i in range(count):
            room.late[i] = by.days[_step_of(room.u[i], by)]
        return
    for i in range(count):
        z, wrong = _near_normal(room.u[i], by)
        room.score[i], room.wrong[i] = room.joint[i] + by.own * z, room.slack[i] + by.own * wrong
    for i in range(count):
        at = _about(room.score[i], by)
        sure = (by.scores[at] - room.score[i] > room.wrong[i]) & (abs(room.score[i]) < by.farthest - 1.0)
        sure &= (at == _NONE) | (room.score[i] - by.scores[at - min(at, _ONE)] > room.wrong[i])
        room.late[i] = by.days[at] if sure else _UNSURE
    for i in range(count):
        if room.late[i] == _UNSURE and room.day[n, i] <= last:
            joint, _ = _joint(room.row[i], room.offset[i], by, keys, True)
            at = _step(joint + by.own * normal(room.u[i], 1.0 - room.u[i]), NEAR, by)
            room.doubt[i] |= at == LEFT
            room.late[i] = by.days[max(at, 0)]


@loop
def _take_discounts(
    line: int, n: int, count: int, last: int, terms: Terms, by: Lateness, keys: Keys, room: Room
) -> None:
    """Let some pay within the days of the discount at the latest."""
    step, days = GAMMA * terms.draw[n], terms.off_days[n]
    for i in range(count):
        u = uniform(keys.discount[line, room.row[i]] + room.offset[i] + step)
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
    piece = np.uint64(place)
    z = by.normal[piece] + (place - np.float64(piece)) * (by.normal[piece + _ONE] - by.normal[piece])
    return z, by.wrong[piece]


@part
def _step_of(u: Any, by: Any) -> Any:
    """Return the first step above a uniform."""
    at = np.uint64(by.guide[np.uint64(u * by.bins)])
    at += _ONE if by.cdf[at] <= u else _NONE
    while by.cdf[at] <= u:
        at += _ONE
    return at


@part
def _about(score: Any, by: Any) -> Any:
    """Return the first step above a score, or the one before it."""
    place = (min(max(score, -by.farthest), by.farthest - 1.0) + by.farthest) * by.score_bins
    at = np.uint64(by.score_guide[np.uint64(place)])
    return at + (_ONE if by.scores[at] <= score else _NONE)


@part
def _step(score: Any, slack: Any, by: Any) -> Any:
    """Return the first step above a score; `LEFT` where a difference so large might decide it."""
    if not abs(score) + slack < by.farthest:
        return LEFT
    at = np.int64(_about(score, by))
    while by.scores[at] <= score:
        at += 1
    if by.scores[at] - score <= slack or (at > 0 and score - by.scores[at - 1] <= slack):
        return LEFT
    return at


@loop
def _share_all(amount: Any, top: int, bottom: int, result: Any) -> None:
    """Put the share of each amount into the result, as `share`."""
    small = top < _FEW
    for i in range(len(amount)):
        small &= amount[i] < _SMALL
    if small:
        for i in range(len(amount)):
            result[i] = np.int64(np.float64(amount[i] * top) / np.float64(bottom))
    else:
        for i in range(len(amount)):
            result[i] = share(amount[i], top, bottom)


@part
def share(amount: Any, top: Any, bottom: Any) -> Any:
    """Return ⌊amount · top / bottom⌋; of an exact product the quotient is exact as far as it is whole."""
    if amount < _SMALL and top < _FEW:
        return np.int64(np.float64(amount * top) / np.float64(bottom))
    return amount // bottom * top + amount % bottom * top // bottom
