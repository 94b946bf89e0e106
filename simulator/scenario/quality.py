"""Hold what became of each row of the tables, and which open deals are told doubtfully or not whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.records import dataclass

Integers = NDArray[np.int64]

OPEN: Final = "open"
"""What a row is used as: a deal or an invoice that is forecast, and lines of such a deal."""
WON: Final = "won"
"""A deal that counts as booked; lines of any deal that was won."""
EARLIER: Final = "earlier"
"""A deal that was won too early to count as booked; what is left of it is forecast."""
LOST: Final = "lost"
PAID: Final = "paid"
IN_PART: Final = "in part"
"""An invoice of which some is paid, and the rest is forecast."""
CREDITED: Final = "credited"
"""A credit note that is taken off its invoice, and an invoice of which nothing is left."""
PAYMENT: Final = "payment"
"""A payment on an invoice, in a row of its own."""
DUE: Final = "due"
LEFT_OUT: Final = "left out"
"""What is done about rows that are no part of the forecast."""


@dataclass(frozen=True)
class Rule:
    """What is done about rows of a kind.

    Attributes:
        noun: what a row is, such as `deal`.
        what: which rows they are: `created after 31 Oct 2026`.
        then: what is done: `left out`, `counted as open`.
        names_first: whether the first of them is named.
        is_sum: whether they are sums of other rows or repeat them, so that their money counts nowhere.
    """

    noun: str
    what: str
    then: str
    names_first: bool = False
    is_sum: bool = False

    @property
    def leaves_out(self) -> bool:
        """Whether the rows are no part of the forecast."""
        return self.then == LEFT_OUT


@dataclass(frozen=True, eq=False)
class TableRows:
    """What became of the rows of a table, one value of each column a row.

    Attributes:
        file: name of the file, as its owner calls it.
        id: "" where the table has none.
        fate: what the row is used as, or the key of the rule that leaves it out.
        minor: amount in minor units of its currency, 0 without one.
        currency: ISO code, "" where no amount is given, or none that can be read.
        series: of figures, else empty: amounts of several series are no sum.
        repaired: by the key of a rule, the rows that are used by it.
        rest: by the key of a rule, what it leaves out of rows that are used: minor units by row.
    """

    file: str
    id: tuple[str, ...]
    fate: tuple[str, ...]
    minor: Integers
    currency: tuple[str, ...]
    series: tuple[str, ...] = ()
    repaired: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    rest: Mapping[str, Mapping[int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Doubtful:
    """Open deals of which something is doubtful, or not told.

    Attributes:
        name: of the kind, such as `stale`.
        deals: how many.
        minor: their amounts, company minor units.
        text: what there is about them, for people.
        then: what the forecast does about it, likewise.
    """

    name: str
    deals: int
    minor: int
    text: str
    then: str


@dataclass(frozen=True, eq=False)
class Quality:
    """What became of what was read.

    Attributes:
        tables: by key, as they were read.
        rules: by key, those that rows met.
        doubtful: kinds of open deals.
        first_win_day: of wins that count as booked, from as-of, ≤ 0.
    """

    tables: Mapping[str, TableRows] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    doubtful: tuple[Doubtful, ...] = ()
    first_win_day: int = 0
