"""Draw how past forecasts did: where in their forecasts outcomes fell, what came by window, single deals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure

from simulator.report.canvas import bars, canvas, date_axis, heading, money_axis
from simulator.report.colours import GREY, INK, PALETTES, PLAN
from simulator.report.figures import write_drawn
from simulator.words import length, plain, scale_for

Payload = Mapping[str, Any]

_COLOURS: Final = PALETTES["bookings"]


def windows(payload: Payload) -> Figure | None:
    """Draw what was forecast in each window of the first measure, and what came."""
    first = _first(payload)
    shown = [w for w in payload["windows"] if _same(w, first)]
    if not shown:
        return None
    is_money = first["quantity"] in ("bookings", "receipts")
    scale = scale_for(max(w["intervals"]["95"][1] for w in shown), payload["currency"])
    figure, axes = canvas()
    places = np.array([date.fromisoformat(w["origin"]).toordinal() - 719163.0 for w in shown])
    width = 0.7 * float(np.diff(places).min()) if len(shown) > 1 else 10.0
    for level, colour in (("95", _COLOURS.wide), ("80", _COLOURS.likely), ("50", _COLOURS.core)):
        low, high = np.array([w["intervals"][level] for w in shown]).T
        bars(axes, places, low, high, colour, width)
    held = np.array([w["held"]["80"] for w in shown])
    came = np.array([w["came"] for w in shown])
    axes.plot(places[held], came[held], "o", color=INK, markersize=6)
    axes.plot(places[~held], came[~held], "X", color=PLAN, markersize=9)
    ends = [x for w in shown for x in w["intervals"]["95"]]
    axes.set_ylim(min(0.0, *ends, *came), 1.06 * max(*ends, *came, 1e-9))
    axes.set_xlim(places[0] - width, places[-1] + width)
    date_axis(axes, [date.fromisoformat(w["origin"]) for w in shown])
    unit = f"{scale.name}, " if is_money else ""
    if is_money:
        money_axis(axes, scale)
    inside = f"80 % ranges held {held.sum()} of {len(held)} times"
    what = plain(first["what"], 60)
    heading(
        axes, f"{what[0].upper()}{what[1:]}: {inside}",
        f"{unit}by day of the forecast, {length(first['horizon'])} ahead; bands 95, 80, 50 chances in 100; "
        "dot: came, cross: missed",
    )  # fmt: skip
    return figure


def places(payload: Payload) -> Figure | None:
    """Draw in which tenth of its forecast each outcome fell."""
    counts = np.sum([m["places"] for m in payload["measures"] if m["segment"] == "all"], axis=0)
    total = int(np.sum(counts))
    if not total:
        return None
    figure, axes = canvas()
    x = np.arange(len(counts)) + 0.5
    axes.bar(x, counts, 0.92, color=_COLOURS.core)
    # What a sound forecast would show in 19 of 20 bins, if outcomes had nothing to do with one another.
    fair, spread = total / len(counts), 1.96 * np.sqrt(total * 0.1 * 0.9)
    axes.axhspan(max(fair - spread, 0), fair + spread, color=_COLOURS.wide, zorder=0)
    axes.axhline(fair, color=INK, linewidth=1.2)
    axes.set_xticks(range(len(counts) + 1), [f"{10 * n} %" for n in range(len(counts) + 1)])
    axes.set_ylim(0, 1.15 * max(float(counts.max()), fair + spread))
    heading(axes, f"Where outcomes fell in their forecasts: {_shape(counts)}",
            f"outcomes by tenth of the forecast, {total} in all; even is right, high ends are too narrow; "
            "band: even, but for chance")  # fmt: skip
    return figure


def reliability(payload: Payload) -> Figure | None:
    """Draw how often deals with a chance came true."""
    deals = next((d for d in payload["deals"] if d["segment"] == "all" and d["reliability"]), None)
    if deals is None:
        return None
    bins = deals["reliability"]
    said, came, low, high, rising = (
        100 * np.array([b[k] for b in bins]) for k in ("chance", "share", "low", "high", "isotonic")
    )
    figure, axes = canvas()
    top = min(1.1 * max(*said, *high), 102.0)
    axes.plot([0, top], [0, top], color=GREY, linewidth=1.2)
    axes.vlines(said, low, high, color=_COLOURS.likely, linewidth=4)
    axes.plot(said, rising, color=_COLOURS.core, linewidth=1.5)
    axes.plot(said, came, "o", color=_COLOURS.line, markersize=7)
    axes.set_xlim(0, top)
    axes.set_ylim(0, top)
    heading(axes, f"Deals: {deals['expected']:,.0f} were to be won, {deals['won']:,} were",
            f"chances said across, came true upwards, per cent, {length(deals['horizon'])} ahead; "
            "bars: 19 chances in 20")  # fmt: skip
    return figure


FIGURES: Final[Mapping[str, Callable[[Payload], Figure | None]]] = {
    "track-windows": windows,
    "track-places": places,
    "track-deals": reliability,
}


def write_track_figures(payload: Payload, folder: Path) -> list[Path]:
    """Write the figures that the backtest has numbers for, each as SVG and PNG.

    Raises:
        PlaceError: the folder cannot be written to.
    """
    return write_drawn(FIGURES, payload, folder)


def _first(payload: Payload) -> Payload:
    """Return the measure of the track record, at the shortest horizon."""
    main = payload["track_record"]
    keys = ("quantity", "source", "segment")
    found: Payload = next(m for m in payload["measures"] if all(m[k] == main[k] for k in keys))
    return found


def _same(window: Payload, measure: Payload) -> bool:
    return all(window[k] == measure[k] for k in ("quantity", "source", "segment", "horizon"))


def _shape(counts: Any) -> str:
    """Say what a histogram of places looks like, if it cannot be chance."""
    total, ends = int(np.sum(counts)), int(counts[0] + counts[-1])
    z = (ends - 0.2 * total) / np.sqrt(total * 0.2 * 0.8)
    return "too often at the ends" if z > 2 else "too seldom at the ends" if z < -2 else "evenly"
