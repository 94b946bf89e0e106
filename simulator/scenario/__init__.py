"""Bring all nouns together: what a forecast is computed from."""

from simulator.scenario.backlog import Rest
from simulator.scenario.conditions import Conditions, conditions, offered_conditions, served_share
from simulator.scenario.scenario import (
    Assumption,
    Recycling,
    Scenario,
    Segment,
    Soberness,
)

__all__ = [
    "Assumption",
    "Conditions",
    "Recycling",
    "Rest",
    "Scenario",
    "Segment",
    "Soberness",
    "conditions",
    "offered_conditions",
    "served_share",
]
