"""Say what is committed, and what will be in the bank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from simulator.words.amounts import Scale, interval_texts, said
from simulator.words.chances import chance_cells, has_interval
from simulator.words.periods import complete_periods, headline_period
from simulator.words.text import day, plain

NAMES: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def landing(
    what: str, stats: Mapping[str, Any], scale: Scale, last: str, trials: int, sure: str = "",
    middle: bool = True,
) -> str:  # fmt: skip
    """Say where a series will most likely land, and its middle.

    Args:
        what: `Revenue of FY2026`.
        stats: of the series.
        scale: of the forecast.
        last: the unit, behind the first amounts, or "".
        trials: of the run.
        sure: how sure the interval is, where that is still to be said.
        middle: whether that is said too, beside an interval.
    """
    fit = scale.fitting(stats)
    low, high = float(stats.get("p10", 0.0)), float(stats.get("p90", 0.0))
    if stats.get("certain"):
        return f"{what} will be {fit.said(high)}{last}."
    if not has_interval(stats):
        return in_few_trials(what, trials, fit, low, high, last)
    low_text, middle_text, high_text = map(said, interval_texts(stats, scale))
    if low_text == high_text:
        least = " (at least 8 chances in 10)" if sure else ""
        return f"{what} will most likely be about {middle_text}{last}{least}."
    ends = f"{low_text} and {high_text}{last}"
    more = f"; the middle is {middle_text}" if middle else ""
    return f"{what} will most likely land between {ends}{sure}{more}."


def in_few_trials(what: str, trials: int, fit: Scale, low: float, high: float, last: str) -> str:
    """Say what so few trials show, and that they show no more."""
    which = "The only trial has" if trials == 1 else f"The {trials:,} trials have"
    none = "one trial tells" if trials == 1 else "so few tell"
    ends = " to ".join(dict.fromkeys((fit.said(low), fit.said(high))))
    mostly = " mostly" if " to " in ends else ""
    return f"{which} {what[0].lower()}{what[1:]}{mostly} at {ends}{last}; {none} no chances."


def commits(payload: Mapping[str, Any], scale: Scale) -> Iterator[str]:
    """Say how likely sales' commit and best case are, as in `Sales commit 5.2: 31 %, about 3 in 10`."""
    for row in payload.get("commit") or []:
        yield f"Sales {plain(row['name'], 20)} {scale.exact(row['amount'])}: {', '.join(chance_cells(row))}."


def balance(payload: Mapping[str, Any], scale: Scale, last: str, trials: int) -> Iterator[str]:
    """Say what will be in the bank at the end of the quarter, and how likely it falls below the floor."""
    known, period = payload.get("balance") or {}, _quarter(payload)
    stats = period.get("balance")
    if not known or not stats:
        return
    what, fit = f"The balance on {day(period['end'])}", scale.fitting(stats)
    low, high = float(stats.get("p10", 0.0)), float(stats.get("p90", 0.0))
    if stats.get("certain"):
        text = f"{what} will be {fit.said(high)}{last}"
    elif not has_interval(stats):
        yield in_few_trials(what, trials, fit, low, high, last)
        return
    else:
        low_text, _, high_text = map(said, interval_texts(stats, scale))
        text = f"{what} will most likely be {low_text} to {high_text}{last}"
    yield text + _below(payload, known, scale) + "."


def _below(payload: Mapping[str, Any], known: Mapping[str, Any], scale: Scale) -> str:
    floor, chance = known.get("floor"), known.get("chance_below_floor")
    if floor is None or chance is None:
        return ""
    until = day(payload["periods"][-1]["end"])
    edge = f"the floor of {scale.exact(floor)}" if floor else "zero"
    if not chance:
        return f"; in no trial does it fall below {edge} by {until}"
    times = f"{round(100 * chance)} times" if chance >= 0.015 else "once"
    often = "less than once" if chance < 0.005 else times
    if chance > 0.985:
        often = "almost always"
        return f"; {often} it falls below {edge} by {until}, mostly first in {_month(known)}"
    return f"; {often} in 100 it falls below {edge} by {until}, mostly first in {_month(known)}"


def _month(known: Mapping[str, Any]) -> str:
    when = date.fromisoformat(f"{known['first_month_below']}-01")
    return f"{NAMES[when.month - 1]} {when.year}"


def _quarter(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the first quarter that the forecast covers to its end, else the headline's period."""
    quarters = [p for p in complete_periods(payload) if str(p["name"]).startswith("Q")]
    return min(quarters, key=lambda p: str(p["end"])) if quarters else headline_period(payload)
