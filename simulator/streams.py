"""Make every draw a pure function of (seed, entity, purpose, trial), so that nothing else can matter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

GAMMA: Final = 0x9E3779B97F4A7C15
DRAWS_PER_TRIAL: Final = 64
"""Draws that one purpose of one entity may take in a trial; further ones need another key."""

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "outcome": ("outcome", "moves", "return", "renewal"),
    "timing": ("age", "stays", "delay", "delivery", "acceptance", "start", "slip"),
    "amount": ("amount",),
    "market": ("shared", "segment"),
    "parameters": ("rho", "doubt"),
    "arrivals": ("count", "date", "entry", "size"),
    "payments": (
        "lateness",
        "customer",
        "common",
        "run",
        "discount",
        "insolvency",
        "dispute",
        "settlement",
        "offer",
    ),
    "currency": ("rate",),
}
"""The groups of purposes (MODEL 10, and the rates of currencies): a run may take another seed for any."""

_GROUP_OF: Final = {purpose: group for group, purposes in GROUPS.items() for purpose in purposes}
_MULTIPLIER_1: Final = np.uint64(0xBF58476D1CE4E5B9)
_MULTIPLIER_2: Final = np.uint64(0x94D049BB133111EB)
_SHIFTS: Final = (np.uint64(30), np.uint64(27), np.uint64(31))
_ONE: Final = np.uint64(0x3FF0000000000000)
"""The bits of 1.0."""
_MASK: Final = (1 << 64) - 1
_TRIAL_BITS: Final = 58
_INVERSE: Final = np.uint64(pow(GAMMA, -1, 1 << _TRIAL_BITS))
"""1/γ modulo 2^58."""


class Streams:
    """The keyed random numbers of one run.

    Args:
        seed: the run's seed, any integer of 64 bits.
        group_seeds: another seed for some of the groups of `GROUPS`.
    """

    def __init__(self, seed: int, group_seeds: Mapping[str, int] | None = None) -> None:
        unknown = set(group_seeds or ()) - set(GROUPS)
        if unknown:
            raise ValueError(f"no such group of purposes: {', '.join(sorted(unknown))}")
        self.seed = seed
        self.group_seeds = dict(group_seeds or {})

    def key(self, kind: str, entity: str, purpose: str, block: int = 0) -> int:
        """Return the 64-bit key of one entity's purpose.

        The 8 bytes, little-endian, of BLAKE2b over the length-prefixed parts
        (seed, kind, id, purpose); attempt or block of draws stands in the purpose where it is not 0.

        Raises:
            KeyError: the purpose belongs to no group.
        """
        return int(self.keys(kind, (entity,), purpose, block)[0])

    def keys(self, kind: str, entities: Iterable[str], purpose: str, block: int = 0) -> Words:
        """Return `key` of each entity, as words[entity]."""
        seed = self.group_seeds.get(_GROUP_OF[purpose], self.seed)
        head = _prefixed(str(seed)) + _prefixed(kind)
        tail = _prefixed(purpose if block == 0 else f"{purpose}/{block}")
        digests = [blake2b(head + _prefixed(e) + tail, digest_size=8).digest() for e in entities]
        return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def _prefixed(part: str) -> bytes:
    """Return a part of a key's message behind its length, so that no two messages run together."""
    data = part.encode("utf-8", "surrogatepass")
    return len(data).to_bytes(8, "little") + data


def trial_offsets(first: int, count: int) -> Words:
    """Return what trials first … first+count−1 add to a key, as words[trial]: 64·trial·γ mod 2^64."""
    step = np.uint64(DRAWS_PER_TRIAL * GAMMA & _MASK)
    return np.arange(first, first + count, dtype=np.uint64) * step


def trial_numbers(offsets: Words) -> Integers:
    """Return the trial of each of `trial_offsets`: (offset/64)·γ⁻¹ mod 2^58, exact below 2^58."""
    rest = np.uint64((1 << _TRIAL_BITS) - 1)
    return (((offsets >> np.uint64(6)) * _INVERSE) & rest).astype(np.int64)


def draw_offset(n: int) -> np.uint64:
    """Return what the n-th draw of a purpose adds to a key: (n+1)·γ mod 2^64.

    Raises:
        ValueError: n is outside 0 … 63, where the draws of the next trial begin.
    """
    if not 0 <= n < DRAWS_PER_TRIAL:
        raise ValueError(f"draw {n} is outside 0 … {DRAWS_PER_TRIAL - 1}: give it a purpose of its own")
    return np.uint64((n + 1) * GAMMA & _MASK)


def mix64(state: Words) -> Words:
    """Return SplitMix64's output of each state, in place (Steele, Lea & Flood 2014)."""
    shifted = state >> _SHIFTS[0]
    state ^= shifted
    state *= _MULTIPLIER_1
    state ^= np.right_shift(state, _SHIFTS[1], out=shifted)
    state *= _MULTIPLIER_2
    state ^= np.right_shift(state, _SHIFTS[2], out=shifted)
    return state


def uniforms(states: Words, n: int = 0) -> Floats:
    """Return the n-th uniform of each (key, trial), never 0 or 1.

    word = mix64(key + (64·trial + n + 1)·γ), u = ((word >> 12) + ½)·2⁻⁵² (MODEL 10).

    Args:
        states: key + `trial_offsets` of each, words[...].
        n: which draw of the purpose, 0 … 63.
    """
    return as_uniforms(words(states, n))


def words(states: Words, n: int = 0) -> Words:
    """Return the words of the n-th uniforms, as `uniforms`."""
    return mix64(np.asarray(states + draw_offset(n)))


def as_uniforms(words: Words) -> Floats:
    """Return the uniform that each word means, ((word >> 12) + ½)·2⁻⁵², in its place."""
    words >>= np.uint64(12)
    # The 52 bits as the fraction of a float in [1, 2): taking off 1 − 2⁻⁵³ leaves (word + ½)·2⁻⁵² exactly.
    words |= _ONE
    result = words.view(np.float64)
    result -= 1 - 2.0**-53
    return result


def bound(chance: Floats) -> Words:
    """Return the least word whose uniform is not below each chance; modulo 2^64, so that it is 0 at 1."""
    return np.ceil(np.clip(chance, 0.0, 1.0) * 2.0**52 - 0.5).astype(np.uint64) << np.uint64(12)


class UniformRow:
    """A row of keyed uniforms taken one after the other, for estimators whose draws have no trial.

    Args:
        seed: any integer of 64 bits.
        name: of what is drawn; rows of different names have nothing in common.
    """

    def __init__(self, seed: int, name: str) -> None:
        digest = blake2b(_prefixed(str(seed)) + _prefixed("row") + _prefixed(name), digest_size=8)
        self._key = np.uint64(int.from_bytes(digest.digest(), "little"))
        self._taken = 0

    def uniforms(self, *shape: int) -> Floats:
        """Return the next uniforms, floats[shape], never 0 or 1."""
        count = int(np.prod(shape, dtype=np.int64))
        numbers = np.arange(self._taken, self._taken + count, dtype=np.uint64)
        self._taken += count
        return uniforms(self._key + numbers * np.uint64(GAMMA)).reshape(shape)
