"""Say in sentences what comes of a scenario in place of another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from simulator.report.compare_tables import (
    Stats,
    alike,
    at_place,
    average_scale,
    average_text,
    change_texts,
    comparison_scale,
    is_same,
    main_place,
    numbered,
    until,
    when_of,
)
from simulator.report.layout import wrapped
from simulator.words import Scale, chance_cells, day, plain

BRIEF: Final = 5
"""Others that the first screen of a run tells of."""


def told(payload: Mapping[str, Any], other: Mapping[str, Any], scale: Scale) -> list[str]:
    """Return what comes of one other, in a few sentences."""
    base = payload["base"]
    lines = [f"{numbered(payload, other)}, in place of {plain(base['name'], 30)}"]
    for text in sentences(base, other, scale):
        lines += wrapped(text, first="  ", then="    ")
    return lines


def brief(payload: Mapping[str, Any]) -> list[str]:
    """Return a few lines for the first screen of a run: one for each that it is compared with."""
    scale, base, (series, place) = comparison_scale(payload), payload["base"], main_place(payload)
    lines = [f"Compared on the same luck, average {series} {when_of(at_place(base, place))}"]
    for other in payload["others"][:BRIEF]:
        change = at_place(other["difference"], place)[series]
        both = alike(*(at_place(one, place)[series] for one in (base, other)))
        ours, theirs = (average_text(stats, scale) for stats in both)
        text, margin = change_texts(change, scale)
        chances = [
            f"{plain(target['name'], 20)} {chance_cells(mine)[0]} → {chance_cells(target)[0]}"
            for mine, target in zip(base["targets"], other["targets"], strict=True)
        ]
        line = (
            f"  {plain(other['name'], 30)}: {theirs} in place of {ours}, {' '.join((text, margin)).strip()}"
        )
        lines.append("; ".join([line, *chances[:2]]))
    left = len(payload["others"]) - BRIEF
    return lines + ([f"  {left} more: compare.json"] if left > 0 else [])


def sentences(base: Mapping[str, Any], other: Mapping[str, Any], scale: Scale) -> Iterator[str]:
    """Yield what comes of one other in place of the first."""
    same: list[str] = []
    apart, end = other["difference"], until(base)
    years = [i for i, period in enumerate(base["fiscal"]) if str(period["name"]).startswith("FY")][:2]
    asked: list[tuple[str, tuple[Any, ...], str]]
    asked = [("bookings", ("fiscal", i), f"of {plain(base['fiscal'][i]['name'], 20)}") for i in years]
    asked += [] if asked else [("bookings", ("totals",), end)]
    asked += [("revenue", ("totals",), end)] if "revenue" in base["totals"] else []
    asked += [("receipts", ("totals",), end)]
    for series, place, when in asked:
        what, change = f"{series.capitalize()} {when}", at_place(apart, place)[series]
        if is_same(change):
            same.append(f"{series} {when}")
        else:
            ours, theirs = alike(*(at_place(one, place)[series] for one in (base, other)))
            yield _sentence(what, ours, theirs, change, scale)
    yield from _peak(apart, scale)
    yield from _below_floor(base, other)
    for ours, theirs, change in zip(base["targets"], other["targets"], apart["targets"], strict=True):
        yield _chance(f"The chance of {plain(ours['name'], 30)}", ours, theirs, change)
    if same:
        yield f"The same in every trial: {', '.join(same)}."


def often(share: float) -> str:
    """Say of how many futures something is true."""
    if share >= 0.995:  # which would round to 100 of 100
        return "all" if share == 1 else "more than 99 of 100"
    return f"{round(100 * share)} of 100" if share > 0.005 else "less than 1 of 100"


def _sentence(what: str, ours: Stats, theirs: Stats, change: Stats, scale: Scale) -> str:
    mean, error = float(change["mean"]), change["error"]["mean"]
    before, after = average_text(ours, scale), average_text(theirs, scale)
    # Sides that are coarser than what lies between them would contradict it.
    coarsest = max(average_scale(one, scale).step for one in (ours, theirs))
    sides = f", {after} in place of {before}" if before != after and abs(mean) >= coarsest else ""
    if error is None:
        return f"{what}: {after} in place of {before}; one trial tells no more."
    amount = scale.differing(abs(mean), error).said(abs(mean))
    if not error and amount == "0":
        return f"{what}: no difference on average."
    if abs(mean) <= error or amount == "0":
        return f"{what}: no difference beyond what chance would make ({scale.margin(error)})."
    way, share = ("less", change["less"]) if mean < 0 else ("more", change["more"])
    margin = f" ({scale.margin(error)})" if error else ""
    told = f"in {often(share)} futures {way}"
    verb = "is" if what.startswith("Revenue") else "are"
    return f"{what} {verb} on average {amount} {way}{margin}{sides}; {told}."


def _peak(apart: Mapping[str, Any], scale: Scale) -> Iterator[str]:
    """Say by when most money has come sooner or later, where the end does not tell that."""
    ends = [(row["end"], row["receipts"]) for row in apart["cumulative"]]
    when, peak = max(ends, key=lambda row: abs(row[1]["mean"]))
    last, error = ends[-1][1], peak["error"]["mean"]
    turned = peak["mean"] * last["mean"] <= 0
    if error is None or abs(peak["mean"]) <= 2 * error or when == ends[-1][0]:
        return
    if turned or abs(peak["mean"]) > 1.25 * abs(last["mean"]):
        way = "ahead" if peak["mean"] > 0 else "behind"
        amount = scale.differing(abs(peak["mean"]), error).said(abs(peak["mean"]))
        if amount != "0":
            yield f"Receipts are furthest {way} on {day(when)}: by {amount} on average."


def _below_floor(base: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    if "balance" in base and "balance" in other:
        key = "chance_below_floor"
        change = other["difference"]["balance"][key]
        ours, theirs = ({"chance": one["balance"][key]} for one in (base, other))
        yield _chance("The chance that the balance falls below the floor", ours, theirs, change)


def _chance(what: str, ours: Stats, theirs: Stats, change: Stats) -> str:
    (before, _), (after, often), points = (
        chance_cells(ours),
        chance_cells(theirs),
        100 * float(change["chance"]),
    )
    if change["error"] is None:
        return f"{what}: one trial tells none."
    error = 100 * float(change["error"])
    if not points and not error:
        return f"{what} stays at {after}: it comes true in the same trials."
    if abs(points) <= error:
        return f"{what} stays at about {after} (±{max(error, 0.1):.1f} points)."
    size = f"{abs(points):.0f}" if abs(points) >= 9.5 else f"{max(abs(points), 0.1):.1f}"
    size += f" points (±{max(error, 0.1):.1f})"
    verb = "rises" if points > 0 else "falls"
    ends = f"from {before} to {after}, by {size}" if before != after else f"by {size} and stays at {after}"
    return f"{what} {verb} {ends}: {often}."
