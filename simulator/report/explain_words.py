"""Name aims and deals in what is explained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from simulator.words import Scale, cut, day, plain

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
    """Return an aim's name, or what is to be reached by when."""
    return (
        plain(aim["name"], 30) or f"{scale.exact(aim['amount'])} {DONE[aim['series']]} by {day(aim['until'])}"
    )


def deal_name(deal: Mapping[str, Any], columns: int) -> str:
    """Return a deal's number and, where it has one, its name."""
    number, name = plain(deal["id"]), plain(deal["name"])
    return cut(number if name == number else f"{number} {name}", columns)
