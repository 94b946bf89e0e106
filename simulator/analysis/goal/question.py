"""Hold what is to be reached, and play scenarios to see how often it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.aims import Aim
from simulator.analysis.goal.levers import Lever
from simulator.analysis.goal.search import Chance, Curve
from simulator.errors import UsageError
from simulator.executors import Crew
from simulator.forecast import Forecast, Trials
from simulator.forecast.levels import trough
from simulator.money import minor_digits
from simulator.records import dataclass
from simulator.scenario import UNPULLED, Scenario
from simulator.simulation import shortened, simulate, trials_alone

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Question:
    """An amount that is to be reached, in a scenario that ends where it counts.

    Attributes:
        scenario: up to the last day of the window.
        aim: what is asked; of a balance without an amount, that it never falls below the floor.
        trials: of every play, all on the same luck.
        workers: how many blocks at once; no number depends on it.
        progress: called with the trials played so far.
    """

    scenario: Scenario
    aim: Aim
    trials: int
    workers: int | Crew = 1
    progress: Callable[[int], None] | None = None
    _done: list[int] = field(default_factory=lambda: [0])

    @staticmethod
    def of(
        scenario: Scenario, aim: Aim, trials: int, workers: int | Crew = 1,
        progress: Callable[[int], None] | None = None,
    ) -> Question:  # fmt: skip
        """Return the question about an aim.

        Raises:
            UsageError: nothing is to be reached.
        """
        if aim.amount is None and aim.window.series == "balance" and scenario.cash.floor is None:
            raise UsageError(
                "what is the balance to reach? give --amount, or cash.floor in the scenario: then it is "
                "asked whether the balance ever falls below the floor",
                code="U006",
            )
        if aim.amount is None and aim.window.series != "balance":
            raise UsageError(
                "nothing is to be reached: the scenario names no target; give --target, or --amount with "
                "--series and --by, such as --series bookings --amount 6M --by 2027-12-31",
                code="U006",
            )
        short = replace(shortened(scenario, aim.window.last), trials=trials)
        return Question(short, aim, trials, workers, progress)

    @property
    def segments(self) -> list[str]:
        """Names of the segments whose levers are pulled: those that the aim is about."""
        only = self.aim.window.segment
        return [s.name for s in self.scenario.segments] if only is None else [only]

    @property
    def named(self) -> list[str]:
        """The same, but none where it is all of them, as settings write it."""
        return [] if self.aim.window.segment is None else self.segments

    @property
    def unpulled(self) -> bool:
        """Whether no lever is pulled there yet; else the first month of one would be that of all."""
        some = (s.levers for s in self.scenario.segments if s.name in self.segments)
        return all(levers == UNPULLED for levers in some)

    @property
    def least(self) -> int:
        """What is to be reached: the amount, or the floor, minor units."""
        found = self.scenario.cash.floor if self.aim.amount is None else self.aim.amount
        assert found is not None
        return found

    @property
    def unit(self) -> int:
        """Minor units of one major unit."""
        return int(10 ** minor_digits(self.scenario.currency))

    @cached_property
    def forecast(self) -> Forecast:
        """The scenario as it is, checked against its exact means."""
        found = simulate(self.scenario, self.trials, workers=self.workers, other_markets=False)
        self._told()
        return found

    @cached_property
    def before(self) -> Floats:
        """What each trial brings as things are, floats[trial]."""
        return self._amounts(self.forecast)

    @cached_property
    def now(self) -> Chance:
        """The chance as things are."""
        return Chance.of(self.before >= self.least, self.forecast.draws)

    def chance(self, scenario: Scenario) -> Chance:
        """Return how often it is reached in another scenario, on the same luck."""
        signed = self.aim.window.series == "bookings"
        trials = trials_alone(scenario, self.trials, self.scenario.seed, self.workers, signed)
        self._told()
        amounts = self._amounts(trials)
        moved = not np.array_equal(amounts, self.before)
        return Chance.of(amounts >= self.least, trials.draws, moved)

    def curve(self, lever: Lever, pull: Callable[[int], Scenario] | None = None) -> Curve:
        """Return the chance by steps of a lever.

        Args:
            lever: which one.
            pull: gives the scenario after so many steps, in place of the lever's own.
        """
        made = pull or (lambda steps: lever.pulled(self.scenario, steps, self.segments))
        begun = self.aim.amount is None or self.aim.window.first <= self.scenario.horizon.date_of(1)
        turns = lever.shifts and not begun
        return Curve(lambda steps: self.chance(made(steps)), lever.steps, turns, {0: self.now})

    def _amounts(self, trials: Trials) -> Floats:
        """Return what counts of each trial: the window's amount, or the lowest balance on the way."""
        if self.aim.amount is None:
            return trough(trials, self.scenario.horizon.periods).lowest
        return self.aim.amounts(trials)

    def _told(self) -> None:
        self._done[0] += self.trials
        if self.progress is not None:
            self.progress(self._done[0])
