"""Lay out what scenarios bring side by side, and by how much they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from simulator.report.layout import NOTHING, WIDTH, Grid, rounded_to_sum, table
from simulator.words import Scale, chance_cells, day, has_interval, interval_texts, plain, scale_of

SERIES: Final = ("bookings", "revenue", "receipts", "balance")
DETAILED: Final = 4
"""Others that are each told of in sentences and period by period; of more there is one table."""
SAME: Final = "0"
"""Written where nothing differs in any trial."""
MEETING: Final = "where they meet"
"""What cases do to one another."""
Stats = Mapping[str, Any]


def comparison_scale(payload: Mapping[str, Any]) -> Scale:
    """Return the unit and the decimals in which a comparison is written: those of its base."""
    top = {key: payload[key] for key in ("as_of", "currency", "headline_period")}
    return scale_of({**payload["base"], **top})


def main_place(payload: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
    """Return the series and the period that tell most: the fiscal year of most difference, else the whole."""
    years = [i for i, p in enumerate(payload["base"]["fiscal"]) if str(p["name"]).startswith("FY")]
    places: list[tuple[Any, ...]] = [*(("fiscal", i) for i in years), ("totals",)]
    for series in ("bookings", "receipts", "billings", "revenue"):
        sizes = {
            place: sum(abs(at_place(o["difference"], place)[series]["mean"]) for o in payload["others"])
            for place in places
            if series in at_place(payload["base"], place)
        }
        if any(sizes.values()):
            return series, max(
                (p for p in sizes if p != ("totals",)), key=sizes.__getitem__, default=("totals",)
            )
    return "bookings", places[0]


def numbered(payload: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    """Return a variant's name, behind its number where there are several."""
    name, others = plain(one["name"], 60), payload["others"]
    return f"{others.index(one) + 1} {name}" if one in others and len(others) > 1 else name


def target_at(base: Mapping[str, Any], series: str, period: Mapping[str, Any]) -> int | None:
    """Return the place of the company's target of a series in a period, None where it has none."""
    wanted = "all", series, period.get("start"), period.get("end")
    for place, target in enumerate(base["targets"]):
        if (target["segment"], target["series"], target["from"], target["until"]) == wanted:
            return place
    return None


def side_by_side(payload: Mapping[str, Any], scale: Scale) -> Grid:
    """Return one row a variant, of the period and the series in which most differs."""
    base, (series, place) = payload["base"], main_place(payload)
    aim = target_at(base, series, at_place(base, place))
    every, rows = (base, *payload["others"]), []
    for one, stats in zip(every, alike(*(at_place(o, place)[series] for o in every)), strict=True):
        apart = one.get("difference")
        row = [numbered(payload, one), *_ends(stats, scale), average_text(stats, scale)]
        row += change_texts(at_place(apart, place)[series], scale) if apart else (NOTHING, "")
        rows.append(row if aim is None else [*row, chance_cells(one["targets"][aim])[0]])
    header = ["", "low", "middle", "high", "average", "differs by", "", *([] if aim is None else ["chance"])]
    return Grid(header, rows)


def side_title(payload: Mapping[str, Any]) -> str:
    """Say of what variants stand side by side."""
    base, (series, place) = payload["base"], main_place(payload)
    aim = target_at(base, series, at_place(base, place))
    chance = "" if aim is None else f", and the chance of {plain(base['targets'][aim]['name'], 40)}"
    return f"{series.capitalize()} {when_of(at_place(base, place))}{chance}"


def both_sides(payload: Mapping[str, Any], scale: Scale) -> Iterator[list[str]]:
    """Lay out low, middle and high of both, and by how much the average differs, a series a table."""
    base, other = payload["base"], payload["others"][0]
    ends = [(f"{_short(one)} low", "middle", "high") for one in (base, other)]
    header = [*ends[0], *ends[1], "differs by", ""]
    for series in SERIES:
        rows = [
            [when, *_ends(at_place(base, at)[series], scale), *_ends(at_place(other, at)[series], scale),
             *change_texts(at_place(other["difference"], at)[series], scale)]
            for when, at in _periods(base, series) if series in at_place(base, at)
        ]  # fmt: skip
        if any(row[-2] != SAME for row in rows):
            yield table([series, *header], rows, columns=WIDTH)


def by_period(payload: Mapping[str, Any], scale: Scale) -> Iterator[list[str]]:
    """Lay out by how much each differs on average, and what cases do to one another where all are played."""
    shown, meet = payload["others"], payload.get("interaction")
    if meet:
        shown = [other for other in shown if other["kind"] in ("case", "together")]
    names = [f"by {numbered(payload, other).split()[0]}" for other in shown]
    names = [*names[:-1], MEETING, "together"] if meet else names
    header = [cell for name in names for cell in (name, "")]
    for series in SERIES:
        rows = []
        for when, at in _periods(payload["base"], series):
            found = [at_place(other["difference"], at).get(series) for other in shown]
            if found[0] is not None:
                found = [*found[:-1], at_place(meet, at)[series], found[-1]] if meet else found
                rows.append([when, *(_adding(found, scale) if meet else _each(found, scale))])
        if any(cell not in (SAME, "") for row in rows for cell in row[1:]):
            yield table([f"{series} differ", *header], rows, columns=WIDTH)


def until(base: Mapping[str, Any]) -> str:
    """Name the whole that is compared by its end."""
    return f"until {day(base['periods'][-1]['end'])}"


def at_place(one: Mapping[str, Any], place: Sequence[Any]) -> Any:
    """Return what stands at a place of a layout."""
    found: Any = one
    for key in place:
        found = found[key]
    return found


def when_of(period: Mapping[str, Any]) -> str:
    """Name a fiscal period in a sentence; the whole has no name."""
    return f"of {plain(period['name'], 20)}" if period.get("name") else "until the end"


def exact_first(stats: Stats) -> Stats:
    """Return numbers with the exact mean, where it is known, in the place of the trials' average.

    By these means differences are told, so that both sides agree with what lies between them.
    """
    exact = stats.get("exact")
    return stats if exact is None else {**stats, "mean": exact, "error": {**stats["error"], "mean": 0.0}}


def average_scale(stats: Stats, scale: Scale) -> Scale:
    """Return the scale of an average, no finer than it is known."""
    known = exact_first(stats)
    size, error = abs(float(known["mean"])), known["error"]["mean"] or 0.0
    if known is not stats:
        return scale.differing(size, error, digits=3)
    return scale.fitting({"p50": size, "p90": size, "error": {"mean": error}})


def average_text(stats: Stats, scale: Scale) -> str:
    """Write an average, no finer than it is known."""
    return average_scale(stats, scale).said(exact_first(stats)["mean"])


def alike(*some: Stats) -> list[Stats]:
    """Return numbers whose averages are told in one way: by exact means only where all have one."""
    known = all(stats.get("exact") is not None for stats in some)
    return [stats if known else {**stats, "exact": None} for stats in some]


def exactness(payload: Mapping[str, Any]) -> str:
    """Say whose averages are exact, "" where nothing differs exactly."""
    others = [other for other in payload["others"] if _is_known(payload["base"], other)]
    if not any(_differs(other["difference"]) for other in others):
        return ""
    few = len(others) < len(payload["others"])
    whose = f" for {', '.join(plain(one['name'], 30) for one in others)}" if few else ""
    checked = all(one["self_check"]["cells"] for one in (payload["base"], *others))
    agreed = "; the trials agree with them" if checked else ""
    return (
        f"Averages here, and by how much they differ, are exact means{whose} and have no error of "
        f"simulation{agreed}."
    )


def _is_known(base: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether exact means are known of both: of all or of no series of a company."""
    return all(one["totals"]["bookings"].get("exact") is not None for one in (base, other))


def _differs(difference: Mapping[str, Any]) -> bool:
    periods = (difference["totals"], *difference["fiscal"])
    return any(period[series]["mean"] for period in periods for series in SERIES if series in period)


def change_texts(change: Stats, scale: Scale) -> tuple[str, str]:
    """Return by how much averages differ, and the error."""
    if is_same(change):
        return SAME, ""
    error = change["error"]["mean"]
    return scale.change(change["mean"], error), "" if not error else scale.margin(error)


def is_same(change: Stats) -> bool:
    """Tell whether nothing differs: in no trial, nor by the rare event that none of them shows."""
    return not change["less"] and not change["more"] and not change["mean"]


def _each(found: Sequence[Stats], scale: Scale) -> Iterator[str]:
    for change in found:
        yield from change_texts(change, scale)


def _adding(found: Sequence[Stats], scale: Scale) -> Iterator[str]:
    """Yield parts and their sum, rounded so that what is shown adds up."""
    *parts, whole = [float(change["mean"]) for change in found]
    errors = [change["error"]["mean"] for change in found]
    error = None if None in errors else max(errors)
    size = max(abs(x) for x in (*parts, whole))
    fit = scale.differing(size, error)
    for amount, change in zip([*rounded_to_sum(parts, whole, fit), whole], found, strict=True):
        told = change["less"] or change["more"] or fit.number(amount) != fit.number(0.0)
        yield fit.number(amount, sign=True) if told else SAME
        yield scale.margin(change["error"]["mean"]) if told and change["error"]["mean"] else ""


def _short(one: Mapping[str, Any]) -> str:
    return plain(one["name"], 11)


def _periods(base: Mapping[str, Any], series: str) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield name and place of each fiscal period and of the whole; balances are told by quarter."""
    for i, period in enumerate(base["fiscal"]):
        if series != "balance" or not str(period["name"]).startswith("FY"):
            yield plain(period["name"], 20), ("fiscal", i)
    yield until(base), ("totals",)


def _ends(stats: Stats, scale: Scale) -> tuple[str, ...]:
    return (
        interval_texts(stats, scale, 1)
        if has_interval(stats)
        else (NOTHING, scale.number(stats["p50"]), NOTHING)
    )
