"""Learned figures lie beneath what a scenario sets; their draws come back as they were written."""

import io
import resource
import time
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from written import SCENARIO, problems, write

from simulator.amounts import AmountChange
from simulator.close_dates import CloseDateRule
from simulator.distributions import Hazard
from simulator.errors import InputError
from simulator.loading import load
from simulator.loading.draws import DrawsError, draws_bytes, read_draws
from simulator.posterior import (
    FunnelDraws,
    GenerationDraws,
    OddsDraws,
    Posterior,
    SegmentDraws,
    StayDraws,
)
from simulator.runs import file_names

DRAWS = 7
LEARNED = """\
version: 1
as_of: 2026-10-31
currency: EUR
draws: learned.draws.npz
scenario:
  market: {shared: 0.03, segment: 0.05}
  segments:
    smb:
      probability_basis: entry
      stages:
        Proposal: {advance: 0.5, days: {median: 20, p90: 50}}
        Contract: {advance: 0.9, back: 0.05, days: {median: 10, p90: 30}}
      soberness: {odds: 1}
      close_date: {slip: 1.4, overdue: 0.8, pushes: -0.1}
      amount: {unchanged: 0.4, location: 0, scale: 0.1, by_size: -0.1, reference: 500}
      new_pipeline: {per_month: 4, amount: {median: 100, p90: 200}}
    unknown: {close_date: {slip: 3}}
evidence:
  segments.smb.close_date.slip: {value: 1.4, low: 1.3, high: 1.5, n: 40, n_eff: 30, quarters: 5}
"""
BARE = SCENARIO[: SCENARIO.index("segments:")] + "learned: learned.yaml\nsegments:\n  smb: {}\n"


def posterior():
    rng = np.random.default_rng(1)
    transitions = np.zeros((DRAWS, 2, 4))
    transitions[:, 0, 1] = rng.uniform(0.4, 0.6, DRAWS)
    transitions[:, 1, 0], transitions[:, 1, 2] = 0.05, rng.uniform(0.6, 0.9, DRAWS)
    transitions[:, :, 3] = 1 - transitions[:, :, :3].sum(axis=2)
    edges = np.array([0, 0.5, 7.5, 30.5])
    rates = rng.uniform(0.01, 0.1, (2, DRAWS, 4, 4)).astype(np.float32).astype(float)
    rates[0][:, [0, 2]] = 1.0
    rates[1][:, 1] = 1.0
    funnel = FunnelDraws(("Proposal", "Contract"), transitions, tuple(StayDraws(edges, r) for r in rates))
    ones, amounts = np.ones(DRAWS), np.array([50.0, 100.0, 400.0])
    entry = np.tile([1.0, 0.0], (DRAWS, 1))
    to_come = GenerationDraws(
        4 * ones, np.ones((DRAWS, 12)), 0 * ones, 4 * ones, entry, amounts, 0 * ones, 0.5 * ones, amounts
    )
    by_stage = rng.normal(size=(DRAWS, 2))
    odds = OddsDraws(rng.normal(size=DRAWS), ones, {"pushes": -0.1 * ones}, 100.0, by_stage)
    segment = SegmentDraws(funnel, odds, to_come, 0.01 * ones)
    return Posterior(DRAWS, {"smb": segment}, np.full(DRAWS, 0.08))


def loaded(folder, scenario=BARE, learned=LEARNED, sets=()):
    path = write(folder, scenario)
    (folder / "learned.yaml").write_text(learned)
    (folder / "learned.draws.npz").write_bytes(draws_bytes(posterior()))
    return load(path, sets=sets)


def test_draws_come_back_as_they_were_written():
    was = posterior()
    back = read_draws(draws_bytes(was))
    assert draws_bytes(back) == draws_bytes(was)
    mine, theirs = was.segments["smb"], back.segments["smb"]
    assert np.array_equal(theirs.funnel.transitions, mine.funnel.transitions)
    assert np.array_equal(theirs.funnel.stays[1].rates, mine.funnel.stays[1].rates)
    assert theirs.odds.effects.keys() == {"pushes"} and theirs.odds.reference == 100
    assert np.array_equal(theirs.odds.by_stage, mine.odds.by_stage)
    assert np.array_equal(theirs.generation.amounts, mine.generation.amounts)
    assert np.array_equal(back.rho, was.rho)


def with_odds(odds):
    was = posterior()
    return draws_bytes(replace(was, segments={"smb": replace(was.segments["smb"], odds=odds)}))


def test_draws_of_before_have_no_effects_of_stages():
    odds = posterior().segments["smb"].odds
    assert read_draws(with_odds(replace(odds, by_stage=None))).segments["smb"].odds.by_stage is None
    with pytest.raises(DrawsError, match="effects of stages"):
        read_draws(with_odds(replace(odds, by_stage=odds.by_stage[:, :1])))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04nothing", draws_bytes(posterior())[:300]])
def test_what_is_no_file_of_draws_is_refused(content):
    with pytest.raises(DrawsError):
        read_draws(content)


def test_the_average_funnel_is_that_of_a_deal_that_does_not_know_its_draw():
    funnel, mean = posterior().segments["smb"].funnel, posterior().segments["smb"].funnel.mean
    assert np.allclose(mean.transitions, funnel.transitions.mean(axis=0))
    edges = np.array([0.5, 7.5, 30.5])
    joint = np.mean(
        [funnel.transitions[d, 0, 1] * funnel.funnel(d).stays[0][1].sf(edges) for d in range(DRAWS)], 0
    )
    assert np.allclose(mean.transitions[0, 1] * mean.stays[0][1].sf(edges), joint)
    assert isinstance(mean.stays[0][1], Hazard)


def test_learned_figures_hold_where_nothing_is_set(tmp_path):
    scenario = loaded(tmp_path)
    segment = scenario.segments[0]
    assert segment.funnel.stages == ("Proposal", "Contract")
    drawn = posterior().segments["smb"].funnel.transitions[:, 0, 1]
    assert segment.funnel.transitions[0, 1] == pytest.approx(drawn.mean())
    assert segment.close_date == CloseDateRule("blend", 1.4, overdue=0.8, pushes=-0.1)
    assert segment.amount_change == AmountChange(0.4, 0.0, 0.1, -0.1, 500.0)
    assert not segment.doubt.any()
    assert segment.generation.per_month == pytest.approx(4)
    assert segment.generation.bluebirds.per_month == pytest.approx(0.5)
    assert scenario.posterior.draws == DRAWS and scenario.posterior.rho is not None
    slip = next(a for a in scenario.assumptions if a.path == "segments.smb.close_date.slip")
    assert slip.origin == "learned" and "40 observations in 5 quarters" in slip.source
    assert {a.path for a in scenario.assumptions if a.path.startswith("segments.unknown")} == set()
    assert "W043" not in {code for code, *_ in scenario.notes}


def test_what_is_set_wins_and_is_told(tmp_path):
    scenario = loaded(
        tmp_path, sets=["segments.smb.close_date.slip=1.1", "market={shared: 0.0, segment: 0.0}"]
    )
    assert scenario.segments[0].close_date == CloseDateRule("blend", 1.1), "none of its group is taken"
    assert scenario.posterior.rho is None and scenario.market.shared == 0
    assert scenario.posterior.segments["smb"].funnel is not None
    text = next(text for code, text, _ in scenario.notes if code == "W043")
    assert "smb.close_date" in text and "market" in text


def test_set_percentages_leave_no_learned_funnel_nor_its_odds(tmp_path):
    text = SCENARIO.replace("segments:", "learned: learned.yaml\nsegments:", 1)
    scenario = loaded(tmp_path, text)
    draws = scenario.posterior.segments["smb"]
    assert draws.funnel is None and draws.odds is None
    assert draws.generation is None, "new_pipeline: none is set"
    assert scenario.segments[0].doubt.any()


def test_a_run_keeps_what_was_learned(tmp_path):
    scenario = loaded(tmp_path)
    assert {"inputs/learned.yaml", "inputs/learned.draws.npz"} <= set(file_names(scenario))
    assert scenario.resolved["learned"] == "learned.yaml"
    assert "stages" not in scenario.resolved["segments"]["smb"]


@pytest.mark.parametrize(
    ("learned", "told"),
    [
        (LEARNED.replace("version: 1", "version: 9"), "version"),
        (LEARNED.replace("as_of", "asof"), "as_of"),
        (LEARNED + "more: 1\n", "more"),
    ],
)
def test_a_learned_file_that_does_not_fit_is_told(tmp_path, learned, told):
    with pytest.raises(InputError) as caught:
        loaded(tmp_path, learned=learned)
    (problem,) = caught.value.every
    assert problem.code == "S070" and told in problem.message and "simulator fit" in problem.remedy


def test_missing_and_broken_draws_are_told(tmp_path):
    loaded(tmp_path)
    (tmp_path / "learned.draws.npz").write_bytes(b"x")
    assert [p.code for p in problems(tmp_path, BARE)] == ["S070"]
    (tmp_path / "learned.yaml").unlink()
    assert [p.code for p in problems(tmp_path, BARE)] == ["S015"]


def packed(**arrays):
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    return content.getvalue()


def claiming(shape):
    """Return a file whose one array says that it is much larger than it is."""
    content, header = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("draws.npy", header.getvalue())
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        packed(draws=np.array([{"a": 1}], dtype=object)),  # which would run programs when it is read
        packed(draws=np.zeros(1 << 23)),
        claiming((10**13,)),
        claiming((1 << 40, 1 << 40)),
    ],
)
def test_hostile_draws_are_refused_soon_and_fill_no_memory(content):
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(DrawsError):
        read_draws(content)
    assert time.process_time() - started < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10
