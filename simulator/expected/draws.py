"""Say how many first attempts each posterior draw expects to be won in the end: Σ p* (MODEL 8, 11)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.distributions import Distribution, Empirical, Fixed
from simulator.expected.luck import Luck
from simulator.expected.new_deals import by_odds, months
from simulator.expected.open_deals import mean_factors
from simulator.expected.returns import Returns
from simulator.expected.walks import Walk
from simulator.money import minor_digits
from simulator.posterior import FunnelDraws, OddsDraws, SegmentDraws, StayDraws
from simulator.records import dataclass
from simulator.scenario import Scenario, Segment

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_CELLS: Final = 12_000_000
"""Chances that are worked out, deals at their ages times draws; with more deals fewer draws are looked at."""
FEWEST_DRAWS: Final = 50
_POINTS: Final = 400
"""Equally likely amounts that stand for a law of amounts."""


def draws_looked_at(scenario: Scenario) -> int:
    """Return how many draws are worked out: all, where that does not take too long."""
    posterior, pipeline = scenario.posterior, scenario.pipeline
    assert posterior is not None
    unknown = int(np.isnan(pipeline.age).sum())
    cells = len(pipeline) + 100 * unknown
    return min(posterior.draws, max(MOST_CELLS // max(cells, 1), FEWEST_DRAWS))


@dataclass(frozen=True, eq=False)
class Averages:
    """Averages over the draws of one segment's chances and prices, by which plug-in figures are replaced.

    Attributes:
        open: p* of its open deals, floats[deal].
        entry: p* of deals that enter each stage, floats[S].
        entry_worth: likewise, weighted by their amounts.
        price: factor on the amounts of won deals.
    """

    open: Floats
    entry: Floats
    entry_worth: Floats
    price: float


def averages(scenario: Scenario, index: int) -> Averages | None:
    """Return the averages of a segment, None where neither its chances nor its prices are learned."""
    segment, posterior = scenario.segments[index], scenario.posterior
    learned = posterior.segments.get(segment.name) if posterior else None
    if learned is None or not (learned.funnel or learned.odds or learned.amount_shift is not None):
        return None
    chances = _Chances(scenario, segment, learned, draws_looked_at(scenario))
    found = np.zeros(len(scenario.pipeline))
    rows = np.flatnonzero(scenario.pipeline.segment == index)
    for deals, part in chances.parts(rows):
        np.add.at(found, deals, part.mean(axis=0))
    number, worth = (chances.on_entry(*chances.arriving, by_worth).mean(axis=0) for by_worth in (False, True))
    price = 1.0 if learned.amount_shift is None else float(np.exp(learned.amount_shift).mean())
    return Averages(found[rows], number, worth, price)


def won_ever(scenario: Scenario, draws: int) -> Floats:
    """Return the expected number of first attempts that are won, whenever they close.

    Of open deals, and of deals to come: Σ_months λ · Σ_s entry_s · E p*_s, and all bluebirds.

    Args:
        scenario: with a posterior.
        draws: the first so many draws.

    Returns:
        floats[2, segment, draw].
    """
    assert scenario.posterior is not None
    result = np.zeros((2, len(scenario.segments), draws))
    for index, segment in enumerate(scenario.segments):
        learned = scenario.posterior.segments.get(segment.name, SegmentDraws())
        chances = _Chances(scenario, segment, learned, draws)
        result[0, index] = chances.of_open(np.flatnonzero(scenario.pipeline.segment == index))
        if segment.generation is not None:
            for odds, some in by_odds(scenario, index):
                chances = _Chances(some, some.segments[index], learned, draws)
                result[1, index] += _to_come(scenario, some.segments[index], chances, odds)
    return result


@dataclass(frozen=True, eq=False)
class _Chances:
    """The chances p* of one segment's deals under each draw.

    Attributes:
        scenario: whose deals they are.
        segment: with plug-in figures.
        learned: of it.
        draws: how many are looked at.
    """

    scenario: Scenario
    segment: Segment
    learned: SegmentDraws
    draws: int

    @cached_property
    def own(self) -> Floats:
        """The chances that count in place of their stages', NaN for none, floats[deal of the pipeline]."""
        return self.scenario.pipeline.own_chances(self.segment.use_probability)

    @cached_property
    def walk(self) -> Walk:
        """The plug-in walk."""
        return Walk(self.segment.funnel)

    @cached_property
    def ladder(self) -> Floats:
        """Chance h to be won from every column of the transitions, floats[draw or 1, S + 2].

        The chance to be absorbed in won, from P^(2^n) by repeated squaring.
        """
        funnel = self.learned.funnel
        if funnel is None:
            return self.walk.ladder[None]
        p = funnel.transitions[: self.draws]
        size = p.shape[1]
        ends = np.broadcast_to(np.eye(2, size + 2, size), (len(p), 2, size + 2))
        power = np.concatenate((p, ends), axis=1)
        for _ in range(200):
            power = power @ power
            if power[:, :size, :size].max(initial=0.0) < 1e-18:
                break
        return np.where(power[..., size + 1] == 0, 1.0, np.minimum(power[..., size], 1.0))

    def at_ages(self, stage: int, ages: Floats) -> Floats:
        """Return h_s(a) = Σ_k w_k·h_k, w_k ∝ p[s,k]·R[s,k](a), floats[draw or 1, age]."""
        funnel = self.learned.funnel
        if funnel is None:
            return self.walk.close_chance(stage, ages)[None]
        return _close_chance(funnel, stage, ages, self.ladder)

    def star(self, h: Floats, evidence: Floats | float = 0.0) -> Floats:
        """Return p*: odds(p*) = x · exp(shift + effects) · odds(h)^slope; 0 and 1 stay.

        Args:
            h: chances, floats[draw or 1, n].
            evidence: sum of effects, floats[draw, n].
        """
        odds, x = self.learned.odds, self.segment.soberness.odds
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            ratio = h / (1 - h)
            if odds is not None:
                shift, slope = odds.shift[: self.draws, None], odds.slope[: self.draws, None]
                ratio = np.exp(shift + evidence) * ratio**slope
            moved = x * ratio / (1 + x * ratio)
        return np.where((h > 0) & (h < 1), moved, h)

    def lucky(self, chance: Floats, quarter: int) -> Floats:
        """Return E[p'] of deals that meet the market of a quarter, floats[draw, n].

        x has mean φ^k·m and variance ρ·v, v = 1 − φ^2k·(1 − c²), so E Φ((Φ⁻¹(p*) + x)/sqrt(1 − ρ)) =
        Φ((Φ⁻¹(p*) + φ^k·m)/sqrt(1 − ρ·(1 − v))).
        """
        luck, posterior = self.learned.luck, self.scenario.posterior
        if luck is None or posterior is None or posterior.rho is None or not self.scenario.market.drawn:
            return chance
        faded = self.scenario.market.phi**quarter
        unknown = 1 - posterior.rho[: self.draws] * faded**2 * (1 - luck.kept**2)
        score = special.ndtri(chance) + faded * luck.mean[: self.draws, None]
        return np.asarray(special.ndtr(score / np.sqrt(unknown)[:, None]))

    def of_open(self, rows: Integers) -> Floats:
        """Return Σ p* of open deals, floats[draw]."""
        return sum((part.sum(axis=1) for _, part in self.parts(rows)), np.zeros(self.draws))

    def parts(self, rows: Integers) -> Iterator[tuple[Integers, Floats]]:
        """Yield open deals, one for each age it may have, with p* times the chance of that age.

        Yields:
            integers[state], floats[draw or 1, state].
        """
        pipeline = self.scenario.pipeline
        known = ~np.isnan(pipeline.age[rows])
        for stage in np.unique(pipeline.stage[rows]).tolist():
            inside = pipeline.stage[rows] == stage
            some = rows[inside & known]
            if len(some):
                yield some, self._weighted(some, self.at_ages(stage, pipeline.age[some]))
            if len(some := rows[inside & ~known]):
                ages, weights = self.walk.resting_ages(stage)
                chances = self.at_ages(stage, ages)
                for deal in some:
                    states = np.full(len(ages), deal)
                    yield states, self._weighted(states, chances, weights)

    def _weighted(self, deals: Integers, h: Floats, weights: Floats | float = 1.0) -> Floats:
        """Return weighted p* of deals at their ages, floats[draw or 1, deal]."""
        chance = self.lucky(self.star(h, self._evidence(deals)), 0)
        own, x = self.own[deals], self.segment.soberness.odds
        counts = ~np.isnan(own) & (h > 0) & (h < 1)
        chance = np.where(counts, x * own / (1 + (x - 1) * own), chance)
        return np.asarray(chance * weights)

    def _evidence(self, deals: Integers) -> Floats | float:
        """Return Σ effect·x of open deals, their stages' effects with it, floats[draw, deal]."""
        odds, pipeline, total = self.learned.odds, self.scenario.pipeline, np.zeros((1, len(deals)))
        if odds is None:
            return 0.0
        known = {
            "pushes": np.log(1.0 + np.maximum(pipeline.pushes[deals], 0)),
            "overdue": np.where(pipeline.stated_days[deals] <= 0, 1.0, 0.0),
        }
        if "log_amount" in odds.effects:
            pairs = ((int(pipeline.amount[i]), pipeline.currency[i]) for i in deals)
            worth = [float(self.scenario.rates.convert(amount, code, 0)) for amount, code in pairs]
            known["log_amount"] = _log_ratio(np.array(worth), odds, self.scenario)
        for name, effect in odds.effects.items():
            total = total + effect[: self.draws, None] * known[name]
        if odds.by_stage is not None:
            total = total + odds.by_stage[: self.draws][:, pipeline.stage[deals]]
        return total

    @cached_property
    def arriving(self) -> tuple[Distribution, Floats]:
        """The law of the amounts of deals to come, major units, and what is added to their logarithms."""
        learned, noun = self.learned.generation, self.segment.generation
        if learned is not None:
            return Empirical(tuple(learned.amounts.tolist())), learned.amount_shift[: self.draws]
        return noun.amount if noun else Fixed(0.0), np.zeros(1)

    def on_entry(
        self, amounts: Distribution, growth: Floats, by_worth: bool = False, quarter: int | None = None
    ) -> Floats:
        """Return p* of deals to come that enter each stage, averaged over their amounts, floats[draw, S].

        Args:
            amounts: law of the amounts, major units.
            growth: added to their logarithms, floats[draw or 1].
            by_worth: whether each counts by what it brings if it is won.
            quarter: whose market they meet, calendar quarters from the as-of day's; None for none.
        """
        h, odds = self.ladder[:, :-2], self.learned.odds
        effect = odds.effects.get("log_amount") if odds else None
        if odds is None or effect is None:
            plain = self.star(h) + np.zeros((self.draws, 1))
            return plain if quarter is None else self.lucky(plain, quarter)
        values = amounts.isf((np.arange(_POINTS) + 0.5) / _POINTS)
        if isinstance(amounts, Empirical):
            values = np.array(amounts.values)
        by_worth = by_worth and bool(values.any())
        result, whole = np.zeros((self.draws, h.shape[1])), np.zeros((self.draws, 1))
        for value in values.tolist():
            grown = value * np.exp(growth)
            brought = grown * mean_factors(self.segment.amount_change, grown) if by_worth else np.ones(1)
            size = np.log(grown / odds.reference)[:, None] if value > 0 else np.zeros((1, 1))
            chance = self.star(h, effect[: self.draws, None] * size)
            result += (chance if quarter is None else self.lucky(chance, quarter)) * brought[:, None]
            whole += brought[:, None]
        return result / whole


def _close_chance(funnel: FunnelDraws, stage: int, ages: Floats, ladder: Floats) -> Floats:
    p = funnel.transitions[: len(ladder), stage, :, None]
    distinct, back = np.unique(ages, return_inverse=True)
    used = np.flatnonzero(p.any(axis=(0, 2)))
    alive = p[:, used] * _survivors(funnel.stays[stage], len(ladder), used, distinct)
    gone = alive.sum(axis=1, keepdims=True) <= 0
    weights = np.where(gone, p[:, used], alive)
    won = (weights * ladder[:, used, None]).sum(axis=1)
    lost = (weights * (1 - ladder[:, used, None])).sum(axis=1)
    return np.asarray(np.where(lost > 0, won / (won + lost), 1.0))[:, back]


def _survivors(stay: StayDraws, draws: int, used: Integers, ages: Floats) -> Floats:
    """Return R(age) = exp(−Σ rate · days spent in each piece), floats[draw, target, age]."""
    widths = np.append(np.diff(stay.edges), np.inf)
    spent = np.clip(ages - stay.edges[:, None], 0.0, widths[:, None])
    return np.asarray(np.exp(-(stay.rates[:draws][:, used] @ spent)))


def _to_come(scenario: Scenario, segment: Segment, chances: _Chances, odds: float) -> Floats:
    """Return the expected wins of deals to come and bluebirds in months of such odds, floats[draw]."""
    noun, learned, draws = segment.generation, chances.learned.generation, chances.draws
    assert noun is not None
    horizon = scenario.horizon
    returns = Returns(segment, chances.walk, Luck.of(scenario.market), horizon.as_of, horizon.last_day)
    on_entry = cache(lambda quarter: chances.on_entry(*chances.arriving, quarter=quarter))
    found = np.zeros(draws)
    entry = noun.entry[None] if learned is None else learned.entry[:draws]
    for month in months(segment.clock, horizon, returns):
        if segment.levers.odds_of(month.first, horizon.as_of) != odds:
            continue
        if learned is None:
            arrivals = np.full(draws, noun.rate(month.first, horizon.as_of) * month.share)
            found += noun.bluebird_rate(month.first, horizon.as_of) * month.share
        else:
            later = (month.first.year - horizon.as_of.year) * 12 + month.first.month - horizon.as_of.month
            season, growth = learned.season[:draws, month.first.month - 1], 1 + learned.trend[:draws]
            factor = month.share * season * growth ** (later / 12)
            arrivals = learned.per_month[:draws] * factor * noun.raise_of(month.first)
            found += learned.bluebirds[:draws] * factor
        found += arrivals * (entry * on_entry(month.quarter)).sum(axis=1)
    return found


def _log_ratio(worth: Floats, odds: OddsDraws, scenario: Scenario) -> Floats:
    """Return ln(amount/reference) of company minor units, 0 where there is no amount."""
    major = worth / 10.0 ** minor_digits(scenario.currency)
    return np.log(np.where(major > 0, major, odds.reference) / odds.reference)
