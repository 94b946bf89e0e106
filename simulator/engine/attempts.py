"""Decide who wins in a block of trials: open deals, deals to come, deals first seen when won."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.engine import fast
from simulator.engine.block import Block
from simulator.engine.ends import NEW, OPEN, WON
from simulator.engine.identity import inverse
from simulator.engine.plan import SegmentPlan
from simulator.engine.recorder import Recorder
from simulator.engine.roads import Decided, Roads, arrival_clock, enter, followed, outcomes
from simulator.engine.settle import Won, settle
from simulator.engine.walk import Walkers

if TYPE_CHECKING:
    from simulator.engine.fast.loops import Loops

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Places = NDArray[Any]
"""Whole numbers of either length."""

TILE = 1 << 16
"""Deal-trials that are decided at once, so that the arrays stay in cache."""


def play_segment(block: Block, plan: SegmentPlan) -> None:
    """Play all deals of a segment, open and to come, with those that come back."""
    roads = Roads(block, plan)
    # Where ends are followed, every lost deal is walked: there is little that loops could save.
    compiled = block.plan.compiled and not block.ends.follows(0)
    _open_deals(block, plan, roads, fast.loops_of(block) if compiled else None)
    _arrivals(block, plan, roads)
    roads.clear()
    _bluebirds(block, plan)


def _open_deals(block: Block, plan: SegmentPlan, roads: Roads, loops: Loops | None) -> None:
    """Decide the open deals, and make their first move given the outcome and the age."""
    for deals in _tiles(block, plan, loops):
        _open_tile(block, plan, roads, deals, loops)  # nothing of it is held when the next one begins


def _open_tile(block: Block, plan: SegmentPlan, roads: Roads, deals: Integers, loops: Loops | None) -> None:
    ages, label_ages = _ages(block, plan, deals)
    won = _winners(block, plan, deals, ages, label_ages, loops)
    if block.ends.counted:
        wins = np.bincount(won[1], minlength=block.trials)
        block.ends.decide(OPEN, plan.index, len(deals) - wins, wins)
    for outcome in outcomes(block, plan, 0):
        row, trial = won if outcome else _others(won, len(deals), block.trials)
        if outcome and loops is not None and ages is None:
            row, trial = loops.play(plan, deals, label_ages, row, trial)
        for stage, some in _stages(block, deals, row):
            roads.send(
                block.plan.open_deals, 0, outcome, 1,
                _begun(block, plan, stage, outcome, deals, ages, label_ages, row[some], trial[some]),
            )  # fmt: skip


def _tiles(block: Block, plan: SegmentPlan, loops: Loops | None) -> Iterator[Integers]:
    """Yield the open deals in groups, all with an age or all without.

    They are of one stage, but where compiled loops play those of all stages that share a market.
    """
    pipeline = block.plan.scenario.pipeline
    stage, unknown = pipeline.stage[plan.deals], np.isnan(pipeline.age[plan.deals])
    tile, kind = TILE, stage * 2 + unknown
    if loops is not None and loops.knows(plan):
        # Compiled loops walk those who win; losers are numpy's.
        tile = loops.TILE if len(outcomes(block, plan, 0)) == 1 else 4 * TILE
        market = np.unique(plan.segment.doubt, return_inverse=True)[1][stage]
        kind = np.where(unknown, kind, -1 if loops.by_draw(plan) else -1 - market)
    order, most = np.argsort(kind, kind="stable"), max(tile // block.trials, 1)
    for group in np.split(plan.deals[order], np.flatnonzero(np.diff(kind[order])) + 1):
        for first in range(0, len(group), most):
            yield group[first : first + most]


def _stages(block: Block, deals: Integers, row: Places) -> Iterator[tuple[int, Places | slice]]:
    """Yield each stage of some deals, and the places of those that stand in it among rows of them."""
    stage = block.plan.scenario.pipeline.stage[deals]
    if not len(row):
        return
    if stage[0] == stage[-1]:
        yield int(stage[0]), slice(None)
        return
    for each in np.unique(stage).tolist():
        yield each, np.flatnonzero(stage[row] == each)


def _begun(
    block: Block, plan: SegmentPlan, stage: int, outcome: bool, deals: Integers, ages: Integers | None,
    label_ages: Floats, row: Places, trial: Places,
) -> Decided:  # fmt: skip
    """Return open deals of a stage after their first move.

    Args:
        block: under way.
        plan: of the segment.
        stage: where they are.
        outcome: whether they are won.
        deals: places in the pipeline.
        ages: drawn ones, as `_ages`.
        label_ages: operational days, likewise.
        row: of the deals, of each that begins.
        trial: of each.
    """
    walkers = Walkers(block.plan.deals, deals[row], block.offsets[trial])
    if not outcome:
        keep = followed(block, plan, walkers)
        walkers, row, trial = walkers.only(keep), row[keep], trial[keep]
    label = row if ages is None else ages[row, trial]
    draw, n = block.draws_of(trial), len(trial)
    after, days = plan.kernel.first_move(walkers, draw, stage, label, label_ages, outcome)
    some = Decided(walkers.which, walkers.offsets, trial, np.zeros(n), after, days, np.full(n, plan.end))
    if not outcome:
        return some
    return _stated(block, plan, stage, deals, some, row, None if ages is None else label, label_ages)


def _ages(block: Block, plan: SegmentPlan, deals: Integers) -> tuple[Integers | None, Floats]:
    """Return drawn ages[deal, trial], or None where they are known, and the age that each label means.

    A label is a drawn age, or the place of a deal whose age is known.
    """
    known = block.plan.scenario.pipeline.age[deals]
    if not np.isnan(known[0]):
        return None, known
    law = np.cumsum(plan.segment.funnel.resting_ages(int(block.plan.scenario.pipeline.stage[deals[0]])))
    u = block.plan.deals.draw("age", deals[:, None], block.offsets)
    return inverse(law, u), np.arange(len(law), dtype=np.float64)


def _winners(
    block: Block, plan: SegmentPlan, deals: Integers, ages: Integers | None, label_ages: Floats,
    loops: Loops | None,
) -> tuple[Places, Places]:  # fmt: skip
    """Return (row, trial) of the open deals that are won, deal by deal or trial by trial."""
    if loops and ages is None and (found := loops.decided(plan, deals, label_ages)):
        return found
    stage = int(block.plan.scenario.pipeline.stage[deals[0]])
    score = plan.chances.open_scores(stage, deals, block.draws, ages, label_ages)
    doubt = float(plan.segment.doubt[stage])
    if block.recorder is not None and block.recorder.follows:
        _tell(block.recorder, block, plan, deals, score, doubt)
    if score.ndim == 1:
        return block.market(plan.index, doubt).winners(
            block.plan.deals.keys("outcome", 0, deals), score, loops.possible if loops else None
        )
    u = block.plan.deals.draw("outcome", deals[:, None], block.offsets)
    scale, shift = block.luck.shifted(plan.index, 0, doubt)
    won = u < special.ndtr(score * scale + shift)
    # Trial by trial, so that those that share a draw look its tables up one after the other.
    trial, row = np.nonzero(np.ascontiguousarray(won.T))
    return row, trial


def _tell(
    recorder: Recorder, block: Block, plan: SegmentPlan, deals: Integers, score: Floats, doubt: float
) -> None:
    """Tell the recorder the chances of open deals, before the market and in it."""
    scale, shift = block.luck.shifted(plan.index, 0, doubt)
    each = score if score.ndim == 2 else score[:, None]
    before, after = special.ndtr(each), special.ndtr(each * scale + shift)
    recorder.decided(deals, np.broadcast_to(before, after.shape), after)


def _others(some: tuple[Places, Places], rows: int, trials: int) -> tuple[Integers, Integers]:
    """Return (row, trial) of all others."""
    rest = np.ones((rows, trials), dtype=np.bool_)
    rest[some] = False
    row, trial = np.nonzero(rest)
    return row, trial


def _stated(
    block: Block, plan: SegmentPlan, stage: int, deals: Integers, won: Decided, row: Integers,
    label: Integers | None, label_ages: Floats,
) -> Decided:  # fmt: skip
    """Return won deals with the line by which what is stated of their close moves their days (MODEL 2).

    Args:
        block: under way.
        plan: of the segment.
        stage: where they are.
        deals: places in the pipeline.
        won: those that are won, each at a
        row: of the deals.
        label: which of the ages each has, None where each deal has its own.
        label_ages: operational days.
    """
    of, at = (deals, row) if label is None else (won.which, slice(None))
    factor, power, until = plan.close_line(block.plan.scenario.pipeline, stage, of, label_ages, label)
    return replace(won, factor=factor[at], power=power[at], until=until[at])


def _arrivals(block: Block, plan: SegmentPlan, roads: Roads) -> None:
    """Decide the deals that are still to come."""
    if plan.arrivals is None:
        return
    for number, month in enumerate(plan.months):
        u = block.draw_count(f"{plan.segment.name}/{month.name}")
        counts = month.counts.numbers(u, block.draws)
        if block.recorder is not None:
            block.recorder.arrived(plan, number, counts)
        for trial, n in _arriving(counts):
            which = n + number * plan.arrivals.most
            walkers = Walkers(plan.arrivals.entities, which, block.offsets[trial])
            stage = _entered(plan, walkers, block.draws[trial])
            enter(roads, block, plan, plan.arrivals, walkers, trial, None, stage, month.quarter, number)


def _entered(plan: SegmentPlan, walkers: Walkers, draw: Integers) -> Integers:
    """Return the stage that each arrival enters."""
    only = int(np.argmax((plan.entry > 0).reshape(-1, plan.entry.shape[-1]).any(axis=0)))
    if (plan.entry[..., only] >= 1 - 1e-12).all():
        return np.full(len(draw), only, dtype=np.int64)
    u = walkers.draw("entry")
    if plan.entry.ndim == 1:
        return inverse(plan.entry, u)
    below = (plan.entry[draw] < u[:, None]).sum(axis=1)
    return np.asarray(np.minimum(below, plan.entry.shape[1] - 1))


def _bluebirds(block: Block, plan: SegmentPlan) -> None:
    """Settle the deals that are first seen when they are won."""
    if plan.bluebirds is None:
        return
    found = []
    for number, month in enumerate(plan.months):
        u = block.draw_count(f"{plan.segment.name}/{month.name}/bluebirds")
        counts = month.bluebirds.numbers(u, block.draws)
        block.ends.decide(NEW, plan.index, 0, counts)
        for trial, n in _arriving(counts):
            which = n + number * plan.bluebirds.most
            walkers = Walkers(plan.bluebirds.entities, which, block.offsets[trial])
            found.append((which, trial, plan.segment.clock.day_of(arrival_clock(plan, walkers, number))))
    if not found:
        return
    which, trial, day = (np.concatenate(column) for column in zip(*found, strict=True))
    if block.ends.follows(0):
        block.ends.reach(NEW, plan.index, WON, trial, day)
    inside = np.flatnonzero(day <= block.plan.last_day)
    walkers = Walkers(plan.bluebirds.entities, which[inside], block.offsets[trial[inside]])
    amount = plan.bluebirds.amounts(walkers.which, walkers.offsets).astype(np.int64)
    quarter = block.plan.quarter_of_day[day[inside]]
    settle(block, plan, Won(plan.bluebirds, walkers, trial[inside], day[inside], amount, quarter))


def _arriving(counts: Integers) -> Iterator[tuple[Integers, Integers]]:
    """Yield (trial, number in its month) of arrivals, at most about a tile at once."""
    step = max(int(TILE // max(counts.mean(), 0.5)), 1)
    for first in range(0, len(counts), step):
        some = counts[first : first + step]
        trial = np.repeat(np.arange(first, first + len(some)), some)
        if len(trial):
            yield trial, np.arange(len(trial)) - np.repeat(np.cumsum(some) - some, some)
