"""Learn from a made-up CRM as of a past day, and forecast the quarter that follows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

import simulator
from benchmarks.evidence_set import AS_OF, SOURCE
from benchmarks.past_rows import MINOR, errors_table, windows_table
from simulator.backtest import Asked, backtest
from simulator.backtest.measures import Measure, Record
from simulator.history import History
from simulator.learning import forecaster
from simulator.loading.history import read_history
from simulator.scenario import Scenario

TRIALS: Final = 4_000


def quarter(data: Path) -> Iterator[str]:
    """Forecast the third quarter's bookings, from open deals and in total, and by month."""
    history = read_history([data / SOURCE])
    made: list[Scenario] = []

    def learned(known: History, day: date) -> Scenario:
        made.append(forecaster(None, "3m")(known, day))
        return made[-1]

    found = backtest(history, learned, Asked((AS_OF,), ("3m",), trials=TRIALS))
    wanted = [("bookings", "open"), ("bookings", "all"), ("wins", "open"), ("wins", "all")]
    by_name = {(row.measure.quantity, row.measure.source): row for row in found.rows}
    rows = [by_name[name] for name in wanted if name in by_name]
    yield f"CRM Sales Opportunities (Maven Analytics), learned as of {AS_OF}; the third quarter"
    yield ""
    yield from windows_table(rows)
    yield ""
    yield from errors_table(rows)
    yield ""
    yield from by_month(history, simulator.simulate(made[0], trials=TRIALS).to_json()["periods"])
    yield "self-check passed" if not found.unchecked else "self-check FAILED"


def by_month(history: History, periods: list[dict[str, Any]]) -> Iterator[str]:
    """Lay out the bookings of each month, and the share that the quarter's last one has."""
    record = Record(history)
    yield f"{'bookings by month':26}{'95 % from':>11}{'middle':>11}{'95 % to':>11}{'average':>11}{'came':>11}"
    averages, came = [], []
    for period in periods:
        first, last = (date.fromisoformat(period[key]).toordinal() for key in ("start", "end"))
        came.append(record.came(Measure("bookings", "all"), first - 1, last) / MINOR)
        told = period["bookings"]
        averages.append(float(told["mean"]))
        numbers = (told["p2.5"], told["p50"], told["p97.5"], told["mean"], came[-1])
        inside = "inside" if told["p2.5"] <= came[-1] <= told["p97.5"] else "outside"
        yield f"{period['start'][:7]:26}" + "".join(f"{x:11,.0f}" for x in numbers) + f"  {inside}"
    said, was = (values[-1] / sum(values) for values in (averages, came))
    yield f"share of the last month: {said:.0%} on average, {was:.0%} came (a third of the days: 33%)"
