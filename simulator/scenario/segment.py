"""Hold everything about one type of customer."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulator.amounts import AmountChange
from simulator.arrivals import PipelineGeneration
from simulator.clock import Clock
from simulator.close_dates import CloseDateRule
from simulator.distributions import Distribution
from simulator.funnel import Funnel
from simulator.payments import PaymentBehaviour
from simulator.products import WHOLE, Line
from simulator.records import dataclass
from simulator.scenario.levers import UNPULLED, Levers
from simulator.terms import PaymentTerms


@dataclass(frozen=True)
class Soberness:
    """The first two corrections of optimism (MODEL 6); the third is the close date's slip.

    Attributes:
        odds: factor on the odds of winning in the end.
        amount: factor on the amount of won deals.
    """

    odds: float = 1.0
    amount: float = 1.0


@dataclass(frozen=True)
class Recycling:
    """Lost deals that come back at the first stage (MODEL 1).

    Attributes:
        chance: r, that a lost deal comes back.
        delay: law of the operational days until it does.
        attempts: how often a deal may be tried in all, 2 for one return.
    """

    chance: float
    delay: Distribution
    attempts: int = 2


@dataclass(frozen=True)
class Segment:
    """Everything about one type of customer.

    Attributes:
        name: as in the scenario.
        funnel: its stages and their kernel (entry chances inside, whatever the basis of the input).
        set_ladder: the close chance of each stage as the scenario states it, floats[S]; the CRM's view.
        doubt: ρd of each stage, floats[S]; 0 where the percentages are exact or learned (MODEL 4).
        clock: operational clock.
        soberness: corrections of odds and amount.
        close_date: rule of the stated close date.
        amount_change: law of the amount until signature.
        recycling: of lost deals.
        generation: deals still to come, or None.
        terms: payment terms by customer class; "default" is always there.
        payment: payment behaviour by customer class; "default" is always there.
        invoice_lag: calendar days from the event to the invoice.
        delivery: law of the days from signature to delivery; Fixed(0) by default.
        acceptance: law of the days from delivery to acceptance; Fixed(0) by default.
        roll: what becomes of due dates on days of rest: none, following, modified-following, preceding.
        holidays: public holidays that `roll` avoids, datetime64[D], rising.
        use_probability: whether a deal's own probability replaces the stage's.
        tax: share of the net price that invoices add.
        mix: what deals are made of that name no product, and those still to come.
        levers: what is pulled; `pulled` keeps all else in step with it.
    """

    name: str
    funnel: Funnel
    set_ladder: NDArray[np.float64]
    doubt: NDArray[np.float64]
    clock: Clock
    soberness: Soberness
    close_date: CloseDateRule
    amount_change: AmountChange
    recycling: Recycling
    generation: PipelineGeneration | None
    terms: Mapping[str, PaymentTerms]
    payment: Mapping[str, PaymentBehaviour]
    invoice_lag: int
    delivery: Distribution
    acceptance: Distribution
    roll: Literal["none", "following", "modified-following", "preceding"]
    holidays: NDArray[np.datetime64]
    use_probability: bool = False
    tax: Fraction = Fraction(0)
    mix: tuple[Line, ...] = WHOLE
    levers: Levers = UNPULLED
