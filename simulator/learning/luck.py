"""Tell the luck that today's deals meet from what the same luck has done to the record."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.funnel import Funnel, close_chances, winning_times
from simulator.learning.evidence import effective_number
from simulator.learning.funnels import FunnelFit
from simulator.learning.spells import STILL, Spells
from simulator.posterior import LuckDraws

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

QUARTER: Final = 365.25 / 4
"""Operational days of a quarter."""


def luck_now(
    spells: Spells, quarter: int, plain: FunnelFit, tempered: FunnelFit, rho: float, phi: float,
    ahead: float | None = None,
) -> LuckDraws:  # fmt: skip
    """Return the market factor that a segment's deals meet, given each draw of its funnel.

    The record's win rate y is the true level δ plus the luck u of its quarters, so a draw that takes the
    level to be higher takes the record to have been unlucky: counts that are tempered for luck, and luck that
    knows nothing of them, would count the same luck twice. In probits, with w the shares of the record's
    quarters and lags to the as-of one, the factor x that decides the open deals has

        Cov(x, u) = ρ·Σ w_q·φ^(lag_q + a),   E[x | δ] = Cov/V·(y − δ),   Var[x | δ] = ρ − Cov²/V,

    V the variance of u: of counts worth n_eff, or of the draws' levels where that is larger. Luck goes on to
    change while deals are open; they are decided a quarters ahead, their average time to a win.

    Args:
        spells: stays of the segment.
        quarter: calendar quarter of the as-of day, numbered as `quarter_of` does.
        plain: the funnel as if deals shared no luck; its level is y.
        tempered: whose draws are played.
        rho: total correlation of deals' luck.
        phi: of the market from quarter to quarter.
        ahead: a, by default what the tempered funnel says of the deals that are open.
    """
    ahead = quarters_ahead(spells, tempered.draws.mean) if ahead is None else ahead
    first = spells.first
    share = np.bincount(spells.stage[first], minlength=spells.stages)[: spells.stages].astype(np.float64)
    size = len(tempered.draws)
    if not share.sum() or rho <= 0:
        return LuckDraws(np.zeros(size), 1.0)
    share /= share.sum()
    level = _probits(close_chances(tempered.draws.transitions) @ share)
    y = float(_probits(close_chances(plain.draws.transitions) @ share).mean())
    chance = float(special.ndtr(y))
    density = float(np.exp(-0.5 * y * y) / np.sqrt(2 * np.pi))
    worth = effective_number(spells.quarter[first], chance, rho, phi)
    variance = max(chance * (1 - chance) / worth / density**2, float(level.var()))
    which, counts = np.unique(spells.quarter[first], return_counts=True)
    lag = np.maximum(quarter - which, 0)
    together = rho / np.sqrt(1 - rho) * float((counts / counts.sum()) @ phi ** (lag + ahead))
    kept = max(1 - together**2 / (variance * rho), 0.0)
    return LuckDraws(together / variance * (y - level), float(np.sqrt(kept)))


def quarters_ahead(spells: Spells, funnel: Funnel) -> float:
    """Return after how many quarters the deals that are open will be won on average, if they are won.

    From entering their stage, weighted with their chances; of all stages alike where no deal is open.
    """
    still = spells.stage[spells.target == STILL]
    here = np.bincount(still, minlength=len(funnel.stages)) if len(still) else np.ones(len(funnel.stages))
    weight = here * funnel.ladder
    if not weight.sum():
        return 1.0
    times = winning_times(funnel)
    days = times @ np.arange(times.shape[1])
    return float(weight @ days / weight.sum()) / QUARTER


def _probits(chance: Floats) -> Floats:
    return np.asarray(special.ndtri(np.clip(chance, 1e-6, 1 - 1e-6)))
