"""Measure how much memory a run takes beyond its scenario, `python -m benchmarks.memory standard 30 500`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.jobs import full_job, standard_job
from simulator.engine import compile_plan, play
from simulator.engine.fast import SWITCH, is_wanted
from simulator.executors import keep_memory
from simulator.runs import Record, reserve, write_run
from simulator.simulation import simulate

ALLOWED = 64 * 2**20
PER_DEAL = 100
_TOLD = re.compile(r"(\d+) MB in all, beyond \d+ MB; (\d+) MB allowed")


def beyond_loading(deals: int, trials: int) -> tuple[int, int]:
    """Return how many MB a process takes at most for the standard job, and how many it may."""
    command = [sys.executable, "-m", "benchmarks.memory", "standard", str(deals), str(trials)]
    told = _TOLD.search(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert told is not None
    return int(told[1]), int(told[2])


def main(kind: str, deals: int, trials: int, workers: int = 1) -> None:
    """Run a job with its trials on the disk, leave its files, and print what it took at most."""
    keep_memory()  # as the command does
    scenario = {"standard": standard_job, "full": full_job}[kind](deals)
    if is_wanted(deals * trials):  # what is compiled is loaded like the program, whatever the run is
        os.environ[SWITCH] = "on"
        play(compile_plan(standard_job(50), 1), 0, 250)
    before, started = peak(anew=True), time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        folder = reserve("memory", "2026-10-31", root=Path(place))
        forecast = simulate(scenario, trials, 1, workers, shelf=folder.blocks, summary=True)
        played = peak()
        now = datetime.now(UTC)
        payload, rows, deals_of = forecast.to_json(), forecast.rows(), forecast.deal_rows()
        write_run(folder, Record(payload, rows, deals_of, scenario, {}, now, now))
        size = sum(file.stat().st_size for file in (folder.path / ".blocks").iterdir())
        folder.blocks.remove()
        folder.release()
    allowed = ALLOWED + PER_DEAL * deals
    print(
        f"{kind}: {deals:,} deals × {trials:,} trials: {(played - before) / 2**20:.0f} MB when played, "
        f"{(peak() - before) / 2**20:.0f} MB in all, beyond {before / 2**20:.0f} MB; "
        f"{allowed / 2**20:.0f} MB allowed; {size / 2**20:,.0f} MB on the disk; "
        f"{time.perf_counter() - started:.1f} s",
        flush=True,
    )


def peak(anew: bool = False) -> int:
    """Return the most memory that this process has had so far, bytes; Linux forgets it when asked to."""
    if anew:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    kind, deals, trials = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    main(kind, deals, trials, int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    os._exit(0)
