"""Draw from the posterior of log-normal stays by target, with all segments pooled fully hierarchically."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.funnel import close_chances
from simulator.learning.grouped import SegmentStays
from simulator.learning.mixtures import log_likelihood, shares, survivors
from simulator.learning.priors import FunnelPrior, StagePrior
from simulator.learning.slices import Nearby, normals, slice_step
from simulator.streams import UniformRow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

TAU_SCALES: Final = np.array([0.5, 0.5, 0.25])
"""Half-normal scales of how much segments differ: in ln p, ln median and ln sigma."""
CHAINS: Final = 250
BURN: Final = 48
WARM_BURN: Final = 20
"""Sweeps before the first draw, from afar and from where the chains of a like posterior ended."""
THIN: Final = 10
"""Sweeps between two draws of a chain; autocorrelations are then below .05 (tested)."""
_LEARNED_AT: Final = (3, 8, 16, 28, 40)
"""Sweeps after which the laws near to the posterior are taken anew from the chains."""
PRIOR_DRAWS: Final = 400
UNCLOSED: Final = (-3.2, 1.5)
"""Mean and spread of the logit of the share of lost deals that nobody closes: a median of 4 %."""
_TAU_STEP: Final = 0.7
_LEAST: Final = 1e-300
_ALL: Final = slice(None)
_TAU_GRID: Final = np.exp(np.linspace(-5.0, 1.5, 160))


def sample_hierarchy(
    prior: FunnelPrior,
    stays: Sequence[Sequence[SegmentStays]],
    draws: int,
    row: UniformRow,
    chains: int = CHAINS,
    burn: int | None = None,
    thin: int = THIN,
    near: Chains | None = None,
) -> tuple[tuple[Floats, ...], Floats, Chains]:
    """Return posterior draws: θ of each stage, neglect, and where the chains ended.

    θ is floats[draw, segment, 3, k]; neglect, floats[draw], the share of lost deals that nobody closes.

    θ[segment, stage] = base + φ[stage] + ε[segment, stage]; φ ~ N(common·c, spread); c ~ N(0, sd²);
    ε ~ N(0, τ²) with τ half-normal by kind. What mixtures of log-normal laws have no conjugate form for is
    moved by elliptical slices on the likelihood of the counts itself: censored and unseen stays are summed
    out instead of imputed. All chains go side by side.

    Args:
        prior: of the funnel.
        stays: counts of each stage and segment.
        draws: D.
        row: of the uniforms.
        chains: that go side by side.
        burn: sweeps before the first draw, `BURN` or `WARM_BURN` without.
        thin: sweeps between draws of one chain.
        near: chains of nearly the same record, from where these begin if they have the same form.
    """
    state = Chains(prior, stays, min(chains, draws), row)
    warm = near is not None and state.begin_at(near)
    burn = burn if burn is not None else WARM_BURN if warm else BURN
    kept: list[tuple[Floats, ...]] = []
    unclosed: list[Floats] = []
    sweeps = 0
    while len(kept) * state.count < draws:
        state.sweep(sweeps)
        sweeps += 1
        if sweeps in _LEARNED_AT and sweeps <= burn:
            state.learn()
        if sweeps >= burn and (sweeps - burn) % thin == 0:
            kept.append(state.thetas())
            unclosed.append(state.unclosed)
    thetas = tuple(np.concatenate([k[s] for k in kept])[:draws] for s in range(len(stays)))
    return thetas, np.concatenate(unclosed)[:draws], state


def prior_ladders(prior: FunnelPrior, row: UniformRow, draws: int = PRIOR_DRAWS) -> Floats:
    """Return the chance to be won on entering each stage as the prior alone has it, floats[draw, segment, S].

    Args:
        prior: of the funnel.
        row: of the uniforms.
        draws: how many.
    """
    size, segments = len(prior.stages), len(prior.stages[0].base)
    common = prior.common_sd * normals(row, draws, 2)
    tau = TAU_SCALES[0] * np.abs(normals(row, draws)) if segments > 1 else np.zeros(draws)
    transitions = np.zeros((draws, segments, size, size + 2))
    for s, stage in enumerate(prior.stages):
        count = len(stage.targets)
        root = np.linalg.cholesky(stage.spread)
        phi = common @ stage.common.T + normals(row, draws, 3 * count) @ root.T
        own = tau[:, None, None] * normals(row, draws, segments, count)
        transitions[:, :, s, stage.targets] = shares(stage.base[:, 0] + phi[:, None, :count] + own)
    ladders = close_chances(transitions.reshape(-1, size, size + 2))
    return ladders.reshape(draws, segments, size)


class Chains:
    """States of all chains; one segment alone has no ε."""

    def __init__(
        self, prior: FunnelPrior, stays: Sequence[Sequence[SegmentStays]], chains: int, row: UniformRow
    ) -> None:
        self.prior, self.stays, self.row, self.count = prior, stays, row, chains
        self.segments = prior.stages[0].base.shape[0]
        self.pooled = self.segments > 1
        self.precision = [np.linalg.inv(stage.spread) for stage in prior.stages]
        self.common = np.zeros((chains, 2))
        self.tau = np.tile(TAU_SCALES / 2, (chains, 1))
        self.neglect = UNCLOSED[0] + UNCLOSED[1] * normals(row, chains, 1)
        self.near_neglect = Nearby.of_spread(np.array(UNCLOSED[:1]), np.array([[UNCLOSED[1] ** 2]]))
        self.phi: list[Floats] = []
        self.eps: list[Floats] = []
        self.near_phi: list[Nearby] = []
        self.near_eps: list[list[Nearby]] = []
        self.weak: list[list[NDArray[np.bool_]]] = []
        for stage, counts in zip(prior.stages, stays, strict=True):
            self._start(stage, counts)

    def _start(self, stage: StagePrior, counts: Sequence[SegmentStays]) -> None:
        """Begin near to what complete stays say, with the spread that so many of them leave."""
        size = stage.base[0].size
        guess, variance = zip(*(_crude(stage, counts[b], b) for b in range(self.segments)), strict=True)
        weight = 1 / np.array(variance)
        centre = (weight * np.array(guess)).sum(axis=0) / weight.sum(axis=0)
        spread = 1 / (1 / np.diag(stage.spread) + weight.sum(axis=0))
        self.near_phi.append(Nearby.of_spread(centre, np.diag(spread)))
        self.phi.append(centre + np.sqrt(spread) * normals(self.row, self.count, size))
        tau = np.repeat(TAU_SCALES / 2, size // 3)
        near, eps, weak = [], [], []
        for b in range(self.segments if self.pooled else 0):
            each = 1 / (1 / tau**2 + weight[b])
            middle = each * weight[b] * (np.array(guess[b]) - centre)
            weak.append(weight[b] * tau**2 < 1)
            unit = np.where(weak[b], tau, 1.0)
            near.append(Nearby.of_spread(middle / unit, np.diag(each / unit**2)))
            eps.append(middle + np.sqrt(each) * normals(self.row, self.count, size))
        self.near_eps.append(near)
        self.weak.append(weak)
        self.eps.append(np.array(eps) if self.pooled else np.zeros((1, 1, size)))

    def begin_at(self, other: Chains) -> bool:
        """Begin where other chains ended, if their parameters are the same ones; tell whether they are.

        The other chains are repeated where they are fewer: they part with the first sweep.
        """
        if [e.shape[::2] for e in self.eps] != [e.shape[::2] for e in other.eps]:
            return False
        if any(
            not np.array_equal(a.targets, b.targets)
            for a, b in zip(self.prior.stages, other.prior.stages, strict=True)
        ):
            return False
        which = np.arange(self.count) % other.count
        self.common, self.tau, self.neglect = other.common[which], other.tau[which], other.neglect[which]
        self.near_neglect = other.near_neglect
        self.phi = [phi[which] for phi in other.phi]
        self.eps = [eps[:, which] if self.pooled else eps.copy() for eps in other.eps]
        self.near_phi, self.weak = list(other.near_phi), other.weak
        self.near_eps = [list(near) for near in other.near_eps]
        return True

    @property
    def unclosed(self) -> Floats:
        """The share of lost deals that nobody closes, floats[chain]."""
        return np.asarray(special.expit(self.neglect[:, 0]))

    def thetas(self) -> tuple[Floats, ...]:
        """Return θ of each stage, floats[chain, segment, 3, k]."""
        return tuple(
            np.moveaxis(self.phi[s] + self.eps[s], 0, 1).reshape(self.count, self.segments, 3, -1)
            + stage.base
            for s, stage in enumerate(self.prior.stages)
        )

    def learn(self) -> None:
        """Take the laws near to the posterior from where the chains are now."""
        self.near_neglect = Nearby.of_points(self.neglect)
        for s in range(len(self.stays)):
            self.near_phi[s] = Nearby.of_points(self.phi[s])
            if self.pooled:
                units = [self._units(s, b) for b in range(self.segments)]
                self.near_eps[s] = [Nearby.of_points(e / u) for e, u in zip(self.eps[s], units, strict=True)]

    def sweep(self, number: int) -> None:
        """Move everything once."""
        for s in range(len(self.stays)):
            self._move_stage(s)
            if self.pooled:
                for b in range(self.segments):
                    self._move_segment(s, b)
                self._shift_stage(s)
        self._move_common()
        self._move_neglect()
        if self.pooled:
            self._move_tau()
            if number % 2:
                self._stretch_tau(number // 2 % 3)

    def _likelihood(self, s: int, b: int, offset: Floats, chains: Integers | slice = _ALL) -> Floats:
        theta = offset.reshape(len(offset), 3, -1) + self.prior.stages[s].base[b]
        return log_likelihood(theta, self.stays[s][b], self.unclosed[chains])

    def _move_stage(self, s: int) -> None:
        """Move φ with ε held: the way on which all segments go together."""
        mean = self.common @ self.prior.stages[s].common.T
        precision = self.precision[s]

        def target(phi: Floats, chains: Integers) -> Floats:
            off = phi - mean[chains]
            log = -0.5 * ((off @ precision) * off).sum(axis=1)
            for b in range(self.segments):
                at = phi + self.eps[s][b][chains] if self.pooled else phi
                log += self._likelihood(s, b, at, chains)
            return np.asarray(log)

        self.phi[s] = slice_step(self.phi[s], target, self.near_phi[s], self.row)

    def _move_segment(self, s: int, b: int) -> None:
        """Move one segment's ε with φ held."""
        tau = np.repeat(self.tau, self.phi[s].shape[1] // 3, axis=1)
        unit = self._units(s, b)

        def target(scaled: Floats, chains: Integers) -> Floats:
            eps = scaled * unit[chains]
            log = -0.5 * ((eps / tau[chains]) ** 2).sum(axis=1)
            return np.asarray(log + self._likelihood(s, b, self.phi[s][chains] + eps, chains))

        self.eps[s][b] = unit * slice_step(self.eps[s][b] / unit, target, self.near_eps[s][b], self.row)

    def _units(self, s: int, b: int) -> Floats:
        """Return the scale on which ε is alike in all chains: τ where data say little of it."""
        tau = np.repeat(self.tau, self.phi[s].shape[1] // 3, axis=1)
        return np.where(self.weak[s][b], tau, 1.0)

    def _shift_stage(self, s: int) -> None:
        """Draw φ given every segment's θ = φ + ε: a normal law, chain by chain."""
        size = self.phi[s].shape[1]
        theta = self.phi[s] + self.eps[s]
        own = self.segments / np.repeat(self.tau, size // 3, axis=1) ** 2
        mean = self.common @ self.prior.stages[s].common.T
        precision = self.precision[s] + own[:, :, None] * np.eye(size)
        pull = mean @ self.precision[s] + own * theta.mean(axis=0)
        root = np.linalg.cholesky(precision)
        centre = np.linalg.solve(precision, pull[..., None])[..., 0]
        noise = normals(self.row, self.count, size)
        self.phi[s] = centre + np.linalg.solve(np.swapaxes(root, 1, 2), noise[..., None])[..., 0]
        self.eps[s] = theta - self.phi[s]

    def _move_common(self) -> None:
        """Draw what all stages have in common, given their φ."""
        precision = np.diag(1 / self.prior.common_sd**2)
        pull = np.zeros((self.count, 2))
        for stage, inverse, phi in zip(self.prior.stages, self.precision, self.phi, strict=True):
            precision = precision + stage.common.T @ inverse @ stage.common
            pull += phi @ inverse @ stage.common
        root = np.linalg.cholesky(np.linalg.inv(precision))
        self.common = np.linalg.solve(precision, pull.T).T + normals(self.row, self.count, 2) @ root.T

    def _move_neglect(self) -> None:
        """Draw the share of lost deals that nobody closes, one for all stages and segments."""
        seen = []
        for of_stage, thetas in zip(self.stays, self.thetas(), strict=True):
            for b, stays in enumerate(of_stage):
                if stays.lost is not None:
                    seen.append((stays.alive, stays.lost, *survivors(thetas[:, b], stays)))

        def target(neglect: Floats, chains: Integers) -> Floats:
            share = special.expit(neglect)
            log = -0.5 * ((neglect[:, 0] - UNCLOSED[0]) / UNCLOSED[1]) ** 2
            for count, lost, alive, more in seen:
                log += np.log(np.maximum(alive[chains] + share * more[chains], _LEAST)) @ count
                log += lost * special.log_expit(-neglect[:, 0])
            return np.asarray(log)

        self.neglect = slice_step(self.neglect, target, self.near_neglect, self.row)

    def _by_kind(self, kind: int) -> Floats:
        """Return (number, sum of squares) of all ε of a kind, floats[2, chain]."""
        parts = [e.reshape(self.segments, self.count, 3, -1)[:, :, kind] for e in self.eps]
        number = sum(part.shape[0] * part.shape[2] for part in parts)
        squares = sum((part**2).sum(axis=(0, 2)) for part in parts)
        return np.array([np.full(self.count, number), squares])

    def _move_tau(self) -> None:
        """Draw how much segments differ, given ε, on a fine grid of ln τ."""
        for kind, scale in enumerate(TAU_SCALES):
            number, squares = self._by_kind(kind)
            tau = scale * _TAU_GRID
            log = (1 - number[:, None]) * np.log(tau) - squares[:, None] / 2 / tau**2
            log -= (_TAU_GRID**2) / 2
            weight = np.cumsum(np.exp(log - log.max(axis=1, keepdims=True)), axis=1)
            sought = self.row.uniforms(self.count, 1) * weight[:, -1:]
            step = np.log(_TAU_GRID[1] / _TAU_GRID[0])
            inside = np.exp(step * (self.row.uniforms(self.count) - 0.5))
            self.tau[:, kind] = tau[(weight < sought).sum(axis=1)] * inside

    def _stretch_tau(self, kind: int) -> None:
        """Move τ and all its ε together: where data say little, τ would else hardly move."""
        factor = np.exp(_TAU_STEP * normals(self.row, self.count))
        old, new = self.tau[:, kind] / TAU_SCALES[kind], self.tau[:, kind] * factor / TAU_SCALES[kind]
        gain = np.log(factor) - (new**2 - old**2) / 2
        tried = []
        for s, eps in enumerate(self.eps):
            stretched = eps.reshape(self.segments, self.count, 3, -1).copy()
            stretched[:, :, kind] *= factor[:, None]
            tried.append(stretched.reshape(eps.shape))
            for b in range(self.segments):
                gain += self._likelihood(s, b, self.phi[s] + tried[s][b])
                gain -= self._likelihood(s, b, self.phi[s] + eps[b])
        taken = np.log(self.row.uniforms(self.count)) < gain
        self.tau[taken, kind] *= factor[taken]
        for eps, new_eps in zip(self.eps, tried, strict=True):
            eps[:, taken] = new_eps[:, taken]


def _crude(stage: StagePrior, stays: SegmentStays, b: int) -> tuple[Floats, Floats]:
    """Return (offset from base, variance) of θ as complete stays have it, censoring aside, floats[3·k]."""
    base, number = stage.base[b], stays.ended
    days = np.log(np.arange(stays.early.shape[1]) + 0.3)
    sums = stays.early @ days + stays.late[:, 1]
    squares = stays.early @ days**2 + stays.late[:, 2]
    mean = (sums + base[1]) / (number + 1)
    spread = np.maximum(squares - 2 * mean * sums + mean**2 * number, 0.0)
    sigma2 = (spread + 3 * np.exp(2 * base[2])) / (number + 3)
    share = (number + np.exp(base[0])) / (number.sum() + 1)
    log_share = np.log(share) - np.log(share).mean() + base[0].mean()
    guess = np.array([log_share, mean, np.log(sigma2) / 2]) - base
    variance = np.array([1 / (number + 0.5), sigma2 / (number + 0.5), 0.5 / (number + 0.5)])
    return guess.ravel(), variance.ravel()
