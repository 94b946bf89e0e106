"""Say what each offer costs, and how much sooner its money comes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulator.expected.billing import rates
from simulator.expected.lines import Taking
from simulator.expected.receipt_times import Times
from simulator.expected.signatures import OPEN, Signatures
from simulator.records import dataclass
from simulator.scenario import Scenario

Floats = NDArray[np.float64]


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
    signatures, times = Signatures.of(scenario), Times(scenario)
    cost = np.zeros(len(scenario.offers))
    sums = np.zeros((len(scenario.offers), 2, 2))
    for (source, kind), rows in signatures.lines.items():
        taking = Taking.of(scenario, kind.segment, "open" if source == OPEN else "new")
        rate = rates(scenario, kind.currency)
        for stated, (_, money) in rows.items():
            for offer, reached in taking.reached.items():
                worth = money * rate
                cost[offer] += float(worth @ taking.taken[offer]) * float(scenario.offers[offer].discount)
                for own, part in kind.parted(scenario, worth * reached):
                    sums[offer, 0] += times.of(own, stated) @ part
                    sums[offer, 1] += times.of(replace(own, terms="", offer=offer), stated) @ part
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
