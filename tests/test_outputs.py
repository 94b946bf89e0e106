"""What is written stays in its folder: neither a link nor a name leads out of it."""

import json
import os

import pytest
from click.testing import CliRunner
from refused import REFUSED
from written import SCENARIO, write

from simulator.cli import bridge, main
from simulator.errors import PlaceError, UsageError
from simulator.runs import inside, reserve, run_of, safe_name, write_file, write_results
from simulator.runs.files import stays_inside
from simulator.runs.leftovers import begin

OUT = ("../x", "a/../../x", "/etc/x", "C:x", "a\\..\\x", "\\\\server\\x", "a\0b")
HOSTILE = ("..", "../..", "../../etc", "/etc", "a/b", "C:\\x", "\\\\server\\x", "CON", "nul.txt", "", ".",
           " . ", "-rf", "~", "\u202e", "x" * 400, "a\0b", "...", "\uff0e\uff0e/x")  # fmt: skip


@pytest.fixture
def outside(tmp_path):
    """A folder of somebody else, with a file in it, which must be there afterwards as it was."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "mine.svg").write_text("mine")
    yield folder
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"mine.svg": "mine"}


@pytest.fixture
def run(tmp_path):
    """The folder of a run, with what it says that runs have written there."""
    folder = tmp_path / "reports" / "small" / "2026-10-31"
    folder.mkdir(parents=True)
    files = ["forecast.json", "figures/mine.svg"]
    (folder / "run.json").write_text(json.dumps({"files": files, "versions": {"funnel-simulator": "1"}}))
    return folder


@pytest.mark.parametrize("name", OUT)
def test_no_name_leads_out(tmp_path, name):
    assert not stays_inside(name)
    with pytest.raises(PlaceError) as caught:
        inside(tmp_path, name)
    assert caught.value.code == "P005"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_scenario_is_one_folder_whatever_its_name(tmp_path, name):
    folder = reserve(name, "2026-10-31", root=tmp_path / "reports")
    assert folder.path.parent.parent == tmp_path / "reports" and folder.path.parent.name == safe_name(name)
    assert os.listdir(tmp_path) == ["reports"]
    folder.release()


def test_nothing_is_written_through_a_linked_folder(run, outside):
    (run / "figures").symlink_to(outside)
    with pytest.raises(PlaceError, match="figures is a link"):
        write_results(run, {"explain.json": b"{}", "figures/mine.svg": b"ours"})
    with pytest.raises(PlaceError, match="figures is a link"):
        begin(run, ["figures/mine.svg"])


def test_nothing_is_taken_away_through_one(run, outside):
    (run / "figures").symlink_to(outside)
    with pytest.raises(PlaceError, match="figures is a link"):
        begin(run, ["forecast.json"])  # an older run's figure, it seems, that this one does not write
    assert json.loads((run / "run.json").read_text()), "nor is anything of the run's own"


@pytest.mark.parametrize("link", ["small", "small/2026-10-31"])
def test_runs_are_in_no_linked_folder(tmp_path, outside, link):
    place = tmp_path / "reports" / link
    place.parent.mkdir(parents=True)
    place.symlink_to(outside)
    if link == "small":
        with pytest.raises(PlaceError, match="is a link"):
            reserve("small", "2026-10-31", root=tmp_path / "reports")
    else:
        folder = reserve("small", "2026-10-31", root=tmp_path / "reports")
        assert folder.path.name == "2026-10-31-2" and not folder.path.is_symlink()
        folder.release()


def test_blocks_are_in_no_linked_folder(tmp_path, outside):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / ".blocks").symlink_to(outside)
    with pytest.raises(PlaceError, match=r"\.blocks is a link"):
        reserve("small", "2026-10-31", out=tmp_path / "here")


@pytest.mark.parametrize("name", [".lock", ".forecast.json.{}.tmp", "forecast.json"])
def test_no_linked_file_is_written_to(tmp_path, outside, name):
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / name.format(os.getpid())).symlink_to(outside / "mine.svg")
    if name == ".lock":
        with pytest.raises(PlaceError):
            reserve("small", "2026-10-31", out=folder)
    else:
        write_file(folder / "forecast.json", b"{}")
        assert (folder / "forecast.json").read_bytes() == b"{}" and not (
            folder / "forecast.json"
        ).is_symlink()


def test_a_record_that_lies_takes_nothing_away(tmp_path, run, outside):
    record = json.loads((run / "run.json").read_text())
    record["files"] = ["../../../outside/mine.svg", str(outside / "mine.svg"), "..\\mine.svg"]
    (run / "run.json").write_text(json.dumps(record))
    begin(run, ["forecast.json"])


def test_a_record_that_lies_has_nothing_read(tmp_path, monkeypatch):
    with pytest.raises(UsageError):
        REFUSED["U007"](tmp_path, monkeypatch)
    record = json.loads((tmp_path / "run.json").read_text())
    for previous in ("../../elsewhere", "/etc"):
        (tmp_path / "run.json").write_text(json.dumps(record | {"previous": previous}))
        with pytest.raises(UsageError, match=r"the run before .* lies outside") as caught:
            bridge._runs((tmp_path,))
        assert caught.value.code == "U007"
    for name in ("/dev/zero", "../../dev/zero"):  # reading it would never end
        (tmp_path / "run.json").write_text(json.dumps(record | {"inputs": {name: "0"}}))
        assert not run_of(tmp_path).has_own_inputs
    (tmp_path.parent / "secret").write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    (tmp_path / "run.json").write_text(json.dumps(record | {"inputs": {"../secret": empty}}))
    assert not run_of(tmp_path).has_own_inputs, "and nobody learns from it whether a guess is right"
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "run.json").write_text(json.dumps(record | {"inputs": {"zero": "0"}}))
    assert not run_of(tmp_path).has_own_inputs


@pytest.mark.slow
def test_a_column_to_group_by_names_no_file(tmp_path, monkeypatch, undrawn):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    path = write(tmp_path / "in", SCENARIO, "id,stage,amount,../../out\nD1,Proposal,5,../../../x\n")
    before = sorted(os.listdir(tmp_path.parent))
    result = CliRunner().invoke(main, ["run", str(path), "--trials", "50", "--by", "../../out", "-q"])
    assert result.exit_code == 0, result.output
    assert sorted(os.listdir(tmp_path)) == ["in", "reports"] and sorted(os.listdir(tmp_path.parent)) == before
    assert sorted(os.listdir(tmp_path / "in")) == ["deals.csv", "small.yaml"]
