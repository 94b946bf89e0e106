"""Time the engine's main pass and the parts around it: `make bench`."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable

import numpy as np

from benchmarks.jobs import full_job, learned_job
from simulator.engine import compile_plan, play
from simulator.expected import expected
from simulator.streams import trial_offsets, uniforms

RUNS = 5
DEALS, TRIALS, MONTHS = 1_000, 10_000, 24


def main() -> None:
    """Print the median and the spread of each part, and the time in units of one keyed draw."""
    scenario = full_job(DEALS, MONTHS)
    plan = compile_plan(scenario, seed=1)
    play(plan, 0, 1_000)
    print(f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}")
    print(f"{DEALS:,} deals × {TRIALS:,} trials × {MONTHS} months, every feature on; {RUNS} runs, one core")
    draw = _time("one keyed draw, in cache (ns)", _draws, 1e9 / _DRAWS)
    _time("compile (s)", lambda: compile_plan(scenario, seed=1))
    plans = iter([compile_plan(scenario, seed=1) for _ in range(RUNS)])
    main_pass = _time("main pass (s)", lambda: play(next(plans), 0, TRIALS))
    learned = learned_job(DEALS, MONTHS)
    plans = iter([compile_plan(learned, seed=1) for _ in range(RUNS)])
    by_draws = _time("main pass by 2,000 draws (s)", lambda: play(next(plans), 0, TRIALS))
    print(f"by draws: {by_draws / main_pass:.2f} times as long")
    _time("exact means (s)", lambda: expected(scenario))
    pairs = DEALS * TRIALS
    print(f"a deal-trial: {main_pass / pairs * 1e9:.0f} ns = {main_pass / pairs * 1e9 / draw:.0f} draws")


_DRAWS = 1 << 14


def _draws() -> None:
    uniforms(np.uint64(12345) + trial_offsets(0, _DRAWS))


def _time(label: str, task: Callable[[], object], scale: float = 1.0) -> float:
    """Print and return the median of some runs."""
    spent = []
    for _ in range(RUNS if scale == 1.0 else 200):
        start = time.perf_counter()
        task()
        spent.append((time.perf_counter() - start) * scale)
    middle = statistics.median(spent)
    print(f"{label:32} {middle:8.2f}   {min(spent):.2f}–{max(spent):.2f}", flush=True)
    return middle


if __name__ == "__main__":
    main()
