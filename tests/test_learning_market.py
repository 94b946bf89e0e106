"""The posterior of ρ against brute force, and what it must do."""

import numpy as np
from scipy import special, stats

from simulator.learning.market import LEVEL_SD, DealChances, deal_chances, fit_rho
from simulator.learning.spells import spells_of
from simulator.market import LARGEST_RHO, PRIOR
from simulator.streams import UniformRow


def cohorts(rng, rho, quarters=12, deals=60, chance=0.25, segments=1, phi=0.5):
    """Closed deals of some quarters and segments, under the market of MODEL 4."""
    root = np.linalg.cholesky(phi ** np.abs(np.subtract.outer(range(quarters), range(quarters))))
    shared = root @ rng.normal(size=quarters)
    own = rng.normal(size=(segments, quarters)) @ root.T
    x = np.sqrt(rho) * (np.sqrt(3 / 8) * shared + np.sqrt(5 / 8) * own)
    p = special.ndtr((special.ndtri(chance) + x) / np.sqrt(1 - rho))
    won = rng.uniform(size=(segments, quarters, deals)) < p[..., None]
    segment, quarter = (g.ravel() for g in np.indices(won.shape)[:2])
    return DealChances(segment, quarter, np.full(won.size, chance), won.ravel().astype(float))


def by_filter(deals, rho, phi=0.5):
    """ln P(data | ρ) of one segment: forward filter on a grid of x, summed over a grid of levels."""
    x = np.linspace(-4, 4, 81) * np.sqrt(rho)
    width = x[1] - x[0]
    start = stats.norm.pdf(x, 0, np.sqrt(rho)) * width
    step = stats.norm.pdf(x[None] - phi * x[:, None], 0, np.sqrt(rho * (1 - phi**2))) * width
    levels = np.linspace(-3, 3, 17) * LEVEL_SD
    total = 0.0
    for level in levels:
        law = start
        for quarter in range(int(deals.quarter.max()) + 1):
            its = deals.quarter == quarter
            c = special.ndtri(deals.before[its])[:, None] + level
            p = special.ndtr((c + x) / np.sqrt(1 - rho))
            o = p / (1 - p) * (1 - deals.before[its])[:, None] / deals.before[its][:, None]
            tilt = (1 + deals.after[its][:, None] * (o - 1)) / (1 + deals.before[its][:, None] * (o - 1))
            law = (law @ step if quarter else law) * tilt.prod(axis=0)
        total += law.sum() * stats.norm.pdf(level, 0, LEVEL_SD)
    return np.log(total)


def test_the_posterior_agrees_with_a_filter_on_a_grid():
    rng = np.random.default_rng(1)
    deals = cohorts(rng, 0.1, quarters=6, deals=25)
    some = rng.uniform(size=len(deals)) < 0.3  # open deals, further on or back
    deals = DealChances(
        deals.segment,
        deals.quarter,
        deals.before,
        np.where(some, rng.choice([0.1, 0.5], len(some)), deals.after),
    )
    draws = fit_rho(deals, 20_000, UniformRow(1, "rho")).draws
    nodes = (np.arange(60) + 0.5) / 60 * LARGEST_RHO
    weight = np.exp([by_filter(deals, rho) for rho in nodes]) * stats.beta.pdf(nodes, *PRIOR)
    mean = (weight * nodes).sum() / weight.sum()
    spread = np.sqrt((weight * (nodes - mean) ** 2).sum() / weight.sum())
    # Laplace's method and the grids err by a few hundredths of the spread.
    assert abs(draws.mean() - mean) < 0.06 * spread
    assert abs(draws.std() / spread - 1) < 0.06


def test_rho_is_found_in_its_intervals():
    """80 % intervals of 30 companies whose ρ comes from the prior: fewer than 17 hold in 1e-3 of seeds."""
    held = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        rho = special.betaincinv(*PRIOR, rng.uniform() * special.betainc(*PRIOR, LARGEST_RHO))
        draws = fit_rho(cohorts(rng, rho, segments=2), 400, UniformRow(seed, "rho")).draws
        low, high = np.quantile(draws, (0.1, 0.9))
        held += low <= rho <= high
    assert held >= 17


def test_one_quarter_tells_nothing_and_even_quarters_tell_of_little_luck():
    rng = np.random.default_rng(2)
    prior_mean = PRIOR[0] / sum(PRIOR)
    one = fit_rho(cohorts(rng, 0.2, quarters=1, deals=500), 4000, UniformRow(1, "one"))
    assert abs(one.figure.value - prior_mean) < 0.006
    even = fit_rho(cohorts(rng, 0.0, quarters=16, deals=400), 400, UniformRow(1, "even"))
    assert even.figure.high < 0.03
    assert even.figure.low > 0


def test_open_deals_count_for_where_they_stand():
    from plain_histories import KNOWN, even_clock, history_of, walk
    from test_learning_funnels import LAW, table

    rng = np.random.default_rng(3)
    history = history_of([walk(rng, LAW, KNOWN - rng.integers(0, 100, 400))], 2, since=KNOWN - 60)
    funnel = table(LAW.p)
    deals = deal_chances(spells_of(history, (even_clock(),)), {"segment 0": funnel})
    known = history.deals.outcome
    assert len(deals) == len(known)
    assert (deals.after[known == 1] == 1).all() and (deals.after[known == 2] == 0).all()
    assert np.isin(np.round(deals.after[known == 0], 9), np.round(funnel.ladder, 9)).all()
    # A chance is a martingale: on average deals stand where they began, up to their luck of 400.
    assert abs((deals.after - deals.before).mean()) < 4 * 0.5 / np.sqrt(len(deals))
