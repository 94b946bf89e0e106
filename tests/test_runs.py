import csv
import io
import json
import os
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from factory import make_scenario
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from simulator.errors import PlaceError, UsageError
from simulator.runs import (
    Record,
    add_files,
    file_names,
    previous_run,
    reserve,
    safe_name,
    scenario_file,
    write_file,
    write_run,
)
from simulator.runs.files import point_to
from simulator.runs.record import json_bytes, yaml_bytes
from simulator.runs.tables import csv_bytes, csv_rows

ROWS = [("series", "statistic", "value"), ("bookings", "p50", 0.1 + 0.2)]


def record(hour=9, **overrides):
    scenario = make_scenario(
        name="baseline",
        resolved={"version": 1, "name": "baseline", "as_of": date(2026, 10, 31), "data": {"decimal": ","}},
        tables={"deals": (("id", "stage"), ("D1", 'Need, "big"'), ("D2", "Größe\nzwei"))},
    )
    values = {
        "payload": {"schema_version": 1, "seed": 1, "trials": 1000, "totals": {"mean": 0.1 + 0.2}},
        "rows": ROWS,
        "deals": [{"id": "D1", "chance": 0.5, "p90": None}],
        "scenario": scenario,
        "arguments": {"scenario": "baseline.yaml", "trials": None},
        "started": datetime(2026, 11, 2, hour, tzinfo=UTC),
        "finished": datetime(2026, 11, 2, hour, 1, tzinfo=UTC),
    }
    return Record(**values | overrides)


def written(folder, **overrides):
    write_run(folder, record(**overrides))
    return {str(p.relative_to(folder.path)): p.read_bytes() for p in files(folder.path)}


def files(folder):
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.name != ".lock")


# ---- what is written


def test_a_run_leaves_its_result_its_inputs_and_its_record(tmp_path):
    folder = reserve("baseline", "2026-10-31", root=tmp_path)
    found = written(folder)
    assert set(found) == {"forecast.json", "forecast.csv", "deals.csv", "quality.json", "assumptions.json",
                          "run.json", "inputs/scenario.yaml", "inputs/deals.csv"}  # fmt: skip
    assert found["forecast.json"].decode().endswith('"mean": 0.30000000000000004\n }\n}\n')
    assert found["forecast.csv"].decode().splitlines()[1].endswith("p50,0.30000000000000004")
    assert found["deals.csv"] == b"id,chance,p90\nD1,0.5,\n"
    assert YAML(typ="safe").load(found["inputs/scenario.yaml"]) == {
        "version": 1, "name": "baseline", "as_of": date(2026, 10, 31),
        "data": {"decimal": ",", "deals": "deals.csv"},
    }  # fmt: skip
    assert found["inputs/deals.csv"].decode() == 'id,stage\nD1,"Need, ""big"""\nD2,"Größe\nzwei"\n'
    run = json.loads(found["run.json"])
    assert run["started"] == "2026-11-02T09:00:00+00:00"
    assert run["versions"]["numpy"] and run["previous"] is None and run["seed"] == 1
    assert set(run["inputs"]) == {"inputs/scenario.yaml", "inputs/deals.csv"}
    assert all(len(digest) == 64 for digest in run["inputs"].values())


def test_the_same_run_writes_the_same_bytes_but_for_its_times(tmp_path):
    first = written(reserve("baseline", "2026-10-31", root=tmp_path))
    again = written(reserve("baseline", "2026-10-31", root=tmp_path), hour=11)
    assert {k: v for k, v in first.items() if k != "run.json"} == {
        k: v for k, v in again.items() if k != "run.json"
    }
    one, two = json.loads(first["run.json"]), json.loads(again["run.json"])
    assert {k for k in one if one[k] != two[k]} == {"started", "finished"}


def test_no_number_that_is_not_finite_is_written(tmp_path):
    folder = reserve("baseline", "2026-10-31", root=tmp_path)
    with pytest.raises(ValueError, match="Out of range"):
        written(folder, payload={"mean": float("nan")})
    assert files(folder.path) == []


def test_yaml_keeps_the_order_and_awkward_texts():
    content = {"z": 1, "a": ["yes", "1e3", "null", "ü: #", "2026-01-01", "a\nb", 1e-7, True, None, {"k": ()}]}
    back = YAML(typ="safe").load(yaml_bytes(content).decode())
    assert back == content | {"a": [*content["a"][:-1], {"k": []}]} and list(back) == ["z", "a"]


def test_names_that_are_no_text_do_not_stop_a_run():
    assert json.loads(json_bytes({"name": "a\ud800"})) == {"name": "a?"}
    assert csv_bytes([["a"], ["x\ud800"]]) == b"a\nx?\n"


def test_no_spreadsheet_takes_a_text_for_a_formula_and_programs_read_what_was_written(tmp_path):
    texts = ["=1+1", " =1", "+a", "-a", "@a", "＝1", "\ta", "\ra", "\na", "'=1", "''-a",
             "a=1", "'a", "", "-1.5e-3", "+2", "a\rb", "a\nb", "a\r\nb", 'a"b', "a,b", "\ufeffa",
             "\u2028", "a;b"]  # fmt: skip
    content = csv_bytes([["name", "=n"], *([text, -1.5] for text in texts)])
    (tmp_path / "x.csv").write_bytes(content)
    assert csv_rows(tmp_path / "x.csv") == [{"name": text, "=n": "-1.5"} for text in texts]
    shown = [row[0] for row in csv.reader(io.StringIO(content.decode(), newline=""))][1:]
    assert [s for s, t in zip(shown, texts, strict=True) if s != t] == [f"'{text}" for text in texts[:11]]
    assert all(re.match(r"[\w\ufeff\u2028'\"]|[+-]\d|$", text) for text in shown)
    own = csv_bytes([["name"], *([text] for text in texts)], verbatim=True)
    assert [row[0] for row in csv.reader(io.StringIO(own.decode(), newline=""))][1:] == texts


# ---- where it is written


def test_further_runs_of_one_day_are_numbered_and_latest_points_to_the_newest(tmp_path):
    for number, name in enumerate(["2026-10-31", "2026-10-31-2", "2026-10-31-3"]):
        folder = reserve("baseline", "2026-10-31", root=tmp_path)
        assert folder.path == tmp_path / "baseline" / name
        assert folder.handle == tmp_path / "baseline" / "latest"
        written(folder, hour=number)
        assert os.readlink(tmp_path / "baseline" / "latest") == name
    for _ in range(8):
        folder = reserve("baseline", "2026-10-31", root=tmp_path)
        written(folder)
    assert os.readlink(tmp_path / "baseline" / "latest") == "2026-10-31-11"
    old = reserve("baseline", "2026-09-30", root=tmp_path)
    written(old)
    assert os.readlink(tmp_path / "baseline" / "latest") == "2026-10-31-11"
    assert old.handle == old.path


def test_the_previous_run_is_the_newest_of_an_earlier_day(tmp_path):
    for as_of in ("2026-08-31", "2026-09-30", "2026-09-30", "2026-10-31", "2026-11-30"):
        written(reserve("baseline", as_of, root=tmp_path))
    (tmp_path / "baseline" / "2026-10-15").mkdir()  # no run.json: never finished
    (tmp_path / "baseline" / "notes").mkdir()
    folder = reserve("baseline", "2026-10-31", root=tmp_path)
    assert previous_run(folder) == tmp_path / "baseline" / "2026-09-30-2"
    assert json.loads(written(folder)["run.json"])["previous"] == "../2026-09-30-2"


def test_out_is_the_folder_itself_and_moves_no_latest(tmp_path):
    out = tmp_path / "deep" / "here"
    folder = reserve("baseline", "2026-10-31", out=out, root=tmp_path / "reports")
    assert set(written(folder)) == set(written(reserve("baseline", "2026-10-31", out, tmp_path / "reports")))
    assert not (tmp_path / "reports").exists() and folder.handle == out


def test_a_released_folder_is_gone_unless_it_was_there_before(tmp_path):
    folder = reserve("baseline", "2026-10-31", root=tmp_path)
    folder.release()
    assert not folder.path.exists()
    folder = reserve("baseline", "2026-10-31", root=tmp_path)
    written(folder)
    folder.release()
    assert (folder.path / "run.json").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    reserve("baseline", "2026-10-31", out=tmp_path / "mine").release()
    assert (tmp_path / "mine" / "notes.txt").exists()


# ---- a folder that another run has used


def out(tmp_path, **overrides):
    folder = reserve("baseline", "2026-10-31", out=tmp_path / "out", root=tmp_path / "reports")
    return folder, written(folder, **overrides)


def test_a_new_run_leaves_nothing_of_the_older_one(tmp_path):
    """Files that the program wrote and writes no more are gone; those of others stay."""
    folder, _ = out(tmp_path)
    add_files(folder.path, ["figures/months.svg", "figures/total.png"])
    ours = ("figures/months.svg", "figures/total.png", "bridge.json", "report.html")
    others = ("notes.txt", "inputs/mine.csv", "figures/photo.png", "figures.txt", ".hidden")
    (folder.path / "figures").mkdir()
    for name in (*ours, *others):
        (folder.path / name).write_text("old")
    bare = make_scenario(name="baseline", resolved={"version": 1}, tables={})
    found = out(tmp_path, scenario=bare)[1]
    assert set(found) == {
        "forecast.json",
        "forecast.csv",
        "deals.csv",
        "quality.json",
        "assumptions.json",
        "run.json",
        "inputs/scenario.yaml",
        *others,
    }
    assert all(found[name] == b"old" for name in others)
    assert json.loads(found["run.json"])["files"] == [
        *("assumptions.json", "deals.csv", "forecast.csv", "forecast.json"),
        *("inputs/scenario.yaml", "quality.json"),
    ]  # fmt: skip


def test_folders_that_are_empty_then_go_too(tmp_path):
    folder, _ = out(tmp_path)
    (folder.path / "figures").mkdir()
    (folder.path / "figures" / "months.svg").write_text("old")
    add_files(folder.path, ["figures/months.svg"])
    out(tmp_path)
    assert not (folder.path / "figures").exists()


def test_a_run_after_one_that_was_cut_short_knows_its_files(tmp_path, monkeypatch):
    first, _ = out(tmp_path)
    (first.path / "bridge.json").write_text("old")

    def cut(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("simulator.runs.record._circumstances", cut)
        with pytest.raises(KeyboardInterrupt):
            out(tmp_path, scenario=make_scenario(name="baseline", tables={"plan": (("month",),)}))
    assert not (first.path / "run.json").exists() and (first.path / "inputs" / "plan.csv").exists()
    found = out(tmp_path)[1]
    assert set(found) == {"forecast.json", "forecast.csv", "deals.csv", "quality.json", "assumptions.json",
                          "run.json", "inputs/scenario.yaml", "inputs/deals.csv"}  # fmt: skip


@pytest.mark.parametrize("name", ["deals.csv", "forecast.json", "inputs/deals.csv", "run.json"])
def test_files_of_others_are_never_overwritten(tmp_path, name):
    path = tmp_path / "out" / name
    path.parent.mkdir(parents=True)
    path.write_text('{"mine": 1}')
    names = file_names(record().scenario)
    with pytest.raises(
        UsageError, match=r"is no file of a run and would be overwritten: name another folder"
    ):
        reserve("baseline", "2026-10-31", out=tmp_path / "out", files=names)
    with pytest.raises(UsageError, match="would be overwritten"):
        out(tmp_path)
    assert [p.read_text() for p in files(tmp_path)] == ['{"mine": 1}']


def test_a_record_cannot_name_files_outside_its_folder(tmp_path):
    folder, _ = out(tmp_path)
    (tmp_path / "mine.txt").write_text("keep")
    add_files(folder.path, ["../mine.txt", str(tmp_path / "mine.txt"), "..\\mine.txt"])
    out(tmp_path)
    assert (tmp_path / "mine.txt").exists()


def test_records_without_a_list_of_files_are_runs_too(tmp_path):
    folder, _ = out(tmp_path)
    old = json.loads((folder.path / "run.json").read_text())
    del old["files"]
    (folder.path / "run.json").write_text(json.dumps(old))
    found = out(tmp_path, scenario=make_scenario(name="baseline"))[1]
    assert "inputs/deals.csv" not in found and "run.json" in found


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("baseline", "baseline"),
        ("../../etc", "etc"),
        ("a/b\\c", "a-b-c"),
        ("..", "scenario"),
        ("", "scenario"),
        (".hidden", "hidden"),
        ("Plan 2027: süd – 日本", "Plan-2027-süd-日本"),
        ("/etc/passwd", "etc-passwd"),
        ("a\x00\x1b[31mb\u202e", "a-31mb"),
    ],
)
def test_a_name_becomes_one_harmless_folder(name, folder):
    assert safe_name(name) == folder


@given(st.text(max_size=300))
def test_no_name_leaves_the_reports(name):
    folder = Path("reports") / safe_name(name)
    assert folder.resolve().parent == Path("reports").resolve()
    assert 0 < len(folder.name.encode()) <= 100 and not folder.name.startswith(".")


def test_a_scenario_is_a_file_or_a_run(tmp_path):
    written(folder := reserve("baseline", "2026-10-31", root=tmp_path))
    inner = folder.path / "inputs" / "scenario.yaml"
    assert scenario_file(folder.path) == inner
    assert scenario_file(tmp_path / "baseline" / "latest").resolve() == inner.resolve()
    assert scenario_file(inner) == inner
    with pytest.raises(UsageError, match="without a scenario"):
        scenario_file(tmp_path)
    with pytest.raises(PlaceError, match="there is no"):
        scenario_file(tmp_path / "missing.yaml")


# ---- what may go wrong


CALLS = ("open", "write", "fsync", "replace")


@pytest.mark.parametrize("call", CALLS)
def test_a_failure_at_any_file_call_leaves_no_partial_file(tmp_path, monkeypatch, call):
    whole = written(reserve("whole", "2026-10-31", root=tmp_path))
    real, failures = getattr(os, call), 0
    for number in range(100):
        folder = reserve("baseline", "2026-10-31", root=tmp_path)
        count = iter(range(10_000))

        def failing(*args, count=count, number=number, **kwargs):
            if next(count) == number:
                raise OSError(28, "No space left on device")
            return real(*args, **kwargs)

        with monkeypatch.context() as patch:
            patch.setattr(os, call, failing)
            try:
                write_run(folder, record())
                break
            except PlaceError as error:
                failures += 1
                assert "no space left on device" in str(error) and error.exit_code == 5
        for path in files(folder.path):
            known = path.name in ("run.json", ".unfinished.json")
            assert known or path.read_bytes() == whole[str(path.relative_to(folder.path))]
        assert not [p for p in tmp_path.rglob("*.tmp")]
        if not (folder.path / "run.json").exists():
            folder.release()
            assert not folder.path.exists()
    assert failures >= 6


def test_an_interruption_leaves_nothing_half_written(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    path.write_text("before")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_file(path, b"after")
    assert os.listdir(tmp_path) == ["a.json"] and path.read_text() == "before"


def test_short_writes_are_carried_on(tmp_path, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, content: real(handle, content[:3]))
    write_file(tmp_path / "a", b"0123456789")
    assert (tmp_path / "a").read_bytes() == b"0123456789"


def test_what_stands_in_the_way_is_named(tmp_path):
    (tmp_path / "baseline").write_text("a file")
    with pytest.raises(PlaceError, match=r"cannot write .*baseline: "):
        reserve("baseline", "2026-10-31", root=tmp_path)
    with pytest.raises(PlaceError, match="cannot write"):
        reserve("x", "2026-10-31", out=tmp_path / "baseline")
    (tmp_path / "latest").mkdir()
    with pytest.raises(PlaceError, match="latest"):
        point_to(tmp_path / "latest", "2026-10-31")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_named(tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    with pytest.raises(PlaceError, match="permission denied"):
        reserve("baseline", "2026-10-31", root=locked)


def test_two_runs_at_once_take_two_folders(tmp_path):
    code = (
        "import sys; from pathlib import Path; from simulator.runs.folder import reserve\n"
        "for _ in range(20): print(reserve('b', '2026-10-31', root=Path(sys.argv[1])).path.name)"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    names = [line for run in runs for line in run.communicate()[0].splitlines()]
    assert len(names) == len(set(names)) == 40
