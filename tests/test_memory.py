"""A run with --summary takes little memory, whatever its trials; `benchmarks.memory` tells the rest."""

import sys

import pytest
from conftest import ROOT

from benchmarks.memory import beyond_loading


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forgets a peak when it is asked to")
def test_more_trials_take_no_more_memory(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    taken = []
    for trials in (4_000, 40_000):
        most, allowed = beyond_loading(30, trials)
        assert most <= allowed
        taken.append(most)
    assert taken[1] - taken[0] <= 10, "36,000 trials of this job take 24 MB"
