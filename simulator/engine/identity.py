"""Keep the keys of the things that draw: deals, arrivals, customers, invoices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.streams import DRAWS_PER_TRIAL, Floats, Integers, Streams, Words, uniforms


class Entities:
    """Things of one kind, in a row, each with its own draws for every purpose.

    Args:
        streams: of the run.
        kind: `deal`, `arrival`, …; the same id under another kind draws anew.
        ids: unique within the kind; a key is hashed when it is first drawn from, so many may stand idle.
    """

    def __init__(self, streams: Streams, kind: str, ids: Sequence[str]) -> None:
        self._streams, self._kind, self._ids = streams, kind, ids
        self._keys: dict[tuple[str, int], Words] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def name(self, which: int) -> str:
        """Return the id of an entity."""
        return self._ids[which]

    def keys(self, purpose: str, block: int, which: Integers) -> Words:
        """Return the keys of some entities, words[...]."""
        place = (purpose, block)
        if place not in self._keys:
            self._keys.setdefault(place, self._first_keys(purpose, block))
        found = self._keys[place][which]
        if not isinstance(self._ids, Numbered) or found.all():
            return found
        # A key not hashed yet is 0. Another thread may write the same words at the same time.
        missing = np.zeros(len(self._ids), dtype=np.bool_)
        missing[which[found == 0]] = True
        new = np.flatnonzero(missing)
        ids = (self._ids[i] for i in new.tolist())
        self._keys[place][new] = self._streams.keys(self._kind, ids, purpose, block)
        return self._keys[place][which]

    def _first_keys(self, purpose: str, block: int) -> Words:
        """Return the keys of all entities; those that may stand idle are left 0 until they are drawn from."""
        if isinstance(self._ids, Numbered):
            return np.zeros(len(self._ids), dtype=np.uint64)
        return self._streams.keys(self._kind, self._ids, purpose, block)

    def states(
        self, purpose: str, which: Integers, offsets: Words, attempt: int = 0, block: int = 0
    ) -> Words:
        """Return key + 64·trial·γ of each (entity, trial), from which `uniforms` makes any draw."""
        return self.keys(purpose, attempt * 1024 + block, which) + offsets

    def draw(self, purpose: str, which: Integers, offsets: Words, n: int = 0, attempt: int = 0) -> Floats:
        """Return the n-th uniform of a purpose of some entities, each in its own trial.

        Args:
            purpose: one of those in `GROUPS`.
            which: entity of each draw.
            offsets: `trial_offsets` of each draw's trial, broadcast.
            n: number of the draw; beyond 63 it stands in another key.
            attempt: 0 for the deal itself, 1 for its first return.
        """
        block, n = divmod(n, DRAWS_PER_TRIAL)
        return uniforms(self.states(purpose, which, offsets, attempt, block), n)

    def lateness(self, which: Integers, offsets: Words) -> Floats:
        """Return the normal score that the invoices of each customer share in its trial."""
        return np.asarray(special.ndtri(self.draw("customer", which, offsets)))

    def everyone(self, offsets: Words) -> Floats:
        """Return the standard normal that the lateness of all customers shares in a trial."""
        return np.asarray(
            special.ndtri(uniforms(np.uint64(self._streams.key("book", "", "common")) + offsets))
        )


class Payers(Entities):
    """Customers of whom some are known: how late they pay has been learned.

    Args:
        streams: of the run.
        names: of the customers.
        known: mean and standard deviation of the lateness score of those that are known.
    """

    def __init__(
        self, streams: Streams, names: Sequence[str], known: Mapping[str, tuple[float, float]]
    ) -> None:
        super().__init__(streams, "customer", names)
        self.known = np.array([name in known for name in names], dtype=np.bool_)
        moments = [known.get(name, (0.0, 1.0)) for name in names]
        self._mean, self._sd = np.array(moments, dtype=np.float64).reshape(-1, 2).T.copy()

    @property
    def lateness_moments(self) -> tuple[Floats, Floats]:
        """Mean and standard deviation of each one's lateness score."""
        return self._mean, self._sd

    def lateness(self, which: Integers, offsets: Words) -> Floats:
        """Return the score of each customer in its trial: mean + sd·z, 0 and 1 for one not known."""
        return np.asarray(self._mean[which] + self._sd[which] * super().lateness(which, offsets))


class Numbered(Sequence[str]):
    """The ids `prefix/n` of a month's arrivals, made when they are asked for.

    Args:
        prefixes: one a month.
        size: ids a month.
    """

    def __init__(self, prefixes: Sequence[str], size: int) -> None:
        self._prefixes, self._size = tuple(prefixes), size

    def __len__(self) -> int:
        return len(self._prefixes) * self._size

    def __getitem__(self, i: int) -> str:  # type: ignore[override]
        month, n = divmod(i, self._size)
        return f"{self._prefixes[month]}/{n}"


def inverse(cdf: Floats, u: Floats) -> NDArray[np.int64]:
    """Return the smallest index whose cumulative chance reaches each uniform."""
    return np.minimum(np.searchsorted(cdf, u), len(cdf) - 1)
