"""Say why a forecast is as wide as it is, what moves it, and on what it hangs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from simulator.report import (
    explain_concentration,
    explain_good_years,
    explain_one_at_a_time,
    explain_shares,
    explain_swings,
    explain_terms,
    explain_tripwires,
)
from simulator.report.layout import WIDTH, wrapped
from simulator.words import Scale, cut, day, days, goal_name, likelihood, plain, scale_for, self_check_text
from simulator.words.money import landing

SECTIONS: Final[Mapping[str, Callable[[Mapping[str, Any], Scale], list[str]]]] = {
    "uncertainty": explain_shares.lines,
    "one_at_a_time": explain_one_at_a_time.lines,
    "swings": explain_swings.lines,
    "tripwires": explain_tripwires.lines,
    "good_years": explain_good_years.lines,
    "terms_priced": explain_terms.lines,
    "concentration": explain_concentration.lines,
}
"""What is told of each part of explain.json, in this order."""


def explanation_text(payload: Mapping[str, Any], files: str = "") -> str:
    """Return what a person reads of an explanation.

    Args:
        payload: explain.json.
        files: where it was written; "" leaves it out.
    """
    scale = explanation_scale(payload)
    blocks = [[_title(payload, scale)], list(_amount(payload, scale))]
    blocks += [told(payload, scale) for name, told in SECTIONS.items() if name in payload]
    blocks.append(list(_foot(payload)))
    lines = [cut(line, WIDTH) for block in blocks if block for line in ["", *block]][1:]
    return "\n".join([*lines, *([f"Files: {files}"] if files else [])]) + "\n"


def explanation_scale(payload: Mapping[str, Any]) -> Scale:
    """Return the unit and the decimals in which an explanation is written."""
    stats, least = payload["amount"], payload["aim"]["amount"] or 0.0
    size = max(abs(least), *(abs(stats[q]) for q in ("mean", "p10", "p50", "p90")))
    return scale_for(size, payload["currency"]).fitting(stats)


def what_is_asked(payload: Mapping[str, Any]) -> str:
    """Say what an explanation is about: `Bookings of FY2026`."""
    aim = payload["aim"]
    whose = "" if aim["segment"] == "all" else f" of {plain(aim['segment'], 30)}"
    what = f"{aim['series'].capitalize()}{whose}"
    if aim["series"] == "balance":
        return f"The balance on {day(aim['until'])}"
    if aim["period"]:
        return f"{what} {'in' if whose else 'of'} {plain(aim['period'], 20)}"
    return f"{what}, {days(aim['from'], aim['until'])}"


def _title(payload: Mapping[str, Any], scale: Scale) -> str:
    trials = int(payload["trials"])
    noun = "trial" if trials == 1 else "trials"
    named = plain(payload["scenario"], 30)
    return f"{named} · as of {day(payload['as_of'])} · {scale.name} · {trials:,} {noun}"


def _amount(payload: Mapping[str, Any], scale: Scale) -> Iterator[str]:
    aim, stats, trials = payload["aim"], payload["amount"], int(payload["trials"])
    text = landing(what_is_asked(payload), stats, scale, "", trials, " (8 chances in 10)")
    if aim["amount"] is not None:
        name = goal_name(aim["target"], 40)
        named = {"": "To reach", "the plan": "The plan of"}.get(name, f"The target {name} of")
        text += f" {named} {scale.exact(aim['amount'])} is {likelihood(aim)}."
    yield from wrapped(text)


def _foot(payload: Mapping[str, Any]) -> Iterator[str]:
    yield from wrapped(self_check_text(payload["self_check"]["passed"]))
