"""Draw what made a trial better or worse than the average."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def replay_figures(payload: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the figures of a trial by file name."""
    return {}
