"""Work that runs side by side gives what it gives one after the other."""

import math
import multiprocessing
import os
import platform
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace

import numpy as np
import pytest
from conftest import ROOT

from benchmarks.jobs import full_job
from simulator.engine import blocks, compile_plan, play, run
from simulator.errors import PlaceError
from simulator.executors import CAN_FORK, shared_zeros, side_by_side
from simulator.played import Played, Player, by_trial, row_shapes
from simulator.simulation import simulate

SPANS = [(0, 3), (3, 4), (4, 9)]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_results_come_in_order_and_what_is_written_is_there(workers):
    written = shared_zeros((2, 9), workers)

    def task(begin, end):
        written[:, begin:end] = begin + 1
        return begin, end

    assert list(side_by_side(task, SPANS, workers)) == SPANS
    assert written.tolist() == [[1, 1, 1, 4, 5, 5, 5, 5, 5]] * 2


def test_without_shared_memory_threads_do_it(monkeypatch):
    monkeypatch.setattr("simulator.executors.CAN_FORK", False)
    written, here = shared_zeros((9,), 2), os.getpid()

    def task(begin, end):
        written[begin:end] += 1
        return os.getpid() == here

    assert all(side_by_side(task, SPANS, 2)) and written.all()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_task_that_fails_says_why(workers):
    def task(begin, end):
        raise ZeroDivisionError(f"at {begin}")

    with pytest.raises(ZeroDivisionError, match="at 0"):
        list(side_by_side(task, SPANS, workers))


@pytest.mark.skipif(not CAN_FORK, reason="this system cannot copy a process")
def test_a_worker_that_is_killed_is_told(tmp_path):
    def task(begin, end):
        if begin == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return begin

    with pytest.raises(PlaceError, match="was killed, perhaps for lack of memory"):
        list(side_by_side(task, SPANS, 2))


@pytest.mark.skipif(not CAN_FORK, reason="this system cannot copy a process")
def test_workers_end_with_the_generator():
    def task(begin, end):
        time.sleep(30 if begin else 0)
        return os.getpid()

    started, results = time.monotonic(), side_by_side(task, SPANS, 3)
    assert next(results) != os.getpid()
    results.close()
    assert time.monotonic() - started < 10


@pytest.mark.skipif(not CAN_FORK, reason="this system cannot copy a process")
def test_workers_begin_before_a_result_is_asked_for(tmp_path):
    results = side_by_side(lambda begin, end: (tmp_path / str(begin)).touch(), SPANS[:2], 2)
    waited = time.monotonic() + 60
    while len(list(tmp_path.iterdir())) < 2:
        assert time.monotonic() < waited, "the workers never began"
        time.sleep(0.01)
    assert list(results) == [None, None]


@pytest.mark.skipif(not CAN_FORK, reason="this system cannot copy a process")
def test_markets_that_nobody_asks_for_are_played_no_further(monkeypatch):
    monkeypatch.setattr(run, "WORTHWHILE", 0)
    scenario = full_job(40)
    forecast = simulate(scenario, trials=300, workers=2, block=50)
    assert len(multiprocessing.active_children()) == 2
    assert len(forecast.sensitivity["strong"]()) == 300
    assert not multiprocessing.active_children()
    forecast = simulate(scenario, trials=300, workers=2, block=50)
    del forecast
    assert not multiprocessing.active_children()


@pytest.mark.slow
@pytest.mark.skipif(not CAN_FORK, reason="this system cannot copy a process")
def test_processes_give_the_same_bytes_as_one(monkeypatch):
    monkeypatch.setattr(run, "WORTHWHILE", 0)
    plan = compile_plan(full_job(40), 5)
    alone, shared = play(plan, 0, 900), by_processes(plan, 900, 250)
    brought = by_trial(alone)
    for name, place in places_of(plan):
        assert np.array_equal(brought[name].reshape(-1, 900)[place], shared.by_trial.total(name, (place,))), (
            name,
            place,
        )
    for name in ("wins", "closes", "landed", "guarded"):
        assert np.array_equal(getattr(alone, name), getattr(shared.tally, name)), name
    signed = by_processes(replace(plan, bookings_only=True), 300, 100)
    for _, place in (some for some in places_of(signed.plan) if some[0] == "bookings"):
        assert np.array_equal(
            brought["bookings"].reshape(-1, 900)[place, :300], signed.by_trial.total("bookings", (place,))
        ), "signatures do not hang on what follows them"


def by_processes(plan, trials, block):
    """Return trials that three processes have played."""
    return Player(3, block=block).play(Played.none(plan, "shared"), trials)


def places_of(plan):
    """Yield each row of what trials bring: the name of its array, and its place there."""
    for name, shape in row_shapes(plan).items():
        yield from ((name, place) for place in range(math.prod(shape)))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_memory_that_was_freed_is_not_fetched_anew():
    script = textwrap.dedent(
        """
        import resource
        import numpy as np
        from simulator.executors import keep_memory

        keep_memory()
        np.ones(1 << 21)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(10):
            np.ones(1 << 21)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True,
        env=os.environ | {"MALLOC_TRIM_THRESHOLD_": "65536"},
    )  # fmt: skip
    assert int(done.stdout) < 500, "ten arrays take 5,000 pages, large ones among them"


@pytest.mark.slow
@pytest.mark.skipif(not CAN_FORK, reason="this system cannot copy a process")
def test_workers_end_with_the_process_that_began_them(tmp_path):
    script = textwrap.dedent(
        """
        import os, sys, time
        from simulator.executors import side_by_side

        def task(begin, end):
            with open(os.path.join(sys.argv[1], f"{begin}"), "w") as file:
                file.write(str(os.getpid()))
            time.sleep(60)

        list(side_by_side(task, [(0, 1), (1, 2)], 2))
        """
    )
    started = subprocess.Popen([sys.executable, "-c", script, tmp_path], cwd=ROOT)
    waited = time.monotonic() + 60
    while len(pids := [p for f in tmp_path.iterdir() if (p := f.read_text())]) < 2:
        assert time.monotonic() < waited, "the workers never began"
        time.sleep(0.05)
    started.send_signal(signal.SIGKILL)
    started.wait()
    while any(_runs(int(pid)) for pid in pids):
        assert time.monotonic() < waited, "the workers go on"
        time.sleep(0.1)


def _runs(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("trials", [0, 1, 3, 1999, 2000, 2001, 5000, 9000, 10_000, 33_333])
@pytest.mark.parametrize("workers", [1, 2, 3, 5])
@pytest.mark.parametrize("first", [0, 250, 1234])
def test_blocks_cover_the_trials_and_leave_no_worker_waiting(first, workers, trials):
    spans = blocks(first, first + trials, 2000, workers)
    assert [t for begin, end in spans for t in range(begin, end)] == list(range(first, first + trials))
    lengths = [end - begin for begin, end in spans]
    assert all(0 < length <= 2000 for length in lengths)
    loads = [sum(lengths[worker::workers]) for worker in range(workers)]
    if first % 2000 == 0:
        assert max(loads) - min(loads) <= 1
