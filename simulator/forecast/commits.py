"""Ask how likely it is that what sales has committed to comes in."""

from __future__ import annotations

from typing import Final

import numpy as np

from simulator.forecast.trials import Trials
from simulator.records import dataclass
from simulator.scores import share_interval

CATEGORY: Final = "category"
WORDS: Final = {"commit": ("commit", "committed"), "best case": ("best case", "upside", "best-case")}
"""What the categories of open deals are called; each step holds those before it."""


@dataclass(frozen=True)
class Commit:
    """What sales has committed to in the headline's period.

    Attributes:
        name: `commit`, or `best case`, which holds it.
        amount: what is already won in the period, and the open deals of the category that are stated to close
            in it, minor units of the company's currency.
        deals: number of those open deals.
        chance: that bookings of the period, renewals apart, reach it.
        low: lower end of its 95 % Wilson interval.
        high: upper end.
    """

    name: str
    amount: float
    deals: int
    chance: float
    low: float
    high: float


def commits(forecast: Trials) -> tuple[Commit, ...]:
    """Return the commit and the best case, where deals have such a category."""
    scenario, period = forecast.scenario, forecast.headline_period
    categories = [c.strip().casefold() for c in scenario.pipeline.extra.get(CATEGORY, ())]
    if period is None or not any(categories):
        return ()
    stated, last = scenario.pipeline.stated_day, scenario.horizon.day_of(period.end)
    in_time = np.isnan(stated) | (stated <= last)
    amounts, already = forecast.window("bookings", period)
    first, last_day = scenario.horizon.day_of(period.start), scenario.horizon.day_of(period.end)
    # What sales commits to are its open deals; contracts that renew by themselves are no part of it.
    amounts = amounts - forecast.amounts("bookings", max(first, 1), last_day, source="renewals")
    found, words = [], set[str]()
    for name, known in WORDS.items():
        fresh = np.array([c in known for c in categories], dtype=np.bool_)
        words |= set(known)
        if not fresh.any():
            continue
        chosen = np.flatnonzero(np.array([c in words for c in categories], dtype=np.bool_) & in_time)
        value = already + sum(
            float(scenario.rates.convert(scenario.pipeline.amount[i], scenario.pipeline.currency[i], 0))
            for i in chosen.tolist()
        )
        found.append(Commit(name, value, len(chosen), *share_interval(amounts >= value, forecast.draws)))
    return tuple(found)
