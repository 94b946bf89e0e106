"""Offer other terms at a discount, taken by a share of the deals."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from simulator.records import dataclass
from simulator.terms import PaymentTerms


@dataclass(frozen=True)
class Offer:
    """A discount for other terms: it cuts the price and moves the cash (MODEL 7).

    Offers are made in the scenario's order; a deal takes the first one that it would take.

    Attributes:
        name: as in the scenario.
        discount: share off the price.
        terms: payment terms in place of the deal's own, for all its lines.
        taken_by: chance that a deal takes it.
        segment: index, or None for all.
        first_day: first day of signature on which it holds, from as-of.
        applies_to: deals open at as-of, deals still to come, or all.
    """

    name: str
    discount: Fraction
    terms: PaymentTerms
    taken_by: float
    segment: int | None = None
    first_day: int = 1
    applies_to: Literal["open", "new", "all"] = "all"

    def is_made_to(self, segment: int, source: Literal["open", "new"]) -> bool:
        """Tell whether deals of a segment and source may take it."""
        return self.segment in (None, segment) and self.applies_to in ("all", source)
