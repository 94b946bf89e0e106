"""Give names other names, each its own for good, and find names inside texts."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from simulator.words import plain

UNTOLD: Final = "(not told here: it names what this report leaves out)"
"""Stands for a text whose names cannot be told from its numbers."""
_WORD: Final = re.compile(r"\w+")
_SHORTEST: Final = 4
"""Characters by which the beginning of a name that was cut gives it away."""


class Pseudonyms:
    """Names of some kinds and what stands for them: `customer 1`, in the order in which they are met."""

    def __init__(self, kinds: Collection[str]) -> None:
        self._kinds = frozenset(kinds)
        self._known: dict[tuple[str, str], str] = {}
        self._count: dict[str, int] = {}
        self._by_word: dict[str, list[tuple[str, str]]] = {}
        self._beginnings: set[str] = set()

    def of(self, kind: str, name: str) -> str:
        """Return what stands for a name; names of kinds that may be told stay, without others in them."""
        if kind not in self._kinds or not name:
            return self.text(name)
        if (kind, name) not in self._known:
            self._count[kind] = self._count.get(kind, 0) + 1
            self._know(kind, name, f"{kind} {self._count[kind]}")
        return self._known[kind, name]

    def hide(self, name: str) -> None:
        """Let a name be left out of texts; nothing stands for it."""
        if name and ("", name) not in self._known:
            self._know("", name, "…")

    def text(self, text: str) -> str:
        """Return a text with other names for those in it, whole words alone.

        A text in which a name without any letter may stand, such as the deal 17, is left out: it could be a
        number as well. So is one with the beginning of a name that was cut.
        """
        if "…" in text and any(text[m.start() : m.start() + _SHORTEST] in self._beginnings
                               for m in _WORD.finditer(text)):  # fmt: skip
            return UNTOLD
        parts, done = [], 0
        for match in _WORD.finditer(text):
            if match.start() < done:
                continue
            for name, other in self._by_word.get(match[0], ()):
                start = match.start() - (first.start() if (first := _WORD.search(name)) else 0)
                if start < done or not _stands(text, name, start):
                    continue
                if not any(c.isalpha() for c in name):
                    return UNTOLD
                parts += [text[done:start], other]
                done = start + len(name)
                break
        return "".join([*parts, text[done:]])

    def _know(self, kind: str, name: str, other: str) -> None:
        self._known[kind, name] = other
        for form in {name, plain(name)}:
            if (first := _WORD.search(form)) is not None:
                same = self._by_word.setdefault(first[0], [])
                same.append((form, other))
                same.sort(key=lambda pair: -len(pair[0]))
                self._beginnings.add(form[first.start() : first.start() + _SHORTEST])


def _stands(text: str, name: str, start: int) -> bool:
    """Tell whether a name stands at some place of a text, as whole words."""
    end = start + len(name)
    return (
        start >= 0
        and text.startswith(name, start)
        and not (start and _is_word(text[start - 1 : start + 1]))
        and not _is_word(text[end - 1 : end + 1])
    )


def _is_word(pair: str) -> bool:
    """Tell whether two characters are inside one word."""
    return len(pair) == 2 and _WORD.fullmatch(pair) is not None
