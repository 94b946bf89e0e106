"""Find the columns of an export that may tell its segments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from simulator.history import LOST
from simulator.loading.exports.export import Export
from simulator.loading.presets.preset import first_of, squashed

MOST_SEGMENTS: Final = 12
"""A column with more values tells no segments."""
_NAMES: Final = (
    *("segment", "pipeline", "record type", "sales team", "team", "business unit", "region", "territory"),
    *("market", "type", "deal type", "industry", "branche", "vertriebsteam", "gebiet", "typ"),
    *("сегмент", "воронка", "направление", "регион"),
)
"""Titles of columns that may tell segments where no system is known."""
_FUNNELS: Final = ("segment", "pipeline", "воронка", "сегмент")
"""Columns whose values have stages of their own, as a rule."""


def splits_of(export: Export) -> dict[str, tuple[str, ...]]:
    """Return the columns that may tell segments, likeliest first, each with its values, most rows first.

    Each open and each won deal has to have one.
    """
    table = export.table
    rows = [row for row in export.cells.rows() if export.outcomes[row] != LOST]
    own = [export.columns["segment"]] if "segment" in export.columns else []
    names = _NAMES if export.preset is None else export.preset.segments
    titles = own + [title for name in names if (title := first_of((name,), table)) is not None]
    found = {}
    for title in dict.fromkeys(titles):
        at = table.column(title)
        counts = Counter(table.rows[row][at].strip() for row in rows) if at is not None else Counter()
        if 2 <= len(counts) <= MOST_SEGMENTS and "" not in counts:
            found[title] = tuple(name for name, _ in counts.most_common())
    return found


def by_itself(splits: Mapping[str, tuple[str, ...]]) -> str | None:
    """Return the column that tells segments unless somebody says otherwise."""
    return next((title for title in splits if squashed(title) in _FUNNELS), None)
