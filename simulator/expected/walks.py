"""Solve the walk of a funnel exactly: close chances, and the law of the days to won or to lost."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Final, Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from simulator.close_dates import AGE_GRID, SHIFT
from simulator.distributions import LONGEST, Distribution, whole_days
from simulator.funnel import Funnel
from simulator.records import dataclass

Floats = NDArray[np.float64]
Spectra = NDArray[np.complex128]
End = Literal["won", "lost"]

_CELLS: Final = 4 * LONGEST
"""Days of laws worked on at a time: so few that their memory is used again, and not asked for each time."""
_NOISE: Final = 1e-15
"""Chances below this come from rounding."""
_REST: Final = 1e-6
"""Resting ages are cut where fewer than this share of a stage's deals are still there."""
_EXACT_AGES: Final = 64
_AGES_A_DOUBLING: Final = 16
"""Resting ages up to the first are all kept; above, so many to each doubling stand for their neighbours,"""
_COARSE: Final = 1e-4
"""unless that moves more than this share of what is left of the stays."""


@dataclass(frozen=True)
class Walk:
    """The exact laws of one funnel, computed when first asked for.

    Attributes:
        funnel: its transitions and stays are all that is read.
    """

    funnel: Funnel

    @cached_property
    def ladder(self) -> Floats:
        """Chance h to be won from every column of the transitions (won 1, lost 0), floats[S + 2].

        It is the chance to be absorbed in won, from P^(2^n) by repeated squaring. Where nothing is ever
        absorbed in lost, which zeros tell exactly, it is 1 whatever the rounding.
        """
        p = self.funnel.transitions
        size = len(p)
        power = np.vstack((p, np.eye(2, size + 2, size)))
        for _ in range(200):
            power = power @ power
            if power[:size, :size].max(initial=0.0) < 1e-18:
                break
        return np.where(power[:, size + 1] == 0, 1.0, np.minimum(power[:, size], 1.0))

    def first_moves(self, stage: int, ages: Floats) -> Floats:
        """Return w_k ∝ p[s,k]·R[s,k](a), normalised; p[s,k] where every R is 0 (MODEL 1, age).

        Returns:
            floats[age, S + 2].
        """
        p = self.funnel.transitions[stage]
        weights = np.zeros((len(ages), len(p)))
        for k, law in enumerate(self.funnel.stays[stage]):
            if law is not None and p[k] > 0:
                weights[:, k] = p[k] * law.sf(ages)
        total = weights.sum(axis=1)
        gone = total <= 0
        weights[gone], total[gone] = p, p.sum()
        return np.asarray(weights / total[:, None])

    def close_chance(self, stage: int, ages: ArrayLike) -> Floats:
        """Return h_s(a) = Σ_k w_k(a)·h_k, floats[age]."""
        ages = np.atleast_1d(np.asarray(ages, dtype=np.float64))
        moves = self.first_moves(stage, ages)
        can_be_lost = moves @ (1 - self.ladder) > 0
        return np.where(can_be_lost, moves @ self.ladder, 1.0)

    def resting_ages(self, stage: int) -> tuple[Floats, Floats]:
        """Return the ages of deals that sit in a stage, and their chances.

        P(a) ∝ Σ_k p[s,k]·R[s,k](a), a = 0, 1, …, cut where fewer than 1e-6 remain. Beyond 64 days the mass
        between two kept ages goes to both, by its distance, which keeps total and mean; the kept ones lie
        4 % apart. Where stays are not smooth (fixed or observed times), that would lump what happens within
        days of each other, and all ages are kept.
        """
        days = np.arange(LONGEST)
        alive = np.zeros(LONGEST)
        for k, law in enumerate(self.funnel.stays[stage]):
            if law is not None:
                alive += self.funnel.transitions[stage, k] * law.sf(days)
        few = np.flatnonzero(alive <= _REST)
        alive = alive[: max(int(few[0]), 1) if len(few) else LONGEST]
        ages, chances = _thinned(alive / alive.sum())
        if len(ages) < len(alive) and self._moved_by(stage, alive, ages, chances) > _COARSE:
            return days[: len(alive)].astype(np.float64), alive / alive.sum()
        return ages, chances

    def _moved_by(self, stage: int, alive: Floats, ages: Floats, chances: Floats) -> float:
        """Return how far the days left, with the move that follows, lie from their law at all ages.

        Over all ages Σ_a P(a)·w_k(a)·P_k(left > j | a) = p[s,k]·Σ_a R[s,k](a + j + ½) / Σ_a alive(a).
        """
        moves, moved, count = self.first_moves(stage, ages), 0.0, len(alive)
        weights, length = np.zeros(count), fast_length(count + LONGEST)
        for k, law in enumerate(self.funnel.stays[stage]):
            if law is None:
                continue
            beyond = law.sf(np.arange(count + LONGEST) + 0.5)
            later = np.cumsum(np.append(0.0, beyond))
            exact = (later[count : count + LONGEST] - later[:LONGEST]) / alive.sum()
            here = np.where(moves[:, k] > 0, law.sf(ages), 1.0)
            weights[ages.astype(np.int64)] = chances * moves[:, k] / here
            spectrum = np.fft.rfft(beyond, length) * np.conj(np.fft.rfft(weights, length))
            kept = np.fft.irfft(spectrum, length)[:LONGEST]  # Σ_a weights[a]·R(a + j + ½)
            off = self.funnel.transitions[stage, k] * exact - kept
            moved += float(np.abs(np.diff(off, append=0.0)).sum())
        return moved

    def law_from_entry(self, end: End) -> Floats:
        """Return the law of the days from entering each stage to won, or to lost, given that end.

        Returns:
            floats[S, LONGEST]; the last cell holds what takes longer; a stage that cannot end so has zeros.
        """
        return self._won_law if end == "won" else self._lost_law

    @cached_property
    def _won_law(self) -> Floats:
        return _law_to_end(self.funnel, self.ladder, self.funnel.won)

    @cached_property
    def _lost_law(self) -> Floats:
        return _law_to_end(self.funnel, 1 - self.ladder, self.funnel.lost)

    def law_left(self, stage: int, ages: Floats, end: End, size: int = LONGEST) -> Floats:
        """Return the law of the days left of deals already so long in a stage, given how they end.

        Σ_k ŵ_k(a)·(stay of k, given a) * (law from entering k), ŵ_k = w_k(a)·h_k / h_s(a); for lost, 1 − h
        stands for h (MODEL 1: the path given the outcome does not depend on the odds).

        Args:
            stage: index.
            ages: operational days, floats[age].
            end: won or lost.
            size: number of days; the last cell holds the rest.

        Returns:
            floats[age, size].
        """
        inner = self._spectra(end, size)
        shares = self._shares(stage, ages, end)
        result = np.zeros((len(ages), size))
        for rows in _chunks(len(ages), _CELLS // size):
            spectrum: Spectra = np.zeros((len(ages[rows]), size + 1), dtype=np.complex128)
            for law, columns in self._columns_by_law(stage):
                stays = np.fft.rfft(days_left(law, ages[rows], size), 2 * size)
                spectrum += stays * (shares[rows][:, columns] @ inner[columns])
            result[rows] = _clean(np.fft.irfft(spectrum, 2 * size)[:, :size])
        result[:, -1] += np.maximum(shares.sum(axis=1) - result.sum(axis=1), 0.0)
        return result

    def log_moments(self, stage: int, ages: Floats) -> tuple[Floats, Floats]:
        """Return μ and v, mean and sd of ln(T + c) given a win, linear between the ages of `AGE_GRID`.

        E[f(j + T_k)] of each remaining stay j is one correlation with the law from entering k; every age
        then takes a sum only.

        Returns:
            floats[age], floats[age].
        """
        above = np.clip(np.searchsorted(AGE_GRID, ages, side="left"), 0, len(AGE_GRID) - 1)
        below = np.where(AGE_GRID[above] > ages, np.maximum(above - 1, 0), above)
        width = AGE_GRID[above] - AGE_GRID[below]
        part = np.where(width > 0, (ages - AGE_GRID[below]) / np.where(width > 0, width, 1.0), 0.0)
        needed = np.unique(np.concatenate((above, below)))
        mean, sd = np.zeros(len(AGE_GRID)), np.zeros(len(AGE_GRID))
        mean[needed], sd[needed] = self._moments_at(stage, AGE_GRID[needed])
        return tuple(m[below] + part * (m[above] - m[below]) for m in (mean, sd))  # type: ignore[return-value]

    def _moments_at(self, stage: int, ages: Floats) -> tuple[Floats, Floats]:
        shares = self._shares(stage, ages, "won")
        sums = np.zeros((2, len(ages)))
        for law, columns in self._columns_by_law(stage):
            stays = days_left(law, ages, LONGEST)
            for power in (0, 1):
                sums[power] += np.einsum(
                    "ak,ka->a", shares[:, columns], self._log_means[power, columns] @ stays.T
                )
        mean, square = sums
        return mean, np.sqrt(np.maximum(square - mean**2, 0.0))

    @cached_property
    def _log_means(self) -> Floats:
        """E[ln(j + T_k + c)^n], n = 1, 2, of entering column k after j days, floats[2, S + 2, day]."""
        size = len(self.funnel.stages)
        laws = np.zeros((size + 2, LONGEST))
        laws[:size], laws[size, 0] = self._won_law, 1.0
        logs = np.log(np.arange(2 * LONGEST) + SHIFT)  # a stay and what follows, each in one table
        spectra = np.conj(np.fft.rfft(laws, 2 * LONGEST))
        result = [np.fft.irfft(np.fft.rfft(logs**n) * spectra, 2 * LONGEST)[:, :LONGEST] for n in (1, 2)]
        return np.array(result)

    def _shares(self, stage: int, ages: Floats, end: End) -> Floats:
        """ŵ_k of the first move given the end, floats[age, S + 2]; 0 where that end cannot come."""
        goal = self.ladder if end == "won" else 1 - self.ladder
        weights = self.first_moves(stage, ages) * goal
        total = weights.sum(axis=1, keepdims=True)
        return np.where(total > 0, weights / np.where(total > 0, total, 1.0), 0.0)

    def _columns_by_law(self, stage: int) -> list[tuple[Distribution, list[int]]]:
        columns: dict[Distribution, list[int]] = {}
        for k, law in enumerate(self.funnel.stays[stage]):
            if law is not None and self.funnel.transitions[stage, k] > 0:
                columns.setdefault(law, []).append(k)
        return list(columns.items())

    def _spectra(self, end: End, size: int) -> Spectra:
        """Transform the laws from entering each column to the end, complex[S + 2, size + 1]."""
        known: dict[tuple[End, int], Spectra] = self.__dict__.setdefault("_spectra_known", {})
        if (end, size) not in known:
            stages, column = len(self.funnel.stages), 0 if end == "won" else 1
            laws = np.zeros((stages + 2, size))
            laws[:stages] = cut(self.law_from_entry(end), size)
            laws[stages + column, 0] = 1.0
            known[end, size] = np.fft.rfft(laws, 2 * size)
        return known[end, size]


def cut(laws: Floats, size: int) -> Floats:
    """Return laws of days on fewer cells, the last one holding the rest, floats[..., size]."""
    result = laws[..., :size].copy()
    result[..., -1] += laws[..., size:].sum(axis=-1)
    return result


def fast_length(least: int) -> int:
    """Return the next length whose transform is fast: 1, 3, 5, 9 or 15 times a power of two."""
    return min(odd << (-(-least // odd) - 1).bit_length() for odd in (1, 3, 5, 9, 15))


def convolved(a: Floats, b: Floats) -> Floats:
    """Return the law of a sum, floats[..., size], as long as `a`; what falls beyond is dropped."""
    size = a.shape[-1]
    length = fast_length(2 * size)
    spectrum = np.fft.rfft(a, length) * np.fft.rfft(b[..., :size], length)
    return np.asarray(np.maximum(np.fft.irfft(spectrum, length)[..., :size], 0.0))


def days_left(law: Distribution, ages: Floats, size: int) -> Floats:
    """Return the law of the whole days left of a stay at each age, floats[age, size].

    P(j) = (F(a+j+½) − F(a+j−½)) / R(a), P(0) = (F(a+½) − F(a)) / R(a); one day where R(a) is 0 (MODEL 2).
    """
    alive = np.asarray(law.sf(ages))
    gone = alive <= 0
    left = _still_there(law, ages, size)
    left /= np.where(gone, 1.0, alive)[:, None]
    left[:, -1] = 0.0
    result = -np.diff(left, axis=1, prepend=1.0)
    result[gone] = 0.0
    result[gone, 1] = 1.0
    return np.asarray(result)


def _still_there(law: Distribution, ages: Floats, size: int) -> Floats:
    """Return R(a + j + ½), floats[age, j]; ages that lie whole days apart share a table."""
    whole = np.floor(ages).astype(np.int64)
    parts, group = np.unique(ages - whole, return_inverse=True)
    result = np.empty((len(ages), size))
    for n, part in enumerate(parts.tolist()):
        rows = np.flatnonzero(group == n)
        first = int(whole[rows].min())
        table = law.sf(np.arange(first, int(whole[rows].max()) + size) + (part + 0.5))
        result[rows] = sliding_window_view(table, size)[whole[rows] - first]
    return result


def _law_to_end(funnel: Funnel, goal: Floats, column: int) -> Floats:
    """Solve G_s = Σ_k q[s,k]·f[s,k] * G_k in time, by sweeps from the last stage to the first.

    q[s,k] = p[s,k]·goal[k]/goal[s]. A sweep adds the paths with one more step back; what grows beyond the
    last day stays in the last cell, so nothing wraps.

    Args:
        funnel: the walk.
        goal: chance of the end from every column, floats[S + 2].
        column: of the end.
    """
    size = len(funnel.stages)
    reach = np.where(goal[:size] > 0, goal[:size], np.inf)
    chain = funnel.transitions * goal / reach[:, None]
    stays = _stay_spectra(funnel)
    laws, mass = np.zeros((size, LONGEST)), np.zeros(size)
    spectra: Spectra = np.zeros((size, LONGEST + 1), dtype=np.complex128)
    for _ in range(10_000):
        before = mass.copy()
        for s in reversed(range(size)):
            spectrum: Spectra = np.zeros(LONGEST + 1, dtype=np.complex128)
            total = 0.0
            for k in np.flatnonzero(chain[s]):
                law = funnel.stays[s][k]
                if law is not None:
                    spectrum += chain[s, k] * stays[law] * (spectra[k] if k < size else 1.0)
                    total += chain[s, k] * (mass[k] if k < size else float(k == column))
            laws[s] = _clean(np.fft.irfft(spectrum, 2 * LONGEST)[:LONGEST])
            laws[s, -1] += max(total - laws[s].sum(), 0.0)
            mass[s] = total
            spectra[s] = np.fft.rfft(laws[s], 2 * LONGEST)
        if np.abs(mass - before).max() < 1e-15:
            break
    return laws


def _clean(law: Floats) -> Floats:
    """Return a law without the rounding of its transform, so that what cannot be is exactly 0."""
    return np.asarray(np.where(law < _NOISE, 0.0, law))


def _stay_spectra(funnel: Funnel) -> dict[Distribution, Spectra]:
    laws = {law for row in funnel.stays for law in row if law is not None}
    return {law: np.fft.rfft(whole_days(law), 2 * LONGEST) for law in laws}


def _thinned(chances: Floats) -> tuple[Floats, Floats]:
    last = len(chances) - 1
    if last <= _EXACT_AGES:
        return np.arange(last + 1, dtype=np.float64), chances
    steps = np.arange(int(_AGES_A_DOUBLING * np.log2(last / _EXACT_AGES)) + 1)
    above = np.round(_EXACT_AGES * 2 ** (steps / _AGES_A_DOUBLING))
    ages = np.unique(np.concatenate((np.arange(_EXACT_AGES), above, [last]))).astype(np.float64)
    days = np.arange(last + 1)
    right = np.searchsorted(ages, days).astype(np.int64)
    left = np.maximum(right - 1, 0)
    width = np.maximum(ages[right] - ages[left], 1.0)
    to_right = np.where(right > 0, (days - ages[left]) / width, 1.0)
    weights = np.zeros(len(ages))
    np.add.at(weights, right, chances * to_right)
    np.add.at(weights, left, chances * (1 - to_right))
    return ages, weights


def _chunks(count: int, rows: int) -> Sequence[slice]:
    return [slice(first, min(first + rows, count)) for first in range(0, count, rows)]
