"""Choose the periods and targets of a forecast that people are told about first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from simulator.words.text import day, days, plain


def headline_period(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fiscal period that the headline is about; where none is covered, the whole horizon.

    The horizon's `name` is "", and its `plan` empty.
    """
    for period in complete_periods(payload):
        if period["name"] == payload.get("headline_period"):
            return dict(period)
    periods = payload.get("periods") or [{"start": payload["as_of"], "end": payload["as_of"]}]
    ends = {"name": "", "start": periods[0]["start"], "end": periods[-1]["end"], "plan": {}}
    return ends | dict(payload.get("totals") or {})


def complete_periods(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the fiscal periods that the forecast covers to their end."""
    return [p for p in payload.get("fiscal") or [] if p.get("complete", True)]


def period_name(name: str, start: str | date, end: str | date, whole: bool = True) -> str:
    """Name a period of the books by its name, `P03 FY2027`; one cut short, and everybody's, by its days."""
    return plain(name, 20) if whole and " FY" in name else days(start, end)


def headline_name(period: Mapping[str, Any]) -> str:
    """Name the headline's period: `FY2027`, or `until 31 Dec 2027` where no year of the books is covered."""
    return plain(period["name"], 20) or f"until {day(period['end'])}"


def of_headline(period: Mapping[str, Any]) -> str:
    """Say of which period something is: `of FY2027`, or `until 31 Dec 2027`."""
    return f"{'of ' * bool(period['name'])}{headline_name(period)}"


def loose_targets(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the targets that are the plan of no fiscal period, and so stand in no table."""
    plans = {plan.get("name") for p in complete_periods(payload) for plan in (p.get("plan") or {}).values()}
    return [t for t in payload.get("targets") or [] if t["name"] not in plans]
