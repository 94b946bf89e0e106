"""Turn what a scenario says about the bank account into money on days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from simulator.cash import Cash, Outflow, TaxCalendar
from simulator.loading.cells import Cells
from simulator.loading.problems import Problems
from simulator.money import LIMIT, minor_digits
from simulator.periods import Horizon, add_months
from simulator.records import dataclass
from simulator.scenario.model import ScenarioFile
from simulator.scenario.money_model import OutflowFile, every
from simulator.scenario.quality import PAID
from simulator.scenario.tree import Keys, Tree

NEEDED: Final = ("label", "amount", "from")
_TAX_MONTHS: Final = {"1m": 1, "1q": 3, "1y": 12}
NEVER: Final = "never"
"""Fate of what is paid on no day of the forecast."""
_MONTHS: Final = {"m": 1, "q": 3, "y": 12}


@dataclass(frozen=True)
class _Payment:
    """An outflow as it is written; days are dates."""

    label: str
    minor: int
    first: date
    every: str | None
    until: date | None


def build_cash(
    file: ScenarioFile, cells: Cells | None, horizon: Horizon, tree: Tree, problems: Problems
) -> Cash:
    """Return the bank account; what cannot be becomes problems.

    Args:
        file: the scenario.
        cells: the table of outflows, where `cash.outflows` names one that can be read.
        horizon: inside which outflows count.
        tree: for places.
        problems: takes what cannot be.
    """
    given = file.cash
    payments: Sequence[_Payment] | None = None
    if isinstance(given.outflows, str):
        payments = [] if cells is None else list(_of_table(cells, file.currency, horizon))
    elif given.outflows is not None:
        payments = list(_of_list(given.outflows, file.currency, tree, problems))
    opening = _minor(given.opening_balance, ("cash", "opening_balance"), file.currency, tree, problems)
    return Cash(
        opening_balance=opening,
        floor=_minor(given.floor, ("cash", "floor"), file.currency, tree, problems),
        outflows=None if payments is None else _in_days(payments, horizon),
        tax=TaxCalendar(_TAX_MONTHS[given.tax.every], given.tax.day),
    )


def dates_of(first: date, step: str | None, last: date) -> Iterator[date]:
    """Yield the days of what is paid from a day on, every so often, until a day.

    Months keep the day of the month, where they have it; the last day of a month leads to last days.
    """
    if step is None:
        if first <= last:
            yield first
        return
    count, unit, number = int(step[:-1]), step[-1], 0
    ends_month = (first + timedelta(days=1)).day == 1
    while True:
        if unit in _MONTHS:
            day = add_months(first, number * count * _MONTHS[unit])
            if ends_month:
                day = add_months(day.replace(day=1), 1) - timedelta(days=1)
        else:
            day = first + timedelta(days=number * count * (7 if unit == "w" else 1))
        if day > last:
            return
        yield day
        number += 1


def _in_days(payments: Sequence[_Payment], horizon: Horizon) -> tuple[Outflow, ...]:
    """Return what is paid inside the horizon, in the order of days."""
    found = [
        Outflow(payment.label, horizon.day_of(day), payment.minor)
        for payment in payments
        for day in _days(payment, horizon)
    ]
    return tuple(sorted(found, key=lambda outflow: outflow.day))


def _days(payment: _Payment, horizon: Horizon) -> Iterator[date]:
    """Yield the days of the forecast on which something is paid."""
    last = min(payment.until or horizon.end, horizon.end)
    return (day for day in dates_of(payment.first, payment.every, last) if day > horizon.as_of)


def _of_list(
    given: Sequence[OutflowFile], currency: str, tree: Tree, problems: Problems
) -> Iterator[_Payment]:
    for number, outflow in enumerate(given):
        keys = ("cash", "outflows", number, "amount")
        minor = _minor(outflow.amount, keys, currency, tree, problems)
        first = outflow.first or outflow.on
        if minor is not None and first is not None:
            yield _Payment(outflow.label, minor, first, outflow.every, outflow.until)


def _of_table(cells: Cells, currency: str, horizon: Horizon) -> Iterator[_Payment]:
    for row in cells.rows():
        before = len(cells.problems.found)
        minor = cells.minor(row, "amount", currency)
        first, until = cells.day(row, "from"), cells.day(row, "until")
        if first is None and not cells.text(row, "from"):
            cells.complain("D024", "the day is missing", row, "from")
        step = _step(cells, row)
        end = cells.text(row, "until")
        if end and not cells.text(row, "every"):
            remedy = "fill in every, such as 1m"
            cells.complain("D040", "the outflow ends, but is paid once", row, "until", end, remedy)
        if first is not None and until is not None and until < first:
            cells.complain("D040", "the outflow ends before it begins", row, "until", end, "correct the days")
        if minor is not None and first is not None and len(cells.problems.found) == before:
            payment = _Payment(cells.text(row, "label"), minor, first, step, until)
            cells.fates[row] = PAID if any(True for _ in _days(payment, horizon)) else NEVER
            yield payment


def _step(cells: Cells, row: int) -> str | None:
    text = cells.text(row, "every")
    if not text:
        return None
    try:
        return every(text)
    except ValueError:
        cells.complain("D040", "the step is not a length of at least a day", row, "every", text)
        return None


def _minor(amount: Decimal | None, keys: Keys, currency: str, tree: Tree, problems: Problems) -> int | None:
    """Return an amount in minor units, None where it is not given; one too fine becomes a problem."""
    if amount is None:
        return None
    digits = minor_digits(currency)
    minor = amount.scaleb(digits)
    if minor != minor.to_integral_value() or abs(minor) >= LIMIT:
        fine = f"has more decimals than {currency}, which has {digits}"
        why = "is too large" if abs(minor) >= LIMIT else fine
        problems.add(tree.problem("S022", f"{keys[-1]} {why}", keys, amount))
        return None
    return int(minor)
