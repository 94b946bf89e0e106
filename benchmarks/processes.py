"""Time the program as its users meet it: whole processes, from the command to what stands on the screen."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import numpy as np

from benchmarks.jobs import AS_OF, LADDER, STAGES, standard_job

PROGRAM = (sys.executable, "-m", "simulator")
NOT_USERS = ("OMP_NUM_THREADS", "PYTHONDONTWRITEBYTECODE")
"""What a bench or a builder sets and a user does not: an installed program is compiled once."""


def write_small_job(folder: Path, deals: int = 200) -> Path:
    """Write the standard job as a user would, with the program's defaults for what it does not say.

    So its market and the doubt of its percentages are drawn, which the standard job leaves out.
    """
    pipeline = standard_job(deals).pipeline
    rows = ["id,segment,stage,amount,entered_stage,expected_close"]
    for i, stated in enumerate(pipeline.stated_day.tolist()):
        entered = AS_OF - timedelta(days=round(float(pipeline.age[i])))
        expected = "" if np.isnan(stated) else AS_OF + timedelta(days=round(stated))
        stage, amount = STAGES[int(pipeline.stage[i])], int(pipeline.amount[i]) / 100
        rows.append(f"{pipeline.id[i]},all,{stage},{amount:.2f},{entered},{expected}")
    stages = [
        f"      {name}: {{close: {close}, days: {{median: 18, p90: 44}}}}"
        for name, close in zip(STAGES, LADDER.tolist(), strict=True)
    ]
    text = [
        "version: 1", "name: small", "description: the deals of the standard job, a fifth of them",
        f"as_of: {AS_OF}", "horizon: 24m", "currency: EUR", "seed: 1", "data: {deals: deals.csv}",
        "segments:", "  all:", "    stages:", *stages, "    new_pipeline: none",
        "    terms: {default: net 30}",
    ]  # fmt: skip
    (folder / "deals.csv").write_text("\n".join(rows) + "\n", "utf-8")
    (folder / "small.yaml").write_text("\n".join(text) + "\n", "utf-8")
    return folder / "small.yaml"


def until_table(*arguments: object) -> float:
    """Return the seconds from the start of a command until it has written to standard output.

    Raises:
        RuntimeError: the command fails.
    """
    begin = time.perf_counter()
    command = (*PROGRAM, *map(str, arguments))
    as_users = {name: value for name, value in os.environ.items() if name not in NOT_USERS}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=as_users
    ) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        spent = time.perf_counter() - begin
        process.stdout.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return spent
