"""Tell on what the forecast rests: every figure with its source, and how to repeat the run."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.report.origins import ENDS, HEADING, has_ends, origin_groups
from simulator.report.results import Results
from simulator.report.workbook.columns import LONG, TEXT
from simulator.report.workbook.sheet import Column, Kind, Sheet, Table, Value
from simulator.words import plain, self_check_text


def assumptions(results: Results) -> Sheet | None:
    """Return how the run was made, and every figure with its value and its source."""
    payload = results.answer("assumptions") or {}
    groups = origin_groups(payload.get("assumptions") or [])
    wide = Kind(width=44, wraps=True)
    columns = [Column("of", TEXT), Column("figure", wide), Column("value", wide), Column("source", LONG)]
    rows = [[plain(head), *map(plain, figure)] for head, figures in groups for figure in figures]
    ends = f"; {ENDS}" if any(has_ends(figures) for _, figures in groups) else ""
    tables = (
        [Table("Assumptions", columns, rows, f"{HEADING}{ends}", rest="assumptions.json")] if rows else []
    )
    return Sheet("On what the forecast rests", [_made(results), *tables])


def _made(results: Results) -> Table:
    columns = [Column("what", TEXT), Column("is", LONG)]
    return Table("Run", columns, list(_run(results)), "How the run was made", filters=False)


def _run(results: Results) -> Iterator[list[Value]]:
    forecast, record = results.forecast, results.record
    yield ["seed", str(forecast["seed"])]
    yield ["trials", f"{forecast['trials']:,}"]
    yield ["noise", results.scale.noise_text()]
    check = forecast.get("self_check") or {}
    if check.get("passed") is not None:
        yield ["self-check", self_check_text(check["passed"])]
    yield ["repeat it with", results.command("run")]
    for name, version in (record.get("versions") or {}).items():
        yield [f"version of {plain(name)}", plain(version)]
    for name, digest in (record.get("inputs") or {}).items():
        yield [plain(name), f"SHA-256 {plain(digest)}"]
