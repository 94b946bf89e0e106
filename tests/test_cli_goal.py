"""The command `goal`: what is said, what is written, and what its figure shows."""

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
from simulator.report.goal import goal_text
from simulator.report.goal_figure import curves, goal_figures
from simulator.report.goal_words import figures_apart, range_text, what_it_takes

SCENARIO = (
    WRITTEN.replace("horizon: 12m", "horizon: 3m").replace(
        "new_pipeline: none", "new_pipeline: {per_month: 4, amount: {median: 800, p90: 2000}}"
    )
    + "trials: 5000\ntargets: {plan: {series: bookings, amount: 4k, until: 2027-01-31, source: budget}}\n"
)
SHIPPED = Path(__file__).parent.parent / "scenarios"
HIDDEN = ("p10", "p50", "p90", "odds factor", "quantile", "Wilson", "median", "σ", "None", "nan")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A working folder with a scenario."""
    write(tmp_path, SCENARIO)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def invoke(*arguments, code=0):
    result = CliRunner().invoke(main, [*map(str, arguments), "-q"])
    assert result.exit_code == code, result.output
    return result


def test_what_it_would_take_in_words(home):
    levers = [f"--lever={name}" for name in ("conversion", "deposit")]
    out = invoke("goal", "small.yaml", "--chance", "70%", *levers, "--below", "20%", "--trials", 60).stdout
    lines = out.splitlines()
    assert lines[0] == "small · as of 31 Oct 2026 · EUR · 60 trials of the same luck"
    assert out.count("plan: bookings of 4,000 EUR from 1 Nov 2026 to 31 Jan 2027. As things are that is") == 1
    assert "What it would take for a chance of 70 %: one of these, everything else as it is" in out
    assert re.search(r"win more deals +[\d.]+ of 100 deals won instead of [\d.]+", out)
    assert re.search(r"a deposit +it moves when money comes, not what is sold", out)
    assert "What would take the chance below 20 %: one of these" in out
    assert re.search(r"everything slips +every deal signed \d+ days? later", out)
    assert re.search(r"win more deals: --set 'segments\.\*\.levers\.odds\*=[\d.]+'", out)
    assert lines[-1] == "Self-check passed."
    assert not [word for word in HIDDEN if word in out]
    assert max(map(len, lines)) <= 100 and not (home / "goal.json").exists()


def test_what_is_set_by_hand_has_the_chance_that_was_told(home):
    asked = "goal", "small.yaml", "--chance", "60%", "--trials", 60, "--format", "json"
    payload = json.loads(invoke(*asked, "--lever", "conversion").stdout)
    (lever,) = payload["goal"]["levers"]
    again = json.loads(invoke(*asked, "--set", lever["set"][0], "--lever", "conversion").stdout)
    assert again["now"] == lever["chance"] and again["goal"]["levers"][0]["status"] == "nothing needed"
    assert payload["now"]["chance"] < 0.6 <= lever["chance"]["chance"] and payload["trials"] == 60
    assert "nothing is needed" in goal_text(again)


def test_a_runs_folder_keeps_the_answer_with_its_figure(home, undrawn):
    invoke("run", "small.yaml", "--out", "here", "--trials", 50)
    out = invoke("goal", "here", "--lever", "price", "--trials", 50).stdout
    assert out.endswith(f"Files: {Path('here', 'goal.json')}\n")
    payload = json.loads((home / "here" / "goal.json").read_text("utf-8"))
    assert payload["schema_version"] == 1 and payload["goal"]["chance"] == 0.8 and "danger" not in payload
    assert {path.name for path in (home / "here" / "figures").glob("goal.*")} == {"goal.svg", "goal.png"}


def test_rows_hold_every_answer(home):
    out = invoke(
        "goal", "small.yaml", "--chance", "60%", "--trials", 60, "--format", "csv", "--lever", "price"
    ).stdout
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["of"] for row in rows} >= {"now", "answer", "low", "limit"} and rows[0]["question"] == "now"
    assert all(float(row["value"]) >= 0 for row in rows)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--chance", "120%"], "is no chance between none and certainty; write for example 80%"),
        (["--chance", "often"], "'often' is no chance"),
        (["--lever", "prize"], "did you mean price"),
        (["--target", "plam"], "did you mean plan"),
        (["--series", "revenue", "--amount", "1k"], "has no revenue"),
        (["--series", "balance"], "no balance is forecast"),
        (["--series", "receipts"], "nothing is to be reached"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(home, arguments, told):
    assert told in invoke("goal", "small.yaml", *arguments, "--trials", 20, code=2).stderr


# ---- text and figure from made-up answers


def answer(value, figure):
    return {"value": value, "figure": figure, "segments": {"smb": figure}}


def lever(name="price", status="reached", now=0.0, then=4.0, low=3.0, high=5.0, **more):
    chance = {"chance": 0.8, "low": 0.78, "high": 0.82}
    points = [{"value": x, "figure": x, **chance, "chance": c} for x, c in ((now, 0.5), (then, 0.8))]
    return {
        "lever": name, "status": status, "unit": "% on the price", "now": answer(1, now),
        "answer": answer(1.04, then) if status == "reached" else None, "low": answer(1.03, low),
        "high": None if high is None else answer(1.05, high), "limit": answer(1.5, 50.0),
        "set": ["segments.*.levers.price*=1.04"], "chance": chance, "curve": points, "best": points[-1],
    } | more  # fmt: skip


def payload(*levers, **more):
    days = {"from": "2027-01-01", "until": "2027-12-31"}
    return {
        "scenario": "x", "as_of": "2026-10-31", "trials": 1, "currency": "EUR",
        "aim": {"name": "", "series": "bookings", "segment": "smb", "amount": 2e6, "floor": False} | days,
        "now": {"chance": 0.5, "low": 0.48, "high": 0.52}, "self_check": {"passed": True},
        "goal": {"chance": 0.8, "levers": list(levers)},
    } | more  # fmt: skip


def test_text_of_what_is_beyond_reach_or_turns():
    end = {"value": 0.5, "figure": 90.0, "chance": 0.4, "low": 0.38, "high": 0.42}
    best = end | {"chance": 0.797, "low": 0.78, "high": 0.81}
    missed = lever("speed", "out of reach", now=180.0, curve=[end], best=best)
    text = goal_text(payload(missed, lever("terms", "no effect"), self_check={"passed": False}))
    assert "Bookings of smb of 2 million EUR from 1 Jan 2027 to 31 Dec 2027." in text
    assert "close sooner  even in half the time  40 %  at best 80 %: what comes sooner also leaves" in text
    assert "SELF-CHECK FAILED" in text and "1 trial of the same luck" in text
    near = lever("speed", "out of reach", now=180.0, curve=[best], best=best)
    assert "79.7 %" in goal_text(payload(near))


def test_text_of_what_begins_later():
    starts = [
        {"from": "2026-12-01", "now": 12.04, "figure": 30.5, "value": 2.5},
        {"from": "2027-02-01", "now": 12.5, "figure": 130.0, "value": 3.9},
    ]
    more = lever(
        "pipeline", now=12.0, then=25.3, low=22.2, high=31.0, starts=starts, latest_start="2027-02-01"
    )
    text = goal_text(payload(more, lever(starts=[], latest_start="2026-11-01")))
    assert "more new deals  25 new deals a month instead of 12, from now on  22 to 31\n" in text
    assert text.split("If it begins later\n")[1].splitlines()[:3] == [
        "  more new deals  from Dec 2026  30 new deals a month instead of 12",
        "                  from Feb 2027  130 new deals a month instead of 12  at the latest",
        "  higher prices   now            a month later is too late",
    ]


def test_ranges_and_figures_apart():
    assert what_it_takes(lever()) == "prices 4.0 % higher, and as many deals won"
    assert range_text(lever()) == "3.0 to 5.0 %" and range_text(lever(high=None)) == "3.0 or beyond"
    assert range_text(lever("speed", now=180.0, then=120.0, low=130.0, high=110.0)) == "110 to 130"
    assert figures_apart(28.1, 67.4) == ("28", "67") and figures_apart(30.6, 27.2) == ("30.6", "27.2")
    assert figures_apart(3.0, 3.0) == ("3", "3")


def test_the_figure_has_a_panel_for_each_lever_that_moves():
    figure = curves(payload(lever(), lever("speed", "out of reach", now=180.0), lever("terms", "no effect")))
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["higher prices", "close sooner"]
    assert goal_figures(payload(lever("terms", "no effect"))) == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", [*sorted(p.stem for p in SHIPPED.glob("*.yaml")), "saas-hardware/scenario"])
def test_every_shipped_scenario_is_answered(name):
    some = [f"--lever={lever}" for lever in ("conversion", "speed", "deposit")]
    out = invoke("goal", SHIPPED / f"{name}.yaml", "--chance", "60%", *some, "--trials", 40).stdout
    assert "Self-check passed." in out and not [word for word in HIDDEN if word in out]
    assert re.search("What it would take|nothing is needed|Does not reach", out)
