"""Hold what a company has recorded of its past, as it was known at a date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

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

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, eq=False)
class Moves:
    """Entries of stages, in order of deal and time.

    A deal without a stage log has two: into the one stage that stands for all, and out of it.

    Attributes:
        deal: index into the deals.
        stage: entered, index into `History.stages`; S is won, S + 1 is lost.
        day: ordinal.
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

    def __len__(self) -> int:
        return len(self.id)

    @classmethod
    def empty(cls) -> PastInvoices:
        """Give a table without invoices."""
        none = np.zeros(0, dtype=np.int64)
        return cls((), (), (), (), none, none, (), none, none, none, none)


@dataclass(frozen=True, eq=False)
class History:
    """What a company has recorded, as it was known at the end of a day.

    Attributes:
        known: that day, ordinal.
        currency: of the company.
        segments: names.
        stages: names of the S open stages, in the order of the funnel.
        deals: all that were known.
        moves: of them; every deal with a known creation has one or more.
        logged: whether the moves come from a stage log; else they are creation and outcome alone, into and
            out of one stage that stands for all.
        since: first day from which on the log sees every move, ordinal: deals created before it are known
            only because they were still open then (left truncation).
        invoices: all that were known.
        findings: what was not as it should be.
        sources: files read, for people.
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

    @property
    def won(self) -> int:
        """Number that stands for won among stages entered."""
        return len(self.stages)

    @property
    def lost(self) -> int:
        """Number that stands for lost."""
        return len(self.stages) + 1

    def as_of(self, day: int) -> History:
        """Return what was known at the end of an earlier day.

        Moves recorded later are gone, and with them deals that had none yet; what closed later is open; its
        stated date, pushes and reason are those that the log told by then, else not known, since its row was
        written later. Invoices written later are gone, payments made later have not come.
        """
        return _as_of(self, day)


def _as_of(history: History, day: int) -> History:
    if day >= history.known:
        return replace(history, known=day) if day == history.known else history
    deals, moves = history.deals, history.moves
    seen = moves.only((moves.recorded <= day) & (moves.day <= day))
    there = np.zeros(len(deals), dtype=bool)
    there[seen.deal] = True
    kept = np.flatnonzero(there)
    place = np.full(len(deals), -1)
    place[kept] = np.arange(len(kept))
    closed_then = np.zeros(len(deals), dtype=bool)
    closed_then[seen.deal[seen.stage >= history.won]] = True
    last = np.zeros(len(deals), dtype=np.int64)
    last[seen.deal] = np.arange(len(seen))  # moves are in order, so the last one stays
    at_last = last[kept]
    still = ~closed_then[kept]
    # The row of a deal was written when it closed or at the newest export: before, only the log spoke.
    stage = np.where(still, seen.stage[at_last], -1)
    told = replace(seen, deal=place[seen.deal])
    return replace(
        history,
        known=day,
        deals=PastDeals(
            id=tuple(deals.id[i] for i in kept),
            segment=deals.segment[kept],
            customer=tuple(deals.customer[i] for i in kept),
            amount=_newest(told, told.amount, -1, deals.amount[kept]),
            created=deals.created[kept],
            closed=np.where(still, NEVER, deals.closed[kept]),
            outcome=np.where(still, OPEN, deals.outcome[kept]),
            stage=stage,
            entered=np.where(still, seen.day[at_last], UNKNOWN),
            stated=_newest(told, told.stated, UNKNOWN, np.where(still, UNKNOWN, deals.stated[kept])),
            pushes=np.where(still, -1, deals.pushes[kept]),
            reason=tuple("" if still[n] else deals.reason[i] for n, i in enumerate(kept)),
            row=deals.row[kept],
            extra={name: tuple(column[i] for i in kept) for name, column in deals.extra.items()},
        ),
        moves=told,
        invoices=_invoices_as_of(history.invoices, day),
        findings=(),
    )


def _newest(moves: Moves, values: Integers, missing: int, otherwise: Integers) -> Integers:
    """Return the last value that the moves of each deal tell, else another."""
    result = otherwise.copy()
    told = np.flatnonzero(values != missing)
    result[moves.deal[told]] = values[told]
    return result


def _invoices_as_of(invoices: PastInvoices, day: int) -> PastInvoices:
    kept = np.flatnonzero(invoices.invoice_day <= day)
    columns: dict[str, Any] = {}
    for column in fields(invoices):
        values = getattr(invoices, column.name)
        columns[column.name] = tuple(values[i] for i in kept) if isinstance(values, tuple) else values[kept]
    unpaid = columns["paid_day"] > day
    columns["paid_day"] = np.where(unpaid, NEVER, columns["paid_day"])
    return PastInvoices(**columns)
