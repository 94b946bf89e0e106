"""The compiled loops over open deals under laws that all trials share: who wins, and how long it takes."""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np

from simulator.distributions import LONGEST
from simulator.engine.fast.arithmetic import GAMMA, NEAR, loop, mixed, normal, part, uniform
from simulator.engine.stays import BINS as STAY_BINS

_NONE, _ONE = np.uint64(0), np.uint64(1)
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
        times: that are exceeded with chance n / `BINS`, floats[law · n].
        errors: by which a piece may be wrong, floats[law · n].
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
        targets: stage that each slot leads to, `LEFT` where a deal cannot be won, integers[deal · slot].
        law: of each slot's stay, likewise, among
        laws: these.
        alive: R(age), floats[deal · slot].
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
        targets: words[slot · S + stage].
        cell: of the law of the stay, the first one in what follows, likewise.
        start: of that law in the survivors, likewise.
        low: fewest days by law and bin of uniforms; −1 − days where it can be more by several,
        width: by so many.
        survivors: of all laws.
        most: moves that the guard allows.
    """

    chances: Any
    targets: Any
    cell: Any
    start: Any
    low: Any
    width: Any
    survivors: Any
    most: int


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


class Room(NamedTuple):
    """A piece of won deals, as many as `PIECE`, and what is worked out of their walks.

    Attributes:
        at: stage of each.
        some: places of those who go on.
        state: of the draws of each one's stays, key + offset of the trial.
        u: uniforms, or what they mean.
        less: days that are already spent + ½.
        place: where what is known of a stay is found,
        edge: likewise.
        days: of a stay, below 0 where they are to be found otherwise.
    """

    at: Any
    some: Any
    state: Any
    u: Any
    less: Any
    place: Any
    edge: Any
    days: Any


@loop
def walk(
    row: Any, trial: Any, offsets: Any, moves: Any, stays: Any, until: Any, first: First, further: Further,
    days: Any, room: Room,
) -> None:  # fmt: skip
    """Walk won open deals to their end, piece by piece.

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
        room: to work in.
    """
    for begin in range(0, len(row), len(room.at)):
        piece = slice(begin, begin + len(room.at))
        _leave(row[piece], trial[piece], offsets, moves, stays, first, days[piece], room)
        _go_on(row[piece], trial[piece], offsets, moves, until, further, days[piece], room)


@loop
def _leave(
    row: Any, trial: Any, offsets: Any, moves: Any, stays: Any, first: First, days: Any, room: Room
) -> None:
    """Make the first move of a piece."""
    slots = np.uint64(first.chances.shape[1])
    for i in range(len(row)):
        room.state[i] = stays[row[i]] + offsets[trial[i]]
        room.u[i] = uniform(room.state[i] + GAMMA)
        room.place[i] = row[i] * slots
    if slots > _ONE:
        for i in range(len(row)):
            choice = uniform(moves[row[i]] + offsets[trial[i]] + GAMMA)
            for k in range(slots - _ONE):
                room.place[i] += _ONE if choice > first.chances[row[i], k] else _NONE
    for i in range(len(row)):
        slot = room.place[i]
        below = room.u[i] * first.alive[slot]
        known = about(below, first.less[row[i]], first.law[slot], first.laws)
        # So old as no stay of the law lasts, or of no move that ends with a win.
        days[i] = LEFT if (below <= _LEAST) | (first.targets[slot] == LEFT) else known
    for i in range(len(row)):
        slot = room.place[i]
        room.at[i] = np.uint64(first.targets[slot])
        if days[i] == LEFT and first.targets[slot] != LEFT and room.u[i] * first.alive[slot] > _LEAST:
            days[i] = exactly(
                room.u[i],
                first.alive[slot],
                first.dead[slot],
                first.less[row[i]],
                first.law[slot],
                first.laws,
            )


@loop
def _go_on(
    row: Any, trial: Any, offsets: Any, moves: Any, until: Any, further: Further, days: Any, room: Room
) -> None:
    """Make the further moves of a piece: all their second ones, then all their third ones, and so on."""
    slots, size = further.chances.shape
    if slots == 1:
        stage, alike = _stage_of(days, room)
        if alike:
            _go_together(stage, np.uint64(size), days, further, room)
            return
    going = 0
    for i in range(len(row)):
        room.some[going] = i
        going += (days[i] != LEFT) & (room.at[i] < np.uint64(size)) & (days[i] <= until[row[i]])
    n, step = 1, GAMMA + GAMMA
    while going > 0 and n < further.most:
        count, going = going, 0
        for k in range(count):
            room.u[k] = uniform(room.state[room.some[k]] + step)
            room.place[k] = room.at[room.some[k]]
        if slots > 1:
            for k in range(count):
                i = room.some[k]
                choice = uniform(moves[row[i]] + offsets[trial[i]] + step)
                for slot in range(slots - 1):
                    more = choice > further.chances[slot, room.at[i]]
                    room.place[k] += np.uint64(size) if more else _NONE
        _stay(count, further, room)
        for k in range(count):
            i = room.some[k]
            days[i] += room.days[k] if room.days[k] >= 0 else _among(room.u[k], room.place[k], further)
            room.at[i] = further.targets[room.place[k]]
            room.some[going] = i
            going += (room.at[i] < np.uint64(size)) & (days[i] <= until[row[i]])
        n += 1
        step += GAMMA
    for k in range(going):  # whom the guard has stopped numpy counts
        days[room.some[k]] = LEFT


@loop
def _stage_of(days: Any, room: Room) -> Any:
    """Return the first stage of a piece, and whether all stand there who are not left to numpy."""
    stage, alike = room.at[0], True
    for i in range(len(days)):
        stage = min(stage, room.at[i])
    for i in range(len(days)):
        alike &= (room.at[i] == stage) | (days[i] == LEFT)
    return stage, alike


@loop
def _go_together(stage: Any, size: Any, days: Any, further: Further, room: Room) -> None:
    """Make the further moves of a piece from the same stage, where each stage leads to one other only.

    Nobody is looked up; to let those go on who are beyond their last day costs less than to leave them out.
    """
    n, step = 1, GAMMA + GAMMA
    while stage < size and n < further.most:
        cell, start = further.cell[stage], further.start[stage]
        for i in range(len(days)):
            u = uniform(room.state[i] + step)
            low = further.low[cell + np.uint64(u * STAY_BINS)]
            more = further.survivors[start + np.uint64(max(low, 0))] > u
            room.u[i], room.days[i] = u, low + (more & (low >= 0))
        for i in range(len(days)):
            if room.days[i] < 0:
                room.days[i] = _among(room.u[i], stage, further)
        for i in range(len(days)):
            days[i] += room.days[i] if days[i] != LEFT else 0
        stage = further.targets[stage]
        n += 1
        step += GAMMA
    if stage < size:  # whom the guard has stopped numpy counts
        days[:] = LEFT


@loop
def _stay(count: int, further: Further, room: Room) -> None:
    """Look the whole days of stays up in the tables of `StayTables`; below 0 where there are several."""
    for k in range(count):
        at, u = room.place[k], room.u[k]
        low = further.low[further.cell[at] + np.uint64(u * STAY_BINS)]
        more = further.survivors[further.start[at] + np.uint64(max(low, 0))] > u
        room.days[k] = low + (more & (low >= 0))


@part
def _among(u: Any, at: Any, further: Any) -> Any:
    """Return the whole days of a stay whose bin of uniforms means several."""
    cell, first = further.cell[at] + np.uint64(u * STAY_BINS), further.start[at]
    days, span = -1 - np.int64(further.low[cell]), np.int64(further.width[cell])
    while span > 0:
        half = (span - 1) >> 1
        if further.survivors[first + np.uint64(days + half)] > u:
            days += half + 1
            span -= half + 1
        else:
            span = half
    return days


@part
def about(below: Any, less: Any, law: Any, laws: Any) -> Any:
    """Return the whole days that are left of a stay, as `remaining_days`; `LEFT` where pieces may be wrong.

    Args:
        below: chance of a longer stay.
        less: age + ½.
        law: which of
        laws: these.
    """
    place = below * BINS
    piece: Any = min(np.int64(place), BINS - 1)
    at = np.uint64(law * (BINS + 1) + piece)
    from_, to = laws.times[at], laws.times[at + _ONE]
    return rounded(from_ + (place - piece) * (to - from_) - less, laws.errors[at])


@part
def exactly(u: Any, alive: Any, dead: Any, less: Any, law: Any, laws: Any) -> Any:
    """Return the same by the law itself; `LEFT` where numpy is to decide.

    Args:
        u: uniform.
        alive: R(age).
        dead: 1 − R(age).
        less: age + ½.
        law: which of
        laws: these.
    """
    if laws.sigma[law] == 0:
        return LEFT
    # (1 − u) + u·(1 − R) keeps its digits where u·R is near 1.
    time = math.exp(laws.mu[law] - laws.sigma[law] * normal(u * alive, (1.0 - u) + u * dead))
    return rounded(time - less, NEAR * (1.0 + time))


@part
def rounded(days: Any, near: Any) -> Any:
    """Return the days rounded up, within those of a table; `LEFT` where an error so large might decide."""
    up = np.ceil(days)
    sure = (up - days > near) & (days - (up - 1.0) > near)
    return _LATE if days - near >= _LATE else max(np.int64(up), 0) if sure else LEFT
