"""Say what to have by when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simulator.report.explain_words import DONE, aim_name
from simulator.report.layout import NOTHING, WIDTH, table, wrapped
from simulator.words import Scale, day, percent


def tripwire_lines(payload: Mapping[str, Any], scale: Scale) -> list[str]:
    """Return what a person reads of the amounts on the way at which the chance turns.

    Args:
        payload: explain.json.
        scale: in which amounts are written.
    """
    dates, aim = payload["tripwires"]["dates"], payload["aim"]
    if not dates:
        return []
    done, name = DONE[aim["series"]], aim_name(aim, scale)
    lines = [f"What to have {done} by when, for {name}"]
    telling = max(dates, key=lambda one: len(one["at"]))
    for text in _sentences(telling, done, name, scale):
        lines += wrapped(text, first="  ", then="  ")
    header = ["by", "under 10 % below", "even from", "over 90 % from", "most likely then"]
    rows = [[day(one["by"]), *(_amount(one, level, scale) for level in (0.1, 0.5, 0.9)), _range(one, scale)]
            for one in dates]  # fmt: skip
    lines += ["  " + line for line in table(header, rows, columns=WIDTH - 2)]
    if any(NOTHING in row for row in rows):
        lines.append(f"  {NOTHING} no amount that is seen by then tells so much")
    return lines


def _sentences(one: Mapping[str, Any], done: str, name: str, scale: Scale) -> Iterator[str]:
    """Say the first day's amounts."""
    low, even, high = (_amount(one, level, scale) for level in (0.1, 0.5, 0.9))
    parts = []
    if even != NOTHING:
        share = next(at["share_above"] for at in one["at"] if at["chance"] == 0.5)
        yield (
            f"By {day(one['by'])} have {even} {done}, as {percent(share)} of futures do: from there on {name} is "
            "more likely than not."
        )
    parts += [f"below {low} its chance is under 10 %"] if low != NOTHING else []
    parts += [f"from {high} on it is over 90 %"] if high != NOTHING else []
    if parts:
        text = "; ".join(parts)
        yield f"{text[0].upper()}{text[1:]}."


def _amount(one: Mapping[str, Any], level: float, scale: Scale) -> str:
    """Write the amount of a chance, no finer than it is known."""
    for at in one["at"]:
        if at["chance"] == level:
            ends = [end for end in (at["from"], at["to"]) if end is not None]
            error = max(abs(end - at["amount"]) for end in ends) if ends else abs(at["amount"]) / 10
            size = abs(at["amount"])
            return scale.fitting({"p50": size, "p90": size, "error": {"mean": error}}).said(at["amount"])
    return NOTHING


def _range(one: Mapping[str, Any], scale: Scale) -> str:
    return f"{scale.number(one['p10'])}–{scale.number(one['p90'])}"
