"""The luck of a record is counted once: what it did to the record and what it does next belong together."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import special
from test_learning_funnels import LAW, spells_from
from test_loading_learned import loaded

import simulator.expected.draws as oracle
from simulator.engine.luck import draw_luck
from simulator.learning.evidence import effective_number
from simulator.learning.funnels import FunnelFit, StageEvidence, fit_funnels
from simulator.learning.luck import QUARTER, Level, luck_now, quarters_ahead, with_luck
from simulator.learning.spells import Spells
from simulator.market import Market
from simulator.posterior import FunnelDraws, LuckDraws, StayDraws
from simulator.simulation import simulate
from simulator.streams import Streams, UniformRow, trial_offsets

RHO, PHI, DRAWS = 0.1, 0.5, 4000


def fitted(level, before=(-1.0, 1.0)):
    """A funnel of one stage whose win rate has the probit `level` by draw, and `before` without history."""
    p = special.ndtr(np.atleast_1d(level))
    transitions = np.stack((0 * p, p, 1 - p), axis=1)[:, None]
    draws = FunnelDraws(("Only",), transitions, (StayDraws(np.zeros(1), np.ones((len(p), 3, 1))),))
    evidence = StageEvidence(1, np.array([0, 1, 0]), 1.0, 1, False, 0.0, 1.0)
    none = np.zeros(len(p))
    return FunnelFit(draws, (evidence,), none, special.ndtr(np.atleast_1d(before))[:, None], None)


def stays(quarters):
    n = len(quarters)
    none, one = np.zeros(n, dtype=np.int64), np.ones(n, dtype=np.int64)
    return Spells(
        1, ("all",), 738_000, segment=none, deal=np.arange(n), stage=none, target=one, length=one,
        entry=none - 1, age=none * 1.0, began=none, until=one, quarter=np.array(quarters),
    )  # fmt: skip


def normals(variance=1.0):
    return np.sqrt(variance) * special.ndtri((np.arange(DRAWS) + 0.5) / DRAWS)


def level_of(fit):
    return special.ndtri(fit.draws.ladder[:, 0])


@pytest.mark.parametrize("prior", [0.02, 0.1, 50.0])
def test_a_level_is_as_unsure_as_luck_leaves_it(prior):
    """Prior N(−.8, τ²), a record of 200 deals in two quarters: against the sum over a grid of levels."""
    spells = stays(np.repeat([5, 6], 100))
    alone = Level.of(spells, fitted(-0.5), RHO, PHI).alone
    surer = 1 / prior + 1 / alone
    found = fitted(-0.5 + normals(1 / surer), -0.8 + normals(prior))
    level = Level.of(spells, found, RHO, PHI)
    rng = np.random.default_rng(1)
    got = level_of(with_luck(found, spells, RHO, PHI, rng.permutation(normals())))
    grid = np.linspace(-3, 2, 20_001)
    y = (-0.5 * surer + 0.8 / prior) * alone
    weight = np.exp(-0.5 * (grid + 0.8) ** 2 / prior - 0.5 * (y - grid) ** 2 / (level.alone + level.luck))
    mean = (grid * weight).sum() / weight.sum()
    spread = np.sqrt((grid**2 * weight).sum() / weight.sum() - mean**2)
    # Chances keep their mean, so that levels are further out by sqrt(1 + what the variance has gained).
    out = np.sqrt(1 + max(spread**2 - 1 / surer, 0.0))
    assert level.luck > 3 * level.alone
    assert got.mean() == pytest.approx(mean * out, abs=0.01)
    assert got.std() == pytest.approx(spread, rel=0.06)


def test_luck_moves_whole_funnels_and_leaves_times_alone():
    rng = np.random.default_rng(7)
    spells = spells_from(rng, [LAW], 600)
    alone = fit_funnels(spells, ("a", "b"), UniformRow(1, "luck"), 400)["segment 0"]
    shared = with_luck(alone, spells, RHO, PHI, rng.permutation(normals())[:400])
    assert alone.stages[0].n_eff == alone.stages[0].stays > 3 * shared.stages[0].n_eff
    width = [fit.win_rates[0].high - fit.win_rates[0].low for fit in (alone, shared)]
    assert width[1] > 1.5 * width[0]
    assert shared.draws.stays is alone.draws.stays
    h, o = alone.draws.ladder, special.logit(shared.draws.ladder) - special.logit(alone.draws.ladder)
    assert np.ptp(o, axis=1).max() < 1e-9, "one factor on the odds of all stages"
    assert np.allclose(shared.draws.transitions.sum(axis=2), 1)
    assert shared.win_rates[0].value == pytest.approx(float(h[:, 0].mean()), abs=0.02)
    assert with_luck(alone, spells, 0.0, PHI, normals()) is alone


def test_one_quarter_of_many_deals_leaves_the_width_of_the_market():
    """δ + x has the variance ρ: neither that of δ on top of it, nor none."""
    level = -0.5 + normals(RHO)
    found = luck_now(stays([7] * 100_000), 7, fitted(-0.5), fitted(level), RHO, PHI, 1.0)
    both = (level + found.mean).var() + found.kept**2 * RHO
    assert both == pytest.approx(RHO, rel=0.06)


def test_it_is_the_regression_of_luck_to_come_on_luck_that_was():
    """Quarters 3, 5, 6 seen from 6: brute force over their factors and the deals' own luck."""
    quarters = np.repeat([3, 5, 6], [40, 60, 100])
    rng = np.random.default_rng(5)
    x = np.zeros((200_000, 5))  # quarters 3 … 7
    x[:, 0] = rng.normal(size=len(x))
    for q in range(1, 5):
        x[:, q] = PHI * x[:, q - 1] + np.sqrt(1 - PHI**2) * rng.normal(size=len(x))
    x *= np.sqrt(RHO)
    worth = effective_number(quarters, special.ndtr(-0.5), RHO, PHI)
    density = np.exp(-0.125) / np.sqrt(2 * np.pi)
    variance = special.ndtr(-0.5) * special.ndtr(0.5) / worth / density**2
    mean_luck = x[:, [0, 2, 3]] @ [0.2, 0.3, 0.5] / np.sqrt(1 - RHO)
    u = mean_luck + np.sqrt(max(variance - mean_luck.var(), 0.0)) * rng.normal(size=len(x))
    slope = np.cov(u, x[:, 4])[0, 1] / u.var()
    left = (x[:, 4] - slope * u).var()
    level = -0.5 + normals(variance)
    found = luck_now(stays(quarters), 6, fitted(-0.5), fitted(level), RHO, PHI, 1.0)
    assert np.polyfit(-0.5 - level, found.mean, 1)[0] == pytest.approx(slope, abs=0.02)
    assert found.kept**2 * RHO == pytest.approx(left, rel=0.02)


def test_deals_that_are_decided_soon_meet_nearly_the_luck_of_the_record():
    level = -0.5 + normals(RHO)
    soon, late = (
        luck_now(stays([7] * 100_000), 7, fitted(-0.5), fitted(level), RHO, PHI, ahead) for ahead in (0.1, 3)
    )
    assert soon.kept < 0.5 < 0.99 < late.kept
    assert (level + soon.mean).var() < 0.02 * RHO and (level + late.mean).var() > 0.7 * RHO


def test_the_time_to_decide_is_that_of_the_open_deals():
    rates = np.full((1, 4, 1), 0.05)
    p = np.array([[[0.0, 0.5, 0.0, 0.5], [0.0, 0.0, 0.5, 0.5]]])
    funnel = FunnelDraws(("A", "B"), p, (StayDraws(np.zeros(1), rates),) * 2).mean
    at = replace(stays([1, 1, 1]), stages=2, target=np.full(3, -1))
    early, late = (quarters_ahead(replace(at, stage=np.full(3, s)), funnel) for s in (0, 1))
    assert late == pytest.approx(20 / QUARTER, rel=0.01) and early == pytest.approx(2 * late, rel=0.01)


def test_without_shared_luck_nothing_is_known():
    found = luck_now(stays([1, 2]), 2, fitted(0.0), fitted(np.zeros(5)), 0.0, PHI)
    assert not found.mean.any() and found.kept == 1


def test_what_is_known_of_the_market_fades():
    offsets, quarters = trial_offsets(0, 40_000), ("2026-Q1", "2026-Q2", "2026-Q3")
    rho = np.full(40_000, RHO)
    known = {0: (np.full(40_000, 0.4), 0.5)}
    market = Market(None, None, PHI)
    plain, told = (
        draw_luck(Streams(1), market, ["a", "b"], quarters, offsets, rho, k).market for k in (None, known)
    )
    assert np.array_equal(plain[1], told[1])
    assert told[0].mean(axis=1) == pytest.approx([0.4, 0.2, 0.1], abs=0.006)
    left = RHO * np.array([0.25, 1 - 0.25 * 0.75, 1 - 0.0625 * 0.75])
    assert told[0].var(axis=1) == pytest.approx(left, rel=0.04)
    set_market = Market(0.02, 0.03, PHI)
    same = [draw_luck(Streams(1), set_market, ["a"], quarters, offsets, rho, k).market for k in (None, known)]
    assert np.array_equal(*same), "a market that is set is the scenario's own"


def lucky(scenario):
    posterior = scenario.posterior
    draws = posterior.draws
    segments = {
        name: replace(s, luck=LuckDraws(np.linspace(-0.3, 0.7, draws), 0.6))
        for name, s in posterior.segments.items()
    }
    return replace(scenario, posterior=replace(posterior, segments=segments))


def test_the_self_check_knows_it_and_sees_a_fault(tmp_path, monkeypatch):
    scenario = lucky(loaded(tmp_path))
    assert simulate(scenario, trials=6000).check.passed
    monkeypatch.setattr(oracle._Chances, "lucky", lambda self, chance, quarter: chance)
    assert not simulate(scenario, trials=6000).check.passed
