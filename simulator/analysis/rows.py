"""Write a comparison as rows, one number each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def comparison_rows(payload: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield compare.csv: one number a row, the header first; `of` tells an amount from a difference."""
    yield "name", "of", "series", "segment", "from", "until", "cumulative", "statistic", "value"
    yield from _rows(payload["base"], payload["base"]["name"], "amount", payload)
    for other in payload["others"]:
        yield from _rows(other, other["name"], "amount", payload)
        yield from _rows(other["difference"], other["name"], "difference", payload)
    if "interaction" in payload:
        yield from _rows(
            payload["interaction"], " + ".join(payload["interaction"]["of"]), "interaction", payload
        )


def _rows(
    laid_out: Mapping[str, Any], name: str, of: str, payload: Mapping[str, Any]
) -> Iterator[tuple[Any, ...]]:
    start = payload["start"]
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
