"""Whether a history is long enough is computed, not ruled by thumb."""

import numpy as np
import pytest
from scipy import special

from simulator.learning.enough import enough, inflation, needed

RNG = np.random.default_rng(3)


def drawn(deals, sd, draws=4000):
    score = special.ndtri(RNG.uniform(0.1, 0.8, deals)) + sd * RNG.normal(size=(draws, 1))
    return special.ndtr(score)


def test_deals_for_a_stage_known_to_so_much():
    assert needed(0.5, 0.05) == int(np.ceil(special.ndtri(0.9) ** 2 * 0.25 / 0.0025)) == 165


@pytest.mark.parametrize("rho", [0.0, 0.08])
def test_inflation_is_that_of_simulated_money(rho):
    chances, amounts = drawn(60, 0.25), RNG.lognormal(3, 0.6, 60)
    trials = 40_000
    market = np.sqrt(rho) * RNG.normal(size=(trials, 1)) + np.sqrt(1 - rho) * RNG.normal(size=(trials, 60))
    luck = special.ndtr(market)
    draw = RNG.integers(len(chances), size=trials)
    total = ((luck < chances[draw]) @ amounts).var()
    fixed = ((luck < chances.mean(axis=0)) @ amounts).var()
    assert inflation(chances, amounts, rho) == pytest.approx(np.sqrt(total / fixed), rel=0.02)


def test_what_is_known_for_sure_inflates_nothing():
    assert inflation(np.tile([[0.3, 0.6]], (50, 1)), np.array([10.0, 20.0]), 0.1) == 1
    assert inflation(np.zeros((5, 0)), np.zeros(0), 0.1) == 1


def test_more_history_turns_the_light_green():
    chances, amounts = drawn(40, 0.3), np.ones(40)
    short = enough(chances, amounts, np.repeat([0, 1], 25), 0.3, 0.08)
    assert short.light in ("amber", "red") and short.more > 0
    assert short.months == pytest.approx(3 * short.more / 25)
    assert 0 < short.narrower < 0.5
    certain = enough(drawn(40, 0.01), amounts, np.repeat(np.arange(8), 25), 0.3, 0.08)
    assert (certain.light, certain.more, certain.months) == ("green", 0, 0)


def test_two_quarters_are_never_enough():
    few = enough(drawn(40, 0.01), np.ones(40), np.repeat([0, 1], 500), 0.3, 0.0)
    assert few.light == "amber" and few.more > 0


def test_a_market_that_hides_the_rest_is_said_so():
    """With much shared luck each quarter counts as a few deals, whatever their number."""
    hopeless = enough(drawn(400, 1.5), np.ones(400), np.repeat([0, 1], 50), 0.3, 0.3)
    assert hopeless.more is None and hopeless.months is None and hopeless.light == "red"
