"""The evidence can be repeated where the public data is; what it must not know stays out."""

import csv

import pytest

from benchmarks import evidence, evidence_set


@pytest.fixture(scope="module")
def table(shared_data):
    return evidence_set.read(shared_data / evidence_set.SOURCE)


def test_what_came_true_is_counted_as_published(table):
    outcome = evidence_set.came_true(table)
    assert (outcome.open_deals, outcome.open_wins, outcome.open_value) == (1686, 609, 1_441_450)
    assert (outcome.new_wins, outcome.new_value, outcome.undated) == (648, 1_540_805, 500)


def test_nothing_later_than_the_as_of_day_enters(table, tmp_path):
    evidence_set.write_scenario(tmp_path, table, by_hand=True, counted=False)
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
        path = evidence_set.write_scenario(tmp_path / name, rows, by_hand=False, counted=False)
        written.append((path.read_bytes(), (path.parent / "deals.csv").read_bytes()))
    assert written[0] == written[1]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("loan-november", marks=pytest.mark.slow),
        pytest.param("loan-weeks", marks=pytest.mark.verify),
        pytest.param("maven-learned", marks=pytest.mark.slow),
        pytest.param("maven-set", marks=pytest.mark.slow),
        pytest.param("invoices", marks=pytest.mark.slow),
    ],
)
def test_the_evidence_is_repeated(shared_data, capsys, name):
    """The page says what comes out, to the character; the minutes of `loan-weeks` are for `make verify`."""
    assert evidence.main([str(shared_data), "--only", name]) == 0
    shown = capsys.readouterr().out
    assert "FAILED" not in shown
    assert evidence.block(evidence.PAGE.read_text(encoding="utf-8"), name) in shown


def test_the_page_has_a_place_for_each_section_and_nothing_else_is_changed():
    page = evidence.PAGE.read_text(encoding="utf-8")
    for name in evidence.SECTIONS:
        assert len(evidence.block(page, name)) > 500
        written = evidence.with_block(page, name, "new\n")
        assert evidence.block(written, name) == "new\n"
        assert evidence.with_block(written, name, evidence.block(page, name)) == page


def test_every_section_that_tests_repeat_is_on_the_page():
    marked = {
        mark.args[1][n].values[0] for mark in test_the_evidence_is_repeated.pytestmark for n in range(5)
    }
    assert marked == set(evidence.SECTIONS)


def test_missing_data_is_said_and_no_success(tmp_path, capsys):
    assert evidence.main([str(tmp_path)]) == 1
    assert "is missing in DATA_DIR" in capsys.readouterr().err
