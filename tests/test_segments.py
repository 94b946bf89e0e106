"""Funnels are held side by side: how deals get on, where their counterpart is, what a stage is worth."""

import json
import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from conftest import ROOT
from factory import (
    NEVER_CHANGED,
    make_clock,
    make_funnel,
    make_pipeline,
    make_renewals,
    make_scenario,
    make_segment,
    make_wins,
)
from family import FAMILY
from posteriors import funnel_draws, posterior
from scipy import special
from written import loaded

from simulator.analysis.aims import Aim, aim_of
from simulator.analysis.plays import Window
from simulator.analysis.segments import segment_rows, side_by_side
from simulator.analysis.segments.brought import share_of_uncertainty
from simulator.analysis.segments.elsewhere import deals_met, elsewhere
from simulator.analysis.segments.facts import Facts
from simulator.analysis.segments.passage import Passage, worth_of
from simulator.analysis.segments.worth import SOURCES, with_conversions, worths
from simulator.arrivals import PipelineGeneration
from simulator.distributions import Fixed, LogNormal
from simulator.engine import compile_plan, play
from simulator.expected import expected, receipt_lags, segment_walks, walk
from simulator.figures import COMPANY, Figures
from simulator.loading import load
from simulator.market import Market, doubt_correlation, worth_of_doubt
from simulator.payments import PaymentBehaviour
from simulator.scenario import Soberness
from simulator.targets import Target
from simulator.terms import parse_terms

BASELINE = ROOT / "scenarios" / "baseline.yaml"
RICH = ROOT / "scenarios" / "saas-hardware" / "scenario.yaml"
CAUSES = np.array([[0.0, 0.5, 0.1, 0.0, 0.4], [0.1, 0.0, 0.6, 0.05, 0.25], [0.0, 0.1, 0.0, 0.7, 0.2]])


def funnel(chances, names=None, stay=None):
    """Stages that only advance or lose, with the chances given."""
    size = len(chances)
    p = np.zeros((size, size + 2))
    p[np.arange(size), np.arange(size) + 1], p[:, -1] = chances, 1 - np.array(chances)
    made = make_funnel(transitions=p, stay=stay)
    return replace(made, stages=tuple(names)) if names else made


def of(*funnels, worth=20, **more):
    """Segments A, B, … of these funnels, with percentages worth some closed deals."""
    made = []
    for name, one in zip("ABCDEFG", funnels, strict=False):
        doubt = np.array([doubt_correlation(float(h), worth) for h in one.ladder])
        made.append(make_segment(name=name, funnel=one, doubt=doubt))
    return make_scenario(segments=tuple(made), **more)


def passages(scenario):
    found = [Passage.of(scenario, index) for index in range(len(scenario.segments))]
    return found, [deals_met(scenario, index, one) for index, one in enumerate(found)]


# ---- how deals get on


def test_a_stage_passes_on_what_its_moves_say():
    """By hand: of stage 2, .6 on and .05 won, .1 back, of which .5 return and .1 skip over it."""
    passage = Passage.of(make_scenario(segments=(make_segment(funnel=make_funnel(transitions=CAUSES)),)), 0)
    second = (0.65 + 0.1 * 0.1) / (1 - 0.1 * 0.5)
    assert passage.between(0, 1)[0] == pytest.approx(0.6)
    assert passage.between(1, 2)[0] == pytest.approx(second)
    assert passage.between(0, 3)[0] == pytest.approx(passage.segment.funnel.ladder[0])
    assert passage.between(1, 1)[0] == 1.0
    assert passage.reached == pytest.approx([1, 0.6, passage.between(0, 2)[0], passage.between(0, 3)[0]])


def test_between_two_stages_chances_are_interpolated():
    passage = Passage.of(of(funnel((0.4, 0.5, 0.9))), 0)
    assert passage.between(0, 0.5)[0] == pytest.approx(0.4**0.5)
    assert passage.between(0.5, 1.5)[0] == pytest.approx((0.4 * 0.5) ** 0.5)
    assert passage.between(0.25, 0.75)[0] == pytest.approx(0.4**0.5)
    assert passage.between(0.5, 3)[0] == pytest.approx(0.4**0.5 * 0.5 * 0.9)


def test_chances_are_those_that_deals_meet_optimism_corrected():
    segment = make_segment(funnel=make_funnel(transitions=CAUSES), soberness=Soberness(0.5))
    passage = Passage.of(make_scenario(segments=(segment,)), 0)
    h = segment.funnel.ladder[0]
    assert passage.reached[-1] == pytest.approx(0.5 * h / (1 - 0.5 * h))
    assert passage.sober.sum(axis=2) == pytest.approx(1.0)


@pytest.mark.parametrize("odds", [1.0, 0.6])
@pytest.mark.parametrize("factor", [0.5, 1.15])
def test_stages_pass_on_what_is_wanted(odds, factor):
    """Alone and all at once, with back moves and skips, whatever the optimism correction."""
    segment = make_segment(funnel=make_funnel(transitions=CAUSES), soberness=Soberness(odds))
    scenario = make_scenario(segments=(segment,))
    passage = Passage.of(scenario, 0)
    wanted = {stage: factor * passage.between(stage, stage + 1) for stage in range(3)}
    for some in ({0: wanted[0]}, {1: wanted[1]}, {2: wanted[2]}, wanted):
        changed = with_conversions(scenario, 0, passage, some)
        after = Passage.of(changed, 0)
        for stage, chance in some.items():
            assert after.between(stage, stage + 1) == pytest.approx(chance, rel=1e-9)
        assert after.kernels.sum(axis=2) == pytest.approx(1.0, abs=1e-12)
        assert (after.kernels >= 0).all()
        for stage in set(range(3)) - set(some):
            # what is not asked of moves as it did, before the correction of optimism comes and goes
            assert after.sober[0, stage] == pytest.approx(passage.sober[0, stage])


def test_no_stage_passes_on_more_than_it_does_not_send_back():
    scenario = make_scenario(segments=(make_segment(funnel=make_funnel(transitions=CAUSES)),))
    after = with_conversions(scenario, 0, Passage.of(scenario, 0), {1: np.ones(1)}).segments[0].funnel
    assert after.transitions[1, -1] == 0.0
    assert after.transitions[1, 0] == CAUSES[1, 0]
    assert after.stays[1][-1] is None


def test_a_stage_that_lost_none_can_lose_some():
    scenario = of(funnel((0.5, 1.0)))
    after = with_conversions(scenario, 0, Passage.of(scenario, 0), {1: np.array([0.8])}).segments[0].funnel
    assert after.transitions[1].tolist() == pytest.approx([0, 0, 0.8, 0.2])
    assert after.stays[1][-1] is after.stays[1][2]


def test_learned_kernels_change_draw_by_draw():
    learned = posterior(9, ("smb",), odds=None, amount_shift=None)
    generation = learned.segments["smb"].generation.mean
    segment = make_segment(funnel=learned.segments["smb"].funnel.mean, generation=generation)
    scenario = make_scenario(segments=(segment,), posterior=learned, pipeline=make_pipeline(3))
    passage = Passage.of(scenario, 0)
    assert passage.worth is None
    assert passage.belief(0, 1).tolist() == passage.between(0, 1).tolist()
    wanted = 0.8 * passage.between(1, 2)
    after = Passage.of(with_conversions(scenario, 0, passage, {1: wanted}), 0)
    assert after.between(1, 2) == pytest.approx(wanted)
    assert after.between(0, 1) == pytest.approx(passage.between(0, 1))
    [gain] = worths(scenario, 0, {1: wanted}, [(1, 200)])
    assert gain.by_stage[1]["open"] < 0
    assert gain.by_stage[1]["new"] < 0


def test_of_many_draws_some_tell_what_a_stage_is_worth():
    """Of 2,000 draws 500: what nothing changes is worth nothing, and what changes as much as all say."""
    learned = posterior(2_000, ("smb",), odds=None, amount_shift=None, generation=None)
    segment = make_segment(funnel=learned.segments["smb"].funnel.mean)
    deals = make_pipeline(3, stage=[0, 1, 2], age=5.0)
    scenario = make_scenario(segments=(segment,), posterior=learned, pipeline=deals)
    passage = Passage.of(scenario, 0)
    wanted = {1: passage.between(1, 2), 2: 0.8 * passage.between(2, 3)}
    [gain] = worths(scenario, 0, wanted, [(1, 300)])
    whole = with_conversions(scenario, 0, passage, wanted)
    every = expected(whole).daily.first.sum() - expected(scenario).daily.first.sum()
    assert abs(gain.by_stage[1]["open"]) <= 1
    assert gain.by_stage[2]["open"] == pytest.approx(every, rel=0.05)


# ---- how surely that is known


@pytest.mark.parametrize("close", [0.05, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("worth", [6, 20, 300])
def test_what_percentages_are_worth_can_be_read_from_their_doubt(close, worth):
    assert worth_of_doubt(close, doubt_correlation(close, worth)) == pytest.approx(worth, rel=1e-6)


def test_set_chances_are_as_wide_as_so_many_deals():
    """Beta(n·c, n·(1−c)): 10 % and 90 % points and mean, at 4,000 keyed draws; exact ones have no width."""
    scenario = of(funnel((0.3, 0.6)))
    passage = Passage.of(scenario, 0)
    assert worth_of(scenario.segments[0]) == pytest.approx(20)
    belief = passage.belief(0, 1)
    assert np.quantile(belief, (0.1, 0.9)) == pytest.approx(special.betaincinv(6, 14, (0.1, 0.9)), abs=0.01)
    assert belief.mean() == pytest.approx(0.3, abs=0.006)
    assert abs(np.corrcoef(belief, passage.belief(1, 2))[0, 1]) < 0.06
    exact = Passage.of(of(funnel((0.3, 0.6)), worth=math.inf), 0)
    assert set(exact.belief(0, 1)) == {0.3}


# ---- elsewhere


def test_stages_of_one_name_are_held_against_one_another():
    """Pooled by the deals that meet them: B has 10 at its second stage, C has 30 at its first."""
    scenario = of(
        funnel((0.5, 0.5), ("Offer", "Contract")),
        funnel((1.0, 0.8, 0.9), ("Lead", " offer", "Contract")),
        funnel((0.6, 0.4), ("OFFER", "contract")),
        pipeline=make_pipeline(40, segment=[1] * 10 + [2] * 30, stage=[1] * 10 + [0] * 30),
    )  # fmt: skip
    walks, deals = passages(scenario)
    found = elsewhere(walks, deals, 0, 0)
    assert [(c.segment, c.begin, c.end, c.by, c.deals) for c in found.counterparts] == [
        (1, 1.0, 2.0, "name", 10.0), (2, 0.0, 1.0, "name", 30.0)
    ]  # fmt: skip
    assert found.chance[0] == pytest.approx((10 * 0.8 + 30 * 0.6) / 40)
    assert elsewhere(walks, deals, 0, 1).chance[0] == pytest.approx((8 * 0.9 + 18 * 0.4) / 26)


def test_between_common_names_a_stage_is_as_far_as_its_part_of_the_way():
    """Offer to Contract is one stage here and two there; what lies before any common name has no place."""
    scenario = of(
        funnel((0.5, 0.64, 0.9), ("Lead", "Offer", "Contract")),
        funnel((0.9, 0.7, 0.8), ("Offer", "Tests", "Contract")),
    )
    walks, deals = passages(scenario)
    assert elsewhere(walks, deals, 0, 1).chance[0] == pytest.approx(0.9 * 0.7)
    assert elsewhere(walks, deals, 1, 0).chance[0] == pytest.approx(0.8)
    assert elsewhere(walks, deals, 1, 1).chance[0] == pytest.approx(0.8)
    assert elsewhere(walks, deals, 1, 2).chance[0] == pytest.approx(0.9)
    [counterpart] = elsewhere(walks, deals, 0, 0).counterparts
    assert counterpart.by == "share"


def test_funnels_of_other_stages_are_aligned_by_the_share_of_deals_that_arrive():
    """Half of A's deals reach its second stage, .45 of B's its third: one of two left is two of four left."""
    scenario = of(
        funnel((0.5, 0.6, 0.7), "abc"),
        funnel((0.9, 0.5, 0.8, 0.75, 0.9, 0.95), "uvwxyz"),
    )
    walks, deals = passages(scenario)
    found = elsewhere(walks, deals, 0, 1)
    assert [(c.begin, c.end, c.by) for c in found.counterparts] == [(2, 4.0, "share")]
    assert found.chance[0] == pytest.approx(0.8 * 0.75)
    [back] = elsewhere(walks, deals, 1, 2).counterparts
    assert (back.begin, back.end) == (1, 1.5)


def test_a_single_segment_has_no_elsewhere():
    walks, deals = passages(of(funnel((0.5, 0.6))))
    assert elsewhere(walks, deals, 0, 0) is None


def test_deals_that_meet_a_stage_are_those_before_it_and_those_to_come():
    made = of(funnel((0.5, 0.4)), pipeline=make_pipeline(7, stage=[0, 0, 0, 0, 1, 1, 1]), days=61)
    generation = PipelineGeneration(10.0, Fixed(5.0), np.array([0.75, 0.25]))
    made = replace(made, segments=(replace(made.segments[0], generation=generation),))
    [met] = passages(made)[1]
    assert met.tolist() == pytest.approx([4 + 20.04, 4 * 0.5 + 3 + 20.04 * (0.75 * 0.5 + 0.25)], rel=1e-3)


# ---- what a stage is worth


def two(open_deals=40, **more):
    """Two segments of the same stages; B leaks at its second."""
    names = ("Offer", "Tests", "Contract")
    generation = PipelineGeneration(3.0, LogNormal.from_median(20_000, 50_000), np.array([0.7, 0.3, 0.0]))
    scenario = of(
        funnel((0.6, 0.7, 0.9), names), funnel((0.6, 0.4, 0.9), names),
        pipeline=make_pipeline(open_deals, segment=[n % 2 for n in range(open_deals)],
                               stage=[n % 3 for n in range(open_deals)], age=5.0),
        **more,
    )  # fmt: skip
    return replace(scenario, segments=tuple(replace(s, generation=generation) for s in scenario.segments))


def test_worths_add_up_to_the_minor_unit():
    """By source to the stage; alone and where they meet to all at once; these to the company's gain."""
    scenario, windows = two(), [(-200, 61), (1, 365)]
    walks, deals = passages(scenario)
    every, changed = [], scenario
    for index, passage in enumerate(walks):
        wanted = {s: elsewhere(walks, deals, index, s).chance for s in range(passage.size)}
        every.append(worths(scenario, index, wanted, windows))
        changed = with_conversions(changed, index, passage, wanted)
    before, after = expected(scenario).daily, expected(changed).daily
    for n, (_, last) in enumerate(windows):
        found = [gains[n] for gains in every]
        parts = [
            (b - a)[:, 1 : last + 1].sum()
            for a, b in zip(vars(before).values(), vars(after).values(), strict=True)
        ]
        assert sum(sum(gain.together.values()) for gain in found) == pytest.approx(sum(parts[2:]), abs=1.5)
        for gain in found:
            alone = sum(sum(parts.values()) for parts in gain.by_stage.values())
            assert alone + gain.where_they_meet == sum(gain.together.values())
            assert list(gain.together) == list(SOURCES)
            assert all(isinstance(x, int) for parts in gain.by_stage.values() for x in parts.values())
    of_b = every[1][1].by_stage
    assert sum(of_b[1].values()) > 0 == sum(of_b[0].values()) == sum(of_b[2].values())
    assert sum(every[0][1].by_stage[1].values()) < 0


def paired(scenario, trials, seed, first, last, index, changed):
    """What a changed scenario brings more in each trial, on the same luck."""

    def bookings(one):
        plan = replace(compile_plan(one, seed), bookings_only=True, most_followed=0)
        begin, end = one.horizon.cells_between(first, last)
        rows = [i for i, s in enumerate(plan.slices) if s.segment == index]
        return play(plan, 0, trials).money["bookings"][rows, begin:end].sum(axis=(0, 1))

    return bookings(changed) - bookings(scenario)


def brute_force(scenario, trials, factor=None, seed=5):
    """Yield z of each stage's worth against a pair of runs."""
    walks, deals = passages(scenario)
    last = scenario.horizon.last_day
    for index, passage in enumerate(walks):
        for stage in range(passage.size):
            if factor is None:
                chance = elsewhere(walks, deals, index, stage).chance
            else:
                chance = np.minimum(factor * passage.between(stage, stage + 1), 0.97)
            [gain] = worths(scenario, index, {stage: chance}, [(1, last)])
            changed = with_conversions(scenario, index, passage, {stage: chance})
            more = paired(scenario, trials, seed, 1, last, index, changed)
            exact, error = sum(gain.by_stage[stage].values()), more.std() / np.sqrt(trials)
            yield (more.mean() - exact) / error if error else float(abs(more.mean() - exact) > 1) * 99


@pytest.mark.parametrize(("name", "factor"), [("transitions", 1.2)])
def test_the_worth_of_a_stage_agrees_with_a_pair_of_runs(name, factor):
    """At |z| < 4 in 3 cells: by chance once in 5,000 fresh seeds."""
    found = list(brute_force(FAMILY[name](), 800, factor))
    assert len(found) == 3
    assert max(map(abs, found)) < 4


@pytest.mark.slow
@pytest.mark.parametrize("path", [BASELINE, RICH], ids=["baseline", "saas-hardware"])
def test_worths_of_whole_scenarios_agree_with_pairs_of_runs(path):
    """At |z| < 4 in 31 cells: by chance once in 500 fresh seeds."""
    found = list(brute_force(load(path), 1_200))
    assert len(found) > 13
    assert max(map(abs, found)) < 4


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["eventful", "returns", "arrivals", "blend", "quarter_end", "stays", "article"]
)
def test_worths_agree_with_pairs_of_runs_whatever_the_funnel(name):
    """With a market, doubt, dates and probabilities of deals' own, and returns; at |z| < 4 in 50 cells."""
    for factor in (0.7, 1.2):
        assert max(map(abs, brute_force(FAMILY[name](), 1_500, factor))) < 4


@pytest.mark.slow
def test_the_worth_of_a_learned_stage_agrees_with_a_pair_of_runs():
    """One draw, so that the exact answers know its times; at |z| < 4 in 3 cells."""
    learned = posterior(1, ("smb",), odds=None, amount_shift=None, rho=False, funnel=funnel_draws(1))
    segment = make_segment(
        funnel=learned.segments["smb"].funnel.mean, generation=learned.segments["smb"].generation.mean
    )
    pipeline = make_pipeline(60, stage=[n % 3 for n in range(60)], age=[float(n) for n in range(60)])
    scenario = make_scenario(segments=(segment,), posterior=learned, pipeline=pipeline)
    assert max(map(abs, brute_force(scenario, 4_000, 0.8))) < 4


# ---- the walk from the CRM's number


def test_walks_of_segments_add_up_to_the_company_s():
    """Every step, to the minor unit, past wins and figures that belong to no segment included."""
    scenario = replace(
        two(rates=make_scenario().rates), wins=make_wins(day=[-5, -80], segment=[0, 1], amount=[123_456, 777])
    )
    exact = expected(scenario)
    for first, last, already in ((1, 61, None), (-90, 20, None), (62, 300, (0.4, 17.3, 1000.25))):
        parts = segment_walks(scenario, first, last, exact, already)
        whole = walk(scenario, first, last, exact, already and sum(already))
        assert len(parts) == (3 if already else 2)
        for steps in zip(*parts, whole, strict=True):
            assert len({name for name, _ in steps}) == 1
            assert sum(amount for _, amount in steps[:-1]) == steps[-1][1]
        for steps in (*parts, whole):
            assert sum(amount for _, amount in steps[:-1]) == steps[-1][1]
            assert all(amount == int(amount) for _, amount in steps)


def without(scenario, level):
    """The scenario as it stands at a level of the walk: what comes later is taken away."""

    def at(segment):
        if level in ("price", "percentages corrected", "closes"):
            segment = replace(segment, recycling=replace(segment.recycling, chance=0.0), generation=None)
        if level in ("percentages corrected", "closes"):
            sober = replace(segment.soberness, amount=1.0)
            segment = replace(segment, amount_change=NEVER_CHANGED, soberness=sober)
        if level == "closes":
            segment = replace(segment, use_probability=True, soberness=Soberness())
        return segment

    pipeline, offers = scenario.pipeline, scenario.offers
    if level in ("percentages corrected", "closes"):
        offers = ()
    if level == "closes":
        own = [scenario.segments[d.segment].set_ladder[d.stage] if np.isnan(d.probability) else d.probability
               for d in pipeline]  # fmt: skip
        pipeline = replace(pipeline, probability=np.array(own))
    return replace(scenario, segments=tuple(map(at, scenario.segments)), pipeline=pipeline, offers=offers)


def levels(scenario, trials, first, last, seed=9):
    """Simulate what stands after each step beyond what is won, floats[segment, step, trial]."""
    sources = {
        "closes": ("open",), "percentages corrected": ("open",), "price": ("open",),
        "lost deals that come back": ("open",), "deals yet to come": ("open", "new"),
        "renewals": ("open", "new", "renewals"),
    }  # fmt: skip
    found, known = {}, {}
    for level, counted in sources.items():
        here = without(scenario, level)
        key = level if level in ("closes", "percentages corrected", "price") else "all"
        if key not in known:
            plan = replace(compile_plan(here, seed), bookings_only=True, most_followed=0)
            begin, end = here.horizon.cells_between(max(first, 1), last)
            known[key] = plan.slices, play(plan, 0, trials).money["bookings"][:, begin:end].sum(axis=1)
        slices, money = known[key]
        found[level] = np.array([
            sum((money[i] for i, s in enumerate(slices) if s.segment == index and s.source in counted),
                np.zeros(trials))
            for index in range(len(scenario.segments))
        ])  # fmt: skip
    return found


@pytest.mark.slow
@pytest.mark.parametrize("path", [BASELINE, RICH], ids=["baseline", "saas-hardware"])
def test_every_step_of_the_walk_agrees_with_a_pair_of_runs(path):
    """By segment, each step as the difference of two runs on one luck; at |z| < 4 in 31 cells."""
    scenario, trials, last = load(path), 3_000, 426
    first, cells = 1, 0
    exact = segment_walks(scenario, first, last)
    told = levels(scenario, trials, first, last)
    crm = [dict(steps)["CRM's weighted pipeline"] for steps in exact]
    before = np.repeat(np.array(crm)[:, None], trials, axis=1)
    for level, money in told.items():
        name = "closes after the period" if level == "closes" else level
        for index, steps in enumerate(exact):
            if name not in dict(steps):
                continue
            off = money[index] - before[index]
            error = off.std() / np.sqrt(trials)
            apart = off.mean() - dict(steps)[name]
            # amounts are whole minor units in each trial, and rounded steps here
            assert abs(apart) < 4 * error + 20, (name, scenario.segments[index].name, apart / error)
            cells += error > 0
        before = money
    assert cells >= 13


# ---- facts


def test_money_comes_after_the_invoice_the_terms_and_the_lateness():
    """Three days to the invoice, 30 by the terms and 7 late; half in advance of nothing."""
    on_time = PaymentBehaviour.from_table({7: 1.0}, shared=0.0, first_day=7)
    segment = make_segment(
        payment={"default": on_time}, terms={"default": parse_terms("net 30")}, clock=make_clock()
    )
    scenario = make_scenario(segments=(segment,), pipeline=make_pipeline(3), days=300)
    assert receipt_lags(scenario) == pytest.approx([3 + 30 + 7])
    assert np.isnan(receipt_lags(make_scenario())).all()


def test_deals_stand_still_that_are_older_than_nine_in_ten_stays():
    scenario = of(funnel((0.5,), stay=LogNormal.from_median(20, 50)),
                  pipeline=make_pipeline(4, age=[10, 49, 51, np.nan], amount=[1, 2, 4, 8]))  # fmt: skip
    facts = Facts(scenario, 0, Passage.of(scenario, 0))
    assert facts.patience(0) == 51
    assert facts.standing(0, still=True) == {"deals": 1, "value": 4.0}
    assert facts.standing() == {"deals": 4, "value": 15.0}


def test_why_deals_were_lost_is_read_with_the_stage_where_a_row_tells_it(tmp_path):
    deals = """\
id,stage,amount,created,closed,outcome,lost_reason
D1,Proposal,1000,2026-09-01,,,
D2,Lost,700,2026-03-01,2026-06-01,,price
D3,Contract,700,2026-03-01,2026-06-01,lost,price
D4,Contract,700,2026-03-01,2026-07-01,lost,legal
D5,Lost,700,2026-03-01,2026-06-01,,
"""
    scenario = loaded(tmp_path, deals=deals)
    assert scenario.lost_reasons == {"smb": {"": {"price": 1}, "Contract": {"price": 1, "legal": 1}}}
    earlier = loaded(tmp_path, deals=deals, as_of=date(2026, 6, 30))
    assert earlier.lost_reasons == {"smb": {"": {"price": 1}, "Contract": {"price": 1}}}


def test_shares_of_uncertainty_add_up_and_hold_what_their_error_promises():
    """Independent parts of variances 1 and 4: .2 and .8; about 95 % of 200 lie within the error."""
    held = 0
    for n in range(200):
        u = special.ndtri((np.random.default_rng(n).permutation(1_000) + 0.5) / 1_000)
        v = 2 * special.ndtri((np.random.default_rng(n + 1_000).permutation(1_000) + 0.5) / 1_000)
        parts = [share_of_uncertainty(x, u + v) for x in (u, v)]
        assert parts[0]["share"] + parts[1]["share"] == pytest.approx(1)
        held += abs(parts[0]["share"] - 0.2) < parts[0]["error"]
    assert held > 180
    assert share_of_uncertainty(np.ones(9), np.full(9, 5.0)) is None


# ---- all of it


def told(scenario, trials=50, **aim):
    return side_by_side(replace(scenario, trials=trials), aim_of(scenario, **aim))


def test_what_is_told_adds_up():
    scenario = replace(
        two(market=Market(0.1, 0.1)), targets=(Target("goal", "bookings", 10_000_000, 1, 61, 1),)
    )
    payload = told(scenario, 200)
    rows, whole = payload["segments"], payload["company"]
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    assert sum(row["share_of_uncertainty"]["share"] for row in rows) == pytest.approx(1)
    assert sum(row["amount"]["mean"] for row in rows) == pytest.approx(whole["amount"]["mean"])
    assert sum(row["open"]["deals"] for row in rows) == whole["open"]["deals"] == 40
    for steps in zip(*(row["walk"] for row in rows), whole["walk"], strict=True):
        assert sum(step["amount"] for step in steps[:-1]) == pytest.approx(steps[-1]["amount"], abs=1e-6)
    for row in rows:
        for key in ("worth", "worth_to_end"):
            alone = sum(stage[key]["amount"] for stage in row["stages"])
            assert alone == pytest.approx(row[key]["stages"], abs=1e-6)
            meet, together = row[key]["where_they_meet"], row[key]["together"]
            assert alone + meet == pytest.approx(together, abs=1e-6)
            for stage in row["stages"]:
                parts = [stage[key][source] for source in SOURCES]
                assert sum(parts) == pytest.approx(stage[key]["amount"], abs=1e-6)
    leak = payload["leaks"][0]
    assert (leak["segment"], leak["stage"]) == ("B", "Tests")
    assert [leak["worth"] for leak in payload["leaks"]] == sorted(
        (x["worth"] for x in payload["leaks"]), reverse=True
    )
    assert [(t["name"], t["segment"]) for t in payload["targets"]] == [("goal", "B")]
    tests = rows[1]["stages"][1]
    assert tests["elsewhere"]["conversion"]["mean"] == pytest.approx(0.7)
    assert tests["elsewhere"]["difference"] == pytest.approx(-0.3)
    assert 0.9 < tests["elsewhere"]["real"] < 1
    assert rows[1]["stages"][0]["elsewhere"]["real"] is None
    assert rows[0]["velocity_a_day"] == pytest.approx(
        rows[0]["open"]["value"] * rows[0]["win_rate"]["mean"] / rows[0]["cycle_days"]
    )


@pytest.mark.parametrize(
    "scenario",
    [
        make_scenario(),
        two(0),
        replace(two(1), segments=tuple(replace(s, generation=None) for s in two(1).segments)),
        of(funnel((0.0, 1.0)), funnel((1.0, 0.0)), pipeline=make_pipeline(2)),
        of(funnel((0.5, 0.5)), funnel((0.4,)), worth=math.inf),
    ],
    ids=["nothing", "no deals", "one deal, none to come", "sure ends", "exact"],
)
@pytest.mark.parametrize("trials", [1, 30])
def test_the_smallest_companies_are_told_of(scenario, trials):
    payload = told(scenario, trials)
    json.dumps(payload, allow_nan=False)
    rows = list(segment_rows(payload))
    assert len({len(row) for row in rows}) == 1
    assert {row[0] for row in rows[1:]} >= {segment.name for segment in scenario.segments}


def test_figures_of_no_segment_stand_apart():
    """A month that the books tell for the whole company belongs to no segment."""
    actuals = Figures(
        np.array([-30]), np.array([0]), ("bookings",), np.array([COMPANY]), np.array([50_000_00])
    )
    scenario = replace(two(4), actuals=actuals)
    payload = told(scenario)
    assert payload["no_segment"]["amount"]["mean"] == 50_000
    assert payload["no_segment"]["walk"][0] == {"step": "already won", "amount": 50_000}
    assert payload["company"]["walk"][0]["amount"] == 50_000
    assert payload["no_segment"]["share_of_uncertainty"]["share"] == 0


def test_the_balance_is_told_by_receipts():
    scenario = two(4, renewals=make_renewals(due_day=[]))
    window = Window("balance", scenario.horizon.date_of(1), scenario.horizon.date_of(61))
    payload = side_by_side(replace(scenario, trials=20), Aim("", window))
    assert payload["series"] == "receipts"
    assert any("the company's" in note for note in payload["notes"])


def test_what_is_asked_is_told_with_its_chance():
    payload = told(two(2), amount=1e5, by=date(2026, 12, 31), segment="B")
    assert payload["targets"][0]["name"] == "asked"
    assert payload["targets"][0]["segment"] == "B"
    assert payload["end"] == "2026-12-31"


@pytest.mark.slow
def test_new_deals_are_those_of_now_where_a_lever_begins_later():
    path = ROOT / "scenarios" / "baseline.yaml"
    raised, told = ("trials=10", "segments.*.levers.new_deals=3"), []
    for sets in (("trials=10",), raised, (*raised, "segments.*.levers.from=2027-06-01")):
        scenario = load(path, sets=sets)
        payload = side_by_side(scenario, aim_of(scenario), 1)
        told.append([segment["new_per_month"] for segment in payload["segments"]])
    assert told[2] == told[0] and told[1] == [3 * n for n in told[0]]
