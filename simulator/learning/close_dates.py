"""Learn what a stated close date is worth: by how much it slips, and how far it may be trusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.clock import Clock
from simulator.close_dates import SHIFT, SPREAD, CloseDateRule
from simulator.history import OPEN, UNKNOWN, WON, History
from simulator.learning.evidence import Figure
from simulator.streams import UniformRow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Moments = Callable[[Integers, Integers, Floats], tuple[Floats, Floats]]
"""Segment, stage and age to μ and v: mean and standard deviation of ln(T + c) of the walk given a win."""

MOST: Final = 4000
"""Snapshots that are looked at, of the deals created last."""
FEWEST: Final = 10
"""Won deals with a stated date from which on it is learned."""
_SLIP: Final = 1.25, 0.3
"""Slip of the prior, and the standard deviation of its logarithm."""
_SPREAD_SD: Final = 0.6
_SLIPS: Final = np.exp(np.linspace(np.log(0.5), np.log(4.0), 49))
_SPREADS: Final = np.exp(np.linspace(np.log(0.05), np.log(8.0), 41))


@dataclass(frozen=True, eq=False)
class CloseDateFit:
    """What was learned of stated dates.

    Attributes:
        slip: factor on the stated days, posterior median.
        spread: s, likewise.
        figures: with their evidence.
        notes: what could not be learned, for people.
    """

    slip: float
    spread: float
    figures: Mapping[str, Figure] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def rule(self) -> CloseDateRule:
        """Return the rule of the blend."""
        return CloseDateRule("blend", self.slip, 0, self.spread)


@dataclass(frozen=True, eq=False)
class Stated:
    """One snapshot a deal that states a date to come, as arrays.

    Attributes:
        deal: index.
        day: of the snapshot, ordinal.
        stage: in which the deal was.
        age: operational days in it.
        stated: d, operational days to the stated date.
        time: T, whole operational days from the snapshot to the win, or to the as-of day of an open deal.
        won: whether it was won by then; else it is open, and T is longer.
    """

    deal: Integers
    day: Integers
    stage: Integers
    age: Floats
    stated: Floats
    time: Floats
    won: NDArray[np.bool_]


def fit_close_dates(
    history: History, clock: Clock, uniforms: UniformRow, moments: Moments | None = None
) -> CloseDateFit:
    """Learn slip and spread by a right-censored regression within the form of `CloseDateRule` (MODEL 2).

    ln(T + c) ~ N((1−κ)·ln(slip·d + c) + κ·μ, κ·v²), κ = s²/(s² + v²), on a grid, around slip 1.25 and s .8.
    Open deals are censored, and count by the share of closed deals that were won.

    Args:
        history: as it was known.
        clock: operational, day 0 that of `history.known`.
        uniforms: a row of its own.
        moments: of the learned funnel; None takes those of all deals with a date.
    """
    rows = stated_dates(history, clock, uniforms)
    won = int(rows.won.sum())
    if won < FEWEST:
        text = f"slip of stated dates needs {FEWEST} won deals whose date was known before; there are {won}"
        return CloseDateFit(_SLIP[0], SPREAD, notes=(text,))
    y = np.log(rows.time + SHIFT)
    if moments is None:
        mean, sd = np.full(len(y), y[rows.won].mean()), np.full(len(y), y[rows.won].std())
    else:
        mean, sd = moments(history.deals.segment[rows.deal], rows.stage, rows.age)
    closed = history.deals.outcome != OPEN
    chance = float((history.deals.outcome[closed] == WON).mean())
    weight = _posterior(y, rows, mean, np.maximum(sd, 1e-3), chance)
    quarters = len(np.unique((rows.day - 719163) // 91))
    found = {}
    sums = ((_SLIPS, weight.sum(axis=1)), (_SPREADS, weight.sum(axis=0)))
    for name, (values, share) in zip(("slip", "spread"), sums, strict=True):
        low, value, high = (float(np.interp(q, np.cumsum(share), values)) for q in (0.1, 0.5, 0.9))
        worth = won + chance * float((~rows.won).sum())
        found[f"close_date.{name}"] = Figure(
            value, low, high, len(y), worth, quarters, "stated dates before the close"
        )
    return CloseDateFit(found["close_date.slip"].value, found["close_date.spread"].value, found)


def stated_dates(history: History, clock: Clock, uniforms: UniformRow) -> Stated:
    """Return one snapshot of each deal that stated a date to come, on a day of its life that is drawn evenly.

    Lost deals have none: the rule is about deals that are won.
    """
    deals, moves = history.deals, history.moves
    u = uniforms.uniforms(len(deals))
    first = np.searchsorted(moves.deal, np.arange(len(deals) + 1))
    found = []
    some = np.flatnonzero((deals.outcome == WON) | (deals.outcome == OPEN))
    for i in some[np.argsort(-deals.created[some], kind="stable")].tolist():
        own = np.arange(first[i], first[i + 1])
        told = own[moves.stated[own] != UNKNOWN]
        if not len(told):
            continue
        until = int(min(deals.closed[i], history.known))
        begin = int(moves.recorded[told[0]])
        when = begin + int(u[i] * (until - begin))
        at = own[(moves.recorded[own] <= when) & (moves.stage[own] < len(history.stages))]
        stated = told[moves.recorded[told] <= when]
        if when >= until or not len(at) or not len(stated):
            continue
        if moves.stated[stated[-1]] > when:
            last, said = int(at[-1]), int(moves.stated[stated[-1]])
            found.append((i, when, int(moves.stage[last]), int(moves.day[last]), said, until))
        if len(found) == MOST:
            break
    table = np.array(found, dtype=np.int64).reshape(-1, 6)
    deal, day, stage, entered, date, end = table.T
    w = {name: clock.at_end_of(days - history.known) for name, days in
         (("day", day), ("entered", entered), ("date", date), ("end", end))}  # fmt: skip
    return Stated(
        deal, day, stage, w["day"] - w["entered"], np.maximum(w["date"] - w["day"], 0.5),
        np.floor(np.maximum(w["end"] - w["day"], 0.0) + 1e-9), deals.outcome[deal] == WON,
    )  # fmt: skip


def _posterior(y: Floats, rows: Stated, mean: Floats, sd: Floats, chance: float) -> Floats:
    """Return the weights of slip and spread, floats[slip, spread]."""
    logs = np.empty((len(_SLIPS), len(_SPREADS)))
    for row, slip in enumerate(_SLIPS):
        stated = np.log(slip * rows.stated + SHIFT)
        for column, spread in enumerate(_SPREADS):
            k = spread**2 / (spread**2 + sd**2)
            z = (y - (1 - k) * stated - k * mean) / (np.sqrt(k) * sd)
            each = np.where(rows.won, -0.5 * z**2 - np.log(np.sqrt(k) * sd), chance * special.log_ndtr(-z))
            logs[row, column] = each.sum()
    logs -= 0.5 * (np.log(_SLIPS[:, None] / _SLIP[0]) / _SLIP[1]) ** 2
    logs -= 0.5 * (np.log(_SPREADS / SPREAD) / _SPREAD_SD) ** 2
    weight = np.exp(logs - logs.max())
    return np.asarray(weight / weight.sum())
