"""Customers whose lateness is learned, what all share, and the days on which money moves: engine = oracle."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from factory import make_receivables, make_scenario, make_segment, make_wins
from family import eventful, limit, mean_z, run, trials_of
from scipy import special

from simulator.distributions import LogNormal
from simulator.engine import compile_plan, lateness, play
from simulator.expected import expected
from simulator.expected.paying import of_payer, residual, still_unpaid
from simulator.payment_days import PaymentDays, day_kinds, month_ends
from simulator.payments import NEVER, Dispute, PaymentBehaviour
from simulator.self_check import check_means

BUSY = PaymentDays((0.4, 0.7, 0.3, 1.0, 0.6, 0.0, 0.0), 0.35, 0.0, "DE", 3)
PAYERS = {
    f"C{n:04d}": (mean, sd) for n, (mean, sd) in enumerate([(1.2, 0.3), (-0.8, 0.5), (0.1, 0.9), (2, 0.2)])
}
PLAIN = PaymentBehaviour.stretched(12, 0.03, recovery=0.3, discount_taken=0.4, shared=0.4)
SHARED = replace(PLAIN, common=0.15)
BEHAVIOURS = {
    "payers": PLAIN,
    "common": SHARED,
    "days": replace(SHARED, days=BUSY),
    "runs": replace(SHARED, run_days=(1, 3)),
    "everything": replace(
        SHARED, days=BUSY, insolvency=0.1, dispute=Dispute(0.2, LogNormal.from_median(9, 20), Fraction(1, 4))
    ),
    "no bad debt": PaymentBehaviour.from_table({0: 0.3, 10: 0.7, 40: 1.0}, shared=0.5, common=0.2),
    "little of its own": PaymentBehaviour.from_table({0: 0.3, 10: 0.7, 40: 0.9}, shared=0.65, common=0.3),
}


def paid_by(behaviour, **more):
    scenario = eventful()
    segments = tuple(replace(s, payment={"default": behaviour}) for s in scenario.segments)
    due = [-40, 3, 25, -400, 0, -7, 12]
    opened = make_receivables(
        due_day=due, amount_minor=[987_654] * 7, customer=[*(f"C{n:04d}" for n in range(3, 9)), "C0001"]
    )
    wins = make_wins(day=[-20, -3], customer=["C0001", "W1"])
    return replace(scenario, segments=segments, receivables=opened, wins=wins, payers=PAYERS, **more)


def checked(scenario, trials=6_000):
    plan = compile_plan(scenario, 11)
    outcome = play(plan, 0, trials)
    return check_means(trials_of(scenario, outcome, 11), expected(scenario), plan.most_parts)


ORDINARY = ("runs", "everything")


@pytest.mark.parametrize(
    "name", [n if n in ORDINARY else pytest.param(n, marks=pytest.mark.slow) for n in BEHAVIOURS]
)
def test_means_agree_in_every_cell(name):
    check = checked(paid_by(BEHAVIOURS[name]))
    assert check.passed, check.failures
    assert check.cells >= 90


@pytest.mark.parametrize("so_far", [-20, 0, 17, 90, 400])
@pytest.mark.parametrize("name", ["payers", "common", "no bad debt"])
def test_an_open_invoice_of_a_known_customer_is_paid_by_its_exact_law(name, so_far):
    """Day by day, |z| beyond the limit once in 20,000 runs."""
    behaviour = replace(BEHAVIOURS[name], recovery=0.0)
    opened = make_receivables(due_day=[-so_far], invoice_day=[-500], customer=["C0001"])
    segment = make_segment(payment={"default": behaviour})
    scenario = make_scenario(segments=(segment,), days=400, receivables=opened, payers=PAYERS)
    law = residual(behaviour, -so_far, 0.0, 401, still_unpaid(behaviour, so_far, PAYERS["C0001"]))
    plan = compile_plan(scenario, 4)
    late = []
    real = lateness._open

    def spy(*arguments):
        late.append(real(*arguments))
        return late[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lateness, "_open", spy)
        play(plan, 0, 40_000)
    late = np.concatenate(late)
    days = late[late < NEVER] - so_far
    counts = np.bincount(days[days <= 400], minlength=401)
    some = np.flatnonzero(law * 40_000 >= 20)
    some = some[some > 0]
    z = (counts[some] - law[some] * 40_000) / np.sqrt(40_000 * law[some] * (1 - law[some]) + 1e-9)
    assert np.abs(z).max() < limit(len(z))


def test_a_known_customer_pays_new_invoices_by_a_shifted_table():
    late = of_payer(SHARED, (1.5, 0.2))
    early = of_payer(SHARED, (-1.5, 0.2))
    assert late.cdf(12) < SHARED.cdf(12) < early.cdf(12)
    assert of_payer(SHARED, (0.0, 1.0)) is SHARED
    z = 1.5 + 0.2 * special.ndtri((np.arange(20_000) + 0.5) / 20_000)
    score = special.ndtri(SHARED.cdf(12))
    given = special.ndtr((score - np.sqrt(0.4) * z) / np.sqrt(0.6)).mean()
    assert late.cdf(12) == pytest.approx(given, abs=1e-6)


def test_what_all_share_widens_receipts_and_leaves_their_mean():
    wide = {}
    for common in (0.0, 0.3):
        behaviour = replace(PLAIN, common=common)
        opened = make_receivables(due_day=[1] * 200, customer=[f"X{n}" for n in range(200)])
        scenario = make_scenario(
            segments=(make_segment(payment={"default": behaviour}),), receivables=opened, days=15
        )
        money = run(scenario, 2_000).money["receipts"].sum(axis=(0, 1))
        assert abs(mean_z(money, expected(scenario).receipts.sum())) < 4  # once in 16,000
        wide[common] = money.std()
    assert wide[0.3] > 3 * wide[0.0]


def test_days_of_the_calendar_are_told_apart():
    first = date(2026, 1, 1).toordinal()
    kinds = day_kinds(first, first + 31, "DE")
    assert kinds[0] == 7 and kinds[1] == 4 and kinds[2] == 5
    ends = month_ends(first, first + 31, "DE", 3)  # 28 to 30 January, Wednesday to Friday
    assert ends[[27, 28, 29]].tolist() == [1 / 3, 1 / 2, 1] and np.count_nonzero(ends) == 3
    assert day_kinds(first, first, None)[0] == 3


def test_payments_wait_for_the_next_day_that_takes_them():
    fridays = PaymentDays((0, 0, 0, 0, 1.0, 0, 0))
    origin = date(2026, 1, 4).toordinal()  # a Sunday
    day = np.array([-3, 1, 5, 6, 12, 99, NEVER])
    moved = fridays.moved(day, np.full(7, 0.3), origin, 20)
    assert moved.tolist() == [-3, 5, 5, 12, 12, 99, NEVER]
    assert fridays.idle(origin) == 2 and fridays.idle(origin + 5) == 0
    half = PaymentDays((0.5,) * 7)
    u = (np.arange(10_000) + 0.5) / 10_000
    counts = np.bincount(half.moved(np.ones(10_000, dtype=np.int64), u, origin, 30))
    assert counts[1:5].tolist() == [5000, 2500, 1250, 625]


@pytest.mark.parametrize(
    "wrong", [{"weekdays": (1.0,) * 6}, {"weekdays": (1.0,) * 6 + (1.5,)}, {"weekdays": (0.0,) * 7}]
)
def test_weights_outside_their_range_are_refused(wrong):
    with pytest.raises(ValueError, match="weight"):
        PaymentDays(**wrong)


PLANTED = {
    "survival counted twice": (lateness._Invoices, "known", None),
    "the score of the customer without its mean": ("payers", {c: (0.0, s) for c, (_, s) in PAYERS.items()}),
    "the spread of the score": ("payers", {c: (m, 1.8) for c, (m, _) in PAYERS.items()}),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_seen(monkeypatch, fault):
    scenario = paid_by(SHARED)
    played_as = scenario
    if fault == "survival counted twice":
        real = lateness._Invoices.__init__

        def without(self, own, joint, so_far, known):
            real(self, own, joint, so_far, None)

        monkeypatch.setattr(lateness._Invoices, "__init__", without)
    else:
        played_as = replace(scenario, payers=PLANTED[fault][1])
    plan = compile_plan(played_as, 11)
    outcome = play(plan, 0, 6_000)
    assert not check_means(trials_of(scenario, outcome, 11), expected(scenario), plan.most_parts).passed
