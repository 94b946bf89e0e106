"""Find columns that are filled when a deal closes: what they say was not known before."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Final

from simulator.history import LOST, OPEN, WON

MOST_Z: Final = 5.0
"""So many standard errors between open and closed deals, and a column is filled by the outcome."""
LEAST_GAP: Final = 0.1
_MOST_VALUES: Final = 50
_LEAST_ROWS: Final = 10
"""Deals of a value, won or lost alone, that make it a word for the outcome."""
_PURE: Final = 0.9


def told_by_outcome(values: Sequence[str], outcomes: Sequence[int]) -> str | None:
    """Say why a column was filled when deals closed, None where nothing speaks for that.

    Args:
        values: of each deal, "" where the column is empty; an amount of nothing counts as empty.
        outcomes: `OPEN`, `WON` or `LOST`.
    """
    filled = {kind: [0, 0] for kind in (OPEN, WON, LOST)}
    for value, outcome in zip(values, outcomes, strict=True):
        filled[outcome][0] += bool(value)
        filled[outcome][1] += 1
    closed = [filled[WON][0] + filled[LOST][0], filled[WON][1] + filled[LOST][1]]
    if not closed[0] and not filled[OPEN][0]:
        return None
    if _differ(closed, filled[OPEN]):
        return f"{_share(filled[OPEN])} of open deals have it, {_share(closed)} of closed ones"
    if _differ(filled[WON], filled[LOST]):
        return f"{_share(filled[WON])} of won deals have it, {_share(filled[LOST])} of lost ones"
    return _words_for_it(values, outcomes)


def _differ(one: Sequence[int], other: Sequence[int]) -> bool:
    if not one[1] or not other[1]:
        return False
    p, q = one[0] / one[1], other[0] / other[1]
    pooled = (one[0] + other[0]) / (one[1] + other[1])
    error = math.sqrt(max(pooled * (1 - pooled), 1e-12) * (1 / one[1] + 1 / other[1]))
    return abs(p - q) >= LEAST_GAP and abs(p - q) > MOST_Z * error


def _share(counts: Sequence[int]) -> str:
    return f"{counts[0] / counts[1]:.0%}"


def _words_for_it(values: Sequence[str], outcomes: Sequence[int]) -> str | None:
    """Tell whether a column's values stand for won or lost, each for one of them."""
    counts: dict[str, Counter[int]] = {}
    for value, outcome in zip(values, outcomes, strict=True):
        if value and outcome != OPEN:
            counts.setdefault(value, Counter())[outcome] += 1
            if len(counts) > _MOST_VALUES:
                return None
    kinds = {WON: 0, LOST: 0}
    total = sum(sum(c.values()) for c in counts.values())
    for count in counts.values():
        if len(count) == 1 and sum(count.values()) >= _LEAST_ROWS:
            (outcome,) = count
            kinds[outcome] += count[outcome]
    if min(kinds.values()) == 0 or sum(kinds.values()) < _PURE * total:
        return None
    return "its values stand for won or lost"
