"""What is searched: each target reads bytes as one part of the program would, and says what must hold.

A target may end in an error that people are told about; whatever else it raises is a finding.
"""

import csv
import io
import os
import re
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

import xlsxwriter

from simulator.errors import SimulatorError
from simulator.loading.dates import DateError, fitting_orders, has_short_year, parse_day, parse_moment
from simulator.loading.history_files import recognise
from simulator.loading.history_frame import HistoryFrame, frame_with_map
from simulator.loading.opened import opened
from simulator.loading.places import ANYWHERE
from simulator.loading.sources import parse_table, read_table
from simulator.loading.yaml import parse_yaml
from simulator.money import AmountError, parse_amount
from simulator.terms import TermsError, parse_terms

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(mkdtemp(prefix="fuzzing-"))
SCENARIO = """\
name: small
as_of: 2026-10-31
horizon: 6m
currency: EUR
data: {deals: deals.csv}
targets: {plan: {series: bookings, amount: 1M, by: FY2026}}
segments:
  smb:
    stages:
      First talk: {close: 0.2, days: {median: 20, p90: 50}}
      Offer made: {close: 0.6, days: {mean: 30, sd: 20}}
    payment: {default: {median_late: 7}}
"""
DEALS = "Deal ID;Stage;Amount;Close Date\nD1;First talk;1.200,50;31.12.2026\nD2;Won;900,00;15.10.2026\n"


class Target(NamedTuple):
    """One part of the program."""

    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


def _yaml(data: bytes) -> None:
    path = HERE / "scenario.yaml"
    path.write_bytes(data)
    with suppress(SimulatorError):
        found = opened(path, ANYWHERE)
        assert found.file.name
        assert opened(path, ANYWHERE).own.data == found.own.data


def _csv(data: bytes) -> None:
    path = HERE / "table.csv"
    path.write_bytes(data)
    try:
        table = read_table(path)
    except SimulatorError:
        return
    assert len(table.rows) == len(table.lines)
    assert list(table.lines) == sorted(set(table.lines))
    assert all(len(row) == len(table.header) for row in table.rows)
    # The mark is said: cells may hold any other as often.
    write = csv.writer(written := io.StringIO(newline=""), quoting=csv.QUOTE_ALL)
    write.writerows([table.header, *table.rows])
    again = parse_table(b"\xef\xbb\xbfsep=,\r\n" + written.getvalue().encode(), "table.csv")
    assert again.header == table.header
    assert again.rows == table.rows


_PARTS = ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml", "")


def _workbook() -> bytes:
    with xlsxwriter.Workbook(held := io.BytesIO(), {"in_memory": True}) as book:
        sheet, day = book.add_worksheet("Deals"), book.add_format({"num_format": "dd.mm.yyyy"})
        for column, title in enumerate(("id", "stage", "amount", "created")):
            sheet.write(0, column, title)
        for row, (identity, stage, amount, created) in enumerate(
            [("D1", "First talk", 1200.5, 46000), ("D2", "Won", 900, 46020)], 1
        ):
            sheet.write(row, 0, identity)
            sheet.write(row, 1, stage)
            sheet.write(row, 2, amount)
            sheet.write(row, 3, created, day)
        sheet.write_formula(3, 2, "=SUM(C2:C3)", None, 2100.5)
    return held.getvalue()


WORKBOOK = _workbook()


def _xlsx(data: bytes) -> None:
    """Read a workbook of which one part is replaced by the bytes, or the bytes themselves as a workbook."""
    part = _PARTS[data[0] % len(_PARTS)] if data else ""
    path = HERE / "book.xlsx"
    if part:
        with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as sound, zipfile.ZipFile(path, "w") as made:
            for name in sound.namelist():
                made.writestr(name, data[1:] if name == part else sound.read(name))
    else:
        path.write_bytes(data[1:])
    try:
        table = read_table(path)
    except SimulatorError:
        return
    assert all(len(row) == len(table.header) for row in table.rows)


def _xlsx_seeds() -> tuple[bytes, ...]:
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as sound:
        parts = [bytes([number]) + sound.read(part) for number, part in enumerate(_PARTS) if part]
    return (*parts, bytes([len(_PARTS) - 1]) + WORKBOOK)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _terms(data: bytes) -> None:
    with suppress(TermsError):
        assert parse_terms(_text(data)) == parse_terms(_text(data))


_PLAIN_DAY = re.compile(r"(?:19|2[01])\d\d-\d\d-\d\d", re.ASCII)


def _dates(data: bytes) -> None:
    text = _text(data)
    for order in ("ymd", "mdy", "dmy"):
        try:
            day, seconds = parse_moment(text, order)
        except DateError:
            continue
        assert 1900 <= day.year < 2200
        assert order in fitting_orders(text) or "." in text or (order == "ymd" and has_short_year(text))
        assert seconds is None or abs(seconds) < 1e11
        assert parse_day(day.isoformat(), order) == day
    if _PLAIN_DAY.fullmatch(text):
        try:
            meant = date.fromisoformat(text)
        except ValueError:
            assert not fitting_orders(text)
        else:
            assert parse_day(text) == meant


_PLAIN_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,2})?", re.ASCII)


def _amounts(data: bytes) -> None:
    text = _text(data)
    for decimal in ".,":
        for digits in (0, 2, 3):
            with suppress(AmountError):
                minor = parse_amount(text, digits, decimal, allow_negative=True)
                assert abs(minor) < 2**53
                if decimal == "." and digits == 2 and _PLAIN_NUMBER.fullmatch(text):
                    assert minor == Decimal(text) * 100
                shown = f"{Decimal(minor).scaleb(-digits):f}".replace(".", decimal)
                assert parse_amount(shown, digits, decimal, allow_negative=True) == minor


def _set(data: bytes) -> None:
    path = HERE / "small.yaml"
    if not path.exists():
        path.write_text(SCENARIO, encoding="utf-8")
    with suppress(SimulatorError):
        opened(path, ANYWHERE, tuple(_text(data).split("\n")))


_TABLE = parse_table(DEALS.encode(), "deals.csv")


def _mapping(data: bytes) -> None:
    path = HERE / "map.yaml"
    path.write_bytes(data)
    with suppress(SimulatorError):
        recognise(_TABLE, frame_with_map(HistoryFrame(), path))


def _planted(data: bytes) -> None:
    """Do what the environment says once a text begins with `no`: a search that misses it is none."""
    if (text := _text(data)).startswith("no"):
        exec(os.environ["FUZZING_PLANTED"], {"text": text})


TARGETS = {
    "planted": Target(_planted, (b"net 30", b"yes")),
    "yaml": Target(_yaml, (SCENARIO.encode(), (ROOT / "scenarios/article-2010.yaml").read_bytes())),
    "csv": Target(
        _csv, (DEALS.encode(), DEALS.replace(";", "\t").encode("utf-16"), b'a,"b\nc"\r\n1,"2"""\r\n')
    ),
    "xlsx": Target(_xlsx, _xlsx_seeds()),
    "terms": Target(
        _terms,
        (b"2/10 net 30", b"annual in advance net 30", b"CIA", b"net 30 prox 10",
         b"30% on signature net 15; balance on acceptance EOM", b"every 1m advance for 24m net 30"),
    ),
    "dates": Target(
        _dates,
        (b"2026-10-31", b"31.10.26", b"Oct 31, 2026", b"10/31/2026 11:30 PM", b"2026-10-31T23:30:00-05:00",
         "5 мая 2026".encode(), "1. März 2026".encode()),
    ),
    "amounts": Target(
        _amounts,
        (b"60,000.00", b"60.000,00", b"(12.50)", b"EUR 12.50", "12,50 €".encode(), b"250k", b"1.5M",
         b"12'500.00", "1\u00a0200,00 ₽".encode(), b"12.50-"),
    ),
    "set": Target(
        _set,
        (b'segments.smb.stages."First talk".close=0.3', b"segments.*.close_date.slip*=1.1", b"trials=100",
         b"targets.plan.amount+=1000", b"cash={opening_balance: 5, floor: 1}"),
    ),
    "mapping": Target(
        _mapping,
        (b"deals: {id: Deal ID, amount: Amount}\ndecimal: ','\ndate_order: dmy\n",
         b"columns:\n  events: {deal: Deal ID}\nwon_stages: [Won]\nsegment: {from: Stage, map: {a: b}}\n",
         b"currency: EUR\nrates: {USD: 0.92}\nstages: [First talk]\ntime_zone: Europe/Berlin\n"),
    ),
}  # fmt: skip
assert parse_yaml(SCENARIO, "small.yaml").data
