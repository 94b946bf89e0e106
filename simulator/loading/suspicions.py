"""Look for what is probably wrong in otherwise valid deals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from simulator.deals import Pipeline
from simulator.loading.notes import Notes
from simulator.scenario.quality import Doubtful
from simulator.scenario.segment import Segment

LARGE: Final = 0.3
"""One deal above this share of all that is open is worth a word."""
_CODES: Final = {"stale": "W010", "overdue": "W011", "month_ends": "W012"}
"""Kinds of doubtful deals that are worth a warning."""


def note_suspicions(
    pipeline: Pipeline, segments: Sequence[Segment], doubtful: Sequence[Doubtful],
    has_invoices: bool, has_deals: bool, notes: Notes,
) -> None:  # fmt: skip
    """Add a note for each suspicion (nothing is changed)."""
    amounts = notes.rates.worth(pipeline.amount, pipeline.currency)
    for kind in doubtful:
        if kind.name in _CODES:
            notes.add(_CODES[kind.name], kind.text, kind.minor)
    if len(amounts) > 1 and amounts.max() > LARGE * amounts.sum():
        i = int(amounts.argmax())
        share = amounts[i] / amounts.sum()
        name = "" if pipeline.name[i] == pipeline.id[i] else f" ({pipeline.name[i]})"
        what = f"one deal, {pipeline.id[i]}{name}, is {100 * share:.0f} % of all that is open"
        notes.add("W013", what, amounts[i])
    if has_deals and not has_invoices:
        notes.add("W014", "no receivables are given: money from invoices already written is missing")
    checked = [s.name for s in segments if s.doubt.any()]
    if checked:
        text = f"percentages of {', '.join(checked)} are set, not learned from history"
        notes.add("W015", text, amounts.sum() if len(amounts) else None)
