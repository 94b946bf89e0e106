"""What is sold: how the value of a contract is billed, recognised and renewed; what deals are made of."""

from __future__ import annotations

from fractions import Fraction
from typing import Final, Literal

from simulator.distributions import Distribution, Fixed
from simulator.records import dataclass
from simulator.terms import PaymentTerms

Recognition = Literal["at-delivery", "over-term", "at-milestone"]
NO_PRODUCT: Final = -1
AT_ONCE: Final[Distribution] = Fixed(0.0)


@dataclass(frozen=True)
class Renewal:
    """How contracts of a recurring product go on at the end of their term.

    Attributes:
        chance: to renew, 0–1.
        uplift: rise of the price, 0.03 for 3 %.
        slip: law of the calendar days from the term's end to the renewal's signature.
    """

    chance: float
    uplift: float = 0.0
    slip: Distribution = AT_ONCE


@dataclass(frozen=True)
class Product:
    """What a company sells; None where the deal or its segment decides.

    Attributes:
        name: as in the scenario.
        terms: payment terms.
        invoice_lag: calendar days from an event to its invoice.
        delivery: law of the days from signature to delivery.
        acceptance: law of the days from delivery to acceptance.
        start: law of the days from signature to the start of service.
        service_months: length of the service; 0 where not given.
        recognise: rule of revenue; without one none is counted.
        tax: share of the net price that an invoice adds.
        recurring: whether its price is paid again each term, so that it adds to the yearly recurring revenue.
        renewal: of contracts that end inside the forecast; None for none.
    """

    name: str
    terms: PaymentTerms | None = None
    invoice_lag: int | None = None
    delivery: Distribution | None = None
    acceptance: Distribution | None = None
    start: Distribution = AT_ONCE
    service_months: int = 0
    recognise: Recognition | None = None
    tax: Fraction | None = None
    recurring: bool = False
    renewal: Renewal | None = None


@dataclass(frozen=True)
class Line:
    """One part of a deal; the lines of a deal share its outcome and its signature.

    Attributes:
        product: index into the scenario's products, or `NO_PRODUCT`.
        share: exact share of the deal's value; the shares of a deal add to 1.
        months: length of the service; 0 where the product decides.
        start_day: stated start of service, calendar days from as-of, or None.
        delivery_day: stated or recorded delivery, likewise.
    """

    product: int = NO_PRODUCT
    share: Fraction = Fraction(1)
    months: int = 0
    start_day: int | None = None
    delivery_day: int | None = None


WHOLE: Final = (Line(),)
"""The lines of a deal that names no product."""
