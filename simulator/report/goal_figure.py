"""Draw how the chance grows with each lever, and where it is what is asked for."""

from __future__ import annotations
from collections.abc import Mapping
from typing import Any


def goal_figures(payload: Mapping[str, Any]) -> dict[str, bytes]:
    return {}
