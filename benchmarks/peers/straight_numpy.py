"""Play the job in straightforward vectorised numpy: trials × deals arrays, one stage after the other."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from benchmarks.peers.job import Floats, Integers, Job, Result


def run(job: Job, trials: int, seed: int) -> Result:
    """Play so many trials."""
    rng = np.random.default_rng(seed)
    alive = np.ones((trials, len(job)), dtype=np.bool_)
    times = np.zeros((trials, len(job)))
    for stage in range(len(job.conversion)):
        # Deals stand in the order of their stages: those that are here already, then those that begin here.
        before, here = np.searchsorted(job.stage, (stage, stage + 1))
        times[:, :before] += np.rint(rng.lognormal(job.mu[stage], job.sigma[stage], (trials, before)))
        times[:, before:here] = days_left(job, slice(before, here), rng.random((trials, here - before)))
        alive[:, :here] &= rng.random((trials, here)) < job.conversion[stage]
    trial, deal = np.nonzero(alive)
    return settled(job, trials, trial, deal, times[alive], rng)


def days_left(job: Job, deal: Integers | slice, u: Floats) -> Floats:
    """Return whole days left in the stage that each deal stands in, given its age: R(T) = u·R(age)."""
    mu, sigma, age = job.mu[job.stage[deal]], job.sigma[job.stage[deal]], job.age[deal]
    with np.errstate(divide="ignore"):
        beyond = ndtr((mu - np.log(age)) / sigma)
    return np.maximum(np.ceil(np.exp(mu - sigma * ndtri(u * beyond)) - age - 0.5), 0)


def settled(
    job: Job, trials: int, trial: Integers, deal: Integers, times: Floats, rng: np.random.Generator
) -> Result:
    """Book and collect deals that are won after so many operational days."""
    close_day = job.close_day(times, deal)
    amount = np.rint(job.amount[deal] * factors(job, len(deal), rng))
    pay_day = close_day + rng.choice(job.delays, len(deal), p=job.delay_chances)
    row, size = trial * (job.months + 1), trials * (job.months + 1)
    bookings, receipts = (
        np.bincount(row + job.month_of_day[day], weights=amount, minlength=size)
        for day in (close_day, pay_day)
    )
    return Result.of(job, bookings, receipts)


def factors(job: Job, count: int, rng: np.random.Generator) -> Floats:
    """Return what amounts are multiplied by: 1, or exp(Y) with Y drawn again while it is out of bounds."""
    result = np.ones(count)
    changed: Integers = np.flatnonzero(rng.random(count) >= job.unchanged)
    while len(changed):
        y = job.location + job.scale * rng.standard_t(job.degrees, len(changed))
        result[changed] = np.exp(y)
        changed = changed[np.abs(y) > job.limit]
    return result
