"""Draw how a history and what was learned of it agree: ends of stays, chances of deals, payments."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from simulator.history import NEVER
from simulator.learning import Fit
from simulator.learning.aalen_johansen import incidence_of
from simulator.posterior import FunnelDraws
from simulator.report.canvas import canvas, heading
from simulator.report.colours import GREY, INK, PALETTES, PLAN
from simulator.report.figures import write_drawn
from simulator.words import plain

Floats = NDArray[np.float64]

_COLOURS: Final = PALETTES["bookings"]
_MOST_STAGES: Final = 12
_BINS: Final = 8


def write_check_figures(fit: Fit, folder: Path) -> list[Path]:
    """Write the figures that the history has numbers for, each as SVG and PNG.

    Raises:
        PlaceError: the folder cannot be written to.
    """
    return write_drawn(FIGURES, fit, folder)


def stages(fit: Fit) -> Figure | None:
    """Draw by stage how many stays have ended by each day, as counted and as learned."""
    shown = [
        (name, stage)
        for name, draws in fit.posterior.segments.items()
        if draws.funnel is not None
        for stage in range(len(draws.funnel.stages))
    ][:_MOST_STAGES]
    if not shown:
        return None
    columns = min(3, len(shown))
    rows = math.ceil(len(shown) / columns)
    figure = Figure(figsize=(9, 2.5 * rows + 1.1))
    grid = figure.subplots(rows, columns, squeeze=False)
    height = float(figure.get_size_inches()[1])
    figure.subplots_adjust(
        left=0.07, right=0.98, top=1 - 1.15 / height, bottom=0.55 / height, hspace=0.55, wspace=0.22
    )
    for axes, (name, stage) in zip(grid.ravel(), shown, strict=False):
        funnel = fit.posterior.segments[name].funnel
        assert funnel is not None
        _stage(axes, fit, name, stage, funnel, len(fit.posterior.segments) > 1)
    for axes in grid.ravel()[len(shown) :]:
        axes.set_axis_off()
    figure.text(0.02, 1 - 0.36 / height, "How stays in each stage end", fontsize=14, weight="bold")
    meaning = "operational days across, per cent of stays upwards; steps: counted, band: learned, 8 in 10"
    figure.text(0.02, 1 - 0.62 / height, f"{meaning}; blue: on or won, orange: lost", color=GREY, fontsize=10)
    return figure


def _stage(axes: Axes, fit: Fit, name: str, stage: int, funnel: FunnelDraws, told: bool) -> None:
    """Draw one stage: moves on (or won) and losses."""
    spells = fit.spells
    number = fit.history.stages.index(funnel.stages[stage])
    own = spells.only((spells.segment == spells.segments.index(name)) & (spells.stage == number))
    found = incidence_of(own)
    last = float(np.quantile(own.length, 0.98)) if len(own) else 30.0
    until = max(last * 1.3, 5.0)
    days = np.arange(int(until) + 2, dtype=np.float64)
    joint = funnel.transitions[:, stage, :, None] * (1 - funnel.stays[stage].survivors(days + 0.5))
    lost = len(funnel.stages) + 1
    for columns, colour in (([*range(lost)], _COLOURS.line), ([lost], PLAN)):
        low, high = np.quantile(joint[:, columns].sum(axis=1), (0.1, 0.9), axis=0)
        axes.fill_between(days, 100 * low, 100 * high, step="post", color=colour, alpha=0.25, linewidth=0)
        if len(found.days):
            counted = 100 * found.cumulative[columns].sum(axis=0)
            x = np.append(found.days, max(until, found.days[-1]))
            axes.step(x, np.append(counted, counted[-1]), where="post", color=colour, linewidth=1.5)
    axes.set_xlim(0, until)
    axes.set_ylim(0, 100)
    whose = f"{plain(name, 12)}: " if told else ""
    axes.set_title(f"{whose}{plain(funnel.stages[stage], 24)}", fontsize=10, pad=4)


def chances(fit: Fit) -> Figure | None:
    """Draw how often deals came true that once stood at a chance."""
    snapshots = fit.snapshots
    if snapshots is None or len(snapshots) < 2 * _BINS:
        return None
    order = np.argsort(snapshots.before, kind="stable")
    groups = [g for g in np.array_split(order, min(_BINS, len(order) // 10)) if len(g)]
    said = np.array([100 * snapshots.before[g].mean() for g in groups])
    came = np.array([100 * snapshots.after[g].mean() for g in groups])
    error = np.array([196 * snapshots.after[g].std() / np.sqrt(len(g)) for g in groups])
    figure, axes = canvas()
    top = min(1.1 * max(*said, *(came + error)), 102.0)
    axes.plot([0, top], [0, top], color=GREY, linewidth=1.2)
    axes.vlines(said, came - error, came + error, color=_COLOURS.likely, linewidth=4)
    axes.plot(said, came, "o", color=_COLOURS.line, markersize=7)
    axes.set_xlim(0, top)
    axes.set_ylim(0, top)
    heading(
        axes, f"{len(snapshots):,} deals as they once stood: chance then, and what came",
        "per cent; open deals count with their chance now; bars: 19 chances in 20 if deals shared no luck",
    )  # fmt: skip
    return figure


def payments(fit: Fit) -> Figure | None:
    """Draw how many invoices are paid by how many days past due, as counted and as learned."""
    if fit.payments is None:
        return None
    invoices, behaviour = fit.history.invoices, fit.payments.behaviour()
    paid = invoices.paid_day != NEVER
    late = np.where(paid, invoices.paid_day, fit.history.known) - invoices.due_day
    days, share = _counted(late, paid)
    if not len(days):
        return None
    first, last = (float(q) for q in np.quantile(late[paid], (0.005, 0.99)))
    grid = np.arange(int(first) - 2, int(last) + 10)
    figure, axes = canvas()
    axes.plot(grid, 100 * behaviour.cdf(grid), color=_COLOURS.core, linewidth=3)
    axes.step(days, 100 * share, where="post", color=INK, linewidth=1.3)
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set_xlim(grid[0], grid[-1])
    axes.set_ylim(0, 100)
    half = int(days[np.searchsorted(share, 0.5).clip(0, len(days) - 1)])
    when = "on the due date" if half == 0 else f"{abs(half)} days {'late' if half > 0 else 'early'}"
    meaning = "days past due across, per cent of invoices paid upwards; steps: counted, line: learned"
    meaning += "" if behaviour.days is None else ", before it waits for days on which money leaves"
    heading(axes, f"Half of all invoices are paid {when} or earlier", meaning)
    return figure


def _counted(late: NDArray[np.int64], paid: NDArray[np.bool_]) -> tuple[NDArray[np.int64], Floats]:
    """Return the share paid by each day, counting open invoices (Kaplan & Meier 1958)."""
    days, counts = np.unique(late[paid], return_counts=True)
    ordered = np.sort(late)
    at_risk = len(late) - np.searchsorted(ordered, days, side="left")
    return days, np.asarray(1 - np.cumprod(1 - counts / np.maximum(at_risk, 1)), dtype=np.float64)


FIGURES: Final[Mapping[str, Callable[[Fit], Figure | None]]] = {
    "check-stages": stages,
    "check-chances": chances,
    "check-payments": payments,
}
