"""Read what an Excel workbook says of its sheets: their parts, formats of numbers, shared texts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from simulator.loading.sources.archive import Archive
from simulator.loading.sources.markup import Attributes, attribute, read_markup
from simulator.loading.sources.number_formats import BUILT_IN, NumberFormat, number_format
from simulator.records import dataclass

LONGEST_TEXT: Final = 32_767
"""Characters that a cell can hold in a spreadsheet."""
TRUE: Final = ("1", "true")
_ROOT: Final = "_rels/.rels"
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True)
class Book:
    """What a workbook says of its sheets.

    Attributes:
        archive: its parts.
        sheets: part of each sheet, by name.
        hidden: names of sheets that are not shown.
        formats: of cells, by number of their style.
        since_1904: whether days count from 1904.
        uncalculated: whether formulas wait to be calculated.
        texts: that cells share.
    """

    archive: Archive
    sheets: dict[str, str]
    hidden: frozenset[str]
    formats: tuple[NumberFormat, ...]
    since_1904: bool
    uncalculated: bool
    texts: tuple[str, ...]


def read_book(archive: Archive) -> Book:
    """Return what a workbook says of its sheets.

    Raises:
        InputError: it is no workbook, or damaged.
    """
    root = dict(_relations(archive, "", _ROOT))
    main = next((part for kind, part in root.values() if kind == "officeDocument"), "xl/workbook.xml")
    folder, file = posixpath.split(main)
    relations = dict(_relations(archive, folder, f"{folder}/_rels/{file}.rels"))
    sheets: dict[str, str] = {}
    hidden: set[str] = set()
    flags = {"date1904": False, "fullCalcOnLoad": False}

    def says(attributes: Attributes) -> None:
        for flag in flags:
            flags[flag] |= attributes.get(flag) in TRUE

    def begin_sheet(attributes: Attributes) -> None:
        kind, part = relations.get(attribute(attributes, "id") or "", ("", ""))
        if kind == "worksheet":
            title = attributes.get("name", "")
            sheets[title] = part
            if attributes.get("state", "visible") != "visible":
                hidden.add(title)

    read_markup(archive, main, {"workbookPr": says, "calcPr": says, "sheet": begin_sheet})
    parts = {kind: part for kind, part in relations.values()}
    return Book(
        archive,
        sheets,
        frozenset(hidden),
        _formats(archive, parts.get("styles")),
        flags["date1904"],
        flags["fullCalcOnLoad"],
        _texts(archive, parts.get("sharedStrings")),
    )


def unescaped(archive: Archive, text: str) -> str:
    """Return a cell's text, its control characters no longer written as `_x000D_`.

    Raises:
        InputError: it is longer than a cell can hold.
    """
    if len(text) > LONGEST_TEXT:
        raise archive.refusal("D064", f"a cell has more than {LONGEST_TEXT:,} characters")
    return _ESCAPED.sub(_unescape, text) if "_x" in text else text


def whole_number(archive: Archive, text: str | None) -> int:
    """Return the number that an attribute holds.

    Raises:
        InputError: it holds none.
    """
    try:
        return int(text or "")
    except ValueError:
        raise archive.refusal(
            "D060", f"the workbook is damaged: {(text or '')[:20]!r} is no number"
        ) from None


def _relations(archive: Archive, folder: str, part: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the parts that one refers to: id, kind and name; what lies outside the file is passed over."""
    found: list[tuple[str, tuple[str, str]]] = []

    def begin(attributes: Attributes) -> None:
        if attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            whole = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
            kind = attributes.get("Type", "").rpartition("/")[2]
            found.append((attributes.get("Id", ""), (kind, posixpath.normpath(whole))))

    if part in archive.parts:
        read_markup(archive, part, {"Relationship": begin})
    yield from found


def _formats(archive: Archive, part: str | None) -> tuple[NumberFormat, ...]:
    codes: dict[int, str] = dict(BUILT_IN)
    found: list[NumberFormat] = []
    inside = False

    def begin_custom(attributes: Attributes) -> None:
        codes[whole_number(archive, attributes.get("numFmtId"))] = attributes.get("formatCode", "")

    def begin_style(attributes: Attributes) -> None:
        if inside:
            found.append(number_format(codes.get(whole_number(archive, attributes.get("numFmtId", "0")), "")))

    def turn(within: bool) -> None:
        nonlocal inside
        inside = within

    if part is not None:
        begun = {"numFmt": begin_custom, "cellXfs": lambda _: turn(True), "xf": begin_style}
        read_markup(archive, part, begun, {"cellXfs": lambda: turn(False)})
    return tuple(found)


def _texts(archive: Archive, part: str | None) -> tuple[str, ...]:
    """Return the texts that cells share: pieces of rich text joined, how they are spoken left out."""
    found: list[str] = []
    pieces: list[str] = []
    spoken = reading = False

    def begin_text(_: Attributes) -> None:
        nonlocal reading
        reading = not spoken

    def end_text() -> None:
        nonlocal reading
        reading = False

    def speak(now: bool) -> None:
        nonlocal spoken
        spoken = now

    def end_item() -> None:
        found.append(unescaped(archive, "".join(pieces)))
        pieces.clear()

    def said(text: str) -> None:
        if reading:
            pieces.append(text)

    if part is not None:
        begun = {"t": begin_text, "rPh": lambda _: speak(True)}
        read_markup(archive, part, begun, {"t": end_text, "rPh": lambda: speak(False), "si": end_item}, said)
    return tuple(found)


def _unescape(match: re.Match[str]) -> str:
    """Return the character that is meant, unless no text may hold it."""
    code = int(match[1], 16)
    return match[0] if code == 0 or 0xD800 <= code < 0xE000 else chr(code)
