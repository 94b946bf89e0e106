"""A split pays where segments differ, and not where they are alike."""

from dataclasses import replace

import numpy as np
import pytest
from companies import company

from simulator.distributions import Hazard
from simulator.funnel import Funnel
from simulator.learning.spells import STILL, spells_of
from simulator.learning.splitting import Splitting, log_chances, splitting
from simulator.report.fit import splitting_text


def alike(seed, deals):
    """A company of one segment whose deals somebody has dealt out to three."""
    one = company(seed, deals=deals, rho=0.0, stages=3)
    known = one.history.as_of(one.t)
    dealt = np.arange(len(known.deals)) % 3
    return replace(known, segments=("a", "b", "c"), deals=replace(known.deals, segment=dealt))


def apart(seed, deals):
    one = company(seed, deals=deals, rho=0.0, segments=2, stages=3)
    return one.history.as_of(one.t)


def judged(history):
    return splitting(spells_of(history), history, "region")


@pytest.mark.slow
def test_a_split_pays_where_segments_differ(monkeypatch):
    monkeypatch.setattr("simulator.learning.splitting.FOLDS", 2)
    found = judged(apart(7, 200))
    assert found.pays and found.segments == 2 and found.gain > 3 * found.error
    told = splitting_text(found)
    assert told.startswith("Splitting by region pays:") and "% likelier with a funnel for each of 2" in told


@pytest.mark.slow
def test_a_split_does_not_pay_where_they_are_alike():
    found = judged(alike(7, 250))
    assert not found.pays and abs(found.gain) < 4 * found.error
    told = splitting_text(found)
    assert told.startswith("Splitting by region does not pay:") and told.endswith("one funnel is enough.")


@pytest.mark.verify
def test_splits_of_what_is_alike_seldom_pay():
    # By chance no more than 1 in 20 pays: of 20 more than four would be seen less than once in 300 times.
    assert sum(judged(alike(seed, 300)).pays for seed in range(1, 21)) <= 4


def test_one_segment_is_no_split():
    known = company(3, deals=60, stages=3).history
    found = judged(known.as_of(known.known))
    assert not found.pays and found.gain == 0
    assert "nothing to split" in splitting_text(found)


def test_the_judgement_is_one_of_standard_errors():
    assert Splitting("x", 2, 100, 17.0, 10.0).pays
    assert not Splitting("x", 2, 100, 16.0, 10.0).pays
    assert "which may be luck" in splitting_text(Splitting("x", 2, 100, 16.0, 10.0))
    assert "less likely" in splitting_text(Splitting("x", 2, 100, -16.0, 10.0))


def test_chances_of_all_ends_of_a_stay_add_to_one():
    law = Hazard((0.0, 0.5, 4.5), (0.2, 0.05, 0.1))
    funnel = Funnel(("New",), np.array([[0.0, 0.3, 0.7]]), ((None, law, law),))
    history = company(3, deals=60, stages=3).history
    some = spells_of(history).only(np.arange(14))
    first = np.array([0, 1, 3, 6, 11, 21, 41, 81, 161])
    # One stay for each span and target: what can happen at all.
    every = [(k, j) for k in (1, 2) for j in first]
    for entry in (-1, 7):
        seen = [(k, j) for k, j in every if j > entry or j == 6]
        size = len(seen)
        stays = replace(
            some.only(np.zeros(size, dtype=int)),
            stages=1, segments=("a",), segment=np.zeros(size, dtype=int), stage=np.zeros(size, dtype=int),
            target=np.array([k for k, _ in seen]), length=np.array([j for _, j in seen]),
            entry=np.full(size, entry), age=np.zeros(size),
        )  # fmt: skip
        chances = np.exp(log_chances(stays, {"a": funnel}))
        assert chances.sum() == pytest.approx(1, abs=1e-4)
    still = replace(stays, target=np.full(size, STILL), length=np.full(size, 9), entry=np.full(size, -1))
    assert np.exp(log_chances(still, {"a": funnel}))[0] == pytest.approx(float(law.sf(9.5)))
