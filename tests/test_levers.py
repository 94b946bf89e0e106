"""Levers: what is set by hand is what is pulled, engine and exact means agree on it, each moves its way."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from factory import make_product, make_scenario, make_segment
from family import FIXED_MARKET, PARTS, SPREAD, columns
from hypothesis import given, settings
from hypothesis import strategies as st
from posteriors import posterior
from written import SCENARIO, loaded, problems

from simulator.analysis.goal.levers import LEVERS, SHOCKS, loss_of, pulled_since, told_since
from simulator.arrivals import Bluebirds, PipelineGeneration
from simulator.distributions import Fixed, LogNormal
from simulator.market import Market
from simulator.offers import Offer
from simulator.products import Line, Renewal
from simulator.scenario import Levers, Recycling, pulled
from simulator.simulation import simulate, trials_alone
from simulator.terms import due_dates, parse_terms, tightened

TRIALS = 150
FEBRUARY = date(2027, 2, 20)
ALL = Levers(1.7, FEBRUARY, 1.4, 0.7, 1.2, Fraction(3, 10), 12)
BIRDS = Bluebirds(0.7, LogNormal.from_median(5_000, 9_000))
NEW = PipelineGeneration(4.0, SPREAD, np.array([0.6, 0.3, 0.1]), {12: 1.5}, 0.2, 3.0, BIRDS)
GROWING = SCENARIO.replace(
    "new_pipeline: none", "new_pipeline: {per_month: 5, amount: {median: 800, p90: 2000}}"
).replace("horizon: 12m", "horizon: 8m")


@pytest.fixture(scope="module")
def company():
    """Everything that levers touch: new deals, returns, stated dates, terms of several kinds, renewals."""
    products = (
        make_product(
            terms="every 1m advance for 6m net 30", service_months=6, recurring=True,
            renewal=Renewal(0.7, 0.02, Fixed(4)), recognise="over-term",
        ),
        make_product("project", recognise="at-milestone"),
    )  # fmt: skip
    segment = make_segment(
        generation=NEW, recycling=Recycling(0.3, LogNormal.from_median(30, 60)),
        terms={"default": parse_terms(PARTS), "Gold": parse_terms("EOM+1m")},
        delivery=LogNormal.from_median(20, 40), acceptance=Fixed(9),
        mix=(Line(0, Fraction(1, 3)), Line(1, Fraction(2, 3))),
    )  # fmt: skip
    stated = np.where(np.arange(18) % 3, 40.0, np.nan)
    deals = columns(18, stated_days=stated, customer_class=("", "Gold") * 9)
    return make_scenario(
        segments=(segment,), pipeline=deals, products=products, market=FIXED_MARKET, months=12
    )


def series(scenario, name="bookings", trials=TRIALS):
    """What a series has brought by the end of each month, floats[month, trial]."""
    found, horizon = trials_alone(scenario, trials, 1), scenario.horizon
    return np.stack([found.amounts(name, 1, horizon.day_of(p.end)) for p in horizon.periods])


# ---- what it is


TERMS = Levers(since=FEBRUARY, deposit=Fraction(1, 2), due_sooner=30)
AGREE = {
    "slow": Levers(odds=1.8, days=1.5),
    "all": ALL,
    "sooner": Levers(since=FEBRUARY, days=0.5),
    "terms": TERMS,
    "odds": Levers(since=FEBRUARY, odds=4.0),
}


@pytest.mark.parametrize("levers", AGREE.values(), ids=AGREE)
def test_engine_and_exact_means_agree(company, levers):
    offer = Offer("early", Fraction(1, 20), parse_terms("net 60"), 0.3)
    offered = replace(company, offers=(offer,) if levers is TERMS else ())
    check = simulate(pulled(offered, {"smb": levers}), 1_000, other_markets=False).check
    assert check.passed and check.cells > 50


def test_those_who_arrive_later_keep_their_odds_when_they_come_back():
    new = PipelineGeneration(30.0, SPREAD, np.array([1.0, 0, 0]))
    segment = make_segment(generation=new, recycling=Recycling(0.9, LogNormal.from_median(10, 20)))
    company = make_scenario(segments=(segment,), pipeline=columns(3), market=FIXED_MARKET, months=12)
    check = simulate(
        pulled(company, {"smb": Levers(since=FEBRUARY, odds=4.0)}), 300, other_markets=False
    ).check
    assert check.passed


def test_levers_lie_on_what_is_learned(company):
    learned = posterior(7, ("smb",))
    parts = learned.segments["smb"]
    segment = replace(company.segments[0], funnel=parts.funnel.mean, generation=parts.generation.mean)
    known = replace(company, segments=(segment,), posterior=learned, market=Market())
    without = replace(known, segments=(replace(segment, recycling=Recycling(0.0, Fixed(1))),))
    assert simulate(pulled(without, {"smb": ALL}), 350, other_markets=False).check.passed
    plain, more = (
        series(pulled(without, {"smb": levers}), trials=35)[-1].mean() for levers in (Levers(), Levers(2.0))
    )
    assert more > 1.2 * plain


@pytest.mark.parametrize("lever", [*LEVERS, *SHOCKS], ids=lambda lever: lever.name)
def test_what_is_set_by_hand_is_what_is_pulled(tmp_path, lever):
    segments = ["smb"] if lever in LEVERS[::2] else []
    base, steps = loaded(tmp_path, GROWING), lever.steps // 3
    by_hand = loaded(tmp_path, GROWING, sets=lever.told(lever.value(steps), segments))
    name = "receipts" if "bookings" not in lever.moves else "bookings"
    ours, theirs = series(lever.pulled(base, steps, ["smb"]), name, 50), series(by_hand, name, 50)
    assert np.array_equal(ours, theirs) and not np.array_equal(ours, series(base, name, 50))


@pytest.mark.parametrize("lever", LEVERS, ids=lambda lever: lever.name)
def test_a_later_start_is_set_by_hand_too(tmp_path, lever):
    base, steps = loaded(tmp_path, GROWING), lever.steps // 2
    by_hand = loaded(tmp_path, GROWING, sets=told_since(lever, steps, [], FEBRUARY))
    later = pulled_since(lever, base, steps, ["smb"], FEBRUARY)
    name = "receipts" if "bookings" not in lever.moves else "bookings"
    ours, theirs = series(later, name, 50), series(by_hand, name, 50)
    assert np.array_equal(ours, theirs) and not np.array_equal(ours, series(base, name, 50))
    assert not np.array_equal(ours, series(lever.pulled(base, steps, ["smb"]), name, 50))


def test_lost_deals_are_set_by_hand_too(tmp_path):
    base = loaded(tmp_path, GROWING)
    loss = loss_of(("D2", "D1"))
    by_hand = loaded(tmp_path, GROWING, sets=loss.told(1, ["smb"]))
    assert np.array_equal(series(loss.pulled(base, 1, ["smb"]), trials=50), series(by_hand, trials=50))


def test_levers_come_on_top_of_levers(company):
    twice = pulled(
        pulled(company, {"smb": ALL}), {"smb": Levers(2.0, None, 2.0, 0.5, 1.5, Fraction(1, 5), 3)}
    )
    once = pulled(company, {"smb": Levers(3.4, FEBRUARY, 2.8, 0.35, 1.8, Fraction(1, 2), 15)})
    assert np.allclose(series(twice, "receipts", 50), series(once, "receipts", 50), atol=200)
    assert pulled(company, {}) == company


@pytest.mark.parametrize(
    ("levers", "told"),
    [
        ("{odds: 0}", "odds"),
        ("{days: 5}", "5 times as long"),
        ("{price: 1000}", "beyond what is modelled"),
        ("{due_sooner: 400}", "400 days sooner"),
        ("{deposit: 2}", "deposit"),
        ("{more: 2}", "more"),
    ],
)
def test_levers_beyond_reason_are_refused_in_words(tmp_path, levers, told):
    found = problems(tmp_path, SCENARIO + f"    levers: {levers}\n")
    assert any(told in f"{p.message} {p.column}" for p in found)


# ---- which way it moves


MORE = {
    "more": Levers(new_deals=1.3),
    "later": Levers(new_deals=1.3, since=FEBRUARY),
    "odds": Levers(odds=1.3),
    "days": Levers(days=0.8),
    "days later": Levers(days=0.8, since=FEBRUARY),
}


@pytest.mark.parametrize("levers", MORE.values(), ids=MORE)
def test_no_month_of_any_trial_has_less(company, levers):
    segment = replace(company.segments[0], recycling=Recycling(0.0, Fixed(1)))
    # Returns and renewals meet the market of the quarter in which they come: sooner is another quarter's.
    quiet = replace(company, segments=(segment,), products=company.products[1:] * 2)
    before, after = series(quiet), series(pulled(quiet, {"smb": levers}))
    assert (after >= before).all() and after[-1].mean() > before[-1].mean()


LATER = {
    "more": (Levers(2.0, FEBRUARY), "bookings"),
    "days": (Levers(days=0.5, since=FEBRUARY), "bookings"),
    "price": (Levers(price=1.5, since=FEBRUARY), "bookings"),
    "terms": (TERMS, "receipts"),
    "odds": (Levers(odds=4.0, since=FEBRUARY), "bookings"),
}


@pytest.mark.parametrize(("levers", "name"), LATER.values(), ids=LATER)
def test_what_begins_in_a_month_leaves_the_months_before_alone(company, levers, name):
    now = replace(levers, since=None)
    before, after, at_once = (series(pulled(company, {"smb": x}), name) for x in (Levers(), levers, now))
    begun = [p.start for p in company.horizon.periods].index(FEBRUARY.replace(day=1))
    same = [np.array_equal(before[:begun], other[:begun]) for other in (after, at_once)]
    assert same == [True, False]
    assert (after[begun:] > before[begun:]).mean() > 0.4


def test_a_month_is_that_of_any_of_its_days():
    raised = replace(NEW, raised=2.0, since=FEBRUARY)
    assert [raised.raise_of(date(2027, month, 1)) for month in (1, 2, 3)] == [1, 2, 2]


def test_half_the_days_bring_everything_in_half_the_time():
    deals = make_scenario(pipeline=columns(18, stages=1, age=np.zeros(18)))
    days = [
        simulate(s, 200, other_markets=False).closes.sum(axis=0)
        for s in (deals, pulled(deals, {"smb": Levers(days=0.5)}))
    ]
    middle = [int(np.searchsorted(np.cumsum(d), d.sum() / 2)) for d in days]
    assert abs(middle[1] - middle[0] / 2) < 3 and middle[0] > 20


def test_price_is_on_every_won_deal():
    deals = make_scenario(pipeline=columns(18))
    dearer = pulled(deals, {"smb": Levers(price=1.5)})
    ours, theirs = (trials_alone(s, TRIALS, 1).amounts("bookings", 1, 365) for s in (deals, dearer))
    assert np.allclose(theirs, 1.5 * ours, atol=18) and ours.any()


# ---- terms


def test_a_deposit_and_earlier_due_dates():
    before = parse_terms(PARTS).installments()
    after = tightened(before, Fraction(1, 5), 10)
    assert (
        sum(i.share for i in after) == 1
        and after[-1].event == "signature"
        and after[-1].share == Fraction(1, 5)
    )
    assert [i.share for i in after[:-1]] == [i.share * Fraction(4, 5) for i in before]
    assert tightened(before, Fraction(1), 0)[0].share == 1
    assert tightened(before, Fraction(0), 0) == before


@settings(max_examples=30)
@given(
    terms=st.sampled_from(["net 30", "EOM+1m", "prox(15,1)", "net 30 then EOM", "receipt", "15 MFI"]),
    day=st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    sooner=st.integers(0, 90),
)
def test_due_so_many_days_sooner_but_never_before_the_invoice(terms, day, sooner):
    invoiced = np.array([day], dtype="datetime64[D]")
    agreed = parse_terms(terms).installments()
    rules = [i[0].due for i in (agreed, tightened(agreed, Fraction(0), sooner))]
    before, after = (due_dates(rule, invoiced) for rule in rules)
    assert (after == np.maximum(before - sooner, invoiced)).all()


def test_what_is_agreed_already_keeps_its_terms(tmp_path):
    text = SCENARIO.replace("{deals: deals.csv}", "{deals: deals.csv, invoices: invoices.csv}")
    files = {"invoices": "id,deal,amount,invoice_date,due_date,paid_date\nR1,D3,300,2026-09-01,2026-10-01,\n"}
    before = loaded(tmp_path, text, **files)
    after = loaded(tmp_path, text, sets=["segments.smb.levers={deposit: 0.5, due_sooner: 20}"], **files)
    assert [r.parts for r in before.rests] == [r.parts for r in after.rests] and before.rests
