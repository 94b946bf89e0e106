"""Bring the exact means of a scenario together, cell by cell and deal by deal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.expected.backlog import backlog, first_day
from simulator.expected.billing import Ledger, by_cell, rates
from simulator.expected.events import Calendar, by_event
from simulator.expected.renewing import LINES, MONEY, SOLVENT, Renewed, renewed_conditions
from simulator.expected.revenue import recognised
from simulator.expected.signatures import (
    BACKLOG,
    NEW,
    OPEN,
    RECEIVABLES,
    RENEWALS,
    SOURCES,
    Daily,
    Signatures,
    crm_chances,
)
from simulator.records import dataclass
from simulator.scenario import Scenario
from simulator.scenario.conditions import Conditions
from simulator.terms import EVENTS

__all__ = ["SOURCES", "Daily", "Expected", "crm_chances", "expected"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Expected:
    """Exact means of a scenario; money in minor units of the company's currency, without rounding.

    Attributes:
        sources: names of axis 0.
        bookings: floats[source, segment, cell]; of deals already won, none.
        billings: net of tax, floats[source, segment, cell].
        revenue: of lines with a rule, at the rate of the day of signature, floats[source, segment, cell].
        receipts: gross, floats[source, segment, cell]; opening invoices of no known segment count in the
            first one.
        arr: yearly recurring revenue added, floats[source, segment, cell].
        winners: expected number of deals won, and of renewals signed, floats[source, segment, cell].
        tax: passed on, of all invoices, known ones too, floats[cell].
        deferred: change of deferred revenue: net billings less revenue of lines with a rule, floats[cell].
        deal_chance: p* of each open deal, averaged over an unknown age, floats[deal].
        deal_in_horizon: chance to be won and closed within the horizon, first attempt, floats[deal].
        deal_bookings: expected bookings within the horizon after offers, first attempt, floats[deal].
        exempt_returns: third attempts meet a correlated market, which `open`, `new` and their renewals here
            leave out.
        daily: expected bookings by day.
    """

    sources: tuple[str, ...]
    bookings: Floats
    billings: Floats
    revenue: Floats
    receipts: Floats
    arr: Floats
    winners: Floats
    tax: Floats
    deferred: Floats
    deal_chance: Floats
    deal_in_horizon: Floats
    deal_bookings: Floats
    exempt_returns: bool
    daily: Daily


def expected(scenario: Scenario) -> Expected:
    """Compute the exact means of every cell from MODEL.md alone."""
    horizon, signatures = scenario.horizon, Signatures.of(scenario)
    calendar = Calendar(scenario, first_day(scenario), horizon.last_day)
    result = _empty(scenario, signatures)
    ledger = Ledger(scenario, calendar, result.billings, result.receipts, result.tax, result.deferred)
    revenue = np.zeros((len(SOURCES), len(scenario.segments), horizon.last_day + 1))
    renewed = Renewed(scenario, calendar)
    renewed.known()
    for (source, kind), rows in signatures.after_offers().items():
        terms = kind.conditions(scenario)
        series, stated = _solvent(terms, np.stack(list(rows.values()), axis=1), source), list(rows)
        renewed.follow(kind, terms, series, stated)
        events = by_event(terms, series[SOLVENT], stated)
        ledger.bill(source, terms, events, kind.payer)
        if terms.recognise:
            rate = rates(scenario, terms.currency)
            steady = rate.min() == rate.max()
            worth = events if steady else by_event(terms, series[SOLVENT] * rate, stated)
            of_lines = recognised(terms, calendar, worth)
            revenue[source, kind.segment] += of_lines * rate[0] if steady else of_lines
        _add_arr(scenario, source, terms, series[MONEY].sum(axis=0), result)
    _add_renewals(scenario, renewed, ledger, revenue, result)
    backlog(scenario, BACKLOG, ledger, revenue[BACKLOG])
    ledger.close()
    ledger.open(RECEIVABLES)
    _count(scenario, signatures, revenue, result)
    return result


def _empty(scenario: Scenario, signatures: Signatures) -> Expected:
    count = len(scenario.horizon.cuts)
    cells = (len(SOURCES), len(scenario.segments), count)
    return Expected(
        sources=SOURCES,
        bookings=np.zeros(cells),
        billings=np.zeros(cells),
        revenue=np.zeros(cells),
        receipts=np.zeros(cells),
        arr=np.zeros(cells),
        winners=np.zeros(cells),
        tax=np.zeros(count),
        deferred=np.zeros(count),
        deal_chance=signatures.deals[0],
        deal_in_horizon=signatures.deals[1],
        deal_bookings=signatures.deals[2],
        exempt_returns=signatures.exempt,
        daily=signatures.daily,
    )


def _solvent(terms: Conditions, series: Floats, source: int) -> Floats:
    """Append the money of solvent customers, floats[2, row, day] to floats[3, row, day].

    Insolvency counts from the as-of day, for deals still to come from their signature.
    """
    kept = terms.payment.solvent(np.arange(series.shape[-1]) * (source != NEW))
    return np.concatenate((series, series[MONEY:] * kept))


def _add_arr(scenario: Scenario, source: int, terms: Conditions, money: Floats, result: Expected) -> None:
    """Add the yearly recurring revenue of lines by the day of signature: amount × 12 ÷ months of service."""
    if terms.product.recurring:
        yearly = money * rates(scenario, terms.currency) * 12 / terms.months
        by_cell(result.arr[source, terms.segment], yearly, scenario.horizon)


def _add_renewals(
    scenario: Scenario, renewed: Renewed, ledger: Ledger, revenue: Floats, result: Expected
) -> None:
    """Book, bill and recognise renewals; all of their events come with their signature."""
    for kind, series in renewed.signed().items():
        terms, rate = renewed_conditions(scenario, kind), rates(scenario, kind.currency)
        booked = series[MONEY] * rate
        result.daily.renewals[kind.segment] += booked
        by_cell(result.winners[RENEWALS, kind.segment], series[LINES], scenario.horizon)
        ledger.bill(RENEWALS, terms, dict.fromkeys(EVENTS, series[SOLVENT]), kind.payer)
        events = dict.fromkeys(EVENTS, series[SOLVENT] * rate)
        revenue[RENEWALS, kind.segment] += recognised(terms, ledger.calendar, events)


def _count(scenario: Scenario, signatures: Signatures, revenue: Floats, result: Expected) -> None:
    """Put winners, bookings and revenue by day into their cells."""
    horizon, daily = scenario.horizon, signatures.daily
    bookings = {OPEN: daily.first + daily.returned, NEW: daily.new, RENEWALS: daily.renewals}
    for segment in range(len(scenario.segments)):
        for source in range(len(SOURCES)):
            by_cell(result.winners[source, segment], signatures.winners[source, segment], horizon)
            by_cell(result.revenue[source, segment], revenue[source, segment], horizon)
            if source in bookings:
                by_cell(result.bookings[source, segment], bookings[source][segment], horizon)
    result.deferred[:] -= result.revenue.sum(axis=(0, 1))
