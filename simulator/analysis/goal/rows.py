"""Write what it would take as rows, one number each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_ANSWERS = ("now", "answer", "low", "high", "limit")


def goal_rows(payload: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield goal.csv: one number a row, the header first."""
    yield "question", "lever", "status", "unit", "of", "segment", "statistic", "value"
    yield "now", "", "", "", "", "all", "chance", payload["now"]["chance"]
    for question, wanted, some in (("goal", "chance", "levers"), ("danger", "below", "shocks")):
        if question in payload:
            yield question, "", "", "", "", "all", wanted, payload[question][wanted]
            for lever in payload[question][some]:
                yield from _rows(question, lever)


def _rows(question: str, lever: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    place = question, lever["lever"], lever["status"], lever["unit"]
    for of in _ANSWERS:
        if (answer := lever[of]) is None:
            continue
        yield *place, of, "all", "value", answer["value"]
        yield *place, of, "all", "figure", answer["figure"]
        for segment, figure in answer["segments"].items():
            yield *place, of, segment, "figure", figure
    for statistic, value in (lever["chance"] or {}).items():
        yield *place, "answer", "all", statistic, value
    for start in lever.get("starts", ()):
        yield *place, f"from {start['from']}", "all", "value", start["value"]
        yield *place, f"from {start['from']}", "all", "figure", start["figure"]
