"""What a question is about: a target by name, a window in words, or what the first sentence is about."""

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from simulator import load, simulate
from simulator.analysis.aims import aim_of
from simulator.errors import UsageError
from simulator.words import goal_name, plan_name

HERE = Path(__file__).parent.parent / "scenarios"


@pytest.fixture(scope="module")
def scenario():
    return load(HERE / "baseline.yaml")


@pytest.fixture(scope="module")
def forecast(scenario):
    return simulate(scenario, trials=50)


def test_without_words_it_is_the_first_target_of_the_headlines_bookings(scenario, forecast):
    aim = aim_of(scenario)
    period = forecast.headline_period
    assert (aim.window.series, aim.window.first, aim.window.last) == ("bookings", period.start, period.end)
    assert np.array_equal(aim.amounts(forecast), forecast.window("bookings", period)[0])


def test_a_target_is_found_by_its_name_and_reached_as_the_forecast_says(scenario, forecast):
    for target in scenario.targets:
        aim = aim_of(scenario, target.name)
        assert aim.amount == target.amount and (aim.reached(forecast) == forecast.reached(target)).all()


def test_a_window_in_words_counts_from_the_fiscal_years_start(scenario, forecast):
    end = scenario.horizon.periods[2].end
    aim = aim_of(scenario, series="receipts", amount=2e6, by=end)
    assert aim.reached(forecast).mean() == forecast.chance("receipts", 2e6, end)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"target": "nobody"}, "there is no target 'nobody'"),
        ({"target": "x", "amount": 1.0}, "leave the others out"),
        ({"series": "profit"}, "there is no series 'profit'"),
        ({"segment": "nowhere"}, "nowhere"),
        ({"by": dt.date(2031, 1, 1)}, "only from and to these dates"),
        ({"series": "arr"}, "this scenario has no arr"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(scenario, words, told):
    with pytest.raises(UsageError, match=told):
        aim_of(scenario, **words)


def test_a_plan_is_called_the_plan_and_a_target_by_its_name(scenario):
    assert goal_name(plan_name("bookings", "FY2027")) == "the plan"
    assert goal_name("plan-2027") == "plan-2027" and goal_name("") == ""
