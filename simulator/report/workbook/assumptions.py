"""Tell on what the forecast rests: every figure with its source, and how to repeat the run."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.report.origins import ENDS, HEADING, has_ends, origin_groups
from simulator.report.page.provenance import circumstances, heading
from simulator.report.results import Results
from simulator.report.workbook.columns import LONG, TEXT, columns
from simulator.report.workbook.sheet import Kind, Sheet, Table, Value
from simulator.words import plain


def assumptions(results: Results) -> Sheet | None:
    """Return how the run was made, and every figure with its value and its source."""
    payload = results.answer("assumptions") or {}
    groups = origin_groups(payload.get("assumptions") or [])
    wide = Kind(width=44, wraps=True)
    head = [*columns(TEXT, "of"), *columns(wide, "figure", "value"), *columns(LONG, "source")]
    rows = [[heading(of), *map(plain, figure)] for of, figures in groups for figure in figures]
    ends = f"; {ENDS}" if any(has_ends(figures) for _, figures in groups) else ""
    tables = [Table("Assumptions", head, rows, f"{HEADING}{ends}", rest="assumptions.json")] if rows else []
    return Sheet("On what the forecast rests", [_made(results), *tables])


def _made(results: Results) -> Table:
    head = [*columns(TEXT, "what"), *columns(Kind(width=70, wraps=True), "is")]
    return Table("Run", head, list(_run(results)), "How the run was made", filters=False)


def _run(results: Results) -> Iterator[list[Value]]:
    for what, value in circumstances(results):
        yield [what, value]
    for name, version in (results.record.get("versions") or {}).items():
        yield [f"version of {plain(name)}", plain(version)]
    for name, digest in (results.record.get("inputs") or {}).items():
        yield [f"SHA-256 of {plain(name)}", plain(digest)]
