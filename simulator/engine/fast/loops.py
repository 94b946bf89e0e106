"""Play the won open deals of a block in compiled loops, and say which of them are left to numpy."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.engine.block import Block
from simulator.engine.chances import LearnedChances, by_stage
from simulator.engine.contracts import LINE_DRAWS, Contract
from simulator.engine.drawn import DrawnKernel
from simulator.engine.fast import closing, columns, drawn, posting, signing
from simulator.engine.fast.columns import positions, short
from simulator.engine.fast.tables import (
    EVENTS,
    amounts_of,
    dates_of,
    first_of,
    further_of,
    lateness_of,
    moves_of,
    rates_of,
    terms_of,
    walk_room,
)
from simulator.engine.kernels import TableKernel
from simulator.engine.plan import SegmentPlan
from simulator.streams import DRAWS_PER_TRIAL, Words
from simulator.targets import Posted, Series

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Short = NDArray[np.int32]
Positions = NDArray[np.uint32]
Places = NDArray[Any]
"""Whole numbers of either length."""

_NO_FLOATS: Final = np.zeros(0)
_NO_TABLE: Final = np.zeros((0, 0))
_SERIES: Final[tuple[Posted, ...]] = ("bookings", "arr", "billings", "deferred", "tax", "receipts", "revenue")
_OF_PRODUCTS: Final[tuple[Series, ...]] = ("bookings", "revenue")


class Loops:
    """The compiled loops of one block.

    Args:
        block: under way.
    """

    TILE: Final = columns.TILE

    def __init__(self, block: Block) -> None:
        plan, cells = block.plan, block.cells
        self._block = block
        places: tuple[Any, ...] = (
            *(cells.flat.get(name, _NO_FLOATS) for name in _SERIES),
            *(block.by_product.get(name, _NO_TABLE) for name in _OF_PRODUCTS),
            short(cells.place_of_day), cells.slice, short(plan.edges), short(plan.cell_of_day),
            short(plan.tax_due),
        )  # fmt: skip
        self._ledger = columns.Ledger(*places)
        self._common = np.uint64(plan.streams.key("book", "", "common"))
        self._track = columns.Track(cells.wins, block.closes, block.closings, block.landed_parts)

    def knows(self, plan: SegmentPlan) -> bool:
        """Tell whether numpy plays hardly any of a segment's open deals of known age."""
        open_deals, bookings_only = self._block.plan.open_deals, self._block.plan.bookings_only
        kinds = np.unique(open_deals.contract_of[plan.deals]).tolist()
        return all(terms_of(open_deals.choices[c], bookings_only) is not None for c in kinds)

    @staticmethod
    def by_draw(plan: SegmentPlan) -> bool:
        """Tell whether the open deals of a segment are decided by draw, and those of all stages at once."""
        return isinstance(plan.chances, LearnedChances)

    @staticmethod
    def possible(
        keys: Words, offsets: Words, trial: Integers, alike: int, sure: Words, most: Words
    ) -> tuple[Places, Places, Places, Words]:
        """Find possible winners as `decide.possible` does."""
        room = keys.size * offsets.size + 1
        deals, trials, doubtful = (np.empty(room, dtype=np.uint32) for _ in range(3))
        words = np.empty(room, dtype=np.uint64)
        some = np.empty(256, dtype=np.uint64)
        found, open_ = closing.possible(
            keys, offsets, trial, alike, sure, most, deals, trials, words, doubtful, some
        )
        return deals[:found], trials[:found], doubtful[:open_], words[:open_]

    def decided(self, plan: SegmentPlan, deals: Integers, ages: Floats) -> tuple[Places, Places] | None:
        """Return (row, trial) of the open deals that are won, trial by trial; None where no draw decides.

        Args:
            plan: of the segment.
            deals: places in the pipeline, stage by stage.
            ages: of each, operational days.
        """
        if not isinstance(plan.chances, LearnedChances):
            return None
        block, stages = self._block, self._stages(deals)
        scores, column = plan.chances.by_draw(stages, deals, ages, block.draws)
        groups = by_stage(stages)
        begins = np.array([*(some[0] for _, some in groups), len(deals)])
        scale, shift = np.stack(
            [block.luck.shifted(plan.index, 0, float(plan.segment.doubt[stage])) for stage, _ in groups], 1
        )
        room = len(deals) * block.trials + 1
        row, trial, doubtful = (np.empty(room, dtype=np.uint32) for _ in range(3))
        u = np.empty(room)
        found, open_ = drawn.decide(
            block.plan.deals.keys("outcome", 0, deals), block.offsets,
            np.argsort(column, kind="stable"), column, scores, begins, scale, shift,
            row, trial, u, doubtful, np.empty(len(deals)),
        )  # fmt: skip
        row, trial, doubtful = row[:found], trial[:found], doubtful[:open_]
        if open_:
            r, t = row[doubtful], trial[doubtful]
            group = np.searchsorted(begins, r, side="right") - 1
            x = scores[column[t], r] * scale[group, t] + shift[group, t]
            lost = doubtful[u[:open_] >= special.ndtr(x)]
            row, trial = np.delete(row, lost), np.delete(trial, lost)
        return row, trial

    def play(
        self, plan: SegmentPlan, deals: Integers, ages: Floats, row: Places, trial: Places
    ) -> tuple[Places, Places]:
        """Close and settle won open deals, and return (row, trial) of those that are left.

        Args:
            plan: of the segment.
            deals: places in the pipeline.
            ages: of each, operational days.
            row: of the deals, of each that is won.
            trial: of each.
        """
        open_deals, bookings_only = self._block.plan.open_deals, self._block.plan.bookings_only
        contract_of = open_deals.contract_of[deals]
        contracts = {c: open_deals.choices[c] for c in np.unique(contract_of).tolist()}
        if all(terms_of(contract, bookings_only) is None for contract in contracts.values()):
            return row, trial
        row, trial = positions(row), positions(trial)
        day, booked = self._close(plan, deals, ages, row, trial)
        left, places = [positions(np.flatnonzero(day < 0))], columns.numbers(len(row))
        ends = np.zeros(len(contracts) + 1, dtype=np.int64)
        ends[-1] = len(row)
        if len(contracts) > 1:
            places = np.empty(len(row), dtype=np.uint32)
            posting.group(row, np.searchsorted(list(contracts), contract_of), ends, places)
        for contract, (first, until) in zip(contracts.values(), pairwise(ends.tolist()), strict=True):
            left.append(self._settle(contract, deals, places[first:until], row, trial, day, booked))
        some = np.concatenate(left)
        return row[some].astype(np.int64), trial[some].astype(np.int64)

    def _close(
        self, plan: SegmentPlan, deals: Integers, ages: Floats, row: Positions, trial: Positions
    ) -> tuple[Short, Integers]:
        """Return the day on which each closes, below 0 where it is left, and what is booked."""
        block, kernel, entities = self._block, plan.kernel, self._block.plan.deals
        moves, stays, changes = (entities.keys(purpose, 0, deals) for purpose in ("moves", "stays", "amount"))
        stages = self._stages(deals)
        dates = dates_of(block.plan, plan, stages, deals, ages)
        (days, day), booked = np.empty((2, len(row)), dtype=np.int32), np.empty(len(row), dtype=np.int64)
        some, place = np.empty((2, columns.PIECE), dtype=np.uint64)
        u, change = np.empty((2, columns.PIECE))
        if isinstance(kernel, DrawnKernel):
            drawn.walk(
                row, trial, block.offsets, block.draws, moves, stays, dates.until,
                moves_of(kernel, stages, ages), days, walk_room(),
            )  # fmt: skip
        else:
            assert isinstance(kernel, TableKernel)
            closing.walk(
                row, trial, block.offsets, moves, stays, dates.until, first_of(kernel, stages, ages),
                further_of(kernel), days, walk_room(),
            )  # fmt: skip
        signing.date(row, days, dates, day, u, change, place)
        amounts = amounts_of(block.plan, plan, deals)
        signing.book(
            row, trial, block.offsets, block.draws, changes, amounts, day, booked, some, u, change, place
        )
        return day, booked

    def _stages(self, deals: Integers) -> Integers:
        """Return the stage of each deal."""
        return self._block.plan.scenario.pipeline.stage[deals]

    def _settle(
        self, contract: Contract, deals: Integers, places: Positions, row: Positions,
        trial: Positions, day: Short, booked: Integers,
    ) -> Positions:  # fmt: skip
        """Post what follows from contracts, and return the places of those that are left."""
        block, open_deals = self._block, self._block.plan.open_deals
        terms = terms_of(contract, block.plan.bookings_only)
        if terms is None:
            return places[(day[places] >= 0) & (day[places] <= block.plan.last_day)]
        groups = ("", *(line.group for line in contract.lines))
        rows = np.stack([np.broadcast_to(open_deals.rows(deals, group), deals.shape) for group in groups])
        left = np.empty_like(places)
        skipped = posting.settle(
            places, row, trial, day, booked, block.offsets, deals, rows, block.plan.last_day, terms,
            lateness_of(contract.lines[0].conditions.payment), rates_of(block.rates(contract.currency)),
            self._keys(contract, terms, deals), self._ledger, self._track, columns.room_of(terms), left,
        )  # fmt: skip
        return left[:skipped]

    def _keys(self, contract: Contract, terms: columns.Terms, deals: Integers) -> columns.Keys:
        """Return the keys of what contracts draw; none of what none of them does."""
        entities, customers = self._block.plan.deals, self._block.plan.customers
        customer = self._block.plan.open_deals.customer_of[deals]
        lags = np.zeros((3, len(contract.lines), len(deals)), dtype=np.uint64)
        late, off = np.zeros((2, *lags.shape[1:]), dtype=np.uint64)
        for n, line in enumerate(contract.lines):
            number = line.number * LINE_DRAWS // DRAWS_PER_TRIAL
            late[n] = entities.keys("lateness", number, deals)
            if (terms.off_days >= 0).any():
                off[n] = entities.keys("discount", number, deals)
            for event in range(columns.START, columns.ACCEPTANCE + 1):
                if terms.waits[n, event] and terms.lag[n, event] == closing.LEFT:
                    lags[event - 1, n] = entities.keys(EVENTS[event], number, deals)
        mean, sd = customers.lateness_moments
        return columns.Keys(
            lags, late, off, customers.keys("customer", 0, customer), self._common, mean[customer],
            sd[customer],
        )  # fmt: skip
