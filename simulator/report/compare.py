"""Say what scenarios differ in, and what comes of it: side by side, and by how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from simulator.report.compare_sentences import told
from simulator.report.compare_tables import (
    DETAILED,
    Stats,
    both_sides,
    by_period,
    comparison_scale,
    exactness,
    main_place,
    numbered,
    side_by_side,
    side_title,
    until,
)
from simulator.report.layout import WIDTH, table, wrapped
from simulator.words import Scale, cut, day, plain, self_check_text

FIGURES: Final = 8
"""Figures that differ which are shown of each."""
SETTING: Final = "--set"
"""Source of what the command itself says."""


def comparison_text(payload: Mapping[str, Any], files: str = "") -> str:
    """Return what a person reads of a comparison.

    Args:
        payload: compare.json.
        files: where it was written; "" leaves it out.
    """
    scale, others = comparison_scale(payload), payload["others"]
    blocks = [[_title(payload, scale)], list(_differs(payload))]
    if len(others) > 1:
        blocks.append([side_title(payload), *side_by_side(payload, scale).lines(WIDTH)])
        if len(others) > DETAILED:
            blocks[-1].append("--format json and --format csv have every series and period.")
    if len(others) <= DETAILED:
        blocks += [told(payload, other, scale) for other in others if other["kind"] != "grid"]
        blocks += both_sides(payload, scale) if len(others) == 1 else by_period(payload, scale)
    blocks += [list(_offers(payload, scale)), list(_exactness(payload)), list(_foot(payload))]
    lines = [cut(line, WIDTH) for block in blocks if block for line in ["", *block]][1:]
    return "\n".join([*lines, *([f"Files: {files}"] if files else [])]) + "\n"


def _title(payload: Mapping[str, Any], scale: Scale) -> str:
    trials, names = int(payload["trials"]), [plain(other["name"], 24) for other in payload["others"]]
    against = names[0] if len(names) == 1 else f"{len(names)} others"
    noun = "trial" if trials == 1 else "trials"
    parts = [
        f"{plain(payload['base']['name'], 24)} against {against}", f"as of {day(payload['as_of'])}",
        scale.name, f"{trials:,} {noun} of the same luck",
    ]  # fmt: skip
    return " · ".join(parts)


def _differs(payload: Mapping[str, Any]) -> Iterator[str]:
    yield f"What differs from {plain(payload['base']['name'], 40)}"
    for other in payload["others"]:
        rows = other["differs"]
        yield f"  {numbered(payload, other)}" + ("" if rows else ": nothing")
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
    """Say which differences are exact, and what the same luck is worth to the others: how many trials."""
    if exact := exactness(payload):
        yield from wrapped(exact)
    if len(payload["others"]) > DETAILED:
        return
    series, _ = main_place(payload)
    changes = [(plain(o["name"], 30), o["difference"]["totals"][series]) for o in payload["others"]]
    found = [(_worth(change, "mean"), _worth(change, "p10"), name) for name, change in changes]
    told = [
        f"{mean} for {name}" + (f" ({low} its low end)" if low else "") for mean, low, name in found if mean
    ]
    told += [f"{low} for the low end of {name}" for mean, low, name in found if low and not mean]
    if told:
        yield from wrapped(
            f"All meet the same luck. Without that, the difference of {series} {until(payload['base'])} "
            f"would take so many times the trials to be as exact: {'; '.join(told)}."
        )


def _worth(change: Stats, q: str) -> str:
    error, apart = change["error"][q], change["separate_error"][q]
    if not error or not apart:
        return ""
    times = (apart / error) ** 2
    return f"{times:,.0f}"


def _foot(payload: Mapping[str, Any]) -> Iterator[str]:
    every = (payload["base"], *payload["others"])
    failed = [plain(one["name"], 30) for one in every if not one["self_check"]["passed"]]
    if failed:
        yield from wrapped(self_check_text(False, ", ".join(failed)))
    else:
        yield f"Self-check passed in all {len(every)}."
