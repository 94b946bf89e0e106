"""Say why a forecast changed since an earlier run: the fields of bridge.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.aims import Aim, aim_of
from simulator.analysis.bridge.ledger import Change, Item, Level, Step
from simulator.analysis.bridge.played import Luck
from simulator.analysis.bridge.steps import Walk
from simulator.analysis.span import goals
from simulator.errors import UsageError
from simulator.forecast import Forecast
from simulator.loading import load
from simulator.money import minor_digits
from simulator.records import dataclass
from simulator.runs import PastRun, run_of
from simulator.scenario import Scenario
from simulator.scores import wilson
from simulator.words import day, since

Floats = NDArray[np.float64]

MOST_TRIALS: Final = 100_000
"""On the luck of so many both are played at most: a long run would take much longer, and more memory."""
NOISE = "simulation noise"
"""Step from what the folders say to what both say on the same luck."""


@dataclass(frozen=True)
class Told:
    """A run: what it was made from, and what it said.

    Attributes:
        scenario: of its inputs.
        payload: its forecast.json.
        place: name of its folder.
    """

    scenario: Scenario
    payload: Mapping[str, Any]
    place: str = ""


def bridge(old: Told, new: Told, aim: Aim, workers: int = 1, total: Floats | None = None) -> dict[str, Any]:
    """Return why a forecast changed since an earlier run.

    Both are played on the seed and as often as the later one, up to 100,000 times. Where a run said something
    else than it does on that luck, the difference is a step too, so that the steps add up from what the one
    said to what the other says.

    Args:
        old: the earlier run.
        new: the later one.
        aim: what is asked of both, as the later one has it.
        workers: how many blocks of trials are played at once.
        total: what the later one brings of it, floats[trial], where that is known already.

    Raises:
        UsageError: the two cannot be held against one another, or not in these days.
    """
    check(old.scenario, new.scenario, aim)
    before = _aim_before(old.scenario, aim)
    luck = Luck(min(int(new.payload["trials"]), MOST_TRIALS), int(new.payload["seed"]), workers)
    known = None if total is None else total[: luck.trials]
    walk = Walk(old.scenario, new.scenario, aim.window, luck, before.amount, known)
    ledger = walk.steps()
    planned = Level.of(ledger.total, aim.amount)
    ends = _end(_said(old, before), ledger.start), _end(_said(new, aim), planned)
    steps = [*ledger.steps, *_plan(before, aim, planned.since(ledger.level))]
    noise = _noise(ends[0], (ledger.start, planned), ends[1])
    notes = _notes(old, new, walk.comparable)
    return _payload(old, new, luck, aim, before, ends, [*steps, *noise], list(notes))


def since_run(
    before: Path, forecast: Forecast, payload: Mapping[str, Any], place: str, workers: int = 1
) -> dict[str, Any]:
    """Return why what a forecast says first changed since an earlier run.

    Args:
        before: the earlier run's folder.
        forecast: as it is now.
        payload: its forecast.json.
        place: name of its folder.
        workers: how many blocks of trials are played at once.

    Raises:
        InputError: this version refuses the earlier run's inputs.
        PlaceError: they are not there any more.
        UsageError: the two cannot be held against one another.
    """
    scenario = forecast.scenario
    aim, headline = aim_of(scenario), aim_of(scenario, series="bookings")
    aim = aim if aim.window == headline.window else headline
    return bridge(
        told(run_of(before)), Told(scenario, payload, place), aim, workers, aim.window.amounts(forecast)
    )


def check(old: Scenario, new: Scenario, aim: Aim) -> None:
    """Refuse runs of which one does not follow on the other.

    Raises:
        UsageError: says why, and what to do.
    """
    days, window = (old.horizon.as_of, new.horizon.as_of), aim.window
    if days[0] >= days[1]:
        raise UsageError(
            f"the first run is as of {days[0]}, the second as of {days[1]}: name the earlier one first; "
            "what two runs of one day differ in, simulator compare tells",
            code="U007",
        )
    if old.currency != new.currency:
        raise UsageError(
            f"one run is in {old.currency}, the other in {new.currency}: amounts of two currencies cannot be "
            "held against one another; run one of them anew with the currency of the other",
            code="U007",
        )
    if window.last > old.horizon.end:
        raise UsageError(
            f"the run of {days[0]} ends on {old.horizon.end}, before {window.last}: ask for days that both "
            f"cover, such as --by {old.horizon.end}",
            code="U007",
        )
    names = [segment.name for segment in old.segments]
    if window.segment not in (None, *names):
        raise UsageError(
            f"the run of {days[0]} has no segment {window.segment}; it has {', '.join(names)}", code="U007"
        )
    if window.series == "balance" and not old.cash.has_balance:
        raise UsageError(f"the run of {days[0]} forecasts no balance", code="U007")
    if window.series not in ("balance", *old.series):
        raise UsageError(
            f"the run of {days[0]} has no {window.series}; it has {', '.join(old.series)}", code="U007"
        )


def _aim_before(old: Scenario, aim: Aim) -> Aim:
    """Return what was to be reached then: by the target's name, else in the same days, else the same."""
    known, window = goals(old), aim.window
    if aim.amount is None:
        return aim
    found = known.get(aim.name)
    for target in (found, *known.values()) if aim.name else ():
        if target is None:
            continue
        days = old.horizon.day_of(window.first), old.horizon.day_of(window.last)
        segment = None if target.segment is None else old.segments[target.segment].name
        same = (target.series, target.first_day, target.last_day) == (window.series, *days)
        if same and segment == window.segment:
            return Aim(target.name, window, target.amount)
    return aim


def _said(run: Told, aim: Aim) -> Level | None:
    """Return what a run's folder says of the days, None where it does not tell of them."""
    window, unit = aim.window, 10 ** minor_digits(run.scenario.currency)
    if window.segment is not None:
        return None
    ends = window.first.isoformat(), window.last.isoformat()
    for period in run.payload.get("fiscal") or ():
        stats = period.get(window.series)
        if (period["start"], period["end"]) == ends and stats:
            row = _plan_said(run, aim)
            chance = None if row is None else float(row["chance"])
            if (chance is None) == (aim.amount is None):
                return Level(round(stats["mean"] * unit), round(stats["p50"] * unit), chance)
    return None


def _plan_said(run: Told, aim: Aim) -> Mapping[str, Any] | None:
    """Return what a run's folder says of the chance of an aim, None where it does not tell of it."""
    window, unit = aim.window, 10 ** minor_digits(run.scenario.currency)
    ends = window.first.isoformat(), window.last.isoformat()
    periods = [p for p in run.payload.get("fiscal") or () if (p["start"], p["end"]) == ends]
    plans = [plan for p in periods if (plan := (p.get("plan") or {}).get(window.series))]
    targets = [target for target in run.payload.get("targets") or () if target["name"] == aim.name]
    for row in (*targets, *plans):
        if aim.amount is not None and round(row["amount"] * unit) == aim.amount:
            return dict(row)
    return None


def _noise_of(run: Told, aim: Aim, chance: float | None, trials: int) -> float | None:
    """Return the half-width of a chance's 95 % interval: as the run's folder has it, else by its trials."""
    if chance is None:
        return None
    row = _plan_said(run, aim)
    low, high = (row["low"], row["high"]) if row else wilson(round(chance * trials), trials)
    return float(high - low) / 2


def _plan(before: Aim, aim: Aim, change: Change) -> Iterator[Step]:
    """Yield the step of a plan that is another now: it moves the chance alone."""
    if before.amount != aim.amount and not change.is_nothing:
        yield Step("the plan itself", change, ())


def _end(said: Level | None, played: Level) -> Level:
    """Return what a run's folder says, or what the run is played to where it says the same, or nothing."""
    if said is None:
        return played
    off = said.since(played)
    rounded = abs(off.mean) <= 1 and abs(off.middle) <= 1 and not off.chance
    return played if rounded else said


def _noise(before: Level, played: tuple[Level, Level], after: Level) -> Iterator[Step]:
    """Yield the step between what the folders say and what both say on the same luck."""
    early, late = played[0].since(before), after.since(played[1])
    both = early.chance is not None and late.chance is not None
    chance = (early.chance or 0.0) + (late.chance or 0.0) if both else None
    change = Change(early.mean + late.mean, early.middle + late.middle, chance)
    if not change.is_nothing:
        yield Step(NOISE, change, ())


def _payload(
    old: Told,
    new: Told,
    luck: Luck,
    aim: Aim,
    before: Aim,
    ends: tuple[Level, Level],
    steps: list[Step],
    notes: list[str],
) -> dict[str, Any]:
    scenario, window = new.scenario, aim.window
    unit, trials = 10 ** minor_digits(scenario.currency), luck.trials
    payload: dict[str, Any] = {
        "schema_version": 1,
        "scenario": scenario.name,
        "from": _run(old),
        "to": _run(new),
        "currency": scenario.currency,
        "seed": luck.seed,
        "trials": trials,
        "series": window.series,
        "segment": window.segment or "all",
        "start": window.first.isoformat(),
        "end": window.last.isoformat(),
        "name": _period_name(scenario, aim),
        "target": None
        if aim.amount is None
        else {"name": aim.name, "amount": aim.amount / unit, "before": (before.amount or 0) / unit},
        "before": _level(ends[0], unit) | {"chance_error": _noise_of(old, before, ends[0].chance, trials)},
        "after": _level(ends[1], unit) | {"chance_error": _noise_of(new, aim, ends[1].chance, trials)},
        "change": _change(ends[1].since(ends[0]), unit),
        "steps": [_step(step, unit) for step in steps],
        "notes": notes,
    }
    return payload | {"sentence": since(payload)}


def _run(run: Told) -> dict[str, Any]:
    payload = run.payload
    return {
        "run": run.place,
        "scenario": run.scenario.name,
        "as_of": run.scenario.horizon.as_of.isoformat(),
        "seed": payload.get("seed"),
        "trials": payload.get("trials"),
    }


def _period_name(scenario: Scenario, aim: Aim) -> str:
    """Return the name of the fiscal period that the days are, "" where they are none."""
    horizon, window = scenario.horizon, aim.window
    periods = (*horizon.fiscal_quarters, *horizon.fiscal_years)
    return next((p.name for p in periods if (p.start, p.end) == (window.first, window.last)), "")


def _step(step: Step, unit: int) -> dict[str, Any]:
    items = [_item(item, unit) for item in step.items if item.about]
    return {"step": step.name} | _change(step.change, unit) | {"items": items}


def _item(item: Item, unit: int) -> dict[str, Any]:
    return dict(item.about) | _change(item.change, unit)


def _level(level: Level, unit: int) -> dict[str, Any]:
    return {"mean": level.mean / unit, "middle": level.middle / unit, "chance": level.chance}


def _change(change: Change, unit: int) -> dict[str, Any]:
    return {"mean": change.mean / unit, "middle": change.middle / unit, "chance": change.chance}


def _notes(old: Told, new: Told, comparable: bool) -> Iterator[str]:
    """Say what is held against one another otherwise than one might think."""
    if old.scenario.name != new.scenario.name:
        yield f"two scenarios: {old.scenario.name} before, {new.scenario.name} now"
    for key, what in (("seed", "seed {}"), ("trials", "{:,} trials")):
        was, now = old.payload.get(key), new.payload.get(key)
        if was != now:
            yield (
                f"the run of {day(old.scenario.horizon.as_of)} had {what.format(was)}, this one "
                f"{what.format(now)}: both are played on the luck of this one"
            )
    if not comparable:
        yield (
            "the two have other segments, stages or products: but for deals that have ended, what happened "
            "and what is set otherwise cannot be told apart"
        )


def told(run: PastRun) -> Told:
    """Return a run of the past with what it was made from.

    Raises:
        InputError: this version refuses its inputs.
        PlaceError: they are not there any more.
    """
    return Told(load(run.path), run.payload, run.path.resolve().name)


def bridge_rows(payload: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield the steps as rows, the header first; single deals stand behind their step."""
    yield "step", "deal", "name", "what", "before", "after", "mean", "middle", "chance"

    def row(step: str, of: Mapping[str, Any]) -> tuple[Any, ...]:
        about = (of.get(key) for key in ("deal", "name", "what", "before", "after"))
        return step, *about, of["mean"], of["middle"], of["chance"]

    yield row("before", payload["before"])
    for step in payload["steps"]:
        yield row(step["step"], {key: step[key] for key in ("mean", "middle", "chance")})
        yield from (row(step["step"], item) for item in step["items"])
    yield row("after", payload["after"])
