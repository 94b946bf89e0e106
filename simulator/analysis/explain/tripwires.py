"""Find what to have by when: the amounts on the way at which the chance turns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.explain.question import Question
from simulator.forecast import statistics
from simulator.scores import design_effect, isotonic, reliability, wilson

Floats = NDArray[np.float64]
Hits = NDArray[np.bool_]

LEVELS: Final = (0.1, 0.5, 0.9)
"""Chances of which the amounts are told."""
DATES: Final = 6
"""Most days that are told of: the next three ends of periods, then ends of quarters."""
NEXT: Final = 3
BINS: Final = 40
"""Most groups of trials, by their amount."""
FEWEST: Final = 50
"""Trials that a group has, and that must lie on each side of an amount."""


def tripwires(question: Question) -> dict[str, Any]:
    """Return for the next few days what must have come by then for the aim to be reached at given chances.

    The chance given the amount by then is estimated from the trials, group by group in the order of their
    amounts, and never falls. An amount is told only where both sides of it differ from the chance by more
    than the trials' own error.
    """
    aim, forecast = question.aim, question.forecast
    if aim.amount is None:
        return {"dates": []}
    reached = question.amounts >= aim.amount
    found = []
    for end in _ends(question):
        amounts = replace(aim, window=replace(aim.window, last=end)).amounts(forecast)
        told = statistics(amounts, forecast.unit, draws=forecast.draws)
        at = [
            _in_units(crossing, forecast.unit)
            for level in LEVELS
            if (crossing := crossing_of(amounts, reached, level, forecast.draws)) is not None
        ]
        if at:
            found.append({"by": end.isoformat(), **{q: told[q] for q in ("p10", "p50", "p90")}, "at": at})
    return {"dates": found}


def crossing_of(amounts: Floats, reached: Hits, level: float, draws: int | None = None) -> dict[str, Any] | None:
    """Return the amount from which on the chance is at least so much, None where the trials tell none.

    Args:
        amounts: what each trial has by then, floats[trial].
        reached: whether it reaches the aim in the end.
        level: the chance.
        draws: posterior draws that the trials share, or None.

    Returns:
        `chance` (the level), `amount`, `from` and `to` (its 95 % interval, None where an end of it lies
        beyond all amounts), `share_above`: of trials that have so much by then.
    """
    groups = reliability(amounts, reached, max(min(BINS, len(amounts) // FEWEST), 1))
    centres = np.array([group.chance for group in groups])
    counts = np.array([group.count for group in groups], dtype=np.float64)
    chances = isotonic(np.array([group.share for group in groups]), counts)
    amount = _where(centres, chances, level)
    effect = design_effect(reached, draws)
    if amount is None or not _turns(reached[amounts < amount], reached[amounts >= amount], level, effect):
        return None
    lows, highs = _bands(chances, counts, effect)
    return {
        "chance": level,
        "amount": amount,
        "from": _where(centres, highs, level),
        "to": _where(centres, lows, level),
        "share_above": float(np.mean(amounts >= amount)),
    }


def _where(centres: Floats, chances: Floats, level: float) -> float | None:
    """Return where chances that never fall pass a level, straight from one group to the next."""
    after = int(np.searchsorted(chances, level))
    if after == 0 or after == len(chances):
        return None
    rise = (level - chances[after - 1]) / (chances[after] - chances[after - 1])
    return float(centres[after - 1] + rise * (centres[after] - centres[after - 1]))


def _turns(below: Hits, above: Hits, level: float, effect: float) -> bool:
    """Return whether trials below an amount surely reach the aim less often than so, those above more often."""
    if min(len(below), len(above)) < FEWEST:
        return False
    highest, lowest = (wilson(int(np.count_nonzero(x)), len(x), effect) for x in (below, above))
    return highest[1] < level < lowest[0]


def _bands(chances: Floats, counts: Floats, effect: float) -> tuple[Floats, Floats]:
    """Return the 95 % intervals of chances, those that are equal taken together; they never fall either."""
    lows, highs = np.empty(len(chances)), np.empty(len(chances))
    for chance in np.unique(chances):
        here = chances == chance
        size = int(counts[here].sum())
        lows[here], highs[here] = wilson(round(chance * size), size, effect)
    return np.maximum.accumulate(lows), np.minimum.accumulate(highs[::-1])[::-1]


def _ends(question: Question) -> Iterator[date]:
    """Yield the days that are told of: inside the aim's window and before its end."""
    horizon, window = question.scenario.horizon, question.aim.window
    first = max(horizon.date_of(1), window.first) if window.series != "balance" else horizon.date_of(1)
    periods, quarters = ([p.end for p in some] for some in (horizon.periods, horizon.fiscal_quarters))
    soon = [end for end in periods if first <= end < window.last][:NEXT]
    later = [end for end in quarters if soon and soon[-1] < end < window.last]
    yield from [*soon, *later][:DATES]


def _in_units(crossing: dict[str, Any], unit: float) -> dict[str, Any]:
    scaled = {k: None if (x := crossing[k]) is None else x / unit for k in ("amount", "from", "to")}
    return crossing | scaled
