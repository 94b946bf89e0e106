"""Open deals are decided by bounds of like trials exactly as one by one: u < Φ(scale·Φ⁻¹(p*) + shift)."""

import numpy as np
import pytest
from scipy import special

from simulator.engine.decide import ALIKE, PresentMarket
from simulator.engine.luck import Luck
from simulator.streams import Streams, bound, trial_offsets, uniforms

SCORES = special.ndtri(np.array([0.0, 1e-300, 1e-12, 0.03, 0.31, 0.5, 0.88, 1 - 1e-12, 1.0]))


def luck(trials, rho, seed=1):
    """Market of one segment, ρ the same in all trials or one each, and doubt."""
    rng = np.random.default_rng(seed)
    return Luck(
        np.broadcast_to(rho, trials).astype(float),
        np.sqrt(rho) * rng.normal(size=(1, 1, trials)),
        rng.normal(size=(1, trials)),
        shared=np.zeros((1, trials)),
        own=np.zeros((1, 1, trials)),
    )


@pytest.mark.parametrize("trials", [1, ALIKE - 1, ALIKE, 1234])
@pytest.mark.parametrize("rho", [0.0, 0.1, "each"])
@pytest.mark.parametrize("doubt", [0.0, 0.2])
def test_the_same_deals_win_as_one_by_one(trials, rho, doubt):
    rho = np.random.default_rng(3).uniform(0, 0.4, trials) if rho == "each" else rho
    met, offsets = luck(trials, rho), trial_offsets(7, trials)
    keys = Streams(5).keys("deal", [f"D{i}" for i in range(len(SCORES))], "outcome")
    deal, trial = PresentMarket.of(met, offsets, 0, doubt).winners(keys, SCORES)
    scale, shift = met.shifted(0, 0, doubt)
    expected = uniforms(keys[:, None] + offsets) < special.ndtr(SCORES[:, None] * scale + shift)
    found = np.zeros_like(expected)
    found[deal, trial] = True
    assert len(deal) == expected.sum(), "no deal wins twice in a trial"
    assert np.array_equal(found, expected)
    assert not expected[0].any()
    assert expected[-1].all()
    assert (np.diff(deal) >= 0).all()


def test_a_word_below_the_bound_means_a_uniform_below_the_chance():
    chances = np.concatenate(
        (np.random.default_rng(2).random(500), [0.0, 2.0**-53, 2.0**-52, 0.5, 1 - 2.0**-53])
    )
    least = bound(chances)
    inside = least > 0
    for step, below in ((0, False), (-1, True)):
        words = least[inside] + np.uint64(step % 2**64)
        u = ((words >> np.uint64(12)).astype(float) + 0.5) * 2.0**-52
        assert ((u < chances[inside]) == below).all()
    assert bound(np.array([1.0])) == 0, "modulo 2^64"
