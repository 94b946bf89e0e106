"""Say what the engine needs to know of a deal, whether it is open or still to come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.distributions import Distribution
from simulator.engine.contracts import Contract
from simulator.engine.identity import Entities
from simulator.money import LIMIT
from simulator.records import dataclass
from simulator.streams import Words, trial_numbers

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Places = Integers | slice

ALL: Final = slice(None)
"""Places of all, which costs no look-up."""


class Population(Protocol):
    """Deals of one kind in a segment."""

    @property
    def entities(self) -> Entities:
        """Whose draws the deals take."""
        ...

    @property
    def customers(self) -> Entities:
        """Whose luck in paying the invoices of a customer share."""
        ...

    def customer(self, which: Integers) -> Integers:
        """Return the customer of each deal."""
        ...

    @property
    def is_new(self) -> bool:
        """Whether the deals are still to come, and their customers with them."""
        ...

    def rows(self, which: Integers, group: str) -> Integers | int:
        """Return the slice of each deal, or of its lines of a product; one number where all have the same."""
        ...

    def amounts(self, which: Integers, offsets: Words) -> Floats:
        """Return the open amount of each deal in its trial, contract minor units, whole."""
        ...

    def worth(self, which: Integers, amounts: Floats) -> Floats:
        """Return open amounts in the company's currency at the rates of the as-of day, minor units."""
        ...

    def contracts(self, which: Integers) -> Iterator[tuple[Contract, Places]]:
        """Yield each contract among the deals with the places of its deals, a slice where those are all."""
        ...


@dataclass(frozen=True)
class OpenDeals:
    """The deals of the pipeline; `which` is their place in it.

    Attributes:
        entities: of the deals.
        customers: of their customers.
        customer_of: customer of each deal.
        row_of: slice of each.
        row_by_product: slices by segment and product where the run is grouped so, else None.
        segment_of: segment of each.
        amount_of: minor units.
        worth_of: minor units of the company's currency.
        contract_of: of each: index into
        choices: the distinct contracts.
    """

    entities: Entities
    customers: Entities
    customer_of: Integers
    row_of: Integers
    row_by_product: Mapping[tuple[int, str], int] | None
    segment_of: Integers
    amount_of: Integers
    worth_of: Floats
    contract_of: Integers
    choices: tuple[Contract, ...]

    is_new = False

    @cached_property
    def _only_rows(self) -> dict[int, int]:
        """The slice of all deals of each segment whose deals have one."""
        rows = {
            s: np.unique(self.row_of[self.segment_of == s]).tolist() for s in set(self.segment_of.tolist())
        }
        return {segment: own[0] for segment, own in rows.items() if len(own) == 1}

    def customer(self, which: Integers) -> Integers:
        """Return the customer of each deal."""
        return self.customer_of[which]

    def rows(self, which: Integers, group: str) -> Integers | int:
        """Return the slice of each deal, or of its lines of a product; the deals are of one segment."""
        if not len(which):
            return self.row_of[which]
        segment = int(self.segment_of[which[0]])
        if self.row_by_product is not None:
            return self.row_by_product[segment, group]
        only = self._only_rows.get(segment)
        return self.row_of[which] if only is None else only

    def amounts(self, which: Integers, offsets: Words) -> Floats:
        """Return the open amount of each deal, the same in every trial."""
        return self.amount_of[which].astype(np.float64)

    def worth(self, which: Integers, amounts: Floats) -> Floats:
        """Return them in the company's currency."""
        return self.worth_of[which]

    def contracts(self, which: Integers) -> Iterator[tuple[Contract, Places]]:
        """Yield each contract among the deals with the places of its deals, a slice where those are all."""
        if len(self.choices) == 1:
            yield self.choices[0], ALL
            return
        contract = self.contract_of[which]
        kinds = np.flatnonzero(np.bincount(contract, minlength=len(self.choices)))
        for c in kinds:
            yield self.choices[c], ALL if len(kinds) == 1 else np.flatnonzero(contract == c)


@dataclass(frozen=True)
class Arrivals:
    """Deals still to come to a segment; each is its own customer.

    Attributes:
        entities: of the deals, by month and number.
        row: slice of all.
        row_by_product: slices by product where the run is grouped so, else None.
        size: law of the open amount, major units.
        minor: minor units of one major unit.
        contract: of all.
        most: numbers that a month has room for.
        growth: factor on all amounts of trial 0, 1, …, over again from the end on, floats[draw], or None.
    """

    entities: Entities
    row: int
    row_by_product: Mapping[str, int] | None
    size: Distribution
    minor: int
    contract: Contract
    most: int
    growth: Floats | None = None

    @property
    def customers(self) -> Entities:
        """The deals themselves."""
        return self.entities

    def customer(self, which: Integers) -> Integers:
        """Return the deal itself."""
        return which

    is_new = True

    def rows(self, which: Integers, group: str) -> int:
        """Return the slice of all, or of their lines of a product."""
        return self.row if self.row_by_product is None else self.row_by_product[group]

    def amounts(self, which: Integers, offsets: Words) -> Floats:
        """Return the open amounts, drawn once a deal and trial."""
        u = self.entities.draw("size", which, offsets)
        sizes = self.size.isf(u)
        if self.growth is not None:
            sizes = sizes * self.growth[trial_numbers(offsets) % len(self.growth)]
        return np.rint(np.minimum(sizes * self.minor, LIMIT))

    def worth(self, which: Integers, amounts: Floats) -> Floats:
        """Return them: they are in the company's currency."""
        return amounts

    def contracts(self, which: Integers) -> Iterator[tuple[Contract, Places]]:
        """Yield the one contract with all deals."""
        yield self.contract, ALL
