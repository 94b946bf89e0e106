"""Rebuild a log from dated exports, by comparing each with the one before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from simulator.history import LOST, OPEN, UNKNOWN
from simulator.loading.history_findings import Findings
from simulator.loading.history_rows import AT_LAST, ENDS, NO_TIME, Row, Step, newest
from simulator.records import dataclass

VANISHED: Final = "vanished"
"""Why a deal was lost that stands in no later export."""


@dataclass(frozen=True)
class Export:
    """The deals as they stood at the end of a day.

    Attributes:
        day: ordinal.
        rows: by id.
    """

    day: int
    rows: Mapping[str, Row]


def compare_exports(exports: Sequence[Export], findings: Findings) -> tuple[list[Step], dict[str, Row]]:
    """Return the entries of stages between exports, and the newest row of each deal.

    What differs from the export before was recorded on the day of the later one. It happened on that day too,
    unless the row says better: the day of entry or of closing, or that of creation for a deal not seen
    before. An open deal that stands in no later export is lost on the day of the next, where exports hold
    closed deals at all; where they do not, nobody can tell what became of it, and it is left out.

    Args:
        exports: in the order of their days.
        findings: takes what has no certain day or outcome.
    """
    steps: list[Step] = []
    rows: dict[str, Row] = {}
    has_closed = any(row.outcome != OPEN for export in exports for row in export.rows.values())
    seen: dict[str, list[tuple[int, Row]]] = {}
    for number, export in enumerate(exports):
        for identity, row in export.rows.items():
            seen.setdefault(identity, []).append((number, row))
    for identity, found in seen.items():
        row = newest([row for _, row in found])
        last = found[-1][0]
        gone = row.outcome == OPEN and last < len(exports) - 1
        if gone:
            findings.count("H047" if has_closed else "H058", row.place)
            if not has_closed:
                continue
        own = list(_steps(found, exports, findings))
        if gone:
            day = exports[last + 1].day
            own.append(_step(row, "lost", day, day, AT_LAST))
            row = replace(row, outcome=LOST, closed=day, stage="", reason=row.reason or VANISHED)
        steps += own
        rows[identity] = row
    return steps, rows


def _steps(found: Sequence[tuple[int, Row]], exports: Sequence[Export], findings: Findings) -> Iterator[Step]:
    """Yield the entries of one deal, among them those that tell another amount or expected date."""
    before: Row | None = None
    last = UNKNOWN
    for number, row in found:
        now = exports[number].day
        since = exports[number - 1].day if number else UNKNOWN
        if before is None and number == 0 and row.outcome != OPEN:
            return  # closed before anybody looked: its way is not known
        changed = before is None or _state(before) != _state(row)
        if before is None:
            day = _first_day(row, since, now, number == 0)
            if row.outcome != OPEN:
                findings.count("H059", row.place)
        elif changed:
            day = _changed_day(row, since, now, findings)
        elif (row.amount, row.stated) != (before.amount, before.stated):
            day = now
        else:
            before = row
            continue
        last = day = day if day == UNKNOWN else max(day, last)
        yield _step(row, _state(row), day, now, NO_TIME if row.outcome == OPEN else AT_LAST)
        before = row


def _state(row: Row) -> str:
    """Return the name of a row's stage, `won` or `lost`."""
    return ENDS.get(row.outcome, row.stage)


def _first_day(row: Row, since: int, now: int, at_first: bool) -> int:
    """Return the day on which a deal that was not seen before came to where it is."""
    if row.outcome != OPEN:
        return row.closed if row.closed is not None and since < row.closed <= now else now
    if row.entered is not None and row.entered <= now:
        return row.entered
    if at_first:
        return UNKNOWN
    return row.created if row.created is not None and since < row.created <= now else now


def _changed_day(row: Row, since: int, now: int, findings: Findings) -> int:
    """Return the day of a change between two exports: of a move that has none, the middle of them.

    On the day of the later one no move would ever come sooner than an export after the one before, and what
    is learned of stays and played between exports would be too fast. An outcome stays on that day, on which
    it was first known.
    """
    day = row.entered if row.outcome == OPEN else row.closed
    if day is not None and since < day <= now:
        return day
    if row.outcome != OPEN:
        return now
    findings.count("H070", row.place)
    return (since + 1 + now) // 2


def _step(row: Row, stage: str, day: int, recorded: int, moment: float) -> Step:
    stated = UNKNOWN if row.stated is None else row.stated
    return Step(
        row.id, stage, day, moment, recorded, row.amount, stated, row.segment, row.reason, row.source, row.row
    )
