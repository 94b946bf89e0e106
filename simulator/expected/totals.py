"""Whole distributions of what the open deals bring, first attempts only: what tests hold the engine to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.amounts import AmountChange, change_cdf
from simulator.expected.luck import Luck
from simulator.expected.means import expected
from simulator.expected.open_deals import mean_factor
from simulator.market import both_below
from simulator.records import dataclass
from simulator.scenario import Scenario

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Bets:
    """Open deals as bets that share their luck; ages must be known, or not matter to the chance.

    Attributes:
        chance: p*, strictly between 0 and 1, floats[deal].
        within: chance to close inside the horizon, given a win, floats[deal].
        doubt: ρd of each deal's stage, floats[deal].
        segment: index, integers[deal].
        amount: open amount with soberness, minor units of the company's currency, floats[deal].
        change: law of its change, one a segment.
        luck: of the market.
    """

    chance: Floats
    within: Floats
    doubt: Floats
    segment: Integers
    amount: Floats
    change: tuple[AmountChange, ...]
    luck: Luck

    @staticmethod
    def of(scenario: Scenario) -> Bets:
        """Return the open deals of a scenario, in the company's currency, whose size moves no amount."""
        pipeline, segments = scenario.pipeline, scenario.segments
        assert not any(segment.amount_change.by_size for segment in segments)
        assert set(pipeline.currency) <= {scenario.currency}
        means = expected(scenario)
        doubt = [segments[s].doubt[k] for s, k in zip(pipeline.segment, pipeline.stage, strict=True)]
        sober = np.array([segment.soberness.amount for segment in segments])
        return Bets(
            means.deal_chance,
            means.deal_in_horizon / means.deal_chance,
            np.array(doubt, dtype=np.float64),
            pipeline.segment,
            pipeline.amount * sober[pipeline.segment],
            tuple(segment.amount_change for segment in segments),
            Luck.of(scenario.market),
        )


def poisson_binomial(chances: Floats) -> Floats:
    """Return the law of the number of successes of independent trials, floats[n + 1], one trial at a time."""
    law = np.ones(1)
    for p in chances:
        law = np.append(law * (1 - p), 0.0) + np.append(0.0, law * p)
    return law


def number_law(bets: Bets, nodes: int = 32) -> Floats:
    """Return the law of the number of deals won within the horizon, floats[deal + 1].

    The Gauss–Hermite mixture of Poisson-binomials over the market's factors.
    """
    size = len(bets.chance) + 1
    shifts = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    return _mixture(bets, np.broadcast_to(shifts, (len(bets.chance), len(shifts))), size, nodes)


def bookings_law(bets: Bets, unit: float, size: int, nodes: int = 32) -> Floats:
    """Return the law of total bookings on the grid 0, unit, 2·unit, …, floats[size].

    The compound law by FFT (each amount rounded to the grid), mixed by Gauss–Hermite over the factors. What
    exceeds the grid wraps: size·unit must exceed every possible total.
    """
    edges: Floats = (np.arange(size + 1, dtype=np.float64) - 0.5) * unit
    laws = np.zeros((len(bets.chance), size))
    for i, (amount, segment) in enumerate(zip(bets.amount, bets.segment, strict=True)):
        laws[i] = np.diff(_closed_amount_cdf(bets.change[segment], amount, edges))
    return _mixture(bets, np.fft.rfft(laws), size, nodes)


def moments(bets: Bets) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return (mean, variance) of the number won and of total bookings, within the horizon.

    Cov(i, j) = q_i·q_j·(Φ2(c_i, c_j; r_ij) − p_i·p_j), r_ij = ρ0 + [same segment]·(ρg + sqrt(ρd_i·ρd_j)),
    averaged over ρ where it is drawn; Var of one from its own moments.
    """
    p, q = bets.chance, bets.within
    c = special.ndtri(p)
    same = bets.segment[:, None] == bets.segment
    both = np.zeros((len(p), len(p)))
    doubt = np.sqrt(bets.doubt[:, None] * bets.doubt)
    for shared, own, weight in zip(bets.luck.shared, bets.luck.segment, bets.luck.weights, strict=True):
        both += weight * both_below(c[:, None], c, shared + np.where(same, own + doubt, 0.0))
    covariance = (both - p[:, None] * p) * q[:, None] * q
    np.fill_diagonal(covariance, 0.0)
    first = bets.amount * np.array([mean_factor(bets.change[s]) for s in bets.segment])
    second = bets.amount**2 * np.array([mean_factor(bets.change[s], 2) for s in bets.segment])
    own_number = (p * q * (1 - p * q)).sum()
    own_money = (p * q * second - (p * q * first) ** 2).sum()
    number = float((p * q).sum()), float(own_number + covariance.sum())
    return number, (float((p * q * first).sum()), float(own_money + first @ covariance @ first))


def market_chance(chance: Floats, x: Floats, taken: Floats) -> Floats:
    """Return p' = Φ((Φ⁻¹(p*) + x)/sqrt(1 − ρ)), ρ all the variance that x takes (MODEL 4)."""
    return np.asarray(special.ndtr((special.ndtri(chance) + x) / np.sqrt(1 - taken)))


def _closed_amount_cdf(change: AmountChange, amount: float, edges: Floats) -> Floats:
    """Return P(closed amount ≤ edge) of a won deal."""
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.log(np.maximum(edges, 0.0) / amount)
    if change.scale == 0:
        moved = np.where(y >= change.location, 1.0, 0.0)
    else:
        moved = change_cdf(np.maximum(y, -50.0), change.location, change.scale)
    return change.unchanged * (y >= 0) + (1 - change.unchanged) * np.where(edges > 0, moved, 0.0)


def _mixture(bets: Bets, transforms: NDArray[np.complex128], size: int, nodes: int) -> Floats:
    """Mix the product law Π (1 − r_i + r_i·φ_i) over the factors and, where ρ is drawn, over ρ."""
    total = np.zeros(transforms.shape[1], dtype=np.complex128)
    for shared, own, weight in zip(bets.luck.shared, bets.luck.segment, bets.luck.weights, strict=True):
        for g, of_g in _normal(nodes if shared > 0 else 1):
            product = np.ones(transforms.shape[1], dtype=np.complex128)
            for segment in np.unique(bets.segment):
                rows = np.flatnonzero(bets.segment == segment)
                x = np.sqrt(shared) * g
                product *= _segment_part(bets, rows, transforms, x, (shared, own), nodes)
            total += weight * of_g * product
    return np.asarray(np.fft.irfft(total, size))


def _segment_part(
    bets: Bets,
    rows: Integers,
    transforms: NDArray[np.complex128],
    x: float,
    rho: tuple[float, float],
    nodes: int,
) -> NDArray[np.complex128]:
    """Average the product of one segment's deals over its own factor Z and its doubt D."""
    doubt, own = bets.doubt[rows], rho[1]
    if (doubt == doubt[0]).all():
        factors = [(z * np.sqrt(own + doubt), w) for z, w in _normal(nodes if own + doubt[0] > 0 else 1)]
    else:
        factors = [
            (np.sqrt(own) * z + np.sqrt(doubt) * d, w * v)
            for z, w in _normal(nodes if own > 0 else 1)
            for d, v in _normal(nodes)
        ]
    result = np.zeros(transforms.shape[1], dtype=np.complex128)
    for move, weight in factors:
        r = market_chance(bets.chance[rows], x + move, rho[0] + own + doubt) * bets.within[rows]
        result += weight * np.prod(1 + r[:, None] * (transforms[rows] - 1), axis=0)
    return result


def _normal(nodes: int) -> Iterator[tuple[float, float]]:
    """Yield the nodes and weights of Gauss–Hermite quadrature of a standard normal."""
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    yield from zip(points.tolist(), (weights / weights.sum()).tolist(), strict=True)
