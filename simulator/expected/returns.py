"""Follow lost deals that come back: when they do, in which quarter's market, and when they are won."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import scipy
from numpy.typing import NDArray

from simulator.distributions import whole_days
from simulator.expected.luck import Luck
from simulator.expected.open_deals import States, multiplied, reached
from simulator.expected.walks import Walk, convolved, cut
from simulator.records import dataclass
from simulator.scenario import Segment

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Returns:
    """The returns of one segment, in operational days up to the end of the horizon.

    Attributes:
        segment: whose rules hold.
        walk: of its funnel.
        luck: of the market.
        as_of: day 0.
        last_day: of the horizon.
        learned_entry: p* of attempts that enter each stage, where it is learned, floats[S], or None.
    """

    segment: Segment
    walk: Walk
    luck: Luck
    as_of: date
    last_day: int
    learned_entry: Floats | None = None

    @cached_property
    def entry(self) -> Floats:
        """The p* of attempts that enter each stage: h with the segment's soberness, floats[S]."""
        ladder = self.walk.ladder[: len(self.walk.funnel.stages)]
        own = self.learned_entry
        return multiplied(ladder, self.segment.soberness.odds) if own is None else own

    @cached_property
    def reach(self) -> Floats:
        """Clock value up to which walks have closed by each day."""
        return reached(self.segment.clock, self.last_day, self.segment.close_date.delay_days)

    @cached_property
    def size(self) -> int:
        """Whole clock values that can matter inside the horizon."""
        return int(max(float(self.segment.clock.at_end_of(self.last_day)), 1.0)) + 2

    @cached_property
    def chance(self) -> float:
        """The p* of a return: h[1] with the segment's soberness."""
        return float(self.entry[0])

    @cached_property
    def quarters(self) -> Integers:
        """Calendar quarters from the as-of day's to that of each whole clock value, integers[value]."""
        days = self.segment.clock.day_of(np.arange(self.size))
        return np.array([self.quarter_of(int(d)) for d in np.minimum(days, self.last_day + 1)])

    def quarter_of(self, day: int) -> int:
        """Return the calendar quarters from the as-of day's to a day's."""
        when = self.as_of + timedelta(days=day)
        return 4 * (when.year - self.as_of.year) + (when.month - 1) // 3 - (self.as_of.month - 1) // 3

    @cached_property
    def delay(self) -> Floats:
        """Law of the operational days from lost to back."""
        return cut(whole_days(self.segment.recycling.delay), self.size)

    @cached_property
    def won_law(self) -> Floats:
        """Law of the days from return to won, given a win."""
        return np.asarray(cut(self.walk.law_from_entry("won"), self.size)[0])

    @cached_property
    def back_law(self) -> Floats:
        """Law of the days from entering each stage to being back, given a loss, floats[S, size]."""
        return convolved(cut(self.walk.law_from_entry("lost"), self.size), self.delay)

    @cached_property
    def _second(self) -> dict[tuple[int, int], tuple[float, float]]:
        return {}

    def second(self, stage: int, chance: float, quarters: int) -> tuple[float, float]:
        """Return P(first lost, second won) and P(both lost) of a deal that entered at a stage."""
        if (stage, quarters) not in self._second:
            doubts = (float(self.segment.doubt[stage]), float(self.segment.doubt[0]))
            won = float(self.luck.lost_then_won(np.array([chance]), self.chance, quarters, doubts)[0])
            self._second[stage, quarters] = won, 1 - chance - won
        return self._second[stage, quarters]

    @cached_property
    def again(self) -> Floats:
        """Expected wins of third and later attempts by the days since the second began, per second lost.

        Without correlation: Σ_m r·[(1−p₂)·r]^(m)·p₂, each a lost walk and a delay later than the one before.
        """
        recycling = self.segment.recycling
        back = self.back_law[0]
        total, step = np.zeros(self.size), back * recycling.chance
        for _ in range(recycling.attempts - 2):
            total += self.chance * convolved(step, self.won_law)
            step = convolved(step, back) * (recycling.chance * (1 - self.chance))
        return total

    @property
    def exempt(self) -> bool:
        """Whether third attempts meet a market that their law here leaves out."""
        more = self.segment.recycling.chance > 0 and self.segment.recycling.attempts > 2
        return more and not (self.luck.none and not self.segment.doubt[0])

    @property
    def any(self) -> bool:
        """Whether lost deals come back at all."""
        return self.segment.recycling.chance > 0 and self.segment.recycling.attempts > 1

    def won_by_day(self, states: States, sums: Sequence[scipy.sparse.csr_array]) -> list[Floats]:
        """Return the expected wins by later attempts of open deals, summed with weights.

        Args:
            states: of the open deals, at their ages.
            sums: what a win of each deal counts for, several tables [row, deal].

        Returns:
            of each table floats[row, day 1 … last], by the day of closing.
        """
        weights = scipy.sparse.vstack(sums, format="csr")
        entered = np.zeros((2, weights.shape[0], self.size))
        for stage in np.unique(states.stage):
            inside = np.flatnonzero((states.stage == stage) & (states.weight > 0))
            kinds, at = np.unique(
                np.stack((states.age[inside], states.chance[inside])), axis=1, return_inverse=True
            )
            entries = states.weight[inside], (states.deal[inside], at.ravel())
            of_kind = scipy.sparse.csr_array(entries, shape=(weights.shape[1], kinds.shape[1]))
            self._add_stage(entered, int(stage), kinds[0], kinds[1], weights @ of_kind)
        won = convolved(entered[0], self.won_law)
        if self.segment.recycling.attempts > 2:
            won += convolved(entered[1], self.again)
        cumulative = np.cumsum(won, axis=1)
        cells = np.clip(np.floor(self.reach).astype(np.int64), -1, self.size - 1)
        by_day = np.where(cells >= 0, cumulative[:, np.maximum(cells, 0)], 0.0)
        closed = np.diff(by_day, axis=1, prepend=0.0)
        return np.split(closed, np.cumsum([table.shape[0] for table in sums])[:-1])

    def _add_stage(
        self, entered: Floats, stage: int, ages: Floats, chances: Floats, counts: scipy.sparse.csr_array
    ) -> None:
        """Add second attempts that will be won, and that will be lost, by the clock value of return."""
        distinct, back = np.unique(ages, return_inverse=True)
        laws = convolved(self.walk.law_left(stage, distinct, "lost", self.size), self.delay)
        doubts = (float(self.segment.doubt[stage]), float(self.segment.doubt[0]))
        kinds = np.arange(len(ages))
        for quarter in np.unique(self.quarters):
            cells = np.flatnonzero(self.quarters == quarter)
            won = self.luck.lost_then_won(chances, self.chance, int(quarter), doubts)
            lost = 1 - chances - won
            for end, part in enumerate((won, lost)):
                by_age = scipy.sparse.csr_array((part, (kinds, back)), shape=(len(ages), len(distinct)))
                mixture = (counts @ by_age) @ laws[:, cells]
                entered[end][:, cells] += self.segment.recycling.chance * mixture
