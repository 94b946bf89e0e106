"""Play scenarios for the benchmarks: the one place where they meet the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulator.engine import Plan, compile_plan, play
from simulator.forecast import LEVELS, MOST_DEALS
from simulator.played import Played, Player
from simulator.scenario import Scenario
from simulator.scores import quantile

__all__ = ["Plan", "compiled", "played", "quantiles_of", "shared"]

Money = Mapping[str, NDArray[np.float64]]


def compiled(scenario: Scenario, seed: int = 1) -> Plan:
    """Return what a scenario is played from, as by `simulate`: days of the first deals are counted."""
    return replace(compile_plan(scenario, seed), most_followed=MOST_DEALS)


def played(plan: Plan, trials: int) -> Money:
    """Return the money of so many trials, minor units, floats[slice, cell, trial] of each series."""
    return play(plan, 0, trials).money


def shared(plan: Plan, trials: int, workers: int) -> Played:
    """Return so many trials as a run plays them, by so many workers."""
    return Player(workers).play(Played.none(plan, "shared"), trials)


def quantiles_of(amounts: NDArray[np.float64]) -> list[float]:
    """Return the quantiles that a forecast tells of trials."""
    ordered = np.sort(amounts)
    return [quantile(ordered, level / 100) for level in LEVELS]
