"""Write every figure that a forecast rests on, and where it comes from, as the fields of assumptions.json."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from simulator.scenario import Scenario


def assumptions(scenario: Scenario) -> dict[str, Any]:
    """Return the fields of assumptions.json."""
    return {
        "schema_version": 1,
        "scenario": scenario.name,
        "description": scenario.description,
        "as_of": scenario.horizon.as_of.isoformat(),
        "until": scenario.horizon.end.isoformat(),
        "assumptions": [asdict(figure) for figure in scenario.assumptions],
    }
