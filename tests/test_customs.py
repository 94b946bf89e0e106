"""How columns are written is found out over all their cells, and never guessed."""

from dataclasses import replace
from datetime import date

import pytest
from click.testing import CliRunner
from test_quality import again
from written import SCENARIO, loaded, problems

from simulator.cli import main
from simulator.loading import LoadError, load
from simulator.loading.customs import Customs, written
from simulator.loading.history import read_history
from simulator.loading.history_frame import HistoryFrame, frame_with_map
from simulator.loading.sources import parse_table
from simulator.scenario.tree import Place, Tree

HEAD = "id,stage,amount,created,entered_stage,probability\n"


def found(rows, header=HEAD, decimal=None, order=None, typed=(), as_of=date(2026, 10, 31)):
    """What is found out of a table: marks and orders by column, and codes of what stays open."""
    table = parse_table((header + "\n".join(rows) + "\n").encode(), "x.csv")
    table = replace(table, typed=frozenset(typed))
    columns = {name: at for at, name in enumerate(table.header)}
    tree = Tree({}, {(): Place("s.yaml", None, ".")})
    result = written(table, columns, Customs(decimal, order, None, None, tree, as_of=as_of))
    name = dict(enumerate(table.header))
    marks = {name[at]: mark for at, mark in result.decimals.items()}
    orders = {name[at]: way for at, way in result.orders.items()}
    return marks, orders, [(p.code, p.column, p.line) for p in result.problems], result


def amounts(*cells, **kinds):
    marks, _, open_, _ = found([f'{n},New,"{cell}",,,' for n, cell in enumerate(cells)], **kinds)
    return marks["amount"], open_


def days(*cells, **kinds):
    _, orders, open_, _ = found([f'{n},New,5,"{cell}",,' for n, cell in enumerate(cells)], **kinds)
    return orders["created"], open_


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        (["1.234,50", "1.234"], ","),
        (["1,234.50", "1,234"], "."),
        (["1200", "1 200", "1'200", ""], "."),
        (["0.250", "1.234"], "."),  # no thousands begin with 0
        (["1.234.567", "1.234"], ","),
        (["12,34,567", "1,234"], "."),
        (["1.5", "1.234"], "."),
        (["1,5k", "1.234"], ","),
        (["TBD", "5.00", "5.50"], "."),
        (["5.00"] * 20 + ["1,5", "1.234"], "."),  # one against twenty is a slip of the pen
        (["5.00", "1,5"], "."),  # nothing that could be either
    ],
)
def test_amounts_tell_their_mark(cells, mark):
    assert amounts(*cells) == (mark, [])


@pytest.mark.parametrize(
    ("cells", "code", "line"),
    [
        (["1.234", "12.500"], "D051", 2),
        (["1,234"], "D051", 2),
        (["100", "€ 1.234"], "D051", 3),
        (["5.00", "1,5", "1.234"], "D052", 2),
        (["5.00"] * 19 + ["1,5", "1.234"], "D052", 2),
    ],
)
def test_amounts_that_could_be_either_are_refused(cells, code, line):
    assert amounts(*cells) == (None, [(code, "amount", line)])
    assert amounts(*cells, decimal=",") == (",", [])
    assert amounts(*cells, decimal=".") == (".", [])


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["2026-04-03", "2026/4/3", "20260403", "3 Apr 2026", ""], "ymd"),
        (["03/04/2026", "13/04/2026"], "dmy"),
        (["03/04/2026", "04/13/2026"], "mdy"),
        (["03.04.2026"], "dmy"),  # nobody puts points behind months
        (["05/05/2026"], "ymd"),  # the same day in either order
        (["03/04/26 10:15", "31/04/26", "30/04/26"], "dmy"),
        (["13/04/2026"] * 20 + ["04/13/2026", "03/04/2026"], "dmy"),
        (["13/04/2026", "04/13/2026"], "dmy"),
    ],
)
def test_dates_tell_their_order(cells, order):
    assert days(*cells)[1] == [] and days(*cells)[0] in (order, "dmy" if order == "ymd" else order)


@pytest.mark.parametrize(
    ("cells", "code", "line"),
    [
        (["03/04/2026", "2026-01-31"], "D050", 2),
        (["2026-01-31", "12-11-25"], "D050", 3),
        (["13/04/2026", "04/13/2026", "03/04/2026"], "D052", 2),
    ],
)
def test_dates_that_could_be_either_are_refused(cells, code, line):
    assert days(*cells) == (None, [(code, "created", line)])
    assert days(*cells, order="mdy") == ("mdy", [])


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["26-05-01", "26-06-14"], None),
        (["26/05/01", "25/12/01", ""], None),
        (["26-05-01", "05/01/26"], None),
        (["26-05-01", "26-02-30"], None),  # a slip rules nothing out
        (["25/04/26"], None),
        (["13/04/26", "05/03/26", "25/04/26"], "dmy"),
        (["30/06/26", "31/12/26"], "dmy"),
        (["04/13/26", "05/25/26"], "mdy"),
        (["3/14/26", "4/5/26"], "mdy"),
        (["14/03/98"], "dmy"),
        (["03/03/26"], "dmy"),
        (["2026-01-31", "26-05-01"], None),
        (["26.05.01", "26.06.14"], None),
        (["26.05.01", "25.12.01", ""], None),
        (["25.04.26"], None),
        (["13.04.26", "05.03.26", "25.04.26"], "dmy"),
        (["30.06.26 10:15", "31.12.26"], "dmy"),
        (["26.05.01", "26.05.45"], "dmy"),  # there is no day 45
        (["99.05.01", "98.12.31"], "ymd"),  # nor a day 99
        (["32-05-01", "33/05/02"], "ymd"),
        (["99.05.01", "03.04.2026"], None),
    ],
)
def test_years_of_two_digits_that_may_stand_first_are_refused(cells, order):
    line = 2 + cells.index("26-05-01") if "26-05-01" in cells else 2
    assert days(*cells) == (order, [] if order else [("D050", "created", line)])
    assert days(*cells, order="ymd") == ("ymd", [])


def test_years_of_two_digits_that_stand_first_are_told():
    *_, result = found(["1,New,5,99.05.01,,", "2,New,5,98.12.31,,"])
    assert result.told == ("years of two digits first",)
    assert result.ways == ("a decimal point", "dates as year-month-day", "years of two digits first")
    *_, result = found(["1,New,5,13.04.26,,", "2,New,5,05.03.26,,"])
    assert result.told == ("dates as day.month.year",)


@pytest.mark.parametrize("order", ["ymd", "dmy"])
def test_points_that_leave_the_year_open_are_read_as_the_remedy_says(tmp_path, order):
    deals = "id,stage,amount,created\nA,Proposal,5,26.05.01\nB,Won,5,26.06.14\n"
    (problem,) = problems(tmp_path, deals=deals)
    assert (problem.code, problem.value) == (
        "D050",
        "26.05.01",
    ) and f"data.date_order: {order}" in problem.remedy
    scenario = loaded(tmp_path, SCENARIO.replace("deals.csv}", f"deals.csv, date_order: {order}}}"), deals)
    assert scenario.pipeline.id == ("A",)
    assert ("dates as day.month.year" in str(scenario.notes)) == (order == "dmy")


# ---- each table has its own


AMERICAN = "id,stage,amount,created\nA,Proposal,1.234,03/04/2026\nB,Contract,5,05/06/2026\n"
GERMAN = (
    "id,deal,amount,invoice_date,due_date,paid_date\n"
    'R1,A,"1.234",03/04/2026,09/10/2026,\nR2,A,5,05/06/2026,10/11/2026,\n'
)


def two(said=""):
    return SCENARIO.replace("deals.csv}", f"deals.csv, invoices: invoices.csv{said}}}")


OWN = ", columns: {deals: {date_order: mdy, decimal: .}, invoices: {date_order: dmy, decimal: ','}}"


def test_each_table_is_written_as_its_own_mapping_says(tmp_path):
    scenario = loaded(tmp_path, two(OWN), AMERICAN.replace("1.234", "1.23"), GERMAN)
    day = scenario.horizon.as_of.toordinal()
    assert [date.fromordinal(day + n).isoformat() for n in scenario.receivables.invoice_day] == [
        "2026-04-03", "2026-06-05"
    ]  # fmt: skip
    assert scenario.receivables.amount_minor.tolist() == [123400, 500]
    assert scenario.pipeline.amount.tolist() == [123, 500]
    kept = again(scenario, tmp_path / "kept")
    assert kept.receivables.invoice_day.tolist() == scenario.receivables.invoice_day.tolist()


def test_what_a_table_says_itself_counts_more_than_what_is_said_of_all(tmp_path):
    said = ", date_order: mdy, decimal: ., columns: {invoices: {date_order: dmy, decimal: ','}}"
    scenario = loaded(tmp_path, two(said), AMERICAN.replace("1.234", "1.23"), GERMAN)
    assert scenario.receivables.amount_minor.tolist() == [123400, 500]
    assert scenario.pipeline.amount.tolist() == [123, 500]
    note = next(text for code, text, _ in scenario.notes if code == "W050")
    assert "deals.csv was read: dates as month/day/year" in note
    assert "invoices.csv was read: a decimal comma, dates as day.month.year" in note
    sets = ["data.columns.invoices.date_order=mdy"]
    other = loaded(tmp_path, two(said), AMERICAN.replace("1.234", "1.23"), GERMAN, sets=sets)
    moved = other.receivables.invoice_day - scenario.receivables.invoice_day
    assert moved.tolist() == [-30, -30]  # 3 April to 4 March, 5 June to 6 May


def test_remedies_name_the_nearest_setting(tmp_path):
    found_ = problems(tmp_path, two(""), AMERICAN, GERMAN)
    assert {(p.code, p.file) for p in found_} == {
        (code, file) for code in ("D050", "D051") for file in ("deals.csv", "invoices.csv")
    }
    for problem in found_:
        table = problem.file.removesuffix(".csv")
        key = {"D050": "date_order", "D051": "decimal"}[problem.code]
        assert f"set data.columns.{table}.{key}: " in problem.remedy, problem.remedy
        assert "data." + key not in problem.remedy
    false = ", date_order: mdy, columns: {invoices: {date_order: ymd}}"
    wrong = problems(tmp_path, two(false), AMERICAN.replace("1.234", "5"), GERMAN.replace("1.234", "5"))
    assert {p.code for p in wrong} == {"D013"}
    assert all("set data.columns.invoices.date_order: mdy or dmy" in p.remedy for p in wrong)
    (alone,) = problems(tmp_path, deals=AMERICAN.replace("1.234", "5"))
    assert "set data.date_order: dmy or data.date_order: mdy" in alone.remedy


def test_what_is_no_order_of_a_table_is_refused(tmp_path):
    (problem,) = problems(tmp_path, two(", columns: {invoices: {date_order: dym}}"), AMERICAN, GERMAN)
    assert problem.column == "data.columns.invoices.date_order" and problem.value == "dym"


def test_a_history_reads_each_kind_of_file_as_its_mapping_says(tmp_path):
    deals = AMERICAN.replace("1.234", "5").replace("created", "created,closed").replace("Contract", "Won")
    deals = deals.replace("2026\n", "2026,\n", 1).replace("05/06/2026", "05/06/2026,07/08/2026")
    (tmp_path / "deals.csv").write_text(deals, "utf-8")
    (tmp_path / "invoices.csv").write_text(GERMAN.replace("1.234", "5"), "utf-8")
    files = [tmp_path / "deals.csv", tmp_path / "invoices.csv"]
    with pytest.raises(LoadError) as caught:
        read_history(files)
    remedies = {p.file: p.remedy for p in caught.value.every}
    assert remedies["invoices.csv"].startswith("set columns.invoices.date_order: dmy or ")
    said = "deals: {date_order: mdy}\ninvoices: {date_order: dmy}\n"
    (tmp_path / "map.yaml").write_text(said, "utf-8")
    history = read_history(files, frame_with_map(HistoryFrame(), tmp_path / "map.yaml"))
    made = {date.fromordinal(int(day)).isoformat() for day in history.deals.created}
    assert made == {"2026-03-04", "2026-05-06"}
    written_ = {date.fromordinal(int(day)).isoformat() for day in history.invoices.invoice_day}
    assert written_ == {"2026-04-03", "2026-06-05"}
    (tmp_path / "bad.yaml").write_text("deals: {date_order: dym}\n", "utf-8")
    with pytest.raises(LoadError) as caught:
        frame_with_map(HistoryFrame(), tmp_path / "bad.yaml")
    assert [(p.code, p.line, p.value) for p in caught.value.every] == [("H006", 1, "dym")]


def test_a_past_run_is_read_as_its_own_tables_say_unless_more_is_said(tmp_path):
    scenario = loaded(tmp_path, two(OWN), AMERICAN.replace("1.234", "1.23"), GERMAN)
    again(scenario, tmp_path / "small" / "2026-10-31")

    def written_on(frame):
        return date.fromordinal(int(read_history([tmp_path / "small"], frame).invoices.invoice_day[0]))

    assert written_on(HistoryFrame()) == date(2026, 4, 3)
    assert written_on(HistoryFrame(date_order="mdy")) == date(2026, 3, 4)
    said = HistoryFrame(date_order="mdy").with_own("invoices", "date_order", "dmy")
    assert written_on(said) == date(2026, 4, 3)


def test_what_is_asked_of_one_of_two_exports_is_said_of_that_one(tmp_path):
    deals, invoices = tmp_path / "deals.csv", tmp_path / "invoices.csv"
    deals.write_text(AMERICAN.replace("1.234", "5").replace("05/06/2026", "05/16/2026"), "utf-8")
    invoices.write_text(GERMAN.replace("1.234", "5"), "utf-8")
    command = ["init", str(tmp_path / "new"), "--from", str(deals), "--invoices", str(invoices),
               "--currency", "EUR", "--as-of", "2026-10-31", "--no-run"]  # fmt: skip
    told = CliRunner().invoke(main, command)
    assert told.exit_code == 2
    assert "In invoices.csv dates such as 03/04/2026 can be read in more than one order" in told.output
    assert "invoices: {date_order: …} in --map FILE" in told.output
    (tmp_path / "map.yaml").write_text("invoices: {date_order: dmy}\n", "utf-8")
    assert CliRunner().invoke(main, [*command, "--map", str(tmp_path / "map.yaml")]).exit_code == 0
    scenario = load(tmp_path / "new" / "scenario.yaml")
    assert scenario.resolved["data"]["columns"]["invoices"]["date_order"] == "dmy"
    day = scenario.horizon.as_of.toordinal()
    assert date.fromordinal(day + int(scenario.receivables.invoice_day[0])).isoformat() == "2026-04-03"


def test_without_a_known_day_the_years_of_a_column_are_near_one_another():
    assert days("13/04/26", "05/03/26", "25/04/25", as_of=None) == ("dmy", [])
    assert days("26-05-01", "26-06-14", "25-06-23", as_of=None)[0] is None
    assert days("13/04/26", as_of=None)[0] is None


def test_where_a_column_leaves_open_where_years_stand_others_tell():
    _, orders, open_, _ = found(["1,New,5,13/04/26,25/04/26,", "2,New,5,03/04/26,,"])
    assert orders == {"created": "dmy", "entered_stage": "dmy"} and not open_
    _, orders, open_, _ = found(["1,New,5,26-05-01,20-05-26,"])
    assert orders["created"] is None and open_ == [("D050", "created", 2)]


def test_years_that_stand_first_are_read_where_the_remedy_is_followed(tmp_path):
    deals = "id,stage,amount,created\nA,Proposal,5,26-05-01\nB,Won,5,26-06-14\n"
    (problem,) = problems(tmp_path, deals=deals)
    assert problem.remedy.startswith(
        "write years with four digits, or set data.date_order: ymd or data.date_order: dmy in small.yaml"
    )
    said = SCENARIO.replace("deals.csv}", "deals.csv, date_order: ymd}")
    assert loaded(tmp_path, said, deals).pipeline.id == ("A",)


def test_a_column_that_leaves_it_open_is_written_as_all_others():
    _, orders, open_, _ = found(["1,New,5,03/04/2026,12/31/2026,", "2,New,5,,,"])
    assert (orders["created"], orders["entered_stage"], open_) == ("mdy", "mdy", [])
    marks, _, open_, result = found(['1,New,1.234,,,"0,5"'])
    assert (marks["amount"], open_) == (",", []) and result.told == ("a decimal comma",)


def test_others_that_disagree_tell_nothing():
    header = "id,stage,amount,created,entered_stage,closed\n"
    _, orders, open_, _ = found(["1,New,5,03/04/2026,12/31/2026,31/12/2026"], header)
    assert orders == {"created": None, "entered_stage": "mdy", "closed": "dmy"}
    assert open_ == [("D050", "created", 2)]


def test_columns_with_types_have_points_and_iso_days_and_tell_nothing_of_others():
    marks, _, open_, _ = found(["1,New,1200.5,,,1.234"], typed=[2], decimal=",")
    assert (marks["amount"], marks["probability"], open_) == (".", ",", [])
    marks, _, open_, _ = found(["1,New,1200.5,,,1.234"], typed=[2])
    assert marks["amount"] == "." and open_ == [("D051", "probability", 2)]


def test_rows_put_aside_tell_nothing(tmp_path):
    deals = "id;stage;amount\nD1;Proposal;1,5\nD2;Proposal;2,25\nTotal;;3.75\n"
    assert loaded(tmp_path, deals=deals).pipeline.amount.tolist() == [150, 225]


def test_a_scenario_reads_what_it_finds_out_and_says_so(tmp_path):
    deals = (
        "id;stage;amount;created;closed\n"
        "A;Proposal;1.234,50;03/02/2026;\nB;Won;2.000,00;28/01/2026;31/03/2026\n"
    )
    scenario = loaded(tmp_path, deals=deals.encode("utf-16"))
    assert scenario.pipeline.amount.tolist() == [123450] and scenario.wins.amount.tolist() == [200000]
    closed = date(2026, 3, 31).toordinal() - date(2026, 10, 31).toordinal()
    assert scenario.wins.day.tolist() == [closed]
    assert [money for code, _, money in scenario.notes if code == "W050"] == [None]  # none is in doubt
    told = dict((code, text) for code, text, _ in scenario.notes)["W050"]
    assert told == "how deals.csv was read: UTF-16, semicolons, a decimal comma, dates as day.month.year"
    assert "W050" not in {code for code, *_ in loaded(tmp_path).notes}


def test_what_stays_open_is_one_problem_a_column_with_the_setting_that_resolves_it(tmp_path):
    rows = "".join(f'D{n},Proposal,"1.{n}",0{n % 9 + 1}/04/2026\n' for n in range(100, 200))
    found = problems(tmp_path, deals="id,stage,amount,created\n" + rows)
    assert [(p.code, p.column, p.line) for p in found] == [("D051", "amount", 2), ("D050", "created", 2)]
    assert 'set data.decimal: "." or data.decimal: "," in small.yaml, line 7' in found[0].remedy
    assert "set data.date_order: dmy or data.date_order: mdy in small.yaml, line 7" in found[1].remedy
    said = SCENARIO.replace("deals.csv}", "deals.csv, decimal: ',', date_order: mdy}")
    scenario = loaded(tmp_path, said, "id,stage,amount,created\n" + rows)
    assert scenario.pipeline.amount.tolist()[:2] == [110_000, 110_100]


def test_a_kept_run_tells_what_its_own_files_were(tmp_path):
    first = loaded(tmp_path, deals="id\tstage\tamount\nD1\tProposal\t1,50\n".encode("utf-16"))
    second = again(first, tmp_path / "kept")
    assert second.notes == first.notes and second.pipeline.amount.tolist() == [150]
    third = again(second, tmp_path / "kept again")
    assert third.notes == first.notes and third.resolved == second.resolved
