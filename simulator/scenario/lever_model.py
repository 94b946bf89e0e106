"""What a scenario file may say of levers: what a company does otherwise from now on."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

from pydantic import Field, model_validator

from simulator.scenario.laws import Strict
from simulator.scenario.levers import Levers
from simulator.scenario.values import Day, ExactShare, NotNegative, Positive, Whole, refuse

LONGEST: Final = 4.0
"""Times the days that deals may come to take, and the inverse of the least."""
MOST: Final = 100.0
MOST_DAYS: Final = 365


class LeversFile(Strict):
    """Levers of a segment, each on top of all that is set or learned; `goal` says how far to pull them."""

    new_deals: NotNegative = Field(1.0, description="times as many new deals; those never seen before aside")
    since: Day | None = Field(
        None, alias="from", description="month from which on they all hold, else from now on"
    )
    odds: Positive = Field(
        1.0,
        description="factor on the odds of winning; with `from`, of deals that arrive from then on",
    )
    days: Positive = Field(1.0, description="factor on the days that deals take from now on")
    price: Positive = Field(1.0, description="factor on the amounts of won deals")
    deposit: ExactShare = Field(Decimal(0), description="share of new contracts due when they are signed")
    due_sooner: Whole = Field(0, description="days by which their other invoices are due sooner")

    @model_validator(mode="after")
    def _is_sensible(self) -> LeversFile:
        if max(self.new_deals, self.odds, 1 / self.odds, self.price, 1 / self.price) > MOST:
            refuse("S013", "pulls a lever beyond what is modelled", f"write factors of at most {MOST:g}")
        if not 1 / LONGEST <= self.days <= LONGEST:
            rule = "write from 0.25 to 4; 0.9 is a tenth less"
            refuse("S013", f"makes deals take {self.days:g} times as long", rule)
        if not 0 <= self.due_sooner <= MOST_DAYS:
            refuse("S013", f"has {self.due_sooner} days sooner", f"write whole days from 0 to {MOST_DAYS}")
        return self

    def noun(self) -> Levers:
        """Return the levers."""
        factors = self.new_deals, self.since, self.odds, self.days, self.price
        return Levers(*factors, Fraction(self.deposit), self.due_sooner)
