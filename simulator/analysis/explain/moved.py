"""Move the major assumptions of a scenario, each alone: as far as history allows, or by a stated amount."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.currency import RateCurve
from simulator.distributions import stretched
from simulator.funnel import tilted
from simulator.market import Market
from simulator.payments import PaymentBehaviour
from simulator.posterior import Posterior, SegmentDraws, StayDraws
from simulator.records import dataclass
from simulator.scenario import Scenario, Segment

Floats = NDArray[np.float64]
Pair = tuple[float, float]

LIKELY: Final = (0.1, 0.9)
"""What is learned is moved to the ends of what 8 chances in 10 of its posterior hold."""
RATES: Final = (0.9, 1.1)
"""Factors on the rates of foreign currencies from tomorrow on."""
OUTFLOWS: Final = (0.95, 1.05)
"""Factors on what is paid out."""
RENEWING: Final = (0.8, 1.25)
"""Factors on the odds that a contract is renewed."""


@dataclass(frozen=True)
class Moved:
    """One assumption, moved down and up.

    Attributes:
        name: of the assumption.
        ends: the scenario with a smaller figure, and with a larger one.
        factors: by which it is moved, down and up, by segment, or as the company's under ""; none where it
            is no factor.
        learned: names of the segments in which the posterior says how far.
    """

    name: str
    ends: tuple[Scenario, Scenario]
    factors: dict[str, Pair]
    learned: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Kind:
    """An assumption that each segment has.

    Attributes:
        set: factors where nobody has learned it.
        change: moves it by a factor.
        draws: its logarithm by posterior draw, None where it is not learned.
    """

    set: Pair
    change: Callable[[Segment, SegmentDraws, float], tuple[Segment, SegmentDraws]]
    draws: Callable[[Segment, SegmentDraws], Floats | None]


def moved(scenario: Scenario) -> Iterator[Moved]:
    """Yield each major assumption, moved down and up; those that touch nothing are among them."""
    for name, kind in _KINDS.items():
        yield _in_all_segments(scenario, name, kind)
    yield _shared_luck(scenario)
    if len(scenario.renewals) or any(product.renewal for product in scenario.products):
        yield Moved("renewals", _ends(_renewing, scenario, RENEWING), {"": RENEWING})
    if scenario.rates.steps:
        yield Moved("rates", _ends(_at_rates, scenario, RATES), {"": RATES})
    if scenario.cash.outflows:
        yield Moved("outflows", _ends(_paying_out, scenario, OUTFLOWS), {"": OUTFLOWS})


def _in_all_segments(scenario: Scenario, name: str, kind: _Kind) -> Moved:
    posterior = scenario.posterior or Posterior(1)
    factors, learned = dict[str, Pair](), list[str]()
    for segment in scenario.segments:
        draws = kind.draws(segment, posterior.segments.get(segment.name, SegmentDraws()))
        factors[segment.name] = kind.set
        if draws is not None and np.ptp(draws):
            low, middle, high = np.quantile(draws, (LIKELY[0], 0.5, LIKELY[1])).tolist()
            factors[segment.name] = float(np.exp(low - middle)), float(np.exp(high - middle))
            learned.append(segment.name)

    def at(end: int) -> Scenario:
        segments, drawn = list[Segment](), dict(posterior.segments)
        for segment in scenario.segments:
            own = drawn.get(segment.name, SegmentDraws())
            changed, own = kind.change(segment, own, factors[segment.name][end])
            segments.append(changed)
            if segment.name in drawn:
                drawn[segment.name] = own
        after = replace(scenario, segments=tuple(segments))
        return replace(after, posterior=replace(posterior, segments=drawn)) if scenario.posterior else after

    return Moved(name, (at(0), at(1)), factors, tuple(learned))


def _shared_luck(scenario: Scenario) -> Moved:
    """Move how strongly deals share their luck: not at all and strongly, or as far as is learned."""
    posterior = scenario.posterior
    if posterior is not None and (rho := posterior.rho) is not None:

        def at(chance: float) -> Scenario:
            one = np.full(posterior.draws, np.quantile(rho, chance))
            return replace(scenario, posterior=replace(posterior, rho=one))

        everyone = tuple(segment.name for segment in scenario.segments)
        return Moved("shared luck", (at(LIKELY[0]), at(LIKELY[1])), {}, everyone)
    phi = scenario.market.phi
    low, high = (replace(scenario, market=market) for market in (Market.independent(phi), Market.strong(phi)))
    return Moved("shared luck", (low, high), {})


def _ends(
    change: Callable[[Scenario, float], Scenario], scenario: Scenario, by: Pair
) -> tuple[Scenario, Scenario]:
    return change(scenario, by[0]), change(scenario, by[1])


def _renewing(scenario: Scenario, factor: float) -> Scenario:
    products = tuple(
        replace(p, renewal=replace(p.renewal, chance=float(tilted(p.renewal.chance, factor))))
        if p.renewal
        else p
        for p in scenario.products
    )
    table = replace(scenario.renewals, chance=tilted(scenario.renewals.chance, factor))
    return replace(scenario, products=products, renewals=table)


def _at_rates(scenario: Scenario, factor: float) -> Scenario:
    """Return the scenario at other rates from tomorrow on; what has been booked stays."""
    old, steps = scenario.rates, dict[str, tuple[tuple[int, float], ...]]()
    for code, known in old.steps.items():
        today, tomorrow = (float(old.rate(code, day)) for day in (0, 1))
        past = [(day, rate) for day, rate in known if day <= 0] or [(0, today)]
        coming = [(day, rate * factor) for day, rate in known if day > 1]
        steps[code] = (*past, (1, tomorrow * factor), *coming)
    return replace(scenario, rates=RateCurve(old.company, steps, old.volatility))


def _paying_out(scenario: Scenario, factor: float) -> Scenario:
    outflows = tuple(replace(o, amount=round(o.amount * factor)) for o in scenario.cash.outflows or ())
    return replace(scenario, cash=replace(scenario.cash, outflows=outflows))


def _odds(segment: Segment, own: SegmentDraws, factor: float) -> tuple[Segment, SegmentDraws]:
    sober = segment.soberness
    return replace(segment, soberness=replace(sober, odds=sober.odds * factor)), own


def _odds_draws(segment: Segment, own: SegmentDraws) -> Floats | None:
    """Return the average over the stages of logit p* on entering them."""
    if own.funnel is None and own.odds is None:
        return None
    ladder = segment.funnel.ladder[None] if own.funnel is None else own.funnel.ladder
    free = ((ladder > 0) & (ladder < 1)).all(axis=0)
    if not free.any():
        return None
    logit = special.logit(ladder[:, free]).mean(axis=1)
    return logit if own.odds is None else np.asarray(own.odds.shift + own.odds.slope * logit)


def _price(segment: Segment, own: SegmentDraws, factor: float) -> tuple[Segment, SegmentDraws]:
    sober = segment.soberness
    return replace(segment, soberness=replace(sober, amount=sober.amount * factor)), own


def _slip(segment: Segment, own: SegmentDraws, factor: float) -> tuple[Segment, SegmentDraws]:
    rule = segment.close_date
    return replace(segment, close_date=replace(rule, slip=rule.slip * factor)), own


def _times(segment: Segment, own: SegmentDraws, factor: float) -> tuple[Segment, SegmentDraws]:
    stays = tuple(tuple(law and stretched(law, factor) for law in row) for row in segment.funnel.stays)
    if own.funnel is not None:
        drawn = tuple(StayDraws(s.edges * factor, s.rates / factor) for s in own.funnel.stays)
        own = replace(own, funnel=replace(own.funnel, stays=drawn))
    return replace(segment, funnel=replace(segment.funnel, stays=stays)), own


def _times_draws(_: Segment, own: SegmentDraws) -> Floats | None:
    """Return the logarithm of the mean stay in a stage, on average over the stages."""
    if own.funnel is None:
        return None
    chances, stays = own.funnel.transitions, own.funnel.stays
    means = [(chances[:, stage] * stay.means).sum(axis=1) for stage, stay in enumerate(stays)]
    return np.asarray(np.log(means).mean(axis=0))


def _coming(segment: Segment, own: SegmentDraws, factor: float) -> tuple[Segment, SegmentDraws]:
    noun, drawn = segment.generation, own.generation
    if noun is not None:
        found = noun.bluebirds and replace(noun.bluebirds, per_month=noun.bluebirds.per_month * factor)
        noun = replace(noun, per_month=noun.per_month * factor, bluebirds=found)
    if drawn is not None:
        drawn = replace(drawn, per_month=drawn.per_month * factor, bluebirds=drawn.bluebirds * factor)
    return replace(segment, generation=noun), replace(own, generation=drawn)


def _coming_draws(_: Segment, own: SegmentDraws) -> Floats | None:
    return None if own.generation is None else np.log(own.generation.per_month)


def _size(segment: Segment, own: SegmentDraws, factor: float) -> tuple[Segment, SegmentDraws]:
    noun, drawn = segment.generation, own.generation
    if noun is not None:
        found = noun.bluebirds
        found = found and replace(found, amount=stretched(found.amount, factor))
        noun = replace(noun, amount=stretched(noun.amount, factor), bluebirds=found)
    if drawn is not None:
        drawn = replace(drawn, amount_shift=drawn.amount_shift + np.log(factor))
    return replace(segment, generation=noun), replace(own, generation=drawn)


def _size_draws(_: Segment, own: SegmentDraws) -> Floats | None:
    return None if own.generation is None else own.generation.amount_shift


def _late(segment: Segment, own: SegmentDraws, factor: float) -> tuple[Segment, SegmentDraws]:
    payment = {name: later(behaviour, factor) for name, behaviour in segment.payment.items()}
    return replace(segment, payment=payment), own


def later(behaviour: PaymentBehaviour, factor: float) -> PaymentBehaviour:
    """Return the behaviour of customers who, where they pay late, are so many times as late."""

    def at(day: int) -> int:
        return day if day <= 0 else max(round(day * factor), 1)

    days = [at(behaviour.first_day + number) for number in range(len(behaviour.pmf))]
    pmf = np.bincount(np.subtract(days, behaviour.first_day), behaviour.pmf).astype(np.float64)
    return replace(behaviour, pmf=pmf, buckets=tuple(dict.fromkeys(map(at, behaviour.buckets))))


_KINDS: Final = {
    "odds": _Kind((0.8, 1.25), _odds, _odds_draws),
    "price": _Kind((0.95, 1.05), _price, lambda _, own: own.amount_shift),
    "slip": _Kind((0.8, 1.25), _slip, lambda *_: None),
    "stage times": _Kind((0.8, 1.25), _times, _times_draws),
    "new deals": _Kind((0.8, 1.25), _coming, _coming_draws),
    "size of new deals": _Kind((0.9, 1.1), _size, _size_draws),
    "late payment": _Kind((0.67, 1.5), _late, lambda *_: None),
}
"""In each segment of the scenario alike."""
