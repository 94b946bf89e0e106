"""Follow money from signature to delivery, acceptance, start of service and term end, day by day."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import field
from functools import lru_cache
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from simulator.distributions import Distribution, whole_days
from simulator.expected.walks import convolved
from simulator.records import dataclass
from simulator.scenario import Scenario
from simulator.scenario.conditions import Conditions
from simulator.terms import DueRule, Event, add_months, due_dates, invoice_dates, roll_dates

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NOISE: Final = 1e-13
"""Money below this part of the largest comes from the rounding of a transform."""
_FEW: Final = 8
"""So many possible times are followed one by one."""
SHORTEST_TERM: Final = 3
"""Months that a service lasts at least before it is renewed."""


def chances(law: Distribution) -> Floats:
    """Return the law of the whole days from one event to the next, floats[LONGEST]."""
    return _table(cast(Hashable, law), 0.0)


def pending(law: Distribution, since: int, size: int) -> Floats:
    """Return the law of the day of an event that has not come by the end of day 0, floats[day 0 … size − 1].

    The days left given the days passed, at least one of them; a law that starts later runs on its own.

    Args:
        law: of the days since it began to run.
        since: day from which it runs.
        size: of the result; what comes later is left out.
    """
    result = np.zeros(size)
    if since > 0:
        own = chances(law)[: max(size - since, 0)]
        result[since : since + len(own)] = own
        return result
    left = _table(cast(Hashable, law), float(-since))[:size]
    result[: len(left)] = left
    result[1] += result[0]
    result[0] = 0.0
    return result


def lasting(law: Distribution, kept: Floats) -> Floats:
    """Return the chance of each number of days and to be solvent after them, floats[day].

    Args:
        law: of the days.
        kept: chance to be solvent after so many days, floats[day].
    """
    steps = chances(law)[: len(kept)]
    return np.asarray(steps * kept[: len(steps)])


def after(series: Floats, steps: Floats) -> Floats:
    """Return a series by day, moved on by a law of days; what leaves the horizon is dropped.

    Args:
        series: floats[..., day].
        steps: chance of each number of days, whatever they add to, floats[day] or floats[..., day].
    """
    size = series.shape[-1]
    some = np.flatnonzero(steps.reshape(-1, steps.shape[-1])[:, :size].any(axis=0))
    if len(some) > _FEW:
        moved = convolved(series, steps)
        return np.where(moved > NOISE * moved.max(axis=-1, keepdims=True), moved, 0.0)
    moved = np.zeros_like(series)
    for days in some.tolist():
        moved[..., days:] += series[..., : size - days] * steps[..., days : days + 1]
    return moved


def reached(series: Floats, law: Distribution, stated: Sequence[int], kept: Floats) -> Floats:
    """Return a series by the day of an event: signature and a drawn time, on its stated day at the earliest.

    Args:
        series: by the day of signature, floats[row, day].
        law: of the days since signature.
        stated: earliest day of each row, 0 for none.
        kept: chance that a customer is still solvent after so many days, floats[day]; ones to leave it aside.

    Returns:
        floats[day], of all rows.
    """
    moved = after(series, lasting(law, kept))
    total: Floats = moved.sum(axis=0)
    last = series.shape[-1] - 1
    for row, day in enumerate(stated):
        if day <= 0:
            continue
        early = moved[row, : min(day, last + 1)]
        total[: len(early)] -= early
        if day <= last:
            total[day] += early @ kept[day - np.arange(len(early))]
    return np.maximum(total, 0.0)


def by_event(terms: Conditions, series: Floats, stated: Sequence[tuple[int, int]]) -> dict[Event, Floats]:
    """Return the money of one kind of line by the day of each event that matters, as far as customers last.

    Args:
        terms: the conditions.
        series: solvent customers' money by the day of signature, floats[row, day].
        stated: earliest start and earliest delivery of each row, 0 for none.

    Returns:
        event to floats[day]; insolvency until then is taken off.
    """
    kept = terms.payment.solvent(np.arange(series.shape[-1]))
    found: dict[Event, Floats] = {"signature": series.sum(axis=0)}
    if "start" in terms.events:
        found["start"] = reached(series, terms.start, [start for start, _ in stated], kept)
    if "delivery" in terms.events:
        found["delivery"] = reached(series, terms.delivery, [delivery for _, delivery in stated], kept)
    if "acceptance" in terms.events:
        found["acceptance"] = after(found["delivery"], lasting(terms.acceptance, kept))
    return found


@dataclass(frozen=True)
class Calendar:
    """Days that follow from other days, each table made once; all count from as-of.

    Attributes:
        scenario: whose segments' rules hold.
        first: earliest day that is asked for, ≤ 0.
        last: last day of the horizon.
    """

    scenario: Scenario
    first: int
    last: int
    _tables: dict[tuple[object, ...], Integers] = field(default_factory=dict)

    @property
    def days(self) -> Integers:
        """All days, first … last."""
        return np.arange(self.first, self.last + 1)

    def invoiced(self, terms: Conditions, installment: int) -> Integers:
        """Return the invoice day of an instalment by the day of its event, integers[day first … last]."""
        part = terms.installments[installment]
        key = ("invoiced", part.lag_days + terms.invoice_lag, part.months)
        if key not in self._tables:
            self._tables[key] = self._since(invoice_dates(part, self._dates, terms.invoice_lag))
        return self._tables[key]

    def due(self, segment: int, rule: DueRule) -> Integers:
        """Return the due day by the invoice day, integers[day first … last]."""
        key = ("due", segment, rule)
        if key not in self._tables:
            of = self.scenario.segments[segment]
            self._tables[key] = self._since(roll_dates(due_dates(rule, self._dates), of.roll, of.holidays))
        return self._tables[key]

    def term_end(self, months: int) -> Integers:
        """Return the first day that a service no longer covers by its start, integers[day first … last]."""
        key = ("end", months)
        if key not in self._tables:
            self._tables[key] = self._since(add_months(self._dates, months))
        return self._tables[key]

    def weekday(self, days: Integers) -> Integers:
        """Return the weekday of days, Monday 0."""
        return np.asarray((days + self.scenario.horizon.as_of.weekday()) % 7)

    @property
    def _dates(self) -> NDArray[np.datetime64]:
        return np.datetime64(self.scenario.horizon.as_of, "D") + self.days

    def _since(self, dates: NDArray[np.datetime64]) -> Integers:
        return (dates - np.datetime64(self.scenario.horizon.as_of, "D")).astype(np.int64)


@lru_cache(maxsize=1024)
def _table(law: Hashable, age: float) -> Floats:
    table = whole_days(cast(Distribution, law), age)
    table.setflags(write=False)
    return table
