"""Lay the conditions of contracts out by day, so that dates become a look-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from simulator.currency import RateCurve
from simulator.distributions import Fixed
from simulator.offers import Offer
from simulator.products import NO_PRODUCT, Line, Renewal
from simulator.records import dataclass
from simulator.scenario import Conditions, Scenario, conditions, offered_conditions
from simulator.terms import PaymentTerms

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SHORTEST_TERM = 3
"""Months after which a service is renewed at the earliest."""
LINE_DRAWS = 1024
"""Draws that each line of a deal has room for in a purpose; there are at most 600 instalments."""


@dataclass(frozen=True, eq=False)
class LinePlan:
    """One line of contracts, dated for every day of the horizon.

    Attributes:
        conditions: how it is billed, paid and recognised.
        number: of the line within its deal; its draws stand `LINE_DRAWS` apart.
        group: the product's name, by which a run may be grouped.
        invoice_days: by instalment and event day 0 … last day.
        due_days: by instalment and invoice day 0 … last day.
        term_end: first day after the term, by start day 0 … last day.
        renewal_due: day on which its renewal is decided, likewise.
        again: the line when it is renewed, or None.
    """

    conditions: Conditions
    number: int
    group: str
    invoice_days: tuple[Integers, ...]
    due_days: tuple[Integers, ...]
    term_end: Integers
    renewal_due: Integers
    again: LinePlan | None = None

    @property
    def renewal(self) -> Renewal | None:
        """How the line is renewed."""
        return self.conditions.product.renewal

    @property
    def renewed(self) -> LinePlan:
        """The line in its next term; a renewed one goes on as it is."""
        return self.again or self


@dataclass(frozen=True, eq=False)
class Contract:
    """What deals of equal conditions share.

    Attributes:
        segment: index.
        currency: ISO code.
        lines: in order.
        offers: other terms on offer, in order, with what the contract then is.
        before: what it is where it is signed before levers move its terms, None where that makes no odds.
        first_day: of signature on which they do.
    """

    segment: int
    currency: str
    lines: tuple[LinePlan, ...]
    offers: tuple[tuple[Offer, Contract], ...] = ()
    before: Contract | None = None
    first_day: int = 1

    @property
    def shares(self) -> tuple[Fraction, ...]:
        """Exact shares of the lines."""
        return tuple(line.conditions.line.share for line in self.lines)


Place = tuple[int, str, str, str, tuple[Line, ...], str]
"""Segment, customer's class, currency, own terms, lines and source of deals whose contracts are alike."""


@dataclass
class Contracts:
    """Makes contracts, each kind once.

    Attributes:
        scenario: whose conditions hold.
    """

    scenario: Scenario
    _known: dict[tuple[object, ...], Contract] = field(default_factory=dict)

    def of(
        self, segment: int, customer_class: str, currency: str, own_terms: str, lines: tuple[Line, ...],
        source: str,
    ) -> Contract:  # fmt: skip
        """Return the contract of deals of a segment with these conditions.

        Args:
            segment: index.
            customer_class: "" for the default one.
            currency: ISO code.
            own_terms: the deal's, or "".
            lines: of the deal.
            source: `open` or `new`, which decides what is offered.
        """
        place = segment, customer_class, currency, own_terms, lines, source
        if place not in self._known:

            def plain(line: Line, agreed: bool) -> Conditions:
                own = segment, customer_class, currency, own_terms
                return conditions(self.scenario, *own, line, agreed)

            def offered(terms: PaymentTerms) -> Contract:
                own = segment, customer_class, currency, terms
                return self._made(
                    place, lambda line, agreed: offered_conditions(self.scenario, *own, line, agreed)
                )

            made = [o for o in self.scenario.offers if o.is_made_to(segment, source)]  # type: ignore[arg-type]
            offers = tuple((o, offered(o.terms)) for o in made)
            self._known[place] = replace(self._made(place, plain), offers=offers)
        return self._known[place]

    def _made(self, place: Place, of: Callable[[Line, bool], Conditions]) -> Contract:
        """Return a contract whose lines have conditions, and what it is before levers move them.

        Args:
            place: what it is about.
            of: conditions of a line, with levers or as they were agreed before.
        """
        segment, customer_class, currency, _, lines, _ = place
        levers = self.scenario.segments[segment].levers

        def made(agreed: bool) -> Contract:
            plans = (self._line(of(line, agreed), n, customer_class) for n, line in enumerate(lines))
            return Contract(segment, currency, tuple(plans))

        begin = levers.first_day(self.scenario.horizon.as_of)
        if begin == 1 or not levers.tighten:
            return made(False)
        return replace(made(False), before=made(True), first_day=begin)

    def renewal(
        self, segment: int, customer_class: str, currency: str, product: int, months: int = 0
    ) -> LinePlan:
        """Return the line of a contract that is renewed, for as many months as before."""
        place = "renewal", segment, customer_class, currency, product, months
        if place not in self._known:
            line = Line(product, months=months)
            terms = conditions(self.scenario, segment, customer_class, currency, "", line, agreed=True)
            # Service goes on at signature, and what is delivered is delivered with it.
            at_once = replace(
                terms, delivery=Fixed(0), acceptance=Fixed(0), product=replace(terms.product, start=Fixed(0))
            )
            plan = line_plan(at_once, self.scenario.horizon.last_day, 0)
            self._known[place] = Contract(segment, currency, (plan,))
        return self._known[place].lines[0]

    def _line(self, terms: Conditions, number: int, customer_class: str) -> LinePlan:
        plan = line_plan(terms, self.scenario.horizon.last_day, number)
        if terms.product.renewal is None or terms.line.product == NO_PRODUCT:
            return plan
        line = terms.line
        again = self.renewal(terms.segment, customer_class, terms.currency, line.product, line.months)
        return replace(plan, again=replace(again, number=number))


def line_plan(terms: Conditions, last_day: int, number: int) -> LinePlan:
    """Return the plan of a line over the days of a horizon."""
    days = np.arange(last_day + 1)
    invoices = tuple(terms.invoice_days(n, days) for n in range(len(terms.installments)))
    due = tuple(terms.due_days(n, days) for n in range(len(terms.installments)))
    end = terms.term_end_days(days)
    renewal_due = replace(terms, months=max(terms.months, SHORTEST_TERM)).term_end_days(days)
    return LinePlan(terms, number, terms.product.name, invoices, due, end, renewal_due)


@dataclass(frozen=True, eq=False)
class DayRates:
    """Company minor units for one contract minor unit, by day and, where rates vary, by trial.

    Attributes:
        curve: the scenario's rates.
        currency: ISO code of the contracts.
        by_day: its rate of each day 0 … last day, floats[day].
        path: factor of each calendar month in each trial, floats[month, trial], or None.
        month_of_day: index of each day's month, integers[day].
    """

    curve: RateCurve
    currency: str
    by_day: Floats
    path: Floats | None
    month_of_day: Integers

    def convert(self, minor: Integers | Floats, day: Integers, trial: Integers) -> Floats:
        """Return amounts in whole company minor units, each at the rate of its day in its trial.

        Before the as-of day and beyond the horizon, where nothing counts, the nearest rate goes on.
        """
        if self.currency == self.curve.company:
            return np.asarray(minor, dtype=np.float64)
        day = np.clip(day, 0, len(self.by_day) - 1)
        rate = self.by_day[day]
        if self.path is not None:
            rate = rate * self.path[self.month_of_day[day], trial]
        return self.curve.exchange(minor, self.currency, rate)


Rates = Mapping[str, DayRates]
