"""Variants are held against one another on the same luck: nothing differs but what is otherwise."""

import json
import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from conftest import ROOT
from posteriors import posterior
from scipy import special
from test_drawn import NAMES, learned_scenario
from written import DEALS, SCENARIO, write

from simulator.analysis.comparison import compare
from simulator.analysis.contrasts import (
    DIFFERENCE,
    chance_contrast,
    contrast,
    deviation_of_mean,
    interaction,
)
from simulator.analysis.differing import differing
from simulator.analysis.plays import Variant, plays
from simulator.analysis.rows import comparison_rows
from simulator.analysis.variants import case_of, fate, fates, grid_of, variants
from simulator.errors import InputError, UsageError
from simulator.expected import expected
from simulator.forecast import Window, statistics
from simulator.loading import load
from simulator.posterior import Posterior
from simulator.report.compare_sentences import often
from simulator.scores import Z95
from simulator.simulation import simulate
from simulator.streams import as_uniforms, mix64

ARTICLE, BASELINE = (ROOT / "scenarios" / f"{name}.yaml" for name in ("article-2010", "baseline"))
RICH = ROOT / "scenarios" / "saas-hardware" / "scenario.yaml"
NEW = "segments.customers.new_pipeline={per_month: 1, entry: {Need established: 1}, amount: {median: 60k}}"
NOBODY = "id,stage,amount\n"
BACK = "segments.customers.recycling={chance: 0.4, delay: {median: 60, p90: 150}}"
SHORT = "horizon=2011-04-30", "targets.crm-number.until=2011-04-30", NEW
SLIP = "segments.*.close_date.delay += 1m"
MORE = "segments.*.new_pipeline.per_month *= 1.5"


@cache
def loaded(*sets, path=ARTICLE):
    return load(path, sets=("trials=1500", *(SHORT if path == ARTICLE else ()), *sets))


def reader(*sets):
    return lambda path, more: load(path, sets=(*sets, *more))


def pair(*sets, path=ARTICLE):
    return [Variant("base", loaded(path=path)), Variant("other", loaded(*sets, path=path), "case", sets)]


@cache
def together():
    """Two cases of the article's scenario, alone and at once."""
    cases = [case_of(f"slip: {SLIP}"), case_of(f"more: {MORE}")]
    found = variants(reader("trials=1500", *SHORT), ARTICLE, cases=cases, together=True)
    return compare(found).payload


def numbers(part):
    """Every number of a contrast or of a mapping of them, with where it stands."""
    for key, value in part.items() if isinstance(part, dict) else enumerate(part):
        if isinstance(value, dict | list):
            yield from (((key, *keys), found) for keys, found in numbers(value))
        elif isinstance(value, float | int) and not isinstance(value, bool):
            yield (key,), value


# ---- what is the same differs by nothing, and what differs by what it should


def test_a_case_that_changes_nothing_differs_by_exactly_nothing():
    other = compare(pair("segments.customers.close_date.slip=1.25")).payload["others"][0]
    assert [row["what"] for row in other["differs"]] == []
    for keys, value in numbers(other["difference"]):
        if "separate_error" not in keys:
            assert value == 0.0, keys


def test_each_is_played_as_it_would_be_alone():
    first, other = plays(pair(SLIP))
    for play in (first, other):
        alone = simulate(play.scenario)
        assert alone.trials == play.forecast.trials == 1500
        assert np.array_equal(alone.total("receipts")[0], play.forecast.total("receipts")[0])
    told = compare(pair(SLIP), base=simulate(loaded())).payload
    assert told == compare(pair(SLIP), workers=2).payload


@pytest.mark.parametrize(
    "path", [ARTICLE, pytest.param(RICH, marks=pytest.mark.slow)], ids=["article", "rich"]
)
def test_the_base_says_what_its_own_run_says(path):
    base = compare(pair(SLIP, path=path)).payload["base"]
    alone = simulate(loaded(path=path), other_markets=False).to_json()
    whole = [period for period in alone["fiscal"] if period["complete"]]
    for ours, theirs in zip(base["fiscal"], whole, strict=True):
        for series in ("bookings", "billings", "receipts", *(["balance"] if "balance" in ours else [])):
            told = {key: value for key, value in theirs[series].items() if key != "curve"}
            assert {key: value for key, value in ours[series].items() if key != "exact"} == told
    named = {target["name"]: target for target in base["targets"]}
    for target in alone["targets"]:
        assert named.pop(target["name"]) == {key: target[key] for key in base["targets"][0]}
    plans = {
        p["series"]: p["chance"] for p in alone["plan"] if (p["name"], p["segment"]) == ("FY2027", "all")
    }
    assert {named[f"planned {series} of FY2027"]["chance"] for series in plans} == set(plans.values())
    if "balance" in base:
        assert base["balance"]["chance_below_floor"] == alone["balance"]["chance_below_floor"]


@pytest.mark.parametrize(
    "path", [ARTICLE, *(pytest.param(path, marks=pytest.mark.slow) for path in (BASELINE, RICH))],
    ids=lambda path: path.parent.name + path.stem,
)  # fmt: skip
def test_averages_differ_by_their_exact_means_and_the_trials_agree(path):
    """At |z| < 4.4 in each of some 40 cells: by chance less than once in a thousand fresh seeds."""
    first = next(iter(loaded(path=path).resolved["segments"]))
    sets = f"segments.{first}.soberness.odds=1.2", "segments.*.close_date.delay=20d"
    found = list(plays(pair(*sets, path=path)))
    payload, exact = compare(pair(*sets, path=path)).payload, [expected(play.scenario) for play in found]
    horizon, cells = found[0].scenario.horizon, 0
    unit = 100
    for period, told in zip(horizon.periods, payload["others"][0]["difference"]["periods"], strict=True):
        begin, end = horizon.cells_between(max(horizon.day_of(period.start), 1), horizon.day_of(period.end))
        for series in ("bookings", "billings", "receipts"):
            ours, theirs = (getattr(one, series)[..., begin:end].sum() / unit for one in exact)
            assert told[series]["mean"] == pytest.approx(theirs - ours, rel=1e-9, abs=1e-6)
            assert told[series]["error"]["mean"] == 0
            by_trials = luck_alone(*found, Window(series, period.start, period.end))
            if error := by_trials["error"]["mean"] / 1.96:
                assert abs(by_trials["mean"] - (theirs - ours)) < 4.4 * error, (period.name, series)
                cells += 1
    assert cells > 12


def luck_alone(base, other, window):
    """The difference as the trials tell it, without what is known exactly."""
    some = other, base
    amounts, told = [play.amounts(window) for play in some], [play.told(window) for play in some]
    told = [one | {"exact": None} for one in told]
    return contrast(amounts, told, DIFFERENCE, base.forecast.unit)


def test_a_balance_and_a_segment_have_exact_means_too():
    first, other = plays(pair("segments.*.close_date.delay=20d", path=RICH))
    horizon, told = first.scenario.horizon, 0
    every = [Window("balance", horizon.as_of, period.end) for period in horizon.periods]
    names = [segment.name for segment in first.scenario.segments]
    every += [
        Window(series, horizon.periods[0].start, horizon.end, name)
        for series in ("bookings", "billings", "revenue", "receipts")
        for name in names
    ]
    for window in every:
        exact = [window.exact(play.forecast) for play in (first, other)]
        for play, mean in zip((first, other), exact, strict=True):
            if mean is not None:
                amounts = play.amounts(window)
                spread = amounts.std() / np.sqrt(len(amounts))
                assert abs(amounts.mean() - mean) < 4.4 * spread + 100, (window, play.name)
                told += 1
        if None not in exact:
            found = luck_alone(first, other, window)
            off = found["mean"] - (exact[1] - exact[0]) / 100
            assert abs(off) < 4.4 * found["error"]["mean"] / 1.96 + 1, window
    assert told >= 2 * (len(horizon.periods) + 3 * len(names))


def test_without_exact_means_the_trials_tell_the_difference():
    """Where the check fails, where figures are drawn, and where money of a segment belongs to none."""
    play, _ = plays(pair(SLIP))
    window = Window("bookings", play.scenario.horizon.periods[0].start, play.scenario.horizon.end)
    assert window.exact(play.forecast) is not None
    doubtful = replace(play.forecast.check, failures=(("bookings", "open", "", 1, 30, 9.0),))
    for change in ({"check": doubtful}, {"exact": None}):
        assert window.exact(replace(play.forecast, **change)) is None
    learned = replace(play.scenario, posterior=Posterior(7, {}))
    assert window.exact(replace(play.forecast, scenario=learned)) is None
    other = replace(play, forecast=replace(play.forecast, exact=None))
    assert luck_alone(play, other, window)["error"]["mean"] == 0  # the same trials
    once = simulate(play.scenario, trials=1, other_markets=False)
    assert window.exact(once) is None


def test_receipts_of_no_segment_stand_with_the_first_and_nothing_else_does(tmp_path):
    """At |z| < 4.4 in each of eight."""
    two = SCENARIO + SCENARIO.partition("segments:\n")[2].replace("smb:", "other:")
    deals = DEALS.replace("id,", "segment,id,").replace("\nD", "\nsmb,D").replace("smb,D2", "other,D2")
    invoices = "id,amount,invoice_date,due_date\nR1,30000,2026-10-01,2026-11-01\n"
    path = write(tmp_path, two.replace("deals.csv}", "deals.csv, invoices: invoices.csv}"), deals, invoices)
    trials = simulate(load(path), trials=4_000, other_markets=False)
    assert any(one.segment < 0 for one in trials.slices)
    for series in ("bookings", "billings", "receipts"):
        for name in ("smb", "other", None):
            horizon = trials.scenario.horizon
            window = Window(series, horizon.periods[0].start, horizon.end, name)
            exact, amounts = window.exact(trials), window.amounts(trials)
            if (series, name) == ("receipts", "smb"):
                assert exact is None
            else:
                assert abs(amounts.mean() - exact) < 4.4 * amounts.std() / np.sqrt(len(amounts)) + 10


def test_both_sides_differ_by_what_is_said_of_them():
    """Averages of the trials, as coarse as their noise, said `400 in place of 500` of 61 less."""
    from simulator.report.compare import comparison_text

    payload = compare(pair("segments.*.soberness.odds=0.8")).payload
    base, other = payload["base"], payload["others"][0]
    for places in ("fiscal", "periods", "cumulative"):
        for ours, theirs, change in zip(
            base[places], other[places], other["difference"][places], strict=True
        ):
            for series in ("bookings", "billings", "receipts"):
                apart = theirs[series]["exact"] - ours[series]["exact"]
                assert change[series]["mean"] == pytest.approx(apart, rel=1e-9, abs=1e-6)
    text = " ".join(comparison_text(payload).split())
    told = re.findall(r"on average ([\d.,]+) (less|more), ([\d.,]+) in place of ([\d.,]+);", text)
    assert len(told) == 2
    for amount, way, after, before in told:
        shown = (float(after) - float(before)) * (-1 if way == "less" else 1)
        assert shown == pytest.approx(float(amount), abs=1.5)


def test_a_rare_event_that_no_trial_shows_is_told_all_the_same(tmp_path):
    from simulator.report.compare import comparison_text

    deals = NOBODY + "D1,Contract,5000\nBIG,Proposal,20000000\n"
    load_it = reader("trials=100", "horizon=4m")
    path = write(tmp_path, SCENARIO.replace("close: 30%", "close: 0.001%"), deals)
    found = compare(variants(load_it, path, cases=fates([], ["BIG"], []))).payload
    change = found["others"][0]["difference"]["totals"]["bookings"]
    assert (change["less"], change["more"]) == (0, 0)
    assert -250 < change["mean"] < -50
    text = " ".join(comparison_text(found).split())
    assert re.search(r"Bookings of FY2026 are on average [\d,.]+ less[^;]*; in less than 1 of 100", text)
    assert "The same in every trial: bookings" not in text


def test_trials_share_draws_where_only_one_of_two_is_learned():
    learned = learned_scenario(posterior(5, NAMES), attempts=1, trials=200)
    some = Variant("set", replace(learned, posterior=None)), Variant("learned", learned)
    first, other = plays(some)
    window = Window("bookings", learned.horizon.periods[0].start, learned.horizon.end)
    apart = (other.amounts(window) - first.amounts(window)) / first.forecast.unit
    for one, two in (some, some[::-1]):
        told = compare([one, two]).payload["others"][0]["difference"]["totals"]["bookings"]
        assert abs(told["mean"]) == pytest.approx(abs(apart.mean()))
        assert told["error"]["mean"] == pytest.approx(Z95 * deviation_of_mean(apart, 5))


def test_averages_of_both_sides_are_told_in_one_way():
    from simulator.report.compare import comparison_text
    from simulator.report.compare_tables import alike, average_text, comparison_scale, exactness

    found = compare([*pair("segments.*.soberness.odds=0.8"), Variant("twin", loaded())]).payload
    assert exactness(found).startswith("Averages here, and by how much they differ, are exact means and have")
    base, other, twin = found["base"], *found["others"]
    twin = json.loads(json.dumps(twin).replace('"exact": ', '"unknown": '))
    assert exactness(found).endswith("no error of simulation; the trials agree with them.")
    unchecked = [other | {"self_check": other["self_check"] | {"cells": 0}}]  # too few deals are won for it
    assert exactness(found | {"others": unchecked}).endswith("no error of simulation.")
    found["others"] = [other, twin]
    assert "are exact means for other and have no" in " ".join(comparison_text(found).split())
    some = [one["totals"]["bookings"] for one in (base, other, twin)]
    assert [one.get("exact") is None for one in alike(*some)] == [True] * 3
    assert alike(*some[:2]) == some[:2]
    scale = comparison_scale(found)
    trials, exact = (average_text(one, scale) for one in (alike(*some)[0], some[0]))
    assert trials != exact and len(exact) >= len(trials)


def test_a_plan_for_the_same_luck_is_not_the_luck_of_another_seed():
    """The planted fault: other luck in the other, and nothing is nothing any more."""
    base, other = (simulate(loaded(), seed=seed, other_markets=False) for seed in (1, 2))
    amounts = [one.total("bookings")[0] for one in (other, base)]
    told = [statistics(one, 100.0) for one in amounts]
    found = contrast(amounts, told, DIFFERENCE, 100.0)
    assert found["mean"] != 0
    assert found["error"]["mean"] == pytest.approx(found["separate_error"]["mean"], rel=0.1)


# ---- errors


def test_errors_of_differences_hold_what_they_promise():
    """Of 300 pairs with known differences about 95 % lie inside, of means and of both ends."""
    held, apart, size, rounds = dict.fromkeys(("mean", "p10", "p50"), 0), [], 1_000, 300
    for number in range(rounds):
        common, own = normal(number, 0, size), normal(number, 1, size)
        base = common
        other = 1.1 * common + 0.3 * own + 0.2
        told = [statistics(one, 1.0) for one in (other, base)]
        found = contrast([other, base], told, DIFFERENCE, 1.0)
        spread = np.hypot(1.1, 0.3)
        z10 = -1.2815515655446004
        exact = {"mean": 0.2, "p10": 0.2 + z10 * (spread - 1), "p50": 0.2}
        for name in held:
            held[name] += abs(found[name] - exact[name]) <= found["error"][name]
        apart.append(found["separate_error"]["p10"] / found["error"]["p10"])
    for name, count in held.items():
        assert 0.91 <= count / rounds <= 0.985, name
    assert np.mean(apart) > 2


def normal(row, column, size):
    """Normal numbers of their own for each row and column."""
    places = np.arange(size, dtype=np.uint64) + np.uint64(10_000_019 * (row + 1) + 7_919_000_033 * column)
    return special.ndtri(as_uniforms(mix64(places * np.uint64(0x9E3779B97F4A7C15))))


@pytest.mark.slow
def test_the_same_luck_is_worth_five_separate_seeds_on_the_mean_and_two_on_the_low_end():
    names = ("faster-cash", "more-pipeline")
    others = [Variant(n, loaded(path=ROOT / "scenarios" / f"{n}.yaml")) for n in names]
    first, *coming = plays([*pair(SLIP, path=BASELINE), *others])
    window = Window("bookings", first.scenario.horizon.periods[0].start, first.scenario.horizon.end)
    for other in coming:
        change = luck_alone(first, other, window)
        for name, least in (("mean", 5), ("p10", 2)):
            assert change["separate_error"][name] >= least * change["error"][name], (other.name, name)


def test_one_trial_tells_no_error():
    found = contrast([np.array([3.0]), np.array([1.0])], [statistics(np.array([x]), 1.0) for x in (3.0, 1.0)],
                     DIFFERENCE, 1.0)  # fmt: skip
    assert found["mean"] == 2
    assert set(found["error"].values()) == {None}
    assert chance_contrast([np.array([True]), np.array([False])], DIFFERENCE)["error"] is None


def test_chances_are_paired_too():
    hits = np.arange(1000) < 400, np.arange(1000) < 380
    found = chance_contrast(hits, DIFFERENCE)
    assert found["chance"] == pytest.approx(0.02)
    assert found["error"] < found["separate_error"] / 4


def test_trials_that_share_draws_have_wider_errors():
    draws = np.tile(normal(3, 3, 50), 40)
    amounts = [draws + 10, np.zeros(2000)]
    told = [statistics(one, 1.0, draws=50) for one in amounts]
    narrow, wide = (contrast(amounts, told, DIFFERENCE, 1.0, d)["error"]["mean"] for d in (None, 50))
    assert wide > 5 * narrow


# ---- several at once


def test_what_cases_do_to_one_another_adds_up_exactly():
    payload = together()
    assert [other["kind"] for other in payload["others"]] == ["case", "case", "together"]
    slip, more, joint = (other["difference"] for other in payload["others"])
    meet = payload["interaction"]
    assert meet["of"] == ["slip", "more"]
    compared = 0
    for part in ("totals", "cumulative", "fiscal", "periods"):
        alone = [dict(numbers(one[part])) for one in (slip, more, joint, meet)]
        for keys in alone[0]:
            if keys[-1] in ("mean", "p10", "p50", "p90") and "error" not in keys[-2]:
                first, second, both, rest = (one[keys] for one in alone)
                assert both == pytest.approx(first + second + rest, abs=0.006), (part, keys)
                compared += 1
    assert compared > 100
    for first, second, both, rest in zip(*(one["targets"] for one in (slip, more, joint, meet)), strict=True):
        assert both["chance"] == pytest.approx(first["chance"] + second["chance"] + rest["chance"], abs=1e-12)


def test_weights_of_an_interaction():
    assert interaction(2) == (1, -1, -1, 1)
    assert interaction(3) == (1, -1, -1, -1, 2)
    assert sum(interaction(5)) == 0


def test_rows_hold_every_number_once():
    payload = together()
    header, *rows = comparison_rows(payload)
    assert len({row[:-1] for row in rows}) == len(rows)
    assert {row[1] for row in rows} == {"amount", "difference", "interaction"}
    of = dict(zip(header, range(len(header)), strict=True))
    slip = [r for r in rows if r[of["name"]] == "slip" and r[of["of"]] == "difference"]
    mean = next(
        r[-1] for r in slip
        if r[of["series"]] == "bookings" and r[of["cumulative"]] == 1 and r[of["statistic"]] == "mean"
    )  # fmt: skip
    assert mean == payload["others"][0]["difference"]["cumulative"][0]["bookings"]["mean"]


# ---- deals that are won, lost, or not there


@cache
def fated(outcome, *sets, deal="D09"):
    return loaded(*sets, *fate(deal, outcome).sets)


@cache
def played(outcome):
    """Total bookings by trial, and whether the run passed its check, as D09 ends; "" as luck has it."""
    forecast = simulate(fated(outcome) if outcome else loaded(), other_markets=False)
    return forecast.total("bookings")[0], forecast.check.passed


def test_a_deal_that_is_won_lost_or_dropped_changes_nothing_but_itself():
    """Lost is as dropped, where lost deals do not come back."""
    base, won, lost, dropped = (played(outcome)[0] for outcome in ("", "won", "lost", "dropped"))
    assert np.array_equal(lost, dropped)
    own = base - dropped  # what the deal brings where it is won by luck
    assert set(np.sign(own)) == {0.0, 1.0}
    hit = own > 0
    assert np.array_equal((won - dropped)[hit], own[hit])
    assert (won >= base).all() and (base >= lost).all()


@pytest.mark.parametrize("outcome", ["won", "lost", "dropped"])
def test_the_oracle_knows_how_a_deal_ends(outcome):
    base, changed = loaded(), fated(outcome)
    ours, theirs = expected(base), expected(changed)
    deal = base.pipeline.id.index("D09")
    if outcome == "dropped":
        assert "D09" not in changed.pipeline.id
        assert len(changed.pipeline) == len(base.pipeline) - 1
        gap = ours.bookings.sum() - theirs.bookings.sum()
        assert gap == pytest.approx(ours.deal_bookings[deal], rel=1e-9)
    else:
        assert theirs.deal_chance[deal] == (outcome == "won")
        assert np.array_equal(np.delete(theirs.deal_chance, deal), np.delete(ours.deal_chance, deal))
        scale = theirs.deal_chance[deal] / ours.deal_chance[deal]
        # Given a win, it closes when it would have: only the chance of it differs.
        assert theirs.deal_bookings[deal] == pytest.approx(scale * ours.deal_bookings[deal], rel=1e-9)
    (before, _), (after, passed) = played(""), played(outcome)
    apart = after - before
    exact = theirs.bookings.sum() - ours.bookings.sum()
    assert abs(apart.mean() - exact) < 4 * apart.std() / np.sqrt(len(apart))
    assert passed


@pytest.mark.slow
def test_a_lost_deal_of_a_segment_that_recycles_may_come_back_and_a_dropped_one_does_not():
    lost, dropped = (fated(outcome, BACK) for outcome in ("lost", "dropped"))
    exact = [expected(one).bookings.sum() for one in (lost, dropped)]
    assert exact[0] > exact[1]
    some = plays([Variant("dropped", dropped), Variant("lost", lost)])
    told = luck_alone(*some, Window("bookings", lost.horizon.periods[0].start, lost.horizon.end))
    assert abs(told["mean"] - (exact[0] - exact[1]) / 100) < 4 * told["error"]["mean"] / 1.96
    assert simulate(fated("won", BACK), other_markets=False).check.passed


def test_a_deal_of_unknown_age_is_won_where_it_is_said(tmp_path):
    deals = DEALS.replace("D1,Proposal,1000,2026-09-01,2026-09-10", "D1,Proposal,1000,2026-09-01,")
    path = write(tmp_path, SCENARIO.replace("12m", "60m"), deals)
    scenario = load(path, sets=["deals.D1.outcome=won", "deals.D2.outcome=lost", "trials=500"])
    forecast = simulate(scenario)
    assert forecast.closings[0].tolist() == [500, 0]
    assert forecast.check.passed


@pytest.mark.slow
def test_learned_chances_give_way_too(tmp_path):
    """Under posterior draws the outcome that is said holds in every draw, in engine and oracle."""
    path = _learned(tmp_path)
    base = load(path, sets=["trials=600"])
    first, second = base.pipeline.id[:2]
    sets = ["trials=600", f"deals.{first}.outcome=won", f"deals.{second}.outcome=lost"]
    forecast = simulate(load(path, sets=sets))
    assert forecast.deal_chance[:2].tolist() == [1.0, 0.0]
    assert forecast.closings[0][1] == 0
    assert forecast.check.passed


def _learned(folder):
    import subprocess
    import sys

    history = ROOT / "scenarios" / "history"
    command = [sys.executable, "-m", "simulator", "fit", *sorted(map(str, history.glob("*.csv")))]
    done = subprocess.run(
        [*command, "-o", str(folder / "fitted")], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder / "fitted" / "scenario.yaml"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("deals.D9.outcome=won", "there is no open deal D9"),
        ("deals.D3.outcome=won", "D3 is won already"),
        ("deals.D1.outcome=wom", "did you mean won?"),
        ("segments.smb.stages.Contract.close=100%; deals.D2.outcome=lost", "D2 cannot be lost"),
    ],
)
def test_ends_that_cannot_be_are_refused(tmp_path, setting, said):
    sets = [part.strip() for part in setting.split(";")]
    scenario = SCENARIO.replace("back: 0.05, ", "") if "100%" in setting else SCENARIO
    with pytest.raises(InputError, match=r"S049|S013") as error:
        load(write(tmp_path, scenario), sets=sets)
    assert said in str(error.value)


# ---- what differs


def test_figures_that_differ_are_named_with_their_source():
    rows = {one.what: one for one in differing(load(BASELINE), load(ROOT / "scenarios" / "downturn.yaml"))}
    odds = rows["segments.smb.soberness.odds"]
    assert (odds.base, odds.other) == ("0.75", "0.55")
    assert odds.source == "assumption: a quarter off the baseline's odds"
    assert rows["market.shared"].base == "not set"
    assert "name" not in rows and "trials" not in rows


def test_other_deals_are_named_one_by_one(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = load(write(tmp_path / "a"))
    second = load(write(tmp_path / "b", SCENARIO, DEALS.replace("2000.50", "2100") + "D5,Proposal,50,,,,\n"))
    found = {one.what: (one.base, one.other) for one in differing(first, second)}
    assert found["open deals"] == ("2", "3")
    assert found["open deals only in the other"] == ("", "D5")
    assert "2,100 EUR" in found["deal D2"][1]


def test_a_later_end_is_cut_off(tmp_path):
    payload = compare([Variant("short", loaded()), Variant("long", loaded("horizon=2011-08-31"))]).payload
    assert payload["end"] == "2011-04-30"
    assert "compared until 2011-04-30" in payload["notes"][0]
    change = payload["others"][0]["difference"]
    for series in ("bookings", "receipts"):
        assert {change["totals"][series][key] for key in ("mean", "p10", "p90", "less", "more")} == {0.0}


def test_other_seeds_and_trials_are_told():
    found = compare([Variant("a", loaded()), Variant("b", loaded("seed=5", "trials=77"))]).payload
    assert found["notes"] == [
        "b asks for seed 5; it is played on 1 too: the same luck in all",
        "b asks for 77 trials; it is played as often as the first",
    ]
    assert found["others"][0]["differs"] == []
    assert found["others"][0]["difference"]["totals"]["bookings"]["more"] == 0.0


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (lambda s: replace(s, currency="EUR"), "amounts of two currencies"),
        (lambda s: load(ARTICLE, as_of=s.horizon.as_of.replace(day=30)), "--as-of 2010-10-29"),
    ],
)
def test_what_cannot_be_compared_is_refused(other, said):
    with pytest.raises(UsageError, match=said):
        list(plays([Variant("a", loaded()), Variant("b", other(loaded()))]))
    with pytest.raises(UsageError, match="nothing to compare"):
        list(plays([Variant("a", loaded())]))
    with pytest.raises(UsageError, match="two of what is compared are called a"):
        list(plays([Variant("a", loaded()), Variant("a", loaded())]))


# ---- what is to be compared


@pytest.mark.parametrize(
    ("text", "name", "sets"),
    [
        ("slip: a.b=1", "slip", ("a.b=1",)),
        ("two things: a=1; b.c += 2m", "two things", ("a=1", "b.c += 2m")),
        ('terms: t.default="30% on signature; balance on delivery"', "terms",
         ('t.default="30% on signature; balance on delivery"',)),
        ("deal: deals.D1={outcome: won}", "deal", ("deals.D1={outcome: won}",)),
    ],
)  # fmt: skip
def test_cases_are_read(text, name, sets):
    assert (case_of(text).name, case_of(text).sets) == (name, sets)


@pytest.mark.parametrize("text", ["a=1", "slip:", ": a=1", "a=1: b=2", ""])
def test_what_is_no_case_is_refused(text):
    with pytest.raises(UsageError, match="is no case"):
        case_of(text)


def test_grids_give_every_combination():
    found = grid_of(["segments.smb.close_date.slip=1,1.5", "segments.*.soberness.odds *= 0.9, 1.1, 1.2"])
    assert len(found) == 6
    assert found[1].name == "close_date.slip = 1, soberness.odds *= 1.1"
    assert found[1].sets == ("segments.smb.close_date.slip=1", "segments.*.soberness.odds*=1.1")
    assert grid_of([]) == []
    assert [case.name for case in grid_of(['a."b=c"=[1, 2],{x: 3}'])] == [
        'a."b=c" = [1, 2]',
        'a."b=c" = {x: 3}',
    ]
    with pytest.raises(UsageError, match="is no line of a grid"):
        grid_of(["slip"])
    with pytest.raises(UsageError, match="125 combinations"):
        grid_of(["a=1,2,3,4,5", "b=1,2,3,4,5", "c=1,2,3,4,5"])


def test_a_deal_ends_in_one_way():
    assert [case.name for case in fates(["D1"], ["D2"], ["D.3"])] == [
        "D1 is won",
        "D2 is lost",
        "D.3 is not there",
    ]
    assert fates([], [], ["D.3"])[0].sets == ('deals."D.3"={outcome: dropped}',)
    with pytest.raises(UsageError, match="two ways"):
        fates(["D1"], ["D1"], [])


def test_scenarios_of_one_name_are_told_apart_by_their_place(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write(tmp_path / name)
    found = variants(reader(), tmp_path / "a" / "small.yaml", [tmp_path / "b" / "small.yaml"])
    assert [v.name for v in found] == [f"small ({tmp_path / n / 'small.yaml'})" for n in ("a", "b")]
    with pytest.raises(UsageError, match="needs two cases"):
        variants(reader(), tmp_path / "a" / "small.yaml", cases=[case_of("x: seed=2")], together=True)


def test_adding_to_what_is_not_set_adds_to_its_default(tmp_path):
    path = write(tmp_path)
    sets = ["segments.smb.close_date.delay += 1m", "segments.smb.close_date.slip *= 2"]
    rule = load(path, sets=sets).segments[0].close_date
    assert (rule.delay_days, rule.slip) == (30, 2.5)
    with pytest.raises(InputError, match="S019"):
        load(path, sets=["segments.smb.cycle.median += 10d"])
    with pytest.raises(InputError) as error:  # what is learned is not known there
        load(write(tmp_path, SCENARIO + "learned: x.yaml\n"), sets=sets)
    assert ["slip" in str(p.message) for p in error.value.problems] == [True]


# ---- the extremes


@pytest.mark.parametrize(
    ("deals", "trials"), [(NOBODY, 200), (NOBODY + "D1,Contract,5000\n", 200), (DEALS, 1)]
)
def test_no_deals_one_deal_one_trial(tmp_path, deals, trials):
    from simulator.report.compare import comparison_text
    from simulator.report.compare_figures import comparison_figures

    load_it = reader(f"trials={trials}", "horizon=4m")
    cases = [
        case_of("slip: segments.smb.close_date.delay += 1m"),
        case_of("odds: segments.smb.soberness.odds=2"),
    ]
    found = compare(variants(load_it, write(tmp_path, deals=deals), cases=cases, together=True)).payload
    json.dumps(found, allow_nan=False)
    text = comparison_text(found)
    assert max(map(len, text.splitlines())) <= 100
    assert ("no error of simulation" in text) == (trials > 1 and "D1" in deals)
    assert (comparison_figures(found) != {}) == (trials > 1 and "D1" in deals)


def test_shares_of_futures_never_round_to_all_or_none():
    shares = (0.0, 0.004, 0.005, 0.5, 0.994, 0.995, 0.999, 1.0)
    assert [often(share) for share in shares] == [
        "less than 1 of 100", "less than 1 of 100", "less than 1 of 100", "50 of 100", "99 of 100",
        "more than 99 of 100", "more than 99 of 100", "all",
    ]  # fmt: skip
