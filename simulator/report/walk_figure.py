"""Draw the walk from the CRM's number to ours as a waterfall that goes down, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from matplotlib.axes import Axes

from simulator.report.canvas import font_size, inches
from simulator.report.colours import GREY, INK, PALETTES, PLAN, SOURCES
from simulator.report.typeset import measure
from simulator.report.walk import TOTALS, Step

_HEIGHT: Final = 0.62
"""Of a bar, the distance of two being 1."""


def draw_walk(axes: Axes, steps: Sequence[Step]) -> None:
    """Draw each step as a bar from where the one before it ended.

    Args:
        axes: to draw on.
        steps: of `walk_steps`, at least one.
    """
    at, ends, size = 0.0, [0.0], font_size()
    for place, step in enumerate(steps):
        start = 0.0 if step.total else at
        at = step.amount if step.total else at + step.amount
        ends.append(at)
        axes.barh(-place, at - start, left=start, height=_HEIGHT, color=_colour(step))
        if place < len(steps) - 1:
            axes.vlines(at, -place - 1 + _HEIGHT / 2, -place - _HEIGHT / 2, color=GREY, linewidth=0.8)
        axes.annotate(
            step.text, (max(start, at), -place), (4, 0),
            textcoords="offset points", va="center", ha="left", color=INK,
            weight="bold" if step.total else "normal",
        )  # fmt: skip
    low, high = min(ends), max(ends)
    width = (high - low) or 1.0
    room = (6 + max(measure(s.text, size, bold=True) for s in steps)) / 72
    axes.set_xlim(low - 0.01 * width, high + width * room / (inches(axes)[0] - room))
    axes.set_ylim(-len(steps) + 0.4, 0.6)
    axes.set_yticks([-place for place in range(len(steps))], [step.name for step in steps])
    for label, step in zip(axes.get_yticklabels(), steps, strict=True):
        label.set_fontweight("bold" if step.total else "normal")
    axes.set_xticks([])
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.axvline(0, color=GREY, linewidth=0.8)


def _colour(step: Step) -> str:
    colours = PALETTES["bookings"]
    if step.total:
        return SOURCES["actual"] if step.name == TOTALS[0] else colours.line
    return colours.core if step.amount > 0 else PLAN
