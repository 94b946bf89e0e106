"""Describe the trials of one amount by mean, quantiles and their simulation error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.distributions import Z90
from simulator.scores import Z95, Ordered, clustered_variance, design_effect, deviation, quantile_interval

Floats = NDArray[np.float64]

LEVELS: Final = (2.5, 5, 10, 25, 50, 75, 90, 95, 97.5)
"""Quantiles that are reported, in percent."""
CURVE: Final = tuple(i / 200 for i in range(1, 200))
"""The 199 quantiles of `curve`, .5 % to 99.5 %."""


def statistics(
    amounts: Floats, unit: float, already: float = 0.0, curve: bool = False, certain: bool = False,
    draws: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return mean, sd, quantiles, errors and the worst tenth of one amount, in major units.

    An error that so few trials, or trials that do not vary, cannot tell is None.

    Args:
        amounts: minor units, floats[trial]; `already` is inside.
        unit: minor units of one major unit.
        already: what of it has happened, minor units.
        curve: whether to give the 199 quantiles.
        certain: whether nothing of it is left open, so that there is no error.
        draws: posterior draws that the trials share, trial n taking draw n modulo so many; None where no two
            share one. Errors are then clustered by draw (MODEL 8).
    """
    ordered, n = Ordered(amounts), len(amounts)
    sd = deviation(amounts) if n > 1 else 0.0
    result: dict[str, Any] = {"mean": float(amounts.mean()) / unit, "sd": sd / unit}
    found = ordered.quantiles([*(level / 100 for level in LEVELS), *(CURVE if curve else ())])
    levels = dict(zip(LEVELS, found.tolist(), strict=False))
    result |= {f"p{level:g}": amount / unit for level, amount in levels.items()}
    if curve:
        result["curve"] = (found[len(LEVELS) :] / unit).tolist()
    error = np.sqrt(clustered_variance(amounts, draws)) if draws else sd / np.sqrt(n)
    result["error"] = {"mean": Z95 * error / unit if sd or certain else None}
    lumpy = []
    for level in (10, 50, 90):
        effect = design_effect(amounts <= levels[level], draws) if draws else 1.0
        low, high, straddles = quantile_interval(ordered, level / 100, effect)
        told = certain or _has_interval(n / effect, level / 100)
        result["error"][f"p{level}"] = (high - low) / 2 / unit if told else None
        if straddles and told:
            lumpy.append(f"p{level}")
    if lumpy:
        result["lumpy"] = lumpy
    if certain:
        result["certain"] = True
    result["worst_tenth"] = ordered.mean_of_lowest(max(n // 10, 1)) / unit
    result["already"] = already / unit
    return {k: _plain(v) for k, v in result.items()}


def converged(stats: Mapping[str, Any], share: float = 0.02) -> bool:
    """Return whether mean, p10, p50 and p90 are known to a share of the p10–p90 width (MODEL 9, stop rule).

    Quantiles that straddle an atom are exempt: more trials would not narrow them. Where p10 or p90 does, the
    width itself jumps, and that of a normal law with the same standard deviation takes its place.
    """
    width, exempt = stats["p90"] - stats["p10"], stats.get("lumpy", ())
    if "p10" in exempt or "p90" in exempt:
        width = max(width, 2 * Z90 * stats["sd"])
    if width <= 0:
        return True
    return all(error <= share * width for name, error in stats["error"].items() if name not in exempt)


def _has_interval(trials: float, q: float) -> bool:
    """Return whether so many trials have a 95 % interval of a quantile, and do not all lie on one side."""
    return bool(max(q, 1 - q) ** trials <= 0.025)


def _plain(value: Any) -> Any:
    """Return plain floats, so that they read the same wherever they are written."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return float(value) if isinstance(value, np.floating) else value
