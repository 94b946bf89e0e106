"""Learn everything that a history tells, together: one fit, whose draws belong to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from simulator.history import History
from simulator.learning.evidence import Figure
from simulator.learning.spells import Spells
from simulator.posterior import Posterior
from simulator.scenario import Scenario

DRAWS: Final = 2000
"""Draws of the posterior."""


@dataclass(frozen=True, eq=False)
class Fit:
    """What a history tells.

    Attributes:
        history: as it was known.
        spells: its stays.
        posterior: draws.
        scenario: middle figures, as a part of a scenario.
        evidence: of each of them, by path.
        rho: middle of the total correlation of deals' luck.
        unresolved: by segment and stage, share of deals whose end nobody has seen yet.
        lost_reasons: by segment, stage and reason, deals.
        assumptions: what could not be learned, and what would allow it.
    """

    history: History
    spells: Spells
    posterior: Posterior
    scenario: Mapping[str, Any]
    evidence: Mapping[str, Figure]
    rho: float
    unresolved: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    lost_reasons: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ()


def fit(
    history: History,
    base: Scenario | None = None,
    draws: int = DRAWS,
    seed: int = 1,
    rho: float | None = None,
) -> Fit:
    """Learn from a history.

    Args:
        history: as known at its day.
        base: scenario whose tables are the prior; the article's, weakly, without one.
        draws: of the posterior.
        seed: of the draws.
        rho: total correlation of deals' luck, where it is known; 0 leaves counts as they are.
    """
    raise NotImplementedError
