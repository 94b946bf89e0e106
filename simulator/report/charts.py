"""Draw a forecast: its months, the whole distribution, and the funnel it starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from simulator.report.canvas import bars, canvas, heading, money_axis, period_axis
from simulator.report.captions import counted_since, has_bands, landing
from simulator.report.colours import GREY, INK, PALETTES, PLAN
from simulator.words import (
    Scale,
    chance_cells,
    cut,
    day,
    headline_period,
    plain,
    scale_of,
)

Floats = NDArray[np.float64]

BINS: Final = 32
SEGMENTS: Final = 6
MONTHLY: Final = ("bookings", "receipts")


def total(payload: Mapping[str, Any], series: str = "bookings") -> Figure | None:
    """Draw how likely each amount of the headline's period is."""
    period = headline_period(payload)
    if not (period.get(series) or {}).get("curve"):
        period = headline_period({**payload, "headline_period": ""})
    stats = period.get(series) or {}
    nothing = not any(stats.get("curve") or ()) and not (period.get("plan") or {}).get(series)
    if nothing or not stats.get("curve") or not has_bands(payload):
        return None
    scale, colours = scale_of(payload), PALETTES[series]
    edges, share = histogram(stats["curve"])
    middle = (edges[:-1] + edges[1:]) / 2
    inside = (middle >= stats["p10"]) & (middle <= stats["p90"])
    figure, axes = canvas()
    for chosen, colour in ((~inside, colours.likely), (inside, colours.core)):
        axes.bar(middle[chosen], 100 * share[chosen], 0.94 * np.diff(edges)[chosen], color=colour)
    top = 100 * float(share.max())
    fit = scale.fitting(stats)
    _name_quantiles(axes, stats, fit, 1.1 * top, colours.line)
    if plan := (period.get("plan") or {}).get(series):
        _name_plan(axes, plan, scale, (edges[0], edges[-1]), 1.36 * top)
    axes.set_ylim(0, 1.5 * top)
    since = "" if period["name"] else f"; {counted_since(payload, series)}"
    when = f"of {plain(period['name'], 20)}" if period["name"] else f"until {day(period['end'])}"
    heading(axes, landing(f"{series.capitalize()} {when}", stats, scale),
            f"{scale.name} across, chances in 100 upwards; pale: below low, above high{since}")  # fmt: skip
    money_axis(axes, scale, vertical=False)
    return figure


def histogram(curve: Sequence[float]) -> tuple[Floats, Floats]:
    """Return edges and shares of equal bins between the first and the last of 199 quantiles.

    What lies beyond, one chance in a hundred, is left out. Where many quantiles are one amount, the bin of
    that amount holds them all.

    Returns:
        floats[bins + 1] and floats[bins], the shares adding to at most 1.
    """
    values = np.asarray(curve, dtype=np.float64)
    low, high = values[0], values[-1]
    if high - low <= 1e-9 * max(abs(low), abs(high), 1.0):
        half = max(abs(low) * 0.05, 0.5)
        return np.array([low - half, low + half]), np.ones(1)
    edges = np.linspace(low, high, BINS + 1)
    levels = np.arange(1, len(values) + 1) / (len(values) + 1)
    amounts, first = np.unique(values, return_index=True)
    last = np.append(first[1:], len(values)) - 1
    # Just below each edge: amounts equal to it belong to the bin above, but for the last.
    below = np.interp(edges, np.repeat(amounts, 2), np.stack((levels[first], levels[last]), 1).ravel())
    at = np.isin(edges, amounts)
    below[at] = levels[first[np.searchsorted(amounts, edges[at])]]
    below[-1] = levels[-1]
    # A first or last amount that many futures share takes in the tail that is the same amount.
    below[0] -= levels[0] if first.size > 1 and last[0] > first[0] else 0.0
    below[-1] += levels[0] if last[-1] > first[-1] else 0.0
    return edges, np.diff(below)


def months(payload: Mapping[str, Any]) -> Figure | None:
    """Draw each period's bookings and receipts as bands."""
    periods = payload.get("periods") or []
    present = [s for s in MONTHLY if any(p.get(s) and p[s]["p97.5"] for p in periods)]
    if not periods or not present or not has_bands(payload):
        return None
    scale = scale_of(payload)
    figure = Figure(figsize=(9, 3.1 * len(present) + 0.6))
    grid = figure.subplots(len(present), 1, squeeze=False)
    figure.subplots_adjust(
        left=0.08, right=0.97, top=0.86 if len(present) > 1 else 0.8, bottom=0.09, hspace=0.62
    )
    for axes, series in zip(grid[:, 0], present, strict=True):
        _period_bands(axes, periods, series, scale)
        period_axis(axes, periods)
        heading(axes, f"{series.capitalize()} by period",
                f"{scale.name}; pale band 8 chances in 10, dark band 1 in 2, white line middle")  # fmt: skip
        money_axis(axes, scale)
    return figure


def funnel(payload: Mapping[str, Any]) -> Figure | None:
    """Draw what stands in each stage of each segment: value, weighted value, number of deals."""
    segments = [s for s in payload.get("funnel") or [] if s.get("stages")]
    if not any(stage["count"] for s in segments for stage in s["stages"]):
        return None
    scale, shown = scale_of(payload), segments[:SEGMENTS]
    heights = [0.4 * len(s["stages"]) + 0.4 for s in shown]
    figure = Figure(figsize=(9, sum(heights) + 0.9))
    grid = figure.subplots(len(shown), 1, squeeze=False, height_ratios=heights)
    height = float(figure.get_size_inches()[1])
    figure.subplots_adjust(left=0.27, right=0.9, top=1 - 1.05 / height, bottom=0.45 / height, hspace=0.3)
    widest = max((stage["value"] for s in shown for stage in s["stages"]), default=0.0) or scale.unit
    for axes, segment in zip(grid[:, 0], shown, strict=True):
        _stages(axes, segment, widest)
        money_axis(axes, scale, vertical=False)
        axes.tick_params(labelbottom=axes is grid[-1, 0])
    more = f"; {len(segments) - len(shown)} more segments" if len(segments) > len(shown) else ""
    figure.text(0.02, 1 - 0.36 / height, "The funnel today, by segment and stage", fontsize=14, weight="bold")
    meaning = "pale: value of the open deals, dark: weighted; beside: how many, how long in this stage"
    figure.text(0.02, 1 - 0.62 / height, f"{scale.name}; {meaning}{more}", color=GREY, fontsize=10)
    return figure


def _name_quantiles(axes: Axes, stats: Mapping[str, Any], scale: Scale, height: float, colour: str) -> None:
    """Mark low, middle and high; those that coincide share one mark, close ones stand at two heights."""
    marks: dict[float, list[str]] = {}
    for word, q in (("low", "p10"), ("middle", "p50"), ("high", "p90")):
        marks.setdefault(float(stats[q]), []).append(word)
    left, right = axes.get_xlim()
    close = any(b - a < 0.09 * (right - left) for a, b in pairwise(marks))
    for place, (x, words) in enumerate(marks.items()):
        lift = 1.12 if close and place % 2 else 1.0
        _upright(axes, x, height * lift, f"{', '.join(words)}\n{scale.said(x)}", colour)


def _name_plan(
    axes: Axes, plan: Mapping[str, Any], scale: Scale, ends: tuple[float, float], height: float
) -> None:
    """Mark the plan, or say on which side it lies where it is far away."""
    amount, width = float(plan["amount"]), ends[1] - ends[0]
    text = f"plan {scale.exact(amount)}: {chance_cells(plan)[0]}"
    if ends[0] - width / 2 <= amount <= ends[1] + width / 2:
        _upright(axes, amount, height, text, PLAN)
    elif amount > ends[1]:
        axes.annotate(f"{text} →", (0.99, 0.95), xycoords="axes fraction", ha="right", color=PLAN)
    else:
        axes.annotate(f"← {text}", (0.01, 0.95), xycoords="axes fraction", color=PLAN)


def _upright(axes: Axes, x: float, height: float, text: str, colour: str) -> None:
    axes.plot([x, x], [0, height], color=colour, linewidth=1.4)
    axes.annotate(
        text, (x, height), (0, 3), textcoords="offset points", ha="center", va="bottom", color=colour
    )


def _period_bands(axes: Axes, periods: Sequence[Mapping[str, Any]], series: str, scale: Scale) -> None:
    colours, half, rows = PALETTES[series], 0.36, []
    for place, period in enumerate(periods):
        if stats := period.get(series):
            rows.append((place, *(stats[q] for q in ("p10", "p25", "p50", "p75", "p90"))))
    places, low, lower, middle, upper, high = np.array(rows, dtype=np.float64).T
    bars(axes, places, low, high, colours.likely, 2 * half)
    bars(axes, places, lower, upper, colours.core, 2 * half)
    # What is certain is a line of its own, as there is no band on which a white one would show.
    shades = [colours.line if certain else "white" for certain in low == high]
    axes.hlines(middle, places - half, places + half, color=shades, linewidth=1.8)
    axes.set_xlim(-0.6, len(periods) - 0.4)
    axes.set_ylim(min(0.0, *low), 1.06 * max(0.0, *high) or scale.unit)


def _stages(axes: Axes, segment: Mapping[str, Any], widest: float) -> None:
    stages = segment["stages"]
    places = np.arange(len(stages))
    colours = PALETTES["bookings"]
    axes.barh(places, [s["value"] for s in stages], 0.72, color=colours.likely)
    axes.barh(places, [s["weighted"] for s in stages], 0.72, color=colours.line)
    for place, stage in zip(places, stages, strict=True):
        count = int(stage["count"])
        age = f", {stage['mean_age']:.0f} days" if stage.get("mean_age") is not None else ""
        text = f"{count:,} deal{'s' * (count != 1)}{age}" if count else "none"
        axes.annotate(
            text, (stage["value"], place), (5, 0), textcoords="offset points", va="center", color=GREY,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )  # fmt: skip
    axes.set_yticks(places, [cut(plain(s["stage"]), 28) for s in stages])
    axes.set_xlim(0, 1.22 * widest)
    axes.invert_yaxis()
    axes.grid(True, axis="x")
    axes.grid(False, axis="y")
    axes.set_title(plain(segment["segment"], 40), fontsize=11, color=INK, pad=6)
