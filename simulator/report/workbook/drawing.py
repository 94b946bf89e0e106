"""Draw charts out of cells: stacked areas, columns or bars, with lines on top of them."""

from __future__ import annotations

import math
from typing import Any, Final

from xlsxwriter import Workbook

from simulator.report.colours import GREY, INK, RULE
from simulator.report.workbook.columns import in_unit
from simulator.report.workbook.sheet import Chart, Layer

SIZE: Final = (600, 320)
"""Width and height of a chart, in pixels."""
_SMALL: Final = {"size": 9, "color": GREY}


def draw(book: Workbook, sheet: str, first: int, chart: Chart) -> Any:
    """Return a chart.

    Args:
        book: that takes it.
        sheet: on which its data stands.
        first: row of the heads of its data.
        chart: what it shows.
    """
    stacked = [layer for layer in chart.layers if not layer.line]
    lines = [layer for layer in chart.layers if layer.line]
    main = book.add_chart({"type": chart.shape, "subtype": "stacked"})
    assert main is not None, chart.shape
    for layer in stacked:
        main.add_series(_series(sheet, first, chart, layer))
    if lines:
        above = book.add_chart({"type": "line"})
        assert above is not None
        for layer in lines:
            above.add_series(_series(sheet, first, chart, layer))
        main.combine(above)
    _dress(main, chart)
    hidden = [place for place, layer in enumerate([*stacked, *lines]) if not layer.told]
    told = len(hidden) < len(chart.layers)
    main.set_legend(
        {"position": "bottom", "font": _SMALL, "delete_series": hidden} if told else {"none": True}
    )
    return main


def _dress(main: Any, chart: Chart) -> None:
    width, height = SIZE
    main.set_size({"width": width, "height": height})
    main.set_chartarea({"border": {"color": RULE}})
    main.set_title(
        {"name": chart.title, "name_font": {"size": 12, "bold": True, "color": INK}, "overlay": False}
    )
    names = {"num_font": _SMALL, "label_position": "low", "line": {"color": GREY}, "major_tick_mark": "none"}
    form = in_unit(chart.scale.showing(_top(chart), 2)).form
    amounts = {
        "num_font": _SMALL, "num_format": form, "line": {"none": True},
        "major_gridlines": {"visible": True, "line": {"color": RULE, "width": 0.75}},
        "min": chart.begins,
    }  # fmt: skip
    if chart.shape == "bar":  # whose names stand on the upright axis, the first of them on top
        main.set_y_axis(names | {"reverse": True})
        main.set_x_axis(amounts | {"label_position": "high"})
    else:
        main.set_x_axis(names)
        main.set_y_axis(amounts)


def _top(chart: Chart) -> float:
    """Return how high the highest stack is, by which its axis is read."""
    stacked = [layer.column for layer in chart.layers if not layer.line]
    rows = (
        [value for column in stacked if isinstance(value := row[column], float | int)]
        for row in chart.table.rows
    )
    return max((abs(math.fsum(row)) for row in rows), default=0.0)


def _series(sheet: str, first: int, chart: Chart, layer: Layer) -> dict[str, Any]:
    begin, end = first + 1, first + len(chart.table.rows)
    found: dict[str, Any] = {
        "name": [sheet, first, layer.column],
        "categories": [sheet, begin, 0, end, chart.labels - 1],
        "values": [sheet, begin, layer.column, end, layer.column],
    }
    if layer.line:
        return found | _line(chart, layer)
    found["gap"] = 40
    if not layer.colour and not layer.colours:
        return found | {"fill": {"none": True}, "border": {"none": True}}
    found |= {"fill": {"color": layer.colour or layer.colours[0]}, "border": {"none": True}}
    if layer.colours:
        found["points"] = [{"fill": {"color": colour}, "border": {"none": True}} for colour in layer.colours]
    return found


def _line(chart: Chart, layer: Layer) -> dict[str, Any]:
    if chart.says is not None and not layer.colour:
        texts = [{"value": str(row[chart.says])} for row in chart.table.rows]
        labels = {"value": True, "position": "above", "custom": texts, "font": {"size": 9, "color": INK}}
        return {"line": {"none": True}, "marker": {"type": "none"}, "data_labels": labels}
    if layer.marks:
        look = {"type": "diamond", "size": 8, "fill": {"color": layer.colour}, "border": {"none": True}}
        return {"line": {"none": True}, "marker": look}
    return {"line": {"color": layer.colour, "width": 2.0}, "marker": {"type": "none"}}
