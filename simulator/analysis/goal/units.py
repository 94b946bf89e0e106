"""Say what a pulled lever is in the units of the business: deals a month, deals won, days, per cent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.goal.question import Question
from simulator.arrivals import PipelineGeneration
from simulator.funnel import tilted, winning_times
from simulator.periods import add_months
from simulator.records import dataclass
from simulator.scenario import Segment

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Unit:
    """What a figure of a lever counts.

    Attributes:
        name: of what is counted.
        absolute: whether it is a state, which was another before, rather than a change from nothing.
    """

    name: str
    absolute: bool = True


UNITS: Final[Mapping[str, Unit]] = {
    "pipeline": Unit("new deals a month"),
    "conversion": Unit("won of 100 deals"),
    "speed": Unit("days of a typical win"),
    "price": Unit("% on the price", absolute=False),
    "deposit": Unit("% at signature", absolute=False),
    "terms": Unit("days sooner due", absolute=False),
    "market": Unit("won of 100 deals"),
    "slip": Unit("days later signed", absolute=False),
    "drought": Unit("new deals a month"),
    "loss": Unit("largest deals lost", absolute=False),
}


@dataclass(frozen=True, eq=False)
class Business:
    """Figures of the business at any value of a lever, of each segment whose levers are pulled and of all.

    Attributes:
        question: about which.
    """

    question: Question

    def figures(self, lever: str, value: float, first: date | None = None) -> dict[str, float]:
        """Return a lever's figure by segment, and of all of them together under "".

        Args:
            lever: name.
            value: as set.
            first: month from which on it counts, by default now; better odds are then those of new deals.
        """
        if lever in ("pipeline", "drought"):
            return self._added(lambda s: self._monthly(s, first) * value)
        if lever in ("conversion", "market"):
            return self._weighed(lambda s: self._won(s, value, first is not None), self._open)
        if lever == "speed":
            return self._weighed(lambda s: self._cycle[s.name] * value, self._open)
        scale = {"price": 100 * (value - 1), "deposit": 100 * value}
        return dict.fromkeys(["", *self.question.segments], scale.get(lever, value))

    @property
    def _segments(self) -> Iterator[Segment]:
        return (s for s in self.question.scenario.segments if s.name in self.question.segments)

    def _added(self, of: Callable[[Segment], float]) -> dict[str, float]:
        found = {s.name: of(s) for s in self._segments}
        return {"": sum(found.values())} | found

    def _weighed(
        self, of: Callable[[Segment], float], weight: Callable[[Segment], float]
    ) -> dict[str, float]:
        found = {s.name: of(s) for s in self._segments}
        weights = np.array([weight(s) for s in self._segments])
        if not weights.any():
            weights[:] = 1
        return {"": float(np.average(list(found.values()), weights=weights))} | found

    def _monthly(self, segment: Segment, first: date | None) -> float:
        """Return the average number of deals that arrive in a month, up to the last day that counts."""
        horizon, noun = self.question.scenario.horizon, segment.generation
        if noun is None:
            return 0.0
        months, month = [], (first or horizon.date_of(1)).replace(day=1)
        while month <= horizon.end:
            months.append(self._rate(noun, month))
            month = add_months(month, 1)
        return float(np.mean(months)) if months else 0.0

    def _rate(self, noun: PipelineGeneration, month: date) -> float:
        return noun.rate(month, self.question.scenario.horizon.as_of)

    def _won(self, segment: Segment, odds: float, new: bool) -> float:
        """Return how many of 100 open deals are won in the end; of 100 new ones where none are open."""
        chances = self.question.forecast.deal_chance[self._rows(segment)]
        if new or not len(chances):
            entry = np.zeros(len(segment.funnel.stages))
            entry[0] = 1.0
            entry = segment.generation.entry if segment.generation else entry
            chances = np.array([entry @ tilted(segment.funnel.ladder, segment.soberness.odds)])
        return 100 * float(tilted(chances, odds).mean())

    def _open(self, segment: Segment) -> float:
        return float(len(self._rows(segment)))

    def _rows(self, segment: Segment) -> NDArray[np.int64]:
        scenario = self.question.scenario
        index = [s.name for s in scenario.segments].index(segment.name)
        return np.flatnonzero(scenario.pipeline.segment == index)

    @cached_property
    def _cycle(self) -> dict[str, float]:
        """Middle days from the first stage to a win, by segment."""
        found = {}
        for segment in self._segments:
            cumulative = np.cumsum(winning_times(segment.funnel)[0])
            days = float(np.interp(0.5 * cumulative[-1], cumulative, np.arange(len(cumulative))))
            # So many days of work take fewer or more calendar days where the clock has been changed.
            found[segment.name] = days * 365 / (float(segment.clock.at_end_of(365)) or 365)
        return found
