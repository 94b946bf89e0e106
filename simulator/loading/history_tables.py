"""Write a history as the tables of a scenario: what was open, won and invoiced at its day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

import numpy as np

from simulator.history import LOST, NEVER, OPEN, UNKNOWN, WON, Finding, History
from simulator.money import minor_digits

Table = list[tuple[str, ...]]

YEARS_BACK: Final = 2
"""What closed or was paid earlier tells a forecast nothing any more."""
_OWN: Final = (
    *("id", "customer", "segment", "stage", "amount", "currency", "created", "entered_stage"),
    *("expected_close", "pushes", "closed", "outcome", "lost_reason"),
)
_INVOICES: Final = (
    *("id", "deal", "customer", "class", "amount", "tax", "currency"),
    *("invoice_date", "due_date", "paid_date", "disputed"),
)
_PLAIN: Final = ("name", "class", "category", "owner")
"""Further columns that say the same in every scenario; terms and products are the scenario's own names."""


def open_deals_table(history: History) -> Table:
    """Return the deals as a table that a scenario reads: its header, then rows by id.

    Open deals with a stage and an amount, and what closed or was created in the last `YEARS_BACK` years: a
    forecast takes bookings and arrivals from it. Our further columns follow, where the record has them, and
    those that are filled when deals close stay empty for open ones.
    """
    deals = history.deals
    extra = [name for name in _PLAIN if name in deals.extra]
    rows = [(*_OWN, *extra)]
    ends = {WON: "won", LOST: "lost"}
    for i in _kept(history).tolist():
        outcome = int(deals.outcome[i])
        still = outcome == OPEN
        own = (
            deals.id[i],
            deals.customer[i],
            history.segments[deals.segment[i]],
            history.stages[deals.stage[i]] if still else ends[outcome],
            "" if deals.amount[i] < 0 else _major(int(deals.amount[i]), history.currency),
            history.currency,
            _day(int(deals.created[i])),
            _day(int(deals.entered[i])) if still else "",
            _day(int(deals.stated[i])) if still else "",
            "" if deals.pushes[i] < 0 else str(int(deals.pushes[i])),
            _day(int(deals.closed[i])),
            "" if still else ends[outcome],
            deals.reason[i],
        )
        late = (name in history.told_late and still for name in extra)
        further = ("" if hidden else deals.extra[name][i] for name, hidden in zip(extra, late, strict=True))
        rows.append((*own, *further))
    return rows


def left_out_of_table(history: History) -> tuple[Finding, ...]:
    """Say which deals `open_deals_table` leaves out although a forecast would want them."""
    deals = history.deals
    still = deals.outcome == OPEN
    found = (
        ("H063", "open deals without a stage that is known", still & (deals.stage < 0)),
        ("H064", "open or won deals without an amount", (deals.outcome != LOST) & (deals.amount < 0)),
    )
    result = []
    for code, what, mask in found:
        places = np.flatnonzero(mask).tolist()
        if places:
            examples = tuple(f"deal {deals.id[i]}" for i in places[:5])
            text = f"{len(places):,} {what}: not in the forecast"
            result.append(Finding(code, text, len(places), examples))
    return tuple(result)


def invoices_table(history: History) -> Table:
    """Return the invoices as a table that a scenario reads: those open, and those paid lately, by id."""
    invoices = history.invoices
    since = history.known - YEARS_BACK * 366
    rows: Table = [_INVOICES]
    for i in np.flatnonzero((invoices.paid_day >= since) | (invoices.invoice_day >= since)).tolist():
        code = invoices.currency[i]
        rows.append(
            (
                invoices.id[i],
                invoices.deal[i],
                invoices.customer[i],
                invoices.customer_class[i],
                _major(int(invoices.amount[i]), code),
                _major(int(invoices.tax[i]), code) if invoices.tax[i] else "",
                code,
                _day(int(invoices.invoice_day[i])),
                _day(int(invoices.due_day[i])),
                _day(int(invoices.paid_day[i])),
                ("", "no", "yes")[int(invoices.disputed[i]) + 1],
            )
        )
    return rows


def _kept(history: History) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    deals, since = history.deals, history.known - YEARS_BACK * 366
    still = (deals.outcome == OPEN) & (deals.stage >= 0) & (deals.amount >= 0)
    late = (deals.closed != NEVER) & (np.maximum(deals.closed, deals.created) >= since)
    told = late & ((deals.amount >= 0) | (deals.outcome == LOST))
    return np.flatnonzero(still | told)


def _major(minor: int, code: str) -> str:
    return str(Decimal(minor).scaleb(-minor_digits(code)))


def _day(day: int) -> str:
    """Write a day as an ISO date, "" for one that is not known or has not come."""
    return "" if day in (UNKNOWN, NEVER) else date.fromordinal(day).isoformat()
