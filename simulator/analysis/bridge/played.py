"""Play an earlier and a later scenario on the same luck, and tell what each deal and the rest brings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.bridge.fates import rows
from simulator.deals import Pipeline, Wins
from simulator.engine import compile_plan
from simulator.forecast import Happened, Window, happened
from simulator.landings import landings
from simulator.periods import horizon
from simulator.played import Played, Player
from simulator.receivables import Receivables
from simulator.records import dataclass
from simulator.scenario import Scenario
from simulator.targets import Series

Floats = NDArray[np.float64]

AT_ONCE = 1_000_000
"""Deals times trials whose landings are held in memory at once."""


@dataclass(frozen=True)
class Luck:
    """On what luck all are played.

    Attributes:
        trials: how many.
        seed: of the random numbers.
        workers: how many blocks at once; the result does not depend on it.
    """

    trials: int
    seed: int
    workers: int = 1


@dataclass(frozen=True, eq=False)
class World:
    """A scenario whose deals, deals to come and everything else are asked for apart; they add up.

    Attributes:
        scenario: no longer than the window.
        window: what is asked of each trial.
        luck: on which it is played.
        known_total: what everything brings, where that is known already.
    """

    scenario: Scenario
    window: Window
    luck: Luck
    known_total: Floats | None = None

    @staticmethod
    def of(scenario: Scenario, window: Window, luck: Luck, total: Floats | None = None) -> World:
        """Return a scenario cut off where the window ends: what follows cannot touch it."""
        span = scenario.horizon
        before = window.first - timedelta(days=1)
        short = horizon(span.as_of, window.last, span.fiscal, span.kind, (before,))
        return World(replace(scenario, horizon=short, targets=()), window, luck, total)

    @cached_property
    def past(self) -> float:
        """What has come by now, minor units."""
        if self.window.series == "balance":
            return 0.0
        span, segment = self.scenario.horizon, self.window.segment_index(self.scenario)
        first, last = span.day_of(self.window.first), min(span.day_of(self.window.last), 0)
        return self._happened[self.window.series].total(first, last, segment)

    @cached_property
    def rest(self) -> Floats:
        """What comes without any deal, open or still to come, the past included, floats[trial]."""
        if self.window.series == "bookings" and not len(self.scenario.renewals):
            return np.full(self.luck.trials, self.past)
        return self._total(self._without(new=True, deals=True))

    @cached_property
    def coming(self) -> Floats:
        """What deals bring that are still to come, floats[trial]."""
        if all(segment.generation is None for segment in self.scenario.segments):
            return np.zeros(self.luck.trials)
        return self._total(self._without(deals=True)) - self.rest

    @cached_property
    def total(self) -> Floats:
        """What everything brings, the past included, floats[trial]."""
        return self._total(self._without()) if self.known_total is None else self.known_total

    def brought(self, pipeline: Pipeline) -> Floats:
        """Return what some open deals bring together, floats[trial]."""
        if not len(pipeline):
            return np.zeros(self.luck.trials)
        return self._total(replace(self._without(new=True), pipeline=pipeline)) - self.rest

    def each(self, pipeline: Pipeline) -> Iterator[Floats]:
        """Yield what each of some open deals brings, floats[trial]."""
        alone, most = self._without(new=True), max(AT_ONCE // self.luck.trials, 1)
        for first in range(0, len(pipeline), most):
            some = rows(pipeline, range(first, min(first + most, len(pipeline))))
            luck = self.luck
            yield from landings(
                replace(alone, pipeline=some), self.window, luck.trials, luck.seed, luck.workers
            ).deals

    def booked(self, win: int) -> float:
        """Return what a won deal adds to bookings of the past, minor units of the company's currency."""
        wins, window, span = self.scenario.wins, self.window, self.scenario.horizon
        day, segment = int(wins.day[win]), window.segment_index(self.scenario)
        if not span.day_of(window.first) <= day <= 0 or segment not in (None, wins.segment[win]):
            return 0.0
        return float(self.scenario.rates.convert(wins.amount[win], wins.currency[win], day))

    def _without(self, new: bool = False, deals: bool = False) -> Scenario:
        """Return the scenario without deals to come, or without open ones."""
        found = self.scenario
        if self.window.series == "bookings":  # the past is known, and of what was won before none comes
            found = replace(found, wins=Wins.empty(), receivables=Receivables.empty(), invoice_segment=())
        if new:
            found = replace(found, segments=tuple(replace(s, generation=None) for s in found.segments))
        return replace(found, pipeline=rows(found.pipeline, ())) if deals else found

    def _total(self, scenario: Scenario) -> Floats:
        plan = compile_plan(scenario, self.luck.seed)
        plan = replace(plan, bookings_only=self.window.series == "bookings", most_followed=0)
        played = Player(self.luck.workers).play(Played.none(plan, "bridge"), self.luck.trials)
        return self.window.amounts(played.alone(self._happened))

    @cached_property
    def _happened(self) -> Mapping[Series, Happened]:
        return happened(self.scenario)
