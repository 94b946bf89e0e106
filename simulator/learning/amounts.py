"""Learn how amounts change until deals are signed, from amounts that were told before and at the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.amounts import DEGREES, LIMIT, MOST_BY_SIZE, AmountChange, change_cdf
from simulator.history import WON, History
from simulator.learning.evidence import Figure
from simulator.records import dataclass
from simulator.streams import UniformRow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SAME: Final = 0.001
"""Amounts whose logarithms differ by less are the same: signed as quoted."""
PRIOR_DEALS: Final = 10.0
"""Deals that the default law is worth."""
_LOCATION_SD: Final = 0.15
_LOG_SCALE_SD: Final = 0.7
_LOCATIONS: Final = np.linspace(-0.7, 0.4, 111)
_SCALES: Final = np.exp(np.linspace(np.log(0.01), np.log(0.8), 56))
_BY_SIZE_SD: Final = 0.05
"""Ridge towards a change that is the same for small and large deals."""
_SEEN_BY: Final = 30
"""Wins whose amount changed before that is free."""
_ROUNDS: Final = 3
_STEPS: Final = 20
_NODES: Final = np.linspace(-LIMIT, LIMIT, 401)


@dataclass(frozen=True, eq=False)
class AmountFit:
    """What was learned of the change of amounts.

    Attributes:
        change: its law, at posterior means.
        shift: added to the logarithm of closed amounts, floats[draw]: how unsure the law's mean is.
        figures: with their evidence.
        notes: what could not be learned, for people.
    """

    change: AmountChange
    shift: Floats
    figures: Mapping[str, Figure] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def fit_amount_change(
    history: History, draws: int, uniforms: UniformRow, segment: int | None = None, minor: int = 100
) -> AmountFit:
    """Learn π0, location and scale of Y = ln(closed amount / open amount) of won deals (MODEL 3).

    Each deal counts once: the amount that was known on a day of its life, drawn evenly, against the one at
    its close. π0 has a beta posterior; location and scale have one on a grid, around the default; what the
    deal's size adds is a ridge regression on the logarithm of its open amount, in turns with the grid.

    Args:
        history: as it was known.
        draws: D.
        uniforms: a row of its own.
        segment: index, None for all deals.
        minor: minor units in a major one.
    """
    changes, day, size = _changes(history, uniforms, segment)
    default, n = AmountChange(), len(changes)
    if not n:
        text = "amounts before the close are not in the record: how they change stays an assumption"
        return AmountFit(default, np.zeros(draws), notes=(text,))
    same = np.abs(changes) < SAME
    alpha = PRIOR_DEALS * default.unchanged + same.sum()
    beta = PRIOR_DEALS * (1 - default.unchanged) + (~same).sum()
    unchanged = special.betaincinv(alpha, beta, uniforms.uniforms(draws))
    weight, by_size, error, middle = _sized(changes[~same], size[~same], default)
    cell = np.searchsorted(np.cumsum(weight.ravel()), uniforms.uniforms(draws)).clip(0, weight.size - 1)
    location, scale = _LOCATIONS[cell // len(_SCALES)], _SCALES[cell % len(_SCALES)]
    change = AmountChange(
        float(alpha / (alpha + beta)), float(location.mean()), float(scale.mean()),
        by_size, float(np.exp(middle)) / minor,
    )  # fmt: skip
    factor = np.log(unchanged + (1 - unchanged) * _mean_factors(location, scale))
    quarters = len(np.unique((day - 719163) // 91))

    def told(value: float, values: Floats) -> Figure:
        low, high = (float(q) for q in np.quantile(values, (0.1, 0.9)))
        return Figure(value, low, high, n, float(n), quarters, "amounts of won deals before and at the close")

    figures = {
        "amount_change.unchanged": told(change.unchanged, unchanged),
        "amount_change.location": told(change.location, location),
        "amount_change.scale": told(change.scale, scale),
        "amount_change.factor": told(float(np.exp(factor).mean()), np.exp(factor)),
    }
    if error > 0:
        spread = special.ndtri((np.arange(1000) + 0.5) / 1000)
        figures["amount_change.by_size"] = told(by_size, by_size + error * spread)
    return AmountFit(change, factor - np.log(np.exp(factor).mean()), figures)


def _changes(history: History, uniforms: UniformRow, segment: int | None) -> tuple[Floats, Integers, Floats]:
    """Return Y of each won deal with an amount before its close, its close day, and ln of that amount."""
    deals, moves = history.deals, history.moves
    found, closed, size = [], [], []
    of_interest = (deals.outcome == WON) & (deals.amount > 0) & (deals.closed <= history.known)
    if segment is not None:
        of_interest &= deals.segment == segment
    told = np.flatnonzero((moves.amount > 0) & (moves.recorded < deals.closed[moves.deal]))
    told = told[of_interest[moves.deal[told]]]
    first = np.searchsorted(moves.deal[told], np.arange(len(deals) + 1))
    u = uniforms.uniforms(len(deals))
    for deal in np.unique(moves.deal[told]).tolist():
        own = told[first[deal] : first[deal + 1]]
        begin, end = int(moves.recorded[own[0]]), int(deals.closed[deal])
        at = np.searchsorted(moves.recorded[own], begin + u[deal] * (end - begin), side="right") - 1
        size.append(np.log(moves.amount[own[max(at, 0)]]))
        found.append(np.log(deals.amount[deal]) - size[-1])
        closed.append(end)
    return (
        np.array(found, dtype=np.float64),
        np.array(closed, dtype=np.int64),
        np.array(size, dtype=np.float64),
    )


def _sized(changes: Floats, size: Floats, default: AmountChange) -> tuple[Floats, float, float, float]:
    """Return the weights of location and scale, what ln(amount) adds, its error, and where it adds nothing.

    Without enough changes the error is 0, and nothing is added. Newton steps on Student's t, whose curvature
    is taken at its mean, (ν + 1)/(ν + 3)/scale².
    """
    by_size, error, middle = 0.0, 0.0, float(size.mean()) if len(size) else 0.0
    x = size - middle
    free = len(x) >= _SEEN_BY and float(x.std()) > 0
    for turn in range(_ROUNDS):
        weight = _posterior(np.clip(changes - by_size * x, -LIMIT, LIMIT), default)
        if turn == _ROUNDS - 1 or not free:
            break
        location, scale = float(weight.sum(axis=1) @ _LOCATIONS), float(weight.sum(axis=0) @ _SCALES)
        bend = (DEGREES + 1) / (DEGREES + 3) / scale**2
        error = float((bend * (x**2).sum() + _BY_SIZE_SD**-2.0) ** -0.5)
        for _ in range(_STEPS):
            z = (changes - location - by_size * x) / scale
            slope = (DEGREES + 1) * z / (DEGREES + z**2) / scale
            by_size += float(slope @ x - by_size / _BY_SIZE_SD**2) * error**2
    return weight, float(np.clip(by_size, -MOST_BY_SIZE, MOST_BY_SIZE)), error, middle


def _posterior(changes: Floats, default: AmountChange) -> Floats:
    """Return the weights of location and scale, floats[location, scale]."""
    y = (changes[:, None, None] - _LOCATIONS[:, None]) / _SCALES
    logs = -(DEGREES + 1) / 2 * np.log1p(y**2 / DEGREES).sum(axis=0) - len(changes) * np.log(_SCALES)
    low, high = (special.stdtr(DEGREES, (b - _LOCATIONS[:, None]) / _SCALES) for b in (-LIMIT, LIMIT))
    logs -= len(changes) * np.log(high - low)
    logs -= 0.5 * ((_LOCATIONS[:, None] - default.location) / _LOCATION_SD) ** 2
    logs -= 0.5 * (np.log(_SCALES / default.scale) / _LOG_SCALE_SD) ** 2
    weight = np.exp(logs - logs.max())
    return np.asarray(weight / weight.sum())


def _mean_factors(location: Floats, scale: Floats) -> Floats:
    """Return E[exp(Y) | Y ≠ 0], floats[draw]; many draws share a point of the grid."""
    points, at = np.unique(np.stack((location, scale)), axis=1, return_inverse=True)
    middle = np.exp((_NODES[1:] + _NODES[:-1]) / 2)
    means = [float(np.diff(change_cdf(_NODES, a, s)) @ middle) for a, s in points.T.tolist()]
    return np.array(means)[at.ravel()]
