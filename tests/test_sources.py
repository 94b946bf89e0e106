"""The same tables as text, as workbooks and as Parquet: the same forecast and the same history."""

import datetime as dt
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from workbooks import book
from written import DEALS, INVOICES, SCENARIO

from simulator.cli import main

DAYS = ("created", "entered_stage", "expected_close", "closed", "invoice_date", "due_date", "paid_date")
READ = "W050"


def invoke(*arguments):
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    return result.output


def value(title, text):
    if title in DAYS:
        return dt.date.fromisoformat(text) if text else None
    return float(text) if title == "amount" else text


def kept(folder, form, name, content):
    """Write a table in a form: numbers and days as such where it knows them."""
    path = folder / f"{name}.{form}"
    titles, *lines = [line.split(",") for line in content.splitlines()]
    rows = [[value(t, c) for t, c in zip(titles, line, strict=True)] for line in lines]
    if form == "csv":
        path.write_text(content, "utf-8")
    elif form == "xlsx":
        book(path, Titles=[["Made by hand"]], Table=[[f"All {name}"], [], titles, *rows])
    else:
        pq.write_table(pa.table(dict(zip(titles, zip(*rows, strict=True), strict=True))), path)


def written(folder, form, data=""):
    folder.mkdir()
    kept(folder, form, "deals", DEALS)
    kept(folder, form, "invoices", INVOICES)
    named = f"{{deals: deals.{form}, invoices: invoices.{form}{data}}}"
    (folder / "small.yaml").write_text(SCENARIO.replace("{deals: deals.csv}", named), "utf-8")
    return folder


def forecast(folder, scenario="small.yaml", out="out"):
    """Return what is forecast, but for how the tables were read, which is told too."""
    invoke("run", folder / scenario, "--trials", 200, "--seed", 7, "--out", folder / out)
    found = json.loads((folder / out / "forecast.json").read_text("utf-8"))
    found["warnings"] = [note for note in found["warnings"] if note["code"] != READ]
    return found


@pytest.mark.parametrize("form", ["xlsx", "parquet"])
def test_a_forecast_does_not_hang_on_the_form_of_its_tables(tmp_path, form):
    first = forecast(written(tmp_path / "a", "csv"))
    folder = written(tmp_path / "b", form, ", decimal: ',', date_order: mdy")
    assert forecast(folder) == first
    assert forecast(folder, "out/inputs/scenario.yaml", "again") == first, "what a run keeps is the same"
