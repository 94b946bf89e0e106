"""The self-check of a run: what it must see, and what it must not take for a fault."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from factory import (
    NEVER_CHANGED,
    make_funnel,
    make_pipeline,
    make_product,
    make_receivables,
    make_segment,
    make_wins,
    plain_clock,
)
from family import SPREAD, one, run, self_check

from simulator.distributions import Fixed, LogNormal
from simulator.payments import PaymentBehaviour
from simulator.products import Line
from simulator.self_check import standard_errors

N = 2_000


def won(behaviour=None, **more):
    """One deal won today, and an invoice of another one, so that nothing is presumed without a record."""
    behaviour = behaviour or PaymentBehaviour.default()
    segment = make_segment(payment={"default": behaviour}, clock=plain_clock())
    receivables = make_receivables(due_day=[20], amount_minor=[100])
    wins = make_wins(day=[0], amount=[1_000_000], **more)
    return one(segment, make_pipeline(), wins=wins, receivables=receivables, months=3)


def test_a_failure_that_no_trial_shows_is_no_finding():
    """A customer fails within the three days to the invoice in 1 of 12,000 trials."""
    scenario = won(replace(PaymentBehaviour.default(), insolvency=0.01))
    outcome = run(scenario, N, 1)
    assert set(outcome.money["billings"].sum(axis=(0, 1))) == {1_000_000.0}
    check = self_check(scenario, outcome)
    assert check.passed, check.failures


def test_a_delivery_that_no_trial_shows_is_no_finding():
    """What is nearly always delivered much later is seldom delivered, and recognised, this month."""
    product = make_product(recognise="at-delivery", delivery=LogNormal.from_median(100, 150))
    scenario = replace(won(lines=(Line(0),)), products=(product,))
    late = replace(scenario, wins=make_wins(day=[0, 0], amount=[10_000, 1_000_000], lines=(Line(0),)))
    for seed in range(3):
        check = self_check(late, run(late, N, seed))
        assert check.passed, check.failures


def test_where_nothing_is_left_to_chance_a_thousandth_is_a_finding():
    scenario = won()
    outcome = run(scenario, N, 1)
    assert self_check(scenario, outcome).passed
    outcome.money["billings"] *= 1.001
    assert not self_check(scenario, outcome).passed


@pytest.mark.parametrize("by", [0.99, 1.01])
def test_chance_hides_no_fault_of_a_hundredth(by):
    scenario = won(replace(PaymentBehaviour.default(), insolvency=0.01))
    outcome = run(scenario, N, 1)
    outcome.money["billings"] *= by
    assert not self_check(scenario, outcome).passed


def test_a_deficit_is_never_corrected_away():
    """Skewed amounts that lie low by ever more: each deficit stands out more than the one before."""
    amounts = np.exp(np.random.default_rng(5).normal(0, 1.5, N)) * 1e6
    error = amounts.std() / np.sqrt(N)
    found = [standard_errors(amounts, amounts.mean() + off * error) for off in (2, 5, 10, 20, 40, 80)]
    assert (np.diff(found) < 0).all()
    assert found[-1] < -10


@pytest.mark.parametrize("seed", range(3))
def test_a_year_of_a_months_contract_moves_once(seed):
    """Twelve times a contract's amount is no twelve movements: the last deals to be signed are few."""
    product = make_product(recurring=True, service_months=1)
    funnel = make_funnel((0.5,), stay=LogNormal.from_median(30, 90))
    segment = make_segment(funnel=funnel, clock=plain_clock())
    pipeline = make_pipeline(3, amount=[1_000, 1_000, 90_000_000], lines=(Line(0),))
    scenario = one(segment, pipeline, products=(product,), months=20)
    check = self_check(scenario, run(scenario, N, seed))
    assert check.passed, check.failures


@pytest.mark.parametrize("seed", range(3))
def test_a_hundred_small_wins_are_not_enough_where_one_large_deal_is_awaited(seed):
    small = make_pipeline(5, amount=[1, 1, 1, 1, 50_000_000], stage=[0, 0, 0, 0, 1])
    stays = [Fixed(3), LogNormal.from_median(90, 200)]
    funnel = make_funnel(transitions=[[0.0, 0.0, 0.5, 0.5], [0.0, 0.0, 0.5, 0.5]], stay=stays)
    segment = make_segment(funnel=funnel, amount_change=NEVER_CHANGED, clock=plain_clock())
    scenario = one(segment, small, days=8)
    check = self_check(scenario, run(scenario, N, seed))
    assert check.passed, check.failures


def test_an_old_invoice_that_hardly_ever_comes_is_no_finding():
    """A large one whose payment is awaited in 1 of 5,000 trials, beside a small one that is sure to come."""
    behaviour = PaymentBehaviour(1, np.array([0.0002, *[0.0] * 99, 0.9998]))
    segment = make_segment(payment={"default": behaviour})
    receivables = make_receivables(due_day=[0, -100], amount_minor=[5_000_000, 30_000], customer=["A", "B"])
    scenario = one(segment, make_pipeline(), receivables=receivables, months=2)
    for seed in range(3):
        check = self_check(scenario, run(scenario, N, seed))
        assert check.passed, check.failures


@pytest.mark.parametrize("sign", [-1, 1])
def test_sums_of_many_amounts_keep_their_power(sign):
    amounts = SPREAD.isf(np.random.default_rng(2).uniform(size=(N, 20)))
    total = amounts.sum(axis=1)
    exact = total.mean() + 8 * sign * total.std() / np.sqrt(N)
    assert abs(standard_errors(total, exact, 1.0, 2 * np.mean(amounts))) > 6


def test_tax_of_a_large_invoice_that_hardly_ever_comes_is_no_finding():
    """All that its month awaits is the tax of a deal that is won in 1 of 5,000 trials."""
    product = make_product(tax=Fraction(1, 5), terms="net 30", invoice_lag=1)
    funnel = make_funnel(transitions=[[0.0, 0.0002, 0.9998]], stay=Fixed(95))
    segment = make_segment(funnel=funnel, clock=plain_clock(), amount_change=NEVER_CHANGED)
    wins = make_wins(day=[0], amount=[120_000], lines=(Line(0),))
    deal = make_pipeline(1, amount=90_000_000, lines=(Line(0),))
    receivables = make_receivables(due_day=[20], amount_minor=[100])
    scenario = one(
        segment, deal, wins=wins, products=(product,), receivables=receivables, months=12
    )  # fmt: skip
    for seed in range(4):
        check = self_check(scenario, run(scenario, N, seed))
        assert check.passed, check.failures
