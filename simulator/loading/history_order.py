"""Find what a log does not say outright: the order of its stages, and the day from which on it sees all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem
from simulator.history import NEVER

Integers = NDArray[np.int64]

_NUMBERED = re.compile(r"\W*(?:stage|step|phase)?\W*(\d+(?:\.\d+)*)(?!\s*%)[\W_]*\D.*", re.IGNORECASE)
MOST_STAGES: Final = 25
"""A column that names more holds something else."""
LEAST_CHANCE = 1e-6
"""A record in which nothing closes for so long, if all deals were in it, is one of survivors."""
_ENOUGH = 30
"""Deals that tell how soon deals close."""


def no_stages(names: Sequence[str], table: str, column: str) -> Problem | None:
    """Return a problem where so many stages are named that they are no stages of a funnel.

    Args:
        names: of open stages, each once.
        table: its name.
        column: title of that which names them.
    """
    if len(names) <= MOST_STAGES:
        return None
    message = f"the column names {len(names):,} stages; a funnel is learned of {MOST_STAGES} at most"
    return Problem("H009", message, table, column=column, value=", ".join(names[:5]) + ", …")


def numbered(names: Sequence[str]) -> list[int] | None:
    """Return the order of names that begin with numbers, each its own, as places; None where one has none."""
    found = [_NUMBERED.fullmatch(name) for name in names]
    keys = [tuple(int(part) for part in m[1].split(".")) for m in found if m]
    if len(keys) < len(names) or len(set(keys)) < len(keys):
        return None
    return sorted(range(len(names)), key=lambda i: keys[i])


def by_visits(stages: int, deal: Integers, stage: Integers, given: int = 0) -> list[int]:
    """Return stages in the order in which most deals first see them, as places.

    Of each two stages that deals have seen both of, one comes first more often; a stage stands by how often
    it comes before others, on average over these. Two neighbours that the deals would rather have the other
    way round change places. Skips and ways back do not matter: only first visits are looked at.

    Args:
        stages: how many.
        deal: of each entry, entries in order of deal and time.
        stage: entered.
        given: so many stages stand first, in this order; each further one goes behind the last of them that
            most deals see before it.
    """
    before = np.zeros((stages, stages))
    seen = np.zeros(stages, dtype=np.int64)
    starts = np.concatenate(([True], deal[1:] != deal[:-1])) if len(deal) else np.zeros(0, dtype=bool)
    visited: list[int] = []
    for new, s in zip(starts.tolist(), stage.tolist(), strict=True):
        if new:
            visited = []
        if s not in visited:
            before[visited, s] += 1
            visited.append(s)
            seen[s] += 1
    both = before + before.T
    lead = np.divide(before - before.T, both, out=np.zeros_like(before), where=both > 0)
    met = np.maximum((both > 0).sum(axis=1), 1)
    score = lead.sum(axis=1) / met
    order = sorted(range(stages), key=lambda s: (-score[s], -seen[s], s))
    for _ in range(stages):
        for i in range(stages - 1):
            a, b = order[i], order[i + 1]
            if before[b, a] > before[a, b]:
                order[i], order[i + 1] = b, a
    if not given:
        return order
    result = list(range(given))
    for s in (s for s in order if s >= given):
        earlier = [i for i, other in enumerate(result) if before[other, s] > before[s, other]]
        result.insert(max(earlier, default=-1) + 1 if both[s].any() else len(result), s)
    return result


def record_start(began: Integers, ended: Integers, known: int) -> int:
    """Return the first day from which on a record sees every deal that began.

    That is the first day on which one began, unless many began before the first closing of all. Where those
    would have stayed open that long with a chance below `LEAST_CHANCE`, judged by the deals that began later,
    closed deals of that time were left out: the record begins with its first closing.

    Args:
        began: ordinals.
        ended: ordinals, `NEVER` for open deals.
        known: last known day.
    """
    if not len(began):
        return known
    first = int(began.min())
    closing = int(ended.min())
    early = began[began < closing]
    if closing >= min(known, NEVER) or not len(early):
        return first
    late = began >= closing
    if late.sum() < _ENOUGH:
        return first
    spent = np.minimum(ended[late], known) - began[late]
    days, survivors = _survivors(spent, ended[late] <= known)
    waited = np.searchsorted(days, closing - early, side="left") - 1
    chances = np.where(waited < 0, 1.0, survivors[np.maximum(waited, 0)])
    floor = 1.0 / (int(late.sum()) + 1)
    return closing if np.log(np.maximum(chances, floor)).sum() < np.log(LEAST_CHANCE) else first


def _survivors(spent: Integers, closed: NDArray[np.bool_]) -> tuple[Integers, NDArray[np.float64]]:
    """Return the product-limit estimate of the share still open after each day of closing."""
    days = np.unique(spent[closed])
    if not len(days):
        return np.zeros(1, dtype=np.int64), np.ones(1)
    ordered = np.sort(spent)
    at_risk = len(spent) - np.searchsorted(ordered, days, side="left")
    events = np.searchsorted(np.sort(spent[closed]), days, side="right") - np.searchsorted(
        np.sort(spent[closed]), days, side="left"
    )
    return days.astype(np.int64), np.cumprod(1.0 - events / at_risk, dtype=np.float64)
