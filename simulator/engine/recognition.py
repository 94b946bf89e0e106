"""Recognise the revenue of won lines by the rule of their product (MODEL 7)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from simulator.engine.billing import Billed, Events, Flow
from simulator.engine.contracts import LinePlan
from simulator.engine.populations import ALL
from simulator.scenario import served_shares

Integers = NDArray[np.int64]


def revenue(
    line: LinePlan, billed: Billed, events: Events, edges: Integers, term_end: Integers | None = None
) -> Iterator[Flow]:
    """Yield the revenue of lines by their rule; what comes over the term is dated at the ends of cells.

    Args:
        line: of all deals.
        billed: the deals.
        events: days by event.
        edges: day 0 and the last day of each cell.
        term_end: first day after each term, None to look it up.
    """
    terms = line.conditions
    if terms.recognise == "over-term":
        some = np.flatnonzero(events["start"] <= edges[-1])
        start, failed = events["start"][some], None if billed.failed is None else billed.failed[some]
        end = line.term_end[start] if term_end is None else term_end[some]
        for flow in over_term(billed.amount[some], start, end, failed, edges):
            yield Flow(some[flow.entry], flow.day, flow.amount)
    elif terms.recognise == "at-delivery":
        yield _standing(billed, events["delivery"], billed.amount)
    elif terms.recognise == "at-milestone":
        parts = terms.parts(billed.amount)
        for n, event in enumerate(terms.milestones):
            yield _standing(billed, events[event], parts[:, n])


def over_term(
    amount: Integers, start: Integers, end: Integers, failed: Integers | None, edges: Integers
) -> Iterator[Flow]:
    """Yield what is recognised in each cell of services from start to before end, dated at the cell's end."""
    if not len(amount):
        return
    last = end - 1 if failed is None else np.minimum(end, failed) - 1
    # Before the first start and after the last end nothing moves.
    begin, stop = np.searchsorted(edges, (start.min(), last.max())).tolist()
    begin = max(begin - 1, 0)
    served, until = served_shares(amount, start, end), last.astype(np.float64)
    before = served(np.minimum(edges[begin], until))
    for edge in edges[begin + 1 : stop + 1].tolist():
        now = served(np.minimum(edge, until))
        moved = np.flatnonzero(now > before)
        if len(moved):
            recognised = (now[moved] - before[moved]).astype(np.int64)
            yield Flow(moved, np.full(len(moved), edge, dtype=np.int64), recognised)
        before = now


def _standing(billed: Billed, day: Integers, amount: Integers) -> Flow:
    """Return what moves on a day of each line, before the customer fails."""
    if billed.failed is None:
        return Flow(ALL, day, amount)
    keep = np.flatnonzero(day < billed.failed)
    return Flow(keep, day[keep], amount[keep])
