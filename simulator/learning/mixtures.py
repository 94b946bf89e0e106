"""Give the likelihood of stays under log-normal laws by target: for many chains at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.learning.grouped import EARLY_DAYS, SegmentStays

Floats = NDArray[np.float64]

_LEAST = 1e-300
_LOG_ENDS = np.log(np.arange(EARLY_DAYS) + 0.5)


def shares(scores: Floats) -> Floats:
    """Return p = softmax(g) over the last axis."""
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def log_likelihood(theta: Floats, stays: SegmentStays, unclosed: Floats | float = 0.0) -> Floats:
    """Return the log-likelihood of one segment's stays at many parameters, floats[chain].

    An end in the cell (a, b] to k tells p_k·(F_k(b) − F_k(a)); one seen alive tells Σ_k p_k·R_k; one first
    seen alive divides by that (left truncation). Of lost deals a share is never closed: they stay alive.

    Args:
        theta: (g, mu, ln sigma) by target, floats[chain, 3, k], lost the last; p = softmax(g),
            ln T ~ N(mu, sigma²).
        stays: counts.
        unclosed: that share, floats[chain].
    """
    p = shares(theta[:, 0])
    mu, log_sigma = theta[:, 1], theta[:, 2]
    total = np.log(np.maximum(p, _LEAST)) @ stays.ended
    number, sums, squares, within = stays.late.T
    if number.any():
        deviance = squares - 2 * mu * sums + mu**2 * number
        variance = np.exp(2 * log_sigma) + within / np.maximum(number, _LEAST)
        total -= (deviance / variance + np.log(variance) * number).sum(axis=1) / 2
    if len(stays.ages):
        alive, more = survivors(theta, stays)
        total += np.log(np.maximum(alive + np.reshape(unclosed, (-1, 1)) * more, _LEAST)) @ stays.alive
    if stays.lost is not None:
        total += stays.lost * np.log1p(-np.asarray(unclosed))
    days = np.flatnonzero(stays.early.any(axis=0))
    if len(days):
        counts = stays.early[:, days]
        total += (np.log(_cells(mu, log_sigma, int(days[-1]))[..., days]) * counts).sum(axis=(1, 2))
    return np.asarray(total)


def survivors(theta: Floats, stays: SegmentStays) -> tuple[Floats, Floats]:
    """Return Σ_k p_k·R_k, and how much more are alive if no lost deal is closed, floats[chain, age]."""
    p, mu, log_sigma = shares(theta[:, 0]), theta[:, 1], theta[:, 2]
    scores = (np.log(stays.ages) - mu[..., None]) * np.exp(-log_sigma)[..., None]
    alive = special.ndtr(-scores)
    more = p[:, -1:] * (1 - alive[:, -1]) if stays.lost is not None else np.zeros_like(alive[:, -1])
    return np.einsum("ck,cka->ca", p, alive), more


def _cells(mu: Floats, log_sigma: Floats, last: int) -> Floats:
    """Return the chances of 0 … last whole days, floats[chain, k, day]."""
    scores = (_LOG_ENDS[: last + 1] - mu[..., None]) * np.exp(-log_sigma)[..., None]
    result = special.ndtr(scores)
    result[..., 1:] -= result[..., :-1].copy()
    return np.asarray(np.maximum(result, _LEAST))
