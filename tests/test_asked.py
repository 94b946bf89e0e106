"""What a person asks of a forecast by mistake is answered in words."""

from datetime import date

import numpy as np
import pytest
from factory import make_pipeline, make_scenario, make_wins

from simulator.errors import UsageError
from simulator.simulation import simulate


@pytest.fixture(scope="module")
def forecast():
    wins = make_wins(day=[-30], amount=[300_000])
    return simulate(make_scenario(pipeline=make_pipeline(3, stage=1), wins=wins), trials=400)


@pytest.mark.parametrize("q", [1.5, -0.1, float("nan"), "0.5", None, True])
def test_a_chance_is_from_0_to_1(forecast, q):
    with pytest.raises(UsageError, match="q is "):
        forecast.quantile("bookings", q)


def test_the_ends_of_all_trials_may_be_asked(forecast):
    total = forecast.total("bookings")[0] / 100
    assert forecast.quantile("bookings", 0) == total.min()
    assert forecast.quantile("bookings", np.float64(1)) == total.max()


@pytest.mark.parametrize("by", ["nope", "Month", 3, ["month"]])
def test_periods_are_named(forecast, by):
    for question in (
        lambda: forecast.quantile("bookings", 0.5, by=by),
        lambda: forecast.mean("bookings", by=by),
    ):
        with pytest.raises(UsageError, match="it must be month, quarter, year, or left out"):
            question()


def test_series_and_segments_are_named(forecast):
    for question in (
        lambda: forecast.mean("sales"),
        lambda: forecast.quantile("sales", 0.5),
        lambda: forecast.chance("sales", 1, "2026-12-31"),
        lambda: forecast.amounts("sales"),
    ):
        known = "bookings, billings, revenue, receipts, arr"
        with pytest.raises(UsageError, match=f"no series 'sales'; there are {known}"):
            question()
    with pytest.raises(UsageError, match="no segment 'all'; there are smb"):
        forecast.chance("bookings", 1, "2026-12-31", segment="all")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"at_least": "6M"}, "at_least is '6M'; it must be a number"),
        ({"at_least": float("inf")}, "at_least is inf"),
        ({"until": "31.12.2026"}, "until is '31.12.2026', which is no date: write a date such as"),
        ({"until": None}, "until is None"),
        ({"since": "soon"}, "since is 'soon'"),
        ({"until": "2026-12-30"}, "only from and to these dates: 2026-11-30"),
        ({"until": "2026-10-30"}, "only from and to these dates: 2026-11-30"),
        ({"since": "2027-02-01"}, "until 2026-12-31 lies before 2027-02-01"),
    ],
)
def test_a_chance_asked_askew(forecast, arguments, says):
    with pytest.raises(UsageError, match=says):
        forecast.chance(**{"series": "bookings", "at_least": 1, "until": "2026-12-31"} | arguments)


def test_what_has_come_in_this_year_counts_unless_it_is_asked_otherwise(forecast):
    """As the docstring says: the default is the whole fiscal year, the past part of it included."""
    assert forecast.chance("bookings", 3_000, "2026-12-31") == 1
    assert forecast.chance("bookings", 3_000, "2026-10-31") == 1, "all of it is won by the as-of day"
    assert forecast.chance("bookings", 3_000, "2026-12-31", since=date(2026, 11, 1)) < 1
    assert "start of the present fiscal year counts" in " ".join(type(forecast).chance.__doc__.split())


def test_a_forecast_says_what_it_is_on_one_line(forecast):
    assert repr(forecast) == ("<Forecast of 'test' as of 31 Oct 2026 until 31 Oct 2027, 400 trials, seed 1>")
    assert "1 trial," in repr(simulate(make_scenario(), trials=1))
