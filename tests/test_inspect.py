"""The command `inspect`: what an export is, what becomes of its money, its mapping, what would tell more."""

import csv
import json
import sqlite3
from decimal import Decimal

import pytest
from click.testing import CliRunner
from conftest import ROOT

from simulator.cli import main
from simulator.loading import load, sources
from simulator.loading.exports import inspected
from simulator.loading.history_frame import HistoryFrame, frame_with_map
from simulator.loading.notes import RULES
from simulator.loading.yaml import parse_value
from simulator.report.inspection import inspection_json, inspection_text

EXPORTS = ROOT / "scenarios" / "exports"
SAMPLES = ROOT / "tests" / "samples"
FILES = sorted(
    path
    for folder in (EXPORTS, *SAMPLES.iterdir())
    if folder.is_dir()
    for path in folder.iterdir()
    if path.suffix in (".csv", ".txt", ".xlsx")
)
GERMAN = ("a decimal comma", "dates as day.month.year")
HEADER = "Opportunity ID,Deal Stage,Amount,Currency,Created Date,Close Date\n"
ROWS = """\
1,1. Qualified,1000,EUR,2026-01-05,2026-12-31
2,2. Proposal,2500.50,EUR,2026-02-05,2026-12-31
3,2. Proposal,about 5,EUR,2026-02-06,2026-12-31
4,2. Proposal,700,USD,2027-02-07,2027-03-01
5,Closed Won,400,USD,2026-01-07,2026-03-01
6,Closed Lost,30,EUR,2026-01-08,2026-03-31
6,Closed Lost,31,EUR,2026-01-08,2026-03-31
"""


def invoke(*arguments, code=0):
    result = CliRunner().invoke(main, ["inspect", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result.output


def told(*arguments):
    return json.loads(invoke(*arguments, "--format", "json"))


@pytest.fixture
def export(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(HEADER + ROWS)
    return path


def test_used_and_left_out_add_up_to_the_file(export, pinned):
    money = told(export, "--as-of", "2026-10-31")["money"]
    total = {"EUR": Decimal("3561.50"), "USD": Decimal("1100")}  # "about 5" is no amount
    parts = {code: Decimal(0) for code in total}
    for part in (*money["used"], *money["left_out"]):
        for code, amount in part["amounts"].items():
            parts[code] += Decimal(str(amount))
    assert parts == total
    assert {code: Decimal(str(x)) for code, x in money["read"]["amounts"].items()} == total
    assert money["read"]["rows"] == 7 == sum(p["rows"] for p in (*money["used"], *money["left_out"]))
    assert {p["rule"]: p["rows"] for p in money["left_out"]} == {"W001": 1, "W080": 2}
    text = invoke(export, "--as-of", "2026-10-31")
    assert text.rstrip().endswith(f"Next: simulator init forecast --from {export} --as-of 2026-10-31")
    assert "--as-of" not in invoke(export)
    (whole,) = [line.split() for line in text.splitlines() if line.startswith("the file's total")]
    assert whole[-3:] == ["7", "3,561.50", "1,100.00"]
    assert "left out: rows created after 31 Oct 2026" in text
    assert "not counting an amount that cannot be read" in text
    pinned("W080", next(" ".join(line.split()) for line in text.splitlines() if RULES["W080"].what in line))


def amount_of(one, code):
    return Decimal(str((one["amounts"] or {}).get(code, 0)))


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("Phase,Wert,Created\nC,5,2026-01-01\nC,5,2026-01-01\n", "for deals it lacks id: name what is meant"),
        (
            "Belegnr,Brutto,Fällig am\nR1,5,2026-01-01\n",
            "for invoices it lacks invoice_date: name what is meant",
        ),
    ],
)
def test_what_is_nearly_an_export_is_told_what_it_lacks(tmp_path, text, lacking):
    path = tmp_path / "nearly.csv"
    path.write_text(text)
    assert lacking in " ".join(invoke(path, code=4).split())


def test_another_systems_deals_are_not_taken_for_hubspots(tmp_path):
    path = tmp_path / "amo.csv"
    head = "ID,Название сделки,{},Дата создания,Этап сделки,Воронка"
    for amount, system in (("Бюджет", "no known system"), ("Сумма", "HubSpot")):
        path.write_text(f"{head.format(amount)}\n1,Север,63296,2026-02-19,Переговоры,Воронка\n")
        assert system in invoke(path)


@pytest.mark.parametrize(
    ("head", "rows"),
    [
        ("Opp no.,Client,Phase,Deal value,Created", "A-1,ACME,Proposal,12000,2026-05-14"),
        ("Invoice no.,Client,Date,Due,Gross", "R1,ACME,2026-05-14,2026-06-14,1200.50"),
        ("ID,Этап сделки,Бюджет,Дата создания", "1,Переговоры,63296,2026-02-19"),
    ],
)
def test_everyday_titles_are_known(tmp_path, head, rows):
    path = tmp_path / "everyday.csv"
    path.write_text(f"{head}\n{rows}\n")
    found = told(path)
    assert sorted(found["columns"].values()) == sorted(head.split(",")) and not found["problems"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_used_and_left_out_add_up_whatever_wrote_the_file(path):
    """In each currency, and in what is shown; a log of stages has nothing that is used."""
    frame = HistoryFrame()
    if path.name == "sdelki.csv":
        frame = frame_with_map(frame, EXPORTS / "columns.yaml")
    found = inspected(path, frame)
    text = inspection_text(found)
    if found.export.kind == "events":
        assert "add up" not in text and "currency" not in text
        return
    money = inspection_json(found)["money"]
    parts = (*money["used"], *money["left_out"])
    assert sum(part["rows"] for part in parts) == money["read"]["rows"] == len(found.export.table.rows)
    codes = sorted(money["read"]["amounts"])
    sums = {
        name: [sum(amount_of(one, code) for one in some) for code in codes]
        for name, some in (("used", money["used"]), ("left out", money["left_out"]))
    }
    whole = [Decimal(str(money["read"]["amounts"][code])) for code in codes]
    assert [a + b for a, b in zip(*sums.values(), strict=True)] == whole
    shown = {
        name: [Decimal(number.replace(",", "")) for number in line.split()[-len(codes) :]]
        for line in text.splitlines()
        for name in (*sums, "the file's total")
        if line.startswith(f"{name}  ")
    }
    assert shown == sums | {"the file's total": whole}
    assert "(theirs)" not in text and "entered_stage = entered_stage" not in text


def test_a_file_is_read_once(export, tmp_path, monkeypatch):
    """Also where rows are set aside until the rest can be read, and where it is a log or a query."""
    read = []
    one = sources._read
    monkeypatch.setattr(sources, "_read", lambda path, *more: (read.append(path.name), one(path, *more))[1])
    invoke(export, "--as-of", "2026-10-31")
    assert read == ["export.csv"]
    (tmp_path / "log.csv").write_text("deal,stage,entered_at\n1,Proposal,2026-05-01\n1,Won,2026-06-01\n")
    invoke(tmp_path / "log.csv")
    (tmp_path / "deals.sql").write_text(
        "SELECT 1 AS id, 'Proposal' AS stage, 5 AS amount, '2026-05-01' AS created"
    )
    monkeypatch.setenv("SIMULATOR_DATABASE_URL", f"sqlite:///{tmp_path / 'crm.db'}")
    sqlite3.connect(tmp_path / "crm.db").close()
    invoke(tmp_path / "deals.sql")
    assert read == ["export.csv", "log.csv", "deals.sql"]


@pytest.mark.parametrize(
    ("head", "cells", "why"),
    [
        ("amount", ('"1,200"', '"2,400"'), "which decimal mark amounts have has to be said first"),
        ("amount,Devise", ("1200,USD", "9,CHF"), "in which currencies it is has to be said first"),
        ("worth", ("1", "2"), "no column of amounts is known"),
    ],
)
def test_no_sum_is_shown_of_amounts_that_nobody_can_read(tmp_path, head, cells, why):
    rows = "".join(f"{n},Proposal,2026-05-01,{cell}\n" for n, cell in enumerate(cells))
    (tmp_path / "open.csv").write_text(f"id,stage,created,{head}\n{rows}")
    text = " ".join(invoke(tmp_path / "open.csv").split())
    assert f"The money of 2 rows is not added up: {why}." in text
    assert "the file's total" not in text and told(tmp_path / "open.csv")["money"] is None


def test_each_row_that_is_left_out_is_listed_with_its_line_and_rule(export, tmp_path):
    invoke(export, "--as-of", "2026-10-31", "--problems", tmp_path / "left.csv")
    with (tmp_path / "left.csv").open(newline="") as file:
        rows = [(row["code"], row["line"], row["entity"], row["value"]) for row in csv.DictReader(file)]
    assert rows == [
        ("D014", "4", "3", "about 5"),
        ("W001", "5", "4", "700.00 USD"),
        ("D009", "8", "6", "6"),
    ]


def test_the_mapping_is_complete_and_valid(export, tmp_path):
    """Pasted into a scenario, it loads the deals, but for the rows that a run refuses."""
    found = told(export, "--as-of", "2026-10-31")
    export.write_text(
        HEADER + "".join(line + "\n" for n, line in enumerate(ROWS.splitlines()) if n not in (2, 6))
    )
    mapping = json.dumps(found["mapping"]["data"])
    assert parse_value(mapping) == found["mapping"]["data"]
    stages = json.dumps({name: {"close": 0.5} for name in found["stages"]["all"]["names"]})
    (tmp_path / "s.yaml").write_text(
        "version: 1\nas_of: 2026-10-31\nhorizon: 12m\ncurrency: EUR\nrates: {USD: 0.9}\n"
        f"data: {mapping}\nsegments: {{all: {{cycle: {{median: 90d}}, stages: {stages}}}}}\n"
    )
    scenario = load(tmp_path / "s.yaml")
    assert scenario.pipeline.id == ("1", "2") and scenario.wins.id == ("5",) and scenario.lost == ("6",)


def test_a_profile_tells_what_is_in_it(export):
    found = told(export, "--as-of", "2026-10-31")
    assert found["counts"] == {"open": 4, "won": 1, "lost": 2}
    assert found["duplicates"]["ids"] == 1
    assert found["stages"]["all"]["names"] == ["1. Qualified", "2. Proposal"]
    assert found["stages"]["all"]["ordered_by"] == "numbers in their names"
    assert found["read_as"][0] == "UTF-8"
    assert any("percentage" in text for text in found["unlocks"])


def test_heaps_of_dates_are_told(tmp_path):
    path = tmp_path / "heaped.csv"
    rows = "".join(f"{n},Proposal,5,2026-06-01,2026-12-31\n" for n in range(12))
    path.write_text("id,stage,amount,created,expected_close\n" + rows)
    heaps = {(heap["column"], heap["what"]): heap["rows"] for heap in told(path)["heaps"]}
    assert heaps[("created", "on 2026-06-01")] == 12
    assert heaps[("expected_close", "on the last day of a quarter")] == 12


def test_columns_that_are_not_read_are_told(tmp_path):
    """A currency under an unknown name is not missed in silence."""
    (tmp_path / "own.csv").write_text("Deal,Phase,Betrag,Devise,Leer\nA,Angebot,5,USD,\n")
    assert "\nNot read: Devise." in invoke(tmp_path / "own.csv")


def test_what_stays_open_is_told_once_and_not_said_to_be_read(tmp_path):
    path = tmp_path / "open.csv"
    path.write_text("id,stage,amount,created\n1,Proposal,1.200,03/04/2026\n2,Proposal,2.400,05/06/2026\n")
    found = told(path)
    assert found["read_as"] == ["UTF-8", "commas"]
    assert [problem["code"] for problem in found["problems"]] == ["D051", "D050"]
    assert found["money"] is None


def test_amounts_add_up_where_only_the_order_of_days_stays_open(tmp_path):
    path = tmp_path / "open.csv"
    path.write_text("Nr;Phase;Betrag;Angelegt am\n1;Angebot;1.200,50;03/04/2026\n2;Lead;300,25;05/06/2026\n")
    found = told(path)
    assert [problem["code"] for problem in found["problems"]] == ["D050"]
    assert found["money"]["read"]["amounts"] == {"EUR": 1500.75} and not found["money"]["used"]
    assert [(one["rule"], one["rows"]) for one in found["money"]["left_out"]] == [("W080", 2)]
    text = invoke(path)
    assert text.count("[D050]") == 1 and "the file's total" in text and "decimal:" not in text
    path.write_text("id,stage,amount,created\n1,Proposal,1.20,03/14/2026\n")
    assert told(path)["read_as"][2:] == ["a decimal point", "dates as month/day/year"]


def test_what_is_no_export_is_told(tmp_path, pinned):
    (tmp_path / "menu.csv").write_text("dish,price\nsoup,4\n")
    text = invoke(tmp_path / "menu.csv", code=4)
    pinned("D085", text[text.index("error[D085]") : text.index("\nmore: ")])


@pytest.mark.parametrize(
    ("name", "system", "read_as", "total"),
    [
        ("hubspot", "hubspot", ["UTF-8", "commas"], "3839700"),
        ("salesforce", "salesforce", ["UTF-8", "semicolons", *GERMAN], "3839700"),
        ("sdelki", None, ["cp1251", "semicolons", *GERMAN], "345573000"),
    ],
)
def test_shipped_exports_are_read_as_they_were_written(name, system, read_as, total):
    more = ["--map", EXPORTS / "columns.yaml"] if system is None else []
    found = told(EXPORTS / f"{name}.csv", *more)
    assert (
        invoke(EXPORTS / f"{name}.csv", *more).rstrip().endswith(" ".join(map(str, (f"{name}.csv", *more))))
    )
    assert found["system"] == system and found["read_as"][: len(read_as)] == read_as
    assert sum(found["money"]["read"]["amounts"].values()) == int(total)
    assert found["counts"] == {"open": 30, "won": 41, "lost": 165} and not found["money"]["left_out"]
    assert not found["problems"]


def test_what_is_no_table_is_refused_with_its_remedy(export):
    export.write_text("id,stage,amount\n1,a\n")
    assert "quote cells with separators" in invoke(export, code=4)


def test_a_title_that_stands_twice_is_told_and_hinders_only_where_it_is_read(export):
    export.write_text("S;id;S;stage;amount\n;1;x;a;5\n")
    text = " ".join(invoke(export).split())
    assert "column S not to be read: a column name stands twice" in text and "[D004]" not in text
    assert told(export)["money"]["read"]["amounts"] == {"EUR": 5.0}
    export.write_text("amount;id;amount;stage\n4;1;5;a\n")
    text = " ".join(invoke(export).split())
    assert "a column name stands twice [D004] (first in line 1: 'amount')" in text
    assert "the file's total" not in text


def test_a_column_that_only_hints_at_the_companys_currency_hinders_nothing(export):
    hint = "Amount in company currency"
    head = "Record ID,Deal Name,Deal Stage,Pipeline,Create Date,Close Date,Amount,Currency"
    rows = "1,D,Lead,Sales,2026-01-05,2026-12-31,5,USD,4,4\n2,E,Lead,Sales,2026-02-05,2026-12-31,6,EUR,6,6\n"
    export.write_text(f"{head},{hint},Other\n{rows}")
    assert told(export)["currency_by"] == f"whose amounts are the same in column {hint}"
    export.write_text(f"{head},{hint},{hint}\n{rows}")
    assert told(export)["currency_by"] is None and not told(export)["problems"]


def test_a_column_that_names_no_stages_is_refused_before_a_funnel_is_made_of_it(export, tmp_path):
    """A funnel of 100 stages took minutes, one of 900 all memory."""
    rows = "".join(f"{n},Call {chr(65 + n % 26)} back on day {n},5,2026-01-05\n" for n in range(100))
    export.write_text("id,stage,amount,created\n" + rows)
    for words in (["inspect", str(export)], ["init", str(tmp_path / "new"), "--from", str(export)]):
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 4, result.output
        assert "error[H009] the column names 100 stages; a funnel is learned of 25 at most" in result.output
        assert 'export.csv, stage: "Call A back on day 0,' in result.output
    assert not (tmp_path / "new").exists()


def test_each_segment_has_an_order_of_its_own(export):
    export.write_text("id,stage,amount,probability,segment\n1,Lead,5,20,A\n2,Proposal,5,40,A\n3,Lead,5,,B\n")
    text = invoke(export)
    assert "  The order of A: percentages" in text and "  The order of B: what their names" in text


def test_stages_of_100_and_0_per_cent_are_asked_about_and_a_map_answers(tmp_path):
    """Of Salesforce nothing but the flags Won and Closed tells the ends that a company has renamed."""
    path, named = tmp_path / "export.csv", tmp_path / "map.yaml"
    head = (
        "Opportunity ID,Opportunity Name,Stage,Amount,Probability (%),Close Date,Created Date,Account Name\n"
    )
    ends = (("Proposal", 60), ("Signed, paid", 100), ("Dead", 0), ("Verbal", 100))
    rows = (f'{n},Deal {n},"{s}",100,{p},2026-08-31,2026-05-01,Acme\n' for n, (s, p) in enumerate(ends))
    path.write_text(head + "".join(rows))
    named.write_text('won_stages: ["Signed, paid", Verbal]\nlost_stages: [Dead]\n')
    asked = (
        "! Dead 0 %, Signed, paid 100 %, Verbal 100 %: deals there count as open; if they are closed, say "
        'won_stages: ["Signed, paid", "Verbal"] and lost_stages: ["Dead"] in --map FILE'
    )
    assert asked in " ".join(invoke(path).split())
    result = CliRunner().invoke(main, ["init", str(tmp_path / "p"), "--from", str(path), "--no-run"])
    assert result.exit_code == 2 and "Dead 0 %, Signed, paid 100 %, Verbal 100 %: are deals" in result.output
    assert "count as open" not in invoke(path, "--map", named)
    assert told(path, "--map", named)["counts"] == {"open": 1, "won": 2, "lost": 1}
    path.write_text("id,stage,outcome,amount,probability\n1,Proposal,open,5,100\n2,Lead,open,5,20\n")
    assert "count as open" not in invoke(path)  # a column of outcomes has said so
