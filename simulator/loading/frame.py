"""Read what frames a scenario: horizon, currencies, time zone, targets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from simulator.currency import RateCurve
from simulator.errors import did_you_mean
from simulator.loading.notes import Notes
from simulator.loading.problems import Problems
from simulator.money import LIMIT, minor_digits
from simulator.periods import Horizon, horizon, length_end, named_period
from simulator.scenario.model import ScenarioFile, TargetFile
from simulator.scenario.tree import Tree
from simulator.scenario.values import day
from simulator.targets import Target

LONGEST_DAYS: Final = 3660


def read_zone(file: ScenarioFile, tree: Tree, problems: Problems) -> tzinfo:
    """Return the time zone; an unknown one becomes a problem."""
    if file.time_zone == "UTC":  # known even where there is no time zone data
        return UTC
    try:
        return ZoneInfo(file.time_zone)
    except (ValueError, KeyError, OSError):  # no key, not there, or a folder
        message = "there is no such time zone"
        problems.add(tree.problem("S027", message, ("time_zone",), file.time_zone))
        return UTC


def read_rates(file: ScenarioFile, tree: Tree, problems: Problems) -> RateCurve:
    """Return the rates in days from as-of; those that cannot be become problems."""
    given = {
        code: [((step.first - file.as_of).days if step.first else 0, step.rate) for step in steps]
        for code, steps in file.rates.by_currency.items()
    }
    try:
        return RateCurve.of(file.currency, given, file.rates.volatility)
    except ValueError as error:
        problems.add(tree.problem("S025", str(error), ("rates",)))
        return RateCurve.of(file.currency, {})


def read_end(file: ScenarioFile, tree: Tree, problems: Problems) -> date:
    """Return the last day; one that cannot be becomes a problem, and targets have room to be looked at."""
    try:
        end = length_end(file.as_of, file.horizon)
    except (ValueError, OverflowError):
        try:
            end = day(file.horizon)
        except ValueError:
            message = "the horizon is neither a length nor a date"
            problems.add(tree.problem("S021", message, ("horizon",), file.horizon))
            return file.as_of + timedelta(days=LONGEST_DAYS)
    if not 1 <= (end - file.as_of).days <= LONGEST_DAYS:
        message = f"the horizon ends on {end}, as of {file.as_of}"
        remedy = f"write a last day from one day to {LONGEST_DAYS:,} days after as_of, such as 18m"
        problems.add(tree.problem("S028", message, ("horizon",), file.horizon, remedy))
        return file.as_of + timedelta(days=LONGEST_DAYS)
    return end


def read_targets(
    file: ScenarioFile, end: date, notes: Notes, tree: Tree, problems: Problems
) -> list[tuple[Target, date]]:
    """Return the targets with the first day of each; those that have ended are noted and left out."""
    found = []
    for name, target in file.targets.items():
        window = _window(name, target, file, end, tree, problems)
        amount = _minor(name, target, file, tree, problems)
        segment = _segment(name, target, tuple(file.segments), tree, problems)
        _check_series(name, target, file, tree, problems)
        if window is None or amount is None:
            continue
        first, last = window
        if last <= file.as_of:
            notes.add("W007", f"target {name} ended on {last}, before the forecast starts: left out")
            continue
        days = ((first - file.as_of).days, (last - file.as_of).days)
        found.append((Target(name, target.series, amount, *days, segment, target.by or ""), first))
    return found


def read_horizon(file: ScenarioFile, end: date, targets: Sequence[tuple[Target, date]]) -> Horizon:
    """Return the horizon, cut where targets begin and end."""
    further = [file.as_of + timedelta(days=t.last_day) for t, _ in targets]
    further += [first - timedelta(days=1) for _, first in targets]
    return horizon(file.as_of, end, file.fiscal, file.period, further)


def first_win_day(file: ScenarioFile, targets: Sequence[tuple[Target, date]]) -> int:
    """Return the first day of wins that count: of this fiscal year, or of a target that began earlier."""
    year = file.fiscal.year_of(file.as_of + timedelta(days=1))
    return (min([year.start, *(first for _, first in targets)]) - file.as_of).days


def _window(
    name: str, target: TargetFile, file: ScenarioFile, end: date, tree: Tree, problems: Problems
) -> tuple[date, date] | None:
    keys = ("targets", name, "by" if target.by else "until")
    if target.by:
        try:
            period = named_period(target.by, file.fiscal)
        except ValueError as error:
            problems.add(tree.problem("S043", f"{name}: {error}", keys, target.by))
            return None
        first, last = period.start, period.end
    else:
        first = target.first or file.as_of + timedelta(days=1)
        last = target.until or end
    if last > end:
        message = f"{name} ends on {last}, the forecast on {end}"
        remedy = f"set horizon: {last}, or a later day"
        problems.add(tree.problem("S044", message, keys, None, remedy))
        return None
    return first, last


def _check_series(name: str, target: TargetFile, file: ScenarioFile, tree: Tree, problems: Problems) -> None:
    """Refuse a target of a series that the scenario does not have."""
    products = file.products.values()
    lacking = {
        "revenue": (all(p.recognise is None for p in products), "no product has a rule of revenue",
                    "add recognise: to a product, such as over-term"),
        "arr": (not any(p.recurring for p in products), "no product recurs",
                "add recurring: true to a product"),
        "balance": (file.cash.opening_balance is None or file.cash.outflows is None,
                    "what is in the bank, or what is paid out, is not given",
                    "add opening_balance and outflows under cash"),
    }  # fmt: skip
    lacks, why, remedy = lacking.get(target.series, (False, "", ""))
    if lacks:
        message = f"{name} aims at {target.series}, but {why}"
        problems.add(tree.problem("S063", message, ("targets", name, "series"), target.series, remedy))
    if target.series == "balance" and target.segment != "all":
        message = f"{name} aims at the balance of {target.segment}: the bank account is the company's"
        keys = ("targets", name, "segment")
        problems.add(tree.problem("S063", message, keys, None, "leave segment out"))


def _minor(name: str, target: TargetFile, file: ScenarioFile, tree: Tree, problems: Problems) -> int | None:
    digits = minor_digits(file.currency)
    minor = target.amount.scaleb(digits)
    if minor != minor.to_integral_value() or abs(minor) >= LIMIT:
        why = (
            "is too large"
            if abs(minor) >= LIMIT
            else f"has more decimals than {file.currency}, which has {digits}"
        )
        keys = ("targets", name, "amount")
        problems.add(tree.problem("S022", f"the amount of {name} {why}", keys, target.amount))
        return None
    return int(minor)


def _segment(
    name: str, target: TargetFile, segments: tuple[str, ...], tree: Tree, problems: Problems
) -> int | None:
    if target.segment in segments:
        return segments.index(target.segment)
    if target.segment != "all":
        known = ("all", *segments)
        remedy = did_you_mean(target.segment, known, "segments: " + ", ".join(known))
        keys = ("targets", name, "segment")
        problems.add(tree.problem("S042", f"there is no segment {target.segment}", keys, None, remedy))
    return None
