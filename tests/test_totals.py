"""Rows that are no records: totals, text below a table, its header again; and records that look alike."""

import time

import pytest

from simulator.loading.sources.totals import put_aside
from simulator.loading.tables import Table


def aside(*rows, header=("id", "stage", "amount"), typed=()):
    table = Table("x", header, tuple(rows), tuple(range(len(rows))), typed=frozenset(typed))
    return put_aside(table).aside


ROWS = (("a", "Demo", "1,000.50"), ("b", "Won", "2,000"))


@pytest.mark.parametrize(
    "word",
    ["Total", "TOTAL:", "Grand total", "Total for Acme", "Acme Total", "Summe", "Gesamtsumme", "Gesamt",
     "Zwischensumme", "Gesamtergebnis", "Итого", "Итого:", "Всего", "Общий итог", "Subtotal",
     "Sous-total général", "Somme", "Totale", "Suma", "Sum", "Endsumme", "Insgesamt", "Teilergebnis",
     "Ergebnis", "Сумма", "Промежуточный итог"],
)  # fmt: skip
def test_a_word_before_nothing_but_numbers_is_a_total(word):
    assert aside(*ROWS, (word, "", "3,000.50")) == {2: "W055"}
    assert aside(*ROWS, ("", word, "3000.50")) == {2: "W055"}
    assert aside(*ROWS, (word, "", "3,000.51")) == {2: "W056"}


@pytest.mark.parametrize(
    "row",
    [
        ("Total", "Demo", "3,000.50"),  # a deal of that name, in a stage
        ("Total", "", ""),
        ("Totalenergies", "", "3,000.50"),
        ("c", "", "3,000.50"),
        ("c", "Sum", "3,000.50"),
        ("", "", "3,000.51"),
        ("a note", "Demo", ""),
    ],
)
def test_what_may_be_a_record_is_none(row):
    assert aside(*ROWS, row) == {}


def test_a_last_row_without_a_word_is_a_total_where_the_rows_add_up_to_it():
    assert aside(*ROWS, ("", "", "3,000.50")) == {2: "W055"}
    assert aside(*ROWS, ("", "", "3,000.50"), ("c", "Demo", "1")) == {}


def test_each_group_may_have_its_total():
    one, two = (("a", "x", "1"), ("b", "x", "2")), (("c", "y", "4"),)
    total, mean = ("Grand total", "", "7"), ("Total x", "", "3")
    assert aside(*one, mean, *two, ("y Total", "", "4"), total) == {2: "W055", 4: "W055", 5: "W055"}
    assert aside(*one, mean, *two, ("y Total", "", "5"), total) == {2: "W055", 4: "W056", 5: "W055"}


def test_numbers_are_added_as_they_are_written():
    german = (("a", "x", "1.000,50"), ("b", "y", "2.000,25"))
    assert aside(*german, ("Summe", "", "3.000,75")) == {2: "W055"}
    typed = (("a", "x", "1000.5"), ("b", "y", "2000.25 EUR"))
    assert aside(*typed, ("Summe", "", "3000.75"), typed=[2]) == {2: "W055"}
    assert aside(("a", "x", "?"), ("Total", "", "3")) == {1: "W055"}, "nobody can tell"


def test_lines_of_text_below_a_table_are_no_records():
    notes = (("Copyright 2026", "", ""), ("", "All rights reserved", ""))
    assert aside(*ROWS, ("Total", "", "3,000.50"), *notes) == {2: "W055", 3: "W057", 4: "W057"}
    assert aside(*ROWS, ("D-17", "", "")) == {}, "one word may be an id"
    assert aside(("a", "b c"), ("b d", ""), header=("id", "name")) == {}, "two columns are too few to tell"


def test_a_header_that_stands_again_is_no_record():
    assert aside(*ROWS, ("id", "stage", "amount"), *ROWS) == {2: "W058"}


def test_many_totals_take_no_more_time_than_rows():
    rows = [("a", "x", "1"), ("Total", "", "1")] * 4_000
    began = time.process_time()
    assert len(aside(*rows)) == 4_000 and time.process_time() - began < 3
