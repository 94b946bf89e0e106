"""Walk from the CRM's number to ours, in exact means."""

from __future__ import annotations

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
    segment: int | None = None,
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
        segment: index of one, or None for all.
        already: bookings of the window so far, minor units, where something else than won deals tells them.

    Returns:
        (step, minor units of the company's currency); the last step is the sum of those before it.
    """
    daily = (known or expected(scenario)).daily
    days = slice(max(first_day, 1), max(last_day, 0) + 1)
    chosen = slice(None) if segment is None else slice(segment, segment + 1)
    already = won_already(scenario, first_day, last_day, segment) if already is None else already
    series = [float(part[chosen, days].sum()) for part in _parts(daily)]
    at_set, at_ours, first, returned, new, renewals = series
    outside = "closes outside the period" if first_day > 1 else "closes after the period"
    cumulative = [
        ("already won", already),
        ("CRM's weighted pipeline", already + weighted_pipeline(scenario, segment)),
        (outside, already + at_set),
        ("percentages corrected", already + at_ours),
        ("price", already + first),
    ]
    if any(s.recycling.chance > 0 and s.recycling.attempts > 1 for s in scenario.segments):
        cumulative.append(("lost deals that come back", already + first + returned))
    total = already + first + returned + new
    cumulative.append(("deals yet to come", total))
    if daily.renewals.any():
        cumulative.append(("renewals", total + renewals))
    steps, before = [], 0.0
    for name, value in cumulative:
        steps.append((name, float(np.rint(value)) - before))
        before = float(np.rint(value))
    return [*steps, ("our average", before)]


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


def _parts(daily: Daily) -> tuple[Floats, ...]:
    return (
        daily.at_set_chances, daily.at_our_chances, daily.first, daily.returned, daily.new, daily.renewals,
    )  # fmt: skip
