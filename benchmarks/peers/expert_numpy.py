"""Play the job in numpy as fast as it goes: only winners walk, a deal's trials at a time, all laws are tables.

Whether a deal is won is one comparison of 32 random bits with its chance. Everything else is looked up by 16
bits: a table has 65,536 places, and each value as many as its chance asks for, so that chances are rounded to
1.5e-5, a thirtieth of the standard error of 10,000 trials and less.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr

from benchmarks.peers.job import Floats, Integers, Job, Result

Table = NDArray[np.int16]

PLACES = 1 << 16
BLOCK = 10_000
"""Most trials that are played at once: the sums of a block stay in the second cache, a deal's in the first."""
GROUP = 64
"""Deals whose tables are worked out at once."""
LONGEST = 4095


def run(job: Job, trials: int, seed: int) -> Result:
    """Play so many trials, a block after the other."""
    rng = np.random.SFC64(seed)
    size = trials * (job.months + 1)
    bookings, receipts = np.zeros(size), np.zeros(size)
    edges = np.linspace(0, trials, max(-(-trials // BLOCK), 1) + 1).astype(np.int64) * (job.months + 1)
    for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        _play(job, rng, bookings[begin:end], receipts[begin:end])
    return Result.of(job, bookings, receipts)


def _play(job: Job, rng: np.random.SFC64, bookings: Floats, receipts: Floats) -> None:
    """Add a block of trials to its sums, floats[trial · month]."""
    columns = job.months + 1
    trials = len(bookings) // columns
    thresholds = np.rint(job.win_rate * 2.0**32).astype(np.uint64).tolist()
    factors = _factors(job)
    delays = _table(job.delays, np.cumsum(job.delay_chances))
    month = job.month_of_day
    for deal, first, later, day_of in _deals(job):
        words = rng.random_raw((trials + 1) // 2).view(np.uint32)[:trials]
        (row,) = (words < thresholds[deal]).nonzero()
        count, more = len(row), len(job.conversion) - 1 - int(job.stage[deal])
        draws = rng.random_raw(((3 + more) * count + 3) // 4).view(np.uint16)[: (3 + more) * count]
        place = draws.astype(np.intp).reshape(3 + more, count)
        times = first.take(place[0], mode="clip")
        for n in range(more):
            times += later[n].take(place[3 + n], mode="clip")
        day = day_of.take(times, mode="clip")
        amount = factors.take(place[1], mode="clip")
        amount *= job.amount[deal]
        np.rint(amount, out=amount)
        row *= columns
        np.add.at(bookings, row + month.take(day, mode="clip"), amount)
        day += delays.take(place[2], mode="clip")
        row += month.take(day, mode="clip")
        np.add.at(receipts, row, amount)


def _deals(job: Job) -> Iterator[tuple[int, Table, list[Table], Integers]]:
    """Yield each deal with the tables of its present stay, of those to come, and the close day by time."""
    ends = job.clock[: int(np.searchsorted(job.month_of_day, job.months)) - 1]
    laws = {law: _stays(*law, np.zeros(1))[0] for law in set(zip(job.mu, job.sigma, strict=True))}
    stays = [laws[law] for law in zip(job.mu, job.sigma, strict=True)]
    for stage in range(len(stays)):
        deals = np.flatnonzero(job.stage == stage)
        for begin in range(0, len(deals), GROUP):
            some = deals[begin : begin + GROUP]
            left = _stays(job.mu[stage], job.sigma[stage], job.age[some])
            yield from zip(some.tolist(), left, repeat(stays[stage + 1 :]), _close_days(job, some, ends))


def _stays(mu: float, sigma: float, age: Floats) -> list[Table]:
    """Return the whole days left of a stay at each age."""
    with np.errstate(divide="ignore"):
        alive = ndtr((mu - np.log(age)) / sigma)
    # Beyond these days a table has no place left.
    longest = float((np.exp(mu - sigma * ndtri(alive / (4 * PLACES))) - age).max())
    days = np.arange(min(int(longest) + 2, LONGEST))
    survivors = ndtr((mu - np.log(age[:, None] + (days + 0.5))) / sigma) / alive[:, None]
    return [_table(days, below) for below in 1 - survivors]


def _close_days(job: Job, deals: Integers, ends: Floats) -> Integers:
    """Return the calendar day of signature by the days walked, integers[deal, time].

    Turned round: the longest walk that closes by the end of each calendar day.
    """
    weight, mean = job.weight[deals, None], job.mean_log[deals, None]
    stated = np.where(weight < 1, job.stated[deals, None], 0.0)
    held = (1 - weight) * np.log(job.slip * stated + job.shift) + weight * mean
    logs = (np.log(ends + job.shift) - held) / np.sqrt(weight) + mean
    times = np.where(weight < 1, np.exp(np.minimum(logs, 20.0)) - job.shift, ends)
    possible = ends >= np.where(weight < 1, 1.0, 1e-9)
    longest = np.where(possible, np.clip(np.floor(times), -1, LONGEST), -1.0)
    counts = np.diff(longest, axis=1, prepend=-1.0, append=longest.max() + 1).astype(np.intp)
    days = np.tile(np.arange(1, len(ends) + 2), len(deals))
    return np.repeat(days, counts.ravel()).reshape(len(deals), -1)


def _table(values: Integers, cumulative: Floats) -> Table:
    """Return the values, each in as many places as its chance asks for; the last takes the rest."""
    edges = np.zeros(len(values) + 1, dtype=np.intp)
    edges[1:] = cumulative * PLACES + 0.5
    edges[-1] = PLACES
    return np.repeat(values.astype(np.int16), edges[1:] - edges[:-1])


def _factors(job: Job) -> Floats:
    """Return what amounts are multiplied by, of each place: 1, then exp(Y) from low to high."""
    bounds = np.arcsinh((np.array([-job.limit, job.limit]) - job.location) / job.scale)
    scores = np.sinh(np.linspace(*bounds, 4097))
    below = stdtr(job.degrees, scores)
    same = round(job.unchanged * PLACES)
    u = below[0] + (below[-1] - below[0]) * (np.arange(PLACES - same) + 0.5) / (PLACES - same)
    return np.concatenate((np.ones(same), np.exp(job.location + job.scale * np.interp(u, below, scores))))
