"""Draw what made a trial better or worse than the average: a bar a reason, the largest on top."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure

from simulator.report.canvas import money_axis
from simulator.report.colours import GREY, INK, PALETTES, PLAN
from simulator.report.figures import STYLE, saved
from simulator.report.layout import rounded_to_sum
from simulator.report.replay_words import headline, replay_scale, told_reasons
from simulator.words import cut, plain

KINDS: Final = ("svg", "png")
_ROW: Final = 0.36
"""Inches of a row."""


def replay_figures(payload: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the figures of a trial by file name, none where nothing differs."""
    with mpl.rc_context(fname=STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*[Gg]lyph.*")
        figure = differences(payload)
        return {f"replay.{kind}": saved(figure, kind) for kind in KINDS} if figure is not None else {}


def differences(payload: Mapping[str, Any]) -> Figure | None:
    """Draw by how much each reason moves the trial away from the average."""
    scale, asked = replay_scale(payload), payload["asked"]
    rows = told_reasons(payload, scale)
    if not rows:
        return None
    whole = asked["amount"] - asked["average"]
    amounts = [amount for *_, amount in rows]
    fit = scale.showing(max(map(abs, amounts)), 2)
    rounded = rounded_to_sum(amounts, whole, fit)
    kept = [place for place, amount in enumerate(rounded) if amount]
    amounts = [*(rounded[place] for place in kept), whole]
    names = [*(rows[place][0] for place in kept), "together"]
    height = _ROW * len(names) + 1.6
    figure = Figure(figsize=(9, height))
    axes = figure.add_axes((0.5, 0.55 / height, 0.42, _ROW * len(names) / height))
    shades = [PALETTES["bookings"].core if amount > 0 else PLAN for amount in amounts]
    axes.barh([-place for place in range(len(names))], amounts, 0.66, color=[*shades[:-1], INK])
    widest = max(map(abs, amounts))
    for place, amount in enumerate(amounts):
        axes.annotate(
            fit.number(amount, sign=True), (amount, -place), (5 if amount >= 0 else -5, 0),
            textcoords="offset points", va="center", ha="left" if amount >= 0 else "right", color=INK,
        )  # fmt: skip
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set_xlim(-1.5 * widest, 1.5 * widest)
    axes.set_ylim(-len(names) + 0.4, 0.6)
    axes.set_yticks([-place for place in range(len(names))], [cut(plain(name), 68) for name in names])
    axes.tick_params(axis="y", labelsize=8)
    axes.grid(visible=True, axis="x")
    axes.grid(visible=False, axis="y")
    money_axis(axes, fit, vertical=False)
    title = headline(payload, scale).partition("; ")[0].rstrip(".")
    figure.text(0.02, 1 - 0.4 / height, f"{title}, on average {scale.said(asked['average'])}", fontsize=14,
                weight="bold")  # fmt: skip
    where = f"trial {payload['trial']:,} of {plain(payload['scenario'], 40)}"
    meaning = f"{scale.name}; {where}; what each takes it away from the average"
    figure.text(0.02, 1 - 0.66 / height, meaning, color=GREY, fontsize=10)
    return figure
