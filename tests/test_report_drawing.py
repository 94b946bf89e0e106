"""Shapes of the page: places are shares of the width, amounts are to scale, steps join, nothing leaves."""

import itertools

import pytest
from drawings import Seen, number, stacked

from simulator.report.page.columns import Column, columns
from simulator.report.page.drawing import Axis, Drawing, round_steps, ticks
from simulator.report.page.rows import Row, bars, ranked, waterfall
from simulator.report.walk import Step
from simulator.words import Scale

SCALE = Scale(1e6, "million EUR", 1)


def step(amount, total=False):
    return Step(f"step {amount}", amount, SCALE.number(amount, sign=not total), total)


def test_a_drawing_fits_any_width_and_its_texts_are_escaped():
    drawing = Drawing(50)
    drawing.rect(10, 5, 30, 20, "level", "a <b> & c")
    drawing.path([(0, 0), (100, 50)], "line")
    drawing.path([(0, 50), (100, 0)], "line")
    drawing.text((100, 10), '<script>"', "label", "end", shift=-3)
    svg = drawing.svg("rows", [("unit", '"><x>')])
    seen = Seen(svg)
    assert "viewBox" not in seen.root.attrib and seen.root.get("width") == "100%"
    assert seen.boxes() == [(10, 40, 5, "level")] and seen.texts() == ['<script>"']
    assert seen.root.get("data-unit") == '"><x>' and seen.of("title")[0].text == "a <b> & c"
    (inner,) = seen.of("svg")[1:]  # both paths stretch in one place
    assert inner.get("preserveAspectRatio") == "none" and len(list(inner)) == 2


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (0, 7.3e6), (-3.2, 4.1), (9.7e6, 11.2e6), (1e-7, 3e-7), (0, 9e14), (5, 5.0001)]
)
@pytest.mark.parametrize("most", [2, 5, 150])
def test_scales_are_named_at_round_values_few_and_evenly_apart(low, high, most):
    size, found = round_steps(low, high, most)
    assert len(found) <= most and all(low - size * 1e-6 <= v <= high + size * 1e-6 for v in found)
    assert float(f"{size:.0e}") == pytest.approx(size) or float(f"{size:.1e}") == pytest.approx(size)
    for before, after in itertools.pairwise(found):
        assert after - before == pytest.approx(size, rel=1e-3)
    assert len(found) > most / 3  # a coarser step would do as well otherwise


def test_a_scale_without_width_has_one_name_and_one_place():
    assert ticks(3, 3) == [3] and Axis(3, 3)(3) == 50


def test_steps_of_a_waterfall_begin_where_the_one_before_ends_and_are_to_scale():
    amounts = [6.4e6, 3.4e6, -1.8e6, -0.2e6, 2.6e6]
    steps = [step(amounts[0], total=True), *map(step, amounts[1:]), step(sum(amounts), total=True)]
    seen = Seen(waterfall(steps))
    boxes = seen.boxes()
    unit = 100 / max(itertools.accumulate(amounts))
    reached = 0.0
    for (left, right, _, css), one in zip(boxes, steps, strict=True):
        before, reached = (0.0, one.amount) if one.total else (reached, reached + one.amount)
        assert (left, right) == pytest.approx(sorted((before * unit, reached * unit)), abs=0.02)
        assert css == ("level" if one.total else "up" if one.amount > 0 else "down")
    joins = [float(line.get("x1")[:-1]) for line in seen.of("line", "join")]
    ends = [right if css != "down" else left for left, right, _, css in boxes]
    assert joins == pytest.approx(ends[:-1], abs=0.02)
    assert sum(number(text) for text in seen.texts("label")[:-1]) == pytest.approx(10.4)


def test_small_steps_between_large_levels_show_and_the_break_is_drawn():
    seen = Seen(waterfall([step(100e6, True), step(2e6), step(-1e6), step(101e6, True)]))
    widths = [right - left for left, right, *_ in seen.boxes()]
    assert widths[1] == pytest.approx(2 * widths[2], abs=0.05) and widths[2] > 20
    assert len(seen.of("line", "cut")) == 4  # two for each of the levels
    assert not Seen(waterfall([step(100e6, True), step(-60e6), step(40e6, True)])).of("line", "cut")


@pytest.mark.parametrize("amounts", [[0, 0, 0], [-5, 3, -2], [5, -9, -4], [1e-9, 0, 1e-9], [1e15, 1, 1e15]])
def test_a_waterfall_of_anything_stays_inside(amounts):
    first, middle, last = amounts
    seen = Seen(waterfall([step(first, True), step(middle), step(last, True)]))
    assert all(-0.01 <= left <= right <= 100.5 for left, right, *_ in seen.boxes())


def test_bars_begin_at_nothing_and_what_is_below_it_lies_to_the_left():
    seen = Seen(bars([("a", 30.0, "30 %"), ("b", 60.0, "60 %"), ("c", -30.0, "−30 %")]))
    (a_left, a_right, *_), (b_left, b_right, *_), (c_left, c_right, *_) = seen.boxes()
    assert a_left == b_left == c_right and b_right == 100 and c_left == 0
    assert b_right - b_left == pytest.approx(2 * (a_right - a_left), abs=0.03)
    assert len(seen.of("line", "zero")) == 1 and seen.texts("label") == ["30 %", "60 %", "−30 %"]


def test_ranges_need_not_begin_at_nothing_and_long_names_are_cut():
    seen = Seen(ranked([Row("x" * 5000, "9 to 12", [(9, 12, "likely")], 10)], [(11, "now", "level")], False))
    assert seen.boxes() == [(0, 100, 35, "likely")] and len(seen.texts("name")[0]) < 60
    assert [dot.get("cx") for dot in seen.of("circle")] == ["33.33%"]
    assert seen.of("line", "mark")[0].get("x1") == "66.67%" and "now" in seen.texts()


def test_columns_are_stacked_to_scale_with_low_high_and_plan():
    parts = {"open": 2e6, "renewals": 0.5e6, "new": 1e6}
    every = [Column("Nov 2026", [*parts.items()], (1e6, 5e6), 4e6), Column("Dec 2026", [("new", 3e6)])]
    seen = Seen(columns(every, {part: part for part in parts}, SCALE))
    amount, found = seen.scale(), {part: stacked(seen.of("path", part)[0].get("d")) for part in parts}
    ends = {"open": [(0, 2)], "renewals": [(2, 2.5)], "new": [(2.5, 3.5), (0, 3)]}
    for part, boxes in found.items():
        for (_, bottom, top), (low, high) in zip(boxes, ends[part], strict=True):
            assert (amount(bottom), amount(top)) == pytest.approx((low, high), abs=0.03)
    assert len(seen.of("path", "plan")) == 2  # one in its column, one in the key
    assert seen.texts("label") == ["new", "renewals", "open", "┃ low to high", "plan"]


def test_columns_below_nothing_hang_from_it():
    seen = Seen(columns([Column("a", [("open", -2.0), ("new", 1.0)])], {"open": "open", "new": "new"}, SCALE))
    amount = seen.scale()
    ((_, bottom, top),) = stacked(seen.of("path", "open")[0].get("d"))
    assert (amount(bottom), amount(top)) == pytest.approx((0, -2e-6), abs=1e-7)


def test_no_columns_and_empty_ones_are_drawn_all_the_same():
    for every in ([], [Column("a", [])], [Column("a", [("open", 0.0)])] * 60):
        Seen(columns(every, {"open": "open"}, SCALE))
