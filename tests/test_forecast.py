"""Questions to a forecast, and the forms in which it is written."""

import json
from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from factory import make_pipeline, make_receivables, make_scenario, make_segment, make_wins

from benchmarks.jobs import full_job
from simulator.amounts import AmountChange
from simulator.currency import RateCurve
from simulator.distributions import Fixed
from simulator.errors import UsageError
from simulator.forecast import LEVELS, statistics
from simulator.simulation import simulate
from simulator.targets import Target


@pytest.fixture(scope="module")
def forecast():
    return simulate(full_job(80, 14), trials=1200, seed=3)


def test_quantiles_are_those_of_the_trials(forecast):
    horizon = forecast.scenario.horizon
    first = horizon.periods[0]
    amounts = forecast.amounts("receipts", 1, horizon.day_of(first.end))
    by_month = forecast.quantile("receipts", 0.1, by="month")
    assert len(by_month) == len(horizon.periods)
    assert by_month[0] == pytest.approx(np.quantile(amounts, 0.1) / 100)
    assert forecast.quantile("bookings", 0.5) == pytest.approx(np.median(forecast.total("bookings")[0]) / 100)


def test_a_segment_is_a_part(forecast):
    whole = forecast.mean("bookings")
    parts = sum(forecast.mean("bookings", segment=s) for s in ("smb", "mid", "enterprise"))
    assert parts == pytest.approx(whole)
    with pytest.raises(UsageError, match="no segment 'nobody'"):
        forecast.mean("bookings", segment="nobody")


def test_months_add_up_in_every_trial(forecast):
    horizon = forecast.scenario.horizon
    for series in ("bookings", "billings", "receipts"):
        months = sum(forecast.window(series, p)[0] for p in horizon.periods)
        np.testing.assert_array_equal(months, forecast.amounts(series))


def test_chances_fall_as_the_aim_rises(forecast):
    chances = [forecast.chance("bookings", aim, "2027-06-30") for aim in (0, 5e5, 1e6, 2e6, 1e9)]
    assert chances[0] == 1 and chances[-1] == 0
    assert chances == sorted(chances, reverse=True)
    assert forecast.chance("bookings", 5e5, date(2027, 6, 30), since="2027-01-01") <= chances[1]


def test_a_day_inside_a_cell_cannot_be_asked(forecast):
    with pytest.raises(UsageError, match="2026-11-30"):
        forecast.chance("bookings", 1, "2027-06-17")


@pytest.fixture(scope="module")
def certain():
    wins = make_wins(
        day=[0, -31, -200, -400], amount=[100, 200, 400, 800], currency=["EUR", "USD", "EUR", "EUR"]
    )
    invoices = make_receivables(
        due_day=[-10, -20], paid_day=[-5, 2**62], amount_minor=[1_000, 5_000], invoice_day=[-40, -50]
    )
    target = Target("plan", "bookings", 700, -303, 61, period="FY2026")
    scenario = make_scenario(
        as_of=date(2026, 10, 31), wins=wins, receivables=invoices, targets=(target,),
        rates=RateCurve.of("EUR", {"USD": 0.5}),
    )  # fmt: skip
    return simulate(scenario, trials=200)


class TestWhatIsAlreadyCertain:
    def test_won_deals_of_the_year_stand_in_totals_and_years(self, certain):
        payload = certain.to_json()
        assert payload["totals"]["bookings"]["already"] == 6.0
        assert payload["totals"]["bookings"]["p50"] == 6.0
        year = next(p for p in payload["fiscal"] if p["name"] == "FY2026")
        assert year["bookings"]["already"] == 6.0
        quarter = next(p for p in payload["fiscal"] if p["name"] == "Q4 FY2026")
        assert quarter["bookings"]["already"] == 1.0
        assert payload["sources"]["actual"]["bookings"]["mean"] == 6.0

    def test_targets_count_them(self, certain):
        target = certain.to_json()["targets"][0]
        assert (target["already"], target["amount"], target["chance"]) == (6.0, 7.0, 0.0)
        assert (target["low"], target["high"]) == (0.0, 0.0)

    def test_paid_invoices_are_receipts(self, certain):
        assert certain.to_json()["totals"]["receipts"]["already"] == 10.0


class TestJson:
    def test_it_is_plain_and_complete(self, forecast):
        payload = forecast.to_json()
        again = json.loads(json.dumps(payload, allow_nan=False))
        assert again == payload
        named = (
            "schema_version scenario as_of seed trials currency headline self_check weighted_pipeline"
            " walk totals sources segments products periods fiscal cumulative targets"
            " market_sensitivity deals warnings"
        )
        for key in named.split():
            assert key in payload
        stats = payload["totals"]["bookings"]
        assert [k for k in stats if k.startswith("p") and k[1].isdigit()] == [f"p{x:g}" for x in LEVELS]
        assert len(stats["curve"]) == 199 and stats["curve"] == sorted(stats["curve"])
        assert set(stats["error"]) == {"mean", "p10", "p50", "p90"}

    def test_cumulative_ends_at_the_total(self, forecast):
        payload = forecast.to_json()
        assert payload["cumulative"][-1]["bookings"]["p50"] == payload["totals"]["bookings"]["p50"]

    def test_sources_add_up_to_the_mean(self, forecast):
        payload = forecast.to_json()
        for series in ("bookings", "receipts"):
            parts = sum(s[series]["mean"] for s in payload["sources"].values() if series in s)
            assert parts == pytest.approx(payload["totals"][series]["mean"])

    def test_the_walk_adds_up_to_the_minor_unit(self, forecast):
        *steps, last = forecast.walk
        assert last[0] == "our average"
        assert sum(amount for _, amount in steps) == last[1]

    def test_the_walk_ends_where_the_trials_do(self):
        forecast = simulate(full_job(40, 12), trials=8_000, seed=3)
        amounts = forecast.window("bookings", forecast.headline_period)[0]
        error = amounts.std() / np.sqrt(len(amounts))
        assert abs(amounts.mean() - forecast.walk[-1][1]) < 4 * error

    def test_deals_are_sorted_and_bounded(self, forecast):
        deals = forecast.to_json()["deals"]
        assert [d["id"] for d in deals] == sorted(d["id"] for d in deals)
        for deal in deals:
            assert 0 <= deal["in_horizon"] <= deal["chance"] + 0.1
            dates = [deal["close"][k] for k in ("p10", "p50", "p90")]
            known = [d for d in dates if d is not None]
            assert known == sorted(known) and dates[: len(known)] == known


def test_close_dates_are_quantiles_over_all_trials():
    certain = make_segment(
        funnel=None, amount_change=AmountChange(1.0), close_date=make_segment().close_date,
    )  # fmt: skip
    forecast = simulate(make_scenario(segments=(certain,), pipeline=make_pipeline(1, stage=2)), trials=2000)
    deal = forecast.to_json()["deals"][0]
    share = forecast.closes[0].cumsum() / 2000
    for level in (10, 50):
        day = forecast.scenario.horizon.day_of(date.fromisoformat(deal["close"][f"p{level}"]))
        assert share[day - 1] < level / 100 <= share[day]
    assert deal["close"]["p90"] is None or share[-1] >= 0.9


def test_the_weighted_pipeline_is_the_crms_sum():
    pipeline = make_pipeline(stage=[0, 1, 2], amount=[1000, 2000, 4000], probability=[np.nan, 0.25, np.nan],
                             currency=["EUR", "USD", "EUR"])  # fmt: skip
    scenario = make_scenario(pipeline=pipeline, rates=RateCurve.of("EUR", {"USD": 0.5}))
    by_hand = (
        Fraction(1000) * Fraction("0.2") + 2000 * Fraction("0.5") * Fraction("0.25") + 4000 * Fraction("0.8")
    )
    assert simulate(scenario, trials=100).to_json()["weighted_pipeline"] == pytest.approx(
        float(by_hand) / 100
    )


def test_rows_of_the_csv(forecast):
    header, *rows = forecast.rows()
    assert header == ("series", "segment", "source", "from", "until", "cumulative", "statistic", "value")
    found = {row[:7]: row[7] for row in rows}
    assert len(found) == len(rows)
    period = forecast.scenario.horizon.periods[2]
    place = "bookings", "smb", "all", period.start.isoformat(), period.end.isoformat(), 0, "p50"
    assert found[place] == pytest.approx(np.median(forecast.window("bookings", period, 0)[0]) / 100)


def test_tables_for_notebooks(forecast):
    table = forecast.table()
    assert list(table.columns) == ["mean", "low", "middle", "high"]
    assert (table["low"] <= table["high"]).all()
    assert "<table>" in forecast._repr_html_()


@pytest.mark.slow
def test_groups_add_up():
    scenario = full_job(60, 12)
    owners = tuple("Ann" if i % 3 else "Bo" for i in range(60))
    scenario = replace(scenario, pipeline=replace(scenario.pipeline, extra={"owner": owners}))
    forecast = simulate(scenario, trials=500, by="owner")
    groups = forecast.to_json()["groups"]
    assert groups["by"] == "owner"
    assert [r["group"] for r in groups["rows"]][-1] == "(new)"
    total = sum(r["bookings"]["mean"] for r in groups["rows"])
    assert total == pytest.approx(forecast.mean("bookings"))
    plain = simulate(scenario, trials=500)
    np.testing.assert_array_equal(plain.amounts("bookings"), forecast.amounts("bookings"))


def test_slippage_is_told():
    stage = make_segment(funnel=None)
    pipeline = make_pipeline(40, stage=2, stated_days=20.0, stated_day=20.0)
    forecast = simulate(make_scenario(segments=(stage,), pipeline=pipeline), trials=500)
    months = forecast.to_json()["slippage"]["mean_months"]
    days = (forecast.closes @ np.arange(forecast.closes.shape[1])).sum() / forecast.closes.sum()
    assert months == pytest.approx((days - 20) / 30.4375, abs=1e-3)


def test_statistics_of_nothing_and_of_one():
    assert statistics(np.zeros(10), 100.0)["error"]["p50"] == 0
    one = statistics(np.array([250.0]), 100.0)
    assert (one["mean"], one["sd"], one["p10"], one["worst_tenth"]) == (2.5, 0.0, 2.5, 2.5)


def test_errors_that_so_few_trials_cannot_tell_are_none():
    one = statistics(np.array([250.0]), 100.0)["error"]
    assert one == {"mean": None, "p10": None, "p50": None, "p90": None}
    few = statistics(np.arange(20.0), 1.0)["error"]
    assert few["p10"] is None and few["p90"] is None and few["p50"] > 0 and few["mean"] > 0
    assert None not in statistics(np.arange(36.0), 1.0)["error"].values()
    same = statistics(np.full(1000, 5.0), 1.0)
    assert same["error"]["mean"] is None and "certain" not in same
    sure = statistics(np.full(3, 5.0), 1.0, certain=True)
    assert sure["certain"] and set(sure["error"].values()) == {0.0}


class TestCertainty:
    """What happens in every trial is certain only where the exact mean says so too."""

    def of(self, trials, amount=10_000_000, **options):
        target = Target("some", "bookings", 1, 1, 61)
        rare = make_scenario(
            segments=(make_segment(doubt=np.zeros(3)),),
            pipeline=make_pipeline(1, amount=amount, probability=1e-5), targets=(target,), **options,
        )  # fmt: skip
        rare = replace(rare, segments=(replace(rare.segments[0], use_probability=True),))
        return simulate(rare, trials=trials).to_json()

    def test_a_rare_win_that_no_trial_shows_is_left_open(self):
        payload = self.of(1000)
        year = next(p for p in payload["fiscal"] if p["name"] == "FY2026")
        assert year["bookings"]["p97.5"] == 0 and "certain" not in year["bookings"]
        target = payload["targets"][0]
        assert (target["chance"], target["low"]) == (0.0, 0.0) and target["high"] > 0.003

    def test_nothing_is_nothing_even_in_one_trial(self):
        payload = simulate(make_scenario(), trials=1).to_json()
        year = next(p for p in payload["fiscal"] if p["name"] == "FY2026")
        assert year["bookings"]["certain"] and year["receipts"]["certain"]
        assert payload["headline"][0] == "Bookings of FY2026 will be nothing."

    def test_one_trial_of_something_decides_no_target(self):
        payload = simulate(
            make_scenario(pipeline=make_pipeline(6, stage=1), targets=(Target("t", "bookings", 9, 1, 61),)),
            trials=1,
        ).to_json()
        target = payload["targets"][0]
        assert target["high"] - target["low"] > 0.5


def test_the_worst_tenth():
    stats = statistics(np.arange(1000.0), 1.0)
    assert stats["worst_tenth"] == np.arange(100).mean()
    assert stats["p10"] == pytest.approx(99.9)


def test_no_stay_is_a_close_on_the_next_working_day():
    segment = make_segment(funnel=None, delivery=Fixed(0))
    assert simulate(make_scenario(segments=(segment,)), trials=10).trials == 10
