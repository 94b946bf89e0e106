"""Write what the codes of errors and notes mean, one page a code."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from itertools import chain, groupby
from typing import Any, Final, NamedTuple

from ruamel.yaml import YAML

from simulator.errors import Code, UsageError, did_you_mean
from simulator.loading.codes import CODES
from simulator.refusals import REFUSALS
from simulator.report.layout import wrapped

EVERY: Final[Mapping[str, Code]] = {**CODES, **REFUSALS}
"""Every code of this program."""


class Family(NamedTuple):
    """What codes with one letter in front have in common."""

    title: str
    exit_code: int
    ending: str


_KEPT: Final = "the run goes on, and this is said beside its result"
_NOTHING: Final = "nothing has been written"
FAMILIES: Final = {
    "S": Family("Scenario files", 3, f"the scenario is invalid; {_NOTHING}"),
    "D": Family("Tables", 4, f"the data is invalid; {_NOTHING}"),
    "H": Family("Histories", 0, _KEPT),
    "W": Family("Notes", 0, _KEPT),
    "U": Family("Usage", 2, "the command does not fit together"),
    "P": Family("The place", 5, "the machine refuses"),
}
"""By the letter in front."""
FATAL: Final = tuple(code for code in CODES if "H000" < code < "H010" or code == "H072")
"""Codes of histories of which nothing can be made; the others are counted."""


def page(code: str) -> str:
    """Return what a code means, as people may type it: `d14`, `error[D014]`.

    Raises:
        UsageError: there is no such code.
    """
    code = _known(code)
    said = EVERY[code]
    lines = [f"{code} · {said.title}", "", *_part("Rule", said.rule)]
    lines += _part("Why", _why().get(code, "")) + _part("Remedy", said.remedy or "none is needed")
    number, ending = exit_of(code)
    lines += _part("Exit code", f"{number}: {ending}")
    if example := _examples().get(code):
        lines += ["", "Example", *chain.from_iterable(map(_indented, example.splitlines()))]
    return "\n".join(lines) + "\n"


def listed() -> str:
    """Return every code with its title, by family."""
    lines = []
    for family, codes in by_family():
        number = "" if family.exit_code == 0 else f", exit code {family.exit_code}"
        lines += [f"{family.title}{number}", *(f"  {code}  {EVERY[code].title}" for code in codes), ""]
    return "\n".join([*lines, "simulator explain-error CODE tells more."]) + "\n"


def by_family() -> Iterator[tuple[Family, list[str]]]:
    """Yield the families in the order in which one meets them, each with its codes in order."""
    order = {letter: place for place, letter in enumerate(FAMILIES)}
    codes = sorted(EVERY, key=lambda code: (order[code[0]], code))
    for letter, some in groupby(codes, key=lambda code: code[0]):
        yield FAMILIES[letter], list(some)


def exit_of(code: str) -> tuple[int, str]:
    """Return the exit code of a command that ends with a code, and what that means."""
    _, number, ending = FAMILIES["D" if code in FATAL else code[0]]
    return number, ending


def markdown() -> str:
    """Return the page of every code, as docs/errors.md holds them."""
    lines = [
        "# Errors and notes",
        "",
        "Written by `make docs` from what `simulator explain-error CODE` says.",
    ]
    for family, codes in by_family():
        lines += ["", f"## {family.title}"]
        for code in codes:
            title, *body = page(code).splitlines()
            lines += ["", f"### {title}", "", "```text", *body[1:], "```"]
    return "\n".join(lines) + "\n"


def _known(text: str) -> str:
    code = text.strip().upper().removeprefix("ERROR").strip("[]: ")
    if code[:1].isalpha() and code[1:].isdigit():
        code = f"{code[0]}{int(code[1:]):03}"
    if code in EVERY:
        return code
    remedy = did_you_mean(code, tuple(EVERY), "simulator explain-error lists them all")
    raise UsageError(f"there is no code {text!r}: {remedy}", code="U003")


def _part(name: str, text: str) -> list[str]:
    return wrapped(text, first=f"{name:<11}", then=" " * 11) if text else []


def _indented(line: str) -> list[str]:
    blank = "  " + " " * (len(line) - len(line.lstrip()))
    return wrapped(line, first=blank, then=f"{blank}  ")


@cache
def _why() -> Mapping[str, str]:
    """Return why a rule is there, by code, where that is not plain."""
    return dict[str, str](YAML(typ="safe").load(_file("why.yaml")))


@cache
def _examples() -> Mapping[str, str]:
    """Return an example of what is said, by code: `make golden` writes them from the tests' inputs."""
    return dict[str, Any](json.loads(_file("examples.json")))


def _file(name: str) -> str:
    return (resources.files("simulator.report.codes") / name).read_text("utf-8")
