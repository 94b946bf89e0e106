"""report.xlsx: every number as the files have it, text that stays text, the same bytes for the same run."""

import io
import json
import zipfile
from datetime import datetime

import numpy as np
import pytest
from openpyxl import load_workbook
from sample_forecast import sample_forecast
from sample_results import sample_results

from simulator.report.results import Results
from simulator.report.workbook import workbook, writer
from simulator.report.workbook.charts import fan, waterfall
from simulator.report.workbook.columns import money
from simulator.report.workbook.writer import LONGEST, fitting
from simulator.words import scale_for

SHEETS = (
    "Summary", "Charts", "Months", "Quarters and years", "Plan", "Segments", "Funnels", "Deals", "Scenarios",
    "Bridge", "Track record", "Assumptions", "Data quality", "Chart data",
)  # fmt: skip
HIDDEN = ("p10", "p50", "p90", "odds factor", "Shapley", "z ", "CRPS", "PIT", "bluebird", "None", "nan")
HOSTILE = (
    "=cmd()", "+1+1", "-1", "@SUM(A1)", "\t=1", "\r\n=2", '=HYPERLINK("http://x","y")', "{=1}",
    "http://example.org", "internal:Deals!A1", "_x0041_", "\x1b[31mred", "nul\x00l", "\u202eright",
    "<script>alert(1)</script>", "&amp; &C&D", "Ω " * 20_000, "😀" * 20_000, "#REF!", "TRUE", "1e5",
    "2026-01-01", "'quoted", "%s {0} $x", "Sheet!A1:B2",
)  # fmt: skip


@pytest.fixture(scope="module")
def results():
    return sample_results()


@pytest.fixture(scope="module")
def made(results):
    return workbook(results)


@pytest.fixture(scope="module")
def book(made):
    return load_workbook(io.BytesIO(made))


def small(**overrides):
    """Return results of two months that no further command was asked about."""
    return sample_results(
        **{"answers": False, "trials": 60, "months": 2, "deals": 7, "already": 0.0} | overrides
    )


def labelled(sheet, first):
    """Return the rows of the table whose first head is `first`, each by the heads of its columns."""
    rows = list(sheet.iter_rows(values_only=True))
    start = next(i for i, row in enumerate(rows) if row[0] == first and row[1] is not None)
    heads = [head for head in rows[start] if head is not None]
    body = []
    for row in rows[start + 1 :]:
        if row[0] is None:
            break
        body.append(dict(zip(heads, row, strict=False)))
    return body


def numbers_in(found):
    """Yield every number below a JSON value; of texts, those that a CSV file holds."""
    if isinstance(found, dict):
        found = found.values()
    if isinstance(found, str):
        try:
            yield float(found)
        except ValueError:
            return
    elif isinstance(found, int | float):
        yield float(found)
    elif found is not None:
        for part in found:
            yield from numbers_in(part)


def test_every_number_is_one_of_the_files(results, book):
    known = set(numbers_in([results.forecast, results.deals, results.answers]))
    sums = {"=SUBTOTAL(109,F5:F28)", "=SUBTOTAL(109,I5:I28)"}
    count = 0
    for name in book.sheetnames[:-1]:
        for row in book[name].iter_rows():
            for cell in row:
                if cell.data_type == "n" and cell.value is not None:
                    assert float(cell.value) in known, (name, cell.coordinate, cell.value)
                    count += 1
                if cell.data_type == "f":
                    sums.remove(cell.value)
    assert count > 1000 and not sums


def test_labelled_cells_tell_the_forecast(results, book):
    forecast = results.forecast
    months = {(r["series"], r["from"].date().isoformat()): r for r in labelled(book["Months"], "series")}
    for period in forecast["periods"]:
        for series in ("bookings", "revenue", "receipts"):
            row, stats = months[series, period["start"]], period[series]
            assert row["until"].date().isoformat() == period["end"]
            ends = (
                "average",
                "low (90 % chance of more)",
                "middle (as likely more as less)",
                "high (10 % chance of more)",
            )
            assert [row[h] for h in ends] == [stats[k] for k in ("mean", "p10", "p50", "p90")]
            assert row["average: open"] == period["parts"][series]["open"]
    years = {(r["series"], r["period"]): r for r in labelled(book["Quarters and years"], "series")}
    year = next(f for f in forecast["fiscal"] if f["name"] == "FY2026")
    assert years["bookings", "FY2026"]["plan"] == year["plan"]["bookings"]["amount"]
    assert years["bookings", "FY2026"]["chance of the plan"] == year["plan"]["bookings"]["chance"]
    deals = labelled(book["Deals"], "deal")
    assert [r["average within the forecast"] for r in deals] == sorted(
        (d["mean"] for d in forecast["deals"]), reverse=True
    )
    assert deals[0]["closes early (10 % chance of sooner)"] == datetime(2026, 12, 1)
    assert deals[0]["closes late (10 % chance of later)"] is None


def test_answers_stand_in_sheets_of_their_own(results, book):
    rows = labelled(book["Scenarios"], "scenario")
    base, other = (results.answer("compare")[k] for k in ("base", "others"))
    first = next(r for r in rows if r["scenario"].endswith("less") and r["series"] == "bookings")
    assert first["differs on average by"] == other[0]["difference"]["fiscal"][0]["bookings"]["mean"]
    assert rows[0]["average"] == base["fiscal"][0]["bookings"]["mean"]
    steps = labelled(book["Bridge"], "step")
    assert [r["middle"] for r in steps] == [
        3.8e6,
        -50_000.5,
        250_000.25,
        250_000.25,
        -49_999.75,
        -49_999.75,
        3.95e6,
    ]
    (row, *_) = labelled(book["Track record"], "series")
    assert (row["came"], row["8 in 10: to"], row["8 in 10 held it"]) == (320_000.25, 4e5, "yes")
    leak = labelled(book["Funnels"], "segment")[1]
    assert leak["as elsewhere it would bring, by 31 Dec 2026"] == 234.5
    kinds = [r["became"] for r in labelled(book["Data quality"], "table")]
    assert kinds == ["read", "used", "left out", "forecast, doubtful"]


def test_the_same_run_makes_the_same_bytes(results, made):
    again = Results(
        results.handle,
        json.loads(json.dumps(results.forecast)),
        results.record,
        results.deals,
        results.answers,
    )
    assert workbook(again) == made
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert "2026-10-31T00:00:00Z" in parts.read("docProps/core.xml").decode()


def test_sheets_are_ready_to_be_worked_with(book):
    assert book.sheetnames == list(SHEETS)
    for name in ("Months", "Plan", "Segments", "Deals"):
        sheet = book[name]
        (table,) = sheet.tables.values()
        head = int("".join(c for c in table.ref.split(":")[0] if c.isdigit()))
        assert table.autoFilter.ref == table.ref
        assert int("".join(c for c in sheet.freeze_panes if c.isdigit())) == head + 1, "heads stay in sight"
        assert sheet.print_title_rows == f"${head}:${head}"
        page = sheet.page_setup
        assert sheet.sheet_properties.pageSetUpPr.fitToPage and page.fitToHeight == 0, "as wide as a page"
        assert page.orientation == "landscape"
    assert book["Deals"]["F5"].number_format == "#,##0.00" and book["Deals"]["G5"].number_format.endswith(
        "0 %"
    )
    names = [name for sheet in book for name in sheet.tables]
    assert len(set(names)) == len(names)


def test_summary_speaks_the_words_of_the_house(book):
    text = "\n".join(
        str(c) for row in book["Summary"].iter_rows(values_only=True) for c in row if isinstance(c, str)
    )
    assert not [word for word in HIDDEN if word in text]
    assert "low / middle / high" in text and "chance of the plan" in text


def test_yen_have_no_decimals_and_dinars_three():
    assert [money(c).form for c in ("JPY", "EUR", "KWD")] == ["#,##0", "#,##0.00", "#,##0.000"]


def test_what_lacks_is_left_out_and_named():
    found = load_workbook(io.BytesIO(workbook(small(money=False, deals=0, handle="a b"))))
    lacking = ("Plan", "Deals", "Scenarios", "Bridge", "Track record")
    assert found.sheetnames == [name for name in SHEETS if name not in lacking]
    text = [row[0] for row in found["Summary"].iter_rows(values_only=True) if row[0]][-1]
    assert text.startswith("Not in this workbook: a plan by month (")
    assert "other scenarios (simulator compare 'a b')" in text


def test_few_trials_tell_no_ends():
    found = load_workbook(io.BytesIO(workbook(small(trials=1))))
    (row, *_) = labelled(found["Months"], "series")
    assert row["low (90 % chance of more)"] is None and row["middle (as likely more as less)"] is not None
    assert not any("added up" in str(chart.title) for chart in found["Summary"]._charts)


def test_a_long_table_is_cut_and_says_so(monkeypatch):
    monkeypatch.setattr(writer, "ROWS", 5)
    found = load_workbook(io.BytesIO(workbook(small())))
    texts = [row[0] for row in found["Deals"].iter_rows(values_only=True) if row[0]]
    assert "The first 5 of 7 rows; all are in deals.csv." in texts
    assert len(labelled(found["Deals"], "deal")) == 5


# ---- text stays text


def test_hostile_names_stay_texts():
    made = workbook(
        sample_results(HOSTILE, name="=cmd()|' /C calc'!A0 &D", trials=60, months=2, segments=HOSTILE[:4])
    )
    found = load_workbook(io.BytesIO(made))
    formulas = [c.value for sheet in found for row in sheet.iter_rows() for c in row if c.data_type == "f"]
    assert [f[:10] for f in formulas] == ["=SUBTOTAL("] * 2
    deals = {r["deal"]: r["name"] for r in labelled(found["Deals"], "deal")}
    assert deals["D000"] == "=cmd()" and deals["D004"] == "=1" and deals["D007"] == "{=1}"
    assert not [s for s in found if s._hyperlinks]
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        assert "externalLinks" not in "".join(parts.namelist())
        assert "A0 &amp;&amp;D" in parts.read("xl/worksheets/sheet1.xml").decode(), (
            "else its foot tells the day"
        )
        assert "_x005F_x0041_" in parts.read("xl/sharedStrings.xml").decode(), "else a spreadsheet reads A"


def test_a_cell_takes_what_a_spreadsheet_takes():
    for text in ("x" * 40_000, "😀" * 40_000, "x" + "😀" * 16_384):
        found = fitting(text)
        assert len(found.encode("utf-16-le")) <= 2 * LONGEST and found.endswith("…")
    assert fitting("x" * LONGEST) == "x" * LONGEST
    assert fitting("a\tb\x00\x1b[31m\r\nc") == "a b[31m c"


# ---- what charts are made of


def walked(steps):
    """Return from where to where each bar of a waterfall goes, as its cells draw it."""
    chart = waterfall("Walk", "", steps, scale_for(10.0, "EUR"), "EUR", "#000000")
    rows = np.array([row[1:6] for row in chart.table.rows], dtype=float)
    bars = []
    for _, carries, above, below, top in rows:
        high = max(carries, 0.0) + above
        low = min(carries, 0.0) + below
        assert above >= 0 >= below and top == high
        bars.append((low if below else max(carries, 0.0), high if above else min(carries, 0.0)))
    return bars


def test_a_waterfall_falls_below_zero_and_rises_above_it():
    steps = [("won", 3.0, "3", True), ("down", -5.0, "−5", False), ("further", -1.0, "−1", False),
             ("up", 1.0, "+1", False), ("above", 4.0, "+4", False), ("ours", 2.0, "2", True)]  # fmt: skip
    assert walked(steps) == [(0, 3), (-2, 3), (-3, -2), (-3, -2), (-2, 2), (0, 2)]
    assert walked([("first", -4.0, "−4", True), ("last", -4.0, "−4", True)]) == [(-4, 0), (-4, 0)]


def test_a_waterfall_of_small_steps_begins_its_axis_near_them():
    small = [("before", 100.0, "100", True), ("up", 2.0, "+2", False), ("after", 102.0, "102", True)]
    chart = waterfall("Walk", "", small, scale_for(100.0, "EUR"), "EUR", "#000000")
    assert 95 < chart.begins < 100
    assert (
        waterfall("Walk", "", [small[0], ("up", 90.0, "", False)], scale_for(1.0, "EUR"), "EUR", "").begins
        is None
    )


@pytest.mark.parametrize("series", ["bookings", "revenue", "receipts", "balance"])
def test_a_fans_shades_add_up_to_its_edges(results, series):
    forecast = results.forecast
    chart = fan(forecast, series)
    edges = np.array([row[2:8] for row in chart.table.rows], dtype=float).cumsum(axis=1)
    key = "periods" if series == "balance" else "cumulative"
    known = [[p[series][q] for q in ("p2.5", "p10", "p25", "p75", "p90", "p97.5")] for p in forecast[key]]
    np.testing.assert_allclose(edges[-len(known) :], known, rtol=1e-12, atol=1e-6)
    as_of = chart.table.rows[-len(known) - 1]
    assert np.ptp(edges[-len(known) - 1]) == 0 and as_of[1] == as_of[8], "all begins where it stands"


def test_an_empty_forecast_makes_a_workbook():
    forecast = sample_forecast(deals=0, warnings=0, segments=(), trials=60, already=0.0, plan=0)
    found = load_workbook(io.BytesIO(workbook(Results("here", forecast | {"funnel": [], "walk": []}, {}))))
    assert "Months" in found.sheetnames and "Deals" not in found.sheetnames
