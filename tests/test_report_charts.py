"""Figures of the page say what forecast.json says: walk, fans, dots, the curve, the months."""

from dataclasses import replace
from datetime import date

import pytest
from drawings import Seen, number
from left import results
from sample_forecast import sample_forecast, with_money

from simulator.report import courses
from simulator.report.blocks import Fold, Picture, Table
from simulator.report.months import Made, made, made_totals, printed
from simulator.report.page import months, outlook, page, reach, walk
from simulator.report.page.dots import DOTS, dots, twenty
from simulator.report.page.fan import fan
from simulator.words import Scale, chance_cells, interval_texts, likelihood, scale_of

EVEN, LUMPS = list(range(1, 200)), [0.0] * 100 + [10.0] * 99
CHARTS = (walk, outlook, reach, months)


@pytest.fixture(scope="module")
def company():
    """A company with plan, balance and parts of every period, in the middle of its fiscal year."""
    payload = with_money(sample_forecast(trials=300))
    for period in payload["fiscal"]:
        period["parts"] = {
            s: {"open": 0.6 * (a := period[s]["mean"]), "new": 0.4 * a} for s in ("bookings", "receipts")
        }
    return payload


def drawn(section):
    return [Seen(block.svg) for block in section.blocks if isinstance(block, Picture)]


def tables(blocks):
    for block in blocks:
        yield from (
            tables(block.blocks) if isinstance(block, Fold) else [block] if isinstance(block, Table) else []
        )


def test_the_walk_prints_what_adds_up_and_draws_what_the_forecast_holds(company):
    (seen,) = drawn(walk.section(results(company)))
    *steps, total = [number(text) for text in seen.texts("label")]
    assert sum(steps) == pytest.approx(total, abs=1e-9)
    amounts = [abs(step["amount"]) for step in company["walk"] if abs(step["amount"]) > 1]
    widths = [right - left for left, right, *_ in seen.boxes()]
    assert [w / widths[-1] for w in widths] == pytest.approx([a / amounts[-1] for a in amounts], abs=0.002)


@pytest.mark.parametrize("series", ["bookings", "receipts", "balance"])
def test_a_fan_stands_where_the_quantiles_do(company, series):
    course = courses.balance(company) if series == "balance" else courses.cumulative(company, series)
    seen, unit = Seen(fan(course)), scale_of(company).unit
    amount = seen.scale()
    rows = company["periods"] if series == "balance" else company["cumulative"]
    for css, low, high in (("wide", "p2.5", "p97.5"), ("likely", "p10", "p90"), ("core", "p25", "p75")):
        path, count = seen.path(css), len(rows) + 1
        upper, lower = path[1:count], path[count:-1][::-1]
        assert [amount(y) for _, y in upper] == pytest.approx([r[series][high] / unit for r in rows], abs=0.1)
        assert [amount(y) for _, y in lower] == pytest.approx([r[series][low] / unit for r in rows], abs=0.1)
    fit = course.scale.fitting(rows[-1][series])
    assert {f"high {fit.said(rows[-1][series]['p90'])}", f"low {fit.said(rows[-1][series]['p10'])}"} <= set(
        seen.texts("label")
    )


def test_what_has_happened_the_plan_and_the_floor_are_on_the_fan(company):
    course = courses.cumulative(company, "bookings")
    seen, unit = Seen(fan(course)), scale_of(company).unit
    amount, (past,) = seen.scale(), [p for p in seen.of("path", "past") if "line" in p.get("class")]
    x, y = (float(part) for part in past.get("d").split(" ")[-2:])
    assert amount(y) == pytest.approx(company["cumulative"][0]["bookings"]["already"] / unit, abs=0.1)
    assert x == float(seen.of("line", "today")[0].get("x1")[:-1])
    assert any("so far" in text for text in seen.texts()) and seen.of("path", "plan")
    bank = Seen(fan(courses.balance(company)))
    (line,) = bank.of("line", "floor")
    assert bank.scale()(float(line.get("y1"))) == pytest.approx(0.25, abs=0.05)
    assert "floor 0.25" in bank.texts("label")


def test_names_at_the_edge_of_a_fan_do_not_touch(company):
    for course in (courses.cumulative(company, "bookings"), courses.balance(company)):
        places = [float(e.get("y")) for e in Seen(fan(course)).of("text", "label") if e.get("x") == "100%"]
        assert len(places) >= 3
        assert min(b - a for a, b in zip(sorted(places), sorted(places)[1:], strict=False)) >= 15.9


def test_days_on_a_narrow_page_are_few(company):
    seen = Seen(fan(courses.cumulative(company, "bookings")))
    named = [t for t in seen.texts("tight") if not t.isdigit()]
    assert len(named) <= 3 < len([t for t in seen.texts("roomy") if not t.isdigit()])


def test_twenty_dots_are_the_middles_of_twenty_chances_and_their_side_is_the_plans(company):
    picture = dots(results(company))
    head = next(p for p in company["fiscal"] if p["name"] == company["headline_period"])
    seen, plan = Seen(picture.svg), head["plan"]["bookings"]["amount"]
    values = twenty(head["bookings"]["curve"])
    curve = head["bookings"]["curve"]
    assert values == [curve[4 + 10 * i] for i in range(DOTS)]  # 2.5 %, 7.5 %, …
    circles, scale = seen.of("circle"), scale_of(company)
    assert [e.find("title").text for e in circles] == [scale.exact(v) for v in values]
    (line,) = [e for e in seen.of("line", "plan") if e.get("x1") == e.get("x2")]
    for circle, value in zip(circles, values, strict=True):
        right = float(circle.get("cx")[:-1]) > float(line.get("x1")[:-1])
        assert right == (value >= plan) == ("below" not in circle.get("class").split())
    assert picture.note.startswith(f"{sum(v >= plan for v in values)} of 20 dots")


def test_every_stop_of_the_curve_says_what_the_report_says(company):
    section = reach.section(results(company))
    head = next(p for p in company["fiscal"] if p["name"] == company["headline_period"])
    plan, curve = head["plan"]["bookings"], head["bookings"]["curve"]
    (seen,) = drawn(section)
    stops = [stop.split(";") for stop in seen.root.get("data-reach").split("|")]
    assert 50 < len(stops) <= reach.STOPS + 1 and all(len(stop) == 4 for stop in stops)
    chances = [(262 - float(y)) / 210 for _, y, *_ in stops]
    assert chances == sorted(chances, reverse=True) and chances[0] > 0.98 and chances[-1] < 0.02
    ((_, y, text, says),) = [stop for stop in stops if "the plan" in stop[2]]
    assert says == likelihood(plan) and number(text.split(" ")[0]) * 1e6 == pytest.approx(
        plan["amount"], rel=0.01
    )
    assert (262 - float(y)) / 210 == pytest.approx(plan["chance"], abs=0.001)
    for (_, _, text, says), chance in zip(stops, chances, strict=True):
        if "the plan" not in text:
            share = sum(value >= number(text) * 1e6 for value in curve) / 200
            assert chance == pytest.approx(share, abs=0.011)
            sure = {"chance": chance, "low": chance - 0.05, "high": chance + 0.05}
            near = (likelihood({**sure, "chance": chance + off}).split(":")[0] for off in (-0.006, 0, 0.006))
            assert says.split(":")[0] in near
    asked = stops[int(seen.root.get("data-at"))]
    assert [f"At least {asked[2]}, {scale_of(company).name}", asked[3]] == seen.texts("read")


def test_the_table_of_the_curve_holds_the_quantiles(company):
    section = reach.section(results(company))
    head = next(p for p in company["fiscal"] if p["name"] == company["headline_period"])
    (table,) = tables(section.blocks)
    stats, plan, scale = head["bookings"], head["plan"]["bookings"], scale_of(company)
    rows = {row[0]: row for row in table.rows}
    low, middle, high = interval_texts(stats, scale)
    assert (rows["90 %"][2], rows["50 %"][2], rows["10 %"][2]) == (low, middle, high)
    assert rows["75 %"][2] == scale.fitting(stats).number(stats["p25"])
    assert [*chance_cells(plan), scale.exact(plan["amount"]), "the plan"] in [list(row) for row in table.rows]


@pytest.mark.parametrize(
    ("curve", "amount", "chance"),
    [
        (EVEN, 100, 0.5), (EVEN, 100.5, 0.4975), (EVEN, 0, 0.9975), (EVEN, 1, 0.995), (EVEN, 500, 0.0025),
        (LUMPS, 0.0, 0.995), (LUMPS, 5.0, 0.4975), (LUMPS, 10.0, 0.495),
    ],
)  # fmt: skip
def test_a_chance_is_read_straight_between_quantiles_and_at_lumps_from_below(curve, amount, chance):
    assert reach.chance_of(curve, amount) == pytest.approx(chance, abs=1e-9)


def test_every_row_of_the_months_adds_up_as_it_is_printed(company):
    section = months.section(results(company))
    found = list(tables(section.blocks))
    assert len(found) == 2
    for table, series in zip(found, ("bookings", "receipts"), strict=True):
        average = table.header.index("average")
        for row in table.rows:
            parts = [number(cell) for cell in row[1:average] if cell != "–"]
            assert sum(parts) == pytest.approx(number(row[average]), abs=1e-9), row
        whole = [p for p in company["fiscal"] if p["complete"] and p.get(series)]
        for period in whole:
            (row,) = [row for row in table.rows if row[0] == period["name"]]
            ends = interval_texts(period[series], scale_of(company), 1)
            assert tuple(row[average + 1 : average + 4]) == ends
        assert {table.rows[place][0] for place in table.strong} == {p["name"] for p in whole}


def test_columns_hold_the_averages_and_the_months_before(company):
    every = made(company, "bookings")
    past = [one for one in every if one.stats is None]
    assert sum(one.average for one in past) == pytest.approx(company["cumulative"][0]["bookings"]["already"])
    for one, period in zip(every[len(past) :], company["periods"], strict=True):
        assert one.average == period["bookings"]["mean"] and sum(one.parts.values()) == pytest.approx(
            one.average
        )
    seen = drawn(months.section(results(company)))[0]
    assert {"so far", "open", "new", "low to high", "plan"} <= {
        text.strip("┃ ") for text in seen.texts("label")
    }


def test_the_headlines_average_is_the_walks(company):
    (head,) = [t for t in made_totals(company, "bookings") if t.period["name"] == company["headline_period"]]
    assert head.average == company["walk"][-1]["amount"]


def test_a_period_that_is_a_total_stands_once():
    period = {"name": "Q1 FY2027", "start": "2027-01-01", "end": "2027-03-31"}
    stats = {"mean": 5.0, "p10": 1.0, "p50": 5.0, "p90": 9.0, "error": {"p10": 0.1}}
    one = Made(period, {"open": 5.0}, 5.0, stats)
    table = months._table("bookings", [one], [replace(one, total=True)], Scale(1.0, "EUR", 0))
    assert [row[0] for row in table.rows] == ["Q1 FY2027"] and table.strong == [0]


def test_nothing_to_add_up_is_printed_as_nothing():
    assert printed({}, 5.0, Scale(1.0, "EUR", 0)) == {}


@pytest.mark.parametrize(
    "options",
    [
        {"trials": 1}, {"trials": 20}, {"size": 0.0, "already": 0.0}, {"months": 1}, {"months": 60},
        {"months": 2, "quarters": False}, {"spread": 0.0}, {"size": 5e12}, {"size": 0.03, "already": 0.0},
        {"currency": "A VERY LONG NAME OF A CURRENCY"}, {"plan": None}, {"as_of": date(2026, 11, 13)},
    ],
    ids=str,
)  # fmt: skip
def test_odd_forecasts_are_drawn_or_left_out(options):
    payload = sample_forecast(**{"trials": 40, "months": 5, **options})
    for content in (payload, with_money(payload), with_money(payload, opening=-3e6, floor=None, share=3.0)):
        for chart in CHARTS:
            if (section := chart.section(results(content))) is not None:
                drawn(section)


def test_few_trials_say_nothing_of_chances():
    payload = with_money(sample_forecast(trials=1))
    assert outlook.section(results(payload)) is None and reach.section(results(payload)) is None
    seen = drawn(months.section(results(payload)))[0]
    assert "┃ low to high" not in seen.texts() and not seen.of("path", "whisker")


def test_two_years_of_months_are_drawn_in_little_room():
    payload = with_money(sample_forecast(months=24, trials=60))
    sizes = [seen.bytes for chart in CHARTS for seen in drawn(chart.section(results(payload)))]
    assert sum(sizes) <= 120_000


@pytest.mark.slow
def test_the_curve_answers_to_keys_and_pointer_in_the_reports_own_words(browser, company, tmp_path):
    held, path = results(company), tmp_path / "report.html"
    path.write_bytes(page(held))
    (seen,) = drawn(reach.section(held))
    stops = [stop.split(";") for stop in seen.root.get("data-reach").split("|")]
    view = browser.new_page(viewport={"width": 390, "height": 800})
    view.goto(path.as_uri())
    slider = view.locator("[role=slider]")

    def told():
        return view.locator(".read").all_text_contents(), slider.get_attribute("aria-valuetext")

    slider.focus()
    view.keyboard.press("Home")
    unit = seen.root.get("data-unit")
    for _, _, amount, says in stops:
        assert told() == ([f"At least {amount}, {unit}", says], f"{amount}, {unit}: {says}")
        assert float(slider.get_attribute("aria-valuenow")) == number(amount.split(" ")[0])
        view.keyboard.press("ArrowRight")
    assert told()[0][1] == stops[-1][3]  # there is nothing beyond the last
    view.keyboard.press("PageDown")
    assert told()[0][1] == stops[-11][3]
    box = view.locator(".reach .plot").bounding_box()
    for place in (len(stops) // 3, 2 * len(stops) // 3):
        x = box["x"] + float(stops[place][0]) / 100 * box["width"]
        view.mouse.move(x, box["y"] + 40)
        view.mouse.down()
        assert told()[0][1] == stops[place][3]
        view.mouse.move(box["x"] - 50, box["y"])
        assert told()[0][1] == stops[0][3]
        view.mouse.up()
        view.mouse.move(x, box["y"])
        assert told()[0][1] == stops[0][3]  # nobody holds it any more
    view.close()
