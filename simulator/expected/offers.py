"""Say what each offer costs, and how much sooner its money comes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from simulator.distributions import LONGEST, Distribution
from simulator.expected.billing import rates
from simulator.expected.events import by_event, chances
from simulator.expected.lines import Stated, Taking
from simulator.expected.paying import paid_after
from simulator.expected.signatures import OPEN, Signatures
from simulator.scenario import Scenario
from simulator.scenario.conditions import Conditions
from simulator.terms import Installment

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_REST = 1e-12
"""Times that are longer with less than this chance are left out of mean days."""


@dataclass(frozen=True)
class OfferEffect:
    """What an offer costs and brings.

    Attributes:
        name: of the offer.
        cost: expected discount given within the horizon, minor units of the company's currency.
        days: by which receipts come sooner after signature than under the deals' own terms, on average over
            the money of the deals that it is made to; negative where they come later.
        yearly_rate: the price of that money, d/(1 − d) × 365/days; None where nothing comes sooner.
    """

    name: str
    cost: float
    days: float
    yearly_rate: float | None


def offer_effects(scenario: Scenario) -> tuple[OfferEffect, ...]:
    """Return the effect of each offer, in the scenario's order.

    Deals are weighed with their expected bookings inside the horizon, with the chance that they took no
    earlier offer; receipts count by the money that comes, whenever it does, given that customers last.
    """
    if not scenario.offers:
        return ()
    signatures, times = Signatures.of(scenario), _Times()
    cost = np.zeros(len(scenario.offers))
    sums = np.zeros((len(scenario.offers), 2, 2))
    for (source, kind), rows in signatures.lines.items():
        taking = Taking.of(scenario, kind.segment, "open" if source == OPEN else "new")
        worth = np.stack([series[1] for series in rows.values()]) * rates(scenario, kind.currency)
        for offer, reached in taking.reached.items():
            made_to, other = worth * reached, replace(kind, terms="", offer=offer)
            cost[offer] += (worth * taking.taken[offer]).sum() * float(scenario.offers[offer].discount)
            for which, terms in enumerate((kind.conditions(scenario), other.conditions(scenario))):
                sums[offer, which] += times.of(terms, made_to, list(rows))
    return tuple(
        _effect(offer.name, float(offer.discount), float(given), received)
        for offer, given, received in zip(scenario.offers, cost, sums, strict=True)
    )


def _effect(name: str, discount: float, cost: float, sums: Floats) -> OfferEffect:
    """Return an effect from (money, money × days) under the deals' own terms and under the offer's."""
    if not sums[:, 0].all():
        return OfferEffect(name, cost, 0.0, None)
    own, offered = sums[:, 1] / sums[:, 0]
    days = float(own - offered)
    costly = days > 1e-9 and discount < 1
    return OfferEffect(name, cost, days, discount / (1 - discount) * 365 / days if costly else None)


@dataclass
class _Times:
    """Mean days from signature to receipt; the moments of each law of payment are computed once."""

    _known: dict[tuple[object, ...], tuple[float, float]] = field(default_factory=dict)

    def of(self, terms: Conditions, money: Floats, stated: list[Stated]) -> Floats:
        """Return the money received, and Σ money × days from signature to receipt, floats[2].

        Args:
            terms: the conditions.
            money: by the day of signature, floats[row, day].
            stated: earliest start and delivery of each row.
        """
        lasting = replace(terms, payment=replace(terms.payment, insolvency=0.0))
        far = max((day for days in stated for day in days), default=0)
        size = max(money.shape[1], far + 1) + sum(
            map(_longest, (terms.start, terms.delivery, terms.acceptance))
        )
        series = np.zeros((len(money), size))
        series[:, : money.shape[1]] = money
        events = by_event(lasting, series, stated)
        signed = by_event(lasting, series * np.arange(size), stated)
        total = np.zeros(2)
        for number, part in enumerate(terms.installments):
            days = np.flatnonzero(events[part.event])
            written = terms.invoice_days(number, days)
            paid, waited = self._payments(terms, part, written, terms.due_days(number, written))
            share = float(part.share) * (1 + float(terms.tax))
            at, began = share * events[part.event][days], share * signed[part.event][days]
            total += (at @ paid, at @ (paid * written + waited) - began @ paid)
        return total

    def _payments(
        self, terms: Conditions, part: Installment, written: Integers, due: Integers
    ) -> tuple[Floats, Floats]:
        """Return the share of each invoice that is paid, and Σ share × days since it was written."""
        weekday = (due + terms.origin.astype("datetime64[D]").astype(np.int64) + 3) % 7
        groups, at = np.unique(np.stack((due - written, weekday)), axis=1, return_inverse=True)
        moments = np.array([self._moments(terms, part, *pair) for pair in groups.T.tolist()])
        each = moments.reshape(-1, 2)[at.ravel()]
        return each[:, 0], each[:, 1]

    def _moments(self, terms: Conditions, part: Installment, gap: int, weekday: int) -> tuple[float, float]:
        payment = terms.payment
        key = (payment, gap, weekday if payment.run_days else 0, part.discount, part.certain)
        if key not in self._known:
            size = max(gap, 0) + len(payment.pmf) + 1 + max(payment.last_day, 0)
            size += LONGEST if payment.dispute else 0
            law = paid_after(payment.by_weekday[weekday], gap, part.discount, part.certain, size)
            self._known[key] = float(law.sum()), float(law @ np.arange(size))
        return self._known[key]


def _longest(law: Distribution) -> int:
    """Return the days that hardly anything lasts longer than."""
    left = 1 - np.cumsum(chances(law))
    return int(np.argmax(left <= _REST)) + 1
