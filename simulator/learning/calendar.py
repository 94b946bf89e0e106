"""Learn on which days deals are won: weekdays, months of the quarter, its last days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.clock import QUARTER_END_DAYS, WORKING_WEEK, business_holidays
from simulator.history import WON, History
from simulator.learning.evidence import Figure
from simulator.records import dataclass

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FEWEST_WINS: Final = 60
FEWEST_MONTHS: Final = 4
"""Months of wins from which on a quarter's shape can be told from a rising level."""
PRIOR_WINS: Final = 40.0
"""Wins that the working week is worth before any is seen."""
MONTHS: Final = 60

_EPOCH: Final = 719163
_STEP_SD, _EFFECT_SD = 0.2, 0.5
"""Of the level from month to month, and of each effect, logarithms."""
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_Z90: Final = 1.2815515655446004


@dataclass(frozen=True, eq=False)
class CalendarFit:
    """Weights of days for `operational_clock`; durations are to be learned on the clock that they make.

    Attributes:
        weekdays: weight of each weekday, Monday first, with a mean of 1 over the five working days.
        months: of the first, second and third month of a quarter, with a mean of 1.
        quarter_end: of the last five business days of a quarter, on top of its month.
        figures: with their evidence.
        notes: what could not be learned, for people.
    """

    weekdays: tuple[float, ...] = WORKING_WEEK
    months: tuple[float, ...] = (1.0, 1.0, 1.0)
    quarter_end: float = 1.0
    figures: Mapping[str, Figure] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def fit_calendar(history: History, country: str | None = None) -> CalendarFit:
    """Learn the weights of days from the days on which deals were won.

    Weekdays by their shares, with the working week as a prior. Months and last days by a Poisson regression
    on a level that moves by the month, so that growth is not taken for a quarter's end; its counts are
    tempered by their dispersion.

    Args:
        history: as it was known.
        country: whose holidays are left out.
    """
    day = np.sort(history.deals.closed[history.deals.outcome == WON])
    day = day[day <= history.known]
    if len(day) < FEWEST_WINS:
        text = f"weekdays and months of closing need {FEWEST_WINS} wins; there are {len(day)}"
        return CalendarFit(notes=(text,))
    calendar = _Calendar.of(int(day[0]), history.known, country)
    day = day[day >= calendar.first]
    weekdays, figures = _weekdays(day, calendar)
    if calendar.months < FEWEST_MONTHS:
        text = f"weights of months need {FEWEST_MONTHS} months of wins; there are {calendar.months}"
        return CalendarFit(weekdays, figures=figures, notes=(text,))
    months, quarter_end, shape = _quarter(day, calendar, np.array(weekdays))
    return CalendarFit(weekdays, months, quarter_end, figures | shape)


@dataclass(frozen=True, eq=False)
class _Calendar:
    """The days from the first win to the as-of day.

    Attributes:
        first: ordinal.
        weekday: of each day.
        month: number of its month, from 0.
        place: of its month in the quarter, 0 to 2.
        last: whether it is one of the last five business days of a quarter.
        rests: whether it is a public holiday.
    """

    first: int
    weekday: Integers
    month: Integers
    place: Integers
    last: NDArray[np.bool_]
    rests: NDArray[np.bool_]

    @property
    def months(self) -> int:
        """Number of months."""
        return int(self.month[-1]) + 1

    @staticmethod
    def of(first: int, known: int, country: str | None) -> _Calendar:
        """Return the last 60 months at most; the first and last in part."""
        first = max(first, known - int(MONTHS * 30.4))
        days = np.arange(first - _EPOCH, known - _EPOCH + 1).astype("datetime64[D]")
        month = days.astype("datetime64[M]").astype(np.int64)
        years = days.astype("datetime64[Y]").astype(np.int64) + 1970
        holidays = business_holidays(country, range(int(years[0]), int(years[-1]) + 2))
        ends = (np.unique(month // 3) * 3 + 3).astype("datetime64[M]").astype("datetime64[D]")
        last = np.zeros(len(days), dtype=np.bool_)
        for back in range(1, QUARTER_END_DAYS + 1):
            last |= np.isin(days, np.busday_offset(ends, -back, roll="forward", holidays=holidays))
        weekday = (days.astype(np.int64) + 3) % 7
        return _Calendar(first, weekday, month - month[0], month % 3, last, np.isin(days, holidays))


def _weekdays(day: Integers, calendar: _Calendar) -> tuple[tuple[float, ...], dict[str, Figure]]:
    """Return the weight of each weekday: wins there over its days, a working week worth 40 wins added."""
    at = day - calendar.first
    wins = np.bincount(calendar.weekday[at], minlength=7)
    days = np.bincount(calendar.weekday[~calendar.rests], minlength=7)
    prior = PRIOR_WINS * np.array(WORKING_WEEK) / 5
    pace = (wins + prior) / (days / days.mean())
    scale = pace[:5].mean()
    quarters = len(np.unique(calendar.month[at] // 3))
    figures = {}
    for k, name in enumerate(_WEEKDAYS):
        count = wins[k] + prior[k]
        low, high = (float(special.gammaincinv(count + 0.5, q)) for q in (0.1, 0.9))
        unit = scale * days[k] / days.mean()
        value = float(pace[k] / scale)
        figures[f"calendar.{name}"] = Figure(
            value, min(low / unit, value), high / unit, len(day), len(day), quarters, "days of closing"
        )
    return tuple(float(x) for x in pace / scale), figures


def _quarter(
    day: Integers, calendar: _Calendar, weekdays: Floats
) -> tuple[tuple[float, ...], float, dict[str, Figure]]:
    """Return weights of the months of a quarter and of its last days."""
    weight = weekdays[calendar.weekday] * ~calendar.rests
    cell = 2 * calendar.month + calendar.last
    cells, at = np.unique(cell, return_inverse=True)
    exposure = np.bincount(at, weight).astype(np.float64)
    wins = np.bincount(at[day - calendar.first], minlength=len(cells)).astype(np.float64)
    design = np.zeros((len(cells), calendar.months + 4))
    rows = np.arange(len(cells))
    design[rows, cells // 2] = 1.0
    places = np.zeros(calendar.months, dtype=np.int64)
    places[calendar.month] = calendar.place
    design[rows, calendar.months + places[cells // 2]] = 1.0
    design[rows, -1] = cells % 2
    kept = exposure > 0
    effects, cov, dispersion = _poisson(design[kept], wins[kept], exposure[kept])
    quarters = len(np.unique(calendar.month[day - calendar.first] // 3))
    centred = np.eye(3) - 1 / 3
    logs, errors = centred @ effects[-4:-1], centred @ cov[-4:-1, -4:-1] @ centred
    shape = np.exp(logs)
    figures = {}
    names = ("calendar.month_1", "calendar.month_2", "calendar.month_3", "calendar.quarter_end")
    values = [*logs, effects[-1]]
    spreads = [*np.sqrt(np.diag(errors)), np.sqrt(cov[-1, -1])]
    for name, log, sd in zip(names, values, spreads, strict=True):
        low, high = (float(np.exp(log + q * _Z90 * sd)) for q in (-1, 1))
        figures[name] = Figure(
            float(np.exp(log)), low, high, len(day), len(day) / dispersion, quarters, "days of closing"
        )
    return tuple(float(x) for x in shape / shape.mean()), float(np.exp(effects[-1])), figures


def _poisson(design: Floats, wins: Floats, exposure: Floats) -> tuple[Floats, Floats, float]:
    """Return effects, their covariance and the dispersion of a Poisson regression with a moving level."""
    size = design.shape[1]
    prior = np.zeros((size, size))
    steps = np.diff(np.eye(size - 4, size), axis=0)
    prior += steps.T @ steps / _STEP_SD**2
    prior[np.arange(size - 4, size), np.arange(size - 4, size)] += 1 / _EFFECT_SD**2
    prior[0, 0] += 1e-4
    effects, dispersion = np.zeros(size), 1.0
    effects[: size - 4] = np.log((wins.sum() + 0.5) / exposure.sum())
    for _ in range(3):
        for _ in range(30):
            mean = exposure * np.exp(np.clip(design @ effects, -30, 30))
            slope = design.T @ (wins - mean) / dispersion - prior @ effects
            bend = (design.T * (mean / dispersion)) @ design + prior
            step = np.linalg.solve(bend, slope)
            effects = effects + np.clip(step, -2, 2)
            if np.abs(step).max() < 1e-9:
                break
        freedom = max(len(wins) - float(np.trace(np.linalg.solve(bend, bend - prior))), 1.0)
        dispersion = max(float(((wins - mean) ** 2 / np.maximum(mean, 0.1)).sum()) / freedom, 1.0)
    return effects, np.asarray(np.linalg.inv(bend), dtype=np.float64), dispersion
