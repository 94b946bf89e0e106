"""The evidence can be repeated where the public data is; what it must not know stays out."""

import csv

import pytest
from conftest import ROOT

from benchmarks import evidence


@pytest.fixture(scope="module")
def table(shared_data):
    return evidence.read(shared_data / evidence.SOURCE)


def test_what_came_true_is_counted_as_published(table):
    outcome = evidence.came_true(table)
    assert (outcome.open_deals, outcome.open_wins, outcome.open_value) == (1686, 609, 1_441_450)
    assert (outcome.new_wins, outcome.new_value, outcome.undated) == (648, 1_540_805, 500)


def test_nothing_later_than_the_as_of_day_enters(table, tmp_path):
    evidence.write_scenario(tmp_path, table, by_hand=True, counted=False)
    with (tmp_path / "deals.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(row["deal_stage"] == "Engaging" for row in rows) == 1686
    assert max(row["engage_date"] for row in rows) <= "2017-06-30"
    assert max(row["close_date"] for row in rows) <= "2017-06-30"
    assert not {"sector", "account", "close_value"} & rows[0].keys()


def test_later_outcomes_change_nothing(table, tmp_path):
    """Turn every later outcome round: the forecast's input must be the same bytes."""
    turned = [
        row | {"deal_stage": {"Won": "Lost", "Lost": "Won"}.get(row["deal_stage"], ""), "close_value": "1"}
        if row["close_date"] > "2017-06-30"
        else row
        for row in table
    ]
    written = []
    for name, rows in (("as published", table), ("turned", turned)):
        (tmp_path / name).mkdir()
        path = evidence.write_scenario(tmp_path / name, rows, by_hand=False, counted=False)
        written.append((path.read_bytes(), (path.parent / "deals.csv").read_bytes()))
    assert written[0] == written[1]


@pytest.mark.slow
def test_the_evidence_is_repeated(shared_data, capsys):
    assert evidence.main([str(shared_data)]) == 0
    shown = capsys.readouterr().out
    assert "1,686 deals open" in shown
    assert shown.count("wins of deals open then") == 2
    assert "self-check passed" in shown
    assert f"```text\n{shown}```\n" in (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")


def test_missing_data_is_a_usage_error(tmp_path, capsys):
    assert evidence.main([str(tmp_path)]) == 2
    assert "DATA_DIR" in capsys.readouterr().err
