"""Tell where the uncertainty comes from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
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
    return ["Where the uncertainty comes from", *_told(found)]


def percents(shares: Sequence[float]) -> list[int]:
    """Return shares as whole percents that add to 100; one that noise has put below 0 is none."""
    told = [max(share, 0.0) for share in shares]
    exact = [100 * share / sum(told) for share in told]
    whole = [int(share) for share in exact]
    most = sorted(range(len(whole)), key=lambda i: whole[i] - exact[i])
    for place in most[: 100 - sum(whole)]:
        whole[place] += 1
    return whole


def _told(found: Mapping[str, Any]) -> Iterator[str]:
    parts = found["parts"]
    if not parts:
        yield "  So few trials do not tell." if found["trials"] < FEW else "  All trials bring the same."
        return
    shown = percents([part["share"] for part in parts])
    largest = max(max(shown), 1)
    rows = [
        [f"  {NAMES[part['group']]}", f"{share} %", bar(share / largest, _BAR) if share > 0 else ""]
        for part, share in zip(parts, shown, strict=True)
    ]
    yield from table(["", "", ""], rows, (0, 2))[1:]
    points = math.ceil(100 * max(part["error"] for part in parts))
    yield from wrapped(
        f"Together 100 %; what two of them do only together is halved. Each is exact to ±{points} points.",
        first="  ", then="  ",
    )  # fmt: skip
