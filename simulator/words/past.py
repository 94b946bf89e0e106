"""Say of a forecast whether past ones were as sure as they said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from simulator.words.text import plain

RARE: Final = 0.025
"""A hit rate or a lean as far off by chance less often than this is called wrong."""


def doubt(track: Mapping[str, Any] | None, forecast: Mapping[str, Any]) -> str:
    """Warn where past ranges held so seldom that it cannot be bad luck; "" where nothing speaks against them.

    Args:
        track: track.json, of the runs before; None without any that tell.
        forecast: forecast.json, whose `track_record` is a backtest's.
    """
    for found in ((track or {}).get("track_record"), forecast.get("track_record")):
        if found and found.get("chance", 1.0) <= RARE:
            held = f"{plain(found['what'], 60)} held only {found['held']:,} of {found['of']:,} times"
            return f"Read these ranges as too narrow: past 80 % ranges of {held}, too seldom for bad luck."
    return ""
