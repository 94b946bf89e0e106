"""A history written as the tables of a scenario is read back as it was."""

import pytest
from history_files import DEALS, EVENTS, INVOICES, day, read

from simulator.history import OPEN
from simulator.loading import load
from simulator.loading.history import read_history
from simulator.loading.history_tables import invoices_table, left_out_of_table, open_deals_table
from simulator.runs.tables import csv_bytes

SCENARIO = """\
version: 1
name: back
as_of: {day}
horizon: 6m
currency: {currency}
data: {{deals: deals.csv, invoices: invoices.csv}}
segments:
{segments}"""
SEGMENT = """\
  {name}:
    stages: {{{stages}}}
"""


def back(folder, history):
    """Write a history's tables and load them with a scenario around them."""
    from datetime import date

    (folder / "deals.csv").write_bytes(csv_bytes(open_deals_table(history), verbatim=True))
    (folder / "invoices.csv").write_bytes(csv_bytes(invoices_table(history), verbatim=True))
    stages = ", ".join(f'"{s}": {{advance: 0.5, days: {{median: 9}}}}' for s in history.stages)
    segments = "".join(SEGMENT.format(name=f'"{name}"', stages=stages) for name in history.segments)
    known = date.fromordinal(history.known).isoformat()
    (folder / "back.yaml").write_text(
        SCENARIO.format(day=known, segments=segments, currency=history.currency)
    )
    return load(folder / "back.yaml")


def test_tables_come_back(tmp_path):
    history = read(tmp_path, "2026-03-31", events=EVENTS, deals=DEALS, invoices=INVOICES)
    scenario = back(tmp_path, history)
    pipeline, wins = scenario.pipeline, scenario.wins
    assert pipeline.id == ("D3",) and pipeline.amount.tolist() == [70000]
    assert pipeline.stated_day.tolist() == [day("04-30") - history.known]
    assert wins.id == ("D1",) and wins.day.tolist() == [day("02-02") - history.known]
    receivables = scenario.receivables
    assert receivables.id.tolist() == ["R1", "R2"] and receivables.amount_minor.tolist() == [30000, 70000]
    assert scenario.segments[0].generation is not None  # arrivals come from the closed rows too


@pytest.mark.parametrize("t", ["01-31", "02-05", "03-15"])
def test_what_is_written_was_known_then(tmp_path, t):
    history = read(tmp_path, "2026-03-15", events=EVENTS, deals=DEALS, invoices=INVOICES).as_of(day(t))
    scenario = back(tmp_path, history)
    still = [i for i, outcome in enumerate(history.deals.outcome) if outcome == OPEN]
    assert scenario.pipeline.id == tuple(history.deals.id[i] for i in still)
    assert scenario.pipeline.stage.tolist() == [history.deals.stage[i] for i in still]


def test_further_columns_come_along(tmp_path):
    deals = "id,stage,amount,created,owner,class,terms,region\nA,New,5,2026-01-05,Kim,Gold,odd,x\n"
    rows = open_deals_table(read(tmp_path, deals=deals))
    assert rows[0][-2:] == ("class", "owner") and rows[1][-2:] == ("Gold", "Kim")


def test_columns_told_by_the_outcome_stay_empty_for_open_deals(tmp_path):
    rows = [f"D{i},Won,9,2026-01-05,2026-02-05,Kim" for i in range(40)]
    rows += [f"E{i},New,9,2026-01-05,,{'Kim' if i < 4 else ''}" for i in range(40)]
    history = read(tmp_path, deals="\n".join(["id,stage,amount,created,closed,owner", *rows]))
    owners = {row[0]: row[-1] for row in open_deals_table(history)}
    assert owners["D1"] == "Kim" and owners["E1"] == ""


def test_what_cannot_be_forecast_is_told(tmp_path, pinned):
    events = EVENTS.replace("D2,Lost: price,2026-02-10\n", "")
    deals = DEALS.replace("D2,Lost,500", "D2,Offer,").replace("2026-02-10", "") + "D4,Odd,5,2026-01-05,,,\n"
    history = read(tmp_path, events=events, deals=deals)
    told = {finding.code: finding.examples for finding in left_out_of_table(history)}
    for finding in left_out_of_table(history):
        pinned(finding.code, finding.text)
    assert told == {"H063": ("deal D4",), "H064": ("deal D2",)}
    assert [row[0] for row in open_deals_table(history)[1:]] == ["D1", "D3"]


def test_what_closed_long_ago_is_left_out(tmp_path):
    deals = DEALS + "D0,Won,5,2021-01-05,2022-01-05,,\nD9,Lost,5,2021-01-05,2025-12-05,,no\n"
    history = read(tmp_path, deals=deals)
    assert [row[0] for row in open_deals_table(history)[1:]] == ["D1", "D2", "D3", "D9"]


@pytest.mark.slow
def test_public_data_comes_back(tmp_path, shared_data):
    history = read_history([shared_data / "maven_opportunities.csv"]).as_of(day("2017-06-30"))
    scenario = back(tmp_path, history)
    assert len(scenario.pipeline) == (history.deals.outcome == OPEN).sum() > 1000
    assert len(scenario.wins) == (history.deals.outcome == 1).sum()
