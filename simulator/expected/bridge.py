"""Walk from the CRM's number to ours, in exact means, for the company and for each segment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.expected.billing import rates
from simulator.expected.means import Daily, Expected, crm_chances, expected
from simulator.scenario import Scenario

Floats = NDArray[np.float64]


def walk(
    scenario: Scenario,
    first_day: int,
    last_day: int,
    known: Expected | None = None,
    already: float | None = None,
) -> list[tuple[str, float]]:
    """Return the steps from the CRM's weighted pipeline to our average bookings of a window (MODEL 9).

    The weighted pipeline stands at the as-of day's rates, everything else at the rates of the close day.
    Cumulative values are rounded, so the steps add up to the last one to the minor unit.

    Args:
        scenario: to be explained.
        first_day: of the window, days from as-of; ≤ 0 where a part of it has passed.
        last_day: of the window, at most the horizon's.
        known: the means of this scenario, where they are computed already.
        already: bookings of the window so far, minor units, where something else than won deals tells them.

    Returns:
        (step, minor units of the company's currency); the last step is the sum of those before it.
    """
    names, levels = _levels(scenario, first_day, last_day, known)
    already = sum(_won_by_segment(scenario, first_day, last_day)) if already is None else already
    return _steps(names, np.rint(levels.sum(axis=0) + already))


def segment_walks(
    scenario: Scenario,
    first_day: int,
    last_day: int,
    known: Expected | None = None,
    already: Sequence[float] | None = None,
) -> list[list[tuple[str, float]]]:
    """Return the walk of each segment, likewise; every step of them adds up to the company's.

    Args:
        scenario: to be explained.
        first_day: of the window.
        last_day: of the window.
        known: the means, where they are computed already.
        already: bookings so far of each segment, and last of none, which then has a walk too.
    """
    names, levels = _levels(scenario, first_day, last_day, known)
    told = _won_by_segment(scenario, first_day, last_day) if already is None else list(already)
    levels = np.concatenate((levels, np.zeros((len(told) - len(levels), len(names)))))
    ends = np.rint(np.cumsum(levels, axis=0) + np.cumsum(told)[:, None])
    return [_steps(names, own) for own in np.diff(ends, axis=0, prepend=0.0)]


def _levels(
    scenario: Scenario, first_day: int, last_day: int, known: Expected | None
) -> tuple[list[str], Floats]:
    """Return the steps' names, and what stands after each beyond what is won, floats[segment, step]."""
    daily = (known or expected(scenario)).daily
    days = slice(max(first_day, 1), max(last_day, 0) + 1)
    series = (part[:, days].sum(axis=1) for part in _parts(daily))
    at_set, at_ours, first, returned, new, renewals = series
    crm = np.array([weighted_pipeline(scenario, i) for i in range(len(scenario.segments))])
    outside = "closes outside the period" if first_day > 1 else "closes after the period"
    found = {
        "already won": np.zeros(len(crm)),
        "CRM's weighted pipeline": crm,
        outside: at_set,
        "percentages corrected": at_ours,
        "price": first,
    }
    if any(s.recycling.chance > 0 and s.recycling.attempts > 1 for s in scenario.segments):
        found["lost deals that come back"] = first + returned
    found["deals yet to come"] = first + returned + new
    if daily.renewals.any():
        found["renewals"] = first + returned + new + renewals
    return list(found), np.stack(list(found.values()), axis=1)


def _steps(names: Sequence[str], ends: Floats) -> list[tuple[str, float]]:
    """Return the steps between whole levels, and the last level."""
    steps = np.diff(ends, prepend=0.0).tolist()
    return [*zip(names, steps, strict=True), ("our average", float(ends[-1]))]


def weighted_pipeline(scenario: Scenario, segment: int | None = None) -> float:
    """Return the CRM's number: open amounts by its chances, at the as-of day's rates, in minor units."""
    pipeline = scenario.pipeline
    chosen = np.full(len(pipeline), True) if segment is None else pipeline.segment == segment
    today = {code: float(rates(scenario, code)[0]) for code in set(pipeline.currency)}
    rate = np.array([today[code] for code in pipeline.currency])
    return float((pipeline.amount * rate * crm_chances(scenario))[chosen].sum()) if chosen.any() else 0.0


def won_already(scenario: Scenario, first_day: int, last_day: int, segment: int | None = None) -> float:
    """Return the deals won in a window up to the as-of day, at their close day's rates, in minor units."""
    wins, total = scenario.wins, 0.0
    for row in range(len(wins)):
        day = int(wins.day[row])
        if first_day <= day <= min(last_day, 0) and segment in (None, int(wins.segment[row])):
            total += float(scenario.rates.convert(wins.amount[row], wins.currency[row], day))
    return total


def _won_by_segment(scenario: Scenario, first_day: int, last_day: int) -> list[float]:
    return [won_already(scenario, first_day, last_day, i) for i in range(len(scenario.segments))]


def _parts(daily: Daily) -> tuple[Floats, ...]:
    return (
        daily.at_set_chances, daily.at_our_chances, daily.first, daily.returned, daily.new, daily.renewals,
    )  # fmt: skip
