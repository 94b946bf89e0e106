"""Read XML piece by piece, without any document type: no entity is defined, so none can blow up."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final
from xml.parsers import expat

from simulator.loading.sources.archive import Archive

MOST_OF_A_TAG: Final = 1 << 20
"""Bytes of one tag with its attributes; a reader has it in memory as a whole."""
DEEPEST: Final = 64
"""Elements within each other; a sheet has eight."""

Attributes = dict[str, str]


class Enough(Exception):
    """Raised by a handler that has seen what it needs."""


def read_markup(
    archive: Archive,
    part: str,
    begun: Callable[[str, Attributes], None],
    ended: Callable[[str], None] = lambda name: None,
    said: Callable[[str], None] = lambda text: None,
) -> None:
    """Read a part of an archive; names come without their namespace.

    Args:
        archive: whose part.
        part: its name.
        begun: is called with the name and the attributes of each element.
        ended: is called at its end.
        said: is called with its text, piece by piece.

    Raises:
        InputError: it is no XML, or one that defines entities.
    """
    if part not in archive.parts:
        raise archive.refusal("D060", f"the part {part} is missing")
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    depth = 0

    def begin(name: str, attributes: Attributes) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise archive.refusal("D064", f"the part {part} is nested too deeply")
        begun(_local(name), attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        ended(_local(name))

    def doctype(*_: object) -> None:
        raise archive.refusal("D060", f"the part {part} defines entities of its own: no spreadsheet does")

    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = said
    parser.StartDoctypeDeclHandler = doctype
    fed = 0
    with archive.open(part) as stream:
        try:
            for piece in archive.pieces(stream, part):
                parser.Parse(piece, False)
                fed += len(piece)
                if fed - parser.CurrentByteIndex > MOST_OF_A_TAG:
                    raise archive.refusal("D064", f"the part {part} has a tag of more than a megabyte")
            parser.Parse(b"", True)
        except Enough:
            return
        except (expat.ExpatError, LookupError, ValueError) as error:  # of an encoding that nobody knows, too
            raise archive.refusal("D060", f"the part {part} is damaged: {error}") from None


@lru_cache(maxsize=1024)
def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def attribute(attributes: Attributes, name: str) -> str | None:
    """Return an attribute by its name without the namespace."""
    for full, value in attributes.items():
        if _local(full) == name:
            return value
    return None
