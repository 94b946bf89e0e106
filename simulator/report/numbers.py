"""Choose the few numbers that stand on top of the page and of the slide, with a word on each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from simulator.report.blocks import Number
from simulator.report.layout import rounded_to_sum
from simulator.report.results import Results
from simulator.report.walk import IN_BOTH, TOTALS, departure, is_the_crms
from simulator.words import (
    Scale,
    chance_cells,
    day,
    goal_name,
    happened_text,
    has_interval,
    headline_name,
    headline_period,
    interval_texts,
    loose_targets,
    of_headline,
)


def top_numbers(results: Results) -> tuple[Number, ...]:
    """Return where bookings land, the plan's chance, what is certain, what new deals must bring, the CRM's.

    All are of the headline's period and in the forecast's unit, which the first of them names. Without a plan
    there is no chance of it, and what is told of new deals is what they bring on average.
    """
    forecast, scale = results.forecast, results.scale
    period = headline_period(forecast)
    found = [_landing(forecast, period, scale), *_goal(forecast, period, scale)]
    return (*found, _certain(forecast, period, scale), _new(forecast, period, scale), _crm(forecast, scale))


def _landing(forecast: Mapping[str, Any], period: Mapping[str, Any], scale: Scale) -> Number:
    stats = period.get("bookings") or {}
    unit = f"{scale.name}, bookings {of_headline(period)}"
    trials = int(forecast.get("trials") or 0)
    low, middle, high = interval_texts(stats, scale)
    if stats.get("certain"):
        return Number(
            "certain", scale.fitting(stats).said(float(stats["p50"])), f"{unit}; nothing is left open"
        )
    if not has_interval(stats):
        what = "in the only trial" if trials == 1 else f"in {trials:,} trials, mostly"
        return Number(what, " to ".join(dict.fromkeys((low, high))), f"{unit}; so few tell no chances")
    if low == high:
        return Number("most likely about", middle, f"{unit}; at least 8 chances in 10")
    note = f"{unit}; 8 chances in 10 between low and high"
    return Number("low / middle / high", f"{low} / {middle} / {high}", note)


def _goal(forecast: Mapping[str, Any], period: Mapping[str, Any], scale: Scale) -> Iterator[Number]:
    """Yield the chance of the plan; where there is none, that of the first target for all bookings."""
    goal, name = (period.get("plan") or {}).get("bookings"), "the plan"
    if goal is None:
        targets = [t for t in loose_targets(forecast) if (t["series"], t["segment"]) == ("bookings", "all")]
        if not targets:
            return
        goal = targets[0]
        name = goal_name(goal["name"], 20)
    already = float((period.get("bookings") or {}).get("already") or 0.0)
    amount = scale.exact(float(goal["amount"]))
    if name == "the plan" and already >= goal["amount"]:
        yield Number(f"chance of {name}", "100 %", f"the plan of {amount} has been reached")
        return
    cells = chance_cells(goal)
    until = f" by {day(goal['until'])}" if "until" in goal else ""
    yield Number(f"chance of {name}", cells[0], f"{cells[1]}; {name} is {amount}{until}")


def _certain(forecast: Mapping[str, Any], period: Mapping[str, Any], scale: Scale) -> Number:
    stats = period.get("bookings") or {}
    if not stats.get("already"):
        return Number("already certain", "0", f"nothing of {headline_name(period)} is won yet")
    return Number("already certain", happened_text(stats, scale), f"won by {day(forecast['as_of'])}")


def _new(forecast: Mapping[str, Any], period: Mapping[str, Any], scale: Scale) -> Number:
    """Say what deals that do not exist yet must bring for the plan; without one, what they do on average."""
    steps, what = _steps(forecast), "from deals that do not exist yet"
    bring, left_out = steps.get(IN_BOTH["new"], 0.0), bool(forecast.get("open_deals_only"))
    plan = (period.get("plan") or {}).get("bookings")
    if plan is None:
        return Number(what, _brief(bring, scale), "left out here" if left_out else "on average")
    lacking = float(plan["amount"]) - (steps.get(TOTALS[1], 0.0) - bring)
    note = "to reach the plan on average" if lacking > 0 else "what exists reaches the plan on average"
    more = "they are left out here" if left_out else f"{_brief(bring, scale)} is expected"
    return Number(f"needed {what}", _brief(max(lacking, 0.0), scale), f"{note}; {more}")


def _brief(amount: float, scale: Scale) -> str:
    """Write a small amount beside larger ones: one digit more than theirs at most."""
    fine = scale.showing(abs(amount), 1)
    return replace(fine, decimals=max(min(fine.decimals, scale.decimals + 1), 0)).said(amount)


def _crm(forecast: Mapping[str, Any], scale: Scale) -> Number:
    weighted = float(forecast.get("weighted_pipeline") or 0.0)
    won = _steps(forecast).get(TOTALS[0], 0.0)
    # A digit more than elsewhere, so that nobody adds up what is rounded twice.
    fine = replace(scale.showing(won + weighted, 3), noise=0.0)
    fine = replace(fine, decimals=max(fine.decimals, 0))
    parts = rounded_to_sum([won, weighted], won + weighted, fine)
    note = f"{fine.said(parts[0])} won, {fine.said(parts[1])} weighted pipeline, whenever it closes"
    if not won:
        note = "weighted pipeline, whenever it closes"
        note = f"its {note}" if is_the_crms(forecast) else note
    return Number(departure(forecast), fine.said(won + weighted), note)


def _steps(forecast: Mapping[str, Any]) -> dict[str, float]:
    return {step["step"]: float(step["amount"]) for step in forecast.get("walk") or ()}
