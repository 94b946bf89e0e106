"""Weigh the stated close date of a deal against what its funnel says (MODEL 2)."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.records import dataclass

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
    """How what is stated of a deal's close moves its time to close, if it is won.

    Attributes:
        rule: `blend` of both, `stages` alone, or the `stated` date alone.
        slip: factor on the stated days.
        delay_days: calendar days added to simulated closes.
        spread: s, of the evidence that a stated date is; small where dates are kept.
        overdue: factor on the days to close, plus c, where the stated date has passed; 1 tells nothing.
        pushes: power of 1 + the number of times that the date was moved, a factor likewise; 0 tells nothing.
    """

    rule: Rule = "blend"
    slip: float = 1.25
    delay_days: int = 0
    spread: float = SPREAD
    overdue: float = 1.0
    pushes: float = 0.0

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

    def line(
        self, stated_days: ArrayLike, pushes: ArrayLike, mean: ArrayLike, sd: ArrayLike
    ) -> tuple[Floats, Floats]:
        """Return (factor, power) of T' + c = factor·(T + c)^power, the time to close by that of the walk.

        ln(T'+c) = (1−κ)·ln(slip·d + c) + κ·μ + sqrt(κ)·(ln(T+c) − μ) + ln(overdue)·[d ≤ 0]
        + pushes·ln(1 + n)·[there is a date]; a factor at power 0 is T' = max(slip·d, 1), the rule `stated`.

        Args:
            stated_days: d, operational days, NaN without a date.
            pushes: n, how often the date was moved; below 0 where not known.
            mean: μ, mean of ln(T + c) of the walk given a win.
            sd: v, its standard deviation.
        """
        days, mu = np.asarray(stated_days, dtype=np.float64), np.asarray(mean, dtype=np.float64)
        k = self.weight(days, sd)
        d = np.where(k < 1, days, 0.0)
        held = (1 - k) * np.log(self.slip * d + SHIFT) + (k - np.sqrt(k)) * mu
        if self.rule == "blend":
            moved = self.pushes * np.log1p(np.maximum(np.asarray(pushes, dtype=np.float64), 0.0))
            held = held + np.where(
                np.isnan(days), 0.0, moved + np.where(days <= 0, np.log(self.overdue), 0.0)
            )
        return np.where(k == 0, np.maximum(self.slip * d, 1.0), np.exp(held)), np.sqrt(k)


def retimed(times: ArrayLike, factor: ArrayLike, power: ArrayLike) -> Floats:
    """Return T', the operational days to close, ≥ 1, of times T of the walk; T itself on the line T' = T.

    Args:
        times: T, whole operational days.
        factor: of the line.
        power: of the line.
    """
    t, a, b = (np.asarray(x, dtype=np.float64) for x in (times, factor, power))
    result = a * (t + SHIFT) ** b - SHIFT
    if not b.all():
        result = np.where(b == 0, a, result)
    return np.asarray(np.where((a == 1) & (b == 1), t, np.maximum(result, 1.0)))


def latest(until: ArrayLike, factor: ArrayLike, power: ArrayLike) -> Floats:
    """Return T beyond which `retimed` surely exceeds some days, the inverse of its equation.

    Args:
        until: T' in question, operational days.
        factor: of the line.
        power: of the line; infinite days are returned where it is 0, as T' does not depend on T there.
    """
    days, a, b = (np.asarray(x, dtype=np.float64) for x in (until, factor, power))
    logs = np.log((days + SHIFT) / a) / np.where(b > 0, b, 1.0)
    # One day more, so that rounding never cuts a walk that would have counted.
    return np.asarray(np.where(b > 0, np.exp(np.minimum(logs, 50.0)) - SHIFT + 1, np.inf))
