"""Choose the runs that count, and open what they were made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from simulator.analysis.track.came import Came, came_from_file, came_from_inputs
from simulator.analysis.track.rows import OpenDeals
from simulator.errors import InputError, PlaceError
from simulator.loading import load
from simulator.money import minor_digits
from simulator.runs import PastRun, PastRuns
from simulator.scenario import Scenario
from simulator.words import day


@dataclass(frozen=True, eq=False)
class Record:
    """What is known of the runs of a scenario.

    Attributes:
        found: all of them.
        counted: those that count, in the order of their as-of days.
        deals: of the inputs of each of those, None where they cannot be used.
        came: what came, None where nobody tells.
    """

    found: PastRuns
    counted: tuple[PastRun, ...]
    deals: Mapping[Path, OpenDeals | None]
    came: Came | None

    @property
    def until(self) -> date | None:
        """The day at whose end this is known, None without runs."""
        if self.came is not None:
            return self.came.until
        return self.counted[-1].as_of if self.counted else None

    @property
    def unusable(self) -> tuple[PastRun, ...]:
        """Runs that count whose inputs are gone, changed or refused by this version."""
        return tuple(run for run in self.counted if self.deals[run.path] is None)


def why_not(found: PastRuns, until: date | None = None) -> Mapping[Path, str]:
    """Return why some runs do not count, by their folders; the others do.

    Args:
        found: runs.
        until: last as-of day, by default that of the newest run.
    """
    reasons, days = dict[Path, str](), set[date]()
    for run in reversed(found.runs):
        check, currency = run.payload.get("self_check"), found.runs[-1].payload["currency"]
        if until is not None and run.as_of > until:
            reasons[run.path] = f"as of a day after {day(until)}"
        elif run.payload["currency"] != currency:
            reasons[run.path] = f"in {run.payload['currency']}, not in {currency}"
        elif isinstance(check, dict) and check.get("passed") is False:
            reasons[run.path] = "its self-check failed"
        elif run.as_of in days:
            reasons[run.path] = "a later run of its day counts"
        else:
            days.add(run.as_of)
    return reasons


def record(found: PastRuns, actuals: Path | None = None, until: date | None = None) -> Record:
    """Return what is known of some runs at the end of a day.

    Args:
        found: runs.
        actuals: file that says what came; without one the newest run's own inputs do.
        until: the day, by default the last one that is told of.

    Raises:
        InputError: the file is wrong.
        PlaceError: it cannot be read, or no run's inputs can, without which it cannot be understood.
        UsageError: it has no months.
    """
    reasons = why_not(found, until)
    counted = tuple(run for run in found.runs if run.path not in reasons)
    opened = {run.path: OpenDeals(s) for run in counted if (s := _scenario(run)) is not None}
    deals = {run.path: opened.get(run.path) for run in counted}
    newest = next((run for run in reversed(counted) if run.path in opened), None)
    if newest is None:
        if actuals is not None and counted:
            raise PlaceError(
                f"no run's inputs in {found.place} can be read, which say how {actuals} is written: "
                "run the scenario once more"
            )
        return Record(found, counted, deals, None)
    scenario = opened[newest.path].scenario
    if actuals is not None:
        return Record(found, counted, deals, came_from_file(actuals, newest, scenario, until))
    balances = {run.as_of: _opening(opened[run.path].scenario) for run in counted if run.path in opened}
    known = {when: amount for when, amount in balances.items() if amount is not None}
    return Record(found, counted, deals, came_from_inputs(newest, scenario, known))


def _scenario(run: PastRun) -> Scenario | None:
    """Return what a run was made from, None where that is not there any more as it was."""
    if not run.has_own_inputs:
        return None
    try:
        return load(run.path)
    except (InputError, PlaceError):
        return None


def _opening(scenario: Scenario) -> float | None:
    minor = scenario.cash.opening_balance
    return None if minor is None else minor / float(10 ** minor_digits(scenario.currency))
