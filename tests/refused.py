"""What is refused apart from files, an example a code, called with an empty folder and monkeypatch."""

import json
import os
import socket
import sys
from datetime import date
from pathlib import Path
from types import SimpleNamespace

from click.testing import CliRunner
from history_files import EVENTS, write_all
from written import SCENARIO, loaded, write

from simulator import cluster
from simulator.analysis.aims import aim_of
from simulator.analysis.variants import case_of
from simulator.backtest.origins import origins
from simulator.cli import bridge, doctor, terminal
from simulator.cli import main as program
from simulator.executors import _received
from simulator.loading import load
from simulator.loading.history import read_history
from simulator.loading.refit import recipe_of
from simulator.loading.sources import read_table
from simulator.loading.yaml import read_yaml
from simulator.report.codes import page
from simulator.runs import inside, reopen, run_of, write_file
from simulator.runs import locks as locking
from simulator.runs.blocks import Blocks
from simulator.scenario import resolve as resolving
from simulator.simulation import simulate


def command(*words):
    """Run a command that must fail, and return what it says."""
    result = CliRunner().invoke(program, [str(word) for word in words])
    assert result.exit_code in (2, 5) and not result.stdout, result.output
    return result.stderr


def somebody_elses(folder, _):
    (folder / "mine.txt").write_text("mine")
    return command("init", folder)


def without_an_earlier_run(folder, _):
    day = {"start": "2026-11-01", "end": "2026-11-30", "name": "2026-11"}
    forecast = {"scenario": "small", "as_of": "2026-10-31", "currency": "EUR", "trials": 1, "seed": 1,
                "periods": [day], "fiscal": [], "segments": {}}  # fmt: skip
    record = {"as_of": "2026-10-31", "finished": "2026-11-01T00:00:00+00:00", "previous": None}
    (folder / "forecast.json").write_text(json.dumps(forecast))
    (folder / "run.json").write_text(json.dumps(record))
    bridge._runs((folder,))


def not_asked(folder, _):
    (folder / "export.csv").write_text("id,stage,amount,created\nD1,Proposal,5,03/04/2026\n")
    return command("init", folder / "new", "--from", folder / "export.csv")


def without_rights(folder, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    write_file(folder / "forecast.json", b"")


def through_a_link(folder, _):
    (folder / "figures").symlink_to("/")
    inside(folder, "figures/walk.svg")


def a_file(folder, _):
    (folder / "plan").touch()
    return command("init", folder / "plan")


def locked(folder, monkeypatch):
    (folder / ".lock").write_text("4711\n")
    monkeypatch.setattr(locking, "_take", lambda handle: False)
    locking.lock(folder)


def begun_otherwise(folder, _):
    Blocks(folder / ".blocks", lambda: {"the seed": 1}).begin()
    Blocks(folder / ".blocks", lambda: {"the seed": 2}).check()


def a_lost_cluster(folder, monkeypatch):
    def late(timeout):
        raise TimeoutError

    monkeypatch.setattr(cluster, "DESERTED", -1)
    client = SimpleNamespace(nthreads=dict)
    cluster.Cluster(client, "tls://farm:8786")._result(SimpleNamespace(result=late))


def another_version(folder, monkeypatch):
    client = SimpleNamespace(
        wait_for_workers=lambda *_, **__: None,
        run=lambda *_, **__: {"tcp://10.0.0.7:40001": {**cluster._build(), "numpy": "1.0"}},
        run_on_scheduler=lambda build: build(),
    )
    monkeypatch.setattr(cluster, "_build", lambda: {"numpy": "2.0"})
    cluster._check_builds(client, "tls://farm:8786")


def no_name(folder, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    return command("run", make(folder), "--cluster", "tcp://farm:8786")


def no_tls_files(folder, monkeypatch):
    def unread(_):
        raise FileNotFoundError(2, "No such file or directory")

    cluster._options(SimpleNamespace(Security=lambda: SimpleNamespace(get_connection_args=unread)))


def a_closed_pipe(folder, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    stream = SimpleNamespace(write=full, fileno=lambda: 1)
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    monkeypatch.setattr(sys, "stdout", stream)
    terminal.say("baseline")


def a_wrong_library(folder, monkeypatch):
    monkeypatch.setattr("scipy.special.ndtri", lambda _: 2.0)
    doctor._numbers()


def without_dask(folder, monkeypatch):
    monkeypatch.setattr(cluster, "find_spec", lambda _: None)
    with cluster.cluster("local:2"):
        pass


def ended(folder, _):
    def nothing():
        raise EOFError

    _received(SimpleNamespace(recv=nothing))


def to_learn(folder, _):
    load(write(folder))
    recipe_of(folder / "small.yaml")


def older(folder, monkeypatch):
    monkeypatch.setattr(resolving, "MIGRATIONS", {0: dict})
    return loaded(folder, SCENARIO.replace("version: 1", "version: 0"))


def out_of_a_folder(folder, _):
    (folder / "exports").mkdir()
    (folder / "exports" / "2026-10-31.csv").symlink_to(write_all(folder, {"events": EVENTS})[0])
    read_history([folder / "exports"])


def make(folder):
    loaded(folder)
    return folder / "small.yaml"


REFUSED = {
    "U001": lambda folder, _: command("run", make(folder), "--trails", "100"),
    "U002": lambda folder, _: simulate(loaded(folder), trials="many"),
    "U003": lambda folder, _: page("D0144"),
    "U004": somebody_elses,
    "U005": lambda folder, _: run_of(folder),
    "U006": lambda folder, _: aim_of(loaded(folder), series="balance"),
    "U007": without_an_earlier_run,
    "U008": lambda folder, _: case_of("slip"),
    "U009": lambda folder, _: origins(date(2026, 6, 30), date(2026, 1, 31), "1m"),
    "U010": lambda folder, _: command("run", make(folder), "--cluster", "farm"),
    "U011": lambda folder, _: command("run", make(folder), "--set", "x=postgresql://kim:Sommer7@db/crm"),
    "U012": not_asked,
    "P002": lambda folder, _: command("run", "nowhere.yaml"),
    "P003": lambda folder, _: read_yaml(folder),
    "P004": without_rights,
    "P005": through_a_link,
    "P006": a_file,
    "P007": locked,
    "P008": lambda folder, _: reopen("plan", "2026-10-31", dict, root=folder),
    "P009": begun_otherwise,
    "P010": ended,
    "P011": no_name,
    "P012": a_lost_cluster,
    "P013": another_version,
    "P014": no_tls_files,
    "P015": a_closed_pipe,
    "P016": a_wrong_library,
    "P017": without_dask,
}

SPECIAL = {
    "D055": lambda *_: read_table(Path("/dev/null")),
    "S071": to_learn,
    "H072": out_of_a_folder,
    "W008": older,
}
"""Codes of files whose example needs more than a table."""
