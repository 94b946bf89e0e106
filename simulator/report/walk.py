"""Tell the walk from the CRM's number to ours, in steps that are printed so that they add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from simulator.report.layout import rounded_to_sum
from simulator.words import Scale, day, headline_period, plain

LEVELS: Final = ("already won", "our average")
IN_BOTH: Final = {"actual": "already won", "new": "deals yet to come", "renewals": "renewals"}
"""Sources that are a step of the walk as well, and so are rounded alike in both."""


@dataclass(frozen=True)
class WalkStep:
    """A step of the walk.

    Attributes:
        name: in words.
        amount: major units.
        shown: the amount as it is printed: rounded so that the steps add up to the last.
        level: whether it is a level, from which or to which the walk goes.
    """

    name: str
    amount: float
    shown: float
    level: bool


def walk_steps(payload: Mapping[str, Any], scale: Scale) -> tuple[list[WalkStep], Scale]:
    """Return the steps whose printed amount is not nothing, and the scale that prints them.

    There are none where there is nothing to walk between.
    """
    steps = payload.get("walk") or []
    if len(steps) < 2:
        return [], scale
    *parts, total = (float(step["amount"]) for step in steps)
    period = headline_period(payload)
    stats = period.get("bookings") or {}
    # Exact averages, which no simulation blurs.
    scale = scale.fitting(stats) if stats.get("certain") else scale.showing(abs(total), 2)
    scale = replace(scale, decimals=max(scale.decimals, 0))
    kept = [i for i, step in enumerate(steps) if step["step"] in IN_BOTH.values()]
    shown = [*rounded_to_sum(parts, total, scale, kept), total]
    found = []
    for step, amount, printed in zip(steps, (*parts, total), shown, strict=True):
        # What is shown adds up, so a step that would read 0 can be left out.
        if scale.number(printed) != scale.number(0.0) or step["step"] == LEVELS[-1]:
            name = step_name(step["step"], amount, str(period["name"]))
            found.append(WalkStep(name, amount, printed, step["step"] in LEVELS))
    return (found if len(found) > 1 else []), scale


def walk_title(payload: Mapping[str, Any]) -> str:
    """Return what the walk is about."""
    period = headline_period(payload)
    when = plain(period["name"], 20) or f"until {day(period['end'])}"
    return f"From the CRM's number to ours, {when}, averages"


def step_name(step: str, amount: float, period: str) -> str:
    """Return a step of the walk in words: `closes after the year`, `percentages too high`."""
    if step == "percentages corrected":
        return "percentages too high" if amount < 0 else "percentages too low"
    kind = {"F": "year", "Q": "quarter", "P": "month", "W": "week"}.get(period[:1], "period")
    return plain(step.replace("the period", f"the {kind}"), 32)
