"""Parquet as data tools write it: every type of a cell as it was, the rest refused."""

import datetime as dt
import struct
import sys
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from simulator.errors import InputError
from simulator.loading.sources import parquet, read_table

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

BERLIN = ZoneInfo("Europe/Berlin")


def kept(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


def refused(path):
    with pytest.raises(InputError) as caught:
        read_table(path)
    return caught.value.problems


@pytest.mark.parametrize(
    ("values", "kind", "texts", "typed"),
    [
        (["a", "", None, "ü,\n"], pa.string(), ("a", "", "", "ü,\n"), False),
        (["a", "b", "a", None], pa.dictionary(pa.int8(), pa.string()), ("a", "b", "a", ""), False),
        ([Decimal("1234.50"), Decimal("-0.01"), None], pa.decimal128(12, 2), ("1234.50", "-0.01", ""), True),
        ([Decimal("1.234")], pa.decimal128(12, 3), ("1.2340",), True),
        ([0.1, 1.234, 5.0, None, 1e15], pa.float64(), ("0.1", "1.2340", "5", "", "1000000000000000"), True),
        ([0.1, 16.25], pa.float32(), ("0.1", "16.25"), True),
        ([1, None, 2**62], pa.int64(), ("1", "", str(2**62)), True),
        ([True, False, None], pa.bool_(), ("yes", "no", ""), False),
        ([dt.date(2024, 2, 29), dt.date(1, 1, 1), dt.date(9999, 12, 31)], pa.date32(),
         ("2024-02-29", "0001-01-01", "9999-12-31"), True),
        ([dt.datetime(2026, 10, 25, 2, 30)], pa.timestamp("ms"), ("2026-10-25T02:30:00",), True),
        ([dt.datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)], pa.timestamp("us", "Europe/Berlin"),
         ("2026-10-25T00:30:00+00:00",), True),
        ([1_700_000_000_123_456_789], pa.timestamp("ns", "UTC"), ("2023-11-14T22:13:20.123456+00:00",), True),
        ([None, None], pa.null(), ("", ""), False),
    ],
)  # fmt: skip
def test_each_type_is_read_as_it_was(tmp_path, values, kind, texts, typed):
    table = read_table(
        kept(tmp_path / "x.parquet", id=pa.array(range(len(values))), v=pa.array(values, kind))
    )
    assert tuple(row[1] for row in table.rows) == texts
    assert table.typed == ({0, 1} if typed else {0})
    assert table.header == ("id", "v") and table.told == ("Parquet",) and set(table.lines) == {0}


@pytest.mark.parametrize(
    "array",
    [pa.array([[1, 2]]), pa.array([{"a": 1}]), pa.array([b"x"]), pa.array([dt.time(1)])],
    ids=["list", "struct", "bytes", "time"],
)
def test_what_is_no_cell_is_refused_by_its_column(tmp_path, array):
    (problem,) = refused(kept(tmp_path / "x.parquet", id=pa.array(["a"]), tags=array))
    assert (problem.code, problem.column) == ("D074", "tags") and problem.remedy


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused_by_its_row(tmp_path, value):
    (problem,) = refused(kept(tmp_path / "x.parquet", id=pa.array([1, 2]), amount=pa.array([1.0, value])))
    assert (problem.code, problem.row, problem.column) == ("D074", 2, "amount")


def test_a_column_twice_is_refused(tmp_path):
    pq.write_table(pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]), tmp_path / "x.parquet")
    assert [p.code for p in refused(tmp_path / "x.parquet")] == ["D004"]


def test_a_damaged_file_is_refused(tmp_path):
    whole = kept(tmp_path / "x.parquet", id=pa.array(["a"] * 99)).read_bytes()
    for content in (whole[:40], whole[:4] + b"\0" * 8 + whole[12:-30] + b"PAR1", b"PAR1", b"PAR1PAR1PAR1"):
        (tmp_path / "y.parquet").write_bytes(content)
        assert {p.code for p in refused(tmp_path / "y.parquet")} <= {"D060", "D064"}


def test_sizes_are_looked_up_before_anything_is_read(tmp_path, monkeypatch):
    path = kept(tmp_path / "x.parquet", id=pa.array(["a"] * 99))
    for bound, least in {"MOST_ROWS": 98, "MOST_COLUMNS": 0, "MOST_BYTES": 10, "MOST_FOOTER": 10}.items():
        with monkeypatch.context() as changed:
            changed.setattr(parquet, bound, least)
            changed.setattr(parquet, "_cells", None)
            assert [p.code for p in refused(path)] == ["D064"], bound
    content = path.read_bytes()
    (tmp_path / "y.parquet").write_bytes(content[:-8] + struct.pack("<I", 2**31) + b"PAR1")
    assert [p.code for p in refused(tmp_path / "y.parquet")] == ["D064"]


def test_a_text_that_many_cells_share_is_no_bomb(tmp_path):
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 60_000, pa.int32()), pa.array(["x" * 10_000]))
    path = kept(tmp_path / "x.parquet", id=long)
    assert path.stat().st_size < 100_000
    assert [p.code for p in refused(path)] == ["D064"]


def test_without_pyarrow_the_remedy_says_what_to_install(tmp_path, monkeypatch):
    path = kept(tmp_path / "x.parquet", id=pa.array(["a"]))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (problem,) = refused(path)
    assert problem.code == "D073" and "funnel-simulator[parquet]" in problem.remedy
