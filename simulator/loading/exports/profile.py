"""Describe what is in an export: how many deals of each kind, how old, what is missing, what heaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import field
from datetime import date, timedelta
from statistics import median, quantiles
from typing import Final

from simulator.history import LOST, OPEN, WON
from simulator.loading.documents import kind_of
from simulator.loading.exports.export import Export
from simulator.records import dataclass

HEAP: Final = 0.3
"""Share of days that are ends of months, or one day, from which that is worth telling."""
FEW: Final = 10
"""Of fewer days nobody can tell."""


@dataclass(frozen=True)
class Heap:
    """Days that stand together.

    Attributes:
        column: theirs.
        what: `month ends`, `quarter ends`, or the one day.
        rows: how many.
        of: of how many.
    """

    column: str
    what: str
    rows: int
    of: int


@dataclass(frozen=True)
class Ages:
    """How long something takes or stands, in days.

    Attributes:
        what: for people.
        rows: of how many.
        middle: half are below.
        high: nine in ten are below.
    """

    what: str
    rows: int
    middle: int
    high: int


@dataclass(frozen=True)
class Profile:
    """What is in an export.

    Attributes:
        rows: all.
        counts: of them, by what they are: `open`, `won`, `lost`; `paid`, `not paid` of invoices, and
            `credit notes` and `payments` where there are any.
        first: day on which anything happened.
        last: likewise.
        ages: of open deals, of deals until they were won; of invoices until they are paid.
        missing: by their column, rows whose cell is empty where one would expect none.
        heaps: days that stand together.
        twice: ids that stand in several rows.
        alike: rows with name, customer and amount of an earlier one, under another id.
        past: open deals whose stated date has passed.
        empty: columns without any cell.
    """

    rows: int
    counts: dict[str, int]
    first: date | None = None
    last: date | None = None
    ages: tuple[Ages, ...] = ()
    missing: dict[str, int] = field(default_factory=dict)
    heaps: tuple[Heap, ...] = ()
    twice: int = 0
    alike: int = 0
    past: int = 0
    empty: tuple[str, ...] = ()


def profile(export: Export, as_of: date) -> Profile:
    """Return what is in an export as of a day."""
    cells, rows = export.cells, _records(export)
    days = [day for day in export.days if day <= as_of]
    ids = Counter(cells.text(row, "id") for row in rows) if cells.has("id") else Counter()
    table = export.table
    return Profile(
        rows=len(table.rows),
        counts=_counts(export),
        first=days[0] if days else None,
        last=days[-1] if days else None,
        ages=tuple(_ages(export, as_of)),
        missing=_missing(export),
        heaps=tuple(_heaps(export)),
        twice=sum(1 for name, count in ids.items() if name and count > 1),
        alike=_alike(export),
        past=sum(1 for row in _of(export, OPEN) if (d := cells.day(row, "expected_close")) and d <= as_of),
        empty=tuple(
            title for at, title in enumerate(table.header) if not any(row[at].strip() for row in table.rows)
        ),
    )


def _records(export: Export) -> list[int]:
    """Return the rows that are deals, entries or invoices, and neither credit notes nor payments."""
    cells = export.cells
    if export.kind != "invoices":
        return cells.rows()
    return [row for row in cells.rows() if kind_of(cells, row) in ("invoice", "part")]


def _of(export: Export, outcome: int) -> list[int]:
    if export.kind != "deals":
        return []
    return [row for row in export.cells.rows() if export.outcomes[row] == outcome]


def _counts(export: Export) -> dict[str, int]:
    cells = export.cells
    if export.kind == "deals":
        return {name: len(_of(export, end)) for name, end in (("open", OPEN), ("won", WON), ("lost", LOST))}
    if export.kind == "invoices":
        kinds = Counter(kind_of(cells, row) for row in cells.rows())
        paid = sum(_is_paid(export, row) for row in _records(export))
        more = {
            kind if number == 1 else f"{kind}s": number
            for kind, number in sorted(kinds.items())
            if kind in ("credit note", "payment")
        }
        return {"paid": paid, "not paid": len(_records(export)) - paid, **more}
    return {"deals": len({cells.text(row, "deal") for row in cells.rows()} - {""})}


def _is_paid(export: Export, row: int) -> bool:
    still_open = export.cells.text(row, "open_amount")
    if any(digit in still_open for digit in "123456789"):
        return False
    return bool(still_open or export.cells.text(row, "paid_date"))


def _ages(export: Export, as_of: date) -> Iterator[Ages]:
    cells = export.cells

    def between(rows: list[int], first: str, last: str | None) -> list[int]:
        found = []
        for row in rows:
            begin, end = cells.day(row, first), as_of if last is None else cells.day(row, last)
            if begin is not None and end is not None and begin <= end:
                found.append((end - begin).days)
        return found

    wanted = [
        ("open deals, since they were created", _of(export, OPEN), "created", None),
        ("open deals, in their stage", _of(export, OPEN), "entered_stage", None),
        ("won deals, from created to won", _of(export, WON), "created", "closed"),
        ("lost deals, from created to lost", _of(export, LOST), "created", "closed"),
    ]
    if export.kind == "invoices":
        wanted = [
            ("until an invoice is due", _records(export), "invoice_date", "due_date"),
            ("until an invoice is paid", _records(export), "invoice_date", "paid_date"),
        ]
    for what, rows, first, last in wanted:
        days = between(rows, first, last)
        if len(days) > 1:
            yield Ages(what, len(days), round(median(days)), round(quantiles(days, n=10)[-1]))


def _missing(export: Export) -> dict[str, int]:
    """Return empty cells by column, of ours; a day of closing is missed in closed rows only."""
    cells, header = export.cells, export.table.header
    found: dict[str, int] = {}
    for ours, at in cells.columns.items():
        if header[at] not in export.header:
            continue  # nobody has left it empty
        rows = _records(export)
        if ours in ("closed", "lost_reason", "outcome", "paid_date", "disputed", "kind", "terms", "net"):
            rows = {"closed": [*_of(export, WON), *_of(export, LOST)], "lost_reason": _of(export, LOST)}.get(
                ours, []
            )
        elif ours in ("expected_close", "entered_stage", "probability"):
            rows = _of(export, OPEN)
        if number := sum(not cells.text(row, ours) for row in rows):
            found[header[at]] = found.get(header[at], 0) + number
    return found


def _heaps(export: Export) -> Iterator[Heap]:
    """Yield days that stand together: on ends of months or quarters, or on one day."""
    cells = export.cells
    wanted = {
        "created": (cells.rows(), "created"),
        "closed": ([*_of(export, WON), *_of(export, LOST)], "closed"),
        "expected_close": (_of(export, OPEN), "expected to close"),
        "entered_stage": (_of(export, OPEN), "entered"),
    }
    for name, (rows, _) in wanted.items():
        days = [day for row in rows if (day := cells.day(row, name)) is not None] if cells.has(name) else []
        if len(days) < FEW:
            continue
        title = export.table.header[cells.columns[name]]
        most, number = Counter(days).most_common(1)[0]
        if number > HEAP * len(days):
            yield Heap(title, f"on {most.isoformat()}", number, len(days))
        ends = [day for day in days if (day + timedelta(days=1)).day == 1]
        quarters = [day for day in ends if day.month % 3 == 0]
        if len(quarters) > HEAP * len(days):
            yield Heap(title, "on the last day of a quarter", len(quarters), len(days))
        elif len(ends) > HEAP * len(days):
            yield Heap(title, "on the last day of a month", len(ends), len(days))


def _alike(export: Export) -> int:
    """Return how many rows repeat name or customer, amount and day of creation of another row."""
    cells = export.cells
    if export.kind != "deals" or not (cells.has("name") or cells.has("customer")):
        return 0
    names = ("name", "customer", "amount", "created", "stage")
    seen = Counter(tuple(cells.text(row, name) for name in names) for row in cells.rows())
    return sum(count - 1 for key, count in seen.items() if count > 1 and any(key[:2]) and key[2])
