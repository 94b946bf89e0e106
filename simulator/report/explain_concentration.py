"""Tell how much hangs on a few deals, customers and segments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from simulator.report.layout import WIDTH, Grid, wrapped
from simulator.words import Scale, chance_cells, cut, plain

DEALS: Final = 5
CUSTOMERS: Final = 3


def lines(payload: Mapping[str, Any], scale: Scale) -> list[str]:
    """Return what a person reads of it.

    Args:
        payload: explain.json.
        scale: in which amounts are written.
    """
    found = ["How much hangs on a few", *wrapped(said(payload, scale), first="  ", then="  ")]
    if payload["concentration"]["open_deals"]["likely"]:
        found += grid(payload, scale).lines(WIDTH)
        found += wrapped(without_first(payload, scale), first="  ", then="  ")
    return found


def said(payload: Mapping[str, Any], scale: Scale) -> str:
    """Say what open deals bring, and how many of them make half of that."""
    found = payload["concentration"]
    every = found["open_deals"]
    if not every["likely"]:
        return "No open deal brings anything here."
    count, half = every["count"], found["half"]
    noun = "deal" if count == 1 else "deals"
    average, own = (scale.exact(amount, 2) for amount in (found["average"], every["mean"]))
    text = f"Of {average} on average, {own} come from {count:,} open {noun}"
    if count > 1:
        text += f"; {half} of them {'makes' if half == 1 else 'make'} half of that"
    return f"{text}."


def grid(payload: Mapping[str, Any], scale: Scale) -> Grid:
    """Return the largest deals and customers, and the segments, with their shares."""
    found = payload["concentration"]
    named = [("deal", label(d), d) for d in found["deals"][:DEALS]]
    several = [c for c in found["customers"] if c["deals"] > 1][:CUSTOMERS]
    named += [("customer", f"{plain(c['name'], 30)} ({c['deals']} deals)", c) for c in several]
    named += [("segment", plain(s["name"], 30), s) for s in found["segments"]]
    fit = scale.showing(max((one["mean"] for _, _, one in named[:DEALS]), default=0.0), 2)
    rows = [
        [
            f"  {kind}",
            cut(name, 44),
            fit.number(one["mean"]),
            _share(one["share"]),
            _share(one["uncertainty"]),
        ]
        for kind, name, one in named
    ]
    return Grid(["", "", "average", "of all", "of the uncertainty"], rows, (0, 1))


def without_first(payload: Mapping[str, Any], scale: Scale) -> str:
    """Say what becomes of the middle and the chance without the largest deal."""
    deal = payload["concentration"]["deals"][0]
    lost, fit = deal["if_lost"], scale.fitting(payload["amount"])
    change = scale.change(lost["change"], lost["error"])
    text = f"Without {label(deal)} the middle is {fit.said(lost['p50'])} ({change})"
    if "chance" in lost:
        text += f", the chance {chance_cells(lost)[0]} in place of {chance_cells(payload['aim'])[0]}"
    return f"{text}."


def label(deal: Mapping[str, Any]) -> str:
    """Return how people know a deal: its id, and its name or its customer's."""
    name = plain(deal["name"] or deal["customer"], 30)
    return f"{plain(deal['id'], 14)} {name}".strip() if name != deal["id"] else plain(deal["id"], 14)


def _share(share: float) -> str:
    points = round(100 * share)
    return f"{'−' if points < 0 else ''}{abs(points)} %"
