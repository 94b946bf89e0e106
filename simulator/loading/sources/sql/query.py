"""Read a query file: exactly one SELECT, which by its words alone changes nothing and locks nothing."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Final, NoReturn

from simulator.errors import InputError, PlaceError, Problem
from simulator.masking import holds_secret
from simulator.records import dataclass

LARGEST: Final = 128 * 1024
"""Bytes of a query file."""
_TOKEN: Final = re.compile(
    r"(?P<blank>\s+|--[^\n]*)"
    r"|(?P<comment>/\*.*?(?:\*/|\Z))"
    r"|(?P<text>'(?:[^']|'')*(?:'|\Z))"
    r"|(?P<quoted>\"(?:[^\"]|\"\")*(?:\"|\Z))"
    r"|(?P<word>[^\W\d][\w$]*)"
    r"|(?P<number>\d[\w.]*)"
    r"|(?P<dollar>\$(?:[^\W\d]\w*)?\$)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_CHANGES: Final = ("insert", "update", "delete", "merge")
_LOCKS: Final = ("update", "share", "no", "key")
_UNREADABLE: Final = {
    "dollar": ("text between $ signs", "write it between single quotes"),
    "backtick": ("a backtick", 'quote names as "name"'),
    "unicode": ("a name or text with U&", "write the characters themselves"),
    "escape": ("a quote after a backslash", "write a quote inside a text twice"),
    "nested": ("a comment inside a comment", "leave it out"),
    "open": ("quotes or a comment without an end", "close them"),
}
"""What one database reads otherwise than another, so that nobody could say what the query is."""


@dataclass(frozen=True)
class Query:
    """A query that is one SELECT.

    Attributes:
        name: of its file.
        text: without what follows its end.
        calls: names in it that stand where a function may be called, as the database folds them.
    """

    name: str
    text: str
    calls: frozenset[str]

    def line(self, position: int) -> int:
        """Return the line of a character, counted from 0."""
        return self.text.count("\n", 0, position) + 1


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int

    @property
    def word(self) -> str:
        """A bare word in small letters, "" for anything else."""
        return self.text.lower() if self.kind == "word" else ""

    @property
    def name(self) -> str:
        """A name as the database folds it, "" for anything else."""
        return self.text[1:-1].replace('""', '"') if self.kind == "quoted" else self.word


def shown(text: str, position: int) -> str | None:
    """Return what stands at a character; None where the text holds a secret, since this may be part of it."""
    rest = text[position : position + 60].split("\n")[0]
    return rest if rest and not holds_secret(text) else None


def read_query(path: Path) -> Query:
    """Read the file of a query.

    Raises:
        InputError: it is not one SELECT, or could be read in two ways.
        PlaceError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise PlaceError(
            f"cannot read {path}: {(error.strerror or str(error)).lower()}", code="P003"
        ) from None
    name = path.name
    if len(content) > LARGEST:
        raise InputError([Problem("D067", f"the file is larger than {LARGEST // 1024} KB", name)])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError([Problem("D002", "the file is not UTF-8", name, line)]) from None
    return parse_query(text, name)


def parse_query(text: str, name: str) -> Query:
    """Return the query of a text.

    Raises:
        InputError: it is not one SELECT, or could be read in two ways.
    """
    tokens = _tokens(text, name)
    ends = [token for token in tokens if token.text == ";"]
    if ends:
        after = [token for token in tokens if token.start > ends[0].start and token.text != ";"]
        if after:
            _refuse(text, name, after[0], "there is a second statement")
        tokens = [token for token in tokens if token.start < ends[0].start]
        text = text[: ends[0].start]
    first = next((token for token in tokens if token.text != "("), None)
    if first is None:
        raise InputError([Problem("D067", "the file holds no query", name)])
    if first.word not in ("select", "with"):
        _refuse(text, name, first, "the statement is no SELECT")
    pairs = list(pairwise(tokens))
    for before, token in pairs:
        if token.word == "into":
            _refuse(text, name, token, "the query writes a table")
        if before.text in ("(", ")") and token.word in _CHANGES:
            _refuse(text, name, token, "the query changes a table")
        if before.word == "for" and token.word in _LOCKS:
            _refuse(text, name, token, "the query locks rows")
    called = {before.name for before, token in pairs if token.text == "("}
    dotted = zip(tokens, tokens[1:], tokens[2:], strict=False)
    called |= {token.name for a, b, token in dotted if (a.text, b.text) == (")", ".")}
    return Query(name, text, frozenset(called - {""}))


def _tokens(text: str, name: str) -> list[_Token]:
    """Return the parts of a query without blanks and comments; refuse what two databases read in two ways."""
    found: list[_Token] = []
    if "\0" in text:
        raise InputError([Problem("D067", "the file holds NUL characters", name)])
    for match in _TOKEN.finditer(text):
        token = _Token(match.lastgroup or "", match[0], match.start())
        if (why := _ambiguous(token, found[-1] if found else None)) is not None:
            what, remedy = _UNREADABLE[why]
            _refuse(text, name, token, f"the query holds {what}", remedy)
        if token.kind not in ("blank", "comment"):
            found.append(token)
    return found


def _ambiguous(token: _Token, before: _Token | None) -> str | None:
    """Return why a part can be read in two ways, by its name in `_UNREADABLE`; None where it cannot."""
    kind, text = token.kind, token.text
    if kind == "dollar":
        return "dollar"
    if text == "`":
        return "backtick"
    if kind == "comment":
        inside = text[2:]
        return "nested" if "/*" in inside else "open" if not inside.endswith("*/") else None
    if kind not in ("text", "quoted"):
        return None
    if before is not None and before.text == "&" and before.start == token.start - 1:
        return "unicode"
    if len(text) < 2 or text[-1] != text[0]:
        return "open"
    return "escape" if kind == "text" and "\\'" in text else None


def _refuse(text: str, name: str, token: _Token, message: str, remedy: str | None = None) -> NoReturn:
    line = text.count("\n", 0, token.start) + 1
    value = shown(text, token.start)
    raise InputError([Problem("D067", message, name, line, value=value, remedy=remedy)])
