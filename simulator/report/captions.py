"""Say in words what figures show, and find places for the words, whatever draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from simulator.report.past import past_path, year_start
from simulator.words import Scale, day, has_interval, headline_period, scale_for, scale_of

SHADES: Final = "the shades hold 5, 8 and 9.5 chances in 10"


def has_bands(payload: Mapping[str, Any]) -> bool:
    """Tell whether there were trials enough for a picture of what is likely."""
    return has_interval(headline_period(payload).get("bookings") or {})


def landing(what: str, stats: Mapping[str, Any], scale: Scale) -> str:
    """Say in a title where an amount will land."""
    fit = scale.fitting(stats)
    low, middle, high = (fit.said(float(stats[q])) for q in ("p10", "p50", "p90"))
    if stats.get("certain"):
        return f"{what}: {middle}"
    ends = f"8 chances in 10 between {low} and {high}"
    return f"{what}: {ends if low != high else f'most likely about {middle}'}"


def end_names(stats: Mapping[str, Any], scale: Scale) -> list[tuple[float, str]]:
    """Return (height, text) of low, middle and high; those that read alike share a label."""
    fit, ends = scale.fitting(stats), (("low", "p10"), ("middle", "p50"), ("high", "p90"))
    found = [(float(stats[q]), word, fit.said(stats[q])) for word, q in ends]
    if len({amount for *_, amount in found}) == 1:
        return [(float(stats["p50"]), f"about {found[0][2]}")]
    return [(height, f"{word} {amount}") for height, word, amount in found]


def scale_to(payload: Mapping[str, Any], top: float) -> Scale:
    """Return the forecast's scale, a larger one where the amounts of an axis would not fit beside it."""
    scale = scale_of(payload)
    return scale if top < 1e4 * scale.unit else scale_for(top, str(payload.get("currency", "")))


def counted_since(payload: Mapping[str, Any], series: str) -> str:
    """Say from when a sum counts: the start of the fiscal year where something came before the as-of day."""
    years = [f for f in payload.get("fiscal") or [] if f["name"].startswith("FY")]
    begun = any((f.get(series) or {}).get("already") for f in years)
    begun = begun or bool(past_path(payload, series, 0.0))
    when = day(year_start(payload)) if begun else f"the end of {day(payload['as_of'])}"
    return f"counted from {when}"


def spread_out(heights: Sequence[float], gap: float) -> list[float]:
    """Return heights at least a gap apart, in the same order, each group kept around its centre."""
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    groups: list[list[float]] = []  # [sum of what the first label's height would be, labels]
    for place in order:
        groups.append([heights[place], 1.0])
        while len(groups) > 1 and _first(groups[-1]) < _first(groups[-2]) + gap * groups[-2][1]:
            total, count = groups.pop()
            groups[-1][0] += total - gap * groups[-1][1] * count
            groups[-1][1] += count
    placed = [_first(group) + gap * k for group in groups for k in range(int(group[1]))]
    found = [0.0] * len(heights)
    for place, height in zip(order, placed, strict=True):
        found[place] = height
    return found


def _first(group: list[float]) -> float:
    return group[0] / group[1]
