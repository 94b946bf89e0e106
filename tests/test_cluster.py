"""A cluster gives what one process gives, whatever befalls its workers, and says what is wrong with it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from types import SimpleNamespace

import pieces
import psutil
import pytest
from click.testing import CliRunner
from conftest import ROOT

from benchmarks.jobs import full_job
from simulator import cluster as module
from simulator.cli import main
from simulator.cluster import cluster
from simulator.engine import run
from simulator.errors import PlaceError, UsageError
from simulator.runs import json_bytes
from simulator.simulation import simulate

SPANS = [(number, number + 1) for number in range(12)]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


# ---- before anybody is asked


@pytest.mark.parametrize(
    "address",
    ["", "local", "local:0", "local:x", "localhost:8786", "tcp://", "tcp://localhost", "tcp://h:99999",
     "udp://h:1", "http://localhost:8786", "tcp://localhost:8786/x"],
)  # fmt: skip
def test_what_is_no_address_is_told(address):
    with pytest.raises(UsageError, match="tcp://host:8786"), cluster(address):
        pass


@pytest.mark.parametrize("host", ["192.0.2.1", "[2001:db8::1]"])
def test_another_machine_needs_a_safe_way(host):
    with (
        pytest.raises(UsageError, match=r"another machine.*tls://.*--insecure"),
        cluster(f"tcp://{host}:8786"),
    ):
        pass


def test_tls_needs_its_files(monkeypatch, tmp_path):
    with pytest.raises(UsageError, match="TLS__CA_FILE"), cluster("tls://localhost:8786"):
        pass


def test_without_dask_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(PlaceError, match=r"pip install .*\[dask\]"), cluster("local:2"):
        pass


@pytest.mark.parametrize(
    ("host", "insecure"), [("localhost", False), ("127.0.0.1", False), ("elsewhere", True)]
)
def test_nobody_there_is_told_soon(host, insecure, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    if insecure:  # this machine, taken for another one
        monkeypatch.setattr(module, "_is_own", lambda address: False)
        host = "localhost"
        with pytest.raises(UsageError, match="another machine"), cluster(f"tcp://{host}:{free_port()}"):
            pass
    address = f"tcp://{host}:{free_port()}"
    with pytest.raises(PlaceError, match="no scheduler answers"), cluster(address, insecure):
        pass


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--insecure"], "--insecure: only with --cluster ADDRESS"),
        (["--cluster", "local:2", "--workers", "3"], "--workers beside --cluster: the cluster has its own"),
    ],
)
def test_options_that_do_not_go_together_are_refused_before_anything_is_read(options, told):
    result = CliRunner().invoke(main, ["run", "nowhere.yaml", *options])
    assert result.exit_code == UsageError.exit_code and told in result.stderr


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-OpenSSH_9.9\r\n"])
def test_what_is_no_scheduler_is_told(greeting, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.2)

    def greet(server):
        with suppress(ConnectionError), server.accept()[0] as way:
            way.sendall(greeting)
            way.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=greet, args=(server,), daemon=True).start()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(PlaceError, match="no scheduler answers"), cluster(address):
            pass


# ---- what is sent


class Client:
    """Does at once what it is given to send, and notes how many spans that was."""

    def __init__(self):
        self.sent = []

    def nthreads(self):
        return {"here": 1, "there": 1}

    def cancel(self, futures):
        assert not futures, "all is done"

    def submit(self, work, *given, pure):
        given = [one.result() if isinstance(one, Future) else one for one in given]
        if isinstance(given[-1], tuple):
            self.sent.append(len(given[-1]))
        done = Future()
        done.set_result(work(*given))
        return done


@pytest.mark.parametrize(("seconds", "at_once"), [(0.02, 25), (0.3, 2), (0.5, 1), (200.0, 1)])
def test_short_pieces_of_work_are_sent_together(monkeypatch, seconds, at_once):
    """So that each takes half a second or more; only the first tell how long they take."""
    clock, client, spans = [0.0], Client(), [(number, number + 1) for number in range(400)]

    def task(model, begin, end):
        clock[0] += seconds
        return begin, end

    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    crew = module.Cluster(client, "there")
    assert list(crew.side_by_side(task, Client(), spans)) == spans
    first, later, last = client.sent[:2], client.sent[2:-1], client.sent[-1]
    assert first == [1, 1] and set(later) == {at_once} and last <= at_once


# ---- processes of this machine


@pytest.mark.slow
def test_a_forecast_has_the_same_bytes(monkeypatch):
    monkeypatch.setattr(run, "WORTH_SENDING", 0)
    scenario = full_job(20)
    alone = simulate(scenario, trials=600)
    with cluster("local:2") as crew:
        there = simulate(scenario, trials=600, workers=crew)
    assert json_bytes(alone.to_json()) == json_bytes(there.to_json())


@pytest.mark.slow
def test_results_come_in_order_and_the_model_travels_once(tmp_path):
    model = pieces.Model(tmp_path)
    with cluster("local:2") as crew:
        assert crew.workers == 2
        assert list(crew.side_by_side(pieces.slow, model, SPANS)) == SPANS
        assert list(crew.side_by_side(pieces.quick, model, iter(SPANS * 20))) == SPANS * 20
        assert list(crew.side_by_side(pieces.quick, model, [])) == []
        with pytest.raises(ZeroDivisionError, match="at 0"):
            list(crew.side_by_side(pieces.wrong, model, SPANS))
    workers, arrivals = set(model.notes("span")), model.notes("model")
    assert len(workers) == 2 and sorted(arrivals) == sorted(workers)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 3])
def test_workers_that_are_killed_cost_only_time(workers, tmp_path):
    model = pieces.Model(tmp_path)
    with cluster(f"local:{workers}") as crew:
        results = crew.side_by_side(pieces.slow, model, SPANS)
        found = [next(results)]
        killed = processes(os.getpid())  # all of them, so that nobody holds the model any more
        for process in killed:
            process.kill()
        found += results
    assert found == SPANS and len(killed) == workers
    assert set(model.notes("span")) - {process.pid for process in killed}


@pytest.mark.slow
def test_work_that_ends_everybody_is_given_up(tmp_path):
    with cluster("local:2") as crew, pytest.raises(PlaceError, match="memory"):
        list(crew.side_by_side(pieces.deadly, pieces.Model(tmp_path), SPANS[:1]))


@pytest.mark.slow
def test_a_forecast_has_the_same_bytes_though_workers_are_killed(monkeypatch):
    monkeypatch.setattr(run, "WORTH_SENDING", 0)
    scenario, killed = full_job(40), []

    def kill(done):
        if len(killed) < 3:
            while not (left := [process for process in processes(os.getpid()) if process not in killed]):
                time.sleep(0.05)  # others are being started in their place
            killed.append(left[0])
            killed[-1].kill()

    with cluster("local:2") as crew:
        there = simulate(scenario, trials=3000, block=250, workers=crew, progress=kill)
    assert len({process.pid for process in killed}) == 3
    assert json_bytes(simulate(scenario, trials=3000).to_json()) == json_bytes(there.to_json())


def processes(pid):
    """Return the processes of a local cluster, without the one that keeps their books."""
    found = []
    for process in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it may go while it is looked at
            if "spawn_main" in " ".join(process.cmdline()):
                found.append(process)
    return found


# ---- a scheduler and workers of their own


@pytest.mark.slow
def test_a_scheduler_that_goes_is_told_and_so_is_the_last_worker(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 2)
    monkeypatch.setattr(module, "DESERTED", 1)
    model = pieces.Model(tmp_path)
    with scheduler(tmp_path) as (address, there):
        with pytest.raises(PlaceError, match="no worker; start some: dask worker tcp://"), cluster(address):
            pass
        for process, error in (("worker", "no worker is left"), ("scheduler", "the scheduler is lost")):
            with worker(address, tmp_path) as here, cluster(address) as crew:
                results = crew.side_by_side(pieces.slow, model, SPANS)
                assert next(results) == SPANS[0]
                (here if process == "worker" else there).kill()
                with pytest.raises(PlaceError, match=error):
                    list(results)


@pytest.mark.slow
def test_other_code_of_the_same_version_is_refused(tmp_path):
    other = tmp_path / "other"
    shutil.copytree(ROOT / "simulator", other / "simulator")
    with (other / "simulator" / "streams.py").open("a") as file:
        file.write("GOLDEN = 1\n")
    with scheduler(tmp_path) as (address, _), worker(address, other):
        started = time.monotonic()
        asked = command("--out", tmp_path / "run", "--cluster", address)
        done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == PlaceError.exit_code and time.monotonic() - started < 20
    assert "code" in done.stderr and "install there what is installed here" in done.stderr
    assert done.stdout == "" and len(done.stderr.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_tls_leads_there_and_an_open_way_does_not(tmp_path, monkeypatch):
    made = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=funnel -keyout key.pem -out cert.pem"
    subprocess.run(["openssl", *made.split()], cwd=tmp_path, check=True, capture_output=True)
    for role in ("CLIENT", "SCHEDULER", "WORKER"):
        monkeypatch.setenv(f"DASK_DISTRIBUTED__COMM__TLS__{role}__CERT", str(tmp_path / "cert.pem"))
        monkeypatch.setenv(f"DASK_DISTRIBUTED__COMM__TLS__{role}__KEY", str(tmp_path / "key.pem"))
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TLS__CA_FILE", str(tmp_path / "cert.pem"))
    with scheduler(tmp_path, "tls") as (address, _), worker(address, tmp_path):
        asked = command("--quiet", "--trials", 50, "--out", tmp_path / "run", "--cluster")
        done = subprocess.run([*asked, address], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0 and done.stderr == "", done.stderr
        monkeypatch.setattr(module, "PATIENCE", 0.2)
        openly = address.replace("tls", "tcp")
        with pytest.raises(PlaceError, match="no scheduler answers"), cluster(openly):
            pass


@contextmanager
def scheduler(folder, protocol="tcp"):
    address = f"{protocol}://127.0.0.1:{free_port()}"
    options = ("--host", address, "--no-dashboard", "--no-jupyter")
    with running(folder, "Scheduler at:", "scheduler", *options) as process:
        yield address, process


@contextmanager
def worker(address, folder):
    options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(folder))
    with running(folder, "Registered to:", "worker", address, *options) as process:
        yield process


@contextmanager
def running(folder, sign, *arguments):
    """Run a part of dask, with the modules of a folder before all others, and wait until it gives a sign."""
    path = os.pathsep.join((str(folder), str(ROOT / "tests"), str(ROOT)))
    log = folder / f"{arguments[0]}.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{arguments[0]}", *arguments[1:]],
            cwd=folder, env=os.environ | {"PYTHONPATH": path}, stdout=file, stderr=file,
        )  # fmt: skip
        try:
            waited = time.monotonic() + 60
            while sign not in log.read_text():
                assert time.monotonic() < waited and process.poll() is None, log.read_text()
                time.sleep(0.05)
            yield process
        finally:
            process.kill()
            process.wait()


# ---- Ctrl-C


@pytest.mark.slow
def test_ctrl_c_ends_all_at_once_and_the_run_can_be_resumed_elsewhere(tmp_path):
    asked = command("--trials", 8_000, "--out", tmp_path / "run")
    started = subprocess.Popen(
        [*asked, "--summary", "--cluster", "local:2"],
        cwd=ROOT,
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )
    waited = time.monotonic() + 60
    while not any((tmp_path / "run").glob(".blocks/*-*")):
        assert time.monotonic() < waited and started.poll() is None
        time.sleep(0.02)
    below = processes(started.pid)
    os.killpg(started.pid, signal.SIGINT)
    pressed = time.monotonic()
    said = started.communicate()[1]
    assert started.returncode == 130 and time.monotonic() - pressed < 5
    assert len(below) == 2 and not any(process.is_running() for process in below)
    assert "--resume" in said.splitlines()[-1] and "Traceback" not in said
    subprocess.run([*asked, "--summary", "--resume"], cwd=ROOT, check=True, capture_output=True)
    again = command("--trials", 8_000, "--out", tmp_path / "again")
    subprocess.run(again, cwd=ROOT, check=True, capture_output=True)
    results = [(tmp_path / name / "forecast.json").read_bytes() for name in ("run", "again")]
    assert results[0] == results[1]


def command(*arguments):
    return [sys.executable, "-m", "simulator", "run", "scenarios/baseline.yaml", *map(str, arguments)]
