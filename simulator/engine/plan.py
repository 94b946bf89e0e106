"""Hold what a block of trials needs of a scenario, as arrays and look-ups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulator.close_dates import AGE_GRID, latest
from simulator.deals import Pipeline
from simulator.engine.cells import Slice
from simulator.engine.chances import Chances
from simulator.engine.contracts import LinePlan
from simulator.engine.identity import Entities, Payers
from simulator.engine.kernels import Kernel
from simulator.engine.months import Month
from simulator.engine.populations import Arrivals, OpenDeals
from simulator.market import Market
from simulator.payments import PaymentBehaviour
from simulator.records import dataclass
from simulator.scenario import Scenario, Segment
from simulator.streams import Streams
from simulator.targets import OF_PRODUCTS, Posted, Series
from simulator.terms import Event

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PRODUCT = "product"
"""The column of the deals that says what their lines are; runs grouped by it are grouped line by line."""
COMING = "(new)"
"""Group of the deals that are still to come, where a run is grouped by a column of the open ones."""


@dataclass(frozen=True)
class SegmentPlan:
    """A segment as arrays.

    Attributes:
        segment: the noun.
        index: of the segment.
        kernel: how its deals walk, given their outcome.
        chances: Φ⁻¹(p*) of its deals.
        months: of arrivals, in order.
        deals: open deals, sorted by stage, those with an age first: index into the pipeline.
        log_mean: μ by stage and whole age, floats[stage, age].
        log_sd: v likewise.
        arrivals: deals still to come, or None.
        bluebirds: deals first seen when won, or None.
        place: of each deal of the pipeline among `deals`.
        end: clock value at the horizon's end; what closes later does not matter.
        entry: cumulative chances to enter each stage of deals to come, floats[stage], or by posterior draw,
            floats[draw, stage].
        price: factor on the amounts of won deals, or by posterior draw, floats[draw].
    """

    segment: Segment
    index: int
    kernel: Kernel
    chances: Chances
    months: tuple[Month, ...]
    deals: Integers
    log_mean: Floats
    log_sd: Floats
    arrivals: Arrivals | None
    bluebirds: Arrivals | None
    place: Integers
    end: float
    entry: Floats
    price: Floats | float

    def close_line(
        self, pipeline: Pipeline, stage: int, deals: Integers, ages: Floats, label: Integers | None = None
    ) -> tuple[Floats, Floats, Floats]:
        """Return (factor, power) of the line that moves close days, as `CloseDateRule.line`, and more.

        That is the days of a walk after which its end no longer matters.

        Args:
            pipeline: of the scenario.
            stage: where the deals are.
            deals: places in the pipeline.
            ages: of each, operational days, or those of which
            label: says which one each has.
        """
        grid, rule = AGE_GRID[: self.log_mean.shape[1]], self.segment.close_date
        mean, sd = (np.interp(ages, grid, moment[stage]) for moment in (self.log_mean, self.log_sd))
        if label is not None:
            mean, sd = mean[label], sd[label]
        factor, power = rule.line(pipeline.stated_days[deals], pipeline.pushes[deals], mean, sd)
        return factor, power, latest(self.end, factor, power)

    @property
    def odds_differ(self) -> bool:
        """Whether deals of some months have other odds than those of others."""
        return any(month.odds != 1 for month in self.months)

    def returns(self, attempt: int) -> bool:
        """Tell whether some of those who lose in an attempt come back."""
        recycling = self.segment.recycling
        return recycling.chance > 0 and attempt + 1 < recycling.attempts


@dataclass(frozen=True, eq=False)
class Invoices:
    """Opening invoices that are open and share all but amount, days and customer.

    Attributes:
        row: slice.
        payment: behaviour of their class.
        currency: ISO code.
        disputed: whether they are contested; None where that is not known.
        number: of each among the entities.
        customer: index of each customer's entity.
        amount: contract minor units, gross.
        invoice_day: calendar day from as-of, ≤ 0.
        due_day: calendar day from as-of.
    """

    row: int
    payment: PaymentBehaviour
    currency: str
    disputed: bool | None
    number: Integers
    customer: Integers
    amount: Integers
    invoice_day: Integers
    due_day: Integers


@dataclass(frozen=True, eq=False)
class Backlog:
    """Lines of deals already won, of equal conditions, of which something is left.

    Attributes:
        line: their conditions by day.
        row: slice.
        win: number of each deal.
        customer: index of each customer's entity.
        rate: company units for one contract unit on the day of signature.
        amount: of each line, contract minor units.
        unbilled: of each instalment, integers[line, installment].
        presumed: likewise, what is taken to have been invoiced.
        event_days: day of each event, `NEVER` while it is still to come, integers[line] by event.
        invoice_days: on which each instalment is written, where its event's day is known, as `unbilled`.
        term_end: first day after the term, where its start is known.
    """

    line: LinePlan
    row: int
    win: Integers
    customer: Integers
    rate: Floats
    amount: Integers
    unbilled: Integers
    presumed: Integers
    event_days: Mapping[Event, Integers]
    invoice_days: Integers
    term_end: Integers


@dataclass(frozen=True, eq=False)
class DueRenewals:
    """Renewals of the scenario's table, of equal conditions.

    Attributes:
        line: as they are renewed.
        segment: index.
        row: slice.
        number: place of each in the table, and among its entities.
        customer: index of each customer's entity.
    """

    line: LinePlan
    segment: int
    row: int
    number: Integers
    customer: Integers


@dataclass(frozen=True)
class Plan:
    """All that a block of trials needs, whatever its trials.

    Attributes:
        scenario: the nouns.
        streams: the run's random numbers.
        market: how deals share luck in this run.
        segments: as arrays.
        quarters: calendar quarters from the as-of day's to the horizon's, for the market's keys.
        slices: rows of the cells, those of a segment together.
        open_deals: the pipeline.
        invoices: opening invoices that are open, those alike together.
        invoice_entities: theirs, in the order of the table.
        backlog: lines of deals already won of which something is left, those alike together.
        win_entities: of the deals already won.
        renewals: of the scenario's table, as far as they fall due inside the horizon, those alike together.
        renewal_entities: of the whole table.
        customers: entities of the customers of deals, invoices and renewals.
        cell_of_day: elementary cell of each day 0 … last day + 1.
        quarter_of_day: calendar quarters after the as-of day's, likewise.
        rows: number of each slice.
        by: what the run is grouped by, or None.
        tax_due: day on which the tax on invoices of each day 0 … last day is passed on.
        bookings_only: whether contracts are followed no further than to their signature, and to renewals.
        follow_ends: whether first attempts are followed to their end, the lost ones too, and counted there.
        most_followed: most open deals whose days of closing are counted, the first of the pipeline.
        compiled: whether compiled loops play it, where there are some; the result does not depend on it.
    """

    scenario: Scenario
    streams: Streams
    market: Market
    segments: tuple[SegmentPlan, ...]
    quarters: tuple[str, ...]
    slices: tuple[Slice, ...]
    open_deals: OpenDeals
    invoices: tuple[Invoices, ...]
    invoice_entities: Entities
    backlog: tuple[Backlog, ...]
    win_entities: Entities
    renewals: tuple[DueRenewals, ...]
    renewal_entities: Entities
    customers: Payers
    cell_of_day: Integers
    quarter_of_day: Integers
    rows: Mapping[Slice, int]
    by: str | None
    tax_due: Integers
    bookings_only: bool = False
    follow_ends: bool = False
    most_followed: int | None = None
    compiled: bool = False

    @property
    def followed(self) -> int:
        """Number of open deals whose days of closing are counted."""
        deals = len(self.scenario.pipeline)
        return deals if self.most_followed is None else min(deals, self.most_followed)

    @property
    def posted(self) -> dict[Posted, int]:
        """Slices of everything that is posted to."""
        if self.bookings_only:
            return {"bookings": len(self.slices)}
        found: dict[Posted, int] = dict.fromkeys(self.scenario.series, len(self.slices))
        if self.taxed:
            found["tax"] = 1
        if self.defers:
            found["deferred"] = 1
        return found

    @property
    def counted(self) -> tuple[int, int, int, int]:
        """Cells, outcomes, sources and segments of the counts of ends, as in `Ends`."""
        cells = len(self.scenario.horizon.cuts) if self.follow_ends else 0
        return cells + 1, 2, 2, len(self.segments) if cells or self.scenario.posterior else 0

    @property
    def defers(self) -> bool:
        """Whether any revenue is counted, so that billings may be ahead of it or behind."""
        return self.scenario.recognises

    @property
    def by_product(self) -> tuple[Series, ...]:
        """Series whose totals are kept by product; none where there are none, or slices tell them."""
        wanted = self.scenario.products and self.by != PRODUCT and not self.bookings_only
        return tuple(s for s in OF_PRODUCTS if s in self.scenario.series) if wanted else ()

    @cached_property
    def taxed(self) -> bool:
        """Whether any invoice bears tax."""
        s = self.scenario
        rates = [*(p.tax for p in s.products), *(g.tax for g in s.segments)]
        return any(rates) or bool(s.receivables.tax_minor.any())

    @cached_property
    def known_tax(self) -> tuple[tuple[int, float], ...]:
        """The tax on invoices of the past that is still to be passed on: day, and company minor units."""
        s, found = self.scenario, []
        for day, code, tax in (*self._tax_on_record(), *self._tax_presumed()):
            due = s.horizon.day_of(s.cash.tax.due(s.horizon.date_of(day)))
            if 0 < due <= self.last_day:
                found.append((due, float(s.rates.convert(tax, code, day))))
        return tuple(found)

    def _tax_on_record(self) -> Iterator[tuple[int, str, int]]:
        """Yield day, currency and tax of the invoices that are known."""
        r = self.scenario.receivables
        for i in np.flatnonzero((r.tax_minor > 0) & (r.invoice_day <= 0)).tolist():
            yield int(r.invoice_day[i]), r.currencies[int(r.currency_index[i])], int(r.tax_minor[i])

    def _tax_presumed(self) -> Iterator[tuple[int, str, int]]:
        """Yield likewise those that are taken to be written."""
        for line in self.backlog:
            terms = line.line.conditions
            for i, n in np.argwhere(line.presumed) if terms.tax else ():
                tax = int(terms.tax_on(line.presumed[i, n]))
                yield int(line.invoice_days[i, n]), terms.currency, tax

    @cached_property
    def contracts(self) -> int:
        """About how many contracts and invoices a trial has, all lines and deals yet to come among them."""
        known = [len(self.open_deals.contract_of)]
        known += [part.amount.size for part in self.invoices] + [part.unbilled.size for part in self.backlog]
        known += [len(part.number) * len(part.line.invoice_days) for part in self.renewals]
        coming = sum(m.counts.average + m.bluebirds.average for s in self.segments for m in s.months)
        return sum(known) + round(coming)

    @property
    def renews(self) -> bool:
        """Whether contracts signed inside the forecast may be renewed there."""
        return any(p.renewal is not None for p in self.scenario.products)

    @cached_property
    def most_parts(self) -> int:
        """Most instalments that any contract is cut into."""
        contracts = [*self.open_deals.choices]
        for segment in self.segments:
            contracts += [p.contract for p in (segment.arrivals, segment.bluebirds) if p is not None]
        contracts += [agreed for c in contracts for _, agreed in c.offers]
        whole = [sum(len(line.conditions.installments) for line in c.lines) for c in contracts]
        lines = [*(d.line for d in self.renewals), *(line.renewed for c in contracts for line in c.lines)]
        return max([*whole, *(len(line.conditions.installments) for line in lines)], default=1)

    @cached_property
    def edges(self) -> Integers:
        """Day 0 and the last day of each cell."""
        return np.array((0, *self.scenario.horizon.cuts))

    def renewal_row(self, segment: int, group: str) -> int:
        """Return the slice of a segment's renewals, or of those of a product."""
        return self.rows[Slice(segment, "renewals", coming(self.by, group))]

    @property
    def deals(self) -> Entities:
        """Entities of the open deals."""
        return self.open_deals.entities

    @property
    def last_day(self) -> int:
        """Last day of the horizon."""
        return self.scenario.horizon.last_day


def first_draw(scenario: Scenario, streams: Streams) -> int:
    """Return the posterior draw of trial 0: another than 0 where the parameters take a seed of their own."""
    if scenario.posterior is None or "parameters" not in streams.group_seeds:
        return 0
    return 1 + streams.key("market", "", "rho") % max(scenario.posterior.draws - 1, 1)


def coming(by: str | None, product: str) -> str:
    """Return the group of what is still to come, whose deals have no columns yet."""
    return "" if by is None else product if by == PRODUCT else COMING
