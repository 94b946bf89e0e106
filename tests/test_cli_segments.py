"""The command `segments`: what is said of funnels side by side, what is drawn, and what is written."""

import csv
import io
import json
import re
from dataclasses import replace

import pytest
from click.testing import CliRunner
from factory import make_pipeline, make_scenario
from test_segments import funnel, of, two
from written import write

from simulator.analysis.aims import aim_of
from simulator.analysis.segments import side_by_side
from simulator.cli import main
from simulator.report.segments import segments_text
from simulator.report.segments_figure import funnels, segment_figures
from simulator.report.segments_tables import percent_text

HIDDEN = ("p10", "p50", "p90", "odds factor", "Shapley", "Euler", "Beta", "kernel", "σ", "cash ")
SCENARIO = """\
version: 1
name: small
as_of: 2026-10-31
horizon: 14m
currency: EUR
trials: 300
data: {deals: deals.csv}
segments:
  retail:
    stages:
      Proposal: {advance: 40%, days: {median: 20, p90: 50}}
      Contract: {advance: 80%, back: 0.05, days: {median: 10, p90: 30}}
    new_pipeline: {per_month: 4, amount: {median: 10k, p90: 20k}}
  public:
    stages:
      Proposal: {advance: 60%, days: {median: 30, p90: 70}}
      Contract: {advance: 80%, days: {median: 20, p90: 60}}
    new_pipeline: {per_month: 1, amount: {median: 50k, p90: 90k}}
targets:
  plan: {series: bookings, amount: 400k, by: FY2027}
  public-plan: {series: bookings, amount: 200k, by: FY2027, segment: public}
"""
DEALS = """\
id,segment,stage,amount,created,entered_stage,closed,outcome,lost_reason
D1,retail,Proposal,10000,2026-09-01,2026-06-10,,,
D2,public,Contract,20000.50,2026-08-01,2026-10-01,,,
D3,retail,Won,5000,2026-02-01,,2026-05-05,,
D4,retail,Contract,7000,2026-03-01,,2026-06-01,lost,price
D5,retail,Lost,7000,2026-03-01,,2026-06-01,,no budget
D6,retail,Lost,7000,2026-03-01,,2026-06-01,,price
"""


@pytest.fixture
def home(tmp_path, monkeypatch, undrawn):
    """A working folder with a scenario of two segments."""
    write(tmp_path, SCENARIO, DEALS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def invoke(*arguments, code=0):
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == code, result.output
    return result


def test_funnels_side_by_side(home):
    out = invoke("segments", "small.yaml", "-q", "--workers", "1").stdout
    assert out.startswith("small · as of 31 Oct 2026 · thousand EUR · 300 trials, simulation noise at most ±")
    assert re.search(r"^  retail +1 +10 +4\.0 +3\d % +\d\d–\d\d % +\d+ ", out, re.MULTILINE)
    assert "\nBookings 1 Jan 2027 – 31 Dec 2027, plan\n" in out
    assert re.search(r"^  public-plan +\d+ % *$", out, re.MULTILINE)
    assert re.search(r"^  1\. retail, Proposal: 40 % get on, elsewhere 60 % \(public\)\.", out, re.MULTILINE)
    assert "The chance that the difference is real: 9" in " ".join(out.split())
    assert "retail, stage by stage (chances set, worth 20 closed deals)" in out
    assert (
        "  lost for: price 2, no budget 1, of 3 losses with a reason; mainly, by stage: Contract price.\n"
        in out
    )
    assert "From the CRM's number to ours, bookings 1 Jan 2027 – 31 Dec 2027, thousand EUR" in out
    assert out.endswith("Self-check passed.\n")
    assert not [word for word in HIDDEN if word in out]
    assert max(map(len, out.splitlines())) <= 100
    assert not (home / "segments.json").exists()


def test_the_walk_that_is_shown_adds_up_both_ways(home):
    lines = invoke("segments", "small.yaml", "-q").stdout.splitlines()
    begin = next(n for n, line in enumerate(lines) if line.startswith("From the CRM's"))
    rows = [re.findall(r"(?<= )[−+]?[\d,]+(?:\.\d+)?|–", line[28:]) for line in lines[begin + 2 : begin + 9]]
    numbers = [
        [float(x.replace("−", "-").replace(",", "").replace("–", "0")) for x in row] for row in rows if row
    ]
    for row in numbers:
        assert row[0] + row[1] == pytest.approx(row[2])
    for column in zip(*numbers, strict=True):
        assert sum(column[:-1]) == pytest.approx(column[-1])


def test_a_window_of_ones_own(home):
    out = invoke(
        "segments", "small.yaml", "--series", "receipts", "--by", "2027-06-30", "--amount", "90k", "-q"
    )
    assert "Receipts 1 Jan 2026 – 30 Jun 2027\n" in out.stdout
    assert re.search(r"^  asked +\d+ %", out.stdout, re.MULTILINE)
    missing = invoke("segments", "small.yaml", "--target", "plam", code=2)
    assert "there is no target 'plam': did you mean plan?" in missing.stderr


@pytest.mark.slow
def test_answers_go_into_the_run_s_folder_that_they_are_about(home):
    invoke("run", "small.yaml", "--out", "run", "-q")
    out = invoke("segments", "run", "-q", "--format", "json").stdout
    payload = json.loads(out)
    assert json.loads((home / "run" / "segments.json").read_text("utf-8")) == payload
    assert (home / "run" / "figures" / "segments.png").is_file()
    assert (home / "run" / "figures" / "segments.svg").is_file()
    assert payload["leaks"][0]["stage"] == "Proposal"
    rows = list(csv.reader(io.StringIO(invoke("segments", "small.yaml", "-q", "--format", "csv").stdout)))
    told = {tuple(row[:3]): float(row[3]) for row in rows[1:]}
    assert told["retail", "Proposal", "worth amount"] == payload["leaks"][0]["worth"]
    assert told["retail", "Contract", "lost for price"] == 1
    assert told["public", "", "target public-plan chance"] == pytest.approx(payload["targets"][1]["chance"])


def told(scenario, trials):
    return side_by_side(replace(scenario, trials=trials), aim_of(scenario))


@pytest.mark.parametrize(
    ("scenario", "trials"),
    [
        (make_scenario(), 1),
        (make_scenario(pipeline=make_pipeline(1)), 1),
        (of(funnel((0.0, 1.0)), funnel((1.0, 0.0)), pipeline=make_pipeline(2)), 30),
    ],
    ids=["nothing", "one deal, one trial", "sure ends"],
)  # fmt: skip
def test_the_smallest_companies_are_written_and_drawn(scenario, trials, undrawn):
    payload = told(scenario, trials)
    text = segments_text(payload)
    assert max(map(len, text.splitlines())) <= 100
    assert "nan" not in text
    assert set(segment_figures(payload)) == {"segments.svg", "segments.png"}
    if len(scenario.segments) == 1:
        assert "there is one segment only" in text
        assert "others" not in text


def test_of_many_segments_six_are_drawn_and_no_walks_laid_out(undrawn):
    payload = told(of(funnel((0.3, 0.5)), funnel((0.4, 0.5)), pipeline=make_pipeline(4)), 20)
    payload["segments"] = [
        row | {"name": f"{row['name']}{n}"} for n in range(4) for row in payload["segments"]
    ]
    text, figure = segments_text(payload), funnels(payload)
    assert max(map(len, text.splitlines())) <= 100
    assert "From the CRM's number" not in text
    assert len(figure.axes) == 6
    assert "2 further segments are not shown" in figure.texts[1].get_text()


def test_where_nothing_leaks_that_is_said():
    names, same = ("Offer", "Contract"), (0.5, 0.5)
    assert "No stage passes on fewer deals" in segments_text(
        told(of(funnel(same, names), funnel(same, names)), 20)
    )


def test_the_figure_says_the_same_bytes_of_the_same():
    payload = told(two(6), 20)
    one, other = (segment_figures(payload) for _ in range(2))
    assert one == other
    assert b"Tests of B, worth" in one["segments.svg"]


def test_chances_are_never_surer_than_they_are():
    shown = [percent_text(x) for x in (0.0, 1e-9, 0.004, 0.4, 0.999, 1.0)]
    assert shown == ["0 %", "<1 %", "<1 %", "40 %", ">99 %", "100 %"]
