"""The calibrator: effects come back, open deals do not bias it, little history leaves it at rest."""

import numpy as np
import pytest
from plain_histories import KNOWN, Law, even_clock, history_of, walk
from scipy import special
from test_learning_funnels import LAW, table

from simulator.learning.funnels import fit_funnels
from simulator.learning.odds import calibrate, fit_odds, odds_of_cohorts
from simulator.learning.snapshots import Snapshots, snapshot_days, take_snapshots
from simulator.learning.spells import spells_of
from simulator.streams import UniformRow


def snapshots(rng, n, effect=0.0, slope=1.0, shift=0.0, open_share=0.0):
    """Deals whose odds are moved by their amounts, closed but for a share."""
    before = special.expit(rng.normal(-0.5, 1.0, n))
    amount = np.exp(rng.normal(np.log(5000.0), 1.0, n))
    chance = special.expit(shift + slope * special.logit(before) + effect * np.log(amount / 5000.0))
    after = (rng.uniform(size=n) < chance).astype(float)
    after = np.where(rng.uniform(size=n) < open_share, before, after)
    whole = np.zeros(n, dtype=np.int64)
    return Snapshots(
        np.arange(n),
        whole,
        np.arange(n) % 8,
        before,
        after,
        whole,
        np.zeros(n, bool),
        (100 * amount).astype(int),
    )


def test_an_effect_of_the_amount_comes_back():
    """|z| < 4 for 3 figures: by chance in 2e-4 of all seeds; the ridge pulls by less than one sd here."""
    fit = calibrate(snapshots(np.random.default_rng(1), 4000, effect=-0.3), 2000, UniformRow(1, "odds"))
    assert set(fit.draws.effects) == {"log_amount"}
    for name, truth in (("log_amount", -0.3), ("slope", 1.0), ("shift", 0.0)):
        draws = fit.draws.effects.get(name, getattr(fit.draws, name, None))
        assert abs(draws.mean() - truth) < 4 * draws.std()
    assert fit.draws.effects["log_amount"].std() < 0.06
    assert fit.draws.reference == pytest.approx(5000, rel=0.1)


def test_few_closed_deals_free_only_shift_and_slope():
    fit = calibrate(snapshots(np.random.default_rng(2), 45, effect=-1.0), 500, UniformRow(1, "odds"))
    assert not fit.draws.effects
    assert fit.draws.slope.mean() == pytest.approx(1.0, abs=0.25)
    none = calibrate(snapshots(np.random.default_rng(2), 0), 500, UniformRow(1, "odds"))
    assert abs(none.draws.shift.mean()) < 0.03 and none.draws.slope.mean() == pytest.approx(1, abs=0.03)


def test_a_deal_that_stands_where_it_stood_tells_nothing():
    rng = np.random.default_rng(3)
    still = calibrate(snapshots(rng, 500, open_share=1.0), 2000, UniformRow(1, "odds"))
    assert still.draws.shift.std() == pytest.approx(0.15, rel=0.1)  # the ridge's own width


def test_shared_luck_says_nothing_of_what_tells_deals_apart():
    """Large and small deals of a quarter share its luck; it makes the evidence smaller, not the effect."""
    some = snapshots(np.random.default_rng(4), 1000, effect=-0.3)
    alone, shared = (calibrate(some, 500, UniformRow(1, "odds"), rho) for rho in (0.0, 0.1))
    assert np.array_equal(shared.draws.effects["log_amount"], alone.draws.effects["log_amount"])
    assert shared.draws.effects["log_amount"].mean() == pytest.approx(-0.3, abs=0.12)
    assert shared.figures["log_amount"].n_eff < alone.figures["log_amount"].n_eff


def test_snapshots_of_true_chances_call_for_no_correction():
    """Deals of growth, losers lingering: chosen without looking ahead, won as often as h_s(a) says.

    The mean of after − before over 1,500 deals has an error of about .012; |z| < 4.
    """
    rng = np.random.default_rng(5)
    law = Law(LAW.p, np.log(np.array([[1, 10, 5, 60.0], [6, 1, 10, 60]])), LAW.sigma)
    funnel = table(LAW.p)
    stays = tuple(
        tuple(
            None if p == 0 else type(funnel.stays[0][1])(m, s)
            for p, m, s in zip(*rows, strict=True)
        )
        for rows in zip(law.p, law.mu, law.sigma, strict=True)
    )  # fmt: skip
    funnel = type(funnel)(funnel.stages, funnel.transitions, stays)
    begun = KNOWN - np.floor(300 * np.sqrt(rng.uniform(size=3000))).astype(int)
    history = history_of([walk(rng, law, begun)], 2)
    spells, clocks = spells_of(history, (even_clock(),)), (even_clock(),)
    shown = take_snapshots(
        history, spells, clocks, {"segment 0": funnel}, snapshot_days(spells), UniformRow(1, "shown")
    )
    assert len(shown) > 1000 and len(set(shown.deal.tolist())) == len(shown)
    error = (shown.after - shown.before).std() / np.sqrt(len(shown))
    assert abs((shown.after - shown.before).mean()) < 4 * error
    fit = calibrate(shown, 1000, UniformRow(1, "odds"))
    assert abs(fit.draws.slope.mean() - 1) < 4 * fit.draws.slope.std()


def test_chances_out_of_sample_from_a_history():
    rng = np.random.default_rng(6)
    history = history_of([walk(rng, LAW, KNOWN - rng.integers(0, 300, 500))], 2)
    clocks = (even_clock(),)
    fit = fit_odds(history, spells_of(history, clocks), clocks, 200, UniformRow(1, "odds"))
    assert len(fit.snapshots) > 150
    assert fit.figures["slope"].low < 1.1 and fit.figures["slope"].high > 0.9
    assert not fit.draws.effects  # all amounts are equal: nothing to be told


def test_without_a_log_one_factor_makes_the_ladder_agree():
    rng = np.random.default_rng(7)
    law = Law(np.array([[0, 0.2, 0.8]]), np.log(np.array([[1, 60.0, 20.0]])), np.full((1, 3), 0.6))
    history = history_of([walk(rng, law, KNOWN - rng.integers(0, 200, 600))], 1, logged=False)
    fit = fit_funnels(spells_of(history, (even_clock(),)), history.stages, UniformRow(1, "cohort"), 300)
    odds = odds_of_cohorts(fit["segment 0"], close=0.4)
    met = special.expit(special.logit(0.4) + odds.shift)
    assert abs(met.mean() - 0.2) < 4 * met.std() < 0.16
    assert (odds.slope == 1).all()
