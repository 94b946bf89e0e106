"""Find the columns of an export that may tell its segments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from simulator.history import LOST, OPEN
from simulator.loading.exports.export import Export
from simulator.loading.presets.preset import squashed

MOST: Final = 12
"""More values are no segments."""
_NAMES: Final = (
    *("segment", "pipeline", "recordtype", "opportunityrecordtype", "salesteam", "team", "businessunit"),
    *("region", "territory", "market", "type", "dealtype", "industry", "branche", "vertriebsteam", "gebiet"),
    *("typ", "сегмент", "воронка", "направление", "регион"),
)
_FUNNELS: Final = ("segment", "pipeline", "воронка", "recordtype", "opportunityrecordtype")
"""Columns of which each value has, as a rule, stages of its own."""


def splits_of(export: Export) -> dict[str, tuple[str, ...]]:
    """Return the columns that may tell segments, likeliest first, each with its values, most rows first."""
    table = export.table
    rows = [row for row in export.cells.rows() if export.outcomes[row] != LOST]  # these need a segment
    found: dict[str, tuple[str, ...]] = {}
    titles = {squashed(title): at for at, title in enumerate(table.header)}
    mapped = export.cells.columns.get("segment")
    known = [squashed(name) for name in (export.preset.segments if export.preset else ())]
    places = [mapped, *(titles.get(name) for name in (*known, *_NAMES))]
    for at in dict.fromkeys(place for place in places if place is not None):
        texts = [table.rows[row][at].strip() for row in rows]
        counts = {name: texts.count(name) for name in dict.fromkeys(texts) if name}
        if 2 <= len(counts) <= MOST and "" not in texts:
            found[table.header[at]] = tuple(sorted(counts, key=lambda name: (-counts[name], name)))
    return found


def by_itself(export: Export, splits: Mapping[str, tuple[str, ...]]) -> str | None:
    """Return the column whose values have stages of their own, so that one funnel cannot hold them."""
    for title in splits:
        if squashed(title) in _FUNNELS or export.columns.get("segment") == title:
            at = export.table.column(title)
            assert at is not None
            stages: dict[str, set[str]] = {}
            for row in export.cells.rows():
                if export.outcomes[row] == OPEN:
                    name = export.table.rows[row][at].strip()
                    stages.setdefault(name, set()).add(export.cells.text(row, "stage").casefold())
            if export.columns.get("segment") == title or len({frozenset(s) for s in stages.values()}) > 1:
                return title
    return None
