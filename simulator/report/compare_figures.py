"""Draw what scenarios bring as dumbbells: each beside the first, joined where their averages stand."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.records import dataclass
from simulator.report.canvas import money_axis
from simulator.report.colours import GREY, INK, PALETTES, PLAN, Palette
from simulator.report.compare_tables import (
    SAME,
    Stats,
    alike,
    at_place,
    change_texts,
    comparison_scale,
    exact_first,
    main_place,
    target_at,
    until,
    when_of,
)
from simulator.report.figures import STYLE, saved
from simulator.words import Scale, chance_cells, has_interval, plain

SERIES: Final = ("bookings", "receipts")
ROWS: Final = 10
KINDS: Final = ("svg", "png")
_APART: Final = 0.17
"""Rows by which the first stands above the other."""
_ROW: Final = 0.46
"""Inches of a row."""


def comparison_figures(payload: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the figures of a comparison by file name, none where so few trials tell no range."""
    with mpl.rc_context(fname=STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*[Gg]lyph.*")
        figure = dumbbells(payload)
        return {f"compare.{kind}": saved(figure, kind) for kind in KINDS} if figure is not None else {}


@dataclass(frozen=True)
class _Row:
    """One dumbbell: what it is called, the first, the other, and by how much they differ."""

    name: str
    ours: Stats
    theirs: Stats
    change: Stats
    chance: str


def dumbbells(payload: Mapping[str, Any]) -> Figure | None:
    """Draw low, average and high of the first and of each other: by period of one, by name of several."""
    panels = [(series, rows) for series in SERIES if (rows := _rows(payload, series))]
    if not panels:
        return None
    scale, inches = comparison_scale(payload), [_ROW * len(rows) + 0.5 for _, rows in panels]
    height = sum(inches) + 1.15 + 0.75 * (len(panels) - 1) + 0.35
    figure = Figure(figsize=(9, height))
    top = height - 1.15
    for (series, rows), size in zip(panels, inches, strict=True):
        axes = figure.add_axes((0.2, (top - size) / height, 0.53, size / height))
        _panel(axes, rows, PALETTES[series], scale)
        label = _panel_name(payload, series)
        axes.annotate(
            label, (0, 1), (0, 8), "axes fraction", textcoords="offset points", fontsize=11, weight="bold"
        )
        top -= size + 0.75
    base = plain(payload["base"]["name"], 24)
    figure.text(0.02, 1 - 0.42 / height, _title(payload, scale), fontsize=14, weight="bold")
    meaning = f"{scale.name}; grey: {base}; dot: average, line: low to high, 8 chances in 10"
    figure.text(0.02, 1 - 0.68 / height, meaning, color=GREY, fontsize=10)
    return figure


def _title(payload: Mapping[str, Any], scale: Scale) -> str:
    """Say what most differs: by how much, of one; of several, what is held against what."""
    base, others, (series, place) = payload["base"], payload["others"], main_place(payload)
    if len(others) > 1:
        return f"{len(others)} others against {plain(base['name'], 30)}"
    text, _ = change_texts(at_place(others[0]["difference"], place)[series], scale)
    way = "more" if text.startswith("+") else "less"
    when = when_of(at_place(base, place))
    return f"{plain(others[0]['name'], 24)}: on average {text.lstrip('+−')} {way} {series} {when}"


def _rows(payload: Mapping[str, Any], series: str) -> list[_Row]:
    base, others = payload["base"], payload["others"]
    if len(others) == 1:
        places: list[tuple[str, tuple[Any, ...], Mapping[str, Any]]] = [
            (plain(period["name"], 20), ("fiscal", i), others[0]) for i, period in enumerate(base["fiscal"])
        ]
        places = (places or [(until(base), ("totals",), others[0])])[:ROWS]
    else:
        _, place = main_place(payload)
        places = [(plain(other["name"], 24), place, other) for other in others[:ROWS]]
    found = []
    for name, place, other in places:
        three = (base, other, other["difference"])
        ours, theirs, change = (at_place(one, place).get(series) for one in three)
        if not ours or not has_interval(ours) or not has_interval(theirs):
            return []
        period = at_place(base, place)
        ours, theirs = alike(ours, theirs)
        found.append(_Row(name, ours, theirs, change, _chance(base, other, series, period)))
    return found if any(row.change["less"] or row.change["more"] for row in found) else []


def _chance(base: Mapping[str, Any], other: Mapping[str, Any], series: str, period: Mapping[str, Any]) -> str:
    """Say how the chance of the company's target of a series and period moves, "" where there is none."""
    aim = target_at(base, series, period)
    return "" if aim is None else " → ".join(chance_cells(one["targets"][aim])[0] for one in (base, other))


def _panel(axes: Axes, rows: Sequence[_Row], colours: Palette, scale: Scale) -> None:
    """Draw the rows from the top down, and write beside each by how much the averages differ."""
    for place, row in enumerate(rows):
        y = -place
        sides = (
            (row.ours, y + _APART, "#b8b8b8", GREY),
            (row.theirs, y - _APART, colours.likely, colours.line),
        )
        for stats, height, pale, _ in sides:
            axes.hlines(height, stats["p10"], stats["p90"], color=pale, linewidth=5)
        ends = [float(exact_first(stats)["mean"]) for stats, *_ in sides]
        axes.plot(ends, [y + _APART, y - _APART], color=INK, linewidth=1.6, zorder=3)
        for mean, (_, height, _, dark) in zip(ends, sides, strict=True):
            axes.plot(mean, height, "o", color=dark, markersize=8, markeredgecolor="white", zorder=4)
        text, margin = change_texts(row.change, scale)
        shown = "the same" if text == SAME else f"{text} {margin}".strip()
        axes.annotate(shown, (1.03, y), xycoords=("axes fraction", "data"), va="center", color=INK)
        axes.annotate(row.chance, (1.29, y), xycoords=("axes fraction", "data"), va="center", color=PLAN)
    for text, x, colour in (("average differs by", 1.03, GREY), ("chance of plan", 1.29, PLAN)):
        if x == 1.03 or any(row.chance for row in rows):
            axes.annotate(
                text, (x, 1), (0, 8), "axes fraction", textcoords="offset points", color=colour, fontsize=9
            )
    axes.set_ylim(-len(rows) + 0.45, 0.55)
    axes.set_yticks([-place for place in range(len(rows))], [row.name for row in rows])
    axes.grid(visible=True, axis="x")
    axes.grid(visible=False, axis="y")
    money_axis(axes, scale, vertical=False)


def _panel_name(payload: Mapping[str, Any], series: str) -> str:
    if len(payload["others"]) == 1:
        return series.capitalize()
    _, place = main_place(payload)
    return f"{series.capitalize()} {when_of(at_place(payload['base'], place))}"
