"""A change of rates is noticed where it could be seen, and not where there is none."""

import numpy as np
import pytest

from simulator.learning.drift import POWER, drift, to_the_end
from simulator.learning.spells import STILL, Spells

WON, LOST = 2, 3
KNOWN = 738_000


def stays(n, p_early, p_late, seed=1, days=720):
    """One-stage deals over two years; each is won by its half's chance after some weeks, or still open."""
    rng = np.random.default_rng(seed)
    began = np.sort(KNOWN - rng.integers(1, days, n))
    length = rng.integers(5, 60, n)
    won = rng.random(n) < np.where(began < KNOWN - days / 2, p_early, p_late)
    open_ = began + length > KNOWN
    target = np.where(open_, STILL, np.where(won, WON, LOST))
    none = np.zeros(n, dtype=np.int64)
    return Spells(
        2, ("all",), KNOWN, none, np.arange(n), none, target, np.where(open_, KNOWN - began, length),
        none - 1, np.where(open_, KNOWN - began, 0.0), began, np.minimum(began + length, KNOWN), began // 91,
    )  # fmt: skip


def test_a_large_change_is_seen():
    found = drift(stays(400, 0.5, 0.25), 0, rho=0.0)
    assert found.earlier == pytest.approx(0.5, abs=0.08) and found.later == pytest.approx(0.25, abs=0.08)
    assert found.surprise < 0.001 and found.wandering < 0.001
    assert found.visible < 0.15


def test_where_nothing_changed_alarms_are_as_rare_as_said():
    """At .1, 1 in 10: of 300 histories 30 ± 5.2; outside 13 … 47 once in a thousand."""
    found = [drift(stays(150, 0.4, 0.4, seed), 0, rho=0.0) for seed in range(300)]
    assert 13 <= sum(d.surprise < 0.1 for d in found) <= 47
    assert sum(d.wandering < 0.1 for d in found) <= 47


def test_a_change_just_visible_is_found_eight_times_in_ten():
    visible = np.mean([drift(stays(150, 0.4, 0.4, seed), 0, rho=0.0).visible for seed in range(20)])
    found = [drift(stays(150, 0.4 - visible / 2, 0.4 + visible / 2, seed), 0, rho=0.0) for seed in range(200)]
    assert 0.7 < np.mean([d.surprise < 0.1 for d in found]) < 0.9
    assert pytest.approx(2.486, abs=0.01) == POWER


def test_a_market_hides_changes():
    alone, together = (drift(stays(400, 0.45, 0.35), 0, rho) for rho in (0.0, 0.1))
    assert together.visible > alone.visible and together.surprise > alone.surprise


def test_few_deals_tell_nothing():
    assert drift(stays(15, 0.5, 0.2), 0, rho=0.0) is None


def test_the_way_to_the_end_adds_up_all_stays():
    ends = [1, 0, 1, WON, 1, STILL]  # deal 0 goes 0 → 1 → 0 → 1 → won, deal 1 goes 0 → 1
    ints = np.array
    both = Spells(
        2, ("all",), KNOWN, ints([0] * 6), ints([0, 0, 0, 0, 1, 1]), ints([0, 1, 0, 1, 0, 1]), ints(ends),
        ints([3, 4, 5, 6, 7, 8]), ints([-1] * 6), ints([0.0] * 5 + [8.5]), ints([10, 13, 17, 22, 11, 18]),
        ints([13, 17, 22, 28, 18, 27]), ints([0] * 6),
    )  # fmt: skip
    first, second = to_the_end(both, 0), to_the_end(both, 1)
    assert first.length.tolist() == [18, 15] and first.target.tolist() == [WON, STILL]
    assert second.length.tolist() == [15, 8] and second.began.tolist() == [13, 18]
