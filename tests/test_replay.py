"""One trial told deal by deal: it is the run's trial, to the minor unit, and its story hangs together."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from every_kind import LEARNED, SHIPPED, WHOLE, run_of, scenario_of

from simulator.analysis.aims import aim_of
from simulator.analysis.replay import KINDS, event_rows, events, narrowed, replay_payload, replayed
from simulator.analysis.replay.reasons import reasons
from simulator.engine import Trace, compile_plan, play_block
from simulator.engine.ends import LOST
from simulator.engine.postings import Postings
from simulator.errors import UsageError
from simulator.landings import landings
from simulator.market import Market
from simulator.money import minor_digits
from simulator.targets import SERIES

EVERY = (*SHIPPED, LEARNED, *WHOLE)
SMALL = "article-2010.yaml"


def differences(scenario, forecast, number):
    """List where a replayed trial is not that of a run, by series, source and period."""
    again, found = replayed(scenario, number), []
    cells = len(scenario.horizon.cuts)
    for series in scenario.series:
        for source in {s.source for s in forecast.slices}:
            for cell in range(cells):
                run, mine = (
                    t.between(series, cell, cell + 1, source=source)[at]
                    for t, at in ((forecast, number), (again.trials, 0))
                )
                if run != mine:
                    found.append((series, source, cell, mine - run))
    if scenario.cash.has_balance:
        for period in scenario.horizon.periods:
            day = scenario.horizon.day_of(period.end)
            if forecast.balance_at(day)[number] != again.trials.balance_at(day)[0]:
                found.append(("balance", "", day, 0.0))
    return found + again.off()


def some_trials(names, count, trials):
    """Yield scenarios, their runs and the numbers of some of their trials, as many in all."""
    for place, name in enumerate(names):
        scenario = scenario_of(name)
        forecast = run_of(scenario, trials)
        rng = np.random.default_rng(place)
        for number in rng.choice(trials, -(-count // len(names)), replace=False).tolist():
            yield scenario, forecast, number


@pytest.mark.parametrize("name", [SHIPPED[0], LEARNED, WHOLE[3]])
def test_a_trial_is_the_runs_to_the_minor_unit(name):
    for scenario, forecast, number in some_trials([name], 2, 10):
        assert differences(scenario, forecast, number) == []


@pytest.mark.slow
def test_a_hundred_trials_are_the_runs():
    assert [found for some in some_trials(EVERY, 105, 200) if (found := differences(*some))] == []


@pytest.mark.verify
def test_a_thousand_trials_are_the_runs():
    names = (*EVERY, "downturn.yaml", "faster-cash.yaml", *(f"whole {n}" for n in range(20, 31)))
    assert [found for some in some_trials(names, 1000, 1000) if (found := differences(*some))] == []


def test_a_payment_that_is_not_told_is_seen(monkeypatch):
    hear, scenario = Trace.moved, scenario_of(SHIPPED[0])

    def deaf(self, series, walkers, trial, day, money):
        if series != "receipts" or 150 not in day:
            hear(self, series, walkers, trial, day, money)

    monkeypatch.setattr(Trace, "moved", deaf)
    lost = [place for number in range(3) for place in replayed(scenario, number).off()]
    assert lost and {series for series, *_ in lost} == {"receipts"}


def test_a_payment_that_a_run_forgets_is_seen(monkeypatch):
    scenario = scenario_of(SHIPPED[0])
    forecast, paid = run_of(scenario, 3), Postings.paid

    def forgets(postings, account, written):
        if postings.block.recorder is None or (written.day % 7 > 0).all():
            paid(postings, account, written)

    monkeypatch.setattr(Postings, "paid", forgets)
    assert any(differences(scenario, forecast, number) for number in range(3))


@pytest.fixture(scope="module")
def told():
    """A trial of each kind of scenario, of receipts by the horizon's end."""
    found = []
    for name in (SHIPPED[0], LEARNED, WHOLE[0]):
        scenario = scenario_of(name)
        aim = aim_of(scenario, series="receipts", by=scenario.horizon.periods[-1].end)
        found.append((scenario, aim, replay_payload(scenario, aim, 20, 17)))
    return found


def everybody(payload):
    return [one for kind in KINDS.values() for one in payload[kind]]


def test_stages_follow_one_another_after_the_as_of_day(told):
    moves = 0
    for scenario, _, payload in told:
        first, last = scenario.horizon.date_of(1).isoformat(), scenario.horizon.end.isoformat()
        for one in payload["open_deals"] + payload["new_deals"]:
            segment = next(s for s in scenario.segments if s.name == one["segment"])
            stages, before = segment.funnel.stages, first
            for attempt in one["attempts"]:
                at, days = attempt["entered"] or one.get("stage"), [attempt["began"] or before]
                for move in attempt["moves"]:
                    here, there = stages.index(at), stages.index(move["stage"])
                    if scenario.posterior is None:
                        assert segment.funnel.transitions[here, there] > 0, "no such move"
                    at, moves = move["stage"], moves + 1
                    days.append(move["day"])
                days += [attempt["day"]] if attempt["day"] else []
                assert days == sorted(days) and first <= days[0] and days[-1] <= last
                assert (attempt["last_stage"] or at) == at
                before = days[-1]
            assert [e.day for e in events(one)] == sorted(e.day for e in events(one))
    assert moves > 1000


def test_a_deal_ends_as_landings_have_it(told):
    for scenario, aim, payload in told:
        found = landings(scenario, aim.window, 18)
        ends = {one["id"]: one for one in payload["open_deals"]}
        assert len(ends) == len(scenario.pipeline)
        for place, deal in enumerate(scenario.pipeline.id):
            day = found.close[place, 17]
            assert (ends[deal]["outcome"] == "won") == (day > 0)
            if day:
                assert ends[deal]["day"] == scenario.horizon.date_of(int(day)).isoformat()
            unit = 10 ** minor_digits(scenario.currency)
            assert ends[deal]["asked"] * unit == pytest.approx(found.deals[place, 17], abs=1e-6)


def test_as_many_are_lost_as_in_a_run_that_follows_them(told):
    scenario, _, payload = told[0]
    ends = play_block(compile_plan(scenario, scenario.seed, follow_ends=True), 17, 1).ends
    for source, deals in enumerate((payload["open_deals"], payload["new_deals"])):
        lost = sum(one["attempts"][0]["outcome"] == "lost" for one in deals)
        assert lost == ends[:-1, LOST, source].sum() > 50


def test_invoices_are_what_is_billed_and_received(told):
    """In the company's currency, where no rate rounds anything."""
    looked = 0
    for scenario, _, payload in told:
        for one in everybody(payload):
            codes = {invoice["currency"] for invoice in one["invoices"]}
            if codes != {scenario.currency}:
                continue
            paid = sum(invoice["paid"] for invoice in one["invoices"])
            assert paid == pytest.approx(one["brings"].get("receipts", 0.0), abs=1e-6)
            if one["kind"] not in ("backlog", "receivables"):
                net = sum(invoice["amount"] - invoice["tax"] for invoice in one["invoices"])
                assert net == pytest.approx(one["brings"].get("billings", 0.0), abs=1e-6)
            for invoice in one["invoices"]:
                parts = sum(invoice[key] for key in ("paid", "taken_off", "written_off", "open"))
                assert parts == pytest.approx(invoice["amount"], abs=1e-6)
                assert min(invoice[key] for key in ("paid", "taken_off", "written_off", "open")) >= 0
            looked += len(one["invoices"])
    assert looked > 100


def test_what_falls_due_is_what_invoices_say(told):
    """In the company's currency, of open deals, where no tax is passed on."""
    scenario, aim, payload = told[0]
    here, looked = landings(scenario, aim.window, 1, first=17), 0
    last = aim.window.last.isoformat()
    for place, one in enumerate(payload["open_deals"]):
        if {invoice["currency"] for invoice in one["invoices"]} == {scenario.currency}:
            due = sum(invoice["amount"] for invoice in one["invoices"] if invoice["due"] <= last)
            assert here.due[place, 0] / 100 == pytest.approx(due, abs=1e-6)
            looked += here.due[place, 0] != here.deals[place, 0]
    assert looked, "nobody pays late"
    booked = landings(scenario, aim_of(scenario).window, 1, first=17)
    assert booked.due is booked.deals


def test_late_payers_are_what_is_blamed_where_only_payments_differ():
    scenario = scenario_of(SHIPPED[0])
    gone = replace(scenario, pipeline=scenario.pipeline.without(set(scenario.pipeline.id)))
    segments = tuple(replace(segment, generation=None) for segment in gone.segments)
    gone = replace(gone, segments=segments)
    aim = aim_of(gone, series="receipts", by=gone.horizon.periods[1].end)
    found = [replay_payload(gone, aim, 20, number)["reasons"] for number in range(4)]
    kinds = {reason["what"] for every in found for reason in every}
    assert "payments" in kinds and kinds <= {"payments", "backlog"}


def test_reasons_add_up_to_the_difference_from_the_average(told):
    for _, _, payload in told:
        asked, every = payload["asked"], payload["reasons"]
        assert sum(r["amount"] for r in every) == pytest.approx(asked["amount"] - asked["average"], abs=1e-4)
        assert {"market", "deal"} <= {r["what"] for r in every}


def test_deals_that_do_not_share_luck_have_no_market_to_blame():
    scenario = replace(scenario_of(SMALL), market=Market.independent(0.5))
    segments = tuple(replace(s, doubt=np.zeros_like(s.doubt)) for s in scenario.segments)
    scenario = replace(scenario, segments=segments)
    payload = replay_payload(scenario, aim_of(scenario), 30, 3)
    assert "market" not in {r["what"] for r in payload["reasons"]}


@pytest.mark.slow
def test_what_the_market_did_is_known_where_it_is_all_that_happens():
    """A fair market brings nothing on average, and takes where chances fall."""
    scenario = scenario_of(SHIPPED[0])
    window, found = aim_of(scenario).window, []
    usual = landings(scenario, window, 20)
    for number in range(7):
        every = reasons(
            replayed(scenario, number), window, landings(scenario, window, 1, first=number), usual
        )
        (whole,) = [reason for reason in every if reason.kind == "market"]
        found.append((whole.facts["chance_in_its_market"] - whole.facts["chance"], whole.amount))
    shift, money = np.array(found).T
    assert np.corrcoef(shift, money)[0, 1] > 0.7


def test_the_trial_nearest_to_an_end_of_the_range_is_found():
    scenario, at, q = scenario_of(SMALL), "low", 0.1
    aim = aim_of(scenario)
    payload = replay_payload(scenario, aim, 200, at=at)
    amounts = landings(scenario, aim.window, 200).total / 100
    asked = payload["asked"]
    assert asked["amount"] == amounts[payload["trial"]]
    assert abs(asked["amount"] - asked[at]) == pytest.approx(np.abs(amounts - asked[at]).min(), abs=1e-6)
    assert abs(asked["less"] - q) < 0.02


def test_no_deals_one_deal_one_trial():
    scenario = scenario_of(SMALL)
    for left in (0, 1):
        few = replace(scenario, pipeline=scenario.pipeline.without(set(scenario.pipeline.id[left:])))
        payload = replay_payload(few, aim_of(few), 1)
        assert payload["adds_up"] and len(payload["open_deals"]) == left and payload["reasons"] == []


def test_one_owner_alone(told):
    _, _, payload = told[0]
    one = payload["new_deals"][3]
    alone = narrowed(payload, one["id"])
    assert everybody(alone) == [one]
    rows = list(event_rows(alone))
    assert {row[1] for row in rows[1:]} == {one["id"]} and len(rows) > 1
    with pytest.raises(UsageError, match="nothing is called 'D9999'"):
        narrowed(payload, "D9999")


def test_a_trial_beyond_those_played_is_told_too():
    scenario = scenario_of(SMALL)
    assert replay_payload(scenario, aim_of(scenario), 3, 12_345)["adds_up"]


def test_periods_are_the_runs(told):
    scenario, _, payload = told[2]
    forecast = run_of(scenario, 18)
    for period, row in zip(scenario.horizon.periods, payload["periods"], strict=True):
        assert date.fromisoformat(row["start"]) == period.start
        for series in (s for s in SERIES if s in row):
            assert row[series] == forecast.window(series, period)[0][17] / forecast.unit
        if scenario.cash.has_balance:
            assert (
                row["balance"] == forecast.balance_at(scenario.horizon.day_of(period.end))[17] / forecast.unit
            )


def test_a_recorder_changes_nothing():
    scenario = scenario_of(WHOLE[0])
    again = replayed(scenario, 4)
    plain = play_block(again.plan, 4, 1)
    for series in plain.money:
        assert np.array_equal(plain.money[series][:, :, 0], _money(again, series))


def _money(again, series):
    cells = len(again.scenario.horizon.cuts)
    rows = again.trials.by_trial.shapes[series][0]
    sums = [
        [again.trials.by_trial.total(series, (r * cells + c,))[0] for c in range(cells)] for r in range(rows)
    ]
    return np.diff(np.array(sums), axis=1, prepend=0)
