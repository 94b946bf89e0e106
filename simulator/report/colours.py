"""Choose the colours of figures, on paper and in the workbook: one set for all of them."""

from __future__ import annotations

from typing import Final

from simulator.records import dataclass

PLAN: Final = "#b8500a"
INK: Final = "#222222"
GREY: Final = "#666666"
HEAD: Final = "#123a66"
"""Behind the heads of tables."""
RULE: Final = "#d9dee3"
"""Lines between the rows of tables."""
UP: Final = "#4aa58d"
"""A step that adds."""
DOWN: Final = "#c8663a"
"""A step that takes away."""


@dataclass(frozen=True)
class Palette:
    """Shades of one series, told apart in grey and by the colour-blind: light to dark.

    Attributes:
        wide: 95 chances in 100.
        likely: 8 in 10.
        core: 1 in 2.
        line: the middle.
    """

    wide: str
    likely: str
    core: str
    line: str


PALETTES: Final = {
    "bookings": Palette("#dbe8f5", "#a3c4e4", "#5e97cb", "#123a66"),
    "revenue": Palette("#ece6f4", "#c8b8e0", "#9479c0", "#3a2168"),
    "receipts": Palette("#d8eee8", "#9fd3c5", "#4aa58d", "#08483c"),
    "balance": Palette("#e7eaee", "#bcc6d1", "#8292a5", "#26323f"),
}
SOURCES: Final = {
    "actual": "#4d4d4d",
    "backlog": "#08483c",
    "receivables": "#2f7f9e",
    "open": "#4a8fd0",
    "renewals": "#9fc9a6",
    "new": "#d5dfe8",
}
"""Of where money comes from, from sure, dark, to unsure, pale."""
