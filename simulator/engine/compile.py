"""Turn the nouns of a scenario into the arrays that a block of trials needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.distributions import Distribution
from simulator.engine.billing import Contract, contract
from simulator.engine.cells import SOURCES, Slice
from simulator.engine.identity import Entities, Numbered
from simulator.engine.moments import log_time_moments
from simulator.engine.months import Month, months_of, quarter_index
from simulator.engine.populations import Arrivals, OpenDeals
from simulator.engine.stays import StayTables, stay_tables
from simulator.engine.walk import Path, path_tables
from simulator.funnel import tilted
from simulator.market import Market
from simulator.money import minor_digits
from simulator.payments import PaymentBehaviour
from simulator.scenario import Scenario, Segment
from simulator.streams import Streams
from simulator.terms import parse_terms

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

COMING = "(new)"
"""Group of the deals that are still to come, where a run is grouped by a column of the open ones."""


@dataclass(frozen=True)
class SegmentPlan:
    """A segment as arrays.

    Attributes:
        segment: the noun.
        index: of the segment.
        winning: walk of the deals that are won.
        losing: walk of those that are lost.
        tables: of all stays of both.
        entry_score: Φ⁻¹(p*) of a deal that enters each stage, floats[stage].
        months: of arrivals, in order.
        deals: open deals, sorted by stage, those with an age first: index into the pipeline.
        log_mean: μ by stage and whole age, floats[stage, age].
        log_sd: v likewise.
        arrivals: deals still to come, or None.
        bluebirds: deals first seen when won, or None.
        place: of each deal of the pipeline among `deals`.
        end: clock value at the horizon's end; what closes later does not matter.
    """

    segment: Segment
    index: int
    winning: Path
    losing: Path
    tables: StayTables
    entry_score: Floats
    months: tuple[Month, ...]
    deals: Integers
    log_mean: Floats
    log_sd: Floats
    arrivals: Arrivals | None
    bluebirds: Arrivals | None
    place: Integers
    end: float

    def outcomes(self, attempt: int) -> tuple[bool, ...]:
        """Return which outcomes of an attempt are walked: losers only where they may come back."""
        recycling = self.segment.recycling
        return (True, False) if recycling.chance > 0 and attempt + 1 < recycling.attempts else (True,)


@dataclass(frozen=True)
class Invoice:
    """An opening invoice that is open.

    Attributes:
        row: slice.
        customer: index of the customer's entity.
        payment: behaviour of its class.
        amount: contract minor units.
        invoice_day: calendar day from as-of, ≤ 0.
        due_day: calendar day from as-of.
        currency: ISO code.
        rates: company currency for one unit of the invoice's, floats[day 0 … last day].
    """

    row: int
    customer: int
    payment: PaymentBehaviour
    amount: int
    invoice_day: int
    due_day: int
    currency: str
    rates: Floats


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
        score: Φ⁻¹(p*) of each deal; NaN where it depends on an age that is drawn. A deal's own chance holds
            only at drawn ages at which both ends can come.
        invoices: opening invoices that are open.
        invoice_entities: theirs, in the same order.
        customers: entities of the customers of deals and invoices.
        cell_of_day: elementary cell of each day 0 … last day + 1.
        quarter_of_day: calendar quarters after the as-of day's, likewise.
    """

    scenario: Scenario
    streams: Streams
    market: Market
    segments: tuple[SegmentPlan, ...]
    quarters: tuple[str, ...]
    slices: tuple[Slice, ...]
    open_deals: OpenDeals
    score: Floats
    invoices: tuple[Invoice, ...]
    invoice_entities: Entities
    customers: Entities
    cell_of_day: Integers
    quarter_of_day: Integers

    @property
    def deals(self) -> Entities:
        """Entities of the open deals."""
        return self.open_deals.entities

    @property
    def last_day(self) -> int:
        """Last day of the horizon."""
        return self.scenario.horizon.last_day


def compile_plan(
    scenario: Scenario,
    seed: int,
    market: Market | None = None,
    by: str | None = None,
    group_seeds: Mapping[str, int] | None = None,
) -> Plan:
    """Return the plan of a scenario.

    Args:
        scenario: the nouns.
        seed: of the run.
        market: another than the scenario's.
        by: column of the deals by which the result is grouped.
        group_seeds: another seed for some groups of purposes (MODEL 10).
    """
    groups = deal_groups(scenario, by)
    slices = _slices(scenario, groups)
    rows = {s: i for i, s in enumerate(slices)}
    streams = Streams(seed, group_seeds)
    names = sorted({*scenario.pipeline.customer, *scenario.receivables.customer.tolist()})
    customers = Entities(streams, "customer", names)
    place = {name: i for i, name in enumerate(names)}
    horizon = scenario.horizon
    quarters = [quarter_index(horizon.date_of(d), horizon.as_of) for d in range(horizon.last_day + 2)]
    open_ = np.flatnonzero(scenario.receivables.open)
    return Plan(
        scenario,
        streams,
        market or scenario.market,
        tuple(_segment_plan(scenario, i, streams, rows) for i in range(len(scenario.segments))),
        quarter_names(scenario),
        slices,
        _open_deals(scenario, groups, rows, streams, customers, place),
        _scores(scenario),
        tuple(_invoice(scenario, int(i), rows, place) for i in open_),
        Entities(streams, "invoice", scenario.receivables.id[open_].tolist()),
        customers,
        horizon.cell_of_day(),
        np.array(quarters, dtype=np.int64),
    )


def _open_deals(
    scenario: Scenario, groups: tuple[str, ...], rows: Mapping[Slice, int], streams: Streams,
    customers: Entities, place: Mapping[str, int],
) -> OpenDeals:  # fmt: skip
    pipeline = scenario.pipeline
    contracts, contract_of = _contracts(scenario)
    row_of = [rows[Slice(int(s), "open", g)] for s, g in zip(pipeline.segment, groups, strict=True)]
    customer_of = [place[c] for c in pipeline.customer]
    return OpenDeals(
        Entities(streams, "deal", pipeline.id),
        customers,
        np.array(customer_of, dtype=np.int64),
        np.array(row_of, dtype=np.int64),
        pipeline.amount,
        contract_of,
        contracts,
    )


def _invoice(scenario: Scenario, i: int, rows: Mapping[Slice, int], place: Mapping[str, int]) -> Invoice:
    receivables = scenario.receivables
    segment = scenario.invoice_segment[i] if scenario.invoice_segment else -1
    currency = receivables.currencies[int(receivables.currency_index[i])]
    return Invoice(
        rows[Slice(segment, "receivables")],
        place[str(receivables.customer[i])],
        scenario.invoice_payment(i),
        int(receivables.amount_minor[i]),
        int(receivables.invoice_day[i]),
        int(receivables.due_day[i]),
        currency,
        scenario.rates.rate(currency, np.arange(scenario.horizon.last_day + 1)),
    )


def deal_groups(scenario: Scenario, by: str | None) -> tuple[str, ...]:
    """Return the group of each open deal, "" where the run is not grouped by a column."""
    if by is None:
        return ("",) * len(scenario.pipeline)
    return scenario.pipeline.extra[by]


def quarter_names(scenario: Scenario) -> tuple[str, ...]:
    """Return the calendar quarters from the as-of day's to the horizon's last, such as `2026-Q4`."""
    first, last = scenario.horizon.as_of, scenario.horizon.end
    count = quarter_index(last, first) + 1
    whole = first.year * 4 + (first.month - 1) // 3
    return tuple(f"{q // 4}-Q{q % 4 + 1}" for q in range(whole, whole + count))


def _slices(scenario: Scenario, groups: tuple[str, ...]) -> tuple[Slice, ...]:
    """Return every slice that can hold money, those of a segment together."""
    own: dict[int, list[str]] = {i: [] for i in range(len(scenario.segments))}
    for segment, group in sorted(set(zip(scenario.pipeline.segment.tolist(), groups, strict=True))):
        own[segment].append(group)
    coming = {"new": [COMING if any(groups) else ""], "receivables": [""]}
    return (
        *(
            Slice(segment, source, group)
            for segment in own
            for source in SOURCES
            for group in (own[segment] if source == "open" else coming[source])
        ),
        Slice(-1, "receivables"),
    )


def _contracts(scenario: Scenario) -> tuple[tuple[Contract, ...], Integers]:
    """Return the distinct contracts of the open deals, and which one each has."""
    pipeline = scenario.pipeline
    found: dict[tuple[int, str, str, str, int], tuple[int, Contract]] = {}
    which = np.zeros(len(pipeline), dtype=np.int64)
    for i in range(len(pipeline)):
        segment = scenario.segments[pipeline.segment[i]]
        own = pipeline.terms[i]
        customer_class = pipeline.customer_class[i]
        terms = parse_terms(own) if own else segment.terms.get(customer_class, segment.terms["default"])
        months = int(pipeline.service_months[i])
        place = (int(pipeline.segment[i]), terms.text, customer_class, pipeline.currency[i], months)
        if place not in found:
            found[place] = (
                len(found),
                contract(
                    segment,
                    place[0],
                    terms,
                    customer_class,
                    place[3],
                    months,
                    scenario.horizon,
                    scenario.rates,
                ),
            )
        which[i] = found[place][0]
    return tuple(c for _, c in found.values()), which


def _scores(scenario: Scenario) -> Floats:
    """Return Φ⁻¹(p*) of each open deal: odds(p*) = x · exp(evidence) · odds(h_s(a)) (MODEL 6).

    A stage that never leads to won, or never to lost, is moved by no evidence: there is no way to that end.
    """
    pipeline = scenario.pipeline
    score = np.empty(len(pipeline))
    for i in range(len(pipeline)):
        segment, stage = scenario.segments[pipeline.segment[i]], int(pipeline.stage[i])
        own, age = pipeline.probability[i], pipeline.age[i]
        has_own = segment.use_probability and not np.isnan(own)
        if np.isnan(age) and segment.funnel.age_matters[stage]:
            chance = own if has_own else np.nan
        else:
            chance = segment.funnel.close_chance(stage, 0.0 if np.isnan(age) else age)
            if has_own and 0 < chance < 1:
                chance = own  # evidence = logit(own) − logit(h_s(a)) leaves the deal's own chance
        score[i] = special.ndtri(tilted(chance, segment.soberness.odds))
    return score


def _segment_plan(scenario: Scenario, index: int, streams: Streams, rows: Mapping[Slice, int]) -> SegmentPlan:
    segment, pipeline = scenario.segments[index], scenario.pipeline
    funnel = segment.funnel
    laws: list[Distribution] = []
    winning = path_tables(funnel, funnel.winning, laws)
    losing = path_tables(funnel, funnel.losing, laws)
    own = np.flatnonzero(pipeline.segment == index)
    order = np.lexsort((np.isnan(pipeline.age[own]), pipeline.stage[own]))
    dated = bool(np.any(pipeline.stated_days[own] > 0)) and segment.close_date.rule == "blend"
    log_mean, log_sd = log_time_moments(funnel) if dated else (np.zeros((len(funnel.stages), 1)),) * 2
    months = months_of(scenario, segment)
    return SegmentPlan(
        segment,
        index,
        winning,
        losing,
        stay_tables(laws),
        special.ndtri(tilted(funnel.ladder, segment.soberness.odds)),
        months,
        own[order],
        log_mean,
        log_sd,
        *_coming(scenario, index, months, streams, rows),
        np.argsort(np.concatenate((own[order], np.setdiff1d(np.arange(len(pipeline)), own)))),
        float(segment.clock.at_end_of(scenario.horizon.last_day)),
    )


def _coming(
    scenario: Scenario, index: int, months: tuple[Month, ...], streams: Streams, rows: Mapping[Slice, int]
) -> tuple[Arrivals | None, Arrivals | None]:
    """Return the deals still to come to a segment, and those first seen when won."""
    segment = scenario.segments[index]
    if segment.generation is None:
        return None, None
    row = next(i for s, i in rows.items() if s.segment == index and s.source == "new")
    terms = segment.terms["default"]
    agreement = contract(
        segment, index, terms, "default", scenario.currency, 0, scenario.horizon, scenario.rates
    )
    names = [f"{segment.name}/{m.name}" for m in months]

    def population(kind: str, size: Distribution, most: int) -> Arrivals:
        entities = Entities(streams, kind, Numbered(names, most))
        return Arrivals(entities, row, size, 10 ** minor_digits(scenario.currency), agreement, most)

    bluebirds = segment.generation.bluebirds
    return (
        population("arrival", segment.generation.amount, max(len(m.counts) for m in months)),
        population("bluebird", bluebirds.amount, max(len(m.bluebirds) for m in months))
        if bluebirds
        else None,
    )
