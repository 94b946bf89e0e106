"""A run that is cut short, wherever, leaves nothing broken, and can be finished to the same bytes."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from conftest import ROOT
from factory import make_pipeline, make_scenario
from posteriors import posterior

from benchmarks.jobs import full_job
from simulator import played
from simulator.cli import main
from simulator.forecast import payload
from simulator.report import editions
from simulator.runs import locks, make_folder, record, write_file
from simulator.runs.blocks import Blocks

RUN = ("run", "plan.yaml", "--summary", "--workers", "1", "-q")
RESULTS = ("forecast.json", "forecast.csv", "deals.csv")


@pytest.fixture
def plan(tmp_path, monkeypatch, request):
    """A working folder with a scenario that is played in blocks of 100 trials, and what changes it.

    Its reports are written in the slow tests, which look at every call; what they hold is made once, since it
    takes most of the time.
    """
    if {"slow", "verify"} & {mark.name for mark in request.node.iter_markers()}:
        once = {form: (name, made_once(form, make)) for form, (name, make) in editions.EDITIONS.items()}
        monkeypatch.setattr(editions, "EDITIONS", once)
    else:
        request.getfixturevalue("unreported")
    asked = {"trials": 300, "tables": {"deals": (("id",), ("D1",))}}

    def loaded(path, sets, as_of, problems, refit):
        owners = {"owner": ("A", "B", "A", "")}
        pipeline = make_pipeline(4, amount=5_000_000, stage=[0, 1, 2, 2], extra=owners)
        more = {k: int(v) for k, v in (s.split("=") for s in sets)}
        usual = {"name": "plan", "pipeline": pipeline, "resolved": {"version": 1}}
        return make_scenario(**{**usual, **asked, **more})

    def figures(payload, folder, workers):
        make_folder(folder)
        write_file(folder / "months.svg", b"<svg/>")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("simulator.cli.run.loaded", loaded)
    monkeypatch.setattr("simulator.report.figures.write_figures", figures)
    monkeypatch.setattr("simulator.played.block_size", lambda plan: 100)
    return asked


MADE = {}


def made_once(form, make):
    """Make a report where no run of the same seed has had one."""

    def made(results):
        key = form, results.forecast["seed"]
        if key not in MADE:
            MADE[key] = make(results)
        return MADE[key]

    return made


@pytest.fixture(scope="module")
def whole():
    """The results of a run that nothing disturbs, by the arguments that it is given."""
    return {}


def invoke(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def undisturbed(whole, *more):
    if more not in whole:
        assert invoke(*RUN, "--out", "undisturbed", *more).exit_code == 0
        whole[more] = {name: Path("undisturbed", name).read_bytes() for name in RESULTS}
    return whole[more]


def found(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def interrupted_after(monkeypatch, blocks, error=KeyboardInterrupt):
    """Let a run be interrupted when so many blocks are played."""
    real, done = played.play_block, iter(range(100))

    def play_block(*arguments):
        if next(done) == blocks:
            raise error
        return real(*arguments)

    monkeypatch.setattr(played, "play_block", play_block)


# ---- where trials lie


@pytest.mark.parametrize("job", [pytest.param("full", marks=pytest.mark.slow), "learned"])
def test_the_bytes_do_not_hang_on_where_the_trials_lie(plan, monkeypatch, job):
    learned = posterior(names=("smb",))
    scenario = full_job(12, 12) if job == "full" else make_scenario(posterior=learned, **plan)
    scenario = replace(scenario, trials=230, resolved={"version": 1})
    monkeypatch.setattr("simulator.cli.run.loaded", lambda *_: scenario)
    assert invoke("run", "plan.yaml", "-q", "--out", "memory").exit_code in (0, 1)
    assert invoke("run", "plan.yaml", "-q", "--out", "disk", "--summary", "--workers", "2").exit_code in (
        0,
        1,
    )
    for name in RESULTS:
        assert Path("memory", name).read_bytes() == Path("disk", name).read_bytes(), name
    assert sorted(found(Path("memory"))) == sorted(found(Path("disk"))), "nothing else is left"


def test_long_runs_keep_their_blocks_by_themselves(plan, monkeypatch, whole):
    monkeypatch.setattr("simulator.simulation.KEPT", 1)
    with monkeypatch.context() as patch:
        interrupted_after(patch, 2)
        cut = invoke("run", "plan.yaml", "--out", "long")
    assert cut.exit_code == 130 and cut.stderr.endswith("simulator run plan.yaml --out long --resume\n")
    assert invoke("run", "plan.yaml", "--out", "long", "--resume").exit_code == 0
    assert found(Path("long"))["forecast.json"] == undisturbed(whole)["forecast.json"]


@pytest.mark.parametrize("limit", ["contracts", "bytes"])
def test_blocks_in_memory_follow_when_a_run_grows_long(plan, limit, monkeypatch):
    from simulator.engine import compile_plan
    from simulator.runs import TemporaryBlocks
    from simulator.simulation import simulate

    scenario = make_scenario(
        pipeline=make_pipeline(4, stage=[0, 1, 2, 2]), posterior=posterior(names=("smb",))
    )
    compiled = compile_plan(scenario, 3)
    most = compiled.contracts * 250 if limit == "contracts" else 10**12
    if limit == "bytes":
        held = sum(8 * np.prod(shape, dtype=int) for shape in played.row_shapes(compiled).values())
        monkeypatch.setattr(played, "HELD", int(held) * 250)
    player = played.Player(shelf=TemporaryBlocks(), kept=most, block=70)
    grown = played.Played.none(compiled, "main")
    player.play(grown, 100)
    assert grown.shelf is None
    player.play(grown, 260)
    assert grown.shelf is not None and all(not isinstance(part, played.InMemory) for part in grown.parts)
    once = played.Player().play(played.Played.none(compiled, "main"), 260)
    for name, shape in played.row_shapes(compiled).items():
        for place in range(0, max(shape[0] * shape[-1], 1) if 0 not in shape else 0, 7):
            one, other = (p.by_trial.total(name, (place,)) for p in (grown, once))
            assert one.tobytes() == other.tobytes()
    assert (grown.tally.closes == once.tally.closes).all() and (grown.tally.wins == once.tally.wins).all()
    forecast = simulate(scenario, 100, 3, summary=True)
    assert forecast.mean("bookings") == simulate(scenario, 100, 3).mean("bookings")


def test_days_of_closing_are_counted_of_the_deals_that_are_listed(plan, monkeypatch):
    """With very many deals; what else is told of each is known of all."""
    all_of = invoke(*RUN, "--out", "all").exit_code
    monkeypatch.setattr("simulator.simulation.MOST_DEALS", 2)
    monkeypatch.setattr(payload, "MOST_DEALS", 2)
    assert invoke(*RUN, "--out", "some").exit_code == all_of == 0
    everybody, some = (json.loads(found(Path(name))["forecast.json"]) for name in ("all", "some"))
    assert some.pop("deals") == everybody.pop("deals")[:2]
    assert some == everybody
    rows = [found(Path(name))["deals.csv"].decode().splitlines() for name in ("all", "some")]
    assert rows[0][:3] == rows[1][:3]
    for more, less in zip(rows[0][3:], rows[1][3:], strict=True):
        more, less = more.split(","), less.split(",")
        assert more[:-3] == less[:-3] and less[-3:] == ["", "", ""] and any(more[-3:])


# ---- resumed


@pytest.mark.parametrize("blocks", [1, 2, 4, 8])
def test_an_interrupted_run_is_finished_to_the_same_bytes(plan, monkeypatch, whole, blocks):
    expected = undisturbed(whole)
    with monkeypatch.context() as patch:
        interrupted_after(patch, blocks)
        cut = invoke(*RUN, "--out", "a folder")
    assert cut.exit_code == 130
    again = "simulator run plan.yaml --workers 1 --summary --out 'a folder' --quiet --resume"
    assert cut.stderr == f"interrupted: what is played is kept; finish it with: {again}\n"
    kept = set(found(Path("a folder")))
    assert len(kept) == blocks + 1 and not kept & set(RESULTS)
    with monkeypatch.context() as patch:
        interrupted_after(patch, 9 - blocks)  # no further block is played
        assert invoke(*RUN, "--out", "a folder", "--resume").exit_code == 0
    result = found(Path("a folder"))
    assert {name: result[name] for name in RESULTS} == expected
    assert not [name for name in result if ".blocks" in name or name.startswith(".")]


def test_the_newest_unfinished_run_of_the_day_is_resumed(plan, monkeypatch, whole):
    expected = undisturbed(whole)
    for blocks in (1, 2):
        with monkeypatch.context() as patch:
            interrupted_after(patch, blocks)
            assert invoke(*RUN).exit_code == 130
    home = Path("reports", "plan")
    said = invoke(*RUN[:-1]).stderr.splitlines()
    assert said[0] == "reports/plan/2026-10-31-2 holds a run that was cut short: --resume would finish it"
    assert len(said) == 1
    assert sorted(os.listdir(home)) == ["2026-10-31", "2026-10-31-2", "2026-10-31-3", "latest"]
    for number, name in ((2, "2026-10-31-2"), (1, "2026-10-31")):
        with monkeypatch.context() as patch:
            interrupted_after(patch, 9 - number)
            assert invoke(*RUN, "--resume").exit_code == 0
        assert found(home / name)["forecast.json"] == expected["forecast.json"]
    last = invoke(*RUN, "--resume")
    assert last.exit_code == 5
    said = "there is nothing to resume in reports/plan as of 2026-10-31: start the run without --resume"
    assert said in last.stderr


def test_without_blocks_nothing_is_left_and_nothing_can_be_resumed(plan, monkeypatch):
    with monkeypatch.context() as patch:
        interrupted_after(patch, 0)
        cut = invoke("run", "plan.yaml", "-q")
    assert (cut.exit_code, cut.stderr) == (130, "interrupted: nothing was kept\n")
    assert os.listdir("reports/plan") == []
    assert invoke(*RUN, "--resume", "--out", "nowhere").exit_code == 5
    assert not Path("nowhere").exists()


def test_what_is_interrupted_once_its_forecast_stands_says_so(plan, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("simulator.report.figures.write_figures", interrupted)
        cut = invoke("run", "plan.yaml", "-q", "--out", "here")
    stands = "the forecast stands in here; write its report with: simulator report here"
    assert (cut.exit_code, cut.stderr) == (130, f"interrupted: {stands}\n")
    assert Path("here", "run.json").is_file()
    resumed = invoke("run", "plan.yaml", "--out", "here", "--resume")
    said = "there is nothing to resume in here: the run there is finished; without --resume it is played anew"
    assert resumed.exit_code == 5 and said in resumed.stderr


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"seed": 2}, "the seed was 1 and is 2"),
        ({"trials": 400}, "the number of trials was 300 and is 400"),
        ({"resolved": {"version": 1, "horizon": "9m"}}, "inputs/scenario.yaml has changed"),
        ({"tables": {"deals": (("id",), ("D2",))}}, "inputs/deals.csv has changed"),
        ({"tables": {}}, "inputs/scenario.yaml has changed"),
        ({"version": "0.0"}, "the version of funnel-simulator was"),
        ({"code": "0123456789ab"}, "the program's code was "),
        ({"by": "owner"}, "what it is grouped by has changed"),
    ],
)
def test_what_began_with_something_else_is_not_resumed(plan, monkeypatch, changed, said, whole):
    expected = undisturbed(whole)
    with monkeypatch.context() as patch:
        interrupted_after(patch, 2)
        assert invoke(*RUN).exit_code == 130
    before = found(Path("reports"))
    with monkeypatch.context() as patch:
        if "version" in changed:
            patch.setattr(record, "__version__", changed["version"])
        if "code" in changed:
            patch.setattr(record, "code_digest", lambda: changed["code"])
        more = [f"--by={changed['by']}"] if "by" in changed else []
        for name in {"seed", "trials", "resolved", "tables"} & set(changed):
            patch.setitem(plan, name, changed[name])
        refused = invoke(*RUN, "--resume", *more)
    assert refused.exit_code == 5, refused.output
    assert refused.stderr.startswith("error[P009] cannot resume the run in reports/plan/2026-10-31: " + said)
    assert refused.stderr.endswith("give it what it began with, or start anew without --resume\n")
    assert found(Path("reports")) == before, "nothing is lost"
    assert invoke(*RUN, "--resume").exit_code == 0
    assert found(Path("reports/plan/2026-10-31"))["forecast.json"] == expected["forecast.json"]


def damaged(content):
    """A file as a power cut may leave it."""
    yield b""
    yield content[:7]
    yield content[:30]
    yield content[:-1]
    yield content + b"x"
    yield bytes(len(content))
    for place in (0, 12, 20, 40, len(content) // 2, len(content) - 1):
        yield content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def test_a_damaged_block_is_played_anew(plan, monkeypatch, whole):
    expected = undisturbed(whole)
    with monkeypatch.context() as patch:
        interrupted_after(patch, 8)
        assert invoke(*RUN, "--out", "cut").exit_code == 130
    block = Path("cut/.blocks/main-100-200")
    kept = Blocks(block.parent, lambda: json.loads(Path("cut/.blocks/origin.json").read_text()))
    assert kept.find(block.name)
    for content in damaged(block.read_bytes()):
        block.write_bytes(content)
        assert kept.find(block.name) is None
    with monkeypatch.context() as patch:
        interrupted_after(patch, 2)  # of nine one was not played, and one is damaged
        assert invoke(*RUN, "--out", "cut", "--resume").exit_code == 0
    assert found(Path("cut"))["forecast.json"] == expected["forecast.json"]


def test_a_block_of_another_run_is_played_anew(plan, monkeypatch, whole):
    """The workers of a run that is killed may yet put one among those of the run after it."""
    expected = undisturbed(whole)
    for seed, folder in ((7, "there"), (1, "here")):
        plan["seed"] = seed
        with monkeypatch.context() as patch:
            interrupted_after(patch, 3)
            assert invoke(*RUN, "--out", folder).exit_code == 130
    for block in Path("there/.blocks").glob("main-*"):
        assert block.name in os.listdir("here/.blocks")
        block.replace(Path("here/.blocks", block.name))
    assert invoke(*RUN, "--out", "here", "--resume").exit_code == 0
    assert found(Path("here"))["forecast.json"] == expected["forecast.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff"])
def test_blocks_that_do_not_say_what_they_are_made_of_are_not_resumed(plan, monkeypatch, content):
    with monkeypatch.context() as patch:
        interrupted_after(patch, 2)
        assert invoke(*RUN, "--out", "cut").exit_code == 130
    Path("cut/.blocks/origin.json").write_bytes(content)
    refused = invoke(*RUN, "--out", "cut", "--resume")
    assert refused.exit_code == 5 and refused.stderr.startswith("error[P009]"), refused.output


def test_blocks_that_are_being_removed_can_be_found_until_the_last(plan, monkeypatch, whole):
    """A run that is killed while it takes them away would else leave them for ever."""
    expected = undisturbed(whole)
    with monkeypatch.context() as patch:
        patch.setattr("simulator.runs.blocks.remove_folder", cut_short)
        assert invoke(*RUN, "--out", "cut").exit_code == 130
    assert sorted(os.listdir("cut/.blocks")) == ["origin.json"]
    assert invoke(*RUN, "--out", "cut", "--resume").exit_code == 0
    assert found(Path("cut"))["forecast.json"] == expected["forecast.json"]
    assert not Path("cut/.blocks").exists()


def cut_short(path):
    if path.exists():
        raise KeyboardInterrupt


def test_a_new_run_in_the_same_folder_begins_anew(plan, monkeypatch):
    with monkeypatch.context() as patch:
        interrupted_after(patch, 2)
        assert invoke(*RUN, "--out", "here").exit_code == 130
    plan["seed"] = 5
    with monkeypatch.context() as patch:
        interrupted_after(patch, 1)
        assert invoke(*RUN, "--out", "here").exit_code == 130
    assert len(found(Path("here/.blocks"))) == 2
    assert invoke(*RUN, "--out", "here", "--resume").exit_code == 0


# ---- two at once


def forked(work):
    """Do some work in a copy of this process, and return its number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return child
    try:
        work()
    finally:
        os._exit(9)


def test_a_second_run_into_a_folder_is_refused_until_the_first_has_ended(plan, monkeypatch):
    (out := Path("here")).mkdir()
    began, beginning = os.pipe()

    def hold():
        locks.lock(out)
        os.write(beginning, b"!")
        time.sleep(60)

    child = forked(hold)
    os.read(began, 1)
    try:
        for more in ((), ("--resume",)):
            (out / ".blocks").mkdir(exist_ok=True)
            (out / ".blocks" / "origin.json").write_text("{}")
            refused = invoke(*RUN, "--out", "here", *more)
            assert refused.exit_code == 5
            said = f"process {child} is writing into here: wait until it is done, or name another folder"
            assert said in refused.stderr
        assert (out / ".blocks" / "origin.json").exists()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert (out / ".lock").read_text() == f"{child}\n", "what the dead leave does not block"
    assert invoke(*RUN, "--out", "here").exit_code == 0
    assert not (out / ".lock").exists()


def test_a_lock_that_is_taken_away_meanwhile_is_none(tmp_path, monkeypatch):
    real, taken = locks._take, []

    def take(handle):
        if not taken:
            (tmp_path / locks.NAME).unlink()  # its holder ends between our opening it and taking it
        taken.append(handle)
        return real(handle)

    monkeypatch.setattr(locks, "_take", take)
    held = locks.lock(tmp_path)
    assert len(taken) == 2 and held.path.exists()
    held.release()
    assert not held.path.exists()


# ---- whatever the machine refuses

CALLS = ("open", "write", "fsync", "replace", "mkdir", "unlink", "rmdir", "symlink", "ftruncate", "scandir")


class Refusing:
    """List the calls that a run makes of the file system in its folder, and let one of them fail."""

    def __init__(self, patch, fails, act):
        self.calls, self.fails, self.act, self.names = [], fails, act, {}
        for name in CALLS:
            patch.setattr(os, name, self.watched(name, getattr(os, name)))
        patch.setattr(io, "open", self.watched("io.open", io.open))

    def watched(self, name, real):
        def call(place, *arguments, **options):
            path = self.names.get(place, "") if isinstance(place, int) else os.fspath(place)
            if "here" in path or "reports" in path:
                # Which process, block or folder it was makes no difference.
                self.calls.append((name, re.sub(r"\d+", "#", Path(path).name)))
                if len(self.calls) == self.fails:
                    self.act(real, (place, *arguments))
            result = real(place, *arguments, **options)
            if name == "open":
                self.names[result] = path
            return result

        return call


def moments(*arguments, every=False):
    """The numbers of the calls that a run makes: the first of each kind, or the first and the last."""
    with pytest.MonkeyPatch.context() as patch:
        calls = Refusing(patch, 0, None)
        assert invoke(*arguments).exit_code == 0
    places = {}
    for number, call in enumerate(calls.calls, 1):
        places.setdefault(call, []).append(number)
    return sorted({n for some in places.values() for n in (some[0], some[-1 * every])}), calls.calls


def no_room(real, arguments):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("where", "every"),
    [
        pytest.param(("--out", "here"), False, marks=pytest.mark.slow),
        pytest.param(("--out", "here"), True, marks=pytest.mark.verify),
        pytest.param((), True, marks=pytest.mark.verify),
    ],
)
def test_a_failure_at_any_file_call_is_said_and_breaks_nothing(plan, monkeypatch, whole, where, every):
    expected, failures = undisturbed(whole), set()
    assert invoke(*RUN, *where).exit_code == 0
    numbers, _ = moments(*RUN, *where, every=every)
    plan["seed"] = 7
    assert invoke(*RUN, *where).exit_code == 0
    older = found(Path.cwd())
    plan["seed"] = 1
    for number in numbers:
        with monkeypatch.context() as patch:
            calls = Refusing(patch, number, no_room)
            result = invoke(*RUN, *where)
        failed, left = calls.calls[number - 1], found(Path.cwd())
        if result.exit_code:
            assert result.exit_code == 5, (failed, result.output, result.exc_info)
            assert "no space left on device" in result.stderr, failed
            failures.add(failed[0])
        for name, content in left.items():
            if Path(name).name in RESULTS and "inputs" not in name and content != older.get(name):
                assert content == expected[Path(name).name], (failed, name)
        if not where:
            assert {n: c for n, c in left.items() if n in older} == older, failed
        if any(".blocks" in name for name in left):
            assert invoke(*RUN, *where, "--resume").exit_code == 0, failed
        elif where and result.exit_code:
            assert invoke(*RUN, *where).exit_code == 0, "the next run finds nothing in its way"
        for name in set(found(Path.cwd())) - set(older):
            os.remove(name)
        for place, _, _ in os.walk(".", topdown=False):
            if not os.listdir(place):
                os.rmdir(place)  # or the next run counts further
    assert failures >= {"open", "write", "fsync", "replace", "mkdir", "unlink"}


# ---- killed


def kill(real, arguments):
    if real.__name__ == "write":
        real(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_a_run_that_is_killed_at_any_moment_is_finished_to_the_same_bytes(plan, whole):
    expected, (numbers, calls) = undisturbed(whole), moments(*RUN, "--out", "here", every=True)
    assert len(numbers) >= 20
    for number in numbers[:: len(numbers) // 20]:
        out = Path(f"here-{number}")

        def doomed(number=number, out=out):
            Refusing(pytest.MonkeyPatch(), number, kill)
            os._exit(invoke(*RUN, "--out", out).exit_code)

        assert os.WIFSIGNALED(os.waitpid(forked(doomed), 0)[1]), calls[number - 1]
        resumed = (out / ".blocks" / "origin.json").exists()
        again = [*RUN, "--out", out, *(["--resume"] if resumed else [])]
        assert invoke(*again).exit_code == 0, calls[number - 1]
        result = found(out)
        assert {name: result[name] for name in RESULTS} == expected, calls[number - 1]
        assert not [name for name in result if name.startswith(".")], calls[number - 1]


@pytest.mark.slow
def test_a_run_with_workers_that_is_killed_again_and_again_loses_no_finished_block(tmp_path):
    command = [sys.executable, "-m", "simulator", "run", ROOT / "scenarios" / "baseline.yaml", "-q"]
    command = [*command, "--trials", "8000", "--summary", "--workers", "2", "--out"]
    env = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    out, kept, more = tmp_path / "out", {}, []
    for finished in (1, 4):
        run = subprocess.Popen([*command, out, *more], env=env, stdout=subprocess.DEVNULL)
        patience = time.monotonic() + 120
        while len(list(out.glob(".blocks/[a-z]*-*"))) < finished:
            assert time.monotonic() < patience and run.poll() is None
            time.sleep(0.01)
        run.kill()
        run.wait()
        now = {path: path.stat().st_mtime_ns for path in out.glob(".blocks/[a-z]*-*")}
        assert kept.items() <= now.items(), "none is played twice"
        kept, more = now, ["--resume"]  # at once, while workers of the dead still write
    for asked in ((out, "--resume"), (tmp_path / "whole",)):
        subprocess.run([*command, *asked], env=env, check=True, stdout=subprocess.DEVNULL)
    for name in RESULTS:
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name


@pytest.mark.slow
@pytest.mark.parametrize(("sent", "to_all"), [("SIGINT", False), ("SIGINT", True), ("SIGKILL", False)])
def test_a_long_run_ends_at_once_with_its_workers(tmp_path, sent, to_all):
    """A terminal sends Ctrl-C to the workers too."""
    command = [sys.executable, "-m", "simulator", "run", ROOT / "scenarios" / "saas-hardware"]
    command = [*command, "--trials", "200000", "--workers", "2", "--out", tmp_path / "out", "-q"]
    env = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    run = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=env, process_group=0)
    blocks, patience = tmp_path / "out" / ".blocks", time.monotonic() + 120
    while len(list(blocks.glob("main-*"))) < 2 if blocks.exists() else True:
        assert time.monotonic() < patience and run.poll() is None
        time.sleep(0.05)
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
    assert len(children) >= 2
    (os.killpg if to_all else os.kill)(run.pid, getattr(signal, sent))
    started = time.monotonic()
    said = run.communicate()[1]
    assert time.monotonic() - started < 5
    run.stderr.close()
    if sent == "SIGINT":
        assert run.returncode == 130
        assert "--resume" in said and said.startswith("interrupted: what is played is kept")
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() - started < 10, "workers go on"
        time.sleep(0.05)
    assert len(list(blocks.glob("main-*"))) >= 2
