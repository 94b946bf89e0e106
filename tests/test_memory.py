"""A run with --summary takes little memory, whatever its trials; `benchmarks.memory` tells the rest."""

import os
import re
import subprocess
import sys

import pytest
from conftest import ROOT

MEASURED = re.compile(r"(\d+) MB in all, beyond \d+ MB; (\d+) MB allowed")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forgets a peak when it is asked to")
def test_more_trials_take_no_more_memory():
    taken = []
    for trials in (4_000, 40_000):
        command = [sys.executable, "-m", "benchmarks.memory", "standard", "30", str(trials)]
        env = os.environ | {"OMP_NUM_THREADS": "1"}
        told = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout
        found = MEASURED.search(told)
        assert found, told
        taken.append(int(found[1]))
        assert taken[-1] <= int(found[2]), told
    assert taken[1] - taken[0] <= 10, "36,000 trials of this job take 24 MB"
