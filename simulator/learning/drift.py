"""Notice that yesterday's rates no longer hold, and say which change could have been seen at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.learning.aalen_johansen import incidence_of
from simulator.learning.evidence import effective_number
from simulator.learning.spells import STILL, Spells
from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FEWEST: Final = 10
"""Deals that each half must hold, and that must still be in sight where the halves are compared."""
POWER: Final = float(special.ndtri(0.8) - special.ndtri(0.05))
"""Standard errors of a change that is found 8 times in 10 where 1 in 10 is a false alarm (both sides)."""


@dataclass(frozen=True)
class Drift:
    """How a stage's chance to close moved between the two halves of its history.

    Attributes:
        days: operational days from the stage by which both halves are compared.
        earlier: share won by then of the deals that came in the first half, counting open ones.
        later: of the second half.
        surprise: chance of so large a difference where nothing changed, two-sided.
        visible: smallest change that would have been found 8 times in 10.
        wandering: chance that the sum of won − p wanders so far where nothing changed (CUSUM).
    """

    days: int
    earlier: float
    later: float
    surprise: float
    visible: float
    wandering: float


def to_the_end(spells: Spells, stage: int) -> Spells:
    """Return one stay for each deal that was in a stage: from its first entry there to won, lost or today.

    Deals that the log saw only later are left out, since their entry is not known to it.
    """
    here = np.flatnonzero(spells.stage == stage)
    deals, first = np.unique(spells.deal[here], return_index=True)
    start, end = here[first], np.flatnonzero(spells.last)
    last = end[np.searchsorted(spells.deal[end], deals)]
    # Stays follow one another without a gap, so the sum of their lengths is the time to the end.
    total = np.concatenate(([0], np.cumsum(spells.length)))
    final = spells.target[last]
    seen = spells.entry[start] < 0
    whole = replace(
        spells.only(start),
        target=np.where(final >= spells.stages, final, STILL),
        length=total[last + 1] - total[start],
    )
    return whole.only(seen)


def drift(spells: Spells, stage: int, rho: float, phi: float = 0.5) -> Drift | None:
    """Compare the deals of a stage half against half, by day of entry; None with too few of them.

    The difference of the shares won by the same day is held against sqrt(Σ p(1−p)/n_eff).

    Args:
        spells: of one segment.
        stage: index.
        rho: total correlation of deals' luck.
        phi: of the market from quarter to quarter.
    """
    deals = to_the_end(spells, stage)
    if len(deals) < 2 * FEWEST:
        return None
    middle = np.median(deals.began)
    halves = [deals.only(deals.began <= middle), deals.only(deals.began > middle)]
    if min(len(half) for half in halves) < FEWEST:
        return None
    days = min(_in_sight(half) for half in halves)
    shares = [_won_by(half, days) for half in halves]
    p = float(np.clip(_won_by(deals, days), 1 / (len(deals) + 2), 1 - 1 / (len(deals) + 2)))
    worth = [effective_number(half.quarter, p, rho, phi) for half in halves]
    error = float(np.sqrt(p * (1 - p) * (1 / worth[0] + 1 / worth[1])))
    surprise = float(2 * special.ndtr(-abs(shares[1] - shares[0]) / error))
    return Drift(days, shares[0], shares[1], surprise, POWER * error, _wandering(deals, rho, phi))


def _in_sight(deals: Spells) -> int:
    """Return the largest day by which enough deals had ended or were still in sight."""
    # Open deals are in sight until today; of closed ones it is known for ever how they ended.
    lengths = np.sort(np.where(deals.target == STILL, deals.length, np.iinfo(np.int64).max))
    longest = int(deals.length.max())
    at = max(len(lengths) - max(FEWEST, len(lengths) // 4), 0)
    return int(min(lengths[at], longest))


def _won_by(deals: Spells, days: int) -> float:
    """Return the share won by so many days, counting deals that are still open (Aalen–Johansen)."""
    found = incidence_of(deals)
    at = int(np.searchsorted(found.days, days, side="right")) - 1
    return float(found.cumulative[deals.stages, at]) if at >= 0 else 0.0


def _wandering(deals: Spells, rho: float, phi: float) -> float:
    """Return the chance of so large a CUSUM of won − p among closed deals in order of their coming.

    max |Σ (won − p)| / sqrt(n·p(1−p)·n/n_eff) is the maximum of a Brownian bridge (Kolmogorov's law).
    """
    closed = deals.only(deals.target != STILL)
    won = (closed.target == closed.stages)[np.argsort(closed.began, kind="stable")]
    n, p = len(won), float(won.mean()) if len(won) else 0.0
    if n < 2 * FEWEST or not 0 < p < 1:
        return 1.0
    path = np.cumsum(won - p)
    worth = effective_number(closed.quarter, p, rho, phi)
    scale = np.sqrt(n * p * (1 - p) * n / worth)
    return float(special.kolmogorov(np.abs(path).max() / scale))
