"""Write an explanation as rows, one number each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def explanation_rows(payload: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield explain.csv, the header first: the part, whose number it is, which, and its value.

    What one of several is called is its id, name, group or date; other texts are left out.
    """
    yield "part", "of", "statistic", "value"
    for name, part in payload.items():
        if isinstance(part, Mapping):
            yield from _rows(name, "", "", part)


def _rows(part: str, of: str, path: str, value: Any) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _rows(part, of, f"{path}.{key}" if path else str(key), inner)
    elif isinstance(value, list):
        for one in value:
            if isinstance(one, Mapping):
                name = next((str(one[key]) for key in ("id", "name", "group", "by") if key in one), "")
                yield from _rows(part, f"{of} {name}".strip(), path, one)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield part, of, path, value
