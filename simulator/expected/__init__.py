"""Exact answers, written from MODEL.md: what the engine is checked against at the end of every run."""

from simulator.expected.means import SOURCES, Daily, Expected, expected

__all__ = ["SOURCES", "Daily", "Expected", "expected"]
