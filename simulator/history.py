"""Hold what a company has recorded of its past, as it was known at a date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.records import dataclass

Integers = NDArray[np.int64]

UNKNOWN: Final = -(2**31)
"""Stands for a day that is not recorded."""
NEVER: Final = 2**31
"""Stands for a day that has not come: of closing, of payment."""
OPEN, WON, LOST = 0, 1, 2


@dataclass(frozen=True)
class Finding:
    """Something in the record that is not as it should be, and the rule that was applied.

    Attributes:
        code: of the kind, `H…`.
        text: what was found and what was done about it, for people.
        count: how often.
        examples: a few places, such as `events.csv, line 12: deal D7`.
    """

    code: str
    text: str
    count: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class PastDeals:
    """Deals, open and closed, one value each, sorted by id. Days are proleptic ordinals (`date.toordinal`).

    Attributes:
        id: unique.
        segment: index into `History.segments`.
        customer: whose it is, "" where not known.
        amount: minor units of the company's currency, −1 where not known.
        created: day, `UNKNOWN` where not recorded.
        closed: day, `NEVER` while open.
        outcome: `OPEN`, `WON` or `LOST`.
        stage: open stage in which the newest export shows the deal, index into `History.stages`; −1.
        entered: day of entry there, or `UNKNOWN`.
        stated: expected close day in the newest export, or `UNKNOWN`.
        pushes: how often that date was moved later, −1 where not known.
        reason: why it was lost, "" where not known.
        row: number of its row in the table of deals, −1 where it stands in the log only.
        extra: further columns as text.
        undated: 1 where no row tells the day of creation, so that `created` is the day of the first move;
            empty where every row tells it.
    """

    id: tuple[str, ...]
    segment: Integers
    customer: tuple[str, ...]
    amount: Integers
    created: Integers
    closed: Integers
    outcome: Integers
    stage: Integers
    entered: Integers
    stated: Integers
    pushes: Integers
    reason: tuple[str, ...]
    row: Integers
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    undated: Integers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, eq=False)
class Moves:
    """Entries of stages, in order of deal and time.

    A deal without a stage log has two: into the one stage that stands for all, and out of it. After an
    outcome there may be more: a deal that was reopened, or an outcome that was corrected.

    Attributes:
        deal: index into the deals.
        stage: entered, index into `History.stages`; S is won, S + 1 is lost.
        day: ordinal; `UNKNOWN` for a first move that happened before anybody looked (of dated exports), so
            that how long its stay lasted is not known.
        recorded: ordinal of the day from which it was known, never before `day`.
        amount: of the deal from then on, minor units; −1 where not told.
        stated: expected close day from then on, ordinal, or `UNKNOWN`.
    """

    deal: Integers
    stage: Integers
    day: Integers
    recorded: Integers
    amount: Integers
    stated: Integers

    def __len__(self) -> int:
        return len(self.deal)

    def only(self, some: NDArray[Any]) -> Moves:
        """Return some of them."""
        return Moves(**{f.name: getattr(self, f.name)[some] for f in fields(self)})


@dataclass(frozen=True, eq=False)
class PastInvoices:
    """Invoices, paid and open, one value each, sorted by id; days are ordinals.

    Attributes:
        id: unique.
        deal: whose instalment it is, "" where not known.
        customer: who pays.
        customer_class: "default" where not given.
        amount: gross, minor units of `currency`.
        tax: of it.
        currency: ISO codes.
        invoice_day: written.
        due_day: due.
        paid_day: paid, `NEVER` while open.
        disputed: 1, 0, or −1 where the file does not say.
        untimed: 1 where no file tells, or would tell, the day of payment: `paid_day` of what is paid is
            presumed, and nothing can be learned from it; empty where all are told.
    """

    id: tuple[str, ...]
    deal: tuple[str, ...]
    customer: tuple[str, ...]
    customer_class: tuple[str, ...]
    amount: Integers
    tax: Integers
    currency: tuple[str, ...]
    invoice_day: Integers
    due_day: Integers
    paid_day: Integers
    disputed: Integers
    untimed: Integers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.id)

    @property
    def timed(self) -> NDArray[np.bool_]:
        """Mark those of which files tell, or would tell, the day of payment."""
        return self.untimed == 0 if len(self.untimed) else np.ones(len(self), dtype=np.bool_)

    @classmethod
    def empty(cls) -> PastInvoices:
        """Give a table without invoices."""
        none = np.zeros(0, dtype=np.int64)
        return cls((), (), (), (), none, none, (), none, none, none, none)


@dataclass(frozen=True, eq=False)
class History:
    """What a company has recorded, as it was known at the end of a day.

    The names of segments and stages, and the order of stages, are the company's words and not a record of its
    deals: they are the same at all days.

    Attributes:
        known: that day, ordinal.
        currency: of the company.
        segments: names.
        stages: names of the S open stages, in the order of the funnel.
        deals: all that were known. In a history with a stage log some may have no move: they stand in the
            table only, nothing is learned from them, and the open ones among them are forecast.
        moves: of them, no stage twice in a row.
        logged: whether the moves come from a stage log; else they are creation and outcome alone, into and
            out of one stage that stands for all.
        since: first day from which on the record sees every deal, ordinal: deals that began before it are
            known only because they were still open then (left truncation).
        invoices: all that were known.
        findings: what was not as it should be.
        sources: files read, and how, for people.
        told: everything the log told, `moves` and what repeats the present stage with another amount or
            stated day; None where that is the same as `moves`.
        amounts_logged: whether the log tells amounts: then what it had not told by a day was not known.
        told_late: columns of deals that are filled when a deal closes, so that they were not known before:
            `amount`, `customer`, or a name in `extra`.
    """

    known: int
    currency: str
    segments: tuple[str, ...]
    stages: tuple[str, ...]
    deals: PastDeals
    moves: Moves
    logged: bool
    since: int
    invoices: PastInvoices = field(default_factory=PastInvoices.empty)
    findings: tuple[Finding, ...] = ()
    sources: tuple[str, ...] = ()
    told: Moves | None = None
    amounts_logged: bool = False
    told_late: tuple[str, ...] = ()

    @property
    def won(self) -> int:
        """Number that stands for won among stages entered."""
        return len(self.stages)

    @property
    def lost(self) -> int:
        """Number that stands for lost."""
        return len(self.stages) + 1

    def as_of(self, day: int) -> History:
        """Return what was known at the end of an earlier day; a later one tells nothing more.

        What was recorded later is gone, and with it deals of which nothing had been told; a deal is where its
        last known move led. The row of a deal was written when it closed, or at the newest export: before,
        its reason, pushes and stated day are those that the log told by then, else not known. Its amount is
        the newest that the log had told; a log without amounts leaves the row's, as known from the beginning,
        unless the column is one of those `told_late`. Segment, customer and further columns are taken as
        known from the beginning likewise. Invoices written later are gone, payments made later have not come,
        and nobody knows yet which of the open ones will be disputed.
        """
        return self if day >= self.known else _as_of(self, day)


def distinct(told: Moves) -> Moves:
    """Return those entries that lead to another stage than the one before: the moves."""
    first = np.ones(len(told), dtype=bool)
    first[1:] = (told.deal[1:] != told.deal[:-1]) | (told.stage[1:] != told.stage[:-1])
    return told.only(first)


def times_pushed(moves: Moves, deals: int) -> Integers:
    """Count how often the stated day of each deal was moved later, −1 where none was told."""
    told = moves.only(moves.stated != UNKNOWN)
    result = np.full(deals, -1)
    result[told.deal] = 0
    later = (told.deal[1:] == told.deal[:-1]) & (told.stated[1:] > told.stated[:-1])
    np.add.at(result, told.deal[1:][later], 1)
    return result


def _as_of(history: History, day: int) -> History:
    told = history.moves if history.told is None else history.told
    seen = told.only((told.recorded <= day) & (told.day <= day))
    kept = _known_deals(history, told, seen, day)
    place = np.full(len(history.deals), -1)
    place[kept] = np.arange(len(kept))
    seen = replace(seen, deal=place[seen.deal])
    moves = distinct(seen)
    return replace(
        history,
        known=day,
        deals=_deals_as_of(history, told, seen, kept, day),
        moves=moves,
        invoices=_invoices_as_of(history.invoices, day),
        findings=(),
        told=None if len(moves) == len(seen) else seen,
    )


def _known_deals(history: History, told: Moves, seen: Moves, day: int) -> Integers:
    """Return the deals of which something had been told; without a log of theirs, those closed by then."""
    there = np.ones(len(history.deals), dtype=bool)
    there[told.deal] = False
    there &= history.deals.closed <= day
    there[seen.deal] = True
    return np.flatnonzero(there)


def _written(history: History, told: Moves) -> Integers:
    """Return the day on which each deal's row was written: of the last word on it, if that closed it."""
    deals = history.deals
    last = np.full(len(deals), UNKNOWN)
    np.maximum.at(last, told.deal, told.recorded)
    last = np.where(last == UNKNOWN, deals.closed, last)
    return np.where(deals.outcome == OPEN, history.known, last)


def _deals_as_of(history: History, told: Moves, seen: Moves, kept: Integers, day: int) -> PastDeals:
    deals = history.deals
    at_last = np.full(len(kept), -1)
    at_last[seen.deal] = np.arange(len(seen))  # entries are in order, so the last one stays
    stage, entered = _at(seen.stage, at_last, -1), _entered(seen, len(kept))
    alone = at_last < 0
    outcome = np.where(stage == history.won, WON, np.where(stage == history.lost, LOST, OPEN))
    outcome = np.where(alone, deals.outcome[kept], outcome)
    closed = np.where(alone, deals.closed[kept], np.where(outcome == OPEN, NEVER, entered))
    final = _written(history, told)[kept] <= day
    before = final | (not (history.amounts_logged or "amount" in history.told_late))
    pushed = times_pushed(seen, len(kept))

    def column(name: str, values: tuple[str, ...]) -> tuple[str, ...]:
        late = name in history.told_late
        return tuple("" if late and not final[n] else values[i] for n, i in enumerate(kept.tolist()))

    return PastDeals(
        id=tuple(deals.id[i] for i in kept.tolist()),
        segment=deals.segment[kept],
        customer=column("customer", deals.customer),
        amount=_newest(seen, seen.amount, -1, np.where(before, deals.amount[kept], -1)),
        created=_created(deals, seen, kept, day),
        closed=closed,
        outcome=outcome,
        stage=np.where(outcome == OPEN, stage, -1),
        entered=np.where(outcome == OPEN, entered, UNKNOWN),
        stated=_newest(seen, seen.stated, UNKNOWN, np.where(final, deals.stated[kept], UNKNOWN)),
        pushes=np.where(final & (deals.pushes[kept] >= 0), deals.pushes[kept], pushed),
        reason=tuple(deals.reason[i] if final[n] else "" for n, i in enumerate(kept.tolist())),
        row=deals.row[kept],
        extra={name: column(name, values) for name, values in deals.extra.items()},
        undated=deals.undated[kept] if len(deals.undated) else deals.undated,
    )


def _at(values: Integers, places: Integers, missing: int) -> Integers:
    """Return the values at places, another where the place is negative."""
    return np.where(places < 0, missing, values[places] if len(values) else missing)


def _entered(seen: Moves, deals: int) -> Integers:
    """Return the day of the last move of each deal."""
    moves = distinct(seen)
    result = np.full(deals, UNKNOWN)
    result[moves.deal] = moves.day
    return result


def _created(deals: PastDeals, seen: Moves, kept: Integers, day: int) -> Integers:
    """Return the days of creation; one taken from the log, or still to come, is that of the first move."""
    created = deals.created[kept]
    first = np.full(len(kept), UNKNOWN)
    first[seen.deal[::-1]] = seen.day[::-1]
    from_log = created > day
    if len(deals.undated):
        from_log |= deals.undated[kept] == 1
    return np.where(from_log, first, created)


def _newest(moves: Moves, values: Integers, missing: int, otherwise: Integers) -> Integers:
    """Return the last value that the entries of each deal tell, else another."""
    result = otherwise.copy()
    told = np.flatnonzero(values != missing)
    result[moves.deal[told]] = values[told]
    return result


def _invoices_as_of(invoices: PastInvoices, day: int) -> PastInvoices:
    kept = np.flatnonzero(invoices.invoice_day <= day)
    columns: dict[str, Any] = {}
    for column in fields(invoices):
        values = getattr(invoices, column.name)
        if isinstance(values, tuple):
            columns[column.name] = tuple(values[i] for i in kept)
        else:
            columns[column.name] = values[kept] if len(values) else values
    unpaid = columns["paid_day"] > day
    columns["paid_day"] = np.where(unpaid, NEVER, columns["paid_day"])
    columns["disputed"] = np.where(unpaid, -1, columns["disputed"])
    return PastInvoices(**columns)
