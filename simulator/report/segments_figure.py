"""Draw the funnels of segments side by side on one scale: what share of deals gets how far."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.report.colours import GREY, INK, PALETTES, PLAN
from simulator.report.figures import STYLE, saved
from simulator.report.segments import more_than_elsewhere, worst_leak
from simulator.report.segments_tables import percent_text, worth_scale
from simulator.words import day, plain

SEGMENTS: Final = 6
ACROSS: Final = 3
"""Funnels that stand side by side; further ones stand below."""
KINDS: Final = ("svg", "png")
_BAR, _GAP = 0.33, 0.65
"""Inches of a bar, and between funnels that stand below one another."""
_HEAD, _FOOT = 1.5, 0.2
_NAMES, _BARS, _LABELS = 1.95, 1.55, 0.75
"""Inches across of the names of stages, of the longest bar, and of what is written behind it."""


def segment_figures(payload: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the figure of segments by file name."""
    with mpl.rc_context(fname=STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*[Gg]lyph.*")
        figure = funnels(payload)
        return {f"segments.{kind}": saved(figure, kind) for kind in KINDS}


def funnels(payload: Mapping[str, Any]) -> Figure:
    """Draw of each segment the share of entering deals that reach each stage, and what a leak is worth."""
    shown = payload["segments"][:SEGMENTS]
    lines = [shown[i : i + ACROSS] for i in range(0, len(shown), ACROSS)]
    heights = [_BAR * (max(len(row["stages"]) for row in some) + 1) for some in lines]
    height = _HEAD + sum(heights) + _GAP * (len(lines) - 1) + _FOOT
    across = max(len(lines[0]), 2) * (_NAMES + _BARS + _LABELS)
    figure = Figure(figsize=(across, height))
    top = height - _HEAD
    for some, size in zip(lines, heights, strict=True):
        for column, row in enumerate(some):
            own, left = _BAR * (len(row["stages"]) + 1), column * (_NAMES + _BARS + _LABELS) + _NAMES
            box = (left / across, (top - own) / height, _BARS / across, own / height)
            _funnel(figure.add_axes(box), row, payload)
        top -= size + _GAP
    figure.text(0.02, 1 - 0.42 / height, _title(payload), fontsize=14, weight="bold")
    for line, text in enumerate(_meaning(payload, len(shown))):
        figure.text(0.02, 1 - (0.68 + 0.2 * line) / height, text, color=GREY, fontsize=10)
    return figure


def _meaning(payload: Mapping[str, Any], shown: int) -> Sequence[str]:
    left_out = len(payload["segments"]) - shown
    more = f"; {left_out} further segments are not shown" if left_out else ""
    first = f"Bars: of 100 deals that enter, how many get to each stage{more}."
    if worst_leak(payload) is None:
        return (first,)
    second = "Orange: how many more would get there if the stage above passed on as many as elsewhere,"
    return first, f"{second} +: {worth_scale(payload).name} of bookings by {day(payload['end'])}."


def _title(payload: Mapping[str, Any]) -> str:
    """Say what leaks most."""
    names = [plain(row["name"], 20) for row in payload["segments"]]
    if len(names) == 1:
        rate = percent_text(payload["segments"][0]["win_rate"]["mean"])
        return f"{names[0]}: {rate} of the deals that enter are won"
    if (found := worst_leak(payload)) is None:
        return "No stage passes on fewer deals than the other segments do"
    row, stage = found
    scale = worth_scale(payload)
    amount = f"{scale.said(stage['worth']['amount'])} {scale.name}"
    return f"The leak: {plain(stage['stage'], 40)} of {plain(row['name'], 30)}, worth {amount}"


def _funnel(axes: Axes, row: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
    """Draw one funnel from the top down: its stages, and won."""
    stages: Sequence[Mapping[str, Any]] = row["stages"]
    colours, scale = PALETTES["bookings"], worth_scale(payload)
    reached = [stage["reached"] for stage in stages] + [row["win_rate"]["mean"]]
    axes.barh(range(0, -len(reached), -1), [100 * share for share in reached], 0.72, color=colours.likely)
    axes.barh(-len(stages), 100 * reached[-1], 0.72, color=colours.line)
    for place, share in enumerate(reached):
        above = stages[place - 1] if place else None
        more = 0.0 if above is None else more_than_elsewhere(above)
        if above is not None and more:
            axes.barh(-place, 100 * above["reached"] * more, 0.72, left=100 * share, color=PLAN)
            end = 100 * (share + above["reached"] * more)
            _write(axes, f"+{scale.said(above['worth']['amount'])}", (end, -place), 40, PLAN, "bold")
        end = 100 * (share + (above["reached"] * more if above is not None else 0.0))
        _write(axes, percent_text(share), (end, -place), 4, INK)
    names = [plain(stage["stage"], 26) for stage in stages] + ["won"]
    axes.set_yticks([-place for place in range(len(names))], names)
    axes.set_ylim(-len(stages) - 0.5, 0.5)
    axes.set_xlim(0, 100)
    axes.set_xticks([])
    axes.grid(visible=False)
    axes.spines[["bottom", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0, labelsize=10)
    axes.set_title(plain(row["name"], 26), loc="left", fontsize=11, weight="bold", pad=6)


def _write(
    axes: Axes, text: str, place: tuple[float, float], right: float, colour: str, weight: str = "normal"
) -> None:
    axes.annotate(
        text, place, (right, 0), textcoords="offset points", va="center", color=colour, weight=weight,
        fontsize=10, annotation_clip=False,
    )  # fmt: skip
