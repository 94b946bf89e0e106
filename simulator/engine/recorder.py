"""Hear what happens in a block of trials, and to whom."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.engine.luck import Luck
from simulator.engine.plan import SegmentPlan
from simulator.engine.walk import Walkers
from simulator.targets import Posted

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Recorder:
    """Hears nothing; what a kind of it is to hear, it overrides.

    Ordinary runs have none and pay nothing for it. A block that has one is played by numpy.
    """

    def met(self, luck: Luck) -> None:
        """Hear what market the trials of the block have."""

    def arrived(self, plan: SegmentPlan, month: int, counts: Integers) -> None:
        """Hear how many deals arrive in a month of a segment, integers[trial]."""

    def moved(
        self, series: Posted, walkers: Walkers | None, trial: Integers, day: Integers, money: Floats
    ) -> None:
        """Hear of movements: those on day 0 or beyond the horizon do not count.

        Args:
            series: posted to.
            walkers: whose they are, None for what is nobody's; a contract that is renewed keeps its deal's,
                `GENERATION` attempts further on.
            trial: of each, within the block.
            day: calendar day from as-of.
            money: whole minor units of the company's currency.
        """
