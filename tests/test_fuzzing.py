"""Eight searches for input that breaks the reading of files and of what people type, from the same seeds.

They begin alike each time, so that a change fails for what it changed. In CI each has 20 seconds, in which it
tries thousands of inputs, its seeds first: enough to see what a change breaks near to what people write. What
was found once is a case of `test_corpus`, where all are held each time. New findings are for `make fuzz`: it
searches longer and anew, by hand (SECONDS=1200), and says what it found in docs/decisions.md.
"""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = os.environ.get("FUZZING_SECONDS", "20")
TARGETS = ("yaml", "csv", "xlsx", "terms", "dates", "amounts", "set", "mapping")
HERE = Path(__file__).resolve().parent
GIVEN_UP = 10
"""So many times the seconds of a search, and the process hangs."""


@pytest.fixture
def searched(tmp_path):
    """Search a target; what the process printed, and its exit code."""
    if importlib.util.find_spec("atheris") is None:
        assert not os.environ.get("CI"), "atheris is missing: pip install '.[dev]'"
        pytest.skip("NOT RUN: atheris is not installed here, so nothing was searched")

    def search(target, seconds=SECONDS, **more):
        done = subprocess.run(
            [sys.executable, "-m", "fuzzing.search", target, seconds, str(tmp_path)],
            cwd=HERE, env={**os.environ, **more}, capture_output=True, text=True, errors="replace",
            timeout=GIVEN_UP * int(seconds) + 60, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    return search


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_a_search_finds_nothing(searched, target):
    code, said = searched(target)
    assert code == 0, said[-3000:]
    tried = re.search(r"number_of_executed_units: (\d+)", said)
    assert tried, said[-1000:]
    assert int(tried[1]) > 1000, "so few inputs were tried that the search says nothing"


@pytest.mark.slow
@pytest.mark.parametrize(
    "planted",
    ["raise KeyError(text)", "while True: pass", "list(range(10**8))"],
    ids=["crash", "hang", "memory"],
)
def test_a_search_finds_what_is_planted(searched, planted):
    code, said = searched("planted", "45", FUZZING_PLANTED=planted, FUZZING_HANG="5")
    assert code != 0, said[-1000:]
