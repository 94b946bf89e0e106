"""A family of scenarios that together use every feature, and how engine and oracle are compared."""

from dataclasses import fields, replace
from datetime import date

import numpy as np
from factory import (
    NEVER_CHANGED,
    article_funnel,
    causes_funnel,
    make_clock,
    make_funnel,
    make_pipeline,
    make_receivables,
    make_scenario,
    make_segment,
)
from scipy import special

from simulator.amounts import AmountChange
from simulator.arrivals import Bluebirds, PipelineGeneration
from simulator.clock import business_holidays
from simulator.close_dates import CloseDateRule
from simulator.currency import RateCurve
from simulator.distributions import Empirical, Fixed, Gamma, Hazard, LogLogistic, LogNormal, Weibull
from simulator.engine import Slice as EngineSlice
from simulator.engine import compile_plan, play
from simulator.expected import expected
from simulator.forecast import Check, Rows, Slice, Trials
from simulator.market import Market
from simulator.payments import PaymentBehaviour
from simulator.scenario import Recycling, Soberness
from simulator.self_check import check_means
from simulator.terms import parse_terms

MID_MONTH = date(2026, 11, 13)
FIXED_MARKET = Market(0.1, 0.15, 0.6)
PARTS = "30% on signature net 15; 40% on delivery+5d net 30; balance on acceptance net 45"
SPREAD = LogNormal.from_median(20_000, 45_000)


def columns(count, seed=3, ages=(0.0, 60.0), stages=3, **more):
    """Deals of mixed stages, ages and amounts; every fourth age is unknown."""
    rng = np.random.default_rng(seed)
    age = np.round(rng.uniform(*ages, count), 1)
    age[3::4] = np.nan
    stage = rng.integers(0, stages, count)
    return make_pipeline(count, **{"age": age, "stage": stage,
                         "amount": rng.integers(1_000_00, 90_000_00, count)} | more)  # fmt: skip


def one(segment, pipeline, **more):
    return make_scenario(**{"segments": (segment,), "pipeline": pipeline} | more)


def article():
    segment = make_segment(funnel=article_funnel(), soberness=Soberness(0.8, 0.95))
    return one(segment, columns(28, stages=7), months=15)


def transitions():
    """Back moves, skips, losers that linger; the table of transitions; ages known and not."""
    segment = make_segment(funnel=causes_funnel(), doubt=np.array([0.1, 0.12, 0.05]))
    return one(segment, columns(24, ages=(0.0, 150.0)), market=FIXED_MARKET)


def stays():
    """Every family of stays, one stage each, the last one of a fixed time by σ = 0."""
    laws = [
        Weibull(0.7, 30.0), Gamma(2.5, 9.0), LogLogistic(15.0, 1.6), Fixed(20.0),
        Hazard((0.0, 1.0, 30.0, 33.0, 90.0), (0.2, 0.01, 0.4, 0.0, 0.03)),
        Empirical((0.0, 0.2, 1.0, 7.0, 7.0, 30.0, 30.4, 95.0)), LogNormal(np.log(12.0), 0.0),
    ]  # fmt: skip
    funnel = make_funnel((0.1, 0.2, 0.3, 0.45, 0.6, 0.7, 0.9), [0, 0, 0.05, 0, 0.1, 0, 0.05], laws)
    return one(make_segment(funnel=funnel), columns(42, stages=7, ages=(0.0, 40.0)), months=9)


def dated(rule):
    stated = np.random.default_rng(8).normal(70, 60, 24).round(1)
    stated[::5] = np.nan
    segment = make_segment(
        funnel=causes_funnel(), close_date=CloseDateRule(rule, 1.4, 9, overdue=0.6, pushes=0.3),
        use_probability=True,
    )  # fmt: skip
    pushes = [0, -1, 2, 4, 1, 0] * 4
    return one(segment, columns(24, stated_days=stated, pushes=pushes, probability=[0.7, np.nan] * 12))


def returns():
    """Open deals and arrivals that come back, in a market whose strength is drawn."""
    segment = make_segment(
        funnel=make_funnel((0.2, 0.5, 0.8), [0, 0.1, 0.1], Gamma(2.0, 8.0)), doubt=np.full(3, 0.08),
        recycling=Recycling(0.5, LogNormal.from_median(40, 90)), soberness=Soberness(1.3),
        generation=PipelineGeneration(2.0, SPREAD, np.array([0.6, 0.3, 0.1])),
    )  # fmt: skip
    return one(segment, columns(20), market=Market())


def thrice():
    """Three attempts, where nothing ties their luck together."""
    funnel = make_funnel((0.3, 0.5, 0.7), stay=Gamma(2.0, 6.0))
    return one(make_segment(funnel=funnel, recycling=Recycling(0.8, Fixed(9), 3)), columns(16))


def arrivals():
    """Deals to come by season, trend and dispersion, from the middle of a month to the middle of another."""
    generation = PipelineGeneration(
        4.0, SPREAD, np.array([0.5, 0.3, 0.2]), {12: 2.0, 2: 0.2}, 0.5, 1.5,
        Bluebirds(1.5, LogNormal.from_median(5_000, 9_000), np.inf),
    )  # fmt: skip
    segment = make_segment(funnel=causes_funnel(), generation=generation, clock=make_clock(MID_MONTH))
    return make_scenario(segments=(segment,), as_of=MID_MONTH, days=222, market=FIXED_MARKET)


def terms():
    """Instalments, discounts, lags, recurring invoices, cash in advance, due dates that avoid holidays."""
    segment = make_segment(
        terms={"default": parse_terms("2/10 net 30"), "Gold": parse_terms("quarterly in advance net 20")},
        payment={
            "default": PaymentBehaviour.stretched(9, 0.02, recovery=0.3, discount_taken=0.6),
            "Gold": PaymentBehaviour.stretched(2, 0.0, shared=0.0),
        },
        delivery=LogNormal.from_median(20, 40), acceptance=Fixed(0), roll="modified-following",
        holidays=business_holidays("DE", range(2026, 2030)), clock=make_clock(country="DE"),
        funnel=make_funnel((0.5, 0.8), stay=Gamma(2.0, 8.0)), invoice_lag=5,
    )  # fmt: skip
    own = ["", PARTS, "CIA", "net 30 then EOM", "every 1m advance for 12m net 30 uplift 3%",
           "monthly in arrears", "prox(15,1)", "prepaid"]  # fmt: skip
    pipeline = columns(
        32, stages=2, ages=(0, 20), terms=[own[i % 8] for i in range(32)],
        customer_class=["Gold" if i % 16 == 0 else "" for i in range(32)],
        service_months=[18 if i % 2 else 0 for i in range(32)], customer=[f"C{i % 9}" for i in range(32)],
    )  # fmt: skip
    return one(segment, pipeline, months=16)


def opening():
    """Opening invoices old and new, bad debt with and without recovery."""
    behaviour = PaymentBehaviour.stretched(12, 0.05, recovery=0.25)
    receivables = make_receivables(
        due_day=[-500, -300, -40, -8, 0, 3, 25, 60],
        amount_minor=[1_234_567] * 8,
        invoice_day=[-530, -330, -70, -38, -30, -27, -5, 0],
        customer=["A", "B", "C", "C", "A", "D", "E", "C"],
        currency_index=[0, 0, 1, 0, 0, 1, 0, 0],
        currencies=("EUR", "USD"),
        class_index=[0, 1] * 4,
        class_names=("default", "Gold"),
    )
    segment = make_segment(payment={"default": behaviour, "Gold": PaymentBehaviour.default()})
    rates = RateCurve.of("EUR", {"USD": [(0, 0.9), (20, 1.2)]})
    return make_scenario(segments=(segment,), receivables=receivables, rates=rates, months=18)


def currencies():
    rates = RateCurve.of("EUR", {"USD": [(0, 0.8), (40, 1.3), (100, 0.9)], "JPY": [(0, 0.006), (60, 0.009)]})
    codes = ["EUR", "USD", "JPY"] * 8
    return one(make_segment(invoice_lag=20), columns(24, currency=codes), rates=rates)


def probability():
    own = [0.0, 1.0, 0.02, 0.5, 0.98, np.nan] * 4
    segment = make_segment(funnel=causes_funnel(), use_probability=True, soberness=Soberness(0.6))
    return one(segment, columns(24, probability=own), market=FIXED_MARKET)


def quarter_end():
    """A clock that runs faster at quarter ends and rests on holidays; amounts that often change."""
    segment = make_segment(
        clock=make_clock(country="FR", quarter_end_weight=3.0),
        amount_change=AmountChange(0.1, -0.1, 0.4, 0.2, 90_000.0),
        close_date=CloseDateRule("blend"), funnel=make_funnel((0.4, 0.7), stay=Gamma(3.0, 9.0)),
    )  # fmt: skip
    return one(segment, columns(20, stages=2, stated_days=[30.0, np.nan] * 10), months=8)


def short():
    """Seventeen days from the middle of a month."""
    clock = make_clock(MID_MONTH)
    generation = PipelineGeneration(30.0, SPREAD, np.array([0.0, 0.5, 0.5]), bluebirds=Bluebirds(5.0, SPREAD))
    segment = make_segment(
        clock=clock,
        generation=generation,
        payment={"default": PaymentBehaviour.default()},
        invoice_lag=0,
        funnel=make_funnel((0.3, 0.6, 0.8), stay=Weibull(0.8, 5.0)),
        terms={"default": parse_terms("receipt")},
    )
    return one(segment, columns(20), as_of=MID_MONTH, days=17)


def eventful(market=FIXED_MARKET, doubt=0.06):
    """Two segments with everything at once."""
    generation = PipelineGeneration(
        3.0, SPREAD, np.array([0.7, 0.3, 0.0]), {12: 1.5}, 0.2,
        bluebirds=Bluebirds(0.8, LogNormal.from_median(5_000, 9_000)),
    )  # fmt: skip
    common = {
        "generation": generation,
        "soberness": Soberness(0.8, 0.95),
        "delivery": LogNormal.from_median(20, 40),
        "acceptance": Weibull(2.0, 12.0),
        "recycling": Recycling(0.35, LogNormal.from_median(30, 60)),
        "amount_change": AmountChange(0.3, -0.1, 0.2, -0.15, 30_000.0),
        "payment": {"default": PaymentBehaviour.stretched(9, 0.02, recovery=0.3, discount_taken=0.6)},
        "doubt": np.full(3, doubt),
        "clock": make_clock(MID_MONTH),
    }
    own = {"default": parse_terms("2/10 net 30"), "Gold": parse_terms("quarterly in arrears net 20")}
    first = make_segment(name="first", funnel=causes_funnel(), roll="following", terms=own, **common)
    rule = CloseDateRule("blend", 1.4, 9, overdue=1.6, pushes=-0.3)
    second = make_segment(name="second", use_probability=True, close_date=rule, **common)
    pipeline = make_pipeline(
        segment=[0, 0, 0, 0, 1, 1, 1], stage=[0, 1, 1, 2, 0, 1, 2],
        age=[12.6, 0.0, np.nan, 140.0, 7.0, np.nan, 30.8],
        stated_days=[40.0, np.nan, 75.5, -3.0, 120.0, -33.0, np.nan], pushes=[0, 1, 2, -1, 3, 1, 5],
        amount=[5_000_000, 8_000_000, 700_000, 100_000, 3_000_000, 990_000, 4_000_000],
        probability=[0.9, np.nan, np.nan, np.nan, 0.6, np.nan, 0.3],
        currency=["EUR", "USD", "EUR", "EUR", "EUR", "USD", "JPY"],
        customer_class=["", "Gold", "", "", "", "", ""], service_months=[0, 18, 0, 0, 0, 0, 0],
        terms=[PARTS, "", "", "CIA", "EOM+30d", "", ""],
    )  # fmt: skip
    rates = RateCurve.of("EUR", {"USD": [(0, 0.9), (100, 1.1)], "JPY": 0.006})
    return make_scenario(
        segments=(first, second), pipeline=pipeline, market=market, months=9, as_of=MID_MONTH, rates=rates,
        receivables=make_receivables(due_day=[-40, 3, 25, -400], amount_minor=[987_654] * 4),
    )  # fmt: skip


FAMILY = {
    "article": article,
    "transitions": transitions,
    "stays": stays,
    "blend": lambda: dated("blend"),
    "stated": lambda: dated("stated"),
    "stages": lambda: dated("stages"),
    "returns": returns,
    "thrice": thrice,
    "arrivals": arrivals,
    "terms": terms,
    "opening": opening,
    "currencies": currencies,
    "probability": probability,
    "quarter_end": quarter_end,
    "short": short,
    "eventful": eventful,
    "eventful_drawn": lambda: eventful(Market(), 0.05),
    "eventful_alone": lambda: eventful(Market.independent(), 0),
}


# ---- playing and comparing


def run(scenario, trials, seed=1, first=0, **options):
    """The engine's outcome."""
    return run_with_plan(scenario, trials, seed, first, **options)[1]


def run_with_plan(scenario, trials, seed=1, first=0, **options):
    """The plan, and the engine's outcome."""
    plan = compile_plan(
        scenario,
        seed,
        **{k: options.pop(k) for k in ("market", "group_seeds", "follow_ends") if k in options},
    )
    return plan, play(plan, first, trials, **options)


def row_of(plan, segment, source, group=""):
    """The slice of a plan that holds a group."""
    return plan.slices.index(EngineSlice(segment, source, group))


def trials_of(scenario, outcome, seed=1):
    """The outcome, so that questions can be asked of it."""
    slices = tuple(Slice(s.segment, s.source, s.group) for s in compile_plan(scenario, seed).slices)
    return Trials(
        scenario,
        outcome.trials,
        seed,
        slices,
        Rows.of({s: np.cumsum(money, axis=1) for s, money in outcome.money.items()}),
        outcome.closes,
        outcome.tally.closings,
        outcome.landed,
        np.zeros(len(scenario.pipeline)),
        Check(0.0, 0, 0.0),
    )


def self_check(scenario, outcome, exact=None):
    """What the run says about itself."""
    return check_means(trials_of(scenario, outcome), exact or expected(scenario))


def of_one_cent(scenario):
    """The scenario with amounts of one minor unit that never change, so that bookings count winners."""
    segments = tuple(
        replace(
            s, amount_change=NEVER_CHANGED, soberness=replace(s.soberness, amount=1.0),
            generation=s.generation and replace(
                s.generation, amount=Fixed(0.01),
                bluebirds=s.generation.bluebirds and replace(s.generation.bluebirds, amount=Fixed(0.01)),
            ),
        )
        for s in scenario.segments
    )  # fmt: skip
    ones = replace(
        scenario.pipeline, amount=np.ones(len(scenario.pipeline), dtype=np.int64),
        currency=("EUR",) * len(scenario.pipeline),
    )  # fmt: skip
    return replace(scenario, segments=segments, pipeline=ones)


def pick(columns_of, rows):
    """Some rows of a table of columns, in this order."""
    chosen = {}
    for field in fields(columns_of):
        column = getattr(columns_of, field.name)
        if isinstance(column, np.ndarray):
            chosen[field.name] = column[rows]
        elif isinstance(column, tuple) and len(column) == len(columns_of):
            chosen[field.name] = tuple(column[i] for i in rows)
    return replace(columns_of, **chosen)


def segment_of(scenario, **changes):
    """The scenario with every segment changed."""
    return replace(scenario, segments=tuple(replace(s, **changes) for s in scenario.segments))


def limit(comparisons):
    """Threshold of |z| for so many comparisons (MODEL 11)."""
    return -special.ndtri(5e-5 / comparisons)


def binomial_z(counts, trials, chances):
    """Standard deviations of counts from their expectation; sure things must have happened exactly so."""
    counts, chances = np.asarray(counts, dtype=float), np.asarray(chances, dtype=float)
    sure = (chances < 1e-12) | (chances > 1 - 1e-12)
    assert np.array_equal(counts[sure], np.rint(chances[sure] * trials))
    ample = np.minimum(chances, 1 - chances) * trials >= 50
    c, p = counts[ample], chances[ample]
    return (c - trials * p) / np.sqrt(trials * p * (1 - p))


def mean_z(samples, exact):
    """Standard errors between the means of `samples[..., trial]` and their exact values."""
    error = samples.std(axis=-1, ddof=1) / np.sqrt(samples.shape[-1])
    return (samples.mean(axis=-1) - exact) / error


def variance_z(samples, exact):
    """Standard errors between the variance of `samples[trial]` and its exact value."""
    off = (samples - samples.mean()) ** 2
    return (off.mean() - exact) / (off.std() / np.sqrt(len(samples)))


def merged(counts, exact, enough):
    """Add neighbouring cells up until each group expects enough: (counts[group, trial], exact[group])."""
    groups, gathered, first = [], 0.0, 0
    for cell, value in enumerate(exact):
        gathered += value
        if gathered >= enough:
            groups.append((counts[first : cell + 1].sum(axis=0), gathered))
            first, gathered = cell + 1, 0.0
    return [np.array(column) for column in zip(*groups, strict=True)] if groups else []
