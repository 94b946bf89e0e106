"""Holds the forecaster that knows the truth to its word: this proves the harness that judges others."""

import coverage_of_companies as V
import numpy as np
import pytest
from companies import FAMILIES, Options, company, draw_truth
from company_reference import GRID, laplace, looked_up, posterior, reference
from scipy import stats
from test_companies import vars_of

from simulator.scores import wilson


def truth(segments=1, rho=0.1):
    return draw_truth(np.random.default_rng(1), Options(segments=segments, rho=rho))


def table_of(law, wins, losses, chance):
    """Log-likelihood of so many wins and losses of deals with one chance."""
    x = GRID * np.sqrt(law.rho)
    p = stats.norm.cdf((stats.norm.ppf(chance) + x) / np.sqrt(1 - law.rho))
    return wins * np.log(p) + losses * np.log1p(-p)


@pytest.mark.parametrize(("wins", "losses"), [(0, 3), (12, 8), (150, 150)])
def test_the_markets_past_is_drawn_from_its_posterior(wins, losses):
    law, trials = truth(), 4_000
    table = table_of(law, wins, losses, 0.3)
    drawn = posterior(np.random.default_rng(2), law, table[None], trials)[:, 0]
    x = GRID * np.sqrt(law.rho)
    weight = np.exp(table - table.max()) * stats.norm.pdf(x, scale=np.sqrt(law.rho))
    weight /= weight.sum()
    exact = np.interp(drawn, x + (x[1] - x[0]) / 2, np.cumsum(weight))
    # False alarm 1e-5.
    assert stats.kstest(exact, "uniform").pvalue > 1e-5


def test_the_posterior_of_several_quarters_is_that_of_plain_importance():
    law, trials = truth(segments=2, rho=0.2), 4_000
    told = [(3, 1), (1, 4), (5, 1), (0, 3)]
    table = np.array([table_of(law, *t, 0.4) for t in told])  # two quarters of two segments
    drawn = posterior(np.random.default_rng(3), law, table, trials)
    rng, each = np.random.default_rng(4), 200_000
    between = 0.2 * (3 / 8 + 5 / 8 * np.eye(2))
    prior = rng.multivariate_normal(np.zeros(4), np.kron([[1, 0.5], [0.5, 1]], between), each)
    weight = np.exp(looked_up(table, prior, (GRID[1] - GRID[0]) * np.sqrt(0.2)).sum(axis=1))
    weight /= weight.sum()
    mean = weight @ prior
    second = np.cov(prior.T, aweights=weight)
    error = np.sqrt(second.diagonal() * (1 / trials + (weight**2).sum()))
    assert (np.abs(drawn.mean(axis=0) - mean) < 5 * error).all()  # false alarm 2e-6
    np.testing.assert_allclose(np.cov(drawn.T), second, atol=0.15 * second.diagonal().min())


def test_without_a_likelihood_the_mode_is_the_priors():
    mode, hessian = laplace(np.zeros((3, len(GRID))), np.eye(3) * 2, 0.1)
    assert np.allclose(mode, 0)
    assert np.allclose(hessian, 2 * np.eye(3))


@pytest.mark.parametrize("luck", ["arrival", "decision"])
def test_the_reference_is_one_figure_a_trial_and_repeats(luck):
    c = company(4, luck=luck, deals=200, prices="list", amount_effect=0.4, segments=2)
    a, b = reference(c, 300), reference(c, 300)
    assert a.shape == (300,)
    assert (a == b).all()
    assert (a >= 0).all()
    assert a.std() > 0


# ---- the harness


def too_low(history, base, t):
    """Forecast what never comes: nothing."""
    assert history.known == t
    assert set(base.funnels) == set(history.segments)
    return np.zeros(50)


def fails_at_times(history, base, t):
    """Fail on every second company or so."""
    if t % 2:
        raise ValueError("cannot")
    return np.zeros(50)


def test_the_harness_counts_misses_and_failures():
    nothing = V.coverage(too_low, range(12), options={"deals": 300}, workers=1)
    count, held, inside = nothing.hits()
    assert (count, held, inside) == (12, (0, 0, 0), (0, 0, 0))
    assert nothing.histogram()[-1] == 12
    some = V.coverage(fails_at_times, range(12), options={"deals": 30}, workers=1)
    failed = [case for case in some.cases if case.error]
    assert 0 < len(failed) < 12
    assert some.hits()[0] == 12 - len(failed)
    assert f"{len(failed)} failed; first: seed {failed[0].seed}: ValueError: cannot" in str(some)


def test_a_sample_is_judged_by_its_quantiles():
    sample = np.arange(1000.0)
    case = V.judged(1, ("all",), 850.0, sample)
    assert case.held == (False, True, True)
    assert 0.849 < case.pit < 0.852
    assert (case.median, case.mean) == (499.5, 499.5)
    assert case.width == pytest.approx(0.8 * 999)
    pits = [V.judged(seed, (), 0.0, np.zeros(99)).pit for seed in range(200)]
    assert stats.kstest(pits, "uniform").pvalue > 1e-4


@pytest.mark.slow
def test_the_result_does_not_depend_on_the_workers():
    one, two = (V.coverage(V.informed, range(6), fixed={"deals": 100}, workers=n) for n in (1, 2))
    assert one == two
    assert "log: by stage" in str(one)


@pytest.mark.slow
def test_the_reference_holds_as_often_as_it_says_and_without_the_market_does_not():
    seeds = range(150)
    rates = {}
    for name, told in (("as it is", {}), ("independent", {"rho": 0.0})):
        inside = 0
        for seed in seeds:
            c = company(seed, deals=300, log_months=6, prices="list", rho=0.3)
            wrong = type(c)(**vars(c) | {"truth": type(c.truth)(**vars_of(c.truth) | told)})
            pit = V.judged(seed, (), c.bookings, reference(wrong, 200)).pit
            inside += abs(pit - 0.5) < 0.4
        rates[name] = wilson(inside, len(seeds))
    low, high = rates["as it is"]
    assert low < 0.8 < high  # false alarm 5 %, at fixed seeds
    assert rates["independent"][1] < 0.76


@pytest.mark.verify
@pytest.mark.parametrize("family", ["drawn", *FAMILIES])
def test_the_reference_is_nominal_for_each_family(family):
    told = V.coverage(V.informed, range(600), options=FAMILIES.get(family), label=family)
    for level in V.LEVELS:
        rate = told.rate(level)[0]
        # False alarm 6e-5 a comparison, 66 comparisons.
        assert abs(rate - level) < 4 * np.sqrt(level * (1 - level) / 600)
