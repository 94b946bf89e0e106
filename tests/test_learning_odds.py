"""The calibrator: effects come back, open deals do not bias it, little history leaves it at rest."""

from dataclasses import replace

import numpy as np
import pytest
from plain_histories import KNOWN, Law, even_clock, history_of, walk
from scipy import special
from test_learning_funnels import LAW, table

from simulator.learning.funnels import fit_funnels
from simulator.learning.ladders import calibrated as moved
from simulator.learning.odds import calibrate, fit_odds, odds_of_cohorts
from simulator.learning.snapshots import Snapshots, snapshot_days, take_snapshots
from simulator.learning.spells import spells_of
from simulator.streams import UniformRow

STAGES = ("first", "second", "third", "fourth")
NOWHERE = np.zeros(4)


def calibrated(shown, draws, row, *more):
    """The fit of one segment, its draws and figures laid open."""
    fit = calibrate(shown, ("segment 0",), STAGES, draws, row, *more)
    return fit.draws["segment 0"], fit.figures["segment 0"]


def snapshots(rng, n, effect=0.0, slope=1.0, shift=0.0, open_share=0.0, stages=NOWHERE, segments=(0.0,)):
    """Deals whose odds are moved by their amounts, closed but for a share."""
    before = special.expit(rng.normal(-0.5, 1.0, n))
    amount = np.exp(rng.normal(np.log(5000.0), 1.0, n))
    stage = rng.integers(0, len(stages), n) if np.any(stages) else np.zeros(n, dtype=np.int64)
    segment = np.arange(n) % len(segments)
    logit = shift + slope * special.logit(before) + effect * np.log(amount / 5000.0)
    chance = special.expit(logit + np.asarray(stages)[stage] + np.asarray(segments)[segment])
    after = (rng.uniform(size=n) < chance).astype(float)
    after = np.where(rng.uniform(size=n) < open_share, before, after)
    whole = np.zeros(n, dtype=np.int64)
    return Snapshots(
        np.arange(n),
        segment,
        stage,
        np.arange(n) // max(len(segments), 1) % 8,
        before,
        after,
        whole,
        np.zeros(n, bool),
        (100 * amount).astype(int),
    )


def test_an_effect_of_the_amount_comes_back():
    """|z| < 4 for 3 figures: by chance in 2e-4 of all seeds; the ridge pulls by less than one sd here."""
    odds, _ = calibrated(snapshots(np.random.default_rng(1), 4000, effect=-0.3), 2000, UniformRow(1, "odds"))
    assert set(odds.effects) == {"log_amount"}
    for name, truth in (("log_amount", -0.3), ("slope", 1.0), ("shift", 0.0)):
        draws = odds.effects.get(name, getattr(odds, name, None))
        assert abs(draws.mean() - truth) < 4 * draws.std()
    assert odds.effects["log_amount"].std() < 0.06
    assert odds.reference == pytest.approx(5000, rel=0.1)
    assert odds.by_stage is None  # all in one


def test_few_closed_deals_free_only_shift_and_slope():
    few = snapshots(np.random.default_rng(2), 45, effect=-1.0, stages=(2.0, -2.0, 0.0, 0.0))
    odds, figures = calibrated(few, 500, UniformRow(1, "odds"))
    assert not odds.effects and odds.by_stage is None and set(figures) == {"shift", "slope"}
    assert odds.slope.mean() == pytest.approx(1.0, abs=0.25)
    none, _ = calibrated(snapshots(np.random.default_rng(2), 0), 500, UniformRow(1, "odds"))
    assert abs(none.shift.mean()) < 0.03 and none.slope.mean() == pytest.approx(1, abs=0.03)


def test_a_deal_that_stands_where_it_stood_tells_nothing():
    rng = np.random.default_rng(3)
    still, _ = calibrated(snapshots(rng, 500, open_share=1.0), 2000, UniformRow(1, "odds"))
    assert still.shift.std() == pytest.approx(0.15, rel=0.1)  # the ridge's own width


def test_shared_luck_says_nothing_of_what_tells_deals_apart():
    """Large and small deals of a quarter share its luck; it makes the evidence smaller, not the effect."""
    some = snapshots(np.random.default_rng(4), 1000, effect=-0.3)
    (alone, far), (shared, near) = (calibrated(some, 500, UniformRow(1, "odds"), rho) for rho in (0.0, 0.1))
    assert np.array_equal(shared.effects["log_amount"], alone.effects["log_amount"])
    assert shared.effects["log_amount"].mean() == pytest.approx(-0.3, abs=0.12)
    assert near["log_amount"].n_eff < far["log_amount"].n_eff


def test_a_stage_whose_chances_mislead_is_found():
    """Deals that stand in the third stage are won less often than their age there says; |z| < 4 of 4."""
    truth = np.array([0.0, 0.0, -1.0, 0.0])
    odds, figures = calibrated(
        snapshots(np.random.default_rng(8), 3000, stages=truth), 2000, UniformRow(1, "odds")
    )
    apart = odds.by_stage - odds.by_stage[:, [0, 1, 3]].mean(axis=1, keepdims=True)
    assert (np.abs(apart.mean(axis=0) - truth) < 4 * apart.std(axis=0)).all()
    assert (
        figures["stages.third"].high < -0.4 < 0.1 < figures["stages.first"].value
        and apart[:, 2].mean() < -0.7
    )
    # What the deals of all stages have in common stays in the shift, which deals that arrive have too.
    assert odds.shift.mean() == pytest.approx(-0.25, abs=0.12)
    assert (odds.shift[:, None] + odds.by_stage).mean(axis=0) == pytest.approx(truth, abs=0.3)


def test_a_segment_that_differs_is_found_and_less_so_where_it_may_have_been_luck():
    shown = snapshots(np.random.default_rng(9), 1500, segments=(0.5, -0.5))
    gaps = []
    for rho in (0.0, 0.1):
        fit = calibrate(shown, ("a", "b"), STAGES, 1000, UniformRow(1, "odds"), rho)
        gaps.append(float((fit.draws["a"].shift - fit.draws["b"].shift).mean()))
        assert fit.figures["a"]["level"].value > 0 > fit.figures["b"]["level"].value
    assert gaps[0] == pytest.approx(1.0, abs=0.35)
    assert 0.05 < gaps[1] < 0.7 * gaps[0]


def test_where_there_is_nothing_stages_and_segments_shrink_to_nothing():
    """Twenty records of 400 deals: effects are small, and foresee other deals no worse than none do."""
    sizes, gain = [], 0.0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        shown = replace(snapshots(rng, 400, segments=(0.0, 0.0, 0.0)), stage=rng.integers(0, 4, 400))
        names = ("a", "b", "c")
        odds = calibrate(shown, names, STAGES, 200, UniformRow(seed, "odds")).draws
        level = [odds[name].shift for name in names]
        moved = np.mean(level, axis=1)[:, None] + np.mean(odds["a"].by_stage, axis=0)
        sizes.append(moved - moved.mean())
        new, which = special.expit(rng.normal(-0.5, 1.0, 10_000)), rng.integers(0, 3, 10_000)
        foreseen = special.expit(special.logit(new) + sizes[-1][which, rng.integers(0, 4, 10_000)])
        gain += float((new * np.log(foreseen / new) + (1 - new) * np.log((1 - foreseen) / (1 - new))).mean())
    assert np.sqrt(np.mean(np.square(sizes))) < 0.12  # alone, 33 deals each tell their log odds to ±.38
    assert -0.002 < gain / 20 <= 0


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
    odds, figures = calibrated(shown, 1000, UniformRow(1, "odds"))
    assert abs(odds.slope.mean() - 1) < 4 * odds.slope.std()
    assert all(figures[f"stages.{name}"].low < 0 < figures[f"stages.{name}"].high for name in STAGES[:2])


def test_a_stay_law_that_misleads_is_mended_by_the_effect_of_its_stage():
    """Losers linger in the third stage, and the funnel takes them to leave as fast as winners do.

    Learned from half of the deals, the effect raises the log score of the others; it is that of its stage.
    """
    rng = np.random.default_rng(12)
    p = np.array(
        [[0, 0.7, 0, 0, 0, 0.3], [0, 0, 0.7, 0, 0, 0.3], [0, 0, 0, 0.6, 0, 0.4], [0, 0, 0, 0, 0.6, 0.4]]
    )
    mu = np.full(p.shape, np.log(12.0))
    mu[2, 5] = np.log(120.0)
    history = history_of(
        [walk(rng, Law(p, mu, np.full(p.shape, 0.7)), KNOWN - rng.integers(0, 1500, 6000))], 4
    )
    spells, clocks = spells_of(history, (even_clock(),)), (even_clock(),)
    funnel = {"segment 0": table(p)}
    shown = take_snapshots(history, spells, clocks, funnel, snapshot_days(spells), UniformRow(1, "shown"))
    half = shown.deal % 2 == 0
    odds, _ = calibrated(shown.only(half), 300, UniformRow(1, "odds"))
    assert odds.by_stage.mean(axis=0).argmin() == 2 and np.quantile(odds.by_stage[:, 2], 0.99) < 0
    others = shown.only(~half & ((shown.after == 0) | (shown.after == 1)))
    chance, amount = np.broadcast_to(others.before, (300, len(others))), {"log_amount": np.zeros(len(others))}
    plain, staged = (
        moved(chance, some, amount, others.stage).mean(axis=0)
        for some in (replace(odds, by_stage=None), odds)
    )
    gain = np.log(np.where(others.after == 1, staged / plain, (1 - staged) / (1 - plain)))
    assert gain.sum() > 3 and gain.mean() > 2 * gain.std() / np.sqrt(len(gain))


def test_chances_out_of_sample_from_a_history():
    rng = np.random.default_rng(6)
    history = history_of([walk(rng, LAW, KNOWN - rng.integers(0, 300, 500))], 2)
    clocks = (even_clock(),)
    fit = fit_odds(history, spells_of(history, clocks), clocks, 200, UniformRow(1, "odds"))
    odds, figures = fit.draws["segment 0"], fit.figures["segment 0"]
    assert len(fit.snapshots) > 150
    assert figures["slope"].low < 1.1 and figures["slope"].high > 0.9
    assert not odds.effects  # all amounts are equal: nothing to be told
    assert np.abs(odds.by_stage.mean(axis=0)).max() < 0.2


def test_without_a_log_one_factor_makes_the_ladder_agree():
    rng = np.random.default_rng(7)
    law = Law(np.array([[0, 0.2, 0.8]]), np.log(np.array([[1, 60.0, 20.0]])), np.full((1, 3), 0.6))
    history = history_of([walk(rng, law, KNOWN - rng.integers(0, 200, 600))], 1, logged=False)
    fit = fit_funnels(spells_of(history, (even_clock(),)), history.stages, UniformRow(1, "cohort"), 300)
    odds = odds_of_cohorts(fit["segment 0"], close=0.4)
    met = special.expit(special.logit(0.4) + odds.shift)
    assert abs(met.mean() - 0.2) < 4 * met.std() < 0.16
    assert (odds.slope == 1).all()
