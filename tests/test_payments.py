import dataclasses
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from simulator.payments import (
    DEFAULT_TABLE,
    NEVER,
    PaymentBehaviour,
    pay_days,
    shared_score,
)

DEFAULT = PaymentBehaviour.default()
CERTAIN = PaymentBehaviour.from_table({0: 0.5, 10: 1.0})  # no bad debt
LUMPY = PaymentBehaviour(-2, np.array([0.0, 0.25, 0.0, 0.0, 0.5, 0.0]), 0.25)
ALL = [DEFAULT, CERTAIN, LUMPY, PaymentBehaviour.stretched(45, 0.02), PaymentBehaviour.stretched(1)]


def intervals(behaviour):
    """Each day's interval of u, by a plain running sum, and the first u of bad debt."""
    days, chances, bad_debt = behaviour.late_law()
    ends = np.cumsum(chances)
    rows = zip(days.tolist(), chances, ends, strict=True)
    return [(day, end - chance, end) for day, chance, end in rows if chance > 0], bad_debt


def test_the_default_is_the_published_table():
    for day, paid in DEFAULT_TABLE.items():
        assert DEFAULT.cdf(day) == pytest.approx(paid, abs=1e-14)
    assert DEFAULT.bad_debt == pytest.approx(0.005) and DEFAULT.median_late == 7
    assert (DEFAULT.first_day, DEFAULT.last_day) == (-30, 365)
    assert (DEFAULT.recovery, DEFAULT.discount_taken, DEFAULT.shared) == (0.0, 0.5, 0.3)


def test_a_bucket_spreads_its_chance_evenly_over_whole_days():
    days, chances, _ = DEFAULT.late_law()
    at = dict(zip(days.tolist(), chances.tolist(), strict=True))
    assert [at[day] for day in (-30, -1)] == pytest.approx([0.15 / 30] * 2)
    assert at[0] == pytest.approx(0.10)
    assert [at[day] for day in (1, 2, 3)] == pytest.approx([0.13 / 3] * 3)
    assert [at[day] for day in (181, 365)] == pytest.approx([0.01 / 185] * 2)


@pytest.mark.parametrize("behaviour", ALL)
def test_the_law_sums_to_one(behaviour):
    days, chances, bad_debt = behaviour.late_law()
    assert chances.sum() + bad_debt == pytest.approx(1, abs=1e-12)
    assert days.dtype == np.int64 and (np.diff(days) == 1).all()
    assert behaviour.cdf(days[0] - 1) == 0 and behaviour.cdf(days[-1] + 9) == 1 - bad_debt
    assert np.allclose(np.diff(behaviour.cdf(np.append(days[0] - 1, days))), chances, atol=1e-12)


@pytest.mark.parametrize("behaviour", ALL)
def test_inversion_gives_each_day_its_interval(behaviour):
    bounds, bad_debt = intervals(behaviour)
    days = np.array([day for day, _, _ in bounds])
    for fraction in (1e-6, 0.5, 1 - 1e-6):
        u = np.array([low + fraction * (high - low) for _, low, high in bounds])
        assert (behaviour.late_days(u) == days).all()
    if bad_debt:
        assert (behaviour.late_days(1 - bad_debt * np.array([0.999999, 0.5, 1e-9])) == NEVER).all()
    else:
        assert behaviour.late_days(np.nextafter(1, 0)) == days[-1]


@pytest.mark.parametrize("behaviour", ALL)
def test_inversion_is_exact_at_every_boundary(behaviour):
    days, _, bad_debt = behaviour.late_law()
    ends = behaviour.cdf(days)
    beyond = NEVER if bad_debt else days[np.flatnonzero(behaviour.pmf)[-1]]
    for u in np.concatenate([ends, np.nextafter(ends, 0), np.nextafter(ends, 1), np.arange(1, 4096) / 4096]):
        if 0 < u < 1:
            later = days[ends > u]
            assert behaviour.late_days(u) == (later[0] if later.size else beyond)


def test_inversion_keeps_the_shape():
    u = np.linspace(0.01, 0.99, 24).reshape(2, 3, 4)
    assert DEFAULT.late_days(u).shape == (2, 3, 4) and DEFAULT.late_days(u).dtype == np.int64
    assert DEFAULT.late_days(np.empty(0)).shape == (0,)
    assert DEFAULT.residual_late_days(u, 5).shape == (2, 3, 4)


def test_inversion_is_quick_enough_not_to_hang():
    u = np.random.default_rng(1).random(20_000)
    begin = time.perf_counter()
    for _ in range(50):
        DEFAULT.late_days(u)
    assert (time.perf_counter() - begin) / (50 * u.size) < 500e-9


@given(st.floats(0, 1, exclude_min=True, exclude_max=True), st.integers(-50, 500), st.sampled_from(ALL))
def test_what_is_unpaid_is_paid_later(u, so_far, behaviour):
    late = int(behaviour.residual_late_days(u, so_far))
    assert late > so_far
    if so_far >= behaviour.last_day:
        assert late == (NEVER if behaviour.bad_debt else so_far + 1)


@pytest.mark.parametrize("behaviour", ALL)
@pytest.mark.parametrize("so_far", [-40, -31, -30, -1, 0, 2, 3, 9, 44, 364, 365, 400])
def test_the_residual_law_is_the_law_given_survival(behaviour, so_far):
    days, chances, bad_debt = behaviour.late_law()
    later, survivors = days > so_far, 1 - behaviour.cdf(so_far)
    if survivors <= 0:
        assert (behaviour.residual_late_days([0.1, 0.9], so_far) == so_far + 1).all()
        return
    days, chances, bad_debt = days[later], chances[later] / survivors, bad_debt / survivors
    assert chances.sum() + bad_debt == pytest.approx(1, abs=1e-9)
    # The middle of each day's interval of u is inverted to that day.
    ends = np.cumsum(chances)
    likely = chances > 0
    got = behaviour.residual_late_days((ends - chances / 2)[likely], so_far)
    assert (got == days[likely]).all()
    if bad_debt:
        assert behaviour.residual_late_days(1 - bad_debt / 2, so_far) == NEVER


def test_the_residual_takes_one_age_an_invoice():
    got = DEFAULT.residual_late_days([0.0001] * 4, [-100, 0, 30, 365])
    assert got.tolist() == [-30, 1, 31, NEVER]
    assert DEFAULT.residual_late_days(0.3, -100) == DEFAULT.late_days(0.3)


@pytest.mark.parametrize("median", [1, 2, 3, 5, 6, 7, 8, 13, 14, 30, 45, 60, 100, 365])
@pytest.mark.parametrize("bad_debt", [None, 0.0, 0.001, 0.005, 0.02, 0.1, 0.3, 0.49])
def test_stretching_reaches_the_median_exactly(median, bad_debt):
    behaviour = PaymentBehaviour.stretched(median, bad_debt)
    assert behaviour.median_late == median
    assert behaviour.cdf(median) == pytest.approx(0.5, abs=1e-12) and behaviour.cdf(median - 1) < 0.5 - 1e-6
    assert behaviour.bad_debt == pytest.approx(0.005 if bad_debt is None else bad_debt, abs=1e-15)
    assert behaviour.cdf(-1) == pytest.approx(0.15 * (1 - behaviour.bad_debt) / 0.995)


def test_stretching_scales_the_days_above_zero():
    twice = PaymentBehaviour.stretched(14)
    for day, paid in DEFAULT_TABLE.items():
        assert twice.cdf(2 * day if day > 0 else day) == pytest.approx(paid)
    assert twice.last_day == 730
    assert np.array_equal(PaymentBehaviour.stretched().pmf, DEFAULT.pmf)
    assert np.allclose(PaymentBehaviour.stretched(7, 0.005).pmf, DEFAULT.pmf, atol=1e-15)


def test_bad_debt_rescales_the_rest():
    behaviour = PaymentBehaviour.stretched(bad_debt=0.104)
    assert behaviour.bad_debt == pytest.approx(0.104)
    assert np.allclose(behaviour.pmf, DEFAULT.pmf * 0.896 / 0.995)
    certain = PaymentBehaviour.stretched(bad_debt=0.0)
    assert (certain.late_days(np.linspace(0.9, 1, 99, endpoint=False)) < NEVER).all()


@pytest.mark.parametrize("median", [0, -3, 7.5])
def test_a_median_that_is_no_whole_day_above_zero_is_refused(median):
    with pytest.raises(ValueError, match="median_late"):
        PaymentBehaviour.stretched(median)


@pytest.mark.parametrize("bad_debt", [-0.1, 1.0, 2.0, float("nan")])
def test_bad_debt_outside_its_range_is_refused(bad_debt):
    with pytest.raises(ValueError, match="bad_debt"):
        PaymentBehaviour.stretched(bad_debt=bad_debt)


def test_no_median_where_most_is_bad_debt():
    with pytest.raises(ValueError, match="no median"):
        PaymentBehaviour.stretched(7, 0.6)
    assert PaymentBehaviour.stretched(bad_debt=0.6).median_late == NEVER


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "empty"),
        ({-31: 0.1, 0: 0.5}, "earliest is -30"),
        ({0: 0.5, 7: 0.4}, "rise"),
        ({0: -0.1}, "rise"),
        ({0: 1.1}, "rise"),
        ({0: float("nan")}, "rise"),
        ({0: 0.0, 7: 0.0}, "nobody"),
        ({0.5: 0.2}, "whole number"),
    ],
)
def test_impossible_tables_are_refused(table, message):
    with pytest.raises(ValueError, match=message):
        PaymentBehaviour.from_table(table)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"pmf": np.array([0.5])}, "add to"),
        ({"pmf": np.array([1.5, -0.5])}, "negative"),
        ({"pmf": np.array([np.nan, 1.0])}, "finite"),
        ({"pmf": np.array([[1.0]])}, "one row"),
        ({"pmf": np.zeros(3), "bad_debt": 1.0}, "not all 0"),
        ({"recovery": 1.1}, "recovery"),
        ({"discount_taken": -0.1}, "discount_taken"),
        ({"shared": 2.0}, "shared"),
        ({"bad_debt": float("nan")}, "bad_debt"),
    ],
)
def test_impossible_fields_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        PaymentBehaviour(**{"first_day": 0, "pmf": np.array([1.0]), **fields})


def test_a_behaviour_is_not_changed_but_replaced():
    other = dataclasses.replace(DEFAULT, recovery=0.2, shared=0.0)
    assert other.recovery == 0.2
    assert np.array_equal(other.late_days([0.2, 0.9]), DEFAULT.late_days([0.2, 0.9]))
    with pytest.raises(ValueError, match="read-only"):
        DEFAULT.pmf[0] = 1
    made = PaymentBehaviour.from_table({0: 1.0}, recovery=0.1, discount_taken=0.9, shared=0.2)
    assert (made.recovery, made.discount_taken, made.shared) == (0.1, 0.9, 0.2)


def test_a_recovery_arrives_at_the_end_of_the_table_or_the_next_day():
    assert DEFAULT.recovery_days([-5, 364, 365, 400]).tolist() == [365, 365, 366, 401]


def test_nobody_pays_before_the_invoice_is_written():
    got = pay_days(np.array([10, 10, 10, 10]), np.array([40, 40, 10, 40]), np.array([5, -35, -1, NEVER]))
    assert got.tolist() == [45, 10, 10, NEVER]
    assert got.dtype == np.int64


def test_shared_lateness_keeps_each_law_and_correlates():
    random = np.random.default_rng(7)
    z, own = random.standard_normal(40_000), random.standard_normal((2, 40_000))
    mixed = [shared_score(score, z, 0.3) for score in own]
    for score in mixed:
        assert stats.kstest(score, "norm").pvalue > 1e-3
    assert abs(np.corrcoef(mixed)[0, 1] - 0.3) * np.sqrt(z.size) < 4
    assert np.array_equal(shared_score(own[0], z, 0), own[0])
    assert np.array_equal(shared_score(own[0], z, 1), z)


@pytest.mark.parametrize("behaviour", [DEFAULT, PaymentBehaviour.stretched(40, 0.2), *DEFAULT.by_weekday[:1]])
def test_scores_and_uniforms_draw_the_same_days(behaviour):
    edges = behaviour.cdf(behaviour.late_law()[0])
    edges = edges[(edges > 0) & (edges < 1)]
    drawn, ends = np.random.default_rng(3).random(200_000), [1e-16, 1 - 1e-16]
    u = np.concatenate([drawn, edges - 1e-9, edges + 1e-9, ends])
    u = u[(u > 0) & (u < 1)]
    assert np.array_equal(behaviour.late_days_of(special.ndtri(u)), behaviour.late_days(u))
    far = behaviour.late_days_of(np.array([-11.9, 11.9]))
    assert far.tolist() == behaviour.late_days([1e-300, np.nextafter(1, 0)]).tolist()
