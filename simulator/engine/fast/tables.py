"""Lay the engine's nouns out as the compiled loops read them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.amounts import AmountChange
from simulator.close_dates import SHIFT
from simulator.distributions import (
    LONGEST,
    TIE,
    Distribution,
    Empirical,
    Fixed,
    Hazard,
    LogNormal,
    remaining_days,
)
from simulator.engine.chances import by_stage
from simulator.engine.contracts import Contract, DayRates, LinePlan
from simulator.engine.drawn import DrawnKernel, DrawnStays
from simulator.engine.fast import closing, columns, drawn, signing
from simulator.engine.fast.arithmetic import LANES
from simulator.engine.fast.columns import short, words
from simulator.engine.kernels import TableKernel
from simulator.engine.plan import Plan, SegmentPlan
from simulator.engine.stays import BINS as STAY_BINS
from simulator.engine.walk import MOST_MOVES
from simulator.money import LIMIT, minor_digits
from simulator.payments import BINS, FARTHEST, NEVER, SCORE_BINS, PaymentBehaviour
from simulator.streams import DRAWS_PER_TRIAL
from simulator.terms import Event

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

EVENTS: Final[tuple[Event, ...]] = ("signature", "start", "delivery", "acceptance")
"""By number."""
_RULES: Final = {
    None: 0,
    "over-term": columns.OVER_TERM,
    "at-delivery": columns.AT_DELIVERY,
    "at-milestone": columns.AT_MILESTONE,
}
_UNSTATED: Final = -(2**40)
_GUIDE: Final = 1 << 14
_SAMPLES: Final = 16
_LOGS: Final = np.log(np.arange(LONGEST) + SHIFT)


# ---- what closes


def first_of(kernel: TableKernel, stages: Integers, ages: Floats) -> closing.First:
    """Return the first move of won deals, each in its stage and of its age."""
    parts = [
        (some, stage, *kernel.first_chances(stage, ages[some], won=True)) for stage, some in by_stage(stages)
    ]
    slots = max(1, *(len(moves) for _, _, moves, _ in parts))
    chances, alive, dead = np.ones((3, len(ages), slots))
    targets, law = np.full((len(ages), slots), closing.LEFT), np.zeros((len(ages), slots), dtype=np.int64)
    laws: dict[Distribution, int] = {}
    for some, stage, moves, cumulative in parts:
        for slot, k in enumerate(moves.tolist()):
            stay = kernel.funnel.stays[stage][k]
            assert stay is not None
            law[some, slot], targets[some, slot] = laws.setdefault(stay, len(laws)), k
            chances[some, slot] = cumulative[:, slot]
            alive[some, slot], dead[some, slot] = stay.sf(ages[some]), stay.cdf(ages[some])
    every = tuple(laws) or (Fixed(0),)
    return closing.First(
        chances, targets.ravel(), law.ravel(), laws_of(every), alive.ravel(), dead.ravel(), ages + (0.5 + TIE)
    )


@lru_cache(maxsize=1024)
def laws_of(laws: tuple[Distribution, ...]) -> closing.Laws:
    """Return the inverses of laws."""
    normal = [law if isinstance(law, LogNormal) else None for law in laws]
    times, errors = zip(*map(_pieces, laws), strict=True)  # type: ignore[arg-type]
    return closing.Laws(
        np.concatenate(times), np.concatenate(errors), np.array([law.mu if law else 0.0 for law in normal]),
        np.array([law.sigma if law else 0.0 for law in normal]),
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _pieces(law: Distribution) -> tuple[Floats, Floats]:
    """Return the days that a law exceeds with chances n / `BINS`, and how far lines between them may err.

    Times fall as chances rise, so no line errs by more than its own height; where the law is smooth, twice
    the largest error at some points between is more than the largest.
    """
    chance = np.arange(closing.BINS * _SAMPLES + 1) / (closing.BINS * _SAMPLES)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        exact = np.array(law.isf(chance), dtype=np.float64)
        times = exact[::_SAMPLES].copy()
        errors = np.nan_to_num(-np.diff(times), nan=np.inf, posinf=np.inf)
        if not isinstance(law, Empirical | Fixed | Hazard):
            errors[1:-1] = np.minimum(errors, _errors(exact))[1:-1]
        errors += 1e-9 * (1 + times[:-1])
    return times, np.nan_to_num(np.append(errors, np.inf), nan=np.inf, posinf=np.inf)


def _errors(exact: Floats) -> Floats:
    """Return twice the largest errors of lines through every so manieth of some points."""
    with np.errstate(invalid="ignore"):
        times = exact[::_SAMPLES]
        lines = times[:-1, None] + np.arange(_SAMPLES) / _SAMPLES * np.diff(times)[:, None]
        far = np.abs(exact[:-1].reshape(-1, _SAMPLES) - lines).max(axis=1)
    return np.asarray(np.nan_to_num(2 * far, nan=np.inf, posinf=np.inf))


def further_of(kernel: TableKernel) -> closing.Further:
    """Return the moves of won deals from the entry of a stage on."""
    path, tables = kernel.winning.path, kernel.winning.tables
    # One day more or less is decided without a branch.
    law = path.law.ravel()
    low = short(np.where(tables.width == 1, -1 - tables.low, tables.low))
    return closing.Further(
        path.moves, words(path.target.ravel()), words(law * STAY_BINS), words(tables.start[law]), low,
        tables.width, tables.survivors, MOST_MOVES,
    )  # fmt: skip


_PATHS: Final[WeakKeyDictionary[DrawnKernel, tuple[Any, ...]]] = WeakKeyDictionary()


def moves_of(kernel: DrawnKernel, stages: Integers, ages: Floats) -> drawn.Moves:
    """Return the moves of won deals, by draw."""
    path, stays, funnel = kernel.winning, kernel.stays, kernel.funnel
    if kernel not in _PATHS:
        _PATHS[kernel] = np.stack(path.moves), *_hazards(stays), _sole_moves(kernel)
    chances, edges, reached, rates, tops, sole = _PATHS[kernel]
    moves = np.full((len(funnel.moves), stays.targets), closing.LEFT)
    for stage, some in enumerate(funnel.moves):
        moves[stage, : len(some)] = some
    at, into = np.zeros(len(ages), dtype=np.int64), np.zeros(len(ages))
    for stage, places in by_stage(stages):
        at[places], into[places] = funnel.stays[stage].reached(ages[places])
    return drawn.Moves(
        chances, path.target, path.row, edges.ravel(), reached.ravel(), rates.ravel(),
        np.uint64(edges.shape[1]), np.uint64(tops.shape[1]), tops.ravel(), stays.targets, funnel.transitions,
        funnel.target_chances, moves, (moves >= 0).sum(axis=1), sole, stages, ages + (0.5 + TIE), at, into,
        MOST_MOVES,
    )  # fmt: skip


def _hazards(stays: DrawnStays) -> tuple[Floats, Floats, Floats, Floats]:
    """Return edges, integrals and rates by bin, and the integrals at the first bin of each group."""
    more = max(LANES - stays.edges.shape[1], 0)
    edges, reached, rates = (
        np.pad(table, ((0, 0), (0, more)), constant_values=beyond) if more else table
        for table, beyond in ((stays.edges, np.inf), (stays.reached, np.inf), (stays.rates, 1.0))
    )
    tops = reached[:, ::LANES]
    return edges, reached, rates, np.pad(tops, ((0, 0), (0, -tops.shape[1] % LANES)), constant_values=np.inf)


def _sole_moves(kernel: DrawnKernel) -> NDArray[np.int8]:
    """Return the one move that won deals of each draw and stage can make first, or why there is none."""
    funnel = kernel.funnel
    sole = np.full((len(funnel), kernel.size), drawn.SEVERAL, dtype=np.int8)
    for stage, moves in enumerate(funnel.moves):
        weights = funnel.transitions[:, stage, moves] * funnel.target_chances[:, moves]
        single = (weights > 0).sum(axis=1) == 1
        sole[single, stage] = np.argmax(weights[single] > 0, axis=1)
        sole[((weights > 0) & (weights < drawn.LEAST)).any(axis=1), stage] = closing.LEFT
    return sole.ravel()


def walk_room() -> closing.Room:
    """Return room to work a piece of walks out."""
    at, some, state, place, edge = np.zeros((5, columns.PIECE), dtype=np.uint64)
    u, less = np.zeros((2, columns.PIECE))
    return closing.Room(at, some, state, u, less, place, edge, np.zeros(columns.PIECE, dtype=np.int32))


def dates_of(
    plan: Plan, segment: SegmentPlan, stages: Integers, deals: Integers, ages: Floats
) -> signing.Dates:
    """Return how the days of won deals' walks become dates."""
    rule, (factor, power, until) = segment.segment.close_date, np.empty((3, len(deals)))
    first_of, ends = segment.segment.clock.tables
    for stage, some in by_stage(stages):
        line = segment.close_line(plan.scenario.pipeline, stage, deals[some], ages[some])
        factor[some], power[some], until[some] = line
    return signing.Dates(
        factor, power, until, words(first_of), ends, rule.delay_days, plan.last_day + 1, _LOGS
    )


def amounts_of(plan: Plan, segment: SegmentPlan, deals: Integers) -> signing.Amounts:
    """Return how the amounts of won deals change."""
    law, open_deals = segment.segment.amount_change, plan.open_deals
    lean = np.ones(1)
    if law.by_size:
        worth = open_deals.worth_of[deals] / 10 ** minor_digits(plan.scenario.currency)
        lean = np.exp(law.lean(worth))
    pieces, guide = _changes_of(law.location, law.scale)
    days, as_of = np.arange(plan.last_day + 1), plan.scenario.horizon.as_of
    return signing.Amounts(
        open_deals.amount_of[deals].astype(np.float64), np.atleast_1d(segment.price),
        segment.segment.levers.price_on(days, as_of), lean, law.unchanged, pieces, guide, float(_GUIDE),
        float(LIMIT),
    )  # fmt: skip


# ---- what is posted


_TERMS: Final[WeakKeyDictionary[Contract, dict[bool, columns.Terms | None]]] = WeakKeyDictionary()


def terms_of(contract: Contract, bookings_only: bool) -> columns.Terms | None:
    """Return a contract's conditions by number, None where it has some that the loops do not know."""
    known = _TERMS.setdefault(contract, {})
    if bookings_only not in known:
        known[bookings_only] = _terms_of(contract, bookings_only)
    return known[bookings_only]


def _terms_of(contract: Contract, bookings_only: bool) -> columns.Terms | None:
    lines, all_terms = contract.lines, [line.conditions for line in contract.lines]
    shares = [*contract.shares, *(i.share for c in all_terms for i in c.installments)]
    if (
        contract.offers
        or contract.before
        or any(map(_is_strange, lines))
        or any(_is_long(share) for share in shares)
    ):
        return None
    if any(c.payment is not all_terms[0].payment for c in all_terms):
        return None
    installments = [(line, n) for line in lines for n in range(0 if bookings_only else len(line.due_days))]
    of = [(line.conditions.installments[n]) for line, n in installments]
    counts = [0 if bookings_only else len(line.due_days) for line in lines]
    laws = [(Fixed(0), c.start, c.delivery, c.acceptance) for c in all_terms]
    drawn = tuple(dict.fromkeys(law for row in laws for law in row if not isinstance(law, Fixed)))
    stated = [(None, c.line.start_day, c.line.delivery_day, None) for c in all_terms]
    days = (len(of), len(lines[0].term_end))
    return columns.Terms(
        _whole(EVENTS.index(i.event) for i in of),
        _whole(i.share.numerator for i in of),
        _whole(i.share.denominator for i in of),
        np.array([i.certain for i in of], dtype=np.bool_),
        _whole(EVENTS.index(line.conditions.milestones[n]) for line, n in installments),
        np.array([n + 1 for _, n in installments], dtype=np.uint64),
        _whole(-1 if i.discount is None else i.discount.days for i in of),
        _whole(0 if i.discount is None else i.discount.share.numerator for i in of),
        _whole(1 if i.discount is None else i.discount.share.denominator for i in of),
        np.array([line.invoice_days[n] for line, n in installments], dtype=np.int32).reshape(days),
        np.array([line.due_days[n] for line, n in installments], dtype=np.int32).reshape(days),
        np.cumsum([0, *counts]),
        _whole(share.numerator for share in contract.shares),
        _whole(share.denominator for share in contract.shares),
        _whole(_fixed_days(law) for row in laws for law in row).reshape(-1, len(EVENTS)),
        _whole(drawn.index(law) if law in drawn else 0 for row in laws for law in row).reshape(
            -1, len(EVENTS)
        ),
        _whole(_UNSTATED if day is None else day for row in stated for day in row).reshape(-1, len(EVENTS)),
        np.array([[e in c.events and not bookings_only for e in EVENTS] for c in all_terms]),
        laws_of(drawn or (Fixed(0),)),
        short(np.stack([line.term_end for line in lines])),
        _whole(0 if bookings_only else _RULES[c.recognise] for c in all_terms),
        np.array([c.recognise is not None for c in all_terms]),
        _whole(c.months if c.product.recurring and not bookings_only else 0 for c in all_terms),
        _whole(c.line.product for c in all_terms),
        _whole(c.tax.numerator for c in all_terms),
        _whole(c.tax.denominator for c in all_terms),
    )


def _is_strange(line: LinePlan) -> bool:
    """Tell whether a line has something that the loops do not know."""
    c = line.conditions
    payment = c.payment
    return bool(
        line.renewal is not None
        or len(c.installments) > DRAWS_PER_TRIAL
        or any(i.discount is not None and _is_long(i.discount.share) for i in c.installments)
        or payment.insolvency > 0
        or payment.dispute is not None
        or payment.run_days
        or payment.days is not None
    )


def _is_long(share: Fraction) -> bool:
    """Tell whether products of the share with an amount outgrow 64 bits."""
    return share.numerator * share.denominator >= 2**62


def _fixed_days(law: Distribution) -> int:
    """Return the days of a law without chance, `LEFT` for one that is drawn from."""
    return int(remaining_days(law, np.array([0.5]))[0]) if isinstance(law, Fixed) else closing.LEFT


@lru_cache(maxsize=64)
def _changes_of(location: float, scale: float) -> tuple[Floats, NDArray[np.int16]]:
    """Return node, P(Y ≤ node) and slope of the law of Y, and the first node by bin."""
    if scale == 0:
        return np.array([[location, 0.0, 0.0], [location, 2.0, 0.0]]), np.zeros(_GUIDE + 2, dtype=np.int16)
    table = AmountChange(location=location, scale=scale).inverse
    # A bin may begin one too early, never too late.
    begins = np.arange(-1, _GUIDE + 1) / _GUIDE
    guide = np.clip(np.searchsorted(table.cdf, begins, side="right") - 1, 0, len(table.cdf) - 2)
    pieces = np.stack((table.nodes, table.cdf, np.append(table.slope, 0.0)), axis=1)
    return pieces, guide[1:].astype(np.int16)


@lru_cache(maxsize=256)
def lateness_of(payment: PaymentBehaviour) -> columns.Lateness:
    """Return how late a class pays."""
    days, cdf, guide, scores, score_guide = payment.tables
    late = short(np.where(days == NEVER, columns.FAR, days))
    return columns.Lateness(
        math.sqrt(payment.shared), math.sqrt(payment.common), math.sqrt(1 - payment.shared - payment.common),
        late, cdf, _shortest(guide), float(BINS), scores, _shortest(score_guide), float(SCORE_BINS), FARTHEST,
        *_normal_pieces(), float(payment.discount_taken), float(payment.recovery), payment.last_day,
    )  # fmt: skip


@lru_cache(maxsize=1)
def _normal_pieces() -> tuple[Floats, NDArray[np.float32]]:
    """Return Φ⁻¹(n / `BINS`), and by how much lines between them may be wrong."""
    z = special.ndtri(np.arange(closing.BINS * _SAMPLES + 1) / (closing.BINS * _SAMPLES))
    return z[::_SAMPLES].copy(), (_errors(z) + 1e-9).astype(np.float32)


def rates_of(rates: DayRates) -> columns.Rates:
    """Return the rates of a currency in a block's trials."""
    path = np.zeros((0, 0)) if rates.path is None else rates.path
    shift = rates.curve.shift(rates.currency)
    return columns.Rates(
        rates.currency == rates.curve.company, rates.by_day, path, rates.month_of_day,
        10.0 ** max(shift, 0), 10.0 ** max(-shift, 0),
    )  # fmt: skip


def _shortest(values: NDArray[np.integer]) -> NDArray[np.integer]:
    return values.astype(np.int16) if int(values.max()) < 1 << 15 else short(values)


def _whole(values: Iterable[int]) -> Integers:
    return np.array(list(values), dtype=np.int64)
