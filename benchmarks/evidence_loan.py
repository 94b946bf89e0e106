"""Forecast a lender's applications, real ones, from what was known on days of autumn 2011."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from benchmarks.past_rows import errors_table, hits_table, skill_table, windows_table
from simulator.backtest import Asked, backtest, origins
from simulator.backtest.rows import Row
from simulator.history import History
from simulator.learning import Fit, fit, forecaster, learned_scenario
from simulator.loading.history import read_history
from simulator.scenario import Scenario

EVENTS: Final = "loan_funnel_events.csv"
DEALS: Final = "loan_funnel_deals.csv"
AS_OF: Final = date(2011, 10, 31)
FIRST, LAST = date(2011, 10, 24), date(2011, 11, 24)
TRIALS: Final = 4_000


def november(data: Path) -> Iterator[str]:
    """Learn as of 31 October; forecast November's wins, their amount and losses of the deals open then."""
    history = read(data)
    fits: list[Fit] = []

    def learned(known: History, _: date) -> Scenario:
        fits.append(fit(known))
        return learned_scenario(fits[-1], None, "1m")

    found = backtest(history, learned, Asked((AS_OF,), ("1m",), trials=TRIALS))
    rows = of_open(found.rows)
    yield f"Loan funnel, learned as of {AS_OF}; November's outcomes of the {len(found.deals)} deals open then"
    yield ""
    yield from windows_table(rows)
    yield ""
    yield from errors_table(rows)
    yield ""
    yield "of the deals that enter a stage, the share whose end nobody had seen yet"
    for stages in fits[0].unresolved.values():
        yield "  " + ", ".join(f"{stage} {share:.1%}" for stage, share in stages.items())
    yield "self-check passed" if not found.unchecked else "self-check FAILED"


def weeks(data: Path) -> Iterator[str]:
    """Learn anew every third day; forecast what the next seven days bring."""
    days = origins(FIRST, LAST, "3d")
    asked = Asked(days, ("7d",), workers=os.cpu_count() or 1)
    found = backtest(read(data), forecaster(None, "7d"), asked)
    yield f"Loan funnel, learned anew on each of {len(days)} days from {days[0]} to {days[-1]}, 7 days ahead"
    yield ""
    yield "from the deals open at the start"
    yield from hits_table(of_open(found.rows))
    yield from skill_table(of_open(found.rows))
    yield ""
    yield "with those that came since"
    rows = [row for row in found.rows if row.measure.source == "all"]
    yield from hits_table(rows)
    yield from skill_table(rows)
    yield f"self-check passed on {len(days) - len(found.unchecked)} of {len(days)} days"


def read(data: Path) -> History:
    """Read the log and the table of deals as they were published."""
    return read_history([data / EVENTS, data / DEALS])


def of_open(rows: tuple[Row, ...]) -> list[Row]:
    """Return what concerns deals that were open at the start."""
    return [row for row in rows if row.measure.source == "open"]
