"""Play the job in monaco: a case is a trial, which vectorised numpy plays for all deals at once.

A variable of monaco's own for each draw would be an object a case; each case gets a seed of its own instead,
as the library means it for models that draw inside.
"""

from __future__ import annotations

from functools import partial

import monaco as mc
import numpy as np

from benchmarks.peers.job import Floats, Job, Result
from benchmarks.peers.straight_numpy import play


def run(job: Job, trials: int, seed: int) -> Result:
    """Play so many trials, a case each."""
    functions = {"preprocess": _seed, "run": partial(_trial, job), "postprocess": _keep}
    sim = mc.Sim(
        name="standard", ndraws=trials, fcns={mc.SimFunctions(k): f for k, f in functions.items()}, seed=seed,
        samplemethod=mc.SampleMethod.RANDOM, singlethreaded=True, verbose=False, debug=True,
    )  # fmt: skip
    sim.runSim()
    return Result(*(np.array(sim.outvars[name].vals) for name in ("bookings", "receipts")))


def _seed(case: mc.Case) -> tuple[int]:
    return (case.seed,)


def _trial(job: Job, seed: int) -> tuple[Floats, Floats]:
    result = play(job, 1, np.random.default_rng(seed))
    return result.bookings[0], result.receipts[0]


def _keep(case: mc.Case, bookings: Floats, receipts: Floats) -> None:
    case.addOutVal("bookings", bookings)
    case.addOutVal("receipts", receipts)
