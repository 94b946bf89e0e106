"""What moves a forecast, and what hangs on few: assumptions one at a time, concentration, and the command."""

import csv
import io
import json
import re
from functools import cache

import numpy as np
import pytest
from click.testing import CliRunner
from conftest import ROOT
from factory import make_funnel, make_pipeline, make_scenario, make_segment
from posteriors import funnel_draws, generation_draws, odds_draws
from written import SCENARIO as WRITTEN
from written import write

from simulator.analysis.aims import aim_of
from simulator.analysis.explain import concentration, moved, one_at_a_time
from simulator.analysis.explain.question import Question
from simulator.cli import main
from simulator.currency import RateCurve
from simulator.distributions import (
    Empirical,
    Fixed,
    Gamma,
    Hazard,
    LogLogistic,
    LogNormal,
    Weibull,
    stretched,
)
from simulator.loading import load
from simulator.payments import PaymentBehaviour
from simulator.posterior import Posterior, SegmentDraws
from simulator.report.explain import explanation_text
from simulator.report.explain_shares import percents
from simulator.simulation import simulate

ARTICLE = ROOT / "scenarios" / "article-2010.yaml"
NEW = "segments.customers.new_pipeline={per_month: 2, entry: {Need established: 1}, amount: {median: 60k}}"
SHORT = "trials=300", "horizon=2011-04-30", "targets.crm-number.until=2011-04-30", NEW
HIDDEN = ("p10", "p50", "p90", "odds factor", "Shapley", "tornado", "variance", "covariance", "posterior")
SCENARIO = WRITTEN.replace("horizon: 12m", "horizon: 4m") + (
    "trials: 60\ntargets: {plan: {series: bookings, amount: 2k, by: FY2026, source: budget}}\n"
)


def load_with(*sets):
    return load(ARTICLE, sets=(*SHORT, *sets))


def question(scenario, **words):
    return Question(scenario, aim_of(scenario, **words), lambda sets: scenario)


@cache
def articles():
    return question(load_with())


@cache
def told():
    return {row["name"]: row for row in one_at_a_time.part(articles())["assumptions"]}


# ---- one assumption at a time


@pytest.mark.parametrize(
    ("name", "end", "setting"),
    [
        ("odds", "low", "segments.*.soberness.odds *= 0.8"),
        ("price", "high", "segments.*.soberness.amount *= 1.05"),
        ("slip", "high", "segments.*.close_date.slip *= 1.25"),
        ("new deals", "low", "segments.*.new_pipeline.per_month *= 0.8"),
        ("size of new deals", "high", "segments.*.new_pipeline.amount.median *= 1.1"),
        ("shared luck", "high", "market={shared: 0.075, segment: 0.125}"),
    ],
)
def test_what_an_assumption_changes_is_what_the_changed_scenario_brings(name, end, setting):
    base, other = articles(), simulate(load_with(setting), other_markets=False)
    after, row = base.aim.amounts(other), told()[name][end]
    assert row["mean"] == pytest.approx((after - base.amounts).mean() / other.unit, abs=1e-6)
    assert row["p50"] == pytest.approx((np.median(after) - np.median(base.amounts)) / other.unit, abs=1e-6)
    chances = [np.mean(amounts >= base.aim.amount) for amounts in (after, base.amounts)]
    assert row["chance"]["chance"] == pytest.approx(chances[0] - chances[1], abs=1e-9)


def test_assumptions_stand_by_what_they_do_and_move_it_the_right_way():
    rows = list(told().values())
    sizes = [abs(row["high"]["p50"] - row["low"]["p50"]) for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    assert {"late payment", "rates", "renewals"}.isdisjoint(told())  # bookings do not hang on these
    for name in ("odds", "price", "new deals"):
        assert told()[name]["low"]["mean"] < 0 < told()[name]["high"]["mean"]
    for name in ("slip", "stage times"):
        assert told()[name]["low"]["mean"] > 0 > told()[name]["high"]["mean"]


def test_what_is_learned_moves_as_far_as_its_draws():
    draws = 40
    learned = SegmentDraws(
        funnel_draws(draws), odds_draws(draws), generation_draws(draws), np.linspace(-0.2, 0.1, draws)
    )
    scenario = make_scenario(
        segments=(make_segment(funnel=learned.funnel.mean, generation=learned.generation.mean),),
        posterior=Posterior(draws, {"smb": learned}, rho=np.linspace(0.01, 0.2, draws)),
        pipeline=make_pipeline(3), months=3, trials=80,
    )  # fmt: skip
    found = {one.name: one for one in moved.moved(scenario)}
    low, middle, high = np.quantile(learned.amount_shift, (0.1, 0.5, 0.9))
    assert found["price"].factors["smb"] == pytest.approx((np.exp(low - middle), np.exp(high - middle)))
    for name in ("odds", "price", "stage times", "new deals", "size of new deals", "shared luck"):
        assert found[name].learned == ("smb",), name
    for name in ("slip", "late payment"):
        assert found[name].learned == (), name
    rates = [end.posterior.rho for end in found["shared luck"].ends]
    assert np.ptp(rates[0]) == 0 and rates[0][0] == np.quantile(np.linspace(0.01, 0.2, draws), 0.1)
    rows = {row["name"]: row for row in one_at_a_time.part(question(scenario))["assumptions"]}
    assert rows["new deals"]["low"]["mean"] < 0 < rows["new deals"]["high"]["mean"]
    assert rows["stage times"]["low"]["mean"] > 0 > rows["stage times"]["high"]["mean"]


def test_other_rates_leave_what_has_been_booked():
    rates = RateCurve.of("EUR", {"USD": [(-90, 0.8), (-30, 0.9), (60, 1.0)], "CHF": [(30, 1.1)]}, 0.1)
    found = {one.name: one for one in moved.moved(make_scenario(rates=rates))}["rates"].ends[1].rates
    days = [-100, -30, 0, 1, 59, 60]
    assert found.rate("USD", days) == pytest.approx([0.8, 0.9, 0.9, 0.99, 0.99, 1.1])
    assert found.rate("CHF", days) == pytest.approx([1.1, 1.1, 1.1, 1.21, 1.21, 1.21])
    assert found.volatility == 0.1


def test_later_payers_are_later_only_where_they_are_late():
    before = PaymentBehaviour.default()
    after = moved.later(before, 1.5)
    assert after.pmf.sum() + after.bad_debt == pytest.approx(1.0)
    for day in (-30, -1, 0):
        assert after.cdf(day) == pytest.approx(float(before.cdf(day)))
    for day in (2, 14, 60):
        assert after.cdf(round(day * 1.5)) == pytest.approx(float(before.cdf(day)))


@pytest.mark.parametrize(
    "law",
    [
        LogNormal(3.0, 0.7), Weibull(1.5, 20.0), Gamma(2.0, 9.0), LogLogistic(15.0, 2.0), Fixed(12.0),
        Hazard((0.0, 10.0, 30.0), (0.05, 0.02, 0.1)), Empirical((3.0, 8.0, 40.0)),
    ],
    ids=lambda law: type(law).__name__,
)  # fmt: skip
def test_a_stretched_law_is_the_law_of_a_longer_time(law):
    days = np.array([1.0, 7.5, 12.5, 29.0, 90.0])
    assert stretched(law, 1.4).sf(1.4 * days) == pytest.approx(law.sf(days))
    assert stretched(law, 1.4).mean() == pytest.approx(1.4 * law.mean())


# ---- concentration


def test_what_hangs_on_a_few_by_hand():
    segment = make_segment(funnel=make_funnel((0.5,), stay=Fixed(5.0)))
    pipeline = make_pipeline(amount=[6_000_000, 1_000_000, 2_000_000, 1_000_000], customer=list("ABBC"))
    asked = question(make_scenario(segments=(segment,), pipeline=pipeline, months=2), amount=3e4)
    found, deals = concentration.part(asked), asked.landings.deals
    assert {deal["id"] for deal in found["deals"][:2]} == {"D0000", "D0002"}
    assert found["half"] == 1 and found["open_deals"]["uncertainty"] == pytest.approx(1.0)
    assert sum(deal["uncertainty"] for deal in found["deals"]) == pytest.approx(1.0)
    assert sum(deal["share"] for deal in found["deals"]) == pytest.approx(1.0)
    largest, total = found["deals"][0], asked.amounts
    assert largest["mean"] == pytest.approx(deals[0].mean() / 100)
    assert largest["uncertainty"] == pytest.approx(np.cov(deals[0], total)[0, 1] / total.var(ddof=1))
    assert largest["if_lost"]["chance"] == np.mean(total - deals[0] >= asked.aim.amount)
    assert [(c["name"], c["deals"]) for c in found["customers"]] == [("A", 1), ("B", 2), ("C", 1)]
    assert found["segments"] == []


# ---- the command


@pytest.fixture
def home(tmp_path, monkeypatch):
    write(tmp_path, SCENARIO)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def invoke(*arguments, code=0):
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == code, result.output
    return result


def test_the_command_tells_why_in_plain_words(home):
    out = invoke("explain", "small.yaml", "-q", "--out", "there").stdout
    for title in ("Where the uncertainty comes from", "One assumption at a time", "How much hangs on a few"):
        assert f"\n{title}" in out
    assert "The target plan of 2,000 is" in out and "Self-check passed." in out
    assert not [word for word in HIDDEN if re.search(rf"\b{word}\b", out)]
    assert max(map(len, out.splitlines())) <= 100
    payload = json.loads((home / "there" / "explain.json").read_text())
    assert explanation_text(payload, "there/explain.json") == out
    assert {p.name for p in (home / "there" / "figures").iterdir()} >= {"explain.png", "explain.svg"}


@pytest.mark.slow
def test_a_runs_folder_takes_its_explanation(home, undrawn):
    invoke("run", "small.yaml", "--out", "mine", "-q")
    rows = list(csv.DictReader(io.StringIO(invoke("explain", "mine", "-q", "--format", "csv").stdout)))
    payload = json.loads((home / "mine" / "explain.json").read_text())
    told = {
        r["of"]: float(r["value"])
        for r in rows
        if r["part"] == "uncertainty" and r["statistic"] == "parts.share"
    }
    assert told == {part["group"]: part["share"] for part in payload["uncertainty"]["parts"]}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--target", "nobody"), "there is no target 'nobody'"),
        (("--series", "balance"), "no balance is forecast"),
        (("--by", "2031-01-31"), "only from and to these dates"),
    ],
)
def test_what_cannot_be_explained_is_said(home, words, said):
    assert said in invoke("explain", "small.yaml", *words, code=2).output


def test_percents_add_to_a_hundred():
    assert percents([0.335, 0.335, 0.33]) == [34, 33, 33]
    assert percents([0.7, 0.305, -0.005]) == [70, 30, 0]


@pytest.mark.slow
@pytest.mark.parametrize("deals", ["id,stage,amount\n", "id,stage,amount\nD1,Proposal,1000\n"])
@pytest.mark.parametrize("trials", ["1", "30"])
def test_no_deal_one_deal_one_trial(home, deals, trials):
    (home / "deals.csv").write_text(deals)
    out = invoke("explain", "small.yaml", "-q", "--trials", trials, "--out", "there").stdout
    assert "Where the uncertainty comes from" in out


@pytest.mark.slow
@pytest.mark.parametrize("name", ["article-2010", "baseline", "faster-cash", "saas-hardware/scenario"])
def test_shipped_scenarios_are_explained(name):
    out = invoke("explain", ROOT / "scenarios" / f"{name}.yaml", "-q", "--trials", "60").stdout
    assert max(map(len, out.splitlines())) <= 100 and "Self-check passed." in out
