import io
import json
import os
import subprocess
import sys
import types
from datetime import date
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from factory import make_pipeline, make_scenario, make_wins

from simulator.cli import COMMANDS, doctor, main
from simulator.cli import run as run_module
from simulator.cli.terminal import Progress
from simulator.errors import InputError, PlaceError, Problem, SimulatorError, UsageError


@pytest.fixture
def project(tmp_path, monkeypatch, undrawn):
    """A working folder whose scenarios are made without files; what was asked of the loader is kept."""
    asked = []

    def load(path, sets=(), as_of=None, allow_outside=False):
        asked.append((path, sets, as_of))
        trials = [s.split("=")[1] for s in sets if s.startswith("trials=")]
        return make_scenario(
            name="my/../plan",
            trials=int(trials[0]) if trials else 200,
            pipeline=make_pipeline(
                4, amount=5_000_000, stage=[0, 1, 2, 2], extra={"owner": ("A", "B", "A", "")}
            ),
            wins=make_wins(day=[-10], amount=[20_000_000]),
            resolved={"version": 1, "name": "my/../plan"},
            tables={"deals": (("id",), ("D1",))},
        )

    loading = types.ModuleType("simulator.loading")
    loading.load = load
    monkeypatch.setitem(sys.modules, "simulator.loading", loading)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.yaml").write_text("version: 1\n")
    loading.asked = asked
    return loading


def invoke(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def python(code, *arguments, **options):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120, **options
    )


# ---- what stands on standard output


def test_run_prints_the_first_screen_and_leaves_a_folder(project, tmp_path):
    result = invoke("run", "plan.yaml")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("my/../plan · as of 31 Oct 2026 · thousand EUR · 200 trials")
    assert "Files: reports/my-plan/2026-10-31/\n" in result.stdout
    assert "Next: simulator explain reports/my-plan/latest\n" in result.stdout
    folder = tmp_path / "reports" / "my-plan" / "2026-10-31"
    assert json.loads((folder / "forecast.json").read_text())["trials"] == 200
    assert len(list((folder / "figures").iterdir())) == 12
    assert os.readlink(folder.parent / "latest") == "2026-10-31"
    assert result.stderr == ""


def test_json_is_all_there_is(project, tmp_path):
    result = invoke("run", "plan.yaml", "--format", "json", "--out", "here")
    assert result.stdout_bytes == (tmp_path / "here" / "forecast.json").read_bytes()
    assert json.loads(result.stdout)["headline"]


def test_csv_is_the_long_table(project, tmp_path):
    result = invoke("run", "plan.yaml", "--format", "csv", "--out", "here")
    assert result.stdout_bytes == (tmp_path / "here" / "forecast.csv").read_bytes()
    assert result.stdout.startswith("series,segment,source,from,until,cumulative,statistic,value\n")


def test_tables_and_details_follow_the_first_screen(project):
    result = invoke("run", "plan.yaml", "--by", "month", "--by", "owner", "--details")
    assert result.exit_code == 0, result.output
    places = [result.stdout.index(part) for part in ("Next: ", "By month", "By owner", "By segment")]
    assert places == sorted(places) and "Deals with the largest average" in result.stdout


@pytest.mark.slow
def test_the_result_stands_before_anything_slow_is_imported(project):
    code = (
        "import sys; sys.path.insert(0, 'tests'); import test_cli as t\n"
        "from simulator.cli import terminal, main\n"
        "slow = ('pandas', 'matplotlib', 'scipy.stats')\n"
        "def say(text): print('at print time:', [m for m in slow if m in sys.modules])\n"
        "terminal.say = say\n"
        "import simulator.cli.run as r; r.say = say\n"
        "import simulator.loading as m\n"
        "scenario = t.make_scenario(trials=100, pipeline=t.make_pipeline(4))\n"
        "m.load = lambda path, sets=(), as_of=None, allow_outside=False: scenario\n"
        "main(['run', sys.argv[1], '--out', sys.argv[2]])"
    )
    root = Path(__file__).resolve().parent.parent
    done = python(code, str(Path("plan.yaml").resolve()), str(Path("out").resolve()), cwd=root)
    assert done.stdout == "at print time: []\n", done.stderr
    assert (Path("out") / "figures" / "funnel.png").exists()


def test_options_reach_the_scenario(project):
    invoke("run", "plan.yaml", "--trials", "50", "--seed", "9", "--as-of", "2026-09-30", "--set", "a.b=1")
    assert project.asked[0] == (Path("plan.yaml"), ("a.b=1", "trials=50", "seed=9"), date(2026, 9, 30))
    record = json.loads(Path("reports/my-plan/2026-10-31/run.json").read_text())
    assert record["arguments"] == {"scenario": "plan.yaml", "as_of": "2026-09-30",
                                   "set": ["a.b=1", "trials=50", "seed=9"], "by": []}  # fmt: skip
    assert record["trials"] == 50


def test_a_run_is_a_scenario(project, tmp_path):
    invoke("run", "plan.yaml", "--out", "first")
    again = invoke("run", "first", "--out", "second")
    assert project.asked[1][0] == Path("first/inputs/scenario.yaml")
    assert again.exit_code == 0
    for name in ("forecast.json", "forecast.csv", "deals.csv", "inputs/scenario.yaml", "figures/months.svg"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_a_second_run_in_a_folder_leaves_no_older_figure(project, tmp_path):
    assert invoke("run", "plan.yaml", "--out", "here").exit_code == 0
    figures = tmp_path / "here" / "figures"
    assert len(list(figures.iterdir())) == 12
    assert invoke("run", "plan.yaml", "--out", "here", "--trials", "5").exit_code == 0
    assert sorted(p.name for p in figures.iterdir()) == ["funnel.png", "funnel.svg"]


def test_a_run_never_overwrites_the_deals_that_it_reads(project, tmp_path, monkeypatch):
    (tmp_path / "deals.csv").write_text("mine")
    monkeypatch.setattr("simulator.simulation.simulate", raising(AssertionError))
    result = invoke("run", "plan.yaml", "--out", ".")
    assert result.exit_code == 2 and "deals.csv is no file of a run and would be overwritten" in result.stderr
    assert (tmp_path / "deals.csv").read_text() == "mine"


@pytest.mark.parametrize("column", ["stage", "customer", "currency", "owner"])
def test_columns_that_the_forecast_reads_may_be_asked_for(project, column):
    result = invoke("run", "plan.yaml", "--by", column)
    assert result.exit_code == 0, result.output
    assert f"By {column}, 1 Jan 2026 – 31 Oct 2027" in result.stdout


@pytest.mark.slow
def test_no_escape_codes_in_pipes_or_without_colour(project):
    for env in ({}, {"NO_COLOR": "1"}, {"FORCE_COLOR": "1", "TERM": "xterm"}):
        result = CliRunner(env=env).invoke(main, ["run", "plan.yaml", "--details"])
        assert "\x1b" not in result.output


def test_show_draws_no_random_number(project, monkeypatch):
    def draw(*_, **__):
        raise AssertionError("a random number was drawn")

    # Every draw goes through one of the two, wherever it is asked for.
    monkeypatch.setattr("simulator.streams.mix64", draw)
    monkeypatch.setattr("simulator.streams.Streams.keys", draw)
    assert isinstance(invoke("run", "plan.yaml", "--out", "out").exception, AssertionError)
    result = invoke("show", "plan.yaml")
    assert result.exit_code == 0, result.output
    for part in ("smb: chances and days by stage", "what stands in the funnel", "What to expect on average"):
        assert part in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100
    assert not Path("reports").exists()


# ---- how it ends


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            InputError([Problem("S010", "unknown key", file="plan.yaml", line=3)]),
            3,
            "error[S010] unknown key",
        ),
        (InputError([Problem("D014", "amount is not a number", row=3)]), 4, "error[D014] amount is not"),
        (InputError([Problem("D014", "x"), Problem("S001", "y")]), 3, "error[S001] y"),
        (UsageError("does not fit"), 2, "error: does not fit\n"),
        (PlaceError("disk full"), 5, "error: disk full\n"),
        (SimulatorError("a defect"), 1, "error: a defect\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
    ],
)
def test_errors_become_messages_and_exit_codes(project, error, code, said):
    def load(*_, **__):
        raise error

    project.load = load
    for command in ("run", "show"):
        result = invoke(command, "plan.yaml")
        assert result.exit_code == code and said in result.stderr and result.stdout == ""
    assert not Path("reports").exists(), "nothing is written"


def test_a_defect_keeps_its_traceback(project):
    def load(*_, **__):
        raise ZeroDivisionError

    project.load = load
    result = invoke("run", "plan.yaml")
    assert isinstance(result.exception, ZeroDivisionError) and result.exit_code == 1


def test_an_interrupted_or_failed_run_leaves_no_folder(project, monkeypatch):
    for error in (KeyboardInterrupt, PlaceError("no")):
        with monkeypatch.context() as patch:
            patch.setattr("simulator.simulation.simulate", raising(error))
            assert invoke("run", "plan.yaml").exit_code in (130, 5)
        assert os.listdir("reports/my-plan") == []


def raising(error):
    def call(*_, **__):
        raise error

    return call


def test_problems_are_written_down(project, tmp_path):
    project.load = raising(InputError([Problem("D014", "amount is not a number", row=3, value='12,"x"')]))
    result = invoke("run", "plan.yaml", "--problems", "problems.csv")
    assert result.exit_code == 4
    lines = (tmp_path / "problems.csv").read_text().splitlines()
    assert lines[0] == "code,message,file,line,row,column,entity,value,remedy,count"
    assert lines[1] == 'D014,amount is not a number,,,3,,,"12,""x""",,0'


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["fly"],
        ["run", "plan.yaml", "--trials", "many"],
        ["run", "plan.yaml", "--trials", "0"],
        ["run", "plan.yaml", "--workers", "0"],
        ["run", "plan.yaml", "--as-of", "31.10.2026"],
        ["run", "plan.yaml", "--format", "xml"],
        ["run", "plan.yaml", "--by", "owner", "--by", "team"],
        ["run", "plan.yaml", "--by", "team"],
        ["completion", "tcsh"],
    ],
)
def test_what_does_not_fit_is_usage(project, arguments):
    result = invoke(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stderr and not result.stdout


def test_a_missing_scenario_is_named(project):
    result = invoke("run", "nowhere.yaml")
    assert result.exit_code == 5 and result.stderr == "error[P002] there is no nowhere.yaml\n"


def test_a_failed_self_check_ends_with_1(project, monkeypatch):
    from simulator.forecast import Forecast

    real = Forecast.to_json
    monkeypatch.setattr(
        Forecast, "to_json", lambda self: real(self) | {"self_check": {"largest_z": 9.0, "passed": False}}
    )
    result = invoke("run", "plan.yaml")
    assert result.exit_code == 1 and "SELF-CHECK FAILED" in result.stdout
    assert Path("reports/my-plan/2026-10-31/forecast.json").exists()


def test_a_reader_who_leaves_does_not_stop_the_run(project):
    code = (
        "import sys; from simulator.cli.terminal import say\n"
        "for _ in range(2000): say('x' * 1000)\n"
        "print('went on', file=sys.stderr)"
    )
    run = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    run.stdout.read(10)
    run.stdout.close()
    assert run.stderr.read() == b"went on\n" and run.wait(60) == 0
    run.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_behind_standard_output_is_said():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "simulator", "completion", "zsh"], stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 5 and b"cannot write to standard output: no space left" in done.stderr


# ---- the commands around


def test_help_loads_no_numbers():
    code = (
        "import sys; from simulator.cli import main\n"
        "try: main(['--help'])\n"
        "finally: print([m for m in ('numpy', 'pydantic', 'scipy', 'rich') if m in sys.modules])"
    )
    done = python(code)
    assert done.returncode == 0 and done.stdout.endswith("[]\n")
    for name in COMMANDS:
        done = python(code.replace("'--help'", f"'{name}', '--help'"))
        assert done.returncode == 0 and done.stdout.endswith("[]\n"), name


def test_the_list_of_commands_says_what_each_says_itself():
    for name, said in COMMANDS.items():
        command = main.get_command(click.Context(main), name)
        assert command.name == name and command.short_help == said


def test_version():
    result = invoke("--version")
    assert result.exit_code == 0 and result.stdout == "simulator, version 0.1.0\n"
    done = subprocess.run([sys.executable, "-m", "simulator", "--version"], capture_output=True, text=True)
    assert done.stdout == result.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell):
    result = invoke("completion", shell)
    assert result.exit_code == 0 and "_SIMULATOR_COMPLETE" in result.stdout


def test_completion_knows_commands_and_options():
    env = os.environ | {
        "_SIMULATOR_COMPLETE": "bash_complete",
        "COMP_WORDS": "simulator run --tr",
        "COMP_CWORD": "2",
    }
    done = python("from simulator.cli import main; main(prog_name='simulator')", env=env)
    assert "--trials" in done.stdout


def test_doctor_finds_this_machine_well():
    result = invoke("doctor")
    assert result.exit_code == 0, result.output
    assert "ok      time zones: Europe/Berlin" in result.stdout and "all is well" in result.stdout


def test_doctor_ends_with_5_where_something_is_broken(monkeypatch):
    monkeypatch.setattr("simulator.cli.doctor._time_zones", raising(OSError("no time zone data")))
    result = invoke("doctor")
    assert result.exit_code == 5 and "BROKEN  time zones: no time zone data" in result.stdout


def test_doctor_tells_which_extras_are_there(monkeypatch):
    versions = {"dask": "1", "distributed": "2"}

    def version(name):
        if name in ("numba", "duckdb"):
            raise doctor.metadata.PackageNotFoundError(name)
        return versions.get(name, "3")

    monkeypatch.setattr(doctor.metadata, "version", version)
    said = invoke("doctor").stdout
    assert "ok      [dask]: dask 1, distributed 2" in said
    assert "without [fast]: large runs in less time; pip install 'funnel-simulator[fast]'" in said
    assert "without [sql]: " in said and "[dev]" not in said


def test_init_writes_a_project_and_spares_what_is_there(tmp_path):
    result = invoke("init", tmp_path / "new")
    assert result.exit_code == 0, result.output
    assert sorted(os.listdir(tmp_path / "new")) == [
        "README.md",
        "deals.csv",
        "receivables.csv",
        "scenario.yaml",
        "simulator.toml",
    ]
    again = invoke("init", tmp_path / "new")
    assert again.exit_code == 2 and "not empty" in again.stderr
    assert invoke("init", tmp_path / "new", "--force").exit_code == 0
    assert invoke("init", tmp_path / "new" / "deals.csv").exit_code == 5


@pytest.mark.slow
def test_a_new_project_runs_as_it_stands(tmp_path, monkeypatch):
    assert invoke("init", tmp_path / "new").exit_code == 0
    monkeypatch.chdir(tmp_path / "new")
    shown = invoke("show", "scenario.yaml")
    assert shown.exit_code == 0 and "enterprise: chances and days by stage" in shown.stdout, shown.output
    first = invoke("run", "scenario.yaml", "--trials", "400", "--by", "owner")
    assert first.exit_code == 0 and "By owner" in first.stdout, first.output
    again = invoke("run", "reports/my-forecast/latest", "--by", "owner", "--out", "again")
    assert again.exit_code == 0, again.output
    kept = Path("reports/my-forecast/2026-10-31")
    for path in kept.rglob("*"):
        # The report names its folder and when it was made, as run.json does.
        if path.is_file() and path.name not in ("run.json", "report.html", "report.xlsx"):
            assert path.read_bytes() == (Path("again") / path.relative_to(kept)).read_bytes(), path
    wrong = invoke("run", "scenario.yaml", "--set", "segments.smb.stages.Contract.close=1.5")
    assert wrong.exit_code == 3 and wrong.stderr.startswith("error[S") and wrong.stdout == ""
    Path("deals.csv").write_text("id,segment,stage,amount\nD1,smb,Contract,many\nD2,smb,Contract,few\n")
    wrong = invoke("run", "scenario.yaml", "--problems", "problems.csv")
    assert wrong.exit_code == 4, wrong.output
    assert sum("many" in line or "few" in line for line in Path("problems.csv").read_text().splitlines()) == 2


# ---- progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_silent_for_a_second_then_counts(monkeypatch):
    clock = iter([0.0, 0.5, 1.1, 1.15, 12.0])
    monkeypatch.setattr("simulator.cli.terminal.time.monotonic", lambda: next(clock))
    monkeypatch.setattr(sys, "stderr", screen := Terminal())
    progress = Progress()
    for done in (1000, 2000, 3000, 16000):
        progress(done)
    progress.close()
    written = screen.getvalue()
    assert written.split("\r") == ["", "2,000 trials, 1 s", "16,000 trials, 12 s", " " * 19, ""]
    assert "\x1b" not in written


def test_progress_in_a_log_is_a_line_now_and_then(monkeypatch):
    clock = iter([0.0, 1.1, 2.0, 12.0])
    monkeypatch.setattr("simulator.cli.terminal.time.monotonic", lambda: next(clock))
    monkeypatch.setattr(sys, "stderr", log := io.StringIO())
    progress = Progress()
    for done in (1000, 2000, 3000):
        progress(done)
    progress.close()
    assert log.getvalue() == "1,000 trials, 1 s\n3,000 trials, 12 s\n"


def test_quiet_is_quiet(monkeypatch):
    monkeypatch.setattr("simulator.cli.terminal.time.monotonic", iter(range(0, 100, 10)).__next__)
    monkeypatch.setattr(sys, "stderr", log := Terminal())
    progress = Progress(quiet=True)
    progress(1000)
    progress.close()
    assert log.getvalue() == "" and run_module.command.params


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rnu"], "did you mean run?"),
        (["frobnicate"], "simulator --help lists them"),
        (["run"], "Missing argument"),
        (["run", "plan.yaml", "--trails", "5"], "--trials"),
        (["run", "plan.yaml", "--trials", "0"], "neither a number of trials nor auto"),
        (["run", "plan.yaml", "--workers", "0"], "not in the range"),
        (["run", "plan.yaml", "--as-of", "2027-02-29"], "did you mean 2027-02-28?"),
        (["run", "plan.yaml", "--as-of", "soon"], "write for example 2026-10-31"),
        (["run", "."], "a folder without a scenario"),
    ],
)
def test_wrong_usage_is_told_and_ends_with_2(project, arguments, said):
    result = invoke(*arguments)
    assert result.exit_code == 2 and said in result.stderr and result.stdout == ""


@pytest.mark.parametrize(
    "arguments", [["nowhere.yaml"], ["plan.yaml", "--out", "plan.yaml"], ["plan.yaml", "--out", "/proc/none"]]
)
def test_what_the_machine_refuses_ends_with_5(project, arguments):
    result = invoke("run", *arguments)
    assert result.exit_code == 5 and result.stderr.startswith("error[P00") and result.stdout == ""


def test_an_error_names_what_steers_a_terminal_by_its_escape(project, monkeypatch):
    hostile = "x\x1b]52;c;aHVydA==\x07\u202ey\r"
    problem = Problem("D010", f"the stage is none of {hostile}", "deals.csv", entity=hostile, value=hostile)
    for error in (InputError([problem]), UsageError(hostile), click.UsageError(hostile)):

        def refuse(*_, error=error, **__):
            raise error

        monkeypatch.setattr(project, "load", refuse)
        shown = invoke("run", "plan.yaml").output
        assert r"x\x1b]52;c;aHVydA==\x07\u202ey" in shown
        assert not set(shown) & set("\x1b\x07\u202e\r")
        assert shown.count("aHVydA") == str(error).count("aHVydA"), "once each"
