"""A forecast is the same to nine digits whatever versions of numpy, scipy and pandas compute it."""

import json
import math
import os
import subprocess
import sys

import pytest
from conftest import ROOT

OTHERS = ("older", "middle")
EXACTLY = 1e-9


def forecast_of(python):
    told = subprocess.run([python, ROOT / "tests/versions/forecast.py"], text=True, capture_output=True)
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


@pytest.fixture(scope="module")
def here():
    return forecast_of(sys.executable)


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_other_versions_forecast_the_same(here, name):
    python = ROOT / f".venv-versions/{name}/bin/python"
    if not python.exists() and not os.environ.get("CI"):
        pytest.skip(f"NOT COMPARED with other versions: no .venv-versions/{name}; make slow makes it")
    other = forecast_of(python)
    assert other["versions"]["numpy"] != here["versions"]["numpy"]
    assert other["versions"]["pandas"] != here["versions"]["pandas"]
    compared = 0
    for part in ("forecast", "table"):
        compared += len(differences := [*leaves(here[part], other[part], part)])
        assert not [d for d in differences if d], [d for d in differences if d][:10]
    assert compared > 5_000


def leaves(one, other, place):
    """Yield what differs at each leaf, empty where nothing does."""
    if isinstance(one, dict):
        assert one.keys() == other.keys(), place
        for key in one:
            yield from leaves(one[key], other[key], f"{place}.{key}")
    elif isinstance(one, list):
        assert len(one) == len(other), place
        for n, pair in enumerate(zip(one, other, strict=True)):
            yield from leaves(*pair, f"{place}[{n}]")
    elif isinstance(one, float) and isinstance(other, float):
        yield "" if same(one, other) else f"{place}: {one} and {other}"
    else:
        yield "" if one == other else f"{place}: {one} and {other}"


def same(one, other):
    return math.isclose(one, other, rel_tol=EXACTLY, abs_tol=EXACTLY) or (
        math.isnan(one) and math.isnan(other)
    )


def test_a_difference_is_seen():
    plain = {"a": [1.0, {"b": "x"}], "c": math.nan}
    assert not any(leaves(plain, plain, ""))
    assert any(leaves(plain, {"a": [1.0 + 2e-9, {"b": "x"}], "c": math.nan}, ""))
    assert any(leaves(plain, {"a": [1.0, {"b": "y"}], "c": math.nan}, ""))
