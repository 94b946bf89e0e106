"""Read what is to be compared: scenarios, cases of one, deals that end otherwise, and grids of figures."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Final

from simulator.analysis.plays import Kind, Variant
from simulator.errors import UsageError
from simulator.records import dataclass
from simulator.runs import scenario_file
from simulator.scenario import Scenario
from simulator.scenario.tree import dotted

MOST: Final = 100
"""Variants that are played in one go."""
FATES: Final = {"won": "is won", "lost": "is lost", "dropped": "is not there"}
"""What may be said of a deal, and how people say it."""
Load = Callable[[Path, Sequence[str]], Scenario]
"""Loads a scenario with some settings more."""

_ASSIGNED: Final = re.compile(r"\s*(\+=|\*=|=)\s*")


@dataclass(frozen=True)
class Case:
    """What would be otherwise.

    Attributes:
        name: by which people know it.
        sets: changes, as `--set` has them.
        kind: a case, or one value of a grid, which is no part of all cases together.
    """

    name: str
    sets: tuple[str, ...]
    kind: Kind = "case"


def case_of(text: str) -> Case:
    """Read `NAME: PATH=VALUE; PATH=VALUE`.

    Raises:
        UsageError: it is none.
    """
    name, mark, rest = text.partition(":")
    sets = tuple(part.strip() for part in _parted(rest, ";") if part.strip())
    if not mark or not name.strip() or _ASSIGNED.search(name) or not sets:
        raise UsageError(
            f"{text!r} is no case: write its name, a colon and what is set, such as "
            "'slip: segments.enterprise.close_date.delay += 1m'",
            code="U008",
        )
    return Case(" ".join(name.split()), sets)


def fates(won: Sequence[str], lost: Sequence[str], dropped: Sequence[str]) -> list[Case]:
    """Return a case for each deal that is won in every trial, lost in every trial, or not there.

    Raises:
        UsageError: a deal has two of them.
    """
    given = dict(zip(FATES, (won, lost, dropped), strict=True))
    every = [deal for deals in given.values() for deal in dict.fromkeys(deals)]
    if twice := next((deal for deal in every if every.count(deal) > 1), None):
        raise UsageError(
            f"{twice} cannot end in two ways at once: compare them one after the other", code="U008"
        )
    return [fate(deal, outcome) for outcome, deals in given.items() for deal in dict.fromkeys(deals)]


def fate(deal: str, outcome: str) -> Case:
    """Return the case that a deal comes to an outcome in every trial."""
    return Case(f"{deal} {FATES[outcome]}", (f"{dotted(('deals', deal))}={{outcome: {outcome}}}",))


def grid_of(texts: Sequence[str]) -> list[Case]:
    """Read `PATH=V1,V2,V3`; several give every combination of their values.

    Raises:
        UsageError: one is none, or there are too many combinations.
    """
    axes = [list(_axis(text)) for text in texts]
    found = [
        Case(", ".join(name for name, _ in some), tuple(setting for _, setting in some), "grid")
        for some in (product(*axes) if axes else ())
    ]
    if len(found) > MOST:
        raise UsageError(
            f"the grid has {len(found):,} combinations: at most {MOST} are played in one go", code="U008"
        )
    return found


def asked_in(scenario: Scenario, path: Path) -> tuple[list[Path], list[Case]]:
    """Return what a scenario asks to be compared with, itself left out: files, and cases.

    Args:
        scenario: as loaded.
        path: the file that it comes from; a scenario that extends another asks for what that one does.
    """
    own = os.path.realpath(path)
    files = [Path(one.file) for one in scenario.compare_with if one.file]
    cases = [Case(one.name, one.sets) for one in scenario.compare_with if one.sets]
    return [file for file in files if os.path.realpath(file) != own], cases


def variants(
    load: Load, base: Path, others: Sequence[Path] = (), cases: Sequence[Case] = (), together: bool = False
) -> list[Variant]:
    """Load what is to be compared, the base first, all cases together last.

    Scenarios of one name are told apart by where they come from. Where nothing is named, it is what the base
    asks for.

    Args:
        load: loads a scenario.
        base: a scenario file or a run's folder.
        others: likewise.
        cases: what would be otherwise in the base.
        together: whether all cases are played at once too.

    Raises:
        UsageError: they cannot be told apart, or there are no two cases to play together.
    """
    first = load(base, ())
    if not others and not cases:
        others, cases = asked_in(first, scenario_file(base))
    joined = [case for case in cases if case.kind == "case"]
    if together and len(joined) < 2:
        raise UsageError(
            "--together needs two cases or more: give each with --case, --win, --lose or --drop", code="U008"
        )
    loaded = [(base, first), *((path, load(path, ())) for path in others)]
    names = [scenario.name for _, scenario in loaded]
    found = [
        Variant(name if names.count(name) == 1 else f"{name} ({path})", scenario, given=str(path))
        for name, (path, scenario) in zip(names, loaded, strict=True)
    ]
    if together:
        joint = Case(" + ".join(case.name for case in joined), sum((case.sets for case in joined), ()))
        cases = [*cases, Case(joint.name, joint.sets, "together")]
    found += [Variant(c.name, load(base, c.sets), c.kind, c.sets, str(base)) for c in cases]
    return found


def _axis(text: str) -> Iterator[tuple[str, str]]:
    """Yield each value of one axis: what people call it, and the setting."""
    match = next((m for m in _ASSIGNED.finditer(text) if not _inside(text[: m.start()])), None)
    values = [value.strip() for value in _parted(text[match.end() :], ",")] if match else []
    if match is None or not all(values) or not text[: match.start()].strip():
        raise UsageError(
            f"{text!r} is no line of a grid: write a path and values, such as "
            "segments.smb.close_date.slip=1,1.25,1.5",
            code="U008",
        )
    path, sign = text[: match.start()].strip(), match[1]
    short = ".".join(path.rsplit(".", 2)[-2:])
    for value in values:
        yield f"{short} {sign} {value}", f"{path}{sign}{value}"


def _parted(text: str, mark: str) -> list[str]:
    """Part a text at a mark, but not inside of quotes or brackets."""
    parts = [""]
    for character in text:
        if character == mark and not _inside(parts[-1]):
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _inside(text: str) -> bool:
    """Tell whether quotes or brackets of a text are still open at its end."""
    quote, depth = "", 0
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        else:
            depth += (character in "[{(") - (character in "]})")
    return bool(quote) or depth > 0
