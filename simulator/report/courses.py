"""Lay out the course of money over time, past and to come, as any drawing of it shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from simulator.records import dataclass
from simulator.report.captions import SHADES, counted_since, end_names, has_bands, landing, scale_to
from simulator.report.past import Point, past_path, plan_path, planned_years
from simulator.words import Scale, chance_cells, day, month, percent, plain

BANDS: Final = (("wide", "p2.5", "p97.5"), ("likely", "p10", "p90"), ("core", "p25", "p75"))
"""Shades of a fan and the quantiles between which they lie."""


@dataclass(frozen=True)
class Mark:
    """A point with a name.

    Attributes:
        when: its day.
        height: major units.
        name: of any length.
        chance: of a plan, in words; "" for what is none.
        kind: `plan`, or `middle` where it lies on the middle.
    """

    when: date
    height: float
    name: str
    chance: str = ""
    kind: str = "plan"

    def text(self, name: str) -> str:
        """Say what the mark is, by its name cut to the room there is."""
        return ": ".join(filter(None, (name, self.chance)))


@dataclass(frozen=True)
class Course:
    """What comes in, added up, or stands in the bank, from what has happened to what may.

    Attributes:
        series: bookings, revenue, receipts or balance.
        title: what it says.
        meaning: unit, and how to read it.
        scale: of its amounts.
        days: the as-of day and the periods' ends.
        paths: heights on these days by quantile, from p2.5 to p97.5.
        past: what has come before the as-of day, with that day.
        plan: the plan added up.
        floor: below which the balance should not fall.
        so_far: what has come by the as-of day in words, "" where nothing is told of the past.
        marks: points with names.
        ends: (height, text, kind) of what is named at the right edge, as `kind` of marks or `floor`.
    """

    series: str
    title: str
    meaning: str
    scale: Scale
    days: Sequence[date]
    paths: Mapping[str, Sequence[float]]
    past: Sequence[Point] = ()
    plan: Sequence[Point] = ()
    floor: float | None = None
    so_far: str = ""
    marks: Sequence[Mark] = ()
    ends: Sequence[tuple[float, str, str]] = ()

    @property
    def low(self) -> float:
        """The lowest height of all."""
        return min(*self.paths["p2.5"], *self._heights())

    @property
    def high(self) -> float:
        """The highest of all."""
        return max(*self.paths["p97.5"], *self._heights())

    def _heights(self) -> Iterator[float]:
        yield 0.0
        yield from (height for path in (self.past, self.plan) for _, height in path)
        yield from (mark.height for mark in self.marks)
        yield from [] if self.floor is None else [self.floor]


def cumulative(payload: Mapping[str, Any], series: str) -> Course | None:
    """Follow what comes in, added up, after what has come, with its plan and the plans that end inside.

    Returns:
        None where there is nothing to follow, or too few trials to say what is likely.
    """
    points = [p for p in payload.get("cumulative") or [] if p.get(series)]
    if not points or not has_bands(payload):
        return None
    as_of = date.fromisoformat(payload["as_of"])
    days, base, last = (
        _days(payload, points),
        float(points[0][series].get("already") or 0.0),
        points[-1][series],
    )
    past, planned = past_path(payload, series, base), plan_path(payload, series, base, days[-1])
    if not past:
        planned = [point for point in planned if point[0] >= as_of]
    marks = _plans(payload, series, base, days[-1])
    if not (base or planned or marks or any(p[series]["p97.5"] for p in points)):
        return None
    paths = _paths([p[series] for p in points], base)
    heights = [height for _, height in planned] + [mark.height for mark in marks]
    scale = scale_to(payload, max(*paths["p97.5"], *heights, base))
    ends = [(height, text, "middle") for height, text in end_names(last, scale)]
    if planned and planned[-1][0] == days[-1]:
        ends.append((planned[-1][1], f"plan {scale.exact(planned[-1][1])}", "plan"))
    title = landing(f"{series.capitalize()} by {day(days[-1])}", last, scale)
    meaning = f"{scale.name}, {counted_since(payload, series)}; {SHADES}"
    so_far = f"{scale.exact(base, 2)} so far" if past else ""
    return Course(series, title, meaning, scale, days, paths, past, planned, None, so_far, marks, ends)


def balance(payload: Mapping[str, Any]) -> Course | None:
    """Follow the balance in the bank at the periods' ends, with its floor, and when it is lowest.

    Returns:
        None where there is no balance, or too few trials to say what is likely.
    """
    known = payload.get("balance") or {}
    periods = [p for p in payload.get("periods") or [] if p.get("balance")]
    if not known or not periods or not has_bands(payload):
        return None
    days, stats, floor = _days(payload, periods), [p["balance"] for p in periods], known.get("floor")
    paths = _paths(stats, float(known["opening"]))
    scale = scale_to(payload, max(*map(abs, paths["p97.5"]), *map(abs, paths["p2.5"]), floor or 0.0))
    ends = [(height, text, "middle") for height, text in end_names(stats[-1], scale)]
    if floor is not None:
        ends.append((floor, f"floor {scale.exact(floor, 2)}", "floor"))
    place = _lowest(periods, known["trough_month"])
    when = days[place + 1]
    lowest = Mark(when, float(stats[place]["p50"]), f"lowest most often on {day(when)}", kind="middle")
    title = _below(known, scale) or landing(f"Balance on {day(days[-1])}", stats[-1], scale)
    meaning = f"{scale.name} in the bank, by period's end; {SHADES}"
    return Course("balance", title, meaning, scale, days, paths, floor=floor, marks=[lowest], ends=ends)


def _days(payload: Mapping[str, Any], points: Sequence[Mapping[str, Any]]) -> list[date]:
    return [date.fromisoformat(when) for when in (payload["as_of"], *(p["end"] for p in points))]


def _paths(stats: Sequence[Mapping[str, Any]], start: float) -> dict[str, list[float]]:
    quantiles = ["p50", *(q for _, *both in BANDS for q in both)]
    return {q: [start, *(float(s[q]) for s in stats)] for q in quantiles}


def _plans(payload: Mapping[str, Any], series: str, base: float, end: date) -> list[Mark]:
    """Return the plans that the course can be held against: they have begun, and end by a day."""
    start = date.fromisoformat(payload["as_of"])
    found: dict[date, tuple[str, Mark]] = {}
    rows = [*(payload.get("targets") or []), *planned_years(payload, series, end)]
    for row in rows:
        target = row if "until" in row else _as_target(row)
        begun = date.fromisoformat(target["from"]).toordinal() <= start.toordinal() + 1
        until = date.fromisoformat(target["until"])
        if target["series"] == series and target.get("segment", "all") == "all" and begun and until <= end:
            height = base + float(target["amount"]) - float(target.get("already") or 0.0)
            mark = Mark(until, height, plain(target["name"]), chance_cells(target)[0])
            # Of the plans that end on one day the one that began first speaks for them.
            if until not in found or target["from"] < found[until][0]:
                found[until] = target["from"], mark
    return [mark for _, (_, mark) in sorted(found.items())]


def _as_target(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a year of the plan as a target."""
    named = {"name": f"plan of {row['name']}", "amount": row["plan"], "already": row["actual"]}
    return dict(row) | named | {"from": row["start"], "until": row["end"]}


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
