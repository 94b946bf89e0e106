"""Run blocks of trials, one after the other or side by side, into one outcome."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.engine.attempts import play_segment
from simulator.engine.backlog import play_known
from simulator.engine.block import Block, new_block
from simulator.engine.cells import PART
from simulator.engine.plan import Plan
from simulator.executors import shared_zeros, side_by_side
from simulator.targets import Posted, Series

BLOCK = 5000
"""Most trials of a block; the result does not depend on it."""
WORTHWHILE = 12_000_000
"""Contracts times trials from which on the work is worth dividing: about a second."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Outcome:
    """What came of some trials, in whole minor units of the company's currency.

    Attributes:
        money: floats[slice, cell, trial] of each series; tax and deferred revenue have one slice.
        by_product: totals of some series, floats[product, trial].
        wins: won deals, floats[slice, cell], over all trials.
        closes: won first attempts of open deals, integers[deal, close day]; column 0 is empty.
        landed_parts: their bookings over all trials, as `parted`, floats[part, deal].
        guarded: attempts that were stopped by the guard of 60 moves.
        ever: first attempts that are won, whenever they close, of open deals (0) and of deals to come with
            bluebirds (1), floats[2, segment, trial]; of no segment where nothing is learned.
    """

    money: dict[Posted, Floats]
    by_product: dict[Series, Floats]
    wins: Floats
    closes: NDArray[np.int64]
    landed_parts: Floats
    guarded: int
    ever: Floats

    @property
    def trials(self) -> int:
        """Number of trials."""
        return int(self.money["bookings"].shape[2])

    @property
    def landed(self) -> Floats:
        """Bookings of the open deals' first attempts, floats[deal], over all trials."""
        return np.asarray(self.landed_parts[0] * PART + self.landed_parts[1])

    def and_then(self, more: Outcome) -> Outcome:
        """Return these trials followed by further ones."""
        return Outcome(
            {s: np.concatenate((self.money[s], more.money[s]), axis=2) for s in self.money},
            {s: np.concatenate((m, more.by_product[s]), axis=1) for s, m in self.by_product.items()},
            self.wins + more.wins,
            self.closes + more.closes,
            self.landed_parts + more.landed_parts,
            self.guarded + more.guarded,
            np.concatenate((self.ever, more.ever), axis=2),
        )


def empty_outcome(plan: Plan) -> Outcome:
    """Return the outcome of no trial."""
    cells, deals = len(plan.scenario.horizon.cuts), len(plan.scenario.pipeline)
    return Outcome(
        {s: np.zeros((slices, cells, 0)) for s, slices in plan.posted.items()},
        {s: np.zeros((len(plan.scenario.products), 0)) for s in plan.by_product},
        np.zeros((len(plan.slices), cells)),
        np.zeros((deals, plan.last_day + 1), dtype=np.int64),
        np.zeros((2, deals)),
        0,
        np.zeros((2, _counted(plan), 0)),
    )


def play(
    plan: Plan, first: int, count: int, workers: int = 1, progress: Callable[[int], None] | None = None,
    block: int = BLOCK,
) -> Outcome:  # fmt: skip
    """Return the outcome of trials first … first + count − 1, the same bytes whatever workers and block.

    Args:
        plan: what is played.
        first: number of the first trial.
        count: how many.
        workers: how many blocks are played at once.
        progress: called with the number of trials as each block is finished.
        block: trials that are played at once.
    """
    outcome = empty_outcome(plan)
    workers = workers if is_worth_dividing(plan, count) else 1
    money = {s: shared_zeros((m.shape[0], m.shape[1] + 1, count), workers) for s, m in outcome.money.items()}
    products = {s: shared_zeros((len(m), count), workers) for s, m in outcome.by_product.items()}
    wins, closes, landed, guarded = outcome.wins, outcome.closes, outcome.landed_parts, 0
    ever = shared_zeros((2, _counted(plan), count), workers)
    blocks = max(-(-count // block), workers)
    edges = np.linspace(0, count, blocks + 1).round().astype(int).tolist()

    def task(begin: int, end: int) -> _Played:
        return _play_block(new_block(plan, first + begin, money, products, slice(begin, end), ever))

    for done in side_by_side(task, itertools.pairwise(edges), workers):
        wins += done.wins
        closes += done.closes
        landed += done.landed_parts
        guarded += done.guarded
        if progress is not None:
            progress(done.trials)
    return Outcome({s: m[:, :-1] for s, m in money.items()}, products, wins, closes, landed, guarded, ever)


def is_worth_dividing(plan: Plan, trials: int) -> bool:
    """Tell whether so many trials take long enough to be divided among workers."""
    return plan.contracts * trials >= WORTHWHILE


def defer(money: Mapping[Posted, Floats]) -> None:
    """Add what is billed and not recognised to the deferred revenue, floats[slice, cell, trial] of each."""
    money["deferred"][0] += money["billings"].sum(axis=0) - money["revenue"].sum(axis=0)


def _counted(plan: Plan) -> int:
    """Return the number of segments whose wins are counted, whenever they close."""
    return len(plan.segments) if plan.scenario.posterior else 0


class _Played(NamedTuple):
    """What a block brings besides money."""

    trials: int
    wins: Floats
    closes: NDArray[np.int32]
    landed_parts: Floats
    guarded: int


def _play_block(block: Block) -> _Played:
    for segment in block.plan.segments:
        play_segment(block, segment)
    play_known(block)
    if block.plan.defers and not block.plan.bookings_only:
        defer(block.cells.money)
    return _Played(block.trials, block.cells.wins, block.closes, block.landed_parts, block.guarded)
