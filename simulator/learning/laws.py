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


def log_normal_stays(
    mu: Floats, log_sigma: Floats, unclosed: Floats | None = None, seen: float = _LAST
) -> StayDraws:
    """Return hazards whose survivors agree with those of ln T ~ N(mu, sigma²) at each edge.

    The last piece goes on at the law's own hazard there. Lost deals of which a share is never closed are
    there as R + share·(1 − R); beyond what has been seen these go too, in as long a time again.

    Args:
        mu: floats[draw, k].
        log_sigma: floats[draw, k].
        unclosed: share of the last target that is never closed, floats[draw]; none without.
        seen: operational days for which stays were seen.
    """
    edges = half_days()
    with np.errstate(divide="ignore"):
        scores = (np.log(edges) - mu[..., None]) * np.exp(-log_sigma)[..., None]
    logs = special.log_ndtr(-scores)
    if unclosed is not None:
        gone = np.exp(-np.maximum(edges - seen, 0.0) / seen)
        with np.errstate(divide="ignore"):
            never = np.log(unclosed)[:, None] + special.log_ndtr(scores[:, -1]) + np.log(gone)
        logs[:, -1] = np.logaddexp(logs[:, -1], never)
    rates = np.empty_like(logs)
    rates[..., :-1] = -np.diff(logs, axis=-1) / np.diff(edges)
    last = scores[..., -1]
    density = -(last**2) / 2 - np.log(2 * np.pi) / 2 - log_sigma - np.log(edges[-1])
    rates[..., -1] = np.exp(np.clip(density - special.log_ndtr(-last), -20.0, 20.0))
    if unclosed is not None:
        rates[:, -1, -1] = np.maximum(rates[:, -1, -2], _LEAST_RATE)
    return StayDraws(edges, np.clip(rates, _LEAST_RATE, _MOST_RATE))
