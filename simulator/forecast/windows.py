"""Name what is asked of the trials: a series in some days, or the balance at their end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from simulator.forecast.asked import segment_asked
from simulator.forecast.trials import Trials
from simulator.periods import Period
from simulator.scenario import Scenario
from simulator.targets import Asked

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Window:
    """What is asked of each trial: a series in some days, the past included, or the balance at their end.

    Attributes:
        series: which one.
        first: first day.
        last: last day.
        segment: name, or None for the company.
    """

    series: Asked
    first: date
    last: date
    segment: str | None = None

    def amounts(self, trials: Trials) -> Floats:
        """Return what each trial brings, the past included, floats[trial], minor units."""
        return self.told(trials)[0]

    def told(self, trials: Trials) -> tuple[Floats, float]:
        """Return what each trial brings, the past included, and what the past alone has brought."""
        if self.series == "balance":
            return trials.balance_at(trials.scenario.horizon.day_of(self.last)), 0.0
        period = Period("", self.first, self.last)
        return trials.window(self.series, period, self.segment_index(trials.scenario))

    def segment_index(self, scenario: Scenario) -> int | None:
        """Return the index of its segment, None for the company."""
        return segment_asked(self.segment, [segment.name for segment in scenario.segments])

    def days(self, scenario: Scenario) -> tuple[int, int]:
        """Return its first and last day after the as-of day; a balance holds all days up to its own."""
        horizon = scenario.horizon
        first = 1 if self.series == "balance" else max(horizon.day_of(self.first), 1)
        return first, min(horizon.day_of(self.last), horizon.last_day)
