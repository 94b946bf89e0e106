"""Answer what it would take to reach an amount, one lever at a time, and what would endanger it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, Literal

import numpy as np

from simulator.analysis.aims import Aim
from simulator.analysis.goal.levers import (
    LEVERS,
    NAMES,
    SHOCKS,
    Lever,
    loss_of,
    pulled_since,
    told_since,
)
from simulator.analysis.goal.question import Question
from simulator.analysis.goal.search import (
    Chance,
    Curve,
    Found,
    fallen_below,
    is_raised_to,
    least_raised_to,
    raised_to,
)
from simulator.analysis.goal.units import UNITS, Business
from simulator.errors import UsageError, did_you_mean
from simulator.executors import Crew
from simulator.expected import expected
from simulator.periods import add_months
from simulator.records import dataclass
from simulator.scenario import Scenario
from simulator.simulation import shortened

TRIALS: Final = 2_000
"""Where none are asked for: enough for an answer that is known to a tenth of itself or so."""
MOST_LOST: Final = 50
"""Open deals whose loss is looked at, the largest first."""
Status = Literal["reached", "nothing needed", "out of reach", "no effect"]


@dataclass(frozen=True)
class Goal:
    """What it would take, and what would endanger it.

    Attributes:
        payload: the fields of goal.json.
        passed: whether the scenario agrees with its exact means.
    """

    payload: Mapping[str, Any]
    passed: bool


def goal(
    scenario: Scenario, aim: Aim, chance: float | None = None, below: float | None = None,
    levers: Sequence[str] = (), trials: int = TRIALS, workers: int | Crew = 1,
    progress: Callable[[int], None] | None = None,
) -> Goal:  # fmt: skip
    """Return how far each lever must be pulled, and how hard each shock must be, one at a time.

    Args:
        scenario: as loaded.
        aim: what is to be reached; a balance without an amount, that it never falls below the floor.
        chance: the chance that is wanted.
        below: shocks are sought at which the chance falls below this one.
        levers: names, none for all.
        trials: of every play, all on the same luck.
        workers: as `simulate` has them.
        progress: called with the trials played so far.

    Raises:
        UsageError: nothing is to be reached, or there is no such lever or chance.
    """
    for value in (chance, below):
        if value is not None and not 0 < value < 1:
            raise UsageError(
                f"a chance of {value:.0%} is never sure to be met: give one between 0 and 100 %", code="U002"
            )
    if unknown := next((name for name in levers if name not in NAMES), None):
        raise UsageError(
            f"there is no lever {unknown!r}: {did_you_mean(unknown, NAMES, ', '.join(NAMES))}", code="U003"
        )
    question = Question.of(scenario, aim, trials, workers, progress)
    business, payload = Business(question), _head(question)
    if chance is not None:
        some = [lever for lever in LEVERS if not levers or lever.name in levers]
        found = [_lever(lever, question, business, chance) for lever in some]
        payload["goal"] = {"chance": chance, "levers": found}
    if below is not None:
        deals = _largest(question)
        shocks = (*SHOCKS[:2], loss_of([deal["id"] for deal in deals]), *SHOCKS[2:])
        found = [_shock(shock, question, business, below, deals) for shock in shocks]
        payload["danger"] = {"below": below, "shocks": found}
    return Goal(payload, question.forecast.check.passed)


def _head(question: Question) -> dict[str, Any]:
    scenario, window, check = question.scenario, question.aim.window, question.forecast.check
    return {
        "schema_version": 1,
        "scenario": scenario.name,
        "as_of": scenario.horizon.as_of.isoformat(),
        "seed": question.forecast.seed,
        "trials": question.trials,
        "currency": scenario.currency,
        "aim": {
            "name": question.aim.name,
            "series": window.series,
            "segment": window.segment or "all",
            "from": window.first.isoformat(),
            "until": window.last.isoformat(),
            "amount": question.least / question.unit,
            "floor": question.aim.amount is None,
        },
        "now": _chance(question.now),
        "self_check": check.told(),
    }


def _lever(lever: Lever, question: Question, business: Business, chance: float) -> dict[str, Any]:
    """Return what is told of one lever."""
    curve = question.curve(lever)
    if question.aim.window.series not in lever.moves:
        return _told(lever, question, business, curve, Found(None, None, None))
    found = raised_to(curve, chance)
    result = _told(lever, question, business, curve, found)
    if result["status"] == "reached" and question.unpulled:
        result |= _starts(lever, question, business, chance)
    return result


def _shock(
    shock: Lever, question: Question, business: Business, below: float, deals: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return what is told of one shock."""
    curve = question.curve(shock)
    found = fallen_below(curve, below) if shock.steps else Found(None, None, None)
    result = _told(shock, question, business, curve, found)
    return result | ({"deals": list(deals[: found.steps or 0])} if shock.name == "loss" else {})


def _told(lever: Lever, question: Question, business: Business, curve: Curve, found: Found) -> dict[str, Any]:
    """Return how far a lever is to be pulled, as set and in the units of the business."""

    def at(steps: int | None) -> dict[str, Any] | None:
        if steps is None:
            return None
        value = lever.value(steps)
        figures = business.figures(lever.name, value)
        return {"value": value, "figure": figures.pop(""), "segments": figures}

    steps = found.steps
    result: dict[str, Any] = {
        "lever": lever.name,
        "status": _status(curve, found),
        "unit": UNITS[lever.name].name,
        "now": at(0),
        "answer": at(steps),
        "low": at(found.low),
        "high": at(found.high),
        "limit": at(lever.steps),
        "set": list(lever.told(lever.value(steps), question.named)) if steps else [],
        "chance": None if steps is None else _chance(curve.at(steps)),
    }
    result["curve"] = [
        {"value": lever.value(n), "figure": business.figures(lever.name, lever.value(n))[""]} | _chance(c)
        for n, c in curve.points()
    ]
    result["best"] = max(result["curve"], key=lambda point: point["chance"])
    return result


def _status(curve: Curve, found: Found) -> Status:
    if found.steps is None:
        moved = any(chance.moved for _, chance in curve.points())
        return "out of reach" if moved else "no effect"
    return "reached" if found.steps else "nothing needed"


def _starts(lever: Lever, question: Question, business: Business, chance: float) -> dict[str, Any]:
    """Return how far a lever is to be pulled if it begins later, and the last month in which it may.

    The last one is that from which on as far as the lever goes is still enough; the chance falls from month
    to month.
    """
    months = _months(question.scenario)
    curves = [_since(lever, question, first) for first in months]
    early, late = 0, len(months)  # months[early - 1] is in time, months[late] is not
    while late > early:
        middle = (early + late) // 2
        if is_raised_to(curves[middle], chance):
            early = middle + 1
        else:
            late = middle
    told = []
    for n in sorted({(early - 1) // 2, early - 1} if early else ()):
        found = least_raised_to(curves[n], chance)
        if found is not None:
            told.append(_start(lever, question, business, months[n], found, curves[n]))
    last = months[early - 1] if early else question.scenario.horizon.date_of(1)
    return {"latest_start": last.isoformat(), "starts": told}


def _since(lever: Lever, question: Question, first: date) -> Curve:
    scenario, segments = question.scenario, question.segments
    return question.curve(lever, lambda steps: pulled_since(lever, scenario, steps, segments, first))


def _start(
    lever: Lever, question: Question, business: Business, first: date, steps: int, curve: Curve
) -> dict[str, Any]:
    value = lever.value(steps)
    before, after = (business.figures(lever.name, v, first)[""] for v in (lever.value(0), value))
    return {
        "from": first.isoformat(),
        "value": value,
        "now": before,
        "figure": after,
        "set": list(told_since(lever, steps, question.named, first)),
        "chance": _chance(curve.at(steps)),
    }


def _months(scenario: Scenario) -> list[date]:
    """Return the first days of the months after that of the first forecast day."""
    horizon, found = scenario.horizon, list[date]()
    month = add_months(horizon.date_of(1).replace(day=1), 1)
    while month <= horizon.end:
        found.append(month)
        month = add_months(month, 1)
    return found


def _largest(question: Question) -> list[dict[str, Any]]:
    """Return the open deals that are expected to bring most in the window, the most first."""
    scenario, window = question.scenario, question.aim.window
    brings = expected(scenario).deal_bookings
    if window.first > scenario.horizon.date_of(1):
        brings = brings - expected(shortened(scenario, window.first - timedelta(days=1))).deal_bookings
    pipeline, chances = scenario.pipeline, question.forecast.deal_chance
    mine = [scenario.segments[i].name in question.segments for i in pipeline.segment.tolist()]
    order = [i for i in np.argsort(-brings, kind="stable").tolist() if mine[i] and 0 < chances[i] < 1]
    worth = scenario.rates.worth(pipeline.amount, pipeline.currency) / question.unit
    return [
        {
            "id": pipeline.id[i],
            "name": pipeline.name[i],
            "customer": pipeline.customer[i],
            "amount": float(worth[i]),
            "expected": float(brings[i]) / question.unit,
        }
        for i in order[:MOST_LOST]
    ]


def _chance(chance: Chance) -> dict[str, float]:
    return {"chance": chance.chance, "low": chance.low, "high": chance.high}
