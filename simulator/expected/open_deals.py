"""Say exactly when the open deals of a segment close, and with what chance."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.amounts import DEGREES, LIMIT, MOST_LEAN, AmountChange
from simulator.clock import Clock
from simulator.close_dates import SHIFT
from simulator.deals import Pipeline
from simulator.distributions import LONGEST
from simulator.expected.walks import Walk
from simulator.records import dataclass
from simulator.scenario import Segment

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

AT_ONCE: Final = 512
"""States whose days are looked up at once: each takes some numbers a day."""
_SIZES: Final = (512, 1024, 2048, LONGEST)


@dataclass(frozen=True)
class States:
    """Deals at the ages they may have: one state for a known age, one for each age otherwise.

    Attributes:
        deal: position in the segment's deals.
        stage: index.
        age: operational days.
        weight: chance of that age.
        chance: p*, the chance to be won in the end at that age.
    """

    deal: Integers
    stage: Integers
    age: Floats
    weight: Floats
    chance: Floats


@dataclass(frozen=True)
class OpenDeals:
    """The open deals of one segment.

    Attributes:
        rows: their positions in the pipeline.
        states: of their ages.
        chance: p* of each, averaged over its age, floats[deal].
        won_by: chance to be won and closed by each day 1 … last, first attempt, floats[deal, day].
    """

    rows: Integers
    states: States
    chance: Floats
    won_by: Floats


def open_deals(
    segment: Segment, walk: Walk, pipeline: Pipeline, rows: Integers, last_day: int,
    learned: Floats | None = None,
) -> OpenDeals:  # fmt: skip
    """Solve the first attempts of the open deals of a segment.

    Args:
        segment: whose rules hold.
        walk: of its funnel.
        pipeline: all open deals.
        rows: positions of the segment's.
        last_day: of the horizon.
        learned: p* of each, averaged over its age, where it is learned, floats[deal].
    """
    states = _states(segment, walk, pipeline, rows)
    if learned is not None:
        states = replace(states, chance=learned[states.deal])
    chance = np.zeros(len(rows))
    np.add.at(chance, states.deal, states.weight * states.chance)
    reach = reached(segment.clock, last_day, segment.close_date.delay_days)
    stated, evidence = pipeline.stated_days[rows], _evidence(segment, pipeline, rows)
    distinct, day = np.unique(reach, return_inverse=True)
    won_by = np.zeros((len(rows), len(distinct)))
    for stage in np.unique(states.stage):
        inside = np.flatnonzero(states.stage == stage)
        _add_stage(won_by, segment, walk, states, inside, stated, evidence, distinct)
    return OpenDeals(rows, states, chance, won_by[:, day])


def reached(clock: Clock, last_day: int, delay_days: int) -> Floats:
    """Return the clock value up to which walks have closed by the end of each day 1 … last_day.

    A time v falls on the first day whose W reaches it, and closes `delay_days` later; −1 where no time can,
    as on days of rest right after the as-of day, whose W is still 0.
    """
    before = np.arange(1, last_day + 1) - delay_days
    value = clock.at_end_of(np.maximum(before, 1))
    return np.where((before >= 1) & (value > 0), value, -1.0)


@lru_cache(maxsize=256)
def mean_factor(change: AmountChange, power: int = 1) -> float:
    """Return E[exp(power·Y)] of MODEL 3, by quadrature over t = asinh of the standardised value."""
    location, scale = change.location, change.scale
    if scale == 0:
        moved = float(np.exp(power * location))
    else:
        low, high = (np.arcsinh((b - location) / scale) for b in (-LIMIT, LIMIT))
        nodes, weights = np.polynomial.legendre.leggauss(120)
        t = (low + high) / 2 + (high - low) / 2 * nodes
        z = np.sinh(t)
        density = weights * np.cosh(t) * (1 + z**2 / DEGREES) ** (-(DEGREES + 1) / 2)
        moved = float(density @ np.exp(power * (location + scale * z)) / density.sum())
    return change.unchanged + (1 - change.unchanged) * moved


def mean_factors(change: AmountChange, amount: Floats, power: int = 1) -> Floats:
    """Return E[exp(power·Y)] of deals, floats[deal]: those whose amount changes lean by their size.

    Args:
        change: the law.
        amount: open amounts, major units of the company's currency.
        power: of the factor.
    """
    whole = np.full(len(amount), mean_factor(change, power))
    sized = np.flatnonzero((amount > 0) & (change.by_size != 0))
    more = change.by_size * (np.log(amount[sized]) - np.log(change.reference))
    leaning = np.exp(power * np.minimum(np.maximum(more, -MOST_LEAN), MOST_LEAN))
    whole[sized] += (whole[sized] - change.unchanged) * (leaning - 1)
    return whole


def multiplied(chance: Floats, odds: float) -> Floats:
    """Return the chances whose odds are `odds` times those of `chance`."""
    return np.asarray(odds * chance / (1 + (odds - 1) * chance))


def _states(segment: Segment, walk: Walk, pipeline: Pipeline, rows: Integers) -> States:
    """List the states of the deals, with p* = odds(h_s(a))·soberness, or the deal's own probability.

    Odds of 0 and of infinity stay what they are, whatever they are multiplied by.
    """
    stage, age = pipeline.stage[rows], pipeline.age[rows]
    parts: list[tuple[Integers, Floats, Floats]] = []
    known = np.flatnonzero(~np.isnan(age))
    parts.append((known, age[known], np.ones(len(known))))
    for s in np.unique(stage[np.isnan(age)]):
        ages, chances = walk.resting_ages(int(s))
        unknown = np.flatnonzero(np.isnan(age) & (stage == s))
        parts.append(
            (np.repeat(unknown, len(ages)), np.tile(ages, len(unknown)), np.tile(chances, len(unknown)))
        )
    deal, ages, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    table = np.zeros(len(deal))
    for s in np.unique(stage):
        inside = np.flatnonzero(stage[deal] == s)
        distinct, back = np.unique(ages[inside], return_inverse=True)
        table[inside] = walk.close_chance(int(s), distinct)[back]
    own = pipeline.own_chances(segment.use_probability)[rows][deal]
    chance = np.where(np.isnan(own) | (table <= 0) | (table >= 1), table, own)
    return States(deal, stage[deal], ages, weight, multiplied(chance, segment.soberness.odds))


def _evidence(segment: Segment, pipeline: Pipeline, rows: Integers) -> Floats:
    """Return what overdue dates and pushes add to ln(T' + c), floats[deal]; they count in a blend alone."""
    rule, stated = segment.close_date, pipeline.stated_days[rows]
    added = np.zeros(len(rows))
    if rule.rule == "blend":
        added[stated <= 0] += np.log(rule.overdue)
        pushed = ~np.isnan(stated) & (pipeline.pushes[rows] > 0)
        added[pushed] += rule.pushes * np.log(1 + pipeline.pushes[rows][pushed])
    return added


def _add_stage(
    won_by: Floats,
    segment: Segment,
    walk: Walk,
    states: States,
    inside: Integers,
    stated: Floats,
    evidence: Floats,
    reach: Floats,
) -> None:
    """Add weight · p* · P(closed by each day | won) of the states of one stage to their deals."""
    stage = int(states.stage[inside[0]])
    distinct, at = np.unique(states.age[inside], return_inverse=True)
    dated = stated[states.deal[inside]] > 0
    mean, sd = np.zeros(len(inside)), np.zeros(len(inside))
    if segment.close_date.rule == "blend" and dated.any():
        m, v = walk.log_moments(stage, distinct)
        mean, sd = m[at], v[at]
    kappa = np.broadcast_to(segment.close_date.weight(stated[states.deal[inside]], sd), len(inside))
    plain = (kappa == 1) & (evidence[states.deal[inside]] == 0)
    moved, plain = np.flatnonzero(~plain), np.flatnonzero(plain)
    moved = moved[np.argsort(at[moved], kind="stable")]  # equal ages together: their laws are worked out once
    if len(plain):
        _add_plain(won_by, walk, stage, states, inside[plain], reach)
    for start in range(0, len(moved), AT_ONCE):
        part = moved[start : start + AT_ONCE]
        deals = states.deal[inside[part]]
        d = np.where(kappa[part] < 1, segment.close_date.slip * stated[deals], 0.0)
        limits = _limits(reach, d, mean[part], kappa[part], evidence[deals])
        for size, chosen in _by_size(limits):
            ages, back = np.unique(states.age[inside[part[chosen]]], return_inverse=True)
            law = np.cumsum(walk.law_left(stage, ages, "won", size), axis=1)
            cells = np.minimum(limits[chosen], size - 1).astype(np.int64)
            closed = np.where(cells >= 0, law[back[:, None], np.maximum(cells, 0)], 0.0)
            rows = inside[part[chosen]]
            _add_rows(won_by, states.deal[rows], (states.weight * states.chance)[rows], closed)


def _add_plain(won_by: Floats, walk: Walk, stage: int, states: States, rows: Integers, reach: Floats) -> None:
    """Add states whose time is the walk's own: P(T ≤ W(day)); equal laws are looked up once."""
    limit = np.floor(reach).astype(np.int64)
    size = next(n for n in _SIZES if n >= min(limit.max(initial=0) + 2, LONGEST))
    ages, back = np.unique(states.age[rows], return_inverse=True)
    law = np.cumsum(walk.law_left(stage, ages, "won", size), axis=1)
    closed = np.where(limit >= 0, law[:, np.clip(limit, 0, size - 1)], 0.0)
    if len(np.unique(states.deal[rows])) == len(rows):
        won_by[states.deal[rows]] += (states.weight * states.chance)[rows, None] * closed[back]
        return
    deals, position = np.unique(states.deal[rows], return_inverse=True)
    mixture = np.zeros((len(deals), len(ages)))
    np.add.at(mixture, (position, back), (states.weight * states.chance)[rows])
    won_by[deals] += mixture @ closed


def _limits(reach: Floats, slipped: Floats, mean: Floats, kappa: Floats, evidence: Floats) -> Floats:
    """Return the longest T that closes by each day, −1 for none, floats[state, day].

    Solves ln(T'+c) = (1−κ)·ln(slip·d+c) + κ·μ + sqrt(κ)·(ln(T+c) − μ) + evidence for T at T' = W(day);
    T' ≥ 1, and at κ = 0 T' = max(slip·d, 1) whatever T (MODEL 2).
    """
    k = kappa[:, None]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        centre = (1 - k) * np.log(slipped[:, None] + SHIFT) + k * mean[:, None] + evidence[:, None]
        logs = mean[:, None] + (np.log(np.maximum(reach, 0.0) + SHIFT) - centre) / np.sqrt(k)
        times = np.floor(np.exp(np.minimum(logs, 50.0)) - SHIFT)
    fixed = np.where(reach >= np.maximum(slipped, 1.0)[:, None], float(LONGEST), -1.0)
    return np.where(reach < 1, -1.0, np.where(k == 0, fixed, np.maximum(times, -1.0)))


def _by_size(limits: Floats) -> list[tuple[int, Integers]]:
    """Group the rows by how long a table of days their limits need; beyond `LONGEST` all have closed."""
    longest = np.where(limits >= LONGEST - 1, -1.0, limits).max(axis=1)
    result, below = [], -np.inf
    for size in _SIZES:
        chosen = np.flatnonzero((longest > below) & ((longest <= size - 2) | (size == LONGEST)))
        below = size - 2
        if len(chosen):
            result.append((size, chosen))
    return result


def _add_rows(won_by: Floats, deals: Integers, weights: Floats, closed: Floats) -> None:
    """Add weighted rows to their deals, several to one deal or not."""
    order = np.argsort(deals, kind="stable")
    distinct, starts = np.unique(deals[order], return_index=True)
    won_by[distinct] += np.add.reduceat((weights[:, None] * closed)[order], starts, axis=0)
