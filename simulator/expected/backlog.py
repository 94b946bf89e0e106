"""Bill, recognise and collect what is left of deals already won."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.expected.billing import Invoices, Ledger, rates_on
from simulator.expected.events import Calendar, after, chances, pending
from simulator.expected.paying import UNKNOWN
from simulator.expected.revenue import served
from simulator.scenario import Scenario
from simulator.scenario.backlog import Rest
from simulator.terms import Event

Floats = NDArray[np.float64]


def first_day(scenario: Scenario) -> int:
    """Return the earliest day on which anything of a won deal has happened, at most 0."""
    days = (day for rest in scenario.rests for day in rest.days.values() if day is not None)
    return min((0, *days))


def backlog(scenario: Scenario, source: int, ledger: Ledger, revenue: Floats) -> None:
    """Add what is left of the deals already won, line by line.

    Instalments are invoiced on their days, on day 1 at the earliest; what is taken to have been invoiced is
    paid by its life table, and counts from day 1 on; customers last from the as-of day on.

    Args:
        scenario: whose rests are followed.
        source: index.
        ledger: takes the invoices.
        revenue: floats[segment, day 0 … last], minor units of the company's currency, at the rate of the
            day of signature.
    """
    for rest in scenario.rests:
        if rest.finished:
            continue
        signed = int(scenario.wins.day[rest.win])
        events = _events(rest, signed, ledger.calendar)
        for number, part in enumerate(rest.conditions.installments):
            if rest.unbilled[number] or rest.presumed[number]:
                _invoice(rest, number, source, events[part.event], ledger)
        if rest.conditions.recognise:
            rate = float(rates_on(scenario, rest.conditions.currency, np.array(signed)))
            revenue[rest.conditions.segment] += _recognised(rest, events, ledger.calendar) * rate


def _events(rest: Rest, signed: int, calendar: Calendar) -> dict[Event, int | Floats]:
    """Return the day of each event, or its law by day where it is still to come, floats[day 0 … last]."""
    terms, size = rest.conditions, calendar.last + 1
    found: dict[Event, int | Floats] = {}
    for event, day in rest.days.items():
        if day is not None:
            found[event] = day
        elif event == "acceptance":
            delivered = found["delivery"]
            found[event] = (
                pending(terms.acceptance, delivered, size)
                if isinstance(delivered, int)
                else after(delivered, chances(terms.acceptance))
            )
        else:
            found[event] = pending(terms.start if event == "start" else terms.delivery, signed, size)
    return found


def _invoice(rest: Rest, number: int, source: int, event: int | Floats, ledger: Ledger) -> None:
    """Write an instalment's invoice, or presume that it was written."""
    terms, calendar = rest.conditions, ledger.calendar
    payer = ledger.scenario.payers.get(ledger.scenario.wins.customer[rest.win], UNKNOWN)
    kind = Invoices.of(source, terms, terms.installments[number], payer)
    days, left = calendar.invoiced(terms, number), float(rest.unbilled[number])
    if isinstance(event, int):
        day = _on(days, event, calendar)
        if rest.presumed[number]:
            ledger.presume(kind)[day - calendar.first] += rest.presumed[number]
        if left and day <= calendar.last:
            ledger.write(kind)[max(day, 1)] += left * float(terms.payment.solvent(max(day, 1)))
        return
    some = np.flatnonzero(event)
    on = np.maximum(days[some - calendar.first], 1)
    some, on = some[on <= calendar.last], on[on <= calendar.last]
    amounts = left * event[some] * terms.payment.solvent(on)
    ledger.write(kind)[:] += np.bincount(on, amounts, calendar.last + 1)


def _recognised(rest: Rest, events: dict[Event, int | Floats], calendar: Calendar) -> Floats:
    """Return the revenue still to come of one line, floats[day 0 … last], minor units of its currency."""
    terms, size = rest.conditions, calendar.last + 1
    kept = terms.payment.solvent(np.arange(size))
    if terms.recognise == "over-term":
        return _served(rest, events["start"], calendar) * kept
    shares: list[tuple[Event, float]] = [("delivery", float(rest.amount))]
    if terms.recognise == "at-milestone":
        shares = [(event, float(part)) for event, part in zip(terms.milestones, rest.parts, strict=True)]
    total = np.zeros(size)
    for event, amount in shares:
        when = events[event]
        if not isinstance(when, int):
            total += when * amount
        elif 0 < when < size:
            total[when] += amount
    return total * kept


def _served(rest: Rest, start: int | Floats, calendar: Calendar) -> Floats:
    """Return what a service over its term is worth by day, floats[day 0 … last]; day 0 is past."""
    size = calendar.last + 1
    ends = calendar.term_end(rest.conditions.months)
    if not isinstance(start, int):
        return served(start * float(rest.amount), np.arange(size), ends[-calendar.first :])
    result = np.zeros(size)
    if start < size:
        end = _on(ends, start, calendar)
        result[max(start, 1) : max(end, 1)] = rest.amount / (end - start)
    return result


def _on(table: NDArray[np.int64], day: int, calendar: Calendar) -> int:
    """Look a day up; one beyond the horizon leads beyond the horizon."""
    return int(table[day - calendar.first]) if day <= calendar.last else calendar.last + 1
