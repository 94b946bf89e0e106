"""Count how first attempts end in a block of trials: won or lost, and in which cell of the horizon."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

OPEN: Final = 0
NEW: Final = 1
LOST: Final = 0
WON: Final = 1


@dataclass(frozen=True)
class Ends:
    """How first attempts end, each counted once when it is decided and once when it ends.

    Attributes:
        counts: floats[cell, outcome, source, segment, trial]: outcomes lost and won, sources open and new,
            bluebirds among them. The last cell holds all that are decided, whenever they end; the others are
            there only where ends are followed. Of no segment where nobody counts.
        cell_of_day: cell of each day 0 … last day + 1.
    """

    counts: Floats
    cell_of_day: Integers

    @property
    def counted(self) -> bool:
        """Whether anybody counts."""
        return bool(self.counts.shape[3])

    def follows(self, attempt: int) -> bool:
        """Tell whether attempts of a number are followed to their end, the lost ones too."""
        return len(self.counts) > 1 and attempt == 0

    def decide(self, source: int, segment: int, lost: Integers | int, won: Integers | int) -> None:
        """Count attempts that are decided, whenever they end, integers[trial]."""
        if self.counted:
            self.counts[-1, LOST, source, segment] += lost
            self.counts[-1, WON, source, segment] += won

    def reach(self, source: int, segment: int, outcome: int, trial: Integers, day: Integers) -> None:
        """Count attempts that end on days; those beyond the horizon are in no cell but the last."""
        cells, trials = len(self.counts) - 1, self.counts.shape[-1]
        cell = self.cell_of_day[np.minimum(day, len(self.cell_of_day) - 1)]
        found = np.bincount(cell * trials + trial, minlength=(cells + 1) * trials).reshape(-1, trials)
        self.counts[:-1, outcome, source, segment] += found[:-1]
