"""Take down all that happens in one trial, owner by owner."""

from __future__ import annotations

from dataclasses import field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.engine.billing import Billed, Invoices
from simulator.engine.contracts import DayRates, LinePlan
from simulator.engine.luck import Luck
from simulator.engine.owners import OPEN, Book, Kind
from simulator.engine.plan import Plan, SegmentPlan
from simulator.engine.recorder import Recorder
from simulator.engine.settle import GENERATION
from simulator.engine.walk import Trail, Walkers
from simulator.offers import Offer
from simulator.records import dataclass
from simulator.targets import Posted

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Moved(NamedTuple):
    """Company money that moves, whole minor units; term 0 is the contract as won, 1 its renewal."""

    term: int
    series: Posted
    day: int
    money: float


class Invoice(NamedTuple):
    """An invoice and what becomes of it, in minor units of its currency.

    Days are `NEVER` where nothing comes then: what is neither paid nor written off when the horizon ends is
    open there.
    """

    term: int
    product: int
    currency: str
    day: int
    due_day: int
    net: int
    tax: int
    pay_day: int
    paid: int
    discount: int
    credited: int
    end_day: int
    recovered: int


class Signature(NamedTuple):
    """A line that is signed, in minor units of its currency; term 0 is the deal itself, 1 its renewal."""

    term: int
    product: int
    currency: str
    day: int
    amount: int
    failed: int | None


class TermEnd(NamedTuple):
    """A term that comes to its end, and whether another follows."""

    term: int
    day: int
    again: bool


@dataclass
class Attempt:
    """One walk of a deal to its end.

    Attributes:
        number: 0 for the deal itself, 1 for its first return.
        before: chance to be won before the market, and
        after: in it.
        began: day on which it entered its first stage, None for an open deal.
        entered: that stage, likewise.
        moves: day and stage of each further one that it enters.
        won: how it ends, None where that is not known.
        day: of its end, which may lie beyond the horizon.
    """

    number: int
    before: float
    after: float
    began: int | None = None
    entered: int | None = None
    moves: list[tuple[int, int]] = field(default_factory=list)
    won: bool | None = None
    day: int | None = None


@dataclass
class Story:
    """All that happens to one owner in the trial.

    Attributes:
        kind: what it is.
        segment: index, −1 for none.
        which: its number among those of its kind and segment.
        attempts: of a deal, in order.
        offer: that it takes, or "".
        signatures: lines signed, renewals among them.
        ends: of terms.
        invoices: written, and opening ones.
        moved: its money.
    """

    kind: Kind
    segment: int
    which: int
    attempts: list[Attempt] = field(default_factory=list)
    offer: str = ""
    signatures: list[Signature] = field(default_factory=list)
    ends: list[TermEnd] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)


class Trace(Recorder):
    """Hears all of a block of one trial.

    Args:
        plan: that is played.

    Attributes:
        stories: by place among the owners and number there, in the order in which something happened.
        arrivals: deals that arrive, by segment and month.
        luck: the market.
    """

    follows = True

    def __init__(self, plan: Plan) -> None:
        self._book = Book.of(plan)
        self.stories: dict[tuple[int, int], Story] = {}
        self.arrivals: dict[tuple[int, int], int] = {}
        self.luck: Luck | None = None

    def met(self, luck: Luck) -> None:
        """Keep the market."""
        self.luck = luck

    def arrived(self, plan: SegmentPlan, month: int, counts: Integers) -> None:
        """Keep how many deals arrive."""
        self.arrivals[plan.index, month] = int(counts[0])

    def decided(self, deals: Integers, before: Floats, after: Floats) -> None:
        """Begin the stories of open deals."""
        for i, deal in enumerate(deals.tolist()):
            story = self._story(OPEN, deal)
            story.attempts.append(Attempt(0, float(before[i, 0]), float(after[i, 0])))

    def entered(
        self, plan: SegmentPlan, walkers: Walkers, trial: Integers, stage: Integers, day: Integers,
        before: Floats, after: Floats,
    ) -> None:  # fmt: skip
        """Begin attempts of deals to come, and of those that come back."""
        for i, story in enumerate(self._stories(walkers)):
            chances = float(before[i]), float(after[i])
            story.attempts.append(Attempt(walkers.attempt, *chances, int(day[i]), int(stage[i])))

    def walked(
        self, plan: SegmentPlan, walkers: Walkers, trial: Integers, won: bool, moves: Trail, day: Integers
    ) -> None:
        """End attempts."""
        found = [story.attempts[walkers.attempt] for story in self._stories(walkers)]
        size = len(plan.segment.funnel.stages)
        for attempt, end in zip(found, day.tolist(), strict=True):
            attempt.won, attempt.day = won, end
        # The first of an arrival or a return is its entry, which has been heard of.
        heard = int(bool(found) and found[0].began is not None)
        for who, stage, days in moves[heard:]:
            for i, s, d in zip(who.tolist(), stage.tolist(), days.tolist(), strict=True):
                if s < size:
                    found[i].moves.append((d, s))

    def took(self, walkers: Walkers, trial: Integers, offer: Offer) -> None:
        """Keep which offer is taken."""
        for story in self._stories(walkers):
            story.offer = offer.name

    def signed(self, line: LinePlan, billed: Billed, trial: Integers, day: Integers) -> None:
        """Keep signatures."""
        terms, term = line.conditions, _term(billed.walkers)
        for i, story in enumerate(self._stories(billed.walkers)):
            failed = None if billed.failed is None else int(billed.failed[i])
            amount = int(billed.amount[i])
            story.signatures.append(
                Signature(term, terms.line.product, terms.currency, int(day[i]), amount, failed)
            )

    def ended(
        self, walkers: Walkers, trial: Integers, number: int, day: Integers, again: NDArray[np.bool_]
    ) -> None:
        """Keep ends of terms."""
        for i, story in enumerate(self._stories(walkers)):
            story.ends.append(TermEnd(_term(walkers), int(day[i]), bool(again[i])))

    def invoiced(
        self, walkers: Walkers, trial: Integers, rates: DayRates, product: int, written: Invoices
    ) -> None:
        """Keep invoices of something."""
        whose = (_term(walkers), product, rates.currency)
        columns = (
            written.day, written.due_day, written.net, written.tax, written.pay_day, written.paid,
            written.discount, written.credited, written.end_day, written.recovered,
        )  # fmt: skip
        for story, *row in zip(self._stories(walkers), *(c.tolist() for c in columns), strict=True):
            if row[2] or row[3]:
                story.invoices.append(Invoice(*whose, *row))

    def moved(
        self, series: Posted, walkers: Walkers | None, trial: Integers, day: Integers, money: Floats
    ) -> None:
        """Keep movements."""
        stories = [self._story(self._book.place(None), 0)] if walkers is None else self._stories(walkers)
        term = 0 if walkers is None else _term(walkers)
        for story, d, amount in zip(stories, day.tolist(), money.tolist(), strict=True):
            if amount:
                story.moved.append(Moved(term, series, d, amount))

    def _stories(self, walkers: Walkers) -> list[Story]:
        place = self._book.place(walkers)
        return [self._story(place, which) for which in walkers.which.tolist()]

    def _story(self, place: int, which: int) -> Story:
        if (place, which) not in self.stories:
            owners = self._book.owners[place]
            self.stories[place, which] = Story(owners.kind, int(owners.segment[which]), which)
        return self.stories[place, which]


def _term(walkers: Walkers) -> int:
    """Return how often a contract was renewed before."""
    return walkers.attempt // GENERATION
