"""Read YAML that may come from anybody: small, flat, without aliases or tags, each key with its line."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from simulator.errors import InputError, PlaceError, Problem
from simulator.masking import holds_secret
from simulator.scenario.tree import Keys, Place, Tree, dotted

LARGEST: Final = 128 * 1024
"""Bytes of a scenario file."""
DEEPEST: Final = 32
"""Levels of mappings and lists."""

# YAML 1.2, core schema. Dates stay texts: who wants one reads one.
_NULL = re.compile(r"null|Null|NULL|~|")
_TRUE, _FALSE = re.compile(r"true|True|TRUE"), re.compile(r"false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_MOST_DIGITS: Final = 40
# U+0085, U+2028 and U+2029 break lines in YAML 1.1 and not in 1.2: what can be read in two ways is refused.
# What is refused is named, since what is allowed takes ten times as long to compile.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def read_yaml(path: Path, largest: int = LARGEST) -> Tree:
    """Read a scenario file, or another one written like it, of at most so many bytes.

    Raises:
        InputError: what stands in it is not the YAML that scenarios are written in.
        PlaceError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except OSError as error:
        raise PlaceError(
            f"cannot read {path}: {(error.strerror or str(error)).lower()}", code="P003"
        ) from None
    name = path.name
    if len(content) > largest:
        raise InputError([Problem("S002", f"the file is larger than {largest // 1024:,} KB", name)])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError([Problem("S007", "the file is not UTF-8", name, line)]) from None
    return parse_yaml(text, name, str(path.parent))


def parse_yaml(text: str, name: str, folder: str = ".") -> Tree:
    """Read the text of a scenario file.

    Raises:
        InputError: every problem that could be found.
    """
    if control := _CONTROL.search(text):
        line = text[: control.start()].count("\n") + 1
        what = f"the file holds the control character {control[0]!r}"
        raise InputError([Problem("S007", what, name, line)])
    composer = _Composer(name, folder, _checked_events(text, name))
    data = composer.document()
    if not isinstance(data, dict):
        raise InputError([Problem("S008", "the file holds no mapping of keys to values", name)])
    if composer.problems:
        raise InputError(composer.problems)
    return Tree(data, composer.places)


def parse_value(text: str) -> Any:
    """Read the YAML of a single value, as `--set` has it.

    Raises:
        ValueError: it is not YAML, or not the YAML that scenarios are written in.
    """
    try:
        composer = _Composer("--set", ".", _checked_events(text, "--set"))
        value = composer.document()
    except InputError as error:
        raise ValueError(error.problems[0].message) from None
    if composer.problems:
        raise ValueError(composer.problems[0].message)
    return value


def _checked_events(text: str, name: str) -> list[Event]:
    """Return the events of a text, refusing what may not stand in it before anything is composed."""
    events: list[Event] = []
    depth = documents = 0
    refuse = _refuser(name)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            depth += isinstance(event, CollectionStartEvent)
            depth -= isinstance(event, MappingEndEvent | SequenceEndEvent)
            documents += isinstance(event, DocumentStartEvent)
            if isinstance(event, AliasEvent):
                refuse("S003", "an alias", event, f"*{event.anchor}")
            if isinstance(event, NodeEvent) and event.anchor is not None:
                refuse("S003", "an anchor", event, f"&{event.anchor}")
            if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag is not None:
                refuse("S004", "a tag", event, str(event.tag))
            if isinstance(event, ScalarEvent) and holds_secret(event.value):
                refuse("S078", "a password, a key or a token", event, event.value)
            if depth > DEEPEST:
                refuse("S005", f"more than {DEEPEST} levels", event)
            if documents > 1:
                refuse("S008", "a second document", event)
            events.append(event)
    except YAMLError as error:
        raise InputError([_syntax_problem(error, name)]) from None
    except (ValueError, RecursionError) as error:  # the scanner's own, such as escapes beyond Unicode
        raise InputError([Problem("S001", f"not YAML: {error}", name)]) from None
    return events


def _refuser(name: str) -> Callable[..., NoReturn]:
    def refuse(code: str, what: str, event: Event, value: str | None = None) -> NoReturn:
        raise InputError(
            [Problem(code, f"the file holds {what}", name, event.start_mark.line + 1, value=value)]
        )

    return refuse


def _syntax_problem(error: YAMLError, name: str) -> Problem:
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        what = error.problem or error.context or "it cannot be read"
        return Problem("S001", f"not YAML: {what}", name, mark.line + 1 if mark else None)
    what = " ".join(str(error).split())[:160]
    return Problem("S001", f"not YAML: {what}", name)


class _Composer:
    """Build plain data from events, noting the line of each key."""

    def __init__(self, name: str, folder: str, events: list[Event]) -> None:
        self.name, self.folder = name, folder
        self.events: Iterator[Event] = iter(events)
        self.places: dict[Keys, Place] = {(): Place(name, 1, folder)}
        self.problems: list[Problem] = []

    def document(self) -> Any:
        for event in self.events:
            if isinstance(event, NodeEvent):
                return self.node(event, ())
            if isinstance(event, StreamEndEvent):
                break
        return None

    def node(self, event: Event, keys: Keys) -> Any:
        if isinstance(event, MappingStartEvent):
            return self.mapping(keys)
        if isinstance(event, SequenceStartEvent):
            return self.sequence(keys)
        assert isinstance(event, ScalarEvent)
        return self.scalar(event, keys)

    def mapping(self, keys: Keys) -> dict[str, Any]:
        result: dict[str, Any] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            line = event.start_mark.line + 1
            if not isinstance(event, ScalarEvent):
                self.problems.append(Problem("S008", "a key is not a plain text", self.name, line))
                self.node(event, keys)
                self.node(next(self.events), keys)
                continue
            key = event.value
            value = self.node(next(self.events), (*keys, key))
            if key in lines:
                message = f"the key {key!r} stands twice, first in line {lines[key]}"
                self.problems.append(Problem("S006", message, self.name, line, column=key))
                continue
            lines[key], result[key] = line, value
            self.places[(*keys, key)] = Place(self.name, line, self.folder)
        return result

    def sequence(self, keys: Keys) -> list[Any]:
        result: list[Any] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            here = (*keys, len(result))
            self.places[here] = Place(self.name, event.start_mark.line + 1, self.folder)
            result.append(self.node(event, here))
        return result

    def scalar(self, event: ScalarEvent, keys: Keys) -> Any:
        if not event.implicit[0]:  # quoted, or a block of text
            return str(event.value)
        try:
            return _plain(event.value)
        except ValueError as error:
            line, where = event.start_mark.line + 1, dotted(keys) or None
            what, remedy = f"{keys[-1] if keys else 'the value'} {error}", "write a plain number such as 40"
            self.problems.append(
                Problem("S013", what, self.name, line, None, where, None, event.value[:60], remedy)
            )
            return None


def _plain(text: str) -> Any:
    """Return the value of a plain scalar by the core schema of YAML 1.2."""
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text):
        return True
    if _FALSE.fullmatch(text):
        return False
    if _SPECIAL.fullmatch(text):
        raise ValueError("is not a finite number")
    if not (_INTEGER.fullmatch(text) or _BASED.fullmatch(text) or _FLOAT.fullmatch(text)):
        return text
    if len(text) > _MOST_DIGITS:
        raise ValueError("is a number of too many digits")
    if _INTEGER.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    if not math.isfinite(value := float(text)):
        raise ValueError("is not a finite number")
    return value
