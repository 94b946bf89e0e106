"""Say what the good years share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.report.explain_concentration import label
from simulator.report.explain_words import aim_name
from simulator.report.layout import WIDTH, table, wrapped
from simulator.words import Scale, day, percent, plain


def lines(payload: Mapping[str, Any], scale: Scale) -> list[str]:
    """Return what a person reads of it.

    Args:
        payload: explain.json.
        scale: in which amounts are written.
    """
    found, aim = payload["good_years"], payload["aim"]
    if not found["looked_at"]:
        return []
    if found["good"] == "reached":
        which = f"the futures that reach {aim_name(aim, scale)}"
    else:
        which = f"the best quarter of futures, by {aim['series']} until {day(aim['until'])},"
    if not found["shared"]:
        return [f"Nothing that was looked at sets {which.rstrip(',')} apart"]
    rows = [
        ["  " + _words(one, aim), *map(percent, (one["in_good"], one["overall"]))] for one in found["shared"]
    ]
    note = (
        f"Of {found['looked_at']:,} things that were looked at; where nothing is shared, the list is empty "
        "99 times in 100. They go together; which is the cause, this does not tell."
    )
    return [
        *table([f"What {which} share", "in these", "in all"], rows, columns=WIDTH),
        *wrapped(note, first="  ", then="  "),
    ]


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
