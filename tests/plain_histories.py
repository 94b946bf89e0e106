"""Histories made move by move with a generator of numpy's own, to be learned from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.clock import Clock
from simulator.history import LOST, NEVER, OPEN, UNKNOWN, WON, History, Moves, PastDeals

KNOWN = 735_000
"""The day known, ordinal: 11 May 2013."""


@dataclass(frozen=True)
class Law:
    """Chances and log-normal stays of one segment: p[s, k], mu[s, k], sigma[s, k], columns as in Funnel."""

    p: np.ndarray
    mu: np.ndarray
    sigma: np.ndarray


def even_clock(days=20_000):
    """A clock on which every day counts one."""
    return Clock(-days, np.arange(-days, 2, dtype=np.float64))


def walk(rng, law, begun, luck=None):
    """Moves (deal, stage, day) of deals that enter stage 0 on these days; `luck` multiplies their odds."""
    size = len(law.p)
    h = np.linalg.solve(np.eye(size) - law.p[:, :size], law.p[:, size])
    ends = np.append(h, (1.0, 0.0))
    odds = np.ones(len(begun)) if luck is None else luck
    deal, stage, day = np.arange(len(begun)), np.zeros(len(begun), int), np.asarray(begun).copy()
    rows = [np.stack((deal, stage, day))]
    for _ in range(200):
        if not len(deal):
            break
        tilt = law.p[stage] * (1 + ends[None, :] * (odds[deal, None] - 1))
        cumulative = np.cumsum(tilt, axis=1) / tilt.sum(axis=1, keepdims=True)
        k = (cumulative < rng.uniform(size=(len(deal), 1))).sum(axis=1)
        stay = np.exp(law.mu[stage, k] + law.sigma[stage, k] * rng.normal(size=len(deal)))
        day = day + np.floor(stay + 0.5).astype(int)
        rows.append(np.stack((deal, k, day)))
        goes_on = k < size
        deal, stage, day = deal[goes_on], k[goes_on], day[goes_on]
    return np.concatenate(rows, axis=1)


def history_of(moves_by_segment, stages, known=KNOWN, since=None, logged=True):
    """A history as known at the end of a day, of what a log that began on `since` has seen."""
    since = since if since is not None else min(int(m[2].min()) for m in moves_by_segment)
    columns, segments = [], []
    before = 0
    for g, moves in enumerate(moves_by_segment):
        number = int(moves[0].max()) + 1
        columns.append(moves + np.array([[before], [0], [0]]))
        segments.append(np.full(number, g))
        before += number
    deal, stage, day = np.concatenate(columns, axis=1)
    order = np.argsort(deal, kind="stable")  # of each deal the moves are in order of time
    deal, stage, day = deal[order], stage[order], day[order]
    segment = np.concatenate(segments)
    closed = np.full(before, NEVER)
    ends = stage >= stages
    closed[deal[ends]] = day[ends]
    created = np.full(before, NEVER)
    np.minimum.at(created, deal, day)
    seen = (created <= known) & (closed >= since)
    place = np.cumsum(seen) - 1
    kept = seen[deal] & (day <= known)
    outcome = np.full(before, OPEN)
    outcome[deal[kept & ends]] = np.where(stage[kept & ends] == stages, WON, LOST)
    closed = np.where(outcome == OPEN, NEVER, closed)
    n = int(seen.sum())
    unknown = np.full(n, UNKNOWN)
    deals = PastDeals(
        id=tuple(f"D{i:06}" for i in range(n)),
        segment=segment[seen],
        customer=("",) * n,
        amount=np.full(n, 100_00),
        created=created[seen],
        closed=closed[seen],
        outcome=outcome[seen],
        stage=np.full(n, -1),
        entered=unknown,
        stated=unknown,
        pushes=np.full(n, -1),
        reason=("",) * n,
        row=np.arange(n),
    )
    some = np.full(int(kept.sum()), UNKNOWN)
    moves = Moves(place[deal[kept]], stage[kept], day[kept], day[kept], np.full(len(some), -1), some)
    names = tuple(f"segment {g}" for g in range(len(moves_by_segment)))
    return History(
        known, "EUR", names, tuple(f"stage {s}" for s in range(stages)), deals, moves, logged, since
    )
