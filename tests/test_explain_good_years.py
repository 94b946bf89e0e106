"""What good years share: what is there is found, and luck alone is not taken for a pattern."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from factory import make_pipeline, make_scenario, make_segment

from simulator.analysis.aims import aim_of
from simulator.analysis.explain import good_years
from simulator.analysis.explain.good_years import Trait, part, shared_by
from simulator.analysis.explain.question import Question
from simulator.loading import load

HERE = Path(__file__).resolve().parent.parent / "scenarios"


def noise(trials, traits, seed):
    """Which trials are good, and traits that have nothing to do with it."""
    rng = np.random.default_rng(seed)
    chances = rng.uniform(0.05, 0.95, size=traits)
    return rng.random(trials) < 0.4, [
        Trait("deal", {"id": i}, rng.random(trials) < p) for i, p in enumerate(chances)
    ]


def test_luck_alone_is_no_pattern(monkeypatch):
    # Each list is not empty once in a hundred times: of 100 more than 5 are so once in 2,000 times.
    monkeypatch.setattr(good_years, "LEAST", 0.0)
    found = [bool(shared_by(traits, good)) for good, traits in (noise(500, 40, seed) for seed in range(100))]
    assert sum(found) <= 5


def test_luck_that_trials_share_is_no_pattern(monkeypatch):
    # Of 600 trials with 30 draws, all that happens hangs on the draw: there are but 30.
    monkeypatch.setattr(good_years, "LEAST", 0.0)
    lists = [noise(30, 20, seed) for seed in range(100)]
    whole = [
        (np.tile(good, 20), [replace(t, true=np.tile(t.true, 20)) for t in traits]) for good, traits in lists
    ]
    whole = [(good, traits) for good, traits in whole if 100 <= good.sum() <= 500]
    assert sum(bool(shared_by(traits, good)) for good, traits in whole) > 50
    assert sum(bool(shared_by(traits, good, 30)) for good, traits in whole) <= 15


def test_what_is_there_is_found_and_the_strongest_comes_first():
    good, traits = noise(3000, 100, 1)
    rng = np.random.default_rng(2)
    for place, gain in ((7, 0.15), (13, 0.3)):
        traits[place] = replace(traits[place], true=rng.random(3000) < 0.3 + gain * good)
    found = shared_by(traits, good)
    assert [one["id"] for one in found] == [13, 7]
    assert found[0]["in_good"] == pytest.approx(0.6, abs=0.05)
    assert found[0]["overall"] == pytest.approx(0.3 + 0.4 * 0.3, abs=0.05)
    assert 0.02 < found[0]["error"] < 0.05


def test_what_is_less_often_true_in_good_years_is_not_told():
    good, traits = noise(3000, 5, 1)
    assert shared_by([replace(traits[0], true=~good)], good) == []


def test_a_deal_on_which_all_hangs_is_told_of():
    pipeline = make_pipeline(6, amount=[100_00] * 5 + [900_00], stage=[1] * 6)
    scenario = make_scenario(segments=(make_segment(generation=None),), pipeline=pipeline, trials=1000)
    told = part(Question(scenario, aim_of(scenario, amount=700.0, by=scenario.horizon.periods[-1].end), None))
    first = told["shared"][0]
    assert (told["good"], first["kind"], first["id"]) == ("reached", "deal", pipeline.id[5])
    assert first["in_good"] == 1
    assert told["share"] == pytest.approx(first["overall"], abs=0.1)


def test_where_too_few_reach_it_the_best_quarter_is_looked_at():
    scenario = replace(load(HERE / "article-2010.yaml"), trials=400)
    for amount in (None, 9_000_000.0):
        told = part(Question(scenario, aim_of(scenario, series="bookings", amount=amount), None))
        assert told["good"] == "best"
        assert told["share"] == pytest.approx(0.25, abs=0.01)
        assert told["shared"]


def test_no_deal_and_one_trial():
    none = make_scenario(segments=(make_segment(generation=None),), pipeline=make_pipeline(0), trials=1)
    told = part(Question(none, aim_of(none), None))
    assert told["shared"] == []
