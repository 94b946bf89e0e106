"""Read off a forecast what came before the as-of day and what was planned, month by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

Point = tuple[date, float]
_DAY: Final = timedelta(days=1)


def year_start(payload: Mapping[str, Any]) -> date:
    """Return the day from which sums count: the fiscal year's first, where it lies before the as-of day."""
    as_of = date.fromisoformat(payload["as_of"])
    years = (f["start"] for f in payload.get("fiscal") or [] if str(f["name"]).startswith("FY"))
    return min((date.fromisoformat(start) for start in years), default=as_of + _DAY)


def planned_months(payload: Mapping[str, Any], series: str) -> Sequence[Mapping[str, Any]]:
    """Return the months of the company's plan that follow one another from the first on."""
    rows = _rows(payload, series, "month")
    for place, (row, after) in enumerate(pairwise(rows)):
        if date.fromisoformat(after["start"]) != date.fromisoformat(row["end"]) + _DAY:
            return rows[: place + 1]
    return rows


def plan_path(payload: Mapping[str, Any], series: str, base: float, until: date) -> list[Point]:
    """Return the plan added up, by the ends of its months; empty where it does not begin with the sums.

    Args:
        payload: forecast.json.
        series: which one.
        base: what has come by the as-of day, on top of which a plan stands that begins after it.
        until: last day to look at.
    """
    rows, as_of = planned_months(payload, series), date.fromisoformat(payload["as_of"])
    if not rows:
        return []
    first = date.fromisoformat(rows[0]["start"])
    if first not in (year_start(payload), as_of + _DAY):
        return []
    path = [(first - _DAY, base if first > as_of else 0.0)]
    for row in rows:
        if (end := date.fromisoformat(row["end"])) <= until:
            path.append((end, path[-1][1] + float(row["plan"])))
    return path if len(path) > 1 else []


def past_months(payload: Mapping[str, Any], series: str) -> list[tuple[Mapping[str, Any], float]]:
    """Return the whole months of this fiscal year that have passed, with what came in each.

    The plan's rows tell it; where they leave out a part of what has come by the as-of day, nothing is told.
    """
    as_of, points = date.fromisoformat(payload["as_of"]), payload.get("cumulative") or []
    rows = [r for r in planned_months(payload, series) if date.fromisoformat(r["start"]) <= as_of]
    if not rows or date.fromisoformat(rows[0]["start"]) != year_start(payload):
        return []
    known = float(((points[0] if points else {}).get(series) or {}).get("already") or 0.0)
    if abs(sum(float(r["actual"]) for r in rows) - known) > 1e-6 * abs(known) + 0.01:
        return []
    return [(r, float(r["actual"])) for r in rows if date.fromisoformat(r["end"]) <= as_of]


def past_path(payload: Mapping[str, Any], series: str, base: float) -> list[Point]:
    """Return what has come since the fiscal year's start, added up, to the as-of day; empty if not known."""
    months, as_of = past_months(payload, series), date.fromisoformat(payload["as_of"])
    if not months:
        return []
    path = [(year_start(payload) - _DAY, 0.0)]
    for row, amount in months:
        path.append((date.fromisoformat(row["end"]), path[-1][1] + amount))
    return path if path[-1][0] == as_of else [*path, (as_of, base)]


def planned_years(payload: Mapping[str, Any], series: str, until: date) -> list[Mapping[str, Any]]:
    """Return the company's plan of the fiscal years that run on the as-of day's morrow and end by a day."""
    morrow = date.fromisoformat(payload["as_of"]) + _DAY

    def runs(row: Mapping[str, Any]) -> bool:
        first, last = date.fromisoformat(row["start"]), date.fromisoformat(row["end"])
        return first <= morrow <= last <= until

    return [row for row in _rows(payload, series, "year") if runs(row)]


def _rows(payload: Mapping[str, Any], series: str, kind: str) -> list[Mapping[str, Any]]:
    rows = payload.get("plan") or []
    chosen = [r for r in rows if (r["series"], r["segment"], r["period"]) == (series, "all", kind)]
    return sorted(chosen, key=lambda r: str(r["start"]))
