"""Name what a section of the report is made of, so that a page and a wiki show the same content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from markupsafe import Markup

from simulator.records import dataclass
from simulator.report.results import Results


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: what stands in it.
        key: what its column is sorted by; None for the text.
    """

    text: str
    key: float | str | None = None


@dataclass(frozen=True)
class Text:
    """A paragraph; a `quiet` one is a note, a `loud` one is what is read first."""

    says: str
    quiet: bool = False
    loud: bool = False


@dataclass(frozen=True)
class Points:
    """Sentences that stand below one another."""

    says: Sequence[str]


@dataclass(frozen=True)
class Number:
    """One of the numbers on top: what it is, the number, and a few words on it."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Numbers:
    """Numbers side by side."""

    of: Sequence[Number]


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        header: of its columns.
        rows: cells, or plain texts.
        left: columns that stand left; the others hold numbers and stand right.
        caption: what the table is, for all readers.
        strong: rows that stand out, such as totals.
        sorts: whether a click on a column's head sorts by it.
        filters: whether a text and the values of the columns of `chosen` filter its rows.
        chosen: columns of few values, by which a choice filters.
        shown: rows that are printed, and shown before one asks for more; None for all.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[Cell | str]]
    left: Sequence[int] = (0,)
    caption: str = ""
    strong: Sequence[int] = ()
    sorts: bool = False
    filters: bool = False
    chosen: Sequence[int] = ()
    shown: int | None = None


@dataclass(frozen=True)
class Picture:
    """A figure.

    Attributes:
        svg: of its own size, drawn by `simulator.report.page.drawing`.
        says: what it shows, for those who do not see it.
        title: above it.
        note: below it.
        half: whether two of its kind stand side by side where there is room.
    """

    svg: Markup
    says: str
    title: str = ""
    note: str = ""
    half: bool = False


@dataclass(frozen=True)
class Fold:
    """What is shown when one asks for it."""

    title: str
    blocks: Sequence[Block]


Block: TypeAlias = Text | Points | Numbers | Table | Picture | Fold


@dataclass(frozen=True)
class Section:
    """A section of the report.

    Attributes:
        key: its anchor.
        title: above it.
        blocks: what it is made of.
    """

    key: str
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Part:
    """A section that the report has where there is something to tell.

    Attributes:
        section: makes it; None where the run holds nothing to tell.
        what: is missing then, as in `what moves the forecast`; "" if that is not worth a word.
        command: that brings it, as in `explain`, or words such as `--actuals`.
    """

    section: Callable[[Results], Section | None]
    what: str = ""
    command: str = ""
