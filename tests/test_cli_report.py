"""The command `report`, and that what is asked of a run later stands in its report."""

import json

import pytest
from click.testing import CliRunner
from left import BRIDGE, folder_of, results
from sample_forecast import sample_forecast

from simulator.cli import main
from simulator.cli.questions import kept
from simulator.cli.report import FORMATS
from simulator.report.editions import EDITIONS, USUAL


@pytest.fixture
def run(tmp_path):
    """The folder of a small run."""
    folder_of(results(sample_forecast(deals=3, months=4, trials=200)), tmp_path / "run")
    return tmp_path / "run"


def report(*words):
    return CliRunner().invoke(main, ["report", *map(str, words)])


def test_the_command_knows_every_form():
    assert set(FORMATS) == set(EDITIONS) and set(USUAL) <= set(EDITIONS)


def test_it_writes_the_page_into_the_runs_folder_and_notes_it(run):
    result = report(run, "--format", "html")
    assert result.exit_code == 0 and result.output == f"{run / 'report.html'}\n"
    assert (run / "report.html").read_bytes().startswith(b"<!DOCTYPE html>")
    assert "report.html" in json.loads((run / "run.json").read_text("utf-8"))["files"]


def test_several_forms_go_where_one_says(run, tmp_path):
    out = tmp_path / "new" / "place"
    result = report(run, "--format", "html", "--format", "md", "--out", out)
    assert result.exit_code == 0, result.output
    assert {path.name for path in out.iterdir()} == {"report.html", "report.md"}
    assert not (run / "report.html").exists()


def test_what_is_no_run_is_refused(tmp_path):
    result = report(tmp_path / "nowhere")
    assert result.exit_code == 5 and "there is no" in result.output
    result = report(tmp_path)
    assert result.exit_code == 2 and "cannot be read as a run" in result.output


def test_a_damaged_answer_is_named(run):
    (run / "explain.json").write_text("{", "utf-8")
    result = report(run)
    assert result.exit_code == 2 and "explain.json is damaged" in result.output


def test_a_file_of_somebody_else_is_not_overwritten(run):
    record = json.loads((run / "run.json").read_text("utf-8"))
    (run / "report.html").write_text("mine", "utf-8")
    (run / "run.json").write_text(json.dumps(record | {"versions": {}, "files": []}), "utf-8")
    report(run, "--format", "md")
    assert (run / "report.html").read_text("utf-8") == "mine"


def test_what_is_asked_later_stands_in_the_page(run):
    report(run, "--format", "html")
    assert "Since 30 Sep 2026" not in (run / "report.html").read_text("utf-8")
    kept("bridge", BRIDGE, dict, run)
    assert "Since 30 Sep 2026" in (run / "report.html").read_text("utf-8")
    assert not (run / "report.xlsx").exists()


def test_no_page_is_made_where_there_was_none(run, tmp_path):
    kept("bridge", BRIDGE, dict, run)
    assert (run / "bridge.json").exists() and not (run / "report.html").exists()
    kept("bridge", BRIDGE, dict, tmp_path / "scenario.yaml", tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["bridge.json"]
