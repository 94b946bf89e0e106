"""Ends of first attempts, won and lost by cell, follow the law, and to follow them changes nothing else."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from factory import NEVER_CHANGED, causes_funnel, make_funnel, make_pipeline, make_scenario, make_segment
from family import run, run_with_plan
from plain_walk import NEW, OPEN, Plain
from posteriors import posterior
from scipy import special, stats

from benchmarks.jobs import full_job
from simulator.arrivals import Bluebirds, PipelineGeneration
from simulator.close_dates import CloseDateRule
from simulator.distributions import Fixed, LogNormal
from simulator.engine import ends
from simulator.errors import UsageError
from simulator.expected import expected
from simulator.forecast import ENDS
from simulator.funnel import Funnel
from simulator.market import Market
from simulator.played import Played, Player
from simulator.scenario import Recycling, Soberness
from simulator.simulation import simulate

LOST, WON = ends.LOST, ends.WON
PLACES = {ends.OPEN: OPEN, ends.NEW: NEW}  # of ours among the sources of the oracle and the plain walk
AS_OF = date(2026, 10, 15)


def company(**overrides):
    """Deals of known and unknown age, dated and not, and deals to come, which share luck and doubt.

    Every deal is worth one unit, so that bookings count wins.
    """
    generation = PipelineGeneration(
        9.0, Fixed(1.0), np.array([0.7, 0.3, 0.0]), {11: 1.3}, 0.2, 2.5, Bluebirds(1.5, Fixed(1.0), 3.0)
    )
    segment = make_segment(**{
        "funnel": causes_funnel(), "doubt": np.full(3, 0.08), "amount_change": NEVER_CHANGED,
        "close_date": CloseDateRule("blend", 1.3, 2), "soberness": Soberness(0.8), "generation": generation,
    } | overrides.pop("segment", {}))  # fmt: skip
    n = 24
    pipeline = make_pipeline(
        n, amount=100, stage=[i % 3 for i in range(n)],
        age=[float("nan") if i % 3 == 0 else float(4 * i) for i in range(n)],
        stated_days=[float("nan") if i % 4 == 0 else float(10 * (i % 9) - 20) for i in range(n)],
    )  # fmt: skip
    return make_scenario(**{
        "segments": (segment,), "pipeline": pipeline, "as_of": AS_OF, "days": 120,
        "market": Market(0.06, 0.1, 0.5),
    } | overrides)  # fmt: skip


def mirrored(scenario):
    """Won is lost and lost is won; what is lost has no stated date, and no bluebird is."""
    (segment,) = scenario.segments
    funnel = segment.funnel
    size = len(funnel.stages)
    order = [*range(size), size + 1, size]
    stays = tuple(tuple(row[k] for k in order) for row in funnel.stays)
    other = replace(
        segment, funnel=Funnel(funnel.stages, funnel.transitions[:, order], stays),
        soberness=Soberness(1 / segment.soberness.odds), close_date=CloseDateRule("stages"),
        generation=replace(segment.generation, bluebirds=None),
    )  # fmt: skip
    return replace(scenario, segments=(other,))


def same_but_for_ends(one, other):
    return all(one.money[s].tobytes() == other.money[s].tobytes() for s in one.money) and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in ("wins", "closes", "landed")
    )


# ---- following changes nothing else


@pytest.fixture(scope="module", params=["set", "learned"])
def scenario(request):
    if request.param == "set":
        return full_job(20)
    learned = posterior(7, ("smb",))
    recycling = Recycling(0.6, LogNormal.from_median(10, 20), 2)
    segment = {"funnel": learned.segments["smb"].funnel.mean, "recycling": recycling}
    return company(segment=segment, market=Market(), posterior=learned)


def test_following_changes_no_other_byte(scenario):
    plain, followed = run(scenario, 60, 5), run(scenario, 60, 5, follow_ends=True)
    assert same_but_for_ends(plain, followed)
    assert len(plain.ends) == 1 and len(followed.ends) == len(scenario.horizon.cuts) + 1
    assert followed.ends[:-1, LOST].sum() > 400 and followed.ends[:-1, WON].sum() > 400
    if scenario.posterior:
        assert np.array_equal(plain.ends[-1], followed.ends[-1])


def test_blocks_workers_and_pieces_change_no_end(scenario, monkeypatch):
    monkeypatch.setattr("simulator.engine.run.WORTHWHILE", 1)
    whole = run(scenario, 60, 5, follow_ends=True).ends
    assert np.array_equal(run(scenario, 60, 5, follow_ends=True, block=17).ends, whole)
    plan, _ = run_with_plan(scenario, 1, 5, follow_ends=True)
    shared = Player(2, block=20).play(Played.none(plan, "shared"), 60).by_trial
    for place, row in enumerate(whole.reshape(-1, 60)):
        assert np.array_equal(shared.total(ENDS, (place,)), row), place
    first, then = (run(scenario, n, 5, first=a, follow_ends=True) for a, n in ((0, 25), (25, 35)))
    assert np.array_equal(first.and_then(then).ends, whole)


def test_those_who_come_back_are_counted_once():
    many = company(segment={"recycling": Recycling(0.7, LogNormal.from_median(10, 20), 3)})
    one, other = (run(s, 200, 4, follow_ends=True) for s in (many, company()))
    assert np.array_equal(one.ends, other.ends)
    assert one.money["bookings"].sum() > 1.2 * other.money["bookings"].sum()
    assert one.closes.sum() == other.closes.sum() == other.ends[:-1, WON, ends.OPEN].sum()


# ---- the law


def test_wins_are_those_that_are_booked_in_the_same_trial():
    scenario = company()
    forecast = simulate(scenario, trials=300, seed=7, follow_ends=True)
    for last in (16, 46, 120):
        for source in ("open", "new"):
            booked = forecast.amounts("bookings", 1, last, source=source) / 100
            assert np.array_equal(forecast.ended("won", AS_OF + timedelta(last), source, "smb"), booked)
        until = (AS_OF + timedelta(last)).isoformat()
        both = forecast.ended("lost", until, "open") + forecast.ended("lost", until, "new")
        assert np.array_equal(forecast.ended("lost", until), both) and both.mean() > 1
    assert np.array_equal(forecast.ended("lost"), both)
    for wrong, message in (
        (("lost", "2026-11-03"), "can be asked"), (("gone",), "must be lost or won"),
        (("won", None, "backlog"), "must be open, new or all"), (("won", None, "new", "?"), "no segment"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=message):
            forecast.ended(*wrong)
    with pytest.raises(UsageError, match="follow_ends"):
        simulate(scenario, trials=10).ended("won")


def test_every_deal_ends_once():
    stays = [Fixed(n) for n in (2, 3, 4)]
    quick = company(segment={"funnel": make_funnel(stay=stays), "close_date": CloseDateRule("stages")})
    outcome = run(quick, 300, 4, follow_ends=True)
    decided = outcome.ends[-1, :, :, 0]
    assert (decided[:, ends.OPEN].sum(axis=0) == len(quick.pipeline)).all()
    assert np.array_equal(outcome.ends[:-1, :, ends.OPEN, 0].sum(axis=0), decided[:, ends.OPEN])
    late = decided[:, ends.NEW] - outcome.ends[:-1, :, ends.NEW, 0].sum(axis=0)
    assert (late >= 0).all() and 0 < late.sum() < 0.2 * decided[:, ends.NEW].sum()


def test_ends_agree_with_the_exact_means():
    """Losses are the wins of a funnel in a mirror; |z| < Φ⁻¹(1 − 5e-5/M), MODEL 11."""
    scenario = company()
    found, found_z = run(scenario, 8_000, 9, follow_ends=True).ends, []
    for outcome, exact in ((WON, expected(scenario)), (LOST, expected(mirrored(scenario)))):
        for source, place in PLACES.items():
            sample, mean = found[:-1, outcome, source, 0], exact.winners[place, 0]
            error = sample.std(axis=1, ddof=1) / np.sqrt(sample.shape[1])
            found_z += ((sample.mean(axis=1) - mean) / error).tolist()
    assert len(found_z) == 20
    assert np.abs(found_z).max() < special.ndtri(1 - 5e-5 / len(found_z)), found_z


@pytest.mark.slow
def test_ends_have_the_law_of_the_plain_walk():
    """The whole law of counts in windows, by chi-square in tenths: below 1e-5 once in 12,500 runs."""
    scenario = company()
    plain = Plain(scenario, 800, 3)
    ours = run(scenario, 3_000, 9, follow_ends=True).ends
    for outcome, theirs in ((WON, plain.winners), (LOST, plain.losses)):
        for source, place in PLACES.items():
            for cells in (1, 3):
                one = ours[:cells, outcome, source, 0].sum(axis=0)
                other = theirs[:, place, 0, :cells].sum(axis=1)
                assert alike(one, other) > 1e-5, (outcome, source, cells)


def alike(one, other):
    """Chance that two samples of counts of one law differ so much."""
    edges = np.unique(np.quantile(np.concatenate((one, other)), np.arange(1, 10) / 10))
    table = np.array([np.bincount(np.searchsorted(edges, x), minlength=len(edges) + 1) for x in (one, other)])
    table = table[:, table.sum(axis=0) > 0]
    assert table.shape[1] > 2
    return stats.chi2_contingency(table).pvalue
