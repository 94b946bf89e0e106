"""Write the parts of forecast.json that speak of one question: balance, plan, targets, commit, offers."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.forecast.commits import commits
from simulator.forecast.levels import level_at, levels, trough
from simulator.forecast.plans import Planned, plan_of, planned
from simulator.forecast.statistics import statistics
from simulator.forecast.trials import Trials
from simulator.periods import Period
from simulator.scores import quantile
from simulator.targets import Target

ACTUAL = "actual"


def levels_at(forecast: Trials, period: Period) -> dict[str, Any]:
    """Return balance and deferred revenue at a period's end, where the scenario has them."""
    horizon = forecast.scenario.horizon
    day = min(horizon.day_of(period.end), horizon.last_day)
    amounts = {level: level_at(forecast, level, day) for level in levels(forecast)}
    return {level: statistics(a, forecast.unit, draws=forecast.draws) for level, a in amounts.items()}


def parts(forecast: Trials, period: Period) -> dict[str, Any]:
    """Return the averages of a period by source, which add up to its average, in major units."""
    horizon, found = forecast.scenario.horizon, dict[str, Any]()
    first, last = horizon.day_of(period.start), min(horizon.day_of(period.end), horizon.last_day)
    for series in forecast.scenario.series:
        by_source = {ACTUAL: forecast.already(series, first) / forecast.unit}
        for source in dict.fromkeys(s.source for s in forecast.slices):
            mean = float(forecast.amounts(series, max(first, 1), last, source=source).mean())
            by_source[source] = mean / forecast.unit
        found[series] = {source: amount for source, amount in by_source.items() if amount}
    return found


def balance(forecast: Trials) -> dict[str, Any]:
    """Return the lowest balance, and how likely it falls below the floor; empty without a balance."""
    scenario = forecast.scenario
    if "balance" not in levels(forecast):
        return {}
    periods = scenario.horizon.periods
    path = trough(forecast, periods)
    lowest = np.sort(path.lowest)
    months = np.bincount(path.period, minlength=len(periods))
    result: dict[str, Any] = {
        "opening": (scenario.cash.opening_balance or 0) / forecast.unit,
        "outflows": sum(o.amount for o in scenario.cash.outflows or ()) / forecast.unit,
        "trough": {f"p{q}": quantile(lowest, q / 100) / forecast.unit for q in (10, 50, 90)},
        "trough_month": _month(periods[int(months.argmax())]),
        "floor": None,
        "chance_below_floor": None,
        "first_month_below": None,
    }
    if scenario.cash.floor is not None:
        below = path.below[path.below >= 0]
        result["floor"] = scenario.cash.floor / forecast.unit
        result["chance_below_floor"] = len(below) / forecast.trials
        if len(below):
            result["first_month_below"] = _month(periods[int(np.bincount(below).argmax())])
    return result


def plan(forecast: Trials) -> list[dict[str, Any]]:
    """Return actual, forecast, plan, difference and chance of every period that the plan covers."""
    return [_planned(forecast, row) for row in planned(forecast)]


def plans_of(forecast: Trials, period: Period) -> dict[str, Any]:
    """Return the company's plan of a period by series, with its chance."""
    found: dict[str, Any] = {}
    if period.end > forecast.scenario.horizon.end:
        return found
    for series in forecast.scenario.series:
        amount = plan_of(forecast, series, period)
        if amount is not None:
            amounts = forecast.window(series, period)[0]
            first, last = map(forecast.scenario.horizon.day_of, (period.start, period.end))
            certain = forecast.is_certain(series, first, last)
            row = Planned("month", period, series, None, amount, 0.0, amounts, certain, forecast.draws)
            chance, low, high = row.chance()
            found[series] = {
                "name": "plan",
                "amount": amount / forecast.unit,
                "difference": row.difference / forecast.unit,
                "chance": chance,
                "low": low,
                "high": high,
            }
    return found


def target_told(forecast: Trials, target: Target) -> dict[str, Any]:
    """Return a target, what of it is reached already, and its chance."""
    scenario = forecast.scenario
    chance, low, high, past = forecast.target_chance(target)
    return {
        "name": target.name,
        "series": target.series,
        "amount": target.amount / forecast.unit,
        "from": scenario.horizon.date_of(target.first_day).isoformat(),
        "until": scenario.horizon.date_of(target.last_day).isoformat(),
        "segment": "all" if target.segment is None else scenario.segments[target.segment].name,
        "already": past / forecast.unit,
        "chance": chance,
        "low": low,
        "high": high,
    }


def commit(forecast: Trials) -> list[dict[str, Any]]:
    """Return what sales has committed to in the headline's period, and its chance."""
    return [
        {
            "name": c.name,
            "amount": c.amount / forecast.unit,
            "deals": c.deals,
            "chance": c.chance,
            "low": c.low,
            "high": c.high,
        }
        for c in commits(forecast)
    ]


def offers(forecast: Trials) -> list[dict[str, Any]]:
    """Return what each offer costs inside the horizon, and what it brings."""
    return [
        {
            "name": o.name,
            "cost": o.cost / forecast.unit,
            "days_earlier": o.days_earlier,
            "yearly_rate": o.yearly_rate,
        }
        for o in forecast.offers
    ]


def _planned(forecast: Trials, row: Planned) -> dict[str, Any]:
    scenario, unit = forecast.scenario, forecast.unit
    chance, low, high = row.chance()
    sure = None if row.amounts is None else np.sort(row.amounts)
    ends = {f"p{q}": None if sure is None else quantile(sure, q / 100) / unit for q in (10, 50, 90)}
    return {
        "period": row.kind,
        "name": row.period.name,
        "start": row.period.start.isoformat(),
        "end": row.period.end.isoformat(),
        "series": row.series,
        "segment": "all" if row.segment is None else scenario.segments[row.segment].name,
        "actual": row.actual / unit,
        **ends,
        "plan": row.plan / unit,
        "difference": row.difference / unit,
        "chance": chance,
        "low": low,
        "high": high,
    }


def _month(period: Period) -> str:
    return f"{period.end:%Y-%m}"
