"""Say which open deals swing it: the chance, or the middle, with each of them won and lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from simulator.report.explain_concentration import label
from simulator.report.explain_words import aim_name
from simulator.report.layout import NOTHING, WIDTH, Grid, wrapped
from simulator.words import Scale, cut, day, month, percent

Deal = Mapping[str, Any]


def lines(payload: Mapping[str, Any], scale: Scale) -> list[str]:
    """Return what a person reads of it.

    Args:
        payload: explain.json.
        scale: in which amounts are written.
    """
    found = payload["swings"]
    if not found["deals"]:
        return [nothing(payload, scale)] if found["open_deals"] else []
    return [
        "The deals that swing it",
        *wrapped(said(payload, scale), first="  ", then="  "),
        *("  " + line for line in grid(payload, scale).lines(WIDTH - 2)),
        *wrapped(note(payload, scale), first="  ", then="  "),
    ]


def nothing(payload: Mapping[str, Any], scale: Scale) -> str:
    """Say that no deal swings it."""
    return f"No single open deal moves {what_swings(payload, scale)}"


def said(payload: Mapping[str, Any], scale: Scale) -> str:
    """Say what comes of the deal that swings it most."""
    found, of = payload["swings"], what_swings(payload, scale)
    first = found["deals"][0]
    won, lost, _ = _ends(first, payload, scale)
    return f"If {label(first)} is won, {of} is {won}; if it is lost, {lost}."


def grid(payload: Mapping[str, Any], scale: Scale) -> Grid:
    """Return the deals with what becomes of the chance or the middle, and what is known of each."""
    deals = payload["swings"]["deals"]
    fit = scale.showing(max((float(deal["amount"]) for deal in deals), default=0.0), 2)
    header = ["", "if won", "if lost", "swing", "worth", "in stage", "stated close", "signed", "pushed"]
    rows = [
        [cut(label(deal), 40), *_ends(deal, payload, scale), *_facts(deal, fit, payload["as_of"])]
        for deal in deals
    ]
    return Grid(header, rows)


def note(payload: Mapping[str, Any], scale: Scale) -> str:
    """Say what the columns are, and how exact."""
    noise = _noise(payload["swings"], scale)
    return (
        f"Each deal by itself is won or lost, the others as they come; simulation noise {noise}. "
        "In stage: days so far / usual there. Signed: by then in half of the futures in which it is won. "
        "A date with ! has passed."
    )


def what_swings(payload: Mapping[str, Any], scale: Scale) -> str:
    """Name what the deals move: the chance of an aim, or the middle of its series."""
    aim = payload["aim"]
    if payload["swings"]["of"] == "chance":
        return f"the chance of {aim_name(aim, scale)}"
    return f"the middle of {'the balance' if aim['series'] == 'balance' else aim['series']}"


def swing_scale(found: Mapping[str, Any], scale: Scale) -> Scale:
    """Return how amounts of swings are written: as finely as the least certain of them is known."""
    errors = [deal["error"] for deal in found["deals"] if deal["error"]]
    if found["of"] == "chance" or not errors:
        return scale
    return replace(scale, decimals=len(scale.margin(max(errors)).partition(".")[2]))


def _ends(deal: Deal, payload: Mapping[str, Any], scale: Scale) -> list[str]:
    """Write the chance or the middle with a deal won, with it lost, and the swing from one to the other."""
    found = payload["swings"]
    return _chances(deal) if found["of"] == "chance" else _middles(deal, swing_scale(found, scale))


def _chances(deal: Deal) -> list[str]:
    ends = [percent(float(deal[end])) for end in ("if_won", "if_lost")]
    return [*ends, f"{100 * float(deal['swing']):+.0f}".replace("-", "−")]


def _middles(deal: Deal, scale: Scale) -> list[str]:
    ends = [scale.number(float(deal[end])) for end in ("if_won", "if_lost")]
    return [*ends, scale.number(float(deal["swing"]), sign=True)]


def _facts(deal: Deal, scale: Scale, as_of: str) -> list[str]:
    known, pushes, stated = deal["days_in_stage"], deal["pushes"], deal["stated_close"]
    overdue = " !" if stated is not None and stated <= as_of else ""
    return [
        scale.number(float(deal["amount"])),
        f"{NOTHING if known is None else f'{known:,}'} / {deal['usual_days']:,}",
        NOTHING if stated is None else day(stated) + overdue,
        "later" if deal["close_if_won"] is None else month(deal["close_if_won"]),
        {None: NOTHING, 0: "no"}.get(pushes, f"{pushes}×"),
    ]


def _noise(found: Mapping[str, Any], scale: Scale) -> str:
    """Say how exactly the swings are known."""
    errors = [deal["error"] for deal in found["deals"]]
    if any(error is None for error in errors):
        return "unknown"
    points = f"±{max(100 * max(errors), 0.1):.1f} points"
    return f"at most {points if found['of'] == 'chance' else scale.margin(max(errors))}"
