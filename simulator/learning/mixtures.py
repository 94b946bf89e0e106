"""Give the likelihood of stays under log-normal laws by target: for many chains at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.learning.grouped import EARLY_DAYS, SegmentStays

Floats = NDArray[np.float64]

_LEAST = 1e-300
_LEAST_LOG_SIGMA = -100.0
_LOG_ENDS = np.log(np.arange(EARLY_DAYS) + 0.5)


def shares(scores: Floats) -> Floats:
    """Return p = softmax(g) over the last axis."""
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def log_likelihood(theta: Floats, stays: SegmentStays) -> Floats:
    """Return the log-likelihood of one segment's stays at many parameters, floats[chain].

    An end in the cell (a, b] to k tells p_k·(F_k(b) − F_k(a)); one seen alive tells Σ_k p_k·R_k; one first
    seen alive divides by that (left truncation).

    Args:
        theta: (g, mu, ln sigma) by target, floats[chain, 3, k]; p = softmax(g), ln T ~ N(mu, sigma²).
        stays: counts.
    """
    p = shares(theta[:, 0])
    mu, log_sigma = theta[:, 1], theta[:, 2]
    total = np.log(np.maximum(p, _LEAST)) @ stays.ended
    number, sums, squares = stays.late.T
    if number.any():
        # Sheppard's correction would make equal stays vary less than nothing.
        deviance = np.maximum(squares - 2 * mu * sums + mu**2 * number, 0.0)
        precision = np.exp(-2 * np.maximum(log_sigma, _LEAST_LOG_SIGMA))
        total -= (deviance * precision / 2 + log_sigma * number).sum(axis=1)
    if len(stays.ages):
        scores = (np.log(stays.ages) - mu[..., None]) * np.exp(-log_sigma)[..., None]
        alive = np.einsum("ck,cka->ca", p, special.ndtr(-scores))
        total += np.log(np.maximum(alive, _LEAST)) @ stays.alive
    days = np.flatnonzero(stays.early.any(axis=0))
    if len(days):
        counts = stays.early[:, days]
        total += (np.log(_cells(mu, log_sigma, int(days[-1]))[..., days]) * counts).sum(axis=(1, 2))
    if stays.untouched.any():
        total += _composition(p, stays)
    return np.asarray(total)


def _composition(p: Floats, stays: SegmentStays) -> Floats:
    """Return the log-likelihood of which way forward, and of whether back, floats[chain]."""
    forward, back = stays.side > 0, stays.side < 0
    counts = stays.untouched
    logs = np.log(np.maximum(p, _LEAST))
    onward = np.log(np.maximum(p[:, forward].sum(axis=1), _LEAST))
    rest = np.log(np.maximum(1 - p[:, back].sum(axis=1), _LEAST))
    total = logs[:, forward] @ counts[forward] - counts[forward].sum() * onward
    return np.asarray(total + logs[:, back] @ counts[back] + counts[~back].sum() * rest)


def _cells(mu: Floats, log_sigma: Floats, last: int) -> Floats:
    """Return the chances of 0 … last whole days, floats[chain, k, day]."""
    scores = (_LOG_ENDS[: last + 1] - mu[..., None]) * np.exp(-log_sigma)[..., None]
    result = special.ndtr(scores)
    result[..., 1:] -= result[..., :-1].copy()
    return np.asarray(np.maximum(result, _LEAST))
