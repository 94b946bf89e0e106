"""Hold what scenario files say as plain mappings, with the place that each key comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simulator.errors import Problem
from simulator.records import dataclass

Keys = tuple[str | int, ...]
"""A path: keys of mappings, indices of lists."""


@dataclass(frozen=True)
class Place:
    """Where a key stands.

    Attributes:
        file: the file's name as people know it, or `--set`.
        line: physical line, from 1, or None.
        folder: the folder against which paths in the file count.
    """

    file: str
    line: int | None
    folder: str

    @property
    def shown(self) -> str:
        """The file and the line, for people."""
        return self.file + (f", line {self.line}" if self.line else "")

    @property
    def typed(self) -> bool:
        """Whether a person has typed it with the command, after `--set`."""
        return self.line is None and self.file.startswith("--set ")


@dataclass(frozen=True)
class Tree:
    """A scenario as plain data.

    Attributes:
        data: mappings (all keys are texts), lists, texts, numbers, truth values, None.
        places: of every path in `data`, the empty one too.
    """

    data: dict[str, Any]
    places: Mapping[Keys, Place]

    def at(self, keys: Keys) -> Any:
        """Return what stands at a path, None where there is nothing."""
        return look_up(self.data, keys)

    def place(self, keys: Keys) -> Place:
        """Return the place of a path, or of the nearest one above that has any."""
        for length in range(len(keys), -1, -1):
            if found := self.places.get(keys[:length]):
                return found
        return Place("scenario", None, ".")

    def source(self, keys: Keys) -> str | None:
        """Return the `source` that covers a path: the nearest above it, or `--set`; None without any."""
        if self.place(keys).file.startswith("--set"):
            return "--set"
        above = (look_up(self.data, (*keys[:length], "source")) for length in range(len(keys) - 1, -1, -1))
        return next((text for text in above if isinstance(text, str) and text), None)

    def problem(
        self, code: str, message: str, keys: Keys, value: Any = None, remedy: str | None = None
    ) -> Problem:
        """Return a problem of what stands at a path, with its place."""
        place = self.place(keys)
        shown = None if value is None else str(value)[:200]
        return Problem(
            code, message, place.file, place.line, column=dotted(keys) or None, value=shown, remedy=remedy
        )


def paths(data: Any, above: Keys = ()) -> Iterator[Keys]:
    """Yield every path of mappings and lists, the one above it first."""
    yield above
    if isinstance(data, dict):
        for key, value in data.items():
            yield from paths(value, (*above, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from paths(value, (*above, index))


def look_up(data: Any, keys: Keys) -> Any:
    """Return what stands at a path of mappings and lists, None where there is nothing."""
    for key in keys:
        if isinstance(data, dict):
            data = data.get(str(key))
        elif isinstance(data, list) and isinstance(key, int) and 0 <= key < len(data):
            data = data[key]
        else:
            return None
    return data


def dotted(keys: Keys) -> str:
    """Write a path as `--set` reads it: `segments.smb.stages."Need established".close`."""
    return ".".join(_quoted(str(key)) for key in keys)


def _quoted(key: str) -> str:
    plain = key and not any(c in " .=\"'+*\\" for c in key)
    return key if plain else '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
