"""The other programs of the benchmark play the same job as this one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.jobs import standard_job
from benchmarks.peers import expert_numpy
from benchmarks.peers.agreement import agreement
from benchmarks.peers.job import Job, Result, job_of
from benchmarks.peers.players import PEERS, THIS, player
from simulator.expected import Expected, expected
from simulator.scenario import Scenario

DEALS = 200
TRIALS = {"with_monaco": 200, "plain_python": 200, "with_simpy": 50}
"""Of the slow ones; the others play 1,000."""

Standard = tuple[Scenario, Job, Expected]


@pytest.fixture(scope="module")
def standard() -> Standard:
    scenario = standard_job(DEALS)
    return scenario, job_of(scenario), expected(scenario)


@pytest.mark.parametrize("name", [THIS, *PEERS])
def test_each_agrees_with_the_exact_means(name: str, standard: Standard) -> None:
    # One of 49 figures lies four standard errors off in 320 runs by chance; the seed is fixed.
    scenario, _, exact = standard
    try:
        play = player(name, scenario)
    except ModuleNotFoundError as missing:
        pytest.skip(f"{missing}: make bench installs it into .venv-peers")
    trials = TRIALS.get(name, 1_000)
    result = play(trials, 3)
    assert result.bookings.shape == result.receipts.shape == (trials, 24)
    told = agreement(result, scenario, exact)
    assert told.cells > 12
    assert told.holds, told


@pytest.mark.parametrize(
    "fault",
    [
        lambda job: {"weight": np.ones(len(job))},
        lambda job: {"age": np.zeros(len(job))},
        lambda job: {"conversion": job.conversion * 0.98},
        lambda job: {"sigma": job.sigma * 0.9},
        lambda job: {"unchanged": 1.0},
        lambda job: {"delays": job.delays + 4},
    ],
    ids=["stated dates", "ages", "conversion", "stage times", "amounts", "delays"],
)
def test_a_peer_that_plays_another_job_is_found(fault, standard: Standard) -> None:
    scenario, job, exact = standard
    assert not agreement(expert_numpy.run(replace(job, **fault(job)), 10_000, 3), scenario, exact).holds


def test_tables_move_no_mean() -> None:
    # 65,536 places cannot hold these chances, and do on average over offsets.
    cumulative = np.cumsum([0.3, 0.7 - 3e-6, 3e-6])
    found = [
        np.bincount(expert_numpy.table(np.arange(3), cumulative, u)) for u in (np.arange(1000) + 0.5) / 1000
    ]
    means = np.mean([np.pad(f, (0, 3 - len(f))) for f in found], axis=0) / 65_536
    assert np.allclose(np.cumsum(means), cumulative, atol=1e-8)


def test_few_trials_and_more_than_a_block(standard: Standard, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario, job, exact = standard
    assert expert_numpy.run(job, 1, 3).bookings.shape == (1, 24)
    monkeypatch.setattr(expert_numpy, "BLOCK", 700)
    result = expert_numpy.run(job, 2_000, 3)
    assert result.bookings.shape == (2_000, 24)
    assert agreement(result, scenario, exact).holds


def test_nothing_compared_is_no_agreement(standard: Standard) -> None:
    scenario, _, exact = standard
    assert not agreement(Result(np.zeros((1, 24)), np.zeros((1, 24))), scenario, exact).holds


def test_trials_that_share_their_luck_are_found(standard: Standard) -> None:
    scenario, job, exact = standard
    pairs = expert_numpy.run(job, 2_000, 3)
    mixed = Result((pairs.bookings + pairs.bookings[::-1]) / 2, (pairs.receipts + pairs.receipts[::-1]) / 2)
    assert agreement(pairs, scenario, exact).holds
    assert not agreement(mixed, scenario, exact).holds
