"""Work out what is left of deals already won: what is not yet billed, recognised or paid."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Literal, Protocol

import numpy as np

from simulator.deals import Wins
from simulator.distributions import Distribution
from simulator.money import split
from simulator.receivables import Receivables
from simulator.records import dataclass
from simulator.scenario.conditions import Conditions, Names, conditions
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

    @cached_property
    def _term(self) -> tuple[int, int] | None:
        """The first day of service and the first after it, None while it has no day."""
        start = self.days["start"]
        return None if start is None else (start, int(self.conditions.term_end_days(np.array(start))))

    def recognised_by(self, day: int) -> int:
        """Return what is recognised by the end of a day, by the events that have a date."""
        rule = self.conditions.recognise
        if rule == "over-term":
            if self._term is None:
                return 0
            start, end = self._term
            return self.amount * min(max(day + 1 - start, 0), end - start) // (end - start)
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
        since: from this day on, that of the first payment: whether a file holds all invoices written since
            some day, or all paid since some day and the open ones, later ones are all in it.
        billed: net amount invoiced of each deal, contract minor units.
        first: day of the first invoice of each deal.
    """

    kind: Ledger
    since: int
    billed: Mapping[str, int]
    first: Mapping[str, int]

    def tells_of(self, day: int) -> bool:
        """Tell whether an invoice of a day would stand in the record even if it were paid."""
        return self.kind == "full" and self.since <= day <= 0


def rests(scenario: Past) -> tuple[Rest, ...]:
    """Return every line of every won deal of which something is left, or revenue is counted.

    Invoices name their deal: they cover its instalments in order, so none counts twice. An instalment that
    no invoice covers, and whose day has passed, is still to be written where the invoices hold paid ones too
    and reach back so far; it was written and paid where they hold open ones only; without any invoices it was
    written on schedule, and may be paid or not. Where the record begins after the deal's first instalments,
    its invoices cover those from there on.
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
                wins.terms[win], line, agreed=True,
            )  # fmt: skip
            amount, closed = int(amounts[number]), int(wins.day[win])
            first = record.first.get(wins.id[win])
            rest, covered = _rest(win, number, terms, amount, closed, (covered, first), record)
            found.append(rest)
    return tuple(found)


def _record(receivables: Receivables) -> _Record:
    known = receivables.invoice_day <= 0
    billed, first = dict[str, int](), dict[str, int]()
    for i in np.flatnonzero(known & (receivables.deal != "")).tolist():
        net, deal = int(receivables.amount_minor[i] - receivables.tax_minor[i]), str(receivables.deal[i])
        billed[deal] = billed.get(deal, 0) + net
        first[deal] = min(first.get(deal, 0), int(receivables.invoice_day[i]))
    if not known.any():
        return _Record("none", 0, billed, first)
    paid = receivables.paid_day[known & (receivables.paid_day <= 0)]
    if not len(paid):
        return _Record("open", 0, billed, first)
    # Older invoices stand in such a file only while they are open, or because they were paid late.
    return _Record("full", int(paid.min()), billed, first)


def _rest(
    win: int, number: int, terms: Conditions, amount: int, close_day: int, sent: tuple[int, int | None],
    record: _Record,
) -> tuple[Rest, int]:  # fmt: skip
    """Return what is left of a line, and what of the invoiced amount goes to the lines after it."""
    parts = [int(part) for part in terms.parts(np.array([amount]))[0]]
    covered, first = sent
    usual = _usual_days(terms, close_day)
    planned = [_invoice_day(terms, n, usual[i.event]) for n, i in enumerate(terms.installments)]
    earlier = _before(planned, first, record)
    missing = []
    for n, part in enumerate(parts):
        taken = 0 if n in earlier else min(part, covered)
        missing.append(part - taken)
        covered -= taken
    days = _events(terms, usual, planned, parts, missing, earlier, record)
    unbilled, presumed = [0] * len(parts), [0] * len(parts)
    for n, left in enumerate(missing):
        name = terms.installments[n].event
        event = days[name]
        day = planned[n] if event == usual[name] else None if event is None else _invoice_day(terms, n, event)
        if day is None or day > 0 or (record.tells_of(day) and n not in earlier):
            unbilled[n] = left
        elif record.kind == "none":
            presumed[n] = left
    rest = Rest(win, number, terms, amount, tuple(parts), tuple(unbilled), tuple(presumed), days)
    return rest, covered


def _invoice_day(terms: Conditions, n: int, event_day: int) -> int:
    return int(terms.invoice_days(n, np.array([event_day]))[0])


def _usual_days(terms: Conditions, close_day: int) -> dict[Event, int]:
    """Return the day of each event: the stated one, else its median time after what it follows."""

    def after(day: int, law: Distribution) -> int:
        return day + int(np.ceil(float(law.isf(0.5)) - 0.5))

    line, days = terms.line, dict.fromkeys(EVENTS, close_day)
    days["start"] = after(close_day, terms.start) if line.start_day is None else line.start_day
    delivery = after(close_day, terms.delivery) if line.delivery_day is None else line.delivery_day
    days["delivery"], days["acceptance"] = delivery, after(delivery, terms.acceptance)
    return days


def _before(planned: list[int], first: int | None, record: _Record) -> set[int]:
    """Return the instalments of which a full record says nothing, since it begins after them.

    The deal's first invoice belongs to the instalment whose day it is nearest to: an invoice that was written
    a few days late is none of the next instalment.
    """
    if record.kind != "full" or first is None:
        return set()
    nearest = min(planned, key=lambda day: abs(day - first), default=0)
    return {n for n, day in enumerate(planned) if day < min(record.since, nearest)}


def _events(
    terms: Conditions, usual: Mapping[Event, int], planned: list[int], parts: list[int], missing: list[int],
    earlier: set[int], record: _Record,
) -> dict[Event, int | None]:  # fmt: skip
    """Return the day of each event, None while it is still to come.

    A stated day counts. An event without one has come by now where most of an instalment that waits for it
    has been invoiced; it has not come where a full record of invoices shows that none has, although it is
    time; else it has come when its usual time has passed.
    """
    days: dict[Event, int | None] = dict.fromkeys(EVENTS, usual["signature"])
    waits = [(n, i.event) for n, i in enumerate(terms.installments) if parts[n]]
    shown = {event for n, event in waits if 2 * missing[n] < parts[n] or n in earlier}
    late = {event for n, event in waits if event not in shown and record.tells_of(planned[n])}
    if "acceptance" in shown:
        shown.add("delivery")

    def place(event: Event, stated: int | None = None, follows: bool = True) -> None:
        if event not in terms.events:
            return
        if stated is not None:
            days[event] = stated
        elif event in shown:
            days[event] = min(usual[event], 0)
        else:
            has_come = follows and usual[event] <= 0 and event not in late
            days[event] = usual[event] if has_come else None

    place("start", terms.line.start_day)
    place("delivery", terms.line.delivery_day)
    delivered = days["delivery"]
    place("acceptance", follows=delivered is not None)
    return days


def _has_come(event_day: int | None, day: int) -> bool:
    return event_day is not None and event_day <= day
