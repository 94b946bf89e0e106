"""Play the job in one compiled loop that does nothing but what its two series need: a bound for any program.

No law is worked out: every draw is a few bits that look a table up, and a word of SplitMix64 has the bits of
several draws. Deals and trials have no numbers of their own, so that nothing could be played again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from benchmarks.peers.expert_numpy import GROUP, close_days, factors, stays, table
from benchmarks.peers.job import Floats, Integers, Job, Result

BITS = 12
PLACES = 1 << BITS
"""Of each table: small enough for the first cache."""
TILE = 1024
GAMMA, M1, M2 = (np.uint64(x) for x in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
S1, S2, S3, MASK, STEP = (np.uint64(x) for x in (30, 27, 31, PLACES - 1, BITS))
PER_WORD = 64 // BITS
ONE, TOP = np.uint64(1), np.uint64(1 << 63)


def run(job: Job, trials: int, seed: int) -> Result:
    """Play so many trials."""
    rng = np.random.Generator(np.random.SFC64(seed))
    size = trials * (job.months + 1)
    bookings, receipts = np.zeros(size), np.zeros(size)
    first, close = _of_deals(job, rng)
    entered = [stays(mu, sigma, np.zeros(1)) for mu, sigma in zip(job.mu, job.sigma, strict=True)]
    groups, chances = range(0, len(job), GROUP), np.cumsum(job.delay_chances)
    later = np.stack([[_days(law, rng)[0] for law in entered] for _ in groups])
    delays = np.stack([table(job.delays, chances, rng.random(), PLACES) for _ in groups])
    amounts = factors(job, rng.random())[rng.integers(16) :: 16]
    latest = close.max() + delays.max() + 1
    month = np.full(latest, job.months, dtype=np.uint64)
    month[: len(job.month_of_day)] = job.month_of_day[:latest]
    thresholds = (job.win_rate * 2**16 + rng.random(len(job))).astype(np.uint16)
    keys = rng.bit_generator.random_raw(len(job))
    _play(keys, thresholds, job.stage, job.amount, first, later, close, amounts, delays, month,
          job.months + 1, bookings, receipts)  # fmt: skip
    return Result.of(job, bookings, receipts)


def _of_deals(job: Job, rng: np.random.Generator) -> tuple[Integers, Integers]:
    """Return tables of the days left of the present stay, and the close day by days walked, [deal, place]."""
    ends = job.clock[: int(np.searchsorted(job.month_of_day, job.months)) - 1]
    first = np.empty((len(job), PLACES), dtype=np.int16)
    for stage in np.unique(job.stage).tolist():
        some = np.flatnonzero(job.stage == stage)
        first[some] = _days(stays(job.mu[stage], job.sigma[stage], job.age[some]), rng)
    days = close_days(job, np.arange(len(job)), ends)[:, :PLACES].astype(np.int16)
    close = np.repeat(days[:, -1:], PLACES, axis=1)
    close[:, : days.shape[1]] = days
    return first, close


def _days(cumulative: Floats, rng: np.random.Generator) -> Integers:
    days = np.arange(cumulative.shape[1])
    return np.stack([table(days, row, rng.random(), PLACES) for row in cumulative])


@njit(nogil=True, error_model="numpy")
def _play(
    keys: Any, thresholds: Any, stage: Any, amount: Any, first: Any, later: Any, close: Any, amounts: Any,
    delays: Any, month: Any, columns: int, bookings: Floats, receipts: Floats,
) -> None:  # fmt: skip
    """Add all trials to their sums, floats[trial · month], a tile of trials and a deal after the other."""
    words = np.empty(TILE // 4 + 1, dtype=np.uint64)
    bits = words.view(np.uint16)
    won = np.empty(TILE + 1, dtype=np.uint32)
    trials = len(bookings) // columns
    for begin in range(0, trials, TILE):
        count = min(TILE, trials - begin)
        booked, paid = bookings[begin * columns :], receipts[begin * columns :]
        for deal in range(len(keys)):
            state = keys[deal] + np.uint64(begin) * GAMMA
            for k in range((count + 3) // 4):
                words[k] = _mixed(state + np.uint64(k) * GAMMA)
            winners, threshold = 0, thresholds[deal]
            for k in range(count):
                won[winners] = k
                winners += bits[k] < threshold
            left, day_of, quoted = first[deal], close[deal], amount[deal]
            to_come, days_late = later[deal // GROUP, stage[deal] + 1 :], delays[deal // GROUP]
            state += TOP
            for n in range(winners):
                trial = np.uint64(won[n])
                word = _mixed(state + trial * GAMMA)
                money = np.rint(quoted * amounts[word & MASK])
                late = days_late[(word >> STEP) & MASK]
                time = np.int64(left[(word >> (STEP + STEP)) & MASK])
                word >>= STEP + STEP + STEP
                for m in range(len(to_come)):
                    if m == PER_WORD - 3:
                        word = _mixed(state - ONE - trial * GAMMA)
                    time += to_come[np.uint64(m), word & MASK]
                    word >>= STEP
                day = np.uint64(day_of[np.uint64(min(time, PLACES - 1))])
                row = trial * np.uint64(columns)
                booked[row + month[day]] += money
                paid[row + month[day + np.uint64(late)]] += money


@njit(inline="always")
def _mixed(state: Any) -> Any:
    state = (state ^ (state >> S1)) * M1
    state = (state ^ (state >> S2)) * M2
    return state ^ (state >> S3)
