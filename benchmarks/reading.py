"""Time how a large table is read, in a process of its own: `python -m benchmarks.reading FOLDER`."""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
import time
from datetime import UTC, timedelta
from pathlib import Path
from typing import Final

from benchmarks.jobs import AS_OF, LADDER, STAGES
from benchmarks.memory import peak
from simulator.currency import RateCurve
from simulator.loading import load
from simulator.loading.customs import Customs, written
from simulator.loading.sources import read_table
from simulator.scenario.tree import Tree

ROWS: Final = 1_000_000
HEADER: Final = (
    *("id", "name", "customer", "segment", "stage", "amount", "currency", "created", "entered_stage"),
    *("expected_close", "closed", "owner"),
)
_WRITTEN: Final = ("amount", "created", "entered_stage", "expected_close", "closed")
"""Columns over all of which is found out how they are written."""
_CUSTOMS: Final = Customs(None, None, UTC, RateCurve.of("EUR", {}), Tree({}, {}), as_of=AS_OF)
_DAYS: Final = 1_700
_OPEN: Final = 0.1
_WON: Final = 0.35


def write_table(folder: Path, rows: int = ROWS) -> Path:
    """Write a CRM's export of five years, a tenth of it open, and the scenario that reads it."""
    luck = random.Random(1)
    days = [(AS_OF - timedelta(days=number)).isoformat() for number in range(_DAYS, -1, -1)]
    with (folder / "deals.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(rows):
            fate, began = luck.random(), luck.randrange(_DAYS - 300)
            is_open = fate < _OPEN
            stage = luck.choice(STAGES) if is_open else "Won" if fate < _WON else "Lost"
            moved = began + luck.randrange(100)
            ends = days[moved + luck.randrange(200)]
            writer.writerow(
                (f"OPP-{number:07}", f"Deal with number {number}", f"Customer {luck.randrange(60_000)}",
                 "smb" if luck.random() < 0.7 else "mid", stage, f"{luck.lognormvariate(9, 1):.2f}", "EUR",
                 days[began], days[moved], ends if is_open else "", "" if is_open else ends,
                 f"Owner {luck.randrange(50)}")
            )  # fmt: skip
    stages = [
        f"      {name}: {{close: {close}, days: {{median: 18, p90: 44}}}}"
        for name, close in zip(STAGES, LADDER.tolist(), strict=True)
    ]
    segment = ["    stages:", *stages, "    new_pipeline: none"]
    text = [
        "version: 1", "name: large", f"as_of: {AS_OF}", "horizon: 12m", "currency: EUR",
        "data: {deals: deals.csv}", "segments:", "  smb:", *segment, "  mid:", *segment,
    ]  # fmt: skip
    (folder / "large.yaml").write_text("\n".join(text) + "\n", "utf-8")
    return folder / "large.yaml"


def spent_on(folder: Path, what: str) -> tuple[float, float]:
    """Return seconds of the processor, and GB at most, of a process that reads `table` or `scenario`."""
    command = [sys.executable, "-m", "benchmarks.reading", str(folder), what]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, size = json.loads(run.stdout)
    return seconds, size


def main(folder: Path, what: str) -> None:
    """Read a table, with how its columns are written, or a scenario, and print what it took."""
    begin = time.process_time()
    if what == "table":
        table = read_table(folder / "deals.csv")
        written(table, {ours: table.header.index(ours) for ours in _WRITTEN}, _CUSTOMS)
    else:
        load(folder / "large.yaml")
    print(json.dumps((time.process_time() - begin, peak() / 1e9)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
