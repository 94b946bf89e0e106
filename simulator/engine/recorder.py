"""Hear what happens in a block of trials, and to whom."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.engine.billing import Billed, Invoices
from simulator.engine.contracts import DayRates, LinePlan
from simulator.engine.luck import Luck
from simulator.engine.plan import SegmentPlan
from simulator.engine.walk import Trail, Walkers
from simulator.offers import Offer
from simulator.targets import Posted

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Recorder:
    """Hears nothing; what a kind of it is to hear, it overrides.

    Ordinary runs have none and pay nothing for it. A block that has one is played by numpy. Arrays are of
    equal length, one entry a thing that happens; trials are numbered within the block, days are calendar
    days from as-of.

    Attributes:
        follows: whether attempts are followed: only then `decided`, `entered` and `walked` hear of them, and
            all are walked to their end, the lost ones too.
    """

    follows = False

    def met(self, luck: Luck) -> None:
        """Hear what market the trials of the block have."""

    def arrived(self, plan: SegmentPlan, month: int, counts: Integers) -> None:
        """Hear how many deals arrive in a month of a segment, integers[trial]."""

    def decided(self, deals: Integers, before: Floats, after: Floats) -> None:
        """Hear the chances of open deals, before the market and in it, floats[deal, trial] each."""

    def entered(
        self, plan: SegmentPlan, walkers: Walkers, trial: Integers, stage: Integers, day: Integers,
        before: Floats, after: Floats,
    ) -> None:  # fmt: skip
        """Hear of attempts that enter a stage, with their chances before the market and in it."""

    def walked(
        self, plan: SegmentPlan, walkers: Walkers, trial: Integers, won: bool, moves: Trail, day: Integers
    ) -> None:
        """Hear how attempts went: their moves, here with calendar days, and the day of each one's end."""

    def took(self, walkers: Walkers, trial: Integers, offer: Offer) -> None:
        """Hear of won deals that take an offer."""

    def signed(self, line: LinePlan, billed: Billed, trial: Integers, day: Integers) -> None:
        """Hear of lines that are signed, those of terms that are renewed too."""

    def ended(self, walkers: Walkers, trial: Integers, number: int, day: Integers, again: Bools) -> None:
        """Hear of lines of a number whose term ends on a day, and whether they are renewed."""

    def invoiced(
        self, walkers: Walkers, trial: Integers, rates: DayRates, product: int, written: Invoices
    ) -> None:
        """Hear of invoices and what becomes of them, opening ones too."""

    def moved(
        self, series: Posted, walkers: Walkers | None, trial: Integers, day: Integers, money: Floats
    ) -> None:
        """Hear of movements: those on day 0 or beyond the horizon do not count.

        Args:
            series: posted to.
            walkers: whose they are, None for what is nobody's; a contract that is renewed keeps its deal's,
                `GENERATION` attempts further on.
            trial: of each.
            day: of each.
            money: whole minor units of the company's currency.
        """
