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
from simulator.words import Scale, headline_name, headline_period

DOTS: Final = 20
_COLUMNS: Final = 13
_RADIUS: Final = 8.0
_HEIGHT: Final = 190.0
_TOP: Final = 22.0


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
    title = f"Bookings of {headline_name(period)} as twenty dots, each one chance in twenty"
    note = f"{scale.name}."
    if plan:
        reached = sum(value >= plan["amount"] for value in values)
        share = f"{reached} of 20 dots" if reached else "None of the dots"
        note = f"{share} {'reaches' if reached < 2 else 'reach'} the plan: the full ones. {scale.name}."
    svg = _drawn(values, float(plan["amount"]) if plan else None, scale)
    return Picture(svg, f"{title}. {note}", title, note, half=True)


def twenty(curve: Sequence[float]) -> list[float]:
    """Return the middles of twenty equal chances, from 199 quantiles."""
    return [float(curve[round((dot + 0.5) / DOTS * (len(curve) + 1)) - 1]) for dot in range(DOTS)]


def _drawn(values: Sequence[float], plan: float | None, scale: Scale) -> Markup:
    low, high = values[0], values[-1]
    near = plan is not None and low - (high - low) / 2 <= plan <= high + (high - low) / 2
    if plan is not None and near:
        low, high = min(low, plan), max(high, plan)
    # Columns begin at the plan, so that dots stand on the side of it where their amounts lie.
    width = (high - low) / (_COLUMNS - 1)
    start = plan if plan is not None and near else low - width / 2
    columns = [floor((value - start) / width + 1e-9) for value in values]
    first, last = min(*columns, 0 if near else columns[0]), max(*columns, -1 if near else columns[-1])
    x = Axis(start + first * width, start + (last + 1) * width)
    pitch = min(2 * _RADIUS + 1, (_HEIGHT - _TOP) / max(Counter(columns).values()))
    drawing = Drawing(_HEIGHT + 22)
    drawing.line((0, _HEIGHT), (WIDTH, _HEIGHT), "zero")
    for place in ticks(x.low, x.high, 5):
        drawing.line((x(place), _HEIGHT), (x(place), _HEIGHT + 4), "tick")
        drawing.text((x(place), _HEIGHT + 18), scale.exact(place), "tick", "middle")
    stacked: Counter[int] = Counter()
    for value, column in zip(values, columns, strict=True):
        middle = x(start + (column + 0.5) * width)
        css = "dot" if plan is None or value >= plan else "dot below"
        centre = (middle, _HEIGHT - pitch * (stacked[column] + 0.5) - 1)
        drawing.circle(centre, pitch / 2 - 1, css, scale.exact(value))
        stacked[column] += 1
    if plan is not None:
        text = f"plan {scale.exact(plan)}"
        if near:
            drawing.line((x(plan), 16), (x(plan), _HEIGHT), "line plan")
            drawing.text((x(plan), 11), text, "label plan", anchored(x(plan)))
        elif plan > high:
            drawing.text((WIDTH, 11), f"{text} →", "label plan", "end")
        else:
            drawing.text((0, 11), f"← {text}", "label plan")
    return drawing.svg("dots")
