"""Play the job in simpy: each deal is a process that waits in its stages."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Generator
from random import Random

import numpy as np
import simpy

from benchmarks.peers.job import Job, Result
from benchmarks.peers.plain_python import Company


def run(job: Job, trials: int, seed: int) -> Result:
    """Play so many trials, an environment each."""
    rng, company = Random(seed), Company(job)
    bookings, receipts = (np.zeros((trials, job.months + 1)) for _ in range(2))
    for trial in range(trials):
        books = [0.0] * (job.months + 1), [0.0] * (job.months + 1)
        env = simpy.Environment()
        for number in range(len(job)):
            env.process(_deal(env, company, number, rng, books))
        env.run()
        bookings[trial], receipts[trial] = books
    return Result.of(job, bookings, receipts)


def _deal(
    env: simpy.Environment, company: Company, number: int, rng: Random, books: tuple[list[float], list[float]]
) -> Generator[simpy.Event, None, None]:
    """Go from stage to stage; a deal that will be lost leaves at once, since nothing asks when it is lost.

    The environment's time is the operational clock; payments follow the calendar, so their day is looked up.
    """
    now = company.stage[number]
    for stage in range(now, len(company.stays)):
        if rng.random() >= company.conversion[stage]:
            return
        is_begun = stage == now
        days = company.days_left(number, rng) if is_begun else bisect_left(company.stays[stage], rng.random())
        yield env.timeout(days)
    day, amount = company.close_day(number, int(env.now)), company.amount(number, rng)
    books[0][company.month[day]] += amount
    books[1][company.month[day + company.delay(rng)]] += amount
