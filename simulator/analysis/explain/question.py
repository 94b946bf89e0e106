"""Hold what an explanation is about, and what is played for it, so that every part asks the same trials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.aims import Aim
from simulator.forecast import Forecast
from simulator.landings import Landings, landings
from simulator.records import dataclass
from simulator.scenario import Scenario
from simulator.simulation import simulate

Load = Callable[[Sequence[str]], Scenario]
"""Loads the scenario with some settings more, as `--set` has them."""
MOST_LANDED: Final = 20_000_000
"""Open deals times trials that are followed one by one: what they bring has to lie in memory."""


@dataclass(frozen=True, eq=False)
class Question:
    """What is to be explained, and the trials that do it; each is played once, when it is first asked for.

    Attributes:
        scenario: as loaded.
        aim: an amount in some days, and what is to be reached, if anything is.
        load: loads the same scenario with some settings more.
        workers: how many blocks of trials are played at once; no number depends on it.
        progress: called with the trials of the main forecast that are finished.
    """

    scenario: Scenario
    aim: Aim
    load: Load
    workers: int = 1
    progress: Callable[[int], None] | None = None

    @cached_property
    def forecast(self) -> Forecast:
        """The main forecast: the trials and the seed that the scenario asks for."""
        return simulate(self.scenario, workers=self.workers, progress=self.progress, other_markets=False)

    @property
    def seed(self) -> int:
        """Of every trial that is played."""
        return self.forecast.seed

    @cached_property
    def amounts(self) -> NDArray[np.float64]:
        """What each trial of the main forecast brings, the past included, floats[trial], minor units."""
        return self.aim.amounts(self.forecast)

    @cached_property
    def landings(self) -> Landings:
        """What single deals bring in the first trials of the main forecast, in all where memory allows."""
        return self._landed(won=False)

    @cached_property
    def won(self) -> Landings:
        """What they bring in the same trials where every open deal is won: aᵢ of MODEL 9."""
        return self._landed(won=True)

    @property
    def landed(self) -> int:
        """Trials of `landings` and of `won`: the first ones of the main forecast."""
        deals = max(len(self.scenario.pipeline), 1)
        return max(min(self.forecast.trials, MOST_LANDED // deals), 1)

    def draws(self, trials: int) -> int | None:
        """Return how many posterior draws so many first trials share, None where no two of them share one."""
        draws = self.forecast.draws
        return draws if draws and draws < trials else None

    def _landed(self, won: bool) -> Landings:
        return landings(self.scenario, self.aim.window, self.landed, self.seed, self.workers, won)
