"""Bring all nouns together: what a forecast is computed from."""

from simulator.scenario.scenario import (
    Assumption,
    Recycling,
    Scenario,
    Segment,
    Soberness,
)

__all__ = ["Assumption", "Recycling", "Scenario", "Segment", "Soberness"]
