"""Draw an explanation: where the uncertainty comes from, and what each assumption does to the middle."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.report import explain_one_at_a_time, explain_shares
from simulator.report.canvas import money_axis
from simulator.report.colours import GREY, INK, PALETTES, PLAN, Palette
from simulator.report.explain import explanation_scale, what_is_asked
from simulator.report.explain_way_figure import way_figure
from simulator.report.figures import STYLE, saved
from simulator.words import Scale, percent

KINDS: Final = ("svg", "png")
ROWS: Final = 8
_LEFT: Final = 0.34
_ROW: Final = 0.4
"""Inches of a row."""
_TOP: Final = 0.85
"""Inches of the heading."""
_GAP: Final = 0.8
"""Inches between two panels, the heading of the lower one among them."""


def explanation_figures(payload: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the figures of an explanation by file name, none where nothing is uncertain."""
    with mpl.rc_context(fname=STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*[Gg]lyph.*")
        figures = {"explain": drawn(payload), "explain-way": way_figure(payload, explanation_scale(payload))}
        return {
            f"{name}.{kind}": saved(figure, kind)
            for name, figure in figures.items()
            if figure is not None
            for kind in KINDS
        }


def drawn(payload: Mapping[str, Any]) -> Figure | None:
    """Draw the shares of the uncertainty, and below them the assumptions, the strongest first."""
    parts, rows = payload["uncertainty"]["parts"], _moving(payload)
    if not parts:
        return None
    inches = [_ROW * len(parts), _ROW * len(rows)]
    height = _TOP + inches[0] + (_GAP + inches[1] + 0.35 if rows else 0.25)
    figure, scale = Figure(figsize=(9, height)), explanation_scale(payload)
    colours = PALETTES.get(payload["aim"]["series"], PALETTES["bookings"])
    top = height - _TOP
    axes = figure.add_axes((_LEFT, (top - inches[0]) / height, 0.94 - _LEFT, inches[0] / height))
    _shares(axes, parts, colours)
    if rows:
        top -= inches[0] + _GAP
        axes = figure.add_axes((_LEFT, (top - inches[1]) / height, 0.94 - _LEFT, inches[1] / height))
        _tornado(axes, rows, payload, scale, colours)
        note = f"The middle, {scale.name}, if one assumption is lower (pale) or higher (dark)"
        figure.text(0.02, (top + 0.3) / height, note, fontsize=11, weight="bold")
    largest = explain_shares.NAMES[parts[0]["group"]]
    share = explain_shares.percents([part["share"] for part in parts])[0]
    title = f"{share} % of the uncertainty: {largest}"
    figure.text(0.02, 1 - 0.4 / height, title, fontsize=14, weight="bold")
    meaning = f"{what_is_asked(payload)}: where the uncertainty comes from, in percent"
    figure.text(0.02, 1 - 0.66 / height, meaning, color=GREY, fontsize=10)
    return figure


def _moving(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the assumptions that move the middle so far that it can be seen."""
    rows = payload["one_at_a_time"]["assumptions"]
    moves = [max(abs(row[end]["p50"]) for end in explain_one_at_a_time.ENDS) for row in rows]
    least = max(moves, default=0.0) / 100
    return [row for row, move in zip(rows, moves, strict=True) if move > least][:ROWS]


def _shares(axes: Axes, parts: list[Mapping[str, Any]], colours: Palette) -> None:
    shown = explain_shares.percents([part["share"] for part in parts])
    for place, share in enumerate(shown):
        axes.barh(-place, max(share, 0), 0.62, color=colours.core)
        axes.annotate(
            f"{share} %", (max(share, 0), -place), (5, 0), textcoords="offset points", va="center", color=INK
        )
    _names(axes, [explain_shares.NAMES[part["group"]] for part in parts])
    axes.set_xlim(0, 1.1 * max(*shown, 1))
    axes.set_xticks([])
    axes.grid(visible=False, axis="x")


def _tornado(
    axes: Axes, rows: list[Mapping[str, Any]], payload: Mapping[str, Any], scale: Scale, colours: Palette
) -> None:
    """Draw how far the middle moves, the end of the smaller figure pale, that of the larger dark."""
    middle, shades = float(payload["amount"]["p50"]), (colours.likely, colours.line)
    moves = [abs(row[end]["p50"]) for row in rows for end in explain_one_at_a_time.ENDS]
    widest = max(moves) or scale.unit
    for place, row in enumerate(rows):
        ends = [float(row[end]["p50"]) for end in explain_one_at_a_time.ENDS]
        texts = explain_one_at_a_time.changes(row)
        order = sorted((0, 1), key=lambda i: -abs(ends[i]))  # the longer one lies below
        for i in order:
            axes.barh(-place, ends[i], 0.62, middle, color=shades[i])
        low = 0 if ends[0] <= ends[1] else 1
        for i, side in ((low, -1), (1 - low, 1)):
            end = min(side * 0.0, ends[i]) if side < 0 else max(0.0, ends[i])
            axes.annotate(
                texts[i], (middle + end, -place), (5 * side, 0), textcoords="offset points", va="center",
                ha="left" if side > 0 else "right", color=GREY, fontsize=9,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            )  # fmt: skip
    axes.axvline(middle, color=INK, linewidth=1)
    _names(axes, [explain_one_at_a_time.NAMES[row["name"]] for row in rows])
    axes.set_xlim(middle - 1.35 * widest, middle + 1.35 * widest)
    axes.grid(visible=True, axis="x")
    money_axis(axes, scale, vertical=False)
    _target(axes, payload, middle, widest)


def _target(axes: Axes, payload: Mapping[str, Any], middle: float, widest: float) -> None:
    """Mark what is to be reached, where it lies inside the picture."""
    aim = payload["aim"]
    if aim["amount"] is not None and abs(aim["amount"] - middle) < 1.35 * widest:
        axes.axvline(aim["amount"], color=PLAN, linewidth=1.2, linestyle="--")
        axes.annotate(
            f"target, {percent(aim['chance'])}", (aim["amount"], 1), (0, 3), ("data", "axes fraction"),
            textcoords="offset points", ha="center", color=PLAN, fontsize=9,
        )  # fmt: skip


def _names(axes: Axes, names: list[str]) -> None:
    axes.set_yticks([-place for place in range(len(names))], names)
    axes.set_ylim(-len(names) + 0.45, 0.55)
    axes.grid(visible=False, axis="y")
