"""Add up what stands at a day's end: the balance in the bank, and deferred revenue."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulator.forecast.trials import Trials
from simulator.periods import Period
from simulator.records import dataclass

Floats = NDArray[np.float64]
Level = Literal["balance", "deferred_revenue"]


def levels(forecast: Trials) -> tuple[Level, ...]:
    """Return the levels of a scenario: a balance only where it is known what is in the bank and leaves."""
    found: list[Level] = []
    if forecast.scenario.cash.has_balance:
        found.append("balance")
    if forecast.scenario.recognises:
        found.append("deferred_revenue")
    return tuple(found)


def level_at(forecast: Trials, level: Level, day: int) -> Floats:
    """Return a level at the end of a day that ends a cell, minor units, floats[trial].

    deferred revenue = what is deferred at as-of + net billings − revenue since.

    Raises:
        ValueError: no cell ends there.
    """
    if level == "balance":
        return forecast.balance_at(day)
    _, cells = forecast.scenario.horizon.cells_between(1, day)
    return forecast.opening_deferred + forecast.between("deferred", 0, cells)


@dataclass(frozen=True)
class Trough:
    """The lowest balance at the end of any period, per trial.

    Attributes:
        lowest: minor units, floats[trial].
        period: index of the period in which it is, integers[trial].
        below: index of the first period whose end is below the floor, −1 for none, integers[trial].
    """

    lowest: Floats
    period: NDArray[np.int64]
    below: NDArray[np.int64]


def trough(forecast: Trials, periods: tuple[Period, ...]) -> Trough:
    """Follow the balance of each trial from one period's end to the next.

    Args:
        forecast: with a balance.
        periods: of the forecast, in order; each ends a cell.
    """
    day_of = forecast.scenario.horizon.day_of
    path = np.stack([level_at(forecast, "balance", day_of(period.end)) for period in periods])
    floor = forecast.scenario.cash.floor
    under = path < (np.inf * -1 if floor is None else floor)
    below = np.where(under.any(axis=0), under.argmax(axis=0), -1)
    return Trough(path.min(axis=0), path.argmin(axis=0), below)
