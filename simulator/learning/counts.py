"""Follow the rate behind monthly counts: level, steady and damped growth, and season, over their spreads."""

from __future__ import annotations

from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.records import dataclass
from simulator.streams import UniformRow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

AHEAD: Final = 12
"""Months ahead over which the level is followed."""
FEWEST_FOR_SEASON: Final = 13
"""Months of record from which on a season is looked for."""

_DAMPING: Final = 0.85
"""Share of a month's growth that goes on in the next."""
_LEVEL_SD, _GROWTH_SD, _STEADY_SD = 2.0, 0.15, 0.03
"""Of the level, the monthly growth that dies out and the one that goes on, before anything is seen."""
_DRIFTS: Final = (0.0, 0.05, 0.1, 0.2, 0.35)
_TURNS: Final = (0.0, 0.03, 0.08, 0.2)
_SEASONS: Final = (0.05, 0.15, 0.3, 0.6)
_DISPERSIONS: Final = (1.5, 3.0, 6.0, 12.0, 30.0, 200.0)
_DRIFT_SCALE, _TURN_SCALE, _SEASON_SCALE = 0.1, 0.05, 0.2
"""Means of the exponential priors of the standard deviations."""
_DISPERSION_PRIOR: Final = 4.0, 1.2
"""Median of κ and the standard deviation of its logarithm before anything is seen."""
_STEPS: Final = 25


@dataclass(frozen=True, eq=False)
class Path:
    """Draws of the rate of the months to come.

    Attributes:
        level: ln of the rate of an average month, floats[draw, month 0 … 11]; month 0 is the as-of day's.
        season: ln of the factor by calendar month, January first, floats[draw, 12]; 0 where none was sought.
        dispersion: κ, floats[draw].
    """

    level: Floats
    season: Floats
    dispersion: Floats

    def ordered(self, high: Floats) -> Path:
        """Return the same draws in another order: where `high` is high, so is the level.

        Args:
            high: floats[draw].
        """
        order = np.empty(len(high), dtype=np.int64)
        order[np.argsort(high)] = np.argsort(self.level[:, :3].mean(axis=1))
        return Path(self.level[order], self.season[order], self.dispersion[order])


def follow(
    counts: Integers, exposure: Floats, month: Integers, draws: int, row: UniformRow, seasonal: bool = True
) -> Path:
    """Draw the rates to come from their posterior given monthly counts.

    count_t ~ negative binomial(exposure_t·exp(level_t + season), κ);
    level_{t+1} = level_t + steady + growth_t + N(0, q), growth_{t+1} = .85·growth_t + N(0, r), seasons
    N(0, v). Without the steady part the level lags behind whoever grows or shrinks at one pace for long.
    Given q, r, v and κ the states have a normal posterior (Laplace); these four are averaged over a grid with
    their marginal likelihoods.

    Args:
        counts: of each month, the as-of day's last.
        exposure: share of each month that was seen.
        month: calendar month of each, 0 for January.
        draws: D.
        row: uniforms of its own.
        seasonal: whether a season is sought, given more than a year of counts.
    """
    months = len(counts)
    seasons = _SEASONS if seasonal and months >= FEWEST_FOR_SEASON else (0.0,)
    basis = _basis(months + AHEAD - 1)
    cells = [
        _Cell(counts, exposure, month, basis, *spreads)
        for spreads in product(_DRIFTS, _TURNS, seasons, _DISPERSIONS)
    ]
    weight = np.exp(np.array([cell.evidence for cell in cells]) - max(cell.evidence for cell in cells))
    # Systematic sampling: each cell gets its share of the draws up to one.
    places = (np.arange(draws) + row.uniforms(1)) / draws
    chosen = np.minimum(np.searchsorted(np.cumsum(weight / weight.sum()), places), len(cells) - 1)
    normals = special.ndtri(row.uniforms(draws, AHEAD + 12))
    level, season = np.empty((draws, AHEAD)), np.zeros((draws, 12))
    for c in np.unique(chosen).tolist():
        some = np.flatnonzero(chosen == c)
        mean, root = cells[c].ahead()
        found = mean + normals[some] @ root.T
        level[some], season[some] = found[:, :AHEAD], found[:, AHEAD:]
    kappa = np.array([cell.dispersion for cell in cells])[chosen]
    # The draws of all segments and parts go together by number: no order may be left in them.
    order = np.argsort(row.uniforms(draws))
    return Path(level[order], season[order], kappa[order])


def _basis(months: int) -> Floats:
    """Return how the level of each month depends on first level, first growth and later innovations.

    Returns:
        floats[month, 2·months + 1]: columns of the level's innovations, of the growth's, of steady growth.
    """
    level, growth = np.zeros((months, 2 * months + 1)), np.zeros(2 * months + 1)
    level[0, 0], growth[months], growth[-1] = 1.0, 1.0, 1.0
    for t in range(1, months):
        level[t] = level[t - 1] + growth
        level[t, t] = 1.0
        growth[:-1] *= _DAMPING
        growth[months + t] = 1.0
    return level


class _Cell:
    """The states' posterior at one point of the grid.

    Args:
        counts: of each month.
        exposure: seen of each.
        month: calendar month of each.
        basis: of the levels.
        drift: standard deviation of the level's steps.
        turn: of the growth's.
        season: of the season's factors, logarithms.
        dispersion: κ.
    """

    def __init__(
        self, counts: Integers, exposure: Floats, month: Integers, basis: Floats, drift: float, turn: float,
        season: float, dispersion: float,
    ) -> None:  # fmt: skip
        self.dispersion, months = dispersion, len(counts)
        variances = np.repeat([drift**2, turn**2, _STEADY_SD**2], [len(basis), len(basis), 1])
        variances[0], variances[len(basis)] = _LEVEL_SD**2, _GROWTH_SD**2
        prior = (basis * variances) @ basis.T
        member = (month[:, None] == np.arange(12)).astype(np.float64)
        # Factors of a season are told apart from the level by adding to 0.
        wave = season**2 * (np.eye(12) - 1 / 12)
        self._seen = prior[:months, :months] + member @ wave @ member.T
        self._ahead = np.concatenate((prior[months - 1 :, :months], wave @ member.T))
        self._later = np.zeros((AHEAD + 12, AHEAD + 12))
        self._later[:AHEAD, :AHEAD], self._later[AHEAD:, AHEAD:] = prior[months - 1 :, months - 1 :], wave
        self._centre = float(np.log((counts.sum() + 0.5) / max(exposure.sum(), 0.1)))
        self._solve(counts, exposure)
        self.evidence += -drift / _DRIFT_SCALE - turn / _TURN_SCALE - season / _SEASON_SCALE
        median, sd = _DISPERSION_PRIOR
        self.evidence -= 0.5 * (np.log(dispersion / median) / sd) ** 2

    def _solve(self, counts: Integers, exposure: Floats) -> None:
        """Find the mode by Newton's method in the form that needs no inverse of the prior."""
        kappa, eye = self.dispersion, np.eye(len(counts))
        state, dual = np.zeros(len(counts)), np.zeros(len(counts))
        best = -np.inf
        for _ in range(_STEPS):
            rate = exposure * np.exp(np.clip(self._centre + state, -12, 16))
            slope = counts - (counts + kappa) * rate / (kappa + rate)
            bend = (counts + kappa) * kappa * rate / (kappa + rate) ** 2
            root = np.sqrt(bend)
            inner = np.linalg.cholesky(eye + root[:, None] * self._seen * root)
            right = bend * state + slope
            half = np.linalg.solve(inner, root * (self._seen @ right))
            goal = right - root * np.linalg.solve(inner.T, half)
            step = goal - dual
            scale = 1.0
            while scale > 1e-3:
                tried = dual + scale * step
                value = self._log_posterior(self._seen @ tried, tried, counts, exposure)
                if value >= best:
                    break
                scale /= 2
            dual, state = tried, self._seen @ tried
            if value - best < 1e-8:
                break
            best = value
        self._dual, self._root, self._inner = dual, root, inner
        self.evidence = float(value - np.log(np.diag(inner)).sum())

    def _log_posterior(self, state: Floats, dual: Floats, counts: Integers, exposure: Floats) -> float:
        kappa = self.dispersion
        rate = exposure * np.exp(np.clip(self._centre + state, -12, 16))
        logs = counts * np.log(rate / (kappa + rate)) - kappa * np.log1p(rate / kappa)
        const = special.gammaln(counts + kappa) - special.gammaln(kappa) - special.gammaln(counts + 1.0)
        return float((logs + const).sum() - 0.5 * state @ dual)

    def ahead(self) -> tuple[Floats, Floats]:
        """Return mean and root of the covariance of the levels to come and of the season."""
        mean = self._ahead @ self._dual
        mean[:AHEAD] += self._centre
        half = np.linalg.solve(self._inner, self._root[:, None] * self._ahead.T)
        values, vectors = np.linalg.eigh(self._later - half.T @ half)
        return mean, vectors * np.sqrt(np.maximum(values, 0.0))
