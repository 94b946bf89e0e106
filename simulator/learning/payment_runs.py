"""Learn on which days a company's customers pay: weekdays, ends of months, holidays."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.payment_days import PaymentDays, day_kinds, month_ends
from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

WAIT: Final = 14
"""Days that an ordinary payment is thought to wait at most until it goes out."""
WAIT_FOR_END: Final = 35
FEWEST: Final = 100
"""Payments from which on their days are looked at."""
_MOST: Final = 10_000
_ROUNDS: Final = 60
_END_DAYS: Final = (0, 1, 3)
_KINDS: Final = 8
_LOWEST, _DAYS = -400, 1400
"""Lowest day past due and number of days of the law."""


@dataclass(frozen=True, eq=False)
class Runs:
    """What was learned of the days on which payments go out.

    Attributes:
        days: the weights, None where every day is as good as another.
        ready: day past due on which each payment was ready, integers[payment]; one drawn from its posterior.
    """

    days: PaymentDays | None
    ready: Integers


def fit_runs(paid_day: Integers, late: Integers, country: str | None, u: Floats) -> Runs:
    """Learn the weights of payment days by maximum likelihood (EM), if they explain the record better.

    A payment of day d was ready on day d − k with chance ∝ f(late − k)·w(d)·Π (1 − w(j)), j = d − k … d − 1,
    f smooth over a week, w of its weekday, or for a share of the payments of the end of the month. The
    weights are scaled so that the highest is 1. What does not pay for its number of figures in likelihood
    stays out (BIC).

    Args:
        paid_day: ordinals.
        late: days past due of each payment.
        country: whose holidays may count, or None.
        u: uniforms, one a payment, that draw the days on which each was ready.
    """
    if len(paid_day) < FEWEST:
        return Runs(None, late)
    recent = np.argsort(paid_day, kind="stable")[-_MOST:]
    seen = _Payments.of(paid_day[recent], late[recent], country, 0)
    best, best_score = None, float(np.log(_smoothed(seen.counts())[seen.at[:, 0]]).sum())
    for end_days in _END_DAYS:
        if end_days:
            seen = _Payments.of(paid_day[recent], late[recent], country, end_days)
        for by_weekday in (True, False) if end_days else (True,):
            model = _Model(by_weekday, end_days)
            figures = (len(np.unique(seen.kinds[:, 0])) - 1) * by_weekday + (end_days > 0)
            score = model.fit(seen) - 0.5 * figures * math.log(len(recent))
            if score > best_score:
                best, best_score = model, score
    if best is None:
        return Runs(None, late)
    weights = best.weights.tolist()
    days = PaymentDays(
        tuple(weights[:7]), best.share, weights[7] if country else 0.0, country, max(best.end_days, 1)
    )
    ordinary, ends = best.shares(_Payments.of(paid_day, late, country, best.end_days))
    share = np.cumsum(np.concatenate((ordinary, ends), axis=1), axis=1)
    place = (u[:, None] * share[:, -1:] > share).sum(axis=1)
    return Runs(days, late - np.where(place > WAIT, place - WAIT - 1, place))


@dataclass(frozen=True, eq=False)
class _Payments:
    """Payments with the days before them.

    Attributes:
        kinds: of the day of each and of those before it, integers[payment, days back].
        at: place of day past due − days back in the law, integers[payment, days back to 35].
        ends: chance to go out that day of one that waits for the end of a month, ready so many days before.
    """

    kinds: Integers
    at: Integers
    ends: Floats

    @staticmethod
    def of(paid_day: Integers, late: Integers, country: str | None, end_days: int) -> _Payments:
        """Return payments of some days; `end_days` business days make up a month's end."""
        first, last = int(paid_day.min()) - WAIT_FOR_END, int(paid_day.max())
        back = paid_day[:, None] - first - np.arange(WAIT_FOR_END + 1)
        weight = month_ends(first, last, country, end_days)[back]
        passed = np.cumprod(1 - weight[:, 1:], axis=1)
        ends = weight[:, :1] * np.concatenate((np.ones((len(late), 1)), passed), axis=1)
        at = np.clip(late[:, None] - np.arange(WAIT_FOR_END + 1) - _LOWEST, 0, _DAYS - 1)
        return _Payments(day_kinds(first, last, country)[back[:, : WAIT + 1]], at, ends)

    def counts(self) -> Floats:
        """Return how many were paid on each day past due."""
        return np.bincount(self.at[:, 0], minlength=_DAYS).astype(np.float64)


class _Model:
    """Payments that were ready on a day of a smooth law and went out on a day that took them.

    Args:
        by_weekday: whether weekdays and holidays have weights of their own.
        end_days: business days over which payments go out that wait for the end of the month; 0: none waits.
    """

    def __init__(self, by_weekday: bool, end_days: int) -> None:
        self.by_weekday, self.end_days = by_weekday, end_days
        self.share = 0.1 if end_days else 0.0
        self.weights, self.smooth = np.ones(_KINDS), np.ones(_DAYS)

    def shares(self, seen: _Payments) -> tuple[Floats, Floats]:
        """Return the joint chances of each payment and of the day on which it was ready.

        Returns:
            floats[payment, days back] of ordinary ones, and of those that wait for the end of the month.
        """
        weight = np.clip(self.weights[seen.kinds], 1e-9, 1.0)
        chances = (1 - self.share) * weight[:, :1] * self.smooth[seen.at[:, : WAIT + 1]]
        chances[:, 1:] *= np.cumprod(1 - np.minimum(weight[:, 1:], 1 - 1e-9), axis=1)
        return chances, self.share * seen.ends * self.smooth[seen.at]

    def fit(self, seen: _Payments) -> float:
        """Fit weights, share and law, and return the log likelihood."""
        taken = np.bincount(seen.kinds[:, 0], minlength=_KINDS)
        self.smooth = _smoothed(seen.counts())
        if self.by_weekday:
            self.weights = taken / np.maximum(np.bincount(seen.kinds.ravel(), minlength=_KINDS), 1)
            self.weights /= self.weights.max()
        for _ in range(_ROUNDS):
            ordinary, ends = self.shares(seen)
            total = ordinary.sum(axis=1) + ends.sum(axis=1)
            ordinary, ends = ordinary / total[:, None], ends / total[:, None]
            counts = np.bincount(seen.at[:, : WAIT + 1].ravel(), ordinary.ravel(), minlength=_DAYS)
            if self.share:
                counts = counts + np.bincount(seen.at.ravel(), ends.ravel(), minlength=_DAYS)
                self.share = float(ends.sum() / len(total))
            self.smooth = _smoothed(counts)
            if self.by_weekday:
                self._reweigh(seen, ordinary)
        return float(np.log(sum(part.sum(axis=1) for part in self.shares(seen))).sum())

    def _reweigh(self, seen: _Payments, ordinary: Floats) -> None:
        """Set each weight to the ordinary payments on its days over those that were ready for them."""
        taken = np.bincount(seen.kinds[:, 0], ordinary.sum(axis=1), minlength=_KINDS)
        # Waiting on the day k back: whoever was ready then or before.
        waiting = ordinary[:, ::-1].cumsum(axis=1)[:, ::-1]
        ready = np.bincount(seen.kinds.ravel(), waiting.ravel(), minlength=_KINDS)
        # Half a payment more for each kind, so that few do not make a weight of 0 or 1.
        weight = (taken + 0.5 * taken.sum() / ready.sum()) / (ready + 0.5)
        weight = np.where(weight < 0.01, 0.0, weight)
        self.weights = np.minimum(weight / weight[:7].max(), 1.0)


def _smoothed(counts: NDArray[np.generic]) -> Floats:
    """Return a law from counts by day, averaged over a week, nowhere 0."""
    smooth = np.convolve(np.asarray(counts, np.float64), np.full(7, 1 / 7), mode="same") + 1e-6
    return np.asarray(smooth / smooth.sum())
