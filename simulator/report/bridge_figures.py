"""Draw why a forecast changed as a waterfall: from where the middle stood to where it stands."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure

from simulator.report.bridge import bridge_scale, step_text, what_of
from simulator.report.canvas import money_axis
from simulator.report.colours import GREY, INK, PALETTES, PLAN
from simulator.report.figures import STYLE, saved
from simulator.words import Scale, day
from simulator.words.since import aim_text

KINDS: Final = ("svg", "png")
_ROW: Final = 0.4
"""Inches of a row."""
_TOP: Final = 1.0
_FOOT: Final = 0.55
"""Inches above and below the rows."""


def bridge_figures(payload: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the figure by file name, none where nothing moved."""
    with mpl.rc_context(fname=STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*[Gg]lyph.*")
        figure = waterfall(payload)
        return {f"bridge.{kind}": saved(figure, kind) for kind in KINDS} if figure is not None else {}


def waterfall(payload: Mapping[str, Any]) -> Figure | None:
    """Draw each step as a bar from where the one before it ended, the middle before and now at the ends."""
    scale = bridge_scale(payload)
    at, shown = float(payload["before"]["middle"]), list[tuple[float, Mapping[str, Any]]]()
    for step in payload["steps"]:
        if scale.number(step["middle"]) != scale.number(0.0):
            shown.append((at, step))
        at += step["middle"]
    if not shown:
        return None
    height = _TOP + _FOOT + _ROW * (len(shown) + 2)
    figure = Figure(figsize=(9, height))
    axes = figure.add_axes((0.33, _FOOT / height, 0.5, _ROW * (len(shown) + 2) / height))
    colours, last = PALETTES["bookings"], len(shown) + 1
    before = float(payload["before"]["middle"])
    for place, (at, step) in enumerate(shown, 1):
        then, rises = at + step["middle"], step["middle"] > 0
        axes.barh(-place, step["middle"], left=at, height=0.62, color=colours.core if rises else PLAN)
        axes.vlines(then, -place - 0.69, -place - 0.31, color=GREY, linewidth=0.8)
        edge, side = (max(at, then), 4) if rises else (min(at, then), -4)
        axes.annotate(
            scale.number(step["middle"], sign=True), (edge, -place), (side, 0), textcoords="offset points",
            va="center", ha="left" if rises else "right", color=INK, fontsize=10,
        )  # fmt: skip
    axes.vlines(before, -0.69, 0, color=GREY, linewidth=0.8)
    for place, level in ((0, before), (last, float(payload["after"]["middle"]))):
        axes.plot(level, -place, "o", color=colours.line, markersize=9)
        axes.annotate(
            scale.number(level), (level, -place), (9, 0), textcoords="offset points", va="center",
            weight="bold", color=colours.line,
        )  # fmt: skip
    ends = [f"as of {day(payload[run]['as_of'])}" for run in ("from", "to")]
    axes.set_yticks(
        [-k for k in range(last + 1)], [ends[0], *(step_text(step) for _, step in shown), ends[1]]
    )
    axes.set_ylim(-last - 0.6, 0.6)
    low, high = axes.get_xlim()
    axes.set_xlim(low - 0.17 * (high - low), high + 0.12 * (high - low))
    axes.grid(visible=True, axis="x")
    axes.grid(visible=False, axis="y")
    money_axis(axes, scale, vertical=False)
    _chances(figure, payload, height)
    _heading(figure, payload, scale, height)
    return figure


def _chances(figure: Figure, payload: Mapping[str, Any], height: float) -> None:
    """Write the chance at both ends beside them."""
    if payload["change"]["chance"] is None:
        return
    rows = (height - _TOP - _FOOT) / _ROW
    figure.text(0.85, 1 - (_TOP - 0.2) / height, f"chance of {aim_text(payload)}", color=PLAN, fontsize=10)
    for place, level in ((0, "before"), (rows - 1, "after")):
        up = 1 - (_TOP + _ROW * (place + 0.5)) / height
        chance = f"{100 * payload[level]['chance']:.0f} %"
        figure.text(0.85, up, chance, color=PLAN, va="center", weight="bold")


def _heading(figure: Figure, payload: Mapping[str, Any], scale: Scale, height: float) -> None:
    what = what_of(payload)
    ends = " to ".join(scale.number(payload[level]["middle"]) for level in ("before", "after"))
    title = f"{what[0].upper()}{what[1:]}: the middle moved from {ends}"
    figure.text(0.02, 1 - 0.38 / height, title, fontsize=14, weight="bold")
    meaning = f"{scale.name}; blue: more, orange: less; both runs on the same luck"
    figure.text(0.02, 1 - 0.64 / height, meaning, color=GREY, fontsize=10)
