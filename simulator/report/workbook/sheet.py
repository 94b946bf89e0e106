"""Name what a sheet of the workbook is made of, so that only the writer knows how files are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from datetime import date
from typing import TypeAlias

from simulator.records import dataclass
from simulator.report.blocks import Numbers, Text
from simulator.report.results import Results
from simulator.words import Scale


@dataclass(frozen=True)
class Kind:
    """How the values of a column are shown.

    Attributes:
        form: number format of a spreadsheet, "" for text.
        width: of the column, in characters.
        wraps: whether a long text goes on below; else it is cut off by the next cell.
        right: whether a text stands right, as numbers do.
    """

    form: str = ""
    width: float = 14.0
    wraps: bool = False
    right: bool = False


@dataclass(frozen=True)
class Cell:
    """A value that is shown otherwise than its column."""

    value: Value
    kind: Kind


Value: TypeAlias = str | float | date | None


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        head: above it; no two columns of a table have the same.
        kind: how its values are shown.
        sums: whether the sum of the rows that a filter leaves stands above it.
    """

    head: str
    kind: Kind = field(default_factory=Kind)
    sums: bool = False


@dataclass(frozen=True)
class Table:
    """A table with a name, so that formulas can refer to it.

    Attributes:
        name: in formulas, as in `Months`.
        columns: of it.
        rows: a value for each column.
        title: above it; "" where its sheet's says it.
        strong: places of rows that stand out.
        rest: where rows are found that a sheet is too small for, as in `forecast.csv`.
        keeps: columns on the left that stay in sight.
        filters: whether its heads filter and sort.
    """

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value | Cell]]
    title: str = ""
    strong: Sequence[int] = ()
    rest: str = "forecast.json"
    keeps: int = 1
    filters: bool = True


@dataclass(frozen=True)
class Layer:
    """One series of a chart.

    Attributes:
        column: of the chart's table.
        colour: "" for what only carries the layers above it.
        line: whether it is a line, not part of the stack.
        told: whether the legend names it.
        marks: whether it consists of points.
        colours: of each row, in place of one colour.
    """

    column: int
    colour: str = ""
    line: bool = False
    told: bool = True
    marks: bool = False
    colours: Sequence[str] = ()


@dataclass(frozen=True)
class Chart:
    """A chart, made of the cells of a table that stands on the sheet of chart data.

    Attributes:
        title: above it.
        table: its data.
        shape: `area`, `column` or `bar`; layers that are no lines are stacked.
        layers: from bottom to top.
        scale: of its axis.
        labels: columns on the left that name the rows, the last one row by row.
        says: column of texts that stand above the stack, None for none.
        begins: where its axis begins, None for nothing.
    """

    title: str
    table: Table
    shape: str
    layers: Sequence[Layer]
    scale: Scale
    labels: int = 1
    says: int | None = None
    begins: float | None = None


@dataclass(frozen=True)
class Charts:
    """Charts side by side."""

    of: Sequence[Chart]


Block: TypeAlias = Text | Numbers | Table | Charts


@dataclass(frozen=True)
class Sheet:
    """A sheet.

    Attributes:
        title: above it.
        blocks: what stands on it, one below the other.
        whole: whether one page of paper takes all of it.
    """

    title: str
    blocks: Sequence[Block]
    whole: bool = False


@dataclass(frozen=True)
class Leaf:
    """A sheet that the workbook has where there is something to tell.

    Attributes:
        name: of the sheet.
        sheet: makes it; None where the run holds nothing to tell.
        what: is missing then, as in `other scenarios`; "" if that is not worth a word.
        command: that brings it, as in `compare`, or words where no command about the run does.
    """

    name: str
    sheet: Callable[[Results], Sheet | None]
    what: str = ""
    command: str = ""
