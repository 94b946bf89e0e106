"""Tell the luck that today's deals meet from what the same luck has done to the record."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.funnel import Funnel, winning_times
from simulator.learning.evidence import effective_number
from simulator.learning.funnels import FunnelFit
from simulator.learning.spells import STILL, Spells
from simulator.posterior import LuckDraws
from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

QUARTER: Final = 365.25 / 4
"""Operational days of a quarter."""


@dataclass(frozen=True)
class Level:
    """How well a segment's record tells its level: the probit of the chance of a deal that arrives.

    Attributes:
        share: of the stages in which deals were first seen, floats[S].
        alone: variance of the error if deals shared no luck.
        luck: variance of the luck of the record's quarters.
    """

    share: Floats
    alone: float
    luck: float

    @staticmethod
    def of(spells: Spells, fit: FunnelFit, rho: float, phi: float) -> Level | None:
        """Return it, None where no deal was seen."""
        first = spells.first
        seen = np.bincount(spells.stage[first], minlength=spells.stages)[: spells.stages].astype(np.float64)
        if not seen.sum():
            return None
        share = seen / seen.sum()
        y = float(_probits(fit.draws.ladder @ share).mean())
        chance, density = float(special.ndtr(y)), float(np.exp(-0.5 * y * y) / np.sqrt(2 * np.pi))
        one = chance * (1 - chance) / density**2
        worth = effective_number(spells.quarter[first], chance, rho, phi)
        alone = one / seen.sum()
        return Level(share, alone, max(one / worth - alone, 0.0))


def with_luck(fit: FunnelFit, spells: Spells, rho: float, phi: float, high: Floats) -> FunnelFit:
    """Return the funnel as unsure as it is if deals of a quarter share their luck.

    The record tells the true level δ and the luck u of its quarters together, δ + u. If deals shared none,
    the posterior would have the precision 1/τ² + 1/s², s² the error of so many deals and τ² the prior's; with
    luck it is 1/τ² + 1/(s² + Var u), and the prior counts for more. Luck moves a deal by its odds of winning
    in the end, wherever it stands: so each draw is tilted by one factor (MODEL 1), and what the record says
    of times, and of one stage against another, stays as sure as it is.

    Args:
        fit: as if deals shared no luck.
        spells: stays of the segment.
        rho: total correlation of deals' luck.
        phi: of the market from quarter to quarter.
        high: standard normals that spread the draws, floats[draw].
    """
    level = Level.of(spells, fit, rho, phi) if rho > 0 else None
    if level is None:
        return fit
    chance = fit.draws.ladder @ level.share
    now, before = _probits(chance), _probits(fit.before @ level.share)
    prior = 1 / before.var()
    surer, unsure = prior + 1 / level.alone, prior + 1 / (level.alone + level.luck)
    # What the record says, with the prior taken out of it again.
    y = (now.mean() * surer - before.mean() * prior) * level.alone
    middle = (before.mean() * prior + y / (level.alone + level.luck)) / unsure
    more = 1 / unsure - 1 / surer
    # The spread raises chances below a half and lowers those above: sqrt(1 + more) takes that away.
    moved = (now + middle - now.mean()) * np.sqrt(1 + more) + np.sqrt(more) * high
    odds = np.exp(special.logit(special.ndtr(moved)) - special.logit(special.ndtr(now)))
    stages = [
        replace(e, n_eff=effective_number(spells.quarter[spells.stage == s], float(h), rho, phi))
        for s, (e, h) in enumerate(zip(fit.stages, fit.draws.ladder.mean(axis=0), strict=True))
    ]
    draws = replace(fit.draws, transitions=fit.draws.tilted(odds))
    return replace(fit, draws=draws, stages=tuple(stages))


def luck_now(
    spells: Spells, quarter: int, plain: FunnelFit, unsure: FunnelFit, rho: float, phi: float,
    ahead: float | None = None,
) -> LuckDraws:  # fmt: skip
    """Return the market factor that a segment's deals meet, given each draw of its funnel.

    The record's win rate y is the true level δ plus the luck u of its quarters, so a draw that takes the
    level to be higher takes the record to have been unlucky: a level that is unsure for luck, and luck that
    knows nothing of it, would count the same luck twice. In probits, with w the shares of the record's
    quarters and lags to the as-of one, the factor x that decides the open deals has

        Cov(x, u) = ρ·Σ w_q·φ^(lag_q + a),   E[x | δ] = Cov/V·(y − δ),   Var[x | δ] = ρ − Cov²/V,

    V the variance of y given δ. Luck goes on to change while deals are open; they are decided a quarters
    ahead, their average time to a win.

    Args:
        spells: stays of the segment.
        quarter: calendar quarter of the as-of day, numbered as `quarter_of` does.
        plain: the funnel as if deals shared no luck; its level is y.
        unsure: the funnel `with_luck`, whose draws are played.
        rho: total correlation of deals' luck.
        phi: of the market from quarter to quarter.
        ahead: a, by default what the funnel says of the deals that are open.
    """
    level = Level.of(spells, plain, rho, phi)
    size = len(unsure.draws)
    if level is None or rho <= 0:
        return LuckDraws(np.zeros(size), 1.0)
    ahead = quarters_ahead(spells, unsure.draws.mean) if ahead is None else ahead
    drawn = _probits(unsure.draws.ladder @ level.share)
    y = float(_probits(plain.draws.ladder @ level.share).mean())
    variance = level.alone + level.luck
    which, counts = np.unique(spells.quarter[spells.first], return_counts=True)
    lag = np.maximum(quarter - which, 0)
    together = rho / np.sqrt(1 - rho) * float((counts / counts.sum()) @ phi ** (lag + ahead))
    kept = max(1 - together**2 / (variance * rho), 0.0)
    return LuckDraws(together / variance * (y - drawn), float(np.sqrt(kept)))


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
