"""Weights of days, changes of amounts and stated dates are learned back from histories made with them."""

import datetime as dt

import numpy as np
import pytest
from past import make_history

from simulator.amounts import AmountChange
from simulator.clock import Clock, operational_clock
from simulator.close_dates import CloseDateRule, retimed
from simulator.history import LOST, NEVER, OPEN, UNKNOWN, WON, Moves
from simulator.learning.amounts import fit_amount_change
from simulator.learning.calendar import fit_calendar
from simulator.learning.close_dates import fit_close_dates, stated_dates
from simulator.streams import UniformRow

KNOWN = dt.date(2026, 6, 30)
LAST = KNOWN.toordinal()
PLAIN = Clock(-3000, np.arange(-3000, 401, dtype=np.float64))


def row(seed=1):
    return UniformRow(seed, "test")


# ---- days of closing


def closings(rng, count, days, weight):
    """Days of closing, each with its weight."""
    day = np.arange(LAST - days + 1, LAST + 1)
    return rng.choice(day, count, p=weight(day) / weight(day).sum())


def won_on(day, **more):
    return make_history(day - 40, LAST, closed=day, outcome=np.full(len(day), WON), **more)


def place_in_quarter(day):
    return np.array([(dt.date.fromordinal(int(d)).month - 1) % 3 for d in day])


def test_a_quarters_end_is_told_from_growth():
    rng = np.random.default_rng(1)
    grown = lambda day: np.exp((day - LAST) / 200) * np.array([0.7, 0.9, 1.4])[place_in_quarter(day)]  # noqa: E731
    found = fit_calendar(won_on(closings(rng, 4000, 540, grown)))
    assert np.allclose(found.months, (0.7, 0.9, 1.4), atol=0.12)
    only_grown = fit_calendar(won_on(closings(rng, 4000, 540, lambda day: np.exp((day - LAST) / 200))))
    assert np.allclose(only_grown.months, 1.0, atol=0.1)
    assert found.figures["calendar.month_3"].low > 1.15


def test_weekdays_are_learned_around_the_working_week():
    rng = np.random.default_rng(2)
    week = np.array([0.5, 1, 1, 1, 1.5, 0.0, 0.2])
    found = fit_calendar(won_on(closings(rng, 3000, 400, lambda day: week[(day + 6) % 7])))
    assert np.allclose(found.weekdays, week, atol=0.12)
    few = fit_calendar(won_on(closings(rng, 70, 400, lambda day: week[(day + 6) % 7])))
    assert np.abs(np.subtract(few.weekdays, 1))[:5].max() < 0.5 and len(few.figures) == 11


def test_without_enough_wins_the_calendar_stays_plain():
    found = fit_calendar(won_on(np.arange(LAST - 30, LAST)))
    assert (
        found.weekdays == (1, 1, 1, 1, 1, 0, 0) and found.months == (1, 1, 1) and "60 wins" in found.notes[0]
    )
    young = fit_calendar(won_on(LAST - np.arange(70)))
    assert young.months == (1, 1, 1) and "4 months" in young.notes[0]


def test_the_clock_takes_the_weights():
    as_of = dt.date(2026, 3, 31)
    plain, same = (operational_clock(as_of, -400, 400, "DE", 1.5, **more)
                   for more in ({}, {"months": (1.0, 1.0, 1.0)}))  # fmt: skip
    assert np.array_equal(plain.elapsed, same.elapsed)
    clock = operational_clock(as_of, -400, 700, weekdays=(1, 1, 1, 1, 0, 0, 2.0), months=(0.5, 1.0, 2.0))
    gone = np.diff(clock.at_end_of(np.arange(0, 98)))
    assert gone[2] == 0 and gone[3] == 0  # Friday and Saturday, 3 and 4 April
    assert gone[4] == pytest.approx(2 * gone[5])  # Sunday
    assert gone[68] == pytest.approx(4 * gone[5])  # Monday, 8 June, against Monday, 6 April


# ---- amounts


def signed(rng, count, unchanged, location, scale, known=LAST, by_size=0.0):
    """Deals with an amount at creation, another after ten days, and the signed one."""
    created = known - rng.integers(100, 500, count)
    early, late = rng.lognormal(10, 1, count), rng.lognormal(10, 1, count)
    lean = by_size * (np.log(late) - 10)
    y = np.where(rng.random(count) < unchanged, 0.0, location + lean + scale * rng.standard_t(5, count))
    closed = created + 60
    amounts = np.stack((early, late, np.full(count, -1)), axis=1)
    # The amount that holds from the tenth day on is the one that changes; the earlier is wrong at random.
    amounts[:, 0] = amounts[:, 1]
    days = np.stack((created, created + 10, closed), axis=1)
    deal = np.repeat(np.arange(count), 3)
    moves = Moves(
        deal, np.tile([0, 1, 2], count), days.ravel(), days.ravel(),
        np.rint(amounts * 100).astype(np.int64).ravel(), np.full(3 * count, UNKNOWN),
    )  # fmt: skip
    return make_history(
        created, known, closed=closed, outcome=np.full(count, WON), stages=("A", "B"),
        amount=np.rint(late * np.exp(y) * 100), moves=moves,
    )  # fmt: skip


def test_changes_of_amounts_are_learned_back():
    found = fit_amount_change(signed(np.random.default_rng(3), 800, 0.3, -0.12, 0.2), 1000, row())
    assert found.change.unchanged == pytest.approx(0.3, abs=0.06)
    assert found.change.location == pytest.approx(-0.12, abs=0.03)
    assert found.change.scale == pytest.approx(0.2, abs=0.03)
    assert 0 < found.shift.std() < 0.03 and np.exp(found.shift).mean() == pytest.approx(1)
    assert found.figures["amount_change.unchanged"].n == 800


@pytest.mark.parametrize("by_size", [-0.12, 0.0, 0.08])
def test_what_the_size_of_a_deal_adds_is_learned_back(by_size):
    """Within four errors of about .008."""
    found = fit_amount_change(
        signed(np.random.default_rng(3), 800, 0.3, -0.12, 0.2, by_size=by_size), 1000, row()
    )
    figure = found.figures["amount_change.by_size"]
    assert abs(found.change.by_size - by_size) < 4 * (figure.high - figure.low) / 2.56 < 0.05
    at_e10 = found.change.location + found.change.by_size * (10 - np.log(found.change.reference))
    assert at_e10 == pytest.approx(-0.12, abs=0.03)
    few = fit_amount_change(
        signed(np.random.default_rng(4), 40, 0.5, -0.05, 0.15, by_size=by_size), 100, row()
    )
    assert few.change.by_size == 0 and "amount_change.by_size" not in few.figures


def test_few_deals_stay_near_the_default_and_are_unsure():
    few = fit_amount_change(signed(np.random.default_rng(4), 5, 0.5, -0.05, 0.15), 1000, row())
    many = fit_amount_change(signed(np.random.default_rng(4), 500, 0.5, -0.05, 0.15), 1000, row())
    assert few.shift.std() > 2 * many.shift.std()
    assert abs(few.change.location + 0.05) < 0.15


def test_without_earlier_amounts_nothing_is_learned():
    found = fit_amount_change(won_on(np.arange(LAST - 50, LAST)), 100, row())
    assert found.change == AmountChange() and not found.shift.any() and "assumption" in found.notes[0]


# ---- stated dates


def dated(rng, count, rule, mean=4.0, sd=0.7, censor=True, overdue=0.0, pushes=0):
    """Deals of one stage that state one date when they are created, and close by the blend of it."""
    created = LAST - rng.integers(0 if censor else 800, 900, count)
    stated = np.rint(np.exp(rng.normal(4.0, 0.6, count)) + 3)
    stated = np.where(rng.random(count) < overdue, -3, stated)
    line = rule.line(stated, pushes, np.full(count, mean), np.full(count, sd))
    walk = np.exp(rng.normal(mean, sd, count)) - 7
    time = np.rint(retimed(np.maximum(walk, 1), *line)).astype(int)
    closed = created + time
    outcome = np.where(closed <= LAST, WON, OPEN)
    return created, stated.astype(int), np.where(outcome == WON, closed, NEVER), outcome


def history_of(created, stated, closed, outcome, pushes=0):
    """A history; dates that were moved were so on the day of creation, a day at a time."""
    count = len(created)
    deal = np.repeat(np.arange(count), pushes + 1)
    later = np.concatenate([np.arange(-n, 1) for n in np.broadcast_to(pushes, count)])
    first = Moves(
        deal, np.zeros(len(deal), int), created[deal], created[deal], np.full(len(deal), -1),
        (created + stated)[deal] + later,
    )  # fmt: skip
    done = np.flatnonzero(outcome != OPEN)
    end = Moves(
        done, np.where(outcome[done] == WON, 1, 2), closed[done], closed[done], np.full(len(done), -1),
        np.full(len(done), UNKNOWN),
    )  # fmt: skip
    both = {name: np.concatenate((getattr(first, name), getattr(end, name))) for name in vars(first)}
    moves = Moves(**both).only(np.lexsort((both["day"], both["deal"])))
    return make_history(created, LAST, closed=closed, outcome=outcome, moves=moves)


class Zero(UniformRow):
    """Takes all snapshots at creation: the walk's moments are those of the whole time."""

    def uniforms(self, *shape):
        return np.full(shape, 1e-9)


def moments(segment, stage, age):
    return np.full(len(age), 4.0), np.full(len(age), 0.7)


@pytest.mark.parametrize(("slip", "spread"), [(1.0, 0.3), (1.8, 0.8), (1.25, 3.0)])
def test_slip_and_spread_are_learned_back(slip, spread):
    rule = CloseDateRule(slip=slip, spread=spread)
    history = history_of(*dated(np.random.default_rng(5), 1500, rule))
    found = fit_close_dates(history, PLAIN, Zero(1, "x"), moments)
    assert abs(np.log(found.slip / slip)) < 0.15 + 0.1 * spread
    assert abs(np.log(found.spread / spread)) < 0.35
    figure = found.figures["close_date.slip"]
    assert figure.low < found.slip < figure.high and found.rule().spread == found.spread
    assert (found.overdue, found.pushes) == (1.0, 0.0), "no date has passed, none was moved"


@pytest.mark.parametrize(("overdue", "pushes"), [(0.5, -0.2), (1.8, 0.3), (1.0, 0.0)])
def test_what_overdue_dates_and_pushes_tell_is_learned_back(overdue, pushes):
    """Of 1,500 deals a third is overdue, half were moved once to thrice; within four errors, about .04 and
    .03 where all are closed."""
    rule, rng = CloseDateRule(overdue=overdue, pushes=pushes), np.random.default_rng(7)
    moved = rng.integers(0, 4, 1500) * rng.integers(0, 2, 1500)
    history = history_of(*dated(rng, 1500, rule, overdue=1 / 3, pushes=moved), moved)
    found = fit_close_dates(history, PLAIN, Zero(1, "x"), moments)
    for name, truth in (("overdue", overdue), ("pushes", pushes)):
        figure = found.figures[f"close_date.{name}"]
        assert figure.low < getattr(found, name) < figure.high
        assert abs(getattr(found, name) - truth) < 4 * (figure.high - figure.low) / 2.56
        assert figure.high - figure.low < 0.35
    assert abs(np.log(found.slip / 1.25)) < 0.15 and abs(np.log(found.spread / 0.8)) < 0.35
    assert found.rule() == CloseDateRule("blend", found.slip, 0, found.spread, found.overdue, found.pushes)


def test_a_few_overdue_dates_tell_nothing():
    rng = np.random.default_rng(8)
    rule = CloseDateRule(overdue=0.4)
    found = fit_close_dates(history_of(*dated(rng, 60, rule, overdue=0.2)), PLAIN, Zero(1, "x"), moments)
    assert found.overdue == 1.0 and "close_date.overdue" not in found.figures


def test_a_lost_deal_teaches_no_date_and_few_deals_none():
    rule = CloseDateRule()
    created, stated, closed, outcome = dated(np.random.default_rng(6), 60, rule)
    outcome = np.where(outcome == WON, LOST, outcome)
    history = history_of(created, stated, closed, outcome)
    assert not stated_dates(history, PLAIN, row()).won.any()
    found = fit_close_dates(history, PLAIN, row())
    assert (found.slip, found.spread) == (1.25, 0.8) and "10 won deals" in found.notes[0]


def test_a_small_spread_trusts_the_date():
    stated, sd = np.array([50.0]), np.array([0.7])
    weights = [CloseDateRule(spread=s).weight(stated, sd)[0] for s in (0.1, 0.8, 5.0)]
    assert weights == sorted(weights) and weights[0] < 0.03 and weights[2] > 0.97
