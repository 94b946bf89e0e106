"""Play the job in plain Python: one loop over deals and trials, with the standard library alone.

Only winners walk; the days of a stage are drawn from the cumulative chances of whole days.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from math import cos, exp, log, sqrt, tau
from random import Random
from statistics import NormalDist

import numpy as np

from benchmarks.peers.job import Job, Result

LONGEST = 4095
_STANDARD = NormalDist()


def run(job: Job, trials: int, seed: int) -> Result:
    """Play so many trials."""
    rng, company = Random(seed), Company(job)
    columns = job.months + 1
    bookings, receipts = ([0.0] * (trials * columns) for _ in range(2))
    random, month = rng.random, company.month
    for deal, chance in enumerate(job.win_rate.tolist()):
        later = company.stays[company.stage[deal] + 1 :]
        known: dict[int, int] = {}
        for row in range(0, trials * columns, columns):
            if random() < chance:
                times = company.days_left(deal, rng)
                for stay in later:
                    times += bisect_left(stay, random())
                day = known.get(times)
                if day is None:
                    day = known[times] = company.close_day(deal, times)
                amount = company.amount(deal, rng)
                bookings[row + month[day]] += amount
                receipts[row + month[day + company.delay(rng)]] += amount
    return Result.of(job, np.array(bookings), np.array(receipts))


class Company:
    """What one deal of one trial does, in plain numbers.

    Attributes:
        stage: of each deal.
        conversion: chance to pass each stage.
        stays: P(at most j whole days) in each stage on entering it; the first that a uniform does not exceed
            is a draw.
        month: of each calendar day.
    """

    def __init__(self, job: Job) -> None:
        self.stage, self.conversion = job.stage.tolist(), job.conversion.tolist()
        mu, sigma = job.mu.tolist(), job.sigma.tolist()
        self.stays = [_whole_days(*law) for law in zip(mu, sigma, strict=True)]
        self._age, self._amount = job.age.tolist(), [round(amount) for amount in job.amount.tolist()]
        self._mu, self._sigma = ([of[stage] for stage in self.stage] for of in (mu, sigma))
        self._alive = [
            _STANDARD.cdf((m - log(age)) / s) if age else 1.0
            for age, m, s in zip(self._age, self._mu, self._sigma, strict=True)
        ]
        self._delays, self._delay_chances = job.delays.tolist(), list(accumulate(job.delay_chances.tolist()))
        self._last_delay = len(self._delays) - 1
        self.month, self._clock, self._job = job.month_of_day.tolist(), job.clock.tolist(), job
        self._shift, self._unchanged = job.shift, job.unchanged
        self._root = [sqrt(weight) for weight in job.weight.tolist()]
        # ln(T'+c) = (1−κ)·ln(slip·d + c) + (κ − sqrt(κ))·μ + sqrt(κ)·ln(T+c): all but the last is the deal's.
        self._held = [
            (1 - k) * log(job.slip * stated + job.shift) + (k - sqrt(k)) * mean if k < 1 else 0.0
            for k, stated, mean in zip(
                job.weight.tolist(), job.stated.tolist(), job.mean_log.tolist(), strict=True
            )
        ]

    def days_left(self, deal: int, rng: Random) -> int:
        """Draw the whole days left where a deal stands, given its age: R(T) = u·R(age)."""
        u = self._alive[deal] * (1.0 - rng.random())
        score = _STANDARD.inv_cdf(min(u, 1 - 2.0**-53))
        left = exp(self._mu[deal] - self._sigma[deal] * score) - self._age[deal] - 0.5
        return int(left) + 1 if left > 0 else 0

    def close_day(self, deal: int, times: int) -> int:
        """Return the calendar day of signature of a deal won after so many operational days."""
        value: float = times
        if self._root[deal] < 1:
            value = max(
                exp(self._held[deal] + self._root[deal] * log(times + self._shift)) - self._shift, 1.0
            )
        return bisect_left(self._clock, max(value, 1e-9)) + 1

    def amount(self, deal: int, rng: Random) -> int:
        """Draw the amount that is signed, in whole minor units."""
        if rng.random() < self._unchanged:
            return self._amount[deal]
        return round(self._amount[deal] * self._factor(rng))

    def delay(self, rng: Random) -> int:
        """Draw the days from signature to payment."""
        return self._delays[bisect_left(self._delay_chances, rng.random(), 0, self._last_delay)]

    def _factor(self, rng: Random) -> float:
        """Draw exp(Y), anew while Y is out of bounds: t = sqrt(ν·(u^(−2/ν) − 1))·cos(2πv) (Bailey 1994)."""
        job = self._job
        while True:
            u = 1.0 - rng.random()
            t = sqrt(job.degrees * (u ** (-2 / job.degrees) - 1)) * cos(tau * rng.random())
            y = job.location + job.scale * t
            if abs(y) <= job.limit:
                return exp(y)


def _whole_days(mu: float, sigma: float) -> list[float]:
    """Return P(at most j days) = F(j + ½), as far as a float tells it from 1."""
    law = NormalDist(mu, sigma)
    cumulative = []
    for days in range(LONGEST):
        cumulative.append(law.cdf(log(days + 0.5)))
        if cumulative[-1] == 1.0:
            break
    return cumulative
