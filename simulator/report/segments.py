"""Say how the funnels of segments compare, where they leak, and what each stage is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from simulator.report.layout import WIDTH, Grid, wrapped
from simulator.report.segments_tables import (
    STANDING,
    amount_scale,
    brought,
    brought_title,
    goes_on,
    percent_text,
    stages,
    stages_title,
    standing,
    targets,
    walks,
    worth_scale,
)
from simulator.words import Scale, cut, day, plain, self_check_text

LEAKS: Final = 5
REASONS: Final = 3
LEAKING: Final = "Where it leaks: stages that pass on fewer deals than elsewhere, by what that is worth"
NO_LEAK: Final = "No stage passes on fewer deals than the other segments do."
UNSURE: Final = 0.6
"""A difference that is real with less than this chance is as good as none."""


def segments_text(payload: Mapping[str, Any], files: str = "") -> str:
    """Return what a person reads of segments.

    Args:
        payload: segments.json.
        files: where it was written; "" leaves it out.
    """
    scale, rows = amount_scale(payload), payload["segments"]
    blocks = [
        [_title(payload, scale)],
        [
            "The funnels side by side",
            *_indented(standing(payload, scale)),
            *wrapped(STANDING, first="  ", then="  "),
        ],
        [brought_title(payload), *_indented(brought(payload, scale))],
        list(targets(payload)),
        list(_leaks(payload)),
        *([*_stages(payload, row), *wrapped(reasons_text(row), first="  ", then="    ")] for row in rows),
        wrapped(legend(payload), first="  ", then="  "),
        list(walks(payload)),
        list(_foot(payload)),
    ]
    lines = [cut(line, WIDTH) for block in blocks if block for line in ["", *block]][1:]
    return "\n".join([*lines, *([f"Files: {files}"] if files else [])]) + "\n"


def worst_leak(payload: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """Return segment and stage of most worth, None where none would bring more."""
    return next(iter(_leaking(payload)), None)


def more_than_elsewhere(stage: Mapping[str, Any]) -> float:
    """Return how many more of a stage's deals would get on as elsewhere, where that is worth anything."""
    if stage["elsewhere"] is None or stage["worth"]["amount"] <= 0:
        return 0.0
    return max(-float(stage["elsewhere"]["difference"]), 0.0)


def _leaking(payload: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Return segments and stages that would bring more as elsewhere, those of most worth first."""
    every = [(row, stage) for row in payload["segments"] for stage in row["stages"] if stage["worth"]]
    found = [(row, stage) for row, stage in every if (stage["elsewhere"]["difference"] or 0) < 0]
    return sorted(found, key=lambda one: (-one[1]["worth"]["amount"], -one[1]["worth_to_end"]["amount"]))


def _indented(grid: Grid) -> list[str]:
    return [f"  {line}" for line in grid.lines(WIDTH - 2)]


def _title(payload: Mapping[str, Any], scale: Scale) -> str:
    trials = int(payload["trials"])
    parts = [
        plain(payload["scenario"], 24), f"as of {day(payload['as_of'])}", scale.name,
        f"{trials:,} trial{'s' * (trials != 1)}, {scale.noise_text()}",
    ]  # fmt: skip
    return " · ".join(parts)


def leak_texts(payload: Mapping[str, Any]) -> list[str]:
    """Say which stages would bring most if they passed on as many deals as elsewhere, most first."""
    found, scale = _leaking(payload), worth_scale(payload)
    texts = []
    for row, stage in found[:LEAKS]:
        other = stage["elsewhere"]
        ours, theirs = (percent_text(c["conversion"]["mean"]) for c in (stage, other))
        later = f", {_gain(stage, 'worth_to_end', scale)} from now to the end of the forecast"
        later = later if goes_on(payload) else ""
        beyond = "are won" if stage["next"] == "won" else "get on"
        chance = f"{percent_text(other['real'])}{', as good as none' if other['real'] < UNSURE else ''}"
        texts.append(
            f"{plain(row['name'], 30)}, {plain(stage['stage'], 40)}: {ours} {beyond}, elsewhere "
            f"{theirs} ({_where(other)}). As elsewhere it would bring {_gain(stage, 'worth', scale)} more by "
            f"{day(payload['end'])}{later}. The chance that the difference is real: {chance}.{_reason(stage)}"
        )
    return texts


def reasons_text(row: Mapping[str, Any]) -> str:
    """Say why most deals of a segment were lost, and at which stages for something else; "" if not known."""
    if not row["reasons"]:
        return ""
    whole = sum(reason["deals"] for reason in row["reasons"])
    told = [f"{plain(r['reason'], 30)} {r['deals']}" for r in row["reasons"][:REASONS]]
    text = f"lost for: {', '.join(told)}, of {whole} losses with a reason"
    own = [
        f"{plain(s['stage'], 30)} {plain(s['reasons'][0]['reason'], 30)}"
        for s in row["stages"]
        if s["reasons"]
    ]
    text += f"; mainly, by stage: {', '.join(own)}" if own else "; the record does not tell at which stage"
    return f"{text}."


def leak_grid(payload: Mapping[str, Any]) -> Grid:
    """Return the stages that would bring most as elsewhere, and what they would bring, most first."""
    scale, on = worth_scale(payload), goes_on(payload)
    until = f"worth by {day(payload['end'])}"
    header = ["segment", "stage", "get on", "elsewhere", "chance it is real", until]
    rows = []
    for row, stage in _leaking(payload)[:LEAKS]:
        other = stage["elsewhere"]
        shares = (stage["conversion"]["mean"], other["conversion"]["mean"], other["real"])
        worth = [scale.number(stage[key]["amount"], sign=True) for key in ("worth", "worth_to_end")[: 1 + on]]
        names = plain(row["name"], 30), plain(stage["stage"], 40)
        rows.append([*names, *map(percent_text, shares), *worth])
    return Grid([*header, *["to the end"] * on], rows, (0, 1))


def legend(payload: Mapping[str, Any]) -> str:
    """Say what the columns of the tables of stages are."""
    alone = len(payload["segments"]) < 2
    text = (
        "get on: of the deals in a stage, those that ever get beyond it, optimism corrected; between the "
        "ends of “8 in 10” with 8 chances in 10. lost, back: of the next moves. days: until the next move, "
        "average. open, still: open deals there, and those that have been there longer than 9 in 10 stay."
    )
    if not alone:
        text += (
            " others: the other segments there, pooled by the deals that meet it. real: the chance that the "
            "difference is more than chance. worth: what average bookings would gain until "
            f"{day(payload['end'])}{', and from now to the end of the forecast' * goes_on(payload)}, "
            f"{worth_scale(payload).name}, if the stage passed on as many deals as elsewhere, all else as "
            "it is."
        )
    return text


def _leaks(payload: Mapping[str, Any]) -> Iterator[str]:
    if len(payload["segments"]) < 2:
        return
    if not (texts := leak_texts(payload)):
        yield NO_LEAK
        return
    yield LEAKING
    for place, text in enumerate(texts, 1):
        yield from wrapped(f"{place}. {text}", first="  ", then="     ")
    left = len(_leaking(payload)) - LEAKS
    if left > 0:
        yield f"  {left} more pass on fewer than elsewhere, as the tables below tell."


def _gain(stage: Mapping[str, Any], key: str, scale: Scale) -> str:
    return f"{scale.said(stage[key]['amount'])} {scale.name}"


def _where(other: Mapping[str, Any]) -> str:
    """Name the segments that a stage is held against."""
    names = [plain(c["segment"], 20) for c in other["counterparts"]]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return shown + (", where as many deals arrive" if other["counterparts"][0]["by"] == "share" else "")


def _reason(stage: Mapping[str, Any]) -> str:
    """Say why most deals were lost there, where the record tells."""
    if not stage["reasons"]:
        return ""
    first, whole = stage["reasons"][0], sum(reason["deals"] for reason in stage["reasons"])
    return f" Main reason of losses there: {plain(first['reason'], 30)}, {first['deals']} of {whole}."


def _stages(payload: Mapping[str, Any], row: Mapping[str, Any]) -> Iterator[str]:
    yield stages_title(row)
    yield from _indented(stages(payload, row))


def _foot(payload: Mapping[str, Any]) -> Iterator[str]:
    for note in payload["notes"]:
        yield from wrapped(f"! {plain(note)}")
    yield from wrapped(self_check_text(payload["self_check"]["passed"]))
