"""Play one trial again and hear all of it; what is heard adds up to what the run has of that trial."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from simulator.engine import Plan, Story, Trace, compile_plan, play_block
from simulator.forecast import InMemory, Trials
from simulator.played import Played, by_trial
from simulator.records import dataclass
from simulator.scenario import Scenario
from simulator.targets import Posted

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Replayed:
    """One trial of a run.

    Attributes:
        plan: that is played.
        number: of the trial, from 0.
        trials: it alone, to ask for totals.
        trace: all that happened.
    """

    plan: Plan
    number: int
    trials: Trials
    trace: Trace

    @property
    def scenario(self) -> Scenario:
        """The nouns."""
        return self.plan.scenario

    @property
    def stories(self) -> list[Story]:
        """Of all owners, sorted by kind, segment and number."""
        return [story for _, story in sorted(self.trace.stories.items())]

    def off(self) -> list[tuple[Posted, str, int, float]]:
        """Return where what was heard is not what the run has: series, source, cell, and by how much.

        Source is "" where a series has none. Deferred revenue follows from the others.
        """
        heard: dict[tuple[Posted, str], Floats] = {}
        horizon, edges = self.scenario.horizon, self.scenario.horizon.cell_of_day()
        for source, (series, day, money) in self._heard():
            if series != "deferred" and 0 < day <= horizon.last_day:
                sums = heard.setdefault((series, source), np.zeros(len(horizon.cuts)))
                sums[edges[day]] += money
        names: list[Posted] = [s for s in self.plan.posted if s != "deferred"]
        sources = {s.source for s in self.trials.slices}
        places = chain.from_iterable(
            [(series, "")] if series == "tax" else [(series, s) for s in sorted(sources)] for series in names
        )
        found = []
        for series, source in dict.fromkeys([*places, *heard]):
            only = {"source": source} if source else {}
            sums = heard.get((series, source), np.zeros(len(horizon.cuts)))
            for cell, mine in enumerate(sums.tolist()):
                run = float(self.trials.between(series, cell, cell + 1, **only)[0])
                if run != mine:
                    found.append((series, source, cell, mine - run))
        return found

    def _heard(self) -> Iterator[tuple[str, tuple[Posted, int, float]]]:
        """Yield each movement with the source under which a run keeps it."""
        for story in self.stories:
            for moved in story.moved:
                source = "new" if story.kind == "bluebirds" else story.kind
                if moved.term and source != "renewals":
                    source = "renewals"
                yield "" if moved.series == "tax" else source, moved[1:]


def replayed(scenario: Scenario, number: int, seed: int | None = None) -> Replayed:
    """Play one trial of a scenario, and nothing else.

    Args:
        scenario: as loaded.
        number: of the trial, from 0.
        seed: by default the scenario's.
    """
    plan = replace(compile_plan(scenario, scenario.seed if seed is None else seed), most_followed=0)
    trace = Trace(plan)
    outcome = play_block(plan, number, 1, trace)
    played = Played(plan, "replay", outcome.tally, [InMemory(by_trial(outcome), 1)])
    return Replayed(plan, number, played.alone(), trace)
