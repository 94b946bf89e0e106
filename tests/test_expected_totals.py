"""Whole laws of totals: subsets one by one, Poisson-binomial, FFT, Gauss–Hermite and two normals agree."""

import numpy as np
import pytest
from factory import (
    NEVER_CHANGED,
    make_pipeline,
    make_scenario,
    make_segment,
)
from scipy import special

from simulator.amounts import AmountChange
from simulator.expected.totals import (
    Bets,
    bookings_law,
    moments,
    number_law,
    poisson_binomial,
)
from simulator.market import Market, both_below
from simulator.scenario import Soberness

# ---- whole laws of totals


def bets(market, count=12, doubt=False, change=NEVER_CHANGED):
    rng = np.random.default_rng(5)
    segments = [make_segment(name=name, amount_change=change, soberness=Soberness(0.8, 0.9)) for name in "ab"]
    if doubt:
        segments = [
            make_segment(name=s.name, doubt=np.array([0.1, 0.1, 0.12]), amount_change=change)
            for s in segments
        ]
    pipeline = make_pipeline(
        count,
        segment=rng.integers(0, 2, count),
        stage=rng.integers(0, 3, count),
        amount=rng.integers(50, 400, count) * 10,
    )
    return Bets.of(make_scenario(segments=tuple(segments), pipeline=pipeline, market=market, months=3))


def test_independent_totals_are_poisson_binomial_and_compound():
    many = bets(Market.independent())
    exact = poisson_binomial(many.chance * many.within)
    assert np.abs(number_law(many) - exact).max() < 1e-13
    # Few deals: every subset of winners, one by one.
    few = bets(Market.independent(), 6)
    p, law = few.chance * few.within, np.zeros(4096)
    for winners in np.ndindex(*[2] * 6):
        won = np.array(winners)
        law[int(np.rint(few.amount / 9) @ won)] += np.prod(np.where(won == 1, p, 1 - p))
    assert np.abs(bookings_law(few, 9.0, 4096) - law).max() < 1e-13


@pytest.mark.parametrize("doubt", [False, True])
@pytest.mark.parametrize(
    "market",
    [
        pytest.param(Market.independent(), id="independent"),
        pytest.param(Market(0.03, 0.05), id="set", marks=pytest.mark.slow),
        pytest.param(Market.strong(), id="strong", marks=pytest.mark.slow),
    ],
)
def test_mixtures_have_the_moments_that_two_normals_give(market, doubt):
    some = bets(market, 8, doubt)
    law = number_law(some, 40)
    numbers = np.arange(len(law))
    (mean, variance), (money, spread) = moments(some)
    assert law.sum() == pytest.approx(1, abs=1e-10)
    assert law @ numbers == pytest.approx(mean, abs=1e-8)
    assert law @ numbers**2 - mean**2 == pytest.approx(variance, rel=1e-6)
    size, unit = 4096, 10.0 if doubt else 9.0
    total = bookings_law(some, unit, size, 24)
    grid = np.arange(size) * unit
    assert total @ grid == pytest.approx(money, rel=1e-6)
    assert total @ grid**2 - money**2 == pytest.approx(spread, rel=1e-4)


@pytest.mark.slow
def test_a_drawn_market_is_the_average_of_set_ones():
    some = bets(Market(), 6)
    law, numbers = number_law(some), np.arange(7)
    (mean, variance), _ = moments(some)
    assert law @ numbers == pytest.approx(mean, abs=1e-8)
    assert law @ numbers**2 - mean**2 == pytest.approx(variance, rel=1e-5)
    # E over ρ ~ Beta(1.5, 18), by another quadrature over its quantiles.
    u = (np.arange(4000) + 0.5) / 4000
    shared, own = Market().correlations(u)
    same = some.segment[:, None] == some.segment
    c, expected_both = special.ndtri(some.chance), 0.0
    for rho0, rhog in zip(shared, own, strict=True):
        expected_both = expected_both + both_below(c[:, None], c, rho0 + same * rhog) / len(u)
    p, q = some.chance, some.within
    off = (expected_both - p[:, None] * p) * q[:, None] * q
    off = off.sum() - np.trace(off)
    assert variance == pytest.approx((p * q * (1 - p * q)).sum() + off, rel=1e-5)


def test_changed_amounts_keep_their_moments_on_the_grid():
    some = bets(Market(0.03, 0.05), 4, change=AmountChange(0.5, -0.05, 0.15))
    _, (money, spread) = moments(some)
    total, grid = bookings_law(some, 1.0, 32768, 16), np.arange(32768)
    assert total @ grid == pytest.approx(money, rel=1e-4)
    assert total @ grid**2 - money**2 == pytest.approx(spread, rel=1e-3)
