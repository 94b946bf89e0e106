"""Say what a question is about: an amount in some days, such as a target or a plan of the fiscal year."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.span import goals
from simulator.errors import UsageError, did_you_mean
from simulator.forecast import Trials, Window
from simulator.forecast.asked import segment_asked, series_asked
from simulator.money import minor_digits
from simulator.records import dataclass
from simulator.scenario import Scenario
from simulator.targets import Asked, Target

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Aim:
    """A window, and what is to be reached in it.

    Attributes:
        name: of the target, "" where none is.
        window: what is asked of each trial.
        amount: to be reached, minor units of the company's currency; None where nothing is.
    """

    name: str
    window: Window
    amount: int | None = None

    def amounts(self, trials: Trials) -> Floats:
        """Return what each trial brings, the past included, floats[trial], minor units."""
        return self.window.amounts(trials)

    def reached(self, trials: Trials) -> NDArray[np.bool_]:
        """Return in which trials the amount is reached, bools[trial].

        Raises:
            ValueError: there is no amount.
        """
        if self.amount is None:
            raise ValueError("nothing is to be reached")
        return np.asarray(self.amounts(trials) >= self.amount)


def aim_of(
    scenario: Scenario, target: str | None = None, series: str | None = None, amount: float | None = None,
    by: date | None = None, segment: str | None = None,
) -> Aim:  # fmt: skip
    """Return what is asked for: a target by name, a window in words, or what the first sentence is about.

    Without any words it is the first target or plan of the headline's bookings, else the first of all, else
    the headline's bookings with nothing to reach. A window goes from the fiscal year's start, the past
    included, to a day.

    Args:
        scenario: as loaded.
        target: name of a target, or of a plan as `goals` has them.
        series: of a window, by default bookings.
        amount: to be reached in it, major units.
        by: its last day, by default the headline's.
        segment: whose, by default the company's.

    Raises:
        UsageError: there is no such target, series or segment, or both a target and a window are asked for.
    """
    known, window = goals(scenario), (series, amount, by, segment) != (None,) * 4
    if target is not None:
        if window:
            raise UsageError(
                "--target names a series, an amount and days already: leave the others out", code="U001"
            )
        if target not in known:
            remedy = did_you_mean(
                target, tuple(known), "the scenario names none: give --series, --amount, --by"
            )
            raise UsageError(f"there is no target {target!r}: {remedy}", code="U003")
        return _of_target(scenario, known[target])
    headline = _headline(scenario)
    if window:
        return _of_window(scenario, headline, series, amount, by, segment)
    here = [_of_target(scenario, goal) for goal in known.values()]
    return next((aim for aim in here if aim.window == headline), here[0] if here else Aim("", headline))


def _of_target(scenario: Scenario, target: Target) -> Aim:
    horizon = scenario.horizon
    segment = None if target.segment is None else scenario.segments[target.segment].name
    first, last = horizon.date_of(target.first_day), horizon.date_of(target.last_day)
    return Aim(target.name, Window(target.series, first, last, segment), target.amount)


def _headline(scenario: Scenario) -> Window:
    """Return the bookings of the fiscal year that holds the first forecast day, or what of it is forecast."""
    horizon = scenario.horizon
    year = horizon.fiscal.year_of(horizon.date_of(1))
    return Window("bookings", year.start, year.end if year.end <= horizon.end else horizon.end)


def _of_window(
    scenario: Scenario, headline: Window, series: str | None, amount: float | None, by: date | None,
    segment: str | None,
) -> Aim:  # fmt: skip
    asked: Asked = "balance" if series == "balance" else series_asked(series or "bookings")
    segment_asked(segment, [one.name for one in scenario.segments])
    if asked == "balance" and not scenario.cash.has_balance:
        raise UsageError("no balance is forecast: give cash.opening_balance and cash.outflows", code="U006")
    if asked == "balance" and segment is not None:
        raise UsageError("the balance in the bank is the company's; leave the segment out", code="U006")
    if asked != "balance" and asked not in scenario.series:
        raise UsageError(f"this scenario has no {asked}; it has {', '.join(scenario.series)}", code="U006")
    last = by or headline.last
    horizon = scenario.horizon
    try:
        horizon.cells_between(1, horizon.day_of(last))
    except ValueError as error:
        raise UsageError(str(error), code="U002") from None
    first = min(horizon.fiscal.year_of(horizon.date_of(1)).start, last)
    least = None if amount is None else round(amount * 10 ** minor_digits(scenario.currency))
    return Aim("", Window(asked, first, last, segment), least)
