"""Hold the trials of a simulation, and answer questions about sums over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.money import minor_digits
from simulator.periods import Period, fiscal_year_of
from simulator.scenario import Scenario
from simulator.scores import quantile, wilson
from simulator.targets import SERIES, Series, Target

Floats = NDArray[np.float64]
By = Literal["month", "quarter", "year"]
MOST_GUARDED = 1e-6
"""Share of trials in which a walk may be stopped by its guard (MODEL 1)."""


@dataclass(frozen=True)
class Slice:
    """What one row of the trials' money holds.

    Attributes:
        segment: index, or −1 for what belongs to no segment.
        source: `open`, `new` or `receivables`.
        group: value of the column that the run is grouped by, else "".
    """

    segment: int
    source: str
    group: str = ""


@dataclass(frozen=True)
class Check:
    """How the run agrees with the exact means.

    Attributes:
        largest_z: largest |z| of all cells.
        cells: number compared.
        threshold: Φ⁻¹(1 − 5e-5/cells).
        failures: what disagrees: (series, source, segment, first day, last day, z).
        guarded: share of trials with an attempt that was stopped after 60 moves; must be below 1e-6.
    """

    largest_z: float
    cells: int
    threshold: float
    failures: tuple[tuple[str, str, str, int, int, float], ...] = ()
    guarded: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every cell agrees, and no walk was cut short to speak of."""
        return not self.failures and self.guarded < MOST_GUARDED


@dataclass(frozen=True, eq=False)
class Trials:
    """Thousands of futures of a scenario. Money inside is in minor units, in answers in major units.

    Attributes:
        scenario: what was simulated.
        trials: number of trials.
        seed: of the run.
        slices: rows of the money.
        money: floats[slice, cell, trial] of each series.
        closes: close days of the open deals' first attempts, integers[deal, day].
        landed: bookings of those, floats[deal], over all trials.
        deal_chance: exact chance of each open deal to be won in the end, floats[deal].
        check: against the exact means.
        walk: from the CRM's number to ours: (step, minor units), the last is our average.
        sensitivity: trials of the headline bookings under other markets: (market, floats[trial]).
        by: column by which the run is grouped, or None.
    """

    scenario: Scenario
    trials: int
    seed: int
    slices: tuple[Slice, ...]
    money: Mapping[Series, Floats]
    closes: NDArray[np.int64]
    landed: Floats
    deal_chance: Floats
    check: Check
    walk: tuple[tuple[str, int], ...] = ()
    sensitivity: tuple[tuple[str, Floats], ...] = ()
    by: str | None = None
    _sums: dict[Any, Floats] = field(default_factory=dict, repr=False)

    @cached_property
    def unit(self) -> float:
        """Minor units of one major unit of the company's currency."""
        return float(10 ** minor_digits(self.scenario.currency))

    def amounts(self, series: Series, first_day: int = 1, last_day: int | None = None, **only: Any) -> Floats:
        """Return what a series brings in a window of days, floats[trial], minor units, the past not included.

        Args:
            series: which one.
            first_day: days from as-of.
            last_day: likewise; None for the horizon's end.
            only: `segment` (index), `source` or `group` to look at.

        Raises:
            ValueError: the forecast cannot be cut there.
        """
        horizon = self.scenario.horizon
        begin, end = horizon.cells_between(first_day, horizon.last_day if last_day is None else last_day)
        rows = [i for i, s in enumerate(self.slices) if all(getattr(s, k) == v for k, v in only.items())]
        running = self._running(series, tuple(rows))
        return np.asarray(running[end] - running[begin])

    def already(
        self,
        series: Series,
        first_day: int,
        segment: int | None = None,
        last_day: int = 0,
        group: str | None = None,
    ) -> float:
        """Return what has happened from a day to the as-of day, minor units of the company's currency.

        Bookings are won deals at their close day's rate, receipts are paid opening invoices.
        """
        s = self.scenario
        if series == "bookings":
            groups = s.wins.extra.get(self.by, ()) if self.by and group is not None else ()
            rows = [
                (c, int(a), int(d))
                for i, (c, a, d, g) in enumerate(
                    zip(s.wins.currency, s.wins.amount, s.wins.day, s.wins.segment, strict=True)
                )
                if (segment is None or g == segment) and (not groups or groups[i] == group)
            ]
        elif series == "receipts":
            r, own = s.receivables, s.invoice_segment or (-1,) * len(s.receivables)
            rows = [
                (r.currencies[int(r.currency_index[i])], int(r.amount_minor[i]), int(r.paid_day[i]))
                for i in range(len(r))
                if (segment is None or own[i] == segment) and group is None
            ]
        else:
            return 0.0
        return float(
            sum(
                float(s.rates.convert(amount, currency, np.array(day)))
                for currency, amount, day in rows
                if first_day <= day <= 0
            )
        )

    def window(self, series: Series, period: Period, segment: int | None = None) -> tuple[Floats, float]:
        """Return what a series brings in a period, floats[trial], the past included, and the past alone."""
        horizon = self.scenario.horizon
        first, last = horizon.day_of(period.start), min(horizon.day_of(period.end), horizon.last_day)
        only = {} if segment is None else {"segment": segment}
        past = self.already(series, first, segment)
        return self.amounts(series, max(first, 1), last, **only) + past, past

    def total(self, series: Series, segment: int | None = None, **only: Any) -> tuple[Floats, float]:
        """Return what a series brings from the fiscal year's start to the horizon's end, and what is past."""
        past = self.already(series, self.year_start, segment) if not only else 0.0
        where = only if segment is None else only | {"segment": segment}
        return self.amounts(series, **where) + past, past

    @cached_property
    def year_start(self) -> int:
        """First day of the fiscal year that holds the first forecast day, ≤ 1."""
        horizon = self.scenario.horizon
        year = fiscal_year_of(horizon.as_of + timedelta(days=1), horizon.fiscal_start)
        return horizon.day_of(year.start)

    @cached_property
    def headline_period(self) -> Period | None:
        """The fiscal year that holds the first forecast day, if the forecast covers it to its end."""
        years = self.scenario.horizon.fiscal_years
        return next((y for y in years if y.end <= self.scenario.horizon.end), None)

    def quantile(self, series: Series, q: float, by: By | None = None, segment: str | None = None) -> Floats:
        """Return the q-quantile of a series, major units: floats[period], or floats[] of the total.

        Args:
            series: `bookings`, `billings` or `receipts`.
            q: chance of less, 0–1.
            by: `month` (the scenario's periods), `quarter` or `year` (fiscal), or None for the total.
            segment: name, or None for all.
        """
        windows = [np.sort(self._asked(series, p, segment)) for p in self._periods(by)]
        result = np.array([quantile(w, q) / self.unit for w in windows])
        return result if by else result[0]

    def mean(self, series: Series, by: By | None = None, segment: str | None = None) -> Floats:
        """Return the mean of a series, major units, shaped as in `quantile`."""
        result = np.array([self._asked(series, p, segment).mean() / self.unit for p in self._periods(by)])
        return result if by else result[0]

    def chance(
        self, series: Series, at_least: float, until: str | date, since: str | date | None = None,
        segment: str | None = None,
    ) -> float:  # fmt: skip
        """Return the chance that a series brings at least so much, major units.

        Args:
            series: `bookings`, `billings` or `receipts`.
            at_least: major units.
            until: last day; a period's, quarter's, year's or target's end.
            since: first day, by default the start of the fiscal year; what has happened since counts.
            segment: name, or None for all.

        Raises:
            ValueError: the forecast cannot be cut there; the message names the dates at which it can.
        """
        horizon = self.scenario.horizon
        end = date.fromisoformat(until) if isinstance(until, str) else until
        start = date.fromisoformat(since) if isinstance(since, str) else since
        first = self.year_start if start is None else horizon.day_of(start)
        index = self._segment(segment)
        amounts = self.amounts(series, max(first, 1), horizon.day_of(end), **_only(index))
        amounts = amounts + self.already(series, first, index)
        return float(np.mean(amounts >= at_least * self.unit))

    def target_chance(self, target: Target) -> tuple[float, float, float, float]:
        """Return chance, its 95 % Wilson interval, and what is already reached (minor units)."""
        past = self.already(target.series, target.first_day, target.segment)
        amounts = self.amounts(
            target.series, max(target.first_day, 1), target.last_day, **_only(target.segment)
        )
        hits = int(np.count_nonzero(amounts + past >= target.amount))
        low, high = wilson(hits, self.trials)
        if not np.ptp(amounts):
            low = high = float(hits > 0)
        return hits / self.trials, low, high, past

    def _running(self, series: Series, rows: tuple[int, ...]) -> Floats:
        """Return running sums over the cells, floats[cell + 1, trial]."""
        place = series, rows
        if place not in self._sums:
            total = np.zeros((len(self.scenario.horizon.cuts) + 1, self.trials))
            for row in rows:
                total[1:] += self.money[series][row]
            self._sums[place] = np.cumsum(total, axis=0, out=total)
        return self._sums[place]

    def _periods(self, by: By | None) -> Sequence[Period]:
        horizon = self.scenario.horizon
        whole = Period("total", horizon.date_of(self.year_start), horizon.end)
        return {
            None: (whole,), "month": horizon.periods, "quarter": horizon.fiscal_quarters,
            "year": horizon.fiscal_years,
        }[by]  # fmt: skip

    def _asked(self, series: Series, period: Period, segment: str | None) -> Floats:
        if series not in SERIES:
            raise ValueError(f"no series {series!r}; there are {', '.join(SERIES)}")
        return self.window(series, period, self._segment(segment))[0]

    def _segment(self, name: str | None) -> int | None:
        if name is None:
            return None
        names = [s.name for s in self.scenario.segments]
        if name not in names:
            raise ValueError(f"no segment {name!r}; there are {', '.join(names)}")
        return names.index(name)


def _only(segment: int | None) -> dict[str, Any]:
    return {} if segment is None else {"segment": segment}
