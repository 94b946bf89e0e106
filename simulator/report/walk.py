"""Tell the walk from the CRM's number to ours, in words and in amounts that add up as they are printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from simulator.records import dataclass
from simulator.report.layout import rounded_to_sum
from simulator.words import Scale, headline_name, headline_period, plain

TOTALS: Final = ("already won", "our average")
"""Where the walk begins and ends; what lies between are steps."""
WEIGHTED: Final = "CRM's weighted pipeline"
"""The step of the percentages as they are set, in forecast.json."""
IN_BOTH: Final = {"actual": "already won", "new": "deals yet to come", "renewals": "renewals"}
"""Sources of money that are a step of the walk as well, and so are rounded alike in both."""


@dataclass(frozen=True)
class _Origin:
    """Who tells the chances with which the walk begins: its heading, the number there, its first step."""

    heading: str
    number: str
    weighted: str


_CRM: Final = _Origin("From the CRM's number to ours", "the CRM's number", "weighted by the CRM's chances")
_OTHERS: Final[Mapping[str, _Origin]] = {
    "chances_partly_guessed": _Origin(
        "From the CRM's and set percentages to ours",
        "by the CRM's and set percentages",
        "weighted by CRM and set chances",
    ),
    "chances_guessed": _Origin(
        "From set percentages to ours", "by set percentages", "weighted by set percentages"
    ),
    "chances_learned": _Origin(
        "From the weighted pipeline to ours", "by learned percentages", "weighted by learned chances"
    ),
}
"""Where no CRM told them all, by what forecast.json says then."""


@dataclass(frozen=True)
class Step:
    """A step of the walk.

    Attributes:
        name: in words.
        amount: in major units, exactly.
        text: as it is printed, with its sign unless it is a total.
        total: whether it is where the walk begins or ends.
    """

    name: str
    amount: float
    text: str
    total: bool


def walk_steps(payload: Mapping[str, Any], scale: Scale) -> list[Step]:
    """Return the steps that show, the last of them our average; none where there is nothing to walk.

    They are exact averages, which no simulation blurs, rounded so that they add up as printed.

    Args:
        payload: forecast.json.
        scale: of its amounts.
    """
    steps = payload.get("walk") or []
    if len(steps) < 2:
        return []
    *parts, total = (float(s["amount"]) for s in steps)
    period = headline_period(payload)
    stats = period.get("bookings") or {}
    usual, scale = scale, scale.fitting(stats) if stats.get("certain") else scale.showing(abs(total), 2)
    # No finer than a thousandth of what else is shown: next to a plan, a few coins are nothing.
    scale = replace(scale, decimals=max(min(scale.decimals, usual.decimals + 3), 0))
    kept = [i for i, step in enumerate(steps) if step["step"] in IN_BOTH.values()]
    found = []
    for step, amount in zip(steps, [*rounded_to_sum(parts, total, scale, kept), total], strict=True):
        what, exact = step["step"], float(step["amount"])
        # What is shown adds up, so a step that would read 0 can be left out.
        if scale.number(amount) != scale.number(0.0) or what == TOTALS[-1]:
            text = scale.number(amount, sign=what not in TOTALS)
            found.append(
                Step(step_name(what, exact, str(period["name"]), payload), exact, text, what in TOTALS)
            )
    return found if len(found) > 1 else []


def walk_heading(payload: Mapping[str, Any]) -> str:
    """Say where the walk begins: at the CRM's number, unless no CRM has told the chances of the stages.

    Args:
        payload: forecast.json, or segments.json.
    """
    return _origin(payload).heading


def is_the_crms(payload: Mapping[str, Any]) -> bool:
    """Tell whether the CRM has told the chances with which the walk begins."""
    return _origin(payload) is _CRM


def departure(payload: Mapping[str, Any]) -> str:
    """Name the number at which the walk begins."""
    return _origin(payload).number


def weighted_by(payload: Mapping[str, Any]) -> str:
    """Say by what amounts are weighted."""
    return _origin(payload).weighted


def _origin(payload: Mapping[str, Any]) -> _Origin:
    return next((origin for key, origin in _OTHERS.items() if payload.get(key)), _CRM)


def walk_title(payload: Mapping[str, Any]) -> str:
    """Say what the walk is: `From the CRM's number to ours, FY2027, averages`."""
    return f"{walk_heading(payload)}, {headline_name(headline_period(payload))}, averages"


def step_name(step: str, amount: float, period: str, payload: Mapping[str, Any]) -> str:
    """Return a step of the walk in words: `closes after the year`, `percentages too high`."""
    if step == WEIGHTED and not is_the_crms(payload):
        return weighted_by(payload)
    if step == "percentages corrected" and payload.get("chances_learned"):
        return "each deal at its own age"
    if step == "percentages corrected":
        return "percentages too high" if amount < 0 else "percentages too low"
    kind = {"F": "year", "Q": "quarter", "P": "month", "W": "week"}.get(period[:1], "period")
    return plain(step.replace("the period", f"the {kind}"), 32)
