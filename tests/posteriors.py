"""Posteriors drawn at random around some figures, for tests of what is played under draws."""

import numpy as np

from simulator.posterior import (
    FunnelDraws,
    GenerationDraws,
    OddsDraws,
    Posterior,
    SegmentDraws,
    StayDraws,
)

EDGES = np.array([0.0, 0.5, 1.5, 2.5, 6.5, 14.5, 29.5, 30.5, 60.5, 120.5])
CHANCES = np.array([[0.0, 0.5, 0.1, 0.0, 0.4], [0.1, 0.0, 0.6, 0.05, 0.25], [0.0, 0.1, 0.0, 0.7, 0.2]])
"""Back moves, skips, and losses and wins from more than one stage."""


def funnel_draws(draws=7, seed=1, chances=CHANCES, edges=EDGES, per_day=0.05, worth=30.0):
    """Kernels: Dirichlet rows around `chances`, gamma hazards; some pieces are 0."""
    rng = np.random.default_rng(seed)
    size = len(chances)
    transitions = np.zeros((draws, size, size + 2))
    for s in range(size):
        used = chances[s] > 0
        transitions[:, s, used] = rng.dirichlet(chances[s, used] * worth, draws)
    stays = []
    for s in range(size):
        own = edges[: len(edges) - s]  # stages need not have the same number of pieces
        shape = (draws, size + 2, len(own))
        rates = per_day * rng.gamma(2.0, 0.5, shape) * rng.choice([0.2, 1.0, 4.0], shape)
        rates[:, :, 2:4][rng.random((draws, size + 2, 2)) < 0.2] = 0.0
        rates[:, :, -1] += 0.01
        stays.append(StayDraws(own, rates))
    return FunnelDraws(tuple(f"S{s + 1}" for s in range(size)), transitions, tuple(stays))


def odds_draws(
    draws=7, seed=2, slope=0.15, names=("pushes", "overdue", "log_amount"), reference=10_000.0, stages=3
):
    """A calibrator: shift and slope, effects of what is known, and of the stages where there are any."""
    rng = np.random.default_rng(seed)
    centre = {"pushes": -0.5, "overdue": -0.7, "log_amount": -0.2}
    effects = {name: rng.normal(centre[name], 0.1, draws) for name in names}
    shift, slopes = rng.normal(-0.2, 0.3, draws), rng.normal(1 - slope, slope, draws)
    by_stage = rng.normal((0.6, -0.2, -0.9)[:stages], 0.2, (draws, stages)) if stages else None
    return OddsDraws(shift, slopes, effects, reference, by_stage)


def generation_draws(draws=7, seed=3, stages=3, per_month=4.0, bluebirds=1.0):
    """Deals to come: rate, season, trend, dispersion, entry and amounts."""
    rng = np.random.default_rng(seed)
    return GenerationDraws(
        rng.gamma(20, per_month / 20, draws), rng.dirichlet(np.full(12, 20.0), draws) * 12,
        rng.normal(0.1, 0.1, draws), rng.gamma(8, 0.5, draws),
        rng.dirichlet(stages - np.arange(stages), draws),
        np.sort(np.round(rng.lognormal(9.5, 1.0, 40), 2)), rng.normal(0.05, 0.1, draws),
        rng.gamma(20, bluebirds / 20, draws), np.sort(np.round(rng.lognormal(8.0, 0.5, 15), 2)),
    )  # fmt: skip


def posterior(draws=7, names=("segment",), rho=True, seed=10, **parts):
    """A posterior of some segments; `parts` overrides those of all."""
    rng = np.random.default_rng(seed)
    segments = {
        name: SegmentDraws(**{
            "funnel": funnel_draws(draws, seed + 7 * n), "odds": odds_draws(draws, seed + 7 * n + 1),
            "generation": generation_draws(draws, seed + 7 * n + 2),
            "amount_shift": rng.normal(-0.03, 0.05, draws),
        } | parts)
        for n, name in enumerate(names)
    }  # fmt: skip
    return Posterior(draws, segments, rng.beta(1.5, 18, draws) if rho else None)
