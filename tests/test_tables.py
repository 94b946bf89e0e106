"""CSV as other programs write it, and dates in all the ways people write them."""

import os
import subprocess
import sys
from datetime import UTC, date, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simulator.errors import InputError
from simulator.loading.dates import DateError, fitting_orders, parse_day, parse_moment, serial_day
from simulator.loading.sources import parse_table, read_table
from simulator.loading.sources import text as text_module


def codes(content):
    with pytest.raises(InputError) as caught:
        parse_table(content, "x.csv")
    return [(p.code, p.line, p.row) for p in caught.value.problems]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_delimiters_and_line_ends_are_found(mark, end, bom):
    text = end.join([mark.join(["id", '"a, b; c"', "d"]), mark.join(["1", '"2,;|3"', " x "]), ""])
    table = parse_table(bom + text.encode(), "x.csv")
    assert table.header == ("id", "a, b; c", "d")
    assert table.rows == (("1", "2,;|3", " x "),)
    assert table.lines == (2,)


def test_lines_count_what_the_eye_counts():
    text = 'id,text\n1,"one\ntwo\nthree"\n\n2,x\n3,"a\nb"\n4,y\n'
    table = parse_table(text.encode(), "x.csv")
    assert table.lines == (2, 6, 7, 9)
    assert [r[0] for r in table.rows] == ["1", "2", "3", "4"]
    assert table.rows[0][1] == "one\ntwo\nthree"


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_lines_are_counted_over_all_of_a_long_file(end):
    above = "\n".join(f'{n},"one\ntwo"\n' if n % 1000 == 0 else f"{n},x" for n in range(45_000))
    text = "\n" * 30_000 + "id,text\n" + above + "\nlast,x\n"
    table = parse_table(text.replace("\n", end).encode(), "x.csv")
    assert len(table.rows) == 45_001
    assert table.lines[0] == 30_002
    assert table.lines[-1] == 30_002 + 45_000 + 2 * 45
    with pytest.raises(InputError) as caught:
        parse_table((text + 'odd,"x"y\n').replace("\n", end).encode(), "x.csv")
    assert caught.value.problems[0].line == table.lines[-1] + 1


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
    ],
)
def test_what_is_no_table_is_refused(content, code):
    assert codes(content)[0][0] == code


def test_a_title_twice_forbids_to_read_its_columns_and_no_others():
    table = parse_table(b"id,a,id,b\n1,2,3,4\n", "x")
    assert table.rows == (("1", "2", "3", "4"),) and [*table.flaws] == [0, 2]
    assert [problem.code for problem in table.flaws_of([0, 1, 3])] == ["D004"]


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
    long = "id,a\n" + "1,plain\n" * 300_000  # longer than what is looked at in one go
    assert codes((long + "2,Łódź\n").encode("cp1250")) == [("D002", 300_002, None)]
    assert codes((long + "2,\0\n").encode()) == [("D003", 300_002, None)]


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


# ---- delimiters and what stands above the header


@pytest.mark.parametrize(
    ("text", "header", "told"),
    [
        ("sep=;\nid;a\n1;2,5\n", ("id", "a"), ("UTF-8", "semicolons")),
        ('"sep=^"\r\nid^a\r\n1^2\r\n', ("id", "a"), ("UTF-8", "separated by '^'")),
        ("id^a\n1^2\n", ("id", "a"), ("UTF-8", "separated by '^'")),
        ("id;amount, EUR;stage\n1;1,5;x\n2;2,5;y\n", ("id", "amount, EUR", "stage"), ("UTF-8", "semicolons")),
        ("id\n10:15\n", ("id",), ("UTF-8", "commas")),
        (
            "Aged Receivables\nDemo (UK)\n\nid,date,amount\n1,2026-01-01,5\n",
            ("id", "date", "amount"),
            ("UTF-8", "commas", "2 lines above the header"),
        ),
        (
            "Report,,\nid,date,amount\n1,2026-01-01,5\n",
            ("id", "date", "amount"),
            ("UTF-8", "commas", "1 line above the header"),
        ),
        ("a,,\n1,,5\n", ("a", "column 2", "column 3"), ("UTF-8", "commas")),
        ('id,"due\n  date"\n1,2\n', ("id", "due date"), ("UTF-8", "commas")),
    ],
)
def test_the_layout_is_found_out_and_told(text, header, told):
    table = parse_table(text.encode(), "x.csv")
    assert (table.header, table.told) == (header, told)
    assert len(table.rows) == (2 if "EUR" in text else 1)


def test_lines_above_the_header_count_as_lines():
    assert parse_table(b"Report\n\nid,a,b\n1,2,3\n", "x").lines == (4,)
    assert parse_table(b"sep=,\nid,a,b\n1,2,3\n", "x").lines == (3,)


def test_two_delimiters_that_fit_alike_are_refused():
    assert codes(b"name;amount,EUR\nx;1,5\ny;2,5\n") == [("D053", 1, None)]


# ---- encodings

GUESSED = [
    ("cp1252", "Müller; Café à L’été, ÉCOLE 12,50 €"),
    ("cp1252", "Straße"),
    ("cp1252", "12,50 €"),
    ("cp1251", "ООО «Ромашка», договор № 5, счёт"),
    ("cp1251", "ИВАНОВ"),
    ("UTF-8", "Müller Иванов Łódź 株式会社"),
    ("UTF-16", "Müller Иванов"),
]


@pytest.mark.parametrize(("encoding", "text"), GUESSED)
def test_an_encoding_is_found_out(encoding, text):
    table = parse_table(f"id\tname\n1\t{text}\n".encode(encoding), "x")
    assert table.rows == (("1", text),) and table.told[0] == encoding


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_needs_no_mark(codec):
    assert parse_table("id,name\n1,Иванов\n".encode(codec), "x").rows == (("1", "Иванов"),)


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("cp1252", "Ä"),  # alone it could be a Cyrillic letter
        ("cp1250", "Łódź żółć"),
        ("cp1254", "Şişli"),
        ("mac_roman", "Müller"),
        ("cp850", "Müller"),
        ("koi8-r", "Иванов Договор"),
        ("cp866", "Иванов"),
        ("cp1253", "Αθήνα και άλλα πολλά"),
    ],
)
def test_an_encoding_that_cannot_be_told_is_refused_and_can_be_set(codec, text):
    content = f"id,name\n1,{text}\n".encode(codec)
    assert codes(content) == [("D002", 2, None)]
    assert parse_table(content, "x", codec).rows == (("1", text),)


def test_what_is_set_counts_only_where_the_file_does_not_tell():
    assert parse_table("id,a\n1,Müller\n".encode(), "x", "cp1252").rows == (("1", "Müller"),)
    with pytest.raises(InputError, match="no encoding rot13"):
        parse_table("id,a\n1,Ä\n".encode("cp1252"), "x", "rot13")
    mixed = "id,a\n1,Müller\n".encode() + "2,Jäger\n".encode("cp1252")
    assert codes(mixed) == [("D002", 3, None)]


# ---- bounds

HUGE = """
import resource, sys, time
from pathlib import Path
from simulator.errors import InputError
from simulator.loading.sources import read_table
before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
try:
    read_table(Path(sys.argv[1]))
except InputError as error:
    print(error.problems[0].code, end=" ")
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
print(grown, time.process_time() - began)
"""


def hole(path, size):
    with path.open("wb") as file:
        file.write(b"id,a\n1,")
        file.truncate(size)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda path: hole(path, 2 * 2**30), "D054"),
        (lambda path: hole(path, 2**28), "D003"),
        (lambda path: path.write_bytes(b"id\n" + b"x" * (2**28 - 3)), "D054"),
        (lambda path: path.write_bytes(b'id,a\n1,"' + b"x\n" * (2**27 - 4)), "D003"),
        (lambda path: path.write_bytes(b",".join(b"c%d" % n for n in range(10**6))), "D054"),
        (lambda path: path.write_bytes(b"," * 10**6), "D001"),
        (lambda path: path.write_bytes(b"a," * 400_000 + b"b"), "D054"),
    ],
)
def test_what_is_too_large_is_refused_soon_and_fills_no_memory(tmp_path, make, code):
    make(path := tmp_path / "x.csv")
    run = subprocess.run([sys.executable, "-c", HUGE, path], capture_output=True, text=True, check=True)
    told, grown, seconds = run.stdout.split()
    assert told == code and int(grown) < 200 and float(seconds) < 1, run.stdout


def test_devices_and_pipes_are_no_files(tmp_path):
    os.mkfifo(pipe := tmp_path / "pipe.csv")
    for path in (Path("/dev/zero"), pipe, tmp_path):
        with pytest.raises(InputError) as caught:
            read_table(path)
        assert [p.code for p in caught.value.problems] == ["D055"]


# ---- dates


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("5 янв 2026", date(2026, 1, 5)),
        ("5 янв. 2026 г.", date(2026, 1, 5)),
        ("31 мая 2026", date(2026, 5, 31)),
        ("1 сент. 2026 г., 10:15", date(2026, 9, 1)),
        ("12 ДЕКАБРЯ 2026", date(2026, 12, 12)),
        ("3. März 2026", date(2026, 3, 3)),
        ("3. Mrz 2026", date(2026, 3, 3)),
        ("24. Dez. 26", date(2026, 12, 24)),
        ("Sept 5, 2026", date(2026, 9, 5)),
        ("31/Oct/2026", date(2026, 10, 31)),
        ("5 juil. 2026", date(2026, 7, 5)),
        ("20261031", date(2026, 10, 31)),
        ("2026.10.31", date(2026, 10, 31)),
        ("2026-10-31 10:15+00", date(2026, 10, 31)),
        ("Oct 31, 2026, 10:15\u202fPM", date(2026, 10, 31)),
        ("2026-10-31 23:30 UTC", date(2026, 10, 31)),
        ("2026-10-31T23:30:00+01:00[Europe/Berlin]", date(2026, 10, 31)),
        ("2024-02-29", date(2024, 2, 29)),
        ("2000-02-29", date(2000, 2, 29)),
    ],
)
def test_dates_of_many_countries_are_read(text, day):
    assert {parse_day(text, order) for order in ("ymd", "mdy", "dmy")} == {day}


@pytest.mark.parametrize(
    "text",
    [
        "1900-02-29",
        "2026-02-29",
        "0001-01-01",
        "9999-12-31",
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:59-12:00",
        "Junk 5, 2026",
        "5 jui 2026",
        "31102026",
        "2026-10-31 10:15 EST",
        "2026/31/10",
    ],
)
def test_days_that_are_none_or_far_are_refused(text):
    with pytest.raises(DateError):
        parse_day(text, "dmy")
    assert fitting_orders(text) in ((), ("ymd", "mdy", "dmy"))


def test_clocks_that_are_set_forward_or_back_move_no_day():
    berlin = ZoneInfo("Europe/Berlin")
    before, after = (parse_moment(f"2026-10-25T0{hour}:30:00Z", zone=berlin) for hour in (0, 1))
    assert before[0] == after[0] == date(2026, 10, 25) and after[1] - before[1] == 3600
    assert parse_day("2026-10-24T22:00:00Z", zone=berlin) == date(2026, 10, 25)  # summer time
    assert parse_day("2026-10-25T22:59:00Z", zone=berlin) == date(2026, 10, 25)
    assert parse_day("2026-10-25T23:00:00Z", zone=berlin) == date(2026, 10, 26)  # winter time
    assert parse_day("2026-03-29T02:30:00", zone=berlin) == date(2026, 3, 29)  # a time that there was not
    assert parse_day("2026-03-08T23:30:00-05:00", zone=ZoneInfo("America/New_York")) == date(2026, 3, 9)


def test_numbers_of_days_are_those_of_spreadsheets():
    assert [serial_day(n) for n in (1, 59, 61, 45961)] == [
        date(1900, 1, 1), date(1900, 2, 28), date(1900, 3, 1), date(2025, 10, 31),
    ]  # fmt: skip
    assert [serial_day(n, True) for n in (0, 59, 60, 44499.99)] == [
        date(1904, 1, 1), date(1904, 2, 29), date(1904, 3, 1), date(2025, 10, 31),
    ]  # fmt: skip
    assert serial_day(109_574) == serial_day(108_112, True) == date(2199, 12, 31)
    for number in (0, 60, 60.5, 109_575, 1e300, float("nan")):
        with pytest.raises(DateError):
            serial_day(number)
    for number in (-1, 108_113, float("inf")):
        with pytest.raises(DateError):
            serial_day(number, True)


def test_a_file_broken_between_its_words_is_refused():
    assert codes('a,""\na\naވwww"\naJJJJ'.encode() + b"\x82JJJw\n") == [("D002", 4, None)]


BOUNDS = {"LARGEST": 256 << 20, "MOST_ROWS": 2_000_000, "MOST_CELLS": 40_000_000, "MOST_COLUMNS": 5_000}


@pytest.mark.parametrize("bound", BOUNDS)
def test_a_table_beyond_its_bounds_is_refused(tmp_path, monkeypatch, bound):
    """The bounds are what SECURITY.md says; that they are kept is seen at smaller ones."""
    assert getattr(text_module, bound) == BOUNDS[bound]
    content = "id,stage,amount\n" + "D1,New,5\n" * 10
    (tmp_path / "deals.csv").write_text(content, "utf-8")
    at_most = {"LARGEST": len(content), "MOST_ROWS": 10, "MOST_CELLS": 30, "MOST_COLUMNS": 3}[bound]
    monkeypatch.setattr(text_module, bound, at_most)
    assert len(read_table(tmp_path / "deals.csv").rows) == 10
    monkeypatch.setattr(text_module, bound, at_most - 1)
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / "deals.csv")
    assert [problem.code for problem in caught.value.problems] == ["D054"]
