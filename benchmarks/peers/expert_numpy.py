"""Play the job in numpy as fast as it goes: only winners walk, a deal's trials at once, all laws are tables.

Every draw is 16 random bits. Whether a deal is won is one comparison; everything else is looked up in a table
of 65,536 places, of which each value has as many as its chance asks for. What is rounded is rounded up or
down by chance, anew for each deal or few, so that no mean is moved.
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
"""Most trials that are played at once: a deal's arrays stay in the first cache, the sums near by."""
GROUP = 32
"""Deals that share the tables of stays to come."""
LONGEST = 4095
RAREST = 2.0**-26
"""Stays that are rarer end on the last day of their table."""


def run(job: Job, trials: int, seed: int) -> Result:
    """Play so many trials, a block after the other."""
    rng = np.random.Generator(np.random.SFC64(seed))
    size = trials * (job.months + 1)
    bookings, receipts = np.zeros(size), np.zeros(size)
    edges = np.linspace(0, trials, max(-(-trials // BLOCK), 1) + 1).astype(np.int64) * (job.months + 1)
    for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        _play(job, rng, bookings[begin:end], receipts[begin:end])
    return Result.of(job, bookings, receipts)


def _play(job: Job, rng: np.random.Generator, bookings: Floats, receipts: Floats) -> None:
    """Add a block of trials to its sums, floats[trial · month]."""
    columns = job.months + 1
    trials = len(bookings) // columns
    thresholds = (job.win_rate * PLACES + rng.random(len(job))).astype(np.intp).tolist()
    changes = factors(job, rng.random())
    delays = table(job.delays, np.cumsum(job.delay_chances), rng.random())
    month, draw = job.month_of_day, rng.bit_generator.random_raw
    for deal, first, later, day_of in _deals(job, rng):
        (row,) = (draw((trials + 3) // 4).view(np.uint16)[:trials] < thresholds[deal]).nonzero()
        count, more = len(row), len(job.conversion) - 1 - int(job.stage[deal])
        draws = draw(((3 + more) * count + 3) // 4).view(np.uint16)[: (3 + more) * count]
        place = draws.astype(np.intp).reshape(3 + more, count)
        times = first.take(place[0], mode="clip")
        for n in range(more):
            times += later[n].take(place[3 + n], mode="clip")
        day = day_of.take(times, mode="clip")
        amount = changes.take(place[1], mode="clip")
        amount *= job.amount[deal]
        np.rint(amount, out=amount)
        row *= columns
        np.add.at(bookings, row + month.take(day, mode="clip"), amount)
        day += delays.take(place[2], mode="clip")
        row += month.take(day, mode="clip")
        np.add.at(receipts, row, amount)


def _deals(job: Job, rng: np.random.Generator) -> Iterator[tuple[int, Table, list[Table], Integers]]:
    """Yield each deal with the tables of its present stay, of those to come, and the close day by time."""
    ends = job.clock[: int(np.searchsorted(job.month_of_day, job.months)) - 1]
    laws = {law: stays(*law, np.zeros(1)) for law in zip(job.mu, job.sigma, strict=True)}
    for stage in range(len(job.conversion)):
        later = list(zip(job.mu, job.sigma, strict=True))[stage + 1 :]
        deals = np.flatnonzero(job.stage == stage)
        for begin in range(0, len(deals), GROUP):
            some = deals[begin : begin + GROUP]
            tables = {law: _tables(laws[law], rng)[0] for law in set(later)}
            left = _tables(stays(job.mu[stage], job.sigma[stage], job.age[some]), rng)
            to_come = [tables[law] for law in later]
            yield from zip(some.tolist(), left, repeat(to_come), close_days(job, some, ends))


def stays(mu: float, sigma: float, age: Floats) -> Floats:
    """Return the chance that at most so many whole days are left of a stay at each age, floats[age, day]."""
    with np.errstate(divide="ignore"):
        alive = ndtr((mu - np.log(age)) / sigma)
    longest = float((np.exp(mu - sigma * ndtri(alive * RAREST)) - age).max())
    days = np.arange(min(int(longest) + 2, LONGEST)) + 0.5
    return np.asarray(1 - ndtr((mu - np.log(age[:, None] + days)) / sigma) / alive[:, None])


def _tables(cumulative: Floats, rng: np.random.Generator) -> list[Table]:
    """Return a table of whole days for each row of cumulative chances."""
    days = np.arange(cumulative.shape[1], dtype=np.int16)
    offsets = rng.random(len(cumulative)).tolist()
    return [table(days, row, offset) for row, offset in zip(cumulative, offsets, strict=True)]


def close_days(job: Job, deals: Integers, ends: Floats) -> Integers:
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


def table(values: Integers | Table, cumulative: Floats, offset: float, places: int = PLACES) -> Table:
    """Return the values, each in as many places as its chance asks for; an offset decides what is rounded up.

    Over offsets from 0 to 1 each has its exact number of places on average.
    """
    edges = np.zeros(len(values) + 1, dtype=np.intp)
    edges[1:] = cumulative * places + offset
    edges[-1] = places
    return np.repeat(values.astype(np.int16, copy=False), edges[1:] - edges[:-1])


def factors(job: Job, offset: float) -> Floats:
    """Return what amounts are multiplied by, of each place: 1, then exp(Y) from low to high."""
    bounds = np.arcsinh((np.array([-job.limit, job.limit]) - job.location) / job.scale)
    scores = np.sinh(np.linspace(*bounds, 4097))
    below = stdtr(job.degrees, scores)
    same = round(job.unchanged * PLACES)
    u = below[0] + (below[-1] - below[0]) * (np.arange(PLACES - same) + offset) / (PLACES - same)
    return np.concatenate((np.ones(same), np.exp(job.location + job.scale * np.interp(u, below, scores))))
