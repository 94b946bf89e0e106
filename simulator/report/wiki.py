"""Write the report as Markdown for a wiki: the sections of the page, with words in place of pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from simulator.report.blocks import Block, Cell, Fold, Numbers, Picture, Points, Table, Text
from simulator.report.page.sections import sections
from simulator.report.results import Results
from simulator.report.screen import title
from simulator.words import plain

_MARKS: Final = re.compile(r"([\\`*_{}\[\]<>#|~&$!^@]|:(?=//)|(?<=www)\.)", re.IGNORECASE)
"""What Markdown, or the mathematics and links of its dialects, would read as more than a character."""
_START: Final = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=[-+=]))")
"""What begins a list, or underlines a heading, at the start of a line."""


def wiki(results: Results) -> bytes:
    """Return report.md, the same bytes for the same run.

    Args:
        results: of the run.
    """
    found, missing = sections(results)
    lines = [f"# {_text(title(results.forecast, results.scale))}", ""]
    for section in found:
        lines += [f"## {_text(section.title)}", ""] if section.title else []
        for block in section.blocks:
            lines += [*_lines(block), ""]
    lines += [_text(missing), ""] if missing else []
    return "\n".join(lines).encode("utf-8", "replace")


def _lines(block: Block) -> Iterator[str]:
    if isinstance(block, Text):
        text = _text(block.says)
        yield f"**{text}**" if block.loud else text
    elif isinstance(block, Points):
        yield from (f"- {_text(text)}" for text in block.says)
    elif isinstance(block, Numbers):
        for number in block.of:
            note = f" ({_text(number.note)})" if number.note else ""
            yield f"- {_text(number.label)}: **{_text(number.value)}**{note}"
    elif isinstance(block, Table):
        yield from _table(block)
    elif isinstance(block, Picture):
        yield from _picture(block)
    else:
        yield from _fold(block)


def _picture(picture: Picture) -> Iterator[str]:
    head = f"**{_text(picture.title)}.** " if picture.title else ""
    yield head + _text(picture.says)
    if picture.note:
        yield from ("", _text(picture.note))


def _fold(fold: Fold) -> Iterator[str]:
    yield f"### {_text(fold.title)}"
    for block in fold.blocks:
        yield from ("", *_lines(block))


def _table(table: Table) -> Iterator[str]:
    if table.caption:
        yield from (f"**{_text(table.caption)}**", "")
    yield _row(table.header)
    yield _row([":--" if column in table.left else "--:" for column in range(len(table.header))], marks=True)
    shown = table.rows[: table.shown]
    for place, row in enumerate(shown):
        yield _row(row, strong=place in table.strong)
    if len(shown) < len(table.rows):
        yield from ("", f"The first {len(shown)} rows; report.html has {len(table.rows)}.")


def _row(cells: Sequence[Cell | str], marks: bool = False, strong: bool = False) -> str:
    plain_cells = [cell if isinstance(cell, str) else cell.text for cell in cells]
    texts = [cell if marks else _text(cell) for cell in plain_cells]
    return f"| {' | '.join(f'**{text}**' if strong and text else text for text in texts)} |"


def _text(text: str) -> str:
    """Return a text of one line in which nothing is a mark."""
    return _START.sub(r"\1\\", _MARKS.sub(r"\\\1", plain(text)))
