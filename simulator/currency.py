"""Turn contract currencies into the company's at the scenario's rates."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.money import minor_digits
from simulator.records import dataclass

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RateCurve:
    """Rates as step functions of the day: company currency for one unit of a foreign one.

    Attributes:
        company: ISO code of the company's currency; its own rate is 1.
        steps: for each foreign code its `(day, rate)` steps in the order of days. Days count from the as-of
            day (0); a rate holds from its day on, the earliest one before its day too.
        volatility: σ, standard deviation of the logarithm of each rate after a year; 0 for set rates.

    Raises:
        ValueError: an unknown code, no step, days that do not rise, or a rate that is not positive.
    """

    company: str
    steps: Mapping[str, tuple[tuple[int, float], ...]] = field(default_factory=dict)
    volatility: float = 0.0

    def __post_init__(self) -> None:
        minor_digits(self.company)
        for code, steps in self.steps.items():
            _check(self.company, code, steps)

    @classmethod
    def of(
        cls,
        company: str,
        rates: Mapping[str, float | Iterable[tuple[int, float]]],
        volatility: float = 0.0,
    ) -> RateCurve:
        """Build from one rate per currency, or from its `(day, rate)` steps in any order."""
        steps = {
            code: ((0, float(given)),) if isinstance(given, int | float) else tuple(sorted(given))
            for code, given in rates.items()
        }
        return cls(company, steps, volatility)

    @property
    def codes(self) -> tuple[str, ...]:
        """List the currencies that have a rate, the company's first."""
        return (self.company, *(code for code in self.steps if code != self.company))

    def rate(self, code: str, day: ArrayLike) -> Float:
        """Give the rate of a currency on each day.

        Args:
            code: ISO code.
            day: int[...], days after the as-of day.

        Returns:
            float64[...], company currency for one unit of `code`.

        Raises:
            ValueError: the currency has no rate.
        """
        days = np.asarray(day)
        if code == self.company:
            return np.ones(days.shape)
        if code not in self.steps:
            raise ValueError(f"no rate for {code}; the scenario has rates for {', '.join(self.codes)}")
        starts, rates = zip(*self.steps[code], strict=True)
        at = np.searchsorted(np.asarray(starts), days, side="right") - 1
        return np.asarray(rates, dtype=np.float64)[np.maximum(at, 0)]

    def convert(self, minor: ArrayLike, code: str, day: ArrayLike) -> Float:
        """Convert amounts to the company's currency at the rates of their days.

        Args:
            minor: int64 or float64[...], minor units of `code`.
            code: ISO code.
            day: int[...], day of each conversion, after the as-of day; broadcasts against `minor`.

        Returns:
            float64[...], whole minor units of the company's currency.

        Raises:
            ValueError: the currency has no rate.
        """
        return self.exchange(minor, code, self.rate(code, day))

    def worth(self, minor: NDArray[np.int64], codes: Sequence[str]) -> Float:
        """Convert amounts, each in a currency of its own, at the rates of the as-of day, floats[amount]."""
        result, own = np.zeros(len(minor)), np.array(codes, dtype=np.str_)
        for code in dict.fromkeys(codes):
            some = own == code
            result[some] = self.convert(minor[some], code, 0)
        return result

    def shift(self, code: str) -> int:
        """Give by how many digits the company's minor unit is finer than that of a currency."""
        return minor_digits(self.company) - minor_digits(code)

    def exchange(self, minor: ArrayLike, code: str, rate: ArrayLike) -> Float:
        """Convert amounts at given rates, each rounded to the company's minor unit (half to even).

        rint(minor × rate × 10^(digits of company − digits of code)).

        Args:
            minor: int64 or float64[...], minor units of `code`.
            code: ISO code.
            rate: float64[...], company currency for one unit of `code`; broadcasts against `minor`.

        Returns:
            float64[...], whole minor units of the company's currency.
        """
        scaled = np.asarray(minor, dtype=np.float64) * np.asarray(rate, dtype=np.float64)
        shift = self.shift(code)
        # Dividing by a power of ten rounds once; multiplying by 0.01 would round twice.
        return np.asarray(np.rint(scaled * 10.0**shift if shift >= 0 else scaled / 10.0**-shift))


def _check(company: str, code: str, steps: tuple[tuple[int, float], ...]) -> None:
    minor_digits(code)
    if not steps:
        raise ValueError(f"{code} has no rate")
    days = [day for day, _ in steps]
    if any(later <= earlier for earlier, later in itertools.pairwise(days)):
        raise ValueError(f"the rates of {code} must be in the order of days, one a day")
    for _, rate in steps:
        if not (math.isfinite(rate) and rate > 0):
            raise ValueError(f"the rate of {code} is {rate}; it must be positive and finite")
    if code == company and any(rate != 1 for _, rate in steps):
        raise ValueError(f"{code} is the company's currency; its rate is 1")
