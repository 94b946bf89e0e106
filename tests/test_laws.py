"""Laws of time, clock, market, counts and scores: against their definitions and published figures."""

from datetime import date

import numpy as np
import pytest
from factory import causes_funnel, make_clock, make_funnel, plain_clock
from plain_walk import log_moments
from posteriors import CHANCES, funnel_draws
from scipy import integrate, stats

from simulator.amounts import AmountChange, change_cdf
from simulator.arrivals import PipelineGeneration, count_cdf
from simulator.clock import Clock, business_holidays, operational_clock
from simulator.close_dates import AGE_GRID, CloseDateRule, latest, retimed
from simulator.distributions import (
    BINS,
    LONGEST,
    MANY,
    Empirical,
    Fixed,
    Gamma,
    Hazard,
    LogLogistic,
    LogNormal,
    Weibull,
    remaining_days,
    whole_days,
)
from simulator.engine.identity import inverse
from simulator.engine.moments import log_time_moments
from simulator.engine.stays import stay_tables
from simulator.expected.walks import Walk, days_left
from simulator.funnel import close_chances, winning_times
from simulator.market import LARGEST_DOUBT, LARGEST_RHO, PRIOR, Market, both_below, doubt_correlation
from simulator.periods import horizon, length_days, length_end
from simulator.scores import quantile, quantile_interval, wilson
from simulator.streams import Streams, as_uniforms, bound, trial_offsets, uniforms

LAWS = [
    LogNormal.from_median(15, 40),
    LogNormal.from_mean(30, 45),
    LogNormal(np.log(12.5), 0.0),
    Weibull(0.7, 30.0),
    Weibull(2.5, 60.0),
    Gamma(0.6, 20.0),
    Gamma(4.0, 9.0),
    LogLogistic(15.0, 1.6),
    Fixed(0),
    Fixed(21),
    Fixed(3.5),
    Hazard((0.0, 1.0, 30.0, 33.0, 90.0), (0.2, 0.01, 0.4, 0.0, 0.03)),
    Empirical((0.0, 0.0, 0.2, 1.0, 7.0, 7.0, 30.5, 95.0)),
]
AGES = (0.0, 0.3, 7.0, 12.6, 400.0, 5_000.0)
PEERS = [
    (LogNormal(2.7, 0.8), stats.lognorm(0.8, scale=np.exp(2.7))),
    (Weibull(1.7, 30.0), stats.weibull_min(1.7, scale=30.0)),
    (Gamma(2.5, 9.0), stats.gamma(2.5, scale=9.0)),
    (LogLogistic(15.0, 1.6), stats.fisk(1.6, scale=15.0)),
    (Hazard((0.0,), (0.05,)), stats.expon(scale=20.0)),
]

# ---- laws of time


@pytest.mark.parametrize(("law", "peer"), PEERS, ids=[type(law).__name__ for law, _ in PEERS])
def test_laws_are_the_known_ones(law, peer):
    days = np.array([0.0, 1e-3, 0.5, 3.0, 17.0, 60.0, 400.0])
    q = np.array([1e-9, 0.01, 0.1, 0.5, 0.9, 0.999])
    assert np.abs(law.cdf(days) - peer.cdf(days)).max() < 1e-13
    assert np.abs(law.sf(days) / peer.sf(days) - 1).max() < 1e-9
    assert np.abs(law.isf(q) / peer.isf(q) - 1).max() < 1e-9
    assert law.mean() == pytest.approx(peer.mean(), rel=1e-12)


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_laws_hold_together(law):
    days = np.array([-3.0, 0.0, 0.4, 1.0, 12.0, 21.0, 30.5, 80.0, 1e4])
    assert np.abs(law.cdf(days) + law.sf(days) - 1).max() < 1e-12
    assert law.cdf(-3.0) == 0
    assert law.sf(0.0) == 1
    assert (np.diff(law.sf(days)) <= 0).all()
    tail, _ = integrate.quad(lambda t: float(law.sf(t)), 0, 2_000, limit=2_000, points=[1, 21, 30.5, 33, 95])
    beyond, _ = integrate.quad(lambda t: float(law.sf(t)), 2_000, np.inf, limit=500)
    assert tail + beyond == pytest.approx(law.mean(), rel=2e-4, abs=1e-6)


def test_medians_and_p90_are_those_that_were_asked_for():
    law = LogNormal.from_median(15, 40)
    assert law.cdf([15, 40]) == pytest.approx([0.5, 0.9], abs=1e-12)
    other = LogNormal.from_mean(30, 45)
    assert other.mean() == pytest.approx(30)
    second = stats.lognorm(other.sigma, scale=np.exp(other.mu)).var()
    assert np.sqrt(second) == pytest.approx(45)
    assert LogLogistic(15.0, 0.9).mean() == np.inf


@pytest.mark.parametrize("age", AGES)
@pytest.mark.parametrize("law", LAWS, ids=str)
def test_whole_days_are_the_published_law_and_add_to_one(law, age):
    chances = whole_days(law, age)
    assert chances.sum() == pytest.approx(1, abs=1e-12)
    assert (chances >= 0).all()
    assert len(chances) == LONGEST
    alive = float(law.sf(age))
    if alive == 0:
        assert chances[1] == 1
        return
    for j in (0, 1, 2, 9, 21, 100):
        before = alive if j == 0 else law.sf(age + j - 0.5)
        by_hand = float((before - law.sf(age + j + 0.5)) / alive)
        assert chances[j] == pytest.approx(by_hand, abs=1e-12)


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_draws_have_exactly_the_whole_day_law(law):
    """On an even grid of u each day comes up as often as its chance says, to one count."""
    n = 40_000
    u = (np.arange(n) + 0.5) / n
    ages = np.array(AGES)
    for i, age in enumerate(AGES):
        drawn = remaining_days(law, u, ages, np.full(n, i))
        assert np.array_equal(drawn, remaining_days(law, u, age))
        counts = np.bincount(drawn, minlength=LONGEST)
        survivors = n * (1 - np.cumsum(whole_days(law, age)))
        assert np.abs(n - np.cumsum(counts) - survivors).max() <= 1.0
        assert (np.diff(drawn) <= 0).all()


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_many_days_are_drawn_as_a_few_are(law):
    """Bins of chances decide most of many draws, not one of them otherwise, at the edges of days neither."""
    ages, alive = np.array(AGES), np.asarray(law.sf(np.array(AGES)))
    edges = np.asarray(law.sf(ages[:, None] + np.arange(300) + 0.5)) / np.maximum(alive, 1e-300)[:, None]
    edges = edges[(alive > 0)[:, None] & (edges > 0) & (edges < 1)]
    u = np.concatenate((
        np.random.default_rng(4).random(4 * MANY), np.arange(1, BINS) / BINS, 2.0 ** -np.arange(1, 53),
        edges, np.nextafter(edges, 0), np.nextafter(edges, 1), edges * (1 - 1e-9), edges / (1 + 1e-9),
    ))  # fmt: skip
    u = np.clip(u, 2.0**-53, 1 - 2.0**-53)
    which = np.arange(len(u)) % len(ages)
    few = [slice(begin, begin + MANY - 1) for begin in range(0, len(u), MANY - 1)]
    one_by_one = np.concatenate([remaining_days(law, u[some], ages, which[some]) for some in few])
    assert np.array_equal(remaining_days(law, u, ages, which), one_by_one)
    for age in AGES:
        alike = np.concatenate([remaining_days(law, u[some], age) for some in few])
        assert np.array_equal(remaining_days(law, u, age), alike)


@pytest.mark.parametrize(
    "law", [Fixed(0.0), Fixed(29.6), LogNormal(np.log(29.6), 0.0), Empirical((7.3, 14.6, 29.6, 36.5))]
)
def test_ages_that_are_sums_of_clock_weights_meet_times_up_to_rounding(law):
    """29.6 − 14.1 − ½ is 15, or a hair more or less; draws and law must take it for the same day."""
    u = (np.arange(1_000) + 0.5) / 1_000
    for age in (14.1, 0.1 * 141, 7.3 - 0.5, 1.46 * 5 - 0.5, sum([1.46] * 25) - 22.5, sum([0.1] * 66), 6.1):
        law_of_days = whole_days(law, age)
        drawn = np.bincount(remaining_days(law, u, age), minlength=LONGEST) / 1_000
        assert np.abs(drawn - law_of_days).max() <= 1e-3
        assert np.array_equal(days_left(law, np.array([age]), LONGEST)[0], law_of_days)
    assert whole_days(Fixed(29.6), 14.1)[15] == whole_days(Fixed(29.6), 0.1 * 141)[15] == 1


def test_tables_of_stays_draw_the_same_days_as_the_laws():
    tables = stay_tables(LAWS)
    u = np.concatenate(
        ((np.arange(40_000) + 0.5) / 40_000, 2.0 ** -np.arange(1, 53), 1 - 2.0 ** -np.arange(2, 52))
    )
    words = bound(u)
    u = as_uniforms(words.copy())
    every = np.concatenate([tables.draw(i, words) for i in range(len(LAWS))])
    mixed = tables.draw(np.repeat(np.arange(len(LAWS)), len(u)), np.tile(words, len(LAWS)))
    assert np.array_equal(every, mixed)
    for i, law in enumerate(LAWS):
        same = tables.draw(i, words) == remaining_days(law, u)
        assert (~same).sum() <= 2 * len(LAWS)
        # Where u meets a survivor exactly, rounding may decide either way.
        met = np.abs(np.asarray(law.sf(np.arange(LONGEST) + 0.5))[None, :] - u[~same, None]).min(
            axis=1, initial=0
        )
        assert (met <= 1e-12).all(), law


def test_a_longer_age_never_makes_less_of_a_time_behind():
    law, u = LogNormal.from_median(15, 40), np.full(50, 0.3)
    whole = np.arange(50.0)
    assert (np.diff(whole + remaining_days(law, u, whole, np.arange(50))) >= 0).all()


def test_far_tails_stay_finite():
    law = LogNormal.from_median(15, 40)
    days = remaining_days(law, np.array([1e-15, 0.5, 1 - 1e-15]), 1e6)
    assert ((days >= 0) & (days < LONGEST)).all()
    assert remaining_days(law, np.array([2.0**-53]))[0] > 500


# ---- the clock


def brute_day(clock, value):
    """The first day from 1 on at whose end the clock has moved, and has reached the value."""
    for day in range(1, clock.last_day + 1):
        if clock.at_end_of(day) >= max(value, 1e-9):
            return day
    return clock.last_day + 1


@pytest.mark.parametrize(
    "clock",
    [
        make_clock(first_day=-30, last_day=120),
        make_clock(first_day=-30, last_day=200, country="DE", quarter_end_weight=4.0),
        make_clock(date(2026, 12, 31), -3, 40, "US", 0.2),
        plain_clock(-5, 30),
        operational_clock(date(2026, 10, 30), 0, 3),
        Clock(0, np.array([0.0, 0.0, 0.0, 2.5, 2.5, 9.0])),
    ],
    ids=["weekends", "holidays and quarter ends", "new year", "every day", "weekend ahead", "steps"],
)
def test_days_are_where_the_clock_says(clock):
    ends = clock.at_end_of(np.arange(-2, clock.last_day + 1))
    values = np.concatenate((ends, ends + 1e-9, ends - 1e-9, np.linspace(-2, ends[-1] + 5, 400), [1e12]))
    assert clock.day_of(values).tolist() == [brute_day(clock, v) for v in values]


@pytest.mark.parametrize("country", [None, "DE"])
def test_days_behind_and_ahead_are_told_by_the_clock(country):
    clock = make_clock(first_day=-60, last_day=120, country=country)
    for value in (*clock.at_end_of(np.arange(-80, 1)), -0.5, -70.0):
        day = int(clock.day_at(value))
        assert clock.at_end_of(day) >= value - 1e-9 > clock.at_end_of(day - 1)
    for day in range(-10, 11):
        days = clock.until(day)
        assert (days > 0) == (day > 0) and (days == 0.5 or days == clock.at_end_of(day))


def test_the_clock_rests_on_weekends_and_holidays_and_hastens_at_quarter_ends():
    as_of = date(2026, 12, 20)  # a Sunday
    clock = operational_clock(as_of, -400, 60, "DE", 3.0)
    weight = np.diff(clock.at_end_of(np.arange(-1, 60)))
    start = np.datetime64(as_of)
    business = np.is_busday(start + np.arange(60), holidays=business_holidays("DE", range(2026, 2028)))
    assert np.array_equal(weight > 0, business)
    last = np.flatnonzero(business[:12])[-5:]  # up to 31 December
    ordinary = np.flatnonzero(business[:12])[:-5]
    assert weight[last] == pytest.approx(3 * weight[ordinary[0]])
    assert clock.at_end_of(0) == 0
    assert clock.at_end_of(-401) == clock.at_end_of(-400) - 1
    assert clock.at_end_of(70) == clock.at_end_of(60) + 10


@pytest.mark.parametrize(("country", "weight"), [(None, 1.0), ("FR", 1.0), ("US", 2.5)])
def test_a_year_has_as_many_clock_days_as_days(country, weight):
    clock = operational_clock(date(2026, 12, 31), -800, 1200, country, weight)
    for first, days in ((-365, 365), (0, 365), (365, 366)):  # 2026, 2027, 2028
        assert clock.at_end_of(first + days) - clock.at_end_of(first) == pytest.approx(days)


def test_no_country_has_no_holidays_and_an_unknown_one_is_refused():
    assert len(business_holidays(None, range(2026, 2028))) == 0
    with pytest.raises(ValueError, match="XX"):
        business_holidays("XX", range(2026, 2027))


# ---- market and doubt


def test_two_normals_below_agree_with_numerical_integration():
    points = [-2.5, -0.7, 0.0, 0.4, 1.9]
    for rho in (-0.8, -0.2, 0.0, 0.1, 0.5, 0.95):
        for a in points:
            for b in points:
                known = stats.multivariate_normal.cdf([a, b], cov=[[1, rho], [rho, 1]], abseps=1e-12)
                assert float(both_below(a, b, rho)) == pytest.approx(known, abs=2e-8), (a, b, rho)
    assert float(both_below(0, 0, 0.5)) == pytest.approx(1 / 3)
    assert float(both_below(0.3, 9.0, 0.5)) == pytest.approx(stats.norm.cdf(0.3))


def test_doubt_is_what_the_model_publishes():
    figures = [round(doubt_correlation(h, 20), 3) for h in (0.05, 0.30, 0.50, 0.90)]
    assert figures == pytest.approx([0.17, 0.08, 0.075, 0.13], abs=0.006)
    assert doubt_correlation(0.3, np.inf) == 0
    assert doubt_correlation(0.0, 20) == doubt_correlation(1.0, 20) == 0
    assert doubt_correlation(0.3, 5) > doubt_correlation(0.3, 20) > doubt_correlation(0.3, 200) > 0


def test_many_ladders_at_once_are_those_one_by_one():
    many = funnel_draws(20).transitions
    many[3] = [[0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0]]  # surely won
    many[4, :, 3], many[4, :, 4] = 0.0, many[4, :, 3] + many[4, :, 4]  # never won
    one_by_one = [close_chances(p) for p in many]
    assert np.array_equal(close_chances(many), one_by_one)
    assert one_by_one[3].tolist() == [1, 1, 1] and one_by_one[4].tolist() == [0, 0, 0]
    many[5, 0] = [1.0, 0, 0, 0, 0]
    with pytest.raises(ValueError, match=r"\[0\]"):
        close_chances(np.stack((CHANCES, many[5])))


@pytest.mark.parametrize("worth", [5, 20, 1e6, 1e12])
@pytest.mark.parametrize("close", [0.3, 1e-3, 1e-7, 1e-12, 1e-16])
def test_doubt_of_nearly_sure_chances_is_that_of_nearly_hopeless_ones(close, worth):
    """Rounding must neither break the search for it nor tell the two tails apart."""
    doubt = doubt_correlation(close, worth)
    assert 0 <= doubt <= LARGEST_DOUBT
    if close >= 1e-7 and worth < 1e6:  # beyond, 1 − h is another number, and rounding shows
        assert doubt_correlation(1 - close, worth) == pytest.approx(doubt, rel=1e-4, abs=1e-10)
    assert 0 <= doubt_correlation(1 - close, worth) <= LARGEST_DOUBT


def test_a_drawn_market_has_its_prior():
    u = (np.arange(100_000) + 0.5) / 100_000
    shared, segment = Market().correlations(u)
    total = shared + segment
    assert total.mean() == pytest.approx(0.077, abs=5e-4)
    assert shared / total == pytest.approx(3 / 8)
    law = stats.beta(*PRIOR)
    assert total[[10_000, 50_000, 90_000]] == pytest.approx(law.ppf(u[[10_000, 50_000, 90_000]]), rel=1e-3)
    assert total.max() <= LARGEST_RHO
    fixed = Market.strong().correlations(u)
    assert fixed[0][0] + fixed[1][0] == pytest.approx(0.2)


# ---- amounts, counts, stated dates


def test_amounts_shrink_by_the_published_mean():
    change = AmountChange()
    u = (np.arange(1_000_000) + 0.5) / 1_000_000
    factors = change.factors(u)
    assert factors.mean() == pytest.approx(0.985, abs=5e-4)
    assert (factors == 1).mean() == pytest.approx(0.5)
    y = np.log(factors[factors != 1])
    assert np.abs(y).max() <= 1.5
    for point in (-1.0, -0.3, -0.05, 0.1, 0.6):
        low, high = (stats.t.cdf((b + 0.05) / 0.15, 5) for b in (-1.5, 1.5))
        by_hand = (stats.t.cdf((point + 0.05) / 0.15, 5) - low) / (high - low)
        assert (y <= point).mean() == pytest.approx(by_hand, abs=5e-6)
        assert float(change_cdf(np.array(point), -0.05, 0.15)) == pytest.approx(by_hand, abs=1e-12)
    assert set(AmountChange(0.0, -0.2, 0.0).factors(u[:9])) == {np.exp(-0.2)}


@pytest.mark.parametrize(
    ("mean", "dispersion"),
    [(0.01, 4.0), (3.0, 0.5), (40.0, 4.0), (7.0, np.inf), (500.0, 1.0), (3.0, 1e6), (3.0, 1e12), (3.0, 1e17)],
)
def test_counts_are_negative_binomial(mean, dispersion):
    cdf = count_cdf(mean, dispersion)
    n = np.arange(len(cdf))
    known = (
        stats.poisson(mean)
        if dispersion >= 1e12  # as good as, to the digits asked for
        else stats.nbinom(dispersion, dispersion / (dispersion + mean))
    )
    assert np.abs(cdf - known.cdf(n)).max() < 1e-10
    assert cdf[-1] >= 1 - 1e-14
    chances = np.diff(cdf, prepend=0)
    assert chances @ n == pytest.approx(mean, rel=1e-9)
    variance = mean + (0 if np.isinf(dispersion) else mean**2 / dispersion)
    assert chances @ n**2 - mean**2 == pytest.approx(variance, rel=1e-7)


def test_inversion_gives_the_first_count_that_reaches_u():
    cdf = np.array([0.2, 0.5, 0.5, 0.9])
    assert inverse(cdf, np.array([0.0, 0.2, 0.2000001, 0.5, 0.6, 0.95])).tolist() == [0, 0, 1, 1, 3, 3]
    assert count_cdf(0.0, 4.0).tolist() == [1.0]


def test_rates_follow_season_and_trend():
    generation = PipelineGeneration(10.0, Fixed(1), np.ones(1), {12: 1.5}, 0.21)
    as_of = date(2026, 10, 31)
    assert generation.rate(date(2026, 10, 1), as_of) == 10
    assert generation.rate(date(2026, 12, 1), as_of) == pytest.approx(15 * 1.21 ** (2 / 12))
    assert generation.rate(date(2027, 10, 1), as_of) == pytest.approx(12.1)
    assert generation.bluebird_rate(date(2026, 12, 1), as_of) == 0


def test_a_stated_date_is_weighed_as_the_equation_says():
    rule, mu, v = CloseDateRule("blend", 1.25), 4.0, 0.6
    k = float(rule.weight(40.0, v))
    assert k == pytest.approx(0.64 / (0.64 + 0.36))
    by_hand = np.exp((1 - k) * np.log(1.25 * 40 + 7) + k * mu + np.sqrt(k) * (np.log(30 + 7) - mu)) - 7
    assert float(retimed(30.0, *rule.line(40.0, 0, mu, v))) == pytest.approx(by_hand)
    assert rule.weight([np.nan, -3.0, 0.0, 5.0], [0.6, 0.6, 0.6, 0.0]).tolist() == [1, 1, 1, 1]
    assert float(CloseDateRule("stages").weight(40.0, v)) == 1
    stated = CloseDateRule("stated", 1.25)
    assert stated.weight([40.0, np.nan], [v, v]).tolist() == [0, 1]
    assert retimed(30.0, *stated.line([40.0, 0.2], 5, mu, v)).tolist() == [50.0, 1.0]
    assert float(retimed(30.0, *rule.line(np.nan, -1, mu, v))) == 30.0
    assert retimed([0.0, 30.0], *rule.line(-3.0, -1, mu, v)).tolist() == [0.0, 30.0]


def test_overdue_dates_and_pushes_move_the_days_left_by_their_factors():
    rule, mu, v = CloseDateRule("blend", 1.25, overdue=0.6, pushes=0.3), 4.0, 0.6
    plain, stated = CloseDateRule("blend", 1.25), np.array([40.0, -3.0, np.nan])
    days = retimed(30.0, *rule.line(stated, 2, mu, v))
    without = retimed(30.0, *plain.line(stated, 2, mu, v))
    assert days + 7 == pytest.approx((without + 7) * np.array([3**0.3, 0.6 * 3**0.3, 1.0]))
    assert retimed(30.0, *rule.line(-3.0, -1, mu, v)) == pytest.approx(0.6 * 37 - 7)
    assert float(retimed(2.0, *rule.line(-3.0, 0, mu, v))) == 1.0, "not before the next day"
    for other in ("stages", "stated"):
        line = CloseDateRule(other, 1.25, overdue=0.6, pushes=0.3).line(stated, 2, mu, v)
        assert (np.array(line) == CloseDateRule(other, 1.25).line(stated, 2, mu, v)).all()


def test_the_latest_time_that_still_counts_inverts_the_weighing():
    rule, rng = CloseDateRule("blend", 1.25, overdue=0.6, pushes=0.3), np.random.default_rng(1)
    stated, mu, v, until = rng.uniform(-50, 200, 500), rng.normal(4, 1, 500), rng.uniform(0, 1.5, 500), 90.0
    line = rule.line(stated, rng.integers(-1, 5, 500), mu, v)
    last_of = latest(until, *line)
    days = np.arange(2_000)[:, None]
    counts = retimed(days, *line) <= until
    # All times that count lie at or before `latest`, and it is no more than two days beyond the last.
    assert (~counts | (days <= last_of)).all()
    last = np.where(counts.any(axis=0), 1_999 - counts[::-1].argmax(axis=0), -1)
    known = (last_of > 0) & (last_of < 1_990) & (last >= 0)
    assert known.sum() > 100
    assert (last_of[known] - last[known] <= 2).all()
    assert latest(until, 40.0, 0.0) == np.inf


def test_means_of_log_times_agree_between_the_engine_and_a_plain_sum():
    funnel = causes_funnel()
    mean, sd = log_time_moments(funnel)
    times = winning_times(funnel)
    for stage in range(3):
        weights = funnel.first_moves(stage, 0.0) * funnel.target_chances
        law = np.zeros(LONGEST)
        for k in np.flatnonzero(weights):
            rest = times[k] if k < 3 else np.eye(1, LONGEST)[0]
            law += (
                weights[k] / weights.sum() * np.convolve(whole_days(funnel.stays[stage][k]), rest)[:LONGEST]
            )
        plain_mean, plain_sd = log_moments(law)
        assert mean[stage, 0] == pytest.approx(plain_mean, abs=1e-6)
        assert sd[stage, 0] == pytest.approx(plain_sd, abs=1e-5)


@pytest.mark.parametrize("law", [LogNormal(5.7, 2.0), Weibull(0.3, 100.0), LogLogistic(30.0, 1.05)])
def test_means_of_log_times_agree_where_stays_outlast_the_tables(law):
    """Each stay is cut at `LONGEST`, their sum is not: engine and oracle mean the same times."""
    funnel = make_funnel(stay=law)
    mean, sd = log_time_moments(funnel)
    for stage in range(3):
        exact = Walk(funnel).log_moments(stage, AGE_GRID)
        assert np.abs(mean[stage] - exact[0]).max() < 1e-9 and np.abs(sd[stage] - exact[1]).max() < 1e-9


# ---- periods and scores


def test_weeks_are_iso_weeks_cut_at_both_ends():
    span = horizon(date(2026, 12, 24), date(2027, 1, 12), kind="week")  # after a Thursday
    assert [(p.name, p.start.day, p.end.day) for p in span.periods] == [
        ("2026-W52", 25, 27),
        ("2026-W53", 28, 3),
        ("2027-W01", 4, 10),
        ("2027-W02", 11, 12),
    ]
    # Months and fiscal quarters are cut too, so that they can be asked for.
    assert span.day_of(date(2026, 12, 31)) in span.cuts


def test_windows_are_whole_cells_or_refused():
    span = horizon(date(2026, 11, 13), date(2027, 2, 10), further=[date(2027, 1, 5)])
    assert [span.date_of(c).isoformat() for c in span.cuts] == [
        "2026-11-30", "2026-12-31", "2027-01-05", "2027-01-31", "2027-02-10",
    ]  # fmt: skip
    assert span.cells_between(-40, span.cuts[0]) == (0, 1)
    assert span.cells_between(span.cuts[0] + 1, span.last_day) == (1, 5)
    with pytest.raises(ValueError, match="2027-01-05"):
        span.cells_between(1, 20)
    cells = span.cell_of_day()
    assert cells[[1, 17, 18, span.last_day, span.last_day + 1]].tolist() == [0, 0, 1, 4, 5]


@pytest.mark.parametrize(
    ("as_of", "text", "end"),
    [
        (date(2026, 10, 31), "18m", date(2028, 4, 30)),
        (date(2026, 10, 30), "4m", date(2027, 2, 28)),
        (date(2027, 2, 28), "1m", date(2027, 3, 31)),
        (date(2026, 10, 31), "1q", date(2027, 1, 31)),
        (date(2026, 10, 31), "10d", date(2026, 11, 10)),
        (date(2026, 10, 31), "2w", date(2026, 11, 14)),
        (date(2028, 2, 29), "1y", date(2029, 2, 28)),
    ],
)
def test_lengths_end_where_people_expect(as_of, text, end):
    assert length_end(as_of, text) == end


def test_lengths_in_days_and_no_lengths():
    assert [length_days(t) for t in ("0d", "2w", "1m", "1y")] == [0, 14, 30, 365]
    for text in ("18", "m", "0m", "1.5y"):
        with pytest.raises(ValueError, match="not a length"):
            length_end(date(2026, 1, 1), text)


def test_quantiles_are_type_7():
    values = np.sort(np.random.default_rng(3).normal(size=37))
    for q in (0.0, 0.025, 0.1, 0.5, 0.77, 1.0):
        assert quantile(values, q) == pytest.approx(np.quantile(values, q), abs=1e-14)


def test_wilson_is_the_published_interval():
    known = stats.binomtest(3, 20).proportion_ci(0.95, "wilson")
    assert wilson(3, 20) == pytest.approx((known.low, known.high), abs=1e-9)
    assert wilson(0, 20)[0] == 0
    assert wilson(20, 20)[1] == 1
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("q", [0.025, 0.1, 0.5, 0.9])
def test_intervals_of_quantiles_cover_as_often_as_they_say(q):
    n, repeats = 400, 3_000
    key = Streams(4).key("market", f"{q}", "rho")
    samples = np.sort(uniforms(np.uint64(key) + trial_offsets(0, n * repeats)).reshape(repeats, n), axis=1)
    bounds = [quantile_interval(row, q) for row in samples]
    inside = np.mean([low <= q <= high for low, high, _ in bounds])
    # At least 95 %, less four standard errors; order statistics make it a little more.
    assert 0.95 - 4 * np.sqrt(0.95 * 0.05 / repeats) < inside < 0.99
    assert not any(lumpy for *_, lumpy in bounds)


def test_quantiles_that_straddle_an_atom_are_lumpy():
    half = np.sort(np.concatenate((np.zeros(500), np.arange(500) + 100.0)))
    assert quantile_interval(half, 0.25)[2]
    assert not quantile_interval(half, 0.9)[2]
