"""Exact answers, written from MODEL.md: what the engine is checked against at the end of every run."""

from simulator.expected.bridge import segment_walks, walk, weighted_pipeline, won_already
from simulator.expected.draws import draws_looked_at, won_ever
from simulator.expected.means import SOURCES, Daily, Expected, expected
from simulator.expected.offers import OfferEffect, offer_effects
from simulator.expected.receipt_times import receipt_lags
from simulator.expected.stages import StageRow, funnel_table

__all__ = [
    "SOURCES",
    "Daily",
    "Expected",
    "OfferEffect",
    "StageRow",
    "draws_looked_at",
    "expected",
    "funnel_table",
    "offer_effects",
    "receipt_lags",
    "segment_walks",
    "walk",
    "weighted_pipeline",
    "won_already",
    "won_ever",
]
