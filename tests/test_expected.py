"""The exact laws behind the means: against published figures, other formulas, and the plain walk."""

from itertools import pairwise

import numpy as np
import pytest
from factory import (
    ARTICLE_LADDER,
    article_funnel,
    causes_funnel,
    make_funnel,
)
from plain_walk import largest_z, log_moments, play
from scipy import integrate, special

from simulator.amounts import AmountChange, change_cdf
from simulator.close_dates import AGE_GRID
from simulator.distributions import Empirical, Hazard, LogNormal, whole_days
from simulator.expected.luck import Luck
from simulator.expected.new_deals import mean_amount
from simulator.expected.open_deals import mean_factor, mean_factors, multiplied
from simulator.expected.totals import (
    market_chance,
)
from simulator.expected.walks import Walk
from simulator.funnel import advance_chances, winning_times
from simulator.market import Market, both_below, doubt_correlation

# ---- the table in either form


def test_the_articles_ladder_gives_the_articles_steps():
    transitions = advance_chances(np.array(ARTICLE_LADDER), np.zeros((7, 9)))
    steps = transitions[np.arange(7), np.arange(1, 8)]
    assert np.round(steps, 3).tolist() == [0.5, 0.333, 0.5, 0.923, 0.929, 0.778, 0.9]


@pytest.mark.parametrize("back", [0.0, 0.05, 0.14])
def test_both_forms_of_the_table_round_trip(back):
    funnel = make_funnel(ARTICLE_LADDER, [0, *[back] * 2, 0.05, back / 3, back / 3, back])
    assert np.abs(Walk(funnel).ladder[:-2] - ARTICLE_LADDER).max() < 1e-10


def test_a_ladder_with_any_moves_is_what_absorption_says():
    transitions = np.array([[0.1, 0.3, 0.2, 0.0, 0.4], [0.2, 0.0, 0.3, 0.1, 0.4], [0.0, 0.3, 0.0, 0.5, 0.2]])
    ladder = Walk(make_funnel(transitions=transitions)).ladder
    assert np.abs(transitions @ ladder - ladder[:3]).max() < 1e-15


# ---- times to the end


def time_recursion(funnel, size):
    """G_s(t) day by day: the Markov renewal equation, solved where a stay may last 0 days."""
    count, q = len(funnel.stages), funnel.winning
    stays = np.zeros((count, count + 2, size))
    for s in range(count):
        for k in np.flatnonzero(q[s]):
            stays[s, k] = q[s, k] * whole_days(funnel.stays[s][k], size=4096)[:size]
    law = np.zeros((count, size))
    now = np.eye(count) - stays[:, :count, 0]
    for t in range(size):
        known = stays[:, count, t].copy()
        for j in range(1, t + 1):
            known += stays[:, :count, j] @ law[:, t - j]
        law[:, t] = np.linalg.solve(now, known)
    return law


@pytest.mark.parametrize("funnel", [article_funnel(), causes_funnel()], ids=["article", "causes"])
def test_times_to_won_follow_the_renewal_equation(funnel):
    law = Walk(funnel).law_from_entry("won")
    assert np.abs(law[:, :150] - time_recursion(funnel, 150)).max() < 1e-13
    assert np.abs(law - winning_times(funnel)).max() < 1e-12


def test_exponential_stays_give_a_phase_type_law():
    rates = (0.05, 0.02, 0.08)
    chain = np.zeros((3, 5))
    chain[[0, 1, 2], [1, 2, 3]] = 0.7
    chain[1, 0], chain[2, 1] = 0.1, 0.2
    chain[:, 4] = 1 - chain.sum(axis=1)
    funnel = make_funnel(transitions=chain, stay=[Hazard((0.0,), (rate,)) for rate in rates])
    # Whole days of an exponential stay: a part of day 0, then geometric, with a transform in closed form.
    z = np.exp(2j * np.pi * np.arange(8192) / 8192)
    stay = [1 - np.exp(-r / 2) + np.exp(-r / 2) * (1 - np.exp(-r)) * z / (1 - np.exp(-r) * z) for r in rates]
    q = funnel.winning
    inner = np.eye(3) - np.stack([stay[s][:, None] * q[s, :3] for s in range(3)], axis=1)
    ends = np.stack([stay[s] * q[s, 3] for s in range(3)], axis=1)
    exact = np.fft.fft(np.linalg.solve(inner, ends[..., None])[..., 0], axis=0).real.T / 8192
    assert np.abs(Walk(funnel).law_from_entry("won") - exact[:, :4096]).max() < 1e-12
    # In continuous time: density α·exp(Q·t)·exit; the mean is α·(−Q)⁻¹·1, up to the half days of rounding.
    generator = np.diag(rates) @ (q[:, :3] - np.eye(3))
    mean = np.linalg.solve(-generator, np.ones(3))
    assert np.abs(exact[:, :4096] @ np.arange(4096) - mean).max() < 0.05


def test_the_moments_of_log_times_come_from_the_whole_law():
    exact = Walk(causes_funnel())
    ages = np.array([0.0, 3.0, 17.5, 41.2, 300.0])
    mean, sd = exact.log_moments(1, ages)
    m, v = log_moments(exact.law_left(1, AGE_GRID, "won"))
    assert np.abs(mean - np.interp(ages, AGE_GRID, m)).max() < 1e-10
    assert np.abs(sd - np.interp(ages, AGE_GRID, v)).max() < 1e-10


def test_no_stay_outlives_its_table_without_being_counted():
    slow = make_funnel((0.3, 0.6), stay=LogNormal.from_median(1500, 4000))
    for end in ("won", "lost"):
        law = Walk(slow).law_from_entry(end)
        assert np.abs(law.sum(axis=1) - 1).max() < 1e-12
    direct = np.convolve(whole_days(slow.stays[0][1]), whole_days(slow.stays[1][2]))
    assert np.abs(Walk(slow).law_from_entry("won")[0, :4095] - direct[:4095]).max() < 1e-13


@pytest.mark.parametrize(
    ("stage", "age", "odds"), [(0, 0.0, 1.0), (1, 31.5, 0.4), (2, 5.0, 3.0), (0, 80.0, 1.7)]
)
def test_the_plain_walk_wins_as_often_and_as_late(stage, age, odds):
    funnel, count = causes_funnel(), 40_000
    exact = Walk(funnel)
    rng = np.random.default_rng([stage, int(age)])
    won, days = play(funnel, stage, age, np.full(count, odds), rng)
    ages = np.array([age])
    chance = multiplied(exact.close_chance(stage, ages), odds)[0]
    cuts = [0, 10, 20, 40, 60, 90, 130, 200, 4096]
    cells, outcomes = [chance], [won]
    for end, mass, which in (("won", chance, won), ("lost", 1 - chance, ~won)):
        law = np.append(0.0, np.cumsum(exact.law_left(stage, ages, end)[0]))
        cells += (mass * np.diff(law[cuts])).tolist()
        outcomes += [which & (days >= a) & (days < b) for a, b in pairwise(cuts)]
    z, limit, compared = largest_z(np.array(cells), np.stack(outcomes, axis=1).astype(float))
    assert compared >= 10
    assert z < limit


def test_resting_ages_keep_mass_and_mean_and_barely_move_results():
    funnel = causes_funnel()
    ages, weights = Walk(funnel).resting_ages(1)
    law = funnel.resting_ages(1)
    days = np.arange(len(law))
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert ages @ weights == pytest.approx(days @ law, rel=1e-12)
    exact = Walk(funnel)
    thin = (weights * exact.close_chance(1, ages)) @ exact.law_left(1, ages, "won")[:, :200]
    full = (law * exact.close_chance(1, days.astype(float))) @ exact.law_left(1, days.astype(float), "won")[
        :, :200
    ]
    assert np.abs(np.cumsum(thin) - np.cumsum(full)).max() < 1e-4 * full.sum()


# ---- amounts


@pytest.mark.parametrize(
    "change", [AmountChange(), AmountChange(0.2, 0.1, 0.6), AmountChange(0.0, -0.3, 1e-3)]
)
def test_the_mean_factor_is_the_integral_over_its_law(change):
    tail = lambda y: np.exp(y) * (1 - change_cdf(np.array(y), change.location, change.scale))  # noqa: E731
    around = [
        change.location + change.scale * z
        for z in (-30, -5, 0, 5, 30)
        if abs(change.location + change.scale * z) < 1.5
    ]
    above = np.exp(-1.5) + integrate.quad(tail, -1.5, 1.5, points=around, limit=400, epsabs=1e-12)[0]
    assert mean_factor(change) == pytest.approx(change.unchanged + (1 - change.unchanged) * above, abs=1e-9)


def test_the_default_factor_is_as_stated():
    assert mean_factor(AmountChange()) == pytest.approx(0.985, abs=5e-4)
    assert mean_factor(AmountChange(0.5, 0.2, 0.0)) == pytest.approx(0.5 + 0.5 * np.exp(0.2), abs=1e-15)


def test_mean_factors_are_those_of_many_draws_at_each_size():
    """|z| < 4.5 of 5 sizes; the first tells nothing, the last would add more than counts."""
    law = AmountChange(0.3, -0.1, 0.2, -0.15, 1000.0)
    amounts, u = np.array([0.0, 10.0, 1000.0, 20_000.0, 1e8]), (np.arange(200_000) + 0.5) / 200_000
    for power in (1, 2):
        for amount, mean in zip(amounts, mean_factors(law, amounts, power), strict=True):
            drawn = law.factors(u, law.lean(np.full(len(u), amount))) ** power
            assert mean == pytest.approx(drawn.mean(), rel=2e-5)
    assert mean_factors(law, amounts)[[0, 2]] == pytest.approx(mean_factor(law), abs=1e-15)
    assert law.lean(amounts).tolist() == pytest.approx([0.0, 0.5, 0.0, -0.15 * np.log(20), -0.5])


@pytest.mark.slow
def test_amounts_to_come_are_averaged_with_what_their_size_adds():
    """A log-normal of amounts has E[A^(1+b)] in closed form, as long as no size counts up to its limit."""
    law, change = LogNormal(np.log(1000.0), 0.6), AmountChange(0.3, -0.1, 0.2, -0.1, 800.0)
    m = (mean_factor(change) - 0.3) / 0.7
    leaning = np.exp(0.9 * law.mu + 0.81 * 0.18) * 800**0.1
    assert mean_amount(law, change) == pytest.approx(0.3 * law.mean() + 0.7 * m * leaning, rel=1e-8)
    some = Empirical((500.0, 1000.0, 7000.0))
    by_hand = np.mean([0.3 * a + 0.7 * m * a * (a / 800) ** -0.1 for a in some.values])
    assert mean_amount(some, change) == pytest.approx(by_hand, rel=1e-12)


# ---- the market


@pytest.mark.parametrize("p", [0.003, 0.05, 0.3, 0.5, 0.9, 0.999])
def test_the_market_leaves_every_chance_as_it_is(p):
    nodes, weights = np.polynomial.hermite_e.hermegauss(150)
    for rho in (0.02, 0.1, 0.3):
        moved = market_chance(np.array(p), np.sqrt(rho) * nodes, np.array(rho))
        assert moved @ weights / weights.sum() == pytest.approx(p, abs=1e-12)


def test_doubt_has_the_variance_of_a_chance_known_from_so_many_deals():
    for h, stated in ((0.05, 0.17), (0.3, 0.08), (0.5, 0.075), (0.9, 0.13)):
        assert doubt_correlation(h, 20) == pytest.approx(stated, abs=0.006)


def test_two_normals_lie_below_as_often_as_the_integral_says():
    for a, b, rho in (
        (0.0, 0.7, 0.3),
        (-1.6, -1.6, 0.17),
        (1.2, -0.4, 0.05),
        (0.0, 0.0, 0.4),
        (-0.3, 0.0, 0.2),
    ):
        inner = lambda x, b=b, rho=rho: special.ndtr((b - rho * x) / np.sqrt(1 - rho**2))  # noqa: E731
        density = lambda x, f=inner: f(x) * np.exp(-x * x / 2) / np.sqrt(2 * np.pi)  # noqa: E731
        assert float(both_below(a, b, rho)) == pytest.approx(integrate.quad(density, -12, a)[0], abs=1e-9)


def test_lost_then_won_interpolates_without_loss():
    luck = Luck.of(Market())
    cut = special.betainc(2.5, 18, 0.5) / special.betainc(1.5, 18, 0.5)
    assert luck.weights @ (luck.shared + luck.segment) == pytest.approx(1.5 / 19.5 * cut, abs=1e-12)
    chances = np.linspace(0.01, 0.97, 300)
    many = luck.lost_then_won(chances, 0.2, 1, (0.08, 0.1))
    few = np.array(
        [luck.lost_then_won(chances[i : i + 1], 0.2, 1, (0.08, 0.1))[0] for i in range(0, 300, 50)]
    )
    assert np.abs(many[::50] - few).max() < 1e-10
    assert luck.lost_then_won(np.array([0.0, 1.0]), 0.2, 0, (0.0, 0.0)).tolist() == [0.2, 0.0]
