"""Lay out plain text: tables, bars and paragraphs that fit a terminal of a hundred columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Final

from simulator.records import dataclass
from simulator.words import Scale, cut, width

WIDTH: Final = 100
NOTHING: Final = "–"
_SHORTEST: Final = 6
"""Columns that a text keeps, however narrow its table is made."""


@dataclass(frozen=True)
class Grid:
    """What a table says, for a terminal and for a page alike.

    Attributes:
        header: of its columns.
        rows: cells; a name that stands two spaces further in belongs to a row above.
        left: columns that hold no numbers.
        strong: rows that stand out, such as totals.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: Sequence[int] = (0,)
    strong: Sequence[int] = ()

    def lines(self, columns: int | None = None) -> list[str]:
        """Lay it out in a terminal, as `table` does."""
        return table(self.header, self.rows, self.left, columns)


def table(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    left: Sequence[int] = (0,),
    columns: int | None = None,
) -> list[str]:
    """Lay out rows under a header; columns stand right, those named in `left` stand left.

    Where `columns` are too few for the table, the longest texts of `left` are cut; numbers never are.
    """
    grid = [list(header), *(list(row) for row in rows)]
    for column in range(len(header)):
        if column not in left:
            for row, cell in zip(grid[1:], align_decimals([row[column] for row in grid[1:]]), strict=True):
                row[column] = cell
    sizes = [max(width(row[column]) for row in grid) for column in range(len(header))]
    over = sum(sizes) + 2 * (len(sizes) - 1) - columns if columns else 0
    while over > 0 and (longest := max((sizes[column] for column in left), default=0)) > _SHORTEST:
        sizes[next(column for column in left if sizes[column] == longest)] -= 1
        over -= 1
    for row in grid:
        for column, size in enumerate(sizes):
            cell = cut(row[column], size)
            space = " " * (size - width(cell))
            row[column] = cell + space if column in left else space + cell
    return ["  ".join(row).rstrip() for row in grid]


def wrapped_table(header: Sequence[str], rows: Iterable[Sequence[str]], sizes: Sequence[int]) -> list[str]:
    """Lay out texts under a header, each wrapped within its column, which is no wider than its size."""
    grid = [[_cell(cell, size) for cell, size in zip(row, sizes, strict=True)] for row in (header, *rows)]
    widths = [max(width(line) for row in grid for line in row[column]) for column in range(len(sizes))]
    lines = []
    for row in grid:
        for parts in zip_longest(*row, fillvalue=""):
            cells = [part + " " * (size - width(part)) for part, size in zip(parts, widths, strict=True)]
            lines.append("  ".join(cells).rstrip())
    return lines


def _cell(text: str, columns: int) -> list[str]:
    """Return the lines of a cell, which begin where its text does."""
    indent = " " * (len(text) - len(text.lstrip()))
    return wrapped(text, columns, indent, f"{indent}  ") or [""]


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


def paragraph(text: str, columns: int = WIDTH) -> list[str]:
    """Wrap a paragraph; unless it fits a line, its first sentence stands alone and the rest is indented."""
    if width(text) <= columns:
        return [text]
    first, _, rest = text.partition(". ")
    found = wrapped(first + "." if rest else first, columns)
    return [*found, *wrapped(rest, columns, "  ", "  ")]


def wrapped(text: str, columns: int = WIDTH, first: str = "", then: str = "  ") -> list[str]:
    """Wrap text at spaces, but for those before a per cent sign; a word longer than a line is broken."""
    lines: list[str] = []
    line, indent = "", first
    for word in re.split(r"\s+(?!%)", text.strip()):
        if line and width(indent + line) + 1 + width(word) > columns:
            lines.append(indent + line)
            line, indent = "", then
        rest = word
        while not line and width(indent + rest) > columns:
            piece = _beginning(rest, columns - width(indent))
            lines.append(indent + piece)
            rest, indent = rest[len(piece) :], then
        line = f"{line} {rest}" if line else rest
    return [*lines, indent + line] if line else lines


def _beginning(word: str, columns: int) -> str:
    """Return as much of a word as fits so many columns, one character at least."""
    size = 1
    while size < len(word) and width(word[: size + 1]) <= columns:
        size += 1
    return word[:size]


def rounded_to_sum(
    amounts: Sequence[float], total: float, scale: Scale, kept: Sequence[int] = ()
) -> list[float]:
    """Round amounts so that what is shown adds up to the shown total.

    What rounding loses goes to the amounts that rounding moved most, one last digit each; those `kept`, which
    stand elsewhere too, take none of it unless they are all there is.
    """
    step = scale.unit * 10.0**-scale.decimals
    whole = [round(amount / step) for amount in amounts]
    missing = round(total / step) - sum(whole)
    sign = 1 if missing > 0 else -1

    def crosses(i: int) -> bool:
        """Tell whether a last digit would turn an amount's sign: of nothing nobody reads less."""
        return (whole[i] + sign) * amounts[i] < 0 or (amounts[i] == 0 and whole[i] == 0)

    free = [i for i in range(len(whole)) if i not in kept and not crosses(i)] or list(range(len(whole)))
    free.sort(key=lambda i: -sign * (amounts[i] / step - whole[i]))
    for n in range(abs(missing)):
        whole[free[n % len(free)]] += sign
    return [units * step for units in whole]
