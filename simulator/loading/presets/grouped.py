"""Fill in the groups of a formatted report, in which the value of a group stands in its first row only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from simulator.errors import InputError
from simulator.loading.presets.mending import is_summary, used_by, with_texts
from simulator.loading.presets.preset import Titles
from simulator.loading.tables import SORTED, UNNAMED, Table

IN_A_GROUP: Final = "W084"
_REMEDY: Final = (
    "export the report as Details Only; in a Formatted Report blanks repeat the value above only where its "
    "title has an arrow, and subtotals stand below each group"
)


def ungrouped(table: Table, columns: Titles, needed: str) -> Table:
    """Return a report with the values of its groups in all of their rows.

    The columns of groups stand first, and their titles have an arrow, which a column by which rows are
    merely sorted has too. That rows are grouped a subtotal says, or the untitled column behind the groups
    for what sums are of. In no other table is a blank filled in.

    Args:
        table: as it was read.
        columns: ours: theirs.
        needed: which of ours has a value in each record, so that a blank in it is that of a group.

    Raises:
        InputError: rows are grouped, and of some the group is not clear.
    """
    groups = _leading(table)
    sums = {row: _label_at(cells) for row, cells in enumerate(table.rows) if is_summary(table, cells)}
    records = [row for row in range(len(table.rows)) if row not in table.aside and row not in sums]
    if groups and _are_grouped(table, groups, sums, records):
        return _filled(table, groups, sums, records)
    at = table.column(columns.get(needed, needed))
    first = next((n for n, title in enumerate(table.header) if not UNNAMED.fullmatch(title)), None)
    asked = groups or ([at] if at is not None and (sums or at == first) else [])
    blank = [(row, one) for row in records for one in asked if not table.rows[row][one].strip()]
    if blank:
        message = "the cell is empty, and nothing says that it repeats the one above"
        raise _refusal(table, blank, message)
    return table


def _leading(table: Table) -> list[int]:
    """Return the columns before all others whose titles have an arrow."""
    found = []
    for at, title in enumerate(table.header):
        if SORTED.search(title):
            found.append(at)
        elif not UNNAMED.fullmatch(title):
            break
    return found


def _label_at(row: Sequence[str]) -> int:
    return next(at for at, cell in enumerate(row) if cell.strip())


def _are_grouped(table: Table, groups: list[int], sums: Mapping[int, int], records: list[int]) -> bool:
    """Tell whether a sum stands above a record, or a column without a title behind the groups."""
    if any(row < records[-1] for row in sums if records):
        return True
    beside = groups[-1] + 1
    return (
        beside < len(table.header)
        and UNNAMED.fullmatch(table.header[beside]) is not None
        and not any(table.rows[row][beside].strip() for row in records)
    )


def _filled(table: Table, groups: list[int], sums: Mapping[int, int], records: list[int]) -> Table:
    """Return a table with the values of groups in all of their rows.

    A record has a group of its own from some column on. The first one, and the one below the sum of a group,
    have to have it from the column of that group on.
    """
    texts = {at: [row[at] for row in table.rows] for at in groups}
    above: dict[int, str] = {}
    begun, due = {*records}, 0
    repeated, unclear = [], []
    for row, cells in enumerate(table.rows):
        if row in sums and sums[row] in groups:
            due = min(due, groups.index(sums[row]))
        if row not in begun:
            continue
        own = [bool(cells[at].strip()) for at in groups]
        first = own.index(True) if True in own else len(groups)
        if first > due or not all(own[first:]):
            unclear.append((row, groups[due if first > due else own.index(False, first)]))
            continue
        above |= {at: cells[at] for at in groups[first:]}
        for at in groups[:first]:
            texts[at][row] = above[at]
        repeated += [row] if first else []
        due = len(groups)
    if unclear:
        raise _refusal(table, unclear, "the group of the row is not clear")
    for at in groups if repeated else ():
        table = with_texts(table, table.header[at], texts[at])
    return used_by(table, IN_A_GROUP, repeated)


def _refusal(table: Table, cells: Sequence[tuple[int, int]], message: str) -> InputError:
    return InputError(
        [table.problem("D088", message, row, table.header[at], None, _REMEDY) for row, at in cells]
    )
