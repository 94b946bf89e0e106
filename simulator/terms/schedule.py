"""What payment terms say: which invoices a contract has, and when each is due."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Final, Literal

from simulator.records import dataclass

Event = Literal["signature", "delivery", "acceptance", "start"]

EVENTS: Final[tuple[Event, ...]] = ("signature", "delivery", "acceptance", "start")
DEFAULT_SERVICE_MONTHS: Final = 12
LONGEST_MONTHS: Final = 600


@dataclass(frozen=True)
class DueRule:
    """When an invoice is due: `net_days` on, then to `day` of the month `months` on, then `after_days` on.

    Attributes:
        net_days: days from the invoice date.
        months: months from there; counts only with `day`.
        day: day of that month (its last day where it is shorter; 31 is always the last), or None to stay.
        after_days: days from there.
        sooner_days: days before that; never before the invoice date.
    """

    net_days: int = 0
    months: int = 0
    day: int | None = None
    after_days: int = 0
    sooner_days: int = 0


NET_30: Final = DueRule(net_days=30)
"""The due rule where terms name none: MODEL 12."""


@dataclass(frozen=True)
class Discount:
    """An early-payment discount: `share` of the invoice off if paid within `days` of its date."""

    share: Fraction
    days: int


@dataclass(frozen=True)
class Installment:
    """One invoice of a contract.

    Attributes:
        share: exact share of the contract's value.
        event: what it waits for: signature, delivery, acceptance, or start of service.
        lag_days: days from the event.
        months: months on from there.
        due: when it is due.
        discount: early-payment discount on offer, if any.
        certain: paid on its due date for certain (cash in advance).
    """

    share: Fraction
    event: Event
    lag_days: int
    months: int
    due: DueRule
    discount: Discount | None = None
    certain: bool = False


@dataclass(frozen=True)
class Recurrence:
    """Invoices at even distances.

    Attributes:
        every_months: length of a billing period.
        arrears: invoiced at the end of each period instead of its beginning.
        for_months: length of the schedule; None: as long as the service runs.
        uplift: rise of the price every 12 months.
    """

    every_months: int
    arrears: bool
    for_months: int | None = None
    uplift: Fraction = Fraction(0)


@dataclass(frozen=True)
class PaymentTerms:
    """How a contract's value becomes invoices, and when they are due.

    Attributes:
        text: the terms as they were written.
        clauses: the instalments; of a recurring schedule the one that it repeats.
        recurrence: how it repeats, or None.
    """

    text: str
    clauses: tuple[Installment, ...]
    recurrence: Recurrence | None = None

    def installments(self, service_months: int | None = None) -> tuple[Installment, ...]:
        """List the invoices of one contract, their exact shares adding to 1.

        A last period that is cut short gets its proportional share.

        Args:
            service_months: length of the service; 12 where it is not known. Terms that state their own length
                (`for 12m`) or do not recur pay no heed to it.

        Raises:
            ValueError: the service is shorter than a month or longer than 600.
        """
        if self.recurrence is None:
            return self.clauses
        length = self.recurrence.for_months
        if length is None:
            length = DEFAULT_SERVICE_MONTHS if service_months is None else int(service_months)
        if not 1 <= length <= LONGEST_MONTHS:
            raise ValueError(f"a service of {length} months; it must be 1 to {LONGEST_MONTHS}")
        return _repeat(self.clauses[0], self.recurrence, length)


def tightened(
    installments: tuple[Installment, ...], deposit: Fraction, sooner_days: int
) -> tuple[Installment, ...]:
    """Return the invoices of a contract of which a share is due when it is signed, and the rest sooner.

    The deposit stands last, so that each of the others keeps its number and with it its luck.

    Args:
        installments: as agreed before.
        deposit: that share, 0 for none.
        sooner_days: days by which the others are due sooner, at their own date at the earliest.
    """
    due = [replace(i.due, sooner_days=i.due.sooner_days + sooner_days) for i in installments]
    rest = tuple(
        replace(i, share=i.share * (1 - deposit), due=rule)
        for i, rule in zip(installments, due, strict=True)
        if deposit < 1
    )
    return (*rest, Installment(deposit, "signature", 0, 0, DueRule())) if deposit else rest


@lru_cache(1024)  # the contracts of a company repeat few schedules, and their shares are fractions
def _repeat(clause: Installment, recurrence: Recurrence, length: int) -> tuple[Installment, ...]:
    prices = [(1 + recurrence.uplift) ** (month // 12) for month in range(length)]
    total, every = sum(prices), recurrence.every_months
    return tuple(
        replace(
            clause,
            share=sum(prices[begin : begin + every], Fraction(0)) / total,
            months=min(begin + every, length) if recurrence.arrears else begin,
        )
        for begin in range(0, length, every)
    )
