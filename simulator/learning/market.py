"""Learn how much luck deals share, from how quarters differ: a posterior of ρ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.funnel import Funnel, tilted
from simulator.learning.evidence import Figure
from simulator.learning.spells import Spells
from simulator.market import LARGEST_RHO, PRIOR, SHARED_SHARE
from simulator.records import dataclass
from simulator.streams import UniformRow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LEVEL_SD: Final = 0.5
"""Spread of what is wrong with a segment's own chances, in probits: no evidence of luck."""
_NODES: Final = 48
_STEPS: Final = 12
_LEAST_CHANCE: Final = 1e-4
_STEP: Final = 1e-4


@dataclass(frozen=True, eq=False)
class MarketFit:
    """Posterior of the total correlation of deals' luck.

    Attributes:
        draws: of ρ, floats[draw].
        figure: ρ with its evidence.
    """

    draws: Floats
    figure: Figure


@dataclass(frozen=True, eq=False)
class DealChances:
    """What became of each deal that the log has seen.

    Attributes:
        segment: index, integers[deal].
        quarter: of arrival, integers[deal].
        before: chance to be won when first seen, floats[deal].
        after: chance now: 1 if won, 0 if lost, h_s(a) while open.
    """

    segment: Integers
    quarter: Integers
    before: Floats
    after: Floats

    def __len__(self) -> int:
        return len(self.segment)


def deal_chances(spells: Spells, funnels: Mapping[str, Funnel]) -> DealChances:
    """Return the chances of deals when they were first seen, and as they stand now.

    Args:
        spells: stays.
        funnels: by segment.
    """
    first, last = np.flatnonzero(spells.first), np.flatnonzero(spells.last)
    before = chances_at(spells, first, np.maximum(spells.entry[first], 0).astype(np.float64), funnels)
    after = chances_at(spells, last, spells.age[last], funnels)
    after[spells.target[last] == spells.stages] = 1.0
    after[spells.target[last] == spells.stages + 1] = 0.0
    return DealChances(spells.segment[first], spells.quarter[first], before, after)


def chances_at(spells: Spells, which: Integers, ages: Floats, funnels: Mapping[str, Funnel]) -> Floats:
    """Return h_s(age) of some stays, floats[which]."""
    result = np.zeros(len(which))
    for g, name in enumerate(spells.segments):
        for s in range(spells.stages):
            its = np.flatnonzero((spells.segment[which] == g) & (spells.stage[which] == s))
            if len(its):
                result[its] = funnels[name].close_chance(s, ages[its])
    return result


def fit_rho(deals: DealChances, draws: int, row: UniformRow, phi: float = 0.5) -> MarketFit:
    """Return the posterior of ρ under Beta(1.5, 18), cut as the market's prior is.

    A deal's odds of winning in the end are multiplied by o(x) of its arrival quarter. Then its path from a
    stage of chance h to where it stands now, of chance h', is (1 + h'(o−1)) / (1 + h(o−1)) times as likely
    (the product of the tilted steps telescopes; h' = 1 won, 0 lost): so open deals count for what they are,
    and nothing hangs on which have been resolved. The factors x[segment, quarter], AR(1) with a shared part
    of 3/8, are integrated out by Laplace's method at each ρ of a grid.

    Args:
        deals: chances before and after.
        draws: D.
        row: of the uniforms.
        phi: of the market from quarter to quarter.
    """
    levels = (np.arange(_NODES) + 0.5) / _NODES
    cut = special.betainc(*PRIOR, LARGEST_RHO)
    nodes = special.betaincinv(*PRIOR, levels * cut)
    cells = _cells(deals)
    logs = np.array([_log_evidence(cells, float(rho), phi) for rho in nodes])
    weight = np.exp(logs - logs.max())
    # Equal prior mass a node: the posterior's distribution function in the prior's own levels.
    cumulative = np.concatenate(([0.0], np.cumsum(weight))) / weight.sum()
    level = np.interp(row.uniforms(draws), cumulative, np.linspace(0, 1, _NODES + 1))
    rho = special.betaincinv(*PRIOR, level * cut)
    quarters = len(np.unique(deals.quarter))
    return MarketFit(rho, Figure.of(rho, len(deals), float(len(deals)), quarters))


@dataclass(frozen=True, eq=False)
class _Cells:
    """Deals of one segment and quarter, in groups of equal chances."""

    segment: Integers
    quarter: Integers
    cell: Integers
    before: Floats
    after: Floats
    count: Floats


def _cells(deals: DealChances) -> _Cells:
    before = np.clip(deals.before, _LEAST_CHANCE, 1 - _LEAST_CHANCE)
    # To two places of the probit: finer differences cannot be told.
    probit = np.round(special.ndtri(before), 2)
    after = np.where(
        (deals.after > 0) & (deals.after < 1),
        special.ndtr(np.round(special.ndtri(np.clip(deals.after, _LEAST_CHANCE, 1 - _LEAST_CHANCE)), 2)),
        deals.after,
    )
    rows, count = np.unique(
        np.stack((deals.segment, deals.quarter, probit, after)), axis=1, return_counts=True
    )
    places, cell = np.unique(rows[:2], axis=1, return_inverse=True)
    segment, quarter = places.astype(np.int64)
    return _Cells(segment, quarter, cell.ravel(), special.ndtr(rows[2]), rows[3], count.astype(np.float64))


def _log_evidence(cells: _Cells, rho: float, phi: float) -> float:
    """Return ln ∫ L(x) N(x; 0, K) dx by Laplace's method, K as `_covariance` gives it."""
    cov = _covariance(cells, rho, phi)
    size = len(cov)
    x = np.zeros(size)
    for _ in range(_STEPS):
        slope, bend = _derivatives(cells, x, rho)
        new = np.linalg.solve(np.eye(size) + cov * bend, cov @ (bend * x + slope))
        step = new - x
        x = x + step * min(1.0, 1.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-6:
            break
    _, bend = _derivatives(cells, x, rho)
    penalty = x @ np.linalg.solve(cov, x) / 2
    _, log_det = np.linalg.slogdet(np.eye(size) + cov * bend)
    return float(_log_likelihood(cells, x, rho).sum() - penalty - log_det / 2)


def _covariance(cells: _Cells, rho: float, phi: float) -> Floats:
    """Return the covariance of x[cell]: shared and own luck, AR(1), and the unknown level of each segment."""
    lag = np.abs(cells.quarter[:, None] - cells.quarter[None, :])
    own = cells.segment[:, None] == cells.segment[None, :]
    luck = rho * phi**lag * (SHARED_SHARE + (1 - SHARED_SHARE) * own)
    return np.asarray(luck + LEVEL_SD**2 * own + 1e-9 * np.eye(len(lag)))


def _log_odds(cells: _Cells, x: Floats, rho: float) -> tuple[Floats, Floats]:
    """Return (ln o, its slope in x) of each group."""
    z = (special.ndtri(cells.before) + x[cells.cell]) / np.sqrt(1 - rho)
    won, lost = special.log_ndtr(z), special.log_ndtr(-z)
    slope = np.exp(-(z**2) / 2 - won - lost) / np.sqrt(2 * np.pi * (1 - rho))
    return won - lost - special.logit(cells.before), slope


def _log_likelihood(cells: _Cells, x: Floats, rho: float) -> Floats:
    """Return each cell's log-likelihood, floats[cell]."""
    odds = np.expm1(_log_odds(cells, x, rho)[0])
    each = np.log1p(cells.after * odds) - np.log1p(cells.before * odds)
    return _by_cell(cells, each, len(x))


def _derivatives(cells: _Cells, x: Floats, rho: float) -> tuple[Floats, Floats]:
    """Return slope and negative curvature (not below 0) of each cell's log-likelihood."""

    def slope(at: Floats) -> Floats:
        logs, steep = _log_odds(cells, at, rho)
        odds = np.exp(logs)
        each = (tilted(cells.after, odds) - tilted(cells.before, odds)) * steep
        return _by_cell(cells, each, len(x))

    bend = (slope(x - _STEP) - slope(x + _STEP)) / (2 * _STEP)
    return slope(x), np.maximum(bend, 0.0)


def _by_cell(cells: _Cells, each: Floats, size: int) -> Floats:
    sums = np.bincount(cells.cell, weights=cells.count * each, minlength=size)
    return np.asarray(sums, dtype=np.float64)
