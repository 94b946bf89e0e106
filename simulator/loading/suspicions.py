"""Look for what is probably wrong in otherwise valid deals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.deals import Pipeline
from simulator.loading.notes import Notes, counted
from simulator.scenario.segment import Segment

STALE: Final = 0.001
"""A deal is stale where fewer than this share of all stays last as long."""
LARGE: Final = 0.3
"""One deal above this share of all that is open is worth a word."""
HEAP: Final = 0.35
"""Share of stated dates on a month's last days from which they look like placeholders; about .1 by chance."""
HEAP_DEALS: Final = 10


def note_suspicions(
    pipeline: Pipeline, segments: Sequence[Segment], has_invoices: bool, has_deals: bool, notes: Notes
) -> None:
    """Add a note for each suspicion (nothing is changed)."""
    money = [(int(a), c) for a, c in zip(pipeline.amount, pipeline.currency, strict=True)]
    amounts = np.array([notes.minor(m) for m in money], dtype=np.float64)
    _note_stale(pipeline, segments, amounts, notes)
    overdue = pipeline.stated_day <= 0
    if overdue.any():
        noun = "stated close date has" if overdue.sum() == 1 else "stated close dates have"
        notes.add("W011", f"{overdue.sum():,} {noun} passed", amounts[overdue].sum())
    _note_month_ends(pipeline, amounts, notes)
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


def _note_stale(
    pipeline: Pipeline, segments: Sequence[Segment], amounts: NDArray[np.float64], notes: Notes
) -> None:
    limits = [
        [max(float(law.isf(STALE)) for law in row if law is not None) for row in segment.funnel.stays]
        for segment in segments
    ]
    at = zip(pipeline.segment, pipeline.stage, strict=True)
    limit = np.array([limits[segment][stage] for segment, stage in at])
    stale = np.greater(pipeline.age, limit) if len(limit) else np.zeros(0, dtype=bool)
    if stale.any():
        verb = "stands" if stale.sum() == 1 else "stand"
        text = f"{counted(int(stale.sum()), 'deal')} {verb} longer in one stage than 999 of 1,000 ever do"
        notes.add("W010", text, amounts[stale].sum())


def _note_month_ends(pipeline: Pipeline, amounts: NDArray[np.float64], notes: Notes) -> None:
    """Note stated dates that heap on the last day, or the last business day, of months."""
    ahead = pipeline.stated_day > 0
    if ahead.sum() < HEAP_DEALS:
        return
    days = np.datetime64(notes.as_of, "D") + pipeline.stated_day[ahead].astype(np.int64)
    month_end = (days.astype("datetime64[M]") + 1).astype("datetime64[D]") - 1
    heaped = (days == month_end) | (days == np.busday_offset(month_end, 0, roll="preceding"))
    if heaped.mean() > HEAP:
        text = f"{heaped.mean() * 100:.0f} % of the stated close dates are month ends: placeholders, it seems"
        notes.add("W012", text, amounts[ahead][heaped].sum())
