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
    chance = float(target["chance"])
    if is_certain(target):
        return "certain" if chance == 1 else "out of reach"
    word = next((word for bound, word in _LIKELIHOOD if chance < bound), "all but certain")
    if chance < 0.01 or chance > 0.99:
        return f"{word}: {one_in(chance)}"
    return f"{word}: {percent(chance, _error(target))}, {one_in(chance)}"


def chance_cells(target: Mapping[str, Any]) -> tuple[str, str]:
    """Return a chance as two cells of a table: `27 %` and `about 1 in 4`."""
    chance = float(target["chance"])
    if is_certain(target):
        return ("100 %", "certain") if chance == 1 else ("0 %", "out of reach")
    return percent(chance, _error(target)), one_in(chance)


def is_certain(target: Mapping[str, Any]) -> bool:
    """Tell whether a chance of 0 or 1 is exact: its simulation interval has no width."""
    chance = float(target["chance"])
    return chance in (0.0, 1.0) and target.get("low", chance) == target.get("high", chance) == chance


def _error(target: Mapping[str, Any]) -> float:
    chance = float(target["chance"])
    return (float(target.get("high", chance)) - float(target.get("low", chance))) / 2


def _logit(chance: float) -> float:
    return math.log(chance / (1 - chance))
