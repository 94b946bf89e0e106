"""Learn the funnels of all segments from their stays, as draws from one posterior with its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.funnel import Funnel
from simulator.learning.evidence import Figure
from simulator.learning.grouped import SegmentStays, group_stays
from simulator.learning.hazards import ENOUGH_EXITS, StageDraws, hazard_draws
from simulator.learning.hierarchy import Chains, prior_ladders, sample_hierarchy
from simulator.learning.laws import log_normal_stays
from simulator.learning.mixtures import shares
from simulator.learning.priors import WORTH, funnel_prior
from simulator.learning.spells import STILL, Spells
from simulator.posterior import FunnelDraws, StayDraws
from simulator.records import dataclass
from simulator.streams import UniformRow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

DRAWS: Final = 2000
_SHORTEST_SEEN: Final = 90.0
"""Days for which deals that nobody closes stay at least."""
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
        unclosed: share of the lost deals that nobody closes, of all segments, floats[draw].
        before: h[s] of draws from the prior, floats[draw, S].
        chains: where the sampler of all segments ended, so that another can begin there.
    """

    draws: FunnelDraws
    stages: tuple[StageEvidence, ...]
    unclosed: Floats
    before: Floats
    chains: Chains

    @cached_property
    def transitions(self) -> Mapping[tuple[int, int], Figure]:
        """p[s,k] by (stage, column), where the move is possible."""
        p = self.draws.transitions
        return {
            (s, k): Figure.of(p[:, s, k], e.stays, e.n_eff, e.quarters)
            for s, e in enumerate(self.stages)
            for k in np.flatnonzero(p[:, s].any(axis=0)).tolist()
        }

    @cached_property
    def win_rates(self) -> tuple[Figure, ...]:
        """h[s], the chance to be won in the end on entering each stage."""
        told = zip(self.draws.ladder.T, self.stages, strict=True)
        return tuple(Figure.of(h, e.stays, e.n_eff, e.quarters) for h, e in told)

    @cached_property
    def neglect(self) -> Figure | None:
        """Share of the lost deals that nobody closes; None where hazards tell all of it."""
        smooth = [e for e in self.stages if not e.piecewise]
        lost = sum(int(e.ended[-1]) for e in smooth)
        quarters = max((e.quarters for e in smooth), default=0)
        return Figure.of(self.unclosed, lost, float(lost), quarters) if lost else None

    @cached_property
    def medians(self) -> Mapping[tuple[int, int], Figure]:
        """Days of a stay by (stage, column); shared luck takes nothing from what is known of them."""
        found = {}
        for s, k in self.transitions:
            evidence = self.stages[s]
            ended = int(evidence.ended[k])
            half = _medians(self.draws.stays[s], k)
            days = Figure.of(half, ended, float(ended), evidence.quarters)
            # The middle draw: laws that nobody has seen end have an average beyond all of them.
            found[s, k] = replace(days, value=float(np.median(half)))
        return found


@dataclass(frozen=True, eq=False)
class _Block:
    """One stage of one segment: its stays, and its hazards if they are many."""

    spells: Spells
    pieces: StageDraws | None


def fit_funnels(
    spells: Spells,
    stages: Sequence[str],
    row: UniformRow,
    draws: int = DRAWS,
    tables: Mapping[str, Funnel] | None = None,
    worth: float = WORTH,
    near: Mapping[str, FunnelFit] | None = None,
) -> dict[str, FunnelFit]:
    """Return what is learned of each segment's funnel, as if its deals shared no luck.

    A stage with 100 exits keeps its hazards as they are; the others are mixtures of log-normal laws. Where
    stays go is pooled over segments. What luck the deals of a quarter share is told by `luck.with_luck`.

    Args:
        spells: of all segments.
        stages: names of the open stages.
        row: of the uniforms.
        draws: D.
        tables: set funnels by segment, the prior; the article's ladder, weakly, without.
        worth: deals that the tables are worth.
        near: what was learned of nearly the same record: the sampler begins there, which spares sweeps.
    """
    size, ended = len(stages), spells.target != STILL
    seen = [np.unique(spells.target[ended & (spells.stage == s)]) for s in range(size)]
    typical = float(np.median(spells.length[ended])) + 1 if ended.any() else _TYPICAL_DAYS
    prior = funnel_prior(spells.segments, size, seen, typical, tables, worth)
    blocks = [
        [_block(spells.at(g, s), stage.targets, draws, row) for g in range(len(spells.segments))]
        for s, stage in enumerate(prior.stages)
    ]
    counts = [[_counts(block, stage.targets) for block in blocks[s]] for s, stage in enumerate(prior.stages)]
    begin = next((fit.chains for fit in near.values()), None) if near else None
    thetas, unclosed, chains = sample_hierarchy(prior, counts, draws, row, near=begin)
    before = prior_ladders(prior, row)
    learned = {}
    for g, name in enumerate(spells.segments):
        parts = [
            _stage_draws(blocks[s][g], stage.targets, thetas[s][:, g], unclosed)
            for s, stage in enumerate(prior.stages)
        ]
        learned[name] = _fit(
            tuple(stages), [of_stage[g] for of_stage in blocks], parts, unclosed, before[:, g], chains
        )
    return learned


def _block(spells: Spells, targets: Integers, draws: int, row: UniformRow) -> _Block:
    many = np.count_nonzero(spells.target != STILL) >= ENOUGH_EXITS
    return _Block(spells, hazard_draws(spells, targets, draws, row) if many else None)


def _counts(block: _Block, targets: Integers) -> SegmentStays:
    """Return what the sampler is told of a stage: its stays, or what its hazards say of them.

    Hazards tell p as so many ended stays would that leave the same variance, and of ln T mean and variance.
    """
    pieces = block.pieces
    if pieces is None:
        return group_stays(block.spells, targets)
    mean, variance = pieces.chances.mean(axis=0), pieces.chances.var(axis=0)
    worth = (mean * (1 - mean)).sum() / max(variance.sum(), 1e-12)
    ended = mean * min(worth, len(block.spells))
    edges = pieces.stays.edges
    middle = np.log(np.maximum((edges + np.append(edges[1:], edges[-1] * 1.2)) / 2, 0.3))
    left = np.exp(-pieces.stays.cumulative[:200]).mean(axis=0)
    gains = -np.diff(left, axis=1, append=0.0)
    first = gains @ middle
    sums = np.ones_like(first), first, gains @ middle**2, np.zeros_like(first)
    late = ended[:, None] * np.stack(sums, axis=1)
    nothing = np.zeros(0)
    return SegmentStays(ended, np.zeros((len(ended), 1)), late, nothing, nothing)


def _stage_draws(block: _Block, targets: Integers, theta: Floats, unclosed: Floats) -> StageDraws:
    """Return a stage's draws: p from all that is known, stays as learned piece by piece or by their laws."""
    chances = shares(theta[:, 0])
    pieces = block.pieces
    if pieces is not None:
        return StageDraws(
            targets,
            _centred(pieces.chances, chances, np.isin(targets, block.spells.target)),
            pieces.stays,
            pieces.unresolved,
            pieces.follow_up,
        )
    seen = float(block.spells.length.max()) + 0.5 if len(block.spells) else 0.0
    share = unclosed if targets[-1] == block.spells.stages + 1 else None
    stays = log_normal_stays(theta[:, 1], theta[:, 2], share, max(seen, _SHORTEST_SEEN))
    alive = float((chances * stays.survivors(np.array([seen]))[..., 0]).sum(axis=1).mean())
    return StageDraws(targets, chances, stays, alive, seen)


def _centred(pieces: Floats, pooled: Floats, seen: NDArray[np.bool_]) -> Floats:
    """Return p[draw, k] as the hazards have it, tilted to the average of the pooled draws.

    Of a move that was never seen hazards tell nothing: there the pooled draws stand.
    """
    own, centre = (np.maximum(p.mean(axis=0), 1e-300) for p in (pieces, pooled))
    tilted = np.where(seen, pieces * (centre / own), pooled)
    return np.asarray(tilted / tilted.sum(axis=1, keepdims=True))


def _fit(
    stages: tuple[str, ...], blocks: Sequence[_Block], parts: Sequence[StageDraws], unclosed: Floats,
    before: Floats, chains: Chains,
) -> FunnelFit:  # fmt: skip
    size = len(stages)
    transitions = np.zeros((len(parts[0].chances), size, size + 2))
    stays = []
    for s, part in enumerate(parts):
        transitions[:, s, part.targets] = part.chances
        rates = np.ones((len(transitions), size + 2, len(part.stays.edges)))
        rates[:, part.targets] = part.stays.rates
        stays.append(StayDraws(part.stays.edges, rates))
    evidence = tuple(_evidence(block, part) for block, part in zip(blocks, parts, strict=True))
    return FunnelFit(FunnelDraws(stages, transitions, tuple(stays)), evidence, unclosed, before, chains)


def _evidence(block: _Block, part: StageDraws) -> StageEvidence:
    spells = block.spells
    ended = np.bincount(spells.target[spells.target != STILL], minlength=spells.stages + 2)
    return StageEvidence(
        stays=len(spells),
        ended=ended,
        n_eff=float(len(spells)),
        quarters=len(np.unique(spells.quarter)),
        piecewise=block.pieces is not None,
        unresolved=part.unresolved,
        follow_up=part.follow_up,
    )


def _medians(stays: StayDraws, target: int) -> Floats:
    """Return the median of one law, floats[draw]."""
    sought, reached, rates = np.log(2.0), stays.cumulative[:, target], stays.rates[:, target]
    piece = (reached <= sought).sum(axis=1) - 1
    draw = np.arange(len(piece))
    return np.asarray(stays.edges[piece] + (sought - reached[draw, piece]) / rates[draw, piece])
