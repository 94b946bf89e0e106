"""Learn what a stated close date is worth: how it slips, how far it may be trusted, and what pushes tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.clock import Clock
from simulator.close_dates import SHIFT, SPREAD, CloseDateRule
from simulator.history import OPEN, UNKNOWN, WON, History
from simulator.learning.evidence import Figure
from simulator.records import dataclass
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
_OVERDUE_SD, _PUSHES_SD = 0.3, 0.2
"""Ridge towards what is not told: ln of the factor of an overdue date, and the power of pushes."""
_SEEN_BY: Final = 20
"""Won deals that must have a feature before its effect is free."""
_ROUNDS: Final = 3
_STEPS: Final = 20
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
        overdue: factor on the days to close, plus c, where the date has passed; 1 where not learned.
        pushes: power of 1 + pushes, a factor likewise; 0 where not learned.
    """

    slip: float
    spread: float
    figures: Mapping[str, Figure] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    overdue: float = 1.0
    pushes: float = 0.0

    def rule(self) -> CloseDateRule:
        """Return the rule of the blend."""
        return CloseDateRule("blend", self.slip, 0, self.spread, self.overdue, self.pushes)


@dataclass(frozen=True, eq=False)
class Stated:
    """One snapshot a deal that states a date, as arrays.

    Attributes:
        deal: index.
        day: of the snapshot, ordinal.
        stage: in which the deal was.
        age: operational days in it.
        stated: d, operational days to the stated date, ≤ 0 where it has passed.
        pushes: how often it had been moved later.
        time: T, whole operational days from the snapshot to the win, or to the as-of day of an open deal.
        won: whether it was won by then; else it is open, and T is longer.
    """

    deal: Integers
    day: Integers
    stage: Integers
    age: Floats
    stated: Floats
    pushes: Integers
    time: Floats
    won: NDArray[np.bool_]


def fit_close_dates(
    history: History, clock: Clock, uniforms: UniformRow, moments: Moments | None = None
) -> CloseDateFit:
    """Learn what dates tell by a right-censored regression within the form of `CloseDateRule` (MODEL 2).

    ln(T + c) ~ N((1−κ)·ln(slip·d + c) + κ·μ + e, κ·v²), κ = s²/(s² + v²): slip and s on a grid, around slip
    1.25 and s .8; e = ln(overdue)·[d ≤ 0] + pushes·ln(1 + n) by ridge regression around 0, in turns.
    Open deals are censored, and count by the share of closed deals that were won.

    Args:
        history: as it was known.
        clock: operational, day 0 that of `history.known`.
        uniforms: a row of its own.
        moments: of the learned funnel; None takes those of all deals with a date.
    """
    rows = stated_dates(history, clock, uniforms)
    won = int((rows.won & (rows.stated > 0)).sum())
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
    told = _Told(y, rows, mean, np.maximum(sd, 1e-3), chance)
    effects, error, shares = _learned(told)
    quarters = len(np.unique((rows.day - 719163) // 91))
    worth = float(rows.won.sum()) + chance * float((~rows.won).sum())
    found = {}

    def tell(name: str, low: float, value: float, high: float) -> None:
        source = "stated dates before the close"
        found[f"close_date.{name}"] = Figure(value, low, high, len(y), worth, quarters, source)

    for name, values, share in shares:
        tell(name, *(float(np.interp(q, np.cumsum(share), values)) for q in (0.1, 0.5, 0.9)))
    for n, name in enumerate(_EFFECTS):
        if error[n] > 0:
            ends = effects[n] + error[n] * special.ndtri([0.1, 0.5, 0.9])
            tell(name, *(np.exp(ends) if name == "overdue" else ends).tolist())
    return CloseDateFit(
        found["close_date.slip"].value, found["close_date.spread"].value, found,
        overdue=float(np.exp(effects[0])), pushes=float(effects[1]),
    )  # fmt: skip


def stated_dates(history: History, clock: Clock, uniforms: UniformRow) -> Stated:
    """Return one snapshot of each deal that stated a date, on a day of its life that is drawn evenly.

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
        last, said = int(at[-1]), moves.stated[stated]
        pushes = int((np.diff(said) > 0).sum())
        found.append((i, when, int(moves.stage[last]), int(moves.day[last]), int(said[-1]), pushes, until))
        if len(found) == MOST:
            break
    table = np.array(found, dtype=np.int64).reshape(-1, 7)
    deal, day, stage, entered, date, pushed, end = table.T
    w = {name: clock.at_end_of(days - history.known) for name, days in
         (("day", day), ("entered", entered), ("date", date), ("end", end))}  # fmt: skip
    stated_days = np.where(date > day, np.maximum(w["date"] - w["day"], 0.5), 0.0)
    return Stated(
        deal, day, stage, w["day"] - w["entered"], stated_days, pushed,
        np.floor(np.maximum(w["end"] - w["day"], 0.0) + 1e-9), deals.outcome[deal] == WON,
    )  # fmt: skip


_EFFECTS: Final = ("overdue", "pushes")


@dataclass(frozen=True, eq=False)
class _Told:
    """What the regression rests on.

    Attributes:
        y: ln(T + c), floats[n].
        rows: the snapshots.
        mean: μ of each.
        sd: v of each.
        chance: that an open deal is won.
    """

    y: Floats
    rows: Stated
    mean: Floats
    sd: Floats
    chance: float


def _learned(told: _Told) -> tuple[Floats, Floats, list[tuple[str, Floats, Floats]]]:
    """Return effects (ln overdue, pushes), their errors (0 where not free), and the shares of the grid.

    The grid at given effects and the effects at the middle of the grid, in turns.
    """
    rows = told.rows
    columns = np.stack(((rows.stated <= 0).astype(np.float64), np.log1p(rows.pushes)), axis=1)
    free = np.count_nonzero(columns[rows.won], axis=0) >= _SEEN_BY
    columns, ridge = columns * free, np.array([_OVERDUE_SD, _PUSHES_SD])
    effects, error = np.zeros(2), np.zeros(2)
    for turn in range(_ROUNDS):
        weight = _posterior(told, columns @ effects)
        shares = [("slip", _SLIPS, weight.sum(axis=1)), ("spread", _SPREADS, weight.sum(axis=0))]
        if turn == _ROUNDS - 1 or not free.any():
            break
        slip, spread = (float(np.interp(0.5, np.cumsum(share), values)) for _, values, share in shares)
        effects, error = _regressed(told, columns, CloseDateRule("blend", slip, 0, spread), ridge)
    return effects, error * free, shares


def _regressed(told: _Told, columns: Floats, rule: CloseDateRule, ridge: Floats) -> tuple[Floats, Floats]:
    """Return (effects, errors) of a ridge regression on columns, beside what a rule says, by Newton steps.

    The normal log density of won deals, the log survivor of open ones: both are concave in the effects.
    """
    k = rule.weight(told.rows.stated, told.sd)
    d = np.maximum(told.rows.stated, 0.0)
    held = (1 - k) * np.log(rule.slip * d + SHIFT) + k * told.mean
    scale, effects, precision = np.sqrt(k) * told.sd, np.zeros(2), np.diag(ridge**-2.0)
    for _ in range(_STEPS):
        z = (told.y - held - columns @ effects) / scale
        hazard = np.exp(-0.5 * z**2 - special.log_ndtr(-z)) / np.sqrt(2 * np.pi)
        slope = np.where(told.rows.won, z, told.chance * hazard) / scale
        bend = np.where(told.rows.won, 1.0, told.chance * hazard * (hazard - z)) / scale**2
        precision = np.diag(ridge**-2.0) + (columns * bend[:, None]).T @ columns
        step = np.linalg.solve(precision, columns.T @ slope - effects / ridge**2)
        effects = effects + np.clip(step, -0.5, 0.5)
        if np.abs(step).max() < 1e-8:
            break
    return effects, np.sqrt(np.diag(np.linalg.inv(precision)))


def _posterior(told: _Told, effect: Floats) -> Floats:
    """Return the weights of slip and spread, floats[slip, spread]; dates that have passed tell neither."""
    logs = np.empty((len(_SLIPS), len(_SPREADS)))
    some = told.rows.stated > 0
    y, mean, sd = (told.y - effect)[some], told.mean[some], told.sd[some]
    for row, slip in enumerate(_SLIPS):
        stated = np.log(slip * told.rows.stated[some] + SHIFT)
        for column, spread in enumerate(_SPREADS):
            k = spread**2 / (spread**2 + sd**2)
            z = (y - (1 - k) * stated - k * mean) / (np.sqrt(k) * sd)
            ended, still = -0.5 * z**2 - np.log(np.sqrt(k) * sd), told.chance * special.log_ndtr(-z)
            logs[row, column] = np.where(told.rows.won[some], ended, still).sum()
    logs -= 0.5 * (np.log(_SLIPS[:, None] / _SLIP[0]) / _SLIP[1]) ** 2
    logs -= 0.5 * (np.log(_SPREADS / SPREAD) / _SPREAD_SD) ** 2
    weight = np.exp(logs - logs.max())
    return np.asarray(weight / weight.sum())
