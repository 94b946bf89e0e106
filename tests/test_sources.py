"""The same tables as text, as workbooks and as Parquet: the same forecast and the same history."""

import csv
import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from history_files import DEALS as PAST_DEALS
from history_files import EVENTS
from history_files import INVOICES as PAST_INVOICES
from workbooks import book
from written import DEALS, INVOICES, SCENARIO

from simulator.cli import main
from simulator.errors import InputError
from simulator.loading.history import read_history
from simulator.loading.presets import recognise_system
from simulator.loading.sources import parse_table, read_table

DAYS = (
    "created",
    "entered_stage",
    "expected_close",
    "closed",
    "invoice_date",
    "due_date",
    "paid_date",
    "entered_at",
)
EXPORTS = Path(__file__).resolve().parent.parent / "scenarios" / "exports"
READ = "W050"


def invoke(*arguments):
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    return result.output


def value(title, text):
    if title in DAYS:
        return dt.date.fromisoformat(text) if text else None
    return float(text) if title == "amount" else text


def rows(content):
    titles, *lines = [line.split(",") for line in content.splitlines()]
    return [titles, *([value(t, c) for t, c in zip(titles, line, strict=True)] for line in lines)]


def kept(folder, form, name, content):
    """Write a table in a form: numbers and days as such where it knows them."""
    path = folder / f"{name}.{form}"
    titles, *body = rows(content)
    if form == "csv":
        path.write_text(content, "utf-8")
    elif form == "xlsx":
        book(path, Titles=[["Made by hand"]], Table=[[f"All {name}"], [], titles, *body])
    else:
        pq.write_table(pa.table(dict(zip(titles, zip(*body, strict=True), strict=True))), path)


def written(folder, deals, invoices, data=""):
    folder.mkdir()
    kept(folder, deals, "deals", DEALS)
    kept(folder, invoices, "invoices", INVOICES)
    named = f"{{deals: deals.{deals}, invoices: invoices.{invoices}{data}}}"
    (folder / "small.yaml").write_text(SCENARIO.replace("{deals: deals.csv}", named), "utf-8")
    return folder


def forecast(folder, scenario="small.yaml", out="out"):
    """Return what is forecast, but for how the tables were read, which is told too."""
    invoke("run", folder / scenario, "--trials", 200, "--seed", 7, "--out", folder / out)
    found = json.loads((folder / out / "forecast.json").read_text("utf-8"))
    found["warnings"] = [note for note in found["warnings"] if note["code"] != READ]
    return found


@pytest.mark.slow
def test_a_forecast_does_not_hang_on_the_form_of_its_tables(tmp_path, undrawn):
    first = forecast(written(tmp_path / "a", "csv", "csv"))
    folder = written(tmp_path / "b", "xlsx", "parquet", ", decimal: ',', date_order: mdy")
    assert forecast(folder) == first
    assert forecast(folder, "out/inputs/scenario.yaml", "again") == first, "what a run keeps is the same"


PAST = {"events": EVENTS, "deals": PAST_DEALS, "invoices": PAST_INVOICES}


def same(one, other):
    """Whether two histories tell the same, but for the names of their files."""
    for name in ("deals", "invoices", "moves"):
        first, second = getattr(one, name), getattr(other, name)
        for column in vars(first):
            assert np.array_equal(getattr(first, column), getattr(second, column)), (name, column)
    assert [f.code for f in one.findings] == [f.code for f in other.findings]


@pytest.mark.parametrize("form", ["xlsx", "parquet"])
@pytest.mark.parametrize("way", ["by name", "folder"])
def test_a_history_does_not_hang_on_the_form_of_its_tables(tmp_path, form, way):
    for one in ("csv", form):
        (tmp_path / one).mkdir()
        for name, content in PAST.items():
            kept(tmp_path / one, one, name, content)
    first = read_history([tmp_path / "csv" / f"{name}.csv" for name in PAST])
    files = [tmp_path / form / f"{name}.{form}" for name in PAST] if way == "by name" else [tmp_path / form]
    same(first, read_history(files))


def test_a_history_may_be_one_workbook_with_a_sheet_for_each_table(tmp_path):
    for name, content in PAST.items():
        kept(tmp_path, "csv", name, content)
    sheets = {name: rows(content) for name, content in PAST.items()}
    path = book(tmp_path / "crm.xlsx", **sheets, Contacts=[["name", "town"], ["Ann", "Bonn"]])
    history = read_history([path])
    same(
        read_history([tmp_path / f"{name}.csv" for name in PAST]),
        replace(history, findings=history.findings[:-1]),
    )
    assert history.findings[-1].code == "H060" and "sheet Contacts" in history.findings[-1].examples[0]
    assert history.sources[0].startswith("crm.xlsx, sheet events: events, 7 rows")


@pytest.mark.parametrize(("name", "currency"), [("pipeline", "USD"), ("vertrieb", "EUR"), ("sdelki", "RUB")])
def test_sheets_that_people_keep_in_three_countries_are_the_same_deals(name, currency):
    table = read_table(EXPORTS / f"{name}.xlsx")
    columns = recognise_system(table).columns
    assert set(columns) == {
        "id",
        "customer",
        "stage",
        "amount",
        "created",
        "expected_close",
        "closed",
        "owner",
    }
    assert [table.header[0], table.header[4]] == [columns["id"], columns["created"]]
    assert list(table.aside.values()) == ["W055"] and table.lines[0] == 4
    assert table.rows[0][3] == f"693000 {currency}" and table.rows[0][4] == "2025-01-01"
    text = list(csv.reader((EXPORTS / "sdelki.csv").read_text("cp1251").splitlines(), delimiter=";"))
    days = [[".".join(reversed(cell.split("-"))) for cell in row[4:7]] for row in table.rows[:-1]]
    assert days == [row[4:7] for row in text[1:]]
    assert [row[0] for row in table.rows[:-1]] == [row[0] for row in text[1:]]


def test_headings_between_rows_are_told_in_their_order():
    text = "id,stage,amount\nNorth sales\n1,Proposal,5\nSouth sales\n2,Proposal,6\nNotes of the report\n"
    with pytest.raises(InputError) as caught:
        parse_table(text.encode(), "deals.csv")
    assert [(problem.row, problem.message) for problem in caught.value.problems] == [
        (1, "the row has 1 cell, the header 3"),
        (3, "the row has 1 cell, the header 3"),
    ]
