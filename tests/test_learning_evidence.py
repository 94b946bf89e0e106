"""What observations are worth where deals of a quarter share luck."""

from datetime import date

import numpy as np
import pytest
from scipy import integrate, special, stats

from simulator.learning.evidence import Figure, effective_number, quarter_of, shared_luck


def test_fifty_deals_in_two_quarters_are_worth_sixteen():
    # MODEL 8, at ρ = .1 and φ = .5; they are won with a chance of 30 %.
    assert effective_number(np.repeat([7, 8], 25), 0.3, 0.1) == pytest.approx(16, abs=0.05)


def test_without_shared_luck_every_deal_counts():
    assert effective_number(np.repeat([0, 1], 25), 0.3, 0.0) == 50
    assert effective_number(np.zeros(0, dtype=np.int64), 0.3, 0.1) == 0
    assert effective_number(np.repeat([0, 1], 25), 1.0, 0.1) == pytest.approx(50)


def test_one_quarter_is_never_worth_more_than_its_luck():
    many = effective_number(np.zeros(100_000, dtype=np.int64), 0.3, 0.1)
    assert many == pytest.approx(1 / float(shared_luck(0.3, 0.1, 0.5)), rel=1e-3)


def test_shared_luck_is_the_variance_of_a_quarters_chance():
    def chance(x):
        return special.ndtr((special.ndtri(0.3) + np.sqrt(0.1) * x) / np.sqrt(0.9))

    second = integrate.quad(lambda x: chance(x) ** 2 * stats.norm.pdf(x), -9, 9)[0]
    assert float(shared_luck(0.3, 0.1, 0.5)) == pytest.approx((second - 0.09) / 0.21, rel=1e-7)


def test_the_variance_of_a_rate_is_that_of_so_many_deals():
    # 4,000 histories of 3 quarters; the ratio of variances has a standard error of 2.2 %: |z| < 4 in 6e-5.
    rng, counts, p, rho = np.random.default_rng(1), np.array([30, 10, 60]), 0.3, 0.2
    lags = np.abs(np.subtract.outer(np.arange(3), np.arange(3)))
    x = rng.normal(size=(4000, 3)) @ np.linalg.cholesky(rho * 0.5**lags).T
    chances = special.ndtr((special.ndtri(p) + x) / np.sqrt(1 - rho))
    rates = rng.binomial(counts, chances).sum(axis=1) / counts.sum()
    expected = p * (1 - p) / effective_number(np.repeat([0, 1, 2], counts), p, rho)
    assert abs(rates.var() / expected - 1) < 4 * 0.0224


def test_quarters_follow_the_calendar():
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 3, 31), date(2026, 4, 1)]
    quarters = quarter_of([d.toordinal() for d in days])
    assert (quarters - quarters[0]).tolist() == [0, 1, 1, 2]


def test_a_figure_tells_mean_and_eighty_percent():
    figure = Figure.of(np.arange(101) / 100, 7, 3.5, 2, "a log")
    assert (figure.value, figure.low, figure.high) == pytest.approx((0.5, 0.1, 0.9))
    assert (figure.n, figure.n_eff, figure.quarters, figure.source) == (7, 3.5, 2, "a log")
