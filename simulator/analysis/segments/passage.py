"""Say how likely deals of a segment get from stage to stage, and how surely that is known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.funnel import close_chances
from simulator.market import worth_of_doubt
from simulator.posterior import FunnelDraws, SegmentDraws
from simulator.records import dataclass
from simulator.scenario import Scenario, Segment
from simulator.streams import UniformRow

Floats = NDArray[np.float64]

DRAWS: Final = 4_000
"""Draws from what set percentages may mean, where no posterior has draws."""


@dataclass(frozen=True, eq=False)
class Passage:
    """The walk of one segment's deals, as a deal takes it that enters at the first stage.

    Where what is learned are kernels, there is one a draw; where a table is set, there is one, and what it
    is worth says how far it may be off.

    Attributes:
        segment: with its plug-in figures.
        kernels: p[s,k], floats[draw or 1, S, S + 2], columns as in `Funnel`.
        odds: by which the odds of winning are multiplied, floats[draw or 1].
        draws: how many draws `belief` gives.
        worth: closed deals that set percentages are worth, infinite where they are exact; None where learned.
    """

    segment: Segment
    kernels: Floats
    odds: Floats
    draws: int
    worth: float | None

    @staticmethod
    def of(scenario: Scenario, index: int) -> Passage:
        """Return the walk of a segment."""
        segment, posterior = scenario.segments[index], scenario.posterior
        learned = posterior.segments.get(segment.name) if posterior else None
        draws = posterior.draws if posterior and posterior.draws > 1 else DRAWS
        told = learned is not None and (learned.funnel is not None or learned.odds is not None)
        kernels = segment.funnel.transitions[None]
        if learned is not None and learned.funnel is not None:
            kernels = learned.funnel.transitions
        odds = _odds(segment, learned, kernels)
        return Passage(segment, kernels, odds, draws, None if told else worth_of(segment))

    @property
    def size(self) -> int:
        """Number of stages; the number of the last one and 1 stands for won."""
        return len(self.segment.funnel.stages)

    @cached_property
    def sober(self) -> Floats:
        """The kernels under which deals move, optimism corrected, floats[draw or 1, S, S + 2]."""
        return sober(self.kernels, self.odds)

    @cached_property
    def _onwards(self) -> list[Floats]:
        return [np.zeros((1, 0)), *(onwards(self.sober, t) for t in range(1, self.size + 1))]

    def between(self, begin: float, end: float) -> Floats:
        """Return the chance that a deal at a place ever gets to another, or beyond it, floats[draw or 1].

        Args:
            begin: stage, or a place between two, to which chances are interpolated geometrically.
            end: likewise; the number of stages stands for won.
        """
        stage, below, part = int(begin), int(end), end - int(end)
        if begin > stage:
            rest = min(end, stage + 1) - begin
            here: Floats = self._onwards[stage + 1][:, stage] ** rest
            return here if end <= stage + 1 else here * self.between(stage + 1, end)
        found = np.ones(1) if below <= stage else self._onwards[below][:, stage]
        if part > 0:
            found = found ** (1 - part) * self._onwards[below + 1][:, stage] ** part
        return np.asarray(found)

    def belief(self, begin: float, end: float) -> Floats:
        """Return draws from what the chance of `between` may be, floats[draws].

        What is learned has draws of its own. A set chance c that is worth n closed deals is
        Beta(n·c, n·(1−c)).
        """
        chances = self.between(begin, end)
        mean = float(chances.mean())
        if self.worth is None or math.isinf(self.worth) or not 0 < mean < 1:
            return np.broadcast_to(chances, self.draws)
        u = UniformRow(0, f"{self.segment.name}/{begin}/{end}").uniforms(self.draws)
        return np.asarray(special.betaincinv(self.worth * mean, self.worth * (1 - mean), u))

    @cached_property
    def entry(self) -> Floats:
        """Shares of the stages at which deals enter, floats[S]; the first, where none are to come."""
        generation = self.segment.generation
        return np.eye(1, self.size)[0] if generation is None else generation.entry

    @cached_property
    def reached(self) -> Floats:
        """The share of entering deals that reach each stage or beyond, won last, floats[S + 1]."""
        means = [[float(self.between(e, s).mean()) for s in range(self.size + 1)] for e in range(self.size)]
        return np.asarray(self.entry @ np.array(means))

    def changed(self, wanted: Mapping[int, Floats]) -> Floats:
        """Return kernels in which some stages pass on as many deals as wanted, floats[draw or 1, S, S + 2].

        Deals that a stage passes on more are lost less there; how often it sends them back stays. Of deals
        sent back some return to it, β of all, and some get beyond it by a skip, γ: a stage that is left
        forwards with chance f passes (f + γ)/(1 − β) on. Where even no loss is not enough, none is lost. The
        kernels are those before `odds`; they give what is wanted where these are factors of all deals alike.

        Args:
            wanted: by stage, the chance that a deal in it ever gets beyond it, floats[draw or 1].
        """
        odds = self.odds if len(self.odds) in (1, len(self.kernels)) else _middle(self.odds)
        p = sober(self.kernels, odds)
        for stage in sorted(wanted):
            p[:, stage] = _row(p, stage, wanted[stage] if len(p) > 1 else wanted[stage].mean(keepdims=True))
        return sober(p, 1 / odds)


def worth_of(segment: Segment) -> float:
    """Return the closed deals that a segment's set percentages are worth, infinite where they are exact."""
    pairs = zip(segment.set_ladder.tolist(), segment.doubt.tolist(), strict=True)
    # The largest doubts are cut; those of other stages tell.
    return min((worth_of_doubt(close, rho) for close, rho in pairs), default=math.inf)


def sober(kernels: Floats, odds: Floats) -> Floats:
    """Return kernels whose odds of winning are multiplied (MODEL 1), floats[draw or 1, S, S + 2]."""
    names = ("",) * kernels.shape[1]
    return FunnelDraws(names, kernels, ()).tilted(odds)


def onwards(kernels: Floats, stage: int) -> Floats:
    """Return the chance to ever get to a stage or beyond from each one before it, floats[draw, stage].

    x = P_BB·x + P_BF·1, B the stages before it, F it and those beyond, won among them.
    """
    before = kernels[:, :stage]
    return _arriving(before, before[:, :, stage:-1].sum(axis=2))


def _arriving(before: Floats, forward: Floats) -> Floats:
    """Return the chance that a walk over some stages ends by a move of `forward`, floats[draw, stage]."""
    size = before.shape[1]
    inner = np.eye(size) - before[:, :, :size]
    return np.asarray(np.clip(np.linalg.solve(inner, forward[..., None])[..., 0], 0.0, 1.0))


def _row(p: Floats, stage: int, wanted: Floats) -> Floats:
    """Return a stage's moves, so many forwards as pass on what is wanted, floats[draw, S + 2]."""
    row = p[:, stage].copy()
    back = row[:, :stage].sum(axis=1)
    before, sent = p[:, :stage], row[:, :stage]
    returning = (sent * _arriving(before, before[:, :, stage])).sum(axis=1)
    skipping = (sent * _arriving(before, before[:, :, stage + 1 : -1].sum(axis=2))).sum(axis=1)
    forward = row[:, stage + 1 : -1].sum(axis=1)
    share = np.clip(wanted * (1 - returning) - skipping, 0.0, 1 - back)
    none = forward <= 0
    row[none, stage + 1], forward = 1.0, np.where(none, 1.0, forward)
    row[:, stage + 1 : -1] *= (share / forward)[:, None]
    row[:, -1] = np.maximum(1 - back - share, 0.0)
    return row


def _odds(segment: Segment, learned: SegmentDraws | None, kernels: Floats) -> Floats:
    """Return p*'s odds over the ladder's, of deals that enter at the first stage, floats[draw or 1].

    odds(p*) = x · exp(shift) · odds(h)^slope, at the amount at which learned effects of it are nothing.
    """
    x = segment.soberness.odds
    if learned is None or learned.odds is None:
        return np.array([x])
    h = close_chances(kernels)[:, 0]
    inside = (h > 0) & (h < 1)
    odds = np.where(inside, h / np.where(inside, 1 - h, 1.0), 1.0)
    return np.asarray(x * np.exp(learned.odds.shift) * odds ** (learned.odds.slope - 1))


def _middle(odds: Floats) -> Floats:
    return np.asarray(np.exp(np.log(odds).mean(keepdims=True)))
