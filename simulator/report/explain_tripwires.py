"""Say what to have by when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simulator.report.explain_words import DONE, aim_name
from simulator.report.layout import NOTHING, WIDTH, table, wrapped
from simulator.words import Scale, day, percent

LOW, EVEN, HIGH = 0.1, 0.5, 0.9


def lines(payload: Mapping[str, Any], scale: Scale) -> list[str]:
    """Return what a person reads of it.

    Args:
        payload: explain.json.
        scale: in which amounts are written.
    """
    dates, aim = payload["tripwires"]["dates"], payload["aim"]
    if aim["amount"] is None:
        return ["What to have by when is told of what is to be reached: --target NAME or --amount 6M"]
    if not dates:
        return []
    done, name = DONE[aim["series"]], aim_name(aim, scale)
    found = [f"What to have {done} by when, for {name}"]
    for text in _sentences(max(dates, key=lambda one: len(one["at"])), done, name, scale):
        found += wrapped(text, first="  ", then="  ")
    header = ["by", "under 10 % below", "even from", "over 90 % from", "8 chances in 10 then"]
    rows = [
        [day(one["by"]), *(_amount(one, level, scale) for level in (LOW, EVEN, HIGH)), _range(one, scale)]
        for one in dates
    ]
    found += ["  " + line for line in table(header, rows, columns=WIDTH - 2)]
    if any(NOTHING in row for row in rows):
        found.append(f"  {NOTHING} no amount that is seen by then tells so much")
    return found


def _sentences(one: Mapping[str, Any], done: str, name: str, scale: Scale) -> Iterator[str]:
    """Say the amounts of one day."""
    low, even, high = (_amount(one, level, scale) for level in (LOW, EVEN, HIGH))
    parts = [f"below {low} the chance of {name} is under 10 %"] if low != NOTHING else []
    parts += [f"from {high} on it is over 90 %"] if high != NOTHING else []
    when = f"By {day(one['by'])}"
    if even != NOTHING:
        share = next(at["share_above"] for at in one["at"] if at["chance"] == EVEN)
        parts = [f"have {even} {done}, as {percent(share)} of futures do, and it is as likely as not", *parts]
    yield f"{when} {'; '.join(parts)}."


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
