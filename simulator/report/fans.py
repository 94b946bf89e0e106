"""Draw fans: what comes in, added up against its plan, and the balance in the bank against its floor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.report import courses
from simulator.report.canvas import (
    LINE,
    canvas,
    date_axis,
    end_labels,
    font_size,
    heading,
    inches,
    money_axis,
    number,
)
from simulator.report.colours import GREY, INK, PALETTES, PLAN
from simulator.report.courses import BANDS, Course, Mark
from simulator.report.past import Point
from simulator.report.typeset import clipped, measure
from simulator.words import day

NAME: Final = 14
"""Widest that the name of a plan is written, in sizes of its letters."""


def cumulative(payload: Mapping[str, Any], series: str) -> Figure | None:
    """Draw what comes in, added up, after what has come, with its plan and the plans that end inside."""
    return _figure(courses.cumulative(payload, series))


def balance(payload: Mapping[str, Any]) -> Figure | None:
    """Draw the balance in the bank at the periods' ends, its floor, and when it is lowest."""
    return _figure(courses.balance(payload))


def draw(axes: Axes, course: Course) -> None:
    """Draw a course of money on axes of one's own, without a heading."""
    colours = PALETTES[course.series]
    kinds = {"middle": colours.line, "plan": PLAN, "floor": PLAN}
    x, paths = [number(when) for when in course.days], course.paths
    for shade, low, high in BANDS:
        axes.fill_between(x, paths[low], paths[high], color=getattr(colours, shade), linewidth=0)
    axes.plot(x, paths["p50"], color=colours.line, linewidth=2.2, solid_capstyle="round")
    height = (course.high - course.low) or course.scale.unit
    axes.set_ylim(course.low - 0.04 * height * (course.low < 0), course.low + height * _stretch(axes, course))
    axes.set_xlim(number(course.past[0][0]) if course.past else x[0], x[-1])
    if course.low < 0:
        axes.axhline(0, color=GREY, linewidth=1)
    if course.floor is not None:
        axes.axhline(course.floor, color=PLAN, linewidth=1.8)
    if course.past:
        _path(axes, course.past, INK)
        _as_of(axes, course, x[0])
    _path(axes, course.plan, PLAN)
    for mark in course.marks:
        _mark(axes, mark, x, paths["p97.5"], kinds[mark.kind])
    end_labels(axes, [(at, text, kinds[kind]) for at, text, kind in course.ends])
    money_axis(axes, course.scale)
    date_axis(axes, [*(when for when, _ in course.past[1:-1]), *course.days])


def _figure(course: Course | None) -> Figure | None:
    if course is None:
        return None
    figure, axes = canvas(right=0.83)
    draw(axes, course)
    heading(axes, course.title, course.meaning)
    return figure


def _stretch(axes: Axes, course: Course) -> float:
    """Return how much higher the axes are than the course: a plan that stands out leaves room for words."""
    if not course.past or all(mark.height < 0.7 * course.high for mark in course.marks):
        return 1.14
    # Two lines on the past, and one on the plan below them.
    return 1 / (1 - min(3.6 * LINE * font_size() / (72 * inches(axes)[1]), 0.5))


def _path(axes: Axes, path: Sequence[Point], colour: str) -> None:
    axes.plot([number(when) for when, _ in path], [height for _, height in path], color=colour, linewidth=1.8)


def _as_of(axes: Axes, course: Course, x: float) -> None:
    """Part what has happened from what may, and say how much it is."""
    axes.axvline(x, color=GREY, linewidth=0.8, linestyle=(0, (3, 3)))
    left, end = axes.get_xlim()
    right = x > left + 0.22 * (end - left)
    text = f"{day(course.days[0])}\n{course.so_far}"
    axes.annotate(
        text, (x, 1), (-4 if right else 4, -2), ("data", "axes fraction"),
        textcoords="offset points", ha="right" if right else "left", va="top", color=INK,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )  # fmt: skip


def _mark(axes: Axes, mark: Mark, days: Sequence[float], top: Sequence[float], colour: str) -> None:
    """Mark a point by a diamond; its name stands above the fan, joined by a line."""
    x, height = number(mark.when), mark.height
    left, end = axes.get_xlim()
    width = end - left
    right = x > left + 0.4 * width
    text = mark.text(
        clipped(mark.name, NAME * font_size(), font_size()) if mark.kind == "plan" else mark.name
    )
    size = measure(text, font_size()) / (72 * inches(axes)[0])
    reach = x if right else min(x + size * width, end)
    inside = [h for d, h in zip(days, top, strict=True) if x <= d <= reach]
    low, high = axes.get_ylim()
    free = max([*inside, float(np.interp(reach, days, top)), height]) + 0.03 * (high - low)
    axes.plot([x, x], [height, free], color=colour, linewidth=1)
    axes.plot([x], [height], marker="D", markersize=7, color=colour, clip_on=False, zorder=5)
    axes.annotate(
        text, (x, free), (2 if right else -2, 2), textcoords="offset points",
        ha="right" if right else "left", va="bottom", color=colour,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )  # fmt: skip
