"""Invoices already written at the as-of day: what is still to be paid, and since when."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.records import dataclass

Int = NDArray[np.int64]
Bool = NDArray[np.bool_]
Text = NDArray[np.str_]

UNPAID: Final = 2**62
"""Paid day of an invoice of which no payment is recorded."""


class Receivable(NamedTuple):
    """One invoice, for reading; days count from the as-of day."""

    id: str
    deal: str
    customer: str
    customer_class: str
    amount_minor: int
    currency: str
    invoice_day: int
    due_day: int
    paid_day: int | None
    tax_minor: int
    disputed: bool


@dataclass(frozen=True, eq=False)
class Receivables:
    """Columns of invoices, one row each.

    Days are whole days after the as-of day (day 0), whose end is t0: all three may be negative, and a payment
    on day 0 is known.

    Attributes:
        id: str[invoice], unique.
        deal: str[invoice], the deal whose instalment it is, or "".
        customer: str[invoice], who pays; invoices of one customer share their lateness.
        class_index: int64[invoice], into `class_names`.
        amount_minor: int64[invoice], gross, minor units of its own currency.
        currency_index: int64[invoice], into `currencies`.
        invoice_day: int64[invoice].
        due_day: int64[invoice].
        paid_day: int64[invoice], or `UNPAID`.
        tax_minor: int64[invoice], the tax in `amount_minor`.
        disputed: bool[invoice], whether the customer contests it.
        class_names: customer classes.
        currencies: ISO codes.

    Raises:
        ValueError: columns of different lengths, an id twice, or an index without its name.
    """

    id: Text
    deal: Text
    customer: Text
    class_index: Int
    amount_minor: Int
    currency_index: Int
    invoice_day: Int
    due_day: Int
    paid_day: Int
    tax_minor: Int
    disputed: Bool
    class_names: tuple[str, ...] = ("default",)
    currencies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in _COLUMNS:
            kind: type = str if name in _TEXTS else np.bool_ if name == "disputed" else np.int64
            column: NDArray[Any] = np.array(getattr(self, name), dtype=kind)
            if column.shape != (len(self.id),):
                raise ValueError(f"{name} has shape {column.shape}, where there are {len(self.id)} invoices")
            column.setflags(write=False)
            object.__setattr__(self, name, column)
        if np.unique(self.id).size != len(self):
            raise ValueError("an invoice id stands twice")
        for index, names in (("class_index", self.class_names), ("currency_index", self.currencies)):
            column = getattr(self, index)
            if column.size and not (column.min() >= 0 and column.max() < len(names)):
                raise ValueError(f"{index} points outside its {len(names)} names")

    @classmethod
    def empty(cls) -> Receivables:
        """Give a table without invoices."""
        texts, numbers = np.empty(0, dtype=str), np.empty(0, dtype=np.int64)
        return cls(texts, texts, texts, *(numbers,) * 7, np.empty(0, dtype=np.bool_))

    def __len__(self) -> int:
        return len(self.id)

    def __getitem__(self, row: int) -> Receivable:
        """Read one row."""
        paid = int(self.paid_day[row])
        return Receivable(
            id=str(self.id[row]),
            deal=str(self.deal[row]),
            customer=str(self.customer[row]),
            customer_class=self.class_names[self.class_index[row]],
            amount_minor=int(self.amount_minor[row]),
            currency=self.currencies[self.currency_index[row]],
            invoice_day=int(self.invoice_day[row]),
            due_day=int(self.due_day[row]),
            paid_day=None if paid == UNPAID else paid,
            tax_minor=int(self.tax_minor[row]),
            disputed=bool(self.disputed[row]),
        )

    @property
    def open(self) -> Bool:
        """Mark what is written and, as far as is known at t0, not paid; bool[invoice].

        A payment dated after the as-of day is not known yet, nor is an invoice.
        """
        return (self.invoice_day <= 0) & (self.paid_day > 0)


_COLUMNS: Final = tuple(column.name for column in fields(Receivables))[:11]
_TEXTS: Final = ("id", "deal", "customer")
