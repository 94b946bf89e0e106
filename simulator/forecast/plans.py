"""Hold the forecast against the plan, month by month, quarter by quarter and year by year."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulator.figures import COMPANY
from simulator.forecast.trials import Trials
from simulator.periods import Period
from simulator.records import dataclass
from simulator.scores import share_interval
from simulator.targets import Series

Floats = NDArray[np.float64]
Kind = Literal["month", "quarter", "year"]


@dataclass(frozen=True, eq=False)
class Planned:
    """One cell of the plan beside what has come and what will.

    Attributes:
        kind: of the period.
        period: whole.
        series: which one.
        segment: index, or None for the company.
        plan: minor units.
        actual: what has come by the as-of day, minor units.
        amounts: what the whole period brings, actuals included, floats[trial]; None where it has passed.
        certain: whether nothing of it is left open, which trials that agree do not tell by themselves.
        draws: posterior draws that the trials share, or None.
    """

    kind: Kind
    period: Period
    series: Series
    segment: int | None
    plan: int
    actual: float
    amounts: Floats | None
    certain: bool = False
    draws: int | None = None

    @property
    def difference(self) -> float:
        """Middle less plan; actual less plan where the period has passed."""
        middle = self.actual if self.amounts is None else float(np.median(self.amounts))
        return middle - self.plan

    def chance(self) -> tuple[float, float, float]:
        """Return the chance to reach the plan with its 95 % Wilson interval."""
        if self.amounts is None:
            reached = float(self.actual >= self.plan)
            return reached, reached, reached
        chance, low, high = share_interval(self.amounts >= self.plan, self.draws)
        return (float(chance > 0),) * 3 if self.certain else (chance, low, high)


def planned(forecast: Trials) -> Iterator[Planned]:
    """Yield every period of the fiscal years that the forecast touches and the plan covers whole."""
    scenario = forecast.scenario
    for series in scenario.series:
        months = scenario.plan.months(series)
        segments = {s for by_segment in months.values() for s in by_segment if s != COMPANY}
        for segment in (None, *sorted(segments)):
            for kind, period in _periods(forecast):
                row = _row(forecast, series, segment, kind, period)
                if row is not None:
                    yield row


def plan_of(forecast: Trials, series: Series, period: Period, segment: int | None = None) -> int | None:
    """Return the plan of a period, minor units, None where a month of it has none."""
    day_of = forecast.scenario.horizon.day_of
    return forecast.scenario.plan.total(series, day_of(period.start), day_of(period.end), segment)


def _periods(forecast: Trials) -> Iterator[tuple[Kind, Period]]:
    horizon = forecast.scenario.horizon
    for year in horizon.fiscal_years:
        for quarter in horizon.fiscal.quarters_between(year.start, year.end):
            for month in horizon.fiscal.months_between(quarter.start, quarter.end):
                yield "month", month
            yield "quarter", quarter
        yield "year", year


def _row(forecast: Trials, series: Series, segment: int | None, kind: Kind, period: Period) -> Planned | None:
    plan, horizon = plan_of(forecast, series, period, segment), forecast.scenario.horizon
    first, last = horizon.day_of(period.start), horizon.day_of(period.end)
    if plan is None or last > horizon.last_day:
        return None
    actual = forecast.already(series, first, segment, last)
    if last <= 0:
        return Planned(kind, period, series, segment, plan, actual, None)
    amounts = forecast.window(series, period, segment)[0]
    certain = forecast.is_certain(series, first, last, segment)
    return Planned(kind, period, series, segment, plan, actual, amounts, certain, forecast.draws)
