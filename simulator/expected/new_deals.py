"""Say exactly what deals bring that do not exist yet, by the day of closing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.amounts import AmountChange
from simulator.arrivals import PipelineGeneration
from simulator.clock import Clock
from simulator.distributions import Distribution, Empirical
from simulator.expected.open_deals import mean_factor, mean_factors, reached
from simulator.expected.returns import Returns
from simulator.expected.walks import cut
from simulator.periods import Horizon, add_months
from simulator.records import dataclass
from simulator.scenario import Scenario

Floats = NDArray[np.float64]

_NODES: Final = 400
_FAR: Final = 9.0
"""Normal score up to which amounts are looked at."""


@dataclass(frozen=True)
class Month:
    """A calendar month of arrivals, as far as it lies after the as-of day.

    Attributes:
        first: its first day, as a date.
        start: W where arrivals begin.
        end: W at its end.
        share: part of the month's clock that is left.
        quarter: calendar quarters from the as-of day's.
    """

    first: date
    start: float
    end: float
    share: float
    quarter: int


@dataclass(frozen=True)
class NewDeals:
    """Expected wins of a segment's new deals, first attempts, returns and bluebirds.

    Attributes:
        won: their number, floats[day 1 … last].
        money: their bookings in major units of the company's currency, floats[day 1 … last].
    """

    won: Floats
    money: Floats


def new_deals(
    generation: PipelineGeneration, returns: Returns, horizon: Horizon, worth: Floats | None = None,
    grown: float = 1.0, odds: float = 1.0,
) -> NewDeals:  # fmt: skip
    """Solve the arrivals of one segment, or those that levers give the same odds.

    A month's arrivals are spread evenly over its clock: v0 = W(start) + u·(W(end) − W(start)); a first
    attempt closes at v0 + T, a return at v0 + T_lost + delay + T, a bluebird at v0 (MODEL 5).

    Args:
        generation: the law of arrivals.
        returns: of the segment.
        horizon: of the forecast.
        worth: p* by stage of entry weighted by closed amounts, where it depends on them; first attempts'
            money then differs from their number.
        grown: further factor on the amounts of won deals.
        odds: only of months with this factor on the odds of their deals; those of `returns` have it.
    """
    segment, walk, attempts = returns.segment, returns.walk, returns.entry
    laws = cut(walk.law_from_entry("won"), returns.size)
    first = Ramp.of((generation.entry * attempts) @ laws)
    by_worth = None if worth is None else Ramp.of((generation.entry * worth) @ laws)
    bluebird = Ramp.of(np.eye(1, returns.size)[0])
    at_once = reached(segment.clock, horizon.last_day, 0)
    won, more, seen_when_won = np.zeros((3, horizon.last_day))
    for month in months(segment.clock, horizon, returns):
        if segment.levers.odds_of(month.first, horizon.as_of) != odds:
            continue
        rate = generation.rate(month.first, horizon.as_of) * month.share
        closed = first.spread(returns.reach, month)
        if returns.any and rate:
            closed = closed + _returned(generation, returns, attempts, month)
        won += rate * np.diff(closed, prepend=0.0)
        if by_worth is not None:
            change = by_worth.spread(returns.reach, month) - first.spread(returns.reach, month)
            more += rate * np.diff(change, prepend=0.0)
        arrived = np.diff(bluebird.spread(at_once, month), prepend=0.0)
        seen_when_won += generation.bluebird_rate(month.first, horizon.as_of) * month.share * arrived
    amount = mean_amount(generation.amount, segment.amount_change) * segment.soberness.amount * grown
    price = amount * segment.levers.price_on(np.arange(1, horizon.last_day + 1), horizon.as_of)
    of_bluebird = generation.bluebirds.amount.mean() if generation.bluebirds else 0.0
    return NewDeals(won + seen_when_won, price * (won + more) + of_bluebird * seen_when_won)


def by_odds(scenario: Scenario, index: int) -> Iterator[tuple[float, Scenario]]:
    """Yield the odds that levers give to some new deals of a segment, with what would give them to all."""
    segment = scenario.segments[index]
    last = segment.levers.odds_of(scenario.horizon.end, scenario.horizon.as_of)
    yield 1.0, scenario
    if last != 1:
        sober = replace(segment.soberness, odds=segment.soberness.odds * last)
        segments = list(scenario.segments)
        segments[index] = replace(segment, soberness=sober)
        yield last, replace(scenario, segments=tuple(segments))


def mean_amount(law: Distribution, change: AmountChange) -> float:
    """Return E[A·exp(Y)] of open amounts A of a law, by quadrature over normal scores of A where Y leans."""
    if not change.by_size:
        return law.mean() * mean_factor(change)
    if isinstance(law, Empirical):
        values = np.array(law.values)
        return float((values * mean_factors(change, values)).mean())
    z, weights = np.polynomial.legendre.leggauss(_NODES)
    z, weights = _FAR * z, _FAR * weights * np.exp(-0.5 * (_FAR * z) ** 2) / np.sqrt(2 * np.pi)
    values = law.isf(special.ndtr(-z))
    return float(weights @ (values * mean_factors(change, values)) / weights.sum())


def months(clock: Clock, horizon: Horizon, returns: Returns) -> Iterator[Month]:
    """Yield the calendar months with arrivals that may close inside the horizon."""
    first = (horizon.as_of + timedelta(days=1)).replace(day=1)
    while first <= horizon.end:
        begin, last = horizon.day_of(first), horizon.day_of(add_months(first, 1)) - 1
        edges = clock.at_end_of(np.array([begin - 1, max(begin - 1, 0), last]))
        before, start, end = (float(w) for w in edges)
        if end > start:
            share = (end - start) / (end - before)
            yield Month(first, start, end, share, returns.quarter_of(max(begin, 1)))
        first = add_months(first, 1)


@dataclass(frozen=True)
class Ramp:
    """The integral of a distribution function of whole days, K(x) = ∫ P(T ≤ t) dt from 0 to x.

    Attributes:
        cumulative: P(T ≤ n), floats[n].
        integral: K(n), floats[n].
    """

    cumulative: Floats
    integral: Floats

    @staticmethod
    def of(law: Floats) -> Ramp:
        """Return the ramp of a law, floats[days]."""
        cumulative = np.cumsum(law)
        return Ramp(cumulative, np.concatenate(([0.0], np.cumsum(cumulative)[:-1])))

    def at(self, x: Floats) -> Floats:
        """Return K(x); 0 for x ≤ 0."""
        x = np.maximum(x, 0.0)
        whole = np.minimum(x.astype(np.int64), len(self.cumulative) - 1)
        return np.asarray(self.integral[whole] + (x - whole) * self.cumulative[whole])

    def spread(self, values: Floats, month: Month) -> Floats:
        """Return P(v0 + T ≤ v) for v0 even over a month's clock: (K(v − start) − K(v − end)) / length."""
        change = self.at(values - month.start) - self.at(values - month.end)
        return np.asarray(change / (month.end - month.start))


def _returned(generation: PipelineGeneration, returns: Returns, attempts: Floats, month: Month) -> Floats:
    """Return the expected wins by later attempts of one arrival by each day, floats[day]."""
    clock, recycling = returns.segment.clock, returns.segment.recycling
    ends = _quarter_ends(returns, month.quarter)
    edges = np.array([0.0, *(float(clock.at_end_of(min(day, returns.last_day))) for day in ends)])
    grid = np.arange(returns.size)
    points = np.unique(np.concatenate((month.start + grid, month.end + grid, edges)))
    points = points[(points >= month.start) & (points <= edges[-1])]
    entered = np.zeros((2, len(points)))
    for k in range(len(ends)):
        weights = np.zeros((2, len(attempts)))
        for stage in np.flatnonzero(generation.entry):
            weights[:, stage] = returns.second(int(stage), float(attempts[stage]), k)
        for end in (0, 1):
            law = Ramp.of((generation.entry * weights[end]) @ returns.back_law)
            inside = np.clip(points, edges[k], edges[k + 1])
            base = law.spread(np.array([edges[k]]), month)[0]
            entered[end] += recycling.chance * (law.spread(inside, month) - base)
    closed = _closed_by(points, entered[0], returns.won_law, returns.reach)
    if recycling.attempts > 2:
        closed = closed + _closed_by(points, entered[1], returns.again, returns.reach)
    return closed


def _quarter_ends(returns: Returns, quarter: int) -> list[int]:
    """List the last days of the calendar quarters from a month's on to the end of the horizon's."""
    first = returns.as_of.replace(day=1, month=(returns.as_of.month - 1) // 3 * 3 + 1)
    ends: list[int] = []
    while not ends or ends[-1] < returns.last_day:
        end = add_months(first, 3 * (quarter + len(ends) + 1)) - timedelta(days=1)
        ends.append((end - returns.as_of).days)
    return ends


def _closed_by(points: Floats, entered: Floats, law: Floats, reach: Floats) -> Floats:
    """Return Σ_T law(T)·M(W(day) − T), M linear between points, floats[day]."""
    result = np.zeros(len(reach))
    for day in np.flatnonzero(reach > points[0]):
        times = np.arange(min(int(reach[day] - points[0]), len(law) - 1) + 1)
        result[day] = law[times] @ np.interp(reach[day] - times, points, entered)
    return result
