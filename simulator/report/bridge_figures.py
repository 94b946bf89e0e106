"""Draw why a forecast changed as a waterfall: from the middle before to the middle now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def bridge_figures(payload: Mapping[str, Any]) -> dict[str, bytes]:
    return {}
