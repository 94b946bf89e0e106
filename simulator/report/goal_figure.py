"""Draw how the chance moves with each lever, and where it is what is asked for."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from simulator.report.colours import GREY, INK, PALETTES, PLAN
from simulator.report.figures import STYLE, saved
from simulator.report.goal import aim_scale, aim_text
from simulator.report.goal_words import lever_name, limit_text, near_text, short_answer
from simulator.words import chance_cells, cut, plain

KINDS: Final = ("svg", "png")
_ACROSS: Final = 3
_HIGH: Final = 2.35
"""Inches of a panel, with its title and the names below it."""
_TOP: Final = 1.4


def goal_figures(payload: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the figures of an answer by file name, none where no lever moves anything."""
    with mpl.rc_context(fname=STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*[Gg]lyph.*")
        figure = curves(payload)
        return {f"goal.{kind}": saved(figure, kind) for kind in KINDS} if figure is not None else {}


def curves(payload: Mapping[str, Any]) -> Figure | None:
    """Draw the chance against the figure of each lever and shock that moves it."""
    panels = [(lever, wanted) for lever, wanted in _asked(payload) if len(lever["curve"]) > 1]
    if not panels:
        return None
    rows = -(-len(panels) // _ACROSS)
    height = _TOP + _HIGH * rows
    figure = Figure(figsize=(9, height))
    for place, (lever, wanted) in enumerate(panels):
        row, column = divmod(place, _ACROSS)
        left, top = 0.075 + 0.315 * column, height - _TOP - _HIGH * row
        axes = figure.add_axes((left, (top - 1.75 + 0.22) / height, 0.255, 1.35 / height))
        _panel(
            axes, lever, wanted, PALETTES["bookings"] if lever["aid"] else PALETTES["balance"], column == 0
        )
    for line, (text, style) in enumerate(_heading(payload)):
        figure.text(0.02, 1 - (0.4 + 0.26 * line) / height, text, **style)
    return figure


def _heading(payload: Mapping[str, Any]) -> Sequence[tuple[str, dict[str, Any]]]:
    """Return what the figure says, and how to read it."""
    scale, plain_style = aim_scale(payload), {"color": GREY, "fontsize": 10}
    name, text = plain(payload["aim"]["name"], 30), aim_text(payload, scale)
    now = chance_cells(payload["now"])[0]
    what = name or f"{text[0].upper()}{text[1:]}"
    told = f"{text}: one lever at a time" if name else "One lever at a time"
    return (
        (cut(f"{what}: {now} as things are", 80), {"fontsize": 14, "weight": "bold"}),
        (cut(told, 110), plain_style),
        (
            "ring: as things are; dashed: the chance asked for; pale: what the simulation leaves open",
            plain_style,
        ),
    )


def _asked(payload: Mapping[str, Any]) -> Sequence[tuple[dict[str, Any], float]]:
    """Return each lever that moves something, with the chance that is asked for."""
    found = []
    for part, some, wanted in (("goal", "levers", "chance"), ("danger", "shocks", "below")):
        for lever in payload.get(part, {}).get(some, []):
            if lever["status"] in ("reached", "out of reach"):
                found.append((dict(lever) | {"aid": part == "goal"}, float(payload[part][wanted])))
    return found


def _panel(axes: Axes, lever: Mapping[str, Any], wanted: float, colours: Any, first: bool) -> None:
    points = [p for p in lever["curve"] if not _is_far(p, lever)]
    x = [p["figure"] for p in points]
    axes.fill_between(
        x, [p["low"] for p in points], [p["high"] for p in points], color=colours.likely, linewidth=0
    )
    axes.plot(x, [p["chance"] for p in points], color=colours.line, linewidth=1.8)
    axes.plot(x[0], points[0]["chance"], "o", color="white", markersize=6, markeredgecolor=colours.line)
    axes.axhline(wanted, color=PLAN, linewidth=1, linestyle=(0, (4, 3)))
    if lever["answer"] is not None:
        ends = [lever[end]["figure"] if lever[end] else x[-1] for end in ("low", "high")]
        axes.hlines(wanted, min(ends), max(ends), color=PLAN, linewidth=5, alpha=0.45)
        axes.plot(lever["answer"]["figure"], wanted, "o", color=PLAN, markersize=7, markeredgecolor="white")
    told = short_answer(lever) if lever["answer"] else f"{limit_text(lever)}: {near_text(points[-1], wanted)}"
    axes.set_title(lever_name(lever), fontsize=11, loc="left", pad=20, weight="bold")
    colour = PLAN if lever["answer"] else GREY
    axes.annotate(
        cut(told, 42), (0, 1), (0, 6), "axes fraction", textcoords="offset points", color=colour, fontsize=9
    )
    axes.set_xlabel(lever["unit"], fontsize=9, color=INK)
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1])
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, 0, " %"))
    if not first:
        axes.set_yticklabels([])
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    axes.tick_params(labelsize=9)


def _is_far(point: Mapping[str, Any], lever: Mapping[str, Any]) -> bool:
    """Tell whether a point lies so far beyond the answer that it would only make the rest small."""
    if lever["answer"] is None:
        return False
    now = lever["now"]["figure"]
    furthest = max(abs(end["figure"] - now) for end in (lever["answer"], lever["high"] or lever["answer"]))
    return bool(abs(point["figure"] - now) > 2.5 * furthest)
