"""Collect what can be said of a segment's funnel without a random number: counts, values, times, reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.segments.passage import Passage
from simulator.distributions import LONGEST
from simulator.expected import StageRow, funnel_table
from simulator.expected.walks import Walk
from simulator.records import dataclass
from simulator.scenario import Scenario

Floats = NDArray[np.float64]

STALLED: Final = 0.1
"""A deal stands still that has been in its stage for longer than all but so many."""


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known of a segment's funnel, amounts in minor units of the company's currency.

    Attributes:
        scenario: whose.
        index: of the segment.
        passage: its walk.
    """

    scenario: Scenario
    index: int
    passage: Passage

    @cached_property
    def values(self) -> Floats:
        """Open amounts of all deals at the as-of day's rates, floats[deal]."""
        pipeline = self.scenario.pipeline
        return self.scenario.rates.worth(pipeline.amount, pipeline.currency)

    @cached_property
    def table(self) -> list[StageRow]:
        """The stages as `show` has them."""
        return funnel_table(self.passage.segment)

    @cached_property
    def reasons(self) -> Mapping[str, Counter[str]]:
        """Why deals were lost, by stage, "" for those whose stage nobody told."""
        found = self.scenario.lost_reasons.get(self.passage.segment.name, {})
        return {stage: Counter(reasons) for stage, reasons in found.items()}

    @cached_property
    def cycle(self) -> Floats | None:
        """Law of the days from entering to won, given a win, floats[day]; None where nothing can be won."""
        won = self.passage.entry * [float(self.passage.between(s, self.passage.size).mean())
                                    for s in range(self.passage.size)]  # fmt: skip
        if won.sum() <= 0:
            return None
        return np.asarray(won @ Walk(self.passage.segment.funnel).law_from_entry("won") / won.sum())

    def standing(self, stage: int | None = None, still: bool = False) -> dict[str, float]:
        """Return number and value of the open deals, of a stage or of all; only those that stand still."""
        pipeline = self.scenario.pipeline
        here = pipeline.segment == self.index
        if stage is not None:
            here &= pipeline.stage == stage
        if still and stage is not None:
            here &= self._left(stage, np.nan_to_num(pipeline.age)) < STALLED
        return {"deals": int(here.sum()), "value": float(self.values[here].sum())}

    def patience(self, stage: int) -> int | None:
        """Return the days that all but a tenth of the stays in a stage are over by, None without such."""
        over = np.flatnonzero(self._left(stage, np.arange(LONGEST, dtype=np.float64)) < STALLED)
        return int(over[0]) if len(over) else None

    def moves(self, stage: int) -> dict[str, float]:
        """Return the shares of next moves that lose a deal and that send it back, optimism corrected."""
        row = self.passage.sober[:, stage].mean(axis=0)
        return {"lost": float(row[-1]), "back": float(row[:stage].sum())}

    def _left(self, stage: int, days: Floats) -> Floats:
        """Return the share of stays that last longer, Σ_k p[s,k]·R[s,k]."""
        funnel = self.passage.segment.funnel
        laws = [
            (p, law) for p, law in zip(funnel.transitions[stage], funnel.stays[stage], strict=True) if law
        ]
        return np.asarray(sum(p * law.sf(days) for p, law in laws))


def ranged(chances: Floats, belief: Floats) -> dict[str, float]:
    """Return the mean of chances, and between what they lie 8 times in 10."""
    low, high = np.quantile(belief, (0.1, 0.9)).tolist()
    return {"mean": float(chances.mean()), "p10": low, "p90": high}


def most(reasons: Counter[str]) -> list[dict[str, Any]]:
    """Return reasons with their deals, the most frequent first."""
    order = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return [{"reason": reason, "deals": deals} for reason, deals in order]
