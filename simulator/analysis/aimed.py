"""Play no more of a scenario than an aim asks for, as often as a question needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.aims import Aim
from simulator.engine import Plan, compile_plan
from simulator.forecast import Happened, happened
from simulator.records import dataclass
from simulator.scenario import Scenario
from simulator.simulation import futures, shortened
from simulator.targets import Series

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Aimed:
    """A scenario up to where an aim ends, whose trials bring what those of the whole forecast bring there.

    Attributes:
        scenario: as loaded.
        aim: what is asked of it.
        seed: of the run.
    """

    scenario: Scenario
    aim: Aim
    seed: int

    def plan(self, group_seeds: Mapping[str, int] | None = None) -> Plan:
        """Return the plan of it, where some groups of purposes take another seed."""
        plan = compile_plan(self._short, self.seed, group_seeds=group_seeds)
        return replace(plan, bookings_only=self.aim.window.series == "bookings", most_followed=0)

    def amounts(self, plan: Plan, first: int, count: int) -> Floats:
        """Return what trials first … first + count − 1 bring, the past included, floats[trial]."""
        return self.aim.amounts(futures(plan, first, count, self._known))

    @cached_property
    def _short(self) -> Scenario:
        return shortened(self.scenario, self.aim.window.last, self.aim.window.series)

    @cached_property
    def _known(self) -> Mapping[Series, Happened]:
        return happened(self.scenario)
