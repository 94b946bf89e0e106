"""Errors of statistics where trials share posterior draws: intervals that hold, and those that would not."""

import numpy as np
import pytest
from factory import make_scenario

from simulator.forecast import Check, Rows, Slice, Trials
from simulator.forecast.statistics import statistics
from simulator.posterior import Posterior
from simulator.scores import Z95, clustered_variance, design_effect, quantile_interval, share_interval
from simulator.targets import Target

DRAWS, EACH, BETWEEN = 100, 64, 0.06
"""Trials of each draw, and the part of the variance that lies between draws."""
RUNS = 400


def runs():
    """Runs of normal trials, trial n of draw n modulo DRAWS; mean 0, variance 1."""
    rng = np.random.default_rng(8)
    for _ in range(RUNS):
        shared = np.tile(rng.normal(0, np.sqrt(BETWEEN), DRAWS), EACH)
        yield shared + rng.normal(0, np.sqrt(1 - BETWEEN), DRAWS * EACH)


def test_intervals_of_mean_quantile_and_chance_hold():
    """95 % ± 4.4 points, 4 standard errors; without clusters about 63 % of those of the mean would hold."""
    true_p10, held = -1.2815515655446004, np.zeros(5)
    for amounts in runs():
        stats, plain = statistics(amounts, 1.0, draws=DRAWS), statistics(amounts, 1.0)
        low, high, _ = quantile_interval(np.sort(amounts), 0.1, design_effect(amounts <= stats["p10"], DRAWS))
        assert (high - low) / 2 == pytest.approx(stats["error"]["p10"])
        _, least, most = share_interval(amounts >= 0, DRAWS)
        held += (
            abs(stats["mean"]) <= stats["error"]["mean"], low <= true_p10 <= high, least <= 0.5 <= most,
            abs(plain["mean"]) <= plain["error"]["mean"], abs(plain["p50"]) <= plain["error"]["p50"],
        )  # fmt: skip
    shares = held / RUNS
    assert (np.abs(shares[:3] - 0.95) < 0.044).all()
    assert 0.53 < shares[3] < 0.73 and shares[4] < 0.85


def test_without_shared_draws_nothing_changes():
    amounts = np.random.default_rng(1).normal(size=900)
    assert statistics(amounts, 1.0) == statistics(amounts, 1.0, draws=None)
    assert design_effect(amounts > 0, None) == 1.0
    assert design_effect(amounts > 99, 10) == 1.0


def test_draws_of_unequal_shares_of_the_trials():
    """The variance of the mean is that of the sums by draw, whatever number of trials each has."""
    amounts = np.arange(10.0)
    off = amounts - 4.5
    sums = [off[0::4].sum(), off[1::4].sum(), off[2::4].sum(), off[3::4].sum()]
    assert clustered_variance(amounts, 4) == pytest.approx(4 / 3 * np.square(sums).sum() / 100)
    error = statistics(amounts, 1.0, draws=4)["error"]["mean"]
    assert error == pytest.approx(Z95 * np.sqrt(4 / 3 * np.square(sums).sum()) / 10)


def test_a_target_takes_the_draws_into_account():
    amounts = np.tile([0.0, 100.0], 500)  # draw 0 never reaches it, draw 1 always
    scenario = make_scenario(posterior=Posterior(2))
    cells = len(scenario.horizon.cuts)
    money = np.zeros((1, cells, 1000))
    money[0, 0] = amounts
    target = Target("plan", "bookings", 50, 1, scenario.horizon.last_day, None)

    def interval(posterior):
        trials = Trials(
            make_scenario(posterior=posterior), 1000, 1, (Slice(0, "open"),),
            Rows.of({"bookings": np.cumsum(money, axis=1)}), np.zeros((0, 1)), np.zeros((2, 0)), np.zeros(0),
            np.zeros(0), Check(0.0, 0, 0.0),
        )  # fmt: skip
        chance, low, high, _ = trials.target_chance(target)
        assert chance == 0.5
        return low, high

    low, high = interval(None)
    assert high - low < 0.07
    low, high = interval(Posterior(2))
    assert low < 0.15 and high > 0.85
    assert interval(Posterior(1000)) == interval(None)
