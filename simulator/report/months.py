"""Lay out what each period is made of, from sure to unsure, as tables and figures show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from simulator.records import dataclass
from simulator.report.layout import rounded_to_sum
from simulator.report.past import past_months
from simulator.report.walk import IN_BOTH
from simulator.words import Scale, complete_periods, day, has_interval, headline_period, month, plain

PARTS: Final = {
    "actual": "so far",
    "backlog": "backlog",
    "receivables": "invoices",
    "open": "open",
    "new": "new",
    "renewals": "renewals",
}
"""What people call the sources of money, in the order from sure to unsure."""


@dataclass(frozen=True)
class Made:
    """What a series brings in one period, and of what it is made.

    Attributes:
        period: its name, start and end, as forecast.json or the plan's rows have them.
        parts: averages by source, in the order of PARTS.
        average: of the whole.
        stats: of the whole; None for what has passed.
        plan: its amount, and its chance where it is not past; None without one.
        total: whether it is a quarter or a year that other periods lie in.
    """

    period: Mapping[str, Any]
    parts: Mapping[str, float]
    average: float
    stats: Mapping[str, Any] | None = None
    plan: Mapping[str, Any] | None = None
    total: bool = False

    @property
    def ends(self) -> tuple[float, float] | None:
        """Low and high, None where it is certain or too few trials tell them."""
        if self.stats is None or self.stats.get("certain") or not has_interval(self.stats):
            return None
        return float(self.stats["p10"]), float(self.stats["p90"])


def made(payload: Mapping[str, Any], series: str) -> list[Made]:
    """Return the months of this fiscal year that have passed, where known, and the periods to come."""
    past = past_months(payload, series) if _monthly(payload) else []
    found = [Made(row, {"actual": came}, came, plan={"amount": row["plan"]}) for row, came in past]
    return found + [_made(payload, p, series) for p in payload.get("periods") or [] if p.get(series)]


def made_totals(payload: Mapping[str, Any], series: str) -> list[Made]:
    """Return the fiscal quarters and years that are covered to their end."""
    return [_made(payload, p, series, total=True) for p in complete_periods(payload) if p.get(series)]


def printed(parts: Mapping[str, float], average: float, scale: Scale) -> dict[str, str]:
    """Write parts so that what is printed adds up to the printed average."""
    if not parts:
        return {}
    kept = [place for place, source in enumerate(parts) if source in IN_BOTH]
    rounded = rounded_to_sum(list(parts.values()), average, scale, kept)
    return {source: scale.number(amount) for source, amount in zip(parts, rounded, strict=True)}


def average_of(payload: Mapping[str, Any], period: Mapping[str, Any], series: str) -> float:
    """Return the average of a series in a period; that of the headline's bookings is the walk's, exact."""
    walk = payload.get("walk") or []
    headline = period["name"] == headline_period(payload)["name"]
    if series == "bookings" and headline and len(walk) > 1:
        return float(walk[-1]["amount"])
    return float(period[series]["mean"])


def short_name(period: Mapping[str, Any]) -> str:
    """Name a period where there is little room: `Dec 2026`, a week by its end, `P03 FY2027`."""
    if " FY" in period.get("name", ""):
        return plain(period["name"], 20)
    return day(period["end"]) if length(period) < 27 else month(period["end"])


def length(period: Mapping[str, Any]) -> int:
    """Return the days of a period."""
    return (date.fromisoformat(period["end"]) - date.fromisoformat(period["start"])).days + 1


def sources(every: Sequence[Made]) -> list[str]:
    """Return the sources that bring anything."""
    return [source for source in PARTS if any(one.parts.get(source) for one in every)]


def _made(payload: Mapping[str, Any], period: Mapping[str, Any], series: str, total: bool = False) -> Made:
    known = (period.get("parts") or {}).get(series) or {}
    parts = {source: float(known[source]) for source in PARTS if source in known}
    average = average_of(payload, period, series) if total else float(period[series]["mean"])
    return Made(period, parts, average, period[series], (period.get("plan") or {}).get(series), total)


def _monthly(payload: Mapping[str, Any]) -> bool:
    """Tell whether the periods are months, so that months of the past stand beside them."""
    lengths = [length(p) for p in payload.get("periods") or [] if p.get("whole", True)]
    return bool(lengths) and 27 < sum(lengths) / len(lengths) < 36
