"""Simulation-based calibration: parameters from the prior, histories from them, posteriors from those.

Talts et al. 2018: the rank of the truth among posterior draws is uniform if the sampler is right.
"""

import os
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
from plain_histories import KNOWN, Law, even_clock, history_of, walk
from scipy import special, stats
from test_learning_funnels import LAW, table

from simulator.funnel import close_chances
from simulator.learning.funnels import fit_funnels
from simulator.learning.hierarchy import TAU_SCALES, UNCLOSED
from simulator.learning.priors import funnel_prior
from simulator.learning.spells import spells_of
from simulator.streams import UniformRow

P = np.array([[0, 0.5, 0, 0.5], [0.1, 0, 0.5, 0.4]])
DRAWS = 99


def from_prior(rng, prior, segments):
    """One law for each segment, drawn as `FunnelPrior` says."""
    common = prior.common_sd * rng.normal(size=2)
    tau = np.abs(TAU_SCALES * rng.normal(size=3)) if segments > 1 else np.zeros(3)
    size = len(prior.stages)
    laws = [Law(*(np.zeros((size, size + 2)) for _ in range(3))) for _ in range(segments)]
    for s, stage in enumerate(prior.stages):
        k = len(stage.targets)
        phi = stage.common @ common + np.linalg.cholesky(stage.spread) @ rng.normal(size=3 * k)
        for g, law in enumerate(laws):
            theta = stage.base[g] + phi.reshape(3, k) + tau[:, None] * rng.normal(size=(3, k))
            law.p[s, stage.targets] = special.softmax(theta[0])
            law.mu[s, stage.targets], law.sigma[s, stage.targets] = theta[1], np.exp(theta[2])
    return laws


def replicate(seed, segments, deals):
    """Return {figure: (rank of the truth, z)} of one company: censored, left-truncated, pooled."""
    rng = np.random.default_rng(seed)
    tables = {f"segment {g}": table(P) for g in range(segments)}
    prior = funnel_prior(tuple(tables), 2, [np.array([], int)] * 2, 14.0, tables)
    laws = from_prior(rng, prior, segments)
    unclosed = special.expit(UNCLOSED[0] + UNCLOSED[1] * rng.normal())
    moves = [walk(rng, law, KNOWN - rng.integers(0, 400, deals)) for law in laws]
    moves = [m[:, (m[1] != 3) | (rng.random(m.shape[1]) >= unclosed)] for m in moves]
    history = history_of(moves, 2, since=KNOWN - 150)
    spells = spells_of(history, (even_clock(),) * segments)
    fits = fit_funnels(spells, history.stages, UniformRow(seed, "calibration"), DRAWS, tables)
    told = {"unclosed": (next(iter(fits.values())).unclosed, unclosed)}
    for g, (name, law) in enumerate(zip(tables, laws, strict=True)):
        draws = fits[name].draws
        ladder, wins = close_chances(draws.transitions), close_chances(law.p[None])[0]
        for s, stage in enumerate(prior.stages):
            told[f"h {g} {s}"] = ladder[:, s], wins[s]
            edges = draws.stays[s].edges
            days = edges[np.searchsorted(edges, (6.0, 20.0))]
            alive = draws.stays[s].survivors(days)
            for k in stage.targets.tolist():
                told[f"p {g} {s} {k}"] = draws.transitions[:, s, k], law.p[s, k]
                for n, day in enumerate(days):
                    score = (np.log(day) - law.mu[s, k]) / law.sigma[s, k]
                    truth = special.ndtr(-score)
                    truth += unclosed * (1 - truth) * (k == 3)
                    told[f"R {g} {s} {k} {day}"] = alive[:, k, n], truth
    return {name: (int((d < t).sum()), (t - d.mean()) / d.std()) for name, (d, t) in told.items()}


def check(replicates):
    figures = {name: np.array([r[name] for r in replicates]).T for name in replicates[0]}
    number = len(replicates)
    means = {}
    for name, (ranks, z) in figures.items():
        counts = np.bincount(ranks.astype(int) * 10 // (DRAWS + 1), minlength=10)
        p_value = stats.chi2.sf(((counts - number / 10) ** 2 / (number / 10)).sum(), 9)
        assert p_value > 0.001 / len(figures), (name, counts)
        means[name] = float(np.mean(z))
    assert max(abs(m) for m in means.values()) < 0.2, means
    assert abs(np.mean(list(means.values()))) < 0.1, means


def play(jobs):
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        return list(pool.map(replicate, *zip(*jobs, strict=True), chunksize=5))


@pytest.mark.verify
def test_one_segment_is_calibrated():
    """600 replicates; no rank histogram at .001 after Bonferroni, mean z within ±.2 each and ±.1 over all."""
    check(play([(seed, 1, 60) for seed in range(600)]))


@pytest.mark.verify
def test_pooled_segments_are_calibrated():
    """The same of two segments pooled fully hierarchically, 500 replicates."""
    check(play([(seed, 2, 40) for seed in range(10_000, 10_500)]))


@pytest.mark.verify
def test_stages_with_many_exits_are_calibrated():
    """80 % intervals of 200 histories at fixed parameters hold in 71–89 % (|z| < 3.2 each), mean |z| < .3."""
    truth = close_chances(LAW.p[None])[0]
    held, scores = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        history = history_of([walk(rng, LAW, KNOWN - rng.integers(0, 500, 700))], 2, since=KNOWN - 200)
        spells = spells_of(history, (even_clock(),))
        draws = fit_funnels(spells, history.stages, UniformRow(seed, "many"), 300)["segment 0"].draws
        ladder = close_chances(draws.transitions)
        figures = [
            *ladder.T,
            draws.transitions[:, 0, 1],
            draws.transitions[:, 1, 2],
            draws.transitions[:, 1, 0],
        ]
        truths = [*truth, 0.55, 0.5, 0.08]
        held.append(
            [np.quantile(d, 0.1) <= t <= np.quantile(d, 0.9) for d, t in zip(figures, truths, strict=True)]
        )
        scores.append([(t - d.mean()) / d.std() for d, t in zip(figures, truths, strict=True)])
    rates = np.mean(held, axis=0)
    assert (rates > 0.71).all() and (rates < 0.89).all(), rates
    assert (np.abs(np.mean(scores, axis=0)) < 0.3).all(), np.mean(scores, axis=0)
