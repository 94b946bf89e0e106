"""Work out the chances of deals under every draw of a funnel and of a calibrator."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.posterior import FunnelDraws, OddsDraws

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def at_ages(funnel: FunnelDraws, stage: Integers, age: Floats) -> Floats:
    """Return h_s(a) of deals, floats[draw, deal]; of an unknown age (NaN), that of one who sits there."""
    result, draws = np.zeros((len(funnel), len(stage))), np.arange(len(funnel))[:, None]
    resting = funnel.snapshot_ladder()
    for s in np.unique(stage):
        here = np.flatnonzero((stage == s) & ~np.isnan(age))
        result[:, here] = funnel.close_chance(int(s), draws, age[here])
        result[:, np.flatnonzero((stage == s) & np.isnan(age))] = resting[:, s, None]
    return result


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
