"""`init --from`: a project of one's own exports; and `run --deals`: the next month's export in its place."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys

import pytest
from click.testing import CliRunner
from conftest import ROOT
from ruamel.yaml import YAML

from simulator.cli import asking, main
from simulator.loading import load
from simulator.report.numbers import top_numbers
from simulator.report.page.walk import section
from simulator.report.results import results_of

EXPORTS = ROOT / "scenarios" / "exports"
DEALS = sorted(
    path
    for kind in ("*_deals", "*_opportunities", "salesforce_report")
    for path in (ROOT / "tests" / "samples").glob(f"{kind}/*")
    if path.suffix in (".csv", ".txt")
)
HEADER = "Opportunity ID,Deal Stage,Amount,Currency,Created Date,Close Date\n"
ROWS = """\
1,Proposal,1000,EUR,2026-01-05,2026-12-31
2,Qualified,2500,EUR,2026-02-05,2026-12-31
3,Closed Won,400,USD,2026-01-07,2026-03-01
4,Closed Lost,30,EUR,2026-01-08,2026-03-31
"""


def invoke(*arguments, code=0, **more):
    result = CliRunner().invoke(main, list(map(str, arguments)), **more)
    assert result.exit_code == code, result.output
    return result.output


def read(path):
    return YAML(typ="safe").load(path.read_text("utf-8"))


@pytest.fixture
def export(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(HEADER + ROWS)
    return path


def test_a_project_is_made_of_an_export(export, tmp_path):
    text = invoke(
        "init", tmp_path / "new", "--from", export, "--as-of", "2026-10-31", "--rate", "USD=0.9", "--no-run"
    )
    made = read(tmp_path / "new" / "scenario.yaml")
    assert made["data"]["deals"] == "exports/export.csv" and made["rates"] == {"USD": 0.9}
    assert list(made["segments"]["all"]["stages"]) == ["Qualified", "Proposal"]
    assert made["segments"]["all"]["source"].startswith("to be set") and "To be set" in text
    assert (tmp_path / "new" / "exports" / "export.csv").read_bytes() == export.read_bytes()
    assert "exports/" in (tmp_path / "new" / ".gitignore").read_text()
    scenario = load(tmp_path / "new" / "scenario.yaml")
    assert scenario.pipeline.id == ("1", "2") and scenario.wins.id == ("3",)
    assert f"simulator run {tmp_path / 'new' / 'scenario.yaml'} --as-of DATE --deals EXPORT" in text


def test_nothing_is_written_where_a_row_cannot_be_read(export, tmp_path):
    export.write_text(HEADER + ROWS.replace("1000", "about 5"))
    given = ("--from", export, "--rate", "USD=0.9", "--problems", tmp_path / "wrong.csv")
    text = invoke("init", tmp_path / "new", *given, code=4)
    assert "error[D014]" in text and "export.csv, row 1 (line 2)" in text
    assert not (tmp_path / "new").exists() and "about 5" in (tmp_path / "wrong.csv").read_text()


def test_what_no_file_tells_is_refused_with_the_option_that_tells_it(export, tmp_path):
    text = invoke("init", tmp_path / "new", "--from", export, code=2)
    assert "error[U012] a question is open" in text and "Amounts are in EUR and USD." in text
    assert "say it: --currency EUR|USD --rate CODE=RATE of each other" in text
    export.write_text(HEADER + "1,Proposal,5,EUR,03/04/2026,05/06/2026\n")
    text = invoke("init", tmp_path / "new", "--from", export, code=2)
    assert "03/04/2026" in text and "--date-order dmy|mdy" in text
    assert not (tmp_path / "new").exists()
    invoke(
        "init", tmp_path / "new", "--from", export, "--date-order", "dmy", "--as-of", "2026-05-01", "--no-run"
    )
    assert read(tmp_path / "new" / "scenario.yaml")["data"]["date_order"] == "dmy"


def test_what_the_readme_says_of_reports_is_so(export, tmp_path, monkeypatch, undrawn):
    """Reports go where the run is started: the project's own `.gitignore` covers them only in its folder."""
    given = ("--from", export, "--rate", "USD=0.9", "--as-of", "2026-10-31")
    invoke("init", tmp_path / "new", *given, "--no-run")
    monkeypatch.chdir(tmp_path / "new")
    text = invoke("run", "scenario.yaml", "--trials", "200")
    assert (tmp_path / "new" / "reports").is_dir()
    assert (tmp_path / "new" / ".gitignore").read_text() == "exports/\nreports/\n"
    told = (tmp_path / "new" / "README.md").read_text()
    assert (
        "`reports/` of the folder in which a run is started" in told and "where that is this folder" in told
    )
    # ---- and of whom the percentages are
    assert "From set percentages to ours, FY2026" in text and "weighted by set percentages" in text
    results = results_of(next((tmp_path / "new" / "reports" / "new").glob("2026*")))
    assert section(results).title == "From set percentages to ours"
    (number,) = [number for number in top_numbers(results) if "weighted pipeline" in number.note]
    assert number.label == "by set percentages" and "its" not in number.note.split()


def test_percentages_that_somebody_has_told_are_no_guess(export, tmp_path):
    export.write_text(HEADER.strip() + ",Probability\n" + ROWS.replace("\n", ",40\n"))
    given = ("--from", export, "--rate", "USD=0.9", "--as-of", "2026-10-31", "--no-run")
    invoke("init", tmp_path / "new", *given)
    scenario = load(tmp_path / "new" / "scenario.yaml")
    assert not scenario.chances_guessed and not scenario.chances_partly_guessed


def test_each_segment_says_where_its_chances_come_from(tmp_path):
    """The CRM tells those of one segment, and nobody those of the other."""

    def write(north):
        told = (
            ("Need seen", north[0]),
            ("Proposal sent", north[1]),
            ("Need seen", ""),
            ("Proposal sent", ""),
        )
        rows = [
            f"{n},{stage},5,2026-06-01,{'North' if n < 2 else 'South'},{chance}\n"
            for n, (stage, chance) in enumerate(told)
        ]
        text = "id,stage,amount,created,Region,probability\n" + "".join(rows)
        (tmp_path / "export.csv").write_text(text)

    write((20, 60))
    given = ("--from", tmp_path / "export.csv", "--segment-by", "Region")
    text = " ".join(invoke("init", tmp_path / "new", *given, "--no-run").split())
    assert "Chances of the stages of North: percentages of the export" in text
    assert "Chances of the stages of South: a guess, even steps, nobody has told any chance." in text
    assert "To be set in scenario.yaml: the chances of the stages of South." in text
    made = read(tmp_path / "new" / "scenario.yaml")["segments"]
    assert made["North"]["source"].startswith("percentages of the export")
    assert made["South"]["source"].startswith("to be set")
    scenario = load(tmp_path / "new" / "scenario.yaml")
    assert scenario.chances_partly_guessed and not scenario.chances_guessed
    write(("", ""))
    invoke("init", tmp_path / "none", *given, "--no-run")
    scenario = load(tmp_path / "none" / "scenario.yaml")
    assert scenario.chances_guessed and not scenario.chances_partly_guessed, "names with blanks too"


def test_chances_of_some_stages_only_are_said_to_be(tmp_path):
    rows = "1,Qualified,5,2026-06-01,20\n2,Proposal,5,2026-06-01,\n"
    (tmp_path / "export.csv").write_text("id,stage,amount,created,probability\n" + rows)
    text = " ".join(invoke("init", tmp_path / "new", "--from", tmp_path / "export.csv", "--no-run").split())
    assert "a guess, even steps, the export tells no chance of Proposal." in text
    (tmp_path / "export.csv").write_text(
        f"id,stage,amount,created,probability\n{rows.replace(',20', ',0.2')}".replace("01,\n", "01,60\n")
    )
    text = " ".join(invoke("inspect", tmp_path / "export.csv").split())
    assert "[D018]" in text and "the export tells no chance of Proposal." in text, "60 beside 0.2 is none"


def test_all_open_questions_are_told_at_once(export, tmp_path):
    rows = '1,Proposal,"1,234",EUR,03/04/2026,\n2,Won,"5,678",USD,05/06/2026,07/08/2026\n'
    export.write_text(HEADER + rows + "3,Proposal,5,EUR,03/05/2026,\n")
    text = invoke("init", tmp_path / "new", "--from", export, code=2)
    options = ("--date-order dmy|mdy --decimal .|,", "--currency EUR|USD --rate CODE=RATE")
    assert all(f"say it: {option}" in text for option in options) and "2 questions are open" in text
    said = ("--date-order", "dmy", "--decimal", ".", "--rate", "USD=0.9", "--as-of", "2026-09-01", "--no-run")
    invoke("init", tmp_path / "new", "--from", export, *said)


@pytest.fixture
def answered(monkeypatch):
    """Somebody is there who answers, a line each time that something is asked."""
    monkeypatch.setattr(asking.Questions, "_there", lambda self: True)


def test_rates_are_of_the_currencies_that_need_them(export, tmp_path, answered):
    """An answer that is none, or is of another currency, is asked for again; the number alone will do."""
    answers = "GBP=1.2\nabout 1\n0,9\n"
    given = ("--from", export, "--no-run", "--currency", "EUR")
    text = invoke("init", tmp_path / "new", *given, input=answers)
    assert "nobody says what one USD is" in text and text.count("What is one USD in EUR?") == 3
    made = tmp_path / "new" / "scenario.yaml"
    assert read(made)["rates"] == {"USD": 0.9}
    assert "\ncurrency: EUR  # the company's: as --currency says\n" in made.read_text()


# ---- the company's currency


@pytest.mark.parametrize(
    ("answer", "currency", "rates"),
    [
        ("EUR, USD=0,9", "EUR", {"USD": 0.9}),
        ("usd=0.9", "EUR", {"USD": 0.9}),  # the other needs none
        ("USD EUR=1.1", "USD", {"EUR": 1.1}),
        ("what\nEUR\nEUR USD=0.9", "EUR", {"USD": 0.9}),
        ("GBP EUR=0.9\nGBP; EUR=0.8; USD=0.7", "GBP", {"EUR": 0.8, "USD": 0.7}),
    ],
)
def test_of_several_currencies_one_question_tells_the_companys(
    export, tmp_path, answered, answer, currency, rates
):
    text = invoke("init", tmp_path / "new", "--from", export, "--no-run", input=f"{answer}\n")
    made = tmp_path / "new" / "scenario.yaml"
    assert (read(made)["currency"], read(made)["rates"]) == (currency, rates)
    question = "Amounts are in EUR and USD. In which does the company report"
    assert text.count(question) == len(answer.splitlines()), text
    assert f"The company's currency: {currency}, as was answered." in text
    assert load(made).currency == currency


@pytest.mark.parametrize(
    ("columns", "currency", "why"),
    [
        ("Amount,Currency\n5,USD\n6,USD", "USD", "the only one that is named"),
        ("Amount,Currency\n5 USD,\n6,USD", "USD", "the only one that is named"),
        ("Amount\n5\n6", "EUR", "as no file names one"),
        ("Amount\n€5\n6 €", "EUR", "as the sign € of its amounts tells"),
        ("Amount\n5 zł\n6", "PLN", "as the sign zł of its amounts tells"),
        ("Amount\n5 ₽\n6 руб.", "RUB", "as the signs руб. and ₽ of its amounts tell"),
        ("Amount\n€5\nEUR 6", "EUR", "the only one that is named"),
        ("Amount\n$5.00\n6", "USD", "which the sign $ of its amounts most often means"),
        ("Amount\n£5\n£6", "GBP", "which the sign £ of its amounts most often means"),
        ("Amount\n5 kr\n6 kr", "SEK", "which the sign kr of its amounts most often means"),
        ("Amount,Currency,Amount in company currency\n5,USD,4.5\n6,EUR,6", "EUR",
         "whose amounts are the same in column Amount in company currency"),
        ("Amount,Currency,Amount in company currency\n5,USD,5\n6,EUR,6", "EUR", ""),  # no rate is 1
    ],
)  # fmt: skip
def test_it_is_said_what_told_the_companys_currency(tmp_path, columns, currency, why):
    """Whatever told it: in the output, and as a comment in the scenario."""
    title, *cells = columns.splitlines()
    head = "Record ID,Deal Name,Deal Stage,Pipeline,Create Date,Close Date"
    rows = [f"{n},D{n},Proposal,Sales,2026-0{n}-05,2026-12-31,{cell}" for n, cell in enumerate(cells, 1)]
    (tmp_path / "export.csv").write_text("\n".join((f"{head},{title}", *rows)) + "\n")
    given = ("--from", tmp_path / "export.csv", "--no-run", "--as-of", "2026-10-31")
    if "USD" in columns and currency == "EUR":
        asked = f"What is one USD in {currency}?" if why else "Amounts are in EUR and USD. In which"
        assert asked in invoke("init", tmp_path / "no", *given, code=2)
        given, why = (*given, "--rate", "USD=0.9"), why or "the only one for which no rate is given"
    text = invoke("init", tmp_path / "new", *given)
    assert f"The company's currency: {currency}, {why}." in " ".join(text.split())
    made = tmp_path / "new" / "scenario.yaml"
    assert f"\ncurrency: {currency}  # the company's: {why}\n" in made.read_text()
    assert load(made).currency == currency


SIGNED = "Opportunity ID,Deal Stage,Amount,Created Date,Close Date\n1,Proposal,{0},2026-01-05,2026-12-31\n"


def test_amounts_without_a_currency_are_not_taken_for_the_one_that_others_name(tmp_path, answered):
    """Of a company in euros that marks its two deals in dollars all counted as dollars."""
    rows = "id,stage,amount\n1,Proposal,1200\n2,Proposal,{}\n3,Proposal,0\n4,Proposal,1200\n"
    (export := tmp_path / "export.csv").write_text(rows.format("500 USD"))
    given = ("init", tmp_path / "new", "--from", export, "--no-run", "--as-of", "2026-10-31")
    text = invoke(*given, input="eur\n0.9\n")
    assert "Some amounts are in USD, and others do not say in what" in text
    made = read(tmp_path / "new" / "scenario.yaml")
    assert (made["currency"], made["rates"]) == ("EUR", {"USD": 0.9})
    invoke(*given, "--force", input="USD\n")
    assert read(tmp_path / "new" / "scenario.yaml")["currency"] == "USD"
    export.write_text(rows.format("500 USD").replace("1200", "1200 USD"))
    assert "Some amounts" not in invoke(*given, "--force")


def test_contract_values_are_taken_before_those_of_a_year(tmp_path):
    (export := tmp_path / "export.csv").write_text("id,stage,ACV,TCV\n1,Proposal,100,300\n2,Won,50,150\n")
    text = " ".join(invoke("inspect", export, "--as-of", "2026-10-31").split())
    assert "amount = TCV" in text and "Not read: ACV." in text
    export.write_text(export.read_text().replace("TCV", "note"))
    given = ("--from", export, "--no-run", "--as-of", "2026-10-31", "--won-stage", "none")
    text = " ".join(invoke("init", tmp_path / "new", *given).split())
    assert "Assumed: amounts of deals are totals, not of a year or a month" in text


@pytest.mark.parametrize(
    ("answer", "code", "why"),
    [("", "USD", "which the sign $ of its amounts most often means"), ("cad", "CAD", "as was answered")],
)
def test_a_sign_of_several_currencies_is_asked_about_with_the_usual_one(
    tmp_path, answered, answer, code, why
):
    (export := tmp_path / "export.csv").write_text(SIGNED.format('"$1,200.00"'))
    given = ("--from", export, "--no-run", "--as-of", "2026-10-31")
    text = invoke("init", tmp_path / "new", *given, input=f"{answer}\n")
    assert text.count("In which currency are the amounts? [USD]") == 1
    assert f"The company's currency: {code}, {why}." in text
    pipeline = load(tmp_path / "new" / "scenario.yaml").pipeline
    assert (pipeline.currency, pipeline.amount.tolist()) == ((code,), [120_000])


def test_where_nobody_can_be_asked_the_usual_currency_of_a_sign_is_assumed_aloud(tmp_path):
    (export := tmp_path / "export.csv").write_text(SIGNED.format('"$1,200.00"'))
    told = "USD, which the sign $ of its amounts most often means (otherwise: --currency CODE)"
    text = invoke("init", tmp_path / "new", "--from", export, "--no-run", "--as-of", "2026-10-31")
    assert f"Assumed: the company's currency is {told}" in " ".join(text.split())
    assert f"currency {told}." in " ".join(invoke("inspect", export).split())
    text = " ".join(invoke("inspect", export, "--currency", "cad").split())
    assert "currency CAD, as --currency says." in text and text.endswith("--currency CAD")


def test_a_sign_of_another_currency_is_told_with_the_settings_that_mend_it(tmp_path):
    (export := tmp_path / "export.csv").write_text(SIGNED.format('"$1,200.00"'))
    text = invoke("init", tmp_path / "new", "--from", export, "--currency", "EUR", code=4)
    assert "the amount is marked $, where the currency is EUR" in text
    assert "currency: USD in the mapping (init and inspect: --currency USD)" in text
    assert "if all amounts here are in USD: data.currencies: {deals: USD}" in text
    assert "--currency USD" in " ".join(invoke("inspect", export, "--currency", "EUR").split())
    (own := tmp_path / "own.csv").write_text(HEADER + ROWS.replace("1000,EUR", "$1000,EUR"))
    text = invoke("init", tmp_path / "new", "--from", own, "--rate", "USD=0.9", code=4)
    assert 'correct the mark, or the currency in column "Currency"' in text
    (tmp_path / "map.yaml").write_text("currencies: {deals: USD}\n")
    given = ("--from", export, "--currency", "EUR", "--map", tmp_path / "map.yaml", "--rate", "USD=0.9")
    invoke("init", tmp_path / "new", *given, "--as-of", "2026-10-31", "--no-run")
    scenario = load(tmp_path / "new" / "scenario.yaml")
    assert (scenario.currency, scenario.pipeline.currency) == ("EUR", ("USD",))


def test_what_is_no_currency_is_refused_before_anything_is_read(export, tmp_path):
    for command in (("init", tmp_path / "new", "--from"), ("inspect",)):
        assert "'euro' is no ISO 4217 currency" in invoke(*command, export, "--currency", "euro", code=2)
    assert not (tmp_path / "new").exists()


def test_the_system_may_say_the_companys_currency_beside_its_amounts(tmp_path):
    head = "Opportunity ID,Opportunity Name,Stage,Close Date,Account Name,Created Date,Amount Currency,Amount"
    head += ",Amount (converted) Currency,Amount (converted)"
    row = "1,Big,Proposal,2026-12-31,Acme,2026-05-01,USD,100,CHF,90\n"
    (tmp_path / "export.csv").write_text(f"{head}\n{row}")
    text = invoke("init", tmp_path / "new", "--from", tmp_path / "export.csv", code=2)
    assert "What is one USD in CHF?" in text
    text = invoke(
        "init", tmp_path / "new", "--from", tmp_path / "export.csv", "--rate", "USD=0.9", "--no-run"
    )
    told = "CHF, as column Amount (converted) Currency says"
    assert f"The company's currency: {told}." in " ".join(text.split())


def test_amounts_in_another_currency_than_the_companys_by_their_title(tmp_path):
    (tmp_path / "export.csv").write_text("id,stage,Amount (USD),created\nD1,Proposal,500,2026-09-01\n")
    text = invoke("init", tmp_path / "own", "--from", tmp_path / "export.csv", "--no-run")
    assert "The company's currency: USD, the only one that is named." in text
    assert "currencies" not in read(tmp_path / "own" / "scenario.yaml")["data"]
    given = ("--from", tmp_path / "export.csv", "--currency", "EUR", "--no-run")
    assert "What is one USD in EUR?" in invoke("init", tmp_path / "new", *given, code=2)
    invoke("init", tmp_path / "new", *given, "--rate", "USD=0.9")
    made = tmp_path / "new" / "scenario.yaml"
    assert read(made)["data"]["currencies"] == {"deals": "USD"}
    assert load(made).pipeline.currency == ("USD",)
    invoke("init", tmp_path / "euro", *given, "--currency-column", "none")
    made = tmp_path / "euro" / "scenario.yaml"
    assert read(made)["data"]["currencies"] == {"deals": "EUR"}
    assert load(made).pipeline.currency == ("EUR",) and "rates" not in read(made)
    invoke("init", tmp_path / "title", *given[:2], "--no-run", "--currency-column", "none")
    assert load(tmp_path / "title" / "scenario.yaml").pipeline.currency == ("USD",), "the title still tells"


def test_a_sign_in_the_title_of_the_amounts_tells_the_likeliest_and_rules_others_out(tmp_path):
    (export := tmp_path / "export.csv").write_text("id,stage,Value (£),created\nD1,Proposal,5,2026-09-01\n")
    text = " ".join(invoke("init", tmp_path / "new", "--from", export, "--no-run").split())
    told = "GBP, which the sign £ of its amounts most often means"
    assert f"Assumed: the company's currency is {told} (otherwise: --currency CODE)" in text
    assert load(tmp_path / "new" / "scenario.yaml").pipeline.currency == ("GBP",)
    text = invoke("init", tmp_path / "no", "--from", export, "--currency", "EUR", code=4)
    assert "the title of the amounts names £, and the company's currency is EUR" in text
    assert "say in what the amounts are, GBP or EUR: currencies: {deals: GBP} in --map FILE" in text


DEVISE = "id,stage,amount,Devise,created\nD1,Proposal,1200,USD,2026-09-01\nD2,Proposal,9,CHF,2026-05-13\n"


def test_a_column_of_currencies_that_nobody_reads_is_asked_about(tmp_path, answered):
    """One answer reads it, the other says in what all amounts are; the scenario keeps either."""
    (tmp_path / "export.csv").write_text(DEVISE)
    given = ("--from", tmp_path / "export.csv", "--no-run")
    text = invoke("init", tmp_path / "read", *given, input="Devise\nUSD, CHF=1.1\n")
    assert "Which column of export.csv tells the currencies of its amounts? Devise holds USD, CHF." in text
    made = tmp_path / "read" / "scenario.yaml"
    assert read(made)["data"]["columns"]["deals"]["currency"] == "Devise"
    assert load(made).pipeline.currency == ("USD", "CHF")
    invoke("init", tmp_path / "alone", *given, input="none\nGBP\n")
    made = tmp_path / "alone" / "scenario.yaml"
    assert read(made)["data"]["currencies"] == {"deals": "GBP"}
    assert load(made).pipeline.currency == ("GBP", "GBP")


WORST = "Record ID,Deal Name,Deal Stage,Pipeline,Create Date,Close Date,Amount,Devise\n" + "".join(
    f'{n},D{n},{stage},{pipeline},0{n}/04/2026,0{n}/12/2026,"{n},200",{code}\n'
    for n, (stage, pipeline, code) in enumerate(
        (("Proposal", "New", "USD"), ("Qualified", "New", "CHF"), ("Proposal", "Renewals", "USD"),
         ("Qualified", "Renewals", "GBP"), ("Closed Won", "New", "USD")), 1
    )
)  # fmt: skip
"""Everything is open at once: dates, decimal mark, the column of currencies, these, amounts, segments."""


def test_whatever_is_open_a_forecast_is_three_answers_away(tmp_path, answered, monkeypatch, undrawn):
    (tmp_path / "export.csv").write_text(WORST)
    monkeypatch.chdir(tmp_path)
    asked, one = [], asking.click.prompt
    monkeypatch.setattr("click.prompt", lambda text, **more: (asked.append(text), one(text, **more))[1])
    answers = "dmy-point\nDevise\nUSD, CHF=1.1, GBP=1.3\n"
    given = ("--from", "export.csv", "--as-of", "2026-05-31", "--trials", "100")
    text = invoke("init", "new", *given, input=answers)
    assert len(asked) == 3 and "new · as of 31 May 2026" in text and "Bookings of FY2026" in text
    assert "Dates such as 01/04/2026 and amounts such as 1,200 can be read" in asked[0]
    assert "Assumed: amounts of deals are totals" in text and "Assumed: segments are told by Pipeline" in text
    scenario = load(tmp_path / "new" / "scenario.yaml")
    assert scenario.pipeline.amount.tolist() == [120_000, 220_000, 320_000, 420_000]
    assert (scenario.currency, scenario.pipeline.currency) == ("USD", ("USD", "CHF", "USD", "GBP"))


@pytest.mark.parametrize(
    ("answer", "deals", "invoices"),
    [("dmy", "dmy", "dmy"), ("mdy, dmy", "mdy", "dmy"), ("ymd\nmdy dmy mdy\nmdy", "mdy", "mdy")],
)
def test_two_exports_are_asked_about_at_once_and_may_have_other_customs(
    tmp_path, answered, answer, deals, invoices
):
    (tmp_path / "d.csv").write_text("id,stage,amount,created\n1,Proposal,5,03/04/2026\n")
    (tmp_path / "i.csv").write_text("id,amount,invoice_date,due_date\nR1,7,05/06/2026,07/08/2026\n")
    given = ("--from", tmp_path / "d.csv", "--invoices", tmp_path / "i.csv", "--no-run", "--currency", "EUR")
    text = invoke("init", tmp_path / "new", *given, "--as-of", "2026-12-31", input=f"{answer}\n")
    question = "Dates such as 03/04/2026 in d.csv; dates such as 05/06/2026 in i.csv can be read"
    assert text.count(question) == len(answer.splitlines()), text
    columns = read(tmp_path / "new" / "scenario.yaml")["data"]["columns"]
    assert (columns["deals"]["date_order"], columns["invoices"]["date_order"]) == (deals, invoices)


@pytest.mark.parametrize(
    ("days", "orders"), [("26.05.01", "dmy|ymd"), ("26-05-01", "dmy|ymd"), ("05/06/07", "dmy|mdy|ymd")]
)
def test_no_order_is_offered_in_which_the_dates_are_none(tmp_path, days, orders):
    (export := tmp_path / "export.csv").write_text(f"id,stage,amount,created\n1,Proposal,5,{days}\n")
    text = invoke("init", tmp_path / "new", "--from", export, code=2)
    assert f"say it: --date-order {orders}\n" in text


def test_in_a_pipe_the_options_of_all_that_would_be_asked_are_told_at_once(tmp_path):
    (tmp_path / "export.csv").write_text(WORST)
    text = invoke("init", tmp_path / "new", "--from", tmp_path / "export.csv", code=2)
    for option in ("--date-order dmy|mdy --decimal .|,", "--currency-column Devise|none", "--currency",
                   "--amount-is total|annual|monthly", "--segment-by Pipeline|none"):  # fmt: skip
        assert option in text, option
    assert text.count("say it: ") == 2 and not (tmp_path / "new").exists()


@pytest.mark.parametrize("path", DEALS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_each_sample_of_deals_is_one_question_from_a_project(path, tmp_path):
    """That of its currencies: it names several, and what one of the others is worth nobody has told."""
    given = ("--from", path, "--no-run", "--no-learn")
    text = invoke("init", tmp_path / "new", *given, code=2)
    assert text.count("say it: ") == 1 and "--rate" in text
    said = [f"--rate={code}=0.9" for code in ("USD", "EUR", "GBP", "CHF", "RUB")]
    company = {"en": "USD", "de": "EUR", "ru": "RUB"}[path.stem]
    rates = [option for option in said if company not in option]
    text = " ".join(invoke("init", tmp_path / "new", *given, *rates).split())
    told = re.search(r"The company's currency: (\w+), (.*?)\.", text)
    system = {
        "hubspot_deals": "whose amounts are the same in column Amount in company currency",
        "salesforce_report": "as column",
    }
    expected = system.get(path.parent.name, "the only one for which no rate is given")
    assert told[1] == company and told[2].startswith(expected)
    assert f"currency: {company}  # the company's: {told[2]}" in (tmp_path / "new/scenario.yaml").read_text()
    assert "deals: used and left out add up to the file" in text and "the file's total" in text


def test_the_column_of_currencies_is_an_option_too(tmp_path):
    (tmp_path / "export.csv").write_text(DEVISE)
    given = ("--from", tmp_path / "export.csv", "--no-run")
    text = invoke("init", tmp_path / "no", *given, code=2)
    assert "say it: --currency-column Devise|none, and with a column --currency and --rate" in text
    text = invoke("init", tmp_path / "no", *given, "--currency-column", "Devisen", code=2)
    assert "there is no column Devisen in export.csv; did you mean Devise?" in text
    invoke("init", tmp_path / "read", *given, "--currency-column", "Devise", "--rate", "CHF=1.1")
    assert load(tmp_path / "read" / "scenario.yaml").currency == "USD"
    invoke("init", tmp_path / "alone", *given, "--currency-column", "none")
    assert load(tmp_path / "alone" / "scenario.yaml").pipeline.currency == ("EUR", "EUR")
    (tmp_path / "export.csv").write_text(DEVISE.replace("Devise", "Currency"))
    text = invoke("init", tmp_path / "told", *given, "--currency-column", "none", code=2)
    assert "--currency-column none: the column Currency of export.csv is read, and tells them" in text


def test_at_most_three_questions_are_asked(monkeypatch):
    monkeypatch.setattr(asking.Questions, "_there", lambda self: True)
    monkeypatch.setattr("click.prompt", lambda *_, default, **__: default or "needed")
    questions = asking.Questions()
    for _ in range(5):
        assert questions.text("Which?", "--which", "usual", "as usual") == "usual"
    assert questions.asked == 3 and len(questions.assumed) == 2
    assert questions.text("Which at all?", "--at-all", None) == "needed"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--invoices", "deals"), "holds deals: give it as --from FILE"),
        (("--segment-by", "Deal Stages"), "did you mean Deal Stage?"),
        (("--rate", "USD=x"), "write for example USD=0.92"),
        (("--rate", "USD=1,350"), "'USD=1,350' can be read in two ways; write USD=1.350 or USD=1350"),
        (("--rate", "GBP=1", "--rate", "5"), "'5' is no rate"),  # and no decimals of the rate before it
    ],
)
def test_wrong_options_are_told(export, tmp_path, given, said):
    given = [export if word == "deals" else word for word in given]
    assert said in invoke("init", tmp_path / "new", "--from", export, "--rate", "USD=0.9", *given, code=2)
    assert "only with --from" in invoke("init", tmp_path / "new", "--as-of", "2026-10-31", code=2)


def test_segments_are_told_by_a_column(tmp_path):
    path = tmp_path / "export.csv"
    rows = "".join(f"{n},Proposal,5,2026-06-01,{'North' if n % 2 else 'South'}\n" for n in range(6))
    path.write_text("id,stage,amount,created,Region\n" + rows)
    invoke("init", tmp_path / "new", "--from", path, "--segment-by", "Region", "--no-run")
    scenario = load(tmp_path / "new" / "scenario.yaml")
    assert {segment.name for segment in scenario.segments} == {"North", "South"}
    assert sorted(scenario.pipeline.segment.tolist()) == [0, 0, 0, 1, 1, 1]


def test_a_newer_export_is_read_as_the_scenario_says(export, tmp_path, monkeypatch, pinned):
    invoke(
        "init", tmp_path / "new", "--from", export, "--as-of", "2026-10-31", "--rate", "USD=0.9", "--no-run"
    )
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "november.csv").write_text(
        HEADER + ROWS + "5,Proposal,70,EUR,2026-11-05,2027-01-31\n"
    )
    scenario = tmp_path / "new" / "scenario.yaml"
    text = invoke("show", scenario, "--as-of", "2026-11-30", "--deals", "november.csv")
    assert "30 Nov 2026" in text and "3 open deals" in text
    (tmp_path / "elsewhere" / "other.csv").write_text("Nr,Stand,Wert\n1,Proposal,5\n")
    text = invoke("show", scenario, "--deals", "other.csv", code=4)
    assert "error[D086] 7 of 7 columns" in text and "not named by the scenario: Nr, Stand, Wert" in text
    pinned("D086", text[text.index("error[D086]") : text.index("\nmore: ")])


@pytest.mark.slow
def test_learning_anew_takes_the_newer_export(tmp_path):
    made = tmp_path / "made"
    shutil.copytree(EXPORTS, tmp_path / "exports")
    invoke("init", made, "--from", tmp_path / "exports" / "hubspot.csv", "--as-of", "2026-10-31", "--no-run")
    assert "currency: EUR  # the company's: the only one that is named\n" in (made / "crm.yaml").read_text()
    learned = read(made / "learned.yaml")
    assert learned["history"]["files"] == ["exports/hubspot.csv"] and learned["history"]["base"] == "crm.yaml"
    assert load(made / "scenario.yaml").chances_learned
    stages = learned["scenario"]["segments"]["all"]["stages"]
    assert list(stages) == ["Qualified", "Proposal sent", "Evaluation", "Contract sent"]
    # Left as they were played, chances of moving on of 0.52, 0.60, 0.70 and 0.85.
    assert all(
        abs(s["advance"] - p) < 0.12 for s, p in zip(stages.values(), (0.52, 0.6, 0.7, 0.85), strict=True)
    )
    newer = tmp_path / "exports" / "hubspot-november.csv"
    command = [
        "run",
        made / "scenario.yaml",
        "--as-of",
        "2026-11-30",
        "--deals",
        newer,
        "--refit",
        "--trials",
        "500",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "simulator", *map(str, command)], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    kept = read(next((tmp_path / "reports" / "made").glob("2026-11-30")) / "inputs" / "learned.yaml")
    assert kept["history"]["files"][0].endswith("hubspot-november.csv") and kept["as_of"] == "2026-11-30"
    record = json.loads((tmp_path / "reports" / "made" / "latest" / "run.json").read_text())
    assert record["arguments"]["refit"] is True


def test_a_database_that_lies_outside_the_new_project_is_read_where_that_is_allowed(tmp_path, monkeypatch):
    """The address of a file counts from where it is said, and the project that is made is another folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIMULATOR_DATABASE_URL", "sqlite:///crm.db")
    database = sqlite3.connect("crm.db")
    database.execute("CREATE TABLE deals AS SELECT 1 AS id, 'Proposal' AS stage, 5 AS amount")
    database.commit()
    database.close()
    (tmp_path / "deals.sql").write_text("SELECT id, stage, amount FROM deals\n")
    given = ("init", "new", "--from", "deals.sql", "--as-of", "2026-10-31", "--trials", "20")
    assert "use --allow-outside" in invoke(*given, code=3)
    text = invoke(*given, "--force", "--allow-outside")
    routine = "simulator run new/scenario.yaml --as-of DATE --allow-outside"
    assert "Deals: 1 open" in text and routine in text
    invoke(*routine.replace("DATE", "2026-11-30").split()[1:], "--trials", "20")


def test_outcomes_and_days_of_closing_have_their_usual_names(tmp_path):
    rows = "1,Proposal,5,offen,2026-12-31\n2,Proposal,7,gewonnen,2026-03-01\n3,Proposal,9,In Progress,\n"
    for title in ("Closing Date", "Abschlussdatum"):
        (export := tmp_path / "export.csv").write_text(f"id,stage,amount,Ergebnis,{title}\n{rows}")
        given = ("init", tmp_path / title, "--from", export, "--as-of", "2026-10-31", "--no-run")
        text = " ".join(invoke(*given).split())
        assert "Deals: 2 open, 1 won, 0 lost." in text and "left out 0 0.00" in text
