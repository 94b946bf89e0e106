"""Weigh the stated close date of a deal against what its funnel says (MODEL 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

SHIFT: Final = 7.0
"""c: days added before taking logarithms."""
SPREAD: Final = 0.8
"""s: spread of the evidence that a stated date is, where it is not learned."""
AGE_GRID: Final = np.concatenate((np.arange(0, 16), np.round(16 * 2 ** (np.arange(33) / 4)))).astype(float)
"""Ages in operational days at which μ and v are computed; linear between, constant beyond 4096."""

Rule = Literal["blend", "stages", "stated"]


@dataclass(frozen=True)
class CloseDateRule:
    """How the stated date moves the time to close of a deal that is won.

    Attributes:
        rule: `blend` of both, `stages` alone, or the `stated` date alone.
        slip: factor on the stated days.
        delay_days: calendar days added to simulated closes.
        spread: s, of the evidence that a stated date is; small where dates are kept.
    """

    rule: Rule = "blend"
    slip: float = 1.25
    delay_days: int = 0
    spread: float = SPREAD

    def weight(self, stated_days: ArrayLike, sd: ArrayLike) -> Floats:
        """Return κ = s²/(s²+v²), the weight of the walk; 1 without a date, or with an overdue one.

        Args:
            stated_days: operational days to the stated date, NaN without one.
            sd: v, standard deviation of ln(T + c) of the walk given a win.
        """
        d, v = np.asarray(stated_days, dtype=np.float64), np.asarray(sd, dtype=np.float64)
        known = d > 0
        if self.rule == "stages":
            return np.ones(np.broadcast_shapes(d.shape, v.shape))
        if self.rule == "stated":
            return np.where(known, 0.0, 1.0) * np.ones(v.shape)
        return np.where(known & (v > 0), self.spread**2 / (self.spread**2 + v**2), 1.0)

    def blended(self, times: ArrayLike, stated_days: ArrayLike, mean: ArrayLike, weight: ArrayLike) -> Floats:
        """Return T', the operational days to close, of times T of the walk.

        ln(T'+c) = (1−κ)·ln(slip·d + c) + κ·μ + sqrt(κ)·(ln(T+c) − μ), T' ≥ 1 day; T itself where κ = 1;
        max(slip·d, 1) where κ = 0, the rule `stated`.

        Args:
            times: T, whole operational days.
            stated_days: d, NaN without a date.
            mean: μ, mean of ln(T + c) given a win.
            weight: κ of the deal.
        """
        t, k = np.asarray(times, dtype=np.float64), np.asarray(weight, dtype=np.float64)
        d = np.where(k < 1, np.asarray(stated_days, dtype=np.float64), 0.0)
        mu = np.asarray(mean, dtype=np.float64)
        logs = (1 - k) * np.log(self.slip * d + SHIFT) + k * mu + np.sqrt(k) * (np.log(t + SHIFT) - mu)
        result = np.where(k == 0, self.slip * d, np.exp(logs) - SHIFT)
        return np.asarray(np.where(k == 1, t, np.maximum(result, 1.0)))

    def latest(self, until: ArrayLike, stated_days: ArrayLike, mean: ArrayLike, weight: ArrayLike) -> Floats:
        """Return T beyond which `blended` surely exceeds some days, the inverse of its equation.

        Args:
            until: T' in question, operational days.
            stated_days: d, NaN without a date.
            mean: μ.
            weight: κ; infinite days are returned where it is 0, as T' does not depend on T there.
        """
        k, mu = np.asarray(weight, dtype=np.float64), np.asarray(mean, dtype=np.float64)
        d = np.where(k < 1, np.asarray(stated_days, dtype=np.float64), 0.0)
        root = np.sqrt(np.where(k > 0, k, 1.0))
        held = (1 - k) * np.log(self.slip * d + SHIFT) + k * mu
        logs = (np.log(np.asarray(until, dtype=np.float64) + SHIFT) - held) / root + mu
        # One day more, so that rounding never cuts a walk that would have counted.
        return np.asarray(np.where(k > 0, np.exp(np.minimum(logs, 50.0)) - SHIFT + 1, np.inf))
