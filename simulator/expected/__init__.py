"""Exact answers, written from MODEL.md: what the engine is checked against at the end of every run."""

from simulator.expected.bridge import walk, weighted_pipeline, won_already
from simulator.expected.means import SOURCES, Daily, Expected, expected
from simulator.expected.stages import StageRow, funnel_table

__all__ = [
    "SOURCES",
    "Daily",
    "Expected",
    "StageRow",
    "expected",
    "funnel_table",
    "walk",
    "weighted_pipeline",
    "won_already",
]
