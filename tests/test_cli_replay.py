"""The command `replay`: what is said of a trial, and what is written."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from written import SCENARIO as WRITTEN
from written import write

from simulator.cli import main

SCENARIOS = Path(__file__).resolve().parent.parent / "scenarios"
NEW = "{per_month: 6, entry: {Proposal: 1}, amount: {median: 500, p90: 900}}"
SCENARIO = WRITTEN.replace("horizon: 12m", "horizon: 4m").replace(
    "new_pipeline: none", f"new_pipeline: {NEW}"
)
SCENARIO += "trials: 200\n"
TARGET = "targets: {plan: {series: bookings, amount: 2k, by: FY2026, source: budget}}\n"
HIDDEN = ("p10", "p50", "p90", "odds", "Shapley", "bluebird", "backlog", "receivable", "kernel", "quantile")


@pytest.fixture
def home(tmp_path, monkeypatch, unreported):
    """A working folder with a scenario."""
    write(tmp_path, SCENARIO + TARGET)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def invoke(*arguments, code=0):
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == code, result.output
    return result


def test_a_low_year_is_told(home):
    out = invoke("replay", "small.yaml", "-q").stdout
    assert re.match(r"small · as of 31 Oct 2026 · EUR · trial \d+ of 200, numbered from 0\n", out)
    assert re.search(r"In this trial bookings of FY2026 are [\d,]+; about 1 in 10 trials bring less", out)
    assert re.search(r"plan \(2,000\) is (missed|reached)\.", out)
    assert "What makes the difference to the average" in out and "\ntogether " in out
    assert re.search(r"\d+ open deals +\d+ won, \d+ lost", out)
    assert "adds up to the run's trial" in out
    assert not [word for word in HIDDEN if word in out]
    assert max(map(len, out.splitlines())) <= 100
    assert not (home / "replay.json").exists()


def test_what_is_shown_adds_up(home):
    lines = invoke("replay", "small.yaml", "-q").stdout.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("What makes"))
    last = next(i for i, line in enumerate(lines) if line.startswith("together"))
    shown = [int(line.split()[-1].replace("−", "-").replace(",", "")) for line in lines[first + 1 : last + 1]]
    assert sum(shown[:-1]) == shown[-1]


def test_json_and_csv(home):
    payload = json.loads(invoke("replay", "small.yaml", "--trial", 7, "--format", "json", "-q").stdout)
    assert payload["trial"] == 7 and payload["trials"] == 200 and payload["adds_up"] is True
    won = [one for one in payload["new_deals"] if one["outcome"] == "won"]
    assert won and all(one["invoices"] for one in won if one["day"] < "2027-02-15")
    table = invoke("replay", "small.yaml", "--trial", 7, "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(table)))
    assert {row["event"] for row in rows} >= {"begins", "enters", "won", "lost", "signed", "invoice", "paid"}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", row["day"]) for row in rows)


def test_one_deal_alone(home):
    out = invoke("replay", "small.yaml", "--trial", 7, "--deal", "D1", "-q").stdout
    assert re.search(r"\(?D1\)? · smb · [\d,]+ EUR · in .+ today · won \d+ % of the time", out)
    assert "D2" not in out
    failed = invoke("replay", "small.yaml", "--trial", 7, "--deal", "D11111", "-q", code=2)
    assert "nothing is called 'D11111' in this trial" in failed.output


@pytest.mark.slow
def test_a_runs_folder_is_replayed_by_its_own_trials_and_seed(home):
    invoke("run", "small.yaml", "--out", "there", "--trials", 300, "--seed", 5, "-q")
    before = sorted(path.name for path in (home / "there").iterdir())
    payload = json.loads(invoke("replay", "there", "--at", "middle", "--format", "json", "-q").stdout)
    forecast = json.loads((home / "there" / "forecast.json").read_text("utf-8"))
    assert (payload["trials"], payload["seed"]) == (300, 5)
    year = next(p for p in forecast["fiscal"] if p["name"] == "FY2026")["bookings"]
    assert payload["asked"]["middle"] == pytest.approx(year["p50"])
    assert payload["asked"]["average"] == pytest.approx(year["mean"])
    assert sorted(path.name for path in (home / "there").iterdir()) == before, "replay only prints"
    assert "trial 3 of 20," in invoke("replay", "there", "--trial", 3, "--set", "trials=20", "-q").stdout
    told = invoke("replay", "there", "--trial", 300, code=2).output
    assert "--trial is 300; there are 300, numbered from 0 to 299" in told


def test_it_is_written_where_it_is_asked_for(home):
    out = invoke("replay", "small.yaml", "--series", "receipts", "--out", "here", "-q").stdout
    assert out.endswith("Files: here/replay.json\n")
    assert json.loads((home / "here" / "replay.json").read_text("utf-8"))["asked"]["series"] == "receipts"
    assert {path.name for path in (home / "here" / "figures").iterdir()} == {"replay.png", "replay.svg"}


@pytest.mark.slow
@pytest.mark.parametrize("series", ["bookings", "receipts"])
@pytest.mark.parametrize(
    "path",
    [*sorted(SCENARIOS.glob("*.yaml")), *sorted(SCENARIOS.glob("*/scenario.yaml"))],
    ids=lambda p: p.stem,
)
def test_every_shipped_scenario_is_told(path, series):
    for at in ("low", "high"):
        out = invoke("replay", path, "--series", series, "--at", at, "--trials", 40, "-q").stdout
        assert "adds up to the run's trial" in out and "together" in out
        assert max(map(len, out.splitlines())) <= 100 and not [word for word in HIDDEN if word in out]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--trial", "3", "--at", "low"], "--trial names a trial already"),
        (["--trial", "200"], "there are 200, numbered from 0 to 199"),
        (["--series", "balance"], "no balance is forecast"),
        (["--target", "nobody"], "there is no target 'nobody'"),
        (["--at", "worst"], "worst"),
    ],
)
def test_what_cannot_be_told(home, arguments, told):
    assert told in invoke("replay", "small.yaml", *arguments, code=2).output


def test_one_trial_and_no_deals(home):
    assert "nothing to hold it against" in invoke("replay", "small.yaml", "--trials", 1, "-q").stdout
    (home / "deals.csv").write_text("id,stage,amount\n", "utf-8")
    out = invoke("replay", "small.yaml", "--trials", 20, "-q").stdout
    assert "adds up to the run's trial" in out
