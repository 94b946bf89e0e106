"""Describe each stage of a segment's funnel as the model sees it."""

from __future__ import annotations

import numpy as np

from simulator.expected.open_deals import multiplied
from simulator.expected.walks import Walk
from simulator.records import dataclass
from simulator.scenario import Segment


@dataclass(frozen=True)
class StageRow:
    """One stage of a funnel.

    Attributes:
        name: of the stage.
        set_chance: close chance as the scenario states it.
        entry_chance: h, of deals entering.
        sitting_chance: h_snap, of deals that sit there.
        win_rate: from entering to won, optimism corrected.
        advance: chance that the next move goes to the next stage, or to won from the last.
        skip: chance that it goes further.
        back: chance that it goes to an earlier stage.
        lost: chance that it goes to lost.
        stay: mean days until the next move.
        cycle_mean: mean days from entering to won, given a win; NaN where none can be.
        cycle_median: likewise the median.
    """

    name: str
    set_chance: float
    entry_chance: float
    sitting_chance: float
    win_rate: float
    advance: float
    skip: float
    back: float
    lost: float
    stay: float
    cycle_mean: float
    cycle_median: float


def funnel_table(segment: Segment) -> list[StageRow]:
    """Return the stages in their order; days are operational ones.

    h_snap[s] = Σ p·m·h_k / Σ p·m with mean stays m (MODEL 1).
    """
    funnel, walk = segment.funnel, Walk(segment.funnel)
    laws, size = walk.law_from_entry("won"), len(funnel.stages)
    win_rates = multiplied(walk.ladder[:size], segment.soberness.odds)
    rows = []
    for s, name in enumerate(funnel.stages):
        p = funnel.transitions[s]
        means = np.array([law.mean() if law is not None else 0.0 for law in funnel.stays[s]])
        resting = p * means
        waits = resting.sum() > 0
        sitting = (resting if waits else p) @ walk.ladder / (resting.sum() if waits else 1.0)
        law = laws[s]
        possible = walk.ladder[s] > 0
        ahead = p[s + 2 : size + 1].sum() if s + 1 < size else 0.0
        rows.append(
            StageRow(
                name=name,
                set_chance=float(segment.set_ladder[s]),
                entry_chance=float(walk.ladder[s]),
                sitting_chance=float(sitting),
                win_rate=float(win_rates[s]),
                advance=float(p[s + 1]),
                skip=float(ahead),
                back=float(p[:s].sum()),
                lost=float(p[funnel.lost]),
                stay=float(resting.sum()),
                cycle_mean=float(law @ np.arange(len(law))) if possible else float("nan"),
                cycle_median=float(np.searchsorted(np.cumsum(law), 0.5)) if possible else float("nan"),
            )
        )
    return rows
