"""Learn the funnels of all segments from their stays, as draws from one posterior with its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.funnel import Funnel, close_chances
from simulator.learning.evidence import Figure, effective_number
from simulator.learning.grouped import SegmentStays, group_stays, sides
from simulator.learning.hazards import ENOUGH_EXITS, StageDraws, hazard_draws
from simulator.learning.hierarchy import sample_hierarchy
from simulator.learning.laws import log_normal_stays
from simulator.learning.mixtures import shares
from simulator.learning.priors import WORTH, funnel_prior
from simulator.learning.spells import STILL, Spells
from simulator.posterior import FunnelDraws, StayDraws
from simulator.streams import UniformRow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

DRAWS: Final = 2000
_TYPICAL_DAYS: Final = 14.0
"""A stay of no history and no table."""


@dataclass(frozen=True, eq=False)
class StageEvidence:
    """What history says of one stage of one segment.

    Attributes:
        stays: that were seen there.
        ended: of them, by target, integers[S + 2].
        n_eff: what the stays are worth.
        quarters: in how many calendar quarters.
        piecewise: whether its laws are learned piece by piece.
        unresolved: share of stays whose end lies beyond the follow-up: where they go is not known.
        follow_up: operational days up to which ends could be seen.
    """

    stays: int
    ended: Integers
    n_eff: float
    quarters: int
    piecewise: bool
    unresolved: float
    follow_up: float


@dataclass(frozen=True, eq=False)
class FunnelFit:
    """The learned funnel of one segment.

    Attributes:
        draws: kernels.
        stages: evidence of each stage.
        transitions: p[s,k] by (stage, column), where the move is possible.
        win_rates: h[s], the chance to be won in the end on entering each stage.
        medians: days of a stay by (stage, column).
    """

    draws: FunnelDraws
    stages: tuple[StageEvidence, ...]
    transitions: Mapping[tuple[int, int], Figure]
    win_rates: tuple[Figure, ...]
    medians: Mapping[tuple[int, int], Figure]


@dataclass(frozen=True, eq=False)
class _Block:
    """One stage of one segment: its stays, their weight and worth, its hazards if they are many."""

    spells: Spells
    weight: float
    n_eff: float
    pieces: StageDraws | None

    @property
    def worth(self) -> float:
        """So many ended stays would leave the chances as uncertain as the hazards do."""
        assert self.pieces is not None
        mean, variance = self.pieces.chances.mean(axis=0), self.pieces.chances.var(axis=0)
        return min(float((mean * (1 - mean)).sum() / max(variance.sum(), 1e-12)), float(len(self.spells)))

    @property
    def weight_of_hazards(self) -> float:
        """Share of that worth which shared luck leaves.

        1/worth is what the number of stays leaves open, 1/n, and what nobody has seen yet of their ends. Luck
        makes the first larger, 1/(w·n), and the second not.
        """
        return 1 / (1 + (1 / self.weight - 1) * self.worth / len(self.spells))


def fit_funnels(
    spells: Spells,
    stages: Sequence[str],
    row: UniformRow,
    draws: int = DRAWS,
    tables: Mapping[str, Funnel] | None = None,
    rho: float = 0.0,
    phi: float = 0.5,
    worth: float = WORTH,
) -> dict[str, FunnelFit]:
    """Return what is learned of each segment's funnel.

    A stage with 100 exits keeps its hazards as they are; the others are mixtures of log-normal laws. Where
    stays go is pooled over segments and tempered for the luck that deals of a quarter share, n_eff / n;
    how long they take, given where, owes nothing to that luck.

    Args:
        spells: of all segments.
        stages: names of the open stages.
        row: of the uniforms.
        draws: D.
        tables: set funnels by segment, the prior; the article's ladder, weakly, without.
        rho: total correlation of deals' luck; 0 if they share none.
        phi: of the market from quarter to quarter.
        worth: deals that the tables are worth.
    """
    size, ended = len(stages), spells.target != STILL
    seen = [np.unique(spells.target[ended & (spells.stage == s)]) for s in range(size)]
    typical = float(np.median(spells.length[ended])) + 1 if ended.any() else _TYPICAL_DAYS
    prior = funnel_prior(spells.segments, size, seen, typical, tables, worth)
    blocks = [
        [
            _block(spells.at(g, s), s, stage.targets, (rho, phi), draws, row)
            for g in range(len(spells.segments))
        ]
        for s, stage in enumerate(prior.stages)
    ]
    counts = [
        [_counts(block, s, stage.targets) for block in blocks[s]] for s, stage in enumerate(prior.stages)
    ]
    thetas = sample_hierarchy(prior, counts, draws, row)
    learned = {}
    for g, name in enumerate(spells.segments):
        parts = [
            _stage_draws(blocks[s][g], stage.targets, thetas[s][:, g]) for s, stage in enumerate(prior.stages)
        ]
        learned[name] = _fit(tuple(stages), [of_stage[g] for of_stage in blocks], parts)
    return learned


def _block(
    spells: Spells, stage: int, targets: Integers, luck: tuple[float, float], draws: int,
    row: UniformRow,
) -> _Block:  # fmt: skip
    ended = spells.target != STILL
    if not len(spells):
        return _Block(spells, 1.0, 0.0, None)
    forward = (spells.target[ended] > stage) & (spells.target[ended] <= spells.stages)
    chance = float((forward.sum() + 1) / (ended.sum() + 2))
    n_eff = effective_number(spells.quarter, chance, *luck)
    many = int(ended.sum()) >= ENOUGH_EXITS
    pieces = hazard_draws(spells, targets, draws, row) if many else None
    return _Block(spells, n_eff / len(spells), n_eff, pieces)


def _counts(block: _Block, stage: int, targets: Integers) -> SegmentStays:
    """Return what the sampler is told of a stage: its stays, or what its hazards say of them.

    Hazards tell p as so many ended stays would that leave the same variance, and of ln T mean and variance.
    """
    pieces = block.pieces
    if pieces is None:
        return group_stays(block.spells, stage, targets).weighted(block.weight)
    ended = pieces.chances.mean(axis=0) * block.worth
    edges = pieces.stays.edges
    middle = np.log(np.maximum((edges + np.append(edges[1:], edges[-1] * 1.2)) / 2, 0.3))
    left = np.exp(-pieces.stays.cumulative[:200]).mean(axis=0)
    gains = -np.diff(left, axis=1, append=0.0)
    first = gains @ middle
    late = ended[:, None] * np.stack((np.ones_like(first), first, gains @ middle**2), axis=1)
    nothing, none = np.zeros(0), np.zeros(len(ended))
    side = sides(stage, block.spells.stages, targets)
    stays = SegmentStays(ended, np.zeros((len(ended), 1)), late, nothing, nothing, side, none)
    return stays.weighted(block.weight_of_hazards)


def _stage_draws(block: _Block, targets: Integers, theta: Floats) -> StageDraws:
    """Return a stage's draws: p from all that is known, stays as learned piece by piece or by their laws."""
    chances = shares(theta[:, 0])
    pieces = block.pieces
    if pieces is not None:
        return StageDraws(
            targets,
            _tempered(
                pieces.chances, chances, block.weight_of_hazards, np.isin(targets, block.spells.target)
            ),
            pieces.stays,
            pieces.unresolved,
            pieces.follow_up,
        )
    stays = log_normal_stays(theta[:, 1], theta[:, 2])
    seen = float(block.spells.length.max()) + 0.5 if len(block.spells) else 0.0
    alive = float((chances * stays.survivors(np.array([seen]))[..., 0]).sum(axis=1).mean())
    return StageDraws(targets, chances, stays, alive, seen)


def _tempered(pieces: Floats, pooled: Floats, weight: float, seen: NDArray[np.bool_]) -> Floats:
    """Return p[draw, k] with the centre of the pooled draws and the width of tempered counts.

    The draws of the hazards vary as 1/n, those of the sampler, ln p, as 1/(w·n); so what is missing is
    (1 − w) of the latter. Each draw of the hazards is tilted by it, and its survivors with it. Of a
    move that was never seen hazards tell nothing, and logarithms of next to nothing have no centre: there
    the pooled draws stand.
    """
    logs = np.log(np.maximum(pooled, 1e-300))
    centre = logs.mean(axis=0)
    own = np.log(np.maximum(pieces, 1e-300)).mean(axis=0)
    tilt = centre - own + np.sqrt(1 - weight) * (logs - centre)
    tilted = np.where(seen, pieces * np.exp(np.where(seen, tilt, 0.0)), pooled)
    return np.asarray(tilted / tilted.sum(axis=1, keepdims=True))


def _fit(stages: tuple[str, ...], blocks: Sequence[_Block], parts: Sequence[StageDraws]) -> FunnelFit:
    size = len(stages)
    transitions = np.zeros((len(parts[0].chances), size, size + 2))
    stays, evidence = [], []
    figures: dict[tuple[int, int], Figure] = {}
    medians: dict[tuple[int, int], Figure] = {}
    for s, (block, part) in enumerate(zip(blocks, parts, strict=True)):
        transitions[:, s, part.targets] = part.chances
        rates = np.ones((len(transitions), size + 2, len(part.stays.edges)))
        rates[:, part.targets] = part.stays.rates
        stays.append(StayDraws(part.stays.edges, rates))
        evidence.append(_evidence(block, part))
        half = _medians(part.stays)
        told = (evidence[s].stays, evidence[s].n_eff, evidence[s].quarters)
        for n, k in enumerate(part.targets.tolist()):
            figures[s, k] = Figure.of(part.chances[:, n], *told)
            days = Figure.of(half[:, n], int(evidence[s].ended[k]), *told[1:])
            # Of days the middle draw: laws that nobody has seen end have an average beyond all of them.
            medians[s, k] = replace(days, value=float(np.median(half[:, n])))
    draws = FunnelDraws(stages, transitions, tuple(stays))
    ladder = close_chances(transitions)
    rates_to_win = tuple(
        Figure.of(ladder[:, s], e.stays, e.n_eff, e.quarters) for s, e in enumerate(evidence)
    )
    return FunnelFit(draws, tuple(evidence), figures, rates_to_win, medians)


def _evidence(block: _Block, part: StageDraws) -> StageEvidence:
    spells = block.spells
    ended = np.bincount(spells.target[spells.target != STILL], minlength=spells.stages + 2)
    return StageEvidence(
        stays=len(spells),
        ended=ended,
        n_eff=block.n_eff,
        quarters=len(np.unique(spells.quarter)),
        piecewise=block.pieces is not None,
        unresolved=part.unresolved,
        follow_up=part.follow_up,
    )


def _medians(stays: StayDraws) -> Floats:
    """Return the median of each law, floats[draw, k]."""
    sought = np.log(2.0)
    piece = (stays.cumulative <= sought).sum(axis=-1) - 1
    at = np.take_along_axis(stays.cumulative, piece[..., None], axis=-1)[..., 0]
    rate = np.take_along_axis(stays.rates, piece[..., None], axis=-1)[..., 0]
    return np.asarray(stays.edges[piece] + (sought - at) / rate)
