"""The compiled loops over won deals: on which day each is signed, and for how much."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from simulator.close_dates import SHIFT
from simulator.engine.fast.arithmetic import GAMMA, NEAR, exponential, loop, part, uniform
from simulator.engine.fast.closing import LEFT

_NONE, _ONE = np.uint64(0), np.uint64(1)


class Dates(NamedTuple):
    """How the days of a walk become a calendar day.

    Attributes:
        factor: of the line of each deal (`CloseDateRule.line`).
        power: likewise.
        until: days after which the end of a walk no longer matters, by deal.
        first_of: the tables of `Clock`, as
        ends: of them.
        delay: calendar days added.
        beyond: any day past the horizon.
        logs: ln(T + c) of whole days T.
    """

    factor: Any
    power: Any
    until: Any
    first_of: Any
    ends: Any
    delay: int
    beyond: int
    logs: Any


class Amounts(NamedTuple):
    """How open amounts become bookings, as `AmountChange`.

    Attributes:
        open: of each deal, minor units.
        price: factor by posterior draw; one for all.
        raised: further factor by day of signature, up to the last of the horizon.
        lean: factor of each deal's size on what is changed; one for all.
        unchanged: chance to be signed as quoted.
        pieces: node, P(Y ≤ node), slope to the next, floats[node, 3].
        guide: first node of each bin of uniforms,
        bins: so many of them.
        most: that an amount can be.
    """

    open: Any
    price: Any
    raised: Any
    lean: Any
    unchanged: float
    pieces: Any
    guide: Any
    bins: float
    most: float


@loop
def date(row: Any, days: Any, dates: Dates, day: Any, value: Any, near: Any, place: Any) -> None:
    """Date the ends of walks, piece by piece.

    Args:
        row: of the deals, of each.
        days: operational, of each; below 0 where numpy is to decide.
        dates: of the deals.
        day: receives the calendar day, `LEFT` where numpy is to decide, `beyond` past the horizon.
        value: room for the clock's values of a piece,
        near: for how near to another day they are to be left,
        place: and for where they are found.
    """
    for begin in range(0, len(row), len(value)):
        piece = slice(begin, begin + len(value))
        _retime(row[piece], days[piece], dates, value, near)
        _look_up(dates, value, near, place, day[piece])


@loop
def _retime(row: Any, days: Any, dates: Dates, value: Any, near: Any) -> None:
    """Move the days of a piece by what is stated of its deals."""
    for i in range(len(row)):
        r, spent = row[i], days[i]
        factor, power = dates.factor[r], dates.power[r]
        moved = factor * exponential(power * dates.logs[min(max(spent, 0), len(dates.logs) - 1)])
        alike, stated = (factor == 1.0) & (power == 1.0), power == 0.0
        time = max(moved - SHIFT, 1.0)
        time = np.float64(spent) if alike else max(factor, 1.0) if stated else time
        slack = -1.0 if alike | stated else NEAR * moved
        # What is beyond the table of logarithms is left, as what is left already.
        left = (spent < 0) | ((spent >= len(dates.logs)) & (slack > 0.0))
        late = spent > dates.until[r]
        value[i] = math.inf if late else max(time, 1e-9)
        near[i] = -1.0 if late else math.inf if left else slack


@loop
def _look_up(dates: Dates, value: Any, near: Any, place: Any, day: Any) -> None:
    """Find the days of a piece."""
    for i in range(len(day)):
        found = dates.first_of[np.uint64(min(value[i], len(dates.first_of) - 1.0))]
        place[i] = found + (_ONE if dates.ends[found] < value[i] else _NONE)
    for i in range(len(day)):
        while dates.ends[place[i]] < value[i]:  # the last one is infinite
            place[i] += _ONE
    for i in range(len(day)):
        time, found = value[i], place[i]
        left = (dates.ends[found] - time <= near[i]) | (time - dates.ends[found - _ONE] <= near[i])
        day[i] = LEFT if left else min(np.int64(found) + dates.delay, dates.beyond)


@loop
def book(
    row: Any, trial: Any, offsets: Any, draws: Any, changes: Any, amounts: Amounts, day: Any, booked: Any,
    some: Any, u: Any, change: Any, place: Any,
) -> None:  # fmt: skip
    """Draw the amounts at which deals are signed, piece by piece.

    Args:
        row: of the deals, of each.
        trial: of each.
        offsets: of the trials.
        draws: posterior draw of each trial.
        changes: key of each deal's amount.
        amounts: of the deals.
        day: on which each is signed; receives `LEFT` where rounding might decide the amount.
        booked: receives whole minor units, of those that are signed by the last day.
        some: room for those of a piece whose amount changes,
        u: for the uniforms of all,
        change: for those of them that are changed,
        place: and for where they are found.
    """
    for begin in range(0, len(row), len(some)):
        piece = slice(begin, begin + len(some))
        _quote(row[piece], trial[piece], offsets, draws, changes, amounts, day[piece], booked[piece], u)
        count = _changing(day[piece], u, amounts, some, change, place)
        _change(count, row[piece], trial[piece], draws, amounts, some, change, day[piece], booked[piece])


@loop
def _quote(
    row: Any, trial: Any, offsets: Any, draws: Any, changes: Any, amounts: Amounts, day: Any, booked: Any,
    u: Any,
) -> None:  # fmt: skip
    """Draw the uniforms of a piece, and book it as quoted."""
    for i in range(len(row)):
        u[i] = uniform(changes[row[i]] + offsets[trial[i]] + GAMMA)
    for i in range(len(row)):
        booked[i] = np.int64(
            np.rint(min(amounts.open[row[i]] * _price(i, trial, draws, amounts, day), amounts.most))
        )


@loop
def _changing(day: Any, u: Any, amounts: Amounts, some: Any, change: Any, place: Any) -> int:
    """List those whose amount changes, draw the logarithm of the factor, and return how many there are."""
    # Half of all change: to list them without a branch is cheaper than to guess.
    count, last = 0, len(amounts.raised) - 1
    for i in range(len(day)):
        some[count] = i
        count += (u[i] >= amounts.unchanged) & (day[i] >= 0) & (day[i] <= last)
    for n in range(count):
        change[n] = (u[some[n]] - amounts.unchanged) / (1.0 - amounts.unchanged)
        at = np.uint64(amounts.guide[np.uint64(change[n] * amounts.bins)])
        place[n] = at + (_ONE if amounts.pieces[at + _ONE, 1] < change[n] else _NONE)
    for n in range(count):
        while amounts.pieces[place[n] + _ONE, 1] < change[n]:
            place[n] += _ONE
    for n in range(count):
        at = place[n]
        change[n] = amounts.pieces[at, 0] + (change[n] - amounts.pieces[at, 1]) * amounts.pieces[at, 2]
    for n in range(count):
        change[n] = exponential(change[n])
    return count


@loop
def _change(
    count: int, row: Any, trial: Any, draws: Any, amounts: Amounts, some: Any, change: Any, day: Any,
    booked: Any,
) -> None:  # fmt: skip
    """Book those whose amount changes."""
    for n in range(count):
        i = some[n]
        lean = amounts.lean[min(row[i], len(amounts.lean) - 1)]
        price = _price(i, trial, draws, amounts, day)
        money = min(amounts.open[row[i]] * (change[n] * lean) * price, amounts.most)
        whole = np.rint(money)
        booked[i] = np.int64(whole)
        if 0.5 - abs(money - whole) <= 1e-14 * money:
            day[i] = LEFT


@part
def _price(i: Any, trial: Any, draws: Any, amounts: Any, day: Any) -> Any:
    """Return the factor on the amount of a deal that is signed."""
    price = amounts.price[min(draws[trial[i]], len(amounts.price) - 1)]
    return price * amounts.raised[np.uint64(min(max(day[i], 0), len(amounts.raised) - 1))]
