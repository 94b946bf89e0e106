"""The stop rule, the other markets, the arguments, and what a check that fails says."""

from dataclasses import replace

import numpy as np
import pytest
from factory import make_pipeline, make_scenario, make_segment

from benchmarks.jobs import full_job
from simulator import simulate as lazily_imported
from simulator import simulation
from simulator.amounts import AmountChange
from simulator.cash import Cash
from simulator.distributions import LogNormal
from simulator.errors import UsageError
from simulator.expected import expected
from simulator.forecast import Trials, statistics
from simulator.market import Market
from simulator.scenario import Recycling
from simulator.self_check import check_means, standard_errors
from simulator.simulation import FIRST_TRIALS, MOST_TRIALS, simulate
from simulator.targets import Target
from simulator.terms import parse_terms


def dozen(**overrides):
    stages = [0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2]
    amounts = np.linspace(1_000_000, 9_000_000, 12).astype(np.int64)
    return make_scenario(pipeline=make_pipeline(stage=stages, amount=amounts), **overrides)


def test_the_package_gives_the_same_function():
    assert lazily_imported is simulate


class TestStopRule:
    def test_trials_double_until_the_totals_are_known(self):
        forecast = simulate(dozen(trials=None))
        assert forecast.trials in [FIRST_TRIALS * 2**n for n in range(9)]
        assert forecast.trials > FIRST_TRIALS
        for by in ("quarter", "year"):
            for period in forecast._periods(by):
                stats = statistics(forecast.window("bookings", period)[0], forecast.unit)
                width = stats["p90"] - stats["p10"]
                for name, error in stats["error"].items():
                    assert error <= 0.02 * width or name in stats.get("lumpy", ()) or width == 0

    def test_a_target_asks_for_half_a_point(self):
        scenario = dozen(days=60, trials=None)
        middle = float(np.median(simulate(scenario, trials=1000).total("bookings")[0]))
        target = Target("plan", "bookings", round(middle), 1, 60)
        forecast = simulate(replace(scenario, targets=(target,)))
        chance = forecast.target_chance(target)[0]
        assert np.sqrt(chance * (1 - chance) / forecast.trials) <= 0.005

    def test_an_atom_does_not_ask_for_trials_without_end(self):
        lumpy = make_scenario(
            pipeline=make_pipeline(stage=[1, 1], amount=[1_000_000, 100_000_000]),
            segments=(make_segment(amount_change=AmountChange(1.0)),),
            trials=None,
        )
        forecast = simulate(lumpy)
        assert forecast.trials < MOST_TRIALS
        assert statistics(forecast.total("bookings")[0], 100.0)["lumpy"]

    def test_a_balance_that_is_not_known_well_enough_asks_for_more(self, monkeypatch):
        cash, wild = Cash(opening_balance=0, outflows=()), np.random.default_rng(1).standard_cauchy(4000)
        asked = []

        def balance_at(trials, day):
            asked.append(day)
            return wild[: trials.trials] * 100 * (day == 365)  # so that the days before ask for nothing

        monkeypatch.setattr(Trials, "balance_at", balance_at)
        monkeypatch.setattr(simulation, "MOST_TRIALS", 4000)
        assert simulate(make_scenario(trials=None)).trials == FIRST_TRIALS and not asked
        assert simulate(make_scenario(trials=None, cash=cash, fiscal_start=11)).trials == 4000
        # The ends of the fiscal quarters and of the year: January, April, July, October.
        assert sorted({*asked}) == [92, 181, 273, 365]

    def test_nothing_to_simulate_ends_at_once(self):
        forecast = simulate(make_scenario(trials=None))
        assert forecast.trials == FIRST_TRIALS
        assert not forecast.total("bookings")[0].any()
        assert forecast.check.passed

    @pytest.mark.slow
    def test_fewer_trials_are_the_first_of_more(self):
        scenario = full_job(30, 12)
        few, many = simulate(scenario, trials=700, seed=5), simulate(scenario, trials=1500, seed=5)
        for series in ("bookings", "billings", "receipts"):
            np.testing.assert_array_equal(few.amounts(series), many.amounts(series)[:700])


class TestMarkets:
    def test_independent_is_narrower_and_strong_wider(self):
        deals = make_pipeline(300, stage=1, amount=1_000_000)
        scenario = make_scenario(pipeline=deals, market=Market(0.03, 0.05))
        rows = {m: row() for m, row in simulate(scenario, trials=4000).sensitivity.items()}
        assert list(rows) == ["independent", "as assumed", "strong"]
        width = {name: np.ptp(np.quantile(x, (0.1, 0.9))) for name, x in rows.items()}
        assert width["independent"] * 1.3 < width["as assumed"] < width["strong"] / 1.2

    @pytest.mark.slow
    def test_as_assumed_is_the_headline_itself(self):
        forecast = simulate(full_job(30, 24), trials=500)
        assumed = forecast.sensitivity["as assumed"]()
        assert forecast.headline_period.name == "FY2026"
        np.testing.assert_array_equal(assumed, forecast.window("bookings", forecast.headline_period)[0])

    @pytest.mark.slow
    def test_a_shorter_horizon_changes_no_draw(self):
        """The row is played to the headline's end only; played to the horizon's end it is the same."""
        scenario = full_job(40, 24)
        short = simulate(scenario, trials=600).sensitivity["strong"]()
        whole = simulate(replace(scenario, market=Market.strong()), trials=600)
        np.testing.assert_array_equal(short, whole.window("bookings", whole.headline_period)[0])


class TestCheck:
    def test_a_wrong_mean_is_caught_and_named(self):
        scenario = dozen()
        forecast, exact = simulate(scenario, trials=4000), expected(scenario)
        assert check_means(forecast, exact).passed
        wrong = replace(exact, bookings=exact.bookings * 1.1)
        check = check_means(forecast, wrong)
        assert not check.passed
        assert {f[0] for f in check.failures} == {"bookings"}
        assert {f[1] for f in check.failures} == {"open"}
        assert check.largest_z > check.threshold

    def test_the_threshold_is_that_of_all_cells(self):
        check = simulate(full_job(30, 12), trials=1000).check
        assert check.cells > 50
        assert 4.5 < check.threshold < 5.5

    def test_a_guarded_walk_fails_the_run(self):
        check = simulate(dozen(), trials=1000).check
        assert check.guarded == 0
        assert not replace(check, guarded=1e-3).passed

    def test_skewed_amounts_raise_no_false_alarm(self):
        """A mean that lies low because the largest amounts were missed is no finding; a shift is."""
        rng = np.random.default_rng(5)
        plain, allowed = [], []
        for _ in range(2000):
            amounts = np.exp(rng.normal(0, 2, 300)) * 1e6
            exact = np.exp(2) * 1e6
            t = (amounts.mean() - exact) / (amounts.std() / np.sqrt(300))
            plain.append(abs(t) > 5)
            allowed.append(abs(standard_errors(amounts, exact)) > 5)
        assert sum(plain) > 10 * max(sum(allowed), 1)
        even = rng.normal(1e6, 1e5, 300)
        assert standard_errors(even, 1e6 + 8 * 1e5 / np.sqrt(300)) < -6


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"trials": 0}, "trials is 0; it must be from 1 to 10,000,000"),
        ({"trials": 10.5}, "trials is 10.5; it must be a whole number"),
        ({"trials": "many"}, "trials is 'many'; it must be a number of trials or auto"),
        ({"trials": True}, "trials is True"),
        ({"seed": -1}, "seed is -1; it must be from 0"),
        ({"seed": 2**63}, "seed is 9223372036854775808"),
        ({"seed": "a"}, "seed is 'a'; it must be a whole number"),
        ({"workers": 0}, "workers is 0; it must be at least 1"),
        ({"workers": 1.5}, "workers is 1.5"),
        ({"block": 0}, "block is 0"),
        ({"by": "owner"}, 'no column "owner"'),
    ],
)
def test_arguments_that_do_not_fit(arguments, says):
    with pytest.raises(UsageError, match=says):
        simulate(dozen(), **arguments)


def test_what_is_no_scenario_is_said():
    with pytest.raises(UsageError, match="simulate takes what load returns, not str"):
        simulate("scenarios/baseline.yaml")


def test_auto_asks_the_stop_rule_whatever_the_scenario_says():
    nothing = make_scenario(trials=10)
    assert simulate(nothing).trials == 10
    assert simulate(nothing, trials="auto").trials == FIRST_TRIALS
    assert simulate(nothing, trials=np.int64(20)).trials == 20


def test_progress_counts_the_trials_so_far():
    seen = []
    simulate(dozen(), trials=2500, progress=seen.append, block=1000)
    assert seen == [1000, 2000, 2500]


def test_a_log_normal_amount_of_new_deals_keeps_its_law():
    scenario = full_job(0, 12)
    generation = scenario.segments[0].generation
    assert isinstance(generation.amount, LogNormal)
    forecast = simulate(scenario, trials=500)
    assert forecast.amounts("bookings", source="new").mean() > 0


def test_cut_instalments_are_no_failure():
    """Each of 24 instalments is cut to a cent, and the last takes what remains."""
    segment = make_segment(terms={"default": parse_terms("every 1m advance for 24m net 30")})
    pipeline = make_pipeline(100, stage=1, amount=4_990)
    forecast = simulate(make_scenario(segments=(segment,), pipeline=pipeline, months=30), trials=4000)
    assert forecast.check.passed and forecast.check.cells > 20


def test_first_attempts_are_checked_where_returns_have_no_exact_mean():
    segment = make_segment(recycling=Recycling(0.8, LogNormal.from_median(30, 60), 3))
    pipeline, market = make_pipeline(30, stage=1), Market(0.03, 0.05)
    scenario = make_scenario(segments=(segment,), pipeline=pipeline, market=market)
    forecast, exact = simulate(scenario, trials=2000), expected(scenario)
    assert exact.exempt_returns and forecast.check.cells == 30 and forecast.check.passed
    wrong = replace(exact, deal_in_horizon=exact.deal_in_horizon * 0.7)
    assert not check_means(forecast, wrong).passed
