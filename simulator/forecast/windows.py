"""Name what is asked of the trials: a series in some days, or the balance at their end."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from simulator.forecast.asked import segment_asked
from simulator.forecast.trials import Trials
from simulator.periods import Period
from simulator.records import dataclass
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

    def exact(self, trials: Trials) -> float | None:
        """Return the exact mean of what each trial brings, minor units, None where it is not known.

        That is so where figures are drawn from what is learned, since the exact means are those of fixed
        figures; where the trials do not agree with them, or a single one cannot tell; and of receipts of the
        first segment, with which those of no segment stand.
        """
        exact, scenario = trials.exact, trials.scenario
        if exact is None or scenario.posterior is not None or not trials.check.passed or trials.trials == 1:
            return None
        begin, end = scenario.horizon.cells_between(*self.days(scenario))
        if self.series == "balance":
            day = scenario.horizon.day_of(self.last)
            return trials.unspent(day) + exact.between("receipts", 0, end) - float(exact.tax[:end].sum())
        segment = self.segment_index(scenario)
        if segment == 0 and self.series == "receipts" and any(s.segment < 0 for s in trials.slices):
            return None
        past = trials.already(self.series, scenario.horizon.day_of(self.first), segment)
        return past + exact.between(self.series, begin, end, segment)

    def segment_index(self, scenario: Scenario) -> int | None:
        """Return the index of its segment, None for the company."""
        return segment_asked(self.segment, [segment.name for segment in scenario.segments])

    def days(self, scenario: Scenario) -> tuple[int, int]:
        """Return its first and last day after the as-of day; a balance holds all days up to its own."""
        horizon = scenario.horizon
        first = 1 if self.series == "balance" else max(horizon.day_of(self.first), 1)
        return first, min(horizon.day_of(self.last), horizon.last_day)
