"""Write a forecast as the fields of forecast.json (FORMATS), none of which depends on time or machine."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.forecast import sections
from simulator.forecast.groups import FIGURES, INVOICES, NEW, OTHERS, PRODUCT
from simulator.forecast.happened import happened
from simulator.forecast.statistics import statistics
from simulator.forecast.trials import Slice, Trials
from simulator.periods import Period
from simulator.scenario import Scenario
from simulator.targets import OF_PRODUCTS, Series
from simulator.words import headline

MOST_DEALS = 5000
"""Deals in the JSON; deals.csv has them all."""
NO_SEGMENT = "(no segment)"
"""What invoices bring that name no deal, or one whose segment is not known."""


def payload(forecast: Trials) -> dict[str, Any]:
    """Return the fields of forecast.json."""
    scenario, unit = forecast.scenario, forecast.unit
    period = forecast.headline_period
    result: dict[str, Any] = {
        "schema_version": 1,
        "scenario": scenario.name,
        "as_of": scenario.horizon.as_of.isoformat(),
        "seed": forecast.seed,
        "trials": forecast.trials,
        "currency": scenario.currency,
        "headline": [],
        "headline_period": period.name if period else "",
        "open_deals_only": scenario.open_deals_only,
        "self_check": {
            **forecast.check.told(),
            "failures": [list(f) for f in forecast.check.failures],
            "guarded": forecast.check.guarded,
        },
        "weighted_pipeline": weighted_pipeline(forecast) / unit,
        "walk": [{"step": step, "amount": amount / unit} for step, amount in forecast.walk],
        "totals": {s: _total(forecast, s, curve=True) for s in forecast.scenario.series},
        "sources": _sources(forecast),
        "segments": {name: _segment(forecast, i) for name, i in segments(forecast)},
        "products": _products(forecast),
        "periods": [_period(forecast, p) for p in scenario.horizon.periods],
        "fiscal": [_fiscal(forecast, p) for p in _fiscal_periods(forecast)],
        "cumulative": [_cumulative(forecast, p) for p in scenario.horizon.periods],
        "balance": sections.balance(forecast),
        "plan": sections.plan(forecast),
        "commit": sections.commit(forecast),
        "offers": sections.offers(forecast),
        "targets": _targets(forecast),
        "market_sensitivity": _sensitivity(forecast),
        "slippage": {"mean_months": _slippage(forecast)},
        "funnel": [_funnel(forecast, i) for i in range(len(scenario.segments))],
        "deals": list(islice(deals(forecast), MOST_DEALS)),
        "warnings": [
            {"code": code, "text": text, "amount": None if amount is None else amount / unit}
            for code, text, amount in scenario.notes
        ],
    }
    result |= guessed_chances(scenario)
    if scenario.track_record is not None:
        result["track_record"] = dict(scenario.track_record)
    if forecast.by is not None:
        result["groups"] = {"by": forecast.by, "rows": _groups(forecast)}
    result["headline"] = headline(result)
    return result


def guessed_chances(scenario: Scenario) -> dict[str, bool]:
    """Say whether chances of open deals are guesses of `init`, all or some, or all learned; else nothing."""
    said = {
        "chances_learned": scenario.chances_learned,
        "chances_guessed": scenario.chances_guessed,
        "chances_partly_guessed": scenario.chances_partly_guessed,
    }
    return {key: True for key, holds in said.items() if holds}


def segments(forecast: Trials) -> list[tuple[str, int]]:
    """Return name and index of what adds up to the company: the segments, and what belongs to none."""
    found = [(s.name, i) for i, s in enumerate(forecast.scenario.segments)]
    rest = any(forecast.total(s, -1)[0].any() for s in forecast.scenario.series)
    return [*found, (NO_SEGMENT, -1)] if rest else found


def weighted_pipeline(forecast: Trials) -> float:
    """Return the CRM's number, minor units: Σ amount × the deal's own probability, else its stage's."""
    return float(sum(_open_values(forecast) * _crm_chances(forecast)))


def _open_values(forecast: Trials) -> NDArray[np.float64]:
    """Return the open amount of each deal at the as-of day's rate, company minor units."""
    pipeline = forecast.scenario.pipeline
    return forecast.scenario.rates.worth(pipeline.amount, pipeline.currency)


def _crm_chances(forecast: Trials) -> NDArray[np.float64]:
    """Return each deal's chance as the CRM has it: its own probability, else its stage's set close chance."""
    pipeline, segments = forecast.scenario.pipeline, forecast.scenario.segments
    stage = np.zeros(len(pipeline))
    for index, segment in enumerate(segments):
        own = pipeline.segment == index
        stage[own] = segment.set_ladder[pipeline.stage[own]]
    return np.where(np.isnan(pipeline.probability), stage, pipeline.probability)


def deals(forecast: Trials) -> Iterator[dict[str, Any]]:
    """Yield chance, mean and close dates of each open deal, by id.

    `chance` is exact, of being won in the end; `mean` is its average booking within the horizon; the close
    dates are quantiles over all trials, so they are null where the deal closes too rarely inside the horizon,
    and after the first `MOST_DEALS`, whose days alone are counted.
    """
    scenario = forecast.scenario
    months = _slipped_months(forecast)
    for i in range(len(scenario.pipeline)):
        closed = np.cumsum(forecast.closes[i]) if i < len(forecast.closes) else np.zeros(0, dtype=np.int64)
        yield {
            "id": scenario.pipeline.id[i],
            "segment": scenario.segments[int(scenario.pipeline.segment[i])].name,
            "chance": float(forecast.deal_chance[i]),
            "in_horizon": float(forecast.closings[0, i]) / forecast.trials,
            "mean": float(forecast.landed[i]) / forecast.trials / forecast.unit,
            "close": {f"p{level}": _close(forecast, closed, level) for level in (10, 50, 90)},
            "slip_months": None if np.isnan(months[i]) else round(float(months[i]), 3),
        }


def _close(forecast: Trials, cumulative: NDArray[np.integer], level: int) -> str | None:
    """Return the first day by which the deal has closed in that many trials."""
    day = int(np.searchsorted(cumulative, forecast.trials * level / 100))
    return None if day >= len(cumulative) else forecast.scenario.horizon.date_of(day).isoformat()


def _slipped_months(forecast: Trials) -> NDArray[np.float64]:
    """Return months from the stated date to the average close inside the horizon, NaN without either."""
    number, days = forecast.closings
    with np.errstate(invalid="ignore", divide="ignore"):
        average = days / number
    stated = forecast.scenario.pipeline.stated_day
    return np.asarray(np.where(stated > 0, average - stated, np.nan) / 30.4375)


def _slippage(forecast: Trials) -> float | None:
    """Return the average months between stated and simulated close, over all closings."""
    months, count = _slipped_months(forecast), forecast.closings[0]
    known = ~np.isnan(months)
    if not count[known].any():
        return None
    return round(float(np.average(months[known], weights=count[known])), 3)


def _stats(forecast: Trials, amounts: NDArray[np.float64], past: float = 0.0) -> dict[str, Any]:
    return statistics(amounts, forecast.unit, past, draws=forecast.draws)


def _total(
    forecast: Trials, series: Series, segment: int | None = None, curve: bool = False
) -> dict[str, Any]:
    certain = forecast.is_certain(series, 1, None, segment)
    of_all = _in_major(forecast, forecast.total(series, segment))
    return statistics(*of_all, curve, certain, forecast.draws)


def _window(
    forecast: Trials, series: Series, period: Period, segment: int | None = None, curve: bool = False
) -> dict[str, Any]:
    horizon = forecast.scenario.horizon
    first, last = horizon.day_of(period.start), min(horizon.day_of(period.end), horizon.last_day)
    certain = forecast.is_certain(series, first, last, segment)
    inside = _in_major(forecast, forecast.window(series, period, segment))
    return statistics(*inside, curve, certain, forecast.draws)


def _in_major(
    forecast: Trials, amounts: tuple[NDArray[np.float64], float]
) -> tuple[NDArray[np.float64], float, float]:
    return amounts[0], forecast.unit, amounts[1]


def _sources(forecast: Trials) -> dict[str, Any]:
    result: dict[str, Any] = {"actual": {}}
    for series in forecast.scenario.series:
        past = forecast.already(series, forecast.year_start)
        if past:
            result["actual"][series] = _stats(forecast, np.full(forecast.trials, past), past)
    for source in dict.fromkeys(s.source for s in forecast.slices):
        amounts = {s: forecast.amounts(s, source=source) for s in forecast.scenario.series}
        result[source] = {s: _stats(forecast, a) for s, a in amounts.items() if a.any()}
    return result


def _segment(forecast: Trials, index: int) -> dict[str, Any]:
    return {
        "totals": {s: _total(forecast, s, index) for s in forecast.scenario.series},
        "periods": [
            _dates(p) | {s: _window(forecast, s, p, index) for s in forecast.scenario.series}
            for p in forecast.scenario.horizon.periods
        ],
    }


def _dates(period: Period) -> dict[str, Any]:
    return {"name": period.name, "start": period.start.isoformat(), "end": period.end.isoformat()}


def _period(forecast: Trials, period: Period) -> dict[str, Any]:
    return (
        _dates(period)
        | {"whole": period.whole}
        | {s: _window(forecast, s, period) for s in forecast.scenario.series}
        | sections.levels_at(forecast, period)
        | {"plan": sections.plans_of(forecast, period), "parts": sections.parts(forecast, period)}
    )


def _fiscal_periods(forecast: Trials) -> list[Period]:
    """Return quarters and years, each year after its quarters."""
    horizon = forecast.scenario.horizon
    quarters, years = horizon.fiscal_quarters, horizon.fiscal_years
    return sorted((*quarters, *years), key=lambda p: (p.end, (p.end - p.start).days))


def _fiscal(forecast: Trials, period: Period) -> dict[str, Any]:
    horizon = forecast.scenario.horizon
    entry: dict[str, Any] = _dates(period) | {"complete": period.end <= horizon.end}
    curve = period == forecast.headline_period
    entry |= {s: _window(forecast, s, period, curve=curve) for s in forecast.scenario.series}
    days = horizon.day_of(period.start), horizon.day_of(period.end)
    entry |= sections.levels_at(forecast, period)
    entry["parts"] = sections.parts(forecast, period)
    # A target of the same period is the plan that somebody has named.
    entry["plan"] = sections.plans_of(forecast, period) | {
        t["series"]: {k: t[k] for k in ("name", "amount", "chance", "low", "high")}
        for t, target in zip(_targets(forecast), forecast.scenario.targets, strict=True)
        if target.segment is None and (target.first_day, target.last_day) == days
    }
    return entry


def _cumulative(forecast: Trials, period: Period) -> dict[str, Any]:
    """Return the sums from the fiscal year's start to a period's end."""
    horizon = forecast.scenario.horizon
    whole = Period("", horizon.date_of(forecast.year_start), period.end)
    sums = {s: _window(forecast, s, whole) for s in forecast.scenario.series}
    return {"end": period.end.isoformat()} | sums


def _targets(forecast: Trials) -> list[dict[str, Any]]:
    return [sections.target_told(forecast, target) for target in forecast.scenario.targets]


def _sensitivity(forecast: Trials) -> list[dict[str, Any]]:
    name = forecast.headline_period.name if forecast.headline_period else ""
    return [
        {"market": market, "period": name, "totals": {"bookings": _stats(forecast, amounts())}}
        for market, amounts in forecast.sensitivity.items()
    ]


def _funnel(forecast: Trials, index: int) -> dict[str, Any]:
    """Return count, value, weighted value and age of the open deals by stage."""
    pipeline, segment = forecast.scenario.pipeline, forecast.scenario.segments[index]
    values = _open_values(forecast) / forecast.unit
    weighted = values * _crm_chances(forecast)
    stages = []
    for s, name in enumerate(segment.funnel.stages):
        here = (pipeline.segment == index) & (pipeline.stage == s)
        known = pipeline.age[here & ~np.isnan(pipeline.age)]
        stages.append(
            {
                "stage": name,
                "count": int(here.sum()),
                "value": float(values[here].sum()),
                "weighted": float(weighted[here].sum()),
                "mean_age": float(known.mean()) if len(known) else None,
            }
        )
    return {"segment": segment.name, "stages": stages}


def _products(forecast: Trials) -> dict[str, Any]:
    """Return the totals of each product: bookings and revenue, all series where the run is grouped by it."""
    if forecast.by == PRODUCT:
        rows = {row.pop("group"): row for row in _groups(forecast)}
        return {p.name: {"totals": rows[p.name]} for p in forecast.scenario.products if p.name in rows}
    if not forecast.scenario.products:
        return {}
    known, first = happened(forecast.scenario, PRODUCT), forecast.year_start
    found: dict[str, Any] = {}
    for i, product in enumerate(forecast.scenario.products):
        totals: dict[str, Any] = {}
        for series in OF_PRODUCTS:
            if (amounts := forecast.of_product(series, i)) is not None:
                past = known[series].total(first, group=product.name)
                totals[series] = _stats(forecast, amounts + past, past)
        found[product.name] = {"totals": totals}
    return found


def _groups(forecast: Trials) -> list[dict[str, Any]]:
    """Return the rows of the groups; they add up to the company's totals."""
    labels = {i: _label(s) for i, s in enumerate(forecast.slices)}
    known = [*dict.fromkeys(labels.values()), *forecast.groups_so_far]
    rows = []
    for group in dict.fromkeys(known):
        own = tuple(i for i, label in labels.items() if label == group)
        row: dict[str, Any] = {"group": group}
        for series in forecast.scenario.series:
            past = 0.0 if group == NEW else forecast.already(series, forecast.year_start, group=group)
            row[series] = _stats(forecast, forecast.of_slices(series, own) + past, past)
        if any(row[series]["mean"] for series in forecast.scenario.series):
            rows.append(row)
    # The largest first; what is in no group last, and what is still to come after it.
    order = ("", OTHERS, FIGURES, INVOICES, NEW)
    return sorted(
        rows, key=lambda r: (order.index(r["group"]) if r["group"] in order else -1, -r["bookings"]["mean"])
    )


def _label(part: Slice) -> str:
    """Return the group of a slice; invoices whose deal is not known have one of their own."""
    return INVOICES if part.source == "receivables" and not part.group else part.group
