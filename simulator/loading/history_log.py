"""Put entries and rows together into one log of moves, by rules that are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date
from typing import Final

import numpy as np

from simulator.history import LOST, OPEN, UNKNOWN, WON, Moves
from simulator.loading.history_ends import tell_ends, with_end_named
from simulator.loading.history_findings import Findings
from simulator.loading.history_frame import HistoryFrame
from simulator.loading.history_order import by_visits, numbered
from simulator.loading.history_rows import AT_LAST, ENDS, NO_TIME, Row, Step, Tie
from simulator.records import dataclass

ONE_STAGE: Final = "Open"
"""Stands for all stages where no log tells them apart and open deals have no one name."""


@dataclass(frozen=True)
class Record:
    """What the files tell of deals.

    Attributes:
        steps: entries of stages.
        ties: by file, what orders entries of one day without times.
        rows: of deals, the newest of each, by id.
        logged: whether there is a log of stages, or exports that tell one.
        amounts: whether it tells amounts.
        first_export: day of the first of exports, None where a log tells what was before.
        last: last day of the record.
    """

    steps: list[Step] = field(default_factory=list)
    ties: Mapping[str, Tie] = field(default_factory=dict)
    rows: Mapping[str, Row] = field(default_factory=dict)
    logged: bool = False
    amounts: bool = False
    first_export: int | None = None
    last: int = 0


@dataclass(frozen=True)
class Log:
    """All that was told, put in order.

    Attributes:
        stages: open stages in the order of the funnel.
        steps: in order of deal and time; names of stages are those of `stages`, `won` and `lost`.
        places: number of each name of a stage.
        first: day of the first entry that was told, ordinal.
    """

    stages: tuple[str, ...]
    steps: list[Step]
    places: Mapping[str, int]
    first: int = UNKNOWN

    def moves(self, index: Mapping[str, int]) -> Moves:
        """Return the entries as columns, deals by their place."""
        columns: list[list[int]] = [[], [], [], [], [], []]
        for step in self.steps:
            values = (
                index[step.deal],
                self.places[step.stage],
                step.day,
                step.recorded,
                step.amount,
                step.stated,
            )
            for column, value in zip(columns, values, strict=True):
                column.append(value)
        return Moves(*(np.array(column, dtype=np.int64) for column in columns))


def log_of(record: Record, frame: HistoryFrame, findings: Findings) -> Log:
    """Return the log of a record that has one, with the closings that only the table tells."""
    steps, names = _named(record.steps, frame, findings)
    steps.sort(key=lambda s: (s.deal, s.day, s.moment, _tie(s, record.ties, {})))
    stages = _in_order(steps, names, frame, findings)
    steps, stages = with_end_named(steps, stages, frame.stages, record.last, findings)
    places = {name: i for i, name in enumerate((*stages, *ENDS.values()))}
    if "funnel" in record.ties.values():
        steps.sort(key=lambda s: (s.deal, s.day, s.moment, _tie(s, record.ties, places)))
    first = min((step.day for step in steps if step.day != UNKNOWN), default=UNKNOWN)
    steps = _begun(steps, stages, first, record, findings)
    added = _from_table(steps, stages, record, frame, findings)
    if added:
        steps = [*steps, *added]
        steps.sort(key=lambda s: s.deal)  # what was added comes last of its deal: it is the newest
    _tell(steps, record, findings)
    tell_ends(steps, stages, record.last, findings)
    return Log(stages, steps, places, first)


def log_of_rows(record: Record, frame: HistoryFrame, findings: Findings) -> Log:
    """Return creation and outcome of each row: all that a table of deals tells of their way."""
    if not record.rows:
        return Log((ONE_STAGE,), [], {ONE_STAGE: 0, "won": 1, "lost": 2})
    findings.count("H055")
    names = {row.stage for row in record.rows.values() if row.outcome == OPEN and row.created is not None}
    only = frame.stages if len(frame.stages) == 1 else tuple(names - {""})
    stage = only[0] if len(only) == 1 else ONE_STAGE
    steps = []
    for row in sorted(record.rows.values(), key=lambda row: row.id):
        if row.created is None:
            continue
        steps.append(Step(row.id, stage, row.created, NO_TIME, row.created, source=row.source, row=row.row))
        if row.outcome == OPEN:
            continue
        closed = _closing(row, record, findings)
        if closed is None:
            steps.pop()
            continue
        if closed < row.created:
            findings.count("H025", row.place)
        closed = max(closed, row.created)
        steps.append(Step(row.id, ENDS[row.outcome], closed, AT_LAST, closed, source=row.source, row=row.row))
    tell_ends(steps, (), record.last, findings)
    return Log((stage,), steps, {stage: 0, "won": 1, "lost": 2})


def _named(
    steps: Iterable[Step], frame: HistoryFrame, findings: Findings
) -> tuple[list[Step], dict[str, str]]:
    """Return the entries under one name for each stage, and the names of open stages."""
    names = {_folded(name): name for name in frame.stages}
    aims = {name: name for name in ENDS.values()}
    result = []
    for step in steps:
        if step.stage not in aims:
            aims[step.stage] = names.setdefault(_folded(step.stage), step.stage)
            if aims[step.stage] != step.stage:
                findings.count("H056", f"{step.place}: {step.stage!r} is {aims[step.stage]!r}")
        aim = aims[step.stage]
        result.append(step if aim == step.stage else step._replace(stage=aim))
    seen = {step.stage for step in result}
    return result, {key: name for key, name in names.items() if name in seen or name in frame.stages}


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _tie(step: Step, ties: Mapping[str, Tie], places: Mapping[str, int]) -> tuple[str, int]:
    if step.source is None:
        return "", 0
    tie = ties.get(step.source.name, "file")
    if tie == "funnel":
        return "", places.get(step.stage, 0)
    return step.source.name, -step.row if tie == "reversed" else step.row


def _in_order(
    steps: Sequence[Step], names: Mapping[str, str], frame: HistoryFrame, findings: Findings
) -> tuple[str, ...]:
    """Return the open stages: in the order that was given, by their numbers, else by who comes first.

    Stages that the given order lacks stand where most deals see them.
    """
    found = [name for name in names.values() if name not in frame.stages]
    if not found:
        return frame.stages
    if frame.stages:
        findings.count("H054", ", ".join(found), len(found))
    elif (order := numbered(found)) is not None:
        return tuple(found[i] for i in order)
    every = [*frame.stages, *found]
    place = {name: i for i, name in enumerate(every)}
    at = [(step.deal, place[step.stage]) for step in steps if step.stage in place]
    ids = {deal: i for i, deal in enumerate(dict.fromkeys(deal for deal, _ in at))}
    deal = np.array([ids[deal] for deal, _ in at], dtype=np.int64)
    stage = np.array([stage for _, stage in at], dtype=np.int64)
    order = by_visits(len(every), deal, stage, len(frame.stages))
    if not frame.stages:
        findings.count("H045", how=", ".join(every[i] for i in order))
    return tuple(every[i] for i in order)


def _begun(
    steps: list[Step], stages: Sequence[str], first: int, record: Record, findings: Findings
) -> list[Step]:
    """Date what was there when the record began: in the first stage since creation, else nobody knows.

    The first day of a log may tell where all deals were then, and not that they moved: an older deal that it
    tells of is taken so.
    """
    result = []
    before = ""
    for step in steps:
        older = step.deal != before and (step.day == UNKNOWN or (step.day == first and _in_events(step)))
        before = step.deal
        row = record.rows.get(step.deal) if older else None
        made = None if row is None else row.created
        latest = step.recorded if step.day == UNKNOWN else step.day
        if made is not None and stages and step.stage == stages[0] and made <= latest:
            step = step._replace(day=made)
        elif step.day == UNKNOWN or (older and made is not None and made < step.day):
            step = step._replace(day=UNKNOWN)
            findings.count("H048", step.place)
        result.append(step)
    return result


def _closing(row: Row, record: Record, findings: Findings) -> int | None:
    """Return the day on which a closed row closed; without one its stated day, else its last day, if past."""
    if row.closed is not None:
        return row.closed
    for day in (row.stated, row.entered):
        if day is not None and day <= record.last:
            findings.count(
                "H024", row.place, key="else", how="taken as the expected day, else that of its stage"
            )
            return day
    findings.count("H024", row.place, key="out", how="nothing else tells it, the outcome is left out")
    return None


def _from_table(
    steps: Sequence[Step], stages: Sequence[str], record: Record, frame: HistoryFrame, findings: Findings
) -> list[Step]:
    """Return what only the table tells of deals that are in the log: closings, and newer stages."""
    first: dict[str, Step] = {}
    last: dict[str, Step] = {}
    for step in steps:
        first.setdefault(step.deal, step)
        last[step.deal] = step
    known = {_folded(name): name for name in stages}
    added = []
    for row in record.rows.values():
        at = last.get(row.id)
        if at is None:
            continue
        if row.created is not None and UNKNOWN < first[row.id].day < row.created:
            findings.count("H018", row.place)
        if at.source is not None and at.source.day is not None:
            continue  # the row is of the export that told its last step
        found = _newer(row, at, known.get(_folded(row.stage)), record, findings)
        if found is not None:
            added.append(found)
    return added


def _in_events(step: Step) -> bool:
    return step.source is not None and step.source.kind == "events"


def _newer(row: Row, at: Step, stage: str | None, record: Record, findings: Findings) -> Step | None:
    """Return the step that a row tells beyond the last one of the log; a contradiction is counted."""
    state = WON if at.stage == "won" else LOST if at.stage == "lost" else OPEN
    if row.outcome == OPEN:
        if state == OPEN and stage is not None and stage != at.stage and (row.entered or 0) > at.day:
            day = row.entered or 0
            return Step(row.id, stage, day, NO_TIME, day, source=row.source, row=row.row)
        if row.stage and (state != OPEN or stage != at.stage):
            findings.count("H021", row.place)
        return None
    if state != OPEN:
        if state != row.outcome:
            findings.count("H021", row.place)
        elif row.closed is not None and row.closed != at.day:
            findings.count("H022", row.place)
        return None
    closed = _closing(row, record, findings)
    if closed is None:
        return None
    if closed < at.day:
        findings.count("H025", row.place)
    findings.count("H023", row.place)
    day = max(closed, at.day)
    return Step(
        row.id, ENDS[row.outcome], day, AT_LAST, max(day, at.recorded), source=row.source, row=row.row
    )


def _tell(steps: Sequence[Step], record: Record, findings: Findings) -> None:
    """Count what the order of a log shows."""
    told: set[tuple[str, str]] = set()

    def once(code: str, step: Step) -> None:
        if (code, step.deal) not in told:
            told.add((code, step.deal))
            findings.count(code, step.place)

    previous: Step | None = None
    for step in steps:
        before, previous = previous, step
        if before is None or before.deal != step.deal:
            continue
        same = (before.day, before.moment) == (step.day, step.moment)
        if before.stage == step.stage:
            if _in_events(step):
                findings.count("H015" if same else "H016", step.place)
        elif same and _in_events(step) and step.source is not None:
            tie = record.ties.get(step.source.name, "file")
            how = "as the funnel has it" if tie == "funnel" else "as the file has it"
            findings.count("H017", step.place, key=how, how=how)
        if before.stage in ENDS.values() and step.stage != before.stage:
            once("H020" if step.stage in ENDS.values() else "H019", step)


def day_text(day: int) -> str:
    """Write a day as an ISO date."""
    return date.fromordinal(day).isoformat()
