"""Read the rows of a record as they stand: entries of stages, and deals."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final, Literal, NamedTuple

from simulator.history import LOST, OPEN, UNKNOWN, WON
from simulator.loading.cells import MOST_PUSHES, Cells
from simulator.loading.dates import DateError, parse_moment
from simulator.loading.funnels import EndNames
from simulator.loading.history_columns import tells_wins
from simulator.loading.history_files import Source
from simulator.loading.history_findings import Findings
from simulator.loading.history_frame import HistoryFrame
from simulator.loading.notes import Notes
from simulator.loading.outcome_words import stage_means
from simulator.loading.problems import LoadError, Problems
from simulator.loading.sorting import rule_for, segment_finder
from simulator.records import dataclass

NO_TIME: Final = -1e18
"""Moment of what happened on a day at no told time: before what has one."""
AT_LAST: Final = 1e18
"""Moment of a closing that only a table tells, the last thing of its day."""
ENDS: Final[Mapping[int, str]] = {WON: "won", LOST: "lost"}
"""Names of outcomes among stages."""
Tie = Literal["file", "reversed", "funnel"]
YES: Final = frozenset(("yes", "y", "true", "1"))
NO: Final = frozenset(("no", "n", "false", "0"))
_OFFSET = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})$")
_MOST: Final = 0.95
_OF_THEIR_OWN: Final = (
    *("id", "customer", "segment", "stage", "amount", "currency", "created", "entered_stage"),
    *("expected_close", "pushes", "closed", "outcome", "lost_reason"),
)


class Step(NamedTuple):
    """What a log tells: a deal was in a stage from a day on.

    Attributes:
        deal: id.
        stage: name, of won and lost too.
        day: ordinal, or `UNKNOWN`.
        moment: seconds that order what happened on one day.
        recorded: ordinal.
        amount: minor units, −1 where not told.
        stated: expected close day, ordinal, or `UNKNOWN`.
        segment: name, "" where not told, None where the scenario lacks it.
        reason: why it was lost, "" where not told.
        source: file.
        row: of it, from 0.
    """

    deal: str
    stage: str
    day: int
    moment: float
    recorded: int
    amount: int = -1
    stated: int = UNKNOWN
    segment: str | None = ""
    reason: str = ""
    source: Source | None = None
    row: int = 0

    @property
    def place(self) -> str:
        """Say where it stands."""
        return (
            f"deal {self.deal}" if self.source is None else self.source.place(self.row, f"deal {self.deal}")
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table of deals; days are ordinals, None where not told.

    Attributes:
        id: of the deal.
        segment: name, "" where not told, None where the scenario lacks it.
        customer: whose it is, or "".
        amount: minor units of the company's currency, −1 where not known.
        created: day.
        closed: day, of closed rows only.
        outcome: `OPEN`, `WON` or `LOST`.
        stage: name of an open row's stage, else "".
        entered: day of entry there.
        stated: expected close day.
        pushes: −1 where not told.
        reason: why it was lost.
        source: file.
        row: of it, from 0.
    """

    id: str
    segment: str | None
    customer: str
    amount: int
    created: int | None
    closed: int | None
    outcome: int
    stage: str
    entered: int | None
    stated: int | None
    pushes: int
    reason: str
    source: Source
    row: int

    @property
    def place(self) -> str:
        """Say where it stands."""
        return self.source.place(self.row, f"deal {self.id}")


def read_events(source: Source, findings: Findings) -> tuple[list[Step], Tie]:
    """Return the entries that a log tells, and what orders those of one day without times.

    That is the file where it is in the order of time, or in the reverse; else the order of the funnel.
    """
    cells = source.cells
    segment_of, ends = segment_reader(cells, source.frame), source.frame.ends
    steps, offsets = [], [0, 0]
    outcomes: dict[str, int] = {}
    for row in cells.rows():
        deal, stage = cells.text(row, "deal"), cells.text(row, "stage")
        if not deal or not stage:
            findings.count("H014" if deal else "H010", source.place(row))
            continue
        when = _moment(cells, row, offsets)
        if when is None:
            continue
        day, moment = when
        recorded = _ordinal(cells, row, "recorded_at")
        if recorded is not None and recorded < day:
            findings.count("H035", source.place(row, f"deal {deal}"))
        stated = _ordinal(cells, row, "expected_close")
        if stage not in outcomes:
            outcomes[stage] = ending(stage, ends)
        outcome = outcomes[stage]
        steps.append(
            Step(deal, ENDS.get(outcome, stage), day, moment, max(day, recorded or day), _amount(cells, row),
                 UNKNOWN if stated is None else stated, segment_of(row), _reason(stage, outcome), source, row)
        )  # fmt: skip
    if min(offsets) > 0:
        findings.count("H046", number=offsets[0], how=str(source.frame.zone))
    return steps, _tie(steps)


def read_rows(source: Source, findings: Findings) -> list[Row]:
    """Return the rows of a table of deals that have an id of their own and a state."""
    cells, ends = source.cells, source.frame.ends
    segment_of = segment_reader(cells, source.frame)
    found: dict[str, Row] = {}
    for row in cells.rows():
        identity = cells.text(row, "id")
        if not identity:
            findings.count("H010", source.place(row))
            continue
        if identity in found:
            findings.count("H029", source.place(row, f"deal {identity}"))
            continue
        outcome = _outcome(source, row, ends, findings)
        if outcome is None:
            continue
        made, entered, stated, closed = (
            _ordinal(cells, row, name) for name in ("created", "entered_stage", "expected_close", "closed")
        )
        if cells.one_close:
            closed, stated = (None, stated) if outcome == OPEN else (closed, None)
        elif outcome == OPEN and closed is not None:
            findings.count("H057", source.place(row, f"deal {identity}"))
            closed, stated = None, closed if stated is None else stated
        found[identity] = Row(
            identity, segment_of(row), cells.text(row, "customer"), _amount(cells, row), made, closed,
            outcome, cells.text(row, "stage") if outcome == OPEN else "", entered, stated,
            _pushes(cells, row),
            cells.text(row, "lost_reason") or _reason(cells.text(row, "stage"), outcome), source, row,
        )  # fmt: skip
    return list(found.values())


def ending(name: str, ends: EndNames) -> int:
    """Return what the name of a stage or an outcome means: `WON`, `LOST`, or `OPEN` for all others.

    Besides the names that were given: won, lost and what begins with it, with `closed` before it or a number.
    """
    if ends.is_won(name):
        return WON
    if ends.is_lost(name):
        return LOST
    return {"won": WON, "lost": LOST, None: OPEN}[stage_means(name)]


def segment_reader(cells: Cells, frame: HistoryFrame) -> Callable[[int], str | None]:
    """Return what reads the segment of a row: "" where the table tells none, None for an unknown one.

    Raises:
        LoadError: the column that tells it cannot be read.
    """
    rule = rule_for(cells, frame.segment)
    column = (rule.bands.column if rule.bands else rule.column) if rule else None
    at = cells.columns.get(column or "segment", cells.table.column(column or "segment"))
    if (frame.segment is not None and rule is None) or (rule is None and at is None):
        return lambda row: ""
    if at is not None and (flaws := cells.table.flaws_of([at])):
        raise LoadError(flaws)
    if rule is not None and rule.bands:
        names = tuple(rule.bands.bounds)
        texts: Sequence[str] = ()
    else:
        texts = [row[at].strip() for row in cells.table.rows] if at is not None else []
        aims = {theirs.casefold(): ours for theirs, ours in ((rule.map or {}) if rule else {}).items()}
        names = tuple(dict.fromkeys(aims.get(t.casefold(), t) for t in sorted(set(texts)) if t))
    names = frame.segments or names
    if not names:
        return lambda row: ""
    notes = Notes(date(2000, 1, 1), cells.customs.rates)
    finder = segment_finder(cells, rule, names, notes, Problems())

    def read(row: int) -> str | None:
        if texts and not texts[row]:
            return ""
        found = finder(row, False)
        return names[found] if found >= 0 else None if texts else ""

    return read


def further_columns(source: Source) -> dict[str, int]:
    """Return the columns that are kept as text, ours under our names."""
    ours = {at: name for name, at in source.cells.columns.items()}
    used = {at for name, at in source.cells.columns.items() if name in _OF_THEIR_OWN}
    header = source.cells.table.header
    return {ours.get(at, title): at for at, title in enumerate(header) if at not in used}


def _moment(cells: Cells, row: int, offsets: list[int]) -> tuple[int, float] | None:
    text = cells.text(row, "entered_at")
    try:
        day, seconds = parse_moment(text, cells.order("entered_at") or "ymd", cells.customs.zone)
    except DateError as error:
        why = f"entered_at {error}" if text else "entered_at is missing"
        cells.complain("D013", why, row, "entered_at", text, error.remedy)
        return None
    if seconds is None:
        return day.toordinal(), NO_TIME
    offsets[bool(_OFFSET.search(text))] += 1
    return day.toordinal(), seconds


def _ordinal(cells: Cells, row: int, column: str) -> int | None:
    day = cells.day(row, column)
    return None if day is None else day.toordinal()


def _amount(cells: Cells, row: int) -> int:
    """Return an amount in the company's currency, −1 where it is not known."""
    money = cells.money(row, needed=False)
    if money is None or money[1] == cells.customs.rates.company:
        return -1 if money is None else money[0]
    return int(cells.customs.rates.convert(money[0], money[1], 0))


def _pushes(cells: Cells, row: int) -> int:
    value = cells.number(row, "pushes") if cells.has("pushes") else None
    return -1 if value is None or not 0 <= value < MOST_PUSHES or value != int(value) else int(value)


def _reason(stage: str, outcome: int) -> str:
    """Return what follows `lost` in a stage such as `lost: price`, or another name that means lost."""
    if outcome != LOST:
        return ""
    found = re.fullmatch(r"[\W\d_]*(?:closed|deal)?[\W_]*lost[\W_]*(.*)", stage, re.IGNORECASE)
    return found[1].strip() if found else stage


def _outcome(source: Source, row: int, ends: EndNames, findings: Findings) -> int | None:
    """Return what a row says of its deal; None where its outcome is no word for one.

    Whether it was won may be said by yes and no (no on a day of closing is lost, else open), or by a day of
    winning alone.
    """
    cells = source.cells
    stage, outcome = cells.text(row, "stage"), cells.text(row, "outcome")
    if outcome.casefold() in YES:
        return WON
    if outcome.casefold() in NO:
        return LOST if cells.text(row, "closed") and not cells.one_close else ending(stage, ends)
    if not cells.has("stage") and not cells.has("outcome") and cells.text(row, "closed"):
        return WON if tells_wins(cells.table.header[cells.columns["closed"]]) else OPEN
    by_stage, said = ending(stage, ends), ending(outcome, ends)
    if outcome and said == OPEN and outcome.casefold() not in ("open", "in progress", "pending"):
        findings.count("H030", f'{source.place(row)}: "{outcome[:40]}"')
        return None
    if outcome and said != by_stage and by_stage != OPEN:
        findings.count("H031", source.place(row))
    return said if outcome else by_stage


def _tie(steps: Sequence[Step]) -> Tie:
    last: dict[str, tuple[int, float]] = {}
    rising = falling = 0
    for step in steps:
        now = (step.day, step.moment)
        before = last.get(step.deal, now)
        rising, falling = rising + (now > before), falling + (now < before)
        last[step.deal] = now
    if rising >= _MOST * (rising + falling):
        return "file"
    return "reversed" if falling >= _MOST * (rising + falling) else "funnel"


def completed(row: Row, other: Row) -> Row:
    """Return a row with what it lacks taken from a row of the same deal in another table."""
    closes = row.outcome == OPEN and other.outcome != OPEN and not row.stage
    return replace(
        row,
        segment=row.segment or other.segment,
        customer=row.customer or other.customer,
        amount=row.amount if row.amount >= 0 else other.amount,
        created=row.created if row.created is not None else other.created,
        closed=other.closed if closes or row.closed is None else row.closed,
        outcome=other.outcome if closes else row.outcome,
        stage=row.stage or ("" if row.outcome != OPEN or closes else other.stage),
        entered=row.entered if row.entered is not None else other.entered,
        stated=row.stated if row.stated is not None else other.stated,
        pushes=row.pushes if row.pushes >= 0 else other.pushes,
        reason=row.reason or other.reason,
    )


def newest(rows: Sequence[Row]) -> Row:
    """Return the newest of the rows that exports hold of one deal, with what its first ones said of it.

    Its creation, customer and segment are those that were told first: a later change was not known before.
    """
    first = rows[0]
    created = next((row.created for row in rows if row.created is not None), None)
    customer = next((row.customer for row in rows if row.customer), "")
    segment = next((row.segment for row in rows if row.segment), first.segment)
    return replace(rows[-1], created=created, customer=customer, segment=segment)
