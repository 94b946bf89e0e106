"""Choose what charts show, and lay their cells out: a fan, a ladder of months, a waterfall, funnels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate, pairwise
from typing import Any, Final

from simulator.report.colours import DOWN, INK, PALETTES, PLAN, SOURCES, UP
from simulator.report.months import PARTS
from simulator.report.past import past_months, past_path, plan_path
from simulator.report.tables import period_noun
from simulator.report.workbook.columns import TEXT, columns, money
from simulator.report.workbook.sheet import Chart, Layer, Table, Value
from simulator.words import Scale, day, has_interval, month, period_name, scale_of

FAN: Final = ("p2.5", "p10", "p25", "p75", "p90", "p97.5")
"""Edges of the shades."""
Stats = Mapping[str, Any]


def fan(payload: Mapping[str, Any], series: str) -> Chart | None:
    """Return a series added up after what has come, or the balance, in shades of 5, 8 and 9.5 chances in 10.

    Args:
        payload: forecast.json.
        series: `balance`, or one that adds up.
    """
    level = series == "balance"
    points = [p for p in payload.get("periods" if level else "cumulative") or [] if p.get(series)]
    if not points or not all(has_interval(p[series]) for p in points):
        return None
    ends = [date.fromisoformat(p["end"]) for p in points]
    as_of = date.fromisoformat(payload["as_of"])
    first = points[0][series]
    start = payload["balance"]["opening"] if level else float(first.get("already") or 0.0)
    past = [] if level else past_path(payload, series, start)
    came = dict(past) | {as_of: start}
    plan = {} if level else dict(plan_path(payload, series, start, ends[-1]))
    floor = payload["balance"].get("floor") if level else None
    days = sorted({*came, *ends})
    known = dict(zip(ends, (p[series] for p in points), strict=True))
    rows = []
    for when in days:
        edges = [known[when][q] for q in FAN] if when in known else [came[when]] * len(FAN)
        middle = known[when]["p50"] if when in known else came[when] if when == as_of else None
        rows.append(
            [_end_name(payload, when), came.get(when), edges[0], *(b - a for a, b in pairwise(edges)),
             middle, floor if level else plan.get(when)]
        )  # fmt: skip
    palette = PALETTES[series]
    heads = ("came", "from", "to 90 % chance of more", "to 75 %", "5 chances in 10", "8 in 10", "9.5 in 10",
             "middle", "floor" if level else "plan")  # fmt: skip
    head = [*columns(TEXT, "until the end of"), *columns(money(str(payload["currency"])), *heads)]
    shades = (palette.wide, palette.likely, palette.core, palette.likely, palette.wide)
    layers = [Layer(2, told=False)]
    layers += [Layer(3 + i, shade, told=i >= 2) for i, shade in enumerate(shades)]
    layers += [Layer(8, palette.line, line=True)]
    layers += [Layer(1, INK, line=True)] if len(came) > 1 else []
    layers += [Layer(9, PLAN, line=True)] if any(row[9] is not None for row in rows) else []
    scale = scale_of(payload)
    what = "The balance in the bank" if level else f"{series.capitalize()} added up"
    title = f"{what}, {scale.name}"
    return Chart(title, Table(f"Fan_{series}", head, rows, title), "area", layers, scale)


def ladder(payload: Mapping[str, Any], series: str) -> Chart | None:
    """Return what each period is made of on average, from sure to unsure, and its plan."""
    periods = payload.get("periods") or []
    if not any((p.get("parts") or {}).get(series) for p in periods):
        return None
    past = past_months(payload, series) if period_noun(payload) == "month" else []
    named = [*(row for row, _ in past), *periods]
    parts = [{"actual": amount} for _, amount in past]
    parts += [(p.get("parts") or {}).get(series) or {} for p in periods]
    plans = [row["plan"] for row, _ in past]
    plans += [((p.get("plan") or {}).get(series) or {}).get("amount") for p in periods]
    sources = [s for s in PARTS if any(p.get(s) for p in parts)]
    rows = [
        [_name(payload, one), *(p.get(s) for s in sources), plan]
        for one, p, plan in zip(named, parts, plans, strict=True)
    ]
    kind = money(str(payload["currency"]))
    head = [*columns(TEXT, "period"), *columns(kind, *(PARTS[s] for s in sources), "plan")]
    layers = [Layer(1 + i, SOURCES[s]) for i, s in enumerate(sources)]
    layers += [Layer(len(head) - 1, PLAN, line=True, marks=True)] if any(plans) else []
    scale = scale_of(payload)
    title = f"What {series} are made of, averages, {scale.name}"
    return Chart(title, Table(f"Ladder_{series}", head, rows, title), "column", layers, scale)


def waterfall(
    name: str, title: str, steps: Sequence[tuple[str, float, str, bool]], scale: Scale, currency: str,
    colour: str,
) -> Chart:  # fmt: skip
    """Return a walk from level to level: each step begins where the one before it ends.

    Args:
        name: of its table.
        title: above it.
        steps: name, amount, the amount as it is printed, whether it is a level; where "" is printed, the step
            is walked but not shown.
        scale: of its axis.
        currency: of its amounts.
        colour: of the levels.
    """
    ends = list(accumulate(steps, lambda at, step: step[1] if step[3] else at + step[1], initial=0.0))
    rows: list[list[Value]] = []
    colours = []
    for (before, after), (label, amount, text, is_level) in zip(pairwise(ends), steps, strict=True):
        low, high = sorted((0.0 if is_level else before, after))
        # Above and below zero bars are stacked apart: what carries a bar stands on its own side.
        carries = low if low > 0 else min(high, 0.0)
        above, below = max(high, 0.0) - max(low, 0.0), min(low, 0.0) - min(high, 0.0)
        if text:
            rows.append([label, amount, carries, above, below, max(high, 0.0), text])
            colours.append(colour if is_level else UP if amount >= 0 else DOWN)
    heads = ("amount", "begins at", "above zero", "below zero", "top")
    head = [*columns(TEXT, "step"), *columns(money(currency), *heads), *columns(TEXT, "as printed")]
    layers = [
        Layer(2, told=False),
        Layer(3, told=False, colours=colours),
        Layer(4, told=False, colours=colours),
        Layer(5, line=True, told=False),
    ]
    table = Table(name, head, rows, title)
    return Chart(title, table, "column", layers, scale, says=6, begins=_axis_begin(ends[1:]))


def _axis_begin(levels: Sequence[float]) -> float | None:
    """Return where an axis begins on which small steps between large levels can be seen."""
    low, high = min(levels), max(levels)
    if not 0 < high - low < low / 2:
        return None
    step = 10.0 ** math.floor(math.log10(high - low))
    return step * math.floor((low - (high - low) / 2) / step)


def _name(payload: Mapping[str, Any], period: Mapping[str, Any]) -> str:
    """Name a period below its column: a week by its last day, for which there is room."""
    if period_noun(payload) == "week":
        return day(period["end"])
    return period_name(period.get("name", ""), period["start"], period["end"], period.get("whole", True))


def _end_name(payload: Mapping[str, Any], when: date) -> str:
    """Name the end of a period: that of a month by its name."""
    ends_month = (when + timedelta(days=1)).day == 1
    return month(when) if ends_month and period_noun(payload) == "month" else day(when)
