"""Read XML piece by piece, without any document type: no entity is defined, so none can blow up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Generic, TypeVar
from xml.parsers import expat

from simulator.loading.sources.archive import Archive

MOST_BETWEEN: Final = 1 << 20
"""Bytes of one tag with its attributes, or of the text between two: they are in memory as a whole."""
MOST_NAMES: Final = 1024
"""Names of elements that are remembered; a sheet has some forty."""
DEEPEST: Final = 64
"""Elements within each other; a sheet has eight."""

Attributes = dict[str, str]
Handler = TypeVar("Handler")


class Enough(Exception):
    """Raised by a handler that has seen what it needs."""


def read_markup(
    archive: Archive,
    part: str,
    begun: Mapping[str, Callable[[Attributes], None]],
    ended: Mapping[str, Callable[[], None]] = MappingProxyType({}),
    said: Callable[[str], None] | None = None,
) -> None:
    """Read a part of an archive; names count without their namespace.

    Args:
        archive: whose part it is.
        part: name.
        begun: by the name of an element, is called with its attributes.
        ended: likewise, is called at its end.
        said: is called with all text, piece by piece.

    Raises:
        InputError: it is no XML, or one that defines entities.
    """
    if part not in archive.parts:
        raise archive.refusal("D060", f"the part {part} is missing")
    parser = expat.ParserCreate(namespace_separator=" ")
    depth = tags = 0
    begins, ends = _Handlers(begun), _Handlers(ended)

    def begin(name: str, attributes: Attributes) -> None:
        nonlocal depth, tags
        depth += 1
        tags += 1
        if depth > DEEPEST:
            raise archive.refusal("D064", f"the part {part} is nested too deeply")
        if (handler := begins[name]) is not None:
            handler(attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        if (handler := ends[name]) is not None:
            handler()

    def doctype(*_: object) -> None:
        raise archive.refusal("D060", f"the part {part} defines entities of its own: no spreadsheet does")

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler = said
    parser.StartDoctypeDeclHandler = doctype
    seen = unseen = 0
    with archive.open(part) as stream:
        try:
            for piece in archive.pieces(stream, part):
                parser.Parse(piece, False)
                seen, unseen = tags, (0 if tags > seen else unseen + len(piece))
                if unseen > MOST_BETWEEN:
                    raise archive.refusal("D064", f"the part {part} holds more than a megabyte without a tag")
            parser.Parse(b"", True)
        except Enough:
            return
        except (expat.ExpatError, LookupError, ValueError) as error:  # of an encoding that nobody knows, too
            raise archive.refusal("D060", f"the part {part} is damaged: {error}") from None


class _Handlers(dict[str, Handler | None], Generic[Handler]):
    """Handlers by the whole name of an element, with its namespace."""

    def __init__(self, by_name: Mapping[str, Handler]) -> None:
        self._by_name = by_name

    def __missing__(self, name: str) -> Handler | None:
        found = self._by_name.get(_local(name))
        if len(self) < MOST_NAMES:
            self[name] = found
        return found


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def attribute(attributes: Attributes, name: str) -> str | None:
    """Return an attribute by its name without the namespace."""
    for full, value in attributes.items():
        if _local(full) == name:
            return value
    return None
