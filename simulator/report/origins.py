"""List the figures that a forecast rests on, in words where there are words, and where each comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Final, TypeAlias

from simulator.report.layout import WIDTH, wrapped_table
from simulator.scenario import Scenario
from simulator.terms import NET_30, TermsError, parse_terms
from simulator.words import cut, plain, width

_SIZES: Final = (50, 20, WIDTH - 2 - 50 - 20 - 4)
_WORDS: Final = {
    "p10": "low",
    "p50": "middle",
    "p90": "high",
    "bluebirds": "deals never seen before they were won",
    "soberness": "optimism correction",
    "cash": "bank",
}
"""What people see instead of some keys of the scenario file."""
_SAME: Final = "″"
HEADING: Final = "Where each figure comes from"
ENDS: Final = "nine in ten lie below high, and above low"
Figure: TypeAlias = tuple[str, str, str]
"""What a figure is called, its value, where it comes from."""


def assumptions(scenario: Scenario) -> str:
    """Return where each figure comes from, segment by segment; its source, or that it is a default."""
    rows, heading = [], HEADING
    for head, figures in origin_groups(map(asdict, scenario.assumptions)):
        indent = "  " if head else ""
        rows += [[plain(head, 60), "", ""]] if head else []
        rows += [[indent + plain(name, 100), plain(value, 200), plain(source, 200)]
                 for name, value, source in figures]  # fmt: skip
        heading = f"{HEADING}; {ENDS}" if ENDS not in heading and has_ends(figures) else heading
    if not rows:
        return ""
    lines = wrapped_table(["figure", "value", "source"], _without_repeats(rows), _SIZES)
    return "\n".join([heading, *(cut("  " + line, WIDTH) for line in lines)]) + "\n"


def origin_groups(assumptions: Iterable[Mapping[str, str]]) -> list[tuple[str, list[Figure]]]:
    """Return figures, their values and sources by the segment, product or offer that they belong to.

    Args:
        assumptions: those of assumptions.json.
    """
    groups: dict[str, list[Figure]] = {}
    for figure in assumptions:
        head, path = _head(figure["path"])
        groups.setdefault(head, []).append((_in_words(path), _value(figure), _source(figure)))
    return sorted(groups.items(), key=lambda group: bool(group[0]))


def has_ends(figures: Iterable[Figure]) -> bool:
    """Tell whether a low or a high end stands among some figures, which `ENDS` explains."""
    return any(name.endswith((".high", ".low")) for name, _, _ in figures)


def _head(path: str) -> tuple[str, str]:
    """Part a path of keys into the segment, product or offer that it belongs to and the rest."""
    match = re.fullmatch(r"""((?:segments|products|offers)\.(?:"[^"]*"|[^."]+))\.(.+)""", path)
    return (match[1], match[2]) if match else ("", path)


def _in_words(path: str) -> str:
    """Return a path of keys with words for those that have one; names in quotes stay."""
    parts = re.findall(r"""(?:"[^"]*"|[^."])+""", path)
    return ".".join(_WORDS.get(part, part) for part in parts)


def _value(figure: Mapping[str, str]) -> str:
    """Return a figure's value; terms that name no due date say which one they have."""
    if figure["value"] in ("True", "False"):
        return "yes" if figure["value"] == "True" else "no"
    if ".terms." not in figure["path"] or "net" in figure["value"].lower():
        return figure["value"]
    try:
        clauses = parse_terms(figure["value"]).clauses
    except TermsError:
        return figure["value"]
    return f"{figure['value']}, due net 30" if any(c.due == NET_30 for c in clauses) else figure["value"]


def _source(figure: Mapping[str, str]) -> str:
    named = figure["origin"] == "set" or figure["source"].startswith(figure["origin"])
    return figure["source"] if named else f"{figure['origin']}: {figure['source']}"


def _without_repeats(rows: list[list[str]]) -> list[list[str]]:
    """Write a source that takes several lines once, and a mark below it as long as it stays the same."""
    shown, above = [], ""
    for name, value, source in rows:
        again = source == above and width(source) > _SIZES[-1]
        shown.append([name, value, _SAME if again else source])
        above = source
    return shown
