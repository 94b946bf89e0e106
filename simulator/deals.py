"""Hold the open deals of a date as columns."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.products import Line
from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Deal:
    """One row's view of a `Pipeline`; the same names, one value each."""

    id: str
    name: str
    customer: str
    customer_class: str
    segment: int
    stage: int
    amount: int
    currency: str
    age: float
    stated_days: float
    probability: float
    terms: str
    pushes: int


@dataclass(frozen=True)
class Pipeline:
    """Open deals at the end of the as-of day; every column has one value a deal, sorted by id.

    Attributes:
        id: unique.
        name: what people call the deal.
        customer: whose it is; a deal without one is a customer of its own.
        customer_class: chooses default terms and payment behaviour; "" is the default class.
        segment: index into the scenario's segments.
        stage: index into the segment's stages.
        amount: minor units of the deal's currency, ≥ 0.
        currency: ISO code.
        age: operational days already spent in the stage; NaN where `entered_stage` is not known.
        stated_days: operational days to the stated close date; NaN without one, ≤ 0 where it has passed.
        stated_day: the stated close date as calendar days from as-of; NaN without one.
        probability: the deal's own, from the CRM; NaN without one.
        terms: the deal's own payment terms; "" where product, class or segment decide.
        lines: what each deal is made of.
        pushes: how often the stated close date was moved later, −1 where not known.
        extra: further columns as text, by name (for grouping).
        decided: deals of which the scenario says how they end, by id: whether they are won.
    """

    id: tuple[str, ...]
    name: tuple[str, ...]
    customer: tuple[str, ...]
    customer_class: tuple[str, ...]
    segment: Integers
    stage: Integers
    amount: Integers
    currency: tuple[str, ...]
    age: Floats
    stated_days: Floats
    stated_day: Floats
    probability: Floats
    terms: tuple[str, ...]
    lines: tuple[tuple[Line, ...], ...]
    pushes: Integers
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    decided: Mapping[str, bool] = field(default_factory=dict)

    def own_chances(self, use_probability: bool) -> Floats:
        """Return the chance that counts in place of the stage's: 1 or 0 of what is decided; NaN for none.

        Args:
            use_probability: whether the deals' own probabilities count.
        """
        found = self.probability.copy() if use_probability else np.full(len(self), np.nan)
        if self.decided:
            known = [i for i, deal in enumerate(self.id) if deal in self.decided]
            found[known] = [float(self.decided[self.id[i]]) for i in known]
        return found

    def without(self, ids: Collection[str]) -> Pipeline:
        """Return the deals but for some."""
        kept = [i for i, deal in enumerate(self.id) if deal not in ids]

        def rows(column: Any) -> Any:
            if isinstance(column, np.ndarray):
                return column[kept]
            return tuple(column[i] for i in kept)

        columns = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("extra", "decided")}
        extra = {name: rows(column) for name, column in self.extra.items()}
        return replace(self, **{name: rows(column) for name, column in columns.items()}, extra=extra)

    def __len__(self) -> int:
        return len(self.id)

    def __getitem__(self, i: int) -> Deal:
        return Deal(
            self.id[i],
            self.name[i],
            self.customer[i],
            self.customer_class[i],
            int(self.segment[i]),
            int(self.stage[i]),
            int(self.amount[i]),
            self.currency[i],
            float(self.age[i]),
            float(self.stated_days[i]),
            float(self.probability[i]),
            self.terms[i],
            int(self.pushes[i]),
        )

    def __iter__(self) -> Iterator[Deal]:
        return (self[i] for i in range(len(self)))


@dataclass(frozen=True)
class Wins:
    """Deals won on or before the as-of day, of whatever year: bookings of their day, sorted by id.

    Attributes:
        id: unique.
        name: what people call the deal.
        customer: whose it is; a deal without one is a customer of its own.
        customer_class: chooses default terms and payment behaviour; "" is the default class.
        segment: index into the scenario's segments.
        amount: minor units of the deal's currency.
        currency: ISO code.
        day: close date, calendar days from as-of, ≤ 0.
        terms: the deal's own payment terms, or "".
        lines: what each deal is made of.
        extra: further columns as text, by name.
    """

    id: tuple[str, ...]
    name: tuple[str, ...]
    customer: tuple[str, ...]
    customer_class: tuple[str, ...]
    segment: Integers
    amount: Integers
    currency: tuple[str, ...]
    day: Integers
    terms: tuple[str, ...]
    lines: tuple[tuple[Line, ...], ...]
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def empty(cls) -> Wins:
        """Give a table without wins."""
        numbers = np.empty(0, dtype=np.int64)
        return cls((), (), (), (), numbers, numbers, (), numbers, (), ())

    def __len__(self) -> int:
        return len(self.id)
