"""Find out how the lines of a text file are laid out: its delimiter, and what stands above its header."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from simulator.errors import InputError, Problem
from simulator.records import dataclass

_USUAL: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_OTHERS: Final = ("^", "~", ":", "\x1f", "\x1e", "\x01", "¦", "§")
"""Tried where none of the usual ones stands in every row."""
_SAID = re.compile(r'"?sep=([^\r\n"])"?(?:\r\n?|\n)', re.IGNORECASE)
"""How a spreadsheet is told the delimiter, on the first line."""
_VALUE = re.compile(r"[\d\s.,:/%+-]*\d[\d\s.,:/%+-]*")
"""A number or a date, and no name; `1 Month` is one."""
_MOST_TITLES: Final = 20
_NARROW: Final = 3
_WIDE: Final = 5
"""Columns of a table above which a title may have two cells, such as `Company Code` and `1000`."""


@dataclass(frozen=True)
class Layout:
    """How lines are laid out.

    Attributes:
        delimiter: one character.
        said: whether the first line says it.
        titles: how many records stand above the header.
        framed: whether each row stands between two delimiters, and rules of dashes between some.
    """

    delimiter: str
    said: bool = False
    titles: int = 0
    framed: bool = False

    @property
    def told(self) -> tuple[str, ...]:
        """How it is laid out, in words for people."""
        words = _USUAL.get(self.delimiter, f"separated by {self.delimiter!r}")
        plural = "" if self.titles == 1 else "s"
        return (words, f"{self.titles} line{plural} above the header") if self.titles else (words,)


@dataclass(frozen=True)
class _Try:
    """What the first lines are with one delimiter.

    Attributes:
        delimiter: that one.
        records: those that are not blank.
        width: the number of cells that most of them have.
        fitting: how many have it.
    """

    delimiter: str
    records: Sequence[list[str]]
    width: int
    fitting: int


def find_layout(sample: str, whole: bool, name: str) -> Layout:
    """Return how a file is laid out, of which the first lines are given.

    The delimiter is the one with which most rows are of one width, of several the one with most columns.

    Args:
        sample: the first lines.
        whole: whether they are all.
        name: of the file.

    Raises:
        InputError: two delimiters fit equally well.
    """
    if match := _SAID.match(sample):
        said = _tried(sample[match.end() :], match[1], whole)
        return Layout(match[1], True, _titles(said))
    tries = [_tried(sample, delimiter, whole) for delimiter in _USUAL]
    tries = [one for one in tries if one.width > 1]
    if not tries:
        others = (_tried(sample, delimiter, whole) for delimiter in _OTHERS)
        tries = [one for one in others if one.width > 1 and one.fitting == len(one.records) > 1]
    if not tries:
        return Layout(",")
    best = max(tries, key=_rank)
    rivals = [one for one in tries if _rank(one) == _rank(best) and one is not best]
    if rivals:
        names = " and ".join(_USUAL.get(one.delimiter, one.delimiter) for one in (best, *rivals))
        message = f"{names} part each row into {best.width} cells alike"
        remedy = f"write sep={best.delimiter} or sep={rivals[0].delimiter} as the first line"
        raise InputError([Problem("D053", message, name, 1, remedy=remedy)])
    if _is_framed(best):
        inner = [record for one in best.records if (record := unframed(one))]
        return Layout(
            best.delimiter, False, _titles(replace(best, records=inner, width=best.width - 2)), True
        )
    return Layout(best.delimiter, titles=_titles(best))


def unframed(record: list[str]) -> list[str]:
    """Return a record of a list that is drawn with bars and dashes; nothing of a rule."""
    if not any(cell.strip("-+ ") for cell in record):
        return []
    return [cell.strip() for cell in record[1:-1]] if len(record) > 1 else record


def _is_framed(one: _Try) -> bool:
    """Tell whether each row begins and ends with a bar, as in a list that is printed, with rules between."""
    rows = [record for record in one.records if len(record) == one.width]
    rules = [record for record in one.records if record not in rows and not unframed(record)]
    edges = (cell.strip() for record in rows for cell in (record[0], record[-1]))
    return one.delimiter == "|" and one.width > _NARROW and bool(rules) and not any(edges)


def _rank(one: _Try) -> tuple[int, int]:
    return one.fitting, one.width


def _tried(sample: str, delimiter: str, whole: bool) -> _Try:
    """Return what the sample is with a delimiter; its last record may be cut off."""
    records = []
    try:
        for cells in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
            if any(map(str.strip, cells)):
                records.append(cells)
    except csv.Error:
        pass
    if not whole and len(records) > 1:
        records.pop()
    widths = Counter(map(len, records))
    width = max(widths, key=lambda w: (w > 1, widths[w], w), default=1)
    return _Try(delimiter, records, width, widths[width])


def _titles(one: _Try) -> int:
    """Return how many records are clearly titles: a cell or two, above a header whose cells are all names."""
    number = 0
    for cells in one.records[:_MOST_TITLES]:
        filled = sum(map(bool, map(str.strip, cells)))
        few = filled <= (2 if one.width >= _WIDE else 1)
        if not few or (len(cells) > 1 and one.width < _NARROW):
            break
        number += 1
    if number == len(one.records) or one.width == 1:
        return 0
    header = one.records[number]
    names = [title.strip() for title in header if title.strip()]
    are_names = len(names) >= one.width - 1 and not any(_VALUE.fullmatch(name) for name in names)
    return number if len(header) == one.width and are_names else 0
