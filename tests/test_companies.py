"""Holds the invented companies to their own parameters, by arithmetic of another kind.

One threshold for all, |z| < 5.3: it fails with a chance of 1.2e-7 a comparison of true figures, and about
200 are made here.
"""

from datetime import date

import companies as C
import numpy as np
import pytest
from company_files import write_files
from company_walk import SHARED, Calendar, Truth, factors, play
from scipy import stats

from simulator.clock import operational_clock
from simulator.history import NEVER, OPEN
from simulator.loading import load
from simulator.market import both_below

LARGEST_Z = 5.3
FIRST = date(2020, 1, 1).toordinal()


def truth(rho=0.0, luck="arrival", lingering=True, seed=5, segments=2, stages=4, **options):
    rng = np.random.default_rng(seed)
    o = C.Options(segments=segments, stages=stages, back=0.1, lingering=lingering, rho=rho, luck=luck,
                  cycle=40.0, **options)  # fmt: skip
    return C.draw_truth(rng, o)


def played(law, count, tilt=1.0, x=None, seed=1, segment=0, stage=0, spread=400):
    """Play many deals that enter one stage on days of one or two years; nothing is cut."""
    rng = np.random.default_rng(seed)
    calendar = Calendar(FIRST, FIRST + 6000)
    day = FIRST + rng.integers(0, spread, count)
    x = np.zeros((1, calendar.quarters, len(law.per_month))) if x is None else x
    places = np.full(count, segment), np.full(count, stage)
    return calendar, day, play(rng, law, calendar, *places, day, np.full(count, tilt), x)


def z_share(hits, chance, count):
    return (hits - count * chance) / np.sqrt(count * chance * (1 - chance))


# ---- the walk


@pytest.mark.parametrize("luck", ["arrival", "decision"])
@pytest.mark.parametrize("tilt", [1.0, 0.4])
def test_deals_are_won_as_often_as_the_ladder_says(luck, tilt):
    law, count = truth(luck=luck), 60_000 if luck == "arrival" else 25_000
    for g in range(2):
        for s in range(0, 4, 3):
            h = won_by_powers(law.transitions[g])[s]
            chance = h * tilt / (1 - h + h * tilt)
            _, _, (_, stage, *_) = played(law, count, tilt, segment=g, stage=s, seed=10 * g + s)
            assert abs(z_share((stage == law.won).sum(), chance, count)) < LARGEST_Z


def won_by_powers(transitions):
    """The chance of being won in the end, by letting deals move 500 times."""
    size = len(transitions)
    whole = np.vstack((transitions, np.eye(2, size + 2, size)))
    return np.linalg.matrix_power(whole, 500)[:size, size]


@pytest.mark.parametrize("luck", ["arrival", "decision"])
@pytest.mark.parametrize("tilt", [1.0, 0.4])
def test_moves_and_stays_follow_the_tilted_kernel(luck, tilt):
    law, count = truth(luck=luck), 60_000 if luck == "arrival" else 20_000
    _, _, (deal, stage, _, stay) = played(law, count, tilt)
    last = np.append(deal[1:] != deal[:-1], True)
    begun = np.flatnonzero(~last)
    h = np.append(won_by_powers(law.transitions[0]), (1.0, 0.0))
    for s in range(4):
        there = begun[stage[begun] == s]
        p = law.transitions[0, s] * (1 + h * (tilt - 1)) / (1 + h[s] * (tilt - 1))
        assert p.sum() == pytest.approx(1, abs=1e-12)
        for k in np.flatnonzero(p):
            went = there[stage[there + 1] == k]
            assert abs(z_share(len(went), p[k], len(there))) < LARGEST_Z
            mean, sd = whole_days(law.mu[0, s, k], law.sigma[0, s, k])
            assert abs((stay[went + 1].mean() - mean) / sd * np.sqrt(len(went))) < LARGEST_Z


def whole_days(mu, sigma):
    """Mean and sd of the log-normal rounded to days, summed up day by day."""
    days = np.arange(20_000)
    edges = stats.lognorm.cdf(np.append(0, days + 0.5), sigma, scale=np.exp(mu))
    chance = np.diff(edges)
    mean = (days * chance).sum()
    return mean, np.sqrt((days**2 * chance).sum() - mean**2)


@pytest.mark.parametrize("back", [1.0, 1.04])
def test_a_kernel_four_per_cent_off_is_seen(back):
    law, count = truth(), 60_000
    off = law.transitions.copy()
    off[0, 0, 1] *= back
    off[0, 0, law.lost] = 1 - off[0, 0, :-1].sum()
    _, _, (_, stage, *_) = played(Truth(**vars_of(law) | {"transitions": off}), count)
    z = z_share((stage == law.won).sum(), won_by_powers(law.transitions[0])[0], count)
    assert (abs(z) > LARGEST_Z) == (back > 1)


def vars_of(law):
    return {name: getattr(law, name) for name in Truth.__dataclass_fields__}


def test_a_stay_is_found_again_in_the_days_it_took():
    law = truth()
    calendar, _, (deal, _, day, stay) = played(law, 5_000)
    moved = np.flatnonzero(stay >= 0)
    assert (deal[moved] == deal[moved - 1]).all()
    elapsed = calendar.clock(day[moved]) - calendar.clock(day[moved - 1])
    before = calendar.clock(day[moved] - 1) - calendar.clock(day[moved - 1])
    some = stay[moved] > 0
    assert (stay[moved] <= elapsed + 1e-9).all()
    assert (stay[moved] > before - 1e-9)[some].all()
    assert (day[moved] == day[moved - 1])[~some].all()
    learned = np.floor(elapsed + 1e-9)
    again = calendar.day_of(calendar.clock(day[moved - 1]) + learned)
    assert (again == day[moved])[learned > 0].all()


def test_the_clock_is_that_of_the_model():
    first, last = date(2020, 5, 6).toordinal(), date(2023, 2, 3).toordinal()
    ours = Calendar(first, last)
    theirs = operational_clock(date.fromordinal(first), 0, last - first)
    days = np.arange(first, last + 1)
    elapsed = ours.clock(days) - ours.clock(first)
    np.testing.assert_allclose(elapsed, theirs.at_end_of(days - first), atol=1e-9)
    quarters = [C.month_of(day) // 3 - C.month_of(first) // 3 for day in days]
    assert (ours.quarter(days) == quarters).all()


# ---- the market


def test_chances_stay_exact_on_average_and_wins_vary_as_the_copula_says():
    law = truth(rho=0.1)
    calendar = Calendar(FIRST, FIRST + 6000)
    rng = np.random.default_rng(7)
    trials, count = 4_000, 40
    x = factors(rng, law, 3, trials)
    each = trials * count
    trial, day = np.repeat(np.arange(trials), count), np.full(each, FIRST)
    wins, chance = {}, {}
    for name, g, q in (("first", 0, 0), ("again", 0, 1), ("other", 1, 0)):
        places = np.full(each, g), np.zeros(each, dtype=np.int64)
        deal, stage, *_ = play(rng, law, calendar, *places, day + 95 * q, np.full(each, 0.7), x, trial)
        wins[name] = np.bincount(trial[deal[stage == law.won]], minlength=trials)
        h = won_by_powers(law.transitions[g])[0]
        chance[name] = h * 0.7 / (1 - h + h * 0.7)
    c = stats.norm.ppf(chance["first"])
    both = both_below(c, c, 0.1)
    p = chance["first"]
    variance = count * p * (1 - p) + count * (count - 1) * (both - p**2)
    for name, of in chance.items():
        error = wins[name].std() / np.sqrt(trials)
        assert abs((wins[name].mean() - count * of) / error) < LARGEST_Z
    hold(wins["first"], wins["first"], variance, trials)
    hold(wins["first"], wins["again"], count**2 * (both_below(c, c, 0.1 * 0.5) - p**2), trials)
    d = stats.norm.ppf(chance["other"])
    shared = both_below(c, d, 0.1 * SHARED) - p * chance["other"]
    hold(wins["first"], wins["other"], count**2 * shared, trials)
    assert variance > 2 * count * p * (1 - p)  # what independence would give


def hold(a, b, covariance, trials):
    """Hold a sample's covariance to what it must be."""
    products = (a - a.mean()) * (b - b.mean())
    assert abs((products.mean() - covariance) / products.std() * np.sqrt(trials)) < LARGEST_Z


def test_factors_are_autoregressive_and_shared():
    law, trials = truth(rho=0.2), 20_000
    x = factors(np.random.default_rng(3), law, 4, trials)
    for q in range(4):
        hold(x[:, 0, 0], x[:, q, 0], 0.2 * 0.5**q, trials)
        hold(x[:, 0, 0], x[:, q, 1], 0.2 * SHARED * 0.5**q, trials)


def test_luck_at_decision_keeps_each_move_and_lets_a_quarter_win_together():
    law = truth(rho=0.1, luck="decision", stages=3)
    calendar, rng, count, trials = Calendar(FIRST, FIRST + 6000), np.random.default_rng(4), 40, 1_000
    x = factors(rng, law, calendar.quarters, trials)
    each = trials * count
    trial, day = np.repeat(np.arange(trials), count), np.full(each, FIRST)
    places = np.zeros(each, dtype=np.int64), np.full(each, 2)
    deal, stage, moved, stay = play(rng, law, calendar, *places, day, np.ones(each), x, trial)
    first = np.flatnonzero(stay >= 0)
    first = first[stay[first - 1] < 0]
    early = first[moved[first] <= FIRST + 90]
    advanced = np.bincount(trial[deal[early]], stage[early] == law.won, trials)
    of = np.bincount(trial[deal[early]], minlength=trials)
    share = advanced.sum() / of.sum()
    rest = advanced - share * of
    assert (rest**2).mean() > 1.6 * (of.mean() * share * (1 - share))  # they win together
    all_of = np.bincount(trial[deal[first]], stage[first] == law.won, trials) / count
    z = (all_of.mean() - law.transitions[0, 2, law.won]) / all_of.std() * np.sqrt(trials)
    assert abs(z) < LARGEST_Z


# ---- arrivals and amounts


@pytest.mark.parametrize("dispersion", [3.0, np.inf])
def test_arrivals_have_the_mean_and_the_variance_of_their_months(dispersion):
    law = truth(growth=0.8, season=True, dispersion=dispersion, deals=1000)
    rng, calendar = np.random.default_rng(2), Calendar(FIRST, FIRST + 365)
    counts = np.zeros((400, 12, 2))
    month_of = np.array([C.month_of(day) for day in range(FIRST, FIRST + 366)]) - C.month_of(FIRST)
    for n in range(len(counts)):
        segment, day, _ = C.arrivals(rng, law, calendar, FIRST + 100)
        inside = day < FIRST + 366
        np.add.at(counts[n], (month_of[(day - FIRST)[inside]], segment[inside]), 1)
        assert (((day - 1) % 7) < 5).all()
    for month in range(12):
        base = C.SEASON[month] * 1.8 ** ((month - 3) / 12)  # FIRST + 100 lies in April
        for g in range(2):
            mean, sample = law.per_month[g] * base, counts[:, month, g]
            variance = mean + mean**2 / dispersion
            assert abs((sample.mean() - mean) / np.sqrt(variance / len(counts))) < LARGEST_Z
            hold(sample, sample, variance, len(counts))


def test_bluebirds_are_won_on_the_day_they_are_seen():
    c = C.company(6, deals=1000, bluebirds=0.1, segments=2)
    truly, deals = c.played, c.history.deals
    birds = np.flatnonzero(truly.bird)
    for n in birds[:20]:
        moves = truly.deal == n
        assert truly.stage[moves].tolist() == [0, c.truth.won]
        assert (truly.day[moves] == truly.created[n]).all()
    seen = np.isin(deals.id, [f"D{n:06d}" for n in birds])
    assert (deals.closed == deals.created)[seen].all()
    assert (deals.outcome == 1)[seen].all()
    count = len(truly.bird)
    assert abs(z_share(len(birds), 0.1 / 1.1, count)) < LARGEST_Z


def test_amounts_and_their_odds():
    law = truth(prices="list", amount_effect=0.5, change=True)
    rng, count = np.random.default_rng(8), 100_000
    segment = np.zeros(count, dtype=np.int64)
    amount = C.new_amounts(rng, law, segment)
    for price, share in zip(law.amounts[0], law.shares, strict=True):
        assert abs(z_share((amount == price).sum(), share, count)) < LARGEST_Z
    np.testing.assert_allclose(law.tilts(segment, amount), (law.amounts[0, 1] / amount) ** 0.5)
    y = np.log(C.changes(rng, law, count))
    assert abs(z_share((y == 0).sum(), 0.5, count)) < LARGEST_Z
    assert np.abs(y).max() <= 1.5
    t = stats.t(5, -0.05, 0.15)
    inside = t.cdf(1.5) - t.cdf(-1.5)
    for at in (-0.3, -0.05, 0.2):
        chance = (t.cdf(at) - t.cdf(-1.5)) / inside
        assert abs(z_share((y[y != 0] < at).sum(), chance, (y != 0).sum())) < LARGEST_Z


# ---- the record


@pytest.mark.parametrize("options", [
    {"log_months": 6}, {"log_months": 3, "logged": False}, {"stale": 0.3, "delay": 4.0}, {"growth": 1.0},
])  # fmt: skip
def test_the_record_holds_what_the_log_saw(options):
    c = C.company(11, deals=600, **options)
    truly, known = c.played, c.history
    count = len(truly.segment)
    last = np.append(np.flatnonzero(np.diff(truly.deal)), len(truly.deal) - 1)
    end = np.where(truly.dead & (truly.stage[last] == c.truth.lost), NEVER, truly.day[last])
    there = np.zeros(count, dtype=bool)
    there[[int(name[1:]) for name in known.deals.id]] = True
    assert not there[end < known.since].any()
    assert there[(truly.created < known.since) & (end >= known.since)].all()
    if not options.get("delay"):
        assert there[(truly.created >= known.since) & (truly.created <= known.known)].all()
    moves = known.moves
    assert ((moves.day >= known.since) | (moves.recorded >= known.since)).all()
    assert (moves.recorded >= moves.day).all()
    assert (np.lexsort((moves.recorded, moves.day, moves.deal)) == np.arange(len(moves))).all()
    forgotten = {
        f"D{n:06d}" for n in np.flatnonzero(there & (end == NEVER) & (truly.day[last] <= known.known))
    }
    assert forgotten <= {i for i, o in zip(known.deals.id, known.deals.outcome, strict=True) if o == OPEN}
    assert bool(forgotten) == ("stale" in options)


def test_the_past_knows_nothing_of_the_future():
    c = C.company(12, deals=500, delay=4.0, stated=True)
    then = c.history.as_of(c.t)
    assert (then.moves.recorded <= c.t).all()
    assert (then.deals.closed[then.deals.outcome != OPEN] <= c.t).all()
    won_later = set(c.history.deals.id) - set(then.deals.id)
    assert won_later, "deals arrive after the as-of day"
    by_name = dict(zip(c.history.deals.id, c.history.deals.amount.tolist(), strict=True))
    closed = then.deals.outcome == 1
    assert all(by_name[i] == a for i, a, w in zip(then.deals.id, then.deals.amount, closed, strict=True) if w)


def test_bookings_are_those_of_the_next_quarter():
    c = C.company(13, deals=800)
    deals = c.history.deals
    inside = (deals.outcome == 1) & (deals.closed > c.t) & (deals.closed <= c.end)
    assert c.bookings == deals.amount[inside].sum() > 0
    assert date.fromordinal(c.t + 1).day == date.fromordinal(c.end + 1).day == 1
    assert c.end - c.t in (90, 91, 92)


def test_the_same_seed_invents_the_same_company():
    for seed in (1, 2):
        a, b = C.draw(seed), C.draw(seed)
        assert (a.options, a.t, a.bookings) == (b.options, b.t, b.bookings)
        assert (a.history.moves.day == b.history.moves.day).all()
    assert C.draw(1).options != C.draw(2).options


def test_drawn_companies_cover_what_they_should():
    drawn = [C.draw(seed) for seed in range(40)]
    size = [len(c.history.deals) for c in drawn]
    assert min(size) < 60
    assert max(size) > 1_500
    for name, least in (("log_months", 4), ("segments", 3), ("stages", 4), ("logged", 2), ("stale", 3)):
        assert len({getattr(c.options, name) for c in drawn}) == least
    growth = [c.options.growth for c in drawn]
    assert -0.2 <= min(growth) < 0 < 0.8 < max(growth) <= 1


# ---- the set table and the files


@pytest.mark.parametrize(("seed", "options"), [
    (1, {"segments": 3, "stages": 6, "back": 0.1, "lingering": True, "optimism": 2.5, "stated": True}),
    (2, {"logged": False, "optimism": 2.0}),
    (3, {"delay": 5.0, "log_months": 6, "stale": 0.2}),
])  # fmt: skip
def test_the_files_load_and_say_what_is_known(tmp_path, seed, options):
    c = C.company(seed, deals=300, **options)
    paths = write_files(c, tmp_path)
    scenario, then = load(paths["scenario"]), c.history.as_of(c.t)
    still = [i for i, o in zip(then.deals.id, then.deals.outcome, strict=True) if o == OPEN]
    assert sorted(scenario.pipeline.id) == still
    assert len(scenario.wins) == (then.deals.outcome == 1).sum()
    for segment in scenario.segments:
        table = c.base.funnels[segment.name]
        np.testing.assert_allclose(segment.funnel.transitions, table.transitions, atol=1e-9)
        if c.options.logged:
            g = c.history.segments.index(segment.name)
            h, o = won_by_powers(c.truth.transitions[g]), c.options.optimism
            np.testing.assert_allclose(segment.funnel.ladder, h * o / (1 - h + h * o), atol=1e-9)
    assert ("events" in paths) == c.options.logged
    if c.options.logged:
        rows = paths["events"].read_text("utf-8").splitlines()[1:]
        assert len(rows) == (then.moves.day >= then.since).sum()
        assert max(row.split(",")[3] for row in rows) <= date.fromordinal(c.t).isoformat()
