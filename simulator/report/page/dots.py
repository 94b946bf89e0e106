"""Draw an amount that is not known yet as twenty dots, each of them one chance in twenty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import floor
from typing import Final

from markupsafe import Markup

from simulator.report.blocks import Picture
from simulator.report.captions import has_bands
from simulator.report.page.drawing import WIDTH, Axis, Drawing, anchored, ticks
from simulator.report.results import Results
from simulator.words import Scale, headline_period, of_headline

DOTS: Final = 20
_COLUMNS: Final = 11
_RADIUS, _HIGHEST, _TOP = 11.0, 190.0, 26.0
"""Pixels of a dot, of the highest column, and above it."""


def dots(results: Results) -> Picture | None:
    """Return the bookings of the headline's period as twenty dots; None where nothing of them is open."""
    period = headline_period(results.forecast)
    stats = period.get("bookings") or {}
    if not stats.get("curve") or stats.get("certain") or not has_bands(results.forecast):
        return None
    values = twenty(stats["curve"])
    if values[0] == values[-1]:
        return None
    plan, scale = (period.get("plan") or {}).get("bookings"), results.scale
    title = f"Bookings {of_headline(period)} as twenty dots, each one chance in twenty"
    note = unit = f"{scale.name[0].upper()}{scale.name[1:]}."
    if plan:
        reached = sum(value >= plan["amount"] for value in values)
        share = f"{reached} of 20 dots" if reached else "None of the dots"
        note = f"{share} {'reaches' if reached < 2 else 'reach'} the plan: the full ones. {unit}"
    svg = _drawn(values, float(plan["amount"]) if plan else None, scale)
    return Picture(svg, f"{title}. {note}", title, note, half=True)


def twenty(curve: Sequence[float]) -> list[float]:
    """Return the middles of twenty equal chances, from 199 quantiles."""
    return [float(curve[round((dot + 0.5) / DOTS * (len(curve) + 1)) - 1]) for dot in range(DOTS)]


def _drawn(values: Sequence[float], plan: float | None, scale: Scale) -> Markup:
    low, high = values[0], values[-1]
    reach = (high - low) / 2
    near = plan is not None and low - reach <= plan <= high + reach
    start = plan if plan is not None and near else low
    # Columns begin at the plan, so that dots stand on the side of it where their amounts lie.
    width = (max(high, start) - min(low, start)) / (_COLUMNS - 1)
    places = [floor((value - start) / width + 1e-9) for value in values]
    x = Axis(start + min(places[0], 0) * width, start + max(places[-1] + 1, 0) * width)
    highest = max(Counter(places).values())
    pitch = min(2.0 * _RADIUS + 1, _HIGHEST / highest)
    ground = _TOP + pitch * highest + 2
    drawing = Drawing(ground + 22)
    drawing.line((0, ground), (WIDTH, ground), "zero")
    for amount in ticks(x.low, x.high, 5):
        drawing.line((x(amount), ground), (x(amount), ground + 4), "tick")
        drawing.text((x(amount), ground + 18), scale.exact(amount), "tick", "middle")
    stacked: Counter[int] = Counter()
    for value, place in zip(values, places, strict=True):
        centre = (x(start + (place + 0.5) * width), ground - pitch * (stacked[place] + 0.5) - 1)
        css = "dot" if plan is None or value >= plan else "dot below"
        drawing.circle(centre, pitch / 2 - 1, css, scale.exact(value))
        stacked[place] += 1
    if plan is not None:
        _plan(drawing, plan, x, ground, scale)
    return drawing.svg("dots")


def _plan(drawing: Drawing, plan: float, x: Axis, ground: float, scale: Scale) -> None:
    """Mark the plan, or say on which side it lies where it is far away."""
    text = f"plan {scale.exact(plan)}"
    if plan > x.high:
        drawing.text((WIDTH, 11), f"{text} →", "label plan", "end")
    elif plan < x.low:
        drawing.text((0, 11), f"← {text}", "label plan")
    else:
        drawing.line((x(plan), 16), (x(plan), ground), "line plan")
        drawing.text((x(plan), 11), text, "label plan", anchored(x(plan)))
