"""What a new user reads: each message names place, value, rule and remedy, and none leads astray."""

import pytest
from test_loading_money import FILES, big
from written import DEALS, SCENARIO, loaded, problems, write

from simulator.distributions import LogNormal
from simulator.errors import InputError, Problem
from simulator.loading import load
from simulator.loading.problems import LoadError


def only(found):
    """The one problem, as a text, and itself."""
    assert len(found) == 1, [str(p) for p in found]
    return found[0], str(found[0])


@pytest.mark.parametrize(
    ("amount", "message", "remedy"),
    [
        ("nan", "the amount is not a finite number", "write the amount, or leave the row out"),
        ("-Infinity", "the amount is not a finite number", "write the amount, or leave the row out"),
        ("9" * 20, "the amount is too large", "amounts stay below 90,071,992,547,409"),
        ("1.2E+06", "the amount is in scientific notation", "write all digits"),
        (
            "£5",
            "the amount is marked £, where the currency is EUR",
            "if the company reports in GBP, say so: currency: GBP in small.yaml, line 5",
        ),
        ("12 RUR", "the amount is marked RUR, which is no ISO 4217 currency", "12.50 EUR"),
        ("TBD", "the amount is not a number", "write a plain number such as 12500.00"),
        (
            "1.234,50",
            "the amount is not a number",
            "has a decimal point elsewhere: correct this one",
        ),
        ("5.123456", "the amount has more decimals than the currency, which has 2", "round it"),
    ],
)
def test_an_amount_says_why_it_is_none(tmp_path, amount, message, remedy):
    problem, text = only(problems(tmp_path, deals=DEALS + f'D5,Proposal,"{amount}",,,,\n'))
    assert problem.message == message
    assert remedy in problem.remedy and "data.decimal" not in problem.remedy.replace(remedy, "")
    assert f'deals.csv, row 5 (line 6), column "amount", deal D5: "{amount}"' in text


@pytest.mark.parametrize(
    ("day", "message", "remedy"),
    [
        ("2027-02-29", "2027 is no leap year, its February has 28 days", "did you mean 2027-02-28?"),
        ("2028-02-30", "2028 is a leap year, its February has 29 days", "did you mean 2028-02-29?"),
        ("2026-04-31", "April has 30 days", "did you mean 2026-04-30?"),
        ("2026-25-12", "there is no month 25", "did you mean 2026-12-25?"),
        ("2026-00-10", "there is no month 0", "write year-month-day"),
        ("46000", "is not a date", "a spreadsheet's number of a day?"),
        ("10.31.2026", "is not a date", "set data.date_order: mdy in small.yaml, line 7"),
    ],
)
def test_a_day_that_does_not_exist_says_why(tmp_path, day, message, remedy):
    problem, text = only(problems(tmp_path, deals=DEALS + f"D5,Proposal,5,{day},,,\n"))
    assert message in problem.message and remedy in problem.remedy
    assert f'deals.csv, row 5 (line 6), column "created", deal D5: "{day}"' in text
    if "does not exist" in problem.message:
        assert "does not exist" in only(problems(tmp_path, sets=[f"as_of={day}"]))[0].message


def test_equal_messages_fold_and_different_ones_stand_alone():
    def row(number, message="the amount is negative", value="-5", code="D015", file="deals.csv"):
        return Problem(code, message, file, number + 1, number, "amount", value=value)

    names = [row(n, "there is no such product", v, "D030") for n, v in enumerate("aab", 100)]
    many = [row(n, value=str(-n)) for n in range(1, 10_001)]
    others = [row(3, "the amount is not a number"), row(4, file="invoices.csv")]
    error = LoadError([*many, *names, *others])
    assert len(error.every) == len(many) + len(names) + len(others)
    assert [(p.code, p.value, p.count) for p in error.problems] == [
        ("D015", "-1", 9_999), ("D030", "a", 1), ("D030", "b", 0), ("D015", "-5", 0), ("D015", "-5", 0),
    ]  # fmt: skip
    wrong = LoadError([row(n, value=f"s{n}", code="D010") for n in range(1, 100)])
    assert [p.count for p in wrong.problems] == [0] * 7 + [91]
    assert "9,999 more rows like this" in str(error) and "1 more row like this" in str(error)
    assert len(str(error)) < 1_500


def test_a_law_of_almost_nothing_is_still_a_law():
    law = LogNormal.from_mean(1e-300, 20.0)
    assert law.mean() == pytest.approx(1e-300) or law.mean() == 0
    assert 0 <= float(law.cdf(1e-300)) <= 1 and float(law.sf(1.0)) < 1e-6


@pytest.mark.parametrize(
    ("law", "key", "remedy"),
    [
        ("{dist: fixed, value: 5}", "days.value", "did you mean days?"),
        ("{dist: empirical, value: [5]}", "days.value", "did you mean values?"),
        ("{p50: 5, p90: 9}", "days.p50", "did you mean median?"),
        ("{mean: 5, std: 9}", "days.std", "did you mean sd?"),
        ("{average: 5}", "days.average", "did you mean mean?"),
        ("{distribution: fixed, days: 5}", "days.distribution", "did you mean dist?"),
        ("{dist: lognorm, median: 5}", "days.dist", "did you mean lognormal?"),
        ("{dist: gamma, shpe: 5, scale: 2}", "days.shpe", "did you mean shape?"),
        ("{days: 5}", "days", "add dist: fixed"),
        ("{shape: 2, scale: 5}", "days", "add dist: weibull or gamma"),
        ("{median: 1, p90: 4000}", "days", "no law of use is that wide"),
        ("{mean: 1, sd: 4000}", "days", "no law of use is that wide"),
        ("{dist: weibull, shape: 0.01, scale: 5}", "days", "write 0.1 to 1,000"),
        ("{median: .nan}", "days.median", "write a plain number"),
        ("{median: 1e999}", "days.median", "write a plain number"),
    ],
)
def test_slips_of_laws_are_understood(tmp_path, law, key, remedy):
    text = SCENARIO.replace("{median: 10, p90: 30}", law)
    problem, _ = only(problems(tmp_path, scenario=text))
    assert (problem.file, problem.line) == ("small.yaml", 12)
    assert problem.column == f"segments.smb.stages.Contract.{key}"
    assert remedy in problem.remedy


def test_money_has_a_fixed_amount_not_days(tmp_path):
    pipeline = "new_pipeline: {per_month: 1, amount: {dist: fixed, value: 9k}}"
    problem, _ = only(problems(tmp_path, scenario=SCENARIO.replace("new_pipeline: none", pipeline)))
    assert problem.remedy == "did you mean amount?"


@pytest.mark.parametrize(
    ("setting", "where", "remedy"),
    [
        ("segments.smbb.soberness.odds=0.8", "segments.smbb", "did you mean smb?"),
        ("segments.SMB.worth=9", "segments.SMB", "did you mean smb?"),
        ("segments.smbb=null", "segments.smbb", "did you mean smb?"),
        ("segments.smb.stages.Propsal.close=0.2", "segments.smb.stages.Propsal", "did you mean Proposal?"),
        ("products.licence.tax=0.1", "products.licence", "products: none; a new one is set as a whole"),
        ("targets.more.amount=5", "targets.more", "'targets.more={…}'"),
        ("segments.smb.payment.Gold.bad_debt=0.1", "segments.smb.payment.Gold", "set as a whole"),
    ],
)
def test_set_makes_no_new_name_on_its_way(tmp_path, setting, where, remedy):
    problem, _ = only(problems(tmp_path, sets=[setting]))
    assert (problem.code, problem.file, problem.value) == ("S018", "--set", setting)
    assert problem.message == f"there is no {where}" and remedy in problem.remedy


def test_set_adds_what_is_set_as_a_whole(tmp_path):
    sets = [
        "targets.more={series: bookings, amount: 5, by: FY2026}",
        "segments.smb.payment.Gold={bad_debt: 0.1}",
        "segments.smb.payment.default.bad_debt=0.1",
        "segments.smb.terms.Gold=net 10",
        "rates.GBP=1.1",
    ]
    scenario = loaded(tmp_path, sets=sets)
    assert [target.name for target in scenario.targets] == ["more"]
    assert "Gold" in scenario.segments[0].payment and "Gold" in scenario.segments[0].terms


def test_an_unknown_key_that_was_set_is_said_to_be_set(tmp_path):
    problem, text = only(problems(tmp_path, sets=["segments.smb.sobernes.odds=0.8"]))
    assert problem.file == "--set segments.smb.sobernes.odds=0.8" and "did you mean soberness?" in text


def notes(tmp_path, code, **files):
    """The texts and amounts of the notes of a code."""
    return [(text, amount) for found, text, amount in loaded(tmp_path, **files).notes if found == code]


@pytest.mark.parametrize(
    ("row", "code", "text", "amount"),
    [
        ("D5,Won,5,2026-06-01,,,2026-05-05", "W020", "1 deal created, moved and closed", 500),
        ("D5,Proposal,5,2026-06-01,2026-05-05,,", "W020", "(first D5): taken as written", 500),
        ("D5,Lost,5,,2026-06-01,,2026-05-05", "W020", "in an order that cannot be", 500),
        ("D5,Proposal,5,,,,2026-05-05", "W019", "1 deal with a day of closing that has passed", 500),
    ],
)
def test_days_that_contradict_each_other_are_counted_with_the_money(tmp_path, row, code, text, amount):
    found = notes(tmp_path, code, deals=DEALS + row + "\n")
    assert len(found) == 1 and text in found[0][0] and found[0][1] == amount
    assert not notes(tmp_path, code)


def test_a_stage_and_an_outcome_that_contradict_each_other_are_refused(tmp_path):
    deals = "id,stage,amount,outcome\n"
    deals += "D1,Lost,5,won\nD2,Won,5,lost\nD3,Won,5,open\nD4,Won,5,Won\nD5,Proposal,5,Won\n"
    found = problems(tmp_path, deals=deals)
    assert [(p.code, p.row, p.column, p.value) for p in found] == [
        ("D026", 1, "outcome", "won"), ("D026", 2, "outcome", "lost"), ("D026", 3, "outcome", "open"),
    ]  # fmt: skip
    assert found[0].message == "the stage says lost, the outcome won"


@pytest.mark.parametrize(
    ("was", "now", "meant"),
    [
        ("expected_close", "expected_clos", "expected_close"),
        ("expected_close", "Expected Close Date", "expected_close"),
        ("created", "Created on", "created"),
        ("closed", "Closd", "closed"),
    ],
)
def test_a_column_that_is_nearly_ours_is_not_passed_over(tmp_path, was, now, meant):
    ((text, _),) = notes(tmp_path, "W024", deals=DEALS.replace(was, now))
    assert text.startswith(f"column {now} of deals.csv is not read")
    assert f'data.columns.deals.{meant}: "{now}"' in text


def test_columns_of_other_names_are_nobodys_fault(tmp_path):
    deals = DEALS.replace("entered_stage", "region").replace("expected_close", "campaign")
    assert notes(tmp_path, "W024", deals=deals) == []


def test_an_unknown_class_is_counted_with_the_money(tmp_path):
    scenario = SCENARIO + "    terms: {Gold: net 10}\n"
    deals = "id,stage,amount,class\n"
    deals += "D1,Proposal,5,gold\nD2,Proposal,7,Gold\nD3,Proposal,9,Silver\nD4,Proposal,1,\n"
    ((text, amount),) = notes(tmp_path, "W023", scenario=scenario, deals=deals)
    assert text.startswith("2 open deals, invoices or renewals") and amount == 1400
    assert "gold – did you mean Gold?, Silver; the default holds" in text
    assert notes(tmp_path, "W023", deals=deals) == [], "without any class nobody expects one"


@pytest.mark.parametrize(
    ("was", "now", "code"),
    [
        ("service_months: 12", "service_months: 0", "S061"),
        ("    recurring: true\n", "", "S061"),
        ("uplift: 3%", "uplift: 300%", "S061"),
        ("services: 40%}", "services: 50%}", "S041"),
        ("Contract: {close: 80%, days: {median: 10}}", "Contract: 80%", "S013"),
        ("USD: 0.9,", "USD: nope,", "S013"),
        ("USD: 0.9,", "USD: 0.9, EUR: 2,", "S025"),
        ("service_months: 12", "service_months: 2", "S061"),
        ("horizon: 18m", "horizon: 0m", "S021"),
        ("horizon: 18m", "horizon: 2026-01-01", "S028"),
        ("deals: deals.csv", "deals: deals.csv\n  decimal: ;", "S013"),
        ("deals: deals.csv", "deals: deals.csv\n  won_stages: Signed", "S013"),
        ("currency: EUR", "currency: euro", "S024"),
        ("as_of: 2026-10-31", "as_of: 2026-02-29", "S020"),
    ],
)
def test_what_follows_from_a_fault_of_the_scenario_is_not_told(tmp_path, was, now, code):
    assert was in FILES["scenario"]
    with pytest.raises(InputError) as caught:
        big(tmp_path, scenario=FILES["scenario"].replace(was, now))
    assert [p.code for p in caught.value.every] == [code]


def test_faults_of_tables_are_told_beside_those_of_the_scenario(tmp_path):
    scenario = FILES["scenario"].replace("service_months: 12", "service_months: 0")
    deals = FILES["deals"].replace("hardware", "hardwear").replace("1000,EUR", "x,EUR")
    with pytest.raises(InputError) as caught:
        big(tmp_path, scenario=scenario, deals=deals)
    assert [(p.code, p.value) for p in caught.value.every] == [
        ("S061", None), ("D014", "x"), ("D030", "hardwear"),
    ]  # fmt: skip
    for line in ("currency: EUR\n", "as_of: 2026-10-31\n", "horizon: 12m\n"):
        found = problems(tmp_path, SCENARIO.replace(line, ""), DEALS + "D5,Propsal,5,2026-02-30,,,\n")
        assert [p.code for p in found] == ["S012", "D013", "D010"]


def test_what_lacks_a_key_hides_no_fault_of_a_table(tmp_path):
    scenario = FILES["scenario"].replace("taken_by:", "taken_bi:")
    deals = FILES["deals"].replace("1000,EUR", "x,EUR")
    with pytest.raises(InputError) as caught:
        big(tmp_path, scenario=scenario, deals=deals)
    assert {p.code for p in caught.value.every} == {"S012", "S010", "D014"}


def test_a_fault_of_one_part_hides_none_of_another(tmp_path):
    falling = "segments:\n  large: {stages: {A: {close: 60%}, B: {close: 30%}}}\n"
    scenario = SCENARIO.replace("data: {deals: deals.csv}\n", "").replace("segments:\n", falling)
    (alone,) = problems(tmp_path, scenario)
    assert "large" in alone.column
    assert [p.code for p in problems(tmp_path, scenario + "perid: month\n")] == ["S010", alone.code]
    # A ladder that is not read whole tells nothing of itself.
    (only,) = problems(tmp_path, scenario.replace("A: {close: 60%}", "A: {close: 160%}"))
    assert only.code == "S014"


@pytest.mark.parametrize(
    ("was", "now", "where", "remedy"),
    [
        ("  tax: {every: 1q, day: 15}", "  tax: 15", "cash.tax", "write {every: …, day: …}"),
        ("{series: revenue, amount: 1M, by: FY2027}", "1M", "targets.revenue", "{series: …, amount: …}"),
        ("{per_month: 2,", "{per_month: 1e9,", "segments.smb.new_pipeline.per_month", "at most 100,000"),
        ("{per_month: 2,", "{per_month: 2, trend: 900,", "segments.smb.new_pipeline", "at most 10"),
        ("terms: CIA", "terms: CIAO", "offers.prepay.terms", "did you mean `cia`?"),
        ("segment: key,", "segment: keys,", "offers.prepay.segment", "did you mean key?"),
        ("{discount: 5%", "{discount: 5", "offers.prepay.discount", "did you mean 5%?"),
        ("recognise: over-term", "recognize: over-term", "products.licence.recognize", "mean recognise?"),
        ("insolvency: 1%", "insolvency: 5", "segments.smb.payment.default.insolvency", "did you mean 5%?"),
        ("[tue, Friday]", "[tues]", "segments.smb.payment.default.run_days", "write for example [tue, fri]"),
        ("volatility: 8%", "volatility: 800%", "rates", "0.05 to 0.2 a year"),
        ("from: 2026-12-01", "from: 2026-12-32", "offers.prepay.from", "did you mean 2026-12-31?"),
    ],
)
def test_keys_of_money_say_what_may_stand_there(tmp_path, was, now, where, remedy):
    assert was in FILES["scenario"], was
    with pytest.raises(InputError) as caught:
        big(tmp_path, scenario=FILES["scenario"].replace(was, now, 1))
    problem, _ = only(caught.value.every)
    assert problem.column == where and problem.line and remedy in problem.remedy


@pytest.mark.parametrize(
    ("table", "row", "column", "message"),
    [
        ("deals", "D9,smb,Proposal,1,EURO,,,,,,,,", "currency", "did you mean EUR?"),
        ("deals", "D9,smb,Proposal,1,EUR,hardwear,,,,,,,", "product", "did you mean hardware?"),
        ("deals", "D9,smb,Proposal,1,EUR,,,,,,,,50% on signature", "terms", "the shares add to 50%"),
        ("lines", "d1,hardware,5,,", "deal", "did you mean D1?"),
        ("lines", "D1,licence,5,,2", "months", "at least 3 months"),
        ("invoices", "R1,W1,5,0,2026-05-08,2026-06-07,,", "id", "stands in row 1 already (line 2)"),
        ("invoices", "R9,W1,5,-1,2026-05-08,2026-06-07,,", "tax", "the tax is negative"),
        ("renewals", "N9,,,smb,licence,500,,2027-05-20,80,", "chance", "write 0.6 or 60%"),
        ("renewals", "N2,,,smb,licence,500,,2027-05-20,,", "id", "stands in row 1 already (line 2)"),
        ("actuals", "2026-08,booking,,5", "series", "did you mean bookings?"),
        ("actuals", "2027-02,bookings,,5", "month", "no actual figure yet"),
        ("plan", "Oct 2026,bookings,,5", "month", "write 2026-10"),
    ],
)
def test_rows_of_each_table_say_what_is_wrong_with_them(tmp_path, table, row, column, message):
    with pytest.raises(InputError) as caught:
        big(tmp_path, **{table: FILES[table] + row + "\n"})
    problem, text = only(caught.value.every)
    rows = FILES[table].count("\n")
    assert (problem.file, problem.row, problem.line) == (f"{table}.csv", rows, rows + 1)
    assert problem.column == column and message in text


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (DEALS.encode("utf-16")[:-1], "D002", "the file begins as UTF-16 and is not"),
        (DEALS.encode("utf-16-le")[:-1], "D002", "the file is UTF-16, it seems, and is broken"),
        (
            DEALS.replace("Proposal", "Łódź").encode("cp1250"),
            "D002",
            "the file is not UTF-8, and its encoding cannot be told",
        ),
        (b"", "D001", "the file is empty"),
        (b"\n \n", "D001", "the file is empty"),
        (b"<html><body>Log in</body></html>", "D003", "the file is a web page"),
        (DEALS.replace("Lost", "Lo\0st"), "D003", "the file holds NUL bytes"),
        (DEALS + 'D5,"Proposal,5,,,,\n', "D003", "not CSV: a quote that opens here never closes"),
        (DEALS + "D5,Proposal,5,,,,,7\n", "D005", "the row has 8 cells, the header 7"),
        (DEALS.replace("closed", "created"), "D004", "a column name stands twice"),
    ],
)
def test_whole_files_that_are_no_table(tmp_path, content, code, message):
    problem, _ = only(problems(tmp_path, deals=content))
    assert (problem.code, problem.message, problem.file) == (code, message, "deals.csv") and problem.remedy


@pytest.mark.parametrize(
    ("content", "wins"),
    [(DEALS.encode("utf-8-sig"), 1), (DEALS.replace(",", ";"), 1), (DEALS.split("\n")[0], 0)],
)
def test_tables_of_other_programs_are_read(tmp_path, content, wins):
    assert len(loaded(tmp_path, deals=content).wins) == wins


def test_rows_and_lines_part_where_cells_hold_newlines(tmp_path):
    rows = '"D5\nx",Proposal,1,,,,\nD6,"Pro\nposl",5,,,,\n'
    problem, text = only(problems(tmp_path, deals=DEALS + rows))
    assert (problem.row, problem.line) == (6, 8)
    assert 'deals.csv, row 6 (line 8), column "stage", deal D6: "Pro\\nposl"' in text


@pytest.mark.slow
def test_a_table_of_wrong_rows_is_told_shortly_and_soon(tmp_path):
    import time

    rows = "".join(f"E{i},Propsal{i % 100},x{i},2026-02-30,,,\n" for i in range(20_000))
    began = time.monotonic()
    path = write(tmp_path, deals=DEALS + rows)
    with pytest.raises(LoadError) as caught:
        load(path)
    assert time.monotonic() - began < 20
    assert len(caught.value.every) == 60_000
    assert len(str(caught.value).splitlines()) < 50
