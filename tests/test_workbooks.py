"""Excel workbooks as people and programs make them: every value as it was, nothing hostile opened."""

import datetime as dt
import re
import resource
import time

import openpyxl
import pytest
import xlsxwriter
import yaml
from click.testing import CliRunner
from test_quality import again
from workbooks import MAIN, bombs, book, cell, pack, parts, raw, zipped
from written import SCENARIO, write

from simulator.cli import main
from simulator.errors import InputError, UsageError
from simulator.forecast.groups import grouped
from simulator.loading import LoadError, load
from simulator.loading.history import read_history
from simulator.loading.history_frame import HistoryFrame, frame_of_data, frame_with_map
from simulator.loading.problems import with_remedy
from simulator.loading.sources import IN_THE_SCENARIO, Reading, read_table, read_tables
from simulator.loading.sources.number_formats import number_format, written

DEALS = [
    ["id", "stage", "amount", "created"],
    ["D1", "Demo", 1234.5, dt.date(2026, 3, 4)],
    ["D2", "Won", 99, dt.date(2026, 12, 31)],
]


def refused(path, reading=None):
    """What forbids to read a table, or columns of it."""
    try:
        table = read_table(path, reading or Reading())
    except InputError as error:
        return error.problems
    assert table.flaws
    return table.flaws_of(table.flaws)


def codes(path):
    return [problem.code for problem in refused(path)]


# ---- values


def test_values_are_texts_that_can_be_read_in_one_way(tmp_path):
    table = read_table(book(tmp_path / "x.xlsx", DEALS))
    assert table.header == ("id", "stage", "amount", "created")
    assert table.rows == (("D1", "Demo", "1234.5", "2026-03-04"), ("D2", "Won", "99", "2026-12-31"))
    assert table.lines == (2, 3) and table.typed == {2, 3} and not table.aside
    assert table.told == ("Excel workbook", "sheet Sheet1")


VALUES = [
    ("plain", "D-001", "D-001"),
    ("comma, \"quote\" ; and\nline", "a, \"b\"; c\nd", "a, \"b\"; c\nd"),
    ("letters", "Ünïcødé — 日本 €", "Ünïcødé — 日本 €"),
    ("digits as text", "00042", "00042"),
    ("cents", 0.1, "0.1"),
    ("three decimals", 1.234, "1.2340"),
    ("million", 1234567.89, "1234567.89"),
    ("negative", -5.25, "-5.25"),
    ("small", 1e-7, "0.0000001"),
    ("large", 123456789012345, "123456789012345"),
    ("arithmetic", 0.1 + 0.2, "0.3"),
    ("yes", True, "yes"),
    ("no", False, "no"),
    ("day", dt.date(2026, 2, 28), "2026-02-28"),
    ("leap day", dt.date(2024, 2, 29), "2024-02-29"),
    ("moment", dt.datetime(2026, 10, 25, 2, 30), "2026-10-25 02:30:00"),
    ("last second", dt.datetime(2026, 10, 31, 23, 59, 59), "2026-10-31 23:59:59"),
    ("end of days", dt.date(9999, 12, 31), "9999-12-31"),
]  # fmt: skip
ROWS = [["name", "value"], *([name, value] for name, value, _ in VALUES)]


def with_openpyxl(path):
    return book(path, ROWS)


def with_xlsxwriter(path):
    with xlsxwriter.Workbook(path, {"default_date_format": "dd.mm.yyyy hh:mm"}) as made:
        sheet = made.add_worksheet()
        for at, row in enumerate(ROWS):
            sheet.write_string(at, 0, row[0])
            (sheet.write_string if isinstance(row[1], str) else sheet.write)(at, 1, row[1])
    return path


@pytest.mark.parametrize("write", [with_openpyxl, with_xlsxwriter])
def test_what_other_programs_write_is_read_as_it_was(tmp_path, write):
    assert read_table(write(tmp_path / "x.xlsx")).rows == tuple((name, text) for name, _, text in VALUES)


@pytest.mark.slow
@pytest.mark.parametrize("by_way_of", ["ods", "xlsx"])
def test_what_libreoffice_writes_is_read_as_it_was(tmp_path, office, by_way_of):
    first = with_openpyxl(tmp_path / "x.xlsx")
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    there = office(first, by_way_of, tmp_path / "a")
    rows = read_table(office(there, "xlsx:Calc MS Excel 2007 XML", tmp_path / "b")).rows
    assert rows == tuple((name, text) for name, _, text in VALUES)


@pytest.mark.slow
def test_a_csv_that_libreoffice_turned_into_a_workbook_is_the_same_table(tmp_path, office):
    path = tmp_path / "x.csv"
    path.write_text('id,amount,created,note\nD1,1234.56,2026-03-04,"a, b"\nD2,7,2026-12-31,\n', "utf-8")
    (tmp_path / "a").mkdir()
    table = read_table(office(path, "xlsx", tmp_path / "a"))
    assert (table.header, table.rows) == (read_table(path).header, read_table(path).rows)
    assert table.typed == {1, 2}


@pytest.mark.parametrize(
    ("number", "code", "text"),
    [
        (46000, "yyyy-mm-dd", "2025-12-09"),
        (46000.5, "dd/mm/yy", "2025-12-09 12:00:00"),
        (46000.9999999, "dd.mm.yyyy", "2025-12-10"),
        (1, "d-mmm-yy", "1900-01-01"),
        (59, "d-mmm-yy", "1900-02-28"),
        (60, "d-mmm-yy", "1900-02-29"),
        (61, "d-mmm-yy", "1900-03-01"),
        (0, "d-mmm-yy", "1900-01-00"),
        (2958465, "yyyy", "9999-12-31"),
        (2958466, "yyyy", "2958466"),
        (-1, "yyyy-mm-dd", "-1"),
        (46000, "[$-409]mmmm d, yyyy;@", "2025-12-09"),
        (46000, '"paid on "General', "46000"),
        (0.75, "h:mm", "18:00:00"),
        (1.5, "[h]:mm", "36:00:00"),
        (0.25, "0%", "25%"),
        (0.333, "0.0%", "33.3%"),
        (1234.5, "#,##0", "1234.5"),
        (1234.5678, "#,##0.00", "1234.57"),
        (2.675, "0.00", "2.68"),
        (-1234.565, "#,##0.00;(#,##0.00)", "-1234.57"),
        (42, "00000", "00042"),
        (1.5e6, '0.0,,"M"', "1500000"),
        (1234.5, "[Red]-0.0", "1234.5"),
        (3, "@", "3"),
    ],
)
def test_formats_say_what_a_number_is(number, code, text):
    assert written(number, number_format(code), since_1904=False)[0] == text


@pytest.mark.parametrize(("number", "text"), [(0, "1904-01-01"), (60, "1904-03-01"), (44538, "2025-12-09")])
def test_days_may_count_from_1904(tmp_path, number, text):
    assert written(number, number_format("yyyy-mm-dd"), since_1904=True)[0] == text
    path = raw(tmp_path / "x.xlsx", [["id", "day"], ["a", (number, 1)]], ["yyyy-mm-dd"],
               '<workbookPr date1904="1"/>')  # fmt: skip
    table = read_table(path)
    assert table.rows == (("a", text),) and "days count from 1904" in table.told


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("#,##0.00 [$€-407]", "5 EUR"),
        ('#,##0.00\\ "€"', "5 EUR"),
        ("[$$-409]#,##0.00", "5 USD"),
        ("[$$-1009]#,##0", "5 CAD"),
        ("[$USD] #,##0.00", "5 USD"),
        ("[$CHF-807] #,##0.00", "5 CHF"),
        ("#,##0.00 [$₽-419]", "5 RUB"),
        ("[$£-809]#,##0.00", "5 GBP"),
        ('"£"#,##0.00', "£5"),
        ('_-"$"* #,##0.00_-', "$5"),
        ('#,##0 "pcs"', "5"),
        ("#,##0.00", "5"),
    ],
)
def test_a_currency_in_the_format_is_that_of_the_amount(tmp_path, code, text):
    path = raw(tmp_path / "x.xlsx", [["id", "amount"], ["a", (5, 1)]], [code])
    assert read_table(path).rows == (("a", text),)
    path = raw(tmp_path / "y.xlsx", [["currency", "amount"], ["USD", (5, 1)]], [code])
    assert read_table(path).rows == (("USD", "5"),), "a column of currencies counts more"


def test_numbers_are_read_to_the_cents_that_are_shown(tmp_path):
    table = read_table(raw(tmp_path / "x.xlsx", [["id", "amount"], ["a", (1.005678, 1)]], ["0.00"]))
    assert table.rows == (("a", "1.01"),) and "1 number read to the decimals that are shown" in table.told


def test_shared_and_rich_texts_are_whole(tmp_path):
    texts = ["<t>id</t>", "<t>name</t>", "<r><t>Ac</t></r><r><t xml:space='preserve'>me </t></r>",
             "<t>東</t><rPh><t>ヒガシ</t></rPh>", "<t>a_x000D_b_x0000_</t>"]  # fmt: skip
    shared = "".join(
        "<row>" + "".join(f'<c t="s"><v>{at}</v></c>' for at in row) + "</row>"
        for row in ((0, 1), (2, 3), (4, 3))
    )
    assert read_table(raw(tmp_path / "x.xlsx", shared, texts=texts)).rows == (
        ("Acme ", "東"), ("a\rb_x0000_", "東"),
    )  # fmt: skip


# ---- cells without a value


def formulas(value, full=""):
    head = "".join(map(cell, ["id", "amount"]))
    return f"<row>{head}</row><row><c/><c/></row><row>{cell('a')}<c r='B3'{value}</c></row>", (), full


def test_formulas_count_by_their_values(tmp_path):
    table = read_table(raw(tmp_path / "x.xlsx", *formulas("><f>1+1</f><v>2</v>")))
    assert table.rows == (("a", "2"),) and table.lines == (3,) and "1 formula by value" in table.told
    table = read_table(raw(tmp_path / "y.xlsx", *formulas(' t="str"><f>""</f><v></v>')))
    assert table.rows == (("a", ""),), "an empty text is a value"


@pytest.mark.parametrize(
    ("value", "full"),
    [
        ("><f>A1+1</f>", ""),
        ("><f>A1+1</f><v>0</v>", '<calcPr fullCalcOnLoad="1"/>'),
        ('><f t="shared" si="0"/>', ""),
    ],
)
def test_a_formula_that_was_never_calculated_is_refused(tmp_path, value, full):
    (problem,) = refused(raw(tmp_path / "x.xlsx", *formulas(value, full)))
    assert (problem.code, problem.line, problem.row, problem.column) == ("D062", 3, 1, "amount")
    assert "B3" in problem.message and "save it" in problem.remedy


def test_what_openpyxl_writes_as_a_formula_has_no_value(tmp_path):
    assert codes(book(tmp_path / "x.xlsx", [["id", "amount"], ["a", "=1+1"]])) == ["D062"]


def test_errors_are_refused_with_their_cells(tmp_path):
    broken = '<c t="e"><v>#REF!</v></c>'
    made = [[cell("id"), cell("amount")], [cell("a"), broken], [cell("b"), cell(1)], [cell("c"), broken]]
    rows = "".join(f"<row>{''.join(cells)}</row>" for cells in made)
    (problem,) = refused(raw(tmp_path / "x.xlsx", rows))
    assert (problem.code, problem.line, problem.value, problem.count) == ("D062", 2, "#REF!", 1)
    assert "B2" in problem.message


BROKEN = [  # a column of notes and one of owners with errors, beside sound ones
    [cell(title) for title in ("id", "stage", "amount", "created", "note", "owner")],
    [cell("D1"), cell("Proposal"), cell(50), cell("2026-03-04"), '<c t="e"><v>#N/A</v></c>', cell("Ann")],
    [cell("D2"), cell("Contract"), cell(70), cell("2026-03-05"), cell("x"), '<c t="e"><v>#REF!</v></c>'],
]


def with_errors(folder, *spoilt, settings="", rows=BROKEN):
    rows = [list(row) for row in rows]
    for row, column, content in spoilt:
        rows[row][column] = content
    text = "".join(f"<row>{''.join(cells)}</row>" for cells in rows)
    raw(folder / "deals.xlsx", text)
    return write(folder, SCENARIO.replace("deals.csv}", f"deals.xlsx{settings}}}"))


SOUND = [row[:5] for row in BROKEN]
ERROR = '<c t="e"><v>#REF!</v></c>'


def test_an_error_in_a_column_that_nobody_reads_is_told_and_refuses_nothing(tmp_path):
    path = with_errors(tmp_path, rows=SOUND)
    scenario = load(path)
    assert scenario.pipeline.id == ("D1", "D2") and scenario.pipeline.amount.tolist() == [5000, 7000]
    said = "column note not to be read: cell E2 holds the error #N/A"
    assert said in next(text for code, text, _ in scenario.notes if code == "W050")
    shown = CliRunner().invoke(main, ["inspect", str(tmp_path / "deals.xlsx"), "--as-of", "2026-10-31"])
    assert shown.exit_code == 0 and said in " ".join(shown.output.split())
    assert again(scenario, tmp_path / "kept").pipeline.amount.tolist() == [5000, 7000]
    with pytest.raises(UsageError, match="of deal D1 it holds the error #N/A"):
        grouped(scenario, "note")


@pytest.mark.parametrize("column", range(4))
def test_an_error_in_a_column_that_is_read_is_refused_with_its_cell(tmp_path, column):
    with pytest.raises(LoadError) as caught:
        load(with_errors(tmp_path, (2, column, ERROR), rows=SOUND))
    (problem,) = caught.value.every
    assert (problem.code, problem.line, problem.value) == ("D062", 3, "#REF!")
    assert f"cell {'ABCD'[column]}3 " in problem.message and "mend its formula" in problem.remedy


def test_every_column_that_is_read_and_broken_is_told_at_once(tmp_path):
    with pytest.raises(LoadError) as caught:
        load(with_errors(tmp_path, (1, 2, ERROR), (2, 3, ERROR)))
    assert [(p.code, p.column) for p in caught.value.every] == [
        ("D062", "amount"), ("D062", "created"), ("D062", "owner")
    ]  # fmt: skip


@pytest.mark.parametrize("rule", ["{from: note, map: {x: smb}}", "{bands: {from: note, smb: 0}}"])
def test_a_broken_column_that_tells_the_segment_is_read(tmp_path, rule):
    path = with_errors(tmp_path, rows=SOUND, settings=f", segment: {rule}")
    with pytest.raises(LoadError) as caught:
        load(path)
    assert [(p.code, p.column) for p in caught.value.every] == [("D062", "note")]
    (tmp_path / "map.yaml").write_text(f"segment: {rule}\n", "utf-8")
    with pytest.raises(LoadError) as caught:
        read_history([tmp_path / "deals.xlsx"], frame_with_map(HistoryFrame(), tmp_path / "map.yaml"))
    assert {(p.code, p.column) for p in caught.value.every} == {("D062", "note")}


def test_a_column_of_currencies_is_seen_in_spite_of_its_errors(tmp_path):
    with pytest.raises(LoadError) as caught:
        load(with_errors(tmp_path, (2, 4, cell("USD")), rows=SOUND))
    assert [(p.code, p.column) for p in caught.value.every] == [("D087", "note")]


def test_a_flag_of_a_system_that_holds_an_error_is_refused(tmp_path):
    head = ("Opportunity Name", "Stage", "Amount", "Close Date", "Opportunity ID", "Deleted", "Hint")
    rows = [[cell(title) for title in head]]
    rows += [[*(cell(text) for text in ("A", "Proposal", 5, "2026-12-01", "006A")), ERROR, ERROR]]
    rows += [[*(cell(text) for text in ("B", "Contract", 6, "2026-12-01", "006B")), cell("no"), cell("x")]]
    path = with_errors(tmp_path, rows=rows, settings=", systems: {deals: salesforce}")
    with pytest.raises(LoadError) as caught:
        load(path)
    assert [(p.code, p.column) for p in caught.value.every] == [("D062", "Deleted")]
    rows[1][5] = cell("no")
    found = load(with_errors(tmp_path, rows=rows, settings=", systems: {deals: salesforce}"))
    assert found.pipeline.id == ("006A", "006B")


# ---- columns of which the spreadsheet took only some cells for what they are


@pytest.mark.parametrize("text", ["13/04/2026", "13.4.26", "13/04/2026 10:00"])
def test_days_among_texts_of_days_are_refused(tmp_path, text):
    rows = [["id", "created"], ["a", dt.date(2026, 3, 4)], ["b", text], ["c", text]]
    (problem,) = refused(book(tmp_path / "x.xlsx", rows))
    assert (problem.code, problem.line, problem.value, problem.count) == ("D063", 3, text, 1)


@pytest.mark.parametrize("text", ["2026-03-04", "Mar 4, 2026", "tbd", ""])
def test_texts_that_are_certain_may_stand_among_days(tmp_path, text):
    rows = [["id", "created"], ["a", dt.date(2026, 3, 4)], ["b", text]]
    assert read_table(book(tmp_path / "x.xlsx", rows)).rows[1] == ("b", text)


@pytest.mark.parametrize("text", ["1.234,56", "1,234", "1.234", "12,5"])
def test_numbers_among_texts_of_numbers_are_refused(tmp_path, text):
    (problem,) = refused(book(tmp_path / "x.xlsx", [["id", "amount"], ["a", 12], ["b", text]]))
    assert (problem.code, problem.line, problem.value) == ("D063", 3, text)


@pytest.mark.parametrize("text", ["1200", "1,234.56", "1234.56", "n/a", "D-17"])
def test_texts_that_are_certain_may_stand_among_numbers(tmp_path, text):
    table = read_table(book(tmp_path / "x.xlsx", [["id", "amount"], ["a", 12], ["b", text]]))
    assert table.rows[1] == ("b", text) and table.typed == {1}


# ---- where the table lies


def test_titles_above_the_header_are_passed_over(tmp_path):
    rows = [["Pipeline of 31 October"], ["Owner", "Ann"], [], *DEALS]
    table = read_table(book(tmp_path / "x.xlsx", rows))
    assert table.header == tuple(DEALS[0]) and table.lines == (5, 6)
    assert "2 rows above the header" in table.told


def test_a_merged_title_is_no_header(tmp_path):
    path = merged(tmp_path, [["Pipeline", None, None, None], *DEALS], "A1:D1")
    assert read_table(path).header == tuple(DEALS[0])


def merged(folder, rows, *ranges):
    path = book(folder / "x.xlsx", rows)
    made = openpyxl.load_workbook(path)
    for one in ranges:
        made.active.merge_cells(one)
    made.save(path)
    return path


def test_a_header_of_two_rows_is_joined(tmp_path):
    rows = [["id", "Amount", None, "Days", None], [None, "net", "gross", "created", "closed"],
            ["a", 1, 2, dt.date(2026, 1, 2), None]]  # fmt: skip
    table = read_table(merged(tmp_path, rows, "A1:A2", "B1:C1", "D1:E1"))
    assert table.header == ("id", "Amount net", "Amount gross", "Days created", "Days closed")
    assert table.rows == (("a", "1", "2", "2026-01-02", ""),) and table.lines == (3,)


def test_merged_heads_without_titles_below_are_refused(tmp_path):
    rows = [["id", "Amount", None], ["a", 1, 2]]
    assert codes(merged(tmp_path, rows, "B1:C1"))[0] in ("D004", "D063")


def test_cells_merged_over_several_rows_are_refused(tmp_path):
    rows = [["id", "customer", "amount"], ["a", "Acme", 1], ["b", None, 2]]
    (problem,) = refused(merged(tmp_path, rows, "B2:B3"))
    assert problem.code == "D063" and "B2:B3" in problem.message


def test_a_total_may_be_merged_and_is_put_aside(tmp_path):
    rows = [*DEALS, ["Total", None, 1333.5, None]]
    assert read_table(merged(tmp_path, rows, "A4:B4")).aside == {2: "W055"}


def test_hidden_rows_and_columns_are_read_and_told(tmp_path):
    path = book(tmp_path / "x.xlsx", DEALS)
    made = openpyxl.load_workbook(path)
    made.active.row_dimensions[3].hidden = True
    made.active.column_dimensions["B"].hidden = True
    made.save(path)
    table = read_table(path)
    assert len(table.rows) == 2
    assert {"1 hidden row read too", "hidden columns read too: stage"} <= set(table.told)


def test_columns_without_a_title_keep_their_letter(tmp_path):
    rows = [["id", None, "a", "b", "c"], ["x", 5, 1, 1, 1]]
    assert read_table(book(tmp_path / "x.xlsx", rows)).header == ("id", "column B", "a", "b", "c")


def test_a_title_twice_is_refused(tmp_path):
    assert codes(book(tmp_path / "x.xlsx", [["id", "x", "x"], ["a", "b", "c"]])) == ["D004", "D004"]


# ---- sheets


def test_the_one_sheet_with_a_table_is_read(tmp_path):
    path = book(tmp_path / "x.xlsx", Notes=[["Read me"], ["all deals"]], Deals=DEALS, Empty=[])
    assert "sheet Deals" in read_table(path).told


def test_of_several_tables_one_has_to_be_named(tmp_path):
    path = book(tmp_path / "x.xlsx", Open=DEALS, Closed=DEALS)
    (problem,) = refused(path)
    assert problem.code == "D061" and "Open, Closed" in problem.message and "sheets" in problem.remedy
    assert "sheet Closed" in read_table(path, Reading(sheet="closed")).told
    (problem,) = refused(path, Reading(sheet="Closd"))
    assert problem.code == "D061" and problem.remedy == "did you mean Closed?"


def test_the_remedy_for_several_sheets_works_where_files_are_read(tmp_path):
    path, mapping = book(tmp_path / "x.xlsx", Open=DEALS, Closed=DEALS), tmp_path / "m.yaml"
    (problem,) = refused(path, HistoryFrame().reading)
    setting = re.search("such as (.*) in --map FILE$", problem.remedy)
    mapping.write_text(setting[1])
    assert "sheet Open" in read_table(path, frame_with_map(HistoryFrame(), mapping).reading).told
    (problem,) = refused(path, Reading(setting=IN_THE_SCENARIO))
    setting = re.search("such as (.*) in the scenario$", problem.remedy)
    scenario = yaml.safe_load(setting[1])["data"]
    assert "sheet Open" in read_table(path, frame_of_data(scenario, None, "").reading).told


def test_hidden_sheets_are_never_picked_silently(tmp_path):
    path = book(tmp_path / "x.xlsx", Deals=DEALS, Old=DEALS)
    made = openpyxl.load_workbook(path)
    made["Old"].sheet_state = "veryHidden"
    made.save(path)
    assert "sheet Deals" in read_table(path).told
    left = "a hidden sheet Old holds a table too, not read"
    assert left in read_table(path).told and left in read_tables(path)[0].told
    assert "sheet Old (hidden)" in read_table(path, Reading(sheet="Old")).told
    assert not any("hidden sheet" in words for words in read_table(path, Reading(sheet="Deals")).told)
    made["Deals"].sheet_state = "visible"
    made["Deals"].delete_rows(1, 3)
    made.save(path)
    (problem,) = refused(path)
    assert problem.code == "D061" and "hidden" in problem.message


def test_a_workbook_without_a_table_is_refused(tmp_path):
    assert codes(book(tmp_path / "x.xlsx", [["Read me"]], [])) == ["D061"]


# ---- what is no workbook, and what is hostile


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old Excel workbook"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "password"),
        (zipped(["deals.csv"]), "no workbook"),
        (zipped(["mimetype", "content.xml"]), "OpenDocument"),
        (zipped(["[Content_Types].xml", "xl/workbook.bin"]), "XLSB"),
        (zipped(["[Content_Types].xml", "word/document.xml"]), "Word"),
        (zipped(["[Content_Types].xml"]), "missing"),
    ],
)
def test_what_is_no_workbook_is_refused_by_its_name(tmp_path, content, said):
    (tmp_path / "x.xlsx").write_bytes(content)
    (problem,) = refused(tmp_path / "x.xlsx")
    assert problem.code == "D060" and said in problem.message


def test_bombs_are_refused_before_they_go_off(tmp_path):
    made = list(bombs(tmp_path))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name, code, path in made:
        began = time.process_time()
        assert codes(path) == [code], name
        assert time.process_time() - began < 1, name
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 200 << 10


@pytest.mark.parametrize("code", ["D060", "D061", "D062", "D063", "D064"])
def test_each_code_is_told(tmp_path, pinned, code):
    path, head = tmp_path / "deals.xlsx", ["id", "amount"]
    if code == "D060":
        path.write_bytes(zipped(["deals.csv"]))
    elif code == "D061":
        book(path, Open=DEALS, Closed=DEALS)
    elif code == "D062":
        book(path, [head, ["a", "=1+1"]])
    elif code == "D063":
        book(path, [head, ["a", 12], ["b", "1.234"]])
    else:
        path = next(bomb for _, refusal, bomb in bombs(tmp_path) if refusal == code)
    (problem,) = refused(path)
    assert problem.code == code
    pinned(code, str(with_remedy(problem)))


def test_entities_are_refused_however_small(tmp_path):
    contents = parts([["id", "amount"], ["a", 1]])
    sheet = contents["xl/worksheets/sheet1.xml"].replace("<v>1</v>", "<v>&e;</v>")
    contents["xl/worksheets/sheet1.xml"] = f'<!DOCTYPE x [<!ENTITY e "5">]>{sheet}'
    (problem,) = refused(pack(tmp_path / "x.xlsx", contents))
    assert problem.code == "D060" and "entities" in problem.message


def test_zips_within_a_workbook_are_never_opened(tmp_path):
    contents = parts([["id", "amount"], ["a", 1]]) | {"xl/embeddings/bomb.zip": b"PK\x03\x04" + b"\0" * 999}
    assert read_table(pack(tmp_path / "x.xlsx", contents)).rows == (("a", "1"),)


def test_macros_are_not_run_and_do_no_harm(tmp_path):
    contents = parts([["id", "amount"], ["a", 1]]) | {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"}
    assert read_table(pack(tmp_path / "x.xlsm", contents)).rows == (("a", "1"),)


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("xl/worksheets/sheet1.xml", "<v>1</v>", "<v>one</v>"),
        ("xl/worksheets/sheet1.xml", "<v>1</v>", "<v>1e999</v>"),
        ("xl/worksheets/sheet1.xml", "<v>1</v>", "<v>nan</v>"),
        ("xl/worksheets/sheet1.xml", '<c s="0">', '<c s="x">'),
        ("xl/worksheets/sheet1.xml", '<c s="0">', '<c t="s">'),
        ("xl/worksheets/sheet1.xml", '<c s="0">', '<c r="1A">'),
        ("xl/worksheets/sheet1.xml", "</row>", "</rov>"),
        ("xl/worksheets/sheet1.xml", "<row>", '<row r="-1">'),
        (
            "xl/worksheets/sheet1.xml",
            "</worksheet>",
            '<mergeCells><mergeCell ref="x"/></mergeCells></worksheet>',
        ),
        ("xl/_rels/workbook.xml.rels", "worksheets/sheet1.xml", "../../etc/passwd"),
    ],
)
def test_damaged_workbooks_are_refused(tmp_path, part, old, new):
    contents = parts([["id", "amount"], ["a", 1]])
    assert old in contents[part]
    contents[part] = contents[part].replace(old, new)
    assert set(codes(pack(tmp_path / "x.xlsx", contents))) <= {"D060", "D064"}


def test_a_style_that_is_not_there_is_none(tmp_path):
    assert read_table(raw(tmp_path / "x.xlsx", [["id", "amount"], ["a", (1, 99)]])).rows == (("a", "1"),)


def test_prefixes_of_names_do_not_matter(tmp_path):
    contents = parts([["id", "amount"], ["a", 1]])
    sheet = contents["xl/worksheets/sheet1.xml"].replace(MAIN, MAIN.replace("xmlns", "xmlns:x"))
    sheet = sheet.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:")
    assert read_table(pack(tmp_path / "x.xlsx", contents | {"xl/worksheets/sheet1.xml": sheet})).rows == (
        ("a", "1"),
    )


def test_what_takes_its_time_when_read_naively_does_not(tmp_path):
    titles = [f"t{n}" for n in range(16_000)]
    hidden = '<col min="1" max="16384" hidden="1"/>' * 20_000
    contents = parts([titles, [1] * 16_000], [f"{'[$' * 100_000}"])
    sheet = contents["xl/worksheets/sheet1.xml"].replace("<sheetData>", f"<cols>{hidden}</cols><sheetData>")
    began = time.process_time()
    table = read_table(pack(tmp_path / "x.xlsx", contents | {"xl/worksheets/sheet1.xml": sheet}))
    assert len(table.header) == 16_000 and time.process_time() - began < 3
