"""Draw fans: what comes in, added up against its plan, and the balance in the bank against its floor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

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
from simulator.report.captions import SHADES, counted_since, end_names, has_bands, landing, scale_to
from simulator.report.colours import GREY, INK, PALETTES, PLAN, Palette
from simulator.report.past import Point, past_path, plan_path, planned_years
from simulator.report.typeset import clipped, measure
from simulator.words import Scale, chance_cells, day, month, percent, plain

BANDS: Final = (("wide", "p2.5", "p97.5"), ("likely", "p10", "p90"), ("core", "p25", "p75"))
NAME: Final = 14
"""Widest that the name of a plan is written, in sizes of its letters."""
Paths = Mapping[str, Sequence[float]]


def cumulative(payload: Mapping[str, Any], series: str) -> Figure | None:
    """Draw what comes in, added up, after what has come, with its plan and the plans that end inside."""
    figure, axes = canvas(right=0.83)
    if (scale := draw_cumulative(axes, payload, series)) is None:
        return None
    *_, last = (p for p in payload["cumulative"] if p.get(series))
    title = landing(f"{series.capitalize()} by {day(last['end'])}", last[series], scale)
    heading(axes, title, f"{scale.name}, {counted_since(payload, series)}; {SHADES}")
    return figure


def draw_cumulative(axes: Axes, payload: Mapping[str, Any], series: str) -> Scale | None:
    """Draw the same on axes of one's own, without a heading; return the unit of its amounts.

    Returns:
        None where there is nothing to draw.
    """
    points = [p for p in payload.get("cumulative") or [] if p.get(series)]
    if not points or not has_bands(payload):
        return None
    colours = PALETTES[series]
    ends = [date.fromisoformat(p["end"]) for p in points]
    base = float(points[0][series].get("already") or 0.0)
    past, plan = past_path(payload, series, base), plan_path(payload, series, base, ends[-1])
    if not past:
        as_of = date.fromisoformat(payload["as_of"])
        plan = [point for point in plan if point[0] >= as_of]
    marks = _plans(payload, series, base, ends[-1])
    if not (base or plan or marks or any(p[series]["p97.5"] for p in points)):
        return None
    paths, x = _fan(axes, [p[series] for p in points], payload["as_of"], ends, base, colours)
    heights = [height for _, height, _ in marks] + [height for _, height in plan]
    top = max([*paths["p97.5"], *heights, base])
    scale = scale_to(payload, top)
    top = top or scale.unit
    axes.set_ylim(1.12 * min(0.0, *paths["p2.5"]), _ceiling(axes, top, past, marks))
    axes.set_xlim(number(past[0][0]) if past else x[0], x[-1])
    if past:
        _draw(axes, past, INK)
        _as_of(axes, payload["as_of"], f"{scale.exact(base, 2)} so far")
    _draw(axes, plan, PLAN)
    for when, height, text in marks:
        _mark(axes, number(when), height, text, x, paths["p97.5"], PLAN)
    last = points[-1][series]
    labels = [(*end, colours.line) for end in end_names(last, scale)]
    if plan and plan[-1][0] == ends[-1]:
        labels.append((plan[-1][1], f"plan {scale.exact(plan[-1][1])}", PLAN))
    end_labels(axes, labels)
    money_axis(axes, scale)
    date_axis(axes, [*(when for when, _ in past[1:-1]), date.fromisoformat(payload["as_of"]), *ends])
    return scale


def balance(payload: Mapping[str, Any]) -> Figure | None:
    """Draw the balance in the bank at the periods' ends, its floor, and when it is lowest."""
    known = payload.get("balance") or {}
    periods = [p for p in payload.get("periods") or [] if p.get("balance")]
    if not known or not periods or not has_bands(payload):
        return None
    colours = PALETTES["balance"]
    ends = [date.fromisoformat(p["end"]) for p in periods]
    opening, floor = float(known["opening"]), known.get("floor")
    stats = [p["balance"] for p in periods]
    figure, axes = canvas(right=0.83)
    paths, x = _fan(axes, stats, payload["as_of"], ends, opening, colours)
    low = min([0.0, *paths["p2.5"], floor or 0.0])
    top = max([*paths["p97.5"], floor or 0.0, 0.0])
    scale = scale_to(payload, max(top, -low))
    height = (top - low) or scale.unit
    axes.set_ylim(low - 0.04 * height * (low < 0), top + 0.16 * height)
    axes.set_xlim(x[0], x[-1])
    if low < 0:
        axes.axhline(0, color=GREY, linewidth=1)
    last = stats[-1]
    labels = [(*end, colours.line) for end in end_names(last, scale)]
    if floor is not None:
        axes.axhline(floor, color=PLAN, linewidth=1.8)
        labels.append((floor, f"floor {scale.exact(floor, 2)}", PLAN))
    end_labels(axes, labels)
    place = _lowest(periods, known["trough_month"])
    text = f"lowest most often on {day(ends[place])}"
    _mark(axes, number(ends[place]), stats[place]["p50"], text, x, paths["p97.5"], colours.line)
    title = _below(known, scale) or landing(f"Balance on {day(ends[-1])}", last, scale)
    heading(axes, title, f"{scale.name} in the bank, by period's end; {SHADES}")
    money_axis(axes, scale)
    date_axis(axes, ends)
    return figure


def _fan(
    axes: Axes, stats: Sequence[Mapping[str, Any]], as_of: str, ends: Sequence[date], base: float,
    colours: Palette,
) -> tuple[Paths, list[float]]:  # fmt: skip
    """Draw bands and middle from the as-of day on; return where they run, by quantile."""
    x = [number(date.fromisoformat(as_of)), *map(number, ends)]
    quantiles = ["p50", *(q for _, *both in BANDS for q in both)]
    paths = {q: [base, *(float(s[q]) for s in stats)] for q in quantiles}
    for shade, low, high in BANDS:
        axes.fill_between(x, paths[low], paths[high], color=getattr(colours, shade), linewidth=0)
    axes.plot(x, paths["p50"], color=colours.line, linewidth=2.2, solid_capstyle="round")
    return paths, x


def _ceiling(
    axes: Axes, top: float, past: Sequence[Point], marks: Sequence[tuple[date, float, str]]
) -> float:
    """Return how high the axes reach: a plan that stands out leaves room for what is written above it."""
    if not past or all(height < 0.7 * top for _, height, _ in marks):
        return 1.12 * top
    # Two lines on the past, and one on the plan below them.
    return top / (1 - min(3.6 * LINE * font_size() / (72 * inches(axes)[1]), 0.5))


def _draw(axes: Axes, path: Sequence[Point], colour: str) -> None:
    axes.plot([number(when) for when, _ in path], [height for _, height in path], color=colour, linewidth=1.8)


def _as_of(axes: Axes, as_of: str, text: str) -> None:
    """Part what has happened from what may, and say how much it is."""
    x = number(date.fromisoformat(as_of))
    axes.axvline(x, color=GREY, linewidth=0.8, linestyle=(0, (3, 3)))
    left, end = axes.get_xlim()
    right = x > left + 0.22 * (end - left)
    axes.annotate(
        f"{day(as_of)}\n{text}", (x, 1), (-4 if right else 4, -2), ("data", "axes fraction"),
        textcoords="offset points", ha="right" if right else "left", va="top", color=INK,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )  # fmt: skip


def _plans(payload: Mapping[str, Any], series: str, base: float, end: date) -> list[tuple[date, float, str]]:
    """Return (day, height, text) of the plans that the fan can be held against: they have begun."""
    start = date.fromisoformat(payload["as_of"])
    found: dict[date, tuple[str, float, str]] = {}
    rows = [*(payload.get("targets") or []), *planned_years(payload, series, end)]
    for row in rows:
        target = row if "until" in row else _as_target(row)
        begun = date.fromisoformat(target["from"]).toordinal() <= start.toordinal() + 1
        until = date.fromisoformat(target["until"])
        if target["series"] == series and target.get("segment", "all") == "all" and begun and until <= end:
            height = base + float(target["amount"]) - float(target.get("already") or 0.0)
            name = clipped(plain(target["name"]), NAME * font_size(), font_size())
            text = f"{name}: {chance_cells(target)[0]}"
            # Of the plans that end on one day the one that began first speaks for them.
            if target["from"] < found.get(until, ("9999", 0.0, ""))[0]:
                found[until] = (target["from"], height, text)
    return [(until, height, text) for until, (_, height, text) in sorted(found.items())]


def _as_target(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a year of the plan as a target."""
    named = {"name": f"plan of {row['name']}", "amount": row["plan"], "already": row["actual"]}
    return dict(row) | named | {"from": row["start"], "until": row["end"]}


def _mark(
    axes: Axes, x: float, height: float, text: str, days: Sequence[float], top: Sequence[float], colour: str
) -> None:
    """Mark a point by a diamond; its name stands above the fan, joined by a line."""
    left, end = axes.get_xlim()
    width = end - left
    right = x > left + 0.4 * width
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


def _lowest(periods: Sequence[Mapping[str, Any]], when: str) -> int:
    """Return the place of the period's end that stands for the month in which the balance is lowest."""
    inside = [i for i, p in enumerate(periods) if str(p["end"]).startswith(when)] or [0]
    return min(inside, key=lambda i: float(periods[i]["balance"]["p50"]))


def _below(known: Mapping[str, Any], scale: Scale) -> str:
    """Say how likely the balance falls below its floor, and when it does so first; "" without a floor."""
    floor, chance = known.get("floor"), known.get("chance_below_floor")
    if floor is None or chance is None:
        return ""
    edge = f"the floor of {scale.exact(floor, 2)}" if floor else "zero"
    if not chance:
        return f"The balance falls below {edge} in no trial"
    first = known.get("first_month_below")
    when = f", mostly first in {month(f'{first}-01')}" if first else ""
    return f"Balance below {edge}: {percent(chance)}{when}"
