"""Chances under all draws at once are those of each draw's funnel."""

from dataclasses import replace

import numpy as np
import pytest
from test_loading_learned import posterior

from simulator.funnel import tilted
from simulator.learning.ladders import at_ages, calibrated
from simulator.posterior import OddsDraws

FUNNEL = posterior().segments["smb"].funnel
EACH = [FUNNEL.funnel(d) for d in range(len(FUNNEL))]


def test_chances_at_an_age():
    stage, age = np.array([0, 1, 0, 1]), np.array([0.0, 3.5, 40.0, np.nan])
    found = at_ages(FUNNEL, stage, age)
    for draw, funnel in enumerate(EACH):
        alone = [float(funnel.close_chance(s, a)) for s, a in zip(stage[:3], age[:3], strict=True)]
        assert found[draw] == pytest.approx([*alone, funnel.snapshot_ladder()[1]])


def test_the_calibrator_moves_odds():
    n, chance = 3, np.array([[0.2, 0.0, 1.0]] * 3)
    odds = OddsDraws(np.log([1.0, 2.0, 3.0]), np.ones(n), {"overdue": np.full(n, -0.5)})
    overdue, stage = {"overdue": np.array([1.0, 1.0, 1.0])}, np.array([1, 0, 1])
    found = calibrated(chance, odds, overdue, stage)
    assert found[:, 0] == pytest.approx(tilted(0.2, np.array([1.0, 2.0, 3.0]) * np.exp(-0.5)))
    assert (found[:, 1] == 0).all() and (found[:, 2] == 1).all()
    here = calibrated(
        chance, replace(odds, by_stage=np.array([[9.0, 0.1 * d] for d in range(n)])), overdue, stage
    )
    assert here[:, 0] == pytest.approx(tilted(0.2, np.exp(np.log([1.0, 2.0, 3.0]) - 0.5 + [0, 0.1, 0.2])))
