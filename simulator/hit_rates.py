"""Tell how often ranges held, what so many windows prove, and say it in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final, Literal

from simulator.records import dataclass
from simulator.scores import chance_of_fewer, wilson
from simulator.words import RARE, one_in

Judgement = Literal["too narrow", "too wide", "too few", "sound", "short"]
LEVELS: Final = (0.5, 0.8, 0.95)
"""Shares of futures that the intervals are to hold."""

VAGUE: Final = 0.5
"""Where the true rate may lie so far apart, windows are too few to call a hit rate right or wrong."""


@dataclass(frozen=True)
class Hits:
    """How often intervals held.

    Attributes:
        level: how often they should.
        held: how often they did.
        count: of how many.
        low: 95 % interval of the hit rate, if each window told something of its own.
        high: likewise.
        apart: windows that share no day, times measures: what the count is worth.
        low_apart: interval of the hit rate from those.
        high_apart: likewise.
        chance: that a calibrated forecast would hold no more often, from those.
    """

    level: float
    held: int
    count: int
    low: float
    high: float
    apart: int
    low_apart: float
    high_apart: float
    chance: float

    @property
    def rate(self) -> float:
        """Share that held."""
        return self.held / self.count if self.count else 0.0

    def to_json(self) -> dict[str, float]:
        """Return the fields as files have them."""
        return {
            "held": self.held, "of": self.count, "low": self.low, "high": self.high, "apart": self.apart,
            "low_apart": self.low_apart, "high_apart": self.high_apart, "chance": self.chance,
        }  # fmt: skip


def counted(level: float, held: int, count: int, apart: int) -> Hits:
    """Return what so many hits are worth.

    Args:
        level: how often the ranges should hold.
        held: how often they did.
        count: of how many.
        apart: ranges that share no day.
    """
    apart = min(max(apart, 1), count)
    worth = round(held * apart / count) if count else 0
    return Hits(
        level, held, count, *wilson(held, count), apart, *wilson(worth, apart),
        chance_of_fewer(worth, apart, level),
    )  # fmt: skip


def most_apart(spans: Iterable[tuple[date, date]]) -> int:
    """Return how many spans can be chosen so that no two share a day: so many stand for themselves.

    Args:
        spans: the day before each begins, and its last day.
    """
    count, free_from = 0, date.min
    for before, last in sorted(spans, key=lambda span: span[1]):
        if before >= free_from:
            count, free_from = count + 1, last
    return count


def judgement(found: Hits) -> Judgement:
    """Tell whether a hit rate is what it should be."""
    if found.chance <= RARE:
        return "too narrow"
    if found.low_apart > found.level:
        return "too wide"
    if found.high_apart - found.low_apart > VAGUE:
        return "too few"
    return "sound" if found.low_apart <= found.level <= found.high_apart else "short"


def judged(found: Hits) -> str:
    """Say whether a hit rate is what it should be."""
    rare = f"; a sound forecast holds so seldom {one_in(found.chance)} times"
    return {
        "too narrow": f"too narrow{rare}",
        "too wide": "wider than they need be",
        "too few": "so few windows prove little",
        "sound": "as they should",
        "short": "not quite enough",
    }[judgement(found)]


def proof(found: Hits) -> str:
    """Say how much so many windows prove."""
    noun = "window that shares" if found.apart == 1 else "windows that share"
    ends = f"{round(100 * found.low_apart)} and {round(100 * found.high_apart)}"
    no_day = f"{found.apart} {noun} no day with another"
    if found.apart == found.count:
        no_day = f"{found.count} window{'s' * (found.count != 1)}"
    return f"{no_day} tell that the true rate lies between {ends} in 100."
