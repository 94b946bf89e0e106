"""Work out what is left of deals already won: what is not yet billed, recognised or paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from simulator.deals import Wins
from simulator.distributions import Distribution
from simulator.money import split
from simulator.receivables import Receivables
from simulator.scenario.conditions import Conditions, Names, conditions, served_share
from simulator.terms import EVENTS, Event

Ledger = Literal["none", "open", "full"]


class Past(Names, Protocol):
    """What is known of the past, and what its names mean."""

    @property
    def wins(self) -> Wins:
        """Deals won by now."""
        ...

    @property
    def receivables(self) -> Receivables:
        """Invoices written by now."""
        ...


@dataclass(frozen=True, eq=False)
class Rest:
    """One line of a won deal, as it stands at the end of the as-of day. Days count from there.

    Attributes:
        win: index into the scenario's wins.
        number: of the line within the deal.
        conditions: how it is billed, paid and recognised.
        amount: of the line, contract minor units.
        parts: of the amount, by instalment.
        unbilled: of each part, what is still to be invoiced.
        presumed: of each part, what is taken to have been invoiced on schedule although no invoices are
            given, so that nobody knows whether it is paid.
        days: day of each event that has happened or has a date; None while it is still to come: then its law
            runs from signature, or from delivery for acceptance, given that it has not come by now.
    """

    win: int
    number: int
    conditions: Conditions
    amount: int
    parts: tuple[int, ...]
    unbilled: tuple[int, ...]
    presumed: tuple[int, ...]
    days: Mapping[Event, int | None]

    @property
    def billed(self) -> int:
        """What has been invoiced by now, net."""
        return self.amount - sum(self.unbilled)

    @property
    def finished(self) -> bool:
        """Whether nothing of it can still be billed, recognised or paid."""
        return not (any(self.unbilled) or any(self.presumed) or self.recognised_by(0) < self.expected_revenue)

    @property
    def expected_revenue(self) -> int:
        """What will have been recognised in the end."""
        return self.amount if self.conditions.recognise else 0

    def recognised_by(self, day: int) -> int:
        """Return what is recognised by the end of a day, by the events that have a date."""
        rule = self.conditions.recognise
        if rule == "over-term":
            start = self.days["start"]
            if start is None:
                return 0
            starts = np.array([start])
            ends = self.conditions.term_end_days(starts)
            return int(served_share(np.array([self.amount]), starts, ends, day)[0])
        if rule == "at-delivery":
            return self.amount if _has_come(self.days["delivery"], day) else 0
        if rule == "at-milestone":
            shares = zip(self.parts, self.conditions.milestones, strict=True)
            return sum(part for part, event in shares if _has_come(self.days[event], day))
        return 0


@dataclass(frozen=True)
class _Record:
    """What the invoices tell about billing.

    Attributes:
        kind: no invoices at all; open ones only; paid ones too, so that the record is full
        since: from this day on.
        billed: net amount invoiced of each deal, contract minor units.
    """

    kind: Ledger
    since: int
    billed: Mapping[str, int]

    def tells_of(self, day: int) -> bool:
        """Tell whether an invoice of a day would stand in the record even if it were paid."""
        return self.kind == "full" and day >= self.since


def rests(scenario: Past) -> tuple[Rest, ...]:
    """Return every line of every won deal of which something is left, or revenue is counted.

    Invoices name their deal: they cover its instalments in order, so none counts twice. An instalment that
    no invoice covers, and whose day has passed, is still to be written where the invoices hold paid ones too
    and reach back so far; it was written and paid where they hold open ones only; without any invoices it was
    written on schedule, and may be paid or not.
    """
    wins, record = scenario.wins, _record(scenario.receivables)
    found = []
    for win in range(len(wins)):
        lines = wins.lines[win]
        amounts = split(np.array([int(wins.amount[win])]), [line.share for line in lines])[0]
        covered = record.billed.get(wins.id[win], 0)
        for number, line in enumerate(lines):
            terms = conditions(
                scenario, int(wins.segment[win]), wins.customer_class[win], wins.currency[win],
                wins.terms[win], line,
            )  # fmt: skip
            amount, closed = int(amounts[number]), int(wins.day[win])
            rest, covered = _rest(win, number, terms, amount, closed, covered, record)
            found.append(rest)
    return tuple(found)


def _record(receivables: Receivables) -> _Record:
    known = receivables.invoice_day <= 0
    billed: dict[str, int] = {}
    for i in np.flatnonzero(known & (receivables.deal != "")).tolist():
        net = int(receivables.amount_minor[i] - receivables.tax_minor[i])
        billed[str(receivables.deal[i])] = billed.get(str(receivables.deal[i]), 0) + net
    if not known.any():
        return _Record("none", 0, billed)
    paid = receivables.paid_day[known] <= 0  # what is paid later is not known yet
    return _Record("full" if paid.any() else "open", int(receivables.invoice_day[known].min()), billed)


def _rest(
    win: int, number: int, terms: Conditions, amount: int, close_day: int, covered: int, record: _Record
) -> tuple[Rest, int]:
    """Return what is left of a line, and what of the invoiced amount goes to the lines after it."""
    parts = [int(part) for part in terms.parts(np.array([amount]))[0]]
    missing = []
    for part in parts:
        missing.append(max(part - covered, 0))
        covered = max(covered - part, 0)
    days = _events(terms, close_day, missing, record)
    unbilled, presumed = [0] * len(parts), [0] * len(parts)
    for n, left in enumerate(missing):
        event = days[terms.installments[n].event]
        day = None if event is None else int(terms.invoice_days(n, np.array([event]))[0])
        if day is None or day > 0 or record.tells_of(day):
            unbilled[n] = left
        elif record.kind == "none":
            presumed[n] = left
    rest = Rest(win, number, terms, amount, tuple(parts), tuple(unbilled), tuple(presumed), days)
    return rest, covered


def _events(
    terms: Conditions, close_day: int, missing: list[int], record: _Record
) -> dict[Event, int | None]:
    """Return the day of each event, None while it is still to come.

    A stated day counts. An event without one has come when its usual time has passed, unless a full record of
    invoices shows that what waits for it has not been billed.
    """
    days: dict[Event, int | None] = dict.fromkeys(EVENTS, close_day)
    waiting = {i.event for i, left in zip(terms.installments, missing, strict=True) if left}

    def place(event: Event, law: Distribution, since: int | None, stated: int | None = None) -> None:
        if event not in terms.events:
            return
        if stated is not None or since is None:
            days[event] = stated
            return
        usual = since + int(np.ceil(float(law.isf(0.5)) - 0.5))
        held_up = event in waiting and record.tells_of(usual)
        days[event] = None if usual > 0 or held_up else usual

    place("start", terms.start, close_day, terms.line.start_day)
    place("delivery", terms.delivery, close_day, terms.line.delivery_day)
    place("acceptance", terms.acceptance, days["delivery"])
    return days


def _has_come(event_day: int | None, day: int) -> bool:
    return event_day is not None and event_day <= day
