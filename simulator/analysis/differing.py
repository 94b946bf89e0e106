"""Say in which figures, tables and deals two scenarios differ, and where each figure comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from simulator.money import minor_digits
from simulator.records import dataclass
from simulator.scenario import Scenario
from simulator.scenario.tree import dotted

UNSET: Final = "not set"
_ASIDE: Final = (
    "version",
    "name",
    "description",
    "source",
    "data",
    "learned",
    "compare_with",
    "trials",
    "seed",
)
"""Keys of a scenario that are no figures, or that comparing takes from the first one."""
_MOST_IDS: Final = 5


@dataclass(frozen=True)
class Differing:
    """One figure that differs, or one table.

    Attributes:
        what: path as `--set` has it, or the table's name.
        base: how it is in the first, as text.
        other: how it is in the other.
        source: where the other's comes from, "" where nobody says.
    """

    what: str
    base: str
    other: str
    source: str = ""


def differing(base: Scenario, other: Scenario) -> tuple[Differing, ...]:
    """Return what differs: figures as each forecast takes them, then tables, then what is learned."""
    return (*_figures(base, other), *_tables(base, other), *_learned(base, other))


def _figures(base: Scenario, other: Scenario) -> Iterator[Differing]:
    ours, theirs = _known(base), _known(other)
    for path in dict.fromkeys((*theirs, *ours)):
        before, (after, source) = ours.get(path, (UNSET, ""))[0], theirs.get(path, (UNSET, ""))
        if before != after:
            yield Differing(path, before, after, source)


def _known(scenario: Scenario) -> dict[str, tuple[str, str]]:
    """Return every figure with its source, and what else stands at the top of the file."""
    found = {a.path: (a.value, "" if a.source == "set" else a.source) for a in scenario.assumptions}
    tops = {path.split(".")[0] for path in found}
    for key, value in scenario.resolved.items():
        if key not in _ASIDE and key not in tops:
            for path, leaf in _leaves(value, (key,)):
                found[path] = str(leaf), ""
    return found


def _leaves(value: Any, keys: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key != "source":
                yield from _leaves(inner, (*keys, str(key)))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _leaves(inner, (*keys, str(place)))
    else:
        yield dotted(keys), value


def _tables(base: Scenario, other: Scenario) -> Iterator[Differing]:
    for key in dict.fromkeys((*base.tables, *other.tables)):
        ours, theirs = base.tables.get(key), other.tables.get(key)
        if ours == theirs:
            continue
        if key == "deals" and ours and theirs:
            yield from _deals(base, other)
        else:
            yield Differing(f"table of {key}", _rows(ours), _rows(theirs))


def _deals(base: Scenario, other: Scenario) -> Iterator[Differing]:
    """Tell open deals apart one by one, the rest of the table by its rows."""
    ours, theirs = _open(base), _open(other)
    gone, come = [i for i in ours if i not in theirs], [i for i in theirs if i not in ours]
    moved = [i for i in ours if i in theirs and ours[i] != theirs[i]]
    yield Differing("open deals", f"{len(ours)}", f"{len(theirs)}")
    for ids, told in ((gone, "only in the first"), (come, "only in the other")):
        if ids:
            yield Differing(f"open deals {told}", "", _ids(ids))
    for deal in moved[:_MOST_IDS]:
        yield Differing(f"deal {deal}", ours[deal], theirs[deal])
    if moved[_MOST_IDS:]:
        yield Differing("further deals that differ", "", _ids(moved[_MOST_IDS:]))


def _open(scenario: Scenario) -> dict[str, str]:
    digits, found = 10 ** minor_digits(scenario.currency), dict[str, str]()
    for deal in scenario.pipeline:
        stage = scenario.segments[deal.segment].funnel.stages[deal.stage]
        stated = "" if deal.stated_days != deal.stated_days else f", {deal.stated_days:.0f} working days left"
        found[deal.id] = f"{stage}, {deal.amount / digits:,.0f} {deal.currency}{stated}"
    return found


def _ids(ids: list[str]) -> str:
    more = len(ids) - _MOST_IDS
    return ", ".join(ids[:_MOST_IDS]) + (f" and {more} more" if more > 0 else "")


def _rows(table: tuple[tuple[str, ...], ...] | None) -> str:
    return "none" if table is None else f"{len(table) - 1} rows"


def _learned(base: Scenario, other: Scenario) -> Iterator[Differing]:
    if dict(base.files) != dict(other.files):
        yield Differing("what is learned", *("learned" if s.files else "nothing" for s in (base, other)))
