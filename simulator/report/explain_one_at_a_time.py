"""Tell what each assumption does, moved down and up alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from simulator.report.layout import WIDTH, Grid, wrapped
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
    shown, found = grid(payload, scale), [title(payload, scale)]
    if shown.rows:
        found += ["  " + line for line in shown.lines(WIDTH - 2)]
    for text in (idle(payload, scale), how(payload, scale)):
        found += wrapped(text, first="  ", then="  ")
    return found


def title(payload: Mapping[str, Any], scale: Scale) -> str:
    """Say what is asked."""
    aim = payload["aim"]
    chance = "" if aim["amount"] is None else f", and the chance of {chance_cells(aim)[0]}"
    middle = scale.fitting(payload["amount"]).said(payload["amount"]["p50"])
    return f"One assumption at a time: what becomes of the middle of {middle}{chance}"


def grid(payload: Mapping[str, Any], scale: Scale) -> Grid:
    """Return what becomes of the middle and the chance, of each assumption that changes them."""
    has_chance = payload["aim"]["amount"] is not None
    fit, rows = moved_scale(payload, scale), list[list[str]]()
    for row in payload["one_at_a_time"]["assumptions"]:
        if cells := _moved(row, has_chance, fit):
            rows.append([name(row), *changes(row), *cells])
    return Grid(["", "moved", "", "middle", ""] + ["chance", ""] * has_chance, rows)


def touching(payload: Mapping[str, Any], scale: Scale) -> list[Mapping[str, Any]]:
    """Return the assumptions that change the middle or the chance by what can be seen."""
    has_chance, fit = payload["aim"]["amount"] is not None, moved_scale(payload, scale)
    return [row for row in payload["one_at_a_time"]["assumptions"] if _moved(row, has_chance, fit)]


def idle(payload: Mapping[str, Any], scale: Scale) -> str:
    """Name the assumptions of which nothing can be seen."""
    every, shown = payload["one_at_a_time"]["assumptions"], touching(payload, scale)
    names = [NAMES[row["name"]] for row in every if row not in shown]
    if names:
        return f"Next to nothing comes of: {', '.join(names)}."
    return "" if shown else "None of them changes anything."


def name(row: Mapping[str, Any]) -> str:
    """Name an assumption, with a star where it was learned."""
    return f"{NAMES[row['name']]}{' *' if row['learned'] else ''}"


def moved_scale(payload: Mapping[str, Any], scale: Scale) -> Scale:
    """Return the scale of all changes: two digits of the largest."""
    moves = [abs(row[end]["p50"]) for row in payload["one_at_a_time"]["assumptions"] for end in ENDS]
    return scale.showing(max(moves, default=0.0), 2)


def how(payload: Mapping[str, Any], scale: Scale) -> str:
    """Say what the numbers are, how far the assumptions are moved, and how exact that is."""
    rows, found = payload["one_at_a_time"]["assumptions"] if touching(payload, scale) else [], []
    if any(row["learned"] for row in rows):
        found.append("* moved as far as 8 chances in 10 of what history leaves open.")
    if any(row["name"] == "odds" and len(row["learned"]) < len(row["factors"]) for row in rows):
        found.append("Odds to win: a chance of 50 % becomes 44 % and 56 %.")
    known = [error for row in rows for end in ENDS if (error := row[end]["error"]["p50"])]
    if known:
        points = "chances in points of 100, " if payload["aim"]["amount"] is not None else ""
        found.append(f"On the same luck, {points}middles exact to {scale.margin(max(known))} or better.")
    return " ".join(found)


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


def _moved(row: Mapping[str, Any], has_chance: bool, scale: Scale) -> list[str]:
    """Write by how much the middle, and the chance, move; nothing where all of it rounds to nothing."""
    numbers = [scale.number(row[end]["p50"], sign=True) for end in ENDS]
    numbers += [_points(row[end]["chance"]["chance"]) for end in ENDS if has_chance]
    return numbers if any(digit in "".join(numbers) for digit in "123456789") else []


def _points(chance: float) -> str:
    points = round(100 * chance)
    return f"{'−' if points < 0 else '+' if points else ''}{abs(points)}"
