"""Follow a level that moves from month to month, and say where it is now and how surely."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_DRIFTS: Final = np.array([0.0, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4])
_SHOCKS: Final = np.array([0.0, 0.04, 0.08, 0.12, 0.17, 0.23, 0.3, 0.4, 0.55])
_DRIFT_SCALE, _SHOCK_SCALE = 0.1, 0.15
"""Means of the exponential priors of the standard deviations."""
_WIDE: Final = 1.0
"""Variance of the level before anything is seen."""


def level_ahead(seen: Floats, cov: Floats, ahead: int = 1) -> tuple[float, float]:
    """Return mean and variance of the effect of a month after those that were seen.

    Effect = level + shock; the level moves by N(0, q) a month, the shock is N(0, r). Both spreads have
    exponential priors and are averaged over a grid by their marginal likelihood.

    Args:
        seen: estimate of each month, floats[month], in order without gaps.
        cov: its error, floats[month, month].
        ahead: months after the last one.
    """
    months = np.arange(1, len(seen) + 1, dtype=np.float64)
    common = np.minimum(months[:, None], months[None, :])
    logs, means, variances = [], [], []
    for drift in _DRIFTS:
        for shock in _SHOCKS:
            level = _WIDE + drift**2 * common
            total = level + shock**2 * np.eye(len(seen)) + cov
            root = np.linalg.cholesky(total)
            white = np.linalg.solve(root, seen)
            cross = np.linalg.solve(root, _WIDE + drift**2 * months)
            logs.append(
                -0.5 * white @ white
                - np.log(np.diag(root)).sum()
                - drift / _DRIFT_SCALE
                - shock / _SHOCK_SCALE
            )
            means.append(cross @ white)
            variances.append(_WIDE + drift**2 * (months[-1] + ahead) - cross @ cross + shock**2)
    weight = np.exp(np.array(logs) - max(logs))
    weight /= weight.sum()
    mean = float(weight @ means)
    return mean, float(weight @ (np.array(variances) + (np.array(means) - mean) ** 2))
