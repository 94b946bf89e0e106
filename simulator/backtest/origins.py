"""Lay out past days on which a forecast is repeated, and the history that each may see."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from simulator.errors import UsageError
from simulator.history import NEVER, History, Moves, PastDeals, PastInvoices
from simulator.hit_rates import most_apart
from simulator.periods import length_days, length_end
from simulator.records import dataclass

Table = TypeVar("Table", PastDeals, PastInvoices)


@dataclass(frozen=True)
class Window:
    """The days after an origin that are forecast.

    Attributes:
        origin: a past as-of day; its end is t0.
        horizon: the length as it was asked for, such as `3m`.
        end: last day.
    """

    origin: date
    horizon: str
    end: date

    @property
    def days(self) -> int:
        """Number of days, the last one as days from the origin."""
        return self.end.toordinal() - self.origin.toordinal()


def origins(first: date, until: date, every: str) -> tuple[date, ...]:
    """Return the days from the first to another, a length apart; from a month's end, months keep to it.

    Raises:
        UsageError: the length is none, or there is no such day.
    """
    if until < first:
        raise UsageError(f"the last origin, {until}, lies before the first, {first}", code="U009")
    count, unit = _step(every)
    found = [first]
    while (following := length_end(first, f"{count * len(found)}{unit}")) <= until:
        found.append(following)
    return tuple(found)


def windows(origin: date, horizons: tuple[str, ...]) -> tuple[Window, ...]:
    """Return the windows of an origin, shortest first.

    Raises:
        UsageError: a horizon is no length.
    """
    found = [Window(origin, horizon, _end(origin, horizon)) for horizon in dict.fromkeys(horizons)]
    return tuple(sorted(found, key=lambda window: window.end))


def disjoint(all_windows: tuple[Window, ...]) -> int:
    """Return how many windows can be chosen so that no two share a day: so many stand for themselves."""
    return most_apart((window.origin, window.end) for window in all_windows)


def began_within(history: History, length: str | None) -> History:
    """Return a history cut to what began inside a length before its end.

    Deals that were closed before the cut are gone. Those that were open then stay, as a log that begins on
    that day would know them: with the stage in which they stood, and from then on (left truncation).

    Args:
        history: as known at an origin.
        length: such as `12m`, or None for all.

    Raises:
        UsageError: it is no length.
    """
    if length is None:
        return history
    first = history.known - _days(length) + 1
    if first <= history.since:
        return history
    kept = history.deals.closed >= first
    told = None if history.told is None else _told_since(history.told, kept, first)
    return replace(
        history,
        since=first,
        deals=chosen(history.deals, kept),
        moves=_told_since(history.moves, kept, first),
        invoices=_written_since(history.invoices, first),
        told=told,
    )


def _told_since(moves: Moves, kept: NDArray[np.bool_], first: int) -> Moves:
    """Return the moves of some deals from a day on, and of the earlier ones the last of each deal."""
    follows = np.append(moves.deal[1:] == moves.deal[:-1], False) & (np.append(moves.day[1:], first) < first)
    some = moves.only(kept[moves.deal] & ~follows)
    return replace(some, deal=(np.cumsum(kept) - 1)[some.deal])


def chosen(table: Table, kept: NDArray[np.bool_]) -> Table:
    """Return some rows of a table of deals or invoices."""
    rows = np.flatnonzero(kept)

    def of(values: Any) -> Any:
        if isinstance(values, tuple):
            return tuple(values[i] for i in rows)
        if isinstance(values, np.ndarray):
            return values[rows] if len(values) else values
        return {name: of(column) for name, column in values.items()}

    return type(table)(**{column.name: of(getattr(table, column.name)) for column in fields(table)})


def _written_since(invoices: PastInvoices, first: int) -> PastInvoices:
    """Leave out what was written before and is paid; what is open is still to be forecast."""
    return chosen(invoices, (invoices.invoice_day >= first) | (invoices.paid_day == NEVER))


def _step(every: str) -> tuple[int, str]:
    _days(every)
    text = every.strip()
    return int(text[:-1]), text[-1]


def _days(length: str) -> int:
    try:
        days = length_days(length)
    except ValueError as error:
        raise UsageError(str(error), code="U002") from None
    if not days:
        raise UsageError(f"{length!r} is no time at all; write for example 1m", code="U002")
    return days


def _end(origin: date, horizon: str) -> date:
    try:
        return length_end(origin, horizon)
    except ValueError as error:
        raise UsageError(str(error), code="U002") from None
