"""CSV as other programs write it, and dates in all the ways people write them."""

from datetime import UTC, date, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simulator.errors import InputError
from simulator.loading.dates import DateError, fitting_orders, parse_day
from simulator.loading.sources import parse_table


def codes(content):
    with pytest.raises(InputError) as caught:
        parse_table(content, "x.csv")
    return [(p.code, p.line, p.row) for p in caught.value.problems]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_delimiters_and_line_ends_are_found(mark, end, bom):
    text = end.join([mark.join(["id", '"a, b; c"', "d"]), mark.join(["1", '"2,;3"', " x "]), ""])
    table = parse_table(bom + text.encode(), "x.csv")
    assert table.header == ("id", "a, b; c", "d")
    assert table.rows == (("1", "2,;3", " x "),)
    assert table.lines == (2,)


def test_lines_count_what_the_eye_counts():
    text = 'id,text\n1,"one\ntwo\nthree"\n\n2,x\n3,"a\nb"\n4,y\n'
    table = parse_table(text.encode(), "x.csv")
    assert table.lines == (2, 6, 7, 9)
    assert [r[0] for r in table.rows] == ["1", "2", "3", "4"]
    assert table.rows[0][1] == "one\ntwo\nthree"


def test_a_single_column_is_a_table():
    assert parse_table(b"id\n1\n2\n", "x").rows == (("1",), ("2",))
    assert parse_table(b"id\n", "x").rows == ()


def test_ragged_rows_are_all_told_with_their_lines():
    assert codes(b"a,b,c\n1,2\n1,2,3\n1,2,3,4\n1,2,3,,\n") == [("D005", 2, 1), ("D005", 4, 3)]


def test_empty_columns_at_the_end_are_no_columns():
    assert parse_table(b"a,b,,\n1,2,,\n3,4,,\n", "x").header == ("a", "b")
    assert parse_table(b"a,,\n1,,5\n", "x").header == ("a", "column 2", "column 3")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "D001"),
        (b" \n\n", "D001"),
        (b"\xef\xbb\xbf", "D001"),
        ("id,ä\n".encode("latin-1"), "D002"),
        ("id,a\n1,2\n".encode("utf-16-le")[:-1], "D002"),
        ("id,a\n1,2\n".encode("utf-16")[:-1], "D002"),
        (b"PK\x03\x04 and so on", "D003"),
        (b"id,a\n1,\x00\n", "D003"),
        (b'id,a\n1,"2\n', "D003"),
        (b'id,a\n1,"2"3\n', "D003"),
        (b"id,a\n1," + b"x" * 200_000 + b"\n", "D003"),
        (b"id,a,id\n1,2,3\n", "D004"),
    ],
)
def test_what_is_no_table_is_refused(content, code):
    assert codes(content)[0][0] == code


def test_unicode_text_of_a_spreadsheet_is_read():
    assert parse_table("id\ta\n1\tMüller\n".encode("utf-16"), "x").rows == (("1", "Müller"),)


@pytest.mark.parametrize(
    "text",
    ["Oct 31, 2026", "October 31 2026", "31-Oct-26", "31. Okt. 2026", "31 OCT 2026", "31 Oct 2026 10:15 PM"],
)
def test_months_have_names_and_days_are_of_no_order(text):
    assert {parse_day(text, order) for order in ("ymd", "mdy", "dmy")} == {date(2026, 10, 31)}
    assert fitting_orders(text) == ("ymd", "mdy", "dmy")


def test_years_of_two_digits_are_near():
    assert parse_day("10/31/26", "mdy") == date(2026, 10, 31) == parse_day("31.10.26", "dmy")
    assert parse_day("31.10.98", "dmy") == date(1998, 10, 31)
    assert fitting_orders("31.10.26") == ("dmy",)


def test_a_wrong_encoding_is_told_with_its_line():
    assert codes("id,a\n1,x\n2,Łódź\n".encode("cp1250")) == [("D002", 3, None)]


@example(b";")
@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_refused(content):
    try:
        table = parse_table(content, "x.csv")
    except InputError as error:
        assert all(p.code.startswith("D") for p in error.problems)
        return
    assert all(len(row) == len(table.header) for row in table.rows)
    assert len(table.lines) == len(table.rows)
    assert list(table.lines) == sorted(set(table.lines))


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2026-10-31", "ymd", date(2026, 10, 31)),
        ("2026/1/5", "ymd", date(2026, 1, 5)),
        (" 2026-10-31 ", "dmy", date(2026, 10, 31)),
        ("31.10.2026", "dmy", date(2026, 10, 31)),
        ("4/6/2013", "mdy", date(2013, 4, 6)),
        ("4/6/2013", "dmy", date(2013, 6, 4)),
        ("2024-02-29", "ymd", date(2024, 2, 29)),
        ("2026-10-31T23:59:59", "ymd", date(2026, 10, 31)),
        ("2026-10-31 11:30:00.123", "ymd", date(2026, 10, 31)),
        ("10/31/2026 1:05 PM", "mdy", date(2026, 10, 31)),
    ],
)
def test_dates_are_read(text, order, day):
    assert parse_day(text, order) == day


@pytest.mark.parametrize(
    ("text", "order", "hint"),
    [
        ("2026-02-29", "ymd", "2026-02-28"),
        ("2100-02-29", "ymd", "2100-02-28"),
        ("31.10.2026", "ymd", "data.date_order: dmy"),
        ("10/31/2026", "dmy", "data.date_order: mdy"),
        ("4/6/2013", "ymd", "mdy or dmy"),
        ("45961", "ymd", "spreadsheet"),
        ("31.10.126", "dmy", "year-month-day"),
        ("Foo 5, 2026", "ymd", "year-month-day"),
        ("Feb 30, 2026", "ymd", "2026-02-28"),
        ("0000-01-01", "ymd", "year-month-day"),
        ("1899-12-31", "ymd", "correct the year"),
        ("2026-10-31T25:00", "ymd", "correct the time"),
        ("2026-10-31T10:00+99:00", "ymd", "offset"),
        ("tomorrow", "ymd", "year-month-day"),
        ("٢٠٢٦-١٠-٣١", "ymd", ""),
    ],
)
def test_what_is_no_date_is_told_with_a_way_out(text, order, hint):
    if text.isascii():
        with pytest.raises(DateError) as caught:
            parse_day(text, order)
        assert hint in caught.value.remedy
    else:  # other digits are digits
        assert parse_day(text, order) == date(2026, 10, 31)


def test_offsets_move_into_the_scenarios_time_zone():
    berlin = timezone(timedelta(hours=1))
    assert parse_day("2026-10-31T23:30:00Z", "ymd", UTC) == date(2026, 10, 31)
    assert parse_day("2026-10-31T23:30:00Z", "ymd", berlin) == date(2026, 11, 1)
    assert parse_day("2026-11-01T00:30:00+02:00", "ymd", UTC) == date(2026, 10, 31)
    assert parse_day("2026-10-31T23:30:00-0500", "ymd", UTC) == date(2026, 11, 1)
    # Without an offset a time is local already.
    assert parse_day("2026-10-31T23:30:00", "ymd", berlin) == date(2026, 10, 31)


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_refused(text):
    try:
        assert 1900 <= parse_day(text).year < 2201
    except DateError as error:
        assert error.remedy
