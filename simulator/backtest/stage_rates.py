"""Work out the table that many companies keep: won/(won + lost) by stage, and the days that it took."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.history import OPEN, WON, History
from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class StageRates:
    """Closed deals by the stages that they have been in.

    Attributes:
        won: days from the last entry of each stage to won, rising, by stage.
        lost: likewise to lost.
    """

    won: tuple[Integers, ...]
    lost: tuple[Integers, ...]

    def win_rate(self, stage: int) -> float:
        """Return won/(won + lost); one half where no deal of the stage has closed."""
        won, lost = len(self.won[stage]), len(self.lost[stage])
        return won / (won + lost) if won + lost else 0.5

    def within(self, stage: Integers, age: Integers, days: int, outcome: int) -> Floats:
        """Return the chance of deals to be won, or lost, in so many days.

        The rate of the stage, times the share of its closed deals older than this one that closed in time;
        where none was older, the share of all that took no longer.

        Args:
            stage: of each deal.
            age: calendar days since it was entered.
            days: of the window.
            outcome: `WON` or `LOST`.
        """
        result = np.zeros(len(stage))
        for s in np.unique(stage[stage >= 0]).tolist():
            some = np.flatnonzero(stage == s)
            times, rate = (self.won[s] if outcome == WON else self.lost[s]), self.win_rate(s)
            if not len(times):
                continue
            begun = np.searchsorted(times, age[some], side="right")
            ended = np.searchsorted(times, age[some] + days, side="right")
            older = len(times) - begun
            always = np.searchsorted(times, days, side="right") / len(times)
            share = np.where(older > 0, (ended - begun) / np.maximum(older, 1), always)
            result[some] = share * (rate if outcome == WON else 1 - rate)
        return result


def stage_rates(history: History) -> StageRates:
    """Return the table of a history."""
    deals, moves = history.deals, history.moves
    # The last entry of each stage by each deal: moves are in the order of deal and time.
    inside = moves.stage < history.won
    deal, stage, day = moves.deal[inside], moves.stage[inside], moves.day[inside]
    last = np.full((len(deals), len(history.stages)), -1, dtype=np.int64)
    last[deal, stage] = day
    found = []
    for outcome in (True, False):
        closed = (deals.outcome != OPEN) & ((deals.outcome == WON) == outcome)
        times = np.maximum(deals.closed[:, None] - last, 0)
        found.append(tuple(np.sort(times[closed & (last[:, s] >= 0), s]) for s in range(len(history.stages))))
    return StageRates(*found)
