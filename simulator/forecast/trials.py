"""Hold the trials of a simulation, and answer questions about sums over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import UsageError
from simulator.forecast.asked import (
    By,
    by_asked,
    chance_asked,
    date_asked,
    number_asked,
    segment_asked,
    series_asked,
)
from simulator.forecast.check import Check
from simulator.forecast.exact import ExactMeans, OfferEffect
from simulator.forecast.happened import Happened, happened, opening_deferred
from simulator.forecast.rows import ENDS, Rows, product_rows
from simulator.money import minor_digits
from simulator.periods import Period
from simulator.records import dataclass
from simulator.scenario import Scenario
from simulator.scores import quantile, share_interval
from simulator.targets import Asked, Posted, Series, Target

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Slice:
    """What one row of the trials' money holds.

    Attributes:
        segment: index, or −1 for what belongs to no segment.
        source: `backlog`, `open`, `new`, `renewals` or `receivables`.
        group: value of the column that the run is grouped by, else "".
    """

    segment: int
    source: str
    group: str = ""


@dataclass(frozen=True, eq=False)
class Trials:
    """Thousands of futures of a scenario. Money inside is in minor units, in answers in major units.

    Attributes:
        scenario: what was simulated.
        trials: number of trials.
        seed: of the run.
        slices: rows of the money.
        by_trial: what each trial brings: of each series, and of tax and deferred revenue in one slice, the
            running sums over the cells, [slice, cell]; by product the totals of some series, [product]; and
            how first attempts end, [cell, outcome, source, segment], the last cell whenever; outcomes lost
            and won, sources open and new.
        closes: close days of the open deals' first attempts, integers[deal, day]; only of the first deals
            where there are very many.
        closings: their number and the sum of their days, floats[2, deal], over all trials.
        landed: their bookings, floats[deal], likewise.
        deal_chance: exact chance of each open deal to be won in the end, floats[deal].
        check: against the exact means.
        walk: from the CRM's number to ours: (step, minor units), the last is our average.
        sensitivity: what gives the trials of the headline bookings, floats[trial], by the market; it may have
            to wait until they are played.
        by: column by which the run is grouped, or None.
        exact: means of every source, or None where some have none.
        offers: what each offer costs and brings.
        known: what each series has brought by now, where somebody has collected it already.
        follows_ends: whether first attempts were followed to their end.
    """

    scenario: Scenario
    trials: int
    seed: int
    slices: tuple[Slice, ...]
    by_trial: Rows
    closes: NDArray[np.integer]
    closings: Floats
    landed: Floats
    deal_chance: Floats
    check: Check
    walk: tuple[tuple[str, int], ...] = ()
    sensitivity: Mapping[str, Callable[[], Floats]] = field(default_factory=dict, repr=False)
    by: str | None = None
    exact: ExactMeans | None = None
    offers: tuple[OfferEffect, ...] = ()
    known: Mapping[Series, Happened] | None = field(default=None, repr=False)
    follows_ends: bool = False

    @cached_property
    def unit(self) -> float:
        """Minor units of one major unit of the company's currency."""
        return float(10 ** minor_digits(self.scenario.currency))

    @property
    def draws(self) -> int | None:
        """Posterior draws that the trials share, None where no two trials share one."""
        posterior = self.scenario.posterior
        return posterior.draws if posterior and 1 < posterior.draws < self.trials else None

    def amounts(self, series: Series, first_day: int = 1, last_day: int | None = None, **only: Any) -> Floats:
        """Return what a series brings in a window of days, floats[trial], minor units, the past not included.

        Args:
            series: which one.
            first_day: days from as-of.
            last_day: likewise; None for the horizon's end.
            only: `segment` (index), `source` or `group` to look at.

        Raises:
            UsageError: there is no such series, or the forecast cannot be cut there.
        """
        series_asked(series)
        return self.between(series, *self.cells(first_day, last_day), **only)

    def cells(self, first_day: int, last_day: int | None) -> tuple[int, int]:
        """Return the range of cells [a, b) that make up a window of days; None is the horizon's end.

        Raises:
            UsageError: the forecast cannot be cut there.
        """
        horizon = self.scenario.horizon
        try:
            return horizon.cells_between(first_day, horizon.last_day if last_day is None else last_day)
        except ValueError as error:
            raise UsageError(str(error), code="U002") from None

    def between(self, posted: Posted, begin: int, end: int, **only: Any) -> Floats:
        """Return what a series, `tax` or `deferred` brings in the cells [begin, end), floats[trial].

        Args:
            posted: which one; the last two are the company's and have no slices.
            begin: first cell.
            end: cell after the last.
            only: `segment` (index), `source` or `group` to look at.
        """
        if posted in ("tax", "deferred"):
            rows: list[int] = [0]
        else:
            rows = [i for i, s in enumerate(self.slices) if all(getattr(s, k) == v for k, v in only.items())]
        return self._of(posted, tuple(rows), begin, end)

    def balance_at(self, day: int) -> Floats:
        """Return the balance in the bank at the end of a day that ends a cell, minor units, floats[trial].

        balance = opening balance + receipts − tax passed on − outflows.

        Raises:
            ValueError: no cell ends there.
        """
        _, cells = self.scenario.horizon.cells_between(1, day)
        balance = self.unspent(day) + self.between("receipts", 0, cells)
        return balance - self.between("tax", 0, cells) if "tax" in self.by_trial.shapes else balance

    def unspent(self, day: int) -> float:
        """Return the opening balance less what is paid out by the end of a day, minor units."""
        cash = self.scenario.cash
        return (cash.opening_balance or 0) - sum(o.amount for o in cash.outflows or () if o.day <= day)

    def of_slices(self, series: Series, rows: tuple[int, ...]) -> Floats:
        """Return what some slices bring in the whole horizon, floats[trial]."""
        return self._of(series, rows, 0, len(self.scenario.horizon.cuts))

    def of_product(self, series: Series, product: int) -> Floats | None:
        """Return what a product brings in the whole horizon, floats[trial], None where that is not known."""
        name = product_rows(series)
        return self.by_trial.total(name, (product,)) if name in self.by_trial.shapes else None

    def won_ever(self, source: int, segment: int) -> Floats:
        """Return how many first attempts are won, whenever they close, floats[trial].

        Args:
            source: 0 for open deals, 1 for those to come.
            segment: index.
        """
        *_, sources, segments = shape = self.by_trial.shapes[ENDS]
        last = int(np.prod(shape)) - sources * segments
        return self.by_trial.total(ENDS, (last + source * segments + segment,))

    @property
    def groups_so_far(self) -> tuple[str, ...]:
        """The groups of what has already come in this fiscal year."""
        found = {g for h in self._happened.values() for g, d in zip(h.group, h.day, strict=True)
                 if d >= self.year_start}  # fmt: skip
        return tuple(sorted(found))

    def already(
        self,
        series: Series,
        first_day: int,
        segment: int | None = None,
        last_day: int = 0,
        group: str | None = None,
    ) -> float:
        """Return what has happened from a day to another, minor units of the company's currency.

        Args:
            series: which one.
            first_day: days from as-of.
            segment: index, −1 for what belongs to none, None for all.
            last_day: days from as-of; what lies after the as-of day has not happened.
            group: value of the column that the run is grouped by, None for all.
        """
        return self._happened[series].total(first_day, min(last_day, 0), segment, group)

    def is_certain(
        self, series: Series, first_day: int, last_day: int | None = None, segment: int | None = None
    ) -> bool:
        """Tell whether nothing is left open in a window: all trials agree, and with the exact mean too.

        Trials alone cannot tell: what happens once in a thousand may happen in none of them. The exact mean
        may differ by a minor unit for each deal won, to which its amount is rounded.
        """
        only = _only(segment)
        amounts = self.amounts(series, max(first_day, 1), last_day, **only)
        if self.exact is None or segment == -1 or np.ptp(amounts):
            return False
        horizon = self.scenario.horizon
        last_day = horizon.last_day if last_day is None else last_day
        begin, end = horizon.cells_between(max(first_day, 1), last_day)
        mean = self.exact.between(series, begin, end, segment)
        of = slice(None) if segment is None else slice(segment, segment + 1)
        slack = 1 + float(self.exact.winners[of].sum()) + 1e-9 * abs(mean)
        return bool(abs(float(amounts[0]) - mean) <= slack)

    def window(self, series: Series, period: Period, segment: int | None = None) -> tuple[Floats, float]:
        """Return what a series brings in a period, floats[trial], the past included, and the past alone."""
        horizon = self.scenario.horizon
        first, last = horizon.day_of(period.start), min(horizon.day_of(period.end), horizon.last_day)
        only = {} if segment is None else {"segment": segment}
        past = self.already(series, first, segment)
        amounts = self.amounts(series, max(first, 1), last, **only)
        amounts += past
        return amounts, past

    def total(self, series: Series, segment: int | None = None, **only: Any) -> tuple[Floats, float]:
        """Return what a series brings from the fiscal year's start to the horizon's end, and what is past."""
        past = self.already(series, self.year_start, segment) if not only else 0.0
        amounts = self.amounts(series, **(only if segment is None else only | {"segment": segment}))
        amounts += past
        return amounts, past

    @cached_property
    def _happened(self) -> Mapping[Series, Happened]:
        return happened(self.scenario, self.by) if self.known is None else self.known

    @cached_property
    def opening_deferred(self) -> float:
        """What is billed and not yet recognised at the as-of day, minor units of the company's currency."""
        return opening_deferred(self.scenario)

    @cached_property
    def year_start(self) -> int:
        """First day of the fiscal year that holds the first forecast day, ≤ 1."""
        horizon = self.scenario.horizon
        year = horizon.fiscal.year_of(horizon.as_of + timedelta(days=1))
        return horizon.day_of(year.start)

    @cached_property
    def headline_period(self) -> Period | None:
        """The fiscal year that holds the first forecast day, if the forecast covers it to its end."""
        years = self.scenario.horizon.fiscal_years
        return next((y for y in years if y.end <= self.scenario.horizon.end), None)

    def quantile(self, series: Asked, q: float, by: By | None = None, segment: str | None = None) -> Floats:
        """Return the q-quantile of a series, major units: floats[period], or floats[] of the total.

        Args:
            series: `bookings`, `billings`, `revenue`, `receipts`, `arr`, or `balance` at the ends of periods.
            q: chance of less, 0–1.
            by: `month` (the scenario's periods), `quarter` or `year` (fiscal), or None for the total.
            segment: name, or None for all.

        Raises:
            UsageError: there is no such series, chance, period or segment, or no balance is forecast.
        """
        q = chance_asked(q)
        windows = [np.sort(amounts) for amounts in self._asked(series, by, segment)]
        result = np.array([quantile(w, q) / self.unit for w in windows])
        return result if by else result[0]

    def mean(self, series: Asked, by: By | None = None, segment: str | None = None) -> Floats:
        """Return the mean of a series, major units, shaped and asked as in `quantile`."""
        result = np.array([amounts.mean() / self.unit for amounts in self._asked(series, by, segment)])
        return result if by else result[0]

    def chance(
        self, series: Asked, at_least: float, until: str | date, since: str | date | None = None,
        segment: str | None = None,
    ) -> float:  # fmt: skip
        """Return the chance that a series brings at least so much, major units.

        By default what has come in since the start of the present fiscal year counts, deals already won and
        invoices already paid included; `since` the day after the as-of day asks for what is still to come.

        Args:
            series: as in `quantile`; `balance` is that at the end of the last day.
            at_least: major units.
            until: last day; a period's, quarter's, year's or target's end.
            since: first day, by default the start of the fiscal year that holds the first forecast day.
            segment: name, or None for all.

        Raises:
            UsageError: there is no such series or segment, or the forecast cannot be cut there; the message
                names the dates at which it can.
        """
        horizon = self.scenario.horizon
        least = number_asked("at_least", at_least) * self.unit
        last = horizon.day_of(date_asked("until", until))
        if series == "balance":
            return float(np.mean(self._balance(last, segment) >= least))
        series, index = series_asked(series), self._segment(segment)
        first = self.year_start if since is None else horizon.day_of(date_asked("since", since))
        if first > last:
            raise UsageError(
                f"until {until} lies before {horizon.date_of(first)}, where the sum begins", code="U002"
            )
        amounts = self.amounts(series, max(first, 1), last, **_only(index))
        return float(np.mean(amounts + self.already(series, first, index) >= least))

    def target_chance(self, target: Target) -> tuple[float, float, float, float]:
        """Return chance, its 95 % Wilson interval, and what is already reached (minor units)."""
        if target.series == "balance":
            return *share_interval(self.reached(target), self.draws), 0.0
        past = self.already(target.series, target.first_day, target.segment)
        chance, low, high = share_interval(self.reached(target), self.draws)
        if self.is_certain(target.series, target.first_day, target.last_day, target.segment):
            low = high = float(chance > 0)
        return chance, low, high, past

    def reached(self, target: Target) -> NDArray[np.bool_]:
        """Return in which trials a target is reached, bools[trial]."""
        if target.series == "balance":
            return np.asarray(self.balance_at(target.last_day) >= target.amount)
        first, only = max(target.first_day, 1), _only(target.segment)
        past = self.already(target.series, target.first_day, target.segment)
        return np.asarray(self.amounts(target.series, first, target.last_day, **only) + past >= target.amount)

    def _of(self, posted: Posted, slices: tuple[int, ...], begin: int, end: int) -> Floats:
        """Return what some slices bring in the cells [begin, end), floats[trial]."""
        if not slices or begin == end:
            return np.zeros(self.trials)
        cells = len(self.scenario.horizon.cuts)
        found = self.by_trial.total(posted, tuple(s * cells + end - 1 for s in slices)).copy()
        if begin > 0:
            found -= self.by_trial.total(posted, tuple(s * cells + begin - 1 for s in slices))
        return found

    def _periods(self, by: By | None) -> Sequence[Period]:
        horizon = self.scenario.horizon
        whole = Period("total", horizon.date_of(self.year_start), horizon.end)
        return {
            None: (whole,), "month": horizon.periods, "quarter": horizon.fiscal_quarters,
            "year": horizon.fiscal_years,
        }[by]  # fmt: skip

    def _asked(self, series: Asked, by: By | None, segment: str | None) -> list[Floats]:
        """Return what a series brings in each period, the past included; the balance at its end."""
        if series == "balance":
            ends = (min(period.end, self.scenario.horizon.end) for period in self._periods(by_asked(by)))
            return [self._balance(self.scenario.horizon.day_of(end), segment) for end in ends]
        series, index = series_asked(series), self._segment(segment)
        return [self.window(series, period, index)[0] for period in self._periods(by_asked(by))]

    def _balance(self, day: int, segment: str | None) -> Floats:
        """Return the balance at the end of a day, as somebody asks for it."""
        if not self.scenario.cash.has_balance:
            raise UsageError(
                "no balance is forecast: give cash.opening_balance and cash.outflows", code="U006"
            )
        if segment is not None:
            raise UsageError("the balance in the bank is the company's; leave segment out", code="U006")
        try:
            return self.balance_at(day)
        except ValueError as error:
            raise UsageError(str(error), code="U002") from None

    def _segment(self, name: str | None) -> int | None:
        return segment_asked(name, [s.name for s in self.scenario.segments])


def _only(segment: int | None) -> dict[str, Any]:
    return {} if segment is None else {"segment": segment}
