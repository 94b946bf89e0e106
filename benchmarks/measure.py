"""Time tasks by turns in one process, and print what came out beside what was to be reached."""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")
Task = Callable[[], object]
Clock = Callable[[], float]


@dataclass(frozen=True)
class Figure:
    """One line of the results.

    Attributes:
        name: what is measured.
        values: one a run.
        unit: of the values; `×` for a ratio.
        least: what is to be reached at the least, with numpy alone and with the extra `[fast]`.
        most: likewise at the most.
        note: what else there is to say.
        compiled: whether it was measured with `[fast]`, so that its goal is the last.
    """

    name: str
    values: Sequence[float]
    unit: str = "×"
    least: tuple[float, ...] = ()
    most: tuple[float, ...] = ()
    note: str = ""
    compiled: bool = False

    def line(self) -> str:
        """Return name, median, spread, goal, whether its goal is reached, and the note."""
        middle = statistics.median(self.values)
        spread = f"{_short(min(self.values))}–{_short(max(self.values))}" if len(self.values) > 1 else ""
        verdict = ""
        if goals := self.least or self.most:
            goal = goals[-1 if self.compiled else 0]
            verdict = "yes" if (middle >= goal if self.least else middle <= goal) else "NO"
        told = f"{_short(middle)} {self.unit}"
        return f"{self.name:50}{told:>14}{spread:>17}{self._goal():>12} {verdict:4}{self.note}".rstrip()

    def _goal(self) -> str:
        sign, goals = ("≥", self.least) if self.least else ("≤", self.most)
        return f"{sign} {' / '.join(f'{g:g}' for g in goals)}" if goals else ""


HEADER = f"{'':50}{'median':>14}{'spread':>17}{'to reach':>12}"


def by_turns(runs: int, *tasks: Task) -> list[tuple[float, ...]]:
    """Return the processor's seconds of each task, run by run, one after the other; each is done once before.

    Args:
        runs: how many rounds.
        tasks: what is timed.
    """
    for task in tasks:
        task()
    return [tuple(timed(task)[0] for task in tasks) for _ in range(runs)]


def timed(task: Callable[[], Result], clock: Clock = time.process_time) -> tuple[float, Result]:
    """Return how many seconds a task takes, and what it returns.

    Args:
        task: what is timed.
        clock: the processor's time, which other programs touch least; the wall's for more than one core.
    """
    begin = clock()
    result = task()
    return clock() - begin, result


def slowest_of(processes: int, task: Task) -> float:
    """Return how many seconds the slowest of some copies of this process takes for a task, all at once.

    Each has done it once before, and shares nothing with the others.
    """
    context = multiprocessing.get_context("fork")
    barrier, spent = context.Barrier(processes), context.SimpleQueue()

    def work() -> None:
        task()
        barrier.wait()
        spent.put(timed(task, time.perf_counter)[0])

    crew = [context.Process(target=work) for _ in range(processes)]
    for process in crew:
        process.start()
    slowest: float = max(spent.get() for _ in crew)
    for process in crew:
        process.join()
    return slowest


def ratios(rounds: Sequence[tuple[float, ...]], over: int = 1, under: int = 0) -> list[float]:
    """Return by how much one task takes longer than another, in each round."""
    return [row[over] / row[under] for row in rounds]


def _short(value: float) -> str:
    """Return a number with three digits."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
