"""Draw rows below one another: bars, ranges, and a waterfall whose steps add up before the reader's eyes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from simulator.records import dataclass
from simulator.report.page.drawing import Axis, Drawing, anchored
from simulator.report.walk import Step
from simulator.words import cut, plain

PITCH: Final = 38.0
"""Pixels from row to row: a bar, and room above it for its name where the page is narrow."""
_BAR: Final = 18.0
_TOP: Final = 15.0
_NAMED: Final = 38
"""Columns of a row's name."""
_BROKEN: Final = 0.7
"""Where all steps happen above this share of the highest level, the scale is broken, so that they show."""


@dataclass(frozen=True)
class Row:
    """A row.

    Attributes:
        name: beside the bar, or above it where the page is narrow.
        text: behind the bar, its number.
        spans: (from, to, class) of what is drawn, first what lies below; classes: `level`, `up`, `down`,
            `wide`, `likely`, `core`, `middle`.
        dot: where a disc stands.
        strong: whether the row stands out.
    """

    name: str
    text: str
    spans: Sequence[tuple[float, float, str]]
    dot: float | None = None
    strong: bool = False


def bars(rows: Sequence[tuple[str, float, str]]) -> Markup:
    """Draw (name, amount, text) as bars that begin at nothing; what is below it is drawn to the left."""
    return ranked([Row(name, text, [(0.0, amount, "level")]) for name, amount, text in rows])


def ranked(rows: Sequence[Row], lines: Sequence[tuple[float, str, str]] = (), zero: bool = True) -> Markup:
    """Draw rows.

    Args:
        rows: from above.
        lines: (amount, text, class) of upright lines through all rows, named above them.
        zero: whether the scale begins at nothing, as bars must and ranges need not.
    """
    scale = _scale(rows, [amount for amount, _, _ in lines], zero)
    top = 20.0 if lines else 0.0
    drawing = Drawing(top + PITCH * len(rows))
    _zero(drawing, scale, top)
    for place, row in enumerate(rows):
        _row(drawing, row, top + PITCH * place, scale)
    for amount, text, css in lines:
        x = scale(amount)
        drawing.line((x, top - 4), (x, drawing.height), f"mark {css}")
        drawing.text((x, 11), text, f"label {css}", anchored(x))
    return drawing.svg("rows")


def waterfall(steps: Sequence[Step]) -> Markup:
    """Draw how one level becomes another, each step from where the one before ends, joined by lines.

    Where levels are large against the steps, the scale is broken, and so are the bars of the levels.
    """
    ends: list[tuple[float, float]] = []
    after = 0.0
    for step in steps:
        before, after = (0.0, step.amount) if step.total else (after, after + step.amount)
        ends.append((before, after))
    low, high = min(after for _, after in ends), max(after for _, after in ends)
    broken = high > low > _BROKEN * high
    foot = low - 0.25 * (high - low) if broken else 0.0
    rows = []
    for step, (before, after) in zip(steps, ends, strict=True):
        css = "level" if step.total else "up" if step.amount >= 0 else "down"
        rows.append(Row(step.name, step.text, [(max(before, foot), after, css)], strong=step.total))
    scale = _scale(rows, [foot], zero=not broken)
    drawing = Drawing(PITCH * len(rows))
    for place, (_, after) in enumerate(ends[:-1]):
        y = PITCH * place + _TOP
        drawing.line((scale(after), y + _BAR), (scale(after), y + PITCH), "join")
    _zero(drawing, scale)
    for place, (row, step) in enumerate(zip(rows, steps, strict=True)):
        _row(drawing, row, PITCH * place, scale)
        if broken and step.total:
            _cut(drawing, PITCH * place + _TOP)
    return drawing.svg("rows")


def _scale(rows: Sequence[Row], places: Sequence[float], zero: bool) -> Axis:
    found = [end for row in rows for start, stop, _ in row.spans for end in (start, stop)]
    found += [row.dot for row in rows if row.dot is not None]
    found += [*places, *([0.0] if zero or not found else [])]
    low, high = min(found), max(found)
    return Axis(low, high) if high > low else Axis(low, low + 1.0)


def _row(drawing: Drawing, row: Row, top: float, scale: Axis) -> None:
    y, edge = top + _TOP, 0.0
    for start, stop, css in row.spans:
        left, right = sorted((scale(start), scale(stop)))
        drawing.rect(left, y, max(right - left, 0.3), _BAR, css)
        edge = max(edge, right)
    if row.dot is not None:
        drawing.circle((scale(row.dot), y + _BAR / 2), 5, "dot")
        edge = max(edge, scale(row.dot))
    css = " strong" if row.strong else ""
    drawing.text((0, y + 13.5), cut(plain(row.name), _NAMED), f"name{css}")
    drawing.text((edge, y + 13.5), row.text, f"label{css}", shift=8)


def _zero(drawing: Drawing, scale: Axis, top: float = 0.0) -> None:
    """Draw where nothing stands, if amounts lie on both sides of it."""
    if scale.low < 0 < scale.high:
        drawing.line((scale(0.0), top), (scale(0.0), drawing.height), "zero")


def _cut(drawing: Drawing, y: float) -> None:
    """Cut a bar near its foot, to say that its scale does not begin at nothing."""
    for x in (3.0, 4.2):
        drawing.line((x - 0.6, y + _BAR + 2), (x + 0.6, y - 2), "cut")
