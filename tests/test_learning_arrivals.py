"""New pipeline learned from creation dates follows growth, season and sparse months, as surely as it says."""

import datetime as dt

import numpy as np
import pytest
from past import make_history

from simulator.clock import Clock, operational_clock
from simulator.history import WON
from simulator.learning.arrivals import fit_arrivals
from simulator.learning.counts import follow
from simulator.streams import UniformRow

KNOWN = dt.date(2026, 6, 30)
PLAIN = Clock(-3000, np.arange(-3000, 401, dtype=np.float64))
D = 500


def fit(created, known=KNOWN, clock=PLAIN, draws=D, **more):
    history = make_history(np.sort(created), known.toordinal(), **more)
    return fit_arrivals(history, clock, draws, UniformRow(1, "arrivals"))


def months_back(counts, known=KNOWN):
    """Creation days, spread evenly over each of the months before the as-of day's end."""
    days, month = [], known.replace(day=1)
    for count in reversed(counts):
        length = ((month.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - month).days
        days += [month.toordinal() + int((n + 0.5) * length / count) for n in range(count)]
        month = (month - dt.timedelta(days=1)).replace(day=1)
    return np.array(days)


def quarter(draws, known, rng):
    """Draws of the number that arrives in the next three months."""
    total = np.zeros(len(draws.per_month))
    for m in (1, 2, 3):
        rate = draws.per_month * (1 + draws.trend) ** (m / 12) * draws.season[:, (known.month - 1 + m) % 12]
        total += rng.negative_binomial(draws.dispersion, draws.dispersion / (draws.dispersion + rate))
    return total


def test_strong_growth_is_followed():
    found = fit(months_back([7, 115, 236, 312, 515, 792, 874, 722, 792]))["all"]
    assert 600 < np.median(found.draws.per_month) < 1000  # the average of nine months is 485
    assert found.figures["new_pipeline.per_month"].n == 4365
    assert "12 months" in found.notes[0] and (found.draws.season == 1).all()


@pytest.mark.parametrize("pace", [1.4, 0.8])
def test_who_grows_or_shrinks_at_one_pace_for_two_years_is_followed(pace):
    """The next quarter within 6 %, no chance in it; a level without growth of its own lags by 15 %."""
    rates = 40 * pace ** (np.arange(-23, 4) / 12)
    draws = fit(months_back(np.rint(rates[:24]).astype(int).tolist()))["all"].draws
    to_come = sum(draws.per_month * (1 + draws.trend) ** (m / 12) * draws.season[:, 5 + m] for m in (1, 2, 3))
    assert abs(np.median(to_come) / rates[24:].sum() - 1) < 0.06


def test_a_steady_stream_stays_what_it_is():
    found = fit(months_back([20] * 30))["all"].draws
    assert 17 < np.median(found.per_month) < 23
    assert abs(np.median(found.trend)) < 0.15
    assert np.abs(np.log(found.season).mean(axis=0)).max() < 0.12


def test_a_season_is_found_and_shrunk():
    usual = [30] * 12
    usual[7], usual[11] = 6, 60  # August, December
    found = fit(months_back((usual[6:] + usual[:6]) * 3))["all"].draws
    season = found.season.mean(axis=0)
    assert 0.15 < season[7] < 0.6 and 1.3 < season[11] < 2.1
    assert abs(np.log(season).mean()) < 0.2


def test_a_month_in_part_counts_in_part():
    known = dt.date(2026, 6, 15)
    steady = fit(np.arange(known.toordinal() - 700, known.toordinal() + 1), known)["all"].draws
    assert 27 < np.median(steady.per_month) < 34
    weekly = operational_clock(known, -1500, 400)
    days = np.arange(known.toordinal() - 700, known.toordinal() + 1)
    days = days[(days + 6) % 7 < 5]
    assert 19 < np.median(fit(days, known, weekly)["all"].draws.per_month) < 24


def test_bluebirds_are_a_stream_of_their_own():
    created = np.sort(months_back([10] * 14))
    closed, outcome = np.full(140, 2**31), np.zeros(140, dtype=int)
    birds = np.arange(140) % 5 == 0
    closed[birds], outcome[birds] = created[birds] + 1, WON
    amount = np.where(birds, 500_00, 9_000_00)
    found = fit(created, closed=closed, outcome=outcome, amount=amount)["all"]
    assert 1.4 < found.draws.bluebirds.mean() < 2.6 and 6.5 < found.draws.per_month.mean() < 9.5
    assert (found.draws.amounts == 9_000).all() and (found.draws.bluebird_amounts == 500).all()
    assert found.figures["new_pipeline.bluebirds"].n == 28


def test_entry_and_amounts_are_those_of_the_last_year():
    created = np.sort(months_back([10] * 24))
    stage = np.where(np.arange(240) % 4 == 0, 1, 0)
    amount = np.where(created > created[120], 20_000_00, 1_000_00)
    found = fit(created, stage=stage, amount=amount, stages=("A", "B", "C"))["all"].draws
    assert found.entry.shape == (D, 3) and (found.entry[:, 2] == 0).all()
    assert found.entry[:, 1].mean() == pytest.approx(0.25, abs=0.05)
    assert np.allclose(found.entry.sum(axis=1), 1)
    assert np.median(found.amounts) == 20_000 and len(found.amounts) >= 115
    assert 0 < found.amount_shift.std() < 0.2


def test_segments_move_together_and_one_without_deals_is_left_out():
    days = months_back([20] * 12)
    found = fit(np.repeat(np.sort(days), 2), segment=np.arange(480) % 2, segments=("a", "b", "c"))
    assert set(found) == {"a", "b"}
    rates = [np.log(f.draws.per_month) for f in found.values()]
    assert 0.3 < np.corrcoef(rates)[0, 1] < 0.7


def test_nothing_at_all_gives_nothing():
    history = make_history([KNOWN.toordinal() - 5], KNOWN.toordinal(), since=KNOWN.toordinal() - 1)
    assert fit_arrivals(history, PLAIN, D, UniformRow(1, "arrivals")) == {}
    one = fit([KNOWN.toordinal() - 1])["all"]
    assert np.isfinite(one.draws.per_month).all() and one.draws.per_month.std() > 0


def series(kind, rng):
    """Monthly counts, and the three that follow."""
    months = {"sparse": 10, "young": 8}.get(kind, 30) + 3
    level = {"sparse": 0.3, "young": 3.0}.get(kind, 3.4) + np.cumsum(rng.normal(0, 0.08, months))
    if kind == "growth":
        level = level - 1.5 + 0.05 * np.arange(months)
    if kind == "season":
        level = level + 0.4 * np.sin(2 * np.pi * np.arange(months) / 12 + rng.uniform(0, 6))
    kappa = 8.0
    return rng.negative_binomial(kappa, kappa / (kappa + np.exp(level)))


@pytest.mark.verify
@pytest.mark.parametrize("kind", ["flat", "growth", "season", "sparse", "young"])
def test_next_quarters_counts_are_held_as_often_as_said(kind):
    """80 % intervals of 150 series hold 70 to 95 %, atoms counted in part: too few by chance once in 800.

    The upper end is no accident: eight months do not say that a level will not begin to grow.
    """
    rng, held = np.random.default_rng(5), 0
    for _ in range(150):
        counts = series(kind, rng)
        created = months_back(counts[:-3].tolist())
        if not len(created):
            created = np.array([KNOWN.toordinal() - 20])
        since = (KNOWN - dt.timedelta(days=30.437 * (len(counts) - 3))).toordinal()
        draws = fit(created, since=since)["all"].draws
        total, came = quarter(draws, KNOWN, rng), counts[-3:].sum()
        place = (total < came).mean() + rng.random() * (total == came).mean()
        held += 0.1 <= place <= 0.9
    assert 105 <= held <= 142, held


def test_the_check_can_fail():
    """An average of the past, known exactly, does not hold a level that moves."""
    rng, held = np.random.default_rng(6), 0
    for _ in range(200):
        counts = series("growth", rng)
        rate = 3 * counts[:-3][-12:].mean()
        held += abs(counts[-3:].sum() - rate) <= 1.28 * np.sqrt(rate)
    assert held < 100


def test_draws_repeat_and_are_in_no_order():
    counts = np.array([5, 9, 30, 12, 8, 22])
    paths = [follow(counts, np.ones(6), np.arange(6), 400, UniformRow(2, "x")) for _ in range(2)]
    assert np.array_equal(paths[0].level, paths[1].level)
    first = paths[0].level[:, 0]
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 0.2  # once in 10,000
