"""Name what is to be reached in what is explained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from simulator.words import Scale, day, goal_name

DONE: Final = {
    "bookings": "won",
    "billings": "billed",
    "revenue": "recognised",
    "receipts": "received",
    "arr": "of yearly recurring revenue",
    "balance": "in the bank",
}
"""What has become of the amounts of a series."""


def aim_name(aim: Mapping[str, Any], scale: Scale) -> str:
    """Return a target's name, or what is to be reached by when."""
    done = DONE[aim["series"]]
    return goal_name(aim["target"]) or f"{scale.exact(aim['amount'])} {done} by {day(aim['until'])}"
