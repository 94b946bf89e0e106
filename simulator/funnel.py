"""Describe a segment's funnel: its stages, the chances to move between them, and how long stays last."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.distributions import LONGEST, Distribution, whole_days
from simulator.records import dataclass

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Funnel:
    """A semi-Markov walk over the open stages of a segment to won or lost (MODEL 1).

    Attributes:
        stages: names of the S open stages, in the order of display.
        transitions: p[s, k], floats[S, S + 2]; columns 0 … S−1 are stages, S is won, S + 1 is lost. Rows
            add to 1.
        stays: law of the days spent in s, given that the next move is to k: stays[s][k], None where the
            chance is 0.
    """

    stages: tuple[str, ...]
    transitions: Floats
    stays: tuple[tuple[Distribution | None, ...], ...]

    @property
    def won(self) -> int:
        """Column of won."""
        return len(self.stages)

    @property
    def lost(self) -> int:
        """Column of lost."""
        return len(self.stages) + 1

    @cached_property
    def ladder(self) -> Floats:
        """h[s], the chance to be won in the end on **entering** each stage, floats[S]."""
        return close_chances(self.transitions)

    @cached_property
    def target_chances(self) -> Floats:
        """H of every column of `transitions`: the stages', 1 for won, 0 for lost, floats[S + 2]."""
        return np.concatenate((self.ladder, (1.0, 0.0)))

    @cached_property
    def winning(self) -> Floats:
        """The walk of deals that are won in the end, p[s,k]·h[k]/h[s], floats[S, S + 2]."""
        return _given(self.transitions * self.target_chances, self.ladder)

    @cached_property
    def losing(self) -> Floats:
        """The walk of deals that are lost in the end, p[s,k]·(1−h[k])/(1−h[s]), floats[S, S + 2]."""
        return _given(self.transitions * (1 - self.target_chances), 1 - self.ladder)

    @cached_property
    def age_matters(self) -> tuple[bool, ...]:
        """Whether the chance to close from a stage depends on the age: stays differ by the next move."""
        return tuple(len({law for law in row if law is not None}) > 1 for row in self.stays)

    def moves(self, stage: int) -> tuple[int, ...]:
        """Return the columns that a stage can move to."""
        return tuple(int(k) for k in np.flatnonzero(self.transitions[stage]))

    def first_moves(self, stage: int, age: ArrayLike) -> Floats:
        """Return the chances w of the next move of a deal already so long in a stage.

        w_k ∝ p[s,k]·R[s,k](age), normalised; where every R is 0, p[s,k] (MODEL 1, age).

        Args:
            stage: index.
            age: operational days, floats[...].

        Returns:
            floats[..., S + 2].
        """
        age = np.asarray(age, dtype=np.float64)
        p = self.transitions[stage]
        if not self.age_matters[stage]:
            return np.broadcast_to(p, (*age.shape, len(p))).copy()
        weights = np.zeros((*age.shape, len(p)))
        for k in self.moves(stage):
            law = self.stays[stage][k]
            weights[..., k] = p[k] * (law.sf(age) if law is not None else 0.0)
        total = weights.sum(axis=-1, keepdims=True)
        return np.where(total > 0, weights / np.where(total > 0, total, 1.0), p)

    def close_chance(self, stage: int, age: ArrayLike) -> Floats:
        """Return h_s(age) = Σ w_k·h_k, the chance to be won of a deal already so long in a stage."""
        weights = self.first_moves(stage, age)
        won, lost = weights @ self.target_chances, weights @ (1 - self.target_chances)
        # Weights add to 1 up to rounding only; so a sure deal stays exactly at 1, beyond which are no odds.
        return np.asarray(won / (won + lost))

    def resting_ages(self, stage: int) -> Floats:
        """Return the law of whole-day ages of deals that sit in a stage, floats[days], adding to 1.

        The equilibrium law: P(a) ∝ Σ_k p[s,k]·R[s,k](a), a = 0, 1, …, cut where fewer than 1e-6 remain.
        """
        days = np.arange(LONGEST)
        alive = sum(
            self.transitions[stage][k] * law.sf(days)
            for k in self.moves(stage)
            if (law := self.stays[stage][k]) is not None
        )
        alive = np.asarray(alive)[: max(int(np.searchsorted(-np.asarray(alive), -1e-6)), 1)]
        return np.asarray(alive / alive.sum())

    def snapshot_ladder(self) -> Floats:
        """Return h_snap[s] = Σ p·m·h_k / Σ p·m, the chance of deals that **sit** in each stage.

        m[s,k] is the mean stay (MODEL 1, what a stage's percentage means).
        """
        means = self._mean_stays()
        weight = self.transitions * means
        return np.asarray((weight @ self.target_chances) / weight.sum(axis=1))

    def _mean_stays(self) -> Floats:
        return np.array([[law.mean() if law is not None else 0.0 for law in row] for row in self.stays])


def _given(joint: Floats, end: Floats) -> Floats:
    """Return the chances of moves given an end; none where that end cannot come."""
    possible = end[:, None] > 0
    return np.where(possible, joint / np.where(possible, end[:, None], 1.0), 0.0)


def close_chances(transitions: Floats) -> Floats:
    """Return the ladder of a transition matrix: h = (I − P_TT)^-1 p_W (MODEL 1).

    Exactly 0 where a stage never leads to won and 1 where it never leads to lost: the solution alone is off
    by rounding there, and a chance above 1 has no odds.

    Args:
        transitions: p[s, k], floats[..., S, S + 2]; of many funnels at once where it has more axes.

    Returns:
        floats[..., S].

    Raises:
        ValueError: some stage never reaches won or lost.
    """
    size = transitions.shape[-2]
    wins, loses = (_leads_to(transitions, column) for column in (size, size + 1))
    if not (wins | loses).all():
        stuck = np.argwhere(~(wins | loses))[:, -1]
        raise ValueError(f"stages {np.unique(stuck).tolist()} never reach won or lost")
    inner = np.eye(size) - transitions[..., :size]
    solved = np.linalg.solve(inner, transitions[..., size : size + 1])[..., 0]
    return np.where(wins & loses, np.clip(solved, 0.0, 1.0), wins.astype(np.float64))


def _leads_to(transitions: Floats, column: int) -> NDArray[np.bool_]:
    """Return from which stages a column can be reached."""
    size = transitions.shape[-2]
    leads = transitions[..., column] > 0
    for _ in range(size):
        onwards = (transitions[..., :size] > 0) & leads[..., None, :]
        leads = leads | onwards.any(axis=-1)
    return np.asarray(leads)


def advance_chances(ladder: Floats, others: Floats) -> Floats:
    """Return the transition matrix that has a given ladder of entry chances.

    f[s] = (h[s] − Σ_{k≠s+1,L} p[s,k]·h[k]) / h[s+1], the rest is lost (MODEL 1). The last stage advances
    to won.

    Args:
        ladder: h[s], floats[S].
        others: p[s,k] of all moves but the advance and the loss, floats[S, S + 2].

    Returns:
        floats[S, S + 2]; whether its cells are chances is for the caller to check.
    """
    size = len(ladder)
    targets = np.concatenate((ladder, (1.0, 0.0)))
    transitions = others.copy()
    advance = (ladder - others @ targets) / targets[1 : size + 1]
    stage = np.arange(size)
    transitions[stage, stage + 1] += advance
    transitions[:, size + 1] = 1 - transitions[:, : size + 1].sum(axis=1)
    return transitions


def advance_chances_of_snapshot(snapshot: Floats, others: Floats, mean_stays: Floats) -> Floats:
    """Return the transition matrix whose **sitting** deals close with the given chances.

    Solves h_snap[s] = Σ p·m·h_k / Σ p·m for the advance of each stage. For given entry chances h that
    equation is linear in f[s]; h follows from the matrix, until both agree to 1e-13.

    Args:
        snapshot: h_snap[s], floats[S].
        others: p[s,k] of all moves but the advance and the loss, floats[S, S + 2].
        mean_stays: m[s,k] in days, floats[S, S + 2].

    Raises:
        ValueError: no entry chances fit.
    """
    size = len(snapshot)
    stage = np.arange(size)
    transitions = advance_chances(snapshot, others)
    for turn in range(500):
        try:
            h = np.concatenate((close_chances(transitions), (1.0, 0.0)))
        except (np.linalg.LinAlgError, ValueError):  # what was tried last are no chances
            break
        gain = mean_stays * (h[None, :] - snapshot[:, None])
        loss = mean_stays[:, size + 1] * snapshot
        rest = 1 - others.sum(axis=1)
        advance = (rest * loss - (others * gain).sum(axis=1)) / (gain[stage, stage + 1] + loss)
        new = others.copy()
        new[stage, stage + 1] += advance
        new[:, size + 1] = rest - advance
        if np.abs(new - transitions).max() < 1e-13:
            return new
        transitions = (new + transitions) / 2 if turn > 50 else new
    raise ValueError("no entry chances fit these snapshot chances and back rates")


def tilted(chance: ArrayLike, odds: ArrayLike) -> Floats:
    """Return h·o / (1 − h + h·o): a chance whose odds are multiplied by o (MODEL 1)."""
    h, o = np.asarray(chance, dtype=np.float64), np.asarray(odds, dtype=np.float64)
    return np.asarray(h * o / (1 - h + h * o))


def winning_times(funnel: Funnel, size: int = LONGEST) -> Floats:
    """Return the law of the whole days from entering each stage to won, given a win, floats[S, size].

    The Markov renewal equation G_s(t) = Σ_k q[s,k]·(f[s,k] * G_k)(t), with q the winning walk, solved as a
    linear system at each frequency of a discrete Fourier transform four times as long, so that what wraps
    around is less than rounding for stays of up to several years; the last cell holds the rest.
    """
    count, q = len(funnel.stages), funnel.winning
    spectrum = np.zeros((count, count + 2, 2 * size + 1), dtype=np.complex128)
    cache: dict[Distribution, NDArray[np.complex128]] = {}
    for s in range(count):
        for k in np.flatnonzero(q[s]):
            law = funnel.stays[s][k]
            assert law is not None
            if law not in cache:
                cache[law] = np.fft.rfft(whole_days(law, size=size), 4 * size)
            spectrum[s, k] = q[s, k] * cache[law]
    inner = np.moveaxis(np.eye(count)[:, :, None] - spectrum[:, :count], 2, 0)
    solved = np.linalg.solve(inner, np.moveaxis(spectrum[:, count : count + 1], 2, 0))[..., 0]
    times = np.fft.irfft(solved.T, 4 * size)[:, :size]
    times = np.maximum(times, 0.0)
    times[:, -1] += np.maximum(1 - times.sum(axis=1), 0.0) * (funnel.ladder > 0)
    return np.asarray(times)
