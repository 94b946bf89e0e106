"""Hold how a run agrees with what is known of it exactly."""

from __future__ import annotations

from typing import Any, Final

from simulator.records import dataclass

MOST_GUARDED: Final = 1e-6
"""Share of trials in which a walk may be stopped by its guard (MODEL 1)."""


@dataclass(frozen=True)
class Check:
    """How the run agrees with the exact means.

    Attributes:
        largest_z: largest |z| of all cells.
        cells: number compared.
        threshold: Φ⁻¹(1 − 5e-5/cells).
        failures: what disagrees: (series, source, segment, first day, last day, z).
        guarded: share of trials with an attempt that was stopped after 60 moves; must be below 1e-6.
    """

    largest_z: float
    cells: int
    threshold: float
    failures: tuple[tuple[str, str, str, int, int, float], ...] = ()
    guarded: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every cell agrees, and no walk was cut short to speak of."""
        return not self.failures and self.guarded < MOST_GUARDED

    def told(self) -> dict[str, Any]:
        """Return the fields of `self_check` that every answer has."""
        return {"largest_z": round(self.largest_z, 3), "cells": self.cells, "passed": self.passed}
