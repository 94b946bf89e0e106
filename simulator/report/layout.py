"""Lay out plain text: tables, bars and paragraphs that fit a terminal of a hundred columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Final

from simulator.words import Scale, cut, width

WIDTH: Final = 100
NOTHING: Final = "–"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], left: Sequence[int] = (0,)) -> list[str]:
    """Lay out rows under a header; columns stand right, those named in `left` stand left."""
    grid = [list(header), *(list(row) for row in rows)]
    for column in range(len(header)):
        cells = [row[column] for row in grid]
        if column not in left:
            cells = [cells[0], *align_decimals(cells[1:])]
        size = max(map(width, cells))
        for row, cell in zip(grid, cells, strict=True):
            space = " " * (size - width(cell))
            row[column] = cell + space if column in left else space + cell
    return ["  ".join(row).rstrip() for row in grid]


def align_decimals(cells: Sequence[str]) -> list[str]:
    """Pad numbers on the right so that their decimal marks stand under one another."""
    lengths = [len(cell) - cell.find(".") if "." in cell else 0 for cell in cells]
    longest = max(lengths, default=0)
    return [cell + " " * (longest - length) for cell, length in zip(cells, lengths, strict=True)]


def bar(share: float, columns: int) -> str:
    """Draw a share of the full width; what is there at all shows at least half a block."""
    halves = round(2 * columns * min(max(share, 0.0), 1.0))
    if halves == 0:
        return "▌" if share > 0 else ""
    return "█" * (halves // 2) + "▌" * (halves % 2)


def paragraph(text: str, columns: int = WIDTH, lines: int | None = None) -> list[str]:
    """Wrap a paragraph; unless it fits a line, its first sentence stands alone and the rest is indented."""
    if width(text) <= columns:
        return [text]
    first, _, rest = text.partition(". ")
    found = wrapped(first + "." if rest else first, columns)
    found += wrapped(rest, columns, "  ", "  ") if rest else []
    if lines is not None and len(found) > lines:
        found = [*found[: lines - 1], cut(" ".join(found[lines - 1 :]), columns)]
    return found


def wrapped(text: str, columns: int = WIDTH, first: str = "", then: str = "  ") -> list[str]:
    """Wrap text at spaces; a word longer than a line is broken, so that nothing is lost."""
    # Wide characters take two columns: wrapping at fewer characters keeps every line inside.
    narrower = columns * len(text) // max(width(text), 1) if text else columns
    return textwrap.wrap(
        text,
        max(narrower, 20),
        initial_indent=first,
        subsequent_indent=then,
        break_on_hyphens=False,
    )


def rounded_to_sum(amounts: Sequence[float], total: float, scale: Scale) -> list[float]:
    """Round amounts so that what is shown adds up to the shown total.

    What rounding loses goes to the amounts that rounding moved most, one last digit each.
    """
    step = scale.unit * 10.0**-scale.decimals
    whole = [round(amount / step) for amount in amounts]
    missing = round(total / step) - sum(whole)
    sign = 1 if missing > 0 else -1
    order = sorted(range(len(whole)), key=lambda i: -sign * (amounts[i] / step - whole[i]))
    for place in order[: abs(missing)]:
        whole[place] += sign
    return [units * step for units in whole]
