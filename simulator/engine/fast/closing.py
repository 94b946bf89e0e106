"""The compiled loops over open deals: who wins, on which day, and for how much."""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np

from simulator.close_dates import SHIFT
from simulator.distributions import LONGEST
from simulator.engine.fast.arithmetic import GAMMA, NEAR, exponential, loop, mixed, normal, part, uniform

LEFT: Final = -1
"""Stands where numpy is to decide."""
BINS: Final = 1024
"""Linear pieces of the inverse of a law."""
_LEAST: Final = 1e-290
"""Chance of a stay below which its logarithm's error grows."""
_LATE: Final = LONGEST - 1


class Laws(NamedTuple):
    """Laws of whole days that exceed an age, by linear pieces of their inverse.

    Attributes:
        times: that are exceeded with chance n / `BINS`, floats[law, n].
        errors: by which a piece may be wrong, floats[law, piece].
        mu: of a log-normal law.
        sigma: likewise; 0 for one of another kind, which numpy decides where the pieces do not.
    """

    times: Any
    errors: Any
    mu: Any
    sigma: Any


class First(NamedTuple):
    """The first move of deals, each of its own stage and age.

    Attributes:
        chances: cumulative, floats[deal, slot].
        targets: stage that each slot leads to, `LEFT` where a deal cannot be won, integers[deal, slot].
        law: of each slot's stay, likewise, among
        laws: these.
        alive: R(age), floats[deal, slot].
        dead: 1 − R(age).
        less: age + ½, floats[deal].
    """

    chances: Any
    targets: Any
    law: Any
    laws: Laws
    alive: Any
    dead: Any
    less: Any


class Further(NamedTuple):
    """Further moves of won deals, as in `Path` and `StayTables`.

    Attributes:
        chances: cumulative, floats[slot, stage].
        targets: integers[slot · S + stage].
        law: likewise.
        low: days by law and bin of uniforms.
        width: likewise.
        survivors: of all laws.
        start: of each law in them.
        bins: of uniforms.
        most: moves that the guard allows.
    """

    chances: Any
    targets: Any
    law: Any
    low: Any
    width: Any
    survivors: Any
    start: Any
    bins: int
    most: int


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
        raised: further factor by day of signature.
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
def possible(
    keys: Any, offsets: Any, trial_at: Any, alike: int, sure: Any, most: Any, deal: Any, trial: Any,
    words: Any, doubtful: Any, room: Any,
) -> Any:  # fmt: skip
    """Find words that are at most a bound; list those of them that are not below the other.

    Args:
        keys: of each deal.
        offsets: `trial_offsets` at each place.
        trial_at: trial at each place.
        alike: places that share bounds.
        sure: words[deal, group of places] below which all are won.
        most: likewise, above which none is.
        deal: receives the deal of each that is found.
        trial: its trial.
        words: receives the words between the bounds, and
        doubtful: their positions.
        room: for some words.

    Returns:
        How many are found, and how many of them are doubtful.
    """
    found, open_ = 0, 0
    for d in range(len(keys)):
        key = keys[d] + GAMMA
        for begin in range(0, len(offsets), len(room)):
            count = min(len(room), len(offsets) - begin)
            for k in range(count):  # alone, so that several words are mixed at once
                room[k] = mixed(key + offsets[begin + k])
            for group in range(begin // alike, (begin + count - 1) // alike + 1):
                bound, least, first = most[d, group], sure[d, group], found
                for k in range(max(group * alike - begin, 0), min((group + 1) * alike - begin, count)):
                    trial[found] = begin + k
                    found += room[k] <= bound
                for i in range(first, found):
                    deal[i] = d
                    if room[trial[i] - begin] >= least:
                        doubtful[open_] = i
                        words[open_] = room[trial[i] - begin]
                        open_ += 1
                    trial[i] = trial_at[trial[i]]
    return found, open_


@loop
def walk(
    row: Any, trial: Any, offsets: Any, moves: Any, stays: Any, until: Any, first: First, further: Further,
    days: Any,
) -> None:  # fmt: skip
    """Walk won open deals to their end.

    Args:
        row: of the deals, of each that is won.
        trial: of each.
        offsets: of the trials.
        moves: key of each deal's moves,
        stays: of its stays.
        until: days after which the end of a walk no longer matters, by deal.
        first: move.
        further: moves.
        days: receives operational days, `LEFT` where numpy is to decide.
    """
    for i in range(len(row)):
        r = row[i]
        offset = offsets[trial[i]]
        stay, choice = stays[r] + offset, moves[r] + offset
        slot = 0
        if first.chances.shape[1] > 1:
            u = uniform(choice + GAMMA)
            for k in range(first.chances.shape[1] - 1):
                slot += u > first.chances[r, k]
        at = first.targets[r, slot]
        spent = remaining(
            uniform(stay + GAMMA), first.alive[r, slot], first.dead[r, slot], first.less[r],
            first.law[r, slot], first.laws,
        )  # fmt: skip
        if spent == LEFT or at == LEFT:
            days[i] = LEFT
            continue
        n, size, step = 1, further.chances.shape[1], GAMMA + GAMMA
        while at < size and spent <= until[r] and n < further.most:
            flat = at
            if len(further.chances) > 1:
                u = uniform(choice + step)
                for k in range(len(further.chances) - 1):
                    flat += (u > further.chances[k, at]) * size
            spent += _stay(uniform(stay + step), further.law[flat], further)
            at = further.targets[flat]
            n += 1
            step += GAMMA
        # Whom the guard has stopped numpy counts.
        days[i] = LEFT if at < size and spent <= until[r] else spent


@loop
def date(row: Any, days: Any, dates: Dates, day: Any) -> None:
    """Date the ends of walks.

    Args:
        row: of the deals, of each.
        days: operational, of each; below 0 where numpy is to decide.
        dates: of the deals.
        day: receives the calendar day, `LEFT` where numpy is to decide, `beyond` past the horizon.
    """
    last = len(dates.ends) - 2
    for i in range(len(row)):
        r, spent = row[i], days[i]
        factor, power = dates.factor[r], dates.power[r]
        if spent < 0 or spent > dates.until[r]:
            day[i] = LEFT if spent < 0 else dates.beyond
            continue
        near: Any = 0.0
        value: Any
        if factor == 1.0 and power == 1.0:
            value = np.float64(spent)
        elif power == 0.0:
            value = max(factor, 1.0)
        else:
            log = dates.logs[spent] if spent < len(dates.logs) else math.log(spent + SHIFT)
            value = factor * exponential(power * log)
            near = NEAR * value
            value = max(value - SHIFT, 1.0)
        value = max(value, 1e-9)
        found = dates.first_of[min(np.int64(min(value, 1e9)), len(dates.first_of) - 1)]
        found += found <= last and dates.ends[found] < value
        while found <= last and dates.ends[found] < value:
            found += 1
        if near > 0.0 and (dates.ends[found] - value <= near or value - dates.ends[found - 1] <= near):
            day[i] = LEFT
        else:
            day[i] = min(found + dates.delay, dates.beyond)


@loop
def book(
    row: Any, trial: Any, offsets: Any, draws: Any, changes: Any, amounts: Amounts, last: int, day: Any,
    booked: Any,
) -> None:  # fmt: skip
    """Draw the amounts at which deals are signed.

    Args:
        row: of the deals, of each.
        trial: of each.
        offsets: of the trials.
        draws: posterior draw of each trial.
        changes: key of each deal's amount.
        amounts: of the deals.
        last: day of the horizon.
        day: on which each is signed; receives `LEFT` where rounding might decide the amount.
        booked: receives whole minor units, of those that are signed by the last day.
    """
    for i in range(len(row)):
        if day[i] < 0 or day[i] > last:
            continue
        r = row[i]
        u = uniform(changes[r] + offsets[trial[i]] + GAMMA)
        price = amounts.price[min(draws[trial[i]], len(amounts.price) - 1)] * amounts.raised[day[i]]
        if u < amounts.unchanged:
            booked[i] = np.int64(np.rint(min(amounts.open[r] * price, amounts.most)))
            continue
        lean = amounts.lean[min(r, len(amounts.lean) - 1)]
        again = (u - amounts.unchanged) / (1.0 - amounts.unchanged)
        at = np.int64(amounts.guide[np.int64(again * amounts.bins)])
        at += amounts.pieces[at + 1, 1] < again
        while amounts.pieces[at + 1, 1] < again:
            at += 1
        change = exponential(amounts.pieces[at, 0] + (again - amounts.pieces[at, 1]) * amounts.pieces[at, 2])
        money = min(amounts.open[r] * (change * lean) * price, amounts.most)
        whole = np.rint(money)
        booked[i] = np.int64(whole)
        if 0.5 - abs(money - whole) <= 1e-14 * money:
            day[i] = LEFT


@part
def remaining(u: Any, alive: Any, dead: Any, less: Any, law: Any, laws: Any) -> Any:
    """Return the whole days that are left of a stay, as `remaining_days`; `LEFT` where numpy is to decide.

    Args:
        u: uniform.
        alive: R(age).
        dead: 1 − R(age).
        less: age + ½.
        law: which of
        laws: these.
    """
    below = u * alive
    if below <= _LEAST:  # so old as no stay of this law lasts
        return LEFT
    place = below * BINS
    piece: Any = min(np.int64(place), BINS - 1)
    from_, to = laws.times[law, piece], laws.times[law, piece + 1]
    time = from_ + (place - piece) * (to - from_)
    days = _rounded(time - less, laws.errors[law, piece])
    if days == LEFT and laws.sigma[law] > 0:
        # (1 − u) + u·(1 − R) keeps its digits where u·R is near 1.
        time = math.exp(laws.mu[law] - laws.sigma[law] * normal(below, (1.0 - u) + u * dead))
        days = _rounded(time - less, NEAR * (1.0 + time))
    return days


@part
def _rounded(days: Any, near: Any) -> Any:
    """Return the days rounded up, within those of a table; `LEFT` where an error so large might decide."""
    if days - near >= _LATE:
        return _LATE
    up = math.ceil(days)
    if not (up - days > near and days - (up - 1.0) > near):
        return LEFT
    return max(np.int64(up), 0)


@part
def _stay(u: Any, law: Any, further: Any) -> Any:
    """Return the whole days of a stay by the tables of `StayTables`."""
    cell = np.int64(u * further.bins) + law * further.bins
    days = np.int64(further.low[cell])
    if days < 0:
        days = -1 - days
        span = np.int64(further.width[cell])
        base = further.start[law]
        while span > 0:
            half = (span - 1) >> 1
            if further.survivors[base + days + half] > u:
                days += half + 1
                span -= half + 1
            else:
                span = half
    return days
