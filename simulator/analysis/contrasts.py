"""Weigh numbers of the same trials against one another, and say how exactly the trials tell the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.scores import Z95, clustered_variance, deviation, share_interval

Floats = NDArray[np.float64]

DIFFERENCE: Final = (1.0, -1.0)
"""Weights of one and of what it is held against."""
ROUNDING: Final = 1e-12
"""Share of exact means below which their difference is none."""
ENDS: Final = {"p10": 0.1, "p50": 0.5, "p90": 0.9}


def interaction(cases: int) -> tuple[float, ...]:
    """Return the weights of all cases together, of each alone, and of the base.

    What they bring together beyond the sum of what each brings alone: (all − base) − Σ (case − base).
    """
    return (1.0, *(-1.0,) * cases, cases - 1.0)


def contrast(
    amounts: Sequence[Floats], told: Sequence[Mapping[str, Any]], weights: Sequence[float], unit: float,
    draws: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return Σ weight · number, of the mean and of low, middle and high, in major units, with 95 % errors.

    Where the exact means of all are known, the mean is theirs and has no error. Else its error is that of the
    mean of Σ w·x over the trials. A quantile q moves with the share of trials below it, by −1/f(q) (Bahadur
    1966), and the half-width W of its own interval is 1.96·σ/f(q), σ that share's standard error; so the
    error of Σ w·q is that of the mean of Σ w·(W/(1.96·σ))·1{x ≤ q}.

    `separate_error` is what the error would be by trials alone, each on luck of its own. An error that so few
    trials, or a quantile at an amount that many futures share, do not tell is None; what is the same in every
    trial has none. `less` and `more` are the shares of trials in which the sum is below and above 0.

    Args:
        amounts: minor units, floats[trial] each.
        told: `statistics` of each, and its `exact` mean where it is known.
        weights: of each.
        unit: minor units of one major unit.
        draws: posterior draws that the trials share, or None.
    """
    sums = np.zeros(len(amounts[0]))
    for weight, of_one in zip(weights, amounts, strict=True):
        sums += weight * of_one
    several, apart = len(sums) > 1, _apart([one["error"]["mean"] or 0.0 for one in told], weights)
    mean, error = float(sums.mean()) / unit, Z95 * deviation_of_mean(sums, draws) / unit if several else None
    exact = [one.get("exact") for one in told]
    means = [weight * known for weight, known in zip(weights, exact, strict=True) if known is not None]
    if len(means) == len(told):
        # What is equal but for rounding differs by nothing.
        mean, error = sum(means) if abs(sum(means)) > ROUNDING * max(map(abs, means)) else 0.0, 0.0
    result: dict[str, Any] = {
        "mean": mean,
        "error": {"mean": error},
        "separate_error": {"mean": apart if several else None},
        "less": float(np.mean(sums < 0)),
        "more": float(np.mean(sums > 0)),
    }
    alike = several and all(np.array_equal(amounts[0], other) for other in amounts[1:])
    for name, level in ENDS.items():
        result[name] = float(sum(w * one[name] for w, one in zip(weights, told, strict=True)))
        widths = [None if name in one.get("lumpy", ()) else one["error"][name] for one in told]
        known = [width for width in widths if width is not None]
        whole = several and len(known) == len(widths)
        result["separate_error"][name] = _apart(known, weights) if whole else None
        found = _quantile_error(amounts, level, known, weights, draws) if whole and not alike else None
        result["error"][name] = 0.0 if alike else found
    return result


def chance_contrast(
    hits: Sequence[NDArray[np.bool_]], weights: Sequence[float], draws: int | None = None
) -> dict[str, Any]:
    """Return Σ weight · chance with its 95 % error, and what that would be on luck of its own.

    Args:
        hits: in which trials each came true, bools[trial].
        weights: of each.
        draws: posterior draws that the trials share, or None.
    """
    sums = np.zeros(len(hits[0]))
    for weight, one in zip(weights, hits, strict=True):
        sums += weight * one
    if len(sums) == 1:
        return {"chance": float(sums.mean()), "error": None, "separate_error": None}
    halves = [(high - low) / 2 for _, low, high in (share_interval(one, draws) for one in hits)]
    error = Z95 * deviation_of_mean(sums, draws)
    return {"chance": float(sums.mean()), "error": error, "separate_error": _apart(halves, weights)}


def deviation_of_mean(values: Floats, draws: int | None) -> float:
    """Return the standard error of a mean over trials, clustered by the posterior draws that they share."""
    if not np.ptp(values):
        return 0.0  # rounding would leave a little
    if draws is not None:
        return float(np.sqrt(clustered_variance(values, draws)))
    return deviation(values) / float(np.sqrt(len(values)))


def _quantile_error(
    amounts: Sequence[Floats], level: float, widths: Sequence[float], weights: Sequence[float],
    draws: int | None,
) -> float:  # fmt: skip
    sums = np.zeros(len(amounts[0]))
    for of_one, width, weight in zip(amounts, widths, weights, strict=True):
        below = (of_one <= np.quantile(of_one, level)).astype(np.float64)
        if width and (spread := deviation_of_mean(below, draws)):
            sums += weight * width / (Z95 * spread) * below
    return Z95 * deviation_of_mean(sums, draws)


def _apart(errors: Sequence[float], weights: Sequence[float]) -> float:
    return float(np.hypot.reduce([w * e for w, e in zip(weights, errors, strict=True)]))
