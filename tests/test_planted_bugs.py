"""Bugs planted in the engine, one at a time: the self-check at the end of a run must see each of them."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from factory import (
    NEVER_CHANGED,
    causes_funnel,
    make_funnel,
    make_pipeline,
    make_receivables,
    make_scenario,
    make_segment,
)
from family import (
    FIXED_MARKET,
    PARTS,
    binomial_z,
    columns,
    limit,
    mean_z,
    one,
    run,
    self_check,
    variance_z,
)

from simulator.amounts import AmountChange
from simulator.arrivals import PipelineGeneration
from simulator.clock import Clock
from simulator.close_dates import CloseDateRule
from simulator.currency import RateCurve
from simulator.distributions import Gamma, LogNormal, remaining_days
from simulator.engine import attempts, billing, kernels, luck, roads, segments, settle, walk
from simulator.engine.contracts import DayRates
from simulator.engine.identity import Entities
from simulator.expected import expected
from simulator.expected.totals import Bets, moments
from simulator.funnel import Funnel
from simulator.market import Market
from simulator.payments import PaymentBehaviour
from simulator.scenario import Conditions, Recycling, Soberness
from simulator.terms import parse_terms

TRIALS = 6_000


@cache
def busy():
    """Forty deals and more to come, with everything that a bug could touch, and the exact means."""
    segment = make_segment(
        funnel=causes_funnel(),
        doubt=np.full(3, 0.06),
        soberness=Soberness(0.8, 0.9),
        amount_change=AmountChange(0.3, -0.1, 0.3, 0.1, 5_000.0),
        close_date=CloseDateRule("blend", 1.4, 6, overdue=0.5, pushes=0.4),
        recycling=Recycling(0.5, LogNormal.from_median(30, 60)),
        generation=PipelineGeneration(
            6.0, LogNormal.from_median(20_000, 45_000), np.array([0.5, 0.3, 0.2]), {12: 2.0}
        ),
        terms={"default": parse_terms("2/10 net 30")},
        payment={
            "default": PaymentBehaviour.from_table(
                {-1: 0.2, 5: 0.5, 40: 0.9}, recovery=0.5, discount_taken=0.6
            )
        },
        delivery=Gamma(2.0, 15.0),
        roll="following",
        invoice_lag=10,
    )
    count = 40
    pipeline = columns(
        count,
        ages=(10.0, 120.0),
        stated_days=[90.0, np.nan, 90.0, -10.0] * (count // 4),
        pushes=[0, -1, 3, 0] * (count // 4),
        currency=["EUR", "USD"] * (count // 2),
        terms=["", PARTS, "", "net 60"] * (count // 4),
        amount=3_000_000,
        customer=[f"C{i % 15}" for i in range(count)],
    )
    scenario = one(
        segment,
        pipeline,
        market=FIXED_MARKET,
        months=10,
        rates=RateCurve.of("EUR", {"USD": [(0, 0.9), (60, 1.2), (150, 0.8)]}),
        receivables=make_receivables(due_day=[-40, 3, 25, -200] * 5, amount_minor=[987_654] * 20),
    )
    return scenario, expected(scenario)


def caught(trials=TRIALS):
    """The self-check of a run of the engine as it now stands."""
    scenario, exact = busy()
    return self_check(scenario, run(scenario, trials, 3), exact)


def test_the_engine_as_it_is_passes():
    check = caught()
    assert check.passed, check.failures
    assert check.cells >= 60


# ---- one bug each


def reused(wrong, right):
    """Take the draws of one purpose from another one's stream."""

    def plant(patch):
        real = Entities.keys
        patch.setattr(Entities, "keys", lambda s, p, b, w: real(s, right if p == wrong else p, b, w))

    plant.__qualname__ = f"{wrong}_drawn_from_the_stream_of_{right}"
    return plant


def age_ignored_in_the_stay(patch):
    patch.setattr(kernels, "remaining_days", lambda law, u, age, which: remaining_days(law, u))


def age_ignored_in_the_chance(patch):
    real = Funnel.close_chance
    patch.setattr(Funnel, "close_chance", lambda self, stage, age: real(self, stage, np.zeros(np.shape(age))))


def unknown_age_taken_as_none(patch):
    real = attempts._ages

    def fresh(*some):
        ages, labels = real(*some)
        return (ages, labels) if ages is None else (np.zeros_like(ages), labels)

    patch.setattr(attempts, "_ages", fresh)


def second_stay_takes_the_first_ones_draw(patch):
    real = walk.walk
    patch.setattr(roads, "walk", lambda *some: real(*some[:5], 0, *some[6:]))


def attempt_forgotten_in_the_key(patch):
    real = Entities.keys
    patch.setattr(Entities, "keys", lambda s, p, block, w: real(s, p, block % 1024, w))


def lateness_ignored(patch):
    patch.setattr(PaymentBehaviour, "late_days", lambda self, u: np.zeros(np.shape(u), dtype=np.int64))


def opening_invoices_start_anew(patch):
    patch.setattr(
        PaymentBehaviour, "residual_late_days", lambda self, u, late: np.maximum(self.late_days(u), late + 1)
    )


def market_not_taken_off_under_the_root(patch):
    real = luck.Luck.shifted

    def shifted(self, *some):
        scale, shift = real(self, *some)
        return np.ones_like(scale), shift / scale

    patch.setattr(luck.Luck, "shifted", shifted)


def doubt_not_taken_off_under_the_root(patch):
    def shifted(self, segment, quarter, rho):
        scale = 1 / np.sqrt(1 - self.rho)
        return scale, scale * (self.market[segment, quarter] + np.sqrt(rho) * self.doubt[segment])

    patch.setattr(luck.Luck, "shifted", shifted)


def market_that_never_changes(patch):
    real = luck._path

    def same(*some):
        path = real(*some)
        path[:] = path[0]
        return path

    patch.setattr(luck, "_path", same)


def arrivals_of_the_wrong_month(patch):
    real = segments.months_of

    def shifted(*some):
        months = real(*some)
        return tuple(
            replace(m, counts=other.counts) for m, other in zip(months, months[1:] + months[:1], strict=True)
        )

    patch.setattr(segments, "months_of", shifted)


def whole_month_in_the_first_days_of_it(patch):
    patch.setattr(
        roads, "arrival_clock", lambda plan, w, month: np.full(len(w.which), plan.months[month].start)
    )


def recovery_paid_twice(patch):
    real = billing.Invoices.receipts

    def twice(self):
        flows = list(real(self))
        return iter(flows + flows[1:])

    patch.setattr(billing.Invoices, "receipts", twice)


def invoice_lag_ignored(patch):
    real = Conditions.invoice_days
    patch.setattr(Conditions, "invoice_days", lambda self, n, day: real(replace(self, invoice_lag=0), n, day))


def due_dates_not_rolled(patch):
    real = Conditions.due_days
    patch.setattr(Conditions, "due_days", lambda self, n, day: real(replace(self, roll="none"), n, day))


def delivery_at_signature(patch):
    patch.setattr(billing, "_lag", lambda law, p, line, w: np.zeros(len(w.which), dtype=np.int64))


def discount_taken_by_all(patch):
    real = Entities.draw
    patch.setattr(Entities, "draw", lambda s, p, *some: real(s, p, *some) * (0 if p == "discount" else 1))


def rate_of_the_wrong_day(patch):
    real = DayRates.convert

    def convert(self, minor, day, trial):
        return real(replace(self, by_day=np.roll(self.by_day, 30)), minor, day, trial)

    patch.setattr(DayRates, "convert", convert)


def all_converted_on_the_day_of_signature(patch):
    real = DayRates.convert
    patch.setattr(
        DayRates, "convert", lambda self, minor, day, trial: real(self, minor, np.ones_like(day), trial)
    )


def a_day_late(patch):
    real = Clock.day_of
    patch.setattr(Clock, "day_of", lambda self, values: real(self, values) + 1)


def stays_rounded_up(patch):
    real = walk.walk

    def longer(walkers, steps, *more):
        return real(walkers, replace(steps, tables=replace(steps.tables, low=steps.tables.low + 1)), *more)

    patch.setattr(roads, "walk", longer)


def stated_date_ignored(patch):
    patch.setattr(CloseDateRule, "weight", lambda self, days, sd: np.ones(np.shape(sd)))


def overdue_forgotten(patch):
    real = CloseDateRule.line
    patch.setattr(CloseDateRule, "line", lambda self, *some: real(replace(self, overdue=1.0), *some))


def pushes_forgotten(patch):
    real = CloseDateRule.line
    patch.setattr(CloseDateRule, "line", lambda self, *some: real(replace(self, pushes=0.0), *some))


def size_of_amounts_forgotten(patch):
    patch.setattr(AmountChange, "lean", lambda self, amount: np.zeros(len(amount)))


def delay_forgotten(patch):
    real = settle.close

    def close(block, plan, population, walkers, trial, day, begin):
        day = day - plan.segment.close_date.delay_days
        return real(block, plan, population, walkers, trial, day, begin)

    patch.setattr(roads, "close", close)


def amounts_not_sobered(patch):
    real = settle.close

    def close(block, plan, *some):
        return real(block, replace(plan, price=1.0), *some)

    patch.setattr(roads, "close", close)


def lost_deals_come_back_where_they_were_lost(patch):
    real = roads.enter

    def enter(*some):
        some = list(some)
        if some[6] is not None:
            some[7] = np.full_like(some[7], 1)
        return real(*some)

    patch.setattr(roads, "enter", enter)


BUGS = [
    *(reused(wrong, "outcome") for wrong in ("stays", "amount", "return", "moves", "date", "size", "entry")),
    reused("lateness", "stays"), reused("size", "amount"), reused("delay", "return"),
    age_ignored_in_the_stay, age_ignored_in_the_chance, unknown_age_taken_as_none,
    second_stay_takes_the_first_ones_draw, attempt_forgotten_in_the_key, lateness_ignored,
    opening_invoices_start_anew, market_not_taken_off_under_the_root, doubt_not_taken_off_under_the_root,
    market_that_never_changes, arrivals_of_the_wrong_month, whole_month_in_the_first_days_of_it,
    recovery_paid_twice, invoice_lag_ignored, due_dates_not_rolled,
    delivery_at_signature, discount_taken_by_all, rate_of_the_wrong_day,
    all_converted_on_the_day_of_signature, a_day_late, stays_rounded_up, stated_date_ignored,
    overdue_forgotten, pushes_forgotten, size_of_amounts_forgotten,
    delay_forgotten, amounts_not_sobered, lost_deals_come_back_where_they_were_lost,
]  # fmt: skip


SUBTLE = [due_dates_not_rolled, doubt_not_taken_off_under_the_root, market_that_never_changes]
"""What shifts the means so little that it takes more trials to be seen."""


ORDINARY = [b for b in BUGS if b not in SUBTLE]
FEW = ORDINARY[::8]
"""Planted in each run of the ordinary tests, the others among the slow ones."""


@pytest.mark.parametrize(
    "plant", [pytest.param(b, marks=[pytest.mark.slow] * (b not in FEW)) for b in ORDINARY],
    ids=lambda b: b.__qualname__,
)  # fmt: skip
def test_the_self_check_sees_it(monkeypatch, plant):
    busy()
    plant(monkeypatch)
    assert not caught().passed


@pytest.mark.slow
@pytest.mark.parametrize("plant", SUBTLE, ids=lambda b: b.__qualname__)
def test_more_trials_see_subtle_ones(monkeypatch, plant):
    busy()
    plant(monkeypatch)
    assert not caught(10 * TRIALS).passed


# ---- one per cent, and what only second moments can see


def one_per_cent(bias):
    """A hundred deals that are decided within a month, one transition of theirs biased by so much."""
    transitions = np.array([[0.0, 0.6, 0.0, 0.4], [0.0, 0.0, 0.7, 0.3]])
    transitions[0, 1] *= 1 + bias
    transitions[0, 3] = 1 - transitions[0, 1]
    funnel = make_funnel(transitions=transitions, stay=Gamma(4.0, 1.5))
    pipeline = make_pipeline(100, amount=2_000_000)
    return one(make_segment(funnel=funnel), pipeline, market=Market(), months=3)


@pytest.mark.slow
@pytest.mark.parametrize("bias", [-0.01, 0.01])
def test_one_per_cent_in_one_transition_is_seen(bias):
    right, wrong, trials = one_per_cent(0.0), one_per_cent(bias), 40_000
    exact, outcome = expected(right), run(one_per_cent(bias), trials, 2)
    first_month = outcome.money["bookings"][:, 0].sum(axis=0)
    shift = (expected(wrong).bookings - exact.bookings)[:, :, 0].sum()
    assert abs(shift) / (first_month.std() / np.sqrt(trials)) >= 6
    assert not self_check(right, outcome, exact).passed
    # Counted deal by deal, all together, it stands out as well.
    z = binomial_z([outcome.closes.sum()], 100 * trials, [exact.deal_in_horizon.mean()])
    assert np.sign(z[0]) == np.sign(bias)


@pytest.mark.slow
def test_without_the_bias_the_same_trials_pass():
    right = one_per_cent(0.0)
    assert self_check(right, run(right, 40_000, 2)).passed


def together(market=None, doubt=0.1):
    """Deals of one amount that share a market and a doubt."""
    segments = tuple(make_segment(name=n, doubt=np.full(3, doubt), amount_change=NEVER_CHANGED) for n in "ab")
    pipeline = make_pipeline(30, segment=[0, 1] * 15, stage=[0, 1, 2] * 10, amount=1_000_000)
    return make_scenario(segments=segments, pipeline=pipeline, market=market or Market(0.06, 0.1))


def variance_off(scenario, trials=20_000):
    outcome = run(scenario, trials, 2)
    number = outcome.money["bookings"].sum(axis=(0, 1)) / 1_000_000
    (mean, variance), _ = moments(Bets.of(scenario))
    assert abs(mean_z(number, mean)) < limit(1)
    return float(variance_z(number, variance))


def doubt_forgotten(patch):
    real = luck.Luck.shifted
    patch.setattr(luck.Luck, "shifted", lambda self, segment, quarter, rho: real(self, segment, quarter, 0.0))


def doubt_shared_by_all_segments(patch):
    real = luck.Luck.shifted

    def shifted(self, segment, quarter, rho):
        return real(replace(self, doubt=self.doubt[[0, 0]]), segment, quarter, rho)

    patch.setattr(luck.Luck, "shifted", shifted)


def segments_share_their_own_markets(patch):
    real = luck._path
    patch.setattr(luck, "_path", lambda streams, purpose, name, *some: real(streams, purpose, "", *some))


def market_of_each_deal_alone(patch):
    """The market's luck drawn anew for each deal: the means are right and the width is lost."""
    patch.setattr(luck.Luck, "shifted", lambda self, *some: (np.ones_like(self.rho), np.zeros_like(self.rho)))


def doubt_is_the_market(patch):
    real = luck._uniform
    patch.setattr(
        luck, "_uniform",
        lambda s, e, p, o: real(s, *((f"{e}/2026-Q4", "segment") if p == "doubt" else (e, p)), o),
    )  # fmt: skip


def test_the_number_won_varies_as_it_should():
    assert abs(variance_off(together())) < limit(1)


@pytest.mark.parametrize(
    "plant", [doubt_forgotten, doubt_shared_by_all_segments, segments_share_their_own_markets,
              market_of_each_deal_alone], ids=lambda b: b.__qualname__,
)  # fmt: skip
def test_second_moments_see_what_means_cannot(monkeypatch, plant):
    plant(monkeypatch)
    scenario = together()
    assert self_check(scenario, run(scenario, 20_000, 2)).passed
    assert abs(variance_off(scenario)) > limit(1)


def test_a_doubt_that_is_the_market_shifts_even_the_means(monkeypatch):
    doubt_is_the_market(monkeypatch)
    scenario = together()
    assert not self_check(scenario, run(scenario, 20_000, 2)).passed
