"""Contracts that are known to end, and may be renewed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Renewals:
    """Renewals that fall due inside the forecast, sorted by id; one value of each column a renewal.

    Attributes:
        id: unique.
        customer: who renews; one without a name is a customer of its own.
        customer_class: chooses terms and payment behaviour; "" is the default class.
        segment: index into the scenario's segments.
        product: index into the scenario's products.
        amount: minor units of its currency, before the uplift.
        currency: ISO code.
        due_day: first day that the old term no longer covers, calendar days from as-of, ≥ 1.
        chance: to renew.
        uplift: rise of the price.
    """

    id: tuple[str, ...]
    customer: tuple[str, ...]
    customer_class: tuple[str, ...]
    segment: Integers
    product: Integers
    amount: Integers
    currency: tuple[str, ...]
    due_day: Integers
    chance: Floats
    uplift: Floats

    @classmethod
    def empty(cls) -> Renewals:
        """Give a table without renewals."""
        numbers, chances = np.empty(0, dtype=np.int64), np.empty(0)
        return cls((), (), (), numbers, numbers, numbers, (), numbers, chances, chances)

    def __len__(self) -> int:
        return len(self.id)
