"""Swing deals: taking a deal out and putting it in won or lost is the run that decides it, trial by trial."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from factory import make_pipeline, make_scenario, make_segment
from posteriors import posterior
from test_drawn import NAMES, learned_scenario

from simulator.analysis.aims import Aim, aim_of
from simulator.analysis.explain.question import Question
from simulator.analysis.explain.swings import Fates, part
from simulator.distributions import LogNormal
from simulator.forecast import Window
from simulator.landings import landings
from simulator.loading import load
from simulator.scenario import Recycling

HERE = Path(__file__).resolve().parent.parent / "scenarios"
TRIALS = 20


@cache
def scenario_of(name):
    if name == "learned":
        return learned_scenario(posterior(7, NAMES))
    return load(HERE / name)


def asked(scenario, series="bookings", amount=None, trials=TRIALS, seed=3):
    horizon = scenario.horizon
    window = Window(series, horizon.fiscal.year_of(horizon.date_of(1)).start, horizon.periods[5].end)
    return Question(replace(scenario, trials=trials, seed=seed), Aim("", window, amount), load=None)


def decided(scenario, deal, won):
    pipeline = scenario.pipeline
    return replace(scenario, pipeline=replace(pipeline, decided={**pipeline.decided, deal: won}))


def brute(question, deal, won, seed=None):
    """What each trial brings in the run in which the deal ends so."""
    scenario, window = decided(question.scenario, deal, won), question.aim.window
    return landings(scenario, window, question.landed, seed or question.seed).total


@pytest.mark.parametrize(
    ("name", "series"),
    [
        pytest.param("baseline.yaml", "receipts", marks=pytest.mark.slow),
        ("learned", "bookings"),
        pytest.param("baseline.yaml", "bookings", marks=pytest.mark.slow),
        pytest.param("saas-hardware/scenario.yaml", "balance", marks=pytest.mark.slow),
    ],
)
def test_a_deal_put_in_is_the_run_that_decides_it(name, series):
    question = asked(scenario_of(name), series)
    fates, pipeline = Fates.of(question), question.scenario.pipeline
    comes_back = [i for i, s in enumerate(question.scenario.segments) if s.recycling.chance]
    some = [*np.flatnonzero(np.isin(pipeline.segment, comes_back))[:1].tolist(), len(pipeline) - 1]
    for deal in some:
        won, lost = fates.sides(deal)
        np.testing.assert_array_equal(won, brute(question, pipeline.id[deal], True))
        np.testing.assert_array_equal(lost, brute(question, pipeline.id[deal], False))


def test_lost_deals_that_come_back_are_counted():
    returning = Recycling(1.0, LogNormal.from_median(5, 10), 2)
    scenario = make_scenario(segments=(make_segment(recycling=returning),), pipeline=make_pipeline(3))
    question = asked(scenario, trials=200)
    lost, others = Fates.of(question).sides(0)[1], question.landings.total - question.landings.deals[0]
    assert np.all(lost >= others)
    assert np.mean(lost > others) > 0.1


def test_the_deal_that_matters_stands_first_and_what_is_decided_is_left_out():
    amounts = [10_000_00, 90_000_00, 20_000_00, 90_000_00]
    pipeline = make_pipeline(4, amount=amounts, stage=[0, 0, 0, 0])
    segment = make_segment(generation=None)
    scenario = make_scenario(segments=(segment,), pipeline=replace(pipeline, decided={pipeline.id[3]: True}))
    question = asked(scenario, amount=100_000_00, trials=2000)
    told = part(question)
    assert told["deals"][0]["id"] == pipeline.id[1]
    assert pipeline.id[3] not in [deal["id"] for deal in told["deals"]]
    assert (told["open_deals"], told["decided"], told["of"]) == (4, 1, "chance")
    first = told["deals"][0]
    assert first["swing"] == pytest.approx(first["if_won"] - first["if_lost"])
    assert 0 < first["error"] < 0.05
    assert first["usual_days"] == 15


def test_without_an_amount_the_middle_is_told():
    told = part(asked(scenario_of("article-2010.yaml"), trials=200))
    assert told["of"] == "middle"
    sizes = [abs(deal["swing"]) for deal in told["deals"]]
    assert len(sizes) == 10
    assert max(sizes) > 10_000


def test_no_deal_and_one_trial():
    none = make_scenario(segments=(make_segment(),), pipeline=make_pipeline(0))
    assert part(asked(none, amount=1, trials=5))["deals"] == []
    for deal in part(asked(scenario_of("article-2010.yaml"), amount=484_500_00, trials=1))["deals"]:
        assert deal["error"] is None
        assert deal["swing"] in (-1.0, 1.0)


@pytest.mark.verify
@pytest.mark.parametrize("name", ["baseline.yaml", "article-2010.yaml", "saas-hardware/scenario.yaml"])
def test_swings_agree_with_a_pair_of_runs_on_other_luck(name):
    scenario = scenario_of(name)
    question = Question(replace(scenario, trials=4000), aim_of(scenario), load=None)
    for deal in part(question)["deals"][:4]:
        hits = [brute(question, deal["id"], won, seed=77) >= question.aim.amount for won in (True, False)]
        swing = hits[0].mean() - hits[1].mean()
        error = (hits[0].astype(float) - hits[1]).std() / np.sqrt(4000)
        z = (deal["swing"] - swing) / np.hypot(error, deal["error"] / 1.96)
        assert abs(z) < 4, (deal["id"], z)
