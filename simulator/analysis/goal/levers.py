"""Say which levers there are: what each moves, how far it can be pulled, and how it is set by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Final

from simulator.records import dataclass
from simulator.scenario import Levers, Scenario, pulled
from simulator.scenario.tree import dotted
from simulator.targets import Asked

ALL: Final[frozenset[Asked]] = frozenset(("bookings", "billings", "revenue", "receipts", "arr", "balance"))
COLLECTED: Final[frozenset[Asked]] = frozenset(("receipts", "balance"))
Pull = Callable[[Scenario, float, Sequence[str]], Scenario]
"""Returns a scenario with a value in some segments, by name."""
Told = Callable[[float, Sequence[str]], tuple[str, ...]]
"""Returns the same as `--set` has it; no names are all segments."""


@dataclass(frozen=True)
class Lever:
    """One thing that may be done, or befall a company, in whole steps; 0 steps change nothing.

    Attributes:
        name: by which the command knows it.
        steps: as far as it goes.
        value: what is set after so many steps.
        pull: how.
        told: how it is set by hand.
        moves: series that it can change.
        shifts: whether it moves amounts in time, and so may carry them out of a window.
    """

    name: str
    steps: int
    value: Callable[[int], float]
    pull: Pull
    told: Told
    moves: frozenset[Asked] = ALL
    shifts: bool = False

    def pulled(self, scenario: Scenario, steps: int, segments: Sequence[str]) -> Scenario:
        """Return the scenario with the lever pulled by so many steps in some segments, by name."""
        return self.pull(scenario, self.value(steps), segments) if steps else scenario


def pulled_since(
    lever: Lever, scenario: Scenario, steps: int, segments: Sequence[str], first: date
) -> Scenario:
    """Return the scenario with a lever pulled from the month of a day on; no other may be pulled there."""
    begun = pulled(scenario, dict.fromkeys(segments, Levers(since=first)))
    return lever.pulled(begun, steps, segments)


def told_since(lever: Lever, steps: int, segments: Sequence[str], first: date) -> tuple[str, ...]:
    """Return the same as `--set` has it."""
    by_hand = lever.told(lever.value(steps), segments)
    return *by_hand, *_set("levers", "from", sign="=")(first, segments)


def loss_of(deals: Sequence[str]) -> Lever:
    """Return the lever that takes away the first of some open deals, by id; one step a deal."""

    def lost(scenario: Scenario, count: float, segments: Sequence[str]) -> Scenario:
        decided = {**scenario.pipeline.decided, **dict.fromkeys(deals[: int(count)], False)}
        return replace(scenario, pipeline=replace(scenario.pipeline, decided=decided))

    def told(count: float, segments: Sequence[str]) -> tuple[str, ...]:
        return tuple(f"{dotted(('deals', deal))}={{outcome: lost}}" for deal in deals[: int(count)])

    return Lever("loss", len(deals), _part(1), lost, told)


def _set(*keys: str, sign: str, unit: str = "") -> Callable[[object, Sequence[str]], tuple[str, ...]]:
    """Return what sets a value by hand in some segments, or in all."""

    def told(value: object, segments: Sequence[str]) -> tuple[str, ...]:
        places = [dotted(("segments", name, *keys)) for name in segments] or ["segments.*." + dotted(keys)]
        text = f"{value:g}" if isinstance(value, float) else f"{value}"
        return tuple(f"{place}{sign}{text}{unit}" for place in places)

    return told


def _of(make: Callable[[float], Levers]) -> Pull:
    """Return what pulls levers of a scenario."""
    return lambda scenario, value, segments: pulled(scenario, dict.fromkeys(segments, make(value)))


def _delayed(scenario: Scenario, days: float, segments: Sequence[str]) -> Scenario:
    """Return the scenario with every signature so many calendar days later."""
    found = []
    for segment in scenario.segments:
        rule = segment.close_date
        if segment.name in segments:
            rule = replace(rule, delay_days=rule.delay_days + int(days))
        found.append(replace(segment, close_date=rule))
    return replace(scenario, segments=tuple(found))


def _more(by: float) -> Callable[[int], float]:
    return lambda steps: round(1 + by * steps, 6)


def _part(of: float) -> Callable[[int], float]:
    return lambda steps: round(of * steps, 6)


_NEW_DEALS, _ODDS = _of(lambda f: Levers(new_deals=f)), _of(lambda f: Levers(odds=f))
_SET_NEW_DEALS, _SET_ODDS = _set("levers", "new_deals", sign="*="), _set("levers", "odds", sign="*=")
LEVERS: Final = (
    Lever("pipeline", 300, _more(0.01), _NEW_DEALS, _SET_NEW_DEALS),  # at most s_max of MODEL 9
    Lever("conversion", 400, _more(0.01), _ODDS, _SET_ODDS),
    Lever(
        *("speed", 100, _more(-0.005)),
        *(_of(lambda f: Levers(days=f)), _set("levers", "days", sign="*=")),
        shifts=True,
    ),
    Lever(
        *("price", 100, _more(0.005)),
        *(_of(lambda f: Levers(price=f)), _set("levers", "price", sign="*=")),
    ),
    Lever(
        *("deposit", 100, _part(0.01)),
        *(_of(lambda d: Levers(deposit=Fraction(str(d)))), _set("levers", "deposit", sign="+=")),
        COLLECTED | {"billings"},
        shifts=True,
    ),
    Lever(
        *("terms", 90, _part(1)),
        *(_of(lambda d: Levers(due_sooner=int(d))), _set("levers", "due_sooner", sign="+=")),
        COLLECTED,
        shifts=True,
    ),
)
SHOCKS: Final = (
    Lever("market", 99, _more(-0.01), _ODDS, _SET_ODDS),
    Lever("slip", 365, _part(1), _delayed, _set("close_date", "delay", sign="+=", unit="d"), shifts=True),
    Lever("drought", 100, _more(-0.01), _NEW_DEALS, _SET_NEW_DEALS),
)
"""Besides the loss of the largest open deals, which hangs on what deals there are."""
NAMES: Final = tuple(lever.name for lever in LEVERS)
