"""Numbers of one run, pinned: a change of any of them is meant, or it is a defect.

`make golden` rewrites them; the CHANGELOG then says why, under **Numbers**.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from family import run, trials_of

from benchmarks.jobs import full_job
from simulator.expected import expected
from simulator.self_check import check_means

SERIES = ("bookings", "billings", "receipts")

FILE = Path(__file__).parent / "golden" / "full_job.json"
TRIALS = 1_000


def figures():
    """Some forty figures of a run with every feature on."""
    scenario = full_job(60)
    outcome, exact = run(scenario, TRIALS, 2026), expected(scenario)
    trials = trials_of(scenario, outcome, 2026)
    found = {}
    for series in SERIES:
        total = np.sort(trials.amounts(series))
        found[f"{series} mean"] = total.mean()
        for q in (0.1, 0.5, 0.9):
            found[f"{series} p{q * 100:.0f}"] = trials.quantile(series, q)
        found[f"{series} first trial"] = trials.amounts(series)[0]
        found[f"{series} first quarter mean"] = trials.mean(series, "quarter")[0]
        for source in ("open", "new", "receivables"):
            found[f"{series} of {source}"] = trials.amounts(series, source=source).mean()
        found[f"exact {series}"] = getattr(exact, series).sum()
    for segment in range(3):
        found[f"bookings of segment {segment}"] = trials.amounts("bookings", segment=segment).mean()
    days = np.arange(outcome.closes.shape[1])
    check = check_means(trials, exact)
    return found | {
        "wins": outcome.wins.sum(),
        "closes of open deals": outcome.closes.sum(),
        "mean day of closing": (outcome.closes @ days).sum() / outcome.closes.sum(),
        "landed": outcome.landed.sum(),
        "guarded": outcome.guarded,
        "exact winners": exact.winners.sum(),
        "exact chance of the first deal": exact.deal_chance[0],
        "largest z": check.largest_z,
        "cells compared": check.cells,
    }


def test_numbers_are_the_pinned_ones(write_golden):
    found = {name: float(value) for name, value in figures().items()}
    if write_golden:
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(json.dumps(found, indent=1) + "\n")
    pinned = json.loads(FILE.read_text())
    assert len(pinned) >= 30
    assert found == pytest.approx(pinned, rel=1e-9, abs=1e-6)
