"""Tell where the uncertainty comes from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from simulator.report.layout import bar, table, wrapped
from simulator.words import Scale

NAMES: Final[Mapping[str, str]] = {
    "outcome": "which deals are won",
    "timing": "when deals close",
    "amount": "final prices",
    "market": "luck that deals share",
    "parameters": "how well the percentages are known",
    "arrivals": "deals yet to come",
    "payments": "how customers pay",
    "currency": "exchange rates",
}
"""What people call the groups of chances."""
FEW: Final = 24
"""Trials, at least, that shares are told of."""
_BAR: Final = 40


def lines(payload: Mapping[str, Any], scale: Scale) -> list[str]:
    """Return what a person reads of it.

    Args:
        payload: explain.json.
        scale: in which amounts are written.
    """
    found = payload["uncertainty"]
    shown = parts(found)
    largest = max([share for _, share in shown], default=1) or 1
    rows = [[f"  {name}", f"{share} %", bar(share / largest, _BAR)] for name, share in shown]
    bars = table(["", "", ""], rows, (0, 2))[1:] if rows else []
    return ["Where the uncertainty comes from", *bars, *wrapped(meaning(found), first="  ", then="  ")]


def parts(found: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return the groups of chances in words with their shares in whole percents, the largest first.

    Args:
        found: `uncertainty` of explain.json.
    """
    if not found["parts"]:
        return []
    shown = percents([part["share"] for part in found["parts"]])
    return [(NAMES[part["group"]], share) for part, share in zip(found["parts"], shown, strict=True)]


def meaning(found: Mapping[str, Any]) -> str:
    """Say what the shares are, and how exact; or why there are none."""
    if not found["parts"]:
        return "So few trials do not tell." if found["trials"] < FEW else "All trials bring the same."
    points = math.ceil(100 * max(part["error"] for part in found["parts"]))
    return f"Together 100 %; what two of them do only together is halved. Each is exact to ±{points} points."


def percents(shares: Sequence[float]) -> list[int]:
    """Return shares as whole percents that add to 100; one that noise has put below 0 is none."""
    told = [max(share, 0.0) for share in shares]
    exact = [100 * share / sum(told) for share in told]
    whole = [int(share) for share in exact]
    most = sorted(range(len(whole)), key=lambda i: whole[i] - exact[i])
    for place in most[: 100 - sum(whole)]:
        whole[place] += 1
    return whole
