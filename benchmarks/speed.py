"""Measure what is asked of the program's speed, each figure beside what is to be reached: `make bench`.

Figures are ratios of what is done by turns in one process, since absolute times do not carry from one machine
to another; where a time is asked for, it is this machine's. `--only` measures some parts alone.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from benchmarks.bound import draw_time, draws_of_a_full_walk
from benchmarks.engine import Plan, compiled, played, quantiles_of, shared
from benchmarks.jobs import feature_job, full_job, learned_job, standard_job
from benchmarks.measure import HEADER, Figure, by_turns, ratios, slowest_of, timed
from benchmarks.memory import beyond_loading
from benchmarks.peers.agreement import BOUND, agreement
from benchmarks.peers.players import PEERS, THIS, TRIALS, joined, player
from benchmarks.processes import until_table, write_small_job
from benchmarks.reading import ROWS, spent_on, write_table
from benchmarks.report import report_figures
from simulator.analysis.comparison import compare
from simulator.analysis.plays import Variant
from simulator.engine.fast import SWITCH
from simulator.executors import keep_memory
from simulator.expected import expected
from simulator.forecast import statistics
from simulator.loading import load
from simulator.scenario import Scenario
from simulator.simulation import simulate

DEALS: Final = 1_000
SCENARIOS: Final = Path(__file__).resolve().parent.parent / "scenarios"
GOALS: Final[Mapping[str, tuple[float, ...]]] = {
    "straight_numpy": (15, 30),
    "expert_numpy": (2, 4),
    "with_squigglepy": (10,),
    "plain_python": (150,),
    "with_simpy": (500,),
}
"""Times that this program is to be faster than each peer; with numpy alone, and with `[fast]`."""
GROWTH: Final = (
    (1_000, 1_000), (1_000, 10_000), (10_000, 1_000), (1_000, 100_000), (100_000, 1_000), (10_000, 10_000),
    (1_000, 1_000_000), (1_000_000, 1_000), (30_000, 30_000),
)  # fmt: skip
"""Deals and trials of the sizes that are compared, up to 10⁹ deal-trials on both axes."""
QUICK: Final = 10**7
"""Deal-trials of the largest size that `--quick` plays."""
SUMMARIES: Final = ((1_000, 10_000), (1_000, 200_000), (20_000, 10_000))
"""Deals and trials of the runs with `--summary` whose memory is looked at."""
BEHIND: Final = 6.0
"""Times that the expert script is to be faster than the straightforward one, or it would be no expert's."""
CELLS: Final = 400
BATCHES: Final = 100
SEEDS: Final = 10
MOST_GAIN: Final = 1e6
"""What does not vary from seed to seed at all gains this much."""


@dataclass(frozen=True)
class Asked:
    """How to measure.

    Attributes:
        runs: of each figure.
        quick: whether the largest sizes are left out.
    """

    runs: int
    quick: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each figure; return 1 where a peer is missing or disagrees with the exact means."""
    parser = argparse.ArgumentParser("python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--only", choices=tuple(PARTS), action="append", metavar="PART",
                        help=f"one of {', '.join(PARTS)}; may be given again")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="leave the largest sizes out")
    parser.add_argument("--runs", type=int, default=5, help="of each figure (default 5)")
    asked = parser.parse_args(arguments)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
          f"numpy {np.__version__}; medians of {asked.runs} runs; goals: numpy / [fast]")  # fmt: skip
    keep_memory()  # as every command of the program does; what is measured beside it gains likewise
    failed = False
    for name in asked.only or PARTS:
        for fast in (False, True) if name in TWICE and find_spec("numba") else (False,):
            title = f"{name}, [fast]" if fast else name
            print(f"\n{HEADER.replace(' ' * len(title), title, 1)}", flush=True)
            with using(fast):
                for figure in PARTS[name](Asked(asked.runs, asked.quick)):
                    told = isinstance(figure, Figure)
                    print(replace(figure, compiled=fast).line() if told else figure, flush=True)
                    failed |= not told
    return int(failed)


@contextmanager
def using(fast: bool) -> Iterator[None]:
    """Play in compiled loops, or in numpy, whatever the size of a job."""
    before = os.environ.get(SWITCH)
    os.environ[SWITCH] = "on" if fast else "off"
    yield
    if before is None:
        del os.environ[SWITCH]
    else:
        os.environ[SWITCH] = before


def bound(asked: Asked) -> Iterator[Figure]:
    """Compare the standard job with the time that its draws alone would take, each deal walked."""
    scenario = standard_job(DEALS)
    per_pair = draws_of_a_full_walk(scenario)
    task, values, draws = player(THIS, scenario), [], []
    task(TRIALS, 1)
    for seed in range(asked.runs):
        draws.append(draw_time(5))
        values.append(timed(partial(task, TRIALS, seed))[0] / (DEALS * TRIALS))
    yield Figure("one double by SplitMix64 in numpy", [d * 1e9 for d in draws], "ns")
    units = [v / (d * per_pair) for v, d in zip(values, draws, strict=True)]
    yield Figure(f"standard job, in units of B = {per_pair:.2f} of them", units, "B", most=(8, 5))
    yield Figure("standard job", [v * 1e9 for v in values], "ns", note="a deal-trial")


def peers(asked: Asked) -> Iterator[Figure | str]:
    """Compare with other programs on the same job; what each plays agrees with the exact means."""
    scenario, behind = standard_job(DEALS), dict[str, list[float]]()
    exact, ours = expected(scenario), player(THIS, scenario)
    for name, trials in PEERS.items():
        try:
            theirs = player(name, scenario)
        except ModuleNotFoundError as missing:
            yield f"{name}: LEFT OUT, {missing}; make bench installs it"
            continue
        found, times = [], []
        theirs(10, 0), ours(10, 0)  # loaded and compiled
        for seed in range(1, asked.runs + 1):
            own, _ = timed(partial(ours, TRIALS, seed))
            other, result = timed(partial(theirs, trials, seed))
            times.append((own / TRIALS, other / trials))
            found.append(result)
        told, behind[name] = agreement(joined(found), scenario, exact), ratios(times)
        yield Figure(f"faster than {name}", behind[name], least=GOALS.get(name, ()),
                     note=f"its largest |z| {told.largest:.2f} of {told.cells}")  # fmt: skip
        if not told.holds:
            yield f"{name}: DISAGREES with the exact means, |z| {told.largest:.2f}, not below {BOUND:g}"
    for better, worse, goal in (
        ("expert_numpy", "straight_numpy", (BEHIND,)),
        ("bare_numba", "expert_numpy", ()),
    ):
        if {better, worse} <= behind.keys():
            pairs = list(zip(behind[better], behind[worse], strict=True))
            yield Figure(f"{better} faster than {worse}", ratios(pairs), least=goal)


def features(asked: Asked) -> Iterator[Figure]:
    """Compare the job with every feature on, and the jobs with deals to come, with the standard job."""
    jobs = {"all features on": feature_job, "and with deals to come": full_job, "learned": learned_job}
    trials = TRIALS // 5 if asked.quick else TRIALS
    plans = [compiled(job(DEALS)) for job in (standard_job, *jobs.values())]
    rounds = by_turns(asked.runs, *(partial(played, plan, trials) for plan in plans))
    for number, name in enumerate(jobs, 1):
        first = number == 1
        yield Figure(f"{name}, against the standard job", ratios(rounds, number), most=(6, 4) * first)
        own = [row[number] / (DEALS * trials) * 1e9 for row in rounds]
        yield Figure(name, own, "ns", most=(100,) * first, note="a deal-trial")


def cores(asked: Asked) -> Iterator[Figure]:
    """Compare two workers with one, by the clock on the wall.

    Beside it stands what two processes that share nothing gain: where other programs use the machine too, its
    second core is no whole one.
    """
    plan, trials = compiled(standard_job(DEALS)), (2 if asked.quick else 6) * TRIALS
    two, one = (partial(shared, plan, trials, workers) for workers in (2, 1))
    gained, apart = [], []
    two(), one()
    for _ in range(asked.runs):
        together, alone = (timed(task, time.perf_counter)[0] for task in (two, one))
        gained.append(alone / together)
        apart.append(2 * alone / slowest_of(2, one))
    yield Figure("two cores against one", gained, least=(1.7,))
    yield Figure("two processes that share nothing, against one", apart)


def growth(asked: Asked) -> Iterator[Figure]:
    """Compare the cost of a deal-trial over numbers of deals and of trials, all of them by turns."""
    sizes = [(d, t) for d, t in GROWTH if not (asked.quick and d * t > QUICK)]
    made = {deals: timed(partial(compiled, standard_job(deals))) for deals in dict(sizes)}
    for _, plan in made.values():
        played(plan, 10)  # so that no time of compiled loops is that of loading them
    tasks = [(partial(played, made[deals][1], trials), deals * trials) for deals, trials in sizes]
    rounds = [[timed(task)[0] / pairs * 1e9 for task, pairs in tasks] for _ in range(asked.runs)]
    costs = list(zip(*rounds, strict=True))
    for (deals, trials), spent in zip(sizes, costs, strict=True):
        yield Figure(f"{deals:,} deals × {trials:,} trials", spent, "ns",
                     note=f"compiled in {made[deals][0] / deals * 1e6:.0f} µs a deal")  # fmt: skip
    cheapest, *_, dearest = sorted(costs, key=np.median)
    yield Figure("dearest against cheapest", ratios(list(zip(cheapest, dearest, strict=True))), most=(1.25,))


def gain(asked: Asked) -> Iterator[Figure | str]:
    """Compare numpy with compiled loops, both when all is loaded."""
    if not find_spec("numba"):
        yield "gain: LEFT OUT, there is no numba; make bench installs it"
        return
    trials = TRIALS // 5 if asked.quick else TRIALS

    def task(plan: Plan, fast: bool) -> None:
        with using(fast):
            played(plan, trials)

    for name, job in (("standard job", standard_job), ("all features on", feature_job)):
        plan = compiled(job(DEALS))
        rounds = by_turns(asked.runs, partial(task, plan, False), partial(task, plan, True))
        times = [(fast, numpy) for numpy, fast in rounds]
        yield Figure(f"{name}, faster by compiled loops", ratios(times), least=(2,) * (job is standard_job))


def large(asked: Asked) -> Iterator[Figure]:
    """Time the standard job of 10⁹ deal-trials on two cores."""
    trials = TRIALS if asked.quick else 10 * TRIALS
    plan = compiled(standard_job(10 * DEALS))
    played(plan, 100)
    spent = [timed(partial(shared, plan, trials, 2), time.perf_counter)[0] for _ in range(asked.runs)]
    yield Figure(f"{10 * DEALS:,} deals × {trials:,} trials, two cores", spent, "s",
                 most=() if asked.quick else (40, 15))  # fmt: skip


def memory(asked: Asked) -> Iterator[Figure]:
    """Look how much memory a run with `--summary` takes beyond its scenario, whatever its trials."""
    for deals, trials in SUMMARIES:
        if asked.quick and deals * trials > QUICK:
            continue
        runs = [beyond_loading(deals, trials) for _ in range(asked.runs)]
        yield Figure(f"--summary, {deals:,} deals × {trials:,}", [taken for taken, _ in runs], "MB",
                     most=(runs[0][1],))  # fmt: skip


def quantiles(asked: Asked) -> Iterator[Figure]:
    """Time the quantiles of as many cells as a rich forecast has."""
    money = played(compiled(standard_job(DEALS)), TRIALS)
    cells = [cell for series in money.values() for rows in series for cell in rows]
    cells = [np.roll(cells[n % len(cells)], n) for n in range(CELLS)]
    rounds = by_turns(
        asked.runs,
        lambda: [quantiles_of(cell) for cell in cells],
        lambda: [np.sort(cell) for cell in cells],
        lambda: [statistics(cell, 100.0) for cell in cells],
    )
    names = f"the quantiles of {CELLS} cells", "sorting them", "all that is told of them"
    for n, (name, goal) in enumerate(zip(names, ((8,), (), ()), strict=True)):
        values = [row[n] / (CELLS * TRIALS) * 1e9 for row in rounds]
        yield Figure(name, values, "ns", most=goal, note="a value")


def processes(asked: Asked) -> Iterator[Figure]:
    """Time whole processes."""
    yield Figure("simulator --help", [until_table("--help") for _ in range(asked.runs)], "s", most=(0.15,))
    with TemporaryDirectory() as folder:
        small, options = write_small_job(Path(folder)), ("--trials", "10000", "--out", Path(folder) / "out")
        for name, path, goal in (
            ("200 deals × 10,000 trials, until the table stands", small, (1.2,)),
            ("scenarios/baseline × 10,000, until the table", SCENARIOS / "baseline.yaml", ()),
        ):
            spent = [until_table("run", path, *options) for _ in range(asked.runs + 1)]
            yield Figure(name, spent[1:], "s", most=goal)


def reading(asked: Asked) -> Iterator[Figure]:
    """Time how a large table is read, and the scenario over it, and look how much memory that takes."""
    rows = ROWS // 10 if asked.quick else ROWS
    with TemporaryDirectory() as place:
        write_table(folder := Path(place), rows)
        for what, goals in (("table", ((8,), (1.2,))), ("scenario", ((), (1.2,)))):
            spent = [spent_on(folder, what) for _ in range(asked.runs)]
            told = f"{rows:,} rows of 12 columns, the {what}"
            yield Figure(told, [seconds for seconds, _ in spent], "s", most=goals[0])
            yield Figure("of it memory at most", [size for _, size in spent], "GB", most=goals[1])


def report(asked: Asked) -> Iterator[Figure | str]:
    """Time the report of a large run, and look how large it is."""
    yield from report_figures(asked.runs)


def difference(asked: Asked) -> Iterator[Figure]:
    """Compare the variance of a difference of scenarios, as it is told, with that by separate seeds.

    By how much averages differ is told by exact means where they are known; the same luck serves where they
    are not, and all quantiles. How much there is to gain by it is the scenarios' own: deals that only one of
    them has, and a market that moves deals more in one, differ whatever numbers are drawn. So the open deals
    under one market are compared too.
    """
    base, other = (load(SCENARIOS / f"{name}.yaml") for name in ("baseline", "downturn"))
    yield _told(base, other, asked.runs)
    batch = 400 if asked.quick else 1_000
    yield from _gains("baseline less downturn", base, other, asked.runs, batch)
    alike = replace(_without_arrivals(other), market=base.market)
    yield from _gains("open deals, under one market", _without_arrivals(base), alike, asked.runs, batch)


def _told(one: Scenario, other: Scenario, runs: int) -> Figure:
    """Compare the variance of the average difference that `compare` tells with that by separate seeds."""
    gains = []
    for run in range(runs):
        told, apart = [], []
        for seed in range(run * SEEDS, (run + 1) * SEEDS):
            ours, theirs = (replace(scenario, seed=seed, trials=TRIALS // 10) for scenario in (one, other))
            found = compare([Variant("one", ours), Variant("other", theirs)]).payload
            told.append(found["others"][0]["difference"]["totals"]["bookings"]["mean"])
            alone = simulate(replace(theirs, seed=seed + runs * SEEDS), other_markets=False)
            first = found["base"]["totals"]["bookings"]["mean"]
            apart.append(alone.mean("bookings") - first)
        rounding = (1e-9 * np.mean(told)) ** 2
        gains.append(min(np.var(apart) / max(np.var(told), rounding), MOST_GAIN))
    return Figure("baseline less downturn, as compare tells it: mean", gains, least=(25,))


def _gains(name: str, one: Scenario, other: Scenario, runs: int, batch: int) -> Iterator[Figure]:
    """Compare variances over trials, and over batches of them, on the same luck and on separate luck."""
    means, lows = [], []
    for seed in range(1, runs + 1):
        a, b = (_bookings(scenario, seed, BATCHES * batch) for scenario in (one, other))
        means.append((a.var() + b.var()) / (a - b).var())
        a, b = (np.quantile(x.reshape(BATCHES, -1), 0.1, axis=1) for x in (a, b))
        lows.append((a.var() + b.var()) / (a - b).var())
    yield Figure(f"{name}, the same luck: mean", means, least=(25,))
    yield Figure(f"{name}, the same luck: p10", lows, least=(4,))


def _without_arrivals(scenario: Scenario) -> Scenario:
    return replace(scenario, segments=tuple(replace(s, generation=None) for s in scenario.segments))


def _bookings(scenario: Scenario, seed: int, trials: int) -> np.ndarray:
    return played(compiled(scenario, seed), trials)["bookings"].sum(axis=(0, 1))


Part = Callable[[Asked], Iterator[Figure | str]]
PARTS: Final[Mapping[str, Part]] = {
    part.__name__: part
    for part in (
        bound,
        peers,
        features,
        gain,
        cores,
        growth,
        large,
        memory,
        quantiles,
        processes,
        reading,
        report,
        difference,
    )
}
TWICE: Final = {part.__name__ for part in (bound, peers, features, cores, growth, large, memory)}
"""Parts that are measured in numpy and in compiled loops."""

if __name__ == "__main__":
    sys.exit(main())
