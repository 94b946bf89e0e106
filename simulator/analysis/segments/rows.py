"""Write segments and their stages as rows, one number each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

_ASIDE: Final = ("name", "stage", "stages", "walk", "reasons", "counterparts", "figures")


def segment_rows(payload: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield segments.csv: one number a row, the header first; what is of a whole segment has no stage."""
    yield "segment", "stage", "what", "value"
    rest = payload["no_segment"]
    of_none = [] if rest is None else [("", rest)]
    for name, row in (*((s["name"], s) for s in payload["segments"]), *of_none, ("all", payload["company"])):
        yield from _numbers(row, (name, ""), "")
        for reason in row.get("reasons", ()):
            yield name, "", f"lost for {reason['reason']}", reason["deals"]
        for stage in row.get("stages", ()):
            yield from _numbers(stage, (name, stage["stage"]), "")
            for reason in stage["reasons"]:
                yield name, stage["stage"], f"lost for {reason['reason']}", reason["deals"]
        for step in row["walk"]:
            yield name, "", f"walk {step['step']}", step["amount"]
    for target in payload["targets"]:
        yield target["segment"], "", f"target {target['name']} chance", target["chance"]


def _numbers(row: Mapping[str, Any], place: tuple[str, str], path: str) -> Iterator[tuple[Any, ...]]:
    """Yield every number of a mapping by its path."""
    for key, value in row.items():
        if key in _ASIDE:
            continue
        name = f"{path} {key}".strip()
        if isinstance(value, Mapping):
            yield from _numbers(value, place, name)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield *place, name, value
