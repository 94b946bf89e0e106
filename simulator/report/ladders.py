"""Draw what each month is made of, from sure to unsure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.report.canvas import bars, heading, money_axis, period_axis
from simulator.report.captions import has_bands
from simulator.report.colours import INK, PLAN, SOURCES
from simulator.report.months import PARTS, made
from simulator.words import scale_of

SERIES: Final = ("bookings", "receipts")


def sources(payload: Mapping[str, Any]) -> Figure | None:
    """Draw each period's average by source, one bar upon the other, with low, high and plan of the whole."""
    periods = payload.get("periods") or []
    shown = [s for s in SERIES if sum(len((p.get("parts") or {}).get(s) or ()) for p in periods)]
    if not shown or not has_bands(payload):
        return None
    scale = scale_of(payload)
    figure = Figure(figsize=(9, 3.6 * len(shown) + 0.2))
    grid = figure.subplots(len(shown), 1, squeeze=False)
    height = float(figure.get_size_inches()[1])
    figure.subplots_adjust(left=0.08, right=0.97, top=1 - 1.2 / height, bottom=0.55 / height, hspace=0.78)
    for axes, series in zip(grid[:, 0], shown, strict=True):
        plans = _bars(axes, payload, series)
        meaning = f"{scale.name}; averages by source; line: low to high{'; diamond: plan' * plans}"
        heading(axes, f"What {series} are made of, by period", meaning, lift=20)
        money_axis(axes, scale)
    return figure


def _bars(axes: Axes, payload: Mapping[str, Any], series: str) -> bool:
    """Draw one series; tell whether it has a plan."""
    every = made(payload, series)
    columns, plans = [one.parts for one in every], [one.plan for one in every]
    places, bottom = np.arange(len(columns), dtype=np.float64), np.zeros(len(columns))
    for source, colour in SOURCES.items():
        amounts = np.array([float(parts.get(source, 0.0)) for parts in columns])
        if amounts.any():
            bars(axes, places, bottom, bottom + amounts, colour, label=PARTS[source])
            bottom = bottom + amounts
    first = next((place for place, one in enumerate(every) if one.stats), 0)
    ends = [one.stats or {} for one in every[first:]]
    low, high = (np.array([float(s.get(q) or 0.0) for s in ends]) for q in ("p10", "p90"))
    axes.vlines(places[first:], low, high, color=INK, linewidth=1.4)
    for edge in (low, high):
        axes.hlines(edge, places[first:] - 0.14, places[first:] + 0.14, color=INK, linewidth=1.4)
    known = [(x, float(plan["amount"])) for x, plan in zip(places, plans, strict=True) if plan]
    if known:
        axes.plot(*zip(*known, strict=True), linestyle="", marker="D", markersize=5, color=PLAN)
    axes.set_xlim(-0.6, len(columns) - 0.4)
    heights = [*bottom, *high, *(plan for _, plan in known)]
    axes.set_ylim(min(0.0, *bottom, *low), 1.06 * max(heights, default=0.0) or scale_of(payload).unit)
    period_axis(axes, [one.period for one in every])
    if bottom.any():
        axes.legend(
            loc="lower left", bbox_to_anchor=(-0.006, 1.02), ncols=len(SOURCES), fontsize=10,
            borderaxespad=0, handlelength=0.9, handleheight=0.9, handletextpad=0.4, columnspacing=1.3,
        )  # fmt: skip
    return bool(known)
