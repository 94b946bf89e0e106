"""Hold what is known exactly beside the trials: means, and what offers cost and bring."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simulator.records import dataclass
from simulator.targets import Series

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OfferEffect:
    """What an offer costs and brings, in exact means.

    Attributes:
        name: of the offer.
        cost: discount given inside the horizon, minor units.
        days_earlier: by which receipts come sooner, weighted by money.
        yearly_rate: what having the money sooner costs, as a rate of interest; None where it is no sooner.
    """

    name: str
    cost: float
    days_earlier: float
    yearly_rate: float | None


@dataclass(frozen=True, eq=False)
class ExactMeans:
    """Exact means of what is to come, at fixed figures where some are learned.

    By them what is certain is told from what merely happened in every trial, and averages of two scenarios
    are held against one another without an error of simulation.

    Attributes:
        money: floats[segment, cell] of each series, minor units; receipts from invoices of no known segment
            stand with the first one.
        tax: passed on, floats[cell], minor units.
        winners: expected number of deals won, floats[segment, cell].
    """

    money: Mapping[Series, Floats]
    tax: Floats
    winners: Floats

    def between(self, series: Series, begin: int, end: int, segment: int | None = None) -> float:
        """Return the mean of a series in the cells [begin, end), minor units."""
        of = slice(None) if segment is None else slice(segment, segment + 1)
        return float(self.money[series][of, begin:end].sum())
