"""Bring all nouns together: what a forecast is computed from."""

from simulator.scenario.backlog import Rest
from simulator.scenario.conditions import (
    Conditions,
    agreed_terms,
    conditions,
    offered_conditions,
    served_shares,
)
from simulator.scenario.levers import UNPULLED, Levers
from simulator.scenario.pulling import pulled
from simulator.scenario.scenario import Assumption, Compared, Scenario, table_place
from simulator.scenario.segment import Recycling, Segment, Soberness

__all__ = [
    "UNPULLED",
    "Assumption",
    "Compared",
    "Conditions",
    "Levers",
    "Recycling",
    "Rest",
    "Scenario",
    "Segment",
    "Soberness",
    "agreed_terms",
    "conditions",
    "offered_conditions",
    "pulled",
    "served_shares",
    "table_place",
]
