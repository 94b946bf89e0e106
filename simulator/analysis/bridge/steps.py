"""Go from an earlier forecast to a later one step by step, on the same luck."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Sized
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.bridge.before import PARTS, Before, alike, comparable, grown_older
from simulator.analysis.bridge.fates import (
    AMOUNTS,
    COLUMNS,
    DATES,
    REST,
    STAGES,
    Changed,
    Fates,
    rows,
    together,
)
from simulator.analysis.bridge.ledger import Ledger
from simulator.analysis.bridge.played import Luck, World
from simulator.deals import Pipeline, Wins
from simulator.forecast import Window
from simulator.money import minor_digits
from simulator.records import dataclass
from simulator.scenario import Scenario

Floats = NDArray[np.float64]

TIME: Final = "time passed"
WON: Final = "won"
LOST: Final = "lost"
GONE: Final = "gone from the list"
RENEWALS: Final = "renewals"
PAST: Final = "past corrected"
BOOKS: Final = "invoiced and paid"
NEW: Final = "new deals"
OTHER: Final = "set otherwise"
STEPS: Final = (
    TIME, WON, BOOKS, LOST, GONE, RENEWALS, PAST, NEW, AMOUNTS, DATES, STAGES, REST, *PARTS, OTHER,
)  # fmt: skip
"""Every step in its order."""
EXPECTED: Final = "expected"
"""What stands in place of a deal where the deals are meant that were expected to come."""


SINGLE: Final = 200
"""Most deals of a step that are looked at one by one, the largest."""
HELD: Final = 4_000_000
"""Numbers that the deals of a step may take."""
WORDS: Final = {"lines": "products", "customer_class": "class"}
"""What people call columns."""


@dataclass(frozen=True, eq=False)
class Ended:
    """Deals that are won, lost or gone, and what the earlier forecast had of them.

    Attributes:
        places: in the earlier pipeline, by step: those that are looked at one by one, and smaller ones.
        brought: by each of the first, floats[trial].
        others: by the smaller ones of a step together, likewise.
    """

    places: dict[str, tuple[list[int], list[int]]]
    brought: dict[int, Floats]
    others: dict[str, Floats]

    @staticmethod
    def of(old: World, fates: Fates) -> Ended:
        """Return those of an earlier scenario."""
        pipeline = old.scenario.pipeline
        ended = {WON: [i for i, _ in fates.won], LOST: list(fates.lost), GONE: list(fates.gone)}
        places = {step: _largest(pipeline, some, old.luck.trials) for step, some in ended.items()}
        named = [i for some, _ in places.values() for i in some]
        brought = dict(zip(named, old.each(rows(pipeline, named)), strict=True))
        others = {s: old.brought(rows(pipeline, some)) for s, (_, some) in places.items() if some}
        return Ended(places, brought, others)

    @property
    def all_steps(self) -> Floats | float:
        """What the earlier forecast had of all of them, floats[trial]."""
        return sum((self.of_step(step) for step in self.places), start=0.0)

    def of_step(self, step: str) -> Floats | float:
        """Return what the earlier forecast had of all deals of a step."""
        named, others = self.places[step]
        return sum((self.brought[i] for i in named), start=0.0) + (self.others[step] if others else 0.0)


@dataclass(frozen=True, eq=False)
class Moves:
    """Open deals of which some columns are others now.

    Attributes:
        group: of the columns.
        before: deals that are looked at one by one, without the change.
        after: the same with it.
        others_before: smaller ones.
        others_after: likewise.
    """

    group: str
    before: Pipeline
    after: Pipeline
    others_before: Pipeline
    others_after: Pipeline

    @staticmethod
    def of(changed: Changed, group: str, trials: int) -> Moves:
        """Return those of a group, all groups before it changed already."""
        groups = list(COLUMNS)
        last = groups[groups.index(group) - 1] if group != groups[0] else None
        before, after = changed.upto(last), changed.upto(group)
        places = _largest(after, changed.groups[group].nonzero()[0].tolist(), trials)
        return Moves(group, *(rows(deals, some) for some in places for deals in (before, after)))

    @property
    def pairs(self) -> Pipeline:
        """Each deal without the change, beside the same one with it."""
        order = np.arange(2 * len(self.after)).reshape(2, -1).T.reshape(-1)
        return rows(together(self.before, self.after), order)


class Walk:
    """The way from an earlier scenario to a later one.

    Args:
        old: the earlier one.
        new: the later one.
        window: inside both.
        luck: on which both are played.
        least: amount to be reached, as the earlier one has it; None for none.
        total: what the later one brings, floats[trial], where that is known already.
    """

    def __init__(
        self, old: Scenario, new: Scenario, window: Window, luck: Luck, least: int | None,
        total: Floats | None = None,
    ) -> None:  # fmt: skip
        self.days = (new.horizon.as_of - old.horizon.as_of).days
        self.old, self.new = World.of(old, window, luck), World.of(new, window, luck, total)
        self.fates = Fates.of(old, new)
        self.comparable = comparable(old, new)
        self.ended = Ended.of(self.old, self.fates)
        self._still = self.old.brought(rows(old.pipeline, [was for was, _ in self.fates.still]))
        # Deals to come take longest to play, and are needed by themselves: so all is put together from parts.
        start = self._still + self.ended.all_steps + self.old.coming + self.old.rest
        self.ledger = Ledger(start, least)
        self._window, self._luck = window, luck

    def steps(self) -> Ledger:
        """Take every step; what the ledger holds at the end is the later forecast's total."""
        if self.comparable:
            before = Before(self.old.scenario, self.new.scenario)
            self._apart(before)
        else:
            self._end(self.new)
        self.ledger.open(OTHER)
        self.ledger.add(self.new.total - self.ledger.total, {})
        self.ledger.close()
        return self.ledger

    def _apart(self, before: Before) -> None:
        """Take every step but the last: the two differ in nothing that could not be told apart."""
        now = World(before.scenario(), self._window, self._luck)
        was, still = ([pair[side] for pair in self.fates.still] for side in (0, 1))
        older = grown_older(rows(self.old.scenario.pipeline, was), now.scenario, self.days)
        changed = Changed.of(older, rows(now.scenario.pipeline, still))
        self.ledger.open(TIME)
        self.ledger.add(now.brought(changed.older) - self._still, {})
        self._end(now)
        self._rest(now)
        new = _largest(now.scenario.pipeline, self.fates.new, self._luck.trials)
        moves = [Moves.of(changed, group, self._luck.trials) for group in COLUMNS]
        # All in one play, from which each step takes its own.
        landed = now.each(together(rows(now.scenario.pipeline, new[0]), *(move.pairs for move in moves)))
        self._come(now, new, landed)
        for move in moves:
            self._move(now, move, landed)
        self._set(before)

    def _end(self, now: World) -> None:
        """Close what is won, lost or gone: each in place of what the earlier forecast had of it."""
        pipeline, wins, ended = self.old.scenario.pipeline, dict(self.fates.won), self.ended
        for step, (named, others) in ended.places.items():
            if step == WON and not self._books:
                # Their invoices are among all others by now, and cannot be told from them.
                self.ledger.open(BOOKS)
                self.ledger.add(now.rest - self.old.rest - ended.of_step(step), {})
                continue
            self.ledger.open(step)
            for i in named:
                about = _about(pipeline, i) | (self._win(wins[i]) if step == WON else {"what": step})
                self.ledger.add(self._booked(now, [wins[i]] if step == WON else []) - ended.brought[i], about)
            if others:
                booked = self._booked(now, [wins[i] for i in others] if step == WON else [])
                self.ledger.add(booked - ended.others[step], _smaller(others))

    def _rest(self, now: World) -> None:
        """Bring in what is no deal's: contracts that end, and bookings of the past that are others now."""
        if not self._books:
            return
        booked = self._booked(now, [*(win for _, win in self.fates.won), *self.fates.new_won])
        past = now.past - self.old.past
        self.ledger.open(RENEWALS)
        self.ledger.add(now.rest - self.old.rest - past, {})
        self.ledger.open(PAST)
        self.ledger.add(past - booked, {})

    def _come(self, now: World, new: tuple[list[int], list[int]], landed: Iterator[Floats]) -> None:
        """Bring in new deals, in place of those that were expected in these days."""
        pipeline, wins, (named, others) = now.scenario.pipeline, now.scenario.wins, new
        self.ledger.open(NEW)
        self.ledger.add(now.coming - self.old.coming, {"deal": None, "name": "", "what": EXPECTED})
        for i, brought in zip(named, landed, strict=False):
            self.ledger.add(brought, _about(pipeline, i) | {"what": "open"})
        if others:
            self.ledger.add(now.brought(rows(pipeline, others)), _smaller(others))
        named, others = _largest(wins, self.fates.new_won, self._luck.trials)
        for i in named:
            self.ledger.add(self._booked(now, [i]), _about(wins, i) | self._win(i))
        if others:
            self.ledger.add(self._booked(now, others), _smaller(others))

    def _move(self, now: World, move: Moves, landed: Iterator[Floats]) -> None:
        """Change some columns of the open deals to what they are now."""
        self.ledger.open(move.group)
        for i, earlier, later in zip(range(len(move.after)), landed, landed, strict=False):
            about = _about(move.after, i) | _told(move, i, self.new.scenario)
            self.ledger.add(later - earlier, about)
        if len(move.others_after):
            more = now.brought(move.others_after) - now.brought(move.others_before)
            self.ledger.add(more, _smaller(move.others_after))

    def _set(self, before: Before) -> None:
        """Change what is set, part by part, to what it is now."""
        changes = before.changes()
        for number, part in enumerate(changes, 1):
            last = number == len(changes) and before.differ_in_parts_only
            world = World(before.scenario(changes[:number]), self._window, self._luck)
            self.ledger.open(part)
            self.ledger.add((self.new if last else world).total - self.ledger.total, {})

    def _booked(self, now: World, wins: Sequence[int]) -> float:
        """Return what won deals add to bookings of the past; to other series they add nothing yet."""
        return sum(map(now.booked, wins)) if self._books else 0.0

    @property
    def _books(self) -> bool:
        return self._window.series == "bookings"

    def _win(self, win: int) -> dict[str, Any]:
        wins, span = self.new.scenario.wins, self.new.scenario.horizon
        amount = int(wins.amount[win]) / 10 ** minor_digits(wins.currency[win])
        when = span.date_of(int(wins.day[win])).isoformat()
        return {"what": WON, "closed": when, "amount": amount, "currency": wins.currency[win]}


def _largest(deals: Pipeline | Wins, places: Sequence[int], trials: int) -> tuple[list[int], list[int]]:
    """Return the deals that are looked at one by one, in the list's order, and the smaller ones."""
    most = min(SINGLE, HELD // trials + 1)
    if len(places) <= most:
        return list(places), []
    order = sorted(places, key=lambda i: -int(deals.amount[i]))
    return sorted(order[:most]), sorted(order[most:])


def _smaller(others: Sized) -> dict[str, Any]:
    return {"deal": None, "name": "", "what": "smaller deals", "count": len(others)}


def _about(deals: Pipeline | Wins, i: int) -> dict[str, Any]:
    """Return by what people know a deal."""
    deal = deals.id[i]
    nameless = ("", deal, f"deal {deal}")  # a deal without a customer is a customer of its own
    name = next((name for name in (deals.name[i], deals.customer[i]) if name not in nameless), "")
    return {"deal": deal, "name": name}


def _told(move: Moves, i: int, scenario: Scenario) -> dict[str, Any]:
    """Return what is another now of a deal, and how it was."""
    group, before, after = move.group, move.before, move.after
    if group == AMOUNTS:
        units = [10 ** minor_digits(deals.currency[i]) for deals in (before, after)]
        was, now = (int(deals.amount[i]) / unit for deals, unit in zip((before, after), units, strict=True))
        return {"what": "amount", "before": was, "after": now, "currency": after.currency[i]}
    if group == DATES:
        days = [float(deals.stated_day[i]) for deals in (before, after)]
        dates = [None if np.isnan(d) else scenario.horizon.date_of(int(d)).isoformat() for d in days]
        what = "pushes" if dates[0] == dates[1] else "close date"
        return {"what": what, "before": dates[0], "after": dates[1]}
    if group == STAGES:
        stages = scenario.segments[int(after.segment[i])].funnel.stages
        places = [int(deals.stage[i]) for deals in (before, after)]
        if places[0] == places[1]:
            return {"what": "days in its stage"}
        what = "moved on" if places[1] > places[0] else "moved back"
        return {"what": what, "before": stages[places[0]], "after": stages[places[1]]}
    columns = COLUMNS[REST]
    differ = [c for c in columns if not alike(getattr(before, c)[i], getattr(after, c)[i])]
    return {"what": ", ".join(WORDS.get(column, column) for column in differ)}
