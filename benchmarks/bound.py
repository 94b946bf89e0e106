"""Say what no program can fall below that draws its numbers one by one in numpy: the bound B."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import timed
from simulator.scenario import Scenario
from simulator.streams import GAMMA

Words = NDArray[np.uint64]

WORDS = 1 << 19
"""Drawn in each timing."""
TILES = (1 << 12, 1 << 13, 1 << 14, 1 << 15)
"""Sizes that are tried: two arrays of them stay in the cache of most machines."""
_PASTE = np.uint64(0x3FF0000000000000)
_MULTIPLIERS = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_SHIFTS = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(12)


def draws_of_a_full_walk(scenario: Scenario) -> float:
    """Return the random numbers that one deal takes in one trial on average, if every deal is walked.

    Whether and when it leaves each stage that it sees; if it is won, whether its amount changes, to what, and
    the day of payment. The stages seen from stage s on are row s of (I − P)⁻¹; won are as many as move there.
    """
    per_deal, deals = 0.0, scenario.pipeline
    for index, segment in enumerate(scenario.segments):
        size = len(segment.funnel.stages)
        seen = np.linalg.inv(np.eye(size) - segment.funnel.transitions[:, :size])
        won = seen @ segment.funnel.transitions[:, size]
        stage = deals.stage[deals.segment == index]
        per_deal += float((2 * seen.sum(axis=1) + 3 * won)[stage].sum())
    return per_deal / len(deals)


def draw_time(runs: int = 15) -> float:
    """Return the seconds of one double by SplitMix64, in tiles of the size that suits the machine best."""
    return min(_time_of(tile, runs) for tile in TILES)


def _time_of(tile: int, runs: int) -> float:
    steps = np.arange(tile, dtype=np.uint64) * np.uint64(GAMMA)
    state, scratch, result = np.empty_like(steps), np.empty_like(steps), np.empty(tile)

    def draw() -> None:
        for key in range(WORDS // tile):
            np.add(steps, np.uint64(key), out=state)
            _fill(state, scratch, result)

    draw()
    return float(np.median([timed(draw)[0] for _ in range(runs)])) / WORDS


def _fill(state: Words, scratch: Words, result: NDArray[np.float64]) -> None:
    """Put a double between 0 and 1 of each state into the result; nothing is allocated."""
    for shift, multiplier in zip(_SHIFTS, _MULTIPLIERS, strict=False):
        np.right_shift(state, shift, out=scratch)
        np.bitwise_xor(state, scratch, out=state)
        np.multiply(state, multiplier, out=state)
    np.right_shift(state, _SHIFTS[2], out=scratch)
    np.bitwise_xor(state, scratch, out=state)
    np.right_shift(state, _SHIFTS[3], out=state)
    np.bitwise_or(state, _PASTE, out=state)
    np.subtract(state.view(np.float64), 1 - 2.0**-53, out=result)
