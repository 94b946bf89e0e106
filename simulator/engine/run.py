"""Play blocks of trials, and put them together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.engine import fast
from simulator.engine.attempts import play_segment
from simulator.engine.backlog import play_known
from simulator.engine.block import new_block
from simulator.engine.cells import PART
from simulator.engine.ends import WON
from simulator.engine.plan import Plan
from simulator.engine.recorder import Recorder
from simulator.executors import Span
from simulator.records import dataclass
from simulator.targets import Posted, Series

WORTHWHILE: Final = 1_500_000
"""Contracts times trials that are worth dividing: some times the work of beginning a process."""
WORTH_SENDING: Final = 12_000_000
"""The same of those that are divided among workers elsewhere: about a second."""
LONGEST: Final = 30_000_000
"""Contracts times trials that a block may have: a run that is killed loses a few seconds."""
SIZES: Final = (250, 500, 1000, 2000, 4000)
"""Trials that a block may have; the result does not depend on it."""
LARGEST: Final = 1 << 24
"""Bytes of money that a block may have."""

Floats = NDArray[np.float64]
Shape = tuple[int, ...]


@dataclass
class Tally:
    """What comes of some trials together, so that further ones only add to it.

    Attributes:
        wins: won deals, floats[slice, cell].
        closes: won first attempts of the open deals that are followed, integers[deal, close day]; column 0
            is empty.
        closings: of all open deals, their number and the sum of their days, floats[2, deal].
        landed_parts: their bookings, as `parted`, floats[part, deal].
        guarded: attempts that were stopped by the guard of 60 moves.
    """

    wins: Floats
    closes: NDArray[np.integer]
    closings: Floats
    landed_parts: Floats
    guarded: int

    @staticmethod
    def none(wins: Shape, closes: Shape, deals: int) -> Tally:
        """Return that of no trial, given the shapes of `wins` and `closes` and the number of open deals."""
        closed = np.zeros(closes, dtype=np.uint16)
        return Tally(np.zeros(wins), closed, np.zeros((2, deals)), np.zeros((2, deals)), 0)

    @property
    def landed(self) -> Floats:
        """Bookings of the open deals' first attempts, floats[deal]."""
        return np.asarray(self.landed_parts[0] * PART + self.landed_parts[1])

    def add(self, more: Tally) -> None:
        """Add what comes of further trials; days are counted in as few bytes as will do."""
        most = int(self.closes.max(initial=0)) + int(more.closes.max(initial=0))
        if most > np.iinfo(self.closes.dtype).max:
            self.closes = self.closes.astype(np.uint32)
        self.wins += more.wins
        self.closes += more.closes
        self.closings += more.closings
        self.landed_parts += more.landed_parts
        self.guarded += more.guarded


@dataclass(frozen=True)
class Outcome:
    """What came of some trials, in whole minor units of the company's currency.

    Attributes:
        money: floats[slice, cell, trial] of each series; tax and deferred revenue have one slice.
        by_product: totals of some series, floats[product, trial].
        ends: how first attempts end, floats[cell, outcome, source, segment, trial], as in `Ends`.
        tally: what comes of all of them together.
    """

    money: Mapping[Posted, Floats]
    by_product: Mapping[Series, Floats]
    ends: Floats
    tally: Tally

    @property
    def trials(self) -> int:
        """Number of trials."""
        return int(self.money["bookings"].shape[2])

    @property
    def ever(self) -> Floats:
        """First attempts that are won, whenever they close, floats[source, segment, trial]."""
        return np.asarray(self.ends[-1, WON])

    @property
    def wins(self) -> Floats:
        """Won deals, floats[slice, cell]."""
        return self.tally.wins

    @property
    def closes(self) -> NDArray[np.integer]:
        """Won first attempts of open deals, integers[deal, close day]."""
        return self.tally.closes

    @property
    def landed(self) -> Floats:
        """Their bookings, floats[deal]."""
        return self.tally.landed

    @property
    def guarded(self) -> int:
        """Attempts that were stopped by the guard."""
        return self.tally.guarded

    def and_then(self, more: Outcome) -> Outcome:
        """Return these trials followed by further ones."""
        return joined((self, more))


def play(plan: Plan, first: int, count: int, block: int | None = None) -> Outcome:
    """Return the outcome of trials first … first + count − 1, the same bytes whatever the block.

    Args:
        plan: what is played.
        first: number of the first trial.
        count: how many.
        block: trials of a block, by default `block_size`.
    """
    plan = for_trials(plan, first + count)
    spans = blocks(first, first + count, block or block_size(plan))
    return joined(play_block(plan, begin, end - begin) for begin, end in spans)


def for_trials(plan: Plan, trials: int) -> Plan:
    """Return the plan of a run of so many trials, by compiled loops where that is worth their import."""
    compiled = fast.is_wanted(plan.contracts * trials)
    return plan if compiled == plan.compiled else replace(plan, compiled=compiled)


def play_block(plan: Plan, first: int, count: int, recorder: Recorder | None = None) -> Outcome:
    """Return the outcome of a few trials: a pure function of what may be sent to another machine.

    Args:
        plan: what is played.
        first: number of the first trial.
        count: how many.
        recorder: hears what happens in them; then numpy plays.
    """
    if recorder is not None:
        return _played(replace(plan, compiled=False), first, count, recorder)
    try:
        return _played(plan, first, count)
    except Exception:
        # Whatever another version of numba may not do: numpy plays the same, or fails in its own words.
        if not plan.compiled or fast.is_needed():
            raise
        return _played(replace(plan, compiled=False), first, count)


def _played(plan: Plan, first: int, count: int, recorder: Recorder | None = None) -> Outcome:
    cells = len(plan.scenario.horizon.cuts)
    money = {s: np.zeros((slices, cells + 1, count)) for s, slices in plan.posted.items()}
    by_product = {s: np.zeros((len(plan.scenario.products), count)) for s in plan.by_product}
    ends = np.zeros((*plan.counted, count))
    block = new_block(plan, first, money, by_product, slice(0, count), ends)
    if recorder is not None:
        block.recorder = recorder
        recorder.met(block.luck)
    for segment in plan.segments:
        play_segment(block, segment)
    play_known(block)
    if plan.defers and not plan.bookings_only:
        defer(block.cells.money)
    tally = Tally(block.cells.wins, block.closes, block.closings, block.landed_parts, block.guarded)
    return Outcome({s: m[:, :-1] for s, m in money.items()}, by_product, ends, tally)


def blocks(first: int, until: int, size: int, workers: int = 1) -> list[Span]:
    """Return the blocks of trials first … until − 1, (begin, end) each, cut at the multiples of a size.

    What the workers would be left with in their last round is shared out evenly, so that none waits for
    another.
    """
    inner = range((first // size + 1) * size, until, size)
    spans = list(pairwise((first, *inner, until))) if until > first else []
    last = (len(spans) - 1) % workers + 1
    if workers == 1 or not spans:
        return spans
    begin, left = spans[-last][0], until - spans[-last][0]
    cuts = (begin + left * part // workers for part in range(workers + 1))
    return spans[:-last] + [span for span in pairwise(cuts) if span[0] < span[1]]


def block_size(plan: Plan) -> int:
    """Return how many trials of a plan make a block: some seconds of work at most, and not much memory."""
    cells = len(plan.scenario.horizon.cuts) + 1
    rows = cells * sum(plan.posted.values()) + int(np.prod(plan.counted))
    most = min(LONGEST // max(plan.contracts, 1), LARGEST // (8 * rows))
    return max((size for size in SIZES if size <= most), default=SIZES[0])


def is_worth_dividing(plan: Plan, trials: int, sent: bool = False) -> bool:
    """Tell whether so many trials take long enough to be divided among workers, or to be sent to some."""
    return plan.contracts * trials >= (WORTH_SENDING if sent else WORTHWHILE)


def joined(outcomes: Iterable[Outcome]) -> Outcome:
    """Return trials one after the other as one outcome."""
    parts = list(outcomes)
    first = parts[0]
    tally = Tally.none(first.wins.shape, first.closes.shape, len(first.landed))
    for part in parts:
        tally.add(part.tally)
    return Outcome(
        {s: np.concatenate([part.money[s] for part in parts], axis=2) for s in first.money},
        {s: np.concatenate([part.by_product[s] for part in parts], axis=1) for s in first.by_product},
        np.concatenate([part.ends for part in parts], axis=-1),
        tally,
    )


def defer(money: Mapping[Posted, Floats]) -> None:
    """Add what is billed and not recognised to the deferred revenue, floats[slice, cell, trial] of each."""
    money["deferred"][0] += money["billings"].sum(axis=0) - money["revenue"].sum(axis=0)
