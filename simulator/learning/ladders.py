"""Work out chances to close under every draw of a funnel: on entering a stage, sitting there, at an age."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.funnel import close_chances
from simulator.posterior import FunnelDraws, OddsDraws, StayDraws

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def entering(funnel: FunnelDraws) -> Floats:
    """Return h[s] of each draw, floats[draw, S]."""
    return close_chances(funnel.transitions)


def targets(funnel: FunnelDraws) -> Floats:
    """Return the chance to be won after a move to each column, floats[draw, S + 2]."""
    ladder = entering(funnel)
    ends = np.broadcast_to([1.0, 0.0], (len(funnel), 2))
    return np.concatenate((ladder, ends), axis=1)


def sitting(funnel: FunnelDraws) -> Floats:
    """Return h_snap[s] = Σ p·m·h_k / Σ p·m of each draw, m the mean stays, floats[draw, S]."""
    after = targets(funnel)
    result = np.zeros((len(funnel), len(funnel.stages)))
    for stage, stay in enumerate(funnel.stays):
        weight = funnel.transitions[:, stage] * mean_stays(stay)
        result[:, stage] = (weight * after).sum(axis=1) / weight.sum(axis=1)
    return result


def mean_stays(stay: StayDraws) -> Floats:
    """Return E[T] = ∫ R(t) dt of one stage's laws, piece by piece, floats[draw, target]."""
    alive = np.exp(-stay.cumulative)
    widths = np.append(np.diff(stay.edges), np.inf)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        pieces = np.where(stay.rates > 0, -np.expm1(-stay.rates * widths) / stay.rates, widths)
        return np.asarray(np.nan_to_num(alive * pieces, nan=0.0, posinf=0.0).sum(axis=-1))


def at_ages(funnel: FunnelDraws, stage: Integers, age: Floats) -> Floats:
    """Return h_s(a) of deals, floats[draw, deal]; of an unknown age (NaN), that of one who sits there.

    w_k ∝ p[s,k]·R[s,k](a), p[s,k] where every R is 0 (MODEL 1).
    """
    after, resting = targets(funnel), sitting(funnel)
    result = np.zeros((len(funnel), len(stage)))
    for s in np.unique(stage):
        here = np.flatnonzero((stage == s) & ~np.isnan(age))
        p = funnel.transitions[:, s, :, None]
        weight = p * funnel.stays[s].survivors(age[here])
        total = weight.sum(axis=1, keepdims=True)
        weight = np.where(total > 0, weight / np.where(total > 0, total, 1.0), p)
        result[:, here] = (weight * after[:, :, None]).sum(axis=1)
        unknown = np.flatnonzero((stage == s) & np.isnan(age))
        result[:, unknown] = resting[:, s, None]
    return np.clip(result, 0.0, 1.0)


def calibrated(chance: Floats, odds: OddsDraws, features: dict[str, Floats], stage: Integers) -> Floats:
    """Return p* of open deals: logit p* = shift + by_stage + slope·logit h + Σ effect·x; 0 and 1 stay.

    Args:
        chance: h, floats[draw, deal].
        odds: the calibrator.
        features: x by name, floats[deal].
        stage: in which each deal stands.
    """
    logit = odds.shift[:, None] + odds.slope[:, None] * special.logit(np.clip(chance, 1e-12, 1 - 1e-12))
    if odds.by_stage is not None:
        logit = logit + odds.by_stage[:, stage]
    for name, effect in odds.effects.items():
        logit = logit + effect[:, None] * features[name]
    return np.where((chance <= 0) | (chance >= 1), chance, special.expit(logit))
