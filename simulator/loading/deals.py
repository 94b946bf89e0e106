"""Turn rows of a CRM export into what is known at the as-of day: open deals, wins, and what is left out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

import numpy as np

from simulator.clock import Clock
from simulator.deals import Pipeline, Wins
from simulator.loading.cells import Cells
from simulator.loading.funnels import EndNames
from simulator.loading.notes import Notes
from simulator.scenario.settings import nearest
from simulator.terms import TermsError, parse_terms

NEEDED: Final = ("id", "stage", "amount")
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
        "terms",
        "closed",
        "outcome",
        "service_months",
    ]
)
"""Columns that a forecast reads; all others are kept for grouping."""

SegmentOf = Callable[[int, bool], int]
"""Segment of a row, −1 where it has none; the flag says whether to complain."""


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
    status: Literal["open", "won", "lost"]
    stage: str
    created: int | None
    entered: int | None
    closed: int | None


@dataclass(frozen=True)
class DealsRead:
    """What a table of deals says.

    Attributes:
        pipeline: open at the as-of day.
        wins: of the time that is asked for.
        segment_of: of each open or won deal, by its id.
        created: segment, created day and amount in major company units (or None) of rows known at as-of.
        has_closed: whether any row is closed.
        dated: whether rows have created dates.
        lost: number of rows lost by then.
    """

    pipeline: Pipeline
    wins: Wins
    segment_of: dict[str, int] = field(default_factory=dict)
    created: tuple[tuple[int, int, float | None], ...] = ()
    has_closed: bool = False
    dated: bool = False
    lost: int = 0


@dataclass
class _Open:
    """An open deal that has found its stage at the as-of day."""

    row: Row
    segment: int
    stage: int
    amount: int
    currency: str
    entered: int | None
    as_exported: bool


def read_deals(
    cells: Cells,
    places: Sequence[Place],
    segment_of: SegmentOf,
    ends: EndNames,
    as_of: date,
    since: int,
    notes: Notes,
) -> DealsRead:
    """Return what the rows say at the end of the as-of day.

    Args:
        cells: the table.
        places: the scenario's segments.
        segment_of: finds a row's segment.
        ends: names of won and lost.
        as_of: day 0.
        since: first day of wins that are asked for, ≤ 0.
        notes: takes what is left out.
    """
    rows = list(_rows(cells, ends, as_of))
    reader = _Reader(cells, places, segment_of, rows, since, notes)
    for row in rows:
        reader.place(row)
    known = [row for row in rows if row.created is not None and row.created <= 0]
    return DealsRead(
        reader.pipeline(as_of),
        reader.wins(),
        reader.segments,
        tuple((segment_of(r.row, False), r.created or 0, reader.major(r)) for r in known),
        any(row.status != "open" for row in rows),
        cells.has("created"),
        sum(row.status == "lost" and (row.closed or 0) <= 0 for row in rows),
    )


def _rows(cells: Cells, ends: EndNames, as_of: date) -> Iterable[Row]:
    """Yield the rows that have an id and a status."""
    seen: dict[str, int] = {}
    origin = as_of.toordinal()

    def days(row: int, column: str) -> int | None:
        day = cells.day(row, column)
        return None if day is None else day.toordinal() - origin

    for row in range(len(cells)):
        identity = cells.text(row, "id")
        if not identity:
            cells.complain("D008", "the row has no id", row, "id")
            continue
        if identity in seen:
            first = seen[identity]
            message = f"the id stands in row {first + 1} already (line {cells.table.lines[first]})"
            cells.complain("D009", message, row, "id", identity)
            continue
        seen[identity] = row
        status = _status(cells, row, ends)
        if status is not None:
            dates = (days(row, column) for column in ("created", "entered_stage", "closed"))
            yield Row(row, identity, status, cells.text(row, "stage"), *dates)


def _status(cells: Cells, row: int, ends: EndNames) -> Literal["open", "won", "lost"] | None:
    stage, outcome = cells.text(row, "stage"), cells.text(row, "outcome")
    if outcome and outcome.casefold() != "open":
        if ends.is_won(outcome):
            return "won"
        if ends.is_lost(outcome):
            return "lost"
        close = nearest(outcome, ("won", "lost", "open"))
        remedy = f"did you mean {close}?" if close else None
        cells.complain("D020", "is neither won nor lost", row, "outcome", outcome, remedy)
        return None
    if not stage:
        cells.complain("D025", "the row has no stage", row, "stage")
        return None
    return "won" if ends.is_won(stage) else "lost" if ends.is_lost(stage) else "open"


class _Reader:
    """Sort rows into open deals, wins and what is left out."""

    def __init__(
        self,
        cells: Cells,
        places: Sequence[Place],
        segment_of: SegmentOf,
        rows: Sequence[Row],
        since: int,
        notes: Notes,
    ) -> None:
        self.cells, self.places, self.segment_of = cells, places, segment_of
        self.since, self.notes = since, notes
        self.later = any((day or 0) > 0 for r in rows for day in (r.created, r.entered, r.closed))
        self.index = [{name.casefold(): i for i, name in enumerate(p.stages)} for p in places]
        self.only = [self._only_dated(rows, s) for s in range(len(places))]
        self.percent = _in_percent(cells)
        self.segments: dict[str, int] = {}
        self.open: list[_Open] = []
        self.won: list[tuple[Row, int, int, str]] = []

    def _only_dated(self, rows: Sequence[Row], segment: int) -> int | None:
        """Return the one stage of a segment whose rows tell when they entered it, or None."""
        if len(self.places[segment].stages) == 1:
            return 0
        dated = {
            self.index[segment].get(r.stage.casefold())
            for r in rows
            if r.status == "open" and r.entered is not None and self.segment_of(r.row, False) == segment
        }
        return dated.pop() if len(dated) == 1 else None

    def place(self, row: Row) -> None:
        """Put a row where it belongs at the as-of day."""
        if (row.created or 0) > 0:
            self.count("W001", row)
        elif row.status != "open" and (row.closed or 0) > 0:
            self.reopen(row, closed=True)
        elif row.status == "won":
            self.win(row)
        elif row.status == "open":
            self.keep(row)

    def keep(self, row: Row) -> None:
        """Take an open row at its own stage, where it was there by then."""
        dated = self.cells.has("created") or self.cells.has("entered_stage")
        if self.later and dated and row.created is None and row.entered is None:
            self.count("W004", row)
        elif (row.entered or 0) > 0:
            self.reopen(row, closed=False)
        else:
            segment = self.segment_of(row.row, True)
            if segment < 0:
                return
            if self.later and row.entered is None and len(self.places[segment].stages) > 1:
                self.count("W009", row)
            self.take(row, segment, self.stage(row, segment), row.entered, as_exported=True)

    def reopen(self, row: Row, closed: bool) -> None:
        """Take a row that closed or moved after as-of at the only stage that can be told for then."""
        segment = self.segment_of(row.row, True)
        if segment < 0:
            return
        stage = self.only[segment]
        entered = row.entered
        if entered is None or entered > 0 or (closed and entered == row.closed):
            entered = row.created if len(self.places[segment].stages) == 1 else None
        if stage is None or entered is None or entered > 0:
            self.count("W002", row)
            return
        if closed:
            self.count("W003", row)
        self.take(row, segment, stage, entered, as_exported=False)

    def take(self, row: Row, segment: int, stage: int | None, entered: int | None, as_exported: bool) -> None:
        """Add an open deal."""
        money = self.cells.money(row.row)
        self.segments[row.id] = segment
        if money is not None and stage is not None:
            self.open.append(_Open(row, segment, stage, *money, entered, as_exported))

    def win(self, row: Row) -> None:
        """Add a win, where its time is asked for."""
        if row.closed is None:
            self.count("W005", row)
            return
        segment = self.segment_of(row.row, row.closed >= self.since)
        self.segments[row.id] = segment
        if row.closed >= self.since:
            money = self.cells.money(row.row)
            if money is not None and segment >= 0:
                self.won.append((row, segment, *money))

    def count(self, code: str, row: Row) -> None:
        """Note what became of a row, with its money."""
        money = self.cells.money(row.row, needed=False)
        self.notes.count(code, money)

    def stage(self, row: Row, segment: int) -> int | None:
        """Return the index of a row's stage, None with a problem where it is unknown."""
        found = self.index[segment].get(row.stage.casefold())
        if found is None:
            names = self.places[segment].stages
            close = nearest(row.stage, (*names, "won", "lost"))
            remedy = f"did you mean {close}?" if close else "stages: " + ", ".join(names)
            remedy += "; names that mean won or lost stand under data.won_stages and data.lost_stages"
            message = f"is no stage of {self.places[segment].name}"
            self.cells.complain("D010", message, row.row, "stage", row.stage, remedy)
        return found

    def major(self, row: Row) -> float | None:
        """Return a row's amount in major units of the company's currency, None where it has none above 0."""
        money = self.cells.money(row.row, needed=False)
        value = 0.0 if money is None else self.notes.major(money)
        return value if value > 0 else None

    # ---- columns

    def pipeline(self, as_of: date) -> Pipeline:
        """Return the open deals as columns, sorted by id."""
        deals = sorted(self.open, key=lambda deal: deal.row.id)
        cells, rows = self.cells, [deal.row.row for deal in deals]
        stated = [self.stated(deal, as_of) for deal in deals]
        customers = [cells.text(r, "customer") for r in rows]
        return Pipeline(
            id=tuple(deal.row.id for deal in deals),
            name=tuple(
                cells.text(r, "name") or c or cells.text(r, "id")
                for r, c in zip(rows, customers, strict=True)
            ),
            customer=tuple(c or f"deal {cells.text(r, 'id')}" for r, c in zip(rows, customers, strict=True)),
            customer_class=tuple(cells.text(r, "class") for r in rows),
            segment=np.array([deal.segment for deal in deals], dtype=np.int64),
            stage=np.array([deal.stage for deal in deals], dtype=np.int64),
            amount=np.array([deal.amount for deal in deals], dtype=np.int64),
            currency=tuple(deal.currency for deal in deals),
            age=np.array([self.age(deal) for deal in deals], dtype=np.float64),
            stated_days=np.array([days for days, _ in stated], dtype=np.float64),
            stated_day=np.array([day for _, day in stated], dtype=np.float64),
            probability=np.array([self.probability(deal) for deal in deals], dtype=np.float64),
            terms=tuple(self.terms(r) for r in rows),
            service_months=np.array([self.months(r) for r in rows], dtype=np.int64),
            extra=self.extra(rows),
        )

    def wins(self) -> Wins:
        """Return the wins as columns, sorted by id."""
        won = sorted(self.won, key=lambda win: win[0].id)
        return Wins(
            id=tuple(row.id for row, *_ in won),
            segment=np.array([segment for _, segment, *_ in won], dtype=np.int64),
            amount=np.array([amount for *_, amount, _ in won], dtype=np.int64),
            currency=tuple(currency for *_, currency in won),
            day=np.array([row.closed for row, *_ in won], dtype=np.int64),
            extra=self.extra([row.row for row, *_ in won]),
        )

    def age(self, deal: _Open) -> float:
        """Return the operational days in the stage, NaN where its beginning is not known."""
        if deal.entered is None:
            return math.nan
        return max(-float(self.places[deal.segment].clock.at_end_of(deal.entered)), 0.0)

    def stated(self, deal: _Open, as_of: date) -> tuple[float, float]:
        """Return operational and calendar days to the stated date; both NaN without one.

        What closed after as-of carries the date that was written when it closed, which nobody knew then.
        """
        day = self.cells.day(deal.row.row, "expected_close") if deal.as_exported else None
        if day is None:
            return math.nan, math.nan
        calendar = day.toordinal() - as_of.toordinal()
        operational = float(self.places[deal.segment].clock.at_end_of(calendar))
        # A date on the weekend that follows the as-of day is still ahead.
        return (max(operational, 0.5) if calendar > 0 else min(operational, 0.0)), float(calendar)

    def probability(self, deal: _Open) -> float:
        """Return the deal's own probability, NaN without one."""
        text = self.cells.text(deal.row.row, "probability") if deal.as_exported else ""
        if not text:
            return math.nan
        value = _number(text, self.cells.customs.decimal)
        if value is None or not 0 <= (value := value / (100 if self.percent or "%" in text else 1)) <= 1:
            self.cells.complain("D018", "is not a probability", deal.row.row, "probability", text)
            return math.nan
        return value

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

    def months(self, row: int) -> int:
        """Return the length of the contract in months, 0 where not given."""
        text = self.cells.text(row, "service_months")
        if not text:
            return 0
        value = _number(text, self.cells.customs.decimal)
        if value is None or value != int(value) or not 1 <= value <= 600:
            self.cells.complain("D021", "is no whole number from 1 to 600", row, "service_months", text)
            return 0
        return int(value)

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


def _in_percent(cells: Cells) -> bool:
    """Tell whether probabilities are written as 60 for 60 %: some of them are above 1."""
    if not cells.has("probability"):
        return False
    values = (_number(cells.text(row, "probability"), cells.customs.decimal) for row in range(len(cells)))
    return any(value is not None and value > 1 for value in values)


def _number(text: str, decimal: str) -> float | None:
    """Return a plain number, None for anything else; a per cent sign is passed over."""
    text = text.removesuffix("%").strip().replace(decimal, ".")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
