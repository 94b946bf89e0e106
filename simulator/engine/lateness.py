"""Draw how late invoices are paid: by their customer's score, that of the trial, and luck of their own."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.payments import PaymentBehaviour
from simulator.records import dataclass
from simulator.terms import Discount

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]
Draw = Callable[[str], Floats]
"""Gives the uniforms of a purpose, one an invoice."""

_FARTHEST: Final = 11.5
"""Scores farther out are those of the first or the last day."""


@dataclass(frozen=True)
class Written:
    """Invoices as they are written; arrays of equal length.

    Attributes:
        day: on which each is written.
        due_day: on which it is due.
        gross: contract minor units.
        origin: date of day 0.
        discount: early-payment discount on offer.
        failed: day from which the customer does not pay, or None.
        last_day: of the horizon.
    """

    day: Integers
    due_day: Integers
    gross: Integers
    origin: np.datetime64
    discount: Discount | None = None
    failed: Integers | None = None
    last_day: int = 0

    @property
    def origin_day(self) -> int:
        """The proleptic ordinal of day 0."""
        return int((self.origin - np.datetime64("0001-01-01", "D")).astype(np.int64)) + 1

    @property
    def weekday(self) -> Integers:
        """The weekday of each due day, 0 for Monday."""
        monday = np.datetime64("1970-01-05", "D")
        return np.asarray(((self.origin - monday).astype(np.int64) + self.due_day) % 7)


def late_days(
    payment: PaymentBehaviour, written: Written, draw: Draw, joint: Floats | None,
    so_far: Integers | None = None, known: Bools | None = None,
) -> Integers:  # fmt: skip
    """Draw the days past due on which invoices are paid, `NEVER` for bad debt.

    Args:
        payment: behaviour of the class.
        written: the invoices.
        draw: uniforms by purpose.
        joint: the part of their scores that is not their own, or None.
        so_far: days past due by which each is known to be unpaid, or None for new ones.
        known: whose customers' scores are learned, so that they tell already that these invoices are open;
            None for nobody.
    """
    if joint is None and so_far is None and not payment.run_days:
        return payment.late_days(draw("lateness"))
    own = special.ndtri(draw("lateness"))
    invoices = _Invoices(own, joint, so_far, known)
    if not payment.run_days:
        return invoices.late_days(payment)
    late, weekday = np.empty(len(own), dtype=np.int64), written.weekday
    for day, behaviour in enumerate(payment.by_weekday):
        some = np.flatnonzero(weekday == day)
        late[some] = invoices.only(some).late_days(behaviour)
    return late


def waiting(
    payment: PaymentBehaviour, written: Written, draw: Draw, joint: Floats | None, known: Bools | None
) -> tuple[Draw, Integers]:
    """Decide which invoices that are unpaid at the end of day 0 wait for the end of a month.

    Each may have been ready since the last day on which payments of its sort went out. The chance that it
    waits is that of its sort given that it is unpaid; what is left of the uniform decides the day.

    Returns:
        The draws to go on with, and for how many days each invoice may have been ready.
    """
    days, nothing = payment.days, np.zeros(len(written.due_day), dtype=np.int64)
    if days is None:
        return draw, nothing
    idle = days.idle(written.origin_day), days.idle_at_end(written.origin_day)
    bounds = [special.ndtri(payment.cdf(-written.due_day - n)) for n in idle]
    middle, sd = nothing.astype(np.float64), np.ones(len(nothing))
    if known is not None and joint is not None:
        own = math.sqrt(max(1 - payment.shared - payment.common, 1e-12))
        middle, sd = np.where(known, joint, 0.0), np.where(known, own, 1.0)
    chance = days.waiting(*(special.ndtr((middle - bound) / sd) for bound in bounds))
    u, share = draw("run"), days.month_end
    waits = u < chance
    with np.errstate(divide="ignore", invalid="ignore"):
        again = np.where(waits, share * u / chance, share + (1 - share) * (u - chance) / (1 - chance))

    def go_on(purpose: str) -> Floats:
        return again if purpose == "run" else draw(purpose)

    return go_on, np.where(waits, idle[1], idle[0])


@dataclass(frozen=True)
class _Invoices:
    """Invoices that draw how late they are paid: the arguments of `late_days`."""

    own: Floats
    joint: Floats | None
    so_far: Integers | None
    known: Bools | None

    def only(self, some: Integers) -> _Invoices:
        """Return some of them."""
        columns = (self.own, self.joint, self.so_far, self.known)
        return _Invoices(*(None if c is None else c[some] for c in columns))  # type: ignore[arg-type]

    def late_days(self, payment: PaymentBehaviour) -> Integers:
        """Draw the days past due under one law."""
        score = self.own
        if self.joint is not None:
            score = self.joint + math.sqrt(1 - payment.shared - payment.common) * self.own
        if self.so_far is None:
            return payment.late_days_of(score)
        late = payment.residual_late_days(special.ndtr(score), self.so_far)
        if self.known is not None and self.known.any():
            assert self.joint is not None
            some = np.flatnonzero(self.known)
            late[some] = _open(payment, self.joint[some], self.own[some], self.so_far[some])
        return late


def _open(payment: PaymentBehaviour, joint: Floats, own: Floats, so_far: Integers) -> Integers:
    """Draw the days past due of invoices known to be unpaid, of customers whose scores are learned.

    Only each invoice's own luck is held to what is known: joint + sd·own' > Φ⁻¹(cdf(so far)),
    sd² = 1 − shared − common, own' a normal above that bound.
    """
    sd = math.sqrt(1 - payment.shared - payment.common)
    bound = special.ndtri(payment.cdf(so_far))
    score = joint
    if sd > 1e-6:
        score = joint - sd * special.ndtri(special.ndtr(-own) * special.ndtr((joint - bound) / sd))
    score = np.clip(np.maximum(score, bound), -_FARTHEST, _FARTHEST)
    return np.maximum(payment.late_days_of(score), so_far + 1)
