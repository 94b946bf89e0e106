"""Say whether a history is long enough: by how much it widens the forecast, and what more would bring."""

from __future__ import annotations

import math
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.learning.evidence import effective_number
from simulator.market import both_below
from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

GREEN: Final = 1.10
AMBER: Final = 1.25
WITHIN: Final = 0.05
"""A stage counts as known if its chance is known to ± so much."""
LEAST_QUARTERS: Final = 4
LONGEST: Final = 40
"""Quarters beyond which nobody waits for data."""
_LEVELS: Final = 48
"""Chances are rounded to so many levels before pairs of them are worked out."""

Light = Literal["green", "amber", "red"]


@dataclass(frozen=True)
class Enough:
    """What a segment's history is worth for its forecast.

    Attributes:
        inflation: I = sqrt(V_total/V_fixed parameters): how much wider the range is for what is not known.
        light: green to 1.10, amber to 1.25, red above; never green below four quarters.
        closed: deals closed so far.
        quarters: in so many.
        worth: independent deals that they are worth.
        more: closed deals that are missing until I ≤ 1.10; None where no history of ten years would do.
        months: until then at the pace of the history; None likewise.
        narrower: share by which the range would shrink if everything were known.
    """

    inflation: float
    light: Light
    closed: int
    quarters: int
    worth: float
    more: int | None
    months: float | None
    narrower: float


def enough(
    chances: Floats, amounts: Floats, quarters: Integers, win_rate: float, rho: float, phi: float = 0.5
) -> Enough:
    """Return whether a segment's history is long enough (MODEL 8, enough data).

    Args:
        chances: p* of its open deals, floats[draw, deal].
        amounts: of them, any unit, floats[deal].
        quarters: calendar quarter of each closed deal, numbered, integers[closed].
        win_rate: of them.
        rho: total correlation of deals' luck.
        phi: of the market from quarter to quarter.
    """
    widening = inflation(chances, amounts, rho)
    closed, seen = len(quarters), len(np.unique(quarters))
    worth = effective_number(quarters, win_rate, rho, phi)
    more, months = _missing(widening, worth, quarters, win_rate, rho, phi)
    light: Light = "green" if widening <= GREEN else "amber" if widening <= AMBER else "red"
    if light == "green" and seen < LEAST_QUARTERS:
        light = "amber"
    return Enough(widening, light, closed, seen, worth, more, months, 1 - 1 / widening)


def needed(chance: float, within: float, confidence: float = 0.8) -> int:
    """Return n = z²·p(1−p)/w², closed deals from which a chance is known to ± `within`."""
    z = float(special.ndtri(0.5 + confidence / 2))
    return math.ceil(z * z * chance * (1 - chance) / within**2)


def inflation(chances: Floats, amounts: Floats, rho: float) -> float:
    """Return I = sqrt(V_total/V_fixed) of the money that open deals bring, 1 without any.

    V_fixed = Σ a²p(1−p) + Σ_{i≠j} a_i·a_j·(Φ2(c_i, c_j; ρ) − p_i·p_j) at average chances; V_total adds the
    variance over draws of Σ a·p.
    """
    if not chances.size or not amounts.any():
        return 1.0
    mean = chances.mean(axis=0)
    fixed = _variance(mean, amounts, rho)
    unknown = float((chances @ amounts).var())
    return math.sqrt(1 + unknown / fixed) if fixed > 0 else math.inf if unknown > 0 else 1.0


def _variance(chances: Floats, amounts: Floats, rho: float) -> float:
    """Return the variance of what deals bring that share their luck; chances rounded to levels in pairs."""
    alone = float((amounts**2 * chances * (1 - chances)).sum())
    open_ = (chances > 1e-9) & (chances < 1 - 1e-9)
    if rho <= 0 or not open_.any():
        return alone
    p, a = chances[open_], amounts[open_]
    order = np.argsort(p, kind="stable")
    groups = np.array_split(order, min(_LEVELS, len(order)))
    level = np.array([p[g].mean() for g in groups])
    money, squares = (np.array([(a[g] ** n).sum() for g in groups]) for n in (1, 2))
    c = special.ndtri(level)
    together = both_below(c[:, None], c, rho) - level[:, None] * level
    pairs = money[:, None] * money - np.diag(squares)
    return alone + float((pairs * together).sum())


def _missing(
    widening: float, worth: float, quarters: Integers, win_rate: float, rho: float, phi: float
) -> tuple[int | None, float | None]:
    """Return closed deals and months that are missing: the variance of parameters falls as 1/n_eff."""
    if widening <= GREEN and len(np.unique(quarters)) >= LEAST_QUARTERS:
        return 0, 0.0
    if not len(quarters) or not math.isfinite(widening):
        return None, None
    wanted = worth * max((widening**2 - 1) / (GREEN**2 - 1), 1.0)
    seen = int(quarters.max() - quarters.min()) + 1
    pace = max(round(len(quarters) / seen), 1)
    for further in range(LONGEST + 1):
        longer = np.concatenate((quarters, quarters.max() + 1 + np.repeat(np.arange(further), pace)))
        if seen + further >= LEAST_QUARTERS and effective_number(longer, win_rate, rho, phi) >= wanted:
            return further * pace, 3.0 * further
    return None, None
