"""Tell what each assumption does, moved down and up alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from simulator.report.layout import WIDTH, table, wrapped
from simulator.words import Scale, chance_cells

NAMES: Final[Mapping[str, str]] = {
    "odds": "odds to win",
    "price": "final prices",
    "slip": "slip of stated close dates",
    "stage times": "days in each stage",
    "new deals": "number of new deals",
    "size of new deals": "size of new deals",
    "late payment": "days paid late",
    "shared luck": "luck that deals share",
    "renewals": "chance of renewals",
    "rates": "exchange rates",
    "outflows": "what is paid out",
}
"""What people call the assumptions."""
ENDS: Final = ("low", "high")


def lines(payload: Mapping[str, Any], scale: Scale) -> list[str]:
    """Return what a person reads of it.

    Args:
        payload: explain.json.
        scale: in which amounts are written.
    """
    found, aim = payload["one_at_a_time"], payload["aim"]
    chance = "" if aim["amount"] is None else f", and the chance of {chance_cells(aim)[0]}"
    middle = scale.fitting(payload["amount"]).said(payload["amount"]["p50"])
    title = f"One assumption at a time: what becomes of the middle of {middle}{chance}"
    return [title, *_told(payload, found, scale)]


def changes(row: Mapping[str, Any]) -> tuple[str, str]:
    """Say how an assumption is moved, down and up: `−20 %` and `+25 %`."""
    if row["factors"]:
        lows, highs = zip(*row["factors"].values(), strict=True)
        return _percent(lows), _percent(highs)
    return ("less likely", "more likely") if row["learned"] else ("none", "strong")


def _percent(factors: tuple[float, ...]) -> str:
    ends = sorted({round(100 * (factor - 1)) for factor in factors})
    texts = [f"{'−' if end < 0 else '+'}{abs(end)}" for end in dict.fromkeys((ends[0], ends[-1]))]
    return " to ".join(texts) + " %"


def _told(payload: Mapping[str, Any], found: Mapping[str, Any], scale: Scale) -> Iterator[str]:
    has_chance = payload["aim"]["amount"] is not None
    fit = _scale(found, scale)
    header = ["", "moved", "", "middle", ""] + ["chance", ""] * has_chance
    shown, idle = list[list[str]](), list[str]()
    for row in found["assumptions"]:
        numbers = [fit.number(row[end]["p50"], sign=True) for end in ENDS]
        numbers += [_points(row[end]["chance"]["chance"]) for end in ENDS if has_chance]
        if any(digit in "".join(numbers) for digit in "123456789"):
            named = f"  {NAMES[row['name']]}{' *' if row['learned'] else ''}"
            shown.append([named, *changes(row), *numbers])
        else:
            idle.append(NAMES[row["name"]])
    if shown:
        yield from table(header, shown, (0,), WIDTH)
    if idle:
        yield from wrapped(f"Next to nothing comes of: {', '.join(idle)}.", first="  ", then="  ")
    if not shown and not idle:
        yield "  None of them changes anything."
    yield from _how(payload, found["assumptions"] if shown else [], scale)


def _scale(found: Mapping[str, Any], scale: Scale) -> Scale:
    """Return the scale of all changes: two digits of the largest."""
    moves = [abs(row[end]["p50"]) for row in found["assumptions"] for end in ENDS]
    return scale.showing(max(moves, default=0.0), 2)


def _points(chance: float) -> str:
    points = round(100 * chance)
    return f"{'−' if points < 0 else '+' if points else ''}{abs(points)}"


def _how(payload: Mapping[str, Any], rows: list[Mapping[str, Any]], scale: Scale) -> Iterator[str]:
    """Say what the numbers are, how far the assumptions are moved, and how exact that is."""
    found = []
    if any(row["learned"] for row in rows):
        found.append("* moved as far as 8 chances in 10 of what history leaves open.")
    if any(row["name"] == "odds" and len(row["learned"]) < len(row["factors"]) for row in rows):
        found.append("Odds to win: a chance of 50 % becomes 44 % and 56 %.")
    known = [error for row in rows for end in ENDS if (error := row[end]["error"]["p50"])]
    if known:
        points = "chances in points of 100, " if payload["aim"]["amount"] is not None else ""
        found.append(f"On the same luck, {points}middles exact to {scale.margin(max(known))} or better.")
    yield from wrapped(" ".join(found), first="  ", then="  ")
