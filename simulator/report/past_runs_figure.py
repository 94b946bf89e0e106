"""Draw how a period looked from each past run, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure

from simulator.report.canvas import bars, canvas, date_axis, end_labels, heading, money_axis, number
from simulator.report.colours import INK, PALETTES, PLAN
from simulator.report.past_runs import named_period
from simulator.words import day, plain, scale_for

Payload = Mapping[str, Any]
_MARKS: Final = {"weighted pipeline": "X", "sales commit": "^", "reps' dates": "v", "plan": "D"}
_SEEN: Final = {"X": "×", "^": "▲", "v": "▼", "D": "◆"}


def followed(payload: Payload) -> Figure | None:
    """Draw the ranges of one period by as-of day, what others said, and what came."""
    rows = payload.get("rows") or []
    if not rows:
        return None
    origins = [date.fromisoformat(row["as_of"]) for row in rows]
    places = np.array([number(origin) for origin in origins])
    colours = PALETTES.get(payload["series"], PALETTES["bookings"])
    width = 0.6 * float(np.diff(places).min()) if len(rows) > 1 else 10.0
    figure, axes = canvas(right=0.8)
    for level, colour in (("95", colours.wide), ("80", colours.likely), ("50", colours.core)):
        low, high = np.array([row["ranges"][level] for row in rows]).T
        bars(axes, places, low, high, colour, width)
    middle = np.array([row["middle"] for row in rows])
    axes.hlines(middle, places - width / 2, places + width / 2, color=colours.line, linewidth=1.8)
    seen = [end for row in rows for end in row["ranges"]["95"]]
    labels = [(float(middle[-1]), "our middle", colours.line)]
    for place, (name, mark) in enumerate(_MARKS.items()):
        said = [(x, r["others"][name]) for x, r in zip(places, rows, strict=True) if name in r["others"]]
        if said:
            across, up = np.array(said).T
            axes.plot(across + (place - 1.5) / 4 * width, up, mark, color=PLAN, markersize=6)
            labels.append((float(up[-1]), f"{_SEEN[mark]} {name}", PLAN))
            seen += up.tolist()
    if payload["came"] is not None:
        axes.axhline(payload["came"], color=INK, linewidth=1.4)
        labels.append((payload["came"], "came", INK))
        seen.append(payload["came"])
    top = max(*seen, 1e-9)
    axes.set_ylim(min(0.0, *seen), 1.06 * top)
    axes.set_xlim(places[0] - width, places[-1] + width)
    end_labels(axes, labels)
    date_axis(axes, origins)
    scale = scale_for(top, payload["currency"])
    money_axis(axes, scale)
    heading(axes, _title(payload, scale.exact),
            f"{scale.name}, by as-of day; bands 95, 80, 50 chances in 100, line middle")  # fmt: skip
    return figure


FIGURES: Final[Mapping[str, Callable[[Payload], Figure | None]]] = {"track-period": followed}


def _title(payload: Payload, said: Callable[[float], str]) -> str:
    period, segment = payload["period"], payload["segment"]
    name = named_period(period) if payload["series"] != "balance" else day(period["end"])
    whose = "" if segment == "all" else f" in {plain(segment, 20)}"
    ending = f"{said(payload['came'])} came" if payload["came"] is not None else "not known yet"
    return f"{payload['series'].capitalize()} of {name}{whose}: {ending}"
