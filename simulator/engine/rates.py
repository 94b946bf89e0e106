"""Draw the rates of currencies: the scenario's steps, times one log-normal path a currency and trial."""

from __future__ import annotations

import calendar
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.currency import RateCurve
from simulator.engine.contracts import DayRates
from simulator.periods import Horizon
from simulator.streams import Streams, Words, uniforms

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def calendar_months(horizon: Horizon) -> tuple[tuple[str, ...], Floats, Integers]:
    """Return the calendar months of a forecast: names, middles in years from t0, and the month of each day.

    The middle is that of the month's days after the as-of day; the month of day 0 is the first one's.
    """
    names: list[str] = []
    middles, month_of_day = [], np.zeros(horizon.last_day + 1, dtype=np.int64)
    day = 1
    while day <= horizon.last_day:
        when = horizon.date_of(day)
        last = horizon.day_of(when.replace(day=calendar.monthrange(when.year, when.month)[1]))
        month_of_day[day : last + 1] = len(names)
        names.append(f"{when:%Y-%m}")
        middles.append((day - 1 + last) / 2 / 365.25)
        day = last + 1
    return tuple(names), np.array(middles), month_of_day


def day_rates(
    curve: RateCurve, code: str, horizon: Horizon, streams: Streams, offsets: Words
) -> DayRates:  # fmt: skip
    """Return the rates of a currency in some trials."""
    names, middles, month_of_day = calendar_months(horizon)
    by_day, path = curve.rate(code, np.arange(horizon.last_day + 1)), None
    if curve.volatility and code != curve.company:
        path = _path(curve.volatility, code, names, middles, streams, offsets)
    return DayRates(curve, code, by_day, path, month_of_day)


def _path(
    sigma: float, code: str, names: Sequence[str], middles: Floats, streams: Streams, offsets: Words
) -> Floats:
    """Return exp(σ·W − σ²·t/2) at the middle of each month, floats[month, trial]; its mean is 1."""
    news = np.stack(
        [
            special.ndtri(uniforms(np.uint64(streams.key("currency", f"{code}/{name}", "rate")) + offsets))
            for name in names
        ]
    )
    steps = np.sqrt(np.diff(middles, prepend=0.0))[:, None]
    walked = np.cumsum(steps * news, axis=0)
    return np.asarray(np.exp(sigma * walked - sigma**2 * middles[:, None] / 2))
