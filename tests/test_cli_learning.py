"""The commands that learn: fit, run, check, backtest and run --refit on small invented companies."""

import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from companies import company
from company_files import write_files

from simulator.cli import main
from simulator.errors import InputError, UsageError
from simulator.learning import fit
from simulator.learning.files import Origin, check_ours, name_track_record
from simulator.learning.refitting import refit
from simulator.loading import load
from simulator.loading.learned import learned_file_at
from simulator.loading.refit import recipe_of
from simulator.loading.yaml import read_yaml
from simulator.scenario.tree import look_up

STAGES = """\
    stages:
      First: {close: 20%, days: {median: 20, p90: 50}}
      Second: {close: 40%, days: {median: 20, p90: 50}}
"""
VERDICT = "Past 80 % ranges of bookings held 5 of 6 times: so few windows prove little."


def invoke(*arguments, code=0):
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture(scope="module")
def company_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    (folder / "simulator.toml").touch()  # what was learned, and from what, is one project
    return folder, write_files(company(7, deals=80, stages=3), folder)


@pytest.fixture(scope="module")
def fitted(company_folder):
    """A fit without a base, made by the command, with what it printed."""
    folder, paths = company_folder
    out = folder / "fitted"
    return out, invoke("fit", paths["events"], paths["deals"], "--draws", 200, "-o", out)


def data_of(path):
    return read_yaml(path).data


def kept(folder):
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


# ---- fit


def test_fit_writes_a_scenario_that_runs_and_tells_what_comes_next(company_folder, fitted):
    out, said = fitted
    assert set(kept(out)) == {"learned.yaml", "learned.draws.npz", "scenario.yaml", "deals.csv"}
    assert f"Next: simulator run {out}/scenario.yaml" in said
    assert ": stage " in said and "Still assumed:" in said and max(map(len, said.splitlines()[:-2])) <= 100
    learned = data_of(out / "learned.yaml")
    seasons = [path for path in learned["evidence"] if ".season." in path]
    assert seasons and "segments.smb.new_pipeline.season.12" in seasons
    assert all(look_up(learned["scenario"], tuple(path.split("."))) for path in seasons)
    assert learned["history"]["files"] == ["../events.csv", "../deals.csv"]
    load(out / "scenario.yaml")


@pytest.mark.slow
def test_fit_tells_which_deals_its_scenario_leaves_out(company_folder, tmp_path):
    _, paths = company_folder
    table = pd.read_csv(paths["deals"], dtype=str, keep_default_na=False)
    of_open = table.index[table["closed"] == ""][0]
    table.loc[of_open, "amount"] = ""
    table.to_csv(tmp_path / "deals.csv", index=False)
    out = tmp_path / "out"
    said = invoke("fit", tmp_path / "deals.csv", "--draws", 100, "-o", out)
    assert "1 open or won deals without an amount: not in the forecast" in said
    written = pd.read_csv(out / "deals.csv", dtype=str)
    assert len(written) and table["id"][of_open] not in set(written["id"])


@pytest.mark.slow
def test_fit_twice_gives_the_same_bytes(company_folder, fitted):
    _, paths = company_folder
    out, _ = fitted
    before = kept(out)
    invoke("fit", paths["events"], paths["deals"], "--draws", 200, "-o", out)
    assert kept(out) == before


def test_fit_never_overwrites_what_no_fit_has_written(company_folder, tmp_path, monkeypatch):
    _, paths = company_folder
    monkeypatch.setattr("simulator.learning.refitting.fit", lambda *_: pytest.fail("it learned first"))
    (tmp_path / "deals.csv").write_text("mine")
    said = invoke("fit", paths["events"], paths["deals"], "-o", tmp_path, code=2)
    assert "deals.csv was not written by fit and would be overwritten" in said
    assert (tmp_path / "deals.csv").read_text() == "mine"
    with pytest.raises(UsageError):
        check_ours(paths["deals"].parent, ["deals.csv"], Origin((paths["deals"],)))


def test_fit_never_overwrites_what_it_learns_from(tmp_path):
    (tmp_path / "learned.yaml").write_text("version: 1\nas_of: 2026-10-31\ncurrency: EUR\n")
    (tmp_path / "deals.csv").write_text("mine")
    check_ours(tmp_path, ["deals.csv", "learned.yaml"], Origin())
    with pytest.raises(UsageError, match="what it learns from"):
        check_ours(tmp_path, ["deals.csv"], Origin((tmp_path / "deals.csv",)))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["fit", "nothere.csv", "-o", "x"], 5, "there is no nothere.csv"),
        (["fit", "odd.csv", "-o", "x"], 4, "error[H001]"),
        (["fit", "events.csv", "--as-of", "2001-01-01", "-o", "x"], 4, "error[H007]"),
        (["fit", "events.csv", "--segment-by", "segmnt", "-o", "x"], 4, "did you mean segment?"),
        (["fit", "events.csv", "--base", "nothere.yaml", "-o", "x"], 5, "there is no nothere.yaml"),
        (["fit", "events.csv", "--as-of", "2026-02-30", "-o", "x"], 2, "does not exist"),
        (["check", "events.csv", "--as-of", "2001-01-01"], 4, "error[H007]"),
        (["run", "scenario.yaml", "--refit"], 3, "error[S071]"),
        (["run", "scenario.yaml", "--refit", "--set", "learned=gone.yaml"], 3, "error[S015]"),
        (["run", "scenario.yaml", "--refit", "--set", "learned=odd.csv"], 3, "error[S008]"),
        (["run", "scenario.yaml", "--refit", "--set", "data.history=[gone.csv]"], 3, "error[S015]"),
        (["run", "scenario.yaml", "--refit", "--set", "data.history=events.csv"], 3, "error[S013]"),
        (["run", "scenario.yaml", "--refit", "--set", "as_of=soon"], 3, "error[S020]"),
    ],
)
def test_bad_input_is_told_and_leaves_nothing(company_folder, monkeypatch, arguments, code, said):
    folder, _ = company_folder
    monkeypatch.chdir(folder)
    (folder / "odd.csv").write_text("name,town\nAcme,Bonn\n")
    before = sorted(folder.iterdir())
    assert said in invoke(*arguments, code=code)
    assert sorted(folder.iterdir()) == before


# ---- check


@pytest.mark.parametrize("base", [(), ("--base", "scenario.yaml")])
def test_check_tells_an_unknown_segment_and_stage_before_it_learns(company_folder, monkeypatch, base):
    folder, _ = company_folder
    monkeypatch.chdir(folder)
    monkeypatch.setattr("simulator.learning.fit", lambda *_: pytest.fail("it learned first"))
    told = invoke("check", "events.csv", *base, "--segment", "smbs", "--stage", "Nowhere", code=2)
    assert "the history has no smbs: did you mean smb?" in told
    assert "the history has no Nowhere: known are " in told


def quick(history, base=None):
    return fit(history, base, draws=200)


@pytest.mark.slow
def test_check_writes_nothing_and_tells_of_one_segment_and_stage(company_folder, monkeypatch):
    folder, paths = company_folder
    monkeypatch.chdir(folder)
    monkeypatch.setattr("simulator.learning.fit", quick)
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*")}
    stage = load(paths["scenario"]).segments[0].funnel.stages[1]
    arguments = ("check", "events.csv", "deals.csv", "--base", "scenario.yaml")
    found = json.loads(invoke(*arguments, "--segment", "smb", "--stage", stage, "--format", "json"))
    (row,) = found["stages"]
    assert (row["segment"], row["stage"]) == ("smb", stage)
    # z² p (1 − p) / w² with z = 1.2816: closed deals from which a chance is known to ± 5 points.
    wanted = 1.2816**2 * row["middle"] * (1 - row["middle"]) / 0.05**2
    assert row["needed"] == pytest.approx(wanted, abs=1) and row["worth"] < row["needed"]
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*")} == before


@pytest.mark.slow
def test_check_says_in_words_how_many_deals_are_missing(company_folder, monkeypatch):
    folder, _ = company_folder
    monkeypatch.chdir(folder)
    said = " ".join(invoke("check", "events.csv", "deals.csv").split())
    assert "To know this to ±5 points takes" in said and "closed deals that share no luck; the" in said


# ---- deals only, under a base of several stages


@pytest.fixture(scope="module")
def deals_only(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deals-only")
    (folder / "simulator.toml").touch()
    paths = write_files(company(7, deals=80, logged=False), folder)
    text = paths["scenario"].read_text()
    (folder / "base.yaml").write_text(text[: text.index("    probability_basis")] + STAGES)
    deals = paths["deals"].read_text().replace(",Open,", ",Second,")
    (folder / "deals.csv").write_text(deals)
    return folder


@pytest.mark.slow
def test_deals_only_correct_the_odds_of_a_set_funnel(deals_only, monkeypatch):
    monkeypatch.chdir(deals_only)
    invoke("fit", "deals.csv", "--base", "base.yaml", "--draws", 200, "-o", "out")
    learned = data_of(Path("out/learned.yaml"))
    assert learned["scenario"]["segments"]["smb"]["soberness"]["odds"] > 0
    assert "stages" not in learned["scenario"]["segments"]["smb"]
    scenario = load("out/scenario.yaml")
    assert scenario.segments[0].funnel.stages == ("First", "Second")
    again = refit(Path("out/scenario.yaml"), (), None, Path("again"))
    assert load(again).resolved == scenario.resolved
    assert Path("again/learned.yaml").read_bytes() == Path("out/learned.yaml").read_bytes()


def test_check_of_deals_only_holds_the_first_percentage(deals_only, monkeypatch):
    monkeypatch.chdir(deals_only)
    monkeypatch.setattr("simulator.learning.fit", quick)
    arguments = ("check", "deals.csv", "--base", "base.yaml", "--segment", "smb")
    (row,) = json.loads(invoke(*arguments, "--format", "json"))["stages"]
    assert row["stage"] == "from creation" and row["set"] == pytest.approx(0.2)
    assert row["won"] + row["lost"] + row["open"] == row["there"] > 50


@pytest.mark.slow
def test_check_of_deals_only_mends_the_odds(deals_only, monkeypatch):
    monkeypatch.chdir(deals_only)
    assert "soberness: {odds:" in invoke("check", "deals.csv", "--base", "base.yaml")


# ---- run --refit


@pytest.mark.slow
def test_refit_of_the_same_day_gives_the_same_figures(fitted, tmp_path):
    out, _ = fitted
    path = refit(out / "scenario.yaml", (), None, tmp_path / "new")
    new = kept(path.parent)
    for name in ("learned.yaml", "learned.draws.npz", "deals.csv"):
        assert new[name] == (out / name).read_bytes()
    ours, theirs = load(path, allow_outside=True), load(out / "scenario.yaml")
    assert ours.resolved == theirs.resolved and ours.files == theirs.files


@pytest.mark.slow
def test_refit_as_of_an_earlier_day_knows_no_more_than_that(fitted, tmp_path):
    out, _ = fitted
    known = date.fromisoformat(data_of(out / "learned.yaml")["as_of"])
    day = known - timedelta(days=200)
    scenario = load(refit(out / "scenario.yaml", (), day, tmp_path / "new"), as_of=day, allow_outside=True)
    assert data_of(tmp_path / "new" / "learned.yaml")["as_of"] == day.isoformat()
    assert scenario.horizon.as_of == day and len(scenario.pipeline) > 0
    assert not [code for code, *_ in scenario.notes if code in ("W001", "W002")], "no later deal is known"
    before = load(out / "scenario.yaml").posterior.segments["smb"].funnel.transitions.mean(axis=0)
    assert not np.allclose(scenario.posterior.segments["smb"].funnel.transitions.mean(axis=0), before)


def test_other_files_may_be_named(fitted, company_folder, tmp_path):
    folder, _ = company_folder
    out, _ = fitted
    recipe = recipe_of(out / "scenario.yaml", [f"data.history=[{folder / 'events.csv'}]"])
    assert recipe.files == (folder / "events.csv",) and recipe.draws == 200
    assert recipe.tables == ("deals",) and recipe.base is None
    # A scenario that was never learned is its own base.
    plain = recipe_of(folder / "scenario.yaml", [f"data.history=[{folder / 'events.csv'}]"])
    assert plain.base == folder / "scenario.yaml" and plain.tables == ()
    # One that waits for its learned file has none.
    waiting = recipe_of(
        folder / "scenario.yaml", [f"data.history=[{folder / 'events.csv'}]", "learned=x.yaml"]
    )
    assert waiting.base is None


def test_a_file_that_is_gone_is_told(fitted, tmp_path):
    out, _ = fitted
    (tmp_path / "simulator.toml").touch()
    (tmp_path / "new").mkdir()
    for name, content in kept(out).items():
        (tmp_path / "new" / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        recipe_of(tmp_path / "new" / "scenario.yaml")
    assert [p.code for p in caught.value.every] == ["S015", "S015"]
    assert "data: {history:" in caught.value.every[0].remedy


# ---- the track record


@pytest.fixture
def tracked(fitted, tmp_path):
    out, _ = fitted
    (tmp_path / "simulator.toml").touch()
    folder = tmp_path / "fitted"
    folder.mkdir()
    for name, content in kept(out).items():
        (folder / name).write_bytes(content)
    record = {"what": "bookings", "held": 5, "of": 6, "low": 0.4, "high": 0.95}
    content = {"verdict": [VERDICT, "6 windows tell little."], "track_record": record}
    (folder / "backtest.json").write_text(json.dumps(content))
    return folder


@pytest.mark.slow
def test_a_track_record_travels_with_what_was_learned(tracked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load(tracked / "scenario.yaml").track_record is None
    assert name_track_record(tracked) and learned_file_at(tracked / "learned.yaml").track_record
    said = invoke("run", "fitted/scenario.yaml", "--trials", 200, "--details", "--out", "run", "-q")
    assert said.count(VERDICT) == 2 and "6 windows tell little." in said
    payload = json.loads(Path("run/forecast.json").read_text())
    assert payload["track_record"]["held"] == 5 and payload["track_record"]["verdict"][0] == VERDICT
    assert Path("run/inputs/backtest.json").read_bytes() == (tracked / "backtest.json").read_bytes()
    assert load("run").track_record == payload["track_record"]
    assert not name_track_record(tmp_path), "no fit stands here"


@pytest.mark.parametrize("content", [None, "{", "{}", '{"verdict": [], "track_record": {}}'])
def test_a_track_record_that_cannot_be_read_is_told(tracked, content):
    name_track_record(tracked)
    (tracked / "backtest.json").unlink()
    if content is not None:
        (tracked / "backtest.json").write_text(content)
    with pytest.raises(InputError) as caught:
        load(tracked / "scenario.yaml")
    assert [p.code for p in caught.value.every] == ["S070"]


# ---- all commands one after the other, as a user types them


@pytest.mark.slow
@pytest.mark.parametrize("base", [False, True])
def test_from_history_to_a_forecast_that_knows_its_record(company_folder, tmp_path, base):
    _, paths = company_folder
    for path in paths.values():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "simulator.toml").touch()
    files = ["events.csv", "deals.csv", *(["--base", "scenario.yaml"] if base else [])]

    def run(*arguments):
        command = [sys.executable, "-W", "error", "-m", "simulator", *map(str, arguments)]
        environment = os.environ | {"NO_COLOR": "1", "PYTHONPATH": str(Path(__file__).parent.parent)}
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=300, env=environment
        )
        assert done.returncode == 0 and "Traceback" not in done.stderr, done.stdout + done.stderr
        return done.stdout

    run("fit", *files, "--draws", 200, "-o", "fit")
    assert "Self-check passed." in run("run", "fit/scenario.yaml", "--trials", 4000, "--out", "one", "-q")
    shown = run("show", "fit/scenario.yaml")
    assert "learned: 8 in 10" in shown
    conflicts = [line for line in shown.splitlines() if "W043" in line]
    assert not conflicts, "fit makes room for what it learned"
    run("check", *files)
    known = data_of(tmp_path / "fit" / "learned.yaml")["as_of"]
    year = int(known[:4])
    span = ["--from", f"{year - 1}-10-01", "--until", f"{year}-01-01"]
    run("backtest", *files, "--every", "1q", "--horizon", "1m", *span, "--trials", 200, "-o", "fit", "-q")
    assert data_of(tmp_path / "fit" / "learned.yaml")["track_record"] == "backtest.json"
    said = run("run", "fit/scenario.yaml", "--refit", "--trials", 2000, "--out", "two", "-q")
    assert "Past 80 % ranges of" in said and "Self-check passed." in said
    inputs = kept(tmp_path / "two" / "inputs")
    assert {"learned.yaml", "learned.draws.npz", "backtest.json", "scenario.yaml"} <= set(inputs)
    assert json.loads((tmp_path / "two" / "run.json").read_text())["arguments"]["refit"] is True
    again = run("run", "two", "--out", "three", "-q")
    assert "Past 80 % ranges of" in again
    assert (tmp_path / "two/forecast.json").read_bytes() == (tmp_path / "three/forecast.json").read_bytes()


@pytest.mark.slow
def test_what_is_set_and_learned_is_shown_as_a_conflict(fitted):
    out, _ = fitted
    said = invoke("show", out / "scenario.yaml", "--set", "market={shared: 0.02, segment: 0.03}")
    assert "[W043]" in said and "learned, but set in the scenario, which wins: market" in said


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"deals": 150, "segments": 2, "back": 0.1, "season": True, "dispersion": 4.0},
        {"deals": 120, "lingering": True, "growth": 0.8, "bluebirds": 0.1},
        {"deals": 200, "stages": 5, "prices": "list", "amount_effect": 0.4, "change": True, "stated": True},
    ],
)
def test_learned_forecasts_pass_their_self_check(tmp_path, options):
    from simulator.learning import learned_scenario
    from simulator.simulation import simulate

    one = company(21, **options)
    scenario = learned_scenario(fit(one.history.as_of(one.t), None, 300), None, "6m")
    # Each self-check fails by chance less than once in a thousand.
    assert simulate(scenario, trials=8000, seed=3).check.passed
