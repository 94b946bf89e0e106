"""Build the jobs that are timed, from nouns alone, so that no file is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np

from simulator.amounts import AmountChange
from simulator.arrivals import Bluebirds, PipelineGeneration
from simulator.clock import operational_clock
from simulator.close_dates import CloseDateRule
from simulator.currency import RateCurve
from simulator.deals import Pipeline, Wins
from simulator.distributions import Fixed, LogNormal
from simulator.funnel import Funnel, advance_chances
from simulator.market import Market, doubt_correlation
from simulator.payments import PaymentBehaviour
from simulator.periods import horizon
from simulator.posterior import (
    FunnelDraws,
    GenerationDraws,
    OddsDraws,
    Posterior,
    SegmentDraws,
    StayDraws,
)
from simulator.products import WHOLE, Line, Product
from simulator.receivables import UNPAID, Receivables
from simulator.scenario import Recycling, Scenario, Segment, Soberness
from simulator.terms import parse_terms

AS_OF = date(2026, 10, 31)
LADDER = np.array([0.05, 0.10, 0.30, 0.60, 0.65, 0.70, 0.90])
BACK = (0, 0.05, 0.05, 0.05, 0.10, 0.15, 0.10)
STAGES = ("Need", "Ability", "Developed", "Proposed", "Evaluated", "Negotiation", "Contract")
NAMES = ("smb", "mid", "enterprise")
PRODUCTS = (
    Product("licence", parse_terms("quarterly in advance net 30"), service_months=12, recognise="over-term"),
    Product("hardware", parse_terms("30% on signature net 15; balance on delivery net 45"),
            recognise="at-delivery"),
    Product("services", parse_terms("40% on signature net 15; 30% on delivery net 30; balance on acceptance"
                                    " net 30"), recognise="at-milestone"),
)  # fmt: skip
MIX = (0.25, 0.20, 0.20, 0.12, 0.10, 0.08, 0.05)


def article_funnel(median: float = 18.0, back: tuple[float, ...] = BACK) -> Funnel:
    """Return the article's funnel with log-normal stages of equal medians."""
    others = np.zeros((7, 9))
    others[np.arange(1, 7), np.arange(6)] = back[1:]
    transitions = advance_chances(LADDER, others)
    law = LogNormal.from_median(median, median * 2.45)
    stays = tuple(tuple(law if p > 0 else None for p in row) for row in transitions)
    return Funnel(STAGES, transitions, stays)


def standard_job(deals: int = 1000, months: int = 24) -> Scenario:
    """Return the scenario that other programs play too: deals of one kind that share no luck.

    A walk of every deal draws 5.6 numbers on average: whether and when it leaves each stage that it sees,
    2.3 of them, and of the 33 % that are won whether their amount changes, to what, and the day of payment.
    """
    length = horizon(AS_OF, date(AS_OF.year + months // 12, AS_OF.month, 31))
    rng = np.random.default_rng(5)
    counts = np.diff(np.rint(np.cumsum((0, *MIX)) * deals).astype(np.int64))
    stated = np.where(rng.random(deals) < 0.8, np.round(rng.normal(90, 70, deals)), np.nan)
    names = tuple(f"D{i:07d}" for i in range(deals))
    pipeline = Pipeline(
        id=names, name=("",) * deals, customer=names, customer_class=("",) * deals,
        segment=np.zeros(deals, dtype=np.int64), stage=np.repeat(np.arange(7), counts),
        amount=np.rint(np.exp(rng.normal(14.9, 1.0, deals))).astype(np.int64), currency=("EUR",) * deals,
        age=np.round(rng.exponential(12, deals), 1), stated_days=stated, stated_day=stated,
        probability=np.full(deals, np.nan), terms=("",) * deals, lines=(WHOLE,) * deals,
        pushes=np.full(deals, -1),
    )  # fmt: skip
    segment = Segment(
        name="all", funnel=article_funnel(back=(0.0,) * 7), set_ladder=LADDER, doubt=np.zeros(7),
        clock=operational_clock(AS_OF, -1500, length.last_day + 400), soberness=Soberness(),
        close_date=CloseDateRule(), amount_change=AmountChange(), recycling=Recycling(0.0, Fixed(90)),
        generation=None, terms={"default": parse_terms("net 30")},
        payment={"default": replace(PaymentBehaviour.default(), shared=0.0)}, invoice_lag=3,
        delivery=Fixed(0), acceptance=Fixed(0), roll="none", holidays=np.array([], dtype="datetime64[D]"),
    )  # fmt: skip
    return Scenario(
        name="standard", description="the standard job", currency="EUR", horizon=length, segments=(segment,),
        pipeline=pipeline, wins=Wins.empty(), receivables=Receivables.empty(), rates=RateCurve.of("EUR", {}),
        market=Market.independent(), targets=(), trials=None, seed=1,
    )  # fmt: skip


def feature_job(deals: int = 1000, months: int = 24, draws: int = 2000) -> Scenario:
    """Return the deals of the standard job with all that may happen to an open deal.

    Three segments, a drawn market, a draw of learned figures for each trial, three products by turns of
    payment, instalments that hang on delivery and acceptance, customers who share their lateness. The stages,
    the chances and the mix are those of the standard job, and nothing arrives or comes back: so the ratio of
    the two tells what features cost, where that to `full_job` and `learned_job` would tell what a market is
    like in which two deals of three in a forecast are yet to come.
    """
    plain = standard_job(deals, months)
    (segment,) = plain.segments
    rng = np.random.default_rng(13)
    segments, learned = [], {}
    for number, name in enumerate(NAMES):
        funnel = article_funnel(12.0 + 6 * number, back=(0.0,) * 7)
        part = SegmentDraws(*_funnel_draws(funnel, draws, rng), amount_shift=rng.normal(-0.02, 0.03, draws))
        assert part.funnel is not None
        learned[name] = part
        segments.append(
            replace(
                segment, name=name, funnel=part.funnel.mean, payment={"default": PaymentBehaviour.default()},
                delivery=LogNormal.from_median(20, 45), acceptance=LogNormal.from_median(10, 30),
            )
        )  # fmt: skip
    halves = Fraction(3, 5), Fraction(2, 5)
    lines = [(Line(n),) for n in range(3)]
    lines += [(Line(n, halves[0]), Line((n + 1) % 3, halves[1])) for n in range(3)]
    pipeline = replace(
        plain.pipeline, segment=rng.integers(0, 3, deals),
        customer=tuple(f"C{i}" for i in rng.integers(0, max(deals // 2, 1), deals)),
        lines=tuple(lines[i] for i in rng.integers(0, len(lines), deals)),
    )  # fmt: skip
    return replace(
        plain, name="features", description="all that may happen to an open deal", segments=tuple(segments),
        pipeline=pipeline, products=PRODUCTS, market=Market(),
        posterior=Posterior(draws, learned, rng.beta(1.5, 18, draws)),
    )  # fmt: skip


def full_job(deals: int = 1000, months: int = 24, recycling: float = 0.05) -> Scenario:
    """Return a scenario with every feature on: three segments, two currencies, arrivals, returns, terms."""
    length = horizon(AS_OF, date(AS_OF.year + months // 12, AS_OF.month, 31))
    segments = tuple(_segment(name, length.last_day, recycling, i) for i, name in enumerate(NAMES))
    rng = np.random.default_rng(7)
    stage = rng.choice(7, deals, p=MIX)
    age = np.round(rng.exponential(12, deals), 1)
    age[rng.random(deals) < 0.1] = np.nan
    stated = np.where(rng.random(deals) < 0.8, np.round(rng.normal(90, 70, deals)), np.nan)
    pipeline = Pipeline(
        id=tuple(f"D{i:07d}" for i in range(deals)),
        name=("",) * deals,
        customer=tuple(f"C{i}" for i in rng.integers(0, max(deals // 2, 1), deals)),
        customer_class=tuple("Gold" if g else "" for g in rng.random(deals) < 0.3),
        segment=rng.integers(0, 3, deals),
        stage=stage,
        amount=np.rint(np.exp(rng.normal(14.9, 1.0, deals))).astype(np.int64),
        currency=tuple("USD" if c else "EUR" for c in rng.random(deals) < 0.3),
        age=age,
        stated_days=stated,
        stated_day=stated,
        probability=np.full(deals, np.nan),
        terms=tuple(
            "30% on signature net 15; balance on delivery net 45" if t else ""
            for t in rng.random(deals) < 0.1
        ),
        lines=(WHOLE,) * deals,
        pushes=np.full(deals, -1),
    )
    count = 80
    due = rng.integers(-60, 30, count)
    receivables = Receivables(
        id=np.array([f"I{i}" for i in range(count)]),
        deal=np.array([""] * count),
        customer=np.array([f"C{i}" for i in range(count)]),
        class_index=np.zeros(count, dtype=np.int64),
        amount_minor=rng.integers(100_000, 5_000_000, count),
        currency_index=np.zeros(count, dtype=np.int64),
        invoice_day=np.minimum(due - 30, 0),
        due_day=due,
        paid_day=np.full(count, UNPAID),
        tax_minor=np.zeros(count, dtype=np.int64),
        disputed=np.zeros(count, dtype=np.bool_),
        currencies=("EUR",),
    )
    return Scenario(
        name="bench", description="every feature on", currency="EUR", horizon=length, segments=segments,
        pipeline=pipeline, wins=Wins.empty(), receivables=receivables,
        rates=RateCurve.of("EUR", {"USD": 0.92}), market=Market(), targets=(), trials=None, seed=1,
    )  # fmt: skip


def learned_job(deals: int = 1000, months: int = 24, draws: int = 2000) -> Scenario:
    """Return the full job with a posterior of everything that can be learned, around the same figures."""
    scenario = full_job(deals, months)
    rng = np.random.default_rng(11)
    learned = {segment.name: _draws(segment, draws, rng) for segment in scenario.segments}
    segments = tuple(
        replace(s, funnel=part.funnel.mean, doubt=np.zeros(len(s.doubt)))
        for s, part in zip(scenario.segments, learned.values(), strict=True)
        if part.funnel is not None
    )
    posterior = Posterior(draws, learned, rng.beta(1.5, 18, draws))
    return replace(scenario, segments=segments, posterior=posterior)


def _draws(segment: Segment, draws: int, rng: np.random.Generator) -> SegmentDraws:
    """Return draws around the figures of a segment."""
    generation = segment.generation
    assert generation is not None
    assert generation.bluebirds is not None
    funnel, odds = _funnel_draws(segment.funnel, draws, rng)
    entry = np.tile(generation.entry, (draws, 1))
    season = np.ones((draws, 12))
    season[:, 11] = 1.4
    sizes = np.sort(generation.amount.isf((np.arange(200) + 0.5) / 200))
    found = np.sort(generation.bluebirds.amount.isf((np.arange(50) + 0.5) / 50))
    return SegmentDraws(
        funnel, odds,
        GenerationDraws(
            rng.gamma(100, generation.per_month / 100, draws), season, rng.normal(0.05, 0.1, draws),
            rng.gamma(16, 0.25, draws), entry, sizes, rng.normal(0, 0.1, draws),
            rng.gamma(25, 0.02, draws), found,
        ),
        rng.normal(-0.02, 0.03, draws),
    )  # fmt: skip


def _funnel_draws(funnel: Funnel, draws: int, rng: np.random.Generator) -> tuple[FunnelDraws, OddsDraws]:
    """Return draws around a funnel: Dirichlet rows, gamma hazards of forty pieces; and of a calibrator."""
    size = len(funnel.stages)
    transitions = np.zeros((draws, size, size + 2))
    edges = np.array([0, *np.arange(20) + 0.5, *np.round(20 * 1.18 ** np.arange(1, 20)) + 0.5])
    stays = []
    for s in range(size):
        used = np.flatnonzero(funnel.transitions[s])
        transitions[:, s, used] = rng.dirichlet(funnel.transitions[s, used] * 80, draws)
        law = funnel.stays[s][used[0]]
        assert law is not None
        alive = np.maximum(law.sf(np.append(edges, edges[-1] * 1.2)), 1e-12)
        rates = -np.diff(np.log(alive)) / np.diff(np.append(edges, edges[-1] * 1.2)) + 1e-6
        stays.append(StayDraws(edges, rates * rng.gamma(20, 1 / 20, (draws, size + 2, len(edges)))))
    effects = {"pushes": rng.normal(-0.3, 0.1, draws), "overdue": rng.normal(-0.4, 0.1, draws)}
    odds = OddsDraws(rng.normal(0, 0.2, draws), rng.normal(1, 0.1, draws), effects)
    return FunnelDraws(funnel.stages, transitions, tuple(stays)), odds


def _segment(name: str, last_day: int, recycling: float, number: int) -> Segment:
    funnel = article_funnel(12.0 + 6 * number)
    entry = np.zeros(7)
    entry[0] = 1.0
    generation = PipelineGeneration(
        8.0, LogNormal.from_median(30_000, 120_000), entry, {12: 1.4}, 0.05, 4.0,
        Bluebirds(0.5, LogNormal.from_median(9_000, 30_000)),
    )  # fmt: skip
    return Segment(
        name=name, funnel=funnel, set_ladder=LADDER,
        doubt=np.array([doubt_correlation(h, 20) for h in LADDER]),
        clock=operational_clock(AS_OF, -1500, last_day + 400, None, 1.2),
        soberness=Soberness(0.9, 0.98), close_date=CloseDateRule(), amount_change=AmountChange(),
        recycling=Recycling(recycling, LogNormal.from_median(90, 200)), generation=generation,
        terms={"default": parse_terms("net 30"), "Gold": parse_terms("2/10 net 30")},
        payment={"default": PaymentBehaviour.default()}, invoice_lag=3,
        delivery=LogNormal.from_median(20, 45), acceptance=Fixed(0), roll="none",
        holidays=np.array([], dtype="datetime64[D]"),
    )  # fmt: skip
