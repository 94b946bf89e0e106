"""Draw a fan: what has happened, and in shades what may, named at its edges instead of in a legend."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from markupsafe import Markup

from simulator.report.captions import spread_out
from simulator.report.courses import BANDS, Course, Mark
from simulator.report.page.drawing import WIDTH, Axis, Drawing, amounts_axis, anchored
from simulator.words import MONTHS, cut, day

_LINE: Final = 16.0
"""Pixels from line to line of text."""
_LANES: Final = 3
"""Marks that are shown, the first to come, each named on a line of its own above the fan."""
_NAMED: Final = 32
"""Columns of the text of a mark."""
_HEIGHT: Final = 210.0
"""Pixels of the fan itself."""
_NARROW, _ROOMY = 3, 6
"""Days that are named on a narrow page and on a wide one."""


def fan(course: Course) -> Markup:
    """Draw a course of money over time."""
    marks = list(course.marks)[:_LANES]
    top = _LINE * (1 + len(marks)) + 6
    bottom = top + _HEIGHT
    drawing = Drawing(bottom + 2.4 * _LINE)
    first = course.past[0][0] if course.past else course.days[0]
    x = Axis(first.toordinal(), course.days[-1].toordinal())
    y = amounts_axis(drawing, course.low, course.high, bottom, top, course.scale)
    days = [x(when.toordinal()) for when in course.days]
    for css, low, high in BANDS:
        edge = [*zip(days, course.paths[high], strict=True)]
        edge += reversed([*zip(days, course.paths[low], strict=True)])
        drawing.path([(place, y(height)) for place, height in edge], css, closed=True)
    drawing.path([(place, y(h)) for place, h in zip(days, course.paths["p50"], strict=True)], "line middle")
    for css, points in (("past", course.past), ("plan", course.plan)):
        if points:
            drawing.path([(x(when.toordinal()), y(height)) for when, height in points], f"line {css}")
    if course.floor is not None:
        drawing.line((0, y(course.floor)), (WIDTH, y(course.floor)), "line plan floor")
    if y.low < 0:
        drawing.line((0, y(0)), (WIDTH, y(0)), "zero")
    _today(drawing, course, days[0], bottom)
    for lane, mark in enumerate(marks, 1):
        place, height = x(mark.when.toordinal()), y(mark.height)
        drawing.line((place, _LINE * (lane + 1)), (place, height), f"lead {mark.kind}")
        drawing.diamond((place, height), 5, mark.kind)
        drawing.text((place, _LINE * (lane + 0.75)), marked(mark), f"label {mark.kind}", anchored(place))
    _ends(drawing, course, y, bottom)
    _dates(drawing, course, x, bottom)
    return drawing.svg(f"fan {course.series}")


def marked(mark: Mark) -> str:
    """Return the text of a mark, its name cut to what a narrow page has room for."""
    return mark.text(cut(mark.name, _NAMED - len(mark.text(""))))


def _today(drawing: Drawing, course: Course, place: float, bottom: float) -> None:
    """Part what has happened from what may, and say how much it is."""
    drawing.line((place, _LINE), (place, bottom), "today")
    text = ": ".join(filter(None, (day(course.days[0]), course.so_far)))
    drawing.text((place, 0.75 * _LINE), text, "label past", anchored(place))


def _ends(drawing: Drawing, course: Course, y: Axis, bottom: float) -> None:
    """Name low, middle, high, plan and floor at the right edge, moved apart where they would touch."""
    places = spread_out([-y(height) for height, _, _ in course.ends], _LINE)
    # What would stand on the names of the days below moves up.
    for rank, i in enumerate(sorted(range(len(places)), key=places.__getitem__)):
        places[i] = max(places[i], -bottom + rank * _LINE)
    for place, (_, text, kind) in zip(places, course.ends, strict=True):
        css = "plan" if kind == "floor" else kind
        drawing.text((WIDTH, -place + 4), text, f"label {css}", shift=8)


def _dates(drawing: Drawing, course: Course, x: Axis, bottom: float) -> None:
    """Name days below the fan, fewer of them on a narrow page, with the year where it changes."""
    past = [when for when, _ in course.past[1:-1]]
    for css, most in (("roomy", _ROOMY), ("tight", _NARROW)):
        year = 0
        for when in _apart([*past, *course.days], most):
            place = x(when.toordinal())
            drawing.line((place, bottom), (place, bottom + 4), css)
            drawing.text((place, bottom + _LINE), f"{when.day} {MONTHS[when.month - 1]}", css, "middle")
            if when.year != year:
                drawing.text((place, bottom + 2 * _LINE), str(when.year), css, "middle")
            year = when.year


def _apart(days: Sequence[date], most: int) -> list[date]:
    """Choose days from the last on backwards, at most so many, none closer than their share of the whole."""
    gap = 0.9 * (days[-1] - days[0]).days / most
    shown: list[date] = []
    for when in days[::-1][:: -(-len(days) // most) or 1]:
        if not shown or (shown[0] - when).days >= gap:
            shown.insert(0, when)
    return shown
