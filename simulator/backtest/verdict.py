"""Say in plain words whether past intervals can be trusted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.backtest.measures import Measure
from simulator.backtest.replay import Backtest
from simulator.backtest.rows import Row
from simulator.backtest.summary import Summary, hits
from simulator.hit_rates import Hits, judged, proof

LEVEL = 0.8
_ORDER = (
    Measure("bookings", "all"), Measure("bookings", "open"), Measure("receipts", "all"),
    Measure("receipts", "open"), Measure("wins", "all"), Measure("wins", "open"),
)  # fmt: skip


def main_measure(rows: Sequence[Row]) -> Measure:
    """Return what a reader asks for first: bookings in total, where there are any."""
    there = {row.measure for row in rows}
    return next((m for m in _ORDER if m in there), min(there))


def verdict(backtest: Backtest, summaries: Sequence[Summary]) -> list[str]:
    """Return sentences on whether to trust the intervals, the first the most important."""
    main = main_measure(backtest.rows)
    rows = [row for row in backtest.rows if row.measure == main]
    found = hits(rows, LEVEL)
    sentences = [
        f"Past 80 % ranges of {name_of(main)} held {found.held} of {found.count} times: {judged(found)}.",
        proof(found),
    ]
    others = [row for row in backtest.rows if not row.measure.segment]
    if len({row.measure for row in others}) > 1:
        pooled = hits(others, LEVEL)
        sentences.append(f"Of all that was forecast they held {pooled.held} of {pooled.count} times.")
    if lean := leaning(rows, found):
        sentences.append(lean)
    sentences += _compared(main, summaries)
    return sentences


def name_of(measure: Measure) -> str:
    """Return the words for a measure, such as `bookings from open deals`: open at the start, that is."""
    known = "invoices" if measure.quantity == "receipts" else "deals"
    link = " among " if measure.quantity in ("wins", "losses") else " from "
    source = "" if measure.source == "all" else f"{link}{measure.source} {known}"
    return measure.quantity + source + (f" in {measure.segment}" if measure.segment else "")


def leaning(rows: Sequence[Row], found: Hits) -> str:
    """Say whether what came lay mostly above or below the middle, "" where that may be chance."""
    z = (float(np.mean([row.place for row in rows])) - 0.5) * np.sqrt(12 * found.apart)
    if abs(z) < 2:
        return ""
    return f"What came lay mostly {'above' if z > 0 else 'below'} the middle: forecasts were too {_way(z)}."


def _way(z: float) -> str:
    return "low" if z > 0 else "high"


def _compared(main: Measure, summaries: Sequence[Summary]) -> list[str]:
    better: list[str] = []
    worse: list[str] = []
    for summary in (s for s in summaries if s.measure == main):
        for other in summary.against:
            if other.skill is not None:
                (better if other.skill > 0 else worse).append(other.name)
    sentences = []
    if beaten := [name for name in dict.fromkeys(better) if name not in worse]:
        sentences.append(f"Its errors were smaller than those of: {', '.join(beaten)}.")
    if worse:
        sentences.append(f"No better than: {', '.join(dict.fromkeys(worse))}.")
    return sentences
