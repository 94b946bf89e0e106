"""Renew contracts at the end of their terms, generation by generation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace

import numpy as np
from numpy.typing import NDArray

from simulator.distributions import Distribution, Fixed
from simulator.expected.events import SHORTEST_TERM, Calendar, after, chances, reached
from simulator.expected.lines import NO_OFFER, Kind, Stated
from simulator.expected.paying import UNKNOWN
from simulator.products import Renewal
from simulator.records import dataclass
from simulator.scenario import Scenario
from simulator.scenario.conditions import Conditions

Floats = NDArray[np.float64]

LINES, MONEY, SOLVENT = range(3)
"""Rows of a series of signatures: their number, what they are worth, and the part of solvent customers."""


@dataclass
class Renewed:
    """Collects renewals by day.

    Attributes:
        scenario: whose rules hold.
        calendar: of the days.
        decided: kind of line to the first renewals by the day of their decision, floats[3, day 0 … last]:
            number, money and solvent customers' money, minor units of the contract's currency.
    """

    scenario: Scenario
    calendar: Calendar
    decided: dict[Kind, Floats] = field(default_factory=dict)

    def known(self) -> None:
        """Add the renewals that the scenario lists, each on its due day with its own chance."""
        table, last = self.scenario.renewals, self.calendar.last
        kept: dict[Kind, Floats] = {}
        for i in np.flatnonzero(table.due_day <= last).tolist():
            segment, product = int(table.segment[i]), int(table.product[i])
            payer = self.scenario.payers.get(table.customer[i], UNKNOWN)
            kind = Kind(segment, table.customer_class[i], table.currency[i], "", product, 0, payer=payer)
            if kind not in kept:
                kept[kind] = kind.conditions(self.scenario).payment.solvent(np.arange(last + 1))
            day, chance = int(table.due_day[i]), float(table.chance[i])
            money = chance * float(table.amount[i]) * (1 + float(table.uplift[i]))
            self._of(kind)[:, day] += chance, money, money * kept[kind][day]

    def follow(self, kind: Kind, terms: Conditions, series: Floats, stated: Sequence[Stated]) -> None:
        """Add the renewals of lines that are signed in the forecast, where their product renews.

        Args:
            kind: of the lines.
            terms: their conditions.
            series: by the day of signature, floats[3, row, day].
            stated: earliest start and delivery of each row.
        """
        renewal = renewal_of(self.scenario, kind)
        if renewal is None:
            return
        days = [start for start, _ in stated]
        kept = terms.payment.solvent(np.arange(series.shape[-1]))
        started = [reached(series[row], terms.start, days, np.ones_like(kept)) for row in (LINES, MONEY)]
        started.append(reached(series[SOLVENT], terms.start, days, kept))
        own = replace(kind, terms="", offer=NO_OFFER, agreed=False)
        self._of(own)[:] += self._at_term_end(terms, renewal, np.stack(started))

    def signed(self) -> dict[Kind, Floats]:
        """Return the renewals of all generations by the day of their signature, floats[3, day 0 … last].

        A generation's service starts at its signature and may be renewed again: chances multiply.
        """
        found = {}
        for kind, decided in self.decided.items():
            terms, renewal = kind.conditions(self.scenario), renewal_of(self.scenario, kind)
            own = terms.product.renewal
            generation = _slipped(terms, decided, own.slip if own else Fixed(0.0))
            found[kind] = generation.copy()
            while renewal is not None and generation.any():
                generation = _slipped(terms, self._at_term_end(terms, renewal, generation), renewal.slip)
                found[kind] += generation
        return found

    def _of(self, kind: Kind) -> Floats:
        return self.decided.setdefault(kind, np.zeros((3, self.calendar.last + 1)))

    def _at_term_end(self, terms: Conditions, renewal: Renewal, started: Floats) -> Floats:
        """Return the renewals of services that start on each day by the day of decision, floats[3, day]."""
        size = started.shape[-1]
        ends = self.calendar.term_end(max(terms.months, SHORTEST_TERM))[-self.calendar.first :]
        inside = np.flatnonzero(ends < size)
        kept = terms.payment.solvent(ends[inside] - inside)
        price = renewal.chance * (1 + renewal.uplift)
        result = np.zeros_like(started)
        weights: tuple[float | Floats, ...] = (renewal.chance, price, price * kept)
        for row, weight in enumerate(weights):
            result[row] = np.bincount(ends[inside], started[row, inside] * weight, size)
        return result


def renewal_of(scenario: Scenario, kind: Kind) -> Renewal | None:
    """Return how lines of a kind are renewed when their term ends, None where they are not."""
    product = kind.sold(scenario)
    return product.renewal if product and product.recurring else None


def renewed_conditions(scenario: Scenario, kind: Kind) -> Conditions:
    """Return the conditions of renewed lines: start, delivery and acceptance come with the signature."""
    terms, at_once = kind.conditions(scenario, agreed=True), Fixed(0.0)
    product = replace(terms.product, start=at_once)
    return replace(terms, product=product, delivery=at_once, acceptance=at_once)


def _slipped(terms: Conditions, decided: Floats, slip: Distribution) -> Floats:
    """Return renewals by signature, a drawn slip after their decision, floats[3, day]."""
    steps = chances(slip)[: decided.shape[-1]]
    return after(decided, np.stack((steps, steps, steps * terms.payment.solvent(np.arange(len(steps))))))
