"""Say what to have by when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.report.explain_words import DONE, aim_name
from simulator.report.layout import NOTHING, WIDTH, Grid, wrapped
from simulator.words import Scale, day, percent

LOW, EVEN, HIGH = 0.1, 0.5, 0.9


def lines(payload: Mapping[str, Any], scale: Scale) -> list[str]:
    """Return what a person reads of it.

    Args:
        payload: explain.json.
        scale: in which amounts are written.
    """
    if payload["aim"]["amount"] is None:
        return ["What to have by when is told of what is to be reached: --target NAME or --amount 6M"]
    if not payload["tripwires"]["dates"]:
        return []
    shown = grid(payload, scale)
    found = [title(payload, scale), *wrapped(said(payload, scale), first="  ", then="  ")]
    found += ["  " + line for line in shown.lines(WIDTH - 2)]
    return [*found, *(f"  {line}" for line in [note(shown)] if line)]


def title(payload: Mapping[str, Any], scale: Scale) -> str:
    """Say what is asked."""
    return f"What to have {DONE[payload['aim']['series']]} by when, for {aim_name(payload['aim'], scale)}"


def said(payload: Mapping[str, Any], scale: Scale) -> str:
    """Say the amounts of the day that tells most."""
    one = max(payload["tripwires"]["dates"], key=lambda one: len(one["at"]))
    done, name = DONE[payload["aim"]["series"]], aim_name(payload["aim"], scale)
    low, even, high = (_amount(one, level, scale) for level in (LOW, EVEN, HIGH))
    parts = [f"below {low} the chance of {name} is under 10 %"] if low != NOTHING else []
    parts += [f"from {high} on it is over 90 %"] if high != NOTHING else []
    if even != NOTHING:
        share = next(at["share_above"] for at in one["at"] if at["chance"] == EVEN)
        parts = [f"have {even} {done}, as {percent(share)} of futures do, and it is as likely as not", *parts]
    return f"By {day(one['by'])} {'; '.join(parts)}."


def grid(payload: Mapping[str, Any], scale: Scale) -> Grid:
    """Return the amounts by when at which the chance turns."""
    header = ["by", "under 10 % below", "even from", "over 90 % from", "8 chances in 10 then"]
    rows = [
        [day(one["by"]), *(_amount(one, level, scale) for level in (LOW, EVEN, HIGH)), _range(one, scale)]
        for one in payload["tripwires"]["dates"]
    ]
    return Grid(header, rows)


def note(shown: Grid) -> str:
    """Say what a missing amount means, "" where none is missing."""
    missing = any(NOTHING in row for row in shown.rows)
    return f"{NOTHING} no amount that is seen by then tells so much" if missing else ""


def _amount(one: Mapping[str, Any], level: float, scale: Scale) -> str:
    """Write the amount of a chance, no finer than it is known."""
    for at in one["at"]:
        if at["chance"] == level:
            ends = [end for end in (at["from"], at["to"]) if end is not None]
            size = abs(at["amount"])
            error = max(abs(end - at["amount"]) for end in ends) if ends else size / 10
            return scale.fitting({"p50": size, "p90": size, "error": {"mean": error}}).said(at["amount"])
    return NOTHING


def _range(one: Mapping[str, Any], scale: Scale) -> str:
    return f"{scale.number(one['p10'])}–{scale.number(one['p90'])}"
