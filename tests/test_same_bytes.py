"""forecast.json is the same, byte by byte, however a run is divided and in whatever order its rows stand."""

import json
from functools import partial
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT
from posteriors import posterior
from test_behaviour_money import everything
from test_drawn import NAMES, learned_scenario
from whole_money import shuffled

from simulator import cli, executors, simulation
from simulator.engine import run
from simulator.loading import load
from simulator.report import figures
from simulator.runs import json_bytes
from simulator.simulation import simulate

RICH = ROOT / "scenarios" / "saas-hardware"
TRIALS = 64
WORKERS, BLOCKS = (1, 2, 5), (5, 9, 16, 33, 5_000)
# A way to play a run: arguments of `simulate`, `threads` in place of processes, `fast` for compiled loops.
FEW = {
    "in blocks of 7": {"block": 7},
    "two workers": {"workers": 2},
    "five workers, blocks of 16": {"workers": 5, "block": 16},
    "two threads": {"workers": 2, "threads": True},
    "compiled": {"fast": True},
    "compiled, two workers, blocks of 9": {"workers": 2, "block": 9, "fast": True},
    "compiled, two threads": {"workers": 2, "threads": True, "fast": True},
}
QUICK = ("two threads", "five workers, blocks of 16")
MANY = {f"{w} workers, blocks of {b}": {"workers": w, "block": b} for w, b in product(WORKERS, BLOCKS)}
MANY |= {f"{w} threads": {"workers": w, "block": 9, "threads": True} for w in WORKERS[1:]}
MANY |= {f"compiled, blocks of {b}": {"block": b, "fast": True} for b in (9, TRIALS)}


@pytest.fixture(autouse=True)
def no_run_is_too_small_to_be_divided(monkeypatch):
    monkeypatch.setattr(run, "WORTHWHILE", 0)


@pytest.fixture(scope="module")
def solved():
    """Exact answers of a scenario, worked out once: they know nothing of workers and blocks."""
    known = {}

    def exact(scenario):
        kept = known.setdefault(id(scenario), (scenario, None))
        if kept[1] is None:
            known[id(scenario)] = kept = scenario, simulation_expected(scenario)
        return kept[1]

    simulation_expected = simulation.expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulation, "expected", exact)
        yield


@pytest.fixture
def forecast_by(monkeypatch, request):
    """Return forecast.json of a run that is played in some way."""

    def play(scenario, threads=False, fast=False, **divided):
        if threads:
            monkeypatch.setattr(executors, "CAN_FORK", False)
        if fast:
            request.getfixturevalue("fast")(True)
        return forecast(scenario, **divided)

    return play


def forecast(scenario, **divided):
    """Return forecast.json."""
    return json_bytes(simulate(scenario, trials=TRIALS, **divided).to_json())


# ---- however it is divided


@pytest.fixture(scope="module")
def small(solved):
    """A scenario of all that may happen to money, and its forecast."""
    scenario = everything()
    return scenario, forecast(scenario)


@pytest.mark.parametrize(
    "way", [*QUICK, *(pytest.param(way, marks=pytest.mark.slow) for way in FEW if way not in QUICK)]
)
def test_a_run_may_be_divided_in_any_way(small, forecast_by, way):
    scenario, whole = small
    assert forecast_by(scenario, **FEW[way]) == whole


@pytest.fixture(scope="module")
def rich(solved):
    """A company with everything in its files over half a year, and its forecast by owner."""
    scenario = load(RICH, sets=("horizon=6m",))
    return scenario, forecast(scenario, by="owner", other_markets=False)


@pytest.mark.slow
@pytest.mark.parametrize("way", MANY)
def test_the_run_of_a_whole_company_may_be_divided_in_any_way(rich, forecast_by, way):
    scenario, whole = rich
    assert forecast_by(scenario, by="owner", other_markets=False, **MANY[way]) == whole


@pytest.mark.slow
@pytest.mark.parametrize("way", FEW)
def test_a_run_by_what_was_learned_may_be_divided_in_any_way(forecast_by, way):
    scenario = learned_scenario(posterior(7, NAMES))
    whole = forecast(scenario)
    assert forecast_by(scenario, **FEW[way]) == whole


# ---- in whatever order its rows stand, from the command line


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_the_command_reads_tables_in_any_order(company, tmp_path, seed):
    work, whole = company
    mixed = copied(tmp_path, lambda name, text: shuffled(text, seed) if name.endswith(".csv") else text)
    assert work(mixed, "--workers", "2") == whole


@pytest.mark.slow
def test_the_command_forgets_a_deal_that_went_and_came_back(company, tmp_path):
    work, whole = company
    rows = (RICH / "deals.csv").read_text("utf-8").splitlines()
    place = next(n for n, row in enumerate(rows) if n and ",won," not in row and ",lost," not in row)
    without = [*rows[:place], *rows[place + 1 :]]
    gone, back = (with_deals(tmp_path / name, lines)
                  for name, lines in (("gone", without), ("back", [*without, rows[place]])))  # fmt: skip
    assert json.loads(work(gone))["totals"] != json.loads(whole)["totals"]
    assert work(back) == whole


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """What the command makes of the whole company in a folder, time after time in one place, and as it is."""
    work = partial(kept, tmp_path_factory.mktemp("out"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "write_figures", lambda *_: None)  # no number hangs on them
        yield work, work(RICH)


def copied(folder: Path, change):
    """Copy the company's files, each changed."""
    folder.mkdir(exist_ok=True)
    for path in RICH.iterdir():
        (folder / path.name).write_text(change(path.name, path.read_text("utf-8")), "utf-8")
    return folder


def with_deals(folder, lines):
    return copied(folder, lambda name, text: "\n".join(lines) + "\n" if name == "deals.csv" else text)


def kept(out: Path, folder: Path, *options: str) -> bytes:
    """Return forecast.json of a run by the command."""
    asked = ["run", str(folder / "scenario.yaml"), "--trials", str(TRIALS), "--out", str(out), "-q", *options]
    result = CliRunner().invoke(cli.main, asked)
    assert (out / "forecast.json").exists(), result.output
    return (out / "forecast.json").read_bytes()
