"""Forecast a sales funnel from stage to bank: distributions instead of one number."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"
__all__ = ["__version__", "load", "simulate"]

_PLACES = {"load": "simulator.loading", "simulate": "simulator.simulation"}


def __getattr__(name: str) -> Any:
    """Import the public functions only when they are asked for (PEP 562)."""
    if name not in _PLACES:
        raise AttributeError(f"module 'simulator' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_PLACES[name]), name)
