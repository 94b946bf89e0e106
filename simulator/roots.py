"""Find where a function passes through 0; importing scipy's way would take longer than many a run."""

from __future__ import annotations

import math
from collections.abc import Callable


def root(excess: Callable[[float], float], low: float, high: float, tolerance: float) -> float:
    """Return where a continuous function passes through 0 (Chandrupatla 1997).

    Quadratic interpolation of the inverse where three points allow it, else bisection.

    Args:
        excess: of opposite signs at both ends, or 0 at one.
        low: one end.
        high: the other.
        tolerance: how far off the result may lie, besides the rounding of floats.

    Raises:
        ValueError: both ends lie on one side.
    """
    a, b, of_a, of_b = high, low, excess(high), excess(low)
    if of_a * of_b > 0:
        raise ValueError(f"no change of sign between {low} and {high}")
    step = 0.5
    while True:
        best, of_best = (a, of_a) if abs(of_a) < abs(of_b) else (b, of_b)
        least = (tolerance + 2 * math.ulp(best)) / abs(b - a) if a != b else 1.0
        if least > 0.5 or of_best == 0:
            return best
        x = a + min(max(step, least), 1 - least) * (b - a)
        of_x = excess(x)
        if (of_x > 0) == (of_a > 0):
            c, of_c = a, of_a
        else:
            c, of_c, b, of_b = b, of_b, a, of_a
        a, of_a, step = x, of_x, 0.5
        along, across = (x - b) / (c - b), (of_x - of_b) / (of_c - of_b)
        if across**2 < along and (1 - across) ** 2 < 1 - along:
            step = of_a / (of_b - of_a) * of_c / (of_b - of_c)
            step += (c - a) / (b - a) * of_a / (of_c - of_a) * of_b / (of_c - of_b)
