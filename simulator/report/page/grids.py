"""Show on the page what is laid out for a terminal: the same grids, with heads that stand alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from simulator.report.blocks import Table
from simulator.report.layout import Grid

_STEP = "\N{EM SPACE}"
"""In front of a name that belongs to a row above."""


def table_of(
    grid: Grid, caption: str = "", heads: Mapping[int, str] | None = None, shown: int | None = None
) -> Table:
    """Return a grid as a table.

    Args:
        grid: as a terminal lays it out.
        caption: what it is, for all readers.
        heads: by its place, a column's head where that of the terminal leans on the one beside it.
        shown: rows that are printed.
    """
    header = [(heads or {}).get(place, text) for place, text in enumerate(grid.header)]
    rows = [
        [_stepped(cell) if place in grid.left else cell for place, cell in enumerate(row)]
        for row in grid.rows
    ]
    # Names that all stand in by as much stand in front.
    if rows and all(row[0].startswith(_STEP) for row in rows):
        rows = [[row[0].removeprefix(_STEP), *row[1:]] for row in rows]
    return Table(header, rows, grid.left, caption, grid.strong, shown=shown)


def with_column(grid: Grid, head: str, cells: Sequence[str]) -> Grid:
    """Return a grid with one column more."""
    rows = [[*row, cell] for row, cell in zip(grid.rows, cells, strict=True)]
    return replace(grid, header=[*grid.header, head], rows=rows)


def without_empty(grid: Grid) -> Grid:
    """Return a grid without the columns in which nothing stands; what stands left is as it was."""
    kept = [
        place for place in range(len(grid.header))
        if place in grid.left or not grid.rows or any(row[place] for row in grid.rows)
    ]  # fmt: skip
    rows = [[row[place] for place in kept] for row in grid.rows]
    left = [kept.index(place) for place in grid.left]
    return replace(grid, header=[grid.header[place] for place in kept], rows=rows, left=left)


def _stepped(cell: str) -> str:
    text = cell.lstrip(" ")
    return _STEP * ((len(cell) - len(text)) // 2) + text
