"""Group the lines of deals by the conditions under which they are signed, with what is signed each day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from simulator.deals import Pipeline
from simulator.expected.paying import UNKNOWN, Payer
from simulator.products import NO_PRODUCT, Line, Product
from simulator.records import dataclass
from simulator.scenario import Scenario
from simulator.scenario.conditions import Conditions, conditions, offered_conditions

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NO_OFFER = -1
Stated = tuple[int, int]
"""Earliest start and earliest delivery, 0 for none."""


@dataclass(frozen=True)
class Kind:
    """What lines have in common that are billed, paid, recognised and renewed alike.

    Attributes:
        segment: index.
        customer_class: "" for the default one.
        currency: ISO code.
        terms: the deal's own, or "".
        product: index, or `NO_PRODUCT`.
        months: the line's own length of service, 0 where the product decides.
        offer: index of the one taken, or `NO_OFFER`.
        payer: mean and standard deviation of the customer's lateness score.
        agreed: whether they are signed before levers move their terms.
    """

    segment: int
    customer_class: str
    currency: str
    terms: str
    product: int
    months: int
    offer: int = NO_OFFER
    payer: Payer = UNKNOWN
    agreed: bool = False

    def conditions(self, scenario: Scenario, agreed: bool = False) -> Conditions:
        """Return the conditions of such lines, `agreed` before or not; their stated days are left aside."""
        line, agreed = Line(self.product, months=self.months), agreed or self.agreed
        if self.offer == NO_OFFER:
            own = self.segment, self.customer_class, self.currency, self.terms
            return conditions(scenario, *own, line, agreed)
        terms = scenario.offers[self.offer].terms
        own_place = self.segment, self.customer_class, self.currency
        return offered_conditions(scenario, *own_place, terms, line, agreed)

    def parted(self, scenario: Scenario, series: Floats) -> Iterator[tuple[Kind, Floats]]:
        """Part series by day of signature, floats[..., day 0 … last], by whether levers move their terms."""
        levers = scenario.segments[self.segment].levers
        begin = levers.first_day(scenario.horizon.as_of)
        if levers.tighten and begin > 1:
            moved = np.arange(series.shape[-1]) >= begin
            yield replace(self, agreed=True), series * ~moved
            yield self, series * moved
        else:
            yield self, series

    def sold(self, scenario: Scenario) -> Product | None:
        """Return the product, None where there is none."""
        return None if self.product == NO_PRODUCT else scenario.products[self.product]


@dataclass(frozen=True)
class Sums:
    """Sums over deals with weights: row r is Σ weight·deal.

    Attributes:
        rows: number of rows.
        row: of each entry.
        deal: of each entry.
        weight: of each entry.
    """

    rows: int
    row: Integers
    deal: Integers
    weight: Floats

    def table(self, deals: int) -> scipy.sparse.csr_array:
        """Return the weights as a sparse table, [row, deal]."""
        return scipy.sparse.csr_array((self.weight, (self.row, self.deal)), shape=(self.rows, deals))

    def of(self, series: Floats) -> Floats:
        """Return the sums of series, floats[deal, day] to floats[row, day]."""
        return np.asarray(self.table(len(series)) @ series)


@dataclass(frozen=True)
class DealLines:
    """The lines of a segment's open deals.

    Attributes:
        kinds: what they have in common, and their stated days, one a row.
        money: sums of the deals' amounts, a row a kind; minor units of its currency.
        number: likewise the number of lines.
    """

    kinds: Sequence[tuple[Kind, Stated]]
    money: Sums
    number: Sums

    @staticmethod
    def of(pipeline: Pipeline, rows: Integers, factor: Floats, payers: Mapping[str, Payer]) -> DealLines:
        """Return the lines of some deals, their amounts times a factor of each."""
        found: dict[tuple[Kind, Stated], int] = {}
        row, deal, share = [], [], []
        for n, i in enumerate(rows.tolist()):
            group, code, terms = pipeline.customer_class[i], pipeline.currency[i], pipeline.terms[i]
            payer = payers.get(pipeline.customer[i], UNKNOWN)
            for line in pipeline.lines[i]:
                index = int(pipeline.segment[i])
                kind = Kind(index, group, code, terms, line.product, line.months, payer=payer)
                key = kind, earliest(line)
                row.append(found.setdefault(key, len(found)))
                deal.append(n)
                share.append(float(line.share))
        at, of = np.array(row, dtype=np.int64), np.array(deal, dtype=np.int64)
        amounts = (pipeline.amount[rows] * factor)[of] * np.array(share)
        size = len(found)
        return DealLines(list(found), Sums(size, at, of, amounts), Sums(size, at, of, np.ones(len(at))))


@dataclass(frozen=True)
class Taking:
    """How offers are taken in a segment, day by day.

    Attributes:
        taken: chance that a deal signed on a day takes the offer, by its index, floats[day 0 … last].
        reached: chance that it would be made the offer: that it took none before, on days on which it holds.
        discount: expected discount, floats[day 0 … last].
    """

    taken: Mapping[int, Floats]
    reached: Mapping[int, Floats]
    discount: Floats

    @staticmethod
    def of(scenario: Scenario, segment: int, source: Literal["open", "new"]) -> Taking:
        """Return the chances of the offers made to deals of a segment and source, in their order."""
        days = np.arange(scenario.horizon.last_day + 1)
        left, discount = np.ones(len(days)), np.zeros(len(days))
        taken, reached = {}, {}
        for index, offer in enumerate(scenario.offers):
            if not offer.is_made_to(segment, source):
                continue
            reached[index] = np.where(days >= offer.first_day, left, 0.0)
            taken[index] = reached[index] * offer.taken_by
            left = left - taken[index]
            discount += taken[index] * float(offer.discount)
        return Taking(taken, reached, discount)

    def split(self, scenario: Scenario, kind: Kind, series: Floats) -> Iterable[tuple[Kind, Floats]]:
        """Part a kind of line by the offer that it takes, discounts taken off, floats[2, day]."""
        left = np.ones(series.shape[1])
        for index, chance in self.taken.items():
            left = left - chance
            price = np.array([[1.0], [1 - float(scenario.offers[index].discount)]])
            yield replace(kind, terms="", offer=index), series * chance * price
        yield kind, series * left


def earliest(line: Line) -> Stated:
    """Return the stated start and delivery of a line, 0 where there is none or it has passed."""
    return max(line.start_day or 0, 0), max(line.delivery_day or 0, 0)
