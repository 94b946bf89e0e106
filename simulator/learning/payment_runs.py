"""Learn on which days a company's customers pay: weekdays, ends of months, holidays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.payment_days import PaymentDays, day_kinds

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

WAIT: Final = 14
"""Days that a payment is thought to wait at most until it goes out."""
FEWEST: Final = 100
"""Payments from which on their days are looked at."""
_MOST: Final = 10_000
_ROUNDS: Final = 60
_KINDS: Final = 15


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
    f smooth over a week. The weights are scaled so that the highest is 1, and stay out where their gain in
    likelihood does not pay for their number (BIC).

    Args:
        paid_day: ordinals.
        late: days past due of each payment.
        country: whose holidays may count, or None.
        u: uniforms, one a payment, that draw the days on which each was ready.
    """
    if len(paid_day) < FEWEST:
        return Runs(None, late)
    recent = np.argsort(paid_day, kind="stable")[-_MOST:]
    kinds = _kinds(paid_day, country)
    plain = _Model(kinds[recent], late[recent], np.zeros(_KINDS, dtype=np.int64))
    best, best_score = None, plain.start()
    by_weekday = np.arange(_KINDS) % 7
    by_weekday[14] = 7  # holidays
    with_ends = np.where((np.arange(_KINDS) >= 7) & (np.arange(_KINDS) < 14), 8, by_weekday)
    for groups in (by_weekday, with_ends):
        model = _Model(kinds[recent], late[recent], groups)
        score = model.fit() - 0.5 * (len(np.unique(groups[kinds[recent]])) - 1) * math.log(len(recent))
        if score > best_score:
            best, best_score = model, score
    if best is None:
        return Runs(None, late)
    weights = best.weights
    end = float(weights[7]) if best.groups[7] == 8 else None
    days = PaymentDays(tuple(weights[:7].tolist()), end, float(weights[14]) if country else 0.0, country)
    share = np.cumsum(_Model(kinds, late, best.groups, weights, best.smooth).shares(), axis=1)
    waited = (u[:, None] * share[:, -1:] > share).sum(axis=1)
    return Runs(days, late - waited)


def _kinds(paid_day: Integers, country: str | None) -> Integers:
    """Return the kind of the day of each payment and of the days before it, integers[payment, days back]."""
    first, last = int(paid_day.min()) - WAIT, int(paid_day.max())
    calendar = day_kinds(first, last, country)
    return np.asarray(calendar[paid_day[:, None] - first - np.arange(WAIT + 1)])


class _Model:
    """Payments that were ready on a day of a smooth law and went out on a day that took them.

    Args:
        kinds: of the day of each payment and of those before it, integers[payment, days back].
        late: days past due of each payment.
        groups: of each kind of day, those that share one weight.
        weights: of each kind of day, if they are known.
        smooth: law of the day past due on which payments are ready, if it is known.
    """

    def __init__(
        self, kinds: Integers, late: Integers, groups: Integers, weights: Floats | None = None,
        smooth: Floats | None = None,
    ) -> None:  # fmt: skip
        self.kinds, self.groups = kinds, groups
        self._at = np.maximum(late[:, None] - np.arange(WAIT + 1), -400).clip(-400, 999) + 400
        self._groups = groups[kinds]
        self.weights = np.ones(_KINDS) if weights is None else weights
        self.smooth = _smoothed(np.bincount(self._at[:, 0], minlength=1400)) if smooth is None else smooth

    def start(self) -> float:
        """Return the log likelihood where every day takes payments."""
        return float(np.log(self.smooth[self._at[:, 0]]).sum())

    def shares(self) -> Floats:
        """Return the joint chances of the payment and of each day on which it was ready, floats[…, back]."""
        weight = np.clip(self.weights[self.kinds], 1e-9, 1.0)
        passed = np.cumprod(1 - np.minimum(weight[:, 1:], 1 - 1e-9), axis=1)
        chances = weight[:, :1] * self.smooth[self._at]
        chances[:, 1:] *= passed
        return np.asarray(chances)

    def fit(self) -> float:
        """Fit weights and law, and return the log likelihood."""
        counts = np.bincount(self._groups.ravel(), minlength=9)
        taken = np.bincount(self._groups[:, 0], minlength=9)
        weight = np.where(counts > 0, taken / np.maximum(counts, 1), 0.0)
        self.weights = (weight / weight.max())[self.groups]
        for _ in range(_ROUNDS):
            shares = self.shares()
            shares /= shares.sum(axis=1, keepdims=True)
            self.smooth = _smoothed(np.bincount(self._at.ravel(), shares.ravel(), minlength=1400))
            # Waiting on the day k back: whoever was ready then or before.
            waiting = shares[:, ::-1].cumsum(axis=1)[:, ::-1]
            ready = np.bincount(self._groups.ravel(), waiting.ravel(), minlength=9)
            # One payment more for each kind, so that few do not make a weight of 0 or 1.
            weight = (taken + 0.5 * taken.sum() / ready.sum()) / (ready + 0.5)
            weight = np.where(weight < 0.01, 0.0, weight)
            self.weights = np.minimum(weight / weight[np.unique(self.groups)].max(), 1.0)[self.groups]
        return float(np.log(self.shares().sum(axis=1)).sum())


def _smoothed(counts: NDArray[np.generic]) -> Floats:
    """Return a law from counts by day, averaged over a week, nowhere 0."""
    smooth = np.convolve(counts.astype(np.float64), np.full(7, 1 / 7), mode="same") + 1e-6
    return np.asarray(smooth / smooth.sum())
