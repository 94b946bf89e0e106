"""Draw columns side by side, each built of parts from sure to unsure, with what is likely of the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from simulator.records import dataclass
from simulator.report.page.drawing import WIDTH, Drawing, amounts_axis
from simulator.words import Scale

_TOP, _BOTTOM, _LINE = 8.0, 208.0, 16.0
_FILLED, _WIDEST = 0.76, 14.0
"""Part of its place that a column takes, and per cent of the drawing that none exceeds."""
_NARROW, _ROOMY = 4, 7
"""Columns that are named on a narrow page and on a wide one."""


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        name: below it; what follows its last space stands on a line of its own.
        parts: (class, amount), from below.
        ends: low and high of the whole, None where it is certain or not known.
        plan: what was planned for it.
    """

    name: str
    parts: Sequence[tuple[str, float]]
    ends: tuple[float, float] | None = None
    plan: float | None = None


def columns(every: Sequence[Column], names: Mapping[str, str], scale: Scale) -> Markup:
    """Draw columns; the parts' names stand at the right, in the order in which the parts lie.

    Args:
        every: from the left.
        names: of the parts by class, from below.
        scale: of the amounts.
    """
    drawing = Drawing(_BOTTOM + 2.4 * _LINE)
    heights = [0.0]
    for column in every:
        for sign in (1, -1):
            heights.append(sum(amount for _, amount in column.parts if sign * amount > 0))
        heights += column.ends or ()
        heights += [] if column.plan is None else [column.plan]
    y = amounts_axis(drawing, min(heights), max(heights), _BOTTOM, _TOP, scale)
    room = WIDTH / max(len(every), 1)
    filled = min(room * _FILLED, _WIDEST)
    middles = [room * (place + 0.5) for place in range(len(every))]
    for css in names:
        outline = "".join(
            _box(x - filled / 2, filled, y(low), y(high))
            for x, column in zip(middles, every, strict=True)
            for part, low, high in _stacked(column)
            if part == css
        )
        drawing.outline(outline, css)
    whiskers = "".join(
        f"M{x - filled / 5:.2f} {y(low):.1f}h{filled / 2.5:.2f}M{x:.2f} {y(low):.1f}V{y(high):.1f}"
        f"M{x - filled / 5:.2f} {y(high):.1f}h{filled / 2.5:.2f}"
        for x, column in zip(middles, every, strict=True)
        if column.ends
        for low, high in [column.ends]
    )
    drawing.outline(whiskers, "whisker")
    for x, column in zip(middles, every, strict=True):
        if column.plan is not None:
            drawing.diamond((x, y(column.plan)), 4, "plan")
    _names(drawing, every, middles)
    _key(drawing, names, any(column.ends for column in every), any(c.plan is not None for c in every))
    return drawing.svg("columns")


def _stacked(column: Column) -> list[tuple[str, float, float]]:
    """Return (class, from, to) of the parts, those above nothing upwards, those below it downwards."""
    found, reached = [], {True: 0.0, False: 0.0}
    for css, amount in column.parts:
        start = reached[amount > 0]
        reached[amount > 0] = start + amount
        if amount:
            found.append((css, start, start + amount))
    return found


def _box(left: float, width: float, start: float, end: float) -> str:
    return f"M{left:.2f} {start:.1f}h{width:.2f}V{end:.1f}h-{width:.2f}z"


def _names(drawing: Drawing, every: Sequence[Column], middles: Sequence[float]) -> None:
    for css, most in (("roomy", _ROOMY), ("tight", _NARROW)):
        step = -(-len(every) // most) or 1
        for x, column in [*zip(middles, every, strict=True)][::step]:
            for line, text in enumerate(column.name.rsplit(" ", 1), 1):
                drawing.text((x, _BOTTOM + line * _LINE), text, css, "middle")


def _key(drawing: Drawing, names: Mapping[str, str], ends: bool, plans: bool) -> None:
    """Name the parts at the right in the order in which they lie, and below them what else is drawn."""
    y = _TOP + 8
    for css, name in reversed([*names.items()]):
        drawing.square((WIDTH, y - 4), 5, css, shift=16)
        drawing.text((WIDTH, y), name, "label", shift=28)
        y += _LINE + 3
    if ends:
        drawing.text((WIDTH, y), "┃ low to high", "label", shift=12)
        y += _LINE + 3
    if plans:
        drawing.diamond((WIDTH, y - 4), 4, "plan", shift=16)
        drawing.text((WIDTH, y), "plan", "label plan", shift=28)
