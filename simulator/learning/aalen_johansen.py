"""Count without a model how many stays have ended where by when: the check on every fitted law."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.learning.spells import STILL, Spells
from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Incidence:
    """Aalen–Johansen estimate for one stage.

    Attributes:
        days: whole operational days on which stays ended, rising, integers[day].
        at_risk: stays of which it could be seen that they end on that day, integers[day].
        ended: of them, by target, integers[target, day].
        alive: survivors after each day, floats[day].
        cumulative: share of stays that ended by each day, by target, floats[target, day].
    """

    days: Integers
    at_risk: Integers
    ended: Integers
    alive: Floats
    cumulative: Floats

    @property
    def unresolved(self) -> float:
        """Share whose end could not be seen: the survivors when the risk set is empty."""
        return float(self.alive[-1]) if len(self.alive) else 1.0

    @property
    def shares(self) -> Floats:
        """Share of stays that ended in each target, as far as could be seen, floats[target]."""
        return self.cumulative[:, -1] if len(self.days) else np.zeros(len(self.cumulative))


def incidence_of(spells: Spells) -> Incidence:
    """Return the cumulative incidence of stays of one stage by target (columns as in `Funnel`).

    Ties are handled as what they are: the day is one step, S(j) = S(j−1)·(1 − d_j/n_j) and
    I_k(j) = I_k(j−1) + S(j−1)·d_jk/n_j. A stay is at risk on day j if the log saw it begin or saw it alive
    before (entry < j), and it had not ended or gone out of sight by then (Aalen & Johansen 1978).
    """
    ended = spells.target != STILL
    days, row = np.unique(spells.length[ended], return_inverse=True)
    counts = np.zeros((spells.stages + 2, len(days)), dtype=np.int64)
    np.add.at(counts, (spells.target[ended], row), 1)
    entered = np.searchsorted(np.sort(spells.entry), days, side="left")  # entry −1 is at risk from day 0
    over = np.sort(spells.length[ended]), np.sort(spells.length[~ended])
    gone = np.searchsorted(over[0], days, side="left") + np.searchsorted(over[1], days, side="left")
    at_risk = entered - gone
    hazard = counts / np.maximum(at_risk, 1)
    alive = np.cumprod(1 - hazard.sum(axis=0))
    before = np.concatenate(([1.0], alive[:-1])) if len(days) else alive
    return Incidence(days, at_risk, counts, alive, np.cumsum(before * hazard, axis=1))
