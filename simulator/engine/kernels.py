"""Say how the deals of a segment walk: by tables that all trials share, or by the draw of each trial."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.distributions import Distribution, remaining_days
from simulator.engine.stays import stay_tables
from simulator.engine.walk import Steps, TableSteps, Walkers, choose, path_tables
from simulator.funnel import Funnel
from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Kernel(Protocol):
    """How deals move, given their outcome. `draw` is the posterior draw of each one's trial."""

    def first_move(
        self, walkers: Walkers, draw: Integers, stage: int, label: Integers, label_ages: Floats, won: bool
    ) -> tuple[Integers, Integers]:
        """Return the stage that open deals enter next, given their age and outcome, and the days until then.

        Args:
            walkers: who they are.
            draw: of each.
            stage: where they are.
            label: which of the ages each has.
            label_ages: operational days.
            won: the outcome.
        """
        ...

    def steps(self, won: bool, draw: Integers) -> Steps:
        """Return how walkers go on from the entry of a stage."""
        ...


@dataclass(frozen=True)
class TableKernel:
    """The walk of one funnel, the same in all trials.

    Attributes:
        funnel: the noun.
        winning: walk of the deals that are won.
        losing: walk of those that are lost.
    """

    funnel: Funnel
    winning: TableSteps
    losing: TableSteps

    @staticmethod
    def of(funnel: Funnel) -> TableKernel:
        """Return the tables of a funnel."""
        laws: list[Distribution] = []
        winning = path_tables(funnel, funnel.winning, laws)
        losing = path_tables(funnel, funnel.losing, laws)
        tables = stay_tables(laws)
        return TableKernel(funnel, TableSteps(winning, tables), TableSteps(losing, tables))

    def steps(self, won: bool, draw: Integers) -> TableSteps:
        """Return how walkers go on from the entry of a stage."""
        return self.winning if won else self.losing

    def first_move(
        self, walkers: Walkers, draw: Integers, stage: int, label: Integers, label_ages: Floats, won: bool
    ) -> tuple[Integers, Integers]:
        """Return the stage that open deals enter next, and the days until then."""
        funnel, (moves, cumulative) = self.funnel, self.first_chances(stage, label_ages, won)
        days, after = np.zeros(len(label), dtype=np.int64), np.full(len(label), funnel.won)
        if not len(moves) or not len(label):
            return after, days
        slot = np.zeros(len(label), dtype=np.int64)
        if len(moves) > 1:
            slot = choose(cumulative[label], walkers.entities.draw("moves", walkers.which, walkers.offsets))
        u = walkers.entities.draw("stays", walkers.which, walkers.offsets)
        for i, k in enumerate(moves):
            law = funnel.stays[stage][k]
            assert law is not None
            chosen = np.flatnonzero(slot == i) if len(moves) > 1 else slice(None)
            days[chosen] = remaining_days(law, u[chosen], label_ages, label[chosen])
            after[chosen] = k
        return after, days

    def first_chances(self, stage: int, ages: Floats, won: bool) -> tuple[Integers, Floats]:
        """Return where open deals may move first, and the cumulative chances by age, floats[age, move]."""
        funnel = self.funnel
        ends = funnel.target_chances if won else 1 - funnel.target_chances
        weights = funnel.first_moves(stage, ages) * ends
        moves = np.flatnonzero(weights.any(axis=0))
        if not len(moves):
            return moves, np.ones((len(ages), 0))
        cumulative = np.cumsum(weights[:, moves], axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return moves, np.nan_to_num(cumulative / cumulative[:, -1:], nan=1.0)
