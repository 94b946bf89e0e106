"""Set texts of any length in places of a given width, by the measure of their letters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from simulator.words import plain

LONGEST: Final = 700
"""Columns of a text that are looked at at all."""
_SPACE: Final = re.compile(r"(?<!\d)(?<!\d in)(?<!chances in) (?!in \d)")
"""Where a line may end."""


def fitted(
    text: str, width: float, lines: int, sizes: Sequence[float], bold: bool = False
) -> tuple[float, list[str]]:
    """Return the largest size in which a text fits, and its lines in that size.

    A text that fits in none is cut in the last one, and ends in `…`.

    Args:
        text: of any length and kind.
        width: points.
        lines: how many there may be.
        sizes: points, from the largest on.
        bold: whether its letters are.
    """
    text = plain(text, LONGEST)
    for size in sizes:
        if len(found := broken(text, width, size, bold)) <= lines:
            return size, found
    *kept, last = found[:lines]
    return size, [*kept, clipped(last, width, size, bold, more=True)]


def broken(text: str, width: float, size: float, bold: bool = False) -> list[str]:
    """Return the lines of a text no wider than so many points; a longer word is broken.

    A number stays with the word after it, and a chance is one word: `8 chances in 10`, `20 %`.
    """
    lines, line = [], ""
    for word in _SPACE.split(text):
        both = f"{line} {word}" if line else word
        if line and _beginning(both, width, size, bold) < len(both):
            lines.append(line)
            both = word
        while (fits := _beginning(both, width, size, bold)) < len(both):
            lines.append(both[:fits])
            both = both[fits:]
        line = both
    return [*lines, line] if line or not lines else lines


def clipped(text: str, width: float, size: float, bold: bool = False, more: bool = False) -> str:
    """Return a text that is no wider than so many points; what is cut, or has `more` to come, ends in `…`."""
    if not more and _beginning(text, width, size, bold) == len(text):
        return text
    room = width - measure("…", size, bold)
    return f"{text[: _beginning(text, room, size, bold)].rstrip()}…"


def measure(text: str, size: float, bold: bool = False) -> float:
    """Return how many points wide a text is."""
    return _unit(text, bold) * size


@lru_cache(4096)
def _unit(text: str, bold: bool) -> float:
    font = FontProperties(size=100, weight="bold" if bold else "normal")
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]) / 100


def _beginning(text: str, width: float, size: float, bold: bool) -> int:
    """Return how many characters of a text fit, one at least."""
    low, high = 1, 16
    while high < len(text) and measure(text[:high], size, bold) <= width:
        low, high = high, 2 * high
    high = min(high, len(text))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(text[:middle], size, bold) <= width else (low, middle - 1)
    return low
