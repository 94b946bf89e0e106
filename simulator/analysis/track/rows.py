"""Lay what past runs forecast of a window beside what came of it, and what others would have said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import cached_property
from math import isfinite
from typing import Any, Final, TypeGuard

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.track.came import BALANCE, Came
from simulator.expected.signatures import crm_chances
from simulator.hit_rates import LEVELS
from simulator.money import minor_digits
from simulator.records import dataclass
from simulator.runs import PastRun
from simulator.scenario import Scenario
from simulator.targets import SERIES
from simulator.words import has_interval, headline_period

ASKED: Final = (*SERIES, BALANCE)
"""Series that are scored."""
ENDS: Final = {0.5: ("p25", "p75"), 0.8: ("p10", "p90"), 0.95: ("p2.5", "p97.5")}
"""Of the ranges, by level."""
_NEEDED: Final = ("already", "p50", *(end for level in LEVELS for end in ENDS[level]))
_DAY: Final = timedelta(days=1)
WEIGHTED, COMMIT, DATES, PLAN = "weighted pipeline", "sales commit", "reps' dates", "plan"
OTHERS: Final = (WEIGHTED, COMMIT, DATES, PLAN)
"""What companies forecast without a simulation, or mean to reach."""
HALF_A_CENT: Final = 0.005


@dataclass(frozen=True)
class Window:
    """Days that were forecast.

    Attributes:
        name: as forecast.json has it, such as `2026-11` or `FY2026`.
        kind: week, month, quarter or year.
        start: first day, before the as-of day where a part had come already.
        end: last day.
        whole: whether it lasts as long as its name says.
    """

    name: str
    kind: str
    start: date
    end: date
    whole: bool = True

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1


@dataclass(frozen=True, eq=False)
class Told:
    """What one run forecast of one amount.

    Attributes:
        run: which.
        window: of which days.
        series: of what.
        segment: name, or "" for the company.
        stats: as in forecast.json.
        others: what others would have said, by their names.
    """

    run: PastRun
    window: Window
    series: str
    segment: str
    stats: Mapping[str, Any]
    others: Mapping[str, float]

    @property
    def ahead(self) -> int:
        """Days from the as-of day to the window's end."""
        return (self.window.end - self.run.as_of).days

    @property
    def span(self) -> tuple[date, date]:
        """The day before what was still open begins, and the last day."""
        return max(self.window.start - _DAY, self.run.as_of), self.window.end

    @property
    def middle(self) -> float:
        """What lay in the middle of the forecast."""
        return float(self.stats["p50"])

    @property
    def in_hindsight(self) -> bool:
        """Whether the run was made when the window had ended, so that it might have known."""
        return self.run.made.date() > self.window.end

    def ends(self, level: float) -> tuple[float, float]:
        """Return the ends of a range."""
        low, high = ENDS[level]
        return float(self.stats[low]), float(self.stats[high])

    def held(self, level: float, came: float) -> bool:
        """Tell whether a range held what came; its ends belong to it."""
        low, high = self.ends(level)
        return low - HALF_A_CENT <= came <= high + HALF_A_CENT


@dataclass(frozen=True, eq=False)
class Row:
    """What was forecast, and what came.

    Attributes:
        told: the forecast.
        came: major units.
    """

    told: Told
    came: float

    @property
    def error(self) -> float:
        """Middle less what came."""
        return self.told.middle - self.came

    def held(self, level: float) -> bool:
        """Tell whether a range held."""
        return self.told.held(level, self.came)


@dataclass(frozen=True, eq=False)
class OpenDeals:
    """What the deals of a run's own inputs say without a simulation.

    Attributes:
        scenario: of those inputs.
    """

    scenario: Scenario

    @cached_property
    def _weighted(self) -> NDArray[np.float64]:
        """What the CRM counts each deal with, major units."""
        pipeline, rates = self.scenario.pipeline, self.scenario.rates
        worth = rates.worth(pipeline.amount, pipeline.currency) * crm_chances(self.scenario)
        return np.asarray(worth / 10 ** minor_digits(self.scenario.currency))

    def by_dates(self, window: Window, segment: str) -> float | None:
        """Return amount × the CRM's chance of deals whose stated date lies in a window; None without dates.

        A date that has passed counts as the day after the as-of day.
        """
        pipeline, day_of = self.scenario.pipeline, self.scenario.horizon.day_of
        dated = ~np.isnan(pipeline.stated_day)
        names = [s.name for s in self.scenario.segments]
        if not dated.any() or (segment and segment not in names):
            return None
        day = pipeline.stated_day.clip(min=1)
        chosen = dated & (day >= day_of(window.start)) & (day <= day_of(window.end))
        if segment:
            chosen &= pipeline.segment == names.index(segment)
        return float(self._weighted[chosen].sum())


def windows_of(run: PastRun) -> Iterator[tuple[Window, Mapping[str, Any]]]:
    """Yield the windows of a run that it covers to their end, with what it says of the company in them."""
    fiscal = {(entry["start"], entry["end"]) for entry in run.payload["fiscal"]}
    for entry in run.payload["periods"]:
        if (entry["start"], entry["end"]) not in fiscal:
            yield _window(entry, _kind(entry["name"])), entry
    for entry in run.payload["fiscal"]:
        if entry.get("complete", True):
            yield _window(entry, _kind(entry["name"])), entry


def told_by(run: PastRun, deals: OpenDeals | None) -> Iterator[Told]:
    """Yield what a run forecast, where it has a range: of the company, and by period of each segment.

    Args:
        run: finished.
        deals: of its inputs, None where these cannot be read any more.
    """
    ends = set[date]()
    for window, entry in windows_of(run):
        # A balance stands at a day's end, whatever the periods that end on it.
        for series in SERIES if window.end in ends else ASKED:
            if _has_range(stats := entry.get(series)):
                yield Told(run, window, series, "", stats, _others(run, window, series, "", entry, deals))
        ends.add(window.end)
    for segment, parts in run.payload["segments"].items():
        for entry in parts["periods"]:
            window = _window(entry, _kind(str(entry["name"])))
            for series in SERIES:
                if _has_range(stats := entry.get(series)):
                    others = _others(run, window, series, segment, entry, deals)
                    yield Told(run, window, series, segment, stats, others)


def headline_of(run: PastRun) -> dict[str, Any]:
    """Return the period of a run's headline, its bookings and their plan."""
    period = headline_period(run.payload)
    stats, plans = period.get("bookings") or {}, period.get("plan") or {}
    plan = plans.get("bookings") or {}
    keys = ("p10", "p50", "p90", "already")
    return {
        "period": {key: period[key] for key in ("name", "start", "end")},
        "bookings": {key: float(stats[key]) for key in keys} if has_interval(stats) and stats else {},
        "plan": {key: float(plan[key]) for key in ("amount", "chance", "low", "high") if plan},
    }


def held_against(told: Iterable[Told], came: Came) -> Iterator[Row]:
    """Yield what has been told of windows that have ended, and what came of them.

    Of a window that had begun, where nobody tells the whole, what the run knew and what came after it.
    """
    for forecast in told:
        run, window = forecast.run, forecast.window
        if window.end <= run.as_of:
            continue
        of = forecast.series, forecast.segment
        amount = came.amount(*of, window.start, window.end)
        if amount is None and window.start <= run.as_of:
            rest = came.amount(*of, run.as_of + _DAY, window.end)
            amount = None if rest is None else float(forecast.stats["already"]) + rest
        if amount is not None:
            yield Row(forecast, amount)


def _window(entry: Mapping[str, Any], kind: str) -> Window:
    start, end = date.fromisoformat(entry["start"]), date.fromisoformat(entry["end"])
    return Window(str(entry["name"]), kind, start, end, bool(entry.get("whole", True)))


def _kind(name: str) -> str:
    """Tell by its name how long a period is."""
    if name.startswith("FY"):
        return "year"
    if name.startswith("W") or "-W" in name:
        return "week"
    return "quarter" if name.startswith("Q") or "-Q" in name else "month"


def _has_range(stats: Any) -> TypeGuard[Mapping[str, Any]]:
    """Tell whether there is a forecast, from trials enough to tell a range."""
    if not isinstance(stats, dict) or not has_interval(stats):
        return False
    found = (stats.get(key) for key in _NEEDED)
    return all(isinstance(value, int | float) and isfinite(value) for value in found)


def _others(
    run: PastRun, window: Window, series: str, segment: str, entry: Mapping[str, Any], deals: OpenDeals | None
) -> dict[str, float]:
    """Return what others would have said of a window, by their names.

    The weighted pipeline and the commit speak of the headline's period, of the company; plans are its too.
    """
    found: dict[str, float] = {}
    already = float(entry[series]["already"])
    if series == "bookings":
        if not segment and window.name == run.payload.get("headline_period"):
            found[WEIGHTED] = already + float(run.payload.get("weighted_pipeline") or 0.0)
            commits = {row["name"]: float(row["amount"]) for row in run.payload.get("commit") or ()}
            found |= {COMMIT: commits["commit"]} if "commit" in commits else {}
        dated = None if deals is None else deals.by_dates(window, segment)
        found |= {} if dated is None else {DATES: already + dated}
    plan = (entry.get("plan") or {}).get(series)
    return found | ({PLAN: float(plan["amount"])} if plan else {})
