"""Draws are pure functions of what they are for: published vectors, other roads to a key, no use twice."""

import sys
from collections import defaultdict
from hashlib import blake2b
from itertools import combinations

import numpy as np
import pytest
from family import eventful, limit

from benchmarks.jobs import full_job
from simulator.engine import billing, block, compile_plan, identity, luck, play, walk
from simulator.engine.identity import Entities, Numbered
from simulator.streams import GROUPS, Streams, draw_offset, mix64, trial_numbers, trial_offsets, uniforms

MASK = (1 << 64) - 1
GAMMA = 0x9E3779B97F4A7C15


def plain_mix(z):
    """SplitMix64 in Python's integers."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def plain_key(seed, kind, entity, purpose):
    parts = [str(seed).encode(), kind.encode(), entity.encode(), purpose.encode()]
    message = b""
    for part in parts:
        message += len(part).to_bytes(8, "little") + part
    return int.from_bytes(blake2b(message, digest_size=8).digest(), "little")


def test_an_offset_tells_its_trial():
    for first in (0, 12_345, 2**58 - 1_000):
        trials = trial_numbers(trial_offsets(first, 1_000))
        assert np.array_equal(trials, np.arange(first, first + 1_000))


def plain_uniform(key, trial, n):
    word = plain_mix((key + (64 * trial + n + 1) * GAMMA) & MASK)
    return ((word >> 12) + 0.5) * 2.0**-52


def test_published_vectors_of_splitmix64():
    states = np.array([(1234567 + k * GAMMA) & MASK for k in range(1, 6)], dtype=np.uint64)
    assert mix64(states).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


@pytest.mark.parametrize("entity", ["D0001", "", "smb/2026-11", "größe €", "a" * 300])
def test_keys_are_the_hash_of_their_parts(entity):
    streams = Streams(42, {"timing": -7})
    assert streams.key("deal", entity, "outcome") == plain_key(42, "deal", entity, "outcome")
    assert streams.key("deal", entity, "outcome", 3) == plain_key(42, "deal", entity, "outcome/3")
    assert streams.key("deal", entity, "stays") == plain_key(-7, "deal", entity, "stays")
    assert streams.keys("deal", [entity], "amount").tolist() == [plain_key(42, "deal", entity, "amount")]


def test_parts_of_a_key_cannot_run_together():
    streams = Streams(1)
    keys = {streams.key(*parts) for parts in (("a", "bc", "rho"), ("ab", "c", "rho"), ("abc", "", "rho"))}
    assert len(keys) == 3
    assert Streams(11).key("a", "b", "rho") != Streams(1).key("1a", "b", "rho")


def test_every_draw_is_what_the_formula_says():
    entities = Entities(Streams(9), "deal", ["x", "y", "z"])
    trials = [0, 1, 77, 123_456, 2**31]
    for attempt, n in ((0, 0), (0, 63), (1, 5), (2, 64), (0, 200)):
        number = attempt * 1024 + n // 64
        name = "stays" if number == 0 else f"stays/{number}"
        for i, entity in enumerate("xyz"):
            for trial in trials:
                drawn = entities.draw("stays", np.array([i]), trial_offsets(trial, 1), n, attempt)
                assert drawn[0] == plain_uniform(plain_key(9, "deal", entity, name), trial, n % 64)


def test_uniforms_are_never_0_or_1_and_never_change_their_input():
    words = np.array([0, MASK, 1 << 63], dtype=np.uint64)
    before = words.copy()
    drawn = uniforms(words, 7)
    assert np.array_equal(words, before)
    assert ((drawn > 0) & (drawn < 1)).all()
    # The extreme words themselves: 52 bits of 0 and of 1, with a half between.
    assert 0 < (0 + 0.5) * 2.0**-52
    assert ((2**52 - 1) + 0.5) * 2.0**-52 < 1


@pytest.mark.parametrize("n", [-1, 64, 1000])
def test_a_draw_beyond_64_has_no_place(n):
    with pytest.raises(ValueError, match="0 … 63"):
        draw_offset(n)
    with pytest.raises(ValueError, match="purpose of its own"):
        uniforms(np.zeros(1, dtype=np.uint64), n)


def test_trials_do_not_reach_into_each_other():
    offsets, steps = trial_offsets(0, 500), [int(draw_offset(n)) for n in range(64)]
    states = {(int(o) + s) & MASK for o in offsets for s in steps}
    assert len(states) == 500 * 64
    assert np.array_equal(trial_offsets(300, 200), offsets[300:])


def test_draws_are_even_and_streams_do_not_move_together():
    entities = Entities(Streams(3), "deal", [f"D{i}" for i in range(12)])
    count = 20_000
    rows = [
        entities.draw(purpose, np.array([i]), trial_offsets(0, count), n, attempt)
        for i in range(12)
        for purpose, n, attempt in (("outcome", 0, 0), ("stays", 0, 0), ("stays", 1, 0), ("stays", 0, 1))
    ]
    normal = (np.array(rows) - 0.5) * np.sqrt(12)
    pairs = list(combinations(range(len(rows)), 2))
    products = normal @ normal.T / np.sqrt(count)
    z = [float(products[pair]) for pair in pairs]
    z += [float(row[:-1] @ row[1:] / np.sqrt(count - 1)) for row in normal]
    z += (normal.mean(axis=1) * np.sqrt(count)).tolist()
    assert np.abs(z).max() < limit(len(z))
    assert 0.9 < np.std(z) < 1.1
    counts = np.array([np.histogram(row, 100, (0, 1))[0] for row in rows])
    chi = ((counts - count / 100) ** 2 / (count / 100)).sum(axis=1)
    assert np.abs((chi - 99) / np.sqrt(2 * 99)).max() < 5.5


def test_every_purpose_belongs_to_one_group():
    purposes = [p for group in GROUPS.values() for p in group]
    assert len(purposes) == len(set(purposes))
    assert set(GROUPS) == {
        "outcome", "timing", "amount", "market", "parameters", "arrivals", "payments", "currency",
    }  # fmt: skip
    with pytest.raises(KeyError):
        Streams(1).key("deal", "x", "weather")
    with pytest.raises(ValueError, match="weather"):
        Streams(1, {"weather": 2})


def test_keys_are_hashed_when_first_asked_for_and_stay():
    entities = Entities(Streams(5), "arrival", Numbered(["smb/2026-11", "smb/2026-12"], 40))
    assert len(entities) == 80
    some = entities.keys("outcome", 0, np.array([41, 3, 41]))
    assert some.tolist() == [
        plain_key(5, "arrival", name, "outcome")
        for name in ("smb/2026-12/1", "smb/2026-11/3", "smb/2026-12/1")
    ]
    assert np.array_equal(entities.keys("outcome", 0, np.array([41, 3, 41])), some)


def spied(monkeypatch, scenario, trials):
    """Every state that the engine makes a number of, by where in the engine it is asked for."""
    seen = defaultdict(list)
    asked = defaultdict(set)
    real, real_key, real_keys = identity.uniforms, Streams.key, Streams.keys

    def caller():
        frame = sys._getframe(2)
        while frame.f_code.co_filename == identity.__file__ or frame.f_code.co_name == "_uniform":
            frame = frame.f_back
        return frame.f_code.co_filename.rsplit("/", 1)[-1], frame.f_code.co_name, frame.f_lineno

    def spy(states, n=0):
        seen[caller()].append(np.ravel(states + draw_offset(n)))
        return real(states, n)

    def spy_key(self, kind, entity, purpose, block=0):
        asked[kind].add((purpose, block))
        return real_key(self, kind, entity, purpose, block)

    def spy_keys(self, kind, entities, purpose, block=0):
        asked[kind].add((purpose, block))
        return real_keys(self, kind, entities, purpose, block)

    for module in (identity, walk, luck, block):
        monkeypatch.setattr(module, "uniforms", spy)
    monkeypatch.setattr(Streams, "key", spy_key)
    monkeypatch.setattr(Streams, "keys", spy_keys)
    play(compile_plan(scenario, 8), 0, trials)
    return {place: np.concatenate(states) for place, states in seen.items()}, asked


@pytest.mark.parametrize("scenario", [full_job(60, recycling=0.4), eventful()], ids=["full job", "eventful"])
def test_no_number_is_used_for_two_things(monkeypatch, scenario):
    places, asked = spied(monkeypatch, scenario, 40)
    assert len(places) >= 15
    # A customer's luck is one thing that many invoices share; nothing else is asked for twice.
    shared = {p for p in places if p[1] == "factor" and _is_customer(p)}
    assert shared
    for place, states in places.items():
        if place not in shared:
            assert len(np.unique(states)) == len(states), place
    alone = {place: np.unique(states) for place, states in places.items() if place not in shared}
    alone["customer",] = np.unique(np.concatenate([places[p] for p in shared]))
    everything = np.concatenate(list(alone.values()))
    assert len(np.unique(everything)) == len(everything) > 5_000
    known = {purpose for purposes in GROUPS.values() for purpose in purposes}
    used = {purpose for purposes in asked.values() for purpose, _ in purposes}
    assert used <= known
    of_money = {"start", "renewal", "slip", "insolvency", "dispute", "settlement", "offer", "rate"}
    of_money |= {"common", "run"}
    assert known - used <= {"acceptance", "delivery", "entry", "discount"} | of_money


def _is_customer(place):
    """Whether a place in the engine draws what a customer's invoices share."""
    with open(billing.__file__) as source:
        return ".lateness(" in source.read().splitlines()[place[2] - 1]
