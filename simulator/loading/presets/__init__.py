"""Know the exports of CRM and accounting systems by their columns; one module a system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from simulator.loading.history_columns import match_columns
from simulator.loading.history_frame import HistoryFrame
from simulator.loading.presets.preset import Preset, Recognised
from simulator.loading.tables import Table

__all__ = ["PRESETS", "SYSTEMS", "Preset", "Recognised", "prepared", "recognise_system"]

PRESETS: Final[tuple[Preset, ...]] = ()
"""Every export that is known; of several that fit, the one with the most marks counts."""
SYSTEMS: Final = tuple(dict.fromkeys(preset.name for preset in PRESETS))


def recognise_system(table: Table) -> Recognised | None:
    """Return what a table is, None where it tells of no deals, stages or invoices.

    An export of a known system has all its marks; anything else is matched by common names of columns.
    """
    fitting = [preset for preset in PRESETS if preset.fits(table)]
    if fitting:
        best = max(fitting, key=lambda preset: len(preset.marks))
        return Recognised(best.kind, best.titles(table), best)
    match = match_columns(table, HistoryFrame())
    if match is None:
        return None
    return Recognised(match.kind, {ours: table.header[at] for ours, at in match.columns.items()})


def prepared(table: Table, system: str, kind: str, columns: Mapping[str, str]) -> Table:
    """Return a system's export with what renaming cannot mend mended; `columns` are ours: theirs."""
    for preset in PRESETS:
        if preset.name == system and preset.kind == kind and preset.prepare and preset.fits(table):
            return preset.prepare(table, columns)
    return table
