"""Say what the good years share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.report.explain_concentration import label
from simulator.report.explain_words import aim_name
from simulator.report.layout import WIDTH, Grid, wrapped
from simulator.words import Scale, day, percent, plain


def lines(payload: Mapping[str, Any], scale: Scale) -> list[str]:
    """Return what a person reads of it.

    Args:
        payload: explain.json.
        scale: in which amounts are written.
    """
    if not payload["good_years"]["looked_at"]:
        return []
    shown = grid(payload, scale)
    if not shown.rows:
        return [nothing(payload, scale)]
    return [*shown.lines(WIDTH), *wrapped(note(payload), first="  ", then="  ")]


def nothing(payload: Mapping[str, Any], scale: Scale) -> str:
    """Say that the good years share nothing."""
    return f"Nothing that was looked at sets {_which(payload, scale).rstrip(',')} apart"


def grid(payload: Mapping[str, Any], scale: Scale) -> Grid:
    """Return what is true in more of the good years than in others, and how often."""
    shared, aim = payload["good_years"]["shared"], payload["aim"]
    rows = [["  " + _words(one, aim), *map(percent, (one["in_good"], one["overall"]))] for one in shared]
    return Grid([f"What {_which(payload, scale)} share", "in these", "in all"], rows)


def note(payload: Mapping[str, Any]) -> str:
    """Say how sure the list is, and what it does not tell."""
    return (
        f"Of {payload['good_years']['looked_at']:,} things that were looked at; where nothing is shared, the "
        "list is empty 99 times in 100. They go together; which is the cause, this does not tell."
    )


def _which(payload: Mapping[str, Any], scale: Scale) -> str:
    """Name the good years."""
    aim = payload["aim"]
    if payload["good_years"]["good"] == "reached":
        return f"the futures that reach {aim_name(aim, scale)}"
    return f"the best quarter of futures, by {aim['series']} until {day(aim['until'])},"


def _words(one: Mapping[str, Any], aim: Mapping[str, Any]) -> str:
    """Say what is true in more of the good years than in others."""
    whose = "" if one.get("segment", "all") == "all" else f" of {plain(one['segment'], 30)}"
    if one["kind"] == "deal":
        return f"{label(one)} is won by {day(aim['until'])}"
    if one["kind"] == "won":
        return f"at least {one['at_least']:,} of today's deals are won by {day(one['by'])}"
    if one["kind"] == "arrivals":
        return f"at least {one['at_least']:,} new deals{whose} arrive by {day(one['by'])}"
    year, quarter = str(one["quarter"]).split("-")
    return f"a good market{whose} in {quarter} {year}, among the best third"
