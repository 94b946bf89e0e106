"""Scores are proved a second way: by integration, by brute force, by published cases."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from simulator import scores
from simulator.scores import (
    FEW,
    TILE,
    Ordered,
    brier,
    chance_of_fewer,
    chance_of_more,
    crps,
    crps_of_quantiles,
    deviation,
    interval_score,
    isotonic,
    log_score,
    quantile,
    quantile_interval,
    rank_place,
    reliability,
    skill,
)

NUMBERS = st.floats(-100, 100, allow_nan=False).map(lambda x: round(x, 3))
ENSEMBLES = st.lists(NUMBERS, min_size=1, max_size=12)


LAWS = {
    "bell": lambda rng, n: np.rint(rng.normal(1e7, 2e6, n)),
    "atom": lambda rng, n: np.where(rng.random(n) < 0.4, 250.0, np.rint(rng.normal(1e7, 2e6, n))),
    "long tail": lambda rng, n: np.rint(np.exp(rng.normal(14, 3, n))),
    "below 0": lambda rng, n: -np.exp(rng.normal(5, 3, n)),
    "few values": lambda rng, n: rng.integers(0, 4, n) - 2.0,
    "one value": lambda rng, n: np.full(n, -7.0),
    "tiny width": lambda rng, n: 1e15 + rng.integers(0, 2, n),
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("n", [1, 2, 7, 300, 5000, TILE, 3 * TILE + 1])
@pytest.mark.parametrize("few", [0, FEW])
def test_values_that_are_asked_for_stand_in_their_places(law, n, few, monkeypatch):
    rng = np.random.default_rng(n)
    values = LAWS[law](rng, n)
    monkeypatch.setattr(scores, "FEW", few)
    ordered, whole = Ordered(values), np.sort(values)
    assert len(ordered) == n
    ranks = rng.integers(0, n, 20)
    assert np.array_equal(ordered.at(ranks), whole[ranks])
    chances = [0.0, 1.0, *rng.random(9)]
    assert ordered.quantiles(chances).tolist() == [quantile(whole, q) for q in chances]
    for first, last in [(0, n), (n // 2, n // 2), *np.sort(rng.integers(0, n + 1, (6, 2)), axis=1).tolist()]:
        assert np.array_equal(ordered[first:last], whole[first:last])
    for q in (0.1, 0.5, 0.9):
        assert quantile_interval(ordered, q) == quantile_interval(whole, q)
    for count in (1, max(n // 10, 1), n):
        assert ordered.mean_of_lowest(count) == pytest.approx(whole[:count].mean(), rel=1e-12)
    if n > 1:
        assert deviation(values) == pytest.approx(values.std(ddof=1), rel=1e-12)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("n", [1, 7, 300, 5000])
def test_the_lowest_are_summed_alike_whether_values_are_sorted_or_counted(law, n, monkeypatch):
    values = LAWS[law](np.random.default_rng(n), n)
    found = [Ordered(values).mean_of_lowest(count) for count in (1, max(n // 10, 1), n)]
    monkeypatch.setattr(scores, "FEW", 0)
    assert [Ordered(values).mean_of_lowest(count) for count in (1, max(n // 10, 1), n)] == found, "to the bit"


@given(ENSEMBLES, NUMBERS)
def test_crps_of_an_ensemble_is_the_mean_over_all_pairs(values, outcome):
    x = np.array(values)
    pairs = np.abs(x[:, None] - x[None, :]).mean()
    assert crps(x, outcome) == pytest.approx(np.abs(x - outcome).mean() - pairs / 2, abs=1e-9)


@given(ENSEMBLES, NUMBERS)
def test_crps_of_an_ensemble_is_the_area_between_two_steps(values, outcome):
    x = np.sort(values)
    edges = np.sort(np.append(x, outcome))
    area = 0.0
    for low, high in itertools.pairwise(edges):
        share = np.mean(x <= (low + high) / 2)
        area += (high - low) * (share - ((low + high) / 2 >= outcome)) ** 2
    assert crps(x, outcome) == pytest.approx(area, abs=1e-9)


def test_crps_of_many_normals_nears_the_formula():
    # Gneiting & Raftery 2007: σ·(z(2Φ(z) − 1) + 2φ(z) − 1/√π); quantiles in place of luck.
    x = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    for z in (-2.0, 0.0, 0.7):
        exact = z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / math.sqrt(math.pi)
        assert crps(5 + 3 * x, 5 + 3 * z) == pytest.approx(3 * exact, rel=1e-3)


def test_crps_of_one_value_is_the_distance_and_large_amounts_keep_their_digits():
    assert crps(np.array([7.0]), 4.5) == 2.5
    x = np.array([0.0, 1.0, 5.0])
    assert crps(x + 2**50, 2 + 2**50) == crps(x, 2)


@given(st.lists(NUMBERS, min_size=2, max_size=8), NUMBERS, st.data())
def test_crps_of_quantiles_is_the_integral(values, outcome, data):
    x = np.sort(values)
    q = np.sort(data.draw(st.lists(st.floats(0.01, 0.99), min_size=len(x), max_size=len(x))))

    def squared(at):
        below = 0.0 if at < x[0] else 1.0 if at >= x[-1] else np.interp(at, x, q)
        return (below - (at >= outcome)) ** 2

    ends = np.unique(np.append(x, outcome))
    pieces = [integrate.quad(squared, a, b)[0] for a, b in itertools.pairwise(ends)]
    # Where quantiles are equal, np.interp takes one of them: a single point, which weighs nothing.
    if len(np.unique(x)) == len(x):
        assert crps_of_quantiles(q, x, outcome) == pytest.approx(sum(pieces), abs=1e-6)
    else:
        apart = x + np.arange(len(x)) * 1e-7
        assert crps_of_quantiles(q, x, outcome) == pytest.approx(
            crps_of_quantiles(q, apart, outcome), abs=1e-4
        )


def test_crps_of_many_quantiles_is_that_of_the_ensemble():
    x = np.sort(stats.gamma.ppf((np.arange(4000) + 0.5) / 4000, 2.0))
    levels = np.arange(1, 200) / 200
    assert crps_of_quantiles(levels, np.quantile(x, levels), 1.3) == pytest.approx(crps(x, 1.3), rel=0.01)


def test_the_interval_score_is_ten_times_the_two_pinball_losses_at_80():
    def pinball(q, forecast, outcome):
        return (outcome - forecast) * (q - (outcome < forecast))

    for outcome in (-3.0, 2.0, 9.5):
        both = pinball(0.1, 1.0, outcome) + pinball(0.9, 4.0, outcome)
        assert interval_score(1.0, 4.0, outcome, 0.8) == pytest.approx(both * 2 / 0.2)


def test_the_place_of_one_more_of_the_same_is_uniform():
    # Also with ties and atoms: 4,000 places, Kolmogorov's test at 1 in 10,000.
    rng = np.random.default_rng(5)
    for draw in (lambda n: rng.normal(size=n), lambda n: rng.poisson(0.7, size=n).astype(float)):
        places = [rank_place((x := draw(10))[:9], x[9], rng.uniform()) for _ in range(4000)]
        assert stats.kstest(places, "uniform").pvalue > 1e-4
        assert min(places) > 0 and max(places) < 1
    # A forecast that is too narrow gives a U: its middle half holds fewer.
    narrow = [rank_place(rng.normal(size=50) / 2, rng.normal(), rng.uniform()) for _ in range(2000)]
    assert np.mean(np.abs(np.array(narrow) - 0.5) < 0.25) < 0.4


def test_brier_log_score_and_skill():
    chances, came = [0.8, 0.3, 1.0], [1, 0, 1]
    assert brier(chances, came) == pytest.approx((0.04 + 0.09 + 0) / 3)
    assert log_score(chances, came) == pytest.approx(-(math.log(0.8) + math.log(0.7)) / 3)
    assert log_score([0.0], [1]) == math.inf
    assert skill(2.0, 4.0) == 0.5 and skill(6.0, 4.0) == -0.5 and skill(1.0, 0.0) is None


def test_reliability_puts_equal_chances_together_and_loses_none():
    chances = np.array([0.1] * 30 + [0.5] * 12 + [0.9] * 18)
    came = np.array([True] * 3 + [False] * 27 + [True, True, False] * 4 + [True] * 18)
    bins = reliability(chances, came, 10)
    assert sum(b.count for b in bins) == 60
    assert [round(b.chance, 6) for b in bins] == [0.1, 0.5, 0.9]
    assert [b.share for b in bins] == [0.1, 2 / 3, 1.0]
    assert all(b.low <= b.share <= b.high for b in bins)
    spread = reliability(np.linspace(0, 1, 200), np.ones(200, bool), 10)
    assert [b.count for b in spread] == [20] * 10
    assert reliability(np.zeros(0), np.zeros(0, bool)) == ()


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=6), st.data())
def test_isotonic_is_the_nearest_that_rises(values, data):
    weights = data.draw(st.lists(st.sampled_from([1.0, 2.0]), min_size=len(values), max_size=len(values)))
    y, w = np.array(values), np.array(weights)
    fitted = isotonic(y, w)
    assert (np.diff(fitted) >= -1e-12).all()
    # Max–min formula (Barlow et al. 1972): max over i ≤ k of min over j ≥ k of the mean of i … j.
    mean = {
        (i, j): np.average(y[i : j + 1], weights=w[i : j + 1])
        for i in range(len(y))
        for j in range(i, len(y))
    }
    for k in range(len(y)):
        assert fitted[k] == pytest.approx(
            max(min(mean[i, j] for j in range(k, len(y))) for i in range(k + 1))
        )


def test_binomial_tails():
    chances = [math.comb(18, k) * 0.8**k * 0.2 ** (18 - k) for k in range(19)]
    assert chance_of_fewer(11, 18, 0.8) == pytest.approx(sum(chances[:12]))
    assert chance_of_more(17, 18, 0.8) == pytest.approx(sum(chances[17:]))
    assert chance_of_fewer(0, 0, 0.8) == chance_of_more(0, 5, 0.8) == 1.0
