"""Find what to have by when: the amounts on the way at which the chance turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.explain.question import Question
from simulator.forecast import statistics
from simulator.scores import design_effect, isotonic, wilson

Floats = NDArray[np.float64]
Hits = NDArray[np.bool_]

LEVELS: Final = (0.1, 0.5, 0.9)
"""Chances of which the amounts are told."""
DATES: Final = 6
"""Most days that are told of: the next three ends of periods, then ends of quarters."""
NEXT: Final = 3
PLACES: Final = 100
"""Amounts at which the chance is looked at."""
ALIKE: Final = 0.2
"""Share of the trials that are taken to have about as much, as long as they are at most"""
MOST_ALIKE: Final = 2_000
FEWEST: Final = 50
"""Trials that are alike at least, and that must lie on each side of an amount."""


def part(question: Question) -> dict[str, Any]:
    """Return for the next few days what must have come by then for the aim to be reached at given chances.

    The chance given the amount by then never falls. An amount is told only where both sides of it differ from
    the chance by more than the trials' own error.
    """
    aim, forecast = question.aim, question.forecast
    if aim.amount is None:
        return {"dates": []}
    found = []
    for end in _ends(question):
        then = replace(aim, window=replace(aim.window, last=end)).amounts(forecast)
        told = statistics(then, forecast.unit, draws=forecast.draws)
        at = crossings(then, question.amounts, aim.amount, LEVELS, forecast.draws)
        if at:
            found.append(
                {
                    "by": end.isoformat(),
                    **{q: told[q] for q in ("p10", "p50", "p90")},
                    "at": [_in_units(one, forecast.unit) for one in at],
                }
            )
    return {"dates": found}


def crossings(
    then: Floats, end: Floats, least: float, levels: Sequence[float], draws: int | None = None
) -> list[dict[str, Any]]:
    """Return the amounts from which on the chance is at least so much, as far as the trials tell them.

    The chance given an amount x by then is the share, among the trials that have about as much, of those in
    which what is still to come is enough: P(R ≥ T − x | X ≈ x), R = end − X. So many trials may be alike, as
    x itself is taken off the target and not each trial's own.

    Args:
        then: X, what each trial has by then, floats[trial].
        end: what it has in the end, likewise.
        least: T, to be reached.
        levels: chances.
        draws: posterior draws that the trials share, or None.

    Returns:
        `chance` (the level), `amount`, `from` and `to` (its 95 % interval, None where an end of it lies
        beyond all amounts), `share_above`: of trials that have so much by then.
    """
    if len(then) < 2 * FEWEST:
        return []
    effect, found = design_effect(end >= least, draws), []
    amounts, chances, lows, highs = _curve(then, end - then, least, effect)
    for level in levels:
        amount = _where(amounts, chances, level)
        if amount is not None and _turns(end >= least, then >= amount, level, effect):
            ends = {"from": _where(amounts, highs, level), "to": _where(amounts, lows, level)}
            above = float(np.mean(then >= amount))
            found.append({"chance": level, "amount": amount, **ends, "share_above": above})
    return found


def _curve(then: Floats, rest: Floats, least: float, effect: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Return amounts, the chance given each, and the ends of its 95 % interval, none of which falls.

    Trials are alike that stand near in the order of their amounts, as many above as below.
    """
    order = np.argsort(then, kind="stable")
    then, rest = then[order], rest[order]
    places = np.unique(np.linspace(FEWEST // 2, len(then) - 1 - FEWEST // 2, PLACES).astype(np.int64))
    reach = np.minimum(
        np.minimum(places, len(then) - 1 - places), int(min(ALIKE * len(then), MOST_ALIKE)) // 2
    )
    hits, counts = np.empty(len(places)), 2.0 * reach + 1
    for i, (place, wide) in enumerate(zip(places.tolist(), reach.tolist(), strict=True)):
        near = slice(place - wide, place + wide + 1)
        hits[i] = np.count_nonzero(_as_at(then[place], then[near], rest[near]) >= least - then[place])
    ends = np.array([wilson(int(h), int(n), effect) for h, n in zip(hits, counts, strict=True)])
    chances, lows, highs = (isotonic(column, counts) for column in (hits / counts, *ends.T))
    return then[places], chances, lows, highs


def _as_at(amount: float, then: Floats, rest: Floats) -> Floats:
    """Return what is still to come as it would be at an amount: moved along the line through the trials."""
    off = then - then.mean()
    spread = float(off @ off)
    return rest - float(off @ rest) / spread * (then - amount) if spread else rest


def _where(amounts: Floats, chances: Floats, level: float) -> float | None:
    """Return where chances that never fall pass a level, straight from one amount to the next."""
    after = int(np.searchsorted(chances, level))
    if after == 0 or after == len(chances):
        return None
    rise = (level - chances[after - 1]) / (chances[after] - chances[after - 1])
    return float(amounts[after - 1] + rise * (amounts[after] - amounts[after - 1]))


def _turns(reached: Hits, above: Hits, level: float, effect: float) -> bool:
    """Return whether trials below an amount surely reach the aim less often, those above more often."""
    sides = reached[~above], reached[above]
    if min(map(len, sides)) < FEWEST:
        return False
    (_, highest), (lowest, _) = (wilson(int(np.count_nonzero(x)), len(x), effect) for x in sides)
    return highest < level < lowest


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
