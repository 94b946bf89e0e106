"""The compiled loops over open deals whose chances and stays are of the posterior draw of each trial."""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
from scipy import special

from simulator.distributions import LONGEST, TIE
from simulator.engine.fast.arithmetic import GAMMA, NEAR, logarithm, loop, normal, part, uniform
from simulator.engine.fast.closing import LEFT

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
_LATE: Final = LONGEST - 1


class Moves(NamedTuple):
    """The walk of won deals by draw, as `DrawnPath` and `DrawnStays`, and the first move of each.

    Attributes:
        chances: cumulative, floats[slot, draw · S + stage].
        targets: stage that each slot leads to, integers[slot, stage].
        laws: place of the stay's law among those of the stage, likewise.
        edges: operational days, floats[stage · bin].
        reached: integral of the hazard up to each edge, floats[law · bin].
        rates: from each edge on.
        bins: of each law, a power of two,
        fine: so many of them together.
        tops: integral up to the first edge of those, floats[law · bin].
        per_stage: laws of a stage.
        transitions: of draw, stage and next one.
        ends: chance to be won from each stage and end, by draw.
        moves: next ones of each stage, integers[stage, move],
        count: so many of them.
        sole: the one that those who are won can make first, `SEVERAL` where there are more, `LEFT` where
            rounding might decide it, integers[draw · S + stage].
        stage: where each deal is.
        age: of each, operational days.
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
    fine: Any
    tops: Any
    per_stage: int
    transitions: Any
    ends: Any
    moves: Any
    count: Any
    sole: Any
    stage: Any
    age: Any
    bin: Any
    into: Any
    most: int


@loop
def decide(
    keys: Any, offsets: Any, order: Any, draws: Any, scores: Any, begins: Any, scale: Any, shift: Any,
    row: Any, trial: Any, words: Any, doubtful: Any,
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

    Returns:
        How many are found, and how many of them are doubtful.
    """
    found, open_ = 0, 0
    for t in order:
        offset, draw = offsets[t] + GAMMA, draws[t]
        for group in range(len(begins) - 1):
            times, plus = scale[group, t], shift[group, t]
            for d in range(begins[group], begins[group + 1]):
                u = uniform(keys[d] + offset)
                x = scores[draw, d] * times + plus
                place = (min(max(x, -_EDGE), _EDGE) + _EDGE) * _CELLS
                cell = np.int64(place)
                chance = _TABLE[cell] + (place - cell) * (_TABLE[cell + 1] - _TABLE[cell])
                wins = u < chance
                if abs(u - chance) <= _WRONG:
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
    row: Any, trial: Any, offsets: Any, draws: Any, moves: Any, stays: Any, until: Any, by: Moves, days: Any
) -> None:
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
    """
    slots, size = by.targets.shape[0], by.targets.shape[1]
    for i in range(len(row)):
        r, t = row[i], trial[i]
        draw, offset = draws[t], offsets[t]
        stay, choice = stays[r] + offset, moves[r] + offset
        slot = _first(choice, draw, r, by)
        days[i] = LEFT
        if slot == LEFT:
            continue
        stage = by.stage[r]
        law = (draw * size + stage) * by.per_stage + slot
        passed = _passed(law, r, by)
        if passed > _FARTHEST:
            continue
        spent = _days(law, stage, passed - logarithm(uniform(stay + GAMMA)), by.age[r], by)
        if spent == LEFT:
            continue
        at, n, step = by.moves[stage, slot], 1, GAMMA + GAMMA
        while at < size and spent <= until[r] and n < by.most:
            place, slot = draw * size + at, 0
            if slots > 1:
                u = uniform(choice + step)
                for k in range(slots - 1):
                    slot += u > by.chances[k, place]
            law = place * by.per_stage + by.laws[slot, at]
            more = _days(law, at, -logarithm(uniform(stay + step)), 0.0, by)
            if more == LEFT:
                spent = LEFT
                break
            spent += more
            at = by.targets[slot, at]
            n += 1
            step += GAMMA
        # Whom the guard has stopped numpy counts.
        days[i] = LEFT if at < size and spent <= until[r] else spent


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
    value, below, slot = uniform(choice + GAMMA) * total, 0.0, 0
    for k in range(by.count[stage] - 1):
        below += _weight(k, draw, r, by)
        if abs(value - below) <= NEAR * total:
            return LEFT
        slot += value > below
    return slot


@part
def _weight(k: Any, draw: Any, r: Any, by: Any) -> Any:
    """Return p·R(age)·h of a move; not a number where a chance runs out of digits."""
    stage = by.stage[r]
    passed = _passed((draw * by.targets.shape[1] + stage) * by.per_stage + k, r, by)
    next_ = by.moves[stage, k]
    chance = by.transitions[draw, stage, next_] * by.ends[draw, next_]
    return math.exp(-passed) * chance if passed <= _FARTHEST else math.nan


@part
def _days(law: Any, stage: Any, level: Any, age: Any, by: Any) -> Any:
    """Return whole days left until the integral of a hazard reaches a level, as `DrawnStays.days`."""
    # Unsigned places spare a look at whether they are to be counted from the end. What is compared lies close
    # together, and no comparison waits for another.
    first, tops = np.uint64(law) * by.bins, by.bins // by.fine
    at = np.uint64(law) * tops
    place, last = first, first + by.bins - _ONE
    for _ in range(1, tops):
        at += _ONE
        place += by.fine if by.tops[at] < level else _NONE
    at = place
    for _ in range(1, by.fine):
        at += _ONE
        place += _ONE if by.reached[at] < level else _NONE
    near = NEAR * (1.0 + level)
    low, wait = by.reached[place], 1.0 / by.rates[place]
    if level - low <= near or (place < last and by.reached[place + _ONE] - level <= near):
        return LEFT
    time = (level - low) * wait + by.edges[np.uint64(stage) * by.bins + (place - first)]
    days = time - (age + (0.5 + TIE))
    slack = NEAR * (1.0 + time) + 1e-14 * (1.0 + level) * wait
    if days - slack >= _LATE:
        return _LATE
    up = math.ceil(days)
    if not (up - days > slack and days - (up - 1.0) > slack):
        return LEFT
    return max(np.int64(up), 0)
