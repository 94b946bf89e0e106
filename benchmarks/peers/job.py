"""Lay down the standard job as plain arrays, which every peer starts from, and the rules without chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from simulator.amounts import DEGREES, LIMIT
from simulator.close_dates import AGE_GRID, SHIFT
from simulator.distributions import LogNormal
from simulator.engine.moments import log_time_moments
from simulator.scenario import Scenario

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Job:
    """What is to be played (MODEL 1–3, 7). Days count from the as-of day, money in minor units.

    A deal won after T operational days closes at the clock value T' of the stated-date rule, on the first
    calendar day at whose end the clock has reached it; `delays` later it is paid.

    Attributes:
        stage: of each deal, rising.
        age: operational days that each has spent there.
        amount: of each.
        stated: operational days to its stated close date, NaN without one.
        mean_log: μ, mean of ln(T + shift) of each, given a win.
        weight: κ, what the walk counts for against the stated date; 1 without one.
        conversion: chance to pass each stage.
        mu: mean of the logarithm of the days in each stage; they are whole: P(j) = F(j + ½) − F(j − ½).
        sigma: its standard deviation.
        slip: factor on stated days.
        shift: c, days added before taking logarithms.
        unchanged: π0, chance that an amount is signed as quoted; else it is multiplied by exp(Y), where
        location: is the centre of Y,
        scale: its spread, t with
        degrees: degrees of freedom, conditioned on
        limit: |Y| at most so much.
        delays: days from signature to payment; the last stands for never.
        delay_chances: of each.
        clock: operational days by the end of each calendar day 1, 2, ….
        month_of_day: of each calendar day from 0 on, `months` for those after the horizon.
        months: of the horizon.
    """

    stage: Integers
    age: Floats
    amount: Floats
    stated: Floats
    mean_log: Floats
    weight: Floats
    conversion: Floats
    mu: Floats
    sigma: Floats
    slip: float
    shift: float
    unchanged: float
    location: float
    scale: float
    degrees: int
    limit: float
    delays: Integers
    delay_chances: Floats
    clock: Floats
    month_of_day: Integers
    months: int

    def __len__(self) -> int:
        return len(self.stage)

    @property
    def win_rate(self) -> Floats:
        """Chance to be won of each deal: every stage from its own on is passed."""
        return np.cumprod(self.conversion[::-1])[::-1][self.stage]

    def close_day(self, times: Floats, deal: Integers | int) -> Integers:
        """Return the calendar day of signature of deals won after T operational days, of each time its deal.

        ln(T'+c) = (1−κ)·ln(slip·d + c) + κ·μ + sqrt(κ)·(ln(T+c) − μ), T' ≥ 1 day; T' = T where κ = 1.
        """
        weight, mean = self.weight[deal], self.mean_log[deal]
        stated = np.where(weight < 1, self.stated[deal], 0.0)
        held = (1 - weight) * np.log(self.slip * stated + self.shift) + weight * mean
        logs = held + np.sqrt(weight) * (np.log(times + self.shift) - mean)
        value = np.where(weight < 1, np.maximum(np.exp(logs) - self.shift, 1.0), times)
        return np.searchsorted(self.clock, np.maximum(value, 1e-9)) + 1


@dataclass(frozen=True, eq=False)
class Result:
    """What came of some trials, minor units.

    Attributes:
        bookings: floats[trial, month].
        receipts: floats[trial, month].
    """

    bookings: Floats
    receipts: Floats

    @classmethod
    def of(cls, job: Job, bookings: Floats, receipts: Floats) -> Self:
        """Return the months inside the horizon of sums that have one more column for what comes later."""
        wide = (-1, job.months + 1)
        return cls(bookings.reshape(wide)[:, : job.months], receipts.reshape(wide)[:, : job.months])


def job_of(scenario: Scenario) -> Job:
    """Return a scenario of one segment as plain arrays; only what the standard job has is carried over."""
    (segment,), pipeline, span = scenario.segments, scenario.pipeline, scenario.horizon
    laws = [row[k] for k, row in enumerate(segment.funnel.stays, start=1)]
    assert all(isinstance(law, LogNormal) for law in laws)
    grid = log_time_moments(segment.funnel)
    mean, sd = np.zeros(len(pipeline)), np.zeros(len(pipeline))
    for stage in range(len(laws)):
        some = pipeline.stage == stage
        mean[some], sd[some] = (np.interp(pipeline.age[some], AGE_GRID, moment[stage]) for moment in grid)
    late, chances, bad_debt = segment.payment["default"].late_law()
    (clause,) = segment.terms["default"].clauses
    delays = segment.invoice_lag + np.maximum(clause.due.net_days + late, 0)
    clock = segment.clock.at_end_of(np.arange(1, segment.clock.last_day + 1))
    days, months = np.arange(len(clock) + span.last_day + 3), len(span.cuts)
    return Job(
        stage=pipeline.stage, age=pipeline.age, amount=pipeline.amount.astype(np.float64),
        stated=pipeline.stated_days, mean_log=mean,
        weight=segment.close_date.weight(pipeline.stated_days, sd),
        conversion=np.array([row[k] for k, row in enumerate(segment.funnel.transitions, start=1)]),
        mu=np.array([law.mu for law in laws if isinstance(law, LogNormal)]),
        sigma=np.array([law.sigma for law in laws if isinstance(law, LogNormal)]),
        slip=segment.close_date.slip, shift=SHIFT, unchanged=segment.amount_change.unchanged,
        location=segment.amount_change.location, scale=segment.amount_change.scale, degrees=DEGREES,
        limit=LIMIT, delays=np.append(delays, span.last_day + 1), delay_chances=np.append(chances, bad_debt),
        clock=clock, month_of_day=np.searchsorted(np.array(span.cuts), days), months=months,
    )  # fmt: skip
