"""Stages with many exits: spikes are kept, chances are recovered, and what no one has seen stays open."""

import numpy as np
import pytest
from plain_histories import KNOWN, Law, even_clock, history_of, walk
from scipy import special, stats

from simulator.learning.aalen_johansen import incidence_of
from simulator.learning.hazards import daily_counts, hazard_draws, log_gammas
from simulator.learning.spells import spells_of
from simulator.streams import UniformRow

TARGETS = np.array([0, 1, 2])
"""Of a funnel of one stage: the stage itself never, won, lost."""


def one_stage(won, mu_won, mu_lost, sigma=0.6):
    return Law(np.array([[0, won, 1 - won]]), np.array([[0, mu_won, mu_lost]]), np.full((1, 3), sigma))


def stays(moves, since=None):
    return spells_of(history_of([moves], 1, since=since), (even_clock(),))


def test_gammas_follow_their_law():
    # 3 shapes, 4,000 draws each: Kolmogorov and Smirnov's p falls below 1e-4 in 3e-4 of all seeds.
    shapes = np.array([0.05, 3.0, 31.0])
    draws = np.exp(log_gammas(shapes, 4000, UniformRow(1, "gammas")))
    for n, shape in enumerate(shapes):
        assert stats.kstest(draws[:, n], stats.gamma(shape).cdf).pvalue > 1e-4


def test_chances_and_laws_agree_with_the_incidence():
    rng = np.random.default_rng(2)
    law = one_stage(0.3, np.log(20.0), np.log(10.0))
    spells = stays(walk(rng, law, KNOWN - rng.integers(0, 500, 3000)), since=KNOWN - 300)
    part = hazard_draws(spells, np.array([1, 2]), 400, UniformRow(1, "hazards"))
    count = incidence_of(spells)
    error = np.sqrt(0.21 / 2400)
    assert (
        abs(part.chances[:, 0].mean() - count.shares[1]) < 2 * error
    )  # the same data: far nearer than chance
    assert abs(part.chances[:, 0].mean() - 0.3) < 4 * error  # 6e-5
    assert part.chances[:, 0].std() == pytest.approx(error, rel=0.3)
    for day in (5.5, 15.5, 40.5):
        truth = special.ndtr(-(np.log(day) - np.log(20.0)) / 0.6)
        draws = part.stays.survivors(np.array([day]))[:, 0, 0]
        assert abs(draws.mean() - truth) < 4 * draws.std()


def test_a_timer_and_a_decision_of_the_day_keep_their_days():
    rng = np.random.default_rng(3)
    n = 2000
    begun = KNOWN - 200 - rng.integers(0, 100, n)
    at_once, timer = rng.uniform(size=n) < 0.4, rng.uniform(size=n) < 0.5
    days = np.where(at_once, 0, np.where(timer, 30, rng.integers(1, 60, n)))
    moves = np.concatenate(
        (
            np.stack((np.arange(n), np.zeros(n, int), begun)),
            np.stack((np.arange(n), np.full(n, 2), begun + days)),
        ),
        axis=1,
    )
    part = hazard_draws(stays(moves), np.array([1, 2]), 100, UniformRow(1, "timer"))
    alive = part.stays.survivors(np.array([0.5, 29.5, 30.5]))[:, 1].mean(axis=0)
    assert alive[0] == pytest.approx((days > 0).mean(), abs=0.02)
    assert alive[1] - alive[2] == pytest.approx((days == 30).mean(), abs=0.02)


def test_a_timer_that_no_one_has_seen_leaves_the_outcome_open():
    rng = np.random.default_rng(4)
    n = 1500
    begun = KNOWN - rng.integers(0, 29, n)  # a log of four weeks; losses come by a timer at 30 days
    won = rng.uniform(size=n) < 0.5
    days = np.where(won, np.floor(np.exp(rng.normal(np.log(10), 0.5, n)) + 0.5).astype(int), 30)
    moves = np.concatenate(
        (np.stack((np.arange(n), np.zeros(n, int), begun)), np.stack((np.arange(n), 2 - won, begun + days))),
        axis=1,
    )
    spells = stays(moves)
    part = hazard_draws(spells, np.array([1, 2]), 400, UniformRow(1, "unseen"))
    assert part.unresolved == pytest.approx(incidence_of(spells).unresolved, abs=0.03)
    assert part.unresolved > 0.4
    low, high = np.quantile(part.chances[:, 0], (0.1, 0.9))
    assert low < 0.72 and high > 0.95  # of all deals 55 % are known to be won, of the rest nothing


def test_chances_of_a_draw_are_what_its_laws_add_up_to():
    rng = np.random.default_rng(5)
    spells = stays(walk(rng, one_stage(0.4, 2.0, 2.5), KNOWN - rng.integers(0, 80, 400)))
    part = hazard_draws(spells, np.array([1, 2]), 50, UniformRow(1, "sums"))
    assert np.allclose(part.chances.sum(axis=1), 1.0)
    assert (np.diff(part.stays.edges) > 0).all() and part.stays.edges[0] == 0
    assert (part.stays.rates[..., -1] > 0).all() and np.isfinite(part.stays.rates).all()


def test_stays_are_at_risk_from_when_they_were_seen():
    rng = np.random.default_rng(6)
    spells = stays(walk(rng, one_stage(0.4, 3.0, 3.5), KNOWN - rng.integers(0, 120, 400)), since=KNOWN - 50)
    exits, at_risk = daily_counts(spells, np.array([1, 2]))
    assert (spells.entry >= 0).any()
    for day in range(len(at_risk)):
        assert at_risk[day] == ((spells.entry < day) & (spells.length >= day)).sum()
        assert exits[0, day] == ((spells.target == 1) & (spells.length == day)).sum()
