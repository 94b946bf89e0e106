"""Play the job in squigglepy: a deal's trials at once, winners only, all draws samples of distributions."""

from __future__ import annotations

from typing import Any

import numpy as np
import squigglepy as sq
from scipy.special import ndtr, ndtri

from benchmarks.peers.job import Floats, Job, Result


def run(job: Job, trials: int, seed: int) -> Result:
    """Play so many trials."""
    sq.set_seed(seed)
    columns = job.months + 1
    bookings, receipts = (np.zeros(trials * columns) for _ in range(2))
    stays = [sq.lognorm(norm_mean=mu, norm_sd=sd) for mu, sd in zip(job.mu, job.sigma, strict=True)]
    cumulative = np.cumsum(job.delay_chances)
    for deal, chance in enumerate(job.win_rate.tolist()):
        won = np.flatnonzero(_sample(sq.bernoulli(chance), trials))
        if not len(won):
            continue
        times = _days_left(job, deal, len(won))
        for stay in stays[job.stage[deal] + 1 :]:
            times += np.rint(_sample(stay, len(won)))
        day = job.close_day(times, deal)
        amount = np.rint(job.amount[deal] * _factors(job, len(won)))
        late = np.searchsorted(cumulative, _sample(sq.uniform(0, 1), len(won)))
        delay = job.delays[np.minimum(late, len(job.delays) - 1)]
        np.add.at(bookings, won * columns + job.month_of_day[day], amount)
        np.add.at(receipts, won * columns + job.month_of_day[day + delay], amount)
    return Result.of(job, bookings, receipts)


def _sample(distribution: Any, count: int) -> Floats:
    """Return floats[count], also where the library makes one sample a number."""
    return np.atleast_1d(sq.sample(distribution, n=count))


def _days_left(job: Job, deal: int, count: int) -> Floats:
    """Return the whole days left where a deal stands, given its age: R(T) = u·R(age)."""
    mu, sigma, age = job.mu[job.stage[deal]], job.sigma[job.stage[deal]], job.age[deal]
    with np.errstate(divide="ignore"):
        alive = float(ndtr((mu - np.log(age)) / sigma))
    times = np.exp(mu - sigma * ndtri(_sample(sq.uniform(0, alive), count)))
    return np.maximum(np.ceil(times - age - 0.5), 0)


def _factors(job: Job, count: int) -> Floats:
    """Return what amounts are multiplied by: 1, or exp(Y) with Y drawn again while it is out of bounds."""
    result = np.ones(count)
    changed = np.flatnonzero(_sample(sq.bernoulli(1 - job.unchanged), count))
    while len(changed):
        normal = _sample(sq.norm(mean=0, sd=1), len(changed))
        spread = np.sqrt(_sample(sq.chisquare(job.degrees), len(changed)) / job.degrees)
        y = job.location + job.scale * normal / spread
        result[changed] = np.exp(y)
        changed = changed[np.abs(y) > job.limit]
    return result
