"""Set a scenario as an earlier one was set, part by part, so that each part's effect is seen alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from simulator.arrivals import PipelineGeneration
from simulator.clock import Clock
from simulator.currency import RateCurve
from simulator.deals import Pipeline
from simulator.offers import Offer
from simulator.posterior import GenerationDraws, Posterior
from simulator.products import Line
from simulator.scenario import Scenario, Segment

Floats = NDArray[np.float64]
Law = TypeVar("Law", PipelineGeneration, GenerationDraws)

RATES: Final = "learned rates"
COMING: Final = "new pipeline"
TERMS: Final = "terms"
CURRENCY: Final = "currency"
MARKET: Final = "market"
PARTS: Final = (RATES, COMING, TERMS, CURRENCY, MARKET)
"""What is set, in the order in which it is changed from what it was to what it is."""

_OF_SCENARIO: Final = {
    RATES: ("posterior", "payers"),
    TERMS: ("products", "offers"),
    CURRENCY: ("rates",),
    MARKET: ("market",),
}
_OF_SEGMENT: Final = {
    RATES: (
        *("funnel", "set_ladder", "doubt", "soberness", "close_date", "amount_change", "recycling"),
        *("use_probability", "clock", "levers"),
    ),
    COMING: ("generation",),
    TERMS: ("terms", "payment", "invoice_lag", "delivery", "acceptance", "roll", "tax", "mix"),
}


class Before:
    """An earlier scenario as it would be set on the day of a later one, whose days and data it takes.

    Args:
        old: the earlier one.
        new: the later one.
    """

    def __init__(self, old: Scenario, new: Scenario) -> None:
        self._new, self._days = new, (new.horizon.as_of - old.horizon.as_of).days
        self._months = 12 * (new.horizon.as_of.year - old.horizon.as_of.year)
        self._months += new.horizon.as_of.month - old.horizon.as_of.month
        self._old = self._moved(old)

    def scenario(self, changed: Collection[str] = ()) -> Scenario:
        """Return the later scenario, set as the earlier one was but for some parts.

        Args:
            changed: those of `PARTS` that are as they are now.
        """
        old, new = self._old, self._new
        kept = [part for part in PARTS if part not in changed]
        segments = tuple(
            replace(now, **_taken(was, _OF_SEGMENT, kept))
            for was, now in zip(old.segments, new.segments, strict=True)
        )
        pipeline = retimed(new.pipeline, new.segments, segments)
        found = replace(
            new, segments=segments, pipeline=replace(pipeline, decided=old.pipeline.decided),
            **_taken(old, _OF_SCENARIO, kept),
        )  # fmt: skip
        return replace(found, posterior=_mixed(old.posterior, new.posterior, kept))

    def changes(self) -> list[str]:
        """Return the parts that are set otherwise now."""
        found = []
        for part in PARTS:
            before, after = self.scenario(), self.scenario([part])
            if not _set_alike(before, after):
                found.append(part)
        return found

    @property
    def differ_in_parts_only(self) -> bool:
        """Whether nothing else is set otherwise, such as how the scenario says that single deals end."""
        old, new = self._old, self._new
        segments = self.scenario(PARTS).segments
        return alike(segments, new.segments) and old.pipeline.decided == new.pipeline.decided

    def _moved(self, old: Scenario) -> Scenario:
        """Return the earlier scenario with its days counted from the later one's as-of day."""
        segments = tuple(
            replace(
                was,
                clock=_clock(was.clock, now.clock, self._days),
                generation=was.generation and _later(was.generation, self._months),
            )
            for was, now in zip(old.segments, self._new.segments, strict=True)
        )
        offers = tuple(replace(offer, first_day=_first_day(offer, self._days)) for offer in old.offers)
        return replace(
            old, segments=segments, offers=offers, rates=_rates(old.rates, self._new.rates, self._days),
            posterior=old.posterior and _posterior(old.posterior, self._months),
        )  # fmt: skip


def comparable(old: Scenario, new: Scenario) -> bool:
    """Tell whether deals of one can stand in the other: segments, stages and products are the same."""

    def shape(scenario: Scenario) -> tuple[object, ...]:
        segments = tuple((segment.name, segment.funnel.stages) for segment in scenario.segments)
        return segments, tuple(product.name for product in scenario.products)

    return shape(old) == shape(new)


def grown_older(pipeline: Pipeline, before: Scenario, days: int) -> Pipeline:
    """Return open deals as they would be some days later, if nothing had happened to them.

    Args:
        pipeline: as of the earlier day.
        before: as of the later one, with its clocks.
        days: between the two.
    """
    clocks = [before.segments[segment].clock for segment in pipeline.segment.tolist()]
    more = np.array([-float(clock.at_end_of(-days)) for clock in clocks], dtype=np.float64)
    stated_day = pipeline.stated_day - days
    return replace(
        pipeline, age=pipeline.age + more, stated_day=stated_day, stated_days=_stated(clocks, stated_day),
        lines=tuple(tuple(_line(line, days) for line in some) for some in pipeline.lines),
    )  # fmt: skip


def retimed(pipeline: Pipeline, told: Sequence[Segment], other: Sequence[Segment]) -> Pipeline:
    """Return deals whose operational days are told by the clocks of some segments, as others tell them."""
    if all(one.clock is two.clock for one, two in zip(told, other, strict=True)):
        return pipeline
    age, stated_days = pipeline.age.copy(), pipeline.stated_days.copy()
    for index, (one, two) in enumerate(zip(told, other, strict=True)):
        aged = (pipeline.segment == index) & ~np.isnan(age)
        age[aged] = -two.clock.at_end_of(one.clock.day_at(-age[aged]))
        own = pipeline.segment == index
        stated_days[own] = _stated([two.clock] * int(own.sum()), pipeline.stated_day[own])
    return replace(pipeline, age=age, stated_days=stated_days)


def alike(one: Any, other: Any) -> bool:
    """Tell whether two values are the same, arrays and all they hold inside."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        numbers = one.dtype.kind == "f"
        return bool(np.array_equal(one, other, equal_nan=numbers))
    if is_dataclass(one):
        return all(alike(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, Sequence) and not isinstance(one, str | bytes):
        return len(one) == len(other) and all(map(alike, one, other))
    return bool(one == other)


def _set_alike(one: Scenario, other: Scenario) -> bool:
    names = [name for some in _OF_SCENARIO.values() for name in some]
    return alike(one.segments, other.segments) and all(
        alike(getattr(one, name), getattr(other, name)) for name in names
    )


def _taken(
    was: Scenario | Segment, names: Mapping[str, Sequence[str]], parts: Collection[str]
) -> dict[str, Any]:
    return {name: getattr(was, name) for part in parts for name in names.get(part, ())}


def _mixed(old: Posterior | None, new: Posterior | None, kept: Collection[str]) -> Posterior | None:
    """Return what is learned; of deals to come, where both have learned it in as many draws, part by part."""
    found, other = (old, new) if RATES in kept else (new, old)
    if found is None or other is None or (RATES in kept) == (COMING in kept) or found.draws != other.draws:
        return found
    segments = {
        name: replace(draws, generation=other.segments[name].generation) if name in other.segments else draws
        for name, draws in found.segments.items()
    }
    return replace(found, segments=segments)


def _posterior(posterior: Posterior, months: int) -> Posterior:
    segments = {
        name: replace(draws, generation=draws.generation and _later(draws.generation, months))
        for name, draws in posterior.segments.items()
    }
    return replace(posterior, segments=segments)


def _later(law: Law, months: int) -> Law:
    """Return deals to come with the same rates by calendar month, told from a later as-of month."""
    growth = (1 + law.trend) ** (months / 12)
    if isinstance(law, GenerationDraws):
        return replace(law, per_month=law.per_month * growth, bluebirds=law.bluebirds * growth)
    found = law.bluebirds and replace(law.bluebirds, per_month=law.bluebirds.per_month * growth)
    return replace(law, per_month=law.per_month * growth, bluebirds=found)


def _clock(was: Clock, now: Clock, days: int) -> Clock:
    """Return a clock that counts from a later day; the later one itself, where they do not differ."""
    moved = Clock(was.first_day - days, was.elapsed - float(was.at_end_of(days)))
    both = np.arange(max(moved.first_day, now.first_day), min(moved.last_day, now.last_day) + 1)
    return now if np.allclose(moved.at_end_of(both), now.at_end_of(both), rtol=0, atol=1e-6) else moved


def _rates(was: RateCurve, now: RateCurve, days: int) -> RateCurve:
    """Return rates by days from a later one on; those that were not known then are as they are now."""
    moved = dict(now.steps)
    for code, steps in was.steps.items():
        known = now.steps.get(code, steps)
        if len(steps) == len(known) == 1:  # it holds on every day
            moved[code] = ((known[0][0], steps[0][1]),)
        else:
            moved[code] = tuple((day - days, rate) for day, rate in steps)
    return RateCurve(was.company, moved, was.volatility)


def _first_day(offer: Offer, days: int) -> int:
    return max(offer.first_day - days, 1)


def _stated(clocks: Sequence[Clock], days: Floats) -> Floats:
    """Return the operational days to stated calendar days, each by its own clock; NaN without one."""
    pairs = zip(clocks, days.tolist(), strict=True)
    return np.array(
        [day if np.isnan(day) else clock.until(int(day)) for clock, day in pairs], dtype=np.float64
    )


def _line(line: Line, days: int) -> Line:
    start, delivery = (None if day is None else day - days for day in (line.start_day, line.delivery_day))
    return replace(line, start_day=start, delivery_day=delivery)
