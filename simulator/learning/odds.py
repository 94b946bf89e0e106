"""Learn what else moves the odds of winning: the calibrator on chances out of sample (MODEL 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.clock import Clock
from simulator.funnel import Funnel, close_chances, tilted
from simulator.history import History
from simulator.learning.evidence import Figure, effective_number
from simulator.learning.funnels import FunnelFit, fit_funnels
from simulator.learning.slices import normals
from simulator.learning.snapshots import Snapshots, snapshot_days, take_snapshots
from simulator.learning.spells import Spells
from simulator.posterior import OddsDraws
from simulator.streams import UniformRow

Floats = NDArray[np.float64]

ENOUGH_CLOSED: Final = 50
"""Closed deals below which only shift and slope are free (MODEL 8)."""
SHIFT_SD, SLOPE_SD = 0.15, 0.15
"""Ridge towards shift 0 and slope 1: the level is learned with the funnel already."""
EFFECT_SD: Final[Mapping[str, float]] = {"pushes": 0.3, "overdue": 0.5, "log_amount": 0.2}
_SEEN_BY: Final = 20
"""Deals that must have a feature before its effect is free."""
_STEPS: Final = 30
_FOLD_DRAWS: Final = 200
_LEAST_CHANCE: Final = 1e-4


@dataclass(frozen=True, eq=False)
class OddsFit:
    """The calibrator with its evidence.

    Attributes:
        draws: for the engine.
        figures: of shift, slope and each effect that is free.
        snapshots: on which it rests.
    """

    draws: OddsDraws
    figures: Mapping[str, Figure]
    snapshots: Snapshots


def fit_odds(
    history: History,
    spells: Spells,
    clocks: Sequence[Clock],
    draws: int,
    row: UniformRow,
    tables: Mapping[str, Funnel] | None = None,
    rho: float = 0.0,
    phi: float = 0.5,
    minor: int = 100,
    near: Mapping[str, FunnelFit] | None = None,
) -> OddsFit:
    """Return the calibrator of all segments, from chances that were learned without the deal itself.

    Deals are split in two halves; the funnels of one give the chances of the other.

    Args:
        history: as known.
        spells: its stays.
        clocks: by segment.
        draws: D.
        row: of the uniforms.
        tables: set funnels, as in `fit_funnels`.
        rho: total correlation of deals' luck.
        phi: of the market.
        minor: minor units in a major one.
        near: funnels of the whole record, where the sampler of each half begins.
    """
    days, parts = snapshot_days(spells), []
    for half in range(2):
        inside = spells.deal % 2 == half
        others = spells.only(~inside)
        learned = fit_funnels(others, history.stages, row, _FOLD_DRAWS, tables, near=near)
        funnels = {name: fit.draws.mean for name, fit in learned.items()}
        parts.append(take_snapshots(history, spells.only(inside), clocks, funnels, days, row))
    return calibrate(Snapshots.together(parts), draws, row, rho, phi, minor)


def calibrate(
    snapshots: Snapshots, draws: int, row: UniformRow, rho: float = 0.0, phi: float = 0.5, minor: int = 100
) -> OddsFit:
    """Return the calibrator that snapshots tell: penalised logistic regression, Laplace draws.

    With o = exp(shift + (slope − 1)·logit h + Σ effect·x) a deal that stood at h then and stands at h' now
    is (1 + h'(o−1)) / (1 + h(o−1)) times as likely: the logistic likelihood where it has closed, and without
    bias where it has not.
    """
    h = np.clip(snapshots.before, _LEAST_CHANCE, 1 - _LEAST_CHANCE)
    known = snapshots.amount > 0
    reference = float(np.median(snapshots.amount[known])) / minor if known.any() else 1.0
    features = _features(snapshots, reference * minor) if snapshots.closed >= ENOUGH_CLOSED else {}
    means = {name: float(values.mean()) for name, values in features.items()}
    centred = [values - means[name] for name, values in features.items()]
    design = np.stack((np.ones(len(h)), special.logit(h), *centred), axis=1)
    spread = np.array([SHIFT_SD, SLOPE_SD, *(EFFECT_SD[name] for name in features)])
    worth = effective_number(snapshots.quarter, float(h.mean()) if len(h) else 0.5, rho, phi)
    # Deals of one quarter share its luck, large and small alike: it says nothing of what tells them apart,
    # and what it did to all of them is in the chances before already.
    mode, precision = _mode(design, h, snapshots.after, spread)
    root = np.linalg.cholesky(np.linalg.inv(precision))
    points = mode + normals(row, draws, len(mode)) @ root.T
    points[:, 1] += 1.0
    names = ("shift", "slope", *features)
    quarters = len(np.unique(snapshots.quarter))
    figures = {
        name: Figure.of(points[:, n], snapshots.closed, worth, quarters) for n, name in enumerate(names)
    }
    effects = {name: points[:, n + 2].copy() for n, name in enumerate(features)}
    # The funnel's chances are those of average deals: an effect counts from there, and the ridge on the
    # shift is no ridge on it.
    shift = points[:, 0] - sum((effects[name] * means[name] for name in features), np.zeros(draws))
    return OddsFit(OddsDraws(shift, points[:, 1].copy(), effects, reference), figures, snapshots)


def odds_of_cohorts(fit: FunnelFit, close: float) -> OddsDraws:
    """Return the odds factor that makes a set ladder agree with how many deals are won in the end.

    Without a stage log the history is one stage that stands for all, whose fit counts deals still open for
    what they are; the stages' own figures remain assumptions.

    Args:
        fit: of that one stage.
        close: chance of the set ladder for a deal that arrives.
    """
    won = close_chances(fit.draws.transitions)[:, 0]
    shift = special.logit(np.clip(won, _LEAST_CHANCE, 1 - _LEAST_CHANCE)) - special.logit(close)
    return OddsDraws(shift, np.ones(len(shift)))


def _features(snapshots: Snapshots, reference: float) -> dict[str, Floats]:
    """Return what is known of the deals and differs between them, as floats[n] by name."""
    amount = np.where(snapshots.amount > 0, snapshots.amount, reference)
    columns = {
        "pushes": np.log1p(snapshots.pushes),
        "overdue": snapshots.overdue.astype(np.float64),
        "log_amount": np.log(amount / reference),
    }
    some = {name: np.count_nonzero(values) for name, values in columns.items()}
    size = len(snapshots)
    rest = {"pushes": size, "overdue": size, "log_amount": size + _SEEN_BY}
    return {
        name: values for name, values in columns.items() if _SEEN_BY <= some[name] <= rest[name] - _SEEN_BY
    }


def _mode(design: Floats, before: Floats, after: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Return (mode, precision) of the penalised likelihood, by damped Newton steps.

    d/dη ln(1 + h(o−1)) is the tilted chance h(o), and its slope is h(o)(1 − h(o)).
    """
    beta = np.zeros(len(spread))
    penalty = np.diag(1 / spread**2)
    precision = penalty
    for _ in range(_STEPS):
        odds = np.exp(np.clip(design @ beta, -20.0, 20.0))
        now, then = tilted(after, odds), tilted(before, odds)
        bend = np.maximum(then * (1 - then) - now * (1 - now), 0.0)
        precision = penalty + (design * bend[:, None]).T @ design
        slope = design.T @ (now - then) - penalty @ beta
        step = np.linalg.solve(precision, slope)
        beta = beta + step * min(1.0, 1.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-8:
            break
    return beta, precision
