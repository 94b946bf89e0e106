"""Say step by step why a forecast changed since an earlier run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from simulator.report.layout import WIDTH, Grid, rounded_to_sum, wrapped
from simulator.report.walk import Step
from simulator.words import Scale, cut, day, days, plain, scale_for
from simulator.words.since import STEPS, came_text, counted, deal_text, deals_in, kind_of, plain_text, since

DEALS: Final = 3
"""Deals of a step that are named."""
POINTS: Final = Scale(0.01, "points", 0)
"""How chances are written."""
SINGLE: Final = {
    "won": "{} won",
    "lost": "{} lost",
    "gone from the list": "{} gone from the list",
    "amounts": "amounts of {} changed",
    "close dates": "close dates of {} moved",
    "stage moves": "{} moved to another stage",
    "otherwise": "{} otherwise",
}
"""What is said of a step of deals."""


def bridge_text(payload: Mapping[str, Any], files: str = "") -> str:
    """Return what a person reads of the way from one forecast to the next.

    Args:
        payload: bridge.json.
        files: where it was written; "" leaves it out.
    """
    scale = bridge_scale(payload)
    steps = bridge_grid(payload, scale).lines(WIDTH)
    blocks = [[_title(payload, scale)], wrapped(since(payload, scale, paired=True)), steps]
    blocks.append(wrapped(without_effect(payload, scale)))
    blocks.append([line for note in payload["notes"] for line in wrapped(f"! {plain(note)}")])
    lines = [cut(line, WIDTH) for block in blocks if block for line in ["", *block]][1:]
    return "\n".join([*lines, *([f"Files: {files}"] if files else [])]) + "\n"


def bridge_scale(payload: Mapping[str, Any]) -> Scale:
    """Return the unit of the amounts, and decimals that show the change."""
    levels = [abs(payload[when][key]) for when in ("before", "after") for key in ("mean", "middle")]
    scale = scale_for(max(levels), payload["currency"])
    steps = [abs(step["middle"]) for step in payload["steps"]]
    return replace(scale.showing(max(steps, default=0.0), 2), noise=0.0)


def bridge_grid(payload: Mapping[str, Any], scale: Scale) -> Grid:
    """Return the steps from one run to the other, each with the deals that moved the middle most in it."""
    chances = payload["change"]["chance"] is not None
    what = what_of(payload)
    header = [what[0].upper() + what[1:], "middle", "average", *(["chance"] if chances else [])]
    steps = payload["steps"]
    keys = ("middle", "mean", *(["chance"] if chances else []))
    shown = {key: _shown(payload, key, POINTS if key == "chance" else scale) for key in keys}
    rows = [_end(payload, "from", "before", scale, chances)]
    for i, step in enumerate(steps):
        if not has_effect(step, scale):
            continue
        cells = [(POINTS if key == "chance" else scale).number(shown[key][i], sign=True) for key in keys]
        rows.append([f"  {step_text(step)}", *cells])
        rows += [
            [text, amount, "", *([""] if chances else [])] for text, amount in _deals(step, payload, scale)
        ]
    rows.append(_end(payload, "to", "after", scale, chances))
    return Grid(header, rows, strong=(0, len(rows) - 1))


def bridge_steps(payload: Mapping[str, Any]) -> list[Step]:
    """Return the steps that the middle went, from where it stood to where it stands."""
    scale = bridge_scale(payload)
    shown = _shown(payload, "middle", scale)
    levels = [
        (payload[run]["as_of"], payload[level]["middle"])
        for run, level in (("from", "before"), ("to", "after"))
    ]
    ends = [Step(f"as of {day(when)}", amount, scale.number(amount), True) for when, amount in levels]
    moved = [
        Step(step_text(step), step["middle"], scale.number(amount, sign=True), False)
        for step, amount in zip(payload["steps"], shown, strict=True)
        if scale.number(amount) != scale.number(0.0)
    ]
    return [ends[0], *moved, ends[1]]


def without_effect(payload: Mapping[str, Any], scale: Scale) -> str:
    """Name the steps of which nothing is left once they are rounded, "" if there are none."""
    none = [step_text(step) for step in payload["steps"] if not has_effect(step, scale)]
    return f"Hardly any effect: {'; '.join(none)}." if none else ""


def has_effect(step: Mapping[str, Any], scale: Scale) -> bool:
    """Tell whether anything of a step is left once it is rounded."""
    amounts = (scale.number(step[key]) != scale.number(0.0) for key in ("middle", "mean"))
    return any(amounts) or bool(POINTS.number(step["chance"] or 0.0) != POINTS.number(0.0))


def step_text(step: Mapping[str, Any]) -> str:
    """Say what happened in a step."""
    name = step["step"]
    if name == "new deals":
        return came_text(step)
    if name in STEPS:
        return plain_text(step)
    return SINGLE[name].format(counted(deals_in(step["items"])))


def what_of(payload: Mapping[str, Any]) -> str:
    """Say what is asked of both runs: `bookings of FY2026`."""
    series, segment = payload["series"], payload["segment"]
    whose = "" if segment == "all" else f" in {plain(segment, 20)}"
    if series == "balance":
        return f"the balance on {day(payload['end'])}"
    name = payload["name"]
    return f"{series}{whose} of {plain(name, 20) if name else days(payload['start'], payload['end'])}"


def _title(payload: Mapping[str, Any], scale: Scale) -> str:
    trials = int(payload["trials"])
    noun = "trial" if trials == 1 else "trials"
    ends = " → ".join(day(payload[end]["as_of"]) for end in ("from", "to"))
    name = plain(payload["scenario"], 24)
    return f"{name} · {ends} · {scale.name} · {trials:,} {noun} of the same luck"


def _shown(payload: Mapping[str, Any], key: str, scale: Scale) -> list[float]:
    """Return what each step is shown to move, so that what is shown adds up."""
    before, after = (scale.number(payload[when][key]) for when in ("before", "after"))
    total = (float(_plain(after)) - float(_plain(before))) * scale.unit
    return rounded_to_sum([step[key] for step in payload["steps"]], total, scale)


def _plain(number: str) -> str:
    return number.replace(",", "").replace("−", "-")


def _end(payload: Mapping[str, Any], run: str, level: str, scale: Scale, chances: bool) -> list[str]:
    stands = payload[level]
    cells = [scale.number(stands[key]) for key in ("middle", "mean")]
    chance = [f"{100 * stands['chance']:.0f} %"] if chances else []
    return [f"as of {day(payload[run]['as_of'])}", *cells, *chance]


def _deals(step: Mapping[str, Any], payload: Mapping[str, Any], scale: Scale) -> Iterator[tuple[str, str]]:
    """Yield the deals that moved the middle most in a step."""
    items = [item for item in step["items"] if item.get("deal") is not None]
    for item in sorted(items, key=lambda item: -abs(item["middle"]))[:DEALS]:
        amount = scale.number(item["middle"], sign=True)
        if amount != scale.number(0.0):
            if step["step"] == "new deals":
                text = " ".join(filter(None, (plain(item["deal"], 16), plain(item["name"], 24))))
            else:
                text = deal_text(item, kind_of(step["step"], item), payload)
            yield f"    {text}", amount
