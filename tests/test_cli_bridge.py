"""The command `bridge`, and what each run says of the change since the one before."""

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT
from written import DEALS, SCENARIO, write

from simulator.cli import main

SMALL = SCENARIO.replace("horizon: 12m", "horizon: 3m") + (
    "trials: 300\ntargets: {plan: {series: bookings, amount: 2500, by: FY2026}}\n"
)
HIDDEN = ("p10", "p50", "p90", "odds factor", "Shapley", "ρ", "σ", "None", "nan")
LOST = DEALS.replace("D2,Contract,2000.50,2026-08-01,2026-10-01,2026-11-20,",
                     "D2,Lost,2000.50,2026-08-01,,,2026-11-20")  # fmt: skip


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A folder with runs of October, two of one day, and of November; what was said in October and November.

    Their other figures are left out, which take most of a run's time.
    """
    home, said = tmp_path_factory.mktemp("bridge"), []
    write(home, SMALL)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setattr("simulator.cli.run._draw", lambda *_: None)
        patch.setattr("simulator.report.editions.write_editions", lambda *_: [])
        for day in ("2026-10-31", "2026-10-31"):
            said.append(run(as_of=day))
        Path("deals.csv").write_text(LOST)
        said.append(run(as_of="2026-11-30"))
    return home, said


@pytest.fixture
def home(ran, monkeypatch, unreported):
    """The folder as working folder."""
    monkeypatch.chdir(ran[0])
    monkeypatch.setattr("simulator.cli.run._draw", lambda *_: None)
    return ran[0]


def invoke(*arguments, code=0):
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == code, result.output
    return result


def run(*arguments, as_of, file="small.yaml"):
    return invoke("run", file, "-q", "--as-of", as_of, *arguments).stdout


def read(name):
    return json.loads(Path(name).read_text("utf-8"))


def test_a_run_says_what_changed_since_the_one_before(home, ran):
    first, again, last = ran[1]
    assert "Since" not in first + again and not list(home.glob("reports/small/2026-10*/bridge.json"))
    lines = last.splitlines()
    said = next(line for line in lines if line.startswith("Since 31 Oct 2026: middle −"))
    assert "chance of the plan" in said and "D2 lost (−" in last and len(lines) <= 40
    assert max(map(len, lines)) <= 100
    told = read("reports/small/2026-11-30/bridge.json")
    assert told["sentence"].startswith("Since 31 Oct 2026") and told["from"]["run"] == "2026-10-31-2"
    assert "bridge.json" in read("reports/small/2026-11-30/run.json")["files"]
    assert told["sentence"] not in json.dumps(read("reports/small/2026-11-30/forecast.json"))


def test_the_command_says_what_the_run_said(home):
    place = Path("reports/small/2026-11-30/bridge.json")
    before = place.read_bytes()
    out = invoke("bridge", "-q").stdout
    assert place.read_bytes() == before and "Files: reports/small/2026-11-30/bridge.json" in out
    assert {p.name for p in place.parent.glob("figures/bridge.*")} == {"bridge.svg", "bridge.png"}
    assert place.parent.joinpath("figures/bridge.png").read_bytes()[:4] == b"\x89PNG"
    for words in HIDDEN:
        assert words not in out, words
    assert max(map(len, out.splitlines())) <= 100
    table = out[out.index("Bookings of FY2026") :].splitlines()
    rows = [line for line in table[1:-1] if not line.startswith("    ")]
    middle = [float(row.split()[-3].replace(",", "").replace("−", "-")) for row in rows[1:-1]]
    ends = [float(row.split()[-4].replace(",", "")) for row in (rows[0], rows[-1])]
    assert ends[0] + sum(middle) == pytest.approx(ends[1])


def test_two_folders_and_rows(home, monkeypatch):
    monkeypatch.setattr("simulator.report.bridge_figures.bridge_figures", lambda _: {})
    before = Path("reports/small/2026-11-30/bridge.json").read_bytes()
    runs = "reports/small/2026-10-31-2", "reports/small/latest"
    both = invoke("bridge", *runs, "--format", "json", "-q").stdout
    assert json.loads(both) == json.loads(before)
    table = invoke("bridge", *runs[1:], "--format", "csv", "-q").stdout
    rows = list(csv.DictReader(io.StringIO(table)))
    steps = [row for row in rows if not row["deal"]]
    ends = float(rows[-1]["mean"]) - float(rows[0]["mean"])
    assert ends == pytest.approx(sum(float(row["mean"]) for row in steps[1:-1]), abs=1e-6)


def test_an_earlier_run_that_is_damaged_stops_no_run(home):
    scenario = Path("reports/small/2026-10-31-2/inputs/scenario.yaml")
    whole = scenario.read_bytes()
    scenario.write_text("version: 1\n")
    try:
        assert "Since" not in run("--out", "elsewhere", as_of="2026-11-30")
    finally:
        scenario.write_bytes(whole)


def test_another_window_and_another_series(home, monkeypatch):
    monkeypatch.setattr("simulator.report.bridge_figures.bridge_figures", lambda _: {})
    out = invoke("bridge", "--series", "receipts", "--by", "2026-12-31", "-q").stdout
    assert "Receipts of FY2026" in out and "invoiced and paid" in out
    out = invoke("bridge", "--by", "2026-11-30", "--amount", "3k", "-q", "--out", "other").stdout
    assert "Bookings of 1 Jan 2026 – 30 Nov 2026" in out and Path("other/bridge.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("reports/small/2026-10-31",), "no run before it"),
        (("reports/small/2026-10-31", "reports/small/2026-10-31"), "name the earlier one first"),
        (("nowhere",), "there is no nowhere"),
        (("small.yaml",), "cannot be read as a run"),
        (("a", "b", "c"), "two folders of runs at most"),
        (("reports/small/latest", "--target", "what"), "there is no target 'what'"),
    ],
)
def test_what_cannot_be_told_is_refused_in_words(home, arguments, words):
    result = invoke("bridge", *arguments, "-q", code=5 if arguments == ("nowhere",) else 2)
    assert words in result.stderr


def test_without_runs_it_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "nothing was run here" in invoke("bridge", code=2).stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", ["article-2010", "baseline", "saas-hardware/scenario"])
def test_the_shipped_scenarios_tell_what_changed(tmp_path, monkeypatch, name):
    path = ROOT / "scenarios" / f"{name}.yaml"
    monkeypatch.chdir(tmp_path)
    days = ("2010-10-29", "2010-11-30") if name == "article-2010" else ("2026-10-31", "2026-11-30")
    for day in days:
        invoke("run", path, "-q", "--as-of", day, "--trials", "200")
    folder = next(Path("reports").iterdir())
    assert (folder / days[1] / "bridge.json").is_file()
    for more in ((), ("--series", "receipts"), ("--series", "balance")):
        if "balance" in more and name != "saas-hardware/scenario":
            continue
        payload = json.loads(invoke("bridge", "-q", "--format", "json", *more).stdout)
        for key in ("mean", "middle"):
            moved = payload["after"][key] - payload["before"][key]
            assert sum(step[key] for step in payload["steps"]) == pytest.approx(moved, abs=1e-5)
