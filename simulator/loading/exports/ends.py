"""Find stages in which deals may be closed, though nothing says that they mean won or lost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field

from simulator.history import OPEN, WON
from simulator.loading.chances import chances_of, usual_chance
from simulator.loading.exports.export import Export
from simulator.loading.history_rows import ending
from simulator.records import dataclass


@dataclass(frozen=True)
class Ends:
    """What may be ends, in the words of a company.

    Attributes:
        sure: stages to which the CRM gives 100 % or 0 %.
        closed: further stages, each deal of which has a day of closing that has passed: how many these are.
        none_won: whether no deal is won, and no column tells outcomes.
    """

    sure: Mapping[str, float] = field(default_factory=dict)
    closed: Mapping[str, int] = field(default_factory=dict)
    none_won: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Stages that are ends in all likelihood."""
        return (*self.sure, *self.closed)

    @property
    def told(self) -> str:
        """Why they may be: `Dead 0 %, Signed 100 %, Gone (4 deals, each with a day of closing)`."""
        chances = [f"{name} {chance * 100:.0f} %" for name, chance in self.sure.items()]
        days = [f"{name} ({_deals(count)} with a day of closing)" for name, count in self.closed.items()]
        return ", ".join((*chances, *days))

    @property
    def remedies(self) -> tuple[str, ...]:
        """What is to be said in a map if they are closed, for people."""
        if self.names:
            keys = {"won_stages": 1.0, "lost_stages": 0.0}
            ends = {
                key: [name for name, of in self.sure.items() if of == chance] for key, chance in keys.items()
            }
            said = [f"{key}: {json.dumps(names, ensure_ascii=False)}" for key, names in ends.items() if names]
            if self.closed:
                named = json.dumps([*self.closed], ensure_ascii=False)
                said.append(f"won_stages or lost_stages: {named}")
            what = f"{self.told}: deals there count as open; if they are closed, say {' and '.join(said)}"
            return (f"{what} in --map FILE",)
        if self.none_won:
            return (
                "no stage is known to mean won, so every deal that is not lost counts as open; if a stage "
                "means won, say won_stages: [NAME] in --map FILE",
            )
        return ()


def ends_in(export: Export) -> Ends:
    """Return the stages of an export of deals that may be ends; none where a column tells the outcomes."""
    cells = export.cells
    if cells.has("outcome") or not cells.has("stage"):
        return Ends()
    rows: dict[str, list[int]] = {}
    for row in cells.rows():
        stage = cells.text(row, "stage")
        if stage and ending(stage, export.frame.ends) == OPEN:
            rows.setdefault(stage, []).append(row)
    chances = chances_of(cells)
    usual = {
        stage: usual_chance([chance for row in of if (chance := chances[row]) is not None])
        for stage, of in rows.items()
    }
    sure = {stage: usual[stage] for stage in rows if usual[stage] in (0.0, 1.0)}
    closed = {
        stage: len(of)
        for stage, of in rows.items()
        if stage not in sure and all(_is_closed(export, row) for row in of)
    }
    won = any(outcome == WON for outcome in export.outcomes)
    ordered = sorted(sure.items(), key=lambda one: one[1] or 0.0)
    return Ends({name: chance for name, chance in ordered if chance is not None}, closed, not won)


def _is_closed(export: Export, row: int) -> bool:
    """Tell whether a row has a day of closing, of a column of its own, that has passed."""
    columns, day = export.columns, export.cells.day(row, "closed")
    if day is None or columns.get("closed") == columns.get("expected_close"):
        return False
    return export.frame.known is None or day <= export.frame.known


def _deals(count: int) -> str:
    return "1 deal" if count == 1 else f"{count:,} deals, each"
