"""Turn payment terms into dates: invoiced, due, and rolled to a business day."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.terms.schedule import DueRule, Installment

Dates = NDArray[np.datetime64]
Roll = Literal["none", "following", "modified-following", "preceding"]

ROLLS: Final[tuple[Roll, ...]] = ("none", "following", "modified-following", "preceding")


def add_months(dates: ArrayLike, months: ArrayLike) -> Dates:
    """Move dates by whole months; a day that the month does not have becomes its last.

    Args:
        dates: datetime64[D][...].
        months: int[...], broadcasts against `dates`; may be negative.
    """
    days: Dates = np.asarray(dates, dtype="datetime64[D]")
    first: Dates = days.astype("datetime64[M]")
    return _day_of_month(first + np.asarray(months, dtype=np.int64), days - first.astype("datetime64[D]"))


def invoice_dates(installment: Installment, event_dates: ArrayLike, invoice_lag_days: ArrayLike = 0) -> Dates:
    """Date an instalment's invoices.

    The first invoice comes `lag_days` and the invoice lag after the event; later ones stand whole months on,
    at the first one's day of the month. NaT (an event that never comes) stays NaT.

    Args:
        installment: one of `PaymentTerms.installments`.
        event_dates: datetime64[D][...], the day of the instalment's own event.
        invoice_lag_days: int[...], days from the event to the invoice; broadcasts.
    """
    lag = np.asarray(invoice_lag_days, dtype=np.int64) + installment.lag_days
    first = np.asarray(event_dates, dtype="datetime64[D]") + lag.astype("timedelta64[D]")
    return add_months(first, installment.months) if installment.months else first


def due_dates(rule: DueRule, invoice_dates: ArrayLike) -> Dates:
    """Give each invoice's due date, before rolling.

    Args:
        rule: the due rule.
        invoice_dates: datetime64[D][...].
    """
    invoiced: Dates = np.asarray(invoice_dates, dtype="datetime64[D]")
    dates = invoiced + rule.net_days
    if rule.day is not None:
        dates = _day_of_month(dates.astype("datetime64[M]") + rule.months, np.timedelta64(rule.day - 1, "D"))
    due = dates + rule.after_days
    return np.maximum(due - rule.sooner_days, invoiced) if rule.sooner_days else due


def roll_dates(dates: ArrayLike, rule: Roll, holidays: ArrayLike = ()) -> Dates:
    """Move dates that fall on a Saturday, Sunday or holiday to a business day.

    `following` takes the next one, `preceding` the last one before, `modified-following` the next one unless
    that lies in another month, then the last one before.

    Args:
        dates: datetime64[D][...].
        rule: one of `ROLLS`.
        holidays: datetime64[D][...], days off besides weekends.

    Raises:
        ValueError: unknown rule.
    """
    days = np.asarray(dates, dtype="datetime64[D]")
    if rule == "none":
        return days
    free = np.asarray(holidays, dtype="datetime64[D]").ravel()
    if rule == "following":
        return np.asarray(np.busday_offset(days, 0, roll="following", holidays=free))
    if rule == "modified-following":
        return np.asarray(np.busday_offset(days, 0, roll="modifiedfollowing", holidays=free))
    if rule == "preceding":
        return np.asarray(np.busday_offset(days, 0, roll="preceding", holidays=free))
    raise ValueError(f"roll is {rule!r}; it must be one of {', '.join(ROLLS)}")


def _day_of_month(month: Dates, offset: NDArray[np.timedelta64] | np.timedelta64) -> Dates:
    """Step into each month by `offset` days from its first, at most to its last."""
    first = month.astype("datetime64[D]")
    last = (month + 1).astype("datetime64[D]") - 1
    return np.asarray(np.minimum(first + offset, last))
