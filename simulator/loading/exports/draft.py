"""Draft the scenario that an export calls for: its mapping, stages, currencies and segments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from datetime import date
from statistics import median
from typing import Any, Final

from simulator.history import LOST, WON
from simulator.loading.exports.export import Export
from simulator.loading.exports.stages import Stages, stages_of
from simulator.loading.funnels import EndNames
from simulator.loading.history_frame import HistoryFrame
from simulator.loading.sources import Database
from simulator.records import dataclass
from simulator.scenario.scenario import TO_BE_SET

ALL: Final = "all"
HORIZON: Final = "18m"
CYCLE: Final = 90
"""Days from creation to signature, where no won deal tells."""
FEW_WON: Final = 10
"""Of fewer won deals no usual time is told."""
_PLAIN: Final = EndNames(frozenset(), frozenset())


@dataclass(frozen=True)
class Draft:
    """A scenario in the making.

    Attributes:
        scenario: its plain data, ready to be written.
        stages: by segment.
        to_set: what is guessed in it, for people: somebody has to set it.
        why: what tells that its currency is the company's; "" where nobody has looked.
    """

    scenario: dict[str, Any]
    stages: Mapping[str, Stages] = field(default_factory=dict)
    to_set: tuple[str, ...] = ()
    why: str = ""

    @property
    def comments(self) -> dict[str, str]:
        """What is to be said beside keys at its top."""
        return {"currency": f"the company's: {self.why}"} if self.why else {}


def mapping(export: Export, amount_is: str | None = None, company: str | None = None) -> dict[str, Any]:
    """Return what a scenario has to say under `data` so that it reads such files; the file's name aside.

    Args:
        export: the file.
        amount_is: what the amounts of recurring deals are.
        company: its currency; without it the one that the file tells.
    """
    kind, preset, frame = export.kind, export.preset, export.frame
    company = company or export.currency
    amount_is = amount_is or frame.amount_is
    said: dict[str, Any] = {}
    if preset is not None:
        said["systems"] = {kind: preset.name}
    # What a system calls its columns is known, in each of its languages.
    named = frame.columns.get(kind, {}) if preset is not None else export.columns
    own = frame.own[kind].said if kind in frame.own else {}
    if named := {ours: theirs for ours, theirs in named.items() if ours != theirs} | own:
        said["columns"] = {kind: named}
    said |= {key: value for key in ("decimal", "date_order", "encoding") if (value := getattr(frame, key))}
    if (sheet := frame.reading.sheet) is not None:
        said["sheets"] = {kind: sheet}
    if export.path.suffix.lower() == ".sql" and frame.database.env != Database().env:
        said["database"] = {"env": frame.database.env}
    if (code := frame.currencies.get(kind)) is not None and not company == code == export.titled_currency:
        said["currencies"] = {kind: code or company}
    if kind == "deals":
        won = [name for name in export.says(WON) if not _PLAIN.is_won(name)]
        lost = [name for name in export.says(LOST) if not _PLAIN.is_lost(name)]
        said |= {"won_stages": won} if won else {}
        said |= {"lost_stages": lost} if lost else {}
        said |= {"amount_is": amount_is} if amount_is != "total" else {}
    return said


def drafted(
    name: str, as_of: date, deals: Export | None, invoices: Export | None, frame: HistoryFrame,
    files: Mapping[str, str], segment_by: str | None = None, amount_is: str | None = None, why: str = "",
) -> Draft:  # fmt: skip
    """Return a scenario that reads these exports.

    Args:
        name: of the scenario.
        as_of: the last known day.
        deals: an export of deals, or None.
        invoices: an export of invoices, or None.
        frame: what was said: currency and rates.
        files: how the scenario names each table.
        segment_by: column of the deals that tells the segments.
        amount_is: what the amounts of recurring deals are.
        why: what tells that the currency is the company's.
    """
    exports = [export for export in (deals, invoices) if export is not None]
    currency = frame.currency or exports[0].currency
    said: dict[str, Any] = {
        "version": 1,
        "name": name,
        "description": "Made from " + " and ".join(described(export) for export in exports),
        "as_of": as_of.isoformat(),
        "horizon": HORIZON,
        "currency": currency,
    }
    if foreign := _foreign_codes(exports, currency):
        said["rates"] = {code: frame.rates.get(code, 1.0) for code in foreign}
    data: dict[str, Any] = {export.kind: files[export.kind] for export in exports}
    for export in exports:
        data = _merged(data, mapping(export, amount_is, currency))
    if deals is not None and segment_by is not None:
        data |= {} if deals.columns.get("segment") == segment_by else {"segment": {"from": segment_by}}
    elif deals is not None and deals.table.column("segment") is not None:
        data["segment"] = {"bands": {"from": "amount", ALL: 0}}  # the column is there, and tells no segments
    said["data"] = data
    stages = {} if deals is None else stages_of(deals, segment_by, ALL)
    said["segments"] = parts = {} if stages else {ALL: _no_deals()}
    guessed: dict[str, list[str]] = {}
    for segment, found in stages.items():
        assert deals is not None
        parts[segment], cycle_is_told = _segment(deals, found)
        if not found.theirs:
            guessed.setdefault("the chances of the stages", []).append(segment)
        if not cycle_is_told:
            guessed.setdefault(f"how long deals take ({CYCLE} days are a guess)", []).append(segment)
    to_set = [f"{what} of {', '.join(names)}" if len(stages) > 1 else what for what, names in guessed.items()]
    return Draft(said, stages, tuple(to_set), why)


def _foreign_codes(exports: list[Export], currency: str) -> tuple[str, ...]:
    """Return the currencies that need a rate."""
    return tuple(dict.fromkeys(c for export in exports for c in export.company.named if c != currency))


def described(export: Export) -> str:
    """Say what a file is: `export.csv (HubSpot, all deals)`."""
    if export.preset is None:
        return f"{export.table.name} ({export.kind} under common names of columns)"
    return f"{export.table.name} ({export.preset.title}, {export.preset.report})"


def scenario_name(text: str) -> str:
    """Return a text as a scenario may be named."""
    kept = re.sub(r"[^\w .+-]", "-", text).strip(" .-_+")[:60].rstrip(". ")
    return kept or "forecast"


def _merged(data: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return what two tables need said together; what is said of each alone stays apart."""
    for key, value in more.items():
        before = data.get(key)
        data[key] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
    return data


def _segment(deals: Export, stages: Stages) -> tuple[dict[str, Any], bool]:
    """Return a segment, and whether won deals tell how long one takes."""
    chances = zip(stages.names, stages.chances, strict=True)
    told: dict[str, Any] = {
        "source": stages.source,
        "stages": {name: {"close": chance} for name, chance in chances},
    }
    cells, days = deals.cells, []
    for row in stages.rows:
        if deals.outcomes[row] == WON:
            created, closed = cells.day(row, "created"), cells.day(row, "closed")
            if created is not None and closed is not None and closed >= created:
                days.append((closed - created).days)
    if len(days) < FEW_WON:
        told["cycle"] = {"median": f"{CYCLE}d", "source": f"{TO_BE_SET}: a guess, too few won deals tell it"}
        return told, False
    usual = max(round(median(days)), len(stages.names))
    told["cycle"] = {"median": f"{usual}d", "source": f"{len(days):,} won deals, from created to closed"}
    return told, True


def _no_deals() -> dict[str, Any]:
    """Return a segment of a company of which only invoices are known."""
    return {
        "stages": {"Open": {"close": 0.5}},
        "cycle": {"median": f"{CYCLE}d"},
        "new_pipeline": "none",
        "source": "no deals were given",
    }
