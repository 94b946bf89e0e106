"""Turn rows of a CRM export into what is known at the as-of day: open deals, wins, and what is left out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.deals import Pipeline, Wins
from simulator.errors import did_you_mean
from simulator.loading.cells import Cells
from simulator.loading.columns import Columns, OpenDeal, Place, Row, Status, WonDeal
from simulator.loading.funnels import EndNames
from simulator.loading.lines import Lines
from simulator.loading.notes import Notes
from simulator.loading.outcome_words import state_means
from simulator.records import dataclass
from simulator.scenario.quality import EARLIER, LOST, OPEN, WON

NEEDED: Final = ("id", "stage", "amount")
SegmentOf = Callable[[int, bool], int]
"""Segment of a row, −1 where it has none; the flag says whether to complain."""


@dataclass(frozen=True)
class Created:
    """When deals were created.

    Attributes:
        segment: int64[deal], −1 without one.
        day: int64[deal], from as-of.
        amount: float64[deal], in major units of the company's currency, NaN where none above 0 is known.
    """

    segment: NDArray[np.int64]
    day: NDArray[np.int64]
    amount: NDArray[np.float64]


@dataclass(frozen=True)
class DealsRead:
    """What a table of deals says.

    Attributes:
        pipeline: open at the as-of day.
        wins: of whatever year.
        created: what is known at as-of of when deals were created.
        segment_of: of each open or won deal, by its id.
        entered: the day on which an open deal entered its stage, from as-of, by its id, where it is known.
        has_closed: whether any row is closed.
        dated: whether rows have created dates.
        lost_reasons: why deals were lost by then, by segment, stage and reason, deals; "" for a stage that
            the row does not tell.
        lost: ids of the deals that are lost by the as-of day.
    """

    pipeline: Pipeline
    wins: Wins
    created: Created
    segment_of: dict[str, int] = field(default_factory=dict)
    entered: Mapping[str, int] = field(default_factory=dict)
    has_closed: bool = False
    dated: bool = False
    lost_reasons: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)
    lost: tuple[str, ...] = ()


def read_deals(
    cells: Cells,
    places: Sequence[Place],
    segment_of: SegmentOf,
    ends: EndNames,
    as_of: date,
    since: int,
    lines: Lines,
    notes: Notes,
) -> DealsRead:
    """Return what the rows say at the end of the as-of day.

    Args:
        cells: the table.
        places: the scenario's segments.
        segment_of: finds a row's segment.
        ends: names of won and lost.
        as_of: day 0.
        since: first day of wins that are asked for, ≤ 0; what earlier ones lack is no problem.
        lines: finds what a deal is made of.
        notes: takes what is left out.
    """
    rows = list(_rows(cells, ends, as_of))
    reader = _Reader(cells, places, segment_of, rows, since, notes)
    for row in rows:
        reader.place(row)
    columns = Columns(cells, places, lines)
    return DealsRead(
        columns.pipeline(reader.open, as_of),
        columns.wins(reader.won, since),
        _created(rows, segment_of, reader),
        reader.segments,
        {deal.row.id: deal.entered for deal in reader.open if deal.entered is not None},
        any(row.status != "open" for row in rows),
        cells.has("created"),
        reader.lost_reasons,
        tuple(row.id for row in rows if row.status == "lost" and (row.closed or 0) <= 0),
    )


def _created(rows: Sequence[Row], segment_of: SegmentOf, reader: _Reader) -> Created:
    known = [row for row in rows if row.created is not None and row.created <= 0]
    return Created(
        np.fromiter((segment_of(row.row, False) for row in known), np.int64, len(known)),
        np.fromiter((row.created or 0 for row in known), np.int64, len(known)),
        np.fromiter((reader.major(row) for row in known), np.float64, len(known)),
    )


def _rows(cells: Cells, ends: EndNames, as_of: date) -> Iterable[Row]:
    """Yield the rows that have an id and a status."""
    seen: dict[str, int] = {}
    known: dict[tuple[str, str], Status] = {}
    ids, stages, outcomes = (cells.texts(column) for column in ("id", "stage", "outcome"))
    origin = as_of.toordinal()
    from_as_of: dict[date, int] = {}  # one number a day, not one a row

    def days(row: int, column: str) -> int | None:
        day = cells.day(row, column)
        if day is None:
            return None
        found = from_as_of.get(day)
        return from_as_of.setdefault(day, day.toordinal() - origin) if found is None else found

    for row in cells.rows():
        identity, stage = ids[row], stages[row]
        if not identity:
            cells.complain("D008", "the row has no id", row, "id")
            continue
        if cells.is_twice(row, identity, seen):
            continue
        ending = stage, outcomes[row]
        if (status := known.get(ending) or _status(cells, row, ends)) is not None:
            known[ending] = status
            closed = None if status == "open" and cells.one_close else days(row, "closed")
            begun = days(row, "created"), days(row, "entered_stage")
            yield Row(row, identity, status, stage, *begun, closed)


def _status(cells: Cells, row: int, ends: EndNames) -> Status | None:
    stage, outcome = cells.text(row, "stage"), cells.text(row, "outcome")
    ending: Status | None = _ending(stage, ends)
    said: Status | None = _ending(outcome, ends) or ("open" if state_means(outcome) == "open" else None)
    if said and ending and said != ending:
        message = f"the stage says {ending}, the outcome {said}"
        cells.complain("D026", message, row, "outcome", outcome, f"the stage is {stage}: correct one of them")
        return None
    if outcome and not said:
        remedy = did_you_mean(outcome, ("won", "lost", "open"))
        cells.complain("D020", "the outcome is neither won nor lost", row, "outcome", outcome, remedy)
        return None
    if not stage and said in (None, "open"):
        cells.complain("D025", "the row has no stage", row, "stage")
        return None
    return ending or said or "open"


def _ending(name: str, ends: EndNames) -> Literal["won", "lost"] | None:
    return "won" if ends.is_won(name) else "lost" if ends.is_lost(name) else None


def _in_disorder(row: Row) -> bool:
    """Tell whether a deal moved before it was created, or after it was closed."""
    closed = row.closed if row.status != "open" else None
    days = [day for day in (row.created, row.entered, closed) if day is not None]
    return days != sorted(days)


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
        self.segments: dict[str, int] = {}
        self.open: list[OpenDeal] = []
        self.won: list[WonDeal] = []
        self.lost_reasons: dict[str, dict[str, Counter[str]]] = {}

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
            return
        if _in_disorder(row):
            self.count("W020", row)
        elif row.status == "open" and row.closed is not None and row.closed <= 0:
            self.count("W019", row)
        if row.status != "open" and (row.closed or 0) > 0:
            self.reopen(row, closed=True)
        elif row.status == "won":
            self.win(row)
        elif row.status == "open":
            self.keep(row)
        else:
            self.lose(row)

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
        """Add an open deal; one of a CRM's export that nobody has given an amount yet is left out."""
        if self.cells.exported and not self.cells.text(row.row, "amount"):
            self.count("W081", row)
            return
        money = self.cells.money(row.row)
        self.segments[row.id] = segment
        if money is not None and stage is not None:
            self.cells.fates[row.row] = OPEN
            self.open.append(OpenDeal(row, segment, stage, *money, entered, as_exported))

    def win(self, row: Row) -> None:
        """Add a win; an early one without segment or amount is left out."""
        if row.closed is None:
            self.count("W005", row)
            return
        asked = row.closed >= self.since
        segment, money = self.segment_of(row.row, asked), self.cells.money(row.row, needed=asked)
        self.segments[row.id] = segment
        if money is not None and segment >= 0:
            self.cells.fates[row.row] = WON if asked else EARLIER
            self.won.append(WonDeal(row, segment, *money, row.closed))
        elif not asked:
            self.count("W037", row)

    def lose(self, row: Row) -> None:
        """Count why a deal was lost, in its last open stage where the row still tells that."""
        self.cells.fates[row.row] = LOST
        reason = self.cells.text(row.row, "lost_reason")
        if reason and (segment := self.segment_of(row.row, False)) >= 0:
            own, place = self.places[segment], self.index[segment].get(row.stage.casefold())
            by_stage = self.lost_reasons.setdefault(own.name, {})
            by_stage.setdefault("" if place is None else own.stages[place], Counter())[reason] += 1

    def count(self, code: str, row: Row) -> None:
        """Note what became of a row, with its money."""
        money = self.cells.money(row.row, needed=False)
        self.notes.count(code, self.cells, row.row, money)

    def stage(self, row: Row, segment: int) -> int | None:
        """Return the index of a row's stage, None with a problem where it is unknown."""
        found = self.index[segment].get(row.stage.casefold())
        if found is None:
            names = self.places[segment].stages
            known = "stages: " + ", ".join(names) + "."
            remedy = did_you_mean(row.stage, (*names, "won", "lost"), known)
            remedy += " Names that mean won or lost stand under data.won_stages and data.lost_stages"
            message = f"the stage is none of {self.places[segment].name}"
            self.cells.complain("D010", message, row.row, "stage", row.stage, remedy)
        return found

    def major(self, row: Row) -> float:
        """Return a row's amount in major units of the company's currency, NaN where it has none above 0."""
        money = self.cells.money(row.row, needed=False)
        value = 0.0 if money is None else self.notes.major(money)
        return value if value > 0 else math.nan
