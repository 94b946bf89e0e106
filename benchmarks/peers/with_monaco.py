"""Play the job in monaco: a case is a trial, which vectorised numpy plays for all winners at once.

A variable of monaco's own for each draw would be an object a case; each case gets a seed of its own instead,
as the library means it for models that draw inside.
"""

from __future__ import annotations

from functools import partial

import monaco as mc
import numpy as np

from benchmarks.peers.job import Floats, Job, Result
from benchmarks.peers.straight_numpy import days_left, settled


def run(job: Job, trials: int, seed: int) -> Result:
    """Play so many trials, a case each."""
    functions = {"preprocess": _seed, "run": partial(_trial, job, job.win_rate), "postprocess": _keep}
    sim = mc.Sim(
        name="standard", ndraws=trials, fcns={mc.SimFunctions(k): f for k, f in functions.items()}, seed=seed,
        samplemethod=mc.SampleMethod.RANDOM, singlethreaded=True, verbose=False, debug=True,
    )  # fmt: skip
    sim.runSim()
    return Result(*(np.array(sim.outvars[name].vals) for name in ("bookings", "receipts")))


def _seed(case: mc.Case) -> tuple[int]:
    return (case.seed,)


def _trial(job: Job, chances: Floats, seed: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    deal = np.flatnonzero(rng.random(len(job)) < chances)
    times = days_left(job, deal, rng.random(len(deal)))
    # Deals stand in the order of their stages, so those that come to a stage are the first.
    for stage, before in enumerate(np.searchsorted(job.stage[deal], np.arange(len(job.conversion)))):
        times[:before] += np.rint(rng.lognormal(job.mu[stage], job.sigma[stage], before))
    result = settled(job, 1, np.zeros(len(deal), dtype=np.int64), deal, times, rng)
    return result.bookings[0], result.receipts[0]


def _keep(case: mc.Case, bookings: Floats, receipts: Floats) -> None:
    case.addOutVal("bookings", bookings)
    case.addOutVal("receipts", receipts)
