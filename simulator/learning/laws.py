"""Write log-normal laws of many draws as hazards on common edges, as the engine takes them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.posterior import StayDraws

Floats = NDArray[np.float64]

_GROWTH: Final = 1.22
_FINE: Final = 4.5
_LAST: Final = 2000.0
_LEAST_RATE: Final = 1e-12
_MOST_RATE: Final = 1e3


def half_days() -> Floats:
    """Return the edges on which log-normal laws are written: half days, from day 5 on ever wider."""
    edges = [0.0, 0.5]
    while edges[-1] < _LAST:
        step = max(1.0, round(edges[-1] * (_GROWTH - 1))) if edges[-1] >= _FINE else 1.0
        edges.append(edges[-1] + step)
    return np.array(edges)


def log_normal_stays(mu: Floats, log_sigma: Floats) -> StayDraws:
    """Return hazards whose survivors agree with those of ln T ~ N(mu, sigma²) at each edge.

    The last piece goes on at the law's own hazard there.

    Args:
        mu: floats[draw, k].
        log_sigma: floats[draw, k].
    """
    edges = half_days()
    with np.errstate(divide="ignore"):
        scores = (np.log(edges) - mu[..., None]) * np.exp(-log_sigma)[..., None]
    logs = special.log_ndtr(-scores)
    rates = np.empty_like(logs)
    rates[..., :-1] = -np.diff(logs, axis=-1) / np.diff(edges)
    last = scores[..., -1]
    density = -(last**2) / 2 - np.log(2 * np.pi) / 2 - log_sigma - np.log(edges[-1])
    rates[..., -1] = np.exp(np.clip(density - logs[..., -1], -20.0, 20.0))
    return StayDraws(edges, np.clip(rates, _LEAST_RATE, _MOST_RATE))
