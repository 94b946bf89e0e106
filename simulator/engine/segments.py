"""Turn a segment with its deals, open and to come, into the plan of its trials."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simulator.distributions import Distribution, Empirical
from simulator.engine.cells import Slice
from simulator.engine.chances import Chances, LearnedChances, SetChances
from simulator.engine.contracts import Contracts
from simulator.engine.drawn import DrawnKernel
from simulator.engine.identity import Entities, Numbered
from simulator.engine.kernels import Kernel, TableKernel
from simulator.engine.moments import log_time_moments
from simulator.engine.months import Month, months_of
from simulator.engine.plan import PRODUCT, SegmentPlan, coming, first_draw
from simulator.engine.populations import Arrivals, OpenDeals
from simulator.money import minor_digits
from simulator.posterior import SegmentDraws
from simulator.scenario import Scenario
from simulator.streams import Streams

Floats = NDArray[np.float64]
NOTHING = SegmentDraws()


def segment_plan(
    scenario: Scenario, index: int, streams: Streams, open_deals: OpenDeals, rows: Mapping[Slice, int],
    by: str | None, contracts: Contracts,
) -> SegmentPlan:  # fmt: skip
    """Return the plan of one segment.

    Args:
        scenario: the nouns.
        index: of the segment.
        streams: of the run.
        open_deals: the pipeline.
        rows: number of each slice.
        by: what the run is grouped by, or None.
        contracts: makes them.
    """
    segment, pipeline, learned = scenario.segments[index], scenario.pipeline, _learned(scenario, index)
    own = np.flatnonzero(pipeline.segment == index)
    order = np.lexsort((np.isnan(pipeline.age[own]), pipeline.stage[own]))
    dated = bool(np.any(pipeline.stated_days[own] > 0)) and segment.close_date.rule == "blend"
    none = np.zeros((len(segment.funnel.stages), 1))
    months = months_of(scenario, segment, learned.generation)
    sober = segment.soberness.amount
    return SegmentPlan(
        segment,
        index,
        *_kernel_and_chances(scenario, index, learned, open_deals.worth_of),
        months,
        own[order],
        *(log_time_moments(segment.funnel) if dated else (none, none)),
        *_to_come(scenario, index, months, learned, streams, rows, by, contracts),
        np.argsort(np.concatenate((own[order], np.setdiff1d(np.arange(len(pipeline)), own)))),
        float(segment.clock.at_end_of(scenario.horizon.last_day)),
        _entry(scenario, index, learned),
        sober if learned.amount_shift is None else sober * np.exp(learned.amount_shift),
    )


def _learned(scenario: Scenario, index: int) -> SegmentDraws:
    posterior = scenario.posterior
    return posterior.segments.get(scenario.segments[index].name, NOTHING) if posterior else NOTHING


def _kernel_and_chances(
    scenario: Scenario, index: int, learned: SegmentDraws, worth: Floats
) -> tuple[Kernel, Chances]:
    drawn = DrawnKernel.of(learned.funnel) if learned.funnel else None
    kernel = drawn or TableKernel.of(scenario.segments[index].funnel)
    if drawn or learned.odds:
        return kernel, LearnedChances.of(scenario, index, learned.funnel, learned.odds, worth)
    return kernel, SetChances.of(scenario, index)


def _entry(scenario: Scenario, index: int, learned: SegmentDraws) -> Floats:
    """Return the cumulative chances of entry of deals to come."""
    generation = scenario.segments[index].generation
    if generation is None:
        return np.ones(1)
    return np.cumsum(learned.generation.entry if learned.generation else generation.entry, axis=-1)


def _to_come(
    scenario: Scenario, index: int, months: tuple[Month, ...], learned: SegmentDraws, streams: Streams,
    rows: Mapping[Slice, int], by: str | None, contracts: Contracts,
) -> tuple[Arrivals | None, Arrivals | None]:  # fmt: skip
    """Return the deals still to come to a segment, and those first seen when won."""
    segment, generation = scenario.segments[index], learned.generation
    if segment.generation is None:
        return None, None
    row = rows[Slice(index, "new", coming(by, ""))]
    own = {s.group: i for s, i in rows.items() if s.segment == index and s.source == "new"}
    agreement = contracts.of(index, "", scenario.currency, "", segment.mix, "new")
    names = [f"{segment.name}/{m.name}" for m in months]
    growth = None
    if generation:  # trial by trial from the first one's draw on
        growth = np.roll(np.exp(generation.amount_shift), -first_draw(scenario, streams))

    def population(kind: str, size: Distribution, most: int) -> Arrivals:
        entities = Entities(streams, kind, Numbered(names, most))
        minor = 10 ** minor_digits(scenario.currency)
        return Arrivals(entities, row, own if by == PRODUCT else None, size, minor, agreement, most, growth)

    sizes = segment.generation.amount, segment.generation.bluebirds and segment.generation.bluebirds.amount
    if generation:
        some = generation.bluebird_amounts.tolist()
        sizes = Empirical(tuple(generation.amounts.tolist())), Empirical(tuple(some)) if some else None
    return (
        population("arrival", sizes[0], max(m.counts.most for m in months)),
        population("bluebird", sizes[1], max(m.bluebirds.most for m in months)) if sizes[1] else None,
    )
