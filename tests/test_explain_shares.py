"""Where the uncertainty comes from: shares by hand, by brute force, and as exact as they say."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from conftest import ROOT
from factory import AS_OF, make_funnel, make_pipeline, make_scenario, make_segment

from simulator.amounts import AmountChange
from simulator.analysis.aimed import Aimed
from simulator.analysis.aims import aim_of
from simulator.analysis.explain import shares
from simulator.analysis.explain.question import Question
from simulator.arrivals import PipelineGeneration
from simulator.currency import RateCurve
from simulator.distributions import Empirical, LogNormal
from simulator.loading import load
from simulator.market import Market
from simulator.simulation import simulate
from simulator.streams import GROUPS

Z99 = 1.959963984540054
FAR = 4.5
"""Standard errors; seven in a million by chance."""


def question(scenario, **words):
    """A question whose forecast is played no further than a few trials: shares do not look at it."""
    found = Question(scenario, aim_of(scenario, **words), lambda sets: scenario)
    found.__dict__["forecast"] = simulate(scenario, 20, other_markets=False)
    return found


def told(scenario, **words):
    parts = shares.part(question(scenario, **words))["parts"]
    assert sum(part["share"] for part in parts) == pytest.approx(1.0, abs=1e-9)
    return {part["group"]: (part["share"], part["error"] / Z99) for part in parts}


def test_shares_of_independent_deals_by_hand():
    # Each deal brings a·won·in time·change, three independent factors: all interactions of a product.
    win, in_time, change = 0.4, 0.5, AmountChange(unchanged=0.3, location=-0.3, scale=0.5)
    segment = make_segment(funnel=make_funnel((win,), stay=Empirical((5.0, 400.0))), amount_change=change)
    pipeline = make_pipeline(amount=[1_000_000, 2_500_000, 600_000, 1_800_000])
    found = told(make_scenario(segments=(segment,), pipeline=pipeline, trials=None))
    factors = change.factors((np.arange(200_000) + 0.5) / 200_000)
    moments = {
        "outcome": (win, win * (1 - win)),
        "timing": (in_time, in_time * (1 - in_time)),
        "amount": (factors.mean(), factors.var()),
    }
    exact = dict.fromkeys(moments, 0.0)
    for inside in product((False, True), repeat=3):
        some = [name for name, chosen in zip(moments, inside, strict=True) if chosen]
        part = np.prod([v if n in some else m**2 for n, (m, v) in moments.items()])
        for name in some:
            exact[name] += part / len(some)
    whole = sum(exact.values())
    for name, share in exact.items():
        assert abs(found[name][0] - share / whole) < FAR * found[name][1]
        assert found[name][1] < 0.015
    assert found["market"] == found["parameters"] == (0.0, 0.0)


def lively():
    """Few deals, with everything that bookings can hang on."""
    generation = PipelineGeneration(2.0, LogNormal.from_median(9_000, 20_000), np.array([1.0, 0.0, 0.0]))
    segment = make_segment(
        generation=generation, doubt=np.array([0.15, 0.08, 0.1]),
        amount_change=AmountChange(unchanged=0.2, location=-0.1, scale=0.4),
    )  # fmt: skip
    pipeline = make_pipeline(
        amount=[900_000, 2_500_000, 600_000, 1_800_000, 1_200_000], stage=[0, 1, 2, 1, 2]
    )
    return make_scenario(segments=(segment,), pipeline=pipeline, months=2, market=Market(), trials=None)


@pytest.mark.slow
def test_shares_are_those_of_all_coalitions():
    """All 2^6 plays of both seeds; the effects of odd sets, each parted evenly (Walsh–Hadamard)."""
    scenario, trials = lively(), 2_000
    asked = question(scenario)
    names, aimed = shares.groups(asked), Aimed(scenario, asked.aim, 7)
    signs = list(product((1, -1), repeat=len(names)))
    amounts = []
    for sign in signs:
        seeds = {name: 99 for name, own in zip(names, sign, strict=True) if own < 0}
        amounts.append(aimed.amounts(aimed.plan(seeds), 0, trials))
    values = np.zeros((len(names), trials))
    for inside in product((False, True), repeat=len(names)):
        if sum(inside) % 2:
            weights = np.array(
                [np.prod([s for s, i in zip(sign, inside, strict=True) if i]) for sign in signs]
            )
            energy = (weights @ np.array(amounts) / len(signs)) ** 2
            values[np.array(inside)] += 2 / sum(inside) * energy
    whole = values.sum(axis=0)
    found = told(scenario)
    for number, name in enumerate(names):
        share = values[number].mean() / whole.mean()
        error = np.std(values[number] - share * whole) / whole.mean() / np.sqrt(trials)
        assert abs(found[name][0] - share) < FAR * np.hypot(error, found[name][1]), name


@pytest.mark.verify
@pytest.mark.parametrize("target", ["plan-2026", "plan-2027"])
def test_shares_of_eighty_deals_are_exact_to_a_point(target):
    scenario = load(ROOT / "scenarios" / "baseline.yaml")
    left_out = set(scenario.pipeline.id) - set(scenario.pipeline.id[::2][:80])
    scenario = replace(scenario, pipeline=scenario.pipeline.without(left_out), trials=None)
    batches = [told(replace(scenario, seed=seed), target=target) for seed in range(20)]
    for name in batches[0]:
        spread = np.std([batch[name][0] for batch in batches], ddof=1)
        said = np.mean([batch[name][1] for batch in batches])
        assert spread < 0.01, name
        assert 0.6 < spread / said < 1.5, name  # the error that is told is the spread, to its own error


@pytest.mark.parametrize("size", [3, 5, 6, 8])
def test_no_group_is_favoured_by_the_orders(size):
    orders = shares.even_orders(size, shares.ORDERS)
    assert (np.sort(orders, axis=1) == np.arange(size)).all()
    place = np.argsort(orders, axis=1)
    for inside in product((False, True), repeat=size):
        members = np.flatnonzero(inside)
        if len(members) > 2:
            own = place[:, members]
            ends = np.bincount(own.argmin(axis=1), minlength=len(members))
            ends += np.bincount(own.argmax(axis=1), minlength=len(members))
            assert np.abs(ends / ends.sum() - 1 / len(members)).max() < 0.1


def test_groups_that_cannot_touch_the_amount_are_not_played():
    scenario = lively()
    assert shares.groups(question(scenario)) == tuple(
        name for name in GROUPS if name not in ("payments", "currency")
    )
    assert "payments" in shares.groups(question(scenario, series="receipts"))
    foreign = replace(scenario, rates=RateCurve.of("EUR", {"USD": 0.9}, volatility=0.1))
    assert "currency" in shares.groups(question(foreign))
    segments = (replace(scenario.segments[0], generation=None),)
    assert "arrivals" not in shares.groups(question(replace(scenario, segments=segments)))


def test_where_nothing_is_uncertain_or_trials_are_few_there_are_no_shares():
    nothing = make_scenario(months=2, trials=None)
    assert shares.part(question(nothing))["parts"] == []
    assert shares.part(question(replace(lively(), trials=1)))["parts"] == []


@pytest.mark.slow
def test_shares_do_not_depend_on_the_workers():
    one = question(replace(lively(), trials=24))
    assert shares.part(one) == shares.part(replace(one, workers=2))


@pytest.mark.slow
def test_a_window_that_ends_early_brings_what_the_whole_forecast_does_there():
    scenario = load(ROOT / "scenarios" / "saas-hardware" / "scenario.yaml", sets=("trials=20",))
    forecast, horizon = simulate(scenario, 20, other_markets=False), scenario.horizon
    for series in ("bookings", "receipts", "balance"):
        aim = aim_of(scenario, series=series, by=horizon.periods[4].end)
        aimed = Aimed(scenario, aim, scenario.seed)
        assert (aimed.amounts(aimed.plan(), 10, 10) == aim.amounts(forecast)[10:]).all(), series
    assert horizon.as_of == AS_OF
