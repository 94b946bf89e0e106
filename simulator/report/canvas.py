"""Prepare figures: one style, one palette, words instead of legends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.ticker import Formatter, MaxNLocator
from numpy.typing import NDArray

from simulator.report.captions import spread_out
from simulator.report.colours import GREY
from simulator.report.months import short_name
from simulator.words import MONTHS, Scale

Floats = NDArray[np.float64]

LINE: Final = 1.32
"""Height of a line of text over that of its letters."""


def canvas(right: float = 0.96) -> tuple[Figure, Axes]:
    """Return a figure with one pair of axes, and room for a heading."""
    figure = Figure()
    axes = figure.subplots()
    figure.subplots_adjust(left=0.08, right=right, top=0.83, bottom=0.12)
    return figure, axes


def heading(axes: Axes, title: str, subtitle: str, lift: float = 0.0) -> None:
    """Write what the figure says, and below it the unit and how to read it.

    Args:
        axes: below the heading.
        title: what the figure says.
        subtitle: unit, and how to read it.
        lift: points left free between heading and axes.
    """
    axes.set_title(title, pad=30 + lift)
    axes.annotate(
        subtitle, (0, 1), (0, 10 + lift), "axes fraction", textcoords="offset points", color=GREY, fontsize=10
    )


def bars(
    axes: Axes, places: Floats, low: Floats, high: Floats, colour: str, width: float = 0.72, label: str = ""
) -> None:
    """Draw upright bars from low to high as one shape, which is faster than one for each.

    The limits of the axes are left alone.
    """
    left, right = places - width / 2, places + width / 2
    corners = np.stack(((left, low), (left, high), (right, high), (right, low)))  # [corner, x or y, bar]
    shape = PolyCollection(
        [*corners.transpose(2, 0, 1)], facecolors=colour, linewidths=0, label=label or None
    )
    axes.add_collection(shape, autolim=False)


class MoneyFormatter(Formatter):
    """Writes the amounts of one axis in the scale's unit, all with as many decimals."""

    def __init__(self, scale: Scale) -> None:
        self._scale = scale

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return one label."""
        return self.format_ticks([x])[0]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Return the labels of an axis."""
        shown = [value / self._scale.unit for value in values]
        parts = [f"{value:.6f}".rstrip("0").partition(".")[2] for value in shown]
        decimals = max(map(len, parts), default=0)
        return [f"{value + 0.0:,.{decimals}f}".replace("-", "−") if value else "0" for value in shown]


def money_axis(axes: Axes, scale: Scale, vertical: bool = True) -> None:
    """Write amounts in the scale's unit on an axis."""
    axis = axes.yaxis if vertical else axes.xaxis
    axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(MoneyFormatter(scale))


def date_axis(axes: Axes, ends: Sequence[date], most: int = 9) -> None:
    """Mark ends of periods by day and month, with the year where it changes."""
    step = -(-len(ends) // most) or 1
    # Ends of months and of weeks beside one another would touch.
    apart = 0.085 * (ends[-1] - ends[0]).days if ends else 0
    shown: list[date] = []
    for when in ends[::-1][::step]:
        if not shown or (shown[0] - when).days >= apart:
            shown.insert(0, when)
    labels, year = [], None
    for when in shown:
        labels.append(
            f"{when.day} {MONTHS[when.month - 1]}" + (f"\n{when.year}" if when.year != year else "\n")
        )
        year = when.year
    axes.set_xticks([number(when) for when in shown], labels)


def period_axis(axes: Axes, periods: Sequence[Mapping[str, Any]], most: int = 10) -> None:
    """Name periods that stand side by side: months by month and year, those of the books by their name."""
    names = [short_name(p) for p in periods]
    step = -(-len(names) // most) or 1
    labels = ["\n".join(name.rsplit(" ", 1)) if i % step == 0 else "" for i, name in enumerate(names)]
    axes.set_xticks(range(len(names)), labels)


def number(when: date) -> float:
    """Return a date as matplotlib counts it."""
    return float(date2num(when))  # type: ignore[no-untyped-call]


def font_size() -> float:
    """Return the points of what is written in a figure, but for its heading."""
    return float(mpl.rcParams["font.size"])


def inches(axes: Axes) -> tuple[float, float]:
    """Return how wide and how high axes are."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    (width, height), place = figure.get_size_inches(), axes.get_position()
    return float(place.width * width), float(place.height * height)


def end_labels(axes: Axes, labels: Sequence[tuple[float, str, str]]) -> None:
    """Write (height, text, colour) at the right edge, moved apart where they would touch."""
    low, high = axes.get_ylim()
    gap = (high - low) * LINE * font_size() / (72 * inches(axes)[1])
    places = spread_out([height for height, _, _ in labels], gap)
    # What would stand on the names of the days below moves up.
    for rank, i in enumerate(sorted(range(len(places)), key=lambda i: places[i])):
        places[i] = max(places[i], low + (0.4 + rank) * gap)
    for place, (_, text, colour) in zip(places, labels, strict=True):
        axes.annotate(
            text, (1, place), (9, 0), ("axes fraction", "data"), textcoords="offset points",
            color=colour, va="center", annotation_clip=False,
        )  # fmt: skip
