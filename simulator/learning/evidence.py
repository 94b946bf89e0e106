"""Tell a learned figure with its evidence, so that nobody takes a guess for a measurement."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A learned figure with its evidence.

    Attributes:
        value: most likely, or the mean.
        low: lower end of its 80 % interval.
        high: upper end.
        n: observations.
        n_eff: what they are worth.
        quarters: in how many calendar quarters they lie.
        source: for people.
    """

    value: float
    low: float
    high: float
    n: int
    n_eff: float
    quarters: int
    source: str = ""
