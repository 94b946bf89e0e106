"""Say what single deals bring, trial by trial, with the market and the arrivals that each trial met."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.engine import (
    GENERATION,
    OPEN,
    Book,
    DayRates,
    Invoices,
    Kind,
    Luck,
    Outcome,
    Plan,
    Recorder,
    SegmentPlan,
    Walkers,
    block_size,
    blocks,
    compile_plan,
    is_worth_dividing,
    play_block,
)
from simulator.executors import shared_zeros, side_by_side
from simulator.forecast import Happened, InMemory, Window, happened
from simulator.played import Played, by_trial
from simulator.records import dataclass
from simulator.scenario import Scenario
from simulator.targets import Posted, Series

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

COLLECTED: Final = ("receipts", "balance")
"""What consists of payments."""
NET: Final[Mapping[Posted, float]] = {"receipts": 1.0, "tax": -1.0}
"""What a deal adds to the balance: what is collected, less the tax that is passed on."""


@dataclass(frozen=True, eq=False)
class Landings:
    """What single deals bring in a window, trial by trial, in minor units of the company's currency.

    Attributes:
        deals: what each open deal of the pipeline brings, by its place there, with all its attempts and
            renewals, floats[deal, trial].
        others: what all the others bring, floats[other, trial]; with `deals`, the past, and in a balance what
            it opens with less what is paid out, that is `total`.
        due: as `deals`, with what falls due in the window in place of what is paid in it, overdue invoices
            on the first day; where nothing is collected it is `deals`.
        others_due: likewise of the others.
        whose: kind and segment of each of them, −1 for all segments together.
        total: of all that the window asks for, the past included, floats[trial]; to the minor unit
            `Window.amounts` of a forecast with as many trials and this seed.
        close: calendar day from as-of of each deal's signature, 0 where it is not won inside the horizon,
            integers[deal, trial].
        new_deals: deals that arrive in each month of the plan, those never seen before they were won not
            among them, floats[segment, month, trial].
        shared: the factor G that all segments share, by calendar quarter from the as-of day's on,
            floats[quarter, trial].
        segment_luck: the factor Z of each segment, floats[segment, quarter, trial].
        months: names of the months, such as `2026-11`.
        quarters: names of the quarters, such as `2026-Q4`.
    """

    deals: Floats
    others: Floats
    due: Floats
    others_due: Floats
    whose: tuple[tuple[Kind, int], ...]
    total: Floats
    close: NDArray[np.integer]
    new_deals: Floats
    shared: Floats
    segment_luck: Floats
    months: tuple[str, ...]
    quarters: tuple[str, ...]


def landings(
    scenario: Scenario, window: Window, trials: int, seed: int | None = None, workers: int = 1,
    won: bool = False, progress: Callable[[int], None] | None = None, first: int = 0,
) -> Landings:  # fmt: skip
    """Return what single deals bring in a window.

    Args:
        scenario: as loaded.
        window: what is asked of each trial.
        trials: how many.
        seed: by default the scenario's.
        workers: how many blocks of trials are played at once; the result does not depend on it.
        won: whether every open deal that can be won is won in every trial, at the time and for the amount
            that it has there: a of MODEL 9, what the deal would land had it won. `total` then holds them all.
        progress: called with the trials finished so far.
        first: number of the first trial.
    """
    plan = compile_plan(_all_won(scenario) if won else scenario, scenario.seed if seed is None else seed)
    plan = replace(plan, bookings_only=window.series == "bookings", most_followed=0)
    workers = workers if is_worth_dividing(plan, trials) else 1
    collects = window.series in COLLECTED
    known, room = happened(scenario), _Room.of(plan, trials, workers, collects)

    def task(begin: int, end: int) -> None:
        recorder = _Landed(plan, window, room.of_trials(begin - first, end - first))
        recorder.room.total[:] = _total(window, plan, known, play_block(plan, begin, end - begin, recorder))

    spans = blocks(first, first + trials, block_size(plan), workers)
    for (_, end), _ in zip(spans, side_by_side(task, spans, workers), strict=True):
        if progress is not None:
            progress(end - first)
    months = max((segment.months for segment in plan.segments), key=len, default=())
    return Landings(
        room.deals, room.others, *((room.due, room.others_due) if collects else (room.deals, room.others)),
        tuple((some.kind, some.of) for some in Book.of(plan).owners[1:]),
        room.total, room.close.astype(np.int32), room.new_deals, room.shared, room.segment_luck,
        tuple(month.name for month in months), plan.quarters,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Room:
    """Where blocks of trials put what `Landings` holds, floats[..., trial]."""

    deals: Floats
    others: Floats
    due: Floats
    others_due: Floats
    total: Floats
    close: Floats
    new_deals: Floats
    shared: Floats
    segment_luck: Floats

    @staticmethod
    def of(plan: Plan, trials: int, workers: int, collects: bool) -> _Room:
        """Return room for so many trials, into which all workers may write."""
        deals, segments, quarters = len(plan.scenario.pipeline), len(plan.segments), len(plan.quarters)
        months = max((len(segment.months) for segment in plan.segments), default=0)
        others = len(Book.of(plan).owners) - 1
        shapes: tuple[tuple[int, ...], ...] = (
            (deals,), (others,), (deals * collects,), (others * collects,), (), (deals,),
            (segments, months), (quarters,), (segments, quarters),
        )  # fmt: skip
        return _Room(*(shared_zeros((*shape, trials), workers) for shape in shapes))

    def of_trials(self, begin: int, end: int) -> _Room:
        """Return the room of a block."""
        return _Room(*(whole[..., begin:end] for whole in vars(self).values()))


class _Landed(Recorder):
    """Adds up what each open deal and each kind of other owners bring in a window."""

    def __init__(self, plan: Plan, window: Window, room: _Room) -> None:
        self.room = room
        self._book = Book.of(plan)
        self._first, self._last = window.days(plan.scenario)
        self._collects = window.series in COLLECTED
        self._signs: Mapping[Posted, float] = NET
        if window.series != "balance":
            self._signs = {window.series: 1.0}
        segment = window.segment_index(plan.scenario)
        self._asked = [(o.segment == segment) | (segment is None) for o in self._book.owners]

    def met(self, luck: Luck) -> None:
        """Keep the factors of the market."""
        self.room.shared[:], self.room.segment_luck[:] = luck.shared, luck.own

    def arrived(self, plan: SegmentPlan, month: int, counts: Integers) -> None:
        """Keep how many deals arrive."""
        self.room.new_deals[plan.index, month] = counts

    def moved(
        self, series: Posted, walkers: Walkers | None, trial: Integers, day: Integers, money: Floats
    ) -> None:
        """Add movements inside the window, and keep the day on which open deals are signed."""
        place = self._book.place(walkers)
        which = np.zeros_like(trial) if walkers is None else walkers.which
        if place == OPEN and series == "bookings" and walkers is not None and walkers.attempt < GENERATION:
            self.room.close[which, trial] = day
        if series in self._signs:
            amounts = self._signs[series] * money
            self._add((self.room.deals, self.room.others), place, which, trial, day, amounts)
            if self._collects and series == "tax":
                self._add((self.room.due, self.room.others_due), place, which, trial, day, amounts)

    def invoiced(
        self, walkers: Walkers, trial: Integers, rates: DayRates, product: int, written: Invoices
    ) -> None:
        """Add what falls due inside the window, but for what is taken to have been paid before."""
        if self._collects:
            day = np.maximum(written.due_day, 1)
            owed = (written.net + written.tax) * (np.minimum(written.pay_day, written.end_day) > 0)
            amounts, place = rates.convert(owed, day, trial), self._book.place(walkers)
            self._add((self.room.due, self.room.others_due), place, walkers.which, trial, day, amounts)

    def _add(
        self, room: tuple[Floats, Floats], place: int, which: Integers, trial: Integers, day: Integers,
        amounts: Floats,
    ) -> None:  # fmt: skip
        """Add the amounts of days inside the window to those of the open deals, or of the others."""
        counts = (day >= self._first) & (day <= self._last) & self._asked[place][which]
        if place == OPEN:
            np.add.at(room[0], (which, trial), amounts * counts)
        else:
            np.add.at(room[1][place - 1], trial, amounts * counts)


def _total(window: Window, plan: Plan, known: Mapping[Series, Happened], outcome: Outcome) -> Floats:
    """Return what each trial of a block brings in all, the past included."""
    part = InMemory(by_trial(outcome), outcome.trials)
    return window.amounts(Played(plan, "landings", outcome.tally, [part]).alone(known))


def _all_won(scenario: Scenario) -> Scenario:
    """Return the scenario with every open deal won that can be, as its `deals` would have it."""
    pipeline = scenario.pipeline
    ladders = [segment.funnel.ladder for segment in scenario.segments]
    can = (
        deal
        for deal, segment, stage in zip(pipeline.id, pipeline.segment, pipeline.stage, strict=True)
        if ladders[segment][stage] > 0
    )
    return replace(scenario, pipeline=replace(pipeline, decided=dict.fromkeys(can, True)))
