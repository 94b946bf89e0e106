"""The compiled loops over open deals whose chances and stays are of the posterior draw of each trial."""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
from scipy import special

from simulator.distributions import TIE
from simulator.engine.fast.arithmetic import GAMMA, LANES, NEAR, below, logarithm, loop, normal, part, uniform
from simulator.engine.fast.closing import LEFT, Room, rounded

LEAST: Final = 1e-200
"""Chance of a move below which rounding might decide whether there is one."""
_FARTHEST: Final = 700.0
"""Integrals of a hazard beyond which chances run out of digits."""
_CELLS: Final = 64
"""Cells of the table of Φ, a unit."""
_EDGE: Final = 8
_TABLE: Final = special.ndtr(np.arange(-_EDGE * _CELLS, _EDGE * _CELLS + 2) / _CELLS)
_WRONG: Final = 1e-4
"""More than a line between neighbours of that table is wrong by, φ'·h²/8 ≤ 8e-6."""
SEVERAL: Final = -2
"""Stands where a move is drawn."""
_NONE, _ONE = np.uint64(0), np.uint64(1)


class Moves(NamedTuple):
    """The walk of won deals by draw, as `DrawnPath` and `DrawnStays`, and the first move of each.

    Attributes:
        chances: cumulative, floats[slot, draw · S + stage].
        targets: stage that each slot leads to, integers[slot, stage].
        laws: place of the stay's law among those of the stage, likewise.
        edges: operational days, floats[stage · bin].
        reached: integral of the hazard up to each edge, floats[law · bin].
        rates: from each edge on.
        bins: of each law, a power of two, as many as `LANES` at least,
        groups: of those, a multiple of `LANES`.
        tops: integral up to the first edge of each group of `LANES` of those, infinite beyond them,
            floats[law · group].
        per_stage: laws of a stage.
        transitions: of draw, stage and next one.
        ends: chance to be won from each stage and end, by draw.
        moves: next ones of each stage, integers[stage, move],
        count: so many of them.
        sole: the one that those who are won can make first, `SEVERAL` where there are more, `LEFT` where
            rounding might decide it, integers[draw · S + stage].
        stage: where each deal is.
        less: age of each + ½, operational days.
        bin: that it has reached.
        into: days into it.
        most: moves that the guard allows.
    """

    chances: Any
    targets: Any
    laws: Any
    edges: Any
    reached: Any
    rates: Any
    bins: Any
    groups: Any
    tops: Any
    per_stage: int
    transitions: Any
    ends: Any
    moves: Any
    count: Any
    sole: Any
    stage: Any
    less: Any
    bin: Any
    into: Any
    most: int


@loop
def decide(
    keys: Any, offsets: Any, order: Any, draws: Any, scores: Any, begins: Any, scale: Any, shift: Any,
    row: Any, trial: Any, words: Any, doubtful: Any, margin: Any,
) -> Any:  # fmt: skip
    """Find who wins, u < Φ(scale·score + shift), trial by trial in some order.

    Those that rounding might decide are among those found; their uniforms and positions are listed.

    Args:
        keys: of each deal's outcome.
        offsets: of the trials.
        order: of the trials; those that share a draw are best taken one after the other.
        draws: row of each trial's scores.
        scores: floats[draw, deal].
        begins: first deal of each group that shares the market, and the number of deals.
        scale: floats[group, trial].
        shift: likewise.
        row: receives the deals found.
        trial: likewise.
        words: receives uniforms of the doubtful,
        doubtful: and their positions.
        margin: room for a number a deal.

    Returns:
        How many are found, and how many of them are doubtful.
    """
    found, open_ = 0, 0
    for t in order:
        offset, draw = offsets[t] + GAMMA, draws[t]
        for group in range(len(begins) - 1):
            times, plus = scale[group, t], shift[group, t]
            for d in range(begins[group], begins[group + 1]):  # alone, so that several are worked out at once
                x = scores[draw, d] * times + plus
                place = (min(max(x, -_EDGE), _EDGE) + _EDGE) * _CELLS
                cell = np.uint64(place)
                chance = _TABLE[cell] + (place - np.float64(cell)) * (_TABLE[cell + _ONE] - _TABLE[cell])
                margin[d] = chance - uniform(keys[d] + offset)
            for d in range(begins[group], begins[group + 1]):
                wins = margin[d] > 0.0
                if abs(margin[d]) <= _WRONG:
                    u, x = uniform(keys[d] + offset), scores[draw, d] * times + plus
                    z = normal(u, 1.0 - u)
                    wins = z < x
                    if abs(z - x) <= 1e-9 * (1.0 + abs(z)):
                        wins = True
                        words[open_] = u
                        doubtful[open_] = found
                        open_ += 1
                row[found] = d
                trial[found] = t
                found += wins
    return found, open_


@loop
def walk(
    row: Any, trial: Any, offsets: Any, draws: Any, moves: Any, stays: Any, until: Any, by: Moves, days: Any,
    room: Room,
) -> None:  # fmt: skip
    """Walk won open deals to their end, as `closing.walk`.

    Args:
        row: of the deals, of each that is won.
        trial: of each.
        offsets: of the trials.
        draws: posterior draw of each trial.
        moves: key of each deal's moves,
        stays: of its stays.
        until: days after which the end of a walk no longer matters, by deal.
        by: tables.
        days: receives operational days, `LEFT` where numpy is to decide.
        room: to work in.
    """
    for begin in range(0, len(row), len(room.at)):
        piece = slice(begin, begin + len(room.at))
        _leave(row[piece], trial[piece], offsets, draws, moves, stays, by, days[piece], room)
        _go_on(row[piece], trial[piece], offsets, draws, moves, until, by, days[piece], room)


@loop
def _leave(
    row: Any, trial: Any, offsets: Any, draws: Any, moves: Any, stays: Any, by: Moves, days: Any, room: Room
) -> None:
    """Make the first move of a piece."""
    size = by.targets.shape[1]
    for i in range(len(row)):
        room.state[i] = stays[row[i]] + offsets[trial[i]]
        room.u[i] = -logarithm(uniform(room.state[i] + GAMMA))
        room.less[i] = by.less[row[i]]
    for i in range(len(row)):
        r, draw = row[i], draws[trial[i]]
        slot, stage = _first(moves[r] + offsets[trial[i]], draw, r, by), by.stage[r]
        room.at[i] = by.moves[stage, max(slot, 0)]
        room.edge[i] = stage
        room.place[i] = (draw * size + stage) * by.per_stage + max(slot, 0)
        room.u[i] = room.u[i] if slot != LEFT else math.nan
    for i in range(len(row)):
        passed = _passed(room.place[i], row[i], by)
        # Not a number ends nowhere, and so is left.
        room.u[i] = passed + room.u[i] if passed <= _FARTHEST else math.nan
    _find(len(row), by, room)
    _end(len(row), by, room)
    for i in range(len(row)):
        days[i] = room.days[i]


@loop
def _go_on(
    row: Any, trial: Any, offsets: Any, draws: Any, moves: Any, until: Any, by: Moves, days: Any, room: Room
) -> None:
    """Make the further moves of a piece: all their second ones, then all their third ones, and so on."""
    slots, size = by.targets.shape
    going = 0
    for i in range(len(row)):
        room.less[i] = 0.5 + TIE
        room.some[going] = i
        going += (days[i] != LEFT) & (room.at[i] < np.uint64(size)) & (days[i] <= until[row[i]])
    n, step = 1, GAMMA + GAMMA
    while going > 0 and n < by.most:
        count, going = going, 0
        for k in range(count):
            room.u[k] = -logarithm(uniform(room.state[room.some[k]] + step))
        for k in range(count):
            i, slot = room.some[k], 0
            stage = room.at[i]
            place = np.uint64(draws[trial[i]] * size) + stage
            if slots > 1:
                u = uniform(moves[row[i]] + offsets[trial[i]] + step)
                for other in range(slots - 1):
                    slot += u > by.chances[other, place]
            room.at[i] = by.targets[slot, stage]
            room.edge[k] = stage
            room.place[k] = place * np.uint64(by.per_stage) + np.uint64(by.laws[slot, stage])
        _find(count, by, room)
        _end(count, by, room)
        for k in range(count):
            i, more = room.some[k], room.days[k]
            days[i] = LEFT if more == LEFT else days[i] + more
            room.some[going] = i
            going += (more != LEFT) & (room.at[i] < np.uint64(size)) & (days[i] <= until[row[i]])
        n += 1
        step += GAMMA
    for k in range(going):  # whom the guard has stopped numpy counts
        days[room.some[k]] = LEFT


@part
def _passed(law: Any, r: Any, by: Any) -> Any:
    """Return the integral of a hazard up to the age of a deal."""
    place = np.uint64(law) * by.bins + np.uint64(by.bin[r])
    return by.reached[place] + by.rates[place] * by.into[r]


@part
def _first(choice: Any, draw: Any, r: Any, by: Any) -> Any:
    """Return the move that a won deal makes first, `LEFT` where rounding might decide it."""
    stage = by.stage[r]
    sole = by.sole[draw * by.targets.shape[1] + stage]
    if sole != SEVERAL:
        return np.int64(sole)
    total = 0.0
    for k in range(by.count[stage]):
        total += _weight(k, draw, r, by)
    value, so_far, slot = uniform(choice + GAMMA) * total, 0.0, 0
    for k in range(by.count[stage] - 1):
        so_far += _weight(k, draw, r, by)
        if abs(value - so_far) <= NEAR * total:
            return LEFT
        slot += value > so_far
    return slot


@part
def _weight(k: Any, draw: Any, r: Any, by: Any) -> Any:
    """Return p·R(age)·h of a move; not a number where a chance runs out of digits."""
    stage = by.stage[r]
    passed = _passed((draw * by.targets.shape[1] + stage) * by.per_stage + k, r, by)
    next_ = by.moves[stage, k]
    chance = by.transitions[draw, stage, next_] * by.ends[draw, next_]
    return math.exp(-passed) * chance if passed <= _FARTHEST else math.nan


@loop
def _find(count: int, by: Moves, room: Room) -> None:
    """Find the bins in which integrals of hazards reach their levels, the last that begin below them.

    What are places of laws and stages in the room before are those of bins afterwards.
    """
    for k in range(count):
        law, level, group = room.place[k], room.u[k], _NONE
        for more in range(0, by.groups, LANES):
            group += below(by.tops, law * by.groups + np.uint64(more), level)
        at = LANES * (group - min(group, _ONE))
        found = below(by.reached, law * by.bins + at, level)
        at += found - min(found, _ONE)
        room.place[k] = law * by.bins + at
        room.edge[k] = room.edge[k] * by.bins + at


@loop
def _end(count: int, by: Moves, room: Room) -> None:
    """Work out the whole days of stays, as `DrawnStays.days`; `LEFT` where rounding might decide them."""
    rest = by.bins - _ONE
    for k in range(count):
        place, edge, level = room.place[k], room.edge[k], room.u[k]
        after = place + (_ONE if (place & rest) != rest else _NONE)
        low, near, wait = by.reached[place], NEAR * (1.0 + level), 1.0 / by.rates[place]
        sure = (level - low > near) & ((after == place) | (by.reached[after] - level > near))
        time = (level - low) * wait + by.edges[edge]
        slack = NEAR * (1.0 + time) + 1e-14 * (1.0 + level) * wait
        days = rounded(time - room.less[k], slack)
        room.days[k] = days if sure else LEFT
