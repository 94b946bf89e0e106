"""Turn the nouns of a scenario into the plan of its trials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.deals import Pipeline, Wins
from simulator.distributions import Distribution
from simulator.engine.cells import SOURCES, Slice
from simulator.engine.contracts import Contracts, line_plan
from simulator.engine.identity import Entities, Numbered
from simulator.engine.moments import log_time_moments
from simulator.engine.months import Month, months_of, quarter_index
from simulator.engine.plan import COMING, PRODUCT, Backlog, DueRenewal, Invoice, Plan, SegmentPlan, coming
from simulator.engine.populations import Arrivals, OpenDeals
from simulator.engine.stays import stay_tables
from simulator.engine.walk import path_tables
from simulator.funnel import tilted
from simulator.market import Market
from simulator.money import minor_digits
from simulator.scenario import Rest, Scenario
from simulator.streams import Streams

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


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
    slices = _slices(scenario, by)
    rows = {s: i for i, s in enumerate(slices)}
    streams, contracts = Streams(seed, group_seeds), Contracts(scenario)
    names = sorted({*scenario.pipeline.customer, *scenario.receivables.customer.tolist(),
                    *scenario.wins.customer, *scenario.renewals.customer})  # fmt: skip
    customers = Entities(streams, "customer", names)
    place = {name: i for i, name in enumerate(names)}
    horizon = scenario.horizon
    quarters = [quarter_index(horizon.date_of(d), horizon.as_of) for d in range(horizon.last_day + 2)]
    open_ = np.flatnonzero(scenario.receivables.open)
    return Plan(
        scenario,
        streams,
        market or scenario.market,
        tuple(
            _segment_plan(scenario, i, streams, rows, by, contracts) for i in range(len(scenario.segments))
        ),
        quarter_names(scenario),
        slices,
        _open_deals(scenario, by, rows, streams, customers, place, contracts),
        _scores(scenario),
        tuple(_invoice(scenario, int(i), by, rows, place) for i in open_),
        Entities(streams, "invoice", scenario.receivables.id[open_].tolist()),
        tuple(_backlog(scenario, rest, by, rows, place) for rest in scenario.rests if not rest.finished),
        Entities(streams, "deal", scenario.wins.id),
        tuple(
            _renewal(scenario, i, by, rows, place, contracts)
            for i in np.flatnonzero(scenario.renewals.due_day <= horizon.last_day).tolist()
        ),
        Entities(streams, "renewal", scenario.renewals.id),
        customers,
        horizon.cell_of_day(),
        np.array(quarters, dtype=np.int64),
        rows,
        by,
        scenario.cash.tax.due_days(horizon, 0, horizon.last_day),
    )


def _open_deals(
    scenario: Scenario, by: str | None, rows: Mapping[Slice, int], streams: Streams, customers: Entities,
    place: Mapping[str, int], contracts: Contracts,
) -> OpenDeals:  # fmt: skip
    pipeline = scenario.pipeline
    chosen = [
        contracts.of(
            int(pipeline.segment[i]), pipeline.customer_class[i], pipeline.currency[i], pipeline.terms[i],
            pipeline.lines[i], "open",
        )
        for i in range(len(pipeline))
    ]  # fmt: skip
    choices = tuple(dict.fromkeys(chosen))
    number = {contract: i for i, contract in enumerate(choices)}
    groups = deal_groups(pipeline, by)
    row_of = [rows[Slice(int(s), "open", g)] for s, g in zip(pipeline.segment, groups, strict=True)]
    customer_of = [place[c] for c in pipeline.customer]
    return OpenDeals(
        Entities(streams, "deal", pipeline.id),
        customers,
        np.array(customer_of, dtype=np.int64),
        np.array(row_of, dtype=np.int64),
        {(s.segment, s.group): i for s, i in rows.items() if s.source == "open"} if by == PRODUCT else None,
        pipeline.segment,
        pipeline.amount,
        np.array([number[c] for c in chosen], dtype=np.int64),
        choices,
    )


def _invoice(
    scenario: Scenario, i: int, by: str | None, rows: Mapping[Slice, int], place: Mapping[str, int]
) -> Invoice:
    receivables = scenario.receivables
    segment = scenario.invoice_segment[i] if scenario.invoice_segment else -1
    return Invoice(
        rows[Slice(segment, "receivables", invoice_group(scenario, i, by))],
        place[str(receivables.customer[i])],
        scenario.invoice_payment(i),
        receivables.currencies[int(receivables.currency_index[i])],
        int(receivables.amount_minor[i]),
        int(receivables.invoice_day[i]),
        int(receivables.due_day[i]),
        bool(receivables.disputed[i]) if scenario.disputes_known else None,
    )


def _backlog(
    scenario: Scenario, rest: Rest, by: str | None, rows: Mapping[Slice, int], place: Mapping[str, int]
) -> Backlog:
    wins, terms = scenario.wins, rest.conditions
    group = terms.product.name if by == PRODUCT else deal_groups(wins, by)[rest.win]
    return Backlog(
        rest,
        line_plan(terms, scenario.horizon.last_day, rest.number),
        rows[Slice(terms.segment, "backlog", group)],
        place[wins.customer[rest.win]],
        float(scenario.rates.rate(terms.currency, int(wins.day[rest.win]))),
    )


def _renewal(
    scenario: Scenario, i: int, by: str | None, rows: Mapping[Slice, int], place: Mapping[str, int],
    contracts: Contracts,
) -> DueRenewal:  # fmt: skip
    due, segment = scenario.renewals, int(scenario.renewals.segment[i])
    line = contracts.renewal(segment, due.customer_class[i], due.currency[i], int(due.product[i]))
    row = rows[Slice(segment, "renewals", coming(by, line.group))]
    return DueRenewal(i, line, segment, row, place[due.customer[i]])


def deal_groups(deals: Pipeline | Wins, by: str | None) -> tuple[str, ...]:
    """Return the group of each deal, "" where the run is not grouped by a column."""
    if by is None or by == PRODUCT:
        return ("",) * len(deals)
    return deals.extra.get(by, ("",) * len(deals))


def invoice_group(scenario: Scenario, i: int, by: str | None) -> str:
    """Return the group of an invoice: that of its deal, where the deal is known."""
    deal = str(scenario.receivables.deal[i])
    if by is None or by == PRODUCT or not deal:
        return ""
    for deals in (scenario.pipeline, scenario.wins):
        if deal in deals.id:
            return deal_groups(deals, by)[deals.id.index(deal)]
    return ""


def quarter_names(scenario: Scenario) -> tuple[str, ...]:
    """Return the calendar quarters from the as-of day's to the horizon's last, such as `2026-Q4`."""
    first, last = scenario.horizon.as_of, scenario.horizon.end
    count = quarter_index(last, first) + 1
    whole = first.year * 4 + (first.month - 1) // 3
    return tuple(f"{q // 4}-Q{q % 4 + 1}" for q in range(whole, whole + count))


def _slices(scenario: Scenario, by: str | None) -> tuple[Slice, ...]:
    """Return every slice that can hold money, those of a segment together."""
    products = ("", *(p.name for p in scenario.products)) if by == PRODUCT else ("",)
    of_invoices = [invoice_group(scenario, i, by) for i in range(len(scenario.receivables))]
    owners = scenario.invoice_segment or (-1,) * len(of_invoices)

    due = {*scenario.renewals.segment.tolist()}
    renewing = any(p.renewal is not None for p in scenario.products)
    left = {rest.conditions.segment for rest in scenario.rests if not rest.finished}
    possible = {
        "backlog": lambda segment: segment in left,
        "new": lambda segment: scenario.segments[segment].generation is not None,
        "renewals": lambda segment: renewing or segment in due,
    }

    def groups(segment: int, source: str) -> Iterable[str]:
        if source == "receivables":
            return {g for g, s in zip(of_invoices, owners, strict=True) if s == segment}
        if source in possible and not possible[source](segment):
            return ()
        if by == PRODUCT or by is None:
            return products
        if source in ("new", "renewals"):
            return (COMING,)
        deals = scenario.pipeline if source == "open" else scenario.wins
        pairs = zip(deals.segment.tolist(), deal_groups(deals, by), strict=True)
        return {g for s, g in pairs if s == segment}

    return (
        *(
            Slice(segment, source, group)
            for segment in range(len(scenario.segments))
            for source in SOURCES
            for group in sorted(groups(segment, source))
        ),
        *(Slice(-1, "receivables", group) for group in sorted(groups(-1, "receivables"))),
    )


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


def _segment_plan(
    scenario: Scenario, index: int, streams: Streams, rows: Mapping[Slice, int], by: str | None,
    contracts: Contracts,
) -> SegmentPlan:  # fmt: skip
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
        *_to_come(scenario, index, months, streams, rows, by, contracts),
        np.argsort(np.concatenate((own[order], np.setdiff1d(np.arange(len(pipeline)), own)))),
        float(segment.clock.at_end_of(scenario.horizon.last_day)),
    )


def _to_come(
    scenario: Scenario, index: int, months: tuple[Month, ...], streams: Streams, rows: Mapping[Slice, int],
    by: str | None, contracts: Contracts,
) -> tuple[Arrivals | None, Arrivals | None]:  # fmt: skip
    """Return the deals still to come to a segment, and those first seen when won."""
    segment = scenario.segments[index]
    if segment.generation is None:
        return None, None
    row = rows[Slice(index, "new", coming(by, ""))]
    own = {s.group: i for s, i in rows.items() if s.segment == index and s.source == "new"}
    agreement = contracts.of(index, "", scenario.currency, "", segment.mix, "new")
    names = [f"{segment.name}/{m.name}" for m in months]

    def population(kind: str, size: Distribution, most: int) -> Arrivals:
        entities = Entities(streams, kind, Numbered(names, most))
        minor = 10 ** minor_digits(scenario.currency)
        return Arrivals(entities, row, own if by == PRODUCT else None, size, minor, agreement, most)

    bluebirds = segment.generation.bluebirds
    return (
        population("arrival", segment.generation.amount, max(len(m.counts) for m in months)),
        population("bluebird", bluebirds.amount, max(len(m.bluebirds) for m in months))
        if bluebirds
        else None,
    )
