"""Say what is believed of stages before any history: the scenario's own table, or the article's, weakly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.distributions import Z90, Distribution
from simulator.funnel import Funnel
from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

WORTH: Final = 20.0
"""Deals that a set table is worth (MODEL 8)."""
WEAK_WORTH: Final = 2.0
"""Deals that the article's conversions, half way to even odds, are worth where no table was set."""
_LADDER: Final = (0.05, 0.10, 0.30, 0.60, 0.65, 0.70, 0.90, 1.0)
"""The article's chances to close (MODEL 1)."""
_UNSET: Final = 0.02
"""Chance of a move that the table leaves out and history has seen."""
_UNSET_VARIANCE: Final = 4.0
_MOST_VARIANCE, _MOST_VARIANCE_UNSET = 1.0, 2.25
"""A rare move of a set table may be e times as frequent, or as rare, but hardly more."""
COMMON_SD: Final = (0.3, 0.5)
"""Spread of what is wrong in common: log odds of every step forward, log of every time."""
_COMMON_SD_OF_TIMES_UNSET: Final = 1.0
_TIME_SD: Final = (0.4, 0.4)
"""Spread of log medians around a set table: of a stage, of each of its moves."""
_TIME_SD_UNSET: Final = (1.0, 0.5)
_SIGMA: Final = 0.7
_SIGMA_SD: Final = (0.3, 0.2)
"""Likewise of the logarithm of sigma."""
_LEAST_SIGMA: Final = 0.1


@dataclass(frozen=True, eq=False)
class StagePrior:
    """Normal prior of one stage's parameters θ = (g, mu, ln sigma) by target, flattened in this order.

    θ[segment] = base[segment] + φ + ε[segment], φ ~ N(common·c, spread), c common to all stages.

    Attributes:
        targets: columns that the stage can move to, integers[k].
        base: floats[segment, 3, k].
        spread: covariance of φ, floats[3·k, 3·k].
        common: effect of (optimism, slowness), floats[3·k, 2].
    """

    targets: Integers
    base: Floats
    spread: Floats
    common: Floats


@dataclass(frozen=True, eq=False)
class FunnelPrior:
    """Prior of a funnel's parameters.

    Attributes:
        stages: of each stage.
        common_sd: spread of c, floats[2].
        set: whether it comes from a table that somebody set.
    """

    stages: tuple[StagePrior, ...]
    common_sd: Floats
    set: bool


def funnel_prior(
    segments: Sequence[str],
    size: int,
    seen: Sequence[Integers],
    typical_days: float,
    tables: Mapping[str, Funnel] | None = None,
    worth: float = WORTH,
) -> FunnelPrior:
    """Return the prior of the segments' funnels.

    A table's row is worth so many deals: ln p varies by ψ'(worth·p), as under a Dirichlet law of that worth.
    Set tables are rosy together: one unknown shift moves all log odds of going forward.

    Args:
        segments: names.
        size: S, open stages.
        seen: columns that history has seen each stage move to.
        typical_days: of a stay, where no table says.
        tables: set funnels by segment, their stages as `among` puts them; what none sets is as the article's
            ladder has it by relative position, worth two deals.
        worth: of the tables.
    """
    is_set = tables is not None and all(name in tables for name in segments)
    if tables is not None and is_set:
        funnels = [tables[name] for name in segments]
        rows = np.stack([funnel.transitions for funnel in funnels])
    else:
        funnels, rows = [], np.zeros((len(segments), size, size + 2))
    unset = rows.sum(axis=2) == 0
    rows = np.where(unset[..., None], _article(size), rows)
    stages = tuple(
        _stage_prior(
            s, rows[:, s], seen[s], funnels, typical_days, WEAK_WORTH if unset[:, s].all() else worth
        )
        for s in range(size)
    )
    slowness = COMMON_SD[1] if is_set else _COMMON_SD_OF_TIMES_UNSET
    return FunnelPrior(stages, np.array([COMMON_SD[0], slowness]), is_set)


def among(funnel: Funnel, stages: Sequence[str]) -> Funnel:
    """Return a set funnel among the stages of a history, all of its own among them; other rows are empty."""
    size, count = len(stages), len(funnel.stages)
    column = [*(stages.index(name) for name in funnel.stages), size, size + 1]
    rows = np.zeros((size, size + 2))
    stays: list[list[Distribution | None]] = [[None] * (size + 2) for _ in stages]
    for s in range(count):
        rows[column[s], column] = funnel.transitions[s]
        for k, law in enumerate(funnel.stays[s]):
            stays[column[s]][column[k]] = law
    return Funnel(tuple(stages), rows, tuple(tuple(row) for row in stays))


def _article(size: int) -> Floats:
    """Return the conversions of the article's ladder by relative place, half way to even odds."""
    place = np.linspace(0, 1, size) if size > 1 else np.array([1 / 3])
    ladder = np.append(np.interp(place, np.linspace(0, 1, len(_LADDER) - 1), _LADDER[:-1]), 1.0)
    rows = np.zeros((size, size + 2))
    stage = np.arange(size)
    rows[stage, stage + 1] = special.expit(special.logit(ladder[:-1] / ladder[1:]) / 2)
    rows[:, size + 1] = 1 - rows[stage, stage + 1]
    return rows


def _stage_prior(
    stage: int, rows: Floats, seen: Integers, funnels: Sequence[Funnel], typical_days: float, worth: float
) -> StagePrior:
    size = rows.shape[1] - 2
    listed = np.asarray((rows > 0).any(axis=0))
    targets = np.union1d(np.flatnonzero(listed), seen).astype(np.int64)
    count = len(targets)
    chances = np.where(listed[targets], np.maximum(rows[:, targets], 1e-3), _UNSET)
    chances = chances / chances.sum(axis=1, keepdims=True)
    most = _MOST_VARIANCE if funnels else _MOST_VARIANCE_UNSET
    variance = np.minimum(special.polygamma(1, worth * chances.mean(axis=0)), most)
    variance = np.where(listed[targets], variance, _UNSET_VARIANCE)
    times = np.array([_times(f, stage, targets, typical_days) for f in funnels]) if funnels else None
    base = np.empty((len(rows), 3, count))
    base[:, 0] = np.log(chances)
    base[:, 1] = np.log(typical_days) if times is None else times[:, 0]
    base[:, 2] = np.log(_SIGMA) if times is None else times[:, 1]
    spread = np.zeros((3, count, 3, count))
    k = np.arange(count)
    spread[0, k, 0, k] = variance
    for kind, (of_stage, of_move) in ((1, _TIME_SD if funnels else _TIME_SD_UNSET), (2, _SIGMA_SD)):
        spread[kind, :, kind] = of_stage**2 + of_move**2 * np.eye(count)
    common = np.zeros((3, count, 2))
    common[0, :, 0] = (targets > stage) & (targets <= size)
    common[1, :, 1] = 1.0
    return StagePrior(targets, base, spread.reshape(3 * count, -1), common.reshape(3 * count, 2))


def _times(
    funnel: Funnel, stage: int, targets: Integers, typical_days: float
) -> tuple[list[float], list[float]]:
    """Return log median and log sigma of the log-normal laws nearest to a table's, by target."""
    row = funnel.stays[stage]
    laws = [law for law in row if law is not None]
    if not laws:
        return [float(np.log(typical_days))] * len(targets), [float(np.log(_SIGMA))] * len(targets)
    logs = [_log_normal(row[k] or laws[0]) for k in targets]
    return [mu for mu, _ in logs], [log_sigma for _, log_sigma in logs]


def _log_normal(law: Distribution) -> tuple[float, float]:
    median, late = (max(float(law.isf(q)), 0.1) for q in (0.5, 0.1))
    return float(np.log(median)), float(np.log(max(np.log(late / median) / Z90, _LEAST_SIGMA)))
