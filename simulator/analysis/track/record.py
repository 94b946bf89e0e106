"""Choose the runs that count, and open what they were made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from simulator.analysis.track.came import Came, came_from_file, came_from_inputs
from simulator.analysis.track.rows import OpenDeals, Told, headline_of, told_by
from simulator.errors import InputError, PlaceError
from simulator.loading import load
from simulator.money import minor_digits
from simulator.records import dataclass
from simulator.runs import LeftOut, PastRun, PastRuns
from simulator.scenario import Scenario
from simulator.words import day


@dataclass(frozen=True, eq=False)
class Record:
    """What is known of the runs of a scenario.

    Attributes:
        found: all of them.
        counted: those that count, in the order of their as-of days.
        why_not: why the others do not, by their folders.
        unusable: runs that count whose inputs are gone, changed or refused by this version.
        told: what the runs that count forecast.
        came: what came, None where nobody tells.
    """

    found: PastRuns
    counted: tuple[PastRun, ...]
    why_not: Mapping[Path, str]
    unusable: tuple[PastRun, ...]
    told: tuple[Told, ...]
    came: Came | None

    @property
    def until(self) -> date | None:
        """The day at whose end this is known, None without runs."""
        if self.came is not None:
            return self.came.until
        return self.counted[-1].as_of if self.counted else None


def sound(found: PastRuns) -> PastRuns:
    """Leave out runs whose forecast is not what a run writes."""
    good = tuple(run for run in found.runs if _is_sound(run))
    damaged = (LeftOut(run.path, "damaged: fields are missing") for run in found.runs if run not in good)
    return replace(found, runs=good, left_out=(*found.left_out, *damaged))


def why_not(found: PastRuns, until: date | None = None, currency: str = "") -> Mapping[Path, str]:
    """Return why some runs do not count, by their folders; the others do.

    Args:
        found: runs.
        until: last as-of day, by default that of the newest run.
        currency: in which they are to be, by default that of the newest run.
    """
    reasons, days = dict[Path, str](), set[date]()
    for run in reversed(found.runs):
        check, currency = run.payload.get("self_check"), currency or str(run.payload["currency"])
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
    found = sound(found)
    reasons = why_not(found, until)
    counted = tuple(run for run in found.runs if run.path not in reasons)
    deals = {run.path: OpenDeals(s) for run in counted if (s := _scenario(run)) is not None}
    told = tuple(told for run in counted for told in told_by(run, deals.get(run.path)))
    unusable = tuple(run for run in counted if run.path not in deals)
    came = _came([run for run in counted if run.path in deals], deals, actuals, until)
    if came is None and actuals is not None and counted:
        raise PlaceError(
            f"no run's inputs in {found.place} can be read, which say how {actuals} is written: "
            "run the scenario once more",
            code="P002",
        )
    return Record(found, counted, reasons, unusable, told, came)


def record_before(found: PastRuns, scenario: Scenario) -> Record:
    """Return what a scenario's own inputs tell of the company's forecasts by the runs of earlier days.

    The inputs of those runs are not read, so that it takes no time: what their deals say without a simulation
    is not told.

    Args:
        found: runs.
        scenario: as it is now.
    """
    as_of = scenario.horizon.as_of
    found = sound(replace(found, runs=tuple(run for run in found.runs if run.as_of < as_of)))
    reasons = why_not(found, currency=scenario.currency)
    counted = tuple(run for run in found.runs if run.path not in reasons)
    told = tuple(told for run in counted for told in told_by(run, None) if not told.segment)
    balances = {run.as_of: (run.payload.get("balance") or {}).get("opening") for run in counted}
    balances[as_of] = _opening(scenario)
    known = {when: float(balance) for when, balance in balances.items() if balance is not None}
    came = came_from_inputs(scenario, f"what was known on {day(as_of)}", known)
    return Record(found, counted, reasons, (), told, came)


def _came(
    usable: Sequence[PastRun], deals: Mapping[Path, OpenDeals], actuals: Path | None,
    until: date | None,
) -> Came | None:  # fmt: skip
    """Return what came, None without a run whose inputs can be used."""
    if not usable:
        return None
    newest = usable[-1]
    scenario = deals[newest.path].scenario
    if actuals is not None:
        return came_from_file(actuals, newest, scenario, until)
    balances = {run.as_of: _opening(deals[run.path].scenario) for run in usable}
    source = f"the inputs of the newest run, {newest.path.name}"
    return came_from_inputs(scenario, source, {d: b for d, b in balances.items() if b is not None})


def _is_sound(run: PastRun) -> bool:
    """Tell whether all that is asked of a forecast is there; a folder may hold anything."""
    try:
        headline_of(run)
        return all(True for _ in told_by(run, None))
    except (AttributeError, KeyError, TypeError, ValueError):
        return False


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
