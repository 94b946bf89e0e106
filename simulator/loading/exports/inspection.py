"""Put together what can be said of one export before anything is forecast from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import date
from pathlib import Path
from typing import Any

from simulator.errors import InputError, Problem
from simulator.history import Finding
from simulator.loading.exports.draft import Draft, drafted, mapping
from simulator.loading.exports.export import Export, open_export
from simulator.loading.exports.profile import Profile, profile
from simulator.loading.exports.splits import by_itself, splits_of
from simulator.loading.exports.stages import Stages
from simulator.loading.exports.trial import MENDED, Trial, tried
from simulator.loading.exports.unlock import unlocking
from simulator.loading.history import read_history
from simulator.loading.history_folders import name_day
from simulator.loading.history_frame import HistoryFrame
from simulator.loading.sources import Once
from simulator.loading.tables import Table
from simulator.money import minor_digits
from simulator.records import dataclass
from simulator.scenario.quality import TableRows


@dataclass(frozen=True)
class Inspection:
    """What can be said of an export.

    Attributes:
        export: the file.
        as_of: the day as of which it is looked at.
        profile: what is in it.
        mapping: what a scenario has to say under `data` to read it.
        unlocks: what would let more be learned.
        splits: columns that may tell segments, with their values.
        stages: of deals, by segment.
        trial: what a scenario makes of it; None of a log, and where columns are missing.
        problems: what a run would refuse: single rows, or the file.
        findings: of a log, what is odd in it.
    """

    export: Export
    as_of: date
    profile: Profile
    mapping: dict[str, Any]
    unlocks: tuple[str, ...]
    splits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stages: Mapping[str, Stages] = field(default_factory=dict)
    trial: Trial | None = None
    problems: tuple[Problem, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def rows(self) -> TableRows | None:
        """What became of each row, None where no scenario has read the file."""
        return None if self.trial is None else self.trial.scenario.quality.tables.get(self.export.kind)


def inspected(path: Path, frame: HistoryFrame) -> Inspection:
    """Return what can be said of a file as of the frame's day, else as of the last one that it tells.

    Raises:
        InputError: it is no table, or tells of no deals, stages or invoices.
        PlaceError: it cannot be read.
    """
    export = open_export(path, frame, once := Once())
    as_of = frame.known or day_of(export)
    said = {export.kind: path.name, **mapping(export)}
    known = profile(export, as_of)
    found = Inspection(export, as_of, known, said, unlocking(export), problems=export.unclear)
    if export.kind == "events":
        log = replace(frame, known=as_of, columns={"events": export.columns})
        history = read_history([path], log, read=lambda file, reading: (once(file, reading),))
        return replace(found, findings=history.findings)
    deals, invoices = (export, None) if export.kind == "deals" else (None, export)
    splits = splits_of(export) if deals else {}
    split = by_itself(splits)
    draft = drafted("inspected", as_of, deals, invoices, frame, {export.kind: path.name}, split)
    found = replace(found, splits=splits, stages=draft.stages, mapping=draft.scenario["data"])
    trial: Trial | None = None
    try:
        trial = tried(draft.scenario, path.parent, once)
        problems = trial.problems
    except InputError as error:
        problems = tuple(error.problems)
    if None in (*export.cells.written.orders.values(), *export.cells.written.decimals.values()):
        trial = _added_up(draft, export, path.parent, once)
    return replace(found, trial=trial, problems=_all(found.problems, problems))


def _added_up(draft: Draft, export: Export, folder: Path, once: Once) -> Trial | None:
    """Return a trial that uses no row, where the order of days stays open: the amounts still add up.

    How they are written is said, since rows that are left out tell nothing. None where that is open too.
    """
    marks = {*export.cells.written.decimals.values()}
    if None in marks or len(marks) > 1:
        return None
    data = {**draft.scenario["data"], **({"decimal": marks.pop()} if marks else {})}
    try:
        return tried({**draft.scenario, "data": data}, folder, once, {export.kind: len(export.cells)})
    except InputError:  # something else is wrong too, which is told already
        return None


def _all(unclear: tuple[Problem, ...], further: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return every problem; what a column leaves open is told once, not by each row that is read too."""
    told = {(problem.code, problem.column) for problem in unclear}
    return (*unclear, *(one for one in further if (one.code, one.column) not in told))


def day_of(export: Export) -> date:
    """Return the day as of which an export is: as its name says, else the last on which anything happened."""
    named = name_day(export.path.name)
    if named is not None:
        return date.fromordinal(named)
    today = date.today()
    return next((day for day in reversed(export.days) if day <= today), today)


def _left(table: Table, rows: TableRows, rule: str, what: str, row: int, minor: int) -> Problem:
    amount = ""
    if code := rows.currency[row]:
        amount = f"{minor / 10 ** minor_digits(code):.{minor_digits(code)}f} {code}"
    return table.problem(rule, f"{what}: left out", row, None, amount, None, rows.id[row])


def left_out(found: Inspection) -> list[Problem]:
    """Return each row that is left out, with its line and the rule; what a run refuses, as it refuses it."""
    rows, table = found.rows, found.export.table
    told = list(found.problems)
    if rows is None or found.trial is None:
        return told
    rules = found.trial.scenario.quality.rules
    for row, fate in enumerate(rows.fate):
        if fate == MENDED or (rule := rules.get(fate)) is None or not rule.leaves_out:
            continue
        told.append(_left(table, rows, fate, rule.what, row, int(rows.minor[row])))
    for key, rest in rows.rest.items():
        told += [_left(table, rows, key, rules[key].what, row, minor) for row, minor in rest.items()]
    return sorted(told, key=lambda problem: problem.row or 0)
