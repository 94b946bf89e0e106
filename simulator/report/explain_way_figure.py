"""Draw which deals swing it, and what to have by when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from simulator.report.canvas import date_axis, end_labels, money_axis, number
from simulator.report.colours import GREY, INK, PALETTES, PLAN, Palette
from simulator.report.explain_concentration import label
from simulator.report.explain_swings import swing_scale, what_swings
from simulator.report.explain_words import DONE, aim_name
from simulator.words import Scale, cut, percent

_ROW: Final = 0.36
"""Inches of a deal."""
_BELOW: Final = 2.6
"""Inches of the amounts by when."""
Row = Mapping[str, Any]


def way_figure(payload: Mapping[str, Any], scale: Scale) -> Figure | None:
    """Draw the chance, or the middle, with each deal won and lost; below it the amounts at which it turns.

    Args:
        payload: explain.json.
        scale: in which amounts are written.
    """
    deals, dates = payload["swings"]["deals"], payload["tripwires"]["dates"]
    colours = PALETTES.get(payload["aim"]["series"], PALETTES["bookings"])
    panels = [(deals, _ROW * len(deals)), (dates if len(dates) > 1 else [], _BELOW)]
    inches = [size if rows else 0.0 for rows, size in panels]
    if not any(inches):
        return None
    height = 0.25 + sum(size + 1.1 for size in inches if size)
    figure, top = Figure(figsize=(9, height)), height
    draws = (_swings, _turns)
    for (rows, _), size, draw in zip(panels, inches, draws, strict=True):
        if size:
            top -= 0.75
            left, width = (0.3, 0.55) if draw is _swings else (0.08, 0.7)
            axes = figure.add_axes((left, (top - size) / height, width, size / height))
            title = draw(axes, rows, payload, scale, colours)
            figure.text(0.02, (top + 0.4) / height, title[0], fontsize=13, weight="bold")
            figure.text(0.02, (top + 0.16) / height, title[1], color=GREY, fontsize=10)
            top -= size + 0.35
    return figure


def _swings(
    axes: Axes, deals: Sequence[Row], payload: Mapping[str, Any], scale: Scale, colours: Palette
) -> tuple[str, str]:
    """Draw a dumbbell for each deal, and return title and meaning."""
    chance, fine = payload["swings"]["of"] == "chance", swing_scale(payload["swings"], scale)
    for place, deal in enumerate(deals):
        axes.hlines(-place, deal["if_lost"], deal["if_won"], color=colours.likely, linewidth=5)
        axes.plot(deal["if_lost"], -place, "o", color=colours.core, markersize=8, markeredgecolor="white")
        axes.plot(deal["if_won"], -place, "o", color=colours.line, markersize=8, markeredgecolor="white")
        points = f"{100 * deal['swing']:+.0f} points".replace("-", "−")
        text = points if chance else fine.number(deal["swing"], sign=True)
        axes.annotate(text, (1.03, -place), xycoords=("axes fraction", "data"), va="center", color=INK)
    now = payload["aim"]["chance"] if chance else payload["amount"]["p50"]
    axes.axvline(now, color=GREY, linewidth=1, linestyle="--")
    axes.set_yticks([-place for place in range(len(deals))], [cut(label(deal), 30) for deal in deals])
    axes.set_ylim(-len(deals) + 0.45, 0.55)
    axes.grid(visible=True, axis="x")
    axes.grid(visible=False, axis="y")
    what = what_swings(payload, scale)
    if chance:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{100 * x:.0f} %"))
    else:
        money_axis(axes, scale, vertical=False)
        what += f", {scale.name}"
    first = deals[0]
    said, won, lost = (
        percent(x) if chance else fine.said(x) for x in (now, first["if_won"], first["if_lost"])
    )
    return (
        f"{cut(label(first), 36)} swings it most: {won} if won, {lost} if lost",
        f"{what}: pale dot if the deal is lost, dark dot if it is won; dashed: now, {said}",
    )


def _turns(
    axes: Axes, dates: Sequence[Row], payload: Mapping[str, Any], scale: Scale, colours: Palette
) -> tuple[str, str]:
    """Draw the amounts by when at which the chance turns, and return title and meaning."""
    days = [date.fromisoformat(one["by"]) for one in dates]
    for day, one in zip(days, dates, strict=True):
        axes.vlines(number(day), one["p10"], one["p90"], color=colours.wide, linewidth=14, zorder=1)
    labels = []
    for level, (text, colour) in _levels(colours).items():
        known = [
            (number(day), at["amount"])
            for day, one in zip(days, dates, strict=True)
            for at in one["at"]
            if at["chance"] == level
        ]
        if known:
            axes.plot(*zip(*known, strict=True), "o-", color=colour, markersize=5, zorder=3)
            labels.append((known[-1][1], text, colour))
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    axes.margins(x=0.08)
    date_axis(axes, days)
    money_axis(axes, scale)
    end_labels(axes, labels)
    done, name = DONE[payload["aim"]["series"]], aim_name(payload["aim"], scale)
    meaning = f"{scale.name} {done} by then; bars: 8 chances in 10"
    return f"What to have {done} by when, for {name}", meaning


def _levels(colours: Palette) -> dict[float, tuple[str, str]]:
    """Return what the amounts of each chance say, and their colour."""
    return {
        0.1: ("below: under 10 %", PLAN),
        0.5: ("as likely as not", GREY),
        0.9: ("above: over 90 %", colours.line),
    }
