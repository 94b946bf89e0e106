"""Forecast what people forecast without a model; whoever claims to know more must score better (MODEL 11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.backtest.measures import Measure, Record
from simulator.backtest.stage_rates import StageRates, stage_rates
from simulator.history import LOST, NEVER, OPEN, UNKNOWN, WON
from simulator.periods import add_months
from simulator.records import dataclass
from simulator.streams import UniformRow

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

YEAR: Final = 365
LOOK_BACK: Final = 8
"""Windows of the asked length from which a run rate is taken."""
STEPS: Final = 4
"""Steps of a window by which past windows of a run rate follow one another."""
COHORTS: Final = 36
MEMBERS: Final = 500
"""Draws of a baseline of independent deals."""
CYCLE: Final = 90
"""Days from creation to closing where no deal has been won yet."""


@dataclass(frozen=True, eq=False)
class Given:
    """What a baseline may see: the record as it was known at the origin, and nothing of the forecast.

    Attributes:
        record: as known.
        ladder: set close chance by segment and stage of the history, floats[segment, stage].
        seed: of draws.
    """

    record: Record
    ladder: Floats
    seed: int

    @property
    def today(self) -> int:
        """The origin, ordinal."""
        return self.record.history.known

    @property
    def begin(self) -> int:
        """Day before the record begins."""
        return self.record.begin

    @cached_property
    def standing(self) -> Integers:
        """Open deals."""
        return np.flatnonzero(self.record.history.deals.outcome == OPEN)

    @cached_property
    def ages(self) -> Integers:
        """Calendar days for which each open deal has been in its stage; 0 where nobody knows."""
        entered = self.record.history.deals.entered[self.standing]
        return np.where(entered > UNKNOWN, self.today - entered, 0)

    @cached_property
    def rates(self) -> StageRates:
        """The table won/(won + lost) by stage, with the days that it took."""
        return stage_rates(self.record.history)

    @cached_property
    def cycle(self) -> int:
        """Typical days from creation to won."""
        deals = self.record.history.deals
        known = (deals.outcome == WON) & (deals.created > UNKNOWN) & (deals.closed < NEVER)
        days = (deals.closed - deals.created)[known]
        return int(np.median(days)) if len(days) else CYCLE


Baseline = Callable[[Given, Measure, int], Floats | None]


def weighted_pipeline(given: Given, measure: Measure, days: int) -> Floats | None:
    """Return Σ chance·amount of open deals whose closing date lies in the window, a point.

    The date is the stated one, else creation and a typical cycle; one that has passed counts as now.
    """
    if measure.quantity not in ("wins", "bookings") or measure.source == "new":
        return None
    record, deals = given.record, given.record.history.deals
    own = given.standing[record.of(measure.segment)[given.standing]]
    created = np.where(deals.created[own] > UNKNOWN, deals.created[own], given.today)
    dated = deals.stated[own] > UNKNOWN
    closes = np.maximum(np.where(dated, deals.stated[own], created + given.cycle), given.today + 1)
    chance = given.ladder[deals.segment[own], np.maximum(deals.stage[own], 0)]
    worth = record.amount[own] if measure.is_money else np.ones(len(own))
    return np.array([float((chance * worth)[closes <= given.today + days].sum())])


def run_rate(given: Given, measure: Measure, days: int) -> Floats | None:
    """Return what came in the last windows of the same length, each as likely; or the pace of a record."""
    step = max(days // STEPS, 1)
    first = max(given.begin, given.today - LOOK_BACK * days)
    starts = range(given.today - days, first - 1, -step)
    if len(starts):
        return np.array([given.record.came(measure, a, a + days) for a in starts])
    span = given.today - given.begin
    if span < 1:
        return None
    return np.array([given.record.came(measure, given.begin, given.today) * days / span])


def last_year(given: Given, measure: Measure, days: int) -> Floats | None:
    """Return what came in the same window a year ago, times the growth of the year since, a point.

    The growth is that of the last twelve months, or of as many days as the record has of the year before.
    """
    before = given.today - YEAR
    span = min(YEAR, before - given.begin)
    if span < days:
        return None
    pace = given.record.came(measure, before - span, before)
    growth = given.record.came(measure, given.today - span, given.today) / pace if pace > 0 else 1.0
    return np.array([growth * given.record.came(measure, before, before + days)])


def same_day_of_quarter(given: Given, measure: Measure, days: int) -> Floats | None:
    """Return today's pipeline times the shares that past ones brought from the same day of their quarter.

    Days on which the record was younger than a typical cycle are left out: their pipeline was not yet full.
    """
    ratios, today = [], date.fromordinal(given.today)
    start = date(today.year, today.month - (today.month - 1) % 3, 1)
    into = given.today - start.toordinal()
    for back in range(1, LOOK_BACK + 1):
        begin = add_months(start, -3 * back)
        day = min(begin.toordinal() + into, add_months(begin, 3).toordinal() - 1)
        if day < given.begin + given.cycle:
            break
        stock = given.record.stock(measure, day)
        if stock > 0 and day + days <= given.today:
            ratios.append(given.record.came(measure, day, day + days) / stock)
    return np.array(ratios) * given.record.stock(measure, given.today) if ratios else None


def chain_ladder(given: Given, measure: Measure, days: int) -> Floats | None:
    """Return what creation cohorts bring at their next age, by what older ones brought at it, a point.

    Cohorts and ages are windows long and end today. The additive method: increments by age for each deal
    created, over all cohorts that have been so old (Schmidt 2006), as factors fail where a cohort has
    brought nothing yet.
    """
    if measure.quantity == "receipts":
        return None
    record, deals = given.record, given.record.history.deals
    known = record.of(measure.segment) & (deals.created > max(given.begin, UNKNOWN))
    cohort = (given.today - deals.created) // days  # 0 is the youngest
    most = min((given.today - given.begin) // days, COHORTS)
    if most < 2:
        return None
    size = np.bincount(cohort[known & (cohort < most)], minlength=most).astype(np.float64)
    outcome = LOST if measure.quantity == "losses" else WON
    some = known & (deals.outcome == outcome) & (cohort < most)
    # A cohort's age is that of its first day, so that all of it is so old; the youngest window is age 0.
    age = cohort[some] - (given.today - np.minimum(deals.closed[some], given.today)) // days
    worth = record.amount[some] if measure.is_money else np.ones(len(age))
    grown = np.zeros((most, most))
    np.add.at(grown, (cohort[some], np.clip(age, 0, most - 1)), worth)
    reached = np.array([size[a:].sum() for a in range(most)])
    by_age = np.array([grown[a:, a].sum() for a in range(most)]) / np.where(reached > 0, reached, 1.0)
    old = float(by_age[1:] @ size[:-1])
    # The cohort to come is as large as the last few.
    new = float(by_age[0] * size[: min(STEPS, most)].mean())
    return np.array([{"open": old, "new": new, "all": old + new}[measure.source]])


def stage_table(given: Given, measure: Measure, days: int) -> Floats | None:
    """Return draws of open deals that are won with won/(won + lost) of their stage, each on its own.

    When they close is taken from the deals that have: the share of those as old that closed in so many days.
    """
    if measure.quantity == "receipts" or measure.source != "open":
        return None
    record, deals = given.record, given.record.history.deals
    of_segment = record.of(measure.segment)[given.standing]
    own = given.standing[of_segment]
    outcome = LOST if measure.quantity == "losses" else WON
    chance = given.rates.within(deals.stage[own], given.ages[of_segment], days, outcome)
    row = UniformRow(given.seed, f"stage table/{given.today}/{measure}/{days}")
    hits = row.uniforms(MEMBERS, len(own)) < chance
    return hits @ (record.amount[own] if measure.is_money else np.ones(len(own)))


def due_date(given: Given, measure: Measure, days: int) -> Floats | None:
    """Return what open invoices bring if each is paid on its due date, an overdue one at once, a point."""
    return _paid_after(given, measure, days, 0)


def due_and_delay(given: Given, measure: Measure, days: int) -> Floats | None:
    """Return what open invoices bring if each is as late as those that were paid on average, a point."""
    invoices = given.record.history.invoices
    paid = invoices.paid_day < NEVER
    late = (invoices.paid_day - invoices.due_day)[paid]
    return _paid_after(given, measure, days, round(float(late.mean()))) if len(late) else None


BASELINES: Final[Mapping[str, Baseline]] = {
    "weighted pipeline": weighted_pipeline,
    "run rate": run_rate,
    "last year with growth": last_year,
    "same day of quarter": same_day_of_quarter,
    "chain ladder": chain_ladder,
    "stage table": stage_table,
    "due date": due_date,
    "due date and delay": due_and_delay,
}


def _paid_after(given: Given, measure: Measure, days: int, delay: int) -> Floats | None:
    if measure.quantity != "receipts" or measure.source != "open":
        return None
    invoices = given.record.history.invoices
    due = np.maximum(invoices.due_day + delay, given.today + 1)
    paid = (invoices.paid_day == NEVER) & (due <= given.today + days)
    return np.array([float(given.record.gross[paid].sum())])
