"""What a list of invoices says to be paid is read, or refused: nothing of it counts as open in silence."""

import json

import pytest
from click.testing import CliRunner
from written import SCENARIO, problems

from simulator.cli import main

HEAD = "Invoice number,Customer,Invoice date,Due date,Amount,"
ROWS = (
    "R1,Acme,2026-08-01,2026-09-01,100.00,{}\nR2,Acme,2026-08-02,2026-09-02,60.00,{}\n"
    "R3,Bolt,2026-08-03,2026-09-03,7.50,{}\n"
)
"""The first is paid, of the second 40 are open, the third is open."""
OPEN = ("0.00", "40.00", "7.50")
PAID = ("100.00", "20.00", "0.00")
READ = (
    *((title, OPEN) for title in ("Balance", "Amount due", "Open amount", "Outstanding", "Offener Betrag")),
    *((title, OPEN) for title in ("Offen", "Restbetrag", "Остаток", "Задолженность", "Unpaid")),
    *((title, PAID) for title in ("Paid", "Amount paid", "Bezahlt", "Gezahlt", "Оплачено")),
)
REFUSED = (
    ("Paid?", ("yes", "partly", "no"), "Paid?", "export"),
    ("Bezahlt", ("ja", "", "nein"), "Bezahlt", "export"),
    ("Status", ("Paid", "Open", "Overdue"), "Status", "export"),
    ("Статус", ("Оплачен", "", "просрочен"), "Статус", "export"),
    ("Balance of invoice", OPEN, "Balance of invoice", "open_amount"),
    ("Payments so far", PAID, "Payments so far", "paid_amount"),
    ("Last payment", ("2026-09-03", "", ""), "Last payment", "paid_date"),
)
QUIET = (
    ("Status", ("Open", "Overdue", "Sent")),
    ("Payment terms", ("30 days", "14 days", "30 days")),
    ("Expected payment", ("2026-11-03", "", "2026-12-01")),
    ("Balance of invoice", ("100.00", "60.00", "7.50")),
    ("Paid?", ("no", "no", "no")),
    ("Opened by", ("Dana", "Ray", "Paid Ltd")),
    ("Paid how", ('"1' + "," * 100_000 + 'x"', "", "")),
)


def inspected(tmp_path, title, cells):
    path = tmp_path / "list.csv"
    path.write_text(HEAD + title + "\n" + ROWS.format(*cells))
    result = CliRunner().invoke(
        main, ["inspect", str(path), "--as-of", "2026-10-31", "--currency", "EUR", "--format", "json"]
    )
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


@pytest.mark.parametrize(("title", "cells"), READ)
def test_what_is_open_or_paid_is_read_under_the_usual_titles(tmp_path, title, cells):
    told = inspected(tmp_path, title, cells)
    used = {one["as"]: one["amount"] for one in told["money"]["used"]}
    assert used == {"paid": 100, "in part": 60, "open": 7.5} and not told["problems"]


@pytest.mark.parametrize(("title", "cells", "column", "remedy"), REFUSED)
def test_what_tells_it_and_is_not_read_is_refused(tmp_path, title, cells, column, remedy):
    (problem,) = inspected(tmp_path, title, cells)["problems"]
    assert (problem["code"], problem["column"]) == ("D092", column) and remedy in problem["remedy"]


@pytest.mark.parametrize(("title", "cells"), QUIET)
def test_columns_that_tell_of_nothing_paid_are_none_of_its_business(tmp_path, title, cells):
    assert not inspected(tmp_path, title, cells)["problems"]


def test_a_balance_that_is_blank_is_not_taken_for_the_whole_amount(tmp_path):
    (problem,) = inspected(tmp_path, "Balance", ("", "40.00", "7.50"))["problems"]
    assert (problem["code"], problem["line"], problem["column"]) == ("D092", 2, "Balance")
    assert not inspected(tmp_path, "Balance", ("0", "40.00", "7.50"))["problems"]
    told = inspected(tmp_path, "Balance", ("0", "40.00", ""))  # no balance says that blank is not all of it
    assert not told["problems"]


def test_a_run_refuses_it_too(tmp_path, pinned):
    said = "{deals: deals.csv, invoices: invoices.csv}"
    invoices = "id,amount,invoice_date,due_date,Zahlstatus\nR1,300,2026-09-01,2026-10-01,bezahlt\n"
    (problem,) = problems(tmp_path, SCENARIO.replace("{deals: deals.csv}", said), invoices=invoices)
    assert (problem.code, problem.line, problem.row, problem.value) == ("D092", 2, 1, "bezahlt")
    pinned("D092", str(problem))
