"""Tripwires: the amounts on the way at which the chance turns are those of a law that is known."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from factory import make_pipeline, make_scenario, make_segment
from scipy import special

from simulator.analysis.aims import Aim
from simulator.analysis.explain.question import Question
from simulator.analysis.explain.tripwires import LEVELS, crossings, part
from simulator.forecast import Window


def normal(n, seed, spread=0.8):
    """What each trial has by then, and in the end: what comes goes with what has come, and has a spread."""
    rng = np.random.default_rng(seed)
    then = rng.normal(size=n)
    return then, 1.6 * then + spread * rng.normal(size=n)


@pytest.mark.parametrize(("least", "spread"), [(0.0, 0.8), (2.0, 0.8), (0.5, 0.1)])
def test_the_amounts_are_those_of_a_law_that_is_known(least, spread):
    # 95 % intervals: of 45 fewer than 36 hold less than once in 10,000 times.
    held, told = 0, 0
    for seed in range(15):
        then, end = normal(6000, seed, spread)
        for one in crossings(then, end, least, LEVELS):
            true = (least + spread * special.ndtri(one["chance"])) / 1.6
            low, high = one["from"], one["to"]
            held += (low is None or low <= true) and (high is None or true <= high)
            told += 1
            assert one["amount"] == pytest.approx(true, abs=0.25)
            assert one["share_above"] == pytest.approx(special.ndtr(-true), abs=0.1)
    assert told >= 40
    assert held >= told - 9


def test_amounts_rise_with_the_chance():
    then, end = normal(4000, 1)
    amounts = [one["amount"] for one in crossings(then, end, 0.5, LEVELS)]
    assert len(amounts) == 3
    assert amounts == sorted(amounts)


def test_what_tells_nothing_is_not_told():
    rng = np.random.default_rng(5)
    then, end = rng.normal(size=2000), rng.normal(size=2000)
    assert crossings(then, end, 0.8, LEVELS) == []  # what has come is made up for: the chance stays
    assert crossings(np.zeros(2000), end, 0.8, LEVELS) == []  # nobody has anything yet
    assert crossings(then[:60], end[:60], 0.0, LEVELS) == []  # too few trials
    assert crossings(then, then + 100, 0.0, LEVELS) == []  # reached in every trial


def test_luck_alone_makes_no_tripwire():
    # Half of such trials reach it whatever they have; that any amount looks like a turn is luck.
    found = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        then = rng.normal(size=1000)
        found += bool(crossings(then, rng.normal(size=1000), 0.0, (0.5,)))
    assert found <= 8


def test_an_amount_at_which_few_trials_stand_is_not_told():
    then, end = normal(2000, 2)
    told = [one["chance"] for one in crossings(then, end, 2.9, LEVELS)]
    assert 0.9 not in told
    assert 0.1 in told


def test_trials_that_share_draws_tell_less():
    then, end = normal(2000, 3)
    then, end = np.tile(then[:40], 50), np.tile(end[:40], 50)
    alone, shared = (crossings(then, end, 0.0, (0.5,), draws)[0] for draws in (None, 40))
    assert shared["to"] - shared["from"] > 2 * (alone["to"] - alone["from"])


def test_days_lie_inside_the_window_and_before_its_end():
    pipeline = make_pipeline(8, amount=[100_00] * 8, stage=[0, 1, 2, 0, 1, 2, 1, 2])
    scenario = make_scenario(segments=(make_segment(generation=None),), pipeline=pipeline, trials=3000)
    year = scenario.horizon.fiscal_years[-1]
    window = Window("bookings", date(2027, 1, 1), scenario.horizon.periods[-2].end)
    found = part(Question(scenario, Aim("", window, 200_00), load=None))["dates"]
    assert found, year
    days = [one["by"] for one in found]
    assert days == sorted(days)
    assert days[0] == "2027-01-31"
    assert days[-1] < window.last.isoformat()
    assert part(Question(replace(scenario, trials=5), Aim("", window, None), load=None)) == {"dates": []}
