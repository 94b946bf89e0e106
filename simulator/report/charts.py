"""Draw a forecast: fans, months, the whole distribution, and the funnel it starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from simulator.report.canvas import (
    GREY,
    INK,
    PALETTES,
    PLAN,
    date_axis,
    end_labels,
    heading,
    money_axis,
    number,
)
from simulator.words import (
    Scale,
    chance_cells,
    cut,
    day,
    has_interval,
    headline_period,
    month,
    plain,
    scale_of,
)

Floats = NDArray[np.float64]

BANDS: Final = (("wide", "p2.5", "p97.5"), ("likely", "p10", "p90"), ("core", "p25", "p75"))
BINS: Final = 32
SEGMENTS: Final = 6


def fan(payload: Mapping[str, Any], series: str) -> Figure | None:
    """Draw what comes in from the as-of day on, added up, with the plans that end inside."""
    points = [p for p in payload.get("cumulative") or [] if p.get(series)]
    if not points or not _has_bands(payload):
        return None
    scale, colours = scale_of(payload), PALETTES[series]
    start = date.fromisoformat(payload["as_of"])
    ends = [date.fromisoformat(p["end"]) for p in points]
    x = [number(start), *map(number, ends)]
    base = float(points[0][series].get("already") or 0.0)

    def path(statistic: str) -> list[float]:
        return [base, *(float(p[series][statistic]) for p in points)]

    figure, axes = _canvas(right=0.83)
    for shade, low, high in BANDS:
        axes.fill_between(x, path(low), path(high), color=getattr(colours, shade), linewidth=0)
    axes.plot(x, path("p50"), color=colours.line, linewidth=2.2, solid_capstyle="round")
    plans = _plans(payload, series, base, ends[-1])
    top = max([path("p97.5")[-1], *(height for _, height, _ in plans)]) or scale.unit
    axes.set_ylim(0, 1.12 * top)
    axes.set_xlim(x[0], x[-1])
    for when, height, text in plans:
        _plan_mark(axes, number(when), height, text, x, path("p97.5"))
    last = points[-1][series]
    fit = scale.fitting(last)
    named = (("high", "p90"), ("middle", "p50"), ("low", "p10"))
    end_labels(axes, [(last[q], f"{word} {fit.said(last[q])}", colours.line) for word, q in named])
    ends_text = f"8 chances in 10 between {fit.said(last['p10'])} and {fit.said(last['p90'])}"
    heading(
        axes,
        f"{series.capitalize()} by {day(ends[-1])}: {ends_text}",
        f"{scale.name}, {_since(payload, series)}; the shades hold 5, 8 and 9.5 chances in 10",
    )
    money_axis(axes, scale)
    date_axis(axes, ends)
    return figure


def total(payload: Mapping[str, Any], series: str = "bookings") -> Figure | None:
    """Draw how likely each amount of the headline's period is."""
    period = headline_period(payload)
    if not (period.get(series) or {}).get("curve"):
        period = headline_period({**payload, "headline_period": ""})
    stats = period.get(series) or {}
    if not stats.get("curve") or not _has_bands(payload):
        return None
    scale, colours = scale_of(payload), PALETTES[series]
    edges, share = histogram(stats["curve"])
    middle = (edges[:-1] + edges[1:]) / 2
    inside = (middle >= stats["p10"]) & (middle <= stats["p90"])
    figure, axes = _canvas()
    for chosen, colour in ((~inside, colours.likely), (inside, colours.core)):
        axes.bar(middle[chosen], 100 * share[chosen], 0.94 * np.diff(edges)[chosen], color=colour)
    top = 100 * float(share.max())
    fit = scale.fitting(stats)
    _name_quantiles(axes, stats, fit, 1.1 * top, colours.line)
    if plan := (period.get("plan") or {}).get(series):
        _name_plan(axes, plan, scale, (edges[0], edges[-1]), 1.36 * top)
    axes.set_ylim(0, 1.5 * top)
    ends = f"between {fit.said(stats['p10'])} and {fit.said(stats['p90'])}"
    since = "" if period["name"] else f"; {_since(payload, series)}"
    when = f"of {plain(period['name'], 20)}" if period["name"] else f"until {day(period['end'])}"
    heading(axes, f"{series.capitalize()} {when}: 8 chances in 10 {ends}",
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
    present = [s for s in PALETTES if any(p.get(s) for p in periods)]
    if not periods or not present or not _has_bands(payload):
        return None
    scale = scale_of(payload)
    figure = Figure(figsize=(9, 3.1 * len(present) + 0.6))
    grid = figure.subplots(len(present), 1, squeeze=False)
    figure.subplots_adjust(
        left=0.08, right=0.97, top=0.86 if len(present) > 1 else 0.8, bottom=0.09, hspace=0.62
    )
    names = [p["name"] if " FY" in p.get("name", "") else month(p["end"]) for p in periods]
    step = -(-len(names) // 10)
    labels = [name.replace(" ", "\n") if i % step == 0 else "" for i, name in enumerate(names)]
    for axes, series in zip(grid[:, 0], present, strict=True):
        _period_bands(axes, periods, series)
        axes.set_xticks(range(len(names)), labels)
        heading(axes, f"{series.capitalize()} by period",
                f"{scale.name}; pale band 8 chances in 10, dark band 1 in 2, white line middle")  # fmt: skip
        money_axis(axes, scale)
    return figure


def funnel(payload: Mapping[str, Any]) -> Figure | None:
    """Draw what stands in each stage of each segment: value, weighted value, number of deals."""
    segments = [s for s in payload.get("funnel") or [] if s.get("stages")]
    if not segments:
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


def _has_bands(payload: Mapping[str, Any]) -> bool:
    """Tell whether there were trials enough for a picture of what is likely."""
    return has_interval(headline_period(payload).get("bookings") or {})


def _canvas(right: float = 0.96) -> tuple[Figure, Axes]:
    figure = Figure()
    axes = figure.subplots()
    figure.subplots_adjust(left=0.08, right=right, top=0.83, bottom=0.12)
    return figure, axes


def _since(payload: Mapping[str, Any], series: str) -> str:
    """Say from when a sum counts: the start of the fiscal year where something came before the as-of day."""
    years = [f for f in payload.get("fiscal") or [] if f["name"].startswith("FY")]
    begun = min((f["start"] for f in years if (f.get(series) or {}).get("already")), default=None)
    return f"counted from {day(begun)}" if begun else f"counted from the end of {day(payload['as_of'])}"


def _plans(payload: Mapping[str, Any], series: str, base: float, end: date) -> list[tuple[date, float, str]]:
    """Return (day, height, text) of the plans that the fan can be held against: they have begun."""
    start = date.fromisoformat(payload["as_of"])
    found: dict[date, tuple[str, float, str]] = {}
    for target in payload.get("targets") or []:
        begun = date.fromisoformat(target["from"]).toordinal() <= start.toordinal() + 1
        until = date.fromisoformat(target["until"])
        if target["series"] == series and target.get("segment", "all") == "all" and begun and until <= end:
            height = base + float(target["amount"]) - float(target.get("already") or 0.0)
            text = f"{plain(target['name'], 24)}: {chance_cells(target)[0]}"
            # Of the plans that end on one day the one that began first speaks for them.
            if target["from"] <= found.get(until, ("9999", 0.0, ""))[0]:
                found[until] = (target["from"], height, text)
    return [(until, height, text) for until, (_, height, text) in sorted(found.items())]


def _plan_mark(
    axes: Axes, x: float, height: float, text: str, days: Sequence[float], top: Sequence[float]
) -> None:
    """Mark a plan by a diamond; its name stands above the fan, joined by a line."""
    width = days[-1] - days[0]
    right = x > days[0] + width / 2
    reach = x if right else min(x + 0.25 * width, days[-1])
    free = max(float(np.interp(reach, days, top)), height) + 0.03 * axes.get_ylim()[1]
    axes.plot([x, x], [height, free], color=PLAN, linewidth=1)
    axes.plot([x], [height], marker="D", markersize=7, color=PLAN, clip_on=False, zorder=5)
    axes.annotate(
        text, (x, free), (2 if right else -2, 2), textcoords="offset points",
        ha="right" if right else "left", va="bottom", color=PLAN,
    )  # fmt: skip


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


def _period_bands(axes: Axes, periods: Sequence[Mapping[str, Any]], series: str) -> None:
    colours, half = PALETTES[series], 0.36
    for place, period in enumerate(periods):
        if stats := period.get(series):
            for low, high, colour in (("p10", "p90", colours.likely), ("p25", "p75", colours.core)):
                axes.bar(place, stats[high] - stats[low], 2 * half, stats[low], color=colour, linewidth=0)
            if stats["p90"] > stats["p10"]:
                axes.plot([place - half, place + half], [stats["p50"]] * 2, color="white", linewidth=1.8)
            else:
                axes.plot([place - half, place + half], [stats["p50"]] * 2, color=colours.line, linewidth=1.8)
    axes.set_xlim(-0.6, len(periods) - 0.4)
    axes.set_ylim(bottom=0)


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
