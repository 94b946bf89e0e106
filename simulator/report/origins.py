"""List the figures that a forecast rests on, in words where there are words, and where each comes from."""

from __future__ import annotations

import re
from typing import Final

from simulator.report.layout import WIDTH, wrapped_table
from simulator.scenario import Scenario
from simulator.scenario.scenario import Assumption
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


def assumptions(scenario: Scenario) -> str:
    """Return where each figure comes from, segment by segment; its source, or that it is a default."""
    groups: dict[str, list[list[str]]] = {"": []}
    for figure in scenario.assumptions:
        head, path = _head(figure.path)
        indent = "  " if head else ""
        row = [indent + plain(_in_words(path), 100), plain(_value(figure), 200), plain(_source(figure), 200)]
        groups.setdefault(head, [[plain(head, 60), "", ""]] if head else []).append(row)
    rows = [row for group in groups.values() for row in group]
    if not rows:
        return ""
    heading = "Where each figure comes from"
    if any(row[0].endswith((".high", ".low")) for row in rows):
        heading += "; nine in ten lie below high, and above low"
    lines = wrapped_table(["figure", "value", "source"], _without_repeats(rows), _SIZES)
    return "\n".join([heading, *(cut("  " + line, WIDTH) for line in lines)]) + "\n"


def _head(path: str) -> tuple[str, str]:
    """Part a path of keys into the segment, product or offer that it belongs to and the rest."""
    match = re.fullmatch(r"""((?:segments|products|offers)\.(?:"[^"]*"|[^."]+))\.(.+)""", path)
    return (match[1], match[2]) if match else ("", path)


def _in_words(path: str) -> str:
    """Return a path of keys with words for those that have one; names in quotes stay."""
    parts = re.findall(r"""(?:"[^"]*"|[^."])+""", path)
    return ".".join(_WORDS.get(part, part) for part in parts)


def _value(figure: Assumption) -> str:
    """Return a figure's value; terms that name no due date say which one they have."""
    if figure.value in ("True", "False"):
        return "yes" if figure.value == "True" else "no"
    if ".terms." not in figure.path or "net" in figure.value.lower():
        return figure.value
    try:
        clauses = parse_terms(figure.value).clauses
    except TermsError:
        return figure.value
    return f"{figure.value}, due net 30" if any(c.due == NET_30 for c in clauses) else figure.value


def _source(figure: Assumption) -> str:
    named = figure.origin == "set" or figure.source.startswith(figure.origin)
    return figure.source if named else f"{figure.origin}: {figure.source}"


def _without_repeats(rows: list[list[str]]) -> list[list[str]]:
    """Write a source that takes several lines once, and a mark below it as long as it stays the same."""
    shown, above = [], ""
    for name, value, source in rows:
        again = source == above and width(source) > _SIZES[-1]
        shown.append([name, value, _SAME if again else source])
        above = source
    return shown
