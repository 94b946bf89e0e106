"""When customers really pay: days past due by a life table that ends in bad debt."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field, replace
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from simulator.distributions import Distribution
from simulator.payment_days import PaymentDays
from simulator.records import dataclass

Float = NDArray[np.float64]
Int = NDArray[np.int64]

NEVER: Final = 2**62
"""Stands for a day that does not come: the invoice is bad debt. Far above any day, so it sorts last."""

FIRST_DAY: Final = -30
"""Nobody pays earlier than this many days before the due date: the lower end of a table's first bucket."""

DEFAULT_TABLE: Final[Mapping[int, float]] = MappingProxyType(
    {-1: 0.15, 0: 0.25, 3: 0.38, 7: 0.50, 14: 0.66, 30: 0.83, 60: 0.93, 90: 0.965, 180: 0.985, 365: 0.995}
)
"""Share of invoices paid at most so many days past due (MODEL 7)."""

BINS: Final = 4096
FARTHEST: Final = 12.0
"""No score lies so far out: a uniform's is below 8.3, the mean of two below √2 times that."""
SCORE_BINS: Final = 256
"""Bins of a unit of score."""


@dataclass(frozen=True)
class Dispute:
    """What becomes of invoices that a customer contests.

    Attributes:
        chance: that an invoice is contested.
        delay: law of the whole days by which its payment is put off.
        credited: share of its amount that is credited in the end.
    """

    chance: float
    delay: Distribution
    credited: Fraction = Fraction(0)


@dataclass(frozen=True, eq=False)
class PaymentBehaviour:
    """How late a class of customers pays.

    Attributes:
        first_day: days past due of `pmf[0]`; negative: before the due date.
        pmf: float64[day], chance to pay on each day from `first_day` on.
        bad_debt: chance never to pay; with `pmf` it adds to 1.
        recovery: share of a bad debt that still comes in, see `recovery_days`.
        discount_taken: chance that a customer takes an early-payment discount on offer, and then pays on its
            last day at the latest.
        shared: correlation of the lateness of one customer's invoices (Gaussian copula, `shared_score`).
        insolvency: chance a year that a customer becomes insolvent, which ends all billing and payment.
        dispute: of invoices, or None.
        run_days: weekdays on which the customer's payment runs are, 0 for Monday; empty for every day.
        buckets: last day past due of each bucket of the life table; payment runs move days inside them only.
        common: share of the lateness that the customers of all classes have in common in a trial.
        days: weights of the calendar days on which payments go out that are ready, or None for every day.

    Raises:
        ValueError: a field outside its range, or chances that do not add to 1.
    """

    first_day: int
    pmf: Float
    bad_debt: float = 0.0
    recovery: float = 0.0
    discount_taken: float = 0.5
    shared: float = 0.3
    insolvency: float = 0.0
    dispute: Dispute | None = None
    run_days: tuple[int, ...] = ()
    buckets: tuple[int, ...] = ()
    common: float = 0.0
    days: PaymentDays | None = None
    _cdf: Float = field(init=False, repr=False)
    _guide: NDArray[np.intp] = field(init=False, repr=False)
    _scores: Float = field(init=False, repr=False)
    _score_guide: NDArray[np.intp] = field(init=False, repr=False)
    _days: Int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("bad_debt", "recovery", "discount_taken", "shared", "insolvency"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be from 0 to 1")
        if not 0 <= self.common <= 1 - self.shared:
            raise ValueError(f"common is {self.common}; with shared it must be from 0 to 1")
        if self.days is not None and self.run_days:
            raise ValueError("payments go out on run_days or by the weights of days, not by both")
        if self.insolvency == 1:
            raise ValueError("insolvency is 1: a customer that is certain to fail within a year pays nothing")
        if not set(self.run_days) <= set(range(7)):
            raise ValueError(f"run_days are {self.run_days}; weekdays are the numbers 0 (Monday) to 6")
        pmf = np.array(self.pmf, dtype=np.float64)
        if pmf.ndim != 1 or not np.isfinite(pmf).all() or not (pmf >= 0).all() or not pmf.any():
            raise ValueError("the chances to pay must be one row of finite numbers, none negative, not all 0")
        if abs(pmf.sum() + self.bad_debt - 1) > 1e-9:
            raise ValueError(f"chances and bad debt add to {pmf.sum() + self.bad_debt:.12g}, not to 1")
        last = int(np.flatnonzero(pmf)[-1])
        cdf = np.minimum(np.cumsum(pmf), 1 - self.bad_debt)
        cdf[last:] = 1 - self.bad_debt  # exact, so that a sum's rounding makes no bad debt
        beyond = NEVER if self.bad_debt else self.first_day + last
        days = np.append(self.first_day + np.arange(pmf.size), beyond)
        guide = np.searchsorted(cdf, np.arange(BINS + 1) / BINS, side="right")
        scores = np.append(ndtri(cdf), np.inf)
        # The bin of a score may be one too high by rounding, so each begins a little early.
        edges = np.arange(2 * FARTHEST * SCORE_BINS) / SCORE_BINS - FARTHEST - 1e-9
        score_guide = np.searchsorted(scores, edges, side="right")
        tables = {"pmf": pmf, "_cdf": np.append(cdf, np.inf), "_guide": guide, "_days": days,
                  "_scores": scores, "_score_guide": score_guide}  # fmt: skip
        for name, value in tables.items():
            value.setflags(write=False)
            object.__setattr__(self, name, value)

    @classmethod
    def default(cls) -> PaymentBehaviour:
        """Give the behaviour assumed without history (MODEL 7)."""
        return cls.from_table(DEFAULT_TABLE)

    @classmethod
    def from_table(
        cls,
        table: Mapping[int, float],
        *,
        recovery: float = 0.0,
        discount_taken: float = 0.5,
        shared: float = 0.3,
        common: float = 0.0,
        days: PaymentDays | None = None,
        first_day: int = FIRST_DAY,
    ) -> PaymentBehaviour:
        """Build from a life table: days past due to the share of invoices paid by then.

        Within a bucket (lo, hi] the chance is the same for each whole day; the first bucket begins on
        `first_day`, 30 days before the due date; what the last one leaves is bad debt.

        Raises:
            ValueError: an empty table, a day before the first, shares not rising from 0 to 1, nothing paid.
        """
        knots = sorted(table.items())
        _check_table(knots, first_day)
        low, paid = first_day - 1, 0.0
        pieces = []
        for day, share in knots:
            pieces.append(np.full(day - low, (share - paid) / (day - low)))
            low, paid = day, float(share)
        buckets = tuple(int(day) for day, _ in knots)
        return cls(
            first_day, np.concatenate(pieces), 1 - paid, recovery, discount_taken, shared, buckets=buckets,
            common=common, days=days,
        )  # fmt: skip

    @classmethod
    def stretched(
        cls,
        median_late: int | None = None,
        bad_debt: float | None = None,
        *,
        recovery: float = 0.0,
        discount_taken: float = 0.5,
        shared: float = 0.3,
    ) -> PaymentBehaviour:
        """Build from the default table with another median or another bad debt.

        `bad_debt` replaces the survivors of the table's last bucket, the shares paid are rescaled to what is
        left; then all days above 0 are stretched by one factor and rounded, so that half of all invoices are
        paid exactly `median_late` days past due at the latest.

        Args:
            median_late: whole days past due, at least 1; None keeps the table's days.
            bad_debt: chance never to pay, below 1; with a median below 0.5.
            recovery: as in the class.
            discount_taken: as in the class.
            shared: as in the class.

        Raises:
            ValueError: a value outside these ranges.
        """
        table = dict(DEFAULT_TABLE)
        if bad_debt is not None:
            if not 0 <= bad_debt < 1:
                raise ValueError(f"bad_debt is {bad_debt}; it must be at least 0 and below 1")
            paid = max(table.values())
            table = {day: share * (1 - bad_debt) / paid for day, share in table.items()}
        if median_late is not None:
            table = _stretch(table, median_late)
        return cls.from_table(table, recovery=recovery, discount_taken=discount_taken, shared=shared)

    @cached_property
    def by_weekday(self) -> tuple[PaymentBehaviour, ...]:
        """The behaviour towards invoices due on each weekday, Monday first; one for all without payment runs.

        Within a bucket the chance goes in equal parts to the days of its payment runs, so that the life table
        holds at the end of each bucket; a bucket without such a day stays as it is.
        """
        if not self.run_days:
            return (self,) * 7
        runs = set(self.run_days)
        found = []
        for weekday in range(7):
            pmf, low = np.array(self.pmf), 0
            for high in (day - self.first_day + 1 for day in self.buckets):
                late = self.first_day + np.arange(low, high)
                paid = np.array([(weekday + int(day)) % 7 in runs for day in late], dtype=np.bool_)
                if paid.any():
                    pmf[low:high] = np.where(paid, self.pmf[low:high].sum() / paid.sum(), 0.0)
                low = high
            found.append(replace(self, pmf=pmf, run_days=()))
        return tuple(found)

    @property
    def tables(self) -> tuple[Int, Float, NDArray[np.intp], Float, NDArray[np.intp]]:
        """Give the inverse of the law: days by step; steps by uniform and the first of each of `BINS` bins.

        Then steps by normal score, and the first of each bin: `SCORE_BINS` a unit, from −`FARTHEST` on.
        """
        return self._days, self._cdf, self._guide, self._scores, self._score_guide

    def insolvent_after(self, u: ArrayLike) -> Int:
        """Draw the days until a customer is insolvent: P(more than d days) = (1 − insolvency)^(d/365.25).

        Args:
            u: float64[...], uniforms in (0, 1).

        Returns:
            int64[...], at least 1, `NEVER` where nobody fails; what falls on that day or later does not come.
        """
        uniform = np.asarray(u, dtype=np.float64)
        if self.insolvency == 0:
            return np.full(uniform.shape, NEVER, dtype=np.int64)
        days = np.log(uniform) * 365.25 / math.log1p(-self.insolvency)
        return 1 + np.floor(np.minimum(days, float(2**40))).astype(np.int64)

    def solvent(self, days: ArrayLike) -> Float:
        """Give the chance that a customer still pays so many days on: (1 − insolvency)^(days/365.25)."""
        return np.asarray((1 - self.insolvency) ** (np.maximum(np.asarray(days, np.float64), 0) / 365.25))

    @property
    def last_day(self) -> int:
        """Days past due after which nobody pays any more."""
        return self.first_day + self.pmf.size - 1

    @property
    def median_late(self) -> int:
        """Days past due by which half of all invoices are paid; `NEVER` where half are bad debt."""
        half = 0.5 - 1e-12  # a cumulative sum reaches one half only up to rounding
        return int(self._days[np.searchsorted(self._cdf, half)]) if 1 - self.bad_debt >= half else NEVER

    def late_days(self, u: ArrayLike) -> Int:
        """Draw days past due by inversion: the first day whose cumulative chance exceeds u.

        Args:
            u: float64[...], uniforms in (0, 1).

        Returns:
            int64[...], days past due, `NEVER` for bad debt (u ≥ 1 − bad_debt).
        """
        uniform = np.asarray(u, dtype=np.float64)
        flat = uniform.ravel()
        at = _first_above(self._cdf, flat, self._guide[(flat * BINS).astype(np.intp)])
        return self._days[at].reshape(uniform.shape)

    def late_days_of(self, score: Float) -> Int:
        """Draw days past due by inversion, of uniforms that are given by their normal scores Φ⁻¹(u).

        Args:
            score: float64[n], within ±12.

        Returns:
            int64[n], days past due, `NEVER` for bad debt.
        """
        bins = ((score + FARTHEST) * SCORE_BINS).astype(np.intp)
        return np.asarray(self._days[_first_above(self._scores, score, self._score_guide[bins])])

    def residual_late_days(self, u: ArrayLike, late_so_far: ArrayLike) -> Int:
        """Draw days past due of invoices that are known to be unpaid by now.

        Inverts cdf(x) + u·(1 − cdf(x)): the same life table, given survival to x. An invoice older than the
        table is bad debt; where there is none, it is paid the next day.

        Args:
            u: float64[...], uniforms in (0, 1).
            late_so_far: int64[...], x: days past due at the as-of day (negative: not yet due); broadcasts.

        Returns:
            int64[...], days past due, above x, `NEVER` for bad debt.
        """
        so_far = np.asarray(late_so_far, dtype=np.int64)
        paid = self.cdf(so_far)
        uniform = np.minimum(paid + np.asarray(u, dtype=np.float64) * (1 - paid), np.nextafter(1, 0))
        return np.maximum(self.late_days(uniform), so_far + 1)

    def cdf(self, day: ArrayLike) -> Float:
        """Give the chance to pay at most `day` days past due; float64[...] like `day`."""
        days = np.asarray(day, dtype=np.int64)
        at = np.clip(days - self.first_day, 0, self.pmf.size - 1)
        return np.where(days < self.first_day, 0.0, self._cdf[at])

    def late_law(self) -> tuple[Int, Float, float]:
        """Give the whole law: int64[n] days past due, float64[n] their chances, and the bad debt."""
        return self.first_day + np.arange(self.pmf.size, dtype=np.int64), self.pmf, self.bad_debt

    def recovery_days(self, late_so_far: ArrayLike) -> Int:
        """Give the days past due on which the recovered share of a bad debt arrives.

        That is the last day of the table, or the next day for an invoice that is already older.
        """
        return np.maximum(np.asarray(late_so_far, dtype=np.int64) + 1, self.last_day)


def pay_days(invoice_day: ArrayLike, due_day: ArrayLike, late_days: ArrayLike) -> Int:
    """Give the day on which an invoice is paid: max(invoice day, due day + days late).

    Nobody pays an invoice that has not been written, however early they pay. Bad debt stays `NEVER`.

    Args:
        invoice_day: int64[...], days after the as-of day.
        due_day: int64[...], days after the as-of day.
        late_days: int64[...], days past due or `NEVER`.
    """
    late = np.asarray(late_days, dtype=np.int64)
    due = np.asarray(due_day, dtype=np.int64)
    day = np.asarray(np.maximum(np.asarray(invoice_day, dtype=np.int64), due + late))
    day[late == NEVER] = NEVER
    return day


def shared_score(own: Float, z_customer: Float, shared: float) -> Float:
    """Let the invoices of one customer be late together, each one's own law untouched (Gaussian copula).

    sqrt(shared)·z + sqrt(1 − shared)·own: standard normal if both are.

    Args:
        own: float64[n], Φ⁻¹ of each invoice's own uniform.
        z_customer: float64[n], the standard normal of its customer.
        shared: correlation of the scores of one customer's invoices, 0 to 1.
    """
    return np.asarray(math.sqrt(shared) * z_customer + math.sqrt(1 - shared) * own)


def _first_above(steps: Float, value: Float, at: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the first step above each value, none of them before a first guess that most often is right."""
    behind = np.flatnonzero(steps[at] <= value)
    while behind.size:
        at[behind] += 1
        behind = behind[steps[at[behind]] <= value[behind]]
    return at


def _check_table(knots: list[tuple[int, float]], first_day: int) -> None:
    if not knots:
        raise ValueError("the payment table is empty")
    if knots[0][0] < first_day:
        raise ValueError(f"the payment table begins at day {knots[0][0]}; the earliest is {first_day}")
    paid = 0.0
    for day, share in knots:
        if day != int(day):
            raise ValueError(f"day {day} of the payment table is not a whole number")
        if not paid <= share <= 1:  # also refuses nan
            raise ValueError(f"the payment table has {share} at day {day}; shares rise from 0 to at most 1")
        paid = share
    if paid == 0:
        raise ValueError("the payment table says that nobody ever pays")


def _stretch(table: Mapping[int, float], median_late: int) -> dict[int, float]:
    """Scale the days above 0 so that half is reached exactly at `median_late`."""
    if median_late < 1 or median_late != int(median_late):
        raise ValueError(f"median_late is {median_late}; it must be whole days, at least 1 (else: a table)")
    if max(table.values()) < 0.5:
        raise ValueError("there is no median where half of all invoices are bad debt: lower bad_debt")
    days, shares = list(table), list(table.values())
    factor = median_late / float(np.interp(0.5, shares, days))
    stretched = {day: share for day, share in table.items() if day <= 0}
    for day, share in table.items():
        if day > 0 and (scaled := math.floor(day * factor + 0.5)) != median_late:
            # Days that meet after rounding share one bucket end, the later one's share.
            stretched[scaled] = max(share, stretched.get(scaled, 0.0))
    return {**stretched, int(median_late): 0.5}
