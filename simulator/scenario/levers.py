"""Name the levers: what a company does otherwise from now on, on top of all that is set or learned."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.records import dataclass


@dataclass(frozen=True)
class Levers:
    """How far each lever of a segment is pulled; as they stand here, none is.

    Attributes:
        new_deals: factor on the number of deals that arrive, those first seen when won aside.
        since: month from which all of them hold, by any of its days; None for from now on.
        odds: factor on the odds of winning in the end, of open deals and of those to come; where they hold
            from a later month on, of deals that arrive from then on.
        days: factor on the calendar days that deals take from now on, the stated ones too.
        price: factor on the amounts of won deals, those first seen when won aside.
        deposit: share of each contract that is due when it is signed; of renewals none is.
        due_sooner: days by which all other invoices are due sooner, at their own date at the earliest.
    """

    new_deals: float = 1.0
    since: date | None = None
    odds: float = 1.0
    days: float = 1.0
    price: float = 1.0
    deposit: Fraction = Fraction(0)
    due_sooner: int = 0

    def first_day(self, as_of: date) -> int:
        """Return the day after the as-of day from which they hold, 1 for the first there is."""
        return 1 if self.since is None else max((self.since.replace(day=1) - as_of).days, 1)

    @property
    def tighten(self) -> bool:
        """Whether new contracts have other terms than were usual."""
        return bool(self.deposit or self.due_sooner)

    def odds_of_all(self, as_of: date) -> float:
        """Return the factor on the odds of all deals, open ones too; 1 where only later deals have one."""
        return self.odds if self.first_day(as_of) == 1 else 1.0

    def odds_of(self, month: date, as_of: date) -> float:
        """Return the further factor on the odds of deals that arrive in a month, by its first day."""
        return self.odds if 1 < self.first_day(as_of) <= (month - as_of).days else 1.0

    def price_on(self, day: NDArray[np.int64], as_of: date) -> NDArray[np.float64]:
        """Return the factor on amounts that are signed on days after the as-of day, floats[...]."""
        return np.where(day >= self.first_day(as_of), self.price, 1.0)

    def on_top(self, of: Levers) -> Levers:
        """Return both together; a month of these takes the place of that of the others."""
        return Levers(
            of.new_deals * self.new_deals,
            self.since or of.since,
            of.odds * self.odds,
            of.days * self.days,
            of.price * self.price,
            min(of.deposit + self.deposit, Fraction(1)),
            of.due_sooner + self.due_sooner,
        )


UNPULLED: Final = Levers()
"""What holds where nothing is said."""
