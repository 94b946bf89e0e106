"""Pull levers: what a company does otherwise from now on, on top of all that is set or learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from simulator.scenario.scenario import Scenario
from simulator.scenario.segment import Segment, Soberness


@dataclass(frozen=True)
class Levers:
    """How far each lever of a segment is pulled; as they stand here, none is.

    Attributes:
        new_deals: factor on the number of deals that arrive, those first seen when won aside.
        since: first month from which it holds, None for all.
        odds: factor on the odds of winning in the end, of open deals and of those to come.
        days: factor on the calendar days that deals take from now on, the stated ones too.
        price: factor on the amounts of won deals, those first seen when won aside.
        deposit: share of each contract that is due when it is signed; of renewals none is.
        due_sooner: days by which all other invoices are due sooner, at their own date at the earliest.
    """

    new_deals: float = 1.0
    since: date | None = None
    odds: float = 1.0
    days: float = 1.0
    price: float = 1.0
    deposit: Fraction = Fraction(0)
    due_sooner: int = 0


def pulled(scenario: Scenario, levers: Mapping[str, Levers]) -> Scenario:
    """Return the scenario with levers pulled, whatever its figures come from.

    They come on top of levers that are pulled already; a first month takes the place of another.

    Args:
        scenario: as loaded.
        levers: by name of the segment; the others stay as they are.
    """
    segments = tuple(
        _pulled(segment, levers[segment.name]) if segment.name in levers else segment
        for segment in scenario.segments
    )
    return replace(scenario, segments=segments)


def _pulled(segment: Segment, levers: Levers) -> Segment:
    generation, sober = segment.generation, segment.soberness
    if generation is not None and levers.new_deals != 1:
        raised, since = generation.raised * levers.new_deals, levers.since or generation.since
        generation = replace(generation, raised=raised, since=since)
    return replace(
        segment,
        generation=generation,
        soberness=Soberness(sober.odds * levers.odds, sober.amount * levers.price),
        clock=segment.clock if levers.days == 1 else segment.clock.faster(1 / levers.days),
        deposit=min(segment.deposit + levers.deposit, Fraction(1)),
        due_sooner=segment.due_sooner + levers.due_sooner,
    )
