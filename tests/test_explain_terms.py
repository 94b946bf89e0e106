"""Terms priced: a deal under other terms is the run in which it has them, trial by trial."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from factory import make_pipeline, make_scenario, make_segment

from simulator.analysis.aims import aim_of
from simulator.analysis.explain.question import Question
from simulator.analysis.explain.terms_priced import Prices, change_of, part, with_deposit
from simulator.forecast import Window
from simulator.landings import landings
from simulator.loading import load
from simulator.terms import parse_terms

HERE = Path(__file__).resolve().parent.parent / "scenarios"


@pytest.mark.parametrize(
    ("terms", "shares"),
    [
        ("net 30", [70, 30]),
        ("2/10 net 30", [70, 30]),
        ("prepaid net 10", [70, 30]),
        ("EOM+30d", [70, 30]),
        ("due on receipt", [70, 30]),
        ("100% on delivery net 30", [70, 30]),
        ("10% on signature net 15; 50% on delivery; balance on acceptance net 45", [7, 35, 28, 30]),
        ("33.5% on delivery; 66.5% on acceptance", [Fraction("23.45"), Fraction("46.55"), 30]),
    ],
)
def test_a_deposit_comes_first_and_all_else_in_proportion(terms, shares):
    old, new = parse_terms(terms), with_deposit(parse_terms(terms))
    assert [100 * clause.share for clause in new.clauses] == shares
    for before, after in zip(old.clauses, new.clauses, strict=False):
        assert replace(after, share=before.share) == before
    assert (new.clauses[-1].event, new.clauses[-1].due.net_days) == ("signature", 0)


@pytest.mark.parametrize(
    "terms",
    [
        "CIA",
        "annual in advance net 30",
        "every 1m advance for 12m net 30",
        "40% on signature; balance on delivery",
    ],
)
def test_where_a_deposit_makes_no_sense_there_is_none(terms):
    assert with_deposit(parse_terms(terms)) is None


def priced(scenario, trials=30):
    question = Question(replace(scenario, trials=trials), aim_of(scenario), load=None)
    horizon = scenario.horizon
    window = Window("receipts", horizon.date_of(1), horizon.periods[4].end)
    return question, window, Prices.of(question, window)


@pytest.mark.slow
def test_a_deal_under_other_terms_is_the_run_in_which_it_has_them():
    scenario = load(HERE / "baseline.yaml")
    question, window, prices = priced(scenario)
    # The deals are played alone: what they bring does not hang on the others.
    among_all = landings(scenario, window, question.landed, question.seed)
    np.testing.assert_array_equal(prices.now, among_all.deals)
    np.testing.assert_array_equal(prices.total, among_all.total)
    pipeline = scenario.pipeline
    for deal in (pipeline.terms.index("net 60"), int(np.flatnonzero(pipeline.segment == 1)[0])):
        own = list(pipeline.terms)
        own[deal] = "receipt"
        other = replace(scenario, pipeline=replace(pipeline, terms=tuple(own)))
        run = landings(other, window, question.landed, question.seed)
        np.testing.assert_array_equal(prices.total + prices.at_once[deal] - prices.now[deal], run.total)


def test_the_low_end_moves_as_the_quantile_does():
    rng = np.random.default_rng(3)
    n = 400_000
    total = rng.gamma(4.0, 1.0, size=n)
    more = total * rng.random(n) + 0.1 * rng.random(n)
    told = change_of(total, more, 1.0)
    exact = np.quantile(total + more, 0.1) - np.quantile(total, 0.1)
    assert told["low"] == pytest.approx(exact, rel=0.03)
    assert told["mean"] == pytest.approx(more.mean())
    few = [change_of(total[k : k + 500], more[k : k + 500], 1.0) for k in range(0, 50_000, 500)]
    assert np.std([one["low"] for one in few]) == pytest.approx(few[0]["error"]["low"] / 1.96, rel=0.5)


def test_later_terms_hold_more_back_and_what_is_paid_at_once_nothing():
    terms = ("receipt", "net 30", "net 90", "CIA")
    pipeline = make_pipeline(4, terms=terms, stage=[2] * 4, amount=[100_00] * 4)
    scenario = make_scenario(segments=(make_segment(generation=None),), pipeline=pipeline, trials=300)
    told = part(Question(scenario, aim_of(scenario, by=scenario.horizon.periods[3].end), None))
    held = {row["terms"]: row["held_back"]["mean"] for row in told["terms"]}
    assert held["receipt"] == 0 < held["net 30"] < held["net 90"]
    assert held["CIA"] < 0.1 * held["net 30"]
    assert [row["id"] for row in told["deals"]][:2] == [pipeline.id[2], pipeline.id[1]]
    deposits = {row["terms"]: row["deposit"] for row in told["terms"]}
    assert deposits["CIA"] is None
    assert 0.2 * held["net 90"] < deposits["net 90"]["mean"] < 0.4 * held["net 90"]
    assert held["net 30"] == next(r for r in told["deals"] if r["id"] == pipeline.id[1])["held_back"]["mean"]


def test_no_deal_and_one_trial():
    none = make_scenario(segments=(make_segment(generation=None),), pipeline=make_pipeline(0), trials=1)
    assert part(Question(none, aim_of(none), None))["terms"] == []
    one = replace(load(HERE / "article-2010.yaml"), trials=1)
    for row in part(Question(one, aim_of(one), None))["terms"]:
        assert row["held_back"]["error"] == {"mean": None, "low": None}
