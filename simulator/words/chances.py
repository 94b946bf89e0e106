"""Say chances the way people say them, and never surer than the simulation is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

_FRACTIONS: Final = (
    *((1, n) for n in (100, 50, 30, 20, 15, 10, 8, 6, 5, 4)),
    *((3, 10), (1, 3), (2, 5), (1, 2), (3, 5), (2, 3), (7, 10)),
    *((n - 1, n) for n in (4, 5, 6, 8, 10, 15, 20, 30, 50, 100)),
)
_LIKELIHOOD: Final = (
    (0.01, "all but out of reach"),
    (0.10, "very unlikely"),
    (1 / 3, "unlikely"),
    (0.45, "less likely than not"),
    (0.55, "as likely as not"),
    (2 / 3, "more likely than not"),
    (0.90, "likely"),
    (0.99, "very likely"),
)
ROUGH: Final = 0.1
"""Half-width of its simulation interval from which on a chance is not worth a number."""


def percent(chance: float, error: float = 0.0) -> str:
    """Write a chance as a percentage; what only ever or never happened by luck is not 0 or 100.

    Args:
        chance: 0–1.
        error: half-width of its simulation interval; a rough one is rounded to fives.
    """
    if chance < 0.01:
        return "<1 %"
    if chance > 0.99:
        return ">99 %"
    if error > 0.02 and 0.05 <= chance <= 0.95:
        return f"{5 * round(20 * chance)} %"
    return f"{round(100 * chance)} %"


def one_in(chance: float) -> str:
    """Say a chance as a share that can be pictured: `about 1 in 4`, `less than 1 in 100`."""
    if chance < 0.01:
        return "less than 1 in 100"
    if chance > 0.99:
        return "more than 99 in 100"

    def distance(share: tuple[int, int]) -> float:
        return abs(_logit(share[0] / share[1]) - _logit(chance))

    part, whole = min(_FRACTIONS, key=distance)
    return f"about {part} in {whole}"


def likelihood(target: Mapping[str, Any]) -> str:
    """Say how likely a target is: `unlikely: 27 %, about 1 in 4`.

    Args:
        target: `chance` with the simulation interval `low`, `high`; a chance without one is exact.
    """
    number, share = chance_cells(target)
    chance, low, high = _interval(target)
    if is_certain(target):
        return share
    if high - low > 2 * ROUGH:
        return f"not decided by so few trials: {number}"
    seen = high if chance < 0.01 else low if chance > 0.99 else chance
    if round(100 * seen) in (1, 99):
        seen = chance
    word = next((word for bound, word in _LIKELIHOOD if seen < bound), "all but certain")
    return f"{word}: {share}" if number[0] in "<>" else f"{word}: {number}, {share}"


def chance_cells(target: Mapping[str, Any]) -> tuple[str, str]:
    """Return a chance as two cells of a table: `27 %` and `about 1 in 4`.

    What no trial shows, or every trial, is as rare as so many trials can tell and no rarer.
    """
    chance, low, high = _interval(target)
    if is_certain(target):
        return ("100 %", "certain") if chance == 1 else ("0 %", "out of reach")
    if high - low > 2 * ROUGH:
        return f"{100 * low:.0f}–{100 * high:.0f} %", "too few trials"
    if chance < 0.01 and (bound := math.ceil(100 * high - 0.5)) > 1:
        return f"<{bound} %", f"less than {_at_least_as_rare(high)}"
    if chance > 0.99 and (bound := math.ceil(100 * (1 - low) - 0.5)) > 1:
        part, _, whole = _at_least_as_rare(1 - low).partition(" in ")
        return f">{100 - bound} %", f"more than {int(whole) - int(part)} in {whole}"
    return percent(chance, (high - low) / 2), one_in(chance)


def is_certain(target: Mapping[str, Any]) -> bool:
    """Tell whether a chance of 0 or 1 is exact: its simulation interval has no width."""
    chance = float(target["chance"])
    return chance in (0.0, 1.0) and target.get("low", chance) == target.get("high", chance) == chance


def has_interval(stats: Mapping[str, Any]) -> bool:
    """Tell whether there were trials enough to say what lies between low and high."""
    return (stats.get("error") or {}).get("p10", 0.0) is not None


def _interval(target: Mapping[str, Any]) -> tuple[float, float, float]:
    """Return a chance and its simulation interval."""
    chance = float(target["chance"])
    low, high = float(target.get("low", chance)), float(target.get("high", chance))
    return chance, max(low, 0.0), min(high, 1.0)


def _at_least_as_rare(chance: float) -> str:
    """Return the rarest share that is not rarer than a chance: `1 in 50`."""
    part, whole = next(share for share in _FRACTIONS if share[0] / share[1] >= chance)
    return f"{part} in {whole}"


def _logit(chance: float) -> float:
    return math.log(chance / (1 - chance))
