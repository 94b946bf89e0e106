"""Answer for any target how likely it is reached: a curve on which one moves it, and a table."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from markupsafe import Markup

from simulator.records import dataclass
from simulator.report.blocks import Picture, Section, Table, Text
from simulator.report.captions import has_bands
from simulator.report.page.drawing import WIDTH, Axis, Drawing, round_steps, ticks
from simulator.report.results import Results
from simulator.scores import wilson
from simulator.words import (
    Scale,
    chance_cells,
    headline_period,
    interval_texts,
    likelihood,
    of_headline,
    one_in,
)

STOPS: Final = 150
"""Targets between which the curve can be moved, at most."""
_TOP, _BOTTOM = 52.0, 262.0


@dataclass(frozen=True)
class Stop:
    """A target that the curve can be asked for.

    Attributes:
        amount: major units.
        text: the amount as it is printed.
        chance: to reach it.
        says: the chance in words.
    """

    amount: float
    text: str
    chance: float
    says: str


def section(results: Results) -> Section | None:
    """Return the curve and the table; None where nothing is open, or too few trials were played."""
    forecast, scale = results.forecast, results.scale
    period = headline_period(forecast)
    stats = period.get("bookings") or {}
    curve = stats.get("curve") or ()
    if not curve or stats.get("certain") or curve[0] == curve[-1] or not has_bands(forecast):
        return None
    plan = (period.get("plan") or {}).get("bookings")
    stops = list(targets(curve, plan, scale, int(forecast["trials"])))
    name = of_headline(period)
    chosen = _nearest(stops, float(plan["amount"]) if plan else float(stats["p50"]))
    what = f"Bookings {name}: the chance of at least so much, {scale.name}"
    picture = Picture(_drawn(stops, chosen, scale), f"{what}. {stops[chosen].text}: {stops[chosen].says}.")
    how = f"How likely bookings {name} reach each amount; {scale.name}."
    header, caption = ["chance", "which is", "at least", ""], f"Bookings {name}, {scale.name}"
    table = Table(header, _rows(stats, plan, scale), (0, 1, 3), caption)
    return Section("reach", "How likely is another target?", [Text(how, quiet=True), picture, table])


def chance_of(curve: Sequence[float], amount: float) -> float:
    """Return the chance of at least an amount, straight between 199 quantiles.

    What lies beyond them is rarer than one in two hundred.
    """
    place, parts = bisect_left(curve, amount), len(curve) + 1
    if place == len(curve):
        return 0.5 / parts
    if curve[place] == amount:
        return 1 - (place + 1) / parts
    if place == 0:
        return 1 - 0.5 / parts
    share = (amount - curve[place - 1]) / (curve[place] - curve[place - 1])
    return 1 - (place + share) / parts


def targets(
    curve: Sequence[float], plan: Mapping[str, Any] | None, scale: Scale, trials: int
) -> Iterator[Stop]:
    """Yield round targets from the lowest quantile to the highest, and the plan where it lies among them.

    Args:
        curve: 199 quantiles.
        plan: its amount and its chance.
        scale: of the amounts.
        trials: of the run, which tell how well a chance is known.
    """
    step, amounts = round_steps(curve[0], curve[-1], STOPS)
    fine = replace(scale, decimals=max(len(f"{step / scale.unit:.9f}".rstrip("0").partition(".")[2]), 0))
    reach = (curve[-1] - curve[0]) / 4
    if plan and curve[0] - reach <= (goal := float(plan["amount"])) <= curve[-1] + reach:
        amounts = sorted([a for a in amounts if abs(a - goal) > step / 2] + [goal])
    for amount in amounts:
        if plan and amount == plan["amount"]:
            chance, text, ends = float(plan["chance"]), f"{scale.exact(amount)} (the plan)", plan
        else:
            chance, text = chance_of(curve, amount), fine.number(amount)
            low, high = wilson(round(chance * trials), trials)
            ends = {"chance": chance, "low": low, "high": high}
        yield Stop(amount, text, chance, likelihood(ends))


def _nearest(stops: Sequence[Stop], amount: float) -> int:
    return min(range(len(stops)), key=lambda i: abs(stops[i].amount - amount))


def _drawn(stops: Sequence[Stop], chosen: int, scale: Scale) -> Markup:
    drawing = Drawing(_BOTTOM + 24)
    x, y = Axis(stops[0].amount, stops[-1].amount), Axis(0, 1, _BOTTOM, _TOP)
    for chance in (0.0, 0.25, 0.5, 0.75, 1.0):
        drawing.line((0, y(chance)), (WIDTH, y(chance)), "grid" if chance else "zero")
        drawing.text((0, y(chance) + 4), f"{100 * chance:.0f} %", "tick", "end", shift=-7)
    for amount in ticks(x.low, x.high, 5):
        drawing.line((x(amount), _BOTTOM), (x(amount), _BOTTOM + 4), "tick")
        drawing.text((x(amount), _BOTTOM + 18), scale.exact(amount), "tick", "middle")
    drawing.rect(0, _TOP, WIDTH, _BOTTOM - _TOP, "plot")
    points = [(x(stop.amount), y(stop.chance)) for stop in stops]
    drawing.path([(0, _BOTTOM), *points, (WIDTH, _BOTTOM)], "likely", closed=True)
    drawing.path(points, "line middle")
    place, height = points[chosen]
    drawing.line((place, height), (place, _BOTTOM), "line plan down")
    drawing.line((0, height), (place, height), "line plan across")
    drawing.circle((place, height), 9, "plan handle")
    drawing.text((0, 18), _asked(stops[chosen], scale), "read asked")
    drawing.text((0, 40), stops[chosen].says, "read answer")
    data = "|".join(f"{a:.2f};{b:.1f};{s.text};{s.says}" for (a, b), s in zip(points, stops, strict=True))
    told = [("reach", data), ("at", str(chosen)), ("unit", scale.name)]
    return drawing.svg("reach", told)


def _asked(stop: Stop, scale: Scale) -> str:
    return f"At least {stop.text}, {scale.name}"


def _rows(stats: Mapping[str, Any], plan: Mapping[str, Any] | None, scale: Scale) -> list[list[str]]:
    fit = scale.fitting(stats)
    low, middle, high = interval_texts(stats, scale)
    lower, upper = (fit.number(stats[q]) for q in ("p25", "p75"))
    rows = [
        (chance, f"{100 * chance:.0f} %", one_in(chance), text, name)
        for chance, text, name in (
            (0.9, low, "low"), (0.75, lower, ""), (0.5, middle, "middle"),
            (0.25, upper, ""), (0.1, high, "high"),
        )
    ]  # fmt: skip
    if plan:
        rows.append((float(plan["chance"]), *chance_cells(plan), scale.exact(plan["amount"]), "the plan"))
    return [list(row[1:]) for row in sorted(rows, reverse=True)]
