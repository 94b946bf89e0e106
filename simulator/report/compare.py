"""Say what scenarios differ in, and what comes of it: side by side, and by how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from simulator.report.layout import NOTHING, WIDTH, rounded_to_sum, table, wrapped
from simulator.words import (
    Scale,
    chance_cells,
    cut,
    day,
    has_interval,
    interval_texts,
    one_in,
    plain,
    scale_of,
    width,
)

SERIES: Final = ("bookings", "revenue", "receipts", "balance")
DETAILED: Final = 4
"""Others that are each told of in sentences; of more there are tables alone."""
COLUMNS: Final = 5
"""Others that stand side by side, period by period."""
FIGURES: Final = 8
"""Figures that differ which are shown of each."""
SETTING: Final = "--set"
"""Source of what the command itself says."""
SAME: Final = "0"
"""Written where nothing differs in any trial."""
MEETING: Final = "where they meet"
"""What cases do to one another."""
_NAME: Final = 16
Stats = Mapping[str, Any]


def comparison_text(payload: Mapping[str, Any], files: str = "") -> str:
    """Return what a person reads of a comparison.

    Args:
        payload: compare.json.
        files: where it was written; "" leaves it out.
    """
    scale, others = comparison_scale(payload), payload["others"]
    blocks = [[_title(payload, scale)], list(_differs(payload))]
    if len(others) > 1:
        blocks.append(list(_side_by_side(payload, scale)))
    if len(others) <= DETAILED:
        blocks += [_told(payload, other, scale) for other in others]
    blocks += _sides(payload, scale) if len(others) == 1 else _by_period(payload, scale)
    blocks += [list(_offers(payload, scale)), list(_exactness(payload))]
    blocks.append(list(_foot(payload, files)))
    lines = [line for block in blocks if block for line in ["", *block]][1:]
    return "\n".join(cut(line, WIDTH) for line in lines) + "\n"


def comparison_rows(payload: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield compare.csv: one number a row, the header first; `of` tells an amount from a difference."""
    yield "name", "of", "series", "segment", "from", "until", "cumulative", "statistic", "value"
    yield from _rows(payload["base"], payload["base"]["name"], "amount", payload)
    for other in payload["others"]:
        yield from _rows(other, other["name"], "amount", payload)
        yield from _rows(other["difference"], other["name"], "difference", payload)
    if "interaction" in payload:
        yield from _rows(payload["interaction"], " + ".join(payload["interaction"]["of"]), "interaction", payload)


def comparison_scale(payload: Mapping[str, Any]) -> Scale:
    """Return the unit and the decimals in which a comparison is written: those of its base."""
    top = {key: payload[key] for key in ("as_of", "currency", "headline_period")}
    return scale_of({**payload["base"], **top})


def _title(payload: Mapping[str, Any], scale: Scale) -> str:
    trials, names = int(payload["trials"]), [plain(other["name"], 30) for other in payload["others"]]
    against = ", ".join(names) if len(names) <= DETAILED else f"{len(names)} others"
    noun = "trial" if trials == 1 else "trials"
    parts = [
        f"{plain(payload['base']['name'], 30)} against {against}", f"as of {day(payload['as_of'])}",
        scale.name, f"{trials:,} {noun} of the same luck",
    ]  # fmt: skip
    return " · ".join(parts)


def _differs(payload: Mapping[str, Any]) -> Iterator[str]:
    yield f"What differs from {plain(payload['base']['name'], 40)}"
    for other in payload["others"]:
        rows = other["differs"]
        yield f"  {plain(other['name'], 80)}" + ("" if rows else ": nothing")
        shown = [[plain(r["what"]), f"{plain(r['base'])} → {plain(r['other'])}"] for r in rows[:FIGURES]]
        said = ""
        for line, row in zip(table(["", ""], shown, (0, 1))[1:], rows, strict=False):
            source = "" if row["source"] in (said, SETTING) else f"  ({plain(row['source'])})"
            said = row["source"]
            yield f"    {line}{source}"
        if len(rows) > FIGURES:
            yield f"    and {len(rows) - FIGURES} more, which --format json lists"
    for note in payload["notes"]:
        yield from wrapped(f"! {plain(note)}")


def _side_by_side(payload: Mapping[str, Any], scale: Scale) -> Iterator[str]:
    """Lay out one row a variant, of the period and the series in which most differs."""
    series, place = _main(payload)
    base = payload["base"]
    targets = [target["name"] for target in base["targets"]][:2]
    header = [f"{series} {_when(_at(base, place))}", "low", "middle", "high", "average", "differs by", ""]
    header += [cut(f"chance of {plain(name)}", 24) for name in targets]
    rows = []
    for one in (base, *payload["others"]):
        stats = _at(one, place)[series]
        row = [plain(one["name"], 40), *_ends(stats, scale), scale.fitting(stats).number(stats["mean"])]
        row += _change(_at(one["difference"], place)[series], scale) if "difference" in one else (NOTHING, "")
        row += [chance_cells(target)[0] for target in one["targets"][:2]]
        rows.append(row)
    yield from table(header, rows, columns=WIDTH)


def _told(payload: Mapping[str, Any], other: Mapping[str, Any], scale: Scale) -> list[str]:
    base = payload["base"]
    lines = [f"{plain(other['name'], 60)}, in place of {plain(base['name'], 30)}"]
    for text in _sentences(base, other, scale):
        lines += wrapped(text, first="  ", then="    ")
    return lines


def _sides(payload: Mapping[str, Any], scale: Scale) -> Iterator[list[str]]:
    """Lay out low, middle and high of both, and by how much the average differs, a series a table."""
    base, other = payload["base"], payload["others"][0]
    header = [f"{_short(base)} low", "middle", "high", f"{_short(other)} low", "middle", "high", "differs by", ""]
    for series in SERIES:
        rows = [
            [when, *_ends(_at(base, at)[series], scale), *_ends(_at(other, at)[series], scale),
             *_change(_at(other["difference"], at)[series], scale)]
            for when, at in _periods(base) if series in _at(base, at)
        ]  # fmt: skip
        if any(row[-2] != SAME for row in rows):
            yield table([series, *header], rows, columns=WIDTH)


def _by_period(payload: Mapping[str, Any], scale: Scale) -> Iterator[list[str]]:
    """Lay out by how much each differs on average, and what cases do to one another where all are played."""
    shown, meet = payload["others"][:COLUMNS], payload.get("interaction")
    header = [(_short(other), "") for other in shown]
    if meet:
        shown = [other for other in payload["others"] if other["kind"] in ("case", "together")]
        alone = [_short(other) for other in shown[:-1]]
        header = [(name, "") for name in (*alone, MEETING, "together")]
    for series in SERIES:
        rows = []
        for when, at in _periods(payload["base"]):
            found = [_at(other["difference"], at).get(series) for other in shown]
            if found[0] is not None:
                found = [*found[:-1], _at(meet, at)[series], found[-1]] if meet else found
                rows.append([when, *(_adding(found, scale) if meet else _each(found, scale))])
        if any(cell not in (SAME, "") for row in rows for cell in row[1:]):
            yield table([f"{series} differ by", *(cell for pair in header for cell in pair)], rows, columns=WIDTH)


def _each(found: Sequence[Stats], scale: Scale) -> Iterator[str]:
    for change in found:
        yield from _change(change, scale)


def _adding(found: Sequence[Stats], scale: Scale) -> Iterator[str]:
    """Yield parts and their sum, rounded so that what is shown adds up."""
    *parts, whole = [float(change["mean"]) for change in found]
    error = max(float(change["error"]["mean"] or 0.0) for change in found)
    size = max(abs(x) for x in (*parts, whole))
    fit = scale.fitting({"p50": size, "p90": size, "error": {"mean": error}})
    for amount, change in zip([*rounded_to_sum(parts, whole, fit), whole], found, strict=True):
        told = change["less"] or change["more"] or fit.number(amount) != fit.number(0.0)
        yield fit.number(amount, sign=True) if told else SAME
        yield scale.margin(change["error"]["mean"]) if told and change["error"]["mean"] else ""


def _short(one: Mapping[str, Any]) -> str:
    return plain(one["name"], _NAME)


def _periods(base: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield each fiscal period, then the whole: its name, and where it stands."""
    for i, period in enumerate(base["fiscal"]):
        yield plain(period["name"], 20), ("fiscal", i)
    yield _until(base), ("totals",)


def _until(base: Mapping[str, Any]) -> str:
    return f"until {day(base['periods'][-1]['end'])}"


def _sentences(base: Mapping[str, Any], other: Mapping[str, Any], scale: Scale) -> Iterator[str]:
    same: list[str] = []
    apart, until = other["difference"], _until(base)
    years = [i for i, period in enumerate(base["fiscal"]) if str(period["name"]).startswith("FY")][:2]
    asked = [("bookings", ("fiscal", i), f"of {plain(base['fiscal'][i]['name'], 20)}") for i in years]
    asked += [] if asked else [("bookings", ("totals",), until)]
    asked += [("revenue", ("totals",), until)] if "revenue" in base["totals"] else []
    asked += [("receipts", ("totals",), until)]
    for series, place, when in asked:
        what, change = f"{series.capitalize()} {when}", _at(apart, place)[series]
        if not change["less"] and not change["more"]:
            same.append(f"{series} {when}")
        else:
            ours, theirs = (_at(one, place)[series] for one in (base, other))
            yield _sentence(what, ours, theirs, change, scale)
    yield from _peak(apart, scale)
    yield from _below_floor(base, other)
    for ours, theirs, change in zip(base["targets"], other["targets"], apart["targets"], strict=True):
        yield _chance(f"The chance of {plain(ours['name'], 30)}", ours, theirs, change)
    if same:
        yield f"The same in every trial: {', '.join(same)}."


def _sentence(what: str, ours: Stats, theirs: Stats, change: Stats, scale: Scale) -> str:
    mean, error = float(change["mean"]), change["error"]["mean"]
    fit = scale.fitting(ours)
    sides = f"{fit.said(theirs['mean'])} in place of {fit.said(ours['mean'])}"
    if error is None:
        return f"{what}: {sides}; one trial tells no more."
    if abs(mean) <= error:
        return f"{what} differ on average by no more than chance would tell ({scale.margin(error)})."
    way, share = ("less", change["less"]) if mean < 0 else ("more", change["more"])
    amount = scale.change(abs(mean), error).lstrip("+")
    margin = f" ({scale.margin(error)})" if error else ""
    often = f"in {_often(share)} futures {way}"
    return f"{what} are on average {amount} {way}{margin}, {sides}; {often}."


def _often(share: float) -> str:
    if share > 0.995:
        return "all" if share == 1 else "more than 99 of 100"
    return f"{round(100 * share)} of 100" if share >= 0.005 else "less than 1 of 100"


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
        amount = scale.change(abs(peak["mean"]), error).lstrip("+")
        yield f"Receipts are furthest {way} on {day(when)}: by {amount} on average."


def _below_floor(base: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    if "balance" in base and "balance" in other:
        key = "chance_below_floor"
        change = other["difference"]["balance"][key]
        sides = [{"chance": one["balance"][key]} for one in (base, other)]
        yield _chance("The chance that the balance falls below the floor", *sides, change)


def _chance(what: str, ours: Stats, theirs: Stats, change: Stats) -> str:
    before, after, points = chance_cells(ours)[0], chance_cells(theirs)[0], 100 * float(change["chance"])
    error = change["error"]
    if error is None:
        return f"{what}: one trial tells none."
    if not points and not error:
        return f"{what} stays at {after}: it is reached in the same trials."
    if abs(points) <= 100 * error:
        return f"{what} stays at about {after}: a difference of less than {100 * error:.1f} points."
    verb = "rises" if points > 0 else "falls"
    size = f"{abs(points):.0f}" if abs(points) >= 9.5 else f"{abs(points):.1f}"
    return f"{what} {verb} from {before} to {after}, by {size} points (±{100 * error:.1f}): {one_in(theirs['chance'])}."


def _offers(payload: Mapping[str, Any], scale: Scale) -> Iterator[str]:
    for one in (payload["base"], *payload["others"]):
        for offer in one["offers"]:
            rate, sooner = offer["yearly_rate"], offer["days_earlier"]
            when = f"{abs(sooner):.0f} days {'sooner' if sooner >= 0 else 'later'}"
            price = f", a yearly rate of {100 * rate:.0f} %" if rate is not None else ""
            yield from wrapped(
                f"{plain(one['name'], 30)}: the offer {plain(offer['name'], 30)} costs "
                f"{scale.exact(offer['cost'], 2)} in discounts; its money comes {when}{price}."
            )


def _exactness(payload: Mapping[str, Any]) -> Iterator[str]:
    """Say what the same luck is worth: as how many times the trials, on luck of their own."""
    series, _ = _main(payload)
    found = []
    for other in payload["others"]:
        worth = [_worth(other["difference"]["totals"][series], q) for q in ("mean", "p10")]
        if worth[0]:
            low = f" ({worth[1]} its low end)" if worth[1] else ""
            found.append(f"{worth[0]} for {plain(other['name'], 30)}{low}")
    if found:
        yield from wrapped(
            f"All meet the same luck. Without that, the difference of {series} {_until(payload['base'])} would "
            f"take so many times the trials to be as exact: {'; '.join(found[:DETAILED])}."
        )


def _worth(change: Stats, q: str) -> str:
    error, apart = change["error"][q], change["separate_error"][q]
    if not error or not apart:
        return ""
    times = (apart / error) ** 2
    return f"{times:,.0f}"


def _foot(payload: Mapping[str, Any], files: str) -> Iterator[str]:
    told = (payload["base"], *payload["others"])
    failed = [plain(one["name"], 30) for one in told if not one["self_check"]["passed"]]
    if failed:
        yield from wrapped(
            f"SELF-CHECK FAILED ({', '.join(failed)}): simulated and exact averages differ by more than chance "
            "allows. Do not use these numbers; this is a defect of the program, please report it."
        )
    else:
        yield f"Self-check passed in all {len(told)}." + (f" Files: {files}" if files else "")


def _main(payload: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
    """Return the series and the period that tell most: the fiscal year of most difference, else the whole."""
    years = [i for i, p in enumerate(payload["base"]["fiscal"]) if str(p["name"]).startswith("FY")]
    places: list[tuple[Any, ...]] = [*(("fiscal", i) for i in years), ("totals",)]
    for series in ("bookings", "receipts", "billings", "revenue"):
        sizes = {
            place: sum(abs(_at(o["difference"], place)[series]["mean"]) for o in payload["others"])
            for place in places
            if series in _at(payload["base"], place)
        }
        if any(sizes.values()):
            return series, max((p for p in sizes if p != ("totals",)), key=sizes.__getitem__, default=("totals",))
    return "bookings", places[0]


def _at(one: Mapping[str, Any], place: Sequence[Any]) -> Any:
    """Return what stands at a place of a layout."""
    found: Any = one
    for key in place:
        found = found[key]
    return found


def _when(period: Mapping[str, Any]) -> str:
    return f"of {plain(period['name'], 20)}" if period.get("name") else "until the end"


def _ends(stats: Stats, scale: Scale) -> tuple[str, ...]:
    return interval_texts(stats, scale, 1) if has_interval(stats) else (NOTHING, scale.number(stats["p50"]), NOTHING)


def _change(change: Stats, scale: Scale) -> tuple[str, str]:
    """Return by how much averages differ, and the error."""
    if not change["less"] and not change["more"]:
        return SAME, ""
    error = change["error"]["mean"]
    return scale.change(change["mean"], error), "" if not error else scale.margin(error)


def _rows(
    laid_out: Mapping[str, Any], name: str, of: str, payload: Mapping[str, Any]
) -> Iterator[tuple[Any, ...]]:
    start = payload["base"]["span"]["start"]
    end = payload["base"]["periods"][-1]["end"]
    for period in (*laid_out["fiscal"], *laid_out["periods"]):
        yield from _of_period(period, (name, of), "all", period["start"], period["end"], 0)
    for period in laid_out["cumulative"]:
        yield from _of_period(period, (name, of), "all", start, period["end"], 1)
    for segment, found in laid_out["segments"].items():
        yield from _of_period(found["totals"], (name, of), segment, start, end, 0)
    for target in laid_out["targets"]:
        yield name, of, f"target {target['name']}", "", "", "", "", "chance", target["chance"]


def _of_period(
    period: Mapping[str, Any], whose: tuple[str, str], segment: str, start: str, end: str, cumulative: int
) -> Iterator[tuple[Any, ...]]:
    for series, stats in period.items():
        if not isinstance(stats, Mapping):
            continue
        place = (*whose, series, segment, start, end, cumulative)
        for statistic, value in stats.items():
            if isinstance(value, Mapping):
                yield from ((*place, f"{statistic} of {q}", one) for q, one in value.items())
            elif isinstance(value, float):
                yield *place, statistic, value
