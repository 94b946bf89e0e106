"""Turn what a scenario knows of a segment into the chances of its deals in each trial (MODEL 4, 6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.backtest.kernels import Kernel, drawn_kernel, fixed_kernel
from simulator.funnel import tilted
from simulator.market import SHARED_SHARE
from simulator.money import minor_digits
from simulator.periods import add_months
from simulator.posterior import GenerationDraws, OddsDraws, SegmentDraws
from simulator.scenario import Scenario, Segment
from simulator.streams import UniformRow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Luck:
    """The market of each trial.

    Attributes:
        rho: ρ0 + ρg, floats[trial].
        shift: sqrt(ρ0)·G + sqrt(ρg)·Z, floats[segment, quarter, trial].
        doubt: D, floats[segment, trial].
        draw: of the posterior, integers[trial]; 0 without one.
    """

    rho: Floats
    shift: Floats
    doubt: Floats
    draw: Integers

    @staticmethod
    def quarter(when: date, as_of: date) -> int:
        """Return the calendar quarters from the as-of day's to a date's."""
        return (when.year - as_of.year) * 4 + (when.month - 1) // 3 - (as_of.month - 1) // 3

    def chances(self, score: Floats, segment: int, quarter: int, trial: Integers, doubt: Floats) -> Floats:
        """Return Φ((score + x)/sqrt(1 − ρ0 − ρg − ρd)), for rows of score that belong to trials."""
        x = self.shift[segment, quarter, trial] + np.sqrt(doubt) * self.doubt[segment, trial]
        wide = np.sqrt(1 - self.rho[trial] - doubt)
        return np.asarray(special.ndtr((score + x) / wide))


@dataclass(frozen=True, eq=False)
class SegmentChances:
    """What decides about the deals of one segment.

    Attributes:
        segment: the noun.
        index: of it.
        luck: of the trials.
        learned: draws of it, all None without a posterior.
        kernel: of its funnel.
        draw: of the kernel in each trial, integers[trial].
    """

    segment: Segment
    index: int
    luck: Luck
    learned: SegmentDraws
    kernel: Kernel
    draw: Integers
    as_of: date

    @property
    def trials(self) -> int:
        """Number of trials."""
        return len(self.luck.rho)

    def open_deals(
        self, scenario: Scenario, deals: Integers, stage: int, first_moves: Floats, label: Integers
    ) -> Floats:
        """Return p' of open deals of one stage, floats[trial, deal].

        Args:
            scenario: theirs.
            deals: places in the pipeline.
            stage: of all.
            first_moves: weights of the next move by age, floats[draw, age, target].
            label: which age each has, integers[trial, deal].
        """
        pipeline, trials = scenario.pipeline, np.arange(self.trials)
        by_age = np.einsum("dak,dk->da", first_moves, self.kernel.h)
        chance = by_age[self.draw[:, None], label]
        if self.segment.use_probability:
            own = pipeline.probability[deals]
            chance = np.where(~np.isnan(own) & (chance > 0) & (chance < 1), own, chance)
        effects: dict[str, Floats] = {
            "overdue": (pipeline.stated_days[deals] <= 0).astype(np.float64),
            "pushes": np.log1p(np.maximum(pipeline.pushes[deals], 0)),
            "log_amount": self._log_amount(scenario, _company_minor(scenario, deals)),
        }
        rows = trials[:, None]
        calibrated = self._calibrated(chance, {n: x[None, :] for n, x in effects.items()}, rows, stage)
        score = special.ndtri(tilted(calibrated, self.segment.soberness.odds))
        doubt = np.array(self.segment.doubt[stage])
        return self.luck.chances(score, self.index, 0, rows, doubt)

    def arrivals(
        self, scenario: Scenario, trial: Integers, stage: Integers, quarter: int, row: UniformRow
    ) -> Floats:
        """Return p' of deals that arrive, floats[arrival]."""
        chance, effects = self.kernel.h[self.draw[trial], stage], dict[str, Floats]()
        odds, drawn = self.learned.odds, self.learned.generation
        if odds is not None and "log_amount" in odds.effects:
            u = row.uniforms(len(trial))
            if drawn is not None:
                size = drawn.amounts[(u * len(drawn.amounts)).astype(np.int64)]
                size = size * np.exp(drawn.amount_shift[self.luck.draw[trial]])
            else:
                assert self.segment.generation is not None
                size = self.segment.generation.amount.isf(u)
            effects["log_amount"] = self._log_amount(scenario, size * _unit(scenario))
        calibrated = self._calibrated(chance, effects, trial)
        score = special.ndtri(tilted(calibrated, self.segment.soberness.odds))
        return self.luck.chances(score, self.index, quarter, trial, self.segment.doubt[stage])

    def entry(self, trial: Integers) -> Floats:
        """Return cumulative chances of the stages of entry, floats[arrival, stage]."""
        drawn, generation = self.learned.generation, self.segment.generation
        assert generation is not None
        if drawn is None:
            return np.broadcast_to(np.cumsum(generation.entry), (len(trial), len(generation.entry)))
        return np.asarray(np.cumsum(drawn.entry, axis=1)[self.luck.draw[trial]])

    def arrival_rate(self, month: int) -> tuple[Floats, Floats]:
        """Return mean and κ of the count of a month, so many after the as-of day's, floats[trial] each."""
        drawn, generation = self.learned.generation, self.segment.generation
        assert generation is not None
        if drawn is None:
            rate = generation.rate(add_months(self.as_of.replace(day=1), month), self.as_of)
            return np.full(self.trials, rate), np.full(self.trials, generation.dispersion)
        return (drawn.per_month * self._factor(drawn, month))[self.luck.draw], drawn.dispersion[
            self.luck.draw
        ]

    def bluebird_rate(self, month: int) -> Floats:
        """Return the mean number of a month's deals first seen when won, floats[trial]."""
        drawn, generation = self.learned.generation, self.segment.generation
        assert generation is not None
        if drawn is None:
            first = add_months(self.as_of.replace(day=1), month)
            return np.full(self.trials, generation.bluebird_rate(first, self.as_of))
        return np.asarray((drawn.bluebirds * self._factor(drawn, month))[self.luck.draw])

    def _factor(self, drawn: GenerationDraws, month: int) -> Floats:
        number = (self.as_of.month - 1 + month) % 12
        return np.asarray(drawn.season[:, number] * (1 + drawn.trend) ** (month / 12))

    def _calibrated(
        self, chance: Floats, effects: dict[str, Floats], trial: Integers, stage: int | None = None
    ) -> Floats:
        """Return the chance after logit p* = shift + by_stage + slope·logit h + Σ effect·x; 0 and 1 stay.

        Args:
            chance: h.
            effects: x by name.
            trial: of each.
            stage: in which open deals stand; None for deals that arrive.
        """
        odds: OddsDraws | None = self.learned.odds
        if odds is None:
            return chance
        draw = self.luck.draw[trial]
        logit = odds.shift[draw] + odds.slope[draw] * special.logit(np.clip(chance, 1e-300, 1 - 1e-16))
        if stage is not None and odds.by_stage is not None:
            logit = logit + odds.by_stage[draw, stage]
        for name, effect in odds.effects.items():
            if name in effects:
                logit = logit + effect[draw] * effects[name]
        return np.where((chance <= 0) | (chance >= 1), chance, special.expit(logit))

    def _log_amount(self, scenario: Scenario, minor: Floats) -> Floats:
        """Return ln of amounts over the calibrator's reference; 0 for those that are nothing."""
        reference = self.learned.odds.reference if self.learned.odds is not None else 1.0
        major = np.asarray(minor, dtype=np.float64) / _unit(scenario)
        return np.log(np.where(major > 0, major, reference) / reference)


def segment_chances(scenario: Scenario, index: int, luck: Luck) -> SegmentChances:
    """Return what decides about a segment's deals."""
    segment, posterior = scenario.segments[index], scenario.posterior
    learned = posterior.segments.get(segment.name) if posterior is not None else None
    learned = learned or SegmentDraws()
    kernel = fixed_kernel(segment.funnel) if learned.funnel is None else drawn_kernel(learned.funnel)
    draw = luck.draw if learned.funnel is not None else np.zeros_like(luck.draw)
    return SegmentChances(segment, index, luck, learned, kernel, draw, scenario.horizon.as_of)


def draw_luck(scenario: Scenario, last_day: int, trials: int, seed: int) -> Luck:
    """Draw the market of each trial until a day (MODEL 4)."""
    horizon, market, posterior = scenario.horizon, scenario.market, scenario.posterior
    draws = posterior.draws if posterior is not None else 1
    draw = np.arange(trials) % draws
    row = UniformRow(seed, "backtest/market")
    shared, own = market.correlations(row.uniforms(trials))
    if market.drawn and posterior is not None and posterior.rho is not None:
        shared, own = (share * posterior.rho[draw] for share in (SHARED_SHARE, 1 - SHARED_SHARE))
    quarters = Luck.quarter(horizon.date_of(last_day), horizon.as_of) + 1

    def path() -> Floats:
        news = special.ndtri(row.uniforms(quarters, trials))
        for q in range(1, quarters):
            news[q] = market.phi * news[q - 1] + np.sqrt(1 - market.phi**2) * news[q]
        return news

    common = path()
    shift = np.stack([np.sqrt(shared) * common + np.sqrt(own) * path() for _ in scenario.segments])
    doubt = special.ndtri(row.uniforms(len(scenario.segments), trials))
    learned = (
        posterior.segments if market.drawn and posterior is not None and posterior.rho is not None else {}
    )
    for index, segment in enumerate(scenario.segments):
        if (drawn := learned.get(segment.name)) is not None and (luck := drawn.luck) is not None:
            # x[0] = mean + kept·x; what is known of it fades by φ a quarter, the news stay.
            known = luck.mean[draw] + (luck.kept - 1) * shift[index, 0]
            shift[index] += market.phi ** np.arange(quarters)[:, None] * known
    return Luck(shared + own, shift, doubt, draw)


def _company_minor(scenario: Scenario, deals: Integers) -> Floats:
    pipeline = scenario.pipeline
    amounts = [
        scenario.rates.convert(int(pipeline.amount[i]), pipeline.currency[i], 0) for i in deals.tolist()
    ]
    return np.array(amounts, dtype=np.float64)


def _unit(scenario: Scenario) -> float:
    return float(10 ** minor_digits(scenario.currency))
