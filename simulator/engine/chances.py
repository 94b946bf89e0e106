"""Say with what chance deals win before the market: Φ⁻¹(p*) of open deals and of those that enter a stage."""

from __future__ import annotations

from typing import Final, Protocol
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.funnel import tilted
from simulator.money import minor_digits
from simulator.posterior import FunnelDraws, OddsDraws
from simulator.records import dataclass
from simulator.scenario import Scenario, Segment

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_MOST_KEPT: Final = 1 << 21
"""Scores of a segment that are kept from one block to the next: 16 MB."""


class Chances(Protocol):
    """Chances of a segment's deals, as scores Φ⁻¹(p*). `draw` is the posterior draw of each trial."""

    @property
    def by_amount(self) -> bool:
        """Whether the chance on entering a stage depends on the deal's amount."""
        ...

    def open_scores(
        self, stage: int, deals: Integers, draw: Integers, ages: Integers | None, label_ages: Floats
    ) -> Floats:
        """Return the scores of open deals, floats[deal, trial], or floats[deal] where all trials share them.

        Args:
            stage: where they are.
            deals: their places in the pipeline.
            draw: of each trial.
            ages: which of the ages each has, integers[deal, trial]; None where each has its own.
            label_ages: operational days.
        """
        ...

    def entry_scores(self, draw: Integers) -> Floats:
        """Return the scores of deals that enter each stage, floats[stage, trial] or floats[stage, 1]."""
        ...

    def entering(self, stage: Integers, draw: Integers, log_amount: Floats) -> Floats:
        """Return the scores of deals that enter stages, each with its own draw and ln(amount/reference)."""
        ...

    def log_amounts(self, amount: Floats) -> Floats:
        """Return ln(amount/reference) of amounts in minor units of the company's currency."""
        ...


@dataclass(frozen=True, eq=False)
class SetChances:
    """Chances that all trials share.

    Attributes:
        segment: whose they are.
        score: of each deal of the pipeline, NaN where it depends on an age that is drawn.
        entry: of a deal that enters each stage, floats[stage].
    """

    segment: Segment
    score: Floats
    entry: Floats

    by_amount = False

    @staticmethod
    def of(scenario: Scenario, index: int) -> SetChances:
        """Return the scores of a segment: odds(p*) = x · exp(evidence) · odds(h_s(a)) (MODEL 6).

        A stage that never leads to won, or never to lost, is moved by no evidence: there is no way to that
        end.
        """
        pipeline, segment = scenario.pipeline, scenario.segments[index]
        deals = np.flatnonzero(pipeline.segment == index)
        own, chance = pipeline.own_chances(segment.use_probability)[deals], np.empty(len(deals))
        for stage, some in by_stage(pipeline.stage[deals]):
            ages = np.nan_to_num(pipeline.age[deals[some]]) if segment.funnel.age_matters[stage] else 0.0
            # One age after the other: a product of matrices may round a row by how many there are.
            distinct, which = np.unique(ages, return_inverse=True)
            chance[some] = np.array([segment.funnel.close_chance(stage, age) for age in distinct])[which]
        drawn = np.isnan(pipeline.age[deals]) & np.array(segment.funnel.age_matters)[pipeline.stage[deals]]
        # Evidence = logit(own) − logit(h_s(a)) leaves the deal's own chance.
        chance = np.where(drawn | ~np.isnan(own) & (chance > 0) & (chance < 1), own, chance)
        score = np.full(len(pipeline), np.nan)
        score[deals] = special.ndtri(tilted(chance, segment.soberness.odds))
        entry = special.ndtri(tilted(segment.funnel.ladder, segment.soberness.odds))
        return SetChances(segment, score, entry)

    def open_scores(
        self, stage: int, deals: Integers, draw: Integers, ages: Integers | None, label_ages: Floats
    ) -> Floats:
        """Return the scores of open deals."""
        score, funnel = self.score[deals], self.segment.funnel
        if ages is None or not funnel.age_matters[stage]:
            return np.asarray(score)
        chance = funnel.close_chance(stage, label_ages)
        drawn = special.ndtri(tilted(chance, self.segment.soberness.odds))[ages]
        certain = ((chance == 0) | (chance == 1))[ages]
        return np.where(np.isnan(score)[:, None] | certain, drawn, score[:, None])

    def entry_scores(self, draw: Integers) -> Floats:
        """Return the scores of deals that enter each stage, floats[stage, 1]."""
        return self.entry[:, None]

    def entering(self, stage: Integers, draw: Integers, log_amount: Floats) -> Floats:
        """Return the scores of deals that enter stages."""
        return np.asarray(self.entry[stage])

    def log_amounts(self, amount: Floats) -> Floats:
        """Return nothing that matters."""
        return np.zeros(amount.shape)


@dataclass(frozen=True, eq=False)
class LearnedChances:
    """Chances by draw: those of the funnel, moved by the calibrator (MODEL 8) and by soberness.

    logit p* = shift + slope · logit h + evidence + ln soberness, the evidence Σ effect · x and that of the
    stage in which an open deal stands. A chance of 0 or 1 stays, and a deal's own probability, where the
    scenario asks for it, takes the place of what is learned.

    Attributes:
        segment: whose they are.
        funnel: by draw, or None where only the calibrator is learned, upon the funnel as it is set.
        odds: the calibrator, or None.
        own: the deal's own probability where it counts, else NaN, floats[deal of the pipeline].
        evidence: x of each open deal by effect, floats[deal of the pipeline].
        minor: minor units of one major unit of the company's currency.
    """

    segment: Segment
    funnel: FunnelDraws | None
    odds: OddsDraws | None
    own: Floats
    evidence: dict[str, Floats]
    minor: int

    @staticmethod
    def of(
        scenario: Scenario, index: int, funnel: FunnelDraws | None, odds: OddsDraws | None, worth: Floats
    ) -> LearnedChances:
        """Return the chances of a segment of which funnel or calibrator are learned.

        Args:
            scenario: the nouns.
            index: of the segment.
            funnel: by draw, or None.
            odds: the calibrator, or None.
            worth: open amounts in minor units of the company's currency, floats[deal of the pipeline].
        """
        pipeline, segment = scenario.pipeline, scenario.segments[index]
        minor, evidence = 10 ** minor_digits(scenario.currency), dict[str, Floats]()
        for name in odds.effects if odds else ():
            if name == "pushes":
                evidence[name] = np.log1p(np.maximum(pipeline.pushes, 0))
            elif name == "overdue":
                evidence[name] = (pipeline.stated_days <= 0).astype(np.float64)
            elif name == "log_amount" and odds:
                evidence[name] = _logs(worth / minor, odds.reference)
            else:
                raise ValueError(f"no such effect on the odds: {name}")
        own = pipeline.own_chances(segment.use_probability)
        return LearnedChances(segment, funnel, odds, own, evidence, minor)

    @property
    def by_amount(self) -> bool:
        """Whether the chance on entering a stage depends on the deal's amount."""
        return self.odds is not None and "log_amount" in self.odds.effects

    def open_scores(
        self, stage: int, deals: Integers, draw: Integers, ages: Integers | None, label_ages: Floats
    ) -> Floats:
        """Return the scores of open deals, floats[deal, trial]."""
        if ages is not None:
            return self._at_ages(stage, deals, draw, label_ages[ages])
        scores, row = self.by_draw(np.full(len(deals), stage), deals, label_ages, draw)
        return np.ascontiguousarray(scores.take(row, axis=0).T)

    def by_draw(
        self, stages: Integers, deals: Integers, ages: Floats, draw: Integers
    ) -> tuple[Floats, Integers]:
        """Return the scores of open deals, floats[row, deal], and the row of each trial's draw.

        Trials of one draw share a row: each draw is worked out once, and kept where all take little room.

        Args:
            stages: where the deals are.
            deals: places in the pipeline.
            ages: of each, operational days.
            draw: of each trial.
        """
        scores, known = self._kept(deals)
        if not len(known):
            distinct, row = np.unique(draw, return_inverse=True)
            return self._rows(stages, deals, ages, distinct), row
        if len(new := np.unique(draw[~known[draw]])):
            scores[new] = self._rows(stages, deals, ages, new)
            known[new] = True
        return scores, draw

    def _kept(self, deals: Integers) -> tuple[Floats, NDArray[np.bool_]]:
        """Return kept scores of open deals, floats[draw, deal], and the draws that are known; or no draw."""
        kept = _SCORES.setdefault(self, {})
        if (place := deals.tobytes()) not in kept:
            of = self.odds.shift if self.funnel is None and self.odds else self.funnel
            draws = 0 if of is None else len(of)
            held = sum(scores.size for scores, _ in kept.values())
            draws *= held + draws * len(deals) <= _MOST_KEPT
            kept[place] = np.empty((draws, len(deals))), np.zeros(draws, dtype=np.bool_)
        return kept[place]

    def _rows(self, stages: Integers, deals: Integers, ages: Floats, draw: Integers) -> Floats:
        """Return the scores of open deals, each of its age, floats[draw, deal]."""
        scores = np.empty((len(draw), len(deals)))
        for stage, some in by_stage(stages):
            scores[:, some] = self._at_ages(stage, deals[some], draw, ages[some, None]).T
        scores[np.isnan(scores)] = -np.inf  # which never wins either
        return scores

    def _at_ages(self, stage: int, deals: Integers, draw: Integers, age: Floats) -> Floats:
        """Return the scores of open deals at ages, floats[deal, draw]; age and draw broadcast."""
        if self.funnel is None:
            distinct, which = np.unique(age, return_inverse=True)
            chance = self.segment.funnel.close_chance(stage, distinct)[which].reshape(age.shape)
        else:
            chance = self.funnel.close_chance(stage, draw, age)
        evidence = self._weighed(draw, {name: x[deals, None] for name, x in self.evidence.items()}, stage)
        result, own = self._moved(chance, draw, evidence), self.own[deals, None]
        if not np.isnan(own).all():
            wanted = ~np.isnan(own) & (chance > 0) & (chance < 1)
            result = np.where(wanted, tilted(own, self.segment.soberness.odds), result)
        return np.asarray(special.ndtri(result))

    def entry_scores(self, draw: Integers) -> Floats:
        """Return the scores of deals that enter each stage at the reference amount, floats[stage, trial]."""
        stage = np.arange(len(self.segment.funnel.stages))[:, None]
        return np.asarray(special.ndtri(self._moved(self._entry(stage, draw), draw, 0.0)))

    def entering(self, stage: Integers, draw: Integers, log_amount: Floats) -> Floats:
        """Return the scores of deals that enter stages, each with its own draw and amount."""
        evidence = self._weighed(draw, {"log_amount": log_amount})
        return np.asarray(special.ndtri(self._moved(self._entry(stage, draw), draw, evidence)))

    def log_amounts(self, amount: Floats) -> Floats:
        """Return ln(amount/reference) of amounts in minor units of the company's currency."""
        return _logs(amount / self.minor, self.odds.reference if self.odds else 1.0)

    def _entry(self, stage: Integers, draw: Integers) -> Floats:
        """Return h of deals that enter stages; stage and draw broadcast."""
        if self.funnel is None:
            return np.asarray(self.segment.funnel.ladder[stage + 0 * draw])
        return np.asarray(self.funnel.ladder[draw, stage])

    def _weighed(self, draw: Integers, known: dict[str, Floats], stage: int | None = None) -> Floats | float:
        """Return the evidence of what is known, and of the stage in which open deals stand."""
        odds = self.odds
        if odds is None:
            return 0.0
        result: Floats | float = 0.0
        if stage is not None and odds.by_stage is not None:
            result = odds.by_stage[draw, stage]
        for name, x in known.items():
            result = result + odds.effects[name][draw] * x
        return result

    def _moved(self, chance: Floats, draw: Integers, evidence: Floats | float) -> Floats:
        """Return p* of chances h."""
        odds, sober = self.odds, self.segment.soberness.odds
        if odds is None:
            return tilted(chance, sober)
        free = (chance > 0) & (chance < 1)
        logit = odds.shift[draw] + odds.slope[draw] * special.logit(np.where(free, chance, 0.5)) + evidence
        with np.errstate(divide="ignore"):
            return np.where(free, special.expit(logit + np.log(sober)), chance)


_SCORES: Final[WeakKeyDictionary[LearnedChances, dict[bytes, tuple[Floats, NDArray[np.bool_]]]]] = (
    WeakKeyDictionary()
)
"""Beside the chances, so that they do not travel with them from one process to another."""


def _logs(amount: Floats, reference: float) -> Floats:
    """Return ln(amount/reference), 0 where an amount of 0 tells nothing."""
    return np.log(np.where(amount > 0, amount / reference, 1.0))


def by_stage(stages: Integers) -> list[tuple[int, Integers]]:
    """Return each stage among those of some deals, and the places of its deals."""
    return [(stage, np.flatnonzero(stages == stage)) for stage in np.unique(stages).tolist()]
