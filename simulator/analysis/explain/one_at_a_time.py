"""Say what each assumption does, moved down and up alone, on the same luck (MODEL 9, tornado)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.aimed import Aimed
from simulator.analysis.contrasts import DIFFERENCE, chance_contrast, contrast
from simulator.analysis.explain.moved import Moved, moved
from simulator.analysis.explain.question import Question
from simulator.executors import side_by_side
from simulator.forecast import statistics

Floats = NDArray[np.float64]

MOST: Final = 4_000
"""Trials: the luck is the same, so that few tell a difference."""
WORK: Final = 100_000_000
"""Contracts times trials times plays that are worth the wait."""
LEAST: Final = 250
ENDS: Final = ("low", "high")


def part(question: Question) -> dict[str, Any]:
    """Return what each assumption changes, that which moves the middle most first; idle ones are left out."""
    found = list(moved(question.scenario))
    base = Aimed(question.scenario, question.aim, question.seed)
    affordable = WORK // (max(base.plan().contracts, 1) * 2 * max(len(found), 1))
    trials = min(question.forecast.trials, MOST, max(affordable, LEAST))
    before = question.amounts[:trials]

    def task(number: int, _: int) -> Floats:
        other = Aimed(found[number // 2].ends[number % 2], question.aim, question.seed)
        return other.amounts(other.plan(), 0, trials)

    plays = [(number, number + 1) for number in range(2 * len(found))]
    after = list(side_by_side(task, plays, min(question.workers, max(len(plays), 1))))
    rows = [_row(question, one, before, after[2 * i : 2 * i + 2]) for i, one in enumerate(found)]
    told = [row for row in rows if row["low"]["touched"] or row["high"]["touched"]]
    return {"trials": trials, "assumptions": sorted(told, key=_effect, reverse=True)}


def _row(question: Question, one: Moved, before: Floats, after: list[Floats]) -> dict[str, Any]:
    found = {end: _differs(question, before, amounts) for end, amounts in zip(ENDS, after, strict=True)}
    factors = {name: list(pair) for name, pair in one.factors.items()}
    return {"name": one.name, "learned": list(one.learned), "factors": factors, **found}


def _differs(question: Question, before: Floats, after: Floats) -> dict[str, Any]:
    """Return by what the amounts differ, in major units, and by what the chance does."""
    forecast, aim = question.forecast, question.aim
    draws = forecast.draws if forecast.draws and forecast.draws < len(before) else None
    told = [statistics(amounts, forecast.unit, draws=draws) for amounts in (after, before)]
    weighed = contrast((after, before), told, DIFFERENCE, forecast.unit, draws)
    result: dict[str, Any] = {"touched": not np.array_equal(after, before)}
    result |= {name: weighed[name] for name in ("mean", "p10", "p50", "p90", "error")}
    if aim.amount is not None:
        hits = [amounts >= aim.amount for amounts in (after, before)]
        moved_by = chance_contrast(hits, DIFFERENCE, draws)
        result["chance"] = {name: moved_by[name] for name in ("chance", "error")}
    return result


def _effect(row: dict[str, Any]) -> tuple[float, float]:
    """Return how far an assumption moves the middle, then the average, between its two ends."""
    return abs(row["high"]["p50"] - row["low"]["p50"]), abs(row["high"]["mean"] - row["low"]["mean"])
