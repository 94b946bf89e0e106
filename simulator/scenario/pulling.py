"""Pull levers of a scenario's segments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from simulator.clock import Clock
from simulator.scenario.levers import Levers
from simulator.scenario.scenario import Scenario
from simulator.scenario.segment import Segment, Soberness


def pulled(scenario: Scenario, levers: Mapping[str, Levers]) -> Scenario:
    """Return the scenario with levers pulled, whatever its figures come from.

    They come on top of levers that are pulled already; a month takes the place of another.

    Args:
        scenario: as loaded.
        levers: by name of the segment; the others stay as they are.
    """
    segments = tuple(
        _pulled(segment, levers[segment.name], scenario.horizon.as_of) if segment.name in levers else segment
        for segment in scenario.segments
    )
    return replace(scenario, segments=segments)


def _pulled(segment: Segment, more: Levers, as_of: date) -> Segment:
    was, generation, sober = segment.levers, segment.generation, segment.soberness
    levers = more.on_top(was)
    if generation is not None:
        generation = replace(generation, raised=levers.new_deals, since=levers.since)
    return replace(
        segment,
        generation=generation,
        soberness=Soberness(sober.odds * levers.odds_of_all(as_of) / was.odds_of_all(as_of), sober.amount),
        clock=_clock(_clock(segment.clock, was, as_of, back=True), levers, as_of),
        levers=levers,
    )


def _clock(clock: Clock, levers: Levers, as_of: date, back: bool = False) -> Clock:
    """Return a clock on which deals take their calendar days with levers, or back again without."""
    if levers.days == 1:
        return clock
    return clock.faster(levers.days if back else 1 / levers.days, levers.first_day(as_of))
