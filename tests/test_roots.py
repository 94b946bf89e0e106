"""Roots are where another library finds them, with as few looks at the function."""

import math

import pytest
from scipy import optimize

from simulator.market import both_below
from simulator.roots import root

CASES = {
    "cubic": (lambda x: x**3 - 2, 0.0, 5.0),
    "falling": (lambda x: math.exp(-x) - 0.3, 0.0, 40.0),
    "flat": (lambda x: (x - 1.0) ** 9, 0.0, 3.0),
    "steep": (lambda x: math.tanh(1e4 * (x - 0.123)), -1.0, 1.0),
    "a jump": (lambda x: -1.0 if x < 0.7 else 1.0, 0.0, 1.0),
    "kinked": (lambda x: min(x - 0.2, 50 * (x - 0.2)), -3.0, 1.0),
    "doubt": (lambda rho: float(both_below(-0.5, -0.5, rho)) - 0.12, 0.0, 0.999999),
    "far from 0": (lambda x: x - 1e9 / 3, 0.0, 1e9),
}


@pytest.mark.parametrize("name", CASES)
def test_the_root_is_the_other_library_s(name):
    excess, low, high = CASES[name]
    looks = []

    def watched(x):
        looks.append(x)
        return excess(x)

    found = root(watched, low, high, 1e-12)
    theirs = optimize.bisect(excess, low, high, xtol=1e-12)
    assert found == pytest.approx(theirs, rel=1e-11, abs=2e-4 if name == "flat" else 0)
    assert len(looks) < 60
    assert all(low <= x <= high for x in looks)
    assert root(lambda x: -excess(x), high, low, 1e-12) == pytest.approx(found, abs=1e-11, rel=1e-11)


def test_an_end_may_be_the_root():
    assert root(lambda x: x, 0.0, 1.0, 1e-12) == 0.0
    assert root(lambda x: x - 1, 0.0, 1.0, 1e-12) == 1.0


def test_both_ends_on_one_side_are_refused():
    with pytest.raises(ValueError, match="no change of sign"):
        root(lambda x: 1 + x * x, -1.0, 1.0, 1e-12)
