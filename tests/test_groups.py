"""Deals in groups, by any column of their table."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from factory import (
    make_pipeline,
    make_product,
    make_receivables,
    make_renewals,
    make_scenario,
    make_segment,
    make_wins,
)
from written import SCENARIO, loaded

from simulator.arrivals import PipelineGeneration
from simulator.distributions import LogNormal
from simulator.engine import compile_plan, play
from simulator.engine.compile import COMING
from simulator.errors import UsageError
from simulator.forecast import groups
from simulator.forecast.groups import grouped
from simulator.products import Line, Renewal
from simulator.simulation import simulate

DEALS = """\
id,Customer,class,stage,amount,currency,terms,created,closed
D1,Acme,Gold,Proposal,1000,EUR,net 60,2026-09-01,
D2,,,Contract,2000,USD,,2026-08-01,
D3,Acme,Gold,Won,500,EUR,,2026-02-01,2026-05-05
D4,Bolt,Key,Won,700,USD,,2026-03-01,2026-06-01
"""


def by_group(scenario, by, series="bookings", statistic="already"):
    rows = simulate(scenario, trials=200, by=by).to_json()["groups"]["rows"]
    return {row["group"]: row[series][statistic] for row in rows}


@pytest.mark.parametrize(
    ("by", "already"),
    [
        ("customer", {"Acme": 500.0, "Bolt": 630.0, "": 0.0}),
        ("class", {"Gold": 500.0, "Key": 630.0, "": 0.0}),
        ("stage", {"(won)": 1130.0, "Contract": 0.0, "Proposal": 0.0}),
        ("currency", {"EUR": 500.0, "USD": 630.0}),
        ("terms", {"net 60": 0.0, "": 1130.0}),
    ],
)
def test_columns_that_the_forecast_reads_group_open_and_won_deals(tmp_path, by, already):
    assert by_group(loaded(tmp_path, deals=DEALS), by) == already


def test_a_title_that_stands_twice_groups_nothing(tmp_path):
    deals = DEALS.replace("closed", "closed,team,team").replace(",\n", ",,north,\n", 1)
    rows = deals.splitlines()
    wide = "\n".join(row + "," * (rows[0].count(",") - row.count(",")) for row in rows) + "\n"
    scenario = loaded(tmp_path, deals=wide)
    with pytest.raises(UsageError, match='the column "team" cannot be grouped by, as its title stands twice'):
        grouped(scenario, "team")


def test_columns_under_other_names_are_found(tmp_path):
    deals = DEALS.replace("id,Customer,class", "Number,Account,Tier")
    columns = "{deals: {id: number, customer: Account, class: Tier}}"
    text = SCENARIO.replace("data: {deals: deals.csv}", f"data: {{deals: deals.csv, columns: {columns}}}")
    scenario = loaded(tmp_path, text, deals=deals)
    assert by_group(scenario, "class") == {"Gold": 500.0, "Key": 630.0, "": 0.0}


def test_a_column_without_a_value_is_a_column(tmp_path):
    bare = "id,stage,amount,class\nD1,Proposal,1000,\n"
    assert set(by_group(loaded(tmp_path, deals=bare), "class")) == {""}


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path):
    bare = "id,stage,amount,owner\nD1,Proposal,1000,Kim\n"
    with pytest.raises(UsageError, match=r'no column "class" .* they have: owner, stage, currency$'):
        simulate(loaded(tmp_path, deals=bare), trials=10, by="class")


@pytest.mark.parametrize("by", ["owner", "customer", "stage"])
def test_groups_add_up_to_the_company(by):
    coming = PipelineGeneration(9, LogNormal.from_median(14_000, 40_000), np.array([1.0, 0, 0]))
    pipeline = make_pipeline(6, stage=[0, 1, 2, 0, 1, 2], customer=list("aabbcc"),
                             extra={"owner": ("Ann", "Bo", "Bo", "", "Ann", "Bo")})  # fmt: skip
    wins = make_wins(day=[-10, -20])
    scenario = make_scenario(
        segments=(make_segment(generation=coming),), pipeline=pipeline, wins=wins,
        receivables=make_receivables(invoice_day=[-40, -10], due_day=[-10, 20], paid_day=[-5, 2**62]),
    )  # fmt: skip
    payload = simulate(scenario, trials=300, by=by).to_json()
    rows = payload["groups"]["rows"]
    assert [row["group"] for row in rows][-2:] == [groups.INVOICES, groups.NEW]
    for series in ("bookings", "billings", "receipts"):
        for statistic in ("mean", "already"):
            total = sum(row[series][statistic] for row in rows)
            assert total == pytest.approx(payload["totals"][series][statistic]), (series, statistic)


def test_wins_that_tell_no_group_count_once():
    pipeline = make_pipeline(2, stage=1, extra={"owner": ("Ann", "Bo")})
    rows = by_group(make_scenario(pipeline=pipeline, wins=make_wins(day=[-10])), "owner")
    assert rows == {"Ann": 0.0, "Bo": 0.0, "": 5_000.0}


def test_too_many_groups_become_others():
    count = groups.MOST + 20
    owners = tuple(f"R{i:03d}" for i in range(count))
    pipeline = make_pipeline(stage=[1] * count, amount=[1_000 * (i + 1) for i in range(count)],
                             extra={"owner": owners})  # fmt: skip
    scenario = grouped(make_scenario(pipeline=pipeline), "owner")
    found = set(scenario.pipeline.extra["owner"])
    assert found == {*owners[20:], groups.OTHERS}
    assert grouped(make_scenario(pipeline=pipeline), None).pipeline is pipeline


def test_the_engine_calls_deals_to_come_the_same():
    assert groups.NEW == COMING


# ---- products, which are told apart without being asked


def selling(**overrides):
    """Two products sold and one that is not, open, won, yet to come and renewed."""
    products = (
        make_product("licence", recognise="over-term", recurring=True, renewal=Renewal(0.5)),
        make_product("goods", recognise="at-delivery"),
        make_product("spare"),
    )
    mix = (Line(0, Fraction(2, 3)), Line(1, Fraction(1, 3)))
    fields = {
        "products": products, "segments": (make_segment(mix=mix, generation=_generation()),) * 2,
        "pipeline": make_pipeline(5, segment=[0, 1, 0, 1, 0], lines=[mix, (Line(1),), (Line(),), mix, mix]),
        "wins": make_wins(day=[-20, -400], amount=[900, 120_000], lines=[mix, (Line(0, start_day=-90),)]),
        "renewals": make_renewals(due_day=[40], amount=[7_000], product=[0]),
    }  # fmt: skip
    fields["segments"] = tuple(replace(s, name=n) for s, n in zip(fields["segments"], "ab", strict=True))
    return make_scenario(**fields | overrides)


def _generation():
    return PipelineGeneration(1.0, LogNormal.from_median(9_000, 20_000), np.array([0.5, 0.3, 0.2]))


def test_bookings_and_revenue_of_products_are_those_of_a_run_grouped_by_product():
    plain, asked = (simulate(selling(), trials=200, by=by).to_json()["products"] for by in (None, "product"))
    assert [*plain] == ["licence", "goods", "spare"] and [*asked] == ["licence", "goods"]
    for name, totals in asked.items():
        assert {*totals["totals"]} == {"bookings", "billings", "revenue", "receipts", "arr"}
        assert plain[name]["totals"] == {s: totals["totals"][s] for s in ("bookings", "revenue")}
    assert plain["licence"]["totals"]["bookings"]["already"] == 6.0
    assert plain["licence"]["totals"]["revenue"]["already"] > 100
    assert plain["spare"]["totals"]["bookings"]["mean"] == 0


def test_products_and_what_names_none_add_up_to_the_company():
    for few in ((Line(0),), (Line(1),)):
        deals = make_pipeline(4, lines=few)
        payload = simulate(selling(pipeline=deals), trials=200).to_json()
        for series in ("bookings", "revenue"):
            parts = sum(p["totals"][series]["mean"] for p in payload["products"].values())
            assert parts == pytest.approx(payload["totals"][series]["mean"])


def test_totals_of_products_do_not_hang_on_blocks_and_continue_with_more_trials():
    plan = compile_plan(selling(), 3)
    whole, blocks = play(plan, 0, 90), play(plan, 0, 90, block=7)
    joined = play(plan, 0, 30).and_then(play(plan, 30, 60))
    for series in ("bookings", "revenue"):
        assert whole.by_product[series].any()
        for other in (blocks, joined):
            assert np.array_equal(whole.by_product[series], other.by_product[series])


def test_a_scenario_without_products_tells_of_none():
    assert simulate(make_scenario(pipeline=make_pipeline(2)), trials=20).to_json()["products"] == {}
    free = selling(products=(make_product("licence"), make_product("goods"), make_product("spare")),
                   renewals=make_renewals(due_day=[]))  # fmt: skip
    assert {*simulate(free, trials=20).to_json()["products"]["goods"]["totals"]} == {"bookings"}
