"""A column of currencies under a title that nobody knows is not passed over: its amounts are not added up."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner
from history_files import read
from written import SCENARIO, loaded, problems

from simulator.cli import main
from simulator.errors import InputError
from simulator.loading.currency_columns import titled_currency, unread_currencies
from simulator.loading.history import read_history
from simulator.loading.history_frame import HistoryFrame, frame_with_map
from simulator.loading.sources import parse_table

DEALS = """\
id,stage,amount,Devise,created
D1,Proposal,1200,USD,2026-09-01
D2,Proposal,900,CHF,2026-05-13
D3,Won,900,USD,2026-05-13
"""


def told(text, company="EUR", aside=(), said=None, **columns):
    table = replace(parse_table(text.encode(), "deals.csv"), aside=dict(aside))
    ours = {name: at for at, name in enumerate(table.header) if name in ("id", "amount", "currency")}
    setting = lambda keys, value: f"set {'.'.join(keys)}: {value}"  # noqa: E731
    return unread_currencies(table, "deals", ours | columns, company, said, setting)


def column(title, *cells):
    return "id,amount," + title + "\n" + "".join(f"D{n},{n}00,{cell}\n" for n, cell in enumerate(cells, 1))


@pytest.mark.parametrize(
    ("title", "cells"),
    [
        ("Devise", ("USD", "CHF")),
        ("Devise", ("EUR", "USD", "")),
        ("x", ("USD",)),
        ("Währung: Betrag", ("usd", "eur")),
        ("Currency of deal", ("TRY", "RON")),
        ("x", ("EUR", "TRY")),
    ],
)
def test_a_column_of_currencies_is_seen_whatever_its_title(title, cells):
    problem = told(column(title, *cells))
    assert (problem.code, problem.column, problem.line) == ("D087", title, 1)
    assert f'set columns.deals.currency: "{title}"' in problem.remedy
    assert problem.remedy.endswith("in what all amounts are: set currencies.deals: EUR")
    assert told(column(title, *cells), said="EUR") is None, "somebody has said it"
    assert problem.value == ", ".join(c.upper() for c in cells if c)
    assert told(column(title, *cells), at=2) is None, "the column is read"


@pytest.mark.parametrize(
    ("title", "cells"),
    [
        ("Devise", ("EUR", "EUR")),  # the company's own
        ("Devise", ("", "")),
        ("Country", ("USA", "DEU", "CHE")),
        ("Country", ("USD", "DEU")),
        ("Priority", ("TOP", "TRY", "")),
        ("Language", ("PHP", "PHP")),
        ("Owner", ("Ron", "Bob")),
        ("Owner", ("usd", "chf")),  # small letters are no codes where no title says so
        ("Team", ("US", "CH")),
        ("Currency (theirs)", ("USD",)),
    ],
)
def test_no_other_column_is_taken_for_one_of_currencies(title, cells):
    assert told(column(title, *cells)) is None


def test_amounts_that_tell_their_currency_need_no_column():
    assert told("id,amount,Devise\nD1,5 USD,USD\nD2,$5,CHF\n") is not None
    assert told("id,amount,Devise\nD1,5 USD,USD\nD2,CHF 7,CHF\n") is None
    titled = "id,Amount (EUR),Devise\nD1,5,USD\n"
    assert told(titled, amount=1) is None and told(titled, "GBP", amount=1) is not None


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("Amount (USD)", "USD"),
        ("amount_usd", "USD"),
        ("Betrag in €", "EUR"),
        ("Сумма, руб.", "RUB"),
        ("Value CHF net", "CHF"),
        ("Amount USD/EUR", None),
        ("Amount", None),
        ("Top amount of all", None),  # words that are codes too
        ("Nomad sum", None),
    ],
)
def test_the_title_of_the_amounts_may_name_their_currency(title, code):
    assert titled_currency(title) == code
    text = f'id,"{title}"\nD1,5\n'
    assert told(text, code or "GBP", amount=1) is None and told(text, "GBP", said="GBP", amount=1) is None
    problem = told(text, "GBP", amount=1)
    if code is None:
        assert problem is None
    else:
        assert (problem.code, problem.column, problem.value) == ("D087", title, code)
        assert f"{code} or GBP: set currencies.deals: {code}" in problem.remedy


@pytest.mark.parametrize(
    ("title", "usual", "others"),
    [
        ("Amount ($)", "USD", ("CAD",)),
        ("Value, £", "GBP", ("EGP",)),
        ("Belopp kr", "SEK", ("NOK", "DKK")),
        ("Amount in EUR ($)", "EUR", ()),  # the one that is beyond doubt
        ("Amount ($/£)", None, ("EUR",)),
    ],
)
def test_a_sign_in_the_title_of_the_amounts_is_of_no_other_currency(title, usual, others):
    text = f'id,"{title}"\nD1,5\n'
    for company in (usual, *others):
        assert company is None or told(text, company, amount=1) is None
    problem = told(text, "JPY", amount=1)
    if usual is None:
        assert problem is None
    else:
        assert (problem.code, problem.column) == ("D087", title)
        assert f"{usual} or JPY: set currencies.deals: {usual}" in problem.remedy
        assert told(text, "JPY", said=usual, amount=1) is None


def test_several_such_columns_are_named():
    both = "id,amount,Company currency,Sales currency\nD1,5,EUR,USD\nD2,5,EUR,CHF\n"
    problem = told(both)
    assert "columns Company currency and Sales currency hold" in problem.message
    assert problem.column == "Sales currency"


def test_rows_that_are_left_out_tell_nothing():
    text = column("Devise", "USD", "3 rows")
    assert told(text) is None and told(text, aside={1: "W055"}).value == "USD"


@pytest.mark.parametrize("kind", ["deals", "invoices"])
def test_a_run_refuses_it_until_it_is_said(tmp_path, kind):
    texts = {"deals": DEALS.replace("CHF", "USD")}
    if kind == "invoices":
        texts["deals"] = DEALS.replace("USD", "EUR").replace("CHF", "EUR")
        texts["invoices"] = "id,amount,invoice_date,due_date,Devise\nR1,5,2026-10-01,2026-12-01,USD\n"
    named = f"{{{', '.join(f'{key}: {key}.csv' for key in texts)}"
    texts["scenario"] = SCENARIO.replace("{deals: deals.csv", named)
    (problem,) = problems(tmp_path, **texts)
    assert (problem.code, problem.file, problem.value) == ("D087", f"{kind}.csv", "USD")
    assert f'data.columns.{kind}.currency: "Devise" in small.yaml' in problem.remedy
    assert f"data.currencies.{kind}: EUR in small.yaml" in problem.remedy
    for setting, code in (("columns: {%s: {currency: Devise}}", "USD"), ("currencies: {%s: EUR}", "EUR"),
                          ("currencies: {%s: USD}", "USD")):  # fmt: skip
        texts["scenario"] = SCENARIO.replace("{deals: deals.csv", f"{named}, {setting % kind}")
        scenario = loaded(tmp_path, **texts)
        found = scenario.pipeline.currency if kind == "deals" else scenario.receivables.currencies
        assert set(found) == {code}


def test_only_tables_with_amounts_have_a_currency_of_their_own(tmp_path):
    said = SCENARIO.replace("{deals: deals.csv", "{deals: deals.csv, currencies: {deal: EUR, invoices: Euro}")
    assert [p.code for p in problems(tmp_path, scenario=said)] == ["S024", "S010"]


def test_an_export_of_a_known_system_is_refused_too(tmp_path):
    text = "Opportunity ID,Opportunity Name,Stage,Amount,Close Date,Created Date,Account Name,Deal money\n"
    text += "1,Big,Proposal,100,2026-12-31,2026-05-01,Acme,USD\n"
    said = SCENARIO.replace("{deals: deals.csv", "{deals: deals.csv, systems: {deals: salesforce}")
    assert {problem.code for problem in problems(tmp_path, scenario=said, deals=text)} == {"D087"}


def test_inspect_init_and_histories_say_it_with_the_map_that_resolves_it(tmp_path):
    export, named = tmp_path / "export.csv", tmp_path / "map.yaml"
    export.write_text(DEALS)
    named.write_text('columns: {deals: {currency: "Devise"}}\n')
    text = CliRunner().invoke(main, ["inspect", str(export)]).output
    assert "currency open, as column Devise may tell it" in " ".join(text.split())
    assert "currencies: {deals: EUR} in --map FILE" in " ".join(text.split())
    assert text.count("[D087]") == 1 and "the file's total" not in text
    result = CliRunner().invoke(main, ["inspect", str(export), "--map", str(named), "--format", "json"])
    assert json.loads(result.output)["money"]["read"]["amounts"] == {"CHF": 900.0, "USD": 2100.0}
    alone = tmp_path / "alone.yaml"
    alone.write_text("currencies: {deals: GBP}\n")
    result = CliRunner().invoke(main, ["inspect", str(export), "--map", str(alone), "--format", "json"])
    found = json.loads(result.output)
    assert found["money"]["read"]["amounts"] == {"GBP": 3000.0}
    assert (found["currency"], found["currency_by"]) == ("GBP", "the only one that is named")
    assert found["mapping"]["data"]["currencies"] == {"deals": "GBP"}
    history = read_history([export], frame_with_map(HistoryFrame(rates={"GBP": 2.0}, currency="EUR"), alone))
    assert sorted(history.deals.amount.tolist()) == [180_000, 240_000]
    alone.write_text("currencies: {deal: GBP}\n")
    result = CliRunner().invoke(main, ["inspect", str(export), "--map", str(alone)])
    assert result.exit_code == 4 and "a map has no key currencies.deal" in result.output
    assert "did you mean deals?" in result.output
    result = CliRunner().invoke(main, ["init", str(tmp_path / "new"), "--from", str(export)])
    assert result.exit_code == 2 and "say it: --currency-column Devise|none" in result.output
    assert not (tmp_path / "new").exists()
    with pytest.raises(InputError, match="D087"):
        read(tmp_path, deals=DEALS)
