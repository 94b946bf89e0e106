"""Lay the deals of a record out as columns, beside their log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from simulator.history import LOST, NEVER, OPEN, UNKNOWN, WON, Moves, PastDeals, distinct, times_pushed
from simulator.loading.history_findings import Findings
from simulator.loading.history_frame import HistoryFrame
from simulator.loading.history_leaks import told_by_outcome
from simulator.loading.history_log import Log, Record, day_text, log_of, log_of_rows
from simulator.loading.history_order import record_start
from simulator.loading.history_rows import ENDS, Row, further_columns
from simulator.money import minor_digits

ALL: Final = "all"
"""The segment of all deals where nothing tells them apart."""
OTHER: Final = "other"
"""The segment of deals that name none, where others do."""
MOST_SEGMENTS: Final = 12
"""More are no segments but a list of customers: each would have few deals, and the fit no end."""
AS_EXPORTED: Final = "stage as exported"
"""Keeps the present stage of deals of which no log of stages is known."""
_MOST_UNDATED: Final = 0.8


def past_deals(record: Record, frame: HistoryFrame, currency: str, findings: Findings) -> dict[str, Any]:
    """Return the fields of a `History` that tell of deals; each counts as 1 where none tells its amount."""
    outcomes = _outcomes(record)
    segment_of, segments = _segments(record, outcomes, frame, findings)
    record = replace(
        record,
        steps=[step for step in record.steps if step.deal in segment_of],
        rows={identity: row for identity, row in record.rows.items() if identity in segment_of},
    )
    record = record if record.logged else _dated(record, findings)
    log = log_of(record, frame, findings) if record.logged else log_of_rows(record, frame, findings)
    ids = sorted(
        {step.deal for step in log.steps} | {row.id for row in record.rows.values() if _kept(row, record)}
    )
    index = {identity: i for i, identity in enumerate(ids)}
    told = log.moves(index)
    moves = distinct(told)
    late = _told_late(record, outcomes, findings)
    deals = _columns(ids, [segments.index(segment_of[i]) for i in ids], record, log, moves, told, findings)
    if len(deals) and (deals.amount <= 0).all():
        findings.count("H066")
        deals = replace(deals, amount=np.full(len(deals), 10 ** minor_digits(currency)))
    return {
        "segments": segments,
        "stages": log.stages,
        "deals": deals,
        "moves": moves,
        "told": None if len(told) == len(moves) else told,
        "logged": record.logged,
        "since": _since(record, log, deals, moves, findings),
        "amounts_logged": record.amounts,
        "told_late": late,
    }


def _kept(row: Row, record: Record) -> bool:
    """Tell whether a row says enough without a log: where it is, or when it closed."""
    return row.outcome == OPEN or row.closed is not None


def _dated(record: Record, findings: Findings) -> Record:
    """Return a record without open deals that nobody can place in time, unless all of them are such."""
    undated = [row for row in record.rows.values() if row.outcome == OPEN and row.created is None]
    open_rows = sum(row.outcome == OPEN for row in record.rows.values())
    if not undated or len(undated) > _MOST_UNDATED * open_rows:
        if undated:
            findings.count_all("H062", (row.place for row in undated))
        return record
    findings.count_all("H028", (row.place for row in undated))
    gone = {row.id for row in undated}
    return replace(record, rows={i: row for i, row in record.rows.items() if i not in gone})


def _outcomes(record: Record) -> dict[str, int]:
    """Return how each deal of the table ended, as the log or else the table has it."""
    found = {row.id: row.outcome for row in record.rows.values()}
    outcomes = {name: outcome for outcome, name in ENDS.items()}
    return found | {
        s.deal: outcomes[s.stage] for s in record.steps if s.deal in found and s.stage in outcomes
    }


def _segments(
    record: Record, outcomes: Mapping[str, int], frame: HistoryFrame, findings: Findings
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the segment of each deal, those aside that have none that is known, and all names."""
    told: dict[str, str | None] = {}
    changed: set[str] = set()
    for step in record.steps:
        before = told.setdefault(step.deal, step.segment)
        if not before and step.segment:
            told[step.deal] = step.segment
        elif before and step.segment and step.segment != before and step.deal not in changed:
            changed.add(step.deal)
            findings.count("H038", step.place)
    for row in record.rows.values():
        told[row.id] = told.get(row.id) or row.segment
    rows = list(record.rows.values())
    why = told_by_outcome([row.segment or "" for row in rows], [outcomes[row.id] for row in rows])
    if why is not None and not any(step.segment for step in record.steps):
        findings.count("H040", why=why)
        if not frame.segments:
            return dict.fromkeys(told, ALL), (ALL,)
    return _named(told, frame, findings)


def _named(
    told: Mapping[str, str | None], frame: HistoryFrame, findings: Findings
) -> tuple[dict[str, str], tuple[str, ...]]:
    told = told if frame.segments else _joined(told, findings)
    names = frame.segments or tuple(sorted({name for name in told.values() if name}))
    if not names:
        return dict.fromkeys(told, ALL), (ALL,)
    without = names[0] if len(names) == 1 else OTHER if not frame.segments else None
    found: dict[str, str] = {}
    for identity, name in told.items():
        if name is None:
            findings.count("H036", f"deal {identity}")
        elif name:
            found[identity] = name
        elif without is not None:
            found[identity] = without
        if name == "" and len(names) > 1:
            how = "left out" if without is None else f"their segment is called {OTHER}"
            findings.count("H037", f"deal {identity}", how=how)
    if without == OTHER and OTHER in found.values() and OTHER not in names:
        names = (*names, OTHER)
    return found, names


def _joined(told: Mapping[str, str | None], findings: Findings) -> Mapping[str, str | None]:
    """Return the segments with the smallest of too many put together."""
    sizes = Counter(name for name in told.values() if name)
    if len(sizes) <= MOST_SEGMENTS:
        return told
    largest = sorted(sizes, key=lambda name: (-sizes[name], name))[: MOST_SEGMENTS - 1]
    small = set(sizes) - set(largest)
    number = sum(sizes[name] for name in small)
    findings.count("H068", number=number, segments=f"{len(sizes):,}", kept=str(len(largest)), other=OTHER)
    return {identity: OTHER if name in small else name for identity, name in told.items()}


def _columns(
    ids: Sequence[str], segment: Sequence[int], record: Record, log: Log, moves: Moves, told: Moves,
    findings: Findings,
) -> PastDeals:  # fmt: skip
    rows = [record.rows.get(identity) for identity in ids]
    first, last = _ends(moves, len(ids))
    _tell_apart(ids, rows, last, record, findings)
    end = len(log.stages)
    stage = np.where(last < 0, -1, moves.stage[last] if len(moves) else -1)
    entered = np.where(last < 0, UNKNOWN, moves.day[last] if len(moves) else UNKNOWN)
    outcome = np.where(stage == end, WON, np.where(stage == end + 1, LOST, OPEN))
    closed = np.where(outcome == OPEN, NEVER, entered)
    known = {name.casefold(): i for i, name in enumerate(log.stages)}
    for i in np.flatnonzero(last < 0).tolist():  # the row alone tells where the deal is
        row = rows[i]
        assert row is not None
        outcome[i] = row.outcome
        closed[i] = NEVER if row.closed is None else row.closed
        if row.outcome == OPEN:
            stage[i] = known.get(row.stage.casefold(), -1) if record.logged else 0
            entered[i] = UNKNOWN if row.entered is None else row.entered
    begun = np.where(first < 0, UNKNOWN, moves.day[first] if len(moves) else UNKNOWN)
    created = _ints(rows, lambda row: row.created, UNKNOWN)
    pushes = _ints(rows, lambda row: row.pushes, -1)
    still = outcome == OPEN
    return PastDeals(
        id=tuple(ids),
        segment=np.array(segment, dtype=np.int64),
        customer=tuple("" if row is None else row.customer for row in rows),
        amount=_amounts(rows, told, record, findings),
        created=np.where(created == UNKNOWN, begun, created),
        closed=closed,
        outcome=outcome,
        stage=np.where(still, stage, -1),
        entered=np.where(still, entered, UNKNOWN),
        stated=_stated(rows, told),
        pushes=np.where(pushes < 0, times_pushed(told, len(ids)), pushes),
        reason=_reasons(ids, rows, outcome.tolist(), log),
        row=_ints(rows, lambda row: row.row, -1),
        extra=_extra(rows, record),
        undated=(created == UNKNOWN).astype(np.int64)
        if (created == UNKNOWN).any()
        else np.zeros(0, dtype=np.int64),
    )


def _ends(
    moves: Moves, deals: int
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], np.ndarray[Any, np.dtype[np.int64]]]:
    """Return the first and the last move of each deal, −1 where it has none."""
    first, last = np.full(deals, -1), np.full(deals, -1)
    last[moves.deal] = np.arange(len(moves))
    first[moves.deal[::-1]] = np.arange(len(moves))[::-1]
    return first, last


def _tell_apart(
    ids: Sequence[str], rows: Sequence[Row | None], last: np.ndarray[Any, np.dtype[np.int64]], record: Record,
    findings: Findings,
) -> None:  # fmt: skip
    """Count deals that only one of log and table has."""
    for identity, row, at in zip(ids, rows, last.tolist(), strict=True):
        if row is None and record.rows:
            findings.count("H026", f"deal {identity}")
        elif row is not None and at < 0 and record.logged:
            findings.count("H027", row.place)
        elif row is not None and at < 0 and row.outcome != OPEN:
            findings.count("H061", row.place)


def _ints(rows: Sequence[Row | None], get: Callable[[Row], int | None], missing: int) -> Any:
    values = (None if row is None else get(row) for row in rows)
    return np.array([missing if value is None else value for value in values], dtype=np.int64)


def _amounts(rows: Sequence[Row | None], told: Moves, record: Record, findings: Findings) -> Any:
    """Return the newest amounts: of the table, else of the log."""
    amount = np.full(len(rows), -1)
    some = np.flatnonzero(told.amount >= 0)
    amount[told.deal[some]] = told.amount[some]
    own = _ints(rows, lambda row: row.amount, -1)
    undated = int(((own >= 0) & (amount < 0)).sum())
    if undated:
        findings.count("H041", number=undated)
    return np.where(own >= 0, own, amount)


def _stated(rows: Sequence[Row | None], told: Moves) -> Any:
    stated = np.full(len(rows), UNKNOWN)
    some = np.flatnonzero(told.stated != UNKNOWN)
    stated[told.deal[some]] = told.stated[some]
    own = _ints(rows, lambda row: row.stated, UNKNOWN)
    return np.where(own != UNKNOWN, own, stated)


def _reasons(
    ids: Sequence[str], rows: Sequence[Row | None], outcomes: Sequence[int], log: Log
) -> tuple[str, ...]:
    """Return why deals were lost: as the table says, else as the name of the last stage in the log does."""
    told = {step.deal: step.reason for step in log.steps}
    own = ("" if row is None else row.reason for row in rows)
    found = (reason or told.get(identity, "") for identity, reason in zip(ids, own, strict=True))
    return tuple(reason if o == LOST else "" for reason, o in zip(found, outcomes, strict=True))


def _extra(rows: Sequence[Row | None], record: Record) -> dict[str, tuple[str, ...]]:
    """Return the further columns of all tables as text."""
    places = {row.source.name: further_columns(row.source) for row in rows if row is not None}
    names = dict.fromkeys(name for found in places.values() for name in found)
    extra = {
        name: tuple("" if row is None else _cell(row, places[row.source.name].get(name)) for row in rows)
        for name in names
    }
    if not record.logged and any(row is not None and row.stage for row in rows):
        extra[AS_EXPORTED] = tuple("" if row is None else row.stage for row in rows)
    return extra


def _cell(row: Row, at: int | None) -> str:
    return "" if at is None else row.source.cells.table.rows[row.row][at].strip()


def _told_late(record: Record, ended: Mapping[str, int], findings: Findings) -> tuple[str, ...]:
    """Return the columns of the table that were filled when deals closed."""
    rows = list(record.rows.values())
    outcomes = [ended[row.id] for row in rows]
    columns: dict[str, list[str]] = {
        "amount": ["" if row.amount <= 0 else "x" for row in rows],
        "customer": [row.customer for row in rows],
    }
    columns |= {name: list(values) for name, values in _extra(rows, record).items() if name != AS_EXPORTED}
    found = [] if record.logged else [AS_EXPORTED]
    for name, values in columns.items():
        why = told_by_outcome(values, outcomes)
        if why is not None:
            found.append(name)
            findings.count("H039", key=name, column=name, why=why)
    return tuple(found)


def _since(record: Record, log: Log, deals: PastDeals, moves: Moves, findings: Findings) -> int:
    if record.first_export is not None:
        return record.first_export
    first, _ = _ends(moves, len(deals))
    there = first >= 0
    there[there] = moves.day[first[there]] != UNKNOWN
    began = np.maximum(moves.day[first[there]], log.first)
    start = record_start(began, deals.closed[there], record.last)
    early = int((began < start).sum())
    if early:
        findings.count("H044", number=early, day=day_text(start))
    return start
