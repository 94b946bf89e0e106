"""What `make bench` measures is what it says, and each of its parts runs."""

from contextlib import nullcontext

import numpy as np
import pytest
from written import SCENARIO, write

from benchmarks import report, speed
from benchmarks.bound import draws_of_a_full_walk
from benchmarks.jobs import feature_job, full_job, standard_job
from benchmarks.measure import Figure
from benchmarks.processes import write_small_job
from benchmarks.reading import ROWS, spent_on, write_table
from simulator.loading import load
from simulator.simulation import simulate


@pytest.mark.parametrize("job", [standard_job, full_job])
def test_the_draws_of_a_full_walk_are_those_of_walks(job):
    scenario, rng, walks = job(400), np.random.default_rng(4), 20
    pipeline, counts = scenario.pipeline, []
    for segment, stage in [*zip(pipeline.segment.tolist(), pipeline.stage.tolist(), strict=True)] * walks:
        drawn, funnel = 0, scenario.segments[segment].funnel
        while stage < len(funnel.stages):
            drawn, stage = drawn + 2, int((rng.random() > funnel.transitions[stage].cumsum()[:-1]).sum())
        counts.append(drawn + 3 * (stage == funnel.won))
    # Four standard errors: once in 16,000 by chance; the seed is fixed.
    assert abs(np.mean(counts) - draws_of_a_full_walk(scenario)) < 4 * np.std(counts) / len(counts) ** 0.5


def test_the_job_with_every_feature_checks_itself():
    """Age, market, draws, stated dates, products, instalments, late payment, three segments; no arrivals."""
    scenario = feature_job(120, draws=50)
    assert {s.generation for s in scenario.segments} == {None}
    forecast = simulate(scenario, trials=1_000, seed=1, other_markets=False)
    assert forecast.check.passed, forecast.check
    assert all(forecast.amounts(series).any() for series in ("bookings", "billings", "revenue", "receipts"))


def test_the_small_job_of_the_processes_has_the_deals_of_the_standard_job(tmp_path):
    scenario, deals = load(write_small_job(tmp_path)), standard_job(200).pipeline
    assert {code for code, *_ in scenario.notes} <= {"W010", "W011", "W013", "W014", "W015"}, scenario.notes
    assert np.array_equal(scenario.pipeline.stage, deals.stage)
    assert np.array_equal(scenario.pipeline.amount, deals.amount)
    assert not np.isnan(scenario.pipeline.age).any()
    assert np.abs(scenario.pipeline.age - deals.age).mean() < 1, "to the day"
    assert np.array_equal(np.isnan(scenario.pipeline.stated_day), np.isnan(deals.stated_day))
    assert {s.generation for s in scenario.segments} == {None}


TWENTY = "id,stage,amount\n" + "".join(f"D{n},Proposal,{1_000 + 77 * n}\n" for n in range(20))
HARDER = """\
extends: baseline.yaml
market: {shared: 0.2, segment: 0}
segments: {smb: {soberness: {odds: 0.8}}}
"""
LONG = {"features", "memory"}
# Whole processes on another job take seconds: measured, not tested; the report has a test of its own.
ALONE = {"processes", "reading", "report"}


@pytest.mark.slow
def test_a_tenth_of_a_large_table_takes_no_more_than_its_share(tmp_path):
    """Of 8 s, five times over since machines differ, and of 1.2 GB, beside what the interpreter takes."""
    write_table(tmp_path, ROWS // 10)
    seconds, size = spent_on(tmp_path, "table")
    assert seconds < 5 * 8 / 10
    assert size < 1.2 / 10 + 0.12


@pytest.mark.parametrize(
    "name", [pytest.param(p, marks=[pytest.mark.slow] * (p in LONG)) for p in speed.PARTS if p not in ALONE]
)
def test_every_part_runs(name, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(speed, "find_spec", lambda _: None)  # to compile loops takes longer than all parts do
    short(monkeypatch)
    write(tmp_path, deals=TWENTY, baseline=SCENARIO, downturn=HARDER)
    monkeypatch.setattr(speed, "SCENARIOS", tmp_path)
    told = speed.main(["--only", name, "--quick", "--runs", "2"]), capsys.readouterr().out
    assert told[0] == ("LEFT OUT" in told[1]) == (name in ("peers", "gain"))
    figures = told[1].splitlines()[3:]
    assert figures or name == "gain"
    for line in figures:
        assert "–" in line or not {"≥", "≤"} & set(line), "what is to be reached has a spread"


@pytest.mark.slow
def test_shipped_scenarios_are_compared(monkeypatch, capsys):
    short(monkeypatch)
    assert speed.main(["--only", "difference", "--quick", "--runs", "1"]) == 0
    assert "baseline less downturn, as compare tells it" in capsys.readouterr().out


@pytest.mark.slow
def test_the_report_is_measured(browser, monkeypatch, capsys):
    monkeypatch.setattr(report, "chromium", lambda _: nullcontext(browser))  # one driver a process
    monkeypatch.setattr(report, "DEALS", 50)
    assert speed.main(["--only", "report", "--runs", "1"]) == 0
    told = capsys.readouterr().out
    assert "50 deals × 24 months" in told and "opening it from disk" in told


@pytest.mark.slow
def test_parts_run_with_compiled_loops(monkeypatch, capsys, fast):
    short(monkeypatch)
    assert speed.main(["--only", "bound", "--only", "gain", "--quick", "--runs", "1"]) == 0
    told = capsys.readouterr().out
    assert "bound, [fast]" in told
    assert "faster by compiled loops" in told


def short(monkeypatch):
    monkeypatch.setattr(speed, "DEALS", 20)
    monkeypatch.setattr(speed, "TRIALS", 500)
    monkeypatch.setattr(speed, "GROWTH", ((20, 100), (100, 20), (20, 1_000)))
    monkeypatch.setattr(speed, "SUMMARIES", ((20, 500),))
    monkeypatch.setattr(speed, "SEEDS", 2)
    monkeypatch.setattr(speed, "BATCHES", 4)
    monkeypatch.setattr(speed, "PEERS", {"expert_numpy": 100, "not_there": 1})


def test_a_figure_says_whether_it_reaches_its_goal():
    line = Figure("faster", [3.0, 1.0, 2.0], least=(2, 4), note="than another").line()
    assert line.split() == ["faster", "2", "×", "1–3", "≥", "2", "/", "4", "yes", "than", "another"]
    assert "NO" in Figure("slow", [3.0], most=(2,)).line()
    assert "NO" in Figure("compiled", [3.0], least=(2, 4), compiled=True).line()
    assert Figure("told", [1234.5], "ns").line().split() == ["told", "1,234", "ns"]
