"""Hold what has been learned from history, as draws from its posterior: trial n takes draw n."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.arrivals import Bluebirds, PipelineGeneration
from simulator.distributions import Distribution, Empirical, Hazard
from simulator.funnel import Funnel, close_chances
from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class StayDraws:
    """Laws of the days spent in one stage, by the next move: piecewise-constant hazards on common edges.

    Attributes:
        edges: operational days, floats[bin], rising, the first is 0; the last piece has no end.
        rates: hazard a day of F[s,k], floats[draw, target, bin]; the last one is above 0.
    """

    edges: Floats
    rates: Floats

    @cached_property
    def cumulative(self) -> Floats:
        """Integral of the hazard up to each edge, floats[draw, target, bin]."""
        steps = np.diff(self.edges) * self.rates[..., :-1]
        return np.concatenate((np.zeros((*steps.shape[:-1], 1)), np.cumsum(steps, axis=-1)), axis=-1)

    def hazard(self, draw: Integers | slice, target: int | slice, age: Floats) -> Floats:
        """Return the integral of the hazard up to an age, −ln R[s,k](age); draw and age broadcast."""
        at, into = self.reached(age)
        return np.asarray(self.cumulative[draw, target, at] + into * self.rates[draw, target, at])

    def hazards(self, draw: Integers, targets: Integers, age: Floats) -> list[Floats]:
        """Return `hazard` of each of some targets, looked up together."""
        at, into = self.reached(age)
        _, columns, bins = self.rates.shape
        place, reached, rates = draw * (columns * bins) + at, self.cumulative.ravel(), self.rates.ravel()
        found = []
        for target in targets.tolist():
            result = rates.take(place + target * bins)
            result *= into
            result += reached.take(place + target * bins)
            found.append(result)
        return found

    def reached(self, age: Floats) -> tuple[Integers, Floats]:
        """Return the bin that an age has reached, and the days into it."""
        days = np.maximum(np.asarray(age, dtype=np.float64), 0.0)
        at = np.searchsorted(self.edges, days, side="right") - 1
        return at, days - self.edges[at]

    def survivors(self, age: Floats) -> Floats:
        """Return R[s,k](age), floats[draw, target, age]."""
        return np.asarray(np.exp(-self.hazard(slice(None), slice(None), age)))

    @cached_property
    def means(self) -> Floats:
        """E[T] = ∫ R(t) dt, piece by piece, floats[draw, target]."""
        alive = np.exp(-self.cumulative)
        widths = np.append(np.diff(self.edges), np.inf)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            pieces = np.where(self.rates > 0, -np.expm1(-self.rates * widths) / self.rates, widths)
            return np.asarray(np.nan_to_num(alive * pieces, nan=0.0, posinf=0.0).sum(axis=-1))

    def law(self, draw: int, target: int) -> Hazard:
        """Return one law."""
        return Hazard(tuple(self.edges.tolist()), tuple(self.rates[draw, target].tolist()))


@dataclass(frozen=True, eq=False)
class FunnelDraws:
    """Kernels of one segment's funnel.

    Attributes:
        stages: names of the S open stages.
        transitions: p[s,k], floats[draw, S, S + 2], columns as in `Funnel`; rows add to 1.
        stays: of each stage.
    """

    stages: tuple[str, ...]
    transitions: Floats
    stays: tuple[StayDraws, ...]

    def __len__(self) -> int:
        return len(self.transitions)

    def tilted(self, odds: Floats) -> Floats:
        """Return p·(1 + h[k](o−1)) / (1 + h[s](o−1)), one factor o a draw, floats[draw, S, S + 2]."""
        more = 1 + self.target_chances * (odds[:, None] - 1)
        return np.asarray(self.transitions * more[:, None, :] / more[:, : len(self.stages), None])

    @cached_property
    def ladder(self) -> Floats:
        """h[s] of each draw, floats[draw, S]."""
        return close_chances(self.transitions)

    @cached_property
    def target_chances(self) -> Floats:
        """H of every column of `transitions`: the stages', 1 for won, 0 for lost, floats[draw, S + 2]."""
        ends = np.broadcast_to([1.0, 0.0], (len(self), 2))
        return np.concatenate((self.ladder, ends), axis=1)

    @cached_property
    def moves(self) -> tuple[Integers, ...]:
        """The columns that each stage can move to in any draw."""
        return tuple(np.flatnonzero(self.transitions[:, s].any(axis=0)) for s in range(len(self.stages)))

    def first_moves(self, stage: int, draw: Integers, age: Floats) -> tuple[list[Floats], list[Floats]]:
        """Return what decides the next move of deals already so long in a stage; draw and age broadcast.

        Returns:
            Of each of the stage's moves: w_k, not normalised, p[s,k]·R[s,k](age), or p[s,k] where every R
            is 0 (MODEL 1, age); and −ln R[s,k](age).
        """
        moves, stay = self.moves[stage], self.stays[stage]
        hazards = stay.hazards(draw, moves, age)
        chances = [self.transitions[draw, stage, k] for k in moves]
        weights = [p * np.exp(-hazard) for p, hazard in zip(chances, hazards, strict=True)]
        alive = sum(weights) > 0
        if not np.all(alive):
            weights = [np.where(alive, w, p) for w, p in zip(weights, chances, strict=True)]
        return weights, hazards

    def close_chance(self, stage: int, draw: Integers, age: Floats) -> Floats:
        """Return h_s(age) = Σ w_k·h_k of deals already so long in a stage; draw and age broadcast."""
        won = lost = np.zeros(())
        for k, weight in zip(self.moves[stage], self.first_moves(stage, draw, age)[0], strict=True):
            end = self.target_chances[draw, k]
            won, lost = won + weight * end, lost + weight * (1 - end)
        return np.asarray(won / (won + lost))

    def snapshot_ladder(self) -> Floats:
        """Return h_snap[s] = Σ p·m·h_k / Σ p·m of each draw, m the mean stays, floats[draw, S]."""
        weight = self.transitions * np.stack([stay.means for stay in self.stays], axis=1)
        return np.asarray((weight * self.target_chances[:, None]).sum(axis=2) / weight.sum(axis=2))

    @staticmethod
    def of(funnel: Funnel) -> FunnelDraws | None:
        """Return a funnel as its own only draw, or None where its stays are no hazards on common edges."""
        size, stays = len(funnel.stages), list[StayDraws]()
        for row in funnel.stays:
            laws = {k: law for k, law in enumerate(row) if isinstance(law, Hazard)}
            edges = {law.edges for law in laws.values()}
            if len(edges) != 1 or len(laws) < sum(law is not None for law in row):
                return None
            common = edges.pop()
            rates = np.ones((1, size + 2, len(common)))
            for k, law in laws.items():
                rates[0, k] = law.rates
            stays.append(StayDraws(np.array(common), rates))
        return FunnelDraws(funnel.stages, funnel.transitions[None], tuple(stays))

    def every(self, step: int) -> FunnelDraws:
        """Return every so manieth draw."""
        stays = tuple(StayDraws(stay.edges, stay.rates[::step]) for stay in self.stays)
        return FunnelDraws(self.stages, self.transitions[::step], stays)

    def funnel(self, draw: int) -> Funnel:
        """Return the funnel of one draw."""
        return self._with(self.transitions[draw], lambda stage, k: self.stays[stage].law(draw, k))

    @cached_property
    def mean(self) -> Funnel:
        """The funnel of average chances: p = E p, R[s,k] = E p·R / E p at each edge."""
        survivors = [
            (self.transitions[:, s, :, None] * np.exp(-stay.cumulative)).mean(axis=0)
            for s, stay in enumerate(self.stays)
        ]

        def law(stage: int, k: int) -> Distribution:
            edges, alive = self.stays[stage].edges, survivors[stage][k]
            # Below the smallest number the rest of the law does not matter, but is to be a number.
            logs = -np.log(np.maximum(alive / alive[0], 1e-300))
            rates = np.append(np.diff(logs) / np.diff(edges), self.stays[stage].rates[:, k, -1].mean())
            return Hazard(tuple(edges.tolist()), tuple(np.maximum(rates, 0.0).tolist()))

        return self._with(self.transitions.mean(axis=0), law)

    def _with(self, transitions: Floats, law: object) -> Funnel:
        assert callable(law)
        size = len(self.stages)
        stays = tuple(
            tuple(law(s, k) if transitions[s, k] > 0 else None for k in range(size + 2)) for s in range(size)
        )
        return Funnel(self.stages, transitions, stays)


@dataclass(frozen=True, eq=False)
class OddsDraws:
    """The calibrator of win odds: logit p* = shift + by_stage + slope·logit h_s(a) + Σ effect·x (MODEL 8).

    Attributes:
        shift: floats[draw], that of the segment in it.
        slope: floats[draw], 1 where not learned.
        effects: floats[draw] by feature: `pushes` (ln(1 + n)), `overdue` (1 or 0),
            `log_amount` (ln of the amount, company currency, over `reference`).
        reference: amount in major units at which `log_amount` is 0.
        by_stage: of open deals by the stage in which they stand, floats[draw, S]; None where not learned. A
            deal that arrives stands nowhere yet: it has none.
    """

    shift: Floats
    slope: Floats
    effects: Mapping[str, Floats] = field(default_factory=dict)
    reference: float = 1.0
    by_stage: Floats | None = None

    def every(self, step: int) -> OddsDraws:
        """Return every so manieth draw."""
        effects = {name: effect[::step] for name, effect in self.effects.items()}
        by_stage = None if self.by_stage is None else self.by_stage[::step]
        return OddsDraws(self.shift[::step], self.slope[::step], effects, self.reference, by_stage)


@dataclass(frozen=True, eq=False)
class GenerationDraws:
    """Deals still to come to one segment.

    Attributes:
        per_month: expected number in an average month at the as-of day's level, floats[draw].
        season: factor by calendar month, January first, floats[draw, 12].
        trend: growth of the rate over a year, floats[draw].
        dispersion: κ of both counts, floats[draw].
        entry: shares of the stages of entry, floats[draw, S].
        amounts: open amounts that came, major units of the company's currency, rising; each equally likely.
        amount_shift: added to the logarithm of all amounts to come, bluebirds' too, floats[draw].
        bluebirds: expected number a month of deals first seen when won, floats[draw].
        bluebird_amounts: as `amounts`; empty without bluebirds.
    """

    per_month: Floats
    season: Floats
    trend: Floats
    dispersion: Floats
    entry: Floats
    amounts: Floats
    amount_shift: Floats
    bluebirds: Floats
    bluebird_amounts: Floats

    @staticmethod
    def of(noun: PipelineGeneration) -> GenerationDraws | None:
        """Return deals to come as their own only draw, or None where their laws are not of the same form."""
        found = noun.bluebirds
        amounts, of_found = noun.amount, found.amount if found else Empirical(())
        if not isinstance(amounts, Empirical) or not isinstance(of_found, Empirical):
            return None
        if found and found.dispersion != noun.dispersion:
            return None
        season = [[noun.season.get(month, 1.0) for month in range(1, 13)]]
        return GenerationDraws(
            np.array([noun.per_month]), np.array(season), np.array([noun.trend]), np.array([noun.dispersion]),
            noun.entry[None], np.array(amounts.values), np.zeros(1),
            np.array([found.per_month if found else 0.0]), np.array(of_found.values),
        )  # fmt: skip

    def every(self, step: int) -> GenerationDraws:
        """Return every so manieth draw."""
        return GenerationDraws(
            self.per_month[::step], self.season[::step], self.trend[::step], self.dispersion[::step],
            self.entry[::step], self.amounts, self.amount_shift[::step], self.bluebirds[::step],
            self.bluebird_amounts,
        )  # fmt: skip

    def generation(self, draw: int) -> PipelineGeneration:
        """Return one draw."""
        return self._noun(lambda values: values[draw], float(np.exp(self.amount_shift[draw])))

    @cached_property
    def mean(self) -> PipelineGeneration:
        """Deals to come at the averages of all figures."""
        return self._noun(lambda values: values.mean(axis=0), float(np.exp(self.amount_shift).mean()))

    def _noun(self, of: Callable[[Floats], Any], growth: float) -> PipelineGeneration:
        laws = (Empirical(tuple((a * growth).tolist())) for a in (self.amounts, self.bluebird_amounts))
        amounts, found, dispersion = next(laws), next(laws), float(of(self.dispersion))
        season = {month + 1: float(factor) for month, factor in enumerate(of(self.season))}
        rate = float(of(self.bluebirds)) if found.values else 0.0
        return PipelineGeneration(
            float(of(self.per_month)), amounts, of(self.entry), season, float(of(self.trend)), dispersion,
            Bluebirds(rate, found, dispersion) if rate else None,
        )  # fmt: skip

    def factor(self, month: date, as_of: date) -> Floats:
        """Return season · (1 + trend)^(months from the as-of month / 12) of a month, floats[draw]."""
        months = (month.year - as_of.year) * 12 + month.month - as_of.month
        return np.asarray(self.season[:, month.month - 1] * (1 + self.trend) ** (months / 12))


@dataclass(frozen=True, eq=False)
class LuckDraws:
    """The market that a segment's deals meet from now on, as far as its record tells (MODEL 4, 8).

    In the as-of day's quarter x = mean + kept·(sqrt(ρ0)·G + sqrt(ρg)·Z); from there on what is known fades,
    x[q] = φ·x[q−1] + news.

    Attributes:
        mean: of x, floats[draw].
        kept: part of the spread that the record leaves, 0–1.
    """

    mean: Floats
    kept: float


@dataclass(frozen=True, eq=False)
class SegmentDraws:
    """What is learned of one segment; None where a part is not.

    Attributes:
        funnel: its kernels.
        odds: calibrator of the win odds of its deals.
        generation: deals to come.
        amount_shift: added to the logarithm of the closed amounts of its won deals, floats[draw].
        luck: what is known of the market that its deals meet; it goes with `Posterior.rho`.
    """

    funnel: FunnelDraws | None = None
    odds: OddsDraws | None = None
    generation: GenerationDraws | None = None
    amount_shift: Floats | None = None
    luck: LuckDraws | None = None

    def every(self, step: int) -> SegmentDraws:
        """Return every so manieth draw."""
        return SegmentDraws(
            self.funnel and self.funnel.every(step),
            self.odds and self.odds.every(step),
            self.generation and self.generation.every(step),
            None if self.amount_shift is None else self.amount_shift[::step],
            self.luck and LuckDraws(self.luck.mean[::step], self.luck.kept),
        )


@dataclass(frozen=True, eq=False)
class Posterior:
    """Draws from the posterior of everything that is learned together: draw d of one part goes with draw d.

    Attributes:
        draws: D, their number; trial n takes draw n modulo D.
        segments: by name.
        rho: total correlation of deals' luck, floats[draw], split as `Market` does; None where not learned.
        payers: mean and standard deviation of the lateness score of each customer that is known.
    """

    draws: int
    segments: Mapping[str, SegmentDraws] = field(default_factory=dict)
    rho: Floats | None = None
    payers: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def every(self, step: int) -> Posterior:
        """Return every so manieth draw."""
        segments = {name: segment.every(step) for name, segment in self.segments.items()}
        rho = None if self.rho is None else self.rho[::step]
        return Posterior(len(range(0, self.draws, step)), segments, rho, self.payers)
