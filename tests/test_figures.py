import xml.etree.ElementTree as ET
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_forecast import sample_forecast, with_money

from simulator.report.captions import spread_out
from simulator.report.charts import histogram
from simulator.report.figures import FIGURES, drawn, write_figures
from simulator.report.past import past_path, plan_path


@pytest.fixture(scope="module")
def payload():
    return with_money(sample_forecast())


@pytest.mark.slow
def test_every_figure_is_written_as_svg_and_png(tmp_path, payload):
    written = write_figures(payload, tmp_path / "figures")
    assert sorted(p.name for p in written) == sorted(f"{n}.{k}" for n in FIGURES for k in ("svg", "png"))
    for path in written:
        start = path.read_bytes()[:200]
        assert start.startswith(b"\x89PNG") if path.suffix == ".png" else b"<?xml" in start
    assert {p.name for p in (tmp_path / "figures").iterdir()} == {p.name for p in written}


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_the_same_forecast_gives_the_same_bytes(payload, name):
    first, again = drawn(payload, name), drawn(payload, name)
    assert first == again
    assert b"dc:date" not in first["svg"]


@pytest.mark.slow
def test_the_number_of_workers_does_not_matter(payload, tmp_path):
    alone, shared = (write_figures(payload, tmp_path / str(n), n) for n in (1, 2))
    assert [p.name for p in alone] == [p.name for p in shared]
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(alone, shared, strict=True))


@pytest.mark.parametrize("name", FIGURES)
def test_text_is_text(payload, name):
    words = " ".join(ET.fromstring(drawn(payload, name)["svg"]).itertext())
    assert "million EUR" in words
    assert {"revenue-cumulative": "plan of FY2026: ", "balance": "Balance below the floor of 0.25: 17 %",
            "sources": "What bookings are made of",
            "bookings-cumulative": "plan-FY2026: ", "receipts-cumulative": "Receipts by 31 Dec 2027",
            "bookings-total": "middle", "months": "Receipts by period",
            "funnel": "4 Solution proposed"}[name] in words  # fmt: skip


@pytest.mark.slow
def test_names_cannot_break_a_figure():
    names = ("<script>alert(1)</script>", "$\\frac{1$ & \x1b[31m\u202e", "日本語" * 30)
    payload = with_money(sample_forecast(segments=names))
    for target in payload["targets"]:
        target["name"] = "$x_{$ <b>"
    for name in FIGURES:
        svg = drawn(payload, name)["svg"]
        text = " ".join(ET.fromstring(svg).itertext())
        assert b"<script" not in svg and "\x1b" not in text and "\u202e" not in text
    assert "$\\frac{1$ & [31m" in " ".join(ET.fromstring(drawn(payload, "funnel")["svg"]).itertext())


ODD = [
    {"size": 0.0, "already": 0.0, "plan": 0, "deals": 0},
    {"size": 0.0, "already": 2e6},
    {"months": 1},
    {"size": 1e-3, "already": 0.0},
    {"size": 9e12, "currency": "JPY"},
    {"plan": 40},
    {"plan": 0.01},
    {"spread": 3.0, "trials": 40},
    {"segments": tuple(f"s{i}" for i in range(9)), "trials": 50},
    {"months": 30, "trials": 50},
]


@pytest.mark.parametrize("options", [ODD[0], *(pytest.param(o, marks=pytest.mark.slow) for o in ODD[1:])])
def test_odd_forecasts_are_drawn_too(options):
    payload = with_money(sample_forecast(**{"trials": 400} | options))
    # Where nothing comes in there is nothing to show.
    empty = {"months", "bookings-total", "receipts-cumulative"} if not options.get("size", 1) else set()
    assert {name for name in FIGURES if not drawn(payload, name)} <= empty


def test_a_company_without_anything_has_no_figures():
    payload = sample_forecast(trials=400, size=0.0, already=0.0, plan=0, deals=0)
    for segment in payload["funnel"]:
        segment["stages"] = [stage | {"count": 0} for stage in segment["stages"]]
    assert [name for name in FIGURES if drawn(payload, name)] == []


def test_few_trials_are_no_picture_of_what_is_likely():
    payload = with_money(sample_forecast(trials=20))
    assert [name for name in FIGURES if drawn(payload, name)] == ["funnel"]


def test_what_has_no_numbers_is_left_out(payload):
    bare = payload | {"cumulative": [], "periods": [], "funnel": [], "fiscal": [], "totals": {}}
    assert [drawn(bare, name) for name in FIGURES] == [{}] * len(FIGURES)


@pytest.mark.slow
def test_no_figure_shows_money_that_nobody_forecasts():
    bare = sample_forecast(trials=400)
    assert [name for name in FIGURES if not drawn(bare, name)] == ["revenue-cumulative", "balance", "sources"]


def words(payload, name):
    return " ".join(ET.fromstring(drawn(payload, name)["svg"]).itertext())


def test_the_balance_is_held_against_its_floor(payload):
    text = words(payload, "balance")
    assert "Balance below the floor of 0.25: 17 %, mostly first in Nov 2026" in text
    assert "lowest most often on 30 Nov 2026" in text and "floor 0.25" in text
    never = payload["balance"] | {"chance_below_floor": 0.0, "first_month_below": None}
    assert "falls below the floor of 0.25 in no trial" in words(payload | {"balance": never}, "balance")
    free = with_money(sample_forecast(trials=400), floor=None)
    assert "Balance on 31 Dec 2027: 8 chances in 10" in words(free, "balance")
    assert "floor" not in words(free, "balance")


def test_fans_show_what_came_and_what_was_planned(payload):
    text = words(payload, "bookings-cumulative")
    assert "31 Oct 2026" in text and "2.9 so far" in text and "counted from 1 Jan 2026" in text
    assert "plan 2.4" in text, "the 24 months of a plan of 0.1 each, added up"
    later = with_money(sample_forecast(trials=400), from_start=False)
    text = words(later, "bookings-cumulative")
    assert "so far" not in text and "plan 4.3" in text, "14 months on top of what has come"


def test_what_came_is_told_only_where_the_months_add_up_to_it(payload):
    rows = [row | {"actual": 0.5 * row["actual"]} for row in payload["plan"]]
    assert "so far" not in words(payload | {"plan": rows}, "bookings-cumulative")
    assert "so far" not in words(payload | {"plan": rows}, "sources")
    assert past_path(payload, "bookings", 2.9e6)[-1] == (date(2026, 10, 31), pytest.approx(2.9e6))


def test_a_plan_with_gaps_ends_where_they_begin(payload):
    rows = [row for row in payload["plan"] if row["name"] != "2027-03"]
    path = plan_path(payload | {"plan": rows}, "bookings", 0.0, date(2027, 12, 31))
    assert path[0] == (date(2025, 12, 31), 0.0) and path[-1][0] == date(2027, 2, 28)
    late = [row for row in payload["plan"] if row["name"] >= "2027-03"]
    assert plan_path(payload | {"plan": late}, "bookings", 0.0, date(2027, 12, 31)) == []


def test_weeks_stand_without_months_of_the_past():
    payload = with_money(sample_forecast(trials=400))
    for i, period in enumerate(payload["periods"]):
        start = date(2026, 11, 1) + timedelta(weeks=i)
        period |= {"start": start.isoformat(), "end": (start + timedelta(days=6)).isoformat()}
    assert "so far" not in words(payload, "sources")


# ---- the arithmetic behind


def curve(values):
    return np.percentile(values, np.arange(0.5, 100, 0.5))


def test_a_histogram_holds_the_distribution():
    rng = np.random.default_rng(1)
    values = rng.gamma(4, 1, 200_000)
    edges, share = histogram(curve(values))
    true = np.histogram(values, edges)[0] / len(values)
    assert np.abs(share - true).max() < 0.003
    assert share.sum() == pytest.approx(0.99, abs=1e-9)


def test_amounts_that_many_futures_share_stand_in_their_bin():
    values = np.concatenate((np.zeros(600), np.full(100, 50.0), np.linspace(10, 100, 300)))
    edges, share = histogram(curve(values))
    assert share[0] == pytest.approx(0.6, abs=0.01)
    place = np.searchsorted(edges, 50.0, side="right") - 1
    assert share[place - 1 : place + 1].sum() == pytest.approx(0.1 + 2 * 0.3 / 28.8, abs=0.02)
    assert share.sum() == pytest.approx(1.0, abs=0.01)
    assert (share >= 0).all()


def test_one_amount_is_one_bar():
    edges, share = histogram([7.0] * 199)
    assert edges[0] < 7 < edges[1] and share.tolist() == [1.0]


@settings(max_examples=50)
@given(st.lists(st.sampled_from([0.0, 1.0, 2.5, 1e6]), min_size=199, max_size=199))
def test_shares_are_chances(values):
    _, share = histogram(sorted(values))
    assert (share >= -1e-12).all() and share.sum() <= 1 + 1e-9


@given(st.lists(st.floats(-10, 10), max_size=8), st.floats(0.01, 3))
def test_labels_stand_apart_in_their_order(heights, gap):
    placed = spread_out(heights, gap)
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    steps = np.diff([placed[i] for i in order])
    assert (steps >= gap - 1e-9).all()
    if len(heights) > 1 and np.diff(np.sort(heights)).min() >= gap:
        assert placed == pytest.approx(heights)
