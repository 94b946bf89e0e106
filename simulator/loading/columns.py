"""Lay deals that have found their place out as columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np

from simulator.clock import Clock, Floats, Integers
from simulator.deals import Pipeline, Wins
from simulator.loading.cells import MOST_PUSHES, Cells
from simulator.loading.chances import chances_of
from simulator.loading.lines import Lines
from simulator.records import dataclass
from simulator.terms import TermsError, parse_terms

Status = Literal["open", "won", "lost"]
_EFFECTIVE: Final = frozenset(
    [
        "id",
        "name",
        "customer",
        "class",
        "stage",
        "amount",
        "currency",
        "created",
        "entered_stage",
        "expected_close",
        "probability",
        "pushes",
        "terms",
        "closed",
        "outcome",
        "delivery",
        "service_start",
        "service_months",
    ]
)
"""Columns that a forecast reads; all others are kept for grouping."""


@dataclass(frozen=True)
class Place:
    """A segment as far as rows need it."""

    name: str
    stages: tuple[str, ...]
    clock: Clock


@dataclass(frozen=True, slots=True)
class Row:
    """A row that has an id and a status; days count from as-of."""

    row: int
    id: str
    status: Status
    stage: str
    created: int | None
    entered: int | None
    closed: int | None


@dataclass(frozen=True, slots=True)
class OpenDeal:
    """An open deal that has found its stage at the as-of day.

    Attributes:
        row: its row.
        segment: index.
        stage: index.
        amount: minor units.
        currency: ISO code.
        entered: day on which it entered the stage, from as-of, or None.
        as_exported: whether it is still open in the table, so that its other cells were known at as-of.
    """

    row: Row
    segment: int
    stage: int
    amount: int
    currency: str
    entered: int | None
    as_exported: bool


@dataclass(frozen=True, slots=True)
class WonDeal:
    """A win; `day` counts from as-of."""

    row: Row
    segment: int
    amount: int
    currency: str
    day: int


class Columns:
    """Read the cells that become columns; what cannot be read becomes a problem."""

    def __init__(self, cells: Cells, places: Sequence[Place], lines: Lines) -> None:
        self.cells, self.places, self.lines = cells, places, lines

    @cached_property
    def chances(self) -> list[float | None]:
        """What each row says of its deal's probability."""
        return chances_of(self.cells)

    def pipeline(self, deals: Sequence[OpenDeal], as_of: date) -> Pipeline:
        """Return the open deals as columns, sorted by id."""
        deals = sorted(deals, key=lambda deal: deal.row.id)
        rows = [deal.row.row for deal in deals]
        stated = self.stated(deals, as_of)
        return Pipeline(
            **self.common(rows),
            id=tuple(deal.row.id for deal in deals),
            segment=np.array([deal.segment for deal in deals], dtype=np.int64),
            stage=np.array([deal.stage for deal in deals], dtype=np.int64),
            amount=np.array([deal.amount for deal in deals], dtype=np.int64),
            currency=tuple(deal.currency for deal in deals),
            age=self.age(deals),
            stated_days=self.until(deals, stated),
            stated_day=stated,
            probability=np.array([self.probability(deal) for deal in deals], dtype=np.float64),
            lines=tuple(
                self.lines.of_open(d.row.row, d.segment, d.amount, d.currency, d.as_exported) for d in deals
            ),
            pushes=np.array([self.pushes(deal) for deal in deals], dtype=np.int64),
        )

    def wins(self, won: Sequence[WonDeal], since: int) -> Wins:
        """Return the wins as columns, sorted by id; of those before `since` names may be outdated."""
        won = sorted(won, key=lambda win: win.row.id)
        return Wins(
            **self.common([win.row.row for win in won]),
            id=tuple(win.row.id for win in won),
            segment=np.array([win.segment for win in won], dtype=np.int64),
            amount=np.array([win.amount for win in won], dtype=np.int64),
            currency=tuple(win.currency for win in won),
            day=np.array([win.day for win in won], dtype=np.int64),
            lines=tuple(
                self.lines.of_won(w.row.row, w.segment, w.amount, w.currency, w.day >= since) for w in won
            ),
        )

    def common(self, rows: Sequence[int]) -> dict[str, Any]:
        """Return the columns that open and won deals have alike."""
        cells = self.cells
        customers = [cells.text(r, "customer") for r in rows]
        pairs = list(zip(rows, customers, strict=True))
        return {
            "name": tuple(cells.text(r, "name") or c or cells.text(r, "id") for r, c in pairs),
            "customer": tuple(c or f"deal {cells.text(r, 'id')}" for r, c in pairs),
            "customer_class": tuple(cells.text(r, "class") for r in rows),
            "terms": tuple(self.terms(r) for r in rows),
            "extra": self.extra(rows),
        }

    def age(self, deals: Sequence[OpenDeal]) -> Floats:
        """Return the operational days in the stage, NaN where its beginning is not known."""
        entered = np.array([math.nan if d.entered is None else d.entered for d in deals], dtype=np.float64)
        return self._by_clock(deals, entered, lambda clock, days: np.maximum(-clock.at_end_of(days), 0.0))

    def stated(self, deals: Sequence[OpenDeal], as_of: date) -> Floats:
        """Return calendar days to the stated date, NaN without one.

        What closed after as-of carries the date that was written when it closed, which nobody knew then.
        """
        days = (self.cells.day(d.row.row, "expected_close") if d.as_exported else None for d in deals)
        origin = as_of.toordinal()
        return np.array([math.nan if d is None else d.toordinal() - origin for d in days], dtype=np.float64)

    def until(self, deals: Sequence[OpenDeal], stated: Floats) -> Floats:
        """Return operational days to the stated date, NaN without one."""
        return self._by_clock(deals, stated, lambda clock, days: clock.until(days))

    def probability(self, deal: OpenDeal) -> float:
        """Return the deal's own probability, NaN without one."""
        row, text = deal.row.row, self.cells.text(deal.row.row, "probability") if deal.as_exported else ""
        if not text or self.cells.mark("probability") is None:
            return math.nan
        value = self.chances[row]
        if value is None:
            self.cells.complain("D018", "the probability is not from 0 to 1", row, "probability", text)
            return math.nan
        return value

    def _by_clock(
        self, deals: Sequence[OpenDeal], days: Floats, told: Callable[[Clock, Integers], Floats]
    ) -> Floats:
        """Return what the clock of each deal's segment tells of its day, NaN without one."""
        result = np.full(len(deals), math.nan)
        segments = np.array([deal.segment for deal in deals], dtype=np.int64)
        for segment, place in enumerate(self.places):
            mine = (segments == segment) & ~np.isnan(days)
            result[mine] = told(place.clock, days[mine].astype(np.int64))
        return result

    def pushes(self, deal: OpenDeal) -> int:
        """Return how often the stated date was moved later, −1 where that is not known.

        What closed after as-of carries the count of the day when it closed. A cell that is no such number
        tells nothing.
        """
        value = self.cells.number(deal.row.row, "pushes") if deal.as_exported else None
        return int(value) if value is not None and 0 <= value < MOST_PUSHES and value == int(value) else -1

    def terms(self, row: int) -> str:
        """Return a deal's own terms, "" without."""
        text = self.cells.text(row, "terms")
        try:
            if text:
                parse_terms(text)
        except TermsError as error:
            message = f"terms cannot be read: {error.reason} (character {error.position + 1})"
            self.cells.complain("D019", message, row, "terms", text, error.remedy)
        return text

    def extra(self, rows: Sequence[int]) -> dict[str, tuple[str, ...]]:
        """Return the further columns as text, ours under our names."""
        ours = {at: name for name, at in self.cells.columns.items()}
        used = {at for name, at in self.cells.columns.items() if name in _EFFECTIVE}
        table = self.cells.table
        return {
            ours.get(at, title): tuple(table.rows[r][at].strip() for r in rows)
            for at, title in enumerate(table.header)
            if at not in used
        }
