"""Know the exports of CRM and accounting systems by their columns; one module a system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from simulator.errors import InputError, Problem
from simulator.loading.history_columns import match_columns
from simulator.loading.history_frame import HistoryFrame
from simulator.loading.presets.datev import DATEV
from simulator.loading.presets.dynamics import DYNAMICS
from simulator.loading.presets.ends import ends_of
from simulator.loading.presets.hubspot import HUBSPOT
from simulator.loading.presets.netsuite import NETSUITE
from simulator.loading.presets.odoo import ODOO
from simulator.loading.presets.pipedrive import PIPEDRIVE
from simulator.loading.presets.preset import Preset, Recognised, first_of
from simulator.loading.presets.quickbooks import QUICKBOOKS
from simulator.loading.presets.salesforce import SALESFORCE
from simulator.loading.presets.sap import SAP
from simulator.loading.presets.xero import XERO
from simulator.loading.tables import Table

__all__ = [
    "PRESETS",
    "SYSTEMS",
    "Preset",
    "Recognised",
    "ends_of",
    "prepared",
    "preset_of",
    "recognise_system",
]

PRESETS: Final[tuple[Preset, ...]] = (
    *(*SALESFORCE, *HUBSPOT, *PIPEDRIVE, *DYNAMICS, *ODOO),
    *(*XERO, *QUICKBOOKS, *NETSUITE, *SAP, *DATEV),
)
"""Every export that is known; of several that fit, the one with the most marks counts."""
SYSTEMS: Final = tuple(dict.fromkeys(preset.name for preset in PRESETS))


def recognise_system(table: Table) -> Recognised | None:
    """Return what a table is, None where it tells of no deals, stages or invoices.

    An export of a known system has all its marks; anything else is matched by common names of columns.
    """
    if (preset := preset_of(table)) is not None:
        return Recognised(preset.kind, preset.titles(table), preset)
    match = match_columns(table, HistoryFrame())
    if match is None:
        return None
    return Recognised(match.kind, {ours: table.header[at] for ours, at in match.columns.items()})


def preset_of(table: Table, system: str | None = None, kind: str | None = None) -> Preset | None:
    """Return the export that a table is, of a system and a kind where these are said; None for none.

    Raises:
        InputError: it may be from two systems.
    """
    fitting = [
        preset
        for preset in PRESETS
        if system in (None, preset.name) and kind in (None, preset.kind) and preset.fits(table)
    ]
    best = max(fitting, key=lambda preset: len(preset.marks), default=None)
    others = [preset for preset in fitting if best is not None and preset.name != best.name]
    if best is not None and others:
        names = " and ".join(dict.fromkeys(preset.title for preset in (best, *others)))
        choices = " or ".join(dict.fromkeys(preset.name for preset in (best, *others)))
        message = f"the columns are those of exports from {names}"
        remedy = f"say which: data.systems.{best.kind}: {choices}"
        raise InputError([Problem("D075", message, table.name, 1, value=_shown(table), remedy=remedy)])
    return best


def prepared(
    table: Table, system: str, kind: str, named: Mapping[str, str]
) -> tuple[Table, dict[str, str], Preset]:
    """Return a system's export with what renaming cannot mend mended, its columns, and what it is.

    Args:
        table: as it was read.
        system: that is said to have written it.
        kind: that it is to be.
        named: ours: theirs, as far as that is said; the rest is as the system calls it.

    Raises:
        InputError: it is none of the exports of this system that are known, or one that cannot be used.
    """
    if (preset := preset_of(table, system, kind)) is None:
        known = [one for one in PRESETS if one.name == system and one.kind == kind]
        what = known[0].title if known else system
        reports = "; ".join(one.report for one in known) or "none of this kind"
        message = f"the table is no export of {kind} from {what} that is known{_unlike(table, known)}"
        remedy = f"export one of: {reports}; or map its columns, without data.systems.{kind}"
        raise InputError([Problem("D080", message, table.name, 1, value=_shown(table), remedy=remedy)])
    columns = preset.titles(table) | dict(named)
    return (preset.prepare(table, columns) if preset.prepare else table), columns, preset


def _unlike(table: Table, known: Sequence[Preset]) -> str:
    """Say what a table lacks to be an export that was expected, and what it looks like instead."""
    lacking = [[mark for mark in preset.marks if first_of(mark, table) is None] for preset in known]
    nearly = min(lacking, key=len, default=[])
    said = (
        f": it has no column {' and no '.join(mark[0] for mark in nearly)}" if len(nearly) in (1, 2) else ""
    )
    looks = [preset for preset in PRESETS if preset.fits(table)]
    return said + (f"; it looks like {looks[0].report} of {looks[0].title}" if looks else "")


def _shown(table: Table) -> str:
    return ", ".join(table.header)[:100]
