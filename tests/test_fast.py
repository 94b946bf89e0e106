"""Compiled loops play what numpy plays: the same outcomes, trial by trial and to the last bit."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from conftest import ROOT
from scipy import special
from test_whole_money import scenario_of

from benchmarks import jobs
from simulator.engine import compile_plan, play, run
from simulator.engine import fast as switch
from simulator.market import Market
from simulator.posterior import StayDraws
from simulator.runs import json_bytes
from simulator.scenario import Levers, pulled
from simulator.simulation import simulate

JOBS = {job.__name__: job for job in (jobs.standard_job, jobs.feature_job, jobs.full_job, jobs.learned_job)}


@pytest.fixture
def left(monkeypatch, fast):
    """Counts winners that came to the loops, and those that they left to numpy."""
    fast(True)
    from simulator.engine.fast.loops import Loops

    count, played = [0, 0], Loops.play

    def counted(loops, *arguments):
        found = played(loops, *arguments)
        count[0] += len(arguments[-1])
        count[1] += len(found[0])
        return found

    monkeypatch.setattr(Loops, "play", counted)
    return count


def differences(one, other):
    """Name the columns of two outcomes that differ."""
    pairs = {"ends": (one.ends, other.ends), "guarded": (one.guarded, other.guarded)}
    for name in ("wins", "closes", "closings", "landed"):
        pairs[name] = getattr(one.tally, name), getattr(other.tally, name)
    pairs |= {series: (money, other.money[series]) for series, money in one.money.items()}
    pairs |= {f"{s} by product": (totals, other.by_product[s]) for s, totals in one.by_product.items()}
    return [name for name, pair in pairs.items() if not np.array_equal(*pair)]


def both(fast, plan, trials, **how):
    """Play a plan in numpy and in compiled loops."""
    fast(False)
    in_numpy = play(plan, 0, trials, **how)
    fast(True)
    return in_numpy, play(plan, 0, trials, **how)


# ---- what is played


@pytest.mark.slow
@pytest.mark.parametrize("name", JOBS)
def test_jobs_are_played_alike(name, fast, left):
    plan = compile_plan(JOBS[name](90), 1)
    assert differences(*both(fast, plan, 600)) == []
    assert left[0] > 1_000
    if name in ("standard_job", "feature_job"):
        assert left[1] <= 2, "the loops know everything here"


@pytest.mark.parametrize("pieces", [1, 3, 24, 130])
def test_hazards_of_any_number_of_pieces_are_played_alike(pieces, fast, left):
    scenario = jobs.feature_job(60, draws=20)
    edges = np.concatenate(([0.0], np.cumsum(np.linspace(0.5, 400 / pieces, pieces - 1))))
    rng = np.random.default_rng(3)

    def resized(stay):
        return StayDraws(edges, rng.gamma(4, 0.01, (*stay.rates.shape[:2], pieces)))

    learned = {
        name: replace(
            part, funnel=replace(part.funnel, stays=tuple(resized(stay) for stay in part.funnel.stays))
        )
        for name, part in scenario.posterior.segments.items()
    }
    scenario = replace(scenario, posterior=replace(scenario.posterior, segments=learned))
    assert differences(*both(fast, compile_plan(scenario, 1), 300)) == []
    assert left[0] > 1_000
    assert left[1] <= 2, "the loops know everything here"


@pytest.mark.slow
def test_levers_are_played_alike(fast, left):
    scenario = jobs.standard_job(40)
    for since in (None, date(2027, 3, 1)):
        levers = Levers(1.3, since, 1.2, 0.7, 1.15)
        plan = compile_plan(pulled(scenario, {s.name: levers for s in scenario.segments}), 1)
        in_numpy, compiled = both(fast, plan, 300)
        assert differences(in_numpy, compiled) == [] and left[0] > 500


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(24))
def test_random_scenarios_are_played_alike(seed, tmp_path, fast, left):
    scenario = scenario_of(tmp_path, seed)
    plan = compile_plan(scenario, seed, by=(None, "product", "owner")[seed % 3])
    plans = [plan, replace(plan, bookings_only=True), replace(plan, most_followed=3)]
    plans.append(compile_plan(scenario, seed, market=Market.independent(), follow_ends=seed % 2 == 0))
    for some in plans:
        assert differences(*both(fast, some, 300, block=(77, 300)[seed % 2])) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 106))
def test_forecasts_of_random_scenarios_are_the_same_bytes(seed, tmp_path, fast):
    scenario, found = scenario_of(tmp_path, seed), []
    for on in (False, True):
        fast(on)
        found.append(json_bytes(simulate(scenario, trials=200).to_json()))
    assert found[0] == found[1]


@pytest.mark.slow
def test_what_the_loops_leave_is_played_by_numpy(tmp_path, fast):
    """With bounds as wide as this hundreds of deals are left to numpy, each of them whole."""
    program = f"""
import sys
sys.path[:0] = [{str(ROOT / "tests")!r}, {str(ROOT)!r}]
from simulator.engine.fast import arithmetic
arithmetic.NEAR = 0.02
import os
from benchmarks import jobs
from simulator.engine import compile_plan, play
from simulator.engine.fast.loops import Loops
from test_fast import differences
count, played = [0, 0], Loops.play
def counted(loops, *arguments):
    found = played(loops, *arguments)
    count[0] += len(arguments[-1]); count[1] += len(found[0])
    return found
Loops.play = counted
for job in (jobs.standard_job, jobs.feature_job):
    plan = compile_plan(job(60), 1)
    os.environ["SIMULATOR_FAST"] = "off"
    one = play(plan, 0, 500)
    os.environ["SIMULATOR_FAST"] = "on"
    print(differences(one, play(plan, 0, 500)), *count)
"""
    known = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "SIMULATOR_FAST": "on"}
    told = subprocess.run([sys.executable, "-c", program], env=known, text=True, capture_output=True)
    assert told.returncode == 0, told.stderr
    lines = told.stdout.splitlines()
    assert len(lines) == 2
    for line in lines:
        differing, seen, left_over = line.split()
        assert differing == "[]"
        assert int(left_over) > 200
        assert int(left_over) < int(seen)


# ---- when


def test_large_runs_are_compiled_where_numba_is(monkeypatch):
    monkeypatch.delenv(switch.SWITCH, raising=False)
    monkeypatch.setattr(switch, "_module", lambda: sys)
    assert not switch.is_wanted(switch.WORTHWHILE - 1)
    assert switch.is_wanted(switch.WORTHWHILE)
    for asked, expected in (("on", True), ("off", False), ("perhaps", False)):
        monkeypatch.setenv(switch.SWITCH, asked)
        assert switch.is_wanted(1) == expected
    monkeypatch.setenv(switch.SWITCH, "off")
    assert not switch.is_wanted(10**12)


def test_small_runs_do_not_import_numba(monkeypatch):
    monkeypatch.delenv(switch.SWITCH, raising=False)
    monkeypatch.setattr(switch, "_module", lambda: pytest.fail("it was imported"))
    play(compile_plan(jobs.standard_job(5), 1), 0, 50)


def test_without_numba_numpy_plays(monkeypatch):
    monkeypatch.setattr(switch, "WORTHWHILE", 0)
    monkeypatch.delenv(switch.SWITCH, raising=False)
    monkeypatch.setitem(sys.modules, "numba", None)
    switch._module.cache_clear()
    try:
        assert not switch.is_wanted(10**12)
        assert play(compile_plan(jobs.standard_job(5), 1), 0, 50).trials == 50
        monkeypatch.setenv(switch.SWITCH, "on")
        switch._module.cache_clear()
        with pytest.raises(ModuleNotFoundError):
            switch.is_wanted(1)
    finally:
        switch._module.cache_clear()


def test_loops_that_fail_leave_the_block_to_numpy(monkeypatch):
    def fails(block):
        raise TypeError("a version of numba that knows no tuples")

    plan = compile_plan(jobs.standard_job(5), 1)
    monkeypatch.setattr(switch, "loops_of", fails)
    expected = play(plan, 0, 50)
    assert differences(expected, run.play_block(replace(plan, compiled=True), 0, 50)) == []
    monkeypatch.setenv(switch.SWITCH, "on")
    with pytest.raises(TypeError, match="no tuples"):
        run.play_block(replace(plan, compiled=True), 0, 50)


# ---- arithmetic


def test_normal_exponential_and_logarithm_have_their_digits(fast):
    from simulator.engine.fast.arithmetic import exponential, logarithm, normal

    exponential, logarithm, normal = (f.py_func for f in (exponential, logarithm, normal))
    u = np.concatenate(
        (np.linspace(0.001, 0.999, 333), 10.0 ** -np.arange(3, 300, 7), 1 - 2.0 ** -np.arange(8, 52))
    )
    found = np.array([normal(float(p), float(1 - p)) for p in u])
    assert np.abs(found - special.ndtri(u)).max() < 1e-13
    found = np.array([logarithm(float(p)) for p in u])
    assert np.abs((found - np.log(u)) / (1 - np.log(u))).max() < 1e-15
    x = np.linspace(-43, 43, 501)
    found = np.array([exponential(float(each)) for each in x])
    assert np.abs(found / np.exp(x) - 1).max() < 1e-15
    assert exponential(1e9) == pytest.approx(np.exp(44.0))


@pytest.mark.parametrize("law", ["lognormal", "steps"])
def test_linear_pieces_are_never_more_wrong_than_they_say(law, fast):
    from simulator.distributions import Empirical, LogNormal
    from simulator.engine.fast import closing, tables

    law = LogNormal.from_median(18, 44) if law == "lognormal" else Empirical((0.0, 3.0, 3.0, 40.0))
    made = tables.laws_of((law,))
    chance = np.random.default_rng(1).uniform(0.002, 0.998, 20_000)
    place = chance * closing.BINS
    piece = place.astype(int)
    low, high = made.times[piece], made.times[piece + 1]
    wrong = np.abs(low + (place - piece) * (high - low) - law.isf(chance))
    assert (wrong <= made.errors[piece]).all()
    assert wrong.max() > 1e-6, "pieces are no more than about right"
