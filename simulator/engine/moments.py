"""Work out what the walk says about the time to close, for weighing it against the stated date (MODEL 2)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.close_dates import AGE_GRID, SHIFT
from simulator.distributions import LONGEST, Distribution
from simulator.funnel import Funnel, winning_times

Floats = NDArray[np.float64]


@lru_cache(maxsize=64)
def log_time_moments(funnel: Funnel) -> tuple[Floats, Floats]:
    """Return μ and v, mean and sd of ln(T + c) given a win, by stage and age on the grid, floats[S, grid].

    T = J + G: what is left of the present stay (whole days, given the age) and the time from the next stage
    to won. E[ln(j + G + c)^n] is one correlation a stage; the laws of J given an age are shifts of one array.
    A run compiles its funnels more than once, for its check and for other markets, and so they are kept.
    """
    times = np.vstack((winning_times(funnel), np.eye(1, LONGEST)))
    logs = np.log(np.arange(2 * LONGEST) + SHIFT)
    size = 4 * LONGEST
    spectrum = np.conj(np.fft.rfft(times, size))
    powers = [np.fft.irfft(spectrum * np.fft.rfft(logs**n, size), size)[:, :LONGEST] for n in (1, 2)]
    moments = np.zeros((2, len(funnel.stages), len(AGE_GRID)))
    left: dict[Distribution, Floats] = {}  # stages often share a law
    for s in range(len(funnel.stages)):
        weights = funnel.first_moves(s, AGE_GRID) * funnel.target_chances
        with np.errstate(invalid="ignore", divide="ignore"):
            weights = np.nan_to_num(weights / weights.sum(axis=1, keepdims=True))
        for k in np.flatnonzero(weights.any(axis=0)):
            law = funnel.stays[s][k]
            assert law is not None
            if law not in left:
                left[law] = _remaining_laws(law)
            for n in (0, 1):
                moments[n, s] += weights[:, k] * (left[law] @ powers[n][k])
    mean = moments[0]
    return mean, np.sqrt(np.maximum(moments[1] - mean**2, 0.0))


def _remaining_laws(law: Distribution) -> Floats:
    """Return `whole_days(law, age)` for every age of the grid, floats[grid, days]."""
    ages = AGE_GRID.astype(np.int64)
    reach = int(ages[-1]) + LONGEST
    half, whole = law.sf(np.arange(reach) + 0.5), law.sf(ages)
    result = np.zeros((len(ages), LONGEST))
    for i, age in enumerate(ages):
        if whole[i] <= 0:
            result[i, 1] = 1.0
            continue
        survivors = half[age : age + LONGEST] / whole[i]
        survivors[-1] = 0.0
        result[i] = -np.diff(survivors, prepend=1.0)
    return result
