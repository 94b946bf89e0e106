"""Tell over a whole column whether years of two digits stand first or last: `26.05.01` may be either."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from statistics import median
from typing import Final

from simulator.loading.dates import Order, has_short_year, year_in
from simulator.loading.tables import Table
from simulator.records import dataclass

_CLEAR: Final = 3.0
"""Years that dates have to lie farther off in one order, on average, to be meant in the other."""
_FAR: Final = 25.0
"""Years that are as far off as a day gets that is taken for one; farther ones say no more."""
_NO_DATE: Final = 30.0
"""Years for a cell that is no date in an order: some slips are in any column."""


@dataclass(frozen=True)
class ShortYears:
    """Where the years of two digits of a column stand.

    Attributes:
        row: the first that holds such a date.
        lead: by how many years the dates are nearer, on average, where their years stand last.
        fit_first: whether all have a month and a day where their years stand first.
        fit_last: whether all have them in one order in which their years stand last.
    """

    row: int
    lead: float
    fit_first: bool
    fit_last: bool

    @classmethod
    def of(cls, table: Table, at: int, as_of: date | None) -> ShortYears | None:
        """Return what the dates of a column say, None without any whose year has two digits."""
        texts = table.cells(at)
        short = {text: count for text, count in Counter(texts).items() if has_short_year(text)}
        if not short:
            return None
        last = min(_distance(short, "dmy", as_of), _distance(short, "mdy", as_of))
        row = next(n for n, cells in enumerate(table.rows) if cells[at] in short and n not in table.aside)
        lead = _distance(short, "ymd", as_of) - last
        return cls(row, lead, _fits(short, "ymd"), _fits(short, "dmy") or _fits(short, "mdy"))

    @property
    def stand_last(self) -> bool:
        """Whether nothing speaks for years that stand first."""
        return self.lead >= _CLEAR or (self.fit_last and not self.fit_first)

    @property
    def stand_first(self) -> bool:
        """Whether they can stand nowhere else."""
        return self.fit_first and not self.fit_last

    @property
    def may_stand_last(self) -> bool:
        """Whether they may, as far as this column tells."""
        return self.lead >= 0


def _fits(texts: Iterable[str], order: Order) -> bool:
    return all(year_in(text, order) is not None for text in texts)


def _distance(texts: dict[str, int], order: Order, as_of: date | None) -> float:
    """Return how many years dates lie from the as-of day on average, or else from one another."""
    years = {text: year_in(text, order) for text in texts}
    known = [year for text, count in texts.items() if (year := years[text]) is not None for _ in range(count)]
    middle = as_of.year if as_of is not None else median(known) if known else 0
    far = sum(min(abs(year - middle), _FAR) for year in known)
    return (far + _NO_DATE * (sum(texts.values()) - len(known))) / sum(texts.values())
