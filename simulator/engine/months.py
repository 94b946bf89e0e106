"""Lay out the calendar months over which deals arrive."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from simulator.arrivals import PipelineGeneration, count_cdf
from simulator.engine.counts import Counts, DrawnCounts, SetCounts
from simulator.periods import add_months
from simulator.posterior import GenerationDraws
from simulator.records import dataclass
from simulator.scenario import Scenario, Segment

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Month:
    """One calendar month of arrivals.

    Attributes:
        name: `2026-11`, in the keys of its draws.
        quarter: calendar quarters after the as-of day's.
        counts: how many deals arrive.
        bluebirds: how many are first seen when won.
        start: clock value at which the month, or what is left of it, begins.
        end: clock value at which it ends.
        odds: further factor on the odds of its deals, those first seen when won aside.
    """

    name: str
    quarter: int
    counts: Counts
    bluebirds: Counts
    start: float
    end: float
    odds: float


def months_of(
    scenario: Scenario, segment: Segment, learned: GenerationDraws | None = None
) -> tuple[Month, ...]:
    """Return the months of arrivals from the as-of day to the horizon's end.

    Args:
        scenario: the nouns.
        segment: whose deals arrive.
        learned: their law by draw, where it is learned.
    """
    horizon = scenario.horizon
    if segment.generation is None:
        return ()
    months, first = [], horizon.as_of.replace(day=1)
    while first <= horizon.end:
        following = add_months(first, 1)
        whole_start, end = (float(segment.clock.at_end_of(horizon.day_of(d) - 1)) for d in (first, following))
        start = max(whole_start, 0.0)
        share = (end - start) / (end - whole_start) if end > start else 0.0
        raised = segment.generation.raise_of(first)
        months.append(
            Month(
                f"{first:%Y-%m}",
                quarter_index(first, horizon.as_of),
                *_counts(learned or segment.generation, first, horizon.as_of, share, raised),
                start,
                end,
                segment.levers.odds_of(first, horizon.as_of),
            )
        )
        first = following
    return tuple(months)


def _counts(
    generation: PipelineGeneration | GenerationDraws, month: date, as_of: date, share: float, raised: float
) -> tuple[Counts, Counts]:
    """Return how many deals arrive in what is left of a month, and how many bluebirds."""
    if isinstance(generation, GenerationDraws):
        factor = generation.factor(month, as_of) * share
        rates = generation.per_month * factor * raised, generation.bluebirds * factor
        arrivals, bluebirds = (DrawnCounts(rate, generation.dispersion) for rate in rates)
        return arrivals, bluebirds
    of_bluebirds = generation.bluebirds.dispersion if generation.bluebirds else 1.0
    return (
        SetCounts(count_cdf(generation.rate(month, as_of) * share, generation.dispersion)),
        SetCounts(count_cdf(generation.bluebird_rate(month, as_of) * share, of_bluebirds)),
    )


def quarter_index(when: date, as_of: date) -> int:
    """Return the calendar quarters from the as-of day's to a date's."""
    return (when.year - as_of.year) * 4 + (when.month - 1) // 3 - (as_of.month - 1) // 3
