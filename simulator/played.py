"""Play the trials of a plan block by block, and keep what each block brings: in memory, or on a shelf."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import field, fields
from itertools import pairwise
from math import prod
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.engine import (
    Outcome,
    Plan,
    Tally,
    block_size,
    blocks,
    for_trials,
    is_worth_dividing,
    play_block,
)
from simulator.executors import Crew, Span, shared_zeros, side_by_side
from simulator.forecast import (
    ENDS,
    Check,
    Happened,
    InMemory,
    Part,
    Rows,
    Slice,
    Trials,
    product_rows,
)
from simulator.records import dataclass
from simulator.targets import Series

KEPT: Final = 20_000_000
"""Contracts times trials from which on blocks are kept, so that a run of ten seconds can be resumed.

It counts the dearest contracts; cheap ones are kept after two.
"""
LARGE: Final = 100_000_000
"""Contracts times trials from which on trials are too many to be held in memory,"""
HELD: Final = 1 << 28
"""and bytes of them, however few the contracts."""
REMEMBERED: Final = 1 << 22
"""Bytes of answers that are remembered where the trials lie on a shelf."""

Floats = NDArray[np.float64]
Arrays = Mapping[str, NDArray[Any]]
Piece = tuple["Played", Span]
"""A block of a pass."""


class Shelf(Protocol):
    """Where finished blocks stand, whatever becomes of this process."""

    def begin(self) -> None:
        """Make ready for the first block."""
        ...

    def put(self, name: str, rows: Arrays, sums: Arrays) -> Part:
        """Keep a block, whole or not at all."""
        ...

    def find(self, name: str) -> tuple[Part, Arrays] | None:
        """Return a block that is kept and whole, with its sums."""
        ...


@dataclass(frozen=True)
class PartOfShelf:
    """Where one of several runs puts its blocks, so that they are not taken for another's.

    Attributes:
        shelf: on which all of them stand.
        name: of the run among them.
    """

    shelf: Shelf
    name: str

    def begin(self) -> None:
        """Make ready for the first block."""
        self.shelf.begin()

    def put(self, name: str, rows: Arrays, sums: Arrays) -> Part:
        """Keep a block."""
        return self.shelf.put(f"{self.name}-{name}", rows, sums)

    def find(self, name: str) -> tuple[Part, Arrays] | None:
        """Return a block that is kept."""
        return self.shelf.find(f"{self.name}-{name}")


@dataclass
class Played:
    """The trials of a plan, as far as they have been played.

    Attributes:
        plan: what is played.
        name: of the pass, by which its blocks are known.
        tally: what comes of all trials together.
        parts: what each trial brings.
        shelf: where the blocks stand, None while they are in memory.
    """

    plan: Plan
    name: str
    tally: Tally
    parts: list[Part] = field(default_factory=list)
    shelf: Shelf | None = None
    _loose: list[tuple[Span, Tally]] = field(default_factory=list)

    @staticmethod
    def none(plan: Plan, name: str) -> Played:
        """Return a pass of which nothing is played yet."""
        wins, closes = (len(plan.slices), len(plan.scenario.horizon.cuts)), (plan.followed, plan.last_day + 1)
        return Played(plan, name, Tally.none(wins, closes, len(plan.scenario.pipeline)))

    @property
    def trials(self) -> int:
        """Number of trials."""
        return sum(part.trials for part in self.parts)

    @property
    def by_trial(self) -> Rows:
        """What each trial brings, as `Trials` reads it."""
        remembered = None if self.shelf is None else REMEMBERED
        return Rows(tuple(self.parts), row_shapes(self.plan), remembered, self.shelf)

    def alone(self, known: Mapping[Series, Happened] | None = None) -> Trials:
        """Return the trials without checks and exact means, to ask for totals.

        Args:
            known: what each series has brought by now, where somebody has collected it already.
        """
        slices = tuple(Slice(s.segment, s.source, s.group) for s in self.plan.slices)
        scenario, tally = self.plan.scenario, self.tally
        return Trials(
            scenario, self.trials, 0, slices, self.by_trial, tally.closes, tally.closings, tally.landed,
            np.zeros(len(scenario.pipeline)), Check(0.0, 0, 0.0), known=known,
        )  # fmt: skip

    def add(self, span: Span, part: Part, tally: Tally) -> None:
        """Add the next block."""
        self.parts.append(part)
        self.tally.add(tally)
        if self.shelf is None:
            self._loose.append((span, tally))

    def move(self, shelf: Shelf) -> None:
        """Put the blocks that are in memory on a shelf; further ones go there too."""
        shelf.begin()
        for number, (span, tally) in enumerate(self._loose):
            part = self.parts[number]
            assert isinstance(part, InMemory)
            self.parts[number] = shelf.put(self._block_name(span), part.arrays, _arrays(tally))
        self.shelf, self._loose = shelf, []

    def found(self, span: Span) -> tuple[Part, Tally] | None:
        """Return a block that is on the shelf already, or None."""
        found = None if self.shelf is None else self.shelf.find(self._block_name(span))
        return found and (found[0], _tally(found[1]))

    def kept(self, span: Span, rows: Mapping[str, Floats], tally: Tally) -> Part:
        """Return what each trial of a block brings, from where it is kept from now on."""
        if self.shelf is None:
            return InMemory(rows, span[1] - span[0])
        return self.shelf.put(self._block_name(span), rows, _arrays(tally))

    def _block_name(self, span: Span) -> str:
        return f"{self.name}-{span[0]}-{span[1]}"


@dataclass(frozen=True)
class Player:
    """How trials are played.

    Attributes:
        workers: how many blocks at once, or who plays them elsewhere; the result does not depend on it.
        progress: called with the trials finished so far.
        block: trials of a block, by default `block_size`; the result does not depend on it.
        shelf: where blocks are kept.
        kept: contracts times trials from which on they are.
    """

    workers: int | Crew = 1
    progress: Callable[[int], None] | None = None
    block: int | None = None
    shelf: Shelf | None = None
    kept: int = KEPT

    def play(self, done: Played, until: int) -> Played:
        """Play further trials of a pass, until there are so many."""
        (played,) = self.begin([done], until)
        return played

    def begin(self, passes: Sequence[Played], until: int) -> Generator[Played]:
        """Begin to play further trials of passes, and return the passes in order, each when it is played.

        Processes of this machine play while nobody waits for them yet. Several passes are `shared`.

        Args:
            passes: the progress is that of the first.
            until: so many trials there are of each then.
        """
        for done in passes:
            done.plan = for_trials(done.plan, until)
            if done.shelf is None and self.shelf is not None and self._keeps(done.plan, until):
                done.move(self.shelf)
        workers = self._workers(passes[0].plan, until - passes[0].trials)
        here = workers if isinstance(workers, int) else 1
        spans = [blocks(p.trials, until, self.block or block_size(p.plan), here) for p in passes]
        if not isinstance(workers, int):
            return self._added(passes, until, _played_elsewhere(passes, spans, workers))
        pieces = [(done, span) for done, some in zip(passes, spans, strict=True) for span in some]
        return self._added(passes, until, _played_here(pieces, workers))

    def shares(self, plan: Plan, trials: int) -> bool:
        """Tell whether the workers that play so many trials are to play further passes as well.

        Those of long runs are not: what is held of each would be too much together.
        """
        several = self._workers(plan, trials) != 1 and isinstance(self.workers, int)
        return several and not self._keeps(plan, trials)

    def _added(
        self, passes: Sequence[Played], until: int, played: Generator[tuple[Span, Part, Tally]]
    ) -> Generator[Played]:
        with closing(played):
            for done in passes:
                while done.trials < until:
                    done.add(*next(played))
                    if self.progress is not None and done is passes[0]:
                        self.progress(done.trials)
                yield done

    def _workers(self, plan: Plan, trials: int) -> int | Crew:
        """Return who plays so many trials: one worker alone where they are few."""
        sent = not isinstance(self.workers, int)
        return self.workers if is_worth_dividing(plan, trials, sent=sent) else 1

    def _keeps(self, plan: Plan, trials: int) -> bool:
        """Tell whether so many trials of a plan stand on the shelf."""
        held = 8 * sum(prod(shape) for shape in row_shapes(plan).values())
        return plan.contracts * trials >= self.kept or held * trials >= HELD


def by_trial(outcome: Outcome) -> dict[str, Floats]:
    """Return what each trial of an outcome brings, floats[..., trial], as `Trials` reads it."""
    found: dict[str, Floats] = {p: np.cumsum(money, axis=1) for p, money in outcome.money.items()}
    found |= {product_rows(series): totals for series, totals in outcome.by_product.items()}
    return found | {ENDS: outcome.ends}


def row_shapes(plan: Plan) -> dict[str, tuple[int, ...]]:
    """Return the shapes of `by_trial`, without the axis of trials."""
    cells, products = len(plan.scenario.horizon.cuts), len(plan.scenario.products)
    found: dict[str, tuple[int, ...]] = {p: (slices, cells) for p, slices in plan.posted.items()}
    found |= {product_rows(series): (products,) for series in plan.by_product}
    return found | {ENDS: plan.counted}


def _played_here(pieces: list[Piece], workers: int) -> Generator[tuple[Span, Part, Tally]]:
    # Several processes write into memory that they share, which is faster than to send what they have.
    room = {
        number: _room(done.plan, span, workers)
        for number, (done, span) in enumerate(pieces if workers > 1 else ())
        if done.shelf is None
    }

    def task(number: int, _: int) -> tuple[Part | None, Tally]:
        done, (begin, end) = pieces[number]
        if found := done.found((begin, end)):
            return found
        rows, tally = _rows(done.plan, begin, end)
        if number not in room:
            return done.kept((begin, end), rows, tally), tally
        for name, array in rows.items():
            room[number][name][:] = array
        return None, tally

    def collected() -> Generator[tuple[Span, Part, Tally]]:
        with closing(results):
            for number, (_, (begin, end)) in enumerate(pieces):
                part, tally = next(results)
                yield (begin, end), part or InMemory(room[number], end - begin), tally
                del part, tally  # while the next block is played

    results = side_by_side(task, pairwise(range(len(pieces) + 1)), workers)
    return collected()


def _room(plan: Plan, span: Span, workers: int) -> dict[str, Floats]:
    shapes = row_shapes(plan)
    return {name: shared_zeros((*shape, span[1] - span[0]), workers) for name, shape in shapes.items()}


def _played_elsewhere(
    passes: Sequence[Played], spans: Sequence[list[Span]], crew: Crew
) -> Generator[tuple[Span, Part, Tally]]:
    # Only the plan goes there, and only what blocks bring comes back: to a shelf of this machine.
    for done, some in zip(passes, spans, strict=True):
        missing = [span for span in some if done.found(span) is None]
        wanted = set(missing)
        with closing(crew.side_by_side(_rows, done.plan, missing)) as coming:
            for span in some:
                if span in wanted:
                    rows, tally = next(coming)
                    yield span, done.kept(span, rows, tally), tally
                else:
                    found = done.found(span)
                    assert found is not None
                    yield span, *found


def _rows(plan: Plan, begin: int, end: int) -> tuple[Mapping[str, Floats], Tally]:
    outcome = play_block(plan, begin, end - begin)
    return by_trial(outcome), outcome.tally


def _arrays(tally: Tally) -> Arrays:
    return {name: np.asarray(value) for name, value in vars(tally).items()}


def _tally(arrays: Arrays) -> Tally:
    wins, closes, closings, landed_parts, guarded = (arrays[field.name] for field in fields(Tally))
    return Tally(wins, closes, closings, landed_parts, int(guarded))
