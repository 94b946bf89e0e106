"""Turn a company's files into its history: what was known of deals and invoices, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from simulator.errors import InputError, Problem, did_you_mean
from simulator.history import NEVER, UNKNOWN, History, PastInvoices
from simulator.loading.company_currency import company_currency
from simulator.loading.deal_ids import ids_in, with_known_ids
from simulator.loading.history_columns import DATES, NEEDED
from simulator.loading.history_deals import past_deals
from simulator.loading.history_exports import Export, compare_exports
from simulator.loading.history_files import (
    Recognised,
    Source,
    described,
    open_source,
    recognise,
)
from simulator.loading.history_findings import Findings
from simulator.loading.history_folders import File, files_of
from simulator.loading.history_frame import HistoryFrame
from simulator.loading.history_invoices import read_past_invoices
from simulator.loading.history_log import Record, day_text
from simulator.loading.history_order import no_stages
from simulator.loading.history_rows import ENDS, Row, Step, Tie, completed, read_events, read_rows
from simulator.loading.problems import LoadError, Problems
from simulator.loading.sources import Reading, read_tables
from simulator.loading.tables import Table

SLIP_DAYS: Final = 400
"""A day so far after all earlier ones is a slip of the pen, not the end of the record."""
SLIP_RECORDS: Final = 200
"""So are days after a silence in which so many would be recorded at the record's usual pace."""
FEW: Final = 0.01
"""Share of days that may be slips; a day far off may always be one."""
SILENT_DAYS: Final = 30
"""So long without any record, and the record has probably ended."""
_MOST_STRANGE: Final = 0.5
"""Share of dates that cannot be read, above which a file is not read at all."""


def read_history(
    paths: Sequence[Path], frame: HistoryFrame | None = None, allow_outside: bool = False,
    read: Callable[[Path, Reading], Sequence[Table]] = read_tables,
) -> History:  # fmt: skip
    """Return what files tell of a company's past, as it was known at the end of the frame's day.

    A file is known by its columns: a log of stages, a table of deals, invoices. A folder holds dated exports
    or past runs, which are compared with one another, or else such files. What is odd in them is counted
    among the findings with the rule that was applied; what was taken for what stands in `sources`.

    Args:
        paths: files and folders.
        frame: how they are written, as far as that is known.
        allow_outside: whether links in folders may lead out of the folder's project.
        read: reads the tables of a file.

    Raises:
        LoadError: nothing sensible can be done; every such problem at once.
        PlaceError: a file cannot be read.
    """
    frame = frame or HistoryFrame()
    findings, problems = Findings(), Problems()
    files = files_of([Path(path) for path in paths], frame, findings, problems.found, allow_outside)
    found = _recognised(files, findings, problems, read)
    problems.raise_if_any()
    currency = company_currency(found[0].frame, found).code
    joined = _joined(found)
    alone = len({one.match.kind for one in joined}) == 1
    sources = [open_source(one, currency, problems, alone) for one in joined]
    problems.raise_if_any()
    _check_split(frame.split, sources, problems)
    problems.raise_if_any()
    record, invoices = _record(sources, findings, problems)
    problems.raise_if_any()
    for source in sources:
        findings.take(source.problems.found)
    last, known = _days(record, invoices, frame, findings)
    if not last:
        message = "no row tells a day: when anything happened is not known"
        raise LoadError([Problem("H004", message, sources[0].name, remedy=_remedy(frame))])
    record, invoices = _until(record, last), _invoices_until(invoices, last)
    parts = past_deals(record, frame, currency, findings)
    full = History(
        known=last,
        currency=currency,
        invoices=invoices,
        sources=tuple(described(s) for s in sources),
        **parts,
    )
    _tell_later(full, known, findings)
    history = replace(full.as_of(known), known=known, findings=findings.all())
    if not len(history.deals) and not len(history.invoices):
        message = f"nothing was known at the end of {day_text(known)}"
        raise LoadError([Problem("H007", message, sources[0].name, remedy="give a later --as-of")])
    return history


def _recognised(
    files: Sequence[File], findings: Findings, problems: Problems,
    reading: Callable[[Path, Reading], Sequence[Table]],
) -> list[Recognised]:  # fmt: skip
    found, strange = [], []
    days: set[tuple[str, int]] = set()
    for file in files:
        try:
            tables = [_named(file, table) for table in reading(file.path, file.frame.reading)]
            read = [recognise(table, file.frame, file.day) for table in tables]
        except InputError as error:
            problems.found += error.problems
            continue
        if not any(read):
            message, header = (
                "the file is no record of deals, stages or invoices",
                ", ".join(tables[0].header),
            )
            strange.append(Problem("H001", message, file.name, 1, value=header, remedy=_remedy(file.frame)))
            continue
        for table, one in zip(tables, read, strict=True):
            if one is None:
                findings.count("H060", table.name)
            elif file.day is not None and (one.match.kind, file.day) in days and one.match.kind != "events":
                findings.count("H049", table.name)
            else:
                found += [one] if one.log is None else [one, one.log]
                _count_aside(one, findings)
                days.add((one.match.kind, file.day or 0))
    if not found or any(file.day is None for file in files if file.name in {p.file for p in strange}):
        problems.found += strange
    else:
        for problem in strange:
            findings.count("H060", problem.file or "")
    if not found and not problems.found:
        problems.add(Problem("H001", "there is no file", remedy="name a log of stages, deals or invoices"))
    return found


def _named(file: File, table: Table) -> Table:
    """Return a table under the name that people know its file by, with the sheet on which it is."""
    name = file.name + table.name.removeprefix(file.path.name)
    return replace(table, name=name).with_typed(file.typed)


def _count_aside(one: Recognised, findings: Findings) -> None:
    for row, code in one.table.aside.items():
        findings.count(code, f"{one.table.name}, line {one.table.lines[row]}")
    for unlock in one.unlocks:
        findings.count("W079", one.table.name, key=unlock, how=unlock)


def _joined(found: Sequence[Recognised]) -> list[Recognised]:
    """Return tables in which each deal has one id: as tables of deals have it, else the first table."""
    columns = [one.match.columns.get("id" if one.match.kind == "deals" else "deal") for one in found]
    ids = [ids_in(one.table, at) for one, at in zip(found, columns, strict=True)]
    of_deals = [own for one, own in zip(found, ids, strict=True) if one.match.kind == "deals"]
    known = set().union(*(of_deals or ids[:1]))
    return [
        replace(one, table=with_known_ids(one.table, at, known))
        for one, at in zip(found, columns, strict=True)
    ]


def _check_split(column: str | None, sources: Sequence[Source], problems: Problems) -> None:
    """Add a problem where no file has the column that was asked to tell the segments."""
    tables = [source.cells.table for source in sources]
    if column is None or any(table.column(column) is not None for table in tables):
        return
    names = list(dict.fromkeys(name for table in tables for name in table.header))
    remedy = did_you_mean(column, names, "the columns are " + ", ".join(names))
    message = "no file has the column that is to tell the segments"
    problems.add(Problem("H008", message, sources[0].name, value=column, remedy=remedy))


def _remedy(frame: HistoryFrame) -> str:
    kinds = {
        "events": "deal, stage, entered_at",
        "deals": "id and stage, outcome, created or closed",
        "invoices": "id, amount, invoice_date, due_date",
    }
    needed = "; ".join(f"{kind}: {names}" for kind, names in kinds.items())
    return f"say which column is which in {frame.place}: {needed}"


def _record(sources: Sequence[Source], findings: Findings, problems: Problems) -> tuple[Record, PastInvoices]:
    """Return what all files tell; a file of which no row can be used becomes a problem."""
    steps: list[Step] = []
    ties: dict[str, Tie] = {}
    rows: dict[str, Row] = {}
    exports: list[Export] = []
    for source in sources:
        read = 0
        if source.kind == "events":
            told, ties[source.name] = read_events(source, findings)
            names = [*dict.fromkeys(step.stage for step in told if step.stage not in ENDS.values())]
            title = source.cells.table.header[source.cells.columns["stage"]]
            if (problem := no_stages(names, source.name, title)) is not None:
                problems.add(problem)
            steps += told
            read = len(told)
        elif source.kind == "deals":
            own = read_rows(source, findings)
            read = len(own)
            if source.day is not None:
                exports.append(Export(source.day, {row.id: row for row in own}))
            else:
                _merge(rows, own, findings)
        if (not read and source.kind != "invoices") or _strange_dates(source):
            _unusable(source, problems)
    invoices = read_past_invoices([s for s in sources if s.kind == "invoices"], findings)
    if not len(invoices):
        for source in sources:
            if source.kind == "invoices":
                _unusable(source, problems)
    compared, newest = compare_exports(exports, findings) if len(exports) > 1 else ([], {})
    if len(exports) == 1:
        newest = dict(exports[0].rows)
    known = {step.deal for step in steps}  # what exports saw first, a log tells with its day
    compared = [step for step in compared if step.day != UNKNOWN or step.deal not in known]
    logged = bool(steps or compared)
    amounts = any(step.amount >= 0 for step in steps) or bool(compared)
    first = exports[0].day if compared and not steps else None
    last = exports[-1].day if exports else 0
    return Record([*steps, *compared], ties, {**newest, **rows}, logged, amounts, first, last), invoices


def _merge(rows: dict[str, Row], own: Iterable[Row], findings: Findings) -> None:
    for row in own:
        if row.id in rows:
            findings.count("H065", row.place)
            rows[row.id] = completed(rows[row.id], row)
        else:
            rows[row.id] = row


def _unusable(source: Source, problems: Problems) -> None:
    """Add a problem of a file that tells nothing: its unreadable cells, or that all rows lack ids."""
    if source.problems.found:
        problems.found += source.problems.found
        return
    needed = ", ".join(NEEDED[source.kind])
    message = "no row can be used" if len(source.cells) else "the file has no rows"
    problems.add(Problem("H004", message, source.name, remedy=f"{source.kind} need {needed}"))


def _strange_dates(source: Source) -> bool:
    """Tell whether most dates of a file cannot be read: it is not read as it is written, and not a gap."""
    unread = sum(problem.code == "D013" for problem in source.problems.found)
    columns = [source.cells.columns[name] for name in DATES[source.kind] if name in source.cells.columns]
    filled = sum(bool(row[at].strip()) for row in source.cells.table.rows for at in columns)
    return unread > _MOST_STRANGE * filled


def _days(record: Record, invoices: PastInvoices, frame: HistoryFrame, findings: Findings) -> tuple[int, int]:
    """Return the last day that is recorded, slips aside, and the last one that is to be known."""
    days = [step.recorded for step in record.steps]
    for row in record.rows.values():
        days += [day for day in (row.created, row.closed, row.entered) if day is not None]
    days += invoices.invoice_day.tolist()
    days += invoices.paid_day[invoices.paid_day != NEVER].tolist()
    known = frame.known.toordinal() if frame.known is not None else None
    last = max(_last(np.array(sorted(days), dtype=np.int64), findings), record.last) if days else known or 0
    if known is None:
        return last, last
    if known - last > SILENT_DAYS:
        findings.count("H034", number=known - last, day=day_text(known))
    return max(last, known), known


def _last(days: np.ndarray[tuple[int], np.dtype[np.int64]], findings: Findings) -> int:
    end = len(days)
    few = max(1, int(FEW * end))
    pace = end / max(float(days[end // 2] - days[end // 10]) / 0.4, 1.0)  # a day, most of the record's
    for cut in range(end - 1, max(end - 1 - few, 0), -1):
        silence = int(days[cut] - days[cut - 1])
        unusual = silence > SILENT_DAYS and silence * pace > SLIP_RECORDS and end - cut <= FEW * end
        if silence > SLIP_DAYS or unusual:
            findings.count("H033", number=end - cut, day=day_text(int(days[cut])))
            return int(days[cut - 1])
    return int(days[-1])


def _until(record: Record, last: int) -> Record:
    """Return a record without days after its last: slips of the pen."""

    def past(day: int | None) -> int | None:
        return day if day is not None and day <= last else None

    rows = {
        i: replace(row, created=past(row.created), closed=past(row.closed), entered=past(row.entered))
        for i, row in record.rows.items()
    }
    steps = [step for step in record.steps if step.recorded <= last]
    return replace(record, last=last, steps=steps, rows=rows)


def _invoices_until(invoices: PastInvoices, last: int) -> PastInvoices:
    kept = np.flatnonzero(invoices.invoice_day <= last).tolist()
    columns = {name: getattr(invoices, name) for name in invoices.__dataclass_fields__}
    some: dict[str, Any] = {
        k: tuple(v[i] for i in kept) if isinstance(v, tuple) else v[kept] if len(v) else v
        for k, v in columns.items()
    }
    return PastInvoices(**some | {"paid_day": np.where(some["paid_day"] > last, NEVER, some["paid_day"])})


def _tell_later(full: History, known: int, findings: Findings) -> None:
    """Count what was recorded after the day that is to be known."""
    told = full.moves if full.told is None else full.told
    paid = full.invoices.paid_day
    later = [
        *(full.deals.id[i] for i in told.deal[told.recorded > known].tolist()),
        *(full.invoices.id[i] for i in np.flatnonzero(full.invoices.invoice_day > known).tolist()),
        *(full.invoices.id[i] for i in np.flatnonzero((paid > known) & (paid != NEVER)).tolist()),
    ]
    for identity in later:
        findings.count("H032", identity, day=day_text(known))
