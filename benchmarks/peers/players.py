"""Let a peer, or this program, play a scenario by its name."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from benchmarks.engine import compiled, played
from benchmarks.peers.job import Result, job_of
from simulator.scenario import Scenario

Play = Callable[[int, int], Result]
"""From trials and seed."""

TRIALS: Final = 10_000
THIS: Final = "this program"
PEERS: Final[Mapping[str, int]] = {
    "expert_numpy": TRIALS,
    "bare_numba": TRIALS,
    "straight_numpy": TRIALS,
    "with_squigglepy": TRIALS,
    "with_monaco": 2_000,
    "plain_python": 2_000,
    "with_simpy": 100,
}
"""Trials that each one is timed with, a second or two at most."""


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
    money = played(compiled(scenario, seed), trials)
    return Result(money["bookings"].sum(axis=0).T, money["receipts"].sum(axis=0).T)
