"""Hold the kernels of a segment, one fixed or one a draw, for counting who is won and lost in a window."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.distributions import LONGEST, TIE, remaining_days
from simulator.funnel import Funnel
from simulator.posterior import FunnelDraws, StayDraws

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Stays(Protocol):
    """Laws of the days spent in each stage, by draw and next move."""

    def log_alive(self, stage: int, ages: Floats) -> Floats:
        """Return ln R[s,k](age), floats[draw, target, age]."""
        ...

    def days(self, stage: int, target: int, draw: Integers, u: Floats, ages: Floats | None) -> Integers:
        """Return whole days still to be spent in a stage before the move to a target."""
        ...


@dataclass(frozen=True, eq=False)
class Kernel:
    """The semi-Markov walk of a segment in each draw.

    Attributes:
        p: chances of moves, floats[draw, S, S + 2].
        stays: laws of the time until each.
    """

    p: Floats
    stays: Stays

    @property
    def draws(self) -> int:
        """Number of draws."""
        return len(self.p)

    @property
    def stages(self) -> int:
        """S."""
        return int(self.p.shape[1])

    @cached_property
    def h(self) -> Floats:
        """Chance to be won in the end from every column of p, floats[draw, S + 2]: h = (I − P_TT)⁻¹ p_W."""
        size = self.stages
        solved = np.linalg.solve(np.eye(size) - self.p[:, :, :size], self.p[:, :, size, None])[..., 0]
        ends = np.broadcast_to([1.0, 0.0], (self.draws, 2))
        return np.concatenate((np.clip(solved, 0.0, 1.0), ends), axis=1)

    @cached_property
    def moves(self) -> Floats:
        """Cumulative chances of moves given an end, lost or won, floats[2, draw, S, S + 2]."""
        toward = np.stack((1 - self.h, self.h))
        return _cumulative(self.p * toward[:, :, None, :])

    def first_moves(self, stage: int, ages: Floats) -> Floats:
        """Return w_k ∝ p[s,k]·R[s,k](age), floats[draw, age, S + 2]."""
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(self.p[:, stage])[:, None, :] + self.stays.log_alive(stage, ages).transpose(0, 2, 1)
            weights = np.nan_to_num(np.exp(logs - logs.max(axis=-1, keepdims=True)))
        # Where nobody can be so old, the moves are those of the stage (MODEL 1).
        weights = np.where(weights.any(axis=-1, keepdims=True), weights, self.p[:, None, stage])
        return np.asarray(weights / weights.sum(axis=-1, keepdims=True))

    def stay(
        self, stage: Integers, target: Integers, draw: Integers, u: Floats, ages: Floats | None = None
    ) -> Integers:
        """Return whole days until each walker moves from its stage to its target."""
        days = np.zeros(len(stage), dtype=np.int64)
        pair = stage * (self.stages + 2) + target
        order = np.argsort(pair, kind="stable")
        for some in np.split(order, np.flatnonzero(np.diff(pair[order])) + 1) if len(order) else []:
            s, k = divmod(int(pair[some[0]]), self.stages + 2)
            days[some] = self.stays.days(s, k, draw[some], u[some], None if ages is None else ages[some])
        return days


def fixed_kernel(funnel: Funnel) -> Kernel:
    """Return the kernel of a funnel that is the same in all draws."""
    return Kernel(funnel.transitions[None], _Fixed(funnel))


def drawn_kernel(draws: FunnelDraws) -> Kernel:
    """Return the kernel of posterior draws."""
    return Kernel(draws.transitions, _Drawn(draws.stays))


def choose(cumulative: Floats, u: Floats) -> Integers:
    """Return which of the cumulative chances, floats[n, move], each uniform falls in."""
    return np.asarray(np.minimum((u[:, None] > cumulative).sum(axis=1), cumulative.shape[1] - 1))


@dataclass(frozen=True)
class _Fixed:
    funnel: Funnel

    def log_alive(self, stage: int, ages: Floats) -> Floats:
        laws = self.funnel.stays[stage]
        with np.errstate(divide="ignore"):
            return np.stack([np.log(law.sf(ages)) if law else np.full(len(ages), -np.inf) for law in laws])[
                None
            ]

    def days(self, stage: int, target: int, draw: Integers, u: Floats, ages: Floats | None) -> Integers:
        law = self.funnel.stays[stage][target]
        if law is None:
            return np.zeros(len(u), dtype=np.int64)
        return remaining_days(law, u) if ages is None else remaining_days(law, u, ages, np.arange(len(u)))


@dataclass(frozen=True, eq=False)
class _Drawn:
    stays: tuple[StayDraws, ...]

    def log_alive(self, stage: int, ages: Floats) -> Floats:
        stay = self.stays[stage]
        at = np.searchsorted(stay.edges, ages, side="right") - 1
        return -(stay.cumulative[..., at] + (ages - stay.edges[at]) * stay.rates[..., at])

    def days(self, stage: int, target: int, draw: Integers, u: Floats, ages: Floats | None) -> Integers:
        """Invert R(T) = u·R(age) of piecewise-constant hazards: the last edge before the target, and on."""
        stay = self.stays[stage]
        hazard, rates, bins = (
            stay.cumulative[:, target].ravel(),
            stay.rates[:, target].ravel(),
            len(stay.edges),
        )
        age = np.zeros(len(u)) if ages is None else np.maximum(ages, 0.0)
        base = draw * bins
        at = base + np.searchsorted(stay.edges, age, side="right") - 1
        goal = hazard[at] + (age - stay.edges[at - base]) * rates[at] - np.log(u)
        low, high = base.copy(), base + bins
        while (np.max(high - low, initial=1)) > 1:
            middle = (low + high) >> 1
            below = hazard[middle] < goal
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        with np.errstate(divide="ignore", invalid="ignore"):
            within = np.nan_to_num((goal - hazard[low]) / rates[low], nan=0.0)
        left = np.ceil(stay.edges[low - base] + within - age - (0.5 + TIE))
        return np.asarray(np.clip(left, 0, LONGEST - 1)).astype(np.int64)


def _cumulative(weights: Floats) -> Floats:
    """Return running shares along the last axis: 1 from the last possible move on, or if there is none."""
    total = weights.sum(axis=-1, keepdims=True)
    shares = np.where(total > 0, weights / np.where(total > 0, total, 1.0), 0.0)
    running = np.cumsum(shares, axis=-1)
    possible = weights > 0
    last = weights.shape[-1] - 1 - np.argmax(possible[..., ::-1], axis=-1)
    return np.where(np.arange(weights.shape[-1]) >= last[..., None], 1.0, running)
