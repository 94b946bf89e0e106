"""Time every peer on the standard job, and hold its means against the exact ones: `make peers`.

Seconds are the processor's, of 10,000 trials; slow peers play fewer, and their time is scaled to that.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from benchmarks.jobs import standard_job
from benchmarks.peers.agreement import BOUND, agreement
from benchmarks.peers.job import Result, job_of
from simulator.engine import compile_plan, play
from simulator.expected import expected
from simulator.scenario import Scenario

Play = Callable[[int, int], Result]
"""From trials and seed."""

TRIALS: Final = 10_000
THIS: Final = "this program"
PEERS: Final[Mapping[str, int]] = {
    "expert_numpy": TRIALS,
    "straight_numpy": TRIALS,
    "with_squigglepy": TRIALS,
    "with_monaco": 2_000,
    "plain_python": 2_000,
    "with_simpy": 100,
}
"""Trials that each one is timed with, a second or two at most."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each; return 1 where one is missing or disagrees."""
    parser = argparse.ArgumentParser("python -m benchmarks.peers.run", description=__doc__)
    parser.add_argument("--only", choices=(THIS, *PEERS), action="append", metavar="NAME")
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args(arguments)
    scenario, failed = standard_job(), False
    exact = expected(scenario)
    print(f"{len(scenario.pipeline):,} deals × {TRIALS:,} trials, one core; median of {asked.runs} runs")
    print(f"{'':16}{'seconds':>9}{'spread':>17}{'ns a deal-trial':>17}   largest |z| of cells, with trials")
    for name in asked.only or (THIS, *PEERS):
        trials = PEERS.get(name, TRIALS)
        try:
            task = player(name, scenario)
        except ModuleNotFoundError as missing:
            print(f"{name:16}LEFT OUT: {missing}; make peers installs it", flush=True)
            failed = True
            continue
        task(10, 0)
        spent, found = [], []
        for seed in range(1, asked.runs + 1):
            begin = time.process_time()
            found.append(task(trials, seed))
            spent.append((time.process_time() - begin) * TRIALS / trials)
        middle, told = statistics.median(spent), agreement(joined(found), scenario, exact)
        failed |= not told.holds
        print(
            f"{name:16}{middle:9.3f}{f'{min(spent):.3f}–{max(spent):.3f}':>17}"
            f"{middle / TRIALS / len(scenario.pipeline) * 1e9:17,.1f}"
            f"   {told.largest:.2f} of {told.cells}, {trials * asked.runs:,}"
            + ("" if told.holds else f": NOT BELOW {BOUND:g}"),
            flush=True,
        )
    return int(failed)


def player(name: str, scenario: Scenario) -> Play:
    """Return what plays a scenario by the name of a peer, or of this program.

    Raises:
        ModuleNotFoundError: the library that it uses is not installed.
    """
    if name == THIS:
        return lambda trials, seed: _by_engine(scenario, trials, seed)
    peer, job = importlib.import_module(f"benchmarks.peers.{name}"), job_of(scenario)
    return lambda trials, seed: peer.run(job, trials, seed)


def joined(parts: Sequence[Result]) -> Result:
    """Return the trials of all."""
    return Result(
        np.concatenate([part.bookings for part in parts]), np.concatenate([part.receipts for part in parts])
    )


def _by_engine(scenario: Scenario, trials: int, seed: int) -> Result:
    """Compile and play, as peers make their tables within their time too."""
    money = play(compile_plan(scenario, seed), 0, trials).money
    return Result(money["bookings"].sum(axis=0).T, money["receipts"].sum(axis=0).T)


if __name__ == "__main__":
    sys.exit(main())
